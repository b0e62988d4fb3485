"""Every example runs as it stands, and prints what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("[0-9]*.py"))
PROMISES = {
    "01_inspect": ["34 weight layers, 21,797,672 parameters", "ResNet-56 has 853018 parameters"],
    "02_build": ["logits: (2, 10)", "same answers: True"],
    "03_own_block": ["findings: []", "class Separable", "D002"],
}


def test_every_example_promises_something():
    assert EXAMPLES
    assert {path.stem for path in EXAMPLES} == set(PROMISES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example, tmp_path):
    done = subprocess.run([sys.executable, example], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for promise in PROMISES[example.stem]:
        assert promise in done.stdout
