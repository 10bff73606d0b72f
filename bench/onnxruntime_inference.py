#!/usr/bin/env python3
"""Time per image of mho (float; one analog chip) beside ONNX Runtime (float), same threads, one run.

    MHO_DATA=… bench/onnxruntime_inference.py [--threads 2] [--build build/release] [--nets cnn6 …]

Each side's best of several repeats; ONNX Runtime at its best batch size. `analog` multiplies conductances as f32,
`int16` as whole numbers of 16 bits. resnet50 has random weights (resnet50_graph.py).
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime

import resnet50_graph

NETS = {"cnn6": ("mnist/mnist_CNN6", (1, 28, 28)), "resnet20": ("cifar10/resnet20_akamaster", (3, 32, 32)),
        "resnet56": ("cifar10/resnet56_crosssim", (3, 32, 32)),
        "squeezenet": ("imagenet/squeezenet_v1.0_deepcompression", (3, 227, 227)),
        "mobilenet-v2": ("imagenet/mobilenet_v2_1.0_224_quant_dequant", (3, 224, 224)), "resnet50": (None, (3, 224, 224))}
HOW = ("float", "digital", "analog", "analog-int16")
RESNET50_STUDY = """[network]
model = "{}"
[data]
images = "imagenet/val1300_227"
[data.preprocess]
crop = 224
scale = 0.0175
mean = [2.1, 2.0, 1.8]
[calibration]
count = 20
"""


def onnxruntime_us(model, shape, threads):
    """Best time of one image [µs] over batch sizes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    best = np.inf
    for batch in (1, 2, 4, 8, 16, 32, 64, 128) if np.prod(shape) < 10_000 else (1, 2, 4, 8):
        x = np.random.default_rng(1).random((batch, *shape), dtype=np.float32)
        session.run(None, {name: x})
        end = time.perf_counter() + 0.6
        while time.perf_counter() < end:
            start = time.perf_counter()
            session.run(None, {name: x})
            best = min(best, (time.perf_counter() - start) / batch)
    return 1e6 * best


def mho_us(program, threads, nets, study):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MHO_BENCH_STUDY=study)
    pattern = f"--benchmark_filter=infer/({'|'.join(nets)})/.*"
    done = subprocess.run([program, pattern, "--benchmark_format=json", "--benchmark_min_time=1"], env=environment,
                          capture_output=True, text=True, check=True)
    found = {}
    for entry in json.loads(done.stdout)["benchmarks"]:
        _, net, how = entry["name"].split("/")[:3]
        found[net, how] = entry["best_us_per_image"]
    return found


def compare(arguments, folder):
    resnet50, study = f"{folder}/resnet50.onnx", f"{folder}/resnet50.toml"
    if "resnet50" in arguments.nets:
        onnx.save(resnet50_graph.resnet50(seed=1), resnet50)
    with open(study, "w", encoding="utf-8") as file:
        file.write(RESNET50_STUDY.format(resnet50))
    rows = []
    for net in arguments.nets:  # side by side, so that both meet the same neighbours on the machine
        ours = mho_us(f"{arguments.build}/mho_network_perf", arguments.threads, [net], study)
        model, shape = NETS[net]
        path = resnet50 if model is None else f"{os.environ['MHO_DATA']}/models/{model}.onnx"
        theirs = onnxruntime_us(path, shape, arguments.threads)
        row = {"net": net, "threads": arguments.threads, "onnxruntime_us": theirs}
        for how in HOW:
            row[f"{how}_us"] = ours[net, how]
            row[f"{how}_ratio"] = ours[net, how] / theirs
        rows.append(row)
        print(f"{net:12} ONNX Runtime {theirs:9.1f} us" + "".join(
            f"   {how} {row[f'{how}_us']:9.1f} us ({row[f'{how}_ratio']:.2f}x)" for how in HOW), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--nets", nargs="*", default=list(NETS))
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(arguments, folder)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"onnxruntime": onnxruntime.__version__, "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
