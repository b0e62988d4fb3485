"""`resdsl fmt`, as it is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from resdsl.cli import main

UGLY = "network  a = b( n=3 )   # kept\n"
FORM = "network a = b(n = 3)    # kept\n"
FAULTY = "network a {\n"


def fmt(*arguments: str, input: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["fmt", *arguments], input=input)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_files_are_rewritten_in_place() -> None:
    Path("a.res").write_text(UGLY)
    result = fmt("a.res")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "files: 1 reformatted\n")
    assert Path("a.res").read_text() == FORM
    assert fmt("a.res").stderr == "files: 1 as they should be\n"


def test_folders_are_searched_but_for_hidden_ones() -> None:
    for name in ("a.res", "deep/er/b.res", ".hidden/c.res", "deep/.d.res", "e.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(UGLY)
    assert fmt(".").stderr == "files: 2 reformatted\n"
    assert Path(".hidden/c.res").read_text() == UGLY


def test_check_lists_and_writes_nothing() -> None:
    Path("a.res").write_text(UGLY)
    Path("b.res").write_text(FORM)
    result = fmt("--check", "a.res", "b.res")
    assert (result.exit_code, result.stdout) == (1, "a.res\n")
    assert result.stderr == "files: 1 would change, 1 as they should be\n"
    assert Path("a.res").read_text() == UGLY
    assert fmt("--check", "b.res").exit_code == 0


def test_diff_shows_and_writes_nothing() -> None:
    Path("a.res").write_text(UGLY)
    result = fmt("--diff", "a.res")
    assert result.exit_code == 0
    assert result.stdout == f"--- a.res\n+++ a.res (formatted)\n@@ -1 +1 @@\n-{UGLY}+{FORM}"
    assert Path("a.res").read_text() == UGLY
    assert fmt("--diff", "--check", "a.res").exit_code == 1


def test_standard_input_goes_to_standard_output() -> None:
    result = fmt("-", input=UGLY)
    assert (result.exit_code, result.stdout, result.stderr) == (0, FORM, "")
    assert fmt("--check", "-", input=UGLY).exit_code == 1
    assert fmt("--check", "-", input=FORM).exit_code == 0
    faulty = fmt("-", input=FAULTY)
    assert (faulty.exit_code, faulty.stdout) == (1, "")
    assert "S003" in faulty.stderr


def test_bytes_come_out_as_they_are() -> None:
    assert fmt("-", input=UGLY.replace("\n", "\r\n").encode()).stdout_bytes == FORM.replace("\n", "\r\n").encode()


def test_a_file_with_a_mistake_is_left_alone_and_the_others_are_not() -> None:
    Path("a.res").write_text(FAULTY)
    Path("b.res").write_text(UGLY)
    result = fmt("a.res", "b.res")
    assert result.exit_code == 1
    assert "error[S003 unclosed-bracket]" in result.stderr
    assert result.stderr.endswith("files: 1 reformatted, 1 with mistakes\n")
    assert Path("a.res").read_text() == FAULTY
    assert Path("b.res").read_text() == FORM


@pytest.mark.parametrize("path", ["missing.res", "empty"])
def test_a_wrong_call_ends_with_2(path: str) -> None:
    Path("empty").mkdir()
    result = fmt(path)
    assert result.exit_code == 2
    assert result.stderr.startswith("resdsl: ")


def test_mode_and_links_stay() -> None:
    Path("real.res").write_text(UGLY)
    Path("real.res").chmod(0o640)
    Path("link.res").symlink_to("real.res")
    assert fmt("link.res").exit_code == 0
    assert Path("link.res").is_symlink()
    assert Path("real.res").read_text() == FORM
    assert Path("real.res").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir()) == ["link.res", "real.res"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_what_cannot_be_written_is_said() -> None:
    Path("a.res").write_text(UGLY)
    Path().chmod(0o555)
    result = fmt("a.res")
    assert (result.exit_code, result.stderr) == (2, "resdsl: cannot write a.res: Permission denied\n")
