"""`show` and `list`: what comes with resdsl, as it is written and as it comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shipped import EVERY, MEMBERS, SINGLE

import resdsl
from resdsl.checking.checker import check_file
from resdsl.cli import main
from resdsl.specs import shipped_file, shipped_networks


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize("name", [*EVERY, *sorted({*shipped_networks()} - {*SINGLE, *MEMBERS})])
def test_a_network_written_out_is_the_same_network(name: str, tmp_path: Path) -> None:
    shown = run("show", name if shipped_file(name) is None else f"{name}:{name}", "--expanded")
    assert shown.exit_code == 0, shown.stderr
    assert not re.search(r"\buse ", shown.stdout)
    path = tmp_path / "a.res"
    path.write_text(shown.stdout)
    checked = check_file(path, "a.res")
    assert checked.findings == []
    (again,) = checked.networks.values()
    once = check_file(shipped_networks()[name], "x.res", name).networks[name]
    assert resdsl.emit(again).partition('"""\n\n')[2] == resdsl.emit(once).partition('"""\n\n')[2]
    assert (again.title, again.cite, again.recipe, again.init) == (once.title, once.cite, once.recipe, once.init)
    assert [(e.name, e.value) for e in again.expectations] == [(e.name, e.value) for e in once.expectations]


def test_blocks_of_one_s_own_are_written_out_with_the_network(tmp_path: Path) -> None:
    (tmp_path / "lib.res").write_text(
        "block inner(f) { conv 3x3, f }\nblock mine(f) { inner(f); conv 3x3, f, /stride }\n"
    )
    path = tmp_path / "a.res"
    path.write_text(
        'use "lib.res"\nnetwork a(w = 8, n = 2) {\n input 3x8x8\n shortcut projection\n stem { conv 3x3, w }\n'
        ' stage s: n x mine(w * 2), /2\n head { avgpool; linear w // 2 }\n}\nnetwork b = a(w = 4) { title "B" }\n'
    )
    shown = run("show", f"{path}:b", "--expanded")
    assert shown.stdout.index("block inner") < shown.stdout.index("block mine") < shown.stdout.index("network b {")
    assert "2 x mine(8), /2" in shown.stdout
    assert "linear 2" in shown.stdout
    again = tmp_path / "again.res"
    again.write_text(shown.stdout)
    assert resdsl.load(again).cost() == resdsl.load(f"{path}:b").cost()


def test_a_spec_is_shown_as_it_is_written() -> None:
    assert run("show", "resnet50").stdout == (shipped_networks()["resnet50"]).read_text("utf-8")


@pytest.mark.parametrize("option", [(), ("--expanded",)])
def test_the_ends_of_lines_and_the_mark_of_windows_are_not_shown(option: tuple[str, ...], tmp_path: Path) -> None:
    text = (
        "block own(f) {\n  conv 3x3, f\n}\n\nnetwork a {\n  input 3x8x8\n  stem { conv 3x3, 8 }\n  stage s: 1 x own(8)\n"
        "  head { avgpool; linear 2 }\n}\n"
    )
    (tmp_path / "a.res").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert run("show", str(tmp_path / "a.res"), *option).stdout_bytes == text.encode()


def test_of_a_file_of_several_the_network_is_shown_that_is_meant() -> None:
    text = run("show", "cifar_preact").stdout
    assert text.startswith("# Full pre-activation")
    assert text.count("\nnetwork ") == 1


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        (("show", "cifar", "--expanded"), "name one, "),
        (("show", "resnet51"), "did you mean"),
        (("show", "cifar:resnet"), "declares no network"),
        (("show", "resnet50", "--set", "n=3"), "--expanded"),
        (("list", "resnt50"), "did you mean 'resnet50'?"),
    ],
)
def test_a_wrong_call_has_its_remedy(call: tuple[str, ...], remedy: str) -> None:
    result = run(*call)
    assert result.exit_code == 2
    assert remedy in result.stderr
    assert result.stderr.count("\n") == 1


def test_list_fits_the_terminal_and_groups_families() -> None:
    lines = run("list").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "# ResNet for CIFAR-10" in lines
    assert lines.index("# ResNet for CIFAR-10") < next(
        n for n, line in enumerate(lines) if line.startswith("resnet20 ")
    )


@pytest.mark.parametrize("patterns", [("resnet*",), ("*50*", "plain*"), ("wrn28_10",)])
def test_list_filters_by_pattern(patterns: tuple[str, ...]) -> None:
    from fnmatch import fnmatchcase

    names = {
        line.split()[0]
        for line in run("list", *patterns).stdout.partition("\n# studies\n")[0].splitlines()[1:]
        if line and line[0] != "#"
    }
    assert names == {name for name in shipped_networks() if any(fnmatchcase(name, pattern) for pattern in patterns)}
