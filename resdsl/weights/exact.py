"""Whether a module and a set of weights have just the same names and shapes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resdsl.backend import MOMENTUM, Array


def check_exact(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Array]) -> None:
    """Raises KeyError or ValueError unless `given` has just the `expected` names and canonical shapes."""
    if odd := expected.keys() ^ given.keys():
        raise KeyError(f"{min(odd)} is in only one of the module and the weights")
    for name, shape in expected.items():
        if shape != given[name].shape:
            raise ValueError(f"{name} has the shape {given[name].shape}, expected {shape}")


def exact_state(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Array]) -> Mapping[str, Array]:
    """`given`, with momenta of zero where it has none at all; it must fit as in `check_exact`."""
    if not any(name.startswith(MOMENTUM) for name in given):
        zeros = {name: np.zeros(shape, np.float32) for name, shape in expected.items() if name.startswith(MOMENTUM)}
        given = {**given, **zeros}
    check_exact(expected, given)
    return given
