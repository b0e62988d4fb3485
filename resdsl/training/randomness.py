"""Every random choice of a run: keyed by seed, epoch and purpose, one row per position in the epoch.

Nothing depends on what was drawn before, so that a run can go on at any step, in any backend, on the same images.
"""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, epoch: int, purpose: str, *position: int) -> np.random.Generator:
    """The generator of one purpose ("order", "flip", …) in one epoch, or at one position in it."""
    return np.random.Generator(np.random.PCG64([seed, epoch, zlib.crc32(purpose.encode()), *position]))
