#!/usr/bin/env python3
"""Training of mho beside AIHWKIT: time of an outer-product update, seconds of an MNIST epoch; one core each, one run.

    MHO_DATA=… bench/training.py [--build build/release] [--repeats 5] [--samples 2000] [--only updates|epochs]

AIHWKIT is measured where this Python has it (`pip install aihwkit`; the wheel of 1.1.0 needs torch 2.10.0), else its
figures are those of PEERS, measured on another machine of this kind. CrossSim 2.0 stands with the figures of PEERS:
no version of TensorFlow that it runs on goes with a current Python. Processor time, best of all repeats.

Updates: 1024×1024 weights, stochastic pulse trains of 31 slots, lines that pulse with the probabilities |sin(i/10)| and
|cos(3i/10)|: 12.6 coincidences a weight on both sides. One device a weight, as AIHWKIT has it, and pairs of devices.
Epochs: 784-256-128-10, 60,000 samples of MNIST, centred, batch 1, learning rate 0.01, weights up to 1; both sides
extrapolate from the first samples.
"""
import argparse
import gzip
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time

SIDE, SLOTS = 1024, 31
# One core of a Zen 5, best of repeats; updates with the same length of trains but fewer coincidences (7.75 a cell).
PEERS = {"update": {"constant step": 134.0, "soft bounds": 140.0},
         "epoch": {"reram-es": 44.0}, "crosssim": "15 to 18 minutes (784-300-10, one TaOx table; numeric 63 s)"}
STUDY = """task = "train"
[data]
images = "mnist/train"
count = {samples}
[device]
card = "{card}"
[training]
layers = [784, 256, 128, 10]
epochs = {epochs}
learning_rate = 0.01
weight_limits = [1, 1, 1]
update = "{update}"
pairs = "{pairs}"
[study]
trials = 1
"""


