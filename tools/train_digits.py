#!/usr/bin/env python3
"""Trains the network of the demo, studies/networks/digits.onnx, with numpy alone.

Three 3x3 convolutions and a dense layer (12, 24, 32 channels, 10 outputs; 10,892 weights) on the first
1,200 of the UCI digits, each image shifted by up to one pixel; Adam, cross-entropy, learning rate falling
as a cosine. Fixed seed: the same file on the same numpy and BLAS. Prints the accuracy on the 597 images
that were held out.

    python3 tools/train_digits.py [--epochs 60] [--output studies/networks/digits.onnx]
"""
import argparse
import pathlib

import numpy as np

import digits
import onnx_bytes

ROOT = pathlib.Path(__file__).resolve().parent.parent


def load(name):
    table = np.loadtxt(digits.write_digits(ROOT / "data" / "digits") / name, delimiter=",", dtype=np.float32)
    return table[:, :64].reshape(-1, 1, 8, 8) / 16, table[:, 64].astype(int)


def patches(x):
    """(n, c, h, w) -> (n, h, w, 9c): the 3x3 neighbourhood of every pixel, zeros around the image."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(x.shape[0], x.shape[2], x.shape[3], -1)


def from_patches(d, channels):
    """The transpose of `patches`: every neighbourhood's gradient back to its pixels."""
    n, h, w, _ = d.shape
    d = d.reshape(n, h, w, channels, 3, 3)
    padded = np.zeros((n, channels, h + 2, w + 2), np.float32)
    for i in range(3):
        for j in range(3):
            padded[:, :, i:i + h, j:j + w] += d[:, :, :, :, i, j].transpose(0, 3, 1, 2)
    return padded[:, :, 1:-1, 1:-1]


def forward(parameters, x):
    """Logits, and what the backward pass needs of every layer."""
    kept = []
    for layer, pool in (("conv1", False), ("conv2", True), ("conv3", True)):
        weights = parameters[f"{layer}.weight"]
        rows = patches(x)
        y = np.maximum(rows @ weights.reshape(len(weights), -1).T + parameters[f"{layer}.bias"], 0)
        y = y.transpose(0, 3, 1, 2)
        before, shape = y, y.shape
        if pool:
            blocks = y.reshape(shape[0], shape[1], shape[2] // 2, 2, shape[3] // 2, 2)
            y = blocks.max(axis=(3, 5))
        kept.append((layer, pool, x.shape[1], rows, before, y))
        x = y
    flat = x.reshape(len(x), -1)
    return flat @ parameters["fc.weight"].T + parameters["fc.bias"], kept, flat


def gradients(parameters, x, labels):
    logits, kept, flat = forward(parameters, x)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    p /= len(labels)
    out = {"fc.weight": p.T @ flat, "fc.bias": p.sum(axis=0)}
    d = (p @ parameters["fc.weight"]).reshape(kept[-1][5].shape)
    for layer, pool, channels, rows, before, after in reversed(kept):
        if pool:
            spread = after.repeat(2, axis=2).repeat(2, axis=3)
            d = d.repeat(2, axis=2).repeat(2, axis=3) * (before == spread)
        d = (d * (before > 0)).transpose(0, 2, 3, 1)
        weights = parameters[f"{layer}.weight"]
        out[f"{layer}.weight"] = np.tensordot(d, rows, axes=([0, 1, 2], [0, 1, 2])).reshape(weights.shape)
        out[f"{layer}.bias"] = d.sum(axis=(0, 1, 2))
        if layer != "conv1":
            d = from_patches(d @ weights.reshape(len(weights), -1), channels)
    return out


def shifted(x, rng):
    """Every image moved by -1, 0 or 1 pixel both ways."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.empty_like(x)
    for n, (i, j) in enumerate(rng.integers(0, 3, (len(x), 2))):
        out[n] = padded[n, :, i:i + 8, j:j + 8]
    return out


def accuracy(parameters, x, labels):
    return float(np.mean(forward(parameters, x)[0].argmax(axis=1) == labels))


def train(epochs, batch=50, rate=3e-3, decay=1e-4):
    rng = np.random.default_rng(1)
    x, labels = load("train.csv")
    shapes = {"conv1": (12, 1, 3, 3), "conv2": (24, 12, 3, 3), "conv3": (32, 24, 3, 3), "fc": (10, 128)}
    parameters = {}
    for name, shape in shapes.items():
        fan_in = int(np.prod(shape[1:]))
        parameters[f"{name}.weight"] = (rng.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)
        parameters[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    first = {k: np.zeros_like(v) for k, v in parameters.items()}
    second = {k: np.zeros_like(v) for k, v in parameters.items()}
    step, steps = 0, epochs * (len(x) // batch)
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            chosen = order[start:start + batch]
            step += 1
            now = rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            for k, g in gradients(parameters, shifted(x[chosen], rng), labels[chosen]).items():
                first[k] += 0.1 * (g - first[k])
                second[k] += 0.001 * (g * g - second[k])
                move = first[k] / (1 - 0.9 ** step) / (np.sqrt(second[k] / (1 - 0.999 ** step)) + 1e-8)
                parameters[k] -= (now * (move + decay * parameters[k])).astype(np.float32)
    return parameters


def as_onnx(parameters):
    conv = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        onnx_bytes.node("Conv", "conv1", ["input", "conv1.weight", "conv1.bias"], ["c1"], **conv),
        onnx_bytes.node("Relu", "relu1", ["c1"], ["r1"]),
        onnx_bytes.node("Conv", "conv2", ["r1", "conv2.weight", "conv2.bias"], ["c2"], **conv),
        onnx_bytes.node("Relu", "relu2", ["c2"], ["r2"]),
        onnx_bytes.node("MaxPool", "pool2", ["r2"], ["p2"], **pool),
        onnx_bytes.node("Conv", "conv3", ["p2", "conv3.weight", "conv3.bias"], ["c3"], **conv),
        onnx_bytes.node("Relu", "relu3", ["c3"], ["r3"]),
        onnx_bytes.node("MaxPool", "pool3", ["r3"], ["p3"], **pool),
        onnx_bytes.node("Flatten", "flatten", ["p3"], ["f"], axis=1),
        onnx_bytes.node("Gemm", "fc", ["f", "fc.weight", "fc.bias"], ["logits"], transB=1),
    ]
    return onnx_bytes.model("digits", nodes, parameters, {"input": ["batch", 1, 8, 8]}, {"logits": ["batch", 10]})


def main():
    parser = argparse.ArgumentParser(description="Trains the digits network of the demo.")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "studies" / "networks" / "digits.onnx")
    arguments = parser.parse_args()
    parameters = train(arguments.epochs)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(as_onnx(parameters))
    weights = sum(v.size for k, v in parameters.items() if k.endswith("weight"))
    print(f"{weights} weights; accuracy {accuracy(parameters, *load('train.csv')):.2%} on the training images, "
          f"{accuracy(parameters, *load('test.csv')):.2%} on the 597 held out: {arguments.output}")


if __name__ == "__main__":
    main()
