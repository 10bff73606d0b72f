"""Graphs of several nodes: layouts, shape arithmetic, fused layers, attention; and files that are wrong."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnx_compare import assert_same, run_mho, run_onnxruntime

RANDOM = np.random.default_rng(6)


def f(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def graph(nodes, inputs, constants, outputs, opset=17):
    values = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in inputs.items()]
    given = [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()]
    made = helper.make_graph([helper.make_node(*n[:3], **(n[3] if len(n) > 3 else {})) for n in nodes], "g", values,
                             [onnx.ValueInfoProto(name=o) for o in outputs], given)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def check(tmp_path, model, inputs, relative=1e-5):
    path = tmp_path / "graph.onnx"
    path.write_bytes(model.SerializeToString())
    theirs = run_onnxruntime(model, inputs)
    outputs = [output.name for output in model.graph.output]
    assert_same(run_mho(path, inputs), theirs, relative, need=outputs)
    fused = run_mho(path, inputs, fuse=True)
    assert_same(fused, theirs, relative, need=outputs)
    return fused


def test_layouts_meet(tmp_path):
    """Channels-last pictures through every operator that takes them as they are, and back."""
    x = f(2, 3, 8, 8)
    nodes = [("Conv", ["x", "w"], ["a"], {"pads": [1, 1, 1, 1]}), ("Relu", ["a"], ["b"]), ("Split", ["b", "halves"], ["c", "d"], {"axis": 1}),
             ("Concat", ["d", "c", "picture"], ["e"], {"axis": 1}), ("Slice", ["e", "from", "to", "axes"], ["g"]),
             ("Pad", ["g", "pads"], ["h"]), ("ReduceMax", ["h"], ["i"], {"axes": [1], "keepdims": 1}), ("Mul", ["h", "i"], ["j"]),
             ("Add", ["j", "bias"], ["k"]), ("Resize", ["k", "", "scales"], ["l"], {"mode": "linear"}),
             ("Transpose", ["l"], ["m"], {"perm": [0, 2, 3, 1]}), ("Softmax", ["m"], ["n"], {"axis": -1}),
             ("Unsqueeze", ["k", "last"], ["o"]), ("ReduceMean", ["k"], ["p"], {"axes": [2, 3], "keepdims": 0}),
             ("Where", ["q", "k", "h"], ["r"]), ("Greater", ["k", "h"], ["q"])]
    nodes[-2], nodes[-1] = nodes[-1], nodes[-2]
    constants = {"w": f(6, 3, 3, 3), "halves": np.array([2, 4]), "picture": f(2, 1, 8, 8), "from": np.array([1, 2]), "to": np.array([6, 8]),
                 "axes": np.array([1, 3]), "pads": np.array([0, 1, 0, 2, 0, 0, 1, 0]), "bias": f(6, 1, 1),
                 "scales": np.array([1, 1, 2, 0.5], np.float32), "last": np.array([4])}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["n", "o", "p", "r"]), {"x": x})


def test_shape_arithmetic(tmp_path):
    """A reshape whose target is computed from the input's shape, as exporters write it."""
    x = f(3, 4, 5, 2)
    nodes = [("Shape", ["x"], ["s"]), ("Gather", ["s", "zero"], ["n"], {"axis": 0}), ("Unsqueeze", ["n", "axis"], ["n1"]),
             ("Concat", ["n1", "rest"], ["target"], {"axis": 0}), ("Reshape", ["x", "target"], ["y"])]
    constants = {"zero": np.array(0), "axis": np.array([0]), "rest": np.array([-1])}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})


def test_layers_take_what_follows(tmp_path):
    """Batch normalization, residual sum and activation leave one step; a second reader keeps a value alive."""
    x = f(2, 4, 6, 6)
    nodes = [("Conv", ["x", "w"], ["a"], {"pads": [1, 1, 1, 1]}), ("BatchNormalization", ["a", "g", "b", "m", "v"], ["c"]),
             ("Add", ["x", "c"], ["d"]), ("Clip", ["d", "lo", "hi"], ["e"]), ("Conv", ["e", "w2", "b2"], ["h"]), ("Relu", ["h"], ["i"]),
             ("Add", ["i", "h"], ["j"]), ("Conv", ["j", "w3"], ["k"]), ("Add", ["k", "row"], ["y"])]
    constants = {"w": f(4, 4, 3, 3), "g": f(4), "b": f(4), "m": f(4), "v": np.abs(f(4)) + 0.5, "lo": np.float32(0), "hi": np.float32(6),
                 "w2": f(5, 4, 1, 1), "b2": f(5), "w3": f(3, 5, 1, 1), "row": f(1, 1, 1, 6)}
    fused = check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})
    assert "a" not in fused and "c" not in fused and "d" not in fused  # went into the layer that makes e
    assert "h" in fused and "i" in fused  # h has two readers


