"""What the README shows is true: its specs, its Python, and the finding that it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from resdsl.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "README.md").read_text("utf-8")
SPECS = re.findall(r"^```res\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FINDING = "\n".join(PAGE.split("$ resdsl check mine.res\n")[1].split("```")[0].splitlines())
MINE = """network mine {
  title "Mine"

  input 3x32x32
  shortcut projection
  stem { conv 3x3, 16 }
  stage layer1: 3 x basic(16)
  stage layer2: 3 x basic(32), /2
  stage layer3: 3 x basic(32), /2
  head { avgpool; linear 10 }
}
"""


@pytest.fixture(autouse=True)
def _in_a_copy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("spec", SPECS)
def test_specs_are_accepted(spec):
    Path("readme.res").write_text(spec)
    assert CliRunner().invoke(main, ["check", "readme.res"]).stderr == "readme.res: nothing to complain about\n"


def test_the_finding_is_what_check_prints():
    Path("mine.res").write_text(MINE)
    result = CliRunner().invoke(main, ["check", "mine.res"])
    assert result.exit_code == 1
    assert result.stderr.rstrip().removesuffix("\n\n1 error").rstrip() == FINDING


@pytest.mark.parametrize("code", PYTHON)
def test_python_runs(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("56 853018 ")


def test_every_command_is_shown():
    assert SPECS
    assert PYTHON
    assert {word for word in COMMANDS if f"resdsl {word} " in PAGE} == set(COMMANDS)
