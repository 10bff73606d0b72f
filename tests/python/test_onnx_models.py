"""Every layer of every model at hand equals ONNX Runtime's within 1e-4 of the layer's largest value."""
import os
import pathlib

import numpy as np
import onnx
import pytest

from onnx_compare import ROOT, assert_same, run_mho, run_onnxruntime

DATA = pathlib.Path(os.environ.get("MHO_DATA", ROOT.parent / "shared" / "data"))
MODELS = sorted((DATA / "models").glob("*/*.onnx"))


@pytest.mark.skipif(not MODELS, reason="MHO_DATA holds no models")
@pytest.mark.parametrize("path", MODELS or [None], ids=lambda p: p.stem if p else "none")
def test_every_layer(path):
    model = onnx.load(path)
    graph_input = model.graph.input[0]
    shape = [d.dim_value or 2 for d in graph_input.type.tensor_type.shape.dim]
    generator = np.random.default_rng(7)
    inputs = {graph_input.name: generator.standard_normal(shape, dtype=np.float32)}
    theirs = run_onnxruntime(model, inputs)
    ours = run_mho(path, inputs)
    constants = {output for node in model.graph.node if node.op_type == "Constant" for output in node.output}
    assert assert_same(ours, theirs) >= len(theirs) - len(constants)
    fused = run_mho(path, inputs, fuse=True)
    assert assert_same(fused, theirs, need=[output.name for output in model.graph.output]) > 0
    assert len(fused) < len(ours) or not any(node.op_type in ("Relu", "Clip") for node in model.graph.node)
