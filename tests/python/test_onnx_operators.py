"""Every operator, alone in a tiny model, equals ONNX Runtime."""
import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnx_compare import assert_same, run_mho, run_onnxruntime

RANDOM = np.random.default_rng(5)


def f(*shape, low=-2.0, high=2.0):
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


def model_of(op, inputs, constants, attributes, outputs=1, opset=13, domain=""):
    """One node whose inputs are graph inputs (first) and initializers; None leaves an input out."""
    names, graph_inputs, initializers = [], [], []
    for i, value in enumerate(inputs):
        names.append(f"x{i}")
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        graph_inputs.append(helper.make_tensor_value_info(f"x{i}", kind, value.shape))
    for i, value in enumerate(constants):
        names.append("" if value is None else f"c{i}")
        if value is not None:
            initializers.append(numpy_helper.from_array(np.asarray(value), f"c{i}"))
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="the_node", **attributes)
    results = [onnx.ValueInfoProto(name=f"y{i}") for i in range(outputs)]
    graph = helper.make_graph([node], "one", graph_inputs, results, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(domain, opset)], ir_version=8)


IMAGE = f(2, 6, 9, 7)
SEQUENCE = f(2, 6, 11)
CASES = {
    # op: (inputs, constants, attributes[, opset[, outputs]])
    "conv": ("Conv", [IMAGE], [f(4, 6, 3, 3), f(4)], {"pads": [1, 0, 2, 1], "strides": [2, 1]}),
    "conv dilated": ("Conv", [IMAGE], [f(4, 6, 3, 2)], {"dilations": [2, 3], "pads": [2, 2, 2, 2]}),
    "conv grouped": ("Conv", [IMAGE], [f(9, 2, 3, 3), f(9)], {"group": 3, "pads": [1, 1, 1, 1]}),
    "conv depthwise": ("Conv", [IMAGE], [f(12, 1, 3, 3)], {"group": 6, "strides": [2, 2]}),
    "conv depthwise dilated": ("Conv", [IMAGE], [f(6, 1, 3, 3)], {"group": 6, "dilations": [2, 2]}),
    "conv same upper": ("Conv", [IMAGE], [f(4, 6, 4, 4)], {"auto_pad": "SAME_UPPER", "strides": [2, 3]}),
    "conv same lower": ("Conv", [IMAGE], [f(4, 6, 4, 4)], {"auto_pad": "SAME_LOWER", "strides": [2, 3]}),
    "conv 1d": ("Conv", [SEQUENCE], [f(4, 3, 3), f(4)], {"group": 2, "pads": [1, 2], "strides": [2], "dilations": [2]}),
    "conv transposed": ("ConvTranspose", [IMAGE], [f(6, 4, 3, 3), f(4)], {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    "conv transposed grouped": ("ConvTranspose", [IMAGE], [f(6, 2, 3, 2)], {"group": 3, "dilations": [2, 1]}),
    "conv transposed to a shape": ("ConvTranspose", [IMAGE], [f(6, 4, 3, 3), f(4)], {"strides": [2, 2], "output_shape": [20, 12]}),
    "conv transposed to a shape, upper": ("ConvTranspose", [IMAGE], [f(6, 4, 3, 3), f(4)], {"strides": [2, 3], "output_shape": [18, 23], "auto_pad": "SAME_UPPER"}),
    "conv transposed 1d": ("ConvTranspose", [SEQUENCE], [f(6, 4, 4), f(4)], {"strides": [3], "pads": [1, 0]}),
    "max pool": ("MaxPool", [IMAGE], [], {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1]}),
    "max pool ceil": ("MaxPool", [IMAGE], [], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    "max pool dilated": ("MaxPool", [IMAGE], [], {"kernel_shape": [2, 2], "dilations": [2, 3]}),
    "max pool 1d": ("MaxPool", [SEQUENCE], [], {"kernel_shape": [3], "strides": [2], "auto_pad": "SAME_UPPER"}),
    "average pool": ("AveragePool", [IMAGE], [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    "average pool padding": ("AveragePool", [IMAGE], [], {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1], "count_include_pad": 1, "strides": [2, 2]}),
    "average pool ceil": ("AveragePool", [IMAGE], [], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    "global average pool": ("GlobalAveragePool", [IMAGE], [], {}),
    "global max pool": ("GlobalMaxPool", [IMAGE], [], {}),
    "gemm": ("Gemm", [f(3, 5)], [f(4, 5), f(4)], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    "gemm plain": ("Gemm", [f(3, 5)], [f(5, 4)], {}),
    "gemm dynamic": ("Gemm", [f(5, 3), f(4, 5), f(3, 1)], [], {"transA": 1, "transB": 1, "alpha": 1.5}),
    "matmul": ("MatMul", [f(2, 3, 5)], [f(5, 4)], {}),
    "matmul dynamic": ("MatMul", [f(2, 4, 3, 5), f(2, 4, 5, 6)], [], {}),
    "matmul stretched": ("MatMul", [f(2, 1, 3, 5), f(4, 5, 6)], [], {}),
    "matmul vector": ("MatMul", [f(2, 3, 5), f(5)], [], {}),
    "batch normalization": ("BatchNormalization", [IMAGE], [f(6), f(6), f(6), f(6, low=0.5)], {"epsilon": 1e-3}),
    "layer normalization": ("LayerNormalization", [f(2, 5, 8)], [f(8), f(8)], {"epsilon": 1e-4}, 17),
    "layer normalization 2": ("LayerNormalization", [f(2, 5, 8)], [f(5, 8)], {"axis": 1}, 17),
    "instance normalization": ("InstanceNormalization", [IMAGE], [f(6), f(6)], {}),
    "group normalization": ("GroupNormalization", [IMAGE], [f(6), f(6)], {"num_groups": 3}, 21),
    "lrn": ("LRN", [IMAGE], [], {"size": 3, "alpha": 0.1, "beta": 0.6, "bias": 1.5}),
    "lp normalization": ("LpNormalization", [IMAGE], [], {"axis": 1, "p": 2}),
    "softmax": ("Softmax", [f(2, 5, 8)], [], {"axis": 1}),
    "softmax old": ("Softmax", [f(2, 5, 8)], [], {"axis": 1}, 11),
    "log softmax": ("LogSoftmax", [f(2, 5, 8)], [], {}),
    "clip": ("Clip", [f(3, 4)], [np.float32(-0.5), np.float32(1)], {}),
    "clip upper": ("Clip", [f(3, 4)], [None, np.float32(1)], {}),
    "clip attributes": ("Clip", [f(3, 4)], [], {"min": -0.3, "max": 0.4}, 10),
    "leaky relu": ("LeakyRelu", [f(3, 4)], [], {"alpha": 0.2}),
    "elu": ("Elu", [f(3, 4)], [], {"alpha": 1.5}),
    "selu": ("Selu", [f(3, 4)], [], {}),
    "celu": ("Celu", [f(3, 4)], [], {"alpha": 0.7}),
    "thresholded relu": ("ThresholdedRelu", [f(3, 4)], [], {"alpha": 0.7}),
    "hard sigmoid": ("HardSigmoid", [f(3, 4)], [], {"alpha": 0.3}),
    "hard swish": ("HardSwish", [f(3, 40, low=-5, high=5)], [], {}, 14),
    "mish": ("Mish", [f(3, 4)], [], {}, 18),
    "gelu": ("Gelu", [f(3, 40)], [], {}, 20),
    "gelu tanh": ("Gelu", [f(3, 40)], [], {"approximate": "tanh"}, 20),
    "prelu": ("PRelu", [IMAGE], [f(6, 1, 1)], {}),
    "pow": ("Pow", [f(3, 4, low=0.1)], [f(3, 1)], {}),
    "pow square": ("Pow", [f(3, 4)], [np.float32(2)], {}),
    "mod": ("Mod", [np.arange(-5, 7, dtype=np.int64)], [ints(3)], {}),
    "fmod": ("Mod", [f(3, 4)], [np.float32(0.7)], {"fmod": 1}),
    "integer division": ("Div", [np.arange(-5, 7, dtype=np.int64)], [ints(3)], {}),
    "add stretched": ("Add", [f(4, 1, 3), f(5, 1)], [], {}),
    "max three": ("Max", [f(3, 4), f(4), f(1, 1)], [], {}),
    "mean": ("Mean", [f(3, 4), f(4)], [], {}),
    "where": ("Where", [RANDOM.integers(0, 2, (3, 1)).astype(bool), f(3, 4), f(4)], [], {}),
    "less": ("Less", [f(3, 4), f(4)], [], {}),
    "greater equal": ("GreaterOrEqual", [ints(1, 2, 3), ints(2, 2, 2)], [], {}),
    "equal": ("Equal", [ints(1, 2, 3), ints(2, 2, 2)], [], {}),
    "cast to int": ("Cast", [f(3, 4, low=-300, high=300)], [], {"to": TensorProto.INT32}),
    "cast to float": ("Cast", [ints(1, 2, -3)], [], {"to": TensorProto.FLOAT}),
    "cast to bool": ("Cast", [ints(1, 0, -3)], [], {"to": TensorProto.BOOL}),
    "reshape": ("Reshape", [IMAGE], [ints(0, -1, 3, 7)], {}),
    "flatten": ("Flatten", [IMAGE], [], {"axis": 2}),
    "squeeze": ("Squeeze", [f(1, 3, 1, 4)], [ints(2)], {}),
    "squeeze old": ("Squeeze", [f(1, 3, 1, 4)], [], {"axes": [0, 2]}, 11),
    "unsqueeze": ("Unsqueeze", [f(3, 4)], [ints(0, -1)], {}),
    "transpose": ("Transpose", [f(2, 3, 4, 5)], [], {"perm": [2, 0, 3, 1]}),
    "transpose reversed": ("Transpose", [f(2, 3, 4)], [], {}),
    "expand": ("Expand", [f(3, 1)], [ints(2, 1, 4)], {}),
    "tile": ("Tile", [f(2, 3)], [ints(2, 3)], {}),
    "concat": ("Concat", [f(2, 3, 4), f(2, 5, 4)], [], {"axis": -2}),
    "split": ("Split", [f(2, 6, 4)], [ints(1, 2, 3)], {"axis": 1}, 13, 3),
    "split even": ("Split", [f(2, 6, 4)], [], {"axis": 1}, 13, 2),
    "slice": ("Slice", [f(5, 6, 7)], [ints(1, -2), ints(4, -7), ints(0, 2), ints(2, -1)], {}),
    "slice old": ("Slice", [f(5, 6, 7)], [], {"starts": [1, 2], "ends": [-1, 100], "axes": [0, 2]}, 9),
    "pad": ("Pad", [f(2, 3, 4)], [ints(0, 1, 2, 1, 0, 1), np.float32(0.5)], {}),
    "pad reflect": ("Pad", [f(2, 3, 4)], [ints(0, 1, 2, 1, 0, 1)], {"mode": "reflect"}),
    "pad edge cut": ("Pad", [f(2, 3, 4)], [ints(0, 1, -1, 1, 0, 1)], {"mode": "edge"}),
    "gather": ("Gather", [f(4, 5, 3)], [np.array([[0, -1], [2, 4]])], {"axis": 1}),
    "gather elements": ("GatherElements", [f(4, 5)], [np.array([[0, 1, -1], [3, 2, 0]])], {"axis": 0}),
    "arg max": ("ArgMax", [f(3, 5)], [], {"axis": 1, "keepdims": 0}),
    "arg min": ("ArgMin", [f(3, 5)], [], {"axis": 0}),
    "top k": ("TopK", [f(3, 8)], [ints(3)], {"axis": -1}, 13, 2),
    "depth to space": ("DepthToSpace", [f(2, 8, 3, 4)], [], {"blocksize": 2}),
    "depth to space crd": ("DepthToSpace", [f(2, 8, 3, 4)], [], {"blocksize": 2, "mode": "CRD"}),
    "space to depth": ("SpaceToDepth", [f(2, 3, 4, 6)], [], {"blocksize": 2}),
    "resize nearest": ("Resize", [IMAGE], [None, np.array([1, 1, 2, 1.5], np.float32)], {"mode": "nearest"}),
    "resize asymmetric": ("Resize", [IMAGE], [None, None, ints(2, 6, 5, 13)], {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
    "resize linear": ("Resize", [IMAGE], [None, None, ints(2, 6, 5, 13)], {"mode": "linear"}),
    "resize align": ("Resize", [IMAGE], [None, None, ints(2, 6, 15, 3)], {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
    "resize pytorch": ("Resize", [IMAGE], [None, None, ints(2, 6, 1, 13)], {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}),
    "resize cubic": ("Resize", [IMAGE], [None, None, ints(2, 6, 15, 13)], {"mode": "cubic", "cubic_coeff_a": -0.5}),
    "upsample": ("Upsample", [IMAGE], [np.array([1, 1, 2, 3], np.float32)], {"mode": "nearest"}, 9),
    "quantize": ("QuantizeLinear", [f(3, 4, low=-9, high=9)], [np.float32(0.05), np.uint8(120)], {}),
    "quantize axis": ("QuantizeLinear", [f(3, 4)], [f(4, low=0.01, high=0.05), np.zeros(4, np.int8)], {"axis": 1}),
    "dequantize": ("DequantizeLinear", [RANDOM.integers(0, 256, (3, 4)).astype(np.uint8)], [np.float32(0.05), np.uint8(120)], {}),
    "dynamic quantize": ("DynamicQuantizeLinear", [f(3, 4)], [], {}, 13, 3),
    "constant of shape": ("ConstantOfShape", [], [ints(2, 3)], {"value": numpy_helper.from_array(np.array([1.5], np.float32))}),
    "range": ("Range", [], [np.float32(1), np.float32(3), np.float32(0.3)], {}),
    "shape": ("Shape", [IMAGE], [], {"start": 1, "end": -1}, 15),
    "size": ("Size", [IMAGE], [], {}),
}
CASES |= {
    "is nan": ("IsNaN", [np.array([1, np.nan, np.inf], np.float32)], [], {}),
    "is inf": ("IsInf", [np.array([1, np.nan, np.inf, -np.inf], np.float32)], [], {"detect_negative": 0}),
    "trilu": ("Trilu", [f(2, 4, 5)], [np.array(1)], {}, 14),
    "trilu lower": ("Trilu", [f(4, 5)], [], {"upper": 0}, 14),
    "cumulative sum": ("CumSum", [f(3, 5)], [np.array(1)], {"reverse": 1, "exclusive": 1}),
    "gather nd": ("GatherND", [f(3, 4, 5)], [np.array([[0, -1], [2, 3]])], {}),
}
for op in "Abs Ceil Cos Erf Exp Floor Neg Reciprocal Relu Round Sigmoid Sign Sin Softplus Softsign Tanh".split():
    CASES[op] = (op, [f(3, 5, low=-3, high=3)], [], {})
for op in "Log Sqrt".split():
    CASES[op] = (op, [f(3, 5, low=0.1, high=3)], [], {})
for op in "Add Sub Mul Div".split():
    CASES[op] = (op, [IMAGE], [f(6, 1, 1)], {})
for op in "L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare".split():
    low = 0.1 if op == "LogSum" else -2
    axes = ([ints(1, -1)], {}) if op == "Sum" else ([], {"axes": [1, -1]})
    CASES[f"Reduce{op}"] = (f"Reduce{op}", [f(3, 4, 2, 5, low=low)], axes[0], {**axes[1], "keepdims": 0})
    CASES[f"Reduce{op} all"] = (f"Reduce{op}", [f(3, 4, low=low)], [], {})
for op in "And Or Xor".split():
    CASES[op] = (op, [np.array([0, 0, 1, 1], bool), np.array([0, 1, 0, 1], bool)], [], {})
CASES["Not"] = ("Not", [np.array([0, 1], bool)], [], {})


@pytest.mark.parametrize("case", CASES)
def test_operator(case, tmp_path):
    op, inputs, constants, attributes, *rest = CASES[case]
    opset = rest[0] if rest else 13
    outputs = rest[1] if len(rest) > 1 else 1
    model = model_of(op, inputs, constants, attributes, outputs, opset)
    if not inputs:  # something that is no constant must be left
        model.graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [1]))
        model.graph.node.append(helper.make_node("Add", ["y0", "x"], ["z"]))
        del model.graph.output[:]
        model.graph.output.append(onnx.ValueInfoProto(name="z"))
    path = tmp_path / "one.onnx"
    path.write_bytes(model.SerializeToString())
    feeds = {f"x{i}": value for i, value in enumerate(inputs)} or {"x": f(1)}
    theirs = run_onnxruntime(model, feeds)
    ours = run_mho(path, feeds)
    assert assert_same(ours, theirs, relative=1e-5) >= (outputs if inputs else 1)


@pytest.mark.parametrize(
    "image, weights, attributes, complaint",
    [
        (f(1, 1, 4, 4), f(1, 1, 3, 3), {"strides": [2, 2], "output_shape": [10, 11]}, "output_shape = 11: must be at least 1 and at most 10"),
        (f(1, 1, 4, 4), f(1, 1, 3, 3), {"strides": [2, 2], "output_shape": [10, 0]}, "output_shape = 0: must be at least 1"),
        (f(1, 1, 4), f(1, 1, 3), {"output_padding": [1]}, "output_padding = 1 must be less than"),
        (f(1, 6, 5, 4), f(6, 3, 3), {}, "(ConvTranspose): weights of shape 6×3×3 for an input of 1×6×5×4"),
        (f(1, 6, 5), f(4, 3, 3), {}, "(ConvTranspose): weights of shape 4×3×3 in 1 groups for 6 channels"),
        (f(1, 6, 5), f(6, 3), {}, "(ConvTranspose): weights of shape 6×3: must have three or four dimensions"),
        (f(1, 6, 5), f(6, 0, 3), {}, "(ConvTranspose): weights of shape 6×0×3: every dimension must be at least 1"),
    ],
)
def test_impossible_transposed_convolutions_are_refused(image, weights, attributes, complaint, tmp_path):
    path = tmp_path / "one.onnx"
    path.write_bytes(model_of("ConvTranspose", [image], [weights], attributes).SerializeToString())
    with pytest.raises(Exception, match=re.escape(complaint)):
        run_mho(path, {"x0": image})


def test_all_operators_are_here():
    """The list above covers what the program says that it supports."""
    import subprocess

    from onnx_compare import MHO

    listed = subprocess.run([MHO, "onnx", "--operators"], capture_output=True, text=True, check=True).stdout.split()
    tested = {case[0] for case in CASES.values()} | {"Identity", "Dropout", "Min", "Sum", "LessOrEqual", "Greater", "CastLike"}
    tested |= {"LSTM", "GRU", "RNN"}  # test_onnx_recurrent.py
    assert set(listed) <= tested
