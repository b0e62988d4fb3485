"""The words that the editor explains are those that the language has."""

from __future__ import annotations

from resdsl.ir import recipes
from resdsl.ir.recipe import Sgd
from resdsl.lower.derive import SECTIONS, SETTINGS
from resdsl.lower.entries import QUANTITIES
from resdsl.lower.layers import SIGNATURES
from resdsl.lower.settings import ORDERS, READERS
from resdsl.lsp import vocabulary
from resdsl.lsp.vocabulary import ARGUMENTS, VALUES
from resdsl.training.data.registry import SOURCES


def test_statements():
    assert set(vocabulary.SECTIONS) | set(vocabulary.ALLOW) == set(SECTIONS)
    assert set(vocabulary.TEXTS) | set(vocabulary.SETTINGS) == set(SETTINGS)
    assert set(vocabulary.SETTINGS) == set(READERS)
    assert set(vocabulary.LAYERS) == set(SIGNATURES)
    assert set(vocabulary.EXPECT) == set(QUANTITIES)
    assert set(vocabulary.TRAIN) == set(recipes._ENTRIES)


def test_values():
    assert set(VALUES["order"]) == set(ORDERS)
    assert set(VALUES["augment"]) == set(recipes._AUGMENTATIONS)
    assert set(VALUES["schedule"]) == set(recipes._SCHEDULES)
    assert set(VALUES["data"]) == set(SOURCES)


def test_arguments():
    for name, signature in SIGNATURES.items():
        assert set(ARGUMENTS.get(name, {})) == set(signature.named), name
    for name, signature in {**recipes._AUGMENTATIONS, **recipes._SCHEDULES}.items():
        assert set(ARGUMENTS.get(name, {})) == set(signature.names), name
    assert set(ARGUMENTS["sgd"]) == set(Sgd.__dataclass_fields__)
