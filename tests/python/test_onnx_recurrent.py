"""LSTM, GRU and RNN equal ONNX Runtime; what of them isn't supported is refused by the node's name."""
import itertools
import json
import subprocess

import numpy as np
import pytest
from onnx import helper, numpy_helper

from onnx_compare import MHO, run_mho, run_onnxruntime
from test_onnx_graphs import check, f, graph

STEPS, BATCH, INPUTS, HIDDEN = 7, 3, 5, 6
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(op, direction="forward", bias=True, states=False, leave_out=(), batch_first=False, **attributes):
    """A graph of one recurrent node named `memory`, and its inputs."""
    ways = 2 if direction == "bidirectional" else 1
    rows = GATES[op] * HIDDEN
    x = f(BATCH, STEPS, INPUTS) if batch_first else f(STEPS, BATCH, INPUTS)
    inputs, constants = {"x": x}, {"W": f(ways, rows, INPUTS) / 2, "R": f(ways, rows, HIDDEN) / 2}
    names = ["x", "W", "R", "B" if bias else "", ""]
    nodes = []
    if batch_first:
        nodes.append(("Transpose", ["x"], ["turned"], {"perm": [1, 0, 2]}))
        names[0] = "turned"
    if bias:
        constants["B"] = f(ways, 2 * rows)
    for state in (("h0", "c0") if op == "LSTM" else ("h0",)) if states else ():
        inputs[state] = f(ways, BATCH, HIDDEN)
        names.append(state)
    outputs = ("Y", "Yh", "Yc")[: 3 if op == "LSTM" else 2]
    made = ["" if o in leave_out else o for o in outputs]
    nodes.append((op, names, made, {"name": "memory", "hidden_size": HIDDEN, "direction": direction, **attributes}))
    return graph(nodes, inputs, constants, [o for o in made if o]), inputs


@pytest.mark.parametrize("op,direction", list(itertools.product(GATES, ["forward", "reverse", "bidirectional"])))
def test_directions(tmp_path, op, direction):
    for bias, states in ((True, True), (False, False)):
        model, inputs = recurrent(op, direction, bias, states)
        check(tmp_path, model, inputs)


