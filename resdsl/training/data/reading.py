"""How a data set is found and read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from resdsl.processors import processors

MOST_WORKERS = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """What a call says of the files. Only `shorter` and `crops` change what a test image looks like; none, training's.

    `folder` is where the data lies, by default $RESDSL_DATA or ./data. `workers` threads decode images, 0 the caller's
    own, by default one for each processor. With `strict` a damaged image ends the run. `download` fetches the official
    archive where there is none. Of each test image, scaled to `shorter`, `crops` parts are seen: 1 or 10.
    """

    folder: Path | None = None
    workers: int | None = None
    strict: bool = False
    download: bool = False
    shorter: int | None = None
    crops: int = 1

    @property
    def home(self) -> Path:
        """The folder to look in."""
        return self.folder or Path(os.environ.get("RESDSL_DATA") or "data")

    @property
    def threads(self) -> int:
        """How many threads decode."""
        return min(len(processors()), MOST_WORKERS) if self.workers is None else self.workers
