"""Runs an ONNX model with `mho onnx` and with ONNX Runtime and compares every value that both compute."""
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[2]
MHO = os.environ.get("MHO_PROGRAM", str(ROOT / "build" / "release" / "mho"))


def run_mho(path, inputs, fuse=False):
    """Every value that mho computes, by name."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/in.npz", **inputs)
        command = [MHO, "onnx", str(path), "--inputs", f"{folder}/in.npz", "--output", f"{folder}/out.npz"]
        done = subprocess.run(command + (["--fuse"] if fuse else []), capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or f"exit code {done.returncode}")
        with np.load(f"{folder}/out.npz") as values:
            return {name: values[name] for name in values.files}


def run_onnxruntime(model, inputs):
    """Every value of the graph, by name: all are made outputs, and nothing is optimized away."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    there = {output.name for output in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in there:
                model.graph.output.append(onnx.ValueInfoProto(name=name))
                there.add(name)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def assert_same(ours, theirs, relative=1e-4, need=()):
    """Each value within `relative` of its largest number; gives how many values were compared."""
    compared = 0
    for name in need:
        assert name in ours, f"mho did not compute {name}"
    for name, mine in ours.items():
        if name not in theirs:
            continue
        other = np.asarray(theirs[name])
        assert mine.shape == other.shape, f"{name}: {mine.shape} instead of {other.shape}"
        if other.dtype.kind in "iub":
            assert np.array_equal(mine, other.astype(np.int64)), f"{name}: integers differ"
        else:
            same = (mine == other) | (np.isnan(mine) & np.isnan(other))
            scale = np.abs(other[np.isfinite(other)]).max(initial=0)
            off = np.abs(np.where(same, 0, mine - other)).max(initial=0)
            assert off <= relative * scale + 1e-30, f"{name}: off by {off}, largest {scale}"
        compared += 1
    return compared
