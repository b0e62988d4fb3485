"""The one training loop: epochs, evaluations, metrics and checkpoints, over any backend's steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from resdsl.backend import Session
from resdsl.ir.recipe import PlateauSchedule, Recipe
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.pictures import Pictures
from resdsl.training.display import Display, Moment
from resdsl.training.feed import Feed, feed
from resdsl.training.folder import RunFolder
from resdsl.training.interrupt import stop_on_signals
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress, Result, Sums, Tally
from resdsl.training.schedule import Plateau, learning_rate
from resdsl.training.timetable import Timetable

LOOK_EVERY = 0.25
SAVE_EVERY = 300.0


@dataclass(frozen=True, slots=True)
class Job:
    """All that a run is made of, apart from how far it has come."""

    backend: str
    session: Session
    dataset: Dataset
    recipe: Recipe
    timetable: Timetable

    def rate(self, step: int, plateau: Plateau) -> float:
        """The learning rate of a step."""
        return learning_rate(self.recipe, step, self.timetable, plateau)


def run(job: Job, folder: RunFolder, display: Display, progress: Progress) -> Progress:
    """Goes on from `progress` to the end, or until a signal asks it to stop; either way all is saved.

    Raises DivergedError, and leaves the last good checkpoint as it was.
    """
    with stop_on_signals() as stopped, folder, display:
        display.doing("preparing the images")
        images = feed(job.session, job.dataset, job.recipe)
        display.doing(_beginning(job))
        while not job.timetable.finished(progress):
            progress = _train(job, images, folder, display, progress, stopped)
            display.testing(Moment(job.timetable, progress))
            sums = images.test(stopped)
            if stopped():
                break
            metrics, progress = _metrics(job, progress, sums.result), _scored(job, progress, sums.result)
            folder.append(metrics)
            folder.save(job.session.state(), progress)
            display.evaluated(metrics)
        else:
            return progress
        folder.save(job.session.state(), progress)
    return progress


def _beginning(job: Job) -> str:
    """What happens before the first step is done."""
    decoding = "decoding the first images, " if isinstance(job.dataset.train, Pictures) else ""
    return f"{decoding}{job.session.beginning}"


def _train(
    job: Job, images: Feed, folder: RunFolder, display: Display, progress: Progress, stopped: Callable[[], bool]
) -> Progress:
    """Trains until the next evaluation is due, or `stopped`."""
    saved = time.monotonic()
    reached, known = progress, len(job.session.notes)
    for reached in steps(job, images, progress):
        display.update(Moment(job.timetable, reached))
        for note in job.session.notes[known:]:
            display.note(note)
        known = len(job.session.notes)
        if stopped():
            break
        if time.monotonic() - saved > SAVE_EVERY:
            folder.save(job.session.state(), reached)
            saved = time.monotonic()
    return reached


def steps(job: Job, images: Feed, progress: Progress) -> Iterator[Progress]:
    """Trains until the next evaluation is due; says a few times a second, and at the end, how far it has come.

    Nothing waits for the device in between.
    """
    began = looked = time.monotonic()
    end, seconds = job.timetable.next_evaluation(progress), progress.sums.seconds
    epoch, start = divmod(progress.step, job.timetable.per_epoch)
    rates = [job.rate(step, progress.plateau) for step in range(progress.step, end)]
    tally, step = Tally(progress.sums, progress.step, job.recipe.batch), progress.step
    for count, scores in images.train(epoch, start, rates, step):
        tally.add(scores)
        step += count
        if step == end or time.monotonic() - looked > LOOK_EVERY:
            sums = tally.settle()
            looked = time.monotonic()
            yield replace(progress, step=step, sums=replace(sums, seconds=seconds + looked - began))


def _metrics(job: Job, progress: Progress, result: Result) -> Metrics:
    trained = progress.sums.result
    return Metrics(
        epoch=job.timetable.epoch(progress.step),
        step=progress.step,
        lr=job.rate(progress.step - 1, progress.plateau),
        train_loss=trained.loss,
        train_top1=trained.top1,
        test_loss=result.loss,
        test_top1=result.top1,
        test_top5=result.top5,
        images_per_second=round(progress.sums.images_per_second, 1),
        seconds=round(progress.sums.seconds, 3),
    )


def _scored(job: Job, progress: Progress, result: Result) -> Progress:
    """The progress once `result` is taken into account: nothing is left to evaluate."""
    scored = replace(progress, sums=Sums())
    if isinstance(job.recipe.schedule, PlateauSchedule):
        scored = replace(scored, plateau=scored.plateau.after(1 - result.top1, job.recipe.schedule.patience))
    if result.top1 > scored.best_top1:
        scored = replace(scored, best_top1=result.top1, best_step=progress.step)
    return scored
