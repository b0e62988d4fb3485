"""The emitted Flax sources, read: golden files, which change only where somebody has looked at them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from shipped import FIRST, SINGLE
from sources import ROOT, check_sources, mypy, random_sources

import resdsl

GOLDEN = Path(__file__).parent / "golden" / "flax"
SPECS = ("plain20", "preact110", "resnet20", "resnet34", "resnet50", "resnet1202")
UNTYPED = ("no-untyped-call", "no-any-return")  # Some of Flax's own functions have no types.


@pytest.mark.parametrize("spec", SPECS)
def test_the_source_is_the_golden_file(spec: str) -> None:
    source = resdsl.emit(resdsl.load(spec), "flax")
    assert source == (GOLDEN / f"{spec}.py").read_text()
    assert len(source.splitlines()) < 150


def test_every_shipped_source_is_formatted_typed_and_short(tmp_path: Path) -> None:
    for name in SINGLE + FIRST:
        source = resdsl.emit(resdsl.load(name), "flax")
        assert len(source.splitlines()) < 175 or name in FIRST, name
        assert "import resdsl" not in source
        (tmp_path / f"{name}.py").write_text(source)
    check_sources(tmp_path)
    mypy([tmp_path / f"{name}.py" for name in SPECS], *UNTYPED)


def test_so_is_every_random_source(tmp_path: Path) -> None:
    sources = random_sources(tmp_path, "flax")
    check_sources(tmp_path)
    mypy(sources[:20], *UNTYPED)


def test_emitting_needs_no_framework() -> None:
    code = "import sys, resdsl; resdsl.emit(resdsl.load('resnet20'), 'flax'); print({'jax', 'flax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
