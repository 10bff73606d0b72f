"""Every shipped study still answers what it answered: a small run of each beside the document in tests/golden.

The runs are small (few images, one chip, one epoch) and on the AVX2 kernels, so that machines compute alike;
where float layers may still differ by rounding, the bounds below say by how much. A change that moves
an answer on purpose raises kAnswersVersion (src/mho/core/answers_version.h), which keeps stores and checkpoints from
mixing answers of before and after, and writes the documents anew; without the former, the latter is refused:

    MHO_GOLDEN=write make python-test
"""
import json
import math
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
DATA = pathlib.Path(os.environ.get("MHO_DATA", ROOT.parent / "shared" / "data"))
sys.path.insert(0, str(ROOT / "tools"))
import digits  # noqa: E402

SMALL = {
    "infer": ["data.count=40", "data.stride=1", "calibration.count=10", "study.trials=1"],
    "train": ["data.count=300", "training.epochs=1", "study.trials=1"],
    "cost": [],
}
#: Networks of millions of weights get fewer images.
FEWER = {"devices-mobilenet-v2": 1, "devices-efficientnet-lite0": 1, "devices-squeezenet": 1, "devices-resnet56": 4,
         "devices-resnet20": 8, "demo-cifar10": 8}
#: What is no answer: how it was run, what was asked, trees that sum up to numbers that are compared.
LEFT_OUT = {"timing", "machine", "version", "study", "study_text", "name", "parts", "device", "source", "identity",
            "conductances", "data", "network_file", "file"}
#: Absolute bounds where float32 sums may round otherwise: half a code of few conversions; elsewhere 1e-6 of the value.
LOOSE = {"snr_db": 0.05, "clipped": 2e-4}
ONE_IMAGE = {"top1", "top5", "mean", "ci95", "trials", "test_accuracy", "test_accuracy_trials", "accuracy"}

ANSWERS_VERSION = int(re.search(r"kAnswersVersion = (\d+);",
                                (ROOT / "src" / "mho" / "core" / "answers_version.h").read_text())[1])
STUDIES = sorted(p.stem for p in (ROOT / "studies").glob("*.toml"))


def answers(document):
    """The numbers of a result that a reader believes."""
    if isinstance(document, dict):
        kept = {key: answers(value) for key, value in document.items() if key not in LEFT_OUT}
        for point in kept.get("points", [])[1:]:  # layers of the first point stand for those of all
            point.pop("layers", None)
            point.get("cost", {}).pop("network", None)
        return kept
    if isinstance(document, list):
        return [answers(value) for value in document]
    if isinstance(document, float) and math.isfinite(document):
        return float(f"{document:.9g}")
    return document


def task_of(study):
    return re.search(r'^task = "(\w+)"', (ROOT / "studies" / f"{study}.toml").read_text(), re.M)[1]


def mho(study, result, *more):
    """Runs a study file or a result, and reads what comes of it; None where its network was never exported."""
    # The same kernels on every machine, oneDNN's too.
    environment = dict(os.environ, MHO_DATA=str(DATA), MHO_ISA="avx2", ONEDNN_MAX_CPU_ISA="AVX2")
    done = subprocess.run([os.environ["MHO_PROGRAM"], "run", study, "--json", result, *more],
                          cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode == 2 and "efficientnet" in str(study) and not (ROOT / "data/efficientnet_lite0.onnx").exists():
        return None
    assert done.returncode == 0, done.stderr
    return json.loads(result.read_text())


@pytest.fixture(scope="module", params=STUDIES)
def ran(request, tmp_path_factory):
    """A study, the folder of its result, and the result."""
    study = request.param
    digits.write_digits(ROOT / "data" / "digits")
    folder = tmp_path_factory.mktemp(study) / "studies"  # a result finds its files where the study does
    folder.mkdir()
    (folder / "networks").symlink_to(ROOT / "studies" / "networks")
    (folder.parent / "data").symlink_to(ROOT / "data")
    sets = list(SMALL[task_of(study)])
    if study in FEWER:
        sets[0] = f"data.count={FEWER[study]}"
        sets[2] = "calibration.count=3"
    result = mho(f"studies/{study}.toml", folder / "result.json", *[word for s in sets for word in ("--set", s)],
                 *stored(study, folder))
    if result is None:
        pytest.skip("data/efficientnet_lite0.onnx is not there: tools/export_efficientnet_lite0.py writes it")
    return study, folder, result


def stored(study, folder):
    """Costs are kept in no store."""
    return [] if task_of(study) == "cost" else ["--store", folder / "store.sqlite"]


def differences(found, golden, images, path=""):
    """Where two documents differ by more than rounding can do, as lines to read."""
    key = path.rsplit(".", 1)[-1].split("[")[0]
    if isinstance(golden, dict) and isinstance(found, dict):
        for name in sorted(golden.keys() | found.keys()):
            if name not in found or name not in golden:
                yield f"{path}.{name}: {'gone' if name not in found else 'new'}"
            else:
                yield from differences(found[name], golden[name], images, f"{path}.{name}")
    elif isinstance(golden, list) and isinstance(found, list):
        if len(golden) != len(found):
            yield f"{path}: {len(found)} entries, {len(golden)} before"
        for i, (a, b) in enumerate(zip(found, golden)):
            yield from differences(a, b, images, f"{path}[{i}]")
    elif isinstance(golden, (int, float)) and isinstance(found, (int, float)) and not isinstance(golden, bool):
        bound = 1e-6 * abs(golden) + LOOSE.get(key, 0)
        if key in ONE_IMAGE and images:
            bound += 1.01 / images
        if abs(found - golden) > bound:
            yield f"{path}: {found} instead of {golden}"
    elif found != golden:
        yield f"{path}: {found!r} instead of {golden!r}"


@pytest.mark.skipif(not DATA.is_dir(), reason="MHO_DATA holds no data sets")
def test_a_shipped_study_answers_as_before(ran):
    study, _, result = ran
    found = answers(result)
    golden = GOLDEN / f"{study}.json"
    images = {"infer": FEWER.get(study, 40), "train": 300, "cost": 0}[task_of(study)]
    before = json.loads(golden.read_text()) if golden.exists() else {}
    made_by = before.pop("answers_version", None)
    if os.environ.get("MHO_GOLDEN") == "write":
        moved = [line for line in differences(found, before, images) if not line.endswith(": new")]
        assert not moved or made_by != ANSWERS_VERSION, "answers moved: raise kAnswersVersion\n" + "\n".join(moved[:40])
        golden.write_text(json.dumps({"answers_version": ANSWERS_VERSION, **found}, indent=1) + "\n")
        return
    wrong = list(differences(found, before, images))
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.skipif(not DATA.is_dir(), reason="MHO_DATA holds no data sets")
def test_its_result_runs_again(ran):
    """The study in a result is all that decided it: whatever it is of is found in the store, under its identity."""
    study, folder, result = ran
    again = mho(folder / "result.json", folder / "again.json", *stored(study, folder))
    assert again["study"] == result["study"]
    assert again["identity"] == result["identity"]
    assert answers(again) == answers(result)
