"""The DOT of a few small drawings, byte by byte. After a change, look at the pictures before you write the files anew:
`python tests/test_draw_golden.py` does it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import resdsl
from resdsl.drawing.draw import draw_blocks, draw_diff, draw_networks
from resdsl.drawing.places.drawing import Drawing
from resdsl.drawing.printers.formats import rendered
from resdsl.ir.network import Network

FOLDER = Path(__file__).parent / "golden" / "dot"


SOURCES = {"nets.res": (FOLDER / "nets.res").read_text("utf-8")}


def net(name: str) -> Network:
    return resdsl.load(f"nets.res:{name}")


GOLDENS: dict[str, Callable[[], bytes]] = {
    "figure.dot": lambda: dot(draw_networks([net("plain"), net("residual")])),
    "figure.mmd": lambda: rendered(draw_networks([net("plain"), net("residual")]), "mermaid"),
    "collapsed.dot": lambda: dot(draw_networks([net("deep")])),
    "collapsed.mmd": lambda: rendered(draw_networks([net("deep")]), "mermaid"),
    "stages.dot": lambda: dot(draw_networks([net("deep")], "stage")),
    "blocks.dot": lambda: dot(draw_blocks([net("residual"), net("before")], "layer2.0")),
    "diff.dot": lambda: dot(draw_diff(net("plain"), net("before"), "auto", SOURCES)),
    "dark.dot": lambda: rendered(draw_networks([net("deep")]), "dot", "dark"),
}


def dot(drawing: Drawing) -> bytes:
    return rendered(drawing, "dot")


@pytest.mark.parametrize("name", GOLDENS)
def test_the_drawing_is_the_golden_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    assert GOLDENS[name]().decode() == (FOLDER / name).read_text("utf-8")


def test_every_golden_file_is_checked() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*GOLDENS, "nets.res"}


@pytest.mark.parametrize("seed", ["0", "1"])
def test_another_process_draws_the_same_bytes(seed: str) -> None:
    code = "from resdsl.cli import main; main()"
    command = [sys.executable, "-c", code, "draw", "--diff", "nets.res:plain", "nets.res:before"]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, check=True)
    assert done.stdout == (FOLDER / "diff.dot").read_bytes()


if __name__ == "__main__":
    os.chdir(FOLDER)
    for file, make in GOLDENS.items():
        (FOLDER / file).write_bytes(make())
