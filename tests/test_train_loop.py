import io
import json
import math
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_sets import load_digits
from numpy_session import NumpySession
from rich.console import Console

from resdsl.backend import Array, Scores
from resdsl.ir.recipe import Flip, PadCrop, PlateauSchedule, Recipe, Sgd, StepSchedule
from resdsl.ir.shape import Shape
from resdsl.training import loop
from resdsl.training.display import BarDisplay, Display, Moment, PlainDisplay
from resdsl.training.errors import DivergedError
from resdsl.training.folder import RunFolder
from resdsl.training.loop import Job, run
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress, Sums
from resdsl.training.timetable import Timetable, timetable
from resdsl.weights.files import load

DIGITS = load_digits(Shape(1, 8, 8), None)
RECIPE = Recipe(
    augment=(PadCrop(1), Flip()), steps=38, optimizer=Sgd(lr=0.02), schedule=PlateauSchedule(factor=0.5, patience=1)
)
PER_EPOCH = 1437 // 128
UNTIMED = ("epoch", "step", "lr", "train_loss", "train_top1", "test_loss", "test_top1", "test_top5")


def job(recipe: Recipe = RECIPE) -> Job:
    session = NumpySession(64, 10, recipe, DIGITS.scale)
    return Job("numpy", session, DIGITS, recipe, timetable(recipe, len(DIGITS.train)))


def folder(path: Path) -> RunFolder:
    return RunFolder.create(path, "network a {}\n", "{}", {})


def quiet() -> Display:
    return PlainDisplay(Console(file=io.StringIO()))


def metrics(path: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    return [{name: line[name] for name in UNTIMED} for line in lines]


@pytest.fixture(autouse=True)
def look_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOOK_EVERY", -1.0)


def test_a_run_learns_and_keeps_a_record(tmp_path: Path) -> None:
    recipe = Recipe(epochs=5, optimizer=Sgd(lr=0.02), schedule=StepSchedule((44,)))
    work = job(recipe)
    reached = run(work, folder(tmp_path / "a"), quiet(), Progress())
    lines = metrics(tmp_path / "a")
    assert [line["step"] for line in lines] == [11, 22, 33, 44, 55]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line["lr"] for line in lines] == pytest.approx([0.02, 0.02, 0.02, 0.02, 0.002])
    assert lines[-1]["test_top1"] > 0.85
    assert lines[-1]["test_top5"] > lines[-1]["test_top1"]
    assert lines[-1]["train_loss"] < lines[0]["train_loss"] / 2
    assert reached.best_top1 == max(line["test_top1"] for line in lines)
    saved = load(tmp_path / "a" / "last.safetensors")
    assert saved.keys() == {"fc.weight"}
    assert np.array_equal(saved["fc.weight"], work.session.state()["fc.weight"])


def test_the_scores_are_means_over_all_images(tmp_path: Path) -> None:
    class Known(NumpySession):
        def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
            return Scores(len(labels) * 2.0, 32, 64)

        def eval_step(self, images: Array, labels: Array) -> Scores:
            return Scores(len(labels) * 3.0, 1, 2)

    work = job()
    work = replace(work, session=Known(64, 10, RECIPE, DIGITS.scale))
    run(work, folder(tmp_path / "a"), quiet(), Progress())
    for line in metrics(tmp_path / "a"):
        assert (line["train_loss"], line["train_top1"], line["test_loss"]) == (2.0, 0.25, 3.0)
        assert (line["test_top1"], line["test_top5"]) == (3 / 360, 6 / 360)


def test_each_step_has_its_own_rate_and_images(tmp_path: Path) -> None:
    work = job(replace(RECIPE, schedule=StepSchedule((20,))))
    run(work, folder(tmp_path / "a"), quiet(), Progress())
    seen = work.session.seen
    assert [step for step, _, _ in seen] == list(range(38))
    assert [lr for _, _, lr in seen] == pytest.approx([0.02] * 20 + [0.002] * 18)
    assert not np.array_equal(seen[0][1], seen[PER_EPOCH][1])


class Stopping(NumpySession):
    """Sends this process Ctrl-C in the middle of a step, or of an evaluation."""

    stop_at = -1
    stop_in_evaluation = False

    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        if step + 1 == self.stop_at and not self.stop_in_evaluation:
            os.kill(os.getpid(), signal.SIGINT)
        return super().train_step(images, labels, lr, step)

    def eval_step(self, images: Array, labels: Array) -> Scores:
        if self.stop_in_evaluation and len(self.seen) == self.stop_at:
            os.kill(os.getpid(), signal.SIGINT)
        return super().eval_step(images, labels)


@pytest.mark.parametrize(
    ("stop_at", "in_evaluation"),
    [(1, False), (10, False), (11, False), (12, False), (37, False), (38, False), (11, True), (38, True)],
)
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(tmp_path: Path, stop_at: int, in_evaluation: bool) -> None:
    whole = job()
    run(whole, folder(tmp_path / "whole"), quiet(), Progress())

    first = job()
    session = Stopping(64, 10, RECIPE, DIGITS.scale)
    session.stop_at, session.stop_in_evaluation = stop_at, in_evaluation
    reached = run(replace(first, session=session), folder(tmp_path / "halves"), quiet(), Progress())
    assert reached.step == stop_at
    assert not first.timetable.finished(reached)

    second = job()
    again = RunFolder.open(tmp_path / "halves")
    state, progress = again.load()
    assert progress == reached
    second.session.load_state(state)
    finished = run(second, again, quiet(), progress)
    assert second.timetable.finished(finished)
    assert metrics(tmp_path / "halves") == metrics(tmp_path / "whole")
    for name, array in whole.session.state().items():
        assert np.array_equal(array, second.session.state()[name])


