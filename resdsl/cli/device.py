"""The options of what works on data and a device, and what ends a command that works on data: one line, status 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.clean import clean
from resdsl.cli.output import say, stop
from resdsl.cli.spec import BackendName

if TYPE_CHECKING:
    from resdsl.training.data.dataset import Dataset

MOST_NOTES = 5
F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--backend", type=BackendName(), help="torch, flax, or another that is installed [torch]."),
    click.option("--data", metavar="NAME", help="cifar10, digits, folder …; by default what the spec says."),
    click.option(
        "--data-dir", type=click.Path(path_type=Path), help="Where the data set lies [$RESDSL_DATA or ./data]."
    ),
    click.option("--download", is_flag=True, help="Fetch the data set's official archive where it is not there."),
    click.option("--workers", type=click.IntRange(0, 256), help="Threads that decode images [the processors]."),
    click.option("--strict", is_flag=True, help="End at the first damaged image, in place of leaving it out."),
    click.option("--precision", type=click.Choice(["float32", "bfloat16"]), help="[bfloat16 where it is native]"),
    click.option("--threads", type=click.IntRange(1, 4096), help="Processor threads [all]."),
    click.option("--batch", type=click.IntRange(min=1), help="Images per step [the spec's]."),
)


def device_arguments(command: F) -> F:
    """What training and evaluating have in common: the backend, the data, and how to compute."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def show_notes(dataset: Dataset, err: bool = False) -> None:
    """The first of what a reader should know of the images."""
    for note in dataset.notes[:MOST_NOTES]:
        say(clean(f"note: {note}"), err)
    if len(dataset.notes) > MOST_NOTES:
        say(f"note: and {len(dataset.notes) - MOST_NOTES:,} more such files; resdsl data DIR names them", err)


def show_damage(dataset: Dataset) -> None:
    """How many images were left out, if any."""
    if dataset.damaged:
        say(f"damaged images that were left out: {dataset.damaged:,}; resdsl data DIR names them", err=True)


@contextmanager
def mistakes_end_here() -> Iterator[None]:
    """Ends with status 2 and one line for whatever a user can mend."""
    from resdsl.backend import BackendMissing
    from resdsl.training.errors import PreflightError, TrainError
    from resdsl.weights.files import WeightsError

    try:
        yield
    except PreflightError as error:
        if _rank():  # All ranks know it; the first says it.
            sys.exit(2)
        stop(str(error))
    except (TrainError, WeightsError, BackendMissing) as error:
        rank = _rank()
        stop(f"rank {rank}: {error}" if rank else str(error))
    except OSError as error:
        stop(f"{error.filename or 'a file'}: {error.strerror or error}")
    except MemoryError:
        stop("there is not enough memory: pass a smaller --batch or --limit")


@contextmanager
def lost_ranks_end_here() -> Iterator[None]:
    """Ends a rank whose team is not whole any more, at once: what its framework would wait for does not come."""
    from resdsl.team import RankLost
    from resdsl.training.launch import LOST

    try:
        yield
    except RankLost as error:
        say(f"resdsl: rank {_rank()}: {error}", err=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(LOST)


def _rank() -> int:
    from resdsl.team import seat

    place = seat()
    return place.rank if place else 0
