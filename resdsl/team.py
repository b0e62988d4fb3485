"""The processes that train one network together: where each has its seat, and what a backend makes of them.

A launcher (`--devices N`, torchrun, a scheduler) starts them alike and says by the environment who is who.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, final


class RankLost(Exception):
    """A process of the team does not come or no longer answers; the message names it where that is known."""


class Seat(NamedTuple):
    """One of `size` processes, number `local` on its machine; the first of them all listens at `address`:`port`.

    `restarts`: how often the launcher has begun anew, since a process was lost.
    """

    rank: int
    size: int
    local: int
    address: str
    port: int
    restarts: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """The variables that say so: torchrun's."""
        return {
            "RANK": str(self.rank),
            "WORLD_SIZE": str(self.size),
            "LOCAL_RANK": str(self.local),
            "MASTER_ADDR": self.address,
            "MASTER_PORT": str(self.port),
            "TORCHELASTIC_RESTART_COUNT": str(self.restarts),
        }


def seat() -> Seat | None:
    """The seat that a launcher has given this process: torchrun's variables, or SLURM's and MASTER_ADDR, MASTER_PORT."""
    given = os.environ
    rank, size = (
        given.get(own, given.get(slurm)) for own, slurm in (("RANK", "SLURM_PROCID"), ("WORLD_SIZE", "SLURM_NTASKS"))
    )
    if rank is None or size is None or "MASTER_ADDR" not in given or "MASTER_PORT" not in given:
        return None
    local = given.get("LOCAL_RANK", given.get("SLURM_LOCALID", "0"))
    restarts = given.get("TORCHELASTIC_RESTART_COUNT", "0")
    return Seat(int(rank), int(size), int(local), given["MASTER_ADDR"], int(given["MASTER_PORT"]), int(restarts))


class Team(ABC):
    """`size` processes with `devices` devices in all, of which this one is number `rank`."""

    rank: int
    size: int
    devices: int

    @abstractmethod
    def gather(self, words: str) -> list[str]:
        """What every process says here, by rank; all must come to the same place (RankLost)."""

    @abstractmethod
    def watch(self) -> AbstractContextManager[None]:
        """Inside, whatever a framework says of a lost process becomes a RankLost."""


@final
class Alone(Team):
    """One process with one device."""

    rank, size, devices = 0, 1, 1

    def gather(self, words: str) -> list[str]:
        return [words]

    def watch(self) -> AbstractContextManager[None]:
        return nullcontext()


ALONE = Alone()
