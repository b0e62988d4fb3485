"""Where runs can go on at once: processors, or accelerators that several small runs share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from resdsl.processors import processors

VISIBLE = "CUDA_VISIBLE_DEVICES"
AT_ONCE = 4  # on one GPU: small networks leave most of it idle
TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """Room for one run: a processor's cores, or a share of a GPU; `environment` is what its process gets."""

    cores: frozenset[int] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)


def places(jobs: int | None, threads: int | None) -> list[Place]:
    """Room for `jobs` runs at once, or for as many as is usual: each with its own cores, or a few on each GPU."""
    found = gpus()
    if found:
        count = jobs or AT_ONCE * len(found)
        return [Place(environment=_shared(found[number % len(found)], count)) for number in range(count)]
    cores, each = processors(), threads or 1
    groups = [frozenset(cores[start : start + each]) for start in range(0, max(1, len(cores) - each + 1), each)]
    return [Place(groups[number % len(groups)]) for number in range(jobs or len(groups))]


def default_threads() -> int | None:
    """How many threads a run takes: one of a processor's, since small networks gain little by more."""
    return None if gpus() else 1


def gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    if VISIBLE in os.environ:
        return [name.strip() for name in os.environ[VISIBLE].split(",") if name.strip() not in {"", "-1"}]
    if not (query := shutil.which("nvidia-smi")):
        return []
    command = [query, "--query-gpu=index", "--format=csv,noheader"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    return [] if answer.returncode else [line.strip() for line in answer.stdout.splitlines() if line.strip().isdigit()]


def _shared(gpu: str, count: int) -> dict[str, str]:
    """JAX takes most of a GPU's memory at once, unless told."""
    return {VISIBLE: gpu, **({"XLA_PYTHON_CLIENT_PREALLOCATE": "false"} if count > 1 else {})}
