"""The one training loop: epochs, evaluations, metrics and checkpoints, over any backend's steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from resdsl.backend import Session
from resdsl.ir.recipe import PlateauSchedule, Recipe
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.pictures import Pictures
from resdsl.training.display import Display, Moment
from resdsl.training.feed import Feed, feed
from resdsl.training.interrupt import stop_on_signals
from resdsl.training.metrics import Metrics
from resdsl.training.pace import Pace
from resdsl.training.progress import Progress, Result, Sums, Tally
from resdsl.training.record import Record
from resdsl.training.schedule import Plateau, learning_rate
from resdsl.training.share import ALL, Share
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
    share: Share = ALL

    def rate(self, step: int, plateau: Plateau) -> float:
        """The learning rate of a step."""
        return learning_rate(self.recipe, step, self.timetable, plateau)


def run(job: Job, folder: Record, display: Display, progress: Progress) -> Progress:
    """Goes on from `progress` to the end, or until a signal asks it to stop; either way all is saved.

    Raises DivergedError, and leaves the last good checkpoint as it was; RankLost, where it is one of a team.
    """
    with stop_on_signals() as stopped, folder, display, job.share.team.watch():
        display.doing("preparing the images")
        images = feed(job.session, job.dataset, job.recipe, job.share)
        display.doing(_beginning(job))
        pace = Pace(job.share.team, LOOK_EVERY, stopped)
        while not job.timetable.finished(progress):
            progress = _train(job, images, folder, display, progress, pace)
            display.testing(Moment(job.timetable, progress))
            sums = images.test(stopped)
            pace.looked(progress.step)
            if pace.ends:
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


def _train(job: Job, images: Feed, folder: Record, display: Display, progress: Progress, pace: Pace) -> Progress:
    """Trains until the next evaluation is due, or it is to stop."""
    saved = time.monotonic()
    reached, known = progress, len(job.session.notes)
    for reached in steps(job, images, progress, pace):
        display.update(Moment(job.timetable, reached))
        for note in job.session.notes[known:]:
            display.note(note)
        known = len(job.session.notes)
        if pace.ends:
            break
        if time.monotonic() - saved > SAVE_EVERY:
            folder.save(job.session.state(), reached)
            saved = time.monotonic()
    return reached


def steps(job: Job, images: Feed, progress: Progress, pace: Pace) -> Iterator[Progress]:
    """Trains until the next evaluation is due; says a few times a second, and at the end, how far it has come.

    Nothing waits for the device in between.
    """
    began = time.monotonic()
    end, seconds = job.timetable.next_evaluation(progress), progress.sums.seconds
    epoch, start = divmod(progress.step, job.timetable.per_epoch)
    rates = [job.rate(step, progress.plateau) for step in range(progress.step, end)]
    tally, step = Tally(progress.sums, progress.step, job.recipe.batch), progress.step
    for count, scores in images.train(epoch, start, rates, step):
        tally.add(scores)
        step += count
        if step == end or pace.due(step):
            sums = tally.settle()
            pace.looked(step)
            yield replace(progress, step=step, sums=replace(sums, seconds=seconds + time.monotonic() - began))


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
