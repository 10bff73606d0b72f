#!/usr/bin/env python3
"""Fails when a file includes upward: each layer may use only those before it in LAYERS."""
import pathlib
import re
import sys

LAYERS = ["core", "device", "array", "hardware", "network", "training", "study", "report", "cli"]
root = pathlib.Path(__file__).resolve().parent.parent / "src" / "mho"
wrong = []
for path in sorted(root.rglob("*.[hc]*")):
    here = path.relative_to(root).parts[0]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+"mho/(\w+)/', line)
        if found and LAYERS.index(found[1]) > LAYERS.index(here):
            wrong.append(f"{path.relative_to(root.parent.parent)}:{number}: {here} must not include {found[1]}")
print("\n".join(wrong) if wrong else "every include points down the layers")
sys.exit(bool(wrong))
