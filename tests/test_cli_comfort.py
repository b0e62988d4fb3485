"""Comfort: what fits a terminal, what each command says of SPEC, what a shell completes, and remedies for usual slips."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from resdsl.checking.rules import ALL_CODES
from resdsl.cli import COMMANDS, main

GOOD = "network tiny {\n  input 3x8x8\n  stem { conv 3x3, 4 }\n  stage layer1: 1 x basic(4)\n  head { avgpool; linear 10 }\n}\n"


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given, catch_exceptions=False)


WITH_SPEC = [name for name in COMMANDS if "SPEC" in run(name, "--help").stdout.partition("\n")[0]]
assert len(WITH_SPEC) >= 7


@pytest.mark.parametrize("command", WITH_SPEC)
def test_each_command_says_what_a_spec_is(command: str) -> None:
    text = " ".join(run(command, "--help").stdout.split())
    assert "SPEC is a path, path:network, the name of a shipped spec" in text
    assert "- for standard input" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_the_terminal(command: str) -> None:
    assert max(map(len, run(command, "--help").stdout.splitlines())) <= 80


@pytest.mark.parametrize("code", ALL_CODES, ids=lambda code: code.id)
def test_an_explanation_fits_the_terminal(code) -> None:
    assert max(map(len, run("explain", code.id).stdout.splitlines())) <= 80


def test_the_codes_fit_the_terminal() -> None:
    assert max(map(len, run("explain").stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", ["check", "summary", "compile", "draw", "show"])
def test_a_spec_may_come_from_standard_input(command: str) -> None:
    assert run(command, "-", given=GOOD).exit_code == 0
    assert run(command, "-", given=b"\xff").exit_code in (0, 1)


def test_findings_in_standard_input_have_their_place() -> None:
    result = run("check", "-", given=GOOD.replace("basic", "basik"))
    assert result.exit_code == 1
    assert "--> <standard input>:4:21" in result.stderr


def test_a_network_of_standard_input_can_be_named() -> None:
    two = GOOD + GOOD.replace("tiny", "other")
    assert run("summary", "-", given=two).exit_code == 1
    assert "other" in run("summary", "--json", "--", "-:other", given=two).stdout


def completed(*words: str) -> list[str]:
    typed = {"COMP_WORDS": " ".join(["resdsl", *words]), "COMP_CWORD": str(len(words))}
    environment = {**os.environ, "_RESDSL_COMPLETE": "bash_complete", **typed}
    program = "from resdsl.cli import main; main(prog_name='resdsl')"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("che",), "check"),
        (("check", "resnet1"), "resnet18"),
        (("summary", "cifar_"), "cifar_plain"),
        (("draw", "wrn"), "wrn28_10"),
        (("compile", "resnet18", "--backend", "f"), "flax"),
        (("compile", "resnet18", "--backend", "o"), "onnx"),
        (("train", "resnet18", "--backend", "t"), "torch"),
        (("summary", "resnet18", "--for"), "--format"),
    ],
)
def test_a_shell_completes(words: tuple[str, ...], found: str) -> None:
    assert found in completed(*words)


REMEDIES = {
    "jax": (("compile", "resnet20", "--backend", "jax"), "write --backend flax"),
    "pytorch": (("train", "resnet20", "--backend", "PyTorch"), "write --backend torch"),
    "a model's suffix": (("compile", "resnet20", "-o", "x.onnx"), "add --backend onnx"),
    "a parameter of the parent": (("summary", "resnet56", "--set", "n=12"), "cifar_resnet --set n=…"),
    "a network's name for a family's": (("summary", "cifar_resnett"), "did you mean 'cifar_resnet'"),
}


@pytest.mark.parametrize("case", REMEDIES)
def test_a_usual_slip_has_its_remedy(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, remedy = REMEDIES[case]
    result = run(*call)
    assert result.exit_code != 0
    assert remedy in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_documented_completion_is_there() -> None:
    page = (Path(__file__).parents[1] / "docs" / "editors.md").read_text()
    for shell in ("bash", "zsh", "fish"):
        assert f"_RESDSL_COMPLETE={shell}_source resdsl" in page
        program = "from resdsl.cli import main; main(prog_name='resdsl')"
        environment = {**os.environ, "_RESDSL_COMPLETE": f"{shell}_source"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
        assert "_RESDSL_COMPLETE" in done.stdout or "bash" in done.stderr.lower()


def test_ctrl_c_where_nothing_is_there_to_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resdsl.cli.check.checked_spec", interrupted)
    result = run("check", "resnet20")
    assert (result.exit_code, result.stderr) == (130, "\nresdsl: interrupted\n")
