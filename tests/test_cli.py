"""The command line as a user meets it: exit status, what goes to which stream, and that nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from resdsl.cli import COMMANDS, main

GOOD = "network tiny {\n  input 3x8x8\n  stem { conv 3x3, 4 }\n  stage layer1: 1 x basic(4)\n  head { avgpool; linear 10 }\n}\n"

# What the file says, and the code that it earns.
BAD_FILES = {
    "unknown block": (GOOD.replace("basic", "basik"), "N001"),
    "missing brace": (GOOD.replace("stem { conv 3x3, 4 }", "stem { conv 3x3, 4"), "S003"),
    "stride of zero": (GOOD.replace("basic(4)", "basic(4), /0"), "N004"),
    "negative count": (GOOD.replace("1 x basic", "-1 x basic"), "N004"),
    "cyclic use": ('use "bad.res"\n' + GOOD, "N005"),
    "not UTF-8": (b"network \xff {}", "S006"),
    "empty": ("", "S007"),
    "only a comment": ("# nothing\n", "S007"),
    "forgotten comma": (GOOD.replace("conv 3x3, 4", "conv 3x3, 4 /2"), "S001"),
    "division": (GOOD.replace("basic(4)", "basic(8 / 2)"), "S001"),
}

# Calls that are wrong in themselves.
BAD_CALLS = {
    "no such file": (["check", "nowhere.res"], "there is no file nowhere.res"),
    "misspelt shipped spec": (["check", "resnet43"], "did you mean 'resnet"),
    "unknown command": (["chekc", "x"], "did you mean 'check'"),
    "unknown backend": (["compile", "resnet20", "--backend", "caffe"], "there is no backend 'caffe'"),
    "bad parameter": (["check", "resnet20", "--set", "n=many"], "n=27"),
    "bad input": (["check", "resnet20", "--input", "32"], "3x64x64"),
    "folder without specs": (["check", "."], "no .res file"),
    "misspelt backend": (["compile", "resnet20", "--backend", "flx"], "did you mean 'flax'?"),
    "a seed for a source": (["compile", "resnet20", "--seed", "3"], "--seed goes with onnx"),
    "two sources of weights": (
        ["compile", "resnet20", "--backend", "onnx", "-o", "x", "--weights", "w", "--seed", "3"],
        "leave one",
    ),
    "folder for a spec": (["summary", "."], ". is a folder: name a file or a run in it"),
    "nothing to format": (["fmt", "nofile.res"], "pass files, folders, or -"),
    "output into nowhere": (["compile", "resnet20", "-o", "no/such/folder.py"], "make it first"),
    "picture into nowhere": (["draw", "resnet20", "-o", "no/such/folder.svg"], "make it first"),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return call


def test_a_good_file_is_fine(run):
    Path("good.res").write_text(GOOD)
    result = run("check", "good.res")
    assert result.exit_code == 0
    assert result.stdout == ""


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_gets_a_finding_with_place_and_remedy(run, case):
    content, code = BAD_FILES[case]
    Path("bad.res").write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run("check", "bad.res")
    assert result.exit_code == 1
    assert f"error[{code} " in result.stderr
    assert "--> bad.res:" in result.stderr
    assert "= help: " in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("case", BAD_CALLS)
def test_a_bad_call_gets_one_line_and_status_2(run, case):
    arguments, message = BAD_CALLS[case]
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_warnings_alone_leave_the_status_at_0(run):
    Path("open.res").write_text(GOOD.replace("tiny", "tiny(n)").replace("1 x", "n x"))
    result = run("check", "open.res")
    assert result.exit_code == 0
    assert "warning[N009" in result.stderr
    assert run("check", "open.res", "--set", "n=2").stderr.startswith("open.res: nothing")


def test_a_folder_is_checked_whole(run):
    Path("sub").mkdir()
    Path("sub/a.res").write_text(GOOD)
    Path("b.res").write_text(GOOD.replace("basic", "basik"))
    result = run("check", ".")
    assert result.exit_code == 1
    assert result.stderr.count("error[") == 1


def test_compile_refuses_what_check_refuses(run):
    Path("bad.res").write_text(GOOD.replace("basic", "basik"))
    result = run("compile", "bad.res")
    assert result.exit_code == 1
    assert result.stdout == ""


def test_compile_writes_and_rewrites_its_own_file_but_no_other(run):
    Path("good.res").write_text(GOOD)
    assert run("compile", "good.res", "-o", "net.py").exit_code == 0
    assert run("compile", "good.res", "-o", "net.py").exit_code == 0
    Path("mine.py").write_text("precious = 1\n")
    result = run("compile", "good.res", "-o", "mine.py")
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert Path("mine.py").read_text() == "precious = 1\n"


def test_several_networks_need_a_name(run):
    Path("two.res").write_text(GOOD + GOOD.replace("tiny", "other"))
    assert run("check", "two.res").exit_code == 0
    result = run("compile", "two.res")
    assert result.exit_code == 1
    assert "two.res:tiny" in result.stderr
    assert run("compile", "two.res:other").exit_code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
