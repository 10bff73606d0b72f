#!/usr/bin/env python3
"""Fuzzes every reader: builds the targets with clang, makes seed inputs, runs each for some seconds.

Seeds are made here, small and valid, so that the fuzzer starts beyond the magic numbers; what it finds is
kept in build/fuzz/corpus/<target> for the next run, crashes in build/fuzz/crash-<target>-*.
"""
import argparse
import binascii
import gzip
import io
import lzma
import pathlib
import struct
import subprocess
import sys
import zipfile
import zlib

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


idx = b"\0\0\x08\x03" + struct.pack(">III", 2, 2, 2) + bytes(range(8))
SEEDS = {
    "npy": [npy("<f4", (2, 3), bytes(24)), npy("|u1", (5,), b"12345", 2), npy(">i2", (2, 2), bytes(8), 3, True),
            npy("<f8", (), bytes(8)), npy("|b1", (0, 3), b"")],
    "npz": [npz(zipfile.ZIP_STORED), npz(zipfile.ZIP_DEFLATED)],
    "idx": [idx, gzip.compress(idx, mtime=0), lzma.compress(idx), b"\0\0\x0d\x01" + struct.pack(">If", 1, 1.5)],
    "csv": [b"1,2,3\n4,5,6\n", b"file,class_index\r\na.jpg,1\r\n\"b,\"\"c\"\"\",2\r\n", b"\xef\xbb\xbfx,label\n1.5e3,-2\n"],
    "image": [png(2, 8, bytes(12)), png(0, 1, b"\xa0"), png(3, 8, bytes(4), b"\1\2\3"), png(6, 16, bytes(32)),
              png(0, 8, b"", interlaced=1), jpeg()],
    "card": [path.read_bytes() for path in sorted((root / "cards" / "devices").glob("*.toml"))],
    "config": [b"task = \"infer\"\n[adc]\nbits = 6\nkind = \"unifrom\"\n[[layer]]\nmatch = \"fc*\"\nadc.bits = 10\n",
               b"[data]\nimages = \"mnist/test\"\n[data.preprocess]\nmean = [1, 2.5, inf]\nd = 1979-05-27T07:32:00Z\n"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("targets", nargs="*", help="all where none is named")
    options = parser.parse_args()
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=root, check=True, stdout=subprocess.DEVNULL)
    known = sorted(path.name.split(".")[0] for path in root.glob("src/mho/*/*.fuzz.cc"))
    targets = options.targets or known
    subprocess.run(["cmake", "--build", "--preset", "fuzz", "--target", *(f"fuzz_{t}" for t in targets)], cwd=root,
                   check=True)
    failed = []
    for target in targets:
        corpus = build / "corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS.get(target, [])):
            (corpus / f"seed-{number}").write_bytes(seed)
        print(f"{target}: {options.seconds} s", flush=True)
        done = subprocess.run([build / f"fuzz_{target}", corpus, f"-max_total_time={options.seconds}", "-timeout=10",
                               "-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1",
                               f"-artifact_prefix={build}/crash-{target}-"],
                              capture_output=True, text=True, errors="replace")
        lines = done.stderr.splitlines()
        print("\n".join(line for line in lines if line.startswith("stat::number_of_executed_units")
                        or "cov:" in line and ("INITED" in line or "DONE" in line)))
        if done.returncode:
            failed.append(target)
            print("\n".join(lines[-60:]))
    print("found nothing" if not failed else "FAILED: " + " ".join(failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
