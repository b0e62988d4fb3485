"""What is written keeps what it is: its owner, mode and names; links, pipes and devices stay; nobody else's file is touched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from resdsl.atomic import write_atomically
from resdsl.cli import main

UGLY = "block  b( f ) { conv 3x3,f }\n"
NEAT = "block b(f) { conv 3x3, f }\n"
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def within(seconds: float, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    program = "from resdsl.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, text=True, timeout=seconds, check=False, cwd=cwd, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "a.res"
    path.write_text(UGLY)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o640])
def test_a_mode_is_kept(ugly: Path, mode: int) -> None:
    ugly.chmod(mode)
    assert call("fmt", ugly).exit_code == 0
    assert ugly.read_text() == NEAT
    assert stat.S_IMODE(ugly.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_the_user_wants(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@root
def test_an_owner_is_kept(ugly: Path) -> None:
    os.chown(ugly, 1234, 4321)
    call("fmt", ugly)
    assert (ugly.stat().st_uid, ugly.stat().st_gid) == (1234, 4321)


def test_all_names_of_a_file_stay_one_file(ugly: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    os.link(ugly, other)
    call("fmt", ugly)
    assert other.read_text() == NEAT
    assert ugly.stat().st_ino == other.stat().st_ino


def test_a_link_stays_a_link(ugly: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.res"
    link.symlink_to(ugly)
    call("fmt", link)
    assert link.is_symlink()
    assert ugly.read_text() == NEAT


def test_a_folder_is_formatted_and_nothing_outside_of_it(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.res", tmp_path / "folder"
    folder.mkdir()
    outside.write_text(UGLY)
    (folder / "link.res").symlink_to(outside)
    (folder / "own.res").write_text(UGLY)
    call("fmt", folder)
    assert outside.read_text() == UGLY
    assert (folder / "own.res").read_text() == NEAT


@pytest.mark.parametrize("planted", [".a.res.{}.tmp", "a.res.tmp", ".a.res.tmp"])
def test_a_planted_link_is_not_followed(ugly: Path, tmp_path: Path, planted: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / planted.format(os.getpid())).symlink_to(victim)
    call("fmt", ugly)
    assert victim.read_text() == "precious"
    assert ugly.read_text() == NEAT


def test_nothing_is_left_behind(ugly: Path, tmp_path: Path) -> None:
    call("fmt", ugly)
    assert [path.name for path in tmp_path.iterdir()] == ["a.res"]


OUTPUTS = {
    "compile": ("compile", "resnet20", "-o"),
    "compile --force": ("compile", "resnet20", "--force", "-o"),
    "draw": ("draw", "resnet20", "--format", "dot", "-o"),
    "draw --force": ("draw", "resnet20", "--format", "dot", "--force", "-o"),
}


@pytest.mark.parametrize("command", OUTPUTS)
def test_a_pipe_takes_the_output_and_stays(tmp_path: Path, command: str) -> None:
    pipe, taken = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: taken.append(pipe.read_bytes()), daemon=True)
    reader.start()
    while not taken and reader.is_alive():  # until the reader has opened it, nobody reads
        done = within(20, *OUTPUTS[command], pipe)
        if done.returncode == 0:
            break
    reader.join(10)
    assert taken
    assert len(taken[0]) > 500
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("command", OUTPUTS)
def test_a_pipe_that_nobody_reads_does_not_hang(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = within(20, *OUTPUTS[command], tmp_path / "pipe")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@root
@pytest.mark.parametrize("command", OUTPUTS)
def test_a_device_stays(tmp_path: Path, command: str) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no devices can be made here")
    within(20, *OUTPUTS[command], device)
    assert stat.S_ISCHR(device.stat().st_mode)


def test_the_null_device_takes_all() -> None:
    assert within(20, "compile", "resnet20", "-o", "/dev/null").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("command", ["fmt", "check", "summary", "compile"])
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "folder"])
def test_what_is_no_file_is_no_spec(tmp_path: Path, command: str, kind: str) -> None:
    place = Path(kind) if kind.startswith("/") else tmp_path / kind
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    done = within(20, command, place)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_full_disk_leaves_the_file_as_it_was(ugly: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("resdsl.atomic.os.fsync", full)
    assert call("fmt", ugly).exit_code == 2
    assert ugly.read_text() == UGLY
    assert len(list(ugly.parent.iterdir())) == 1


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "big.res").open("wb") as file:
        file.truncate(3 << 30)
    done = within(20, "fmt", tmp_path / "big.res")
    assert done.returncode == 1
    assert "S008" in done.stderr


def test_a_source_that_was_edited_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "net.py"
    assert call("compile", "resnet20", "-o", out).exit_code == 0
    assert call("compile", "resnet20", "-o", out).exit_code == 0
    assert call("compile", "resnet32", "-o", out).exit_code == 0
    text = out.read_text()
    out.write_text(text.replace("stride: int = 1", "stride: int = 2", 1))
    refused = call("compile", "resnet32", "-o", out)
    assert refused.exit_code == 2
    assert "edited" in refused.stderr
    assert "--force" in refused.stderr
    assert call("compile", "resnet32", "-o", out, "--force").exit_code == 0
    assert out.read_text() == text


def test_what_was_printed_into_a_file_has_no_checksum(tmp_path: Path) -> None:
    out = tmp_path / "net.py"
    out.write_text(call("compile", "resnet20").stdout)
    assert "edited" in call("compile", "resnet20", "-o", out).stderr  # nobody knows whether it was
    assert call("compile", "resnet20", "-o", out, "--force").exit_code == 0
    compile(out.read_text(), "net.py", "exec")
