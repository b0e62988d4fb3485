"""What a user of the runner can get wrong. Every message is one line: what was found, what was expected, what to do."""

from __future__ import annotations

from pydantic import ValidationError


class TrainError(Exception):
    """A run that cannot start or go on as it was asked for."""


class DataError(TrainError):
    """A data set that is missing, damaged, or does not fit the network."""


class RecipeError(TrainError):
    """A recipe that cannot be followed on this data."""


class RunError(TrainError):
    """A run folder that is taken, missing, damaged, or another run's."""


class PreflightError(TrainError):
    """The ranks of a team cannot begin together; all of them know, and one says so."""


class TakenError(RunError):
    """A run folder in which another process is at work."""


def brief(error: Exception) -> str:
    """The first thing that is wrong, in a few words: what pydantic finds has its place in the document."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"]
    return str(error)


class DivergedError(TrainError):
    """The loss or the weights stopped being numbers."""

    REMEDY = "try a lower --lr, a warm-up, or --precision float32"
