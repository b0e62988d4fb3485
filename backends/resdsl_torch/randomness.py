"""What a module draws (dropout) depends on seed and step alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(seed: int, step: int, device: torch.device, rank: int = 0) -> Iterator[None]:
    """Keys what is drawn inside by seed, step and rank; PyTorch's own generators stay as they were."""
    key = int(np.random.SeedSequence([seed, step, *[rank] * bool(rank)]).generate_state(1, np.uint64)[0])
    # Not torch.manual_seed and fork_rng: they take ten times as long.
    generators = [torch.default_generator]
    if device.type == "cuda":
        generators.append(torch.cuda.default_generators[device.index or 0])
    states = [generator.get_state() for generator in generators]
    try:
        for generator in generators:
            generator.manual_seed(key)
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
