"""Nothing that a file, its name or its path says reaches a terminal as a command; a closed or full output is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unicodedata import category

import pytest
from click.testing import CliRunner

from resdsl.cli import main

EVIL = "\x1b[31mRED\x1b]0;title\x07\x1b[2J\x9b31m\x08\x7f\u202egnp\u2066\r"
SPEC = f"""\
network inj {{
  title "{EVIL}"
  cite  "{EVIL}"
  input 3x32x32
  shortcut projection
  allow D010 "{EVIL}"
  allow D008 "{EVIL}"
  stem {{ lab: conv 7x7, 16, /2, bias = true ; maxpool 3x3, /2 }}
  stage layer1 "{EVIL}": 2 x basic(16)
  stage layer2 "{EVIL}" {{ 1 x basic(32), /2 ; own: conv 3x3, 32, bias=true ; 1 x basic(32) }}
  head {{ avgpool; linear 10 }}
  train {{ data digits(mean = "{EVIL}") }}
}}
"""
BROKEN = f"""\
use "{EVIL}"
network n {{ input 3x32x32
 stem {{ conv 3x3, 16 }}
 stage s: 1 x basic(16)
 head {{ avgpool; linear "{EVIL}" }}
 data "{EVIL}"
 {EVIL}
}}
"""
COMMANDS = [
    ("check",), ("check", "--format", "json"), ("check", "--format", "sarif"), ("check", "--format", "github"),
    ("fmt", "--diff"), ("fmt", "--check"), ("summary",), ("summary", "--layers"), ("summary", "--json"),
    ("summary", "--format", "latex"), ("summary", "--format", "markdown"), ("summary", "--format", "csv"),
    ("compile",), ("compile", "--backend", "flax"), ("draw",), ("draw", "--format", "mermaid"),
    ("draw", "--format", "tikz"), ("train", "--data", "digits"), ("eval", "--weights", EVIL), ("weights", EVIL, EVIL),
    ("verify", "--input", EVIL), ("compile", "--set", EVIL), ("compile", "--backend", EVIL), ("draw", "-o", f"{EVIL}.svgz"),
]  # fmt: skip


def commands_of(text: str) -> set[str]:
    """What a terminal would act on, but for ends of lines and tabs."""
    return {char for char in text if category(char) in {"Cc", "Cf"} and char not in "\n\t"}


@pytest.mark.parametrize("text", [SPEC, BROKEN], ids=["sound", "broken"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_text_of_a_spec_commands_the_terminal(
    command: tuple[str, ...], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"{EVIL.replace('/', '')}.res"
    Path(name).write_text(text, "utf-8", newline="")
    done = CliRunner().invoke(main, [command[0], name, *command[1:]], catch_exceptions=False)
    assert commands_of(done.stdout + done.stderr) == set()
    assert done.stdout + done.stderr or command == ("check", "--format", "github")


@pytest.mark.parametrize(
    "command", [("check", EVIL), (EVIL,), ("explain", EVIL), ("fmt", EVIL), ("check", f"{EVIL}.res:{EVIL}")]
)
def test_no_argument_commands_the_terminal(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 2
    assert commands_of(done.stdout + done.stderr) == set()


LONG = ["list", "explain", "compile resnet20", "summary resnet50 --layers", "draw resnet20", "summary resnet20 --json"]


def piped(command: str, into: str) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -c 'from resdsl.cli import main; main()' {command} {into}"
    return subprocess.run(program, shell=True, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", LONG)
def test_a_full_disk_is_one_line(command: str) -> None:
    done = piped(command, "> /dev/full")
    assert done.returncode == 2
    assert done.stderr == "resdsl: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("into", ["| true", "| head -c 10", ">&-"])
@pytest.mark.parametrize("command", LONG)
def test_a_closed_output_is_no_traceback(command: str, into: str) -> None:
    assert piped(command, into).stderr.count("\n") <= 1


@pytest.mark.parametrize("option", ["--threads 99999999999999", "--threads 0", "--batch -1"])
def test_numbers_out_of_reach_are_refused(option: str) -> None:
    done = CliRunner().invoke(main, f"train resnet20 {option}".split(), catch_exceptions=False)
    assert done.exit_code == 2
    assert "is not in the range" in done.stderr
