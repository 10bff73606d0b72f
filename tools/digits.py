#!/usr/bin/env python3
"""Fetches the UCI handwritten digits: 1,797 images of 8x8 pixels, 0..16, written by 13 people.

They come inside the scikit-learn wheel (sklearn/datasets/data/digits.csv.gz), which pip downloads; nothing
is installed and only the standard library is used. Writes train.csv (the first 1,200 images) and test.csv
(the last 597) into the folder given: 64 pixels, then the label, a line an image, as UCI's own files.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
1998, doi 10.24432/C50P49 (CC BY 4.0).
"""
import gzip
import pathlib
import subprocess
import sys
import tempfile
import zipfile

TRAINING_IMAGES = 1200


def write_digits(folder):
    """Writes train.csv and test.csv unless both are there."""
    folder = pathlib.Path(folder)
    if all((folder / name).exists() for name in ("train.csv", "test.csv")):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                        "--disable-pip-version-check", "--dest", scratch, "scikit-learn"], check=True)
        (wheel,) = pathlib.Path(scratch).glob("*.whl")
        packed = zipfile.ZipFile(wheel).read("sklearn/datasets/data/digits.csv.gz")
    lines = [",".join(str(int(float(x))) for x in line.split(",")) + "\n"
             for line in gzip.decompress(packed).decode().split()]
    if len(lines) != 1797 or any(line.count(",") != 64 for line in lines):
        sys.exit("digits.csv.gz is not the file of 1,797 lines of 65 numbers that was expected")
    (folder / "train.csv").write_text("".join(lines[:TRAINING_IMAGES]))
    (folder / "test.csv").write_text("".join(lines[TRAINING_IMAGES:]))
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: digits.py FOLDER")
    print(f"digits: {write_digits(sys.argv[1])}")
