#!/usr/bin/env python3
"""Fuzzes every reader: builds the targets with clang, makes seed inputs, runs each for some seconds, some at a time.

Seeds are made here, small and valid, so that the fuzzer starts beyond the magic numbers; what it finds is
kept in build/fuzz/corpus/<target> for the next run, crashes in build/fuzz/crash-<target>-*.
"""
import argparse
import binascii
import concurrent.futures
import gzip
import io
import lzma
import pathlib
import struct
import subprocess
import sys
import types
import zipfile
import zlib

import onnx_bytes

root = pathlib.Path(__file__).resolve().parent.parent
build = root / "build" / "fuzz"


def npy(descr, shape, data, version=1, fortran=False):
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + data


def npz(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("w.npy", npy("<f4", (2, 3), bytes(24)))
        archive.writestr("y.npy", npy("|u1", (2,), b"\x01\x02"))
    return out.getvalue()


def png(colour, depth, row, palette=b"", interlaced=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, depth, colour, 0, 0, interlaced))
    if palette:
        out += chunk(b"PLTE", palette)
    rows = (b"\0" + row) * 4 if not interlaced else b"\0" * 200
    return out + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg():
    """One gray block of 8x8 pixels, all of them middle gray."""
    def segment(marker, data):
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    one_code = bytes([1] + [0] * 15) + b"\0"
    return (b"\xff\xd8" + segment(0xDB, b"\0" + bytes([1] * 64)) + segment(0xC0, b"\x08\0\x08\0\x08\x01\x01\x11\0")
            + segment(0xC4, b"\0" + one_code) + segment(0xC4, b"\x10" + one_code)
            + segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x3f\xff\xd9")


def numbers(kind, shape, data):
    """What onnx_bytes asks of an array, without numpy."""
    return types.SimpleNamespace(dtype=types.SimpleNamespace(name=kind), shape=shape, tobytes=lambda: data)


def floats(*shape):
    count = 1
    for size in shape:
        count *= size
    return numbers("float32", shape, struct.pack(f"<{count}f", *((i * 7 % 11 - 5) / 8 for i in range(count))))


def network(nodes, tensors, shape):
    """A network of nodes (operator, inputs, outputs, attributes) from "x" to "y"."""
    made = [onnx_bytes.node(op, f"n{i}", inputs, outputs, **attributes) for i, (op, inputs, outputs, attributes) in enumerate(nodes)]
    return onnx_bytes.model("seed", made, tensors, {"x": ["N", *shape]}, {"y": ["N", 2]})


def networks():
    yield network([("Conv", ["x", "w", "b"], ["a"], {"pads": [1, 1, 1, 1], "strides": [2, 2], "group": 1}), ("Relu", ["a"], ["c"], {}),
                   ("MaxPool", ["c"], ["d"], {"kernel_shape": [2, 2]}), ("Flatten", ["d"], ["e"], {}), ("Gemm", ["e", "v"], ["y"], {"transB": 1})],
                  {"w": floats(3, 2, 3, 3), "b": floats(3), "v": floats(2, 3)}, [2, 4, 4])
    yield network([("Shape", ["x"], ["s"], {}), ("Gather", ["s", "i"], ["n"], {"axis": 0}), ("Concat", ["n", "rest"], ["t"], {"axis": 0}),
                   ("Reshape", ["x", "t"], ["r"], {}), ("MatMul", ["r", "w"], ["m"], {}), ("Add", ["m", "b"], ["c"], {}), ("Softmax", ["c"], ["y"], {"axis": -1})],
                  {"i": numbers("int64", (1,), bytes(8)), "rest": numbers("int64", (1,), b"\xff" * 8), "w": floats(6, 2), "b": floats(2)}, [2, 3])
    yield network([("ConvTranspose", ["x", "w", "b"], ["a"], {"strides": [2, 1], "pads": [1, 0, 0, 1], "group": 2, "dilations": [1, 2]}),
                   ("GlobalAveragePool", ["a"], ["p"], {}), ("Flatten", ["p"], ["y"], {})],
                  {"w": floats(4, 1, 2, 2), "b": floats(2)}, [4, 3, 3])
    for op, gates, after in ("LSTM", 4, 0), ("GRU", 3, 0), ("GRU", 3, 1), ("RNN", 1, 0):
        yield network([("Transpose", ["x"], ["t"], {"perm": [1, 0, 2]}),
                       (op, ["t", "w", "r", "b"], ["", "h"], {"hidden_size": 2, "direction": "bidirectional", "linear_before_reset": after}),
                       ("Transpose", ["h"], ["u"], {"perm": [1, 0, 2]}), ("Flatten", ["u"], ["f"], {}), ("MatMul", ["f", "v"], ["y"], {})],
                      {"w": floats(2, 2 * gates, 3), "r": floats(2, 2 * gates, 2), "b": floats(2, 4 * gates), "v": floats(4, 2)}, [5, 3])


idx = b"\0\0\x08\x03" + struct.pack(">III", 2, 2, 2) + bytes(range(8))
SEEDS = {
    "npy": [npy("<f4", (2, 3), bytes(24)), npy("|u1", (5,), b"12345", 2), npy(">i2", (2, 2), bytes(8), 3, True),
            npy("<f8", (), bytes(8)), npy("|b1", (0, 3), b"")],
    "npz": [npz(zipfile.ZIP_STORED), npz(zipfile.ZIP_DEFLATED)],
    "idx": [idx, gzip.compress(idx, mtime=0), lzma.compress(idx), b"\0\0\x0d\x01" + struct.pack(">If", 1, 1.5)],
    "csv": [b"1,2,3\n4,5,6\n", b"file,class_index\r\na.jpg,1\r\n\"b,\"\"c\"\"\",2\r\n", b"\xef\xbb\xbfx,label\n1.5e3,-2\n"],
    "image": [png(2, 8, bytes(12)), png(0, 1, b"\xa0"), png(3, 8, bytes(4), b"\1\2\3"), png(6, 16, bytes(32)),
              png(0, 8, b"", interlaced=1), jpeg()],
    "onnx": list(networks()),
    "card": [path.read_bytes() for path in sorted((root / "cards" / "devices").glob("*.toml"))],
    "config": [b"task = \"infer\"\n[adc]\nbits = 6\nkind = \"unifrom\"\n[[layer]]\nmatch = \"fc*\"\nadc.bits = 10\n",
               b"[data]\nimages = \"mnist/test\"\n[data.preprocess]\nmean = [1, 2.5, inf]\nd = 1979-05-27T07:32:00Z\n"],
}


def run(target, seconds):
    """Fuzzes one target; prints what it did, and what it found. True where that is nothing."""
    corpus = build / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS.get(target, [])):
        (corpus / f"seed-{number}").write_bytes(seed)
    done = subprocess.run([build / f"fuzz_{target}", corpus, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024",
                           "-malloc_limit_mb=512", "-max_len=8192", "-print_final_stats=1", f"-artifact_prefix={build}/crash-{target}-"],
                          capture_output=True, text=True, errors="replace")
    lines = done.stderr.splitlines()
    told = [line for line in lines if line.startswith("stat::number_of_executed_units") or "cov:" in line and "DONE" in line]
    print("\n".join([f"{target}:", *told] + (lines[-60:] if done.returncode else [])), flush=True)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--jobs", type=int, default=2, help="targets that run at the same time")
    parser.add_argument("targets", nargs="*", help="all where none is named")
    options = parser.parse_args()
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=root, check=True, stdout=subprocess.DEVNULL)
    known = sorted(path.name.split(".")[0] for path in root.glob("src/mho/*/*.fuzz.cc"))
    targets = options.targets or known
    subprocess.run(["cmake", "--build", "--preset", "fuzz", "--target", *(f"fuzz_{t}" for t in targets)], cwd=root,
                   check=True)
    print(f"fuzz: {' '.join(targets)}, {options.seconds} s each, {options.jobs} at a time", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        failed = [target for target, good in zip(targets, pool.map(lambda t: run(t, options.seconds), targets)) if not good]
    print("found nothing" if not failed else "FAILED: " + " ".join(failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
