"""Whether a module and a set of weights have just the same names and shapes."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.backend import Array


def check_exact(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Array]) -> None:
    """Raises KeyError or ValueError unless `given` has just the `expected` names and canonical shapes."""
    if odd := expected.keys() ^ given.keys():
        raise KeyError(f"{min(odd)} is in only one of the module and the weights")
    for name, shape in expected.items():
        if shape != given[name].shape:
            raise ValueError(f"{name} has the shape {given[name].shape}, expected {shape}")
