"""A network file whose weights are declared but not there has the cost of its shapes, up to a size that a file of a few bytes may ask for."""
import json
import subprocess

import pytest
from onnx import TensorProto, helper

from onnx_compare import MHO


def cost(tmp_path, nodes, shapes, output, more=""):
    """What `mho cost` answers to a network of nodes whose inputs, weights included, have these shapes."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    made = helper.make_graph(nodes, "g", values, [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "study.toml").write_text('task = "cost"\n[network]\nmodel = "net.onnx"\n' + more)
    done = subprocess.run([MHO, "cost", str(tmp_path / "study.toml"), "--json", str(tmp_path / "out.json")], capture_output=True, text=True)
    return done, json.loads((tmp_path / "out.json").read_text()) if done.returncode == 0 else None


def test_layers_cost_their_shapes(tmp_path):
    nodes = [helper.make_node("Conv", ["x", "w"], ["a"], name="conv"), helper.make_node("ConvTranspose", ["a", "t"], ["b"], name="up", strides=[2, 2]),
             helper.make_node("GlobalAveragePool", ["b"], ["y"])]
    done, answer = cost(tmp_path, nodes, {"x": ["N", 3, 10, 10], "w": [8, 3, 3, 3], "t": [8, 4, 2, 2]}, "y")
    assert done.returncode == 0, done.stderr
    layers = {layer["name"]: (layer["weights"], layer["macs"]) for layer in answer["network"]["layers"]}
    assert layers == {"conv": (8 * 27, 8 * 27 * 64), "up": (8 * 16, 8 * 16 * 64)}


def test_recurrent_layers_cost_their_steps(tmp_path):
    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), helper.make_node("LSTM", ["t", "w", "r"], ["", "h"], name="memory", hidden_size=6)]
    done, answer = cost(tmp_path, nodes, {"x": ["N", 20, 5], "w": [1, 24, 5], "r": [1, 24, 6]}, "h")
    assert done.returncode == 0, done.stderr
    layers = {layer["name"]: (layer["weights"], layer["macs"]) for layer in answer["network"]["layers"]}
    assert layers == {"memory.input": (24 * 5, 24 * 5 * 20), "memory.recurrent": (24 * 6, 24 * 6 * 20)}
    _, larger = cost(tmp_path, nodes, {"x": ["N", 20, 5], "w": [1, 24, 5], "r": [1, 24, 6]}, "h", "[hardware]\nspare = 30\n")
    few, many = (a["network"]["layers"][1] for a in (answer, larger))
    assert few["copies"] < many["copies"] and few["stage_s"] > many["stage_s"]
    assert few["latency_s"] == pytest.approx(many["latency_s"], rel=1e-9)


def test_absurd_sizes_are_refused(tmp_path):
    done, _ = cost(tmp_path, [helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": ["N", 2**16], "w": [2**16, 2**15]}, "y")
    assert done.returncode == 2
    assert "net.onnx: declares 2147483648 weights without giving them, up to input 'w'" in done.stderr
