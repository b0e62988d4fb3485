"""A team of processes over torch.distributed: NCCL between GPUs, gloo between processors."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, final

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from resdsl.team import ALONE, RankLost, Seat, Team

PATIENCE = timedelta(seconds=60)  # for a process that does not come, or does not answer within a step
TALK = timedelta(hours=1)  # for one that is still reading its data
LAST_WORDS = 3.0  # seconds in which those who are left say so


@final
class TorchTeam(Team):
    """The processes of torchrun or of `--devices`, each with one device.

    Gradients are summed in one piece, in the order of the parameters: DistributedDataParallel arranges its buckets anew
    after the first step, so that a run that is resumed would add in another order, to other bits.
    """

    def __init__(self, seat: Seat) -> None:
        self.rank, self.size, self.devices = seat.rank, seat.size, seat.size
        if torch.cuda.is_available():
            torch.cuda.set_device(seat.local)
        self._store = _store(seat)
        self._call("here", PATIENCE)
        engine = "nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(engine, store=self._store, rank=self.rank, world_size=self.size, timeout=PATIENCE)
        self._talk = dist.new_group(backend="gloo", timeout=TALK)
        atexit.register(self._leave)

    def _leave(self) -> None:
        """Waits for gloo's threads: one that lets go of a tensor while the interpreter ends aborts the process."""
        if dist.is_initialized():  # NCCL would wait here for graphs that captured an exchange.
            dist.destroy_process_group(None if dist.get_backend() == "gloo" else self._talk)
        del self._talk

    def gather(self, words: str) -> list[str]:
        """Through gloo, on every device."""
        answers: list[Any] = [""] * self.size
        with self._answered():
            dist.all_gather_object(answers, words, group=self._talk)
        return answers

    def watch(self) -> AbstractContextManager[None]:
        """Every exchange names who is lost by itself."""
        return nullcontext()

    def add(self, tensor: Tensor) -> None:
        """Puts the sum over all ranks in the place of `tensor`."""
        with self._answered():
            dist.all_reduce(tensor)

    def add_together(self, tensors: Sequence[Tensor]) -> None:
        """`add` on all of them, in one exchange."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        self.add(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        torch._foreach_copy_([*tensors], [part.view_as(own) for part, own in zip(parts, tensors, strict=True)])

    @contextmanager
    def _answered(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            self._call("left", timedelta(seconds=LAST_WORDS))
            raise RankLost(
                f"the exchange between the ranks failed: {str(error).strip().partition(chr(10))[0]}"
            ) from error

    def _call(self, word: str, patience: timedelta) -> None:
        """Waits until every rank has said `word`; raises RankLost with those that have not."""
        end = time.monotonic() + patience.total_seconds()
        missing = list(range(self.size))
        try:
            self._store.set(f"{word}/{self.rank}", "")
            while missing := [rank for rank in missing if not self._store.check([f"{word}/{rank}"])]:
                if time.monotonic() > end:
                    break
                time.sleep(0.1)
        except RuntimeError as error:
            raise RankLost("rank 0, where all ranks meet, does not answer any more") from error
        if missing:
            does = "has not come" if word == "here" else "does not answer any more"
            ranks = ", ".join(map(str, missing))
            raise RankLost(f"rank {ranks} of {self.size} {does} within {patience.total_seconds():.0f} s")


def _store(seat: Seat) -> Store:
    """Where the processes meet; torchrun brings its own."""
    listens = seat.rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    try:
        store = TCPStore(
            seat.address, seat.port, seat.size, is_master=listens, timeout=PATIENCE, wait_for_workers=False
        )
    except RuntimeError as error:
        raise RankLost(f"nobody answers at {seat.address}:{seat.port}, where rank 0 should be") from error
    return PrefixStore(f"resdsl/{seat.restarts}", store)


def join(seat: Seat, devices: int | None) -> Team:
    """The team of all processes at their seats, each with one device (RankLost, ValueError)."""
    if devices not in {None, seat.size}:
        raise ValueError(f"PyTorch takes a process for each device: {devices} devices, but {seat.size} processes")
    if torch.cuda.is_available() and torch.cuda.device_count() <= seat.local:
        raise ValueError(f"there is no GPU {seat.local} here, but {torch.cuda.device_count()}: pass fewer --devices")
    return TorchTeam(seat) if seat.size > 1 else ALONE
