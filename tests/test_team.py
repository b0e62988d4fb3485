"""What ranks agree on, with threads for ranks; and the launcher, with small programs for ranks."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import pytest

from resdsl.team import ALONE, Seat, Team, seat
from resdsl.training import launch as launching
from resdsl.training.errors import DataError, PreflightError
from resdsl.training.launch import LOST, launch
from resdsl.training.pace import Pace
from resdsl.training.preflight import preflight
from resdsl.training.progress import Sums
from resdsl.training.share import Share


class Table:
    """Where threads meet."""

    def __init__(self, size: int) -> None:
        self.said = [""] * size
        self.barrier = threading.Barrier(size, timeout=10)


class Threads(Team):
    def __init__(self, table: Table, rank: int) -> None:
        self.rank, self.size, self.devices = rank, len(table.said), len(table.said)
        self._table = table

    def gather(self, words: str) -> list[str]:
        self._table.said[self.rank] = words
        self._table.barrier.wait()
        said = list(self._table.said)
        self._table.barrier.wait()
        return said

    def watch(self):
        return nullcontext()


def each(size: int, work):
    """What `work` gives each rank of a team; exceptions are given too."""
    table = Table(size)

    def one(rank: int):
        try:
            return work(Threads(table, rank))
        except Exception as error:
            return error

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(one, range(size)))


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_shares_are_the_whole_batch_part_by_part(size: int, parts: int) -> None:
    shares = [Share(Threads(Table(size), rank), parts) for rank in range(size)]
    rows = [np.arange(100)[share.rows(2, 24)].reshape(parts, -1) for share in shares]
    assert np.concatenate(rows, axis=1).ravel().tolist() == list(range(48, 72))
    starts = [start for share in shares for start in share.starts(100, 30)]
    assert sorted(starts) == [0, 30, 60, 90]


def test_sums_of_all_ranks() -> None:
    found = each(3, lambda team: Share(team).whole(Sums(team.rank, 0.1 * team.rank, 1, 2)))
    assert found == [Sums(3, 0.1 * 1 + 0.1 * 2, 3, 6)] * 3


def test_all_ranks_look_after_the_same_step_and_one_stops_all() -> None:
    def work(team: Team) -> list[int]:
        pace, looks = Pace(team, 0.01, lambda: team.rank == 1 and len(looks) == 5), []
        for step in range(1, 100_000):
            if pace.due(step):
                looks.append(step)
                pace.looked(step)
                if pace.ends:
                    break
        return looks

    first, second, third = each(3, work)
    assert first == second == third
    assert len(first) == 5


SAME = {"resdsl": "0.1.0", "network": "tiny 3f"}


def test_a_rank_that_differs_is_named_with_what_differs() -> None:
    def work(team: Team) -> None:
        with preflight(team) as check:
            check(lambda: SAME | ({"resdsl": "0.2.0"} if team.rank == 2 else {}))

    for error in each(4, work):
        assert isinstance(error, PreflightError)
        assert "rank 2 differs from rank 0 in its resdsl: 0.2.0, not 0.1.0\n" in str(error)
        assert "rank 1" not in str(error)
    with preflight(ALONE) as check:
        check(lambda: pytest.fail("there is nothing to compare"))


def test_what_fails_on_one_rank_fails_on_all() -> None:
    def work(team: Team) -> None:
        with preflight(team) as check:
            if team.rank == 1:
                raise DataError("there is no folder here")
            check(lambda: SAME)

    assert [str(error) for error in each(2, work)] == ["rank 1: there is no folder here"] * 2
    with pytest.raises(DataError), preflight(ALONE):
        raise DataError("there is no folder here")


def test_what_fails_on_all_ranks_is_said_once() -> None:
    def work(team: Team) -> None:
        with preflight(team):
            raise DataError("there is no folder here")

    assert [str(error) for error in each(2, work)] == ["there is no folder here"] * 2


def test_a_seat_is_what_the_launcher_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "SLURM_PROCID", "SLURM_NTASKS"):
        monkeypatch.delenv(name, raising=False)
    assert seat() is None
    own = Seat(3, 8, 1, "node7", 1234, 2)
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    assert seat() == own
    monkeypatch.delenv("RANK")
    monkeypatch.delenv("WORLD_SIZE")
    assert seat() is None
    for name, value in (("SLURM_PROCID", "5"), ("SLURM_NTASKS", "6")):
        monkeypatch.setenv(name, value)
    assert seat() == own._replace(rank=5, size=6)


HEAD = "import os, sys, time; rank, again = os.environ['RANK'], os.environ['TORCHELASTIC_RESTART_COUNT']; "
KILL = "os.kill(os.getpid(), 9)"
LAUNCHES = {
    "all is well": ("pass", 0, 0, ""),
    "one is killed once": (f"again == '0' and rank == '1' and {KILL}", 0, 1, "is lost: it was ended by SIGKILL"),
    "the others see it": (
        f"again == '0' and ({KILL} if rank == '2' else sys.exit({LOST}))", 0, 1, "rank 2 (process ",
    ),
    "a mistake": ("rank == '1' and sys.exit(2)", 2, 0, ""),
    "a signal": ("sys.exit(130)", 130, 0, ""),
    "always": ("rank == '0' and sys.exit(1)", 1, 3, "it ended with status 1"),
    "the rest hang": (f"again == '0' and ({KILL} if rank == '0' else time.sleep(60))", 0, 1, "rank 0 (process "),
}  # fmt: skip


@pytest.mark.parametrize("what", LAUNCHES)
def test_the_launcher_names_who_is_lost_and_begins_again(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    program, status, restarts, named = LAUNCHES[what]
    monkeypatch.setattr(launching, "COMMAND", (sys.executable, "-Sc", HEAD + program))
    monkeypatch.setattr(launching, "GRACE", 0.5)
    said: list[str] = []
    assert launch([], 3, said.append) == status
    assert sum("all ranks begin again" in line for line in said) == restarts
    assert named in "\n".join(said)
