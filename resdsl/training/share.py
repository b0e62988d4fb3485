"""What of a run is this process's: rows of each training batch, and some of the test batches."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add

import numpy as np

from resdsl.backend import Array
from resdsl.team import ALONE, Team
from resdsl.training.progress import Sums

Rows = slice | Array


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one rank of `team`; a batch goes through in so many `parts`, of each of which it has its rows.

    So the ranks together see the same parts, in the same order, as one process does.
    """

    team: Team = ALONE
    parts: int = 1

    def rows(self, number: int, batch: int, count: int = 1) -> Rows:
        """Its positions in the epoch, of those in `count` batches from batch `number` on."""
        first, end = number * batch, (number + count) * batch
        if self.team.size == 1:
            return slice(first, end)
        rows: Array = np.arange(first, end).reshape(count, self.parts, self.team.size, -1)[:, :, self.team.rank]
        return rows.ravel()

    def starts(self, images: int, batch: int) -> range:
        """Where its test batches begin."""
        return range(0, images, batch)[self.team.rank :: self.team.size]

    def whole(self, sums: Sums) -> Sums:
        """The sums of all ranks; all come to this at once."""
        if self.team.size == 1:
            return sums
        return reduce(add, (Sums(**json.loads(words)) for words in self.team.gather(json.dumps(asdict(sums)))))

    def agreed(self, able: bool) -> bool:
        """Whether every rank is `able`; all come to this at once."""
        return all(map(json.loads, self.team.gather(json.dumps(able))))


ALL = Share()
