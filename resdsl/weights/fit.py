"""Whether weights from a file are those of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resdsl.backend import MOMENTUM, Array
from resdsl.ir.network import Network
from resdsl.weights.files import WeightsError
from resdsl.weights.names import parameters


def fitted(network: Network, weights: Mapping[str, Array], source: str) -> dict[str, Array]:
    """The weights of `network`, in canonical order, out of the file called `source`; raises WeightsError.

    A checkpoint's momenta, and PyTorch's counters of batches, are left out.
    """
    shapes = {parameter.name: parameter.shape for parameter in parameters(network)}
    faults = list(_faults(shapes, weights))
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise WeightsError(f"{source} does not fit {network.name}: {faults[0]}{more}; pass the weights of this network")
    return {name: weights[name] for name in shapes}


def _faults(shapes: Mapping[str, tuple[int, ...]], weights: Mapping[str, Array]) -> Iterator[str]:
    for name, shape in shapes.items():
        if name not in weights:
            yield f"it lacks {name}"
        elif weights[name].shape != shape:
            yield f"{name} has the shape {weights[name].shape}, expected {shape}"
    for name in weights.keys() - shapes.keys():
        if not name.startswith(MOMENTUM) and not name.endswith(".num_batches_tracked"):
            yield f"it has {name}, which the network has not"
