#!/usr/bin/env python3
"""Fails when a file includes upward: each layer may use only those before it in LAYERS, and within a layer each
room (a folder) only those before it in ROOMS; what lies in the layer itself stands above its rooms. Tests see
their whole layer, as they compare with what is built on it. Nor may SIMD code ask for the instruction set that
Highway chose for the whole process: each runtime has its own."""
import pathlib
import re
import sys

LAYERS = ["core", "device", "array", "hardware", "network", "training", "study", "report", "cli"]
ROOMS = {
    "core": ["picture"],
    "array": ["chip", "mapping", "converters", "wires", "reading", "executors", "calibration", "learning"],
    "network": ["onnx", "graph", "operators", "layers", "data"],
}
root = pathlib.Path(__file__).resolve().parent.parent / "src" / "mho"


def place(parts):
    """Layer, and room in it ("" where the file lies in the layer itself)."""
    return parts[0], parts[1] if len(parts) > 2 else ""


def height(layer, room):
    return ROOMS[layer].index(room) if room else len(ROOMS.get(layer, []))


wrong = []
for path in sorted(root.rglob("*.[hc]*")):
    parts = path.relative_to(root).parts
    layer, room = place(parts)
    if room and room not in ROOMS.get(layer, []):
        wrong.append(f"{path.relative_to(root.parent.parent)}: ROOMS of tools/check_layers.py knows no room {layer}/{room}")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(r"(?!\s*//).*HWY_DYNAMIC_DISPATCH", line):
            wrong.append(f"{path.relative_to(root.parent.parent)}:{number}: HWY_DYNAMIC_DISPATCH(F) asks a choice of the "
                         "whole process: core::dispatched(HWY_DISPATCH_TABLE(F)) that of the runtime (core/simd_dispatch.h)")
        found = re.match(r'\s*#\s*include\s+"mho/([^"]+)"', line)
        if not found:
            continue
        target, target_room = place(tuple(found[1].split("/")))
        upward = LAYERS.index(target) > LAYERS.index(layer)
        if target == layer and ".test." not in path.name:
            upward = height(layer, target_room) > height(layer, room)
        if upward:
            wrong.append(f"{path.relative_to(root.parent.parent)}:{number}: "
                         f"{'/'.join(filter(None, (layer, room)))} must not include {found[1]}")
print("\n".join(wrong) if wrong else "every include points down the layers and their rooms")
sys.exit(bool(wrong))
