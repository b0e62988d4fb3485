"""The emitted Flax sources, read: golden files, which change only where somebody has looked at them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from shipped import SINGLE

import resdsl

GOLDEN = Path(__file__).parent / "golden" / "flax"
SPECS = ("plain20", "preact110", "resnet20", "resnet34", "resnet50", "resnet1202")
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("spec", SPECS)
def test_the_source_is_the_golden_file(spec: str) -> None:
    source = resdsl.emit(resdsl.load(spec), "flax")
    assert source == (GOLDEN / f"{spec}.py").read_text()
    assert len(source.splitlines()) < 150


def test_every_source_is_formatted_short_and_free_of_resdsl(tmp_path: Path) -> None:
    assert SINGLE
    for name in SINGLE:
        source = resdsl.emit(resdsl.load(name), "flax")
        assert len(source.splitlines()) < 170, name
        assert "import resdsl" not in source
        (tmp_path / f"{name}.py").write_text(source)
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--line-length", "120", "--isolated", str(tmp_path)]
    subprocess.run([*ruff, "format", "--check", *options], check=True)
    subprocess.run([*ruff, "check", "--select", "E,F,I,UP,B,C4,SIM", *options], check=True)


def test_emitting_needs_no_framework() -> None:
    code = "import sys, resdsl; resdsl.emit(resdsl.load('resnet20'), 'flax'); print({'jax', 'flax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
