"""One short run in plain NumPy, for those who kill it: `python tests/killed_run.py FOLDER` begins it, or goes on with it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from data_sets import load_digits
from numpy_session import NumpySession
from rich.console import Console

from resdsl.ir.recipe import ConstantSchedule, Recipe, Sgd
from resdsl.ir.shape import Shape
from resdsl.training.display import PlainDisplay
from resdsl.training.folder import RunFolder
from resdsl.training.loop import Job, run
from resdsl.training.progress import Progress
from resdsl.training.timetable import timetable

RECIPE = Recipe(epochs=3, optimizer=Sgd(lr=0.3), schedule=ConstantSchedule())


def main(path: Path) -> None:
    """Three epochs of the digits at a rate at which the best weights are not always the last."""
    digits = load_digits(Shape(1, 8, 8), None)
    session = NumpySession(64, 10, RECIPE, digits.scale)
    begun = path.exists()
    folder = RunFolder.open(path) if begun else RunFolder.create(path, "network a {}\n", "{}", session.state())
    progress = Progress()
    if begun:
        state, progress = folder.load()
        session.load_state(state)
    with folder:
        job = Job("numpy", session, digits, RECIPE, timetable(RECIPE, len(digits.train)))
        run(job, folder, PlainDisplay(Console(file=io.StringIO())), progress)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
