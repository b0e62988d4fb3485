"""What is kept and shown of runs: checkpoints, the table, the curves, and the log of TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from resdsl.cli import main
from resdsl.plots.chart import Chart
from resdsl.training.lock import Lock
from resdsl.weights.files import load

SPEC = """
network tiny {
  input 1x8x8
  shortcut none
  stem { conv 3x3, 4 }
  stage layer1: 1 x single(4)
  head { avgpool; linear 10 }
  train {
    data digits
    batch 250
    epochs 4
    schedule constant
  }
}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.res").write_text(SPEC)


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def train(*words: str) -> None:
    result = call("train", "tiny.res", "--precision", "float32", "--threads", "1", *words)
    assert result.exit_code == 0, result.output


def metrics(run: str) -> list[dict[str, float]]:
    return [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]


def kept(run: str) -> list[str]:
    return sorted(path.name for path in Path(run).glob("checkpoint-*"))


def test_the_last_checkpoints_are_kept() -> None:
    train("--out", "run", "--keep", "2", "--epochs", "3")
    assert kept("run") == ["checkpoint-10.safetensors", "checkpoint-15.safetensors"]
    train("--out", "run", "--resume", "--epochs", "4")
    assert kept("run") == ["checkpoint-15.safetensors", "checkpoint-20.safetensors"]
    score = metrics("run")[2]["test_top1"]
    evaluated = call("eval", "run", "--weights", "run/checkpoint-15.safetensors")
    assert f"top-1 {score:.2%}" in evaluated.stdout, evaluated.output
    newest, copy = (load(Path("run", name)) for name in ("checkpoint.safetensors", "checkpoint-20.safetensors"))
    assert newest.keys() == copy.keys()
    train("--out", "one", "--epochs", "1")
    assert kept("one") == []


def test_the_runs_are_listed() -> None:
    train("--epochs", "2", "--lr", "0.05", "--seed", "7")
    train("--epochs", "1", "--seed", "0")
    lines = call("runs").stdout.splitlines()
    assert lines[0].split() == ["run", "spec", "data", "epochs", "best", "state", "asked", "for"]
    best = max(line["test_top1"] for line in metrics("runs/tiny-digits-1"))
    assert lines[1].split() == [
        "runs/tiny-digits-1",
        "tiny",
        "digits",
        "2/2",
        f"{best:.2%}",
        "finished",
        "lr=0.05",
        "seed=7",
    ]
    assert lines[2].split()[0] == "runs/tiny-digits-2"
    assert lines[2].split()[-1] == "seed=0"  # asked for, though it is nothing to count with
    assert all(len(line) <= 80 for line in lines)
    found = json.loads(call("runs", "runs/tiny-digits-1", "--json").stdout)
    assert [(each["step"], each["steps"], each["best_top1"]) for each in found] == [(10, 10, best)]


def test_the_state_of_a_run_is_told() -> None:
    train("--epochs", "1", "--out", "runs/a-run-with-a-name-that-is-much-longer-than-any-column")
    path = next(Path("runs").iterdir())
    recipe = json.loads((path / "recipe.json").read_text())
    recipe["recipe"]["epochs"] = 3
    (path / "recipe.json").write_text(json.dumps(recipe))
    stopped = call("runs").stdout.splitlines()[1]
    assert stopped.startswith("…")
    assert "than-any-column" in stopped
    assert stopped.split()[3:] == ["1/3", stopped.split()[4], "stopped"]
    assert len(stopped) <= 80
    lock = Lock(path)
    assert call("runs").stdout.splitlines()[1].split()[-1] == "running"
    lock.release()
    (path / "checkpoint.safetensors").write_bytes(b"")
    damaged = call("runs")
    assert (damaged.exit_code, damaged.stdout) == (1, "")
    assert "is damaged" in damaged.stderr
    assert call("runs", "nowhere").stderr == "resdsl: there is no folder nowhere: pass one that holds runs, or a run\n"


def test_a_cosine_that_goes_on_says_that_its_rate_rises() -> None:
    Path("tiny.res").write_text(SPEC.replace("    schedule constant\n", ""))
    train("--epochs", "1", "--out", "run")
    result = call("train", "tiny.res", "--out", "run", "--resume", "--epochs", "2")
    assert "note: the rate rises from 0.00955 to 0.05: step 5 of 10 has that rate" in result.stdout, result.output


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_the_curves_of_runs_are_drawn(suffix: str) -> None:
    train("--epochs", "2")
    train("--epochs", "3", "--lr", "0.01")
    result = call("plot", "runs/tiny-digits-1", "runs/tiny-digits-2", "--loss", "-o", f"curves{suffix}")
    assert (result.exit_code, result.stderr) == (0, f"wrote curves{suffix}\n"), result.output
    if suffix == ".svg":
        text = Path("curves.svg").read_text()
        for run in ("runs/tiny-digits-1", "runs/tiny-digits-2"):
            lowest = 100 - 100 * max(line["test_top1"] for line in metrics(run))
            assert f">{Path(run).name}, lowest {lowest:.2f} %<" in text
        assert "error (%)" in text
        call("plot", "runs", "--loss", "-o", "again.svg")
        assert Path("again.svg").read_text() == text


def test_curves_do_not_end_with_the_error_of_a_few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Chart] = []
    monkeypatch.setattr("resdsl.plots.picture.save", lambda chart, path: drawn.append(chart))
    train("--steps", "6", "--out", "run")  # The last epoch has one step, the one before it five.
    call("plot", "run")
    (thin, _), (epoch, step) = drawn[0].panels[0].lines, metrics("run")
    assert thin.y[-1] == pytest.approx(100 - 100 * (5 * epoch["train_top1"] + step["train_top1"]) / 6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere is no run"),
        (["run", "-o", "a.gif"], "let its name end in .png, .pdf, .svg"),
        (["run", "-o", "none/a.png"], "there is no folder none"),
    ],
)
def test_what_cannot_be_plotted_is_said_in_a_line(words: list[str], message: str) -> None:
    train("--out", "run", "--epochs", "1")
    result = call("plot", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_tensorboard_reads_the_log() -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train("--out", "run", "--epochs", "2", "--tensorboard")
    train("--out", "run", "--resume", "--epochs", "3")
    train("--out", "run", "--resume", "--epochs", "4", "--tensorboard")
    reader = EventAccumulator("run/tensorboard")
    reader.Reload()
    names = {
        "loss/train": "train_loss", "loss/test": "test_loss", "top-1/train": "train_top1", "top-1/test": "test_top1",
        "top-5/test": "test_top5", "learning_rate": "lr", "epoch": "epoch", "images_per_second": "images_per_second",
    }  # fmt: skip
    assert set(reader.Tags()["scalars"]) == set(names)
    for tag, name in names.items():
        events = reader.Scalars(tag)
        assert [event.step for event in events] == [5, 10, 15, 20]
        assert [event.value for event in events] == pytest.approx([line[name] for line in metrics("run")], rel=1e-6)


def test_tensorboard_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.training.tensorboard.find_spec", lambda name: None)
    result = call("train", "tiny.res", "--tensorboard")
    assert result.exit_code == 2
    assert "--tensorboard needs tensorboardX: pip install 'resdsl[plots]'" in result.stderr
    assert not Path("runs").exists()
