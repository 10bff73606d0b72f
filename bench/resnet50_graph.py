#!/usr/bin/env python3
"""ResNet-50 (He et al. 2016, doi 10.1109/CVPR.2016.90; stride on the 3×3 convolutions) with random weights, as ONNX.

    bench/resnet50_graph.py resnet50.onnx [--seed 1]

Batch normalization is taken as folded: every convolution has a bias. He initialization; the last convolution
of a block is scaled down so that activations stay bounded.
"""
import argparse

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def weight(self, name, shape, spread):
        values = (self.random.standard_normal(shape) * spread).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, op, inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, x, fan_in, out, kernel, stride, gain=1.0):
        n = len(self.nodes)
        w = self.weight(f"w{n}", (out, fan_in, kernel, kernel), gain * np.sqrt(2 / (fan_in * kernel * kernel)))
        b = self.weight(f"b{n}", (out,), 0.01)
        return self.node("Conv", [x, w, b], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)


def resnet50(seed):
    g = Graph(seed)
    x = g.node("Relu", [g.convolution("input", 3, 64, 7, 2)])
    x = g.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for width, blocks, first_stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            y = g.node("Relu", [g.convolution(x, channels, width, 1, 1)])
            y = g.node("Relu", [g.convolution(y, width, width, 3, stride)])
            y = g.convolution(y, width, 4 * width, 1, 1, gain=0.3)
            shortcut = x if block > 0 else g.convolution(x, channels, 4 * width, 1, stride, gain=0.7)
            x = g.node("Relu", [g.node("Add", [y, shortcut])])
            channels = 4 * width
    x = g.node("Flatten", [g.node("GlobalAveragePool", [x])], axis=1)
    x = g.node("Gemm", [x, g.weight("w_out", (1000, channels), 0.02), g.weight("b_out", (1000,), 0.01)], transB=1)
    g.nodes[-1].output[0] = "logits"
    graph = helper.make_graph(
        g.nodes, "resnet50", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 1000])], g.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    onnx.save(resnet50(arguments.seed), arguments.output)


if __name__ == "__main__":
    main()
