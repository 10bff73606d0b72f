"""Building blocks of well-known networks, as exporters write them, equal ONNX Runtime."""
import numpy as np
from onnx import TensorProto

from test_onnx_graphs import check, f, graph


def test_inverted_residual_with_squeeze_and_excitation(tmp_path):
    """MobileNet v3: depthwise convolution, HardSwish, channel attention by HardSigmoid, residual."""
    x = f(2, 8, 10, 10)
    nodes = [("Conv", ["x", "w1", "b1"], ["a"]), ("HardSwish", ["a"], ["b"]), ("Conv", ["b", "w2", "b2"], ["c"], {"group": 24, "pads": [2, 2, 2, 2]}),
             ("HardSwish", ["c"], ["d"]), ("GlobalAveragePool", ["d"], ["e"]), ("Conv", ["e", "w3", "b3"], ["g"]), ("Relu", ["g"], ["h"]),
             ("Conv", ["h", "w4", "b4"], ["i"]), ("HardSigmoid", ["i"], ["j"], {"alpha": 1 / 6}), ("Mul", ["j", "d"], ["k"]),
             ("Conv", ["k", "w5", "b5"], ["l"]), ("Add", ["l", "x"], ["y"])]
    constants = {"w1": f(24, 8, 1, 1), "b1": f(24), "w2": f(24, 1, 5, 5), "b2": f(24), "w3": f(6, 24, 1, 1), "b3": f(6), "w4": f(24, 6, 1, 1),
                 "b4": f(24), "w5": f(8, 24, 1, 1), "b5": f(8)}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})


def test_silu(tmp_path):
    """EfficientNet's activation, x·sigmoid(x), after a convolution."""
    x = f(2, 3, 6, 6)
    nodes = [("Conv", ["x", "w"], ["a"]), ("Sigmoid", ["a"], ["b"]), ("Mul", ["a", "b"], ["y"])]
    check(tmp_path, graph(nodes, {"x": x}, {"w": f(5, 3, 3, 3)}, ["y"]), {"x": x})


def test_channel_shuffle(tmp_path):
    """ShuffleNet: split, branch, concatenate, shuffle by reshapes of a picture that lies channels last."""
    x = f(2, 8, 6, 6)
    nodes = [("Conv", ["x", "w0"], ["p"]), ("Split", ["p"], ["a", "b"], {"axis": 1}), ("Conv", ["b", "w1"], ["c"], {"group": 4, "pads": [1, 1, 1, 1]}),
             ("Concat", ["a", "c"], ["d"], {"axis": 1}), ("Reshape", ["d", "five"], ["e"]), ("Transpose", ["e"], ["g"], {"perm": [0, 2, 1, 3, 4]}),
             ("Reshape", ["g", "four"], ["y"])]
    constants = {"w0": f(8, 8, 1, 1), "w1": f(4, 1, 3, 3), "five": np.array([2, 2, 4, 6, 6]), "four": np.array([2, 8, 6, 6])}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"], opset=13), {"x": x})


def test_dense_block(tmp_path):
    """DenseNet: normalization before the convolution, growing concatenation, transition by average pool."""
    x = f(2, 6, 8, 8)
    nodes = [("BatchNormalization", ["x", "g", "b", "m", "v"], ["a"]), ("Relu", ["a"], ["c"]), ("Conv", ["c", "w"], ["d"], {"pads": [1, 1, 1, 1]}),
             ("Concat", ["x", "d"], ["e"], {"axis": 1}), ("BatchNormalization", ["e", "g2", "b2", "m2", "v2"], ["h"]), ("Relu", ["h"], ["i"]),
             ("AveragePool", ["i"], ["y"], {"kernel_shape": [2, 2], "strides": [2, 2]})]
    constants = {"w": f(4, 6, 3, 3)}
    for suffix, n in (("", 6), ("2", 10)):
        constants |= {f"g{suffix}": f(n), f"b{suffix}": f(n), f"m{suffix}": f(n), f"v{suffix}": np.abs(f(n)) + 0.5}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})


