#!/usr/bin/env python3
"""Writes docs/validation-hardware.md from what `mho cost` computes: tools/cost_tables.py build/release/mho."""
import json
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
program = sys.argv[1] if len(sys.argv) > 1 else str(root / "build/release/mho")


def ask(*arguments):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([program, "cost", *arguments, "--json", file.name], check=True, stdout=subprocess.DEVNULL)
        return json.load(open(file.name))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value, digits=4):
    return f"{value:.{digits}g}"


def points(card):
    rows = []
    for c in validation[card]:
        rows.append([c["point"], c["quantity"], f"{number(c['published'])} {c['unit']}", number(c["model"]),
                     f"{100 * c['error']:+.1f} %", "fitted" if c["fitted"] else "predicted"])
    return table(["point", "quantity", "published", "mho", "error", ""], rows)


def breakdown(parts, whole):
    rows = [[p["name"], number(p["count"]), f"{p['energy_j'] * 1e12:.4g} pJ", f"{100 * p['energy_j'] / whole:.1f} %",
             f"{p['latency_s'] * 1e9:.4g} ns", p["source"]] for p in parts]
    return table(["part", "count", "energy", "share", "time", "source of the constant"], rows)


validation = ask("validate")
tiles = ask("tiles")
sram = {t["bits"]: t for t in tiles if t["tile"] == "sram"}
reram = ask(str(root / "studies/cost-tile.toml"))["kernels"]
sonos = ask(str(root / "studies/cost-resnet50-sonos.toml"))["chip"]
adc = ask("adc")


def total(tile, key):
    return sum(tile[k][key] for k in ("vmm", "mvm", "opu"))


tile_rows = []
for t in tiles:
    s = sram[t["bits"]]
    tile_rows.append([t["tile"], t["bits"]] + [f"{t[k]['energy_per_mac_j'] * 1e15:.4g}" for k in ("vmm", "mvm", "opu")]
                     + [f"{t[k]['latency_s'] * 1e6:.4g}" for k in ("vmm", "mvm", "opu")]
                     + [f"{t['area_m2'] * 1e6:.3f}", f"{total(s, 'energy_per_mac_j') / total(t, 'energy_per_mac_j'):.4g}",
                        f"{total(s, 'latency_s') / total(t, 'latency_s'):.4g}"])

text = f"""# Hardware: published numbers beside what mho computes

Written by `tools/cost_tables.py`; equations in [theory/hardware.md](theory/hardware.md), constants with their sources on the
cards. `mho cost validate` prints the same. *Fitted* means that a constant was chosen for this number, *predicted* that
none was; there is one set of constants a chip and no fitting of single points. One MAC is two operations in TOPS.

## The tile table: 8 bits, 1024×1024, 14 nm
Energy per MAC. The table nearly saturates the fit: 18 analog numbers, about 15 constants. What can be told apart are
step counts, the energy of a line and read (about 12 pJ), V_w²·c_line of each device, and the cell and write energy of
the SRAM; how integrator and converter share, and R_on against V_read, can't. Without any fit: the 384 ns read
(2^7 + 2^8 steps of 1 ns) and the 512 ns update (4·2^7) of ReRAM, and 1 : 8 : 2 of the SRAM's times. Fitted are
comparator and integrator power, the line capacitance (67 aF), the write voltages (0.46, 1.8, 10.3 V), settling and write
steps of ECRAM and SONOS, their on-resistances, and the sense and write energies of the SRAM.

{points("tile-table")}
Where the energy of the ReRAM read goes: nearly all of it is periphery.

{breakdown(reram["vmm"]["parts"], reram["vmm"]["energy_j"])}
And of the update:

{breakdown(reram["opu"]["parts"], reram["opu"]["energy_j"])}
## Tiles at 8, 4 and 2 bits
Energy in fJ per MAC, time in µs, area in mm² with the periphery of a product. The last columns are the totals of the
three kernels of the SRAM core over the tile's: published are 432 and 34.6 (ReRAM), 120 and 2.1 (SONOS) from the tile
table, and 270 and 540 of digital over analog ReRAM (arXiv:1707.09952). 4 and 2 bits are predictions: ramps and pulses
shrink with the levels; a digital core still reads 8-bit weights.

{table(["tile", "bits", "VMM", "MVM", "OPU", "t VMM", "t MVM", "t OPU", "area", "energy, SRAM over it", "time, SRAM over it"], tile_rows)}
## ISAAC from its parts
{points("isaac")}
## NeuRRAM
Nothing is fitted: step times and energies, capacitances and voltages are published, mean conductance and input assumed.

{points("neurram")}
## HERMES
Two constants for five numbers: the power of a converter from one core, that of links and digital units from the
chip in one-phase mode.

{points("hermes")}
## Charge-domain SRAM, 65 nm
The 1.2 V column gives the constants; 0.85 V follows from V² and a square-law delay.

{points("jia-2020")}
## SRAM macro, 7 nm
Three constants for the energy against the mean output at 0.8 V. Energies at other supplies by V². At 1.0 V the published
table (189.3 TOPS/W, 10.8 pJ) and figure (13.1 pJ) contradict each other by a fifth.

{points("sinangil-2021")}
## SONOS inference engine, 40 nm
Nothing is fitted to its efficiencies: periphery scaled from 14 nm with V² (analog) and C·V² (digital), cells and array
size assumed. The abstract of Xiao et al. (2022) says 20 TOPS/W on ResNet-50.

{points("sonos-engine")}
From the full array to ResNet-50 most is lost where layers of few rows share each conversion among few products, then in
buffers:

{table(["counting", "TOPS/W"], [[l["what"], f"{l['tops_per_w']:.1f}"] for l in sonos["losses"]])}
## An 8-bit conversion, by source
{table(["converter", "energy", "time", "area", "source"], [[r["name"], f"{r['energy_j'] * 1e12:.4g} pJ", f"{r['latency_s'] * 1e9:.3g} ns", f"{r['area_m2'] * 1e12:.4g} µm²", r["source"]] for r in adc])}
The dearest takes {adc[-1]["energy_j"] / adc[0]["energy_j"]:.0f} times the energy of the cheapest. With DNN+NeuroSim's
converter instead of the ramp the 14 nm read would take a quarter of its energy.
"""
(root / "docs/validation-hardware.md").write_text(text)
