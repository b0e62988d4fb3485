"""What a reader might not expect of a run that was asked for: how its recipe differs from the spec's, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from resdsl.ir.moment import Moment, step_of
from resdsl.ir.network import Network
from resdsl.ir.parts import modules_of, part_names
from resdsl.ir.recipe import Flip, Framing, Recipe, Sgd, StepSchedule
from resdsl.training.data.registry import SOURCES
from resdsl.training.progress import Progress
from resdsl.training.schedule import learning_rate
from resdsl.training.timetable import Timetable, timetable


def remarks(recipe: Recipe, followed: Recipe, length: Timetable) -> Iterator[str]:
    """What differs between the spec's recipe and the one that is followed for this `length`, a line each."""
    return chain(
        _images(recipe, followed), _places(recipe, followed), _batch(recipe, followed, length), _ends(followed, length)
    )


def rises_again(before: Recipe, now: Recipe, images: int, progress: Progress) -> Iterator[str]:
    """That a run which was made longer goes on at a higher rate than its last one was."""
    if progress.step == 0:
        return
    short, long = timetable(before, images), timetable(now, images)
    last = learning_rate(before, progress.step - 1, short, progress.plateau)
    next_ = learning_rate(now, progress.step, long, progress.plateau)
    if next_ > last:
        yield (
            f"the rate rises from {last:.3g} to {next_:.3g}: step {progress.step} of {long.total} has that rate; a run "
            f"of {long.total} steps from the start would be another"
        )


def _images(recipe: Recipe, followed: Recipe) -> Iterator[str]:
    if followed.data and Flip() in recipe.augment and Flip() not in followed.augment:
        yield f"flip is left out: mirrored images of {followed.data.name} would not keep their class"
    before, now = (next((each for each in a.augment if isinstance(each, Framing)), None) for a in (recipe, followed))
    if before and now is None:
        yield f"{before.kind} is left out: the images are of one size already"
    elif before and now and before.size != now.size:
        yield f"{before.kind} takes {now.size} pixels a side, as the network does, in place of {before.size}"


def _places(recipe: Recipe, followed: Recipe) -> Iterator[str]:
    """Where the schedule's steps were brought to another data set."""
    before, now = (tuple(_steps(each)) for each in (recipe, followed))
    if before == now or recipe.data is None or followed.data is None:
        return
    yield (
        f"the spec counts steps on {recipe.data.name}: its {_listed(before)} stand in proportion on {followed.data.name}, "
        f"at {_listed(now)}"
    )


def _steps(recipe: Recipe) -> Iterator[int]:
    """The places of a recipe that are plain steps."""
    at: tuple[Moment, ...] = recipe.schedule.at if isinstance(recipe.schedule, StepSchedule) else ()
    warm = (recipe.warmup.steps,) if recipe.warmup else ()
    yield from (moment for moment in (*warm, *at) if isinstance(moment, int))


def _batch(recipe: Recipe, followed: Recipe, length: Timetable) -> Iterator[str]:
    """What another batch does to lengths and rates."""
    if followed.batch == recipe.batch:
        return
    if followed.steps and followed.steps == recipe.steps:
        images = SOURCES[recipe.data.name].train_images if recipe.data else None
        own = f", where {recipe.batch} made {recipe.steps * recipe.batch / images:.0f}" if images else ""
        yield (
            f"{followed.steps} steps of {followed.batch} images are {length.total / length.per_epoch:.0f} epochs{own}: "
            "--epochs gives another length"
        )
    if isinstance(followed.optimizer, Sgd) and followed.optimizer.lr == recipe.optimizer.lr:
        linear = recipe.optimizer.lr * followed.batch / recipe.batch
        yield (
            f"the rate of {recipe.optimizer.lr:g} was for a batch of {recipe.batch}; in proportion to {followed.batch} "
            f"it is {linear:.3g} (--lr; Goyal et al. 2017)"
        )


def _ends(followed: Recipe, length: Timetable) -> Iterator[str]:
    """What a short run never comes to."""
    if isinstance(followed.schedule, StepSchedule) and (
        late := [at for each in followed.schedule.at if (at := step_of(each, length)) >= length.total]
    ):
        yield f"the run ends at step {length.total}, before the schedule's {_listed(late)}"
    if followed.warmup and (warm := step_of(followed.warmup.steps, length)) >= length.total:
        rate = "rises to" if followed.warmup.linear else f"stays {followed.warmup.lr:g}, and never comes to"
        yield (
            f"the warm-up takes {warm} steps, the run {length.total}: the rate {rate} {followed.optimizer.lr:g}"
            f"{' in its last step only' if followed.warmup.linear else ''}; pass a longer --epochs, or shorten the warm-up"
        )


def _listed(steps: list[int] | tuple[int, ...]) -> str:
    return ", ".join(map(str, steps))


def frozen_text(network: Network, modules: tuple[str, ...]) -> str:
    """What stays as it is, and how many of all parameters that is."""
    kept = sum(layer.cost().params for name, layer in network.layers() if name.partition(".")[0] in modules)
    parts = [part for part in part_names(network) if set(modules_of(network, part)) <= set(modules)]
    return f"frozen: {', '.join(parts)}; {kept:,} of {network.cost().params:,} parameters"
