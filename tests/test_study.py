"""`resdsl study`: runs by processes of their own, gone on with after anything, and a report of what there is."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import resdsl
from resdsl.cli import main
from resdsl.ir.moment import Epochs, Share
from resdsl.ir.recipe import PlateauSchedule, Recipe, StepSchedule, Warmup
from resdsl.study.measures import responses, scales
from resdsl.study.scaled import scaled
from resdsl.training.metrics import Metrics, steadied
from resdsl.weights.initial import initial_weights

NETWORK = """
network tiny(n = 1, lr = 0.1) {
  input 1x8x8
  shortcut pad
  stem { conv 3x3, 4 }
  stage layer1: n x basic(4)
  stage layer2: n x basic(8), /2
  head { avgpool; linear 10 }
  train { data digits; batch 64; epochs 4; optimizer sgd(lr = lr) }
}
"""
STUDY = (
    NETWORK
    + """
study deep {
  title "Depth"
  cite  "Nobody 2026"
  note  "Everything is small."
  run net: tiny(n = [1, 2])
  seeds 2
  plot curves
  plot responses
  plot gradients
  plot scales
  table final(of = test_error) { published net(1) 3.50 }
  table loss(of = train_loss, over = mean)
}
"""
)
FIGURES = ("figure", "figure-responses", "figure-gradients", "figure-scales")
TABLES = ("table", "table-loss")
FILES = sorted(
    [f"{name}.{suffix}" for name in FIGURES for suffix in ("svg", "pdf", "png")]
    + [f"{name}.{suffix}" for name in TABLES for suffix in ("md", "tex", "csv")]
    + ["report.html"]
)


def study(*arguments: str | Path, text: str = STUDY, folder: Path) -> Result:
    path = folder / "s.res"
    path.write_text(text)
    return CliRunner().invoke(main, ["study", str(path), "--out", str(folder / "out"), *map(str, arguments)])


def report_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "out" / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    result = study("--scale", "1/2", folder=folder)
    assert result.exit_code == 0, result.output
    assert all(len(line) <= 80 for line in result.output.splitlines() if "report.html" not in line)
    return folder


@pytest.fixture
def copied(unbroken, tmp_path) -> Path:
    shutil.copytree(unbroken, tmp_path / "copy")
    return tmp_path / "copy"


def test_it_leaves_run_folders_figures_and_tables(unbroken) -> None:
    out = unbroken / "out"
    assert {path.name for path in (out / "runs").iterdir()} == {"net_n1-0", "net_n1-1", "net_n2-0", "net_n2-1"}
    assert {path.name for path in out.iterdir()} == {*FILES, "runs", "study.json", "failures.json", "log.txt"}
    assert resdsl.load(out / "runs" / "net_n2-0" / "spec.res").recipe.epochs == 2
    recipe = json.loads((out / "runs" / "net_n2-1" / "recipe.json").read_text())
    assert recipe["recipe"]["seed"] == 1


def test_tables_hold_published_figures_next_to_medians(unbroken) -> None:
    head, first, second = csv.reader((unbroken / "out" / "table.csv").read_text().splitlines())
    assert head == ["network", "layers", "parameters", "published", "median", "least", "most", "seeds"]
    assert [first[0], first[3], first[7]] == ["net-6", "3.50", "2"]
    assert [second[0], second[3]] == ["net-10", "–"]
    least, middle, most = (float(first[place]) for place in (5, 4, 6))
    assert least <= middle <= most
    assert middle == pytest.approx((least + most) / 2, abs=0.02)
    lines = [json.loads(line) for line in (unbroken / "out/runs/net_n1-0/metrics.jsonl").read_text().splitlines()]
    errors = {float(first[5]), float(first[6])}
    assert round(100 * (1 - lines[-1]["test_top1"]), 2) in errors
    latex = (unbroken / "out" / "table.tex").read_text()
    assert r"\toprule" in latex and r"net-6 & 6 &" in latex


def test_the_page_stands_alone_and_says_what_differs(unbroken) -> None:
    page = (unbroken / "out" / "report.html").read_text()
    assert not re.search(r"https?://|src=\"(?!data:)", page)
    assert page.count("<figure>") == 4
    assert "Everything is small." in page and "Steps, and where the rate falls, are 1/2" in page
    assert "Not in the figures" not in page
    assert str(unbroken) not in page


def test_all_that_is_done_is_not_done_again(copied) -> None:
    before = report_of(copied)
    (copied / "out" / "report.html").unlink()
    result = study("--scale", "1/2", folder=copied)
    assert result.exit_code == 0 and "at once" not in result.output
    assert report_of(copied) == before


@pytest.mark.slow
def test_killed_in_the_middle_it_gives_the_same_report(unbroken, tmp_path) -> None:
    (tmp_path / "s.res").write_text(STUDY)
    command = [sys.executable, "-m", "resdsl", "study", "s.res", "--out", "out", "--scale", "1/2"]
    for number in range(5):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
        begun = tmp_path / "out" / "runs"
        wanted, end = min(4, number + 1), time.monotonic() + 60
        while len(list(begun.glob("net*"))) < wanted and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05 * number)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert report_of(tmp_path) == report_of(unbroken)


def test_it_stops_on_ctrl_c_and_goes_on(unbroken, tmp_path) -> None:
    (tmp_path / "s.res").write_text(STUDY)
    command = [sys.executable, "-m", "resdsl", "study", "s.res", "--out", "out", "--scale", "1/2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + 60
    while not list((tmp_path / "out" / "runs").glob("net*")) and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "The same command goes on" in output
    assert "have not begun" in (tmp_path / "out" / "report.html").read_text()
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert report_of(tmp_path) == report_of(unbroken)


DAMAGE = {
    "checkpoint.safetensors": "is no checkpoint",
    "recipe.json": "does not say how the run was begun",
    "spec.res": "another network or recipe",
    "measures.json": "is damaged",
}


@pytest.mark.parametrize("file", DAMAGE)
def test_a_run_that_fails_leaves_the_others_alone(copied, file: str) -> None:
    (copied / "out" / "runs" / "net_n2-1" / file).write_bytes(b"garbage")
    result = study(folder=copied)
    assert result.exit_code == 1
    assert DAMAGE[file] in result.output
    page = (copied / "out" / "report.html").read_text()
    assert "net-10, seed 1, failed: " in page and DAMAGE[file] in page
    rows = list(csv.reader((copied / "out" / "table.csv").read_text().splitlines()))
    assert [row[-1] for row in rows[1:]] == ["2", "1"]
    assert str(copied) not in page


def test_a_report_tells_of_what_is_not_there(copied) -> None:
    shutil.rmtree(copied / "out" / "runs" / "net_n2-0")
    result = study("--report", folder=copied)
    assert result.exit_code == 0
    assert "1 of 4 runs have not begun" in (copied / "out" / "report.html").read_text()


def test_a_run_that_diverges_fails_alone(tmp_path) -> None:
    text = NETWORK + "network bare(lr) = tiny(1, lr) { norm none; act none }\n"
    text += "study a { run net: tiny(); run bare: bare(lr = 1e9); plot curves; table t() }"
    result = study("--scale", "1/4", folder=tmp_path, text=text)
    assert result.exit_code == 1
    assert re.search(r"bare, seed 0, failed: .*not", result.output)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "bare, seed 0, failed" in page and "<figure>" in page
    assert study("--report", folder=tmp_path, text=text).exit_code == 1  # it is known, and said again


def test_conditions_stay_as_they_were(copied) -> None:
    result = study("--scale", "1/4", folder=copied)
    assert result.exit_code == 2
    assert "was begun with scale 1/2, not 1/4" in result.output
    assert study("--seeds", "1", folder=copied).exit_code == 0  # fewer seeds are all there
    assert "seeds" not in (copied / "out" / "table.csv").read_text()


WRONG = {
    'network a = resnet20() { title "a" }': "declares no study: write study NAME { … }",
    "study a { run b: resnet20(); plot curves }\nstudy b { run b: resnet20(); plot curves }": "declares 2 studies: name one",
    "study a { run b: resnet21(); plot curves }": "unknown network 'resnet21'",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_study_is_explained(tmp_path, text: str) -> None:
    result = study(folder=tmp_path, text=text)
    assert result.exit_code in {1, 2} and WRONG[text] in result.output
    assert not (tmp_path / "out").exists()


def test_of_several_studies_the_one_that_is_named_gets_the_parameters(tmp_path) -> None:
    runs = "{ run net: tiny(n = k); plot curves; table t() }"
    text = NETWORK + f"study a(k = 1) {runs}\nstudy b(k = 1) {runs}"
    path, out = tmp_path / "s.res", ("--out", str(tmp_path / "out"))
    path.write_text(text)

    def call(name: str, *words: str) -> Result:
        return CliRunner().invoke(main, ["study", f"{path}:{name}", *out, *words])

    assert "has no parameter 'm'" in call("b", "--set", "m=2").output
    assert "declares no study 'bb': did you mean 'b'?" in call("bb").output
    assert not (tmp_path / "out").exists()
    assert call("b", "--set", "k=2", "--scale", "1/4").exit_code == 0
    assert "| net | 10 |" in (tmp_path / "out" / "table.md").read_text()  # layers of what was trained


def test_a_mistake_in_the_conditions_can_be_mended_while_nothing_has_begun(tmp_path) -> None:
    text = NETWORK + "study a { run net: tiny(); plot curves; table t() }"
    asked = ("--scale", "1/4", "--precision", "float32")
    failed = study("--data", "digit", *asked, folder=tmp_path, text=text)
    assert failed.exit_code == 1 and "did you mean 'digits'?" in failed.output
    assert study("--data", "digits", folder=tmp_path, text=text).exit_code == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "(--data digits)" in page and "(--scale 1/4)" in page and "(--precision float32)" in page
    assert "was begun with data digits" in study("--data", "cifar10", folder=tmp_path, text=text).output


@pytest.mark.parametrize("scale", ["2", "0", "1/0", "x", "-1"])
def test_a_scale_is_a_share(tmp_path, scale: str) -> None:
    result = study(f"--scale={scale}", folder=tmp_path)
    assert result.exit_code == 2 and "not a share" in result.output


def test_a_report_needs_a_study(tmp_path) -> None:
    result = study("--report", folder=tmp_path)
    assert result.exit_code == 2 and "holds no study to report on" in result.output


def test_a_parameter_stays_a_whole_number(tmp_path) -> None:
    text = NETWORK + "study a(k = 1) { run net: tiny(n = k); plot curves; table t() }"
    assert study("--set", "k=2", "--scale", "1/4", folder=tmp_path, text=text).exit_code == 0
    assert study("--report", folder=tmp_path, text=text).exit_code == 0
    assert "has no parameter 'm'" in study("--set", "m=2", folder=tmp_path, text=text).output
    assert "| net | 10 |" in (tmp_path / "out" / "table.md").read_text()


STEPS = StepSchedule((32_000, Epochs(8), Share(75)))
SCALED = {
    Recipe(steps=64_000, schedule=STEPS, warmup=Warmup(0.01, 400)): Recipe(
        steps=8_000, schedule=StepSchedule((4_000, Epochs(1), Share(75))), warmup=Warmup(0.01, 50)
    ),
    Recipe(epochs=90, schedule=PlateauSchedule(patience=10)): Recipe(epochs=11, schedule=PlateauSchedule(patience=1)),
    Recipe(): Recipe(epochs=20),
    # Both drops stay, though they come to one step.
    Recipe(steps=64, schedule=StepSchedule((5, 9))): Recipe(steps=8, schedule=StepSchedule((1, 1))),
    Recipe(steps=3): Recipe(steps=1),
}


def test_a_scale_shortens_steps_and_milestones_alike() -> None:
    for recipe, expected in SCALED.items():
        assert scaled(recipe, Fraction(1, 8)) == expected


def test_responses_are_the_deviations_of_what_norms_give() -> None:
    network = resdsl.load("resnet20")
    weights, draws = dict(initial_weights(network, 0)), np.random.default_rng(0)
    for name in ("weight", "bias"):
        weights[f"layer2.1.bn2.{name}"] = draws.normal(1, 0.5, 32).astype(np.float32)
    found = responses(network, weights)
    assert len(found) == 19  # every conv but those of shortcuts
    normal = draws.normal(size=(100_000, 32)) * weights["layer2.1.bn2.weight"] + weights["layer2.1.bn2.bias"]
    assert found[10] == pytest.approx(normal.std(), rel=0.01)
    assert found[0] == pytest.approx(1, rel=1e-4)


CARRIED: dict[str, float] = {
    "resnet110": 1.0,
    "plain56": 0.0,
    "resnet110_scaled": 0.5**54,
    "resnet110_gate_b0": 0.5**54,
    "resnet110_shortcut_gate": (1 / (1 + np.exp(-6))) ** 54,
}


@pytest.mark.parametrize("name", CARRIED)
def test_scales_are_products_of_what_shortcuts_carry(name: str) -> None:
    network = resdsl.load(name)
    found = scales(network, initial_weights(network, 0))
    assert found[0] == pytest.approx(CARRIED[name], rel=1e-5)
    if CARRIED[name]:
        assert found[-1] == pytest.approx(CARRIED[name] ** (1 / 54), rel=1e-5)


def test_training_figures_are_never_those_of_a_few_steps() -> None:
    def at(step: int, error: float) -> Metrics:
        return Metrics(1, step, 0.1, error, 1 - error, 0.0, 0.5, 1.0, 1.0, 1.0)

    whole = (at(30, 0.5), at(60, 0.4))
    assert steadied(whole) == whole
    *_, last = steadied((*whole, at(61, 0.09)))
    assert last.train_loss == 1 - last.train_top1 == pytest.approx((30 * 0.4 + 0.09) / 31)
    assert (last.step, last.test_top1) == (61, 0.5)
    assert steadied((at(5, 0.5),)) == (at(5, 0.5),)
