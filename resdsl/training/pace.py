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
        self._looked, self._step, self._next = time.monotonic(), 0, 0

    def due(self, step: int) -> bool:
        """Whether to look after `step`."""
        if self._team.size > 1:
            return step >= self._next
        return time.monotonic() - self._looked > self._seconds

    def looked(self, step: int) -> None:
        """Tells when it was done."""
        now = time.monotonic()
        if self._team.size > 1:
            taken = max(1, step - self._step) / max(1e-6, now - self._looked)
            wanted = step + max(1, int(taken * self._seconds))
            self._next = json.loads(self._team.gather(json.dumps(wanted))[0])
        self._looked, self._step = now, step

    def stopped(self) -> bool:
        """Whether all are to stop; all come to this at once."""
        return "stop" in self._team.gather("stop" if self._stopped() else "")