def test_patch_embedding(tmp_path):
    """Vision transformer: patches by convolution, a class token expanded to the batch by Shape arithmetic."""
    x = f(3, 3, 16, 16)
    nodes = [("Conv", ["x", "w", "b"], ["a"], {"strides": [4, 4]}), ("Shape", ["a"], ["s"]), ("Slice", ["s", "zero", "two", "zero"], ["s2"]),
             ("Concat", ["s2", "minus"], ["target"], {"axis": 0}), ("Reshape", ["a", "target"], ["c"]), ("Transpose", ["c"], ["d"], {"perm": [0, 2, 1]}),
             ("Shape", ["x"], ["sx"]), ("Gather", ["sx", "index"], ["n"], {"axis": 0}), ("Unsqueeze", ["n", "zero"], ["n1"]),
             ("Concat", ["n1", "ones"], ["shape"], {"axis": 0}), ("ConstantOfShape", ["three"], ["filled"]), ("Equal", ["shape", "neg"], ["is_open"]),
             ("Where", ["is_open", "one_each", "shape"], ["shape2"]), ("Expand", ["token", "shape2"], ["t"]), ("Concat", ["t", "d"], ["e"], {"axis": 1}),
             ("Add", ["e", "position"], ["g"]), ("LayerNormalization", ["g", "scale", "shift"], ["h"]), ("Gather", ["h", "index"], ["i"], {"axis": 1}),
             ("Gemm", ["i", "head", "bias"], ["y"], {"transB": 1})]
    constants = {"w": f(8, 3, 4, 4), "b": f(8), "zero": np.array([0]), "two": np.array([2]), "minus": np.array([-1]), "index": np.array(0),
                 "ones": np.array([-1, -1]), "three": np.array([3]), "neg": np.array([-1]), "one_each": np.array([1, 1, 1]), "token": f(1, 1, 8),
                 "position": f(1, 17, 8), "scale": f(8), "shift": f(8), "head": f(5, 8), "bias": f(5)}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})


def test_masked_attention_scores(tmp_path):
    """BERT: a mask of tokens becomes -1e9 by Cast, Sub and Mul; a causal one by Trilu and Where."""
    scores = f(2, 3, 5, 5)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    nodes = [("Unsqueeze", ["mask", "axes"], ["m"]), ("Cast", ["m"], ["c"], {"to": TensorProto.FLOAT}), ("Sub", ["one", "c"], ["d"]), ("Mul", ["d", "low"], ["e"]),
             ("Add", ["scores", "e"], ["g"]), ("ConstantOfShape", ["square"], ["h0"]), ("Add", ["h0", "one"], ["h"]), ("Trilu", ["h"], ["i"], {"upper": 0}),
             ("Greater", ["i", "half"], ["j"]), ("Where", ["j", "g", "low"], ["k"]), ("Softmax", ["k"], ["l"], {"axis": -1}), ("IsNaN", ["l"], ["n"]),
             ("Where", ["n", "zero", "l"], ["y"])]
    constants = {"axes": np.array([1, 2]), "one": np.float32(1), "low": np.float32(-1e9), "square": np.array([5, 5]), "half": np.float32(0.5), "zero": np.float32(0)}
    check(tmp_path, graph(nodes, {"scores": scores, "mask": mask}, constants, ["y"]), {"scores": scores, "mask": mask})


def test_quantized_convolution(tmp_path):
    """Fake-quantized weights and activations: Q and DQ around a convolution."""
    x = f(2, 3, 8, 8)
    w = np.random.default_rng(1).integers(-127, 128, (4, 3, 3, 3)).astype(np.int8)
    nodes = [("QuantizeLinear", ["x", "sx", "zx"], ["q"]), ("DequantizeLinear", ["q", "sx", "zx"], ["d"]), ("DequantizeLinear", ["w", "sw", "zw"], ["wd"], {"axis": 0}),
             ("Conv", ["d", "wd"], ["c"]), ("Relu", ["c"], ["y"])]
    constants = {"sx": np.float32(0.03), "zx": np.uint8(128), "w": w, "sw": np.array([0.01, 0.02, 0.03, 0.04], np.float32), "zw": np.zeros(4, np.int8)}
    fused = check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})
    assert "c" not in fused  # the weights became constants, so this is a layer like any other


def test_segmentation_head(tmp_path):
    """Dilated convolutions, bilinear upsampling to the input's size computed from its shape, transposed convolution."""
    x = f(1, 3, 12, 10)
    nodes = [("Conv", ["x", "w", "b"], ["a"], {"pads": [2, 2, 2, 2], "dilations": [2, 2], "strides": [2, 2]}), ("Relu", ["a"], ["c"]), ("Shape", ["x"], ["s"]),
             ("Slice", ["s", "two", "four", "zero"], ["hw"]), ("Shape", ["c"], ["sc"]), ("Slice", ["sc", "zero", "two", "zero"], ["nc"]),
             ("Concat", ["nc", "hw"], ["size"], {"axis": 0}), ("Resize", ["c", "", "", "size"], ["d"], {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}),
             ("ConvTranspose", ["c", "wt"], ["e"], {"strides": [2, 2]}), ("Concat", ["d", "e"], ["y"], {"axis": 1})]
    constants = {"w": f(4, 3, 3, 3), "b": f(4), "two": np.array([2]), "four": np.array([4]), "zero": np.array([0]), "wt": f(4, 2, 2, 2)}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})
