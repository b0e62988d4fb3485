"""What every backend has to do with every kind of layer: for the tests of any backend, ours or a third party's.

@pytest.mark.parametrize("name", SAMPLES)
def test_a_kind(name): check_backend("mine", SAMPLES[name])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from resdsl.backend import load_backend
from resdsl.checking.checker import check_file
from resdsl.ir.layers import KINDS, Act, BaseNorm, Layer, PRelu
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters
from resdsl.weights.initial import initial_weights

_NETWORK = """
block own(filters) {{ conv 3x3, filters; {sample}; conv 3x3, filters }}
network sample {{
  input 3x16x16
  shortcut none
  allow D001 "a sample"
  allow D002 "a sample"
  allow D003 "a sample"
  {settings}
  stem {{ conv 3x3, 8; {sample} }}
  stage layer1: 2 x own(8)
  head {{ avgpool; linear 4 }}
}}
"""


def sample_text(kind: type[Layer], sample: str) -> str:
    """A small network that has a layer of `kind`, written as `sample`, in its stem and in its blocks."""
    if issubclass(kind, BaseNorm):
        return _NETWORK.format(sample="norm", settings=f"norm {sample}")
    if issubclass(kind, Act | PRelu):
        return _NETWORK.format(sample="act", settings=f"act {sample}")
    return _NETWORK.format(sample=sample, settings="")


def _texts() -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        for sample in kind.SAMPLES:
            yield f"{kind.__name__}: {sample}", sample_text(kind, sample)


TEXTS: Mapping[str, str] = dict(_texts())
"""A spec for each way to write each kind of layer."""


def sample(name: str) -> Network:
    """The network of one of TEXTS."""
    return check_file(Path("sample.res"), "sample.res", content=TEXTS[name]).networks["sample"]


def check_backend(name: str, network: Network) -> None:
    """Raises AssertionError unless a backend emits `network`, builds it, and takes and gives its weights unchanged."""
    backend = load_backend(name).required()
    compile(backend.emit(network), f"<{name}>", "exec")
    given = initial_weights(network, seed=0)
    module = backend.build(network, given)
    found = backend.weights(module)
    assert {each: array.shape for each, array in found.items()} == {w.name: w.shape for w in parameters(network)}
    for each, array in given.items():
        np.testing.assert_array_equal(found[each], array, each)
    other = initial_weights(network, seed=1)
    backend.load_weights(module, other)
    for each, array in other.items():
        np.testing.assert_array_equal(backend.weights(module)[each], array, each)