def test_attention(tmp_path):
    """A block of a transformer: dynamic products, split heads, masked softmax, layer norm, Gelu by Erf."""
    batch, length, heads, width = 2, 5, 3, 12
    x = f(batch, length, width)
    mask = np.triu(np.full((length, length), -1e4, np.float32), 1)
    split = np.array([0, 0, heads, width // heads])
    nodes = [("LayerNormalization", ["x", "g", "b"], ["n"])]
    for head in "qkv":
        nodes += [("MatMul", ["n", f"w{head}"], [f"{head}1"]), ("Add", [f"b{head}", f"{head}1"], [f"{head}2"]), ("Reshape", [f"{head}2", "split"], [f"{head}3"]),
                  ("Transpose", [f"{head}3"], [f"{head}4"], {"perm": [0, 2, 3, 1] if head == "k" else [0, 2, 1, 3]})]
    nodes += [("MatMul", ["q4", "k4"], ["s"]), ("Mul", ["s", "scale"], ["s1"]), ("Add", ["s1", "mask"], ["s2"]), ("Softmax", ["s2"], ["p"], {"axis": -1}),
              ("MatMul", ["p", "v4"], ["o"]), ("Transpose", ["o"], ["o1"], {"perm": [0, 2, 1, 3]}), ("Reshape", ["o1", "join"], ["o2"]),
              ("MatMul", ["o2", "wo"], ["o3"]), ("Add", ["o3", "bo"], ["o4"]), ("Add", ["x", "o4"], ["r"]), ("MatMul", ["r", "w1"], ["f1"]),
              ("Add", ["f1", "b1"], ["f2"]), ("Div", ["f2", "root"], ["f3"]), ("Erf", ["f3"], ["f4"]), ("Add", ["f4", "one"], ["f5"]),
              ("Mul", ["f2", "f5"], ["f6"]), ("Mul", ["f6", "half"], ["y"])]
    constants = {"g": f(width), "b": f(width), "split": split, "join": np.array([0, 0, width]), "mask": mask, "scale": np.float32(0.5),
                 "wo": f(width, width), "bo": f(width), "w1": f(width, 20), "b1": f(20), "root": np.float32(2**0.5), "one": np.float32(1),
                 "half": np.float32(0.5)}
    for head in "qkv":
        constants |= {f"w{head}": f(width, width), f"b{head}": f(width)}
    fused = check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x}, relative=1e-5)
    assert "q1" not in fused and "o3" not in fused  # the bias and the residual went into the products


def test_embedding(tmp_path):
    tokens = RANDOM.integers(0, 7, (2, 5))
    nodes = [("Gather", ["table", "tokens"], ["e"]), ("Add", ["e", "position"], ["p"]), ("ReduceSum", ["p", "axis"], ["y"])]
    check(tmp_path, graph(nodes, {"tokens": tokens}, {"table": f(7, 4), "position": f(5, 4), "axis": np.array([1])}, ["y"]), {"tokens": tokens})