def test_signals_are_handled_as_before_once_the_run_is_over(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    run(job(), folder(tmp_path / "a"), quiet(), Progress())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_was_killed_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    whole = job()
    run(whole, folder(tmp_path / "whole"), quiet(), Progress())
    path = tmp_path / "killed"
    run(job(replace(RECIPE, steps=22)), folder(path), quiet(), Progress())
    # Killed between the checkpoint and what is made of it.
    (path / "metrics.jsonl").write_text('{"epoch": 4, "st')
    (path / "last.safetensors").unlink()
    second = job()
    again = RunFolder.open(path)
    state, progress = again.load()
    second.session.load_state(state)
    run(second, again, quiet(), progress)
    assert metrics(path) == metrics(tmp_path / "whole")


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    run(job(replace(RECIPE, steps=60)), folder(tmp_path / "whole"), quiet(), Progress())
    path = tmp_path / "longer"
    run(job(replace(RECIPE, steps=22)), folder(path), quiet(), Progress())
    longer = job(replace(RECIPE, steps=60))
    again = RunFolder.open(path)
    state, progress = again.load()
    longer.session.load_state(state)
    run(longer, again, quiet(), progress)
    assert metrics(path) == metrics(tmp_path / "whole")


def test_a_loss_that_is_no_number_ends_the_run_and_names_the_step(tmp_path: Path) -> None:
    class Exploding(NumpySession):
        def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
            scores = super().train_step(images, labels, lr, step)
            return scores._replace(loss=math.nan) if step == 15 else scores

    path = tmp_path / "a"
    work = replace(job(), session=Exploding(64, 10, RECIPE, DIGITS.scale))
    with pytest.raises(DivergedError, match="the loss of step 15 is not a number: try a lower --lr"):
        run(work, folder(path), quiet(), Progress())
    state, progress = RunFolder.open(path).load()
    assert progress.step == PER_EPOCH
    assert np.isfinite(state["fc.weight"]).all()


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    class Overflowing(NumpySession):
        def state(self) -> dict[str, Array]:
            broken = len(self.seen) > PER_EPOCH
            return {name: array + (np.inf if broken else 0) for name, array in super().state().items()}

    path = tmp_path / "a"
    work = replace(job(), session=Overflowing(64, 10, RECIPE, DIGITS.scale))
    with pytest.raises(DivergedError, match=r"fc\.weight holds values that are not numbers after step 22"):
        run(work, folder(path), quiet(), Progress())
    assert RunFolder.open(path).load()[1].step == PER_EPOCH


def test_a_long_epoch_is_saved_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(Exception):
        pass

    class Dying(NumpySession):
        def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
            if step == 7:
                raise KilledError
            return super().train_step(images, labels, lr, step)

    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    with pytest.raises(KilledError):
        run(replace(job(), session=Dying(64, 10, RECIPE, DIGITS.scale)), folder(tmp_path / "a"), quiet(), Progress())
    assert RunFolder.open(tmp_path / "a").load()[1].step == 7


def test_plain_output_has_a_line_per_epoch_and_one_now_and_then(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=40)
    run(job(), folder(tmp_path / "a"), PlainDisplay(console), Progress())
    first, second, *lines = console.file.getvalue().splitlines()
    assert (first, second) == ("preparing the images …", "computing the first step …")
    assert [line.split("  ")[:2] for line in lines] == [
        [f"epoch {n}", f"step {s}"] for n, s in enumerate((11, 22, 33, 38), 1)
    ]
    assert all("train " in line and "test " in line for line in lines)

    console = Console(file=io.StringIO(), width=40)
    run(job(), folder(tmp_path / "b"), PlainDisplay(console, interval=-1), Progress())
    lines = console.file.getvalue().splitlines()[2:]
    assert len(lines) == 38 + 4
    assert lines[1].startswith("epoch 1/4  step 2  ")
    assert "images/s  loss " in lines[1]
    assert lines[1].endswith("left")


def seen(text: str) -> list[str]:
    """The lines that a terminal showed, one after another."""
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", text))


def test_the_bars_show_speed_loss_accuracy_and_time_left(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    run(job(), folder(tmp_path / "a"), BarDisplay(console), Progress())
    text = console.file.getvalue()
    for words in ("epoch 4/4", "images/s", "loss", "top-1", "left", "run", "step 38/38", "computing the first step"):
        assert words in text


def test_all_that_is_shown_of_a_long_run_fits_80_columns() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    long = Timetable(600_000, 5_000)
    progress = Progress(599_999, Sums(5_000 * 128, 9e6, 6e5, 6e5, 6.4))
    with BarDisplay(console) as bars:
        bars.doing("decoding the first images, compiling the first step")
        bars.update(Moment(long, replace(progress, step=1)))
        bars.testing(Moment(long, progress))
        bars.update(Moment(long, progress))
        time.sleep(0.2)
    console.print(str(Metrics(120, 600_000, 0.00098765, 10.1234, 0.9987, 10.5678, 0.9876, 1.0, 1e5, 1e5)))
    lines = seen(console.file.getvalue())
    assert max(map(len, lines)) <= 80
    assert any("images/s" in line and line.rstrip().endswith("%") for line in lines)
