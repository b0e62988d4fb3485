"""What holds for every emitted source: it is formatted, lints, and type-checks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from random_specs import specs

import resdsl
from resdsl.checking.checker import check_file

ROOT = Path(__file__).parents[1]


def random_sources(folder: Path, backend: str) -> list[Path]:
    """The sources of networks by chance."""
    sources: list[Path] = []

    @settings(
        max_examples=60, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(specs())
    def emit(text: str) -> None:
        network = check_file(Path("random.res"), "random.res", content=text).networks.get("random")
        if network is not None:
            sources.append(folder / f"random{len(sources)}.py")
            sources[-1].write_text(resdsl.emit(network, backend))

    emit()
    assert len(sources) > 20
    return sources


def check_sources(folder: Path) -> None:
    options = ("--isolated", "--line-length", "120", str(folder))
    tool("ruff", "format", "--check", *options)
    tool("ruff", "check", "--select", "E,F,W,I,UP,B,C4,SIM", *options)


def mypy(sources: Sequence[Path], *but: str) -> None:
    """Strictly, as the project itself, whose cache serves then, but for these codes."""
    for path in sources:
        path.write_text(f'# mypy: disable-error-code="{",".join(but)}"\n{path.read_text()}')
    tool("mypy", *map(str, sources))


def tool(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", *words], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
