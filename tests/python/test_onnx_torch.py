"""Networks of torchvision, a vision transformer, a BERT encoder and recurrent layers as PyTorch exports them equal
ONNX Runtime, value by value. Weights are random: nothing is downloaded.

PyTorch is large (several GB), so this runs only where it is installed: `make network-test`.
"""
import warnings

import numpy as np
import onnx
import pytest

from onnx_compare import assert_same, run_mho, run_onnxruntime

torch = pytest.importorskip("torch", reason="needs PyTorch: make network-test")
torchvision = pytest.importorskip("torchvision", reason="needs torchvision: make network-test")


class LastState(torch.nn.Module):
    """What a recurrent layer says after the last step."""

    def __init__(self, kind):
        super().__init__()
        self.memory = kind(10, 16, num_layers=2, bidirectional=True, batch_first=True)
        self.head = torch.nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.memory(x)[0][:, -1])


class Bert(torch.nn.Module):
    """An encoder with token and position embeddings, as in BERT (small)."""

    def __init__(self):
        super().__init__()
        self.tokens, self.positions = torch.nn.Embedding(100, 64), torch.nn.Embedding(24, 64)
        layer = torch.nn.TransformerEncoderLayer(64, 4, 128, activation="gelu", batch_first=True, layer_norm_eps=1e-12)
        self.encoder = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, tokens):
        return self.encoder(self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1])))


def picture(size):
    return torch.randn(1, 3, size, size)


def from_torchvision(name, size=224, **options):
    return lambda: (getattr(torchvision.models, name)(weights=None, **options), picture(size))


def vision_transformer():
    return torchvision.models.VisionTransformer(image_size=64, patch_size=16, num_layers=3, num_heads=4, hidden_dim=64, mlp_dim=128), picture(64)


NETWORKS = {
    "resnet18": from_torchvision("resnet18"),
    "resnet50": from_torchvision("resnet50"),
    "vgg11": from_torchvision("vgg11"),
    "googlenet": from_torchvision("googlenet", aux_logits=False, init_weights=False),
    "inception_v3": from_torchvision("inception_v3", 299, aux_logits=False, init_weights=False),
    "mobilenet_v2": from_torchvision("mobilenet_v2"),
    "mobilenet_v3_small": from_torchvision("mobilenet_v3_small"),
    "efficientnet_b0": from_torchvision("efficientnet_b0"),
    "densenet121": from_torchvision("densenet121"),
    "convnext_tiny": from_torchvision("convnext_tiny"),
    "vision_transformer": vision_transformer,
    "bert": lambda: (Bert(), torch.randint(0, 100, (1, 24))),
    "lstm": lambda: (LastState(torch.nn.LSTM), torch.randn(1, 12, 10)),
    "gru": lambda: (LastState(torch.nn.GRU), torch.randn(1, 12, 10)),
}


def unlike_new(network):
    """Gives batch normalizations and biases other numbers than zeros and ones, so that all of them count.

    Statistics measured in random pictures would do too, but they make deep networks so sensitive that two float32
    programs, each as far from float64 as the other, differ by more than 1e-4.
    """
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.7, 1.4)
                layer.weight.uniform_(0.7, 1.4)
                layer.bias.normal_(0, 0.1)
            elif isinstance(layer, torch.nn.Conv2d | torch.nn.Linear) and layer.bias is not None:
                layer.bias.normal_(0, 0.1)
    return network.eval()


@pytest.mark.parametrize("dynamo", [False, True], ids=["torchscript", "dynamo"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_value(tmp_path, name, dynamo):
    torch.manual_seed(5)
    network, example = NETWORKS[name]()
    unlike_new(network)
    path = tmp_path / f"{name}.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (example,), path, dynamo=dynamo, input_names=["x"], output_names=["y"], verbose=False)
    model = onnx.load(path)
    inputs = {"x": example.numpy()}
    theirs = run_onnxruntime(model, inputs)
    with torch.no_grad():
        exact = network(example).numpy()
    assert np.abs(theirs["y"] - exact).max() <= 1e-4 * np.abs(exact).max()
    ours = run_mho(path, inputs)
    constants = {output for node in model.graph.node if node.op_type == "Constant" for output in node.output}
    assert assert_same(ours, theirs, need=["y"]) >= 0.5 * (len(theirs) - len(constants))  # the rest are constants, computed at once
    assert_same(run_mho(path, inputs, fuse=True), theirs, need=["y"])
