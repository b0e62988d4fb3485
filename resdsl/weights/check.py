"""Whether a set of weights is that of a module, or of a network: just the same names and shapes, and sound numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from resdsl.backend import AVERAGE, Array, is_weight
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters
from resdsl.weights.files import WeightsError

NEGATIVE = "holds negative variances"


def check_exact(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Array]) -> None:
    """Raises KeyError or ValueError unless `given` has just the `expected` names and canonical shapes."""
    if odd := expected.keys() ^ given.keys():
        raise KeyError(f"{min(odd)} is in only one of the module and the weights")
    for name, shape in expected.items():
        if shape != given[name].shape:
            raise ValueError(f"{name} has the shape {given[name].shape}, expected {shape}")


def exact_state(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Array]) -> Mapping[str, Array]:
    """`given`, with the optimizer's slots as at first where it has none at all; it must fit as in `check_exact`."""
    if all(is_weight(name) for name in given):
        zeros = {name: np.zeros(shape, np.float32) for name, shape in expected.items() if not is_weight(name)}
        averages = {f"{AVERAGE}{name}": array for name, array in given.items()}
        given = {**given, **{name: averages.get(name, zero) for name, zero in zeros.items()}}
    check_exact(expected, given)
    return given


def fitted(network: Network, weights: Mapping[str, Array], source: str) -> dict[str, Array]:
    """The weights of `network`, in canonical order, out of the file called `source`; raises WeightsError."""
    shapes = {parameter.name: parameter.shape for parameter in parameters(network)}
    faults = list(_faults(shapes, weights_alone(weights)))
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise WeightsError(f"{source} does not fit {network.name}: {faults[0]}{more}; pass the weights of this network")
    found = {name: weights[name] for name in shapes}
    check_numbers(found, source)
    return found


def weights_alone(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Without what an optimizer keeps, and without PyTorch's counters of batches."""
    return {
        name: array for name, array in arrays.items() if is_weight(name) and not name.endswith(".num_batches_tracked")
    }


def check_numbers(weights: Mapping[str, Array], source: str) -> None:
    """Raises WeightsError for the first of these weights that a network cannot compute with."""
    for name, array in weights.items():
        if fault := unsound(name, array):
            raise WeightsError(f"{source} is of no use: {name} {fault}; check how it was saved")


def unsound(name: str, array: Array) -> str | None:
    """What is wrong with the numbers of a parameter (`holds int8 numbers, expected float32`), if anything is."""
    if array.dtype != np.float32:
        return f"holds {array.dtype.name} numbers, expected floating point"
    if not np.isfinite(array).all():
        return "holds values that are no finite float32"
    if name.endswith("running_var") and array.size and array.min() < 0:
        return NEGATIVE
    return None


def _faults(shapes: Mapping[str, tuple[int, ...]], weights: Mapping[str, Array]) -> Iterator[str]:
    for name, shape in shapes.items():
        if name not in weights:
            yield f"it lacks {name}"
        elif weights[name].shape != shape:
            yield f"{name} has the shape {weights[name].shape}, expected {shape}"
    for name in weights.keys() - shapes.keys():
        yield f"it has {name}, which the network has not"
