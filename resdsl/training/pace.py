"""When a run looks up from its steps, and whether it is to stop then: all ranks alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import final

from resdsl.team import Team


@final
class Pace:
    """A look every `seconds`; in a team all look after the same step, which the first rank's clock decides.

    `stopped` asks whether this process is to stop: where one is, all do.
    """

    def __init__(self, team: Team, seconds: float, stopped: Callable[[], bool]) -> None:
        self._team, self._seconds, self._stopped = team, seconds, stopped
        self._looked, self._step, self._next, self._ends = time.monotonic(), 0, 0, False

    def due(self, step: int) -> bool:
        """Whether to look after `step`."""
        if self._team.size > 1:
            return step >= self._next
        return time.monotonic() - self._looked > self._seconds

    def looked(self, step: int) -> None:
        """Tells that it is done, after `step`: all ranks do so at once."""
        now = time.monotonic()
        if self._team.size > 1:
            steps = max(1, step - self._step)
            wanted = int(steps * self._seconds / max(1e-6, now - self._looked))
            # At most twice as many as before: a few quick steps promise nothing.
            own = step + min(max(1, wanted), 2 * steps), self._stopped()
            said = [json.loads(words) for words in self._team.gather(json.dumps(own))]
            self._next, self._ends = said[0][0], any(stop for _, stop in said)
        self._looked, self._step = now, step

    @property
    def ends(self) -> bool:
        """Whether the run is to stop, as of the last look."""
        return self._ends if self._team.size > 1 else self._stopped()
