"""What `check` and `fmt` import decides on how fast they start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEVER = {"torch", "jax", "flax", "numpy", "networkx", "pydantic", "rich", "lark", "safetensors", "importlib.metadata"}
PROGRAM = """
import json, sys
from resdsl.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)))
"""


def modules(*arguments: str) -> set[str]:
    """The modules that one command leaves loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [("check", "specs/resnet34.res"), ("fmt", "--check", "specs/resnet34.res")], ids=str
)
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    loaded = modules(*arguments)
    assert "resdsl.syntax.lalr" in loaded
    assert not loaded & NEVER


def test_fmt_needs_the_syntax_alone() -> None:
    assert not {name for name in modules("fmt", "--check", "specs/resnet34.res") if name.startswith("resdsl.ir")}
