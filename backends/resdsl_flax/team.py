"""A team of devices: those of this process, and of all others, as one mesh along which XLA splits the batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import final

import jax
import numpy as np
from jax.errors import JaxRuntimeError
from jax.experimental import multihost_utils

from resdsl.team import ALONE, RankLost, Seat, Team

# What stands in an error of XLA that comes of a process that is lost.
FAILED = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "heartbeat")
PATIENCE = 60  # seconds, for a process that does not come or does not answer


@final
class FlaxTeam(Team):
    """The processes of `jax.distributed`, each with one device of its machine or more; or one process with several.

    `devices_here` are as many as the run is to have of this process, or all that it sees.
    """

    def __init__(self, seat: Seat, devices_here: int | None) -> None:
        self.rank, self.size = seat.rank, seat.size
        if self.size > 1:
            # Torchrun itself listens at the port that it names.
            port = seat.port + (os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True")
            jax.distributed.initialize(
                f"{seat.address}:{port}",
                self.size,
                self.rank,
                local_device_ids=[seat.local] if devices_here == 1 and "LOCAL_RANK" in os.environ else None,
                initialization_timeout=PATIENCE,
                heartbeat_timeout_seconds=PATIENCE,
            )
        own = jax.local_devices()
        if len(own) < (devices_here or 1):
            raise ValueError(f"{devices_here} devices are asked for, and JAX sees {len(own)} {own[0].platform} here")
        self.own = own[:devices_here]
        self.all = jax.devices() if self.size > 1 else self.own
        self.devices = len(self.all)

    def gather(self, words: str) -> list[str]:
        """Through arrays of as many bytes as the longest has."""
        if self.size == 1:
            return [words]
        own = np.frombuffer(words.encode(), np.uint8)
        with self.watch():
            lengths = multihost_utils.process_allgather(np.array(len(own)))
            texts = multihost_utils.process_allgather(np.pad(own, (0, int(lengths.max()) - len(own))))
        return [bytes(text[:length]).decode() for text, length in zip(texts, lengths, strict=True)]

    @contextmanager
    def watch(self) -> Iterator[None]:
        """What JAX says of an exchange that failed names the address of the process that is lost."""
        try:
            yield
        except (JaxRuntimeError, ValueError) as error:  # The latter where a step cannot even be started.
            if self.size == 1 or not any(mark in str(error) for mark in FAILED):
                raise
            raise RankLost(f"the exchange between the ranks failed: {str(error).partition(chr(10))[0]}") from error


def join(seat: Seat, devices: int | None) -> Team:
    """The team of all processes at their seats, which share the `devices` among them evenly (RankLost, ValueError)."""
    if seat.size == 1 and devices in {None, 1}:
        return ALONE
    here = None if devices is None else devices // seat.size
    if here is not None and here * seat.size != devices:
        raise ValueError(f"{devices} devices are not the same number in each of {seat.size} processes")
    if here is not None and "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with suppress(RuntimeError):  # JAX is at work in this process already, with the devices that it has.
            jax.config.update("jax_num_cpu_devices", here)  # type: ignore[no-untyped-call]
    return FlaxTeam(seat, here)
