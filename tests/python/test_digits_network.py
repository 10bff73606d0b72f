"""The network of the demo is what its training script says: a valid ONNX file with the stated accuracy."""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import digits  # noqa: E402
import onnx_bytes  # noqa: E402
import train_digits  # noqa: E402

NETWORK = ROOT / "studies" / "networks" / "digits.onnx"


@pytest.fixture(scope="module")
def held_out():
    digits.write_digits(ROOT / "data" / "digits")
    return train_digits.load("test.csv")


def test_the_committed_network_is_valid_and_answers_582_of_597_held_out_images(held_out):
    model = onnx.load(NETWORK)
    onnx.checker.check_model(model, full_check=True)
    images, labels = held_out
    (logits,) = onnxruntime.InferenceSession(NETWORK).run(None, {"input": images})
    assert abs(int((logits.argmax(axis=1) == labels).sum()) - 582) <= 1  # a tie may fall either way
    assert sum(np.prod(t.dims) for t in model.graph.initializer if t.name.endswith("weight")) == 10892


def test_the_gradients_are_the_slope_of_the_loss():
    rng = np.random.default_rng(3)
    shapes = {"conv1": (12, 1, 3, 3), "conv2": (24, 12, 3, 3), "conv3": (32, 24, 3, 3), "fc": (10, 128)}
    parameters = {}
    for name, shape in shapes.items():
        parameters[f"{name}.weight"] = rng.standard_normal(shape) * 0.2
        parameters[f"{name}.bias"] = rng.standard_normal(shape[0]) * 0.1
    x, labels = rng.random((4, 1, 8, 8)), np.array([3, 1, 4, 1])

    def loss():
        logits = train_digits.forward(parameters, x)[0]
        shifted = logits - logits.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(4), labels]))

    found = train_digits.gradients(parameters, x, labels)
    for name, array in parameters.items():
        flat = array.reshape(-1)
        for i in rng.integers(0, flat.size, 3):
            at, step = flat[i], 1e-5
            flat[i] = at + step
            up = loss()
            flat[i] = at - step
            down = loss()
            flat[i] = at
            # float32 rounding of the im2col scratch bounds what the backward pass can keep
            assert abs((up - down) / (2 * step) - found[name].reshape(-1)[i]) < 1e-5


def test_the_encoder_writes_what_the_onnx_package_reads():
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    node = onnx_bytes.node("Gemm", "g", ["x", "w"], ["y"], transB=1, alpha=0.5)
    text = onnx_bytes.model("m", [node], {"w": weight}, {"x": ["n", 3]}, {"y": ["n", 2]})
    model = onnx.load_from_string(text)
    onnx.checker.check_model(model, full_check=True)
    assert np.array_equal(onnx.numpy_helper.to_array(model.graph.initializer[0]), weight)
    assert {a.name: onnx.helper.get_attribute_value(a) for a in model.graph.node[0].attribute} == {"transB": 1, "alpha": 0.5}
    (y,) = onnxruntime.InferenceSession(text).run(None, {"x": np.ones((1, 3), np.float32)})
    assert np.allclose(y, weight.sum(axis=1) / 2)
