"""Which of timm's and torchvision's networks come with resdsl, counted over their own lists."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from resdsl.specs import shipped_networks

COVERAGE = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "coverage.py"))
SHARES = {"timm's ResNets": 0.93, "timm's RegNets": 0.93, "torchvision": 1.0}


@pytest.fixture(scope="module")
def theirs() -> list[Any]:
    try:
        return COVERAGE["theirs"]()
    except ImportError as error:
        pytest.skip(f"NOTHING IS COUNTED: {error}; pip install timm torchvision")


@pytest.mark.slow
def test_each_is_the_same_network_or_a_reason_says_why_it_is_missing(theirs: list[Any]) -> None:
    assert len(theirs) > 200
    for one in theirs:
        compared = COVERAGE["compared"](one)
        assert "WRONG" not in compared.text, compared
        assert compared.there or (one.name not in shipped_networks() and one.missing != "no spec"), compared


def test_most_of_them_are_there(theirs: list[Any]) -> None:
    for kind, share in SHARES.items():
        names = [one.name for one in theirs if one.kind == kind]
        assert sum(name in shipped_networks() for name in names) >= share * len(names), kind