def test_external_data_and_half_precision(tmp_path):
    """Weights beside the model; float16 weights behind a Cast; typed fields instead of raw bytes."""
    x = f(2, 4)
    model = graph([("Gemm", ["x", "w"], ["a"]), ("Cast", ["h"], ["h32"], {"to": TensorProto.FLOAT}), ("MatMul", ["a", "h32"], ["y"])],
                  {"x": x}, {"w": f(4, 6), "h": f(6, 3).astype(np.float16)}, ["y"])
    path = tmp_path / "external.onnx"
    onnx.save_model(onnx.ModelProto.FromString(model.SerializeToString()), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").stat().st_size >= 24 * 4
    theirs = run_onnxruntime(model, {"x": x})
    assert_same(run_mho(path, {"x": x}), theirs, need=["y"])
    typed = graph([("Gemm", ["x", "w"], ["y"])], {"x": x}, {}, ["y"])
    typed.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [4, 6], f(24).tolist()))
    check(tmp_path, typed, {"x": x})


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "sub/../../secret.bin"])
def test_external_data_stays_beside_the_model(tmp_path, location):
    x = f(2, 4)
    model = graph([("Gemm", ["x", "w"], ["y"])], {"x": x}, {"w": f(4, 6)}, ["y"])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value=location))
    (tmp_path / "m").mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(96))
    (tmp_path / "m" / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(RuntimeError, match="beside the model"):
        run_mho(tmp_path / "m" / "model.onnx", {"x": x})


def broken(change):
    model = graph([("Conv", ["x", "w"], ["a"]), ("Relu", ["a"], ["y"])], {"x": f(1, 2, 5, 5)}, {"w": f(3, 2, 3, 3)}, ["y"])
    change(model.graph)
    return model


WRONG = {
    "unsupported": (lambda g: g.node.append(helper.make_node("NonZero", ["y"], ["z"], name="odd")), "NonZero.*odd"),
    "channels": (lambda g: g.initializer[0].CopyFrom(numpy_helper.from_array(f(3, 4, 3, 3), "w")), "3×4×3×3"),
    "kernel": (lambda g: g.initializer[0].CopyFrom(numpy_helper.from_array(f(3, 2, 7, 7), "w")), "doesn't fit"),
    "truncated tensor": (lambda g: setattr(g.initializer[0], "raw_data", b"1234"), "'w'.*216 bytes"),
    "huge tensor": (lambda g: g.initializer[0].dims.__setitem__(0, 2**50), "'w'"),
    "negative dimension": (lambda g: g.initializer[0].dims.__setitem__(0, -3), "negative"),
    "reads nothing": (lambda g: g.node[1].input.__setitem__(0, "absent"), "absent"),
    "makes twice": (lambda g: g.node[1].output.__setitem__(0, "a"), "made twice"),
    "no output": (lambda g: setattr(g.output[0], "name", "absent"), "absent"),
    "stride": (lambda g: g.node[0].attribute.append(helper.make_attribute("strides", [0, 1])), "stride"),
    "groups": (lambda g: g.node[0].attribute.append(helper.make_attribute("group", 0)), "group"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files_are_named(tmp_path, case):
    change, message = WRONG[case]
    path = tmp_path / "wrong.onnx"
    path.write_bytes(broken(change).SerializeToString())
    with pytest.raises(RuntimeError, match=f"(?s){message}"):
        run_mho(path, {"x": f(1, 2, 5, 5)})


def test_other_files(tmp_path):
    x = {"x": f(1)}
    for content in (b"", b"no model at all", b"\x08\x07"):
        (tmp_path / "f.onnx").write_bytes(content)
        with pytest.raises(RuntimeError, match="f.onnx"):
            run_mho(tmp_path / "f.onnx", x)
    with pytest.raises(RuntimeError, match="there is no file .*absent.onnx"):
        run_mho(tmp_path / "absent.onnx", x)
    with pytest.raises(RuntimeError, match="not a file"):
        run_mho(tmp_path, x)


@pytest.mark.parametrize("channels, groups", [(16, 1), (16, 4), (16, 8), (9, 3), (12, 2), (128, 32), (16, 16), (48, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_grouped_convolutions_take_residuals(tmp_path, channels, groups, bias):
    def f(*shape):
        return random.standard_normal(shape).astype(np.float32)

    random = np.random.default_rng(channels)
    constants = {"w1": f(channels, channels, 3, 3) / 10, "w2": f(channels, channels // groups, 3, 3) / 3, "b": f(channels)}
    more = ["b"] if bias else []
    pads = {"pads": [1, 1, 1, 1]}
    nodes = [("Conv", ["x", "w1"] + more, ["a"], pads), ("Conv", ["a", "w2"] + more, ["c"], {**pads, "group": groups}),
             ("Add", ["c", "a"], ["d"]), ("Relu", ["d"], ["y"])]
    x = f(2, channels, 6, 6)
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y"]), {"x": x})