def mho_updates(build, repeats):
    """ns a weight by benchmark, one thread."""
    out = subprocess.run([os.path.join(build, "mho_array_perf"), "--benchmark_filter=learning/.*/1$", "--benchmark_format=json",
                          f"--benchmark_repetitions={repeats}", "--benchmark_min_time=0.2"],
                         check=True, capture_output=True, text=True).stdout
    best = {}
    for run in json.loads(out)["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        name = run["name"].split("/")[1]
        best[name] = min(best.get(name, math.inf), run["cpu_time"] / SIDE**2)  # cpu_time is in ns
    return best


def aihwkit():
    """The package and what is wrong with it."""
    try:
        import torch
        import aihwkit
        from aihwkit.simulator.tiles import AnalogTile  # noqa: F401  loads its library
        torch.set_num_threads(1)
        return aihwkit.__version__, ""
    except Exception as error:  # an import can fail in many ways: missing symbols, missing packages
        return None, f"{type(error).__name__}: {str(error).splitlines()[0]}"


def best_of(repeats, step):
    best = math.inf
    for _ in range(repeats):
        start = time.process_time()
        step()
        best = min(best, time.process_time() - start)
    return best


def aihwkit_updates(repeats):
    import torch
    from aihwkit.simulator.configs import ConstantStepDevice, SingleRPUConfig, SoftBoundsDevice
    from aihwkit.simulator.tiles import AnalogTile
    line = torch.arange(SIDE, dtype=torch.float32)
    x, d = torch.sin(0.1 * line)[None], torch.cos(0.3 * line)[None]
    times = {}
    for name, device in (("constant step", ConstantStepDevice()), ("soft bounds", SoftBoundsDevice())):
        config = SingleRPUConfig(device=device)
        config.update.desired_bl = SLOTS
        config.update.update_bl_management = config.update.update_management = False
        tile = AnalogTile(SIDE, SIDE, config)
        tile.set_learning_rate(SLOTS * device.dw_min)
        times[name] = 1e9 * best_of(repeats, lambda: tile.update(x, d)) / SIDE**2
    return times


def mnist(count):
    """The first images, centred as mho centres them, and their labels."""
    import torch
    folder = os.path.join(os.environ["MHO_DATA"], "mnist")

    def file(stem, header):
        for name in (stem, stem + ".gz"):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                with (gzip.open if name.endswith("gz") else open)(path, "rb") as data:
                    return bytearray(data.read()[header:])
        sys.exit(f"{folder}: has no {stem}")
    images = torch.frombuffer(file("train-images-idx3-ubyte", 16), dtype=torch.uint8).float().reshape(-1, 1, 784)[:count]
    labels = torch.frombuffer(file("train-labels-idx1-ubyte", 8), dtype=torch.uint8).long().reshape(-1, 1)[:count]
    return (images - images.mean()) / (2 * images.std()), labels


def aihwkit_epoch(samples, repeats):
    """Seconds of 60,000 samples: forward, loss, backward and update, with the package's ReRAM preset."""
    import torch
    from aihwkit.nn import AnalogLinear, AnalogSequential
    from aihwkit.optim import AnalogSGD
    from aihwkit.simulator.presets import ReRamESPreset
    torch.manual_seed(1)
    layers = []
    for n_in, n_out in ((784, 256), (256, 128), (128, 10)):
        layers += [AnalogLinear(n_in, n_out, rpu_config=ReRamESPreset()), torch.nn.Sigmoid()]
    model = AnalogSequential(*layers[:-1], torch.nn.LogSoftmax(dim=1))
    optimizer = AnalogSGD(model.parameters(), lr=0.01)
    optimizer.regroup_param_groups(model)
    loss_of = torch.nn.NLLLoss()
    x, labels = mnist(samples)

    def train():
        for n in range(samples):
            optimizer.zero_grad()
            loss_of(model(x[n]), labels[n]).backward()
            optimizer.step()
    return 60_000 / samples * best_of(repeats, train)


def mho_epoch(build, samples, repeats, **settings):
    """The same on MNIST: what `samples` more samples take, so that loading and testing count for nothing."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for epochs, count in ((1, samples), (1, 1)):
            path = os.path.join(folder, f"{count}.toml")
            with open(path, "w") as study:
                study.write(STUDY.format(samples=count, epochs=epochs, **settings))

            def child():
                return os.times().children_user + os.times().children_system
            best = math.inf
            for _ in range(repeats):
                start = child()
                subprocess.run([os.path.join(build, "mho"), "train", path, "--threads", "1"], check=True, capture_output=True)
                best = min(best, child() - start)
            times.append(best)
    return 60_000 / (samples - 1) * (times[0] - times[1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", default="build/release")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--samples", type=int, default=2000)
    arguments.add_argument("--only", choices=("updates", "epochs"))
    given = arguments.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    version, trouble = aihwkit()
    print(f"{platform.machine()}, one core. AIHWKIT: "
          + (f"{version}, measured in this run" if version else f"not measured ({trouble}); figures of another machine of this kind"))
    if given.only != "epochs":
        peer = aihwkit_updates(given.repeats) if version else PEERS["update"]
        mine = mho_updates(given.build, given.repeats)
        print("\n| update of 1024×1024 weights, 31 slots | AIHWKIT ns/weight | mho ns/weight | ratio |\n|---|---|---|---|")
        for name, bench, what in (("constant step", "constant_step_offset_pulses_31", "one device a weight"),
                                  ("soft bounds", "soft_bounds_offset_pulses_31", "one device a weight"),
                                  ("soft bounds", "soft_bounds_pulses_31_goal_2ns", "mho: a pair a weight")):
            print(f"| {name}, {what} | {peer[name]:.0f} | {mine[bench]:.2f} | {peer[name] / mine[bench]:.0f} |")
        for bench, what in (("table_pulses_31_goal_2ns", "measured table, a pair a weight"),
                            ("analytic_pulses_31_goal_2ns", "analytic with write noise, a pair a weight"),
                            ("table_exact_goal_1.5ns", "the same table, exact request"),
                            ("analytic_exact_goal_1ns", "the same analytic cells, exact request")):
            print(f"| {what} | – | {mine[bench]:.2f} | |")
    if given.only != "updates":
        peer = aihwkit_epoch(200, given.repeats) if version else PEERS["epoch"]["reram-es"]
        print("\n| MNIST epoch, 784-256-128-10, batch 1 | s | AIHWKIT over it |\n|---|---|---|")
        print(f"| AIHWKIT, ReRamES preset | {peer:.1f} | |")
        for card, update, pairs in (("reram-es", "pulses", "offset"), ("reram-es", "pulses", "two-sided"),
                                    ("reram-es", "exact", "two-sided"), ("taox-3", "exact", "two-sided")):
            mine = mho_epoch(given.build, given.samples, given.repeats, card=card, update=update, pairs=pairs)
            print(f"| mho, {card}, {update}, {pairs} | {mine:.1f} | {peer / mine:.1f} |")
        print(f"\nCrossSim 2.0, measured elsewhere: {PEERS['crosssim']} an epoch.")


if __name__ == "__main__":
    sys.exit(main())
