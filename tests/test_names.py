"""The names that users may not give are those that the frameworks' modules really have; all others can be built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from flax import nnx

from resdsl import emit
from resdsl.checking.checker import check_file
from resdsl.lower.identifiers import MODULE_ATTRIBUTES

SPEC = """
block {block}({parameter}, other = {parameter} // 2) {{
  {label}: conv 3x3, {parameter}, /stride
  conv 1x1, other; conv 3x3, {parameter}; squeeze_excite 2
}}
shortcut {shortcut} {{ {label}: avgpool 2x2, /stride; conv 1x1, out }}
network {network}({argument} = 8) {{
  input 3x8x8
  order pre
  shortcut {shortcut}
  stem {{ {layer}: conv 3x3, {argument} }}
  stage {stage} {{ 2 x {block}({argument}); {label}: maxpool 3x3 }}
  stage following: 3 x {block}(16, 6), /2
  allow D006 "a test"
  head {{ avgpool; linear 4 }}
}}
"""
PLACES = {
    "block": "mine",
    "parameter": "filters",
    "label": "named",
    "shortcut": "beside",
    "network": "wanted",
    "argument": "width",
    "layer": "first_of_all",
    "stage": "layer1",
}
WORDS = """
stage torch nn x jnp numbered self block blocks stride rngs first rest BasicBlock Conv BatchNorm in channels super layers lambda
pop __class__ _ conv1 relu wanted
""".split()
assert WORDS


class Empty(nnx.Module):
    pass


def test_every_public_attribute_of_the_module_classes_is_reserved():
    modules = torch.nn.Module(), torch.nn.Sequential(), Empty()
    taken = {name for module in modules for name in dir(module) if not name.startswith("_")}
    assert taken
    assert taken <= MODULE_ATTRIBUTES


def output(source: str) -> torch.Tensor:
    """What the last class of a PyTorch source makes of two images."""
    names: dict[str, Any] = {}
    exec(source, names)
    with torch.device("meta"):
        model = [value for value in names.values() if isinstance(value, type)][-1]()
        return model(torch.zeros(2, 3, 8, 8))


@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_refused_or_serves_both_backends(place: str) -> None:
    accepted = []
    for word in WORDS:
        checked = check_file(Path("names.res"), "names.res", content=SPEC.format(**{**PLACES, place: word}))
        for network in checked.networks.values():
            assert output(emit(network)).shape == (2, 4), word
            exec(emit(network, backend="flax"), {})
            accepted.append(word)
        assert checked.networks or checked.findings, word
    assert len(accepted) > len(WORDS) // 2