def test_a_transpose_of_nothing_before_it_is_refused(tmp_path):
    model, _ = recurrent("GRU", batch_first=True)
    del model.graph.node[0].input[:]
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    done = subprocess.run([MHO, "onnx", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    assert "Transpose" in done.stderr


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_reset_before_and_after_the_product(tmp_path, direction):
    for after, bias in itertools.product((0, 1), (True, False)):
        model, inputs = recurrent("GRU", direction, bias, states=True, linear_before_reset=after)
        check(tmp_path, model, inputs)


def test_named_activations_and_outputs_left_out(tmp_path):
    for model, inputs in (recurrent("LSTM", activations=["Sigmoid", "Tanh", "Tanh"], leave_out=["Y"]),
                          recurrent("LSTM", "bidirectional", leave_out=["Yh"]),
                          recurrent("RNN", "bidirectional", activations=["Relu", "Tanh"], leave_out=["Yh"]),
                          recurrent("GRU", batch_first=True, linear_before_reset=1)):
        check(tmp_path, model, inputs)


def test_states_left_as_zeros_by_exporters(tmp_path):
    """PyTorch writes absent states as zeros of a shape that is computed from the input's."""
    x = f(BATCH, STEPS, INPUTS)
    nodes = [("Shape", ["x"], ["shape"]), ("Gather", ["shape", "zero"], ["n"], {"axis": 0}), ("Unsqueeze", ["n", "axis"], ["n1"]),
             ("Concat", ["one", "n1", "width"], ["size"], {"axis": 0}), ("ConstantOfShape", ["size"], ["h0"]),
             ("Transpose", ["x"], ["turned"], {"perm": [1, 0, 2]}), ("LSTM", ["turned", "W", "R", "B", "", "h0", "h0"], ["Y", "Yh"], {"hidden_size": HIDDEN}),
             ("Squeeze", ["Y", "one"], ["y1"]), ("Transpose", ["y1"], ["y2"], {"perm": [1, 0, 2]}), ("MatMul", ["y2", "V"], ["y"])]
    constants = {"zero": np.array(0), "axis": np.array([0]), "one": np.array([1]), "width": np.array([HIDDEN]), "W": f(1, 4 * HIDDEN, INPUTS),
                 "R": f(1, 4 * HIDDEN, HIDDEN), "B": f(1, 8 * HIDDEN), "V": f(HIDDEN, 2)}
    check(tmp_path, graph(nodes, {"x": x}, constants, ["y", "Yh"]), {"x": x})


REFUSED = {
    "lengths": ("LSTM", {}, "sequence_lens", [3] * BATCH),
    "peepholes": ("LSTM", {}, "peepholes", None),
    "activation": ("LSTM", {"activations": ["HardSigmoid", "Tanh", "Tanh"]}, "HardSigmoid.*only Sigmoid", None),
    "clip": ("GRU", {"clip": 3.0}, "clip", None),
    "layout": ("RNN", {"layout": 1}, "layout = 1", None),
    "input_forget": ("LSTM", {"input_forget": 1}, "input_forget", None),
    "hidden_size": ("GRU", {"hidden_size": 4}, "hidden_size = 4.*6", None),
    "direction": ("GRU", {"direction": "both"}, "'both'", None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_supported_is_named(tmp_path, case):
    op, attributes, message, lengths = REFUSED[case]
    rows = GATES[op] * HIDDEN
    inputs = {"x": f(STEPS, BATCH, INPUTS)}
    constants = {"W": f(1, rows, INPUTS), "R": f(1, rows, HIDDEN), "B": f(1, 2 * rows), "P": f(1, 3 * HIDDEN)}
    names = ["x", "W", "R", "B", "", "", "", "P" if case == "peepholes" else ""][: 8 if case == "peepholes" else 4]
    if lengths:
        constants["lengths"] = np.array(lengths, np.int32)
        names.append("lengths")
    model = graph([(op, names, ["Y"], {"name": "memory", "hidden_size": HIDDEN, **attributes})], inputs, constants, ["Y"])
    (tmp_path / "refused.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(RuntimeError, match=f"refused.onnx.*memory.*{message}"):
        run_mho(tmp_path / "refused.onnx", inputs)


def test_infer_on_arrays(tmp_path):
    """A study of an LSTM from its file: float equals ONNX Runtime, arrays of 8 bits come close, both matrices are layers with a cost."""
    model, _ = recurrent("LSTM", leave_out=["Y", "Yc"], batch_first=True)
    model.graph.node.append(helper.make_node("Squeeze", ["Yh", "first"], ["last"]))
    model.graph.node.append(helper.make_node("Gemm", ["last", "V"], ["y"], name="classes"))
    model.graph.initializer.extend([numpy_helper.from_array(np.array([0]), "first"), numpy_helper.from_array(f(HIDDEN, 3), "V")])
    model.graph.output[0].name = "y"
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    (tmp_path / "memory.onnx").write_bytes(model.SerializeToString())
    x = f(200, STEPS, INPUTS)
    labels = run_onnxruntime(model, {"x": x})["y"].argmax(axis=1)
    np.savez(tmp_path / "sequences.npz", images=x, labels=labels)
    (tmp_path / "study.toml").write_text(f"""
task = "infer"
[network]
model = "memory.onnx"
[data]
images = "{tmp_path}/sequences.npz"
[device]
card = "ideal"
[study]
trials = 1
""")
    subprocess.run([MHO, "infer", str(tmp_path / "study.toml"), "--json", str(tmp_path / "out.json")], check=True, capture_output=True)
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["float"]["top1"] == 1
    assert result["analog"]["top1"]["mean"] >= 0.95
    names = [layer["name"] for layer in result["layers"]]
    assert names == ["memory.input", "memory.recurrent", "classes"]
    assert result["layers"][1]["macs"] == 4 * HIDDEN * HIDDEN * STEPS
    assert all(layer["snr_db"] > 20 for layer in result["layers"])
    assert result["cost"]["network"]["macs"] == sum(layer["macs"] for layer in result["layers"])
