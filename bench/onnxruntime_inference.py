#!/usr/bin/env python3
"""Time per image of mho (float; one analog chip) beside ONNX Runtime (float), same threads, one run.

    MHO_DATA=… bench/onnxruntime_inference.py [--threads 2] [--build build/release]

Each side's best of several repeats; ONNX Runtime at its best batch size. Both compute the same images.
"""
import argparse
import json
import os
import subprocess
import time

import numpy as np
import onnxruntime

NETS = {"cnn6": ("mnist/mnist_CNN6", (1, 28, 28)), "resnet20": ("cifar10/resnet20_akamaster", (3, 32, 32)),
        "resnet56": ("cifar10/resnet56_crosssim", (3, 32, 32))}


def onnxruntime_us(model, shape, threads):
    """Best time of one image [µs] over batch sizes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    best = np.inf
    for batch in (1, 2, 4, 8, 16, 32, 64, 128):
        x = np.random.default_rng(1).random((batch, *shape), dtype=np.float32)
        session.run(None, {"input": x})
        end = time.perf_counter() + 0.6
        while time.perf_counter() < end:
            start = time.perf_counter()
            session.run(None, {"input": x})
            best = min(best, (time.perf_counter() - start) / batch)
    return 1e6 * best


def mho_us(program, threads, nets):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    pattern = f"--benchmark_filter=infer/({'|'.join(nets)})/.*"
    done = subprocess.run([program, pattern, "--benchmark_format=json", "--benchmark_min_time=1"], env=environment,
                          capture_output=True, text=True, check=True)
    found = {}
    for entry in json.loads(done.stdout)["benchmarks"]:
        _, net, how = entry["name"].split("/")[:3]
        found[net, how] = entry["best_us_per_image"]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--nets", nargs="*", default=list(NETS))
    parser.add_argument("--json")
    arguments = parser.parse_args()
    data = os.environ["MHO_DATA"]
    ours = mho_us(f"{arguments.build}/mho_network_perf", arguments.threads, arguments.nets)
    rows = []
    for net in arguments.nets:
        model, shape = NETS[net]
        theirs = onnxruntime_us(f"{data}/models/{model}.onnx", shape, arguments.threads)
        row = {"net": net, "threads": arguments.threads, "onnxruntime_us": theirs}
        for how in ("float", "digital", "analog"):
            row[f"{how}_us"] = ours[net, how]
            row[f"{how}_ratio"] = ours[net, how] / theirs
        rows.append(row)
        print(f"{net:10} ONNX Runtime {theirs:8.1f} us" + "".join(
            f"   {how} {row[f'{how}_us']:8.1f} us ({row[f'{how}_ratio']:.2f}x)" for how in ("float", "digital", "analog")))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"onnxruntime": onnxruntime.__version__, "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
