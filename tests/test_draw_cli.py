"""`resdsl draw` as a user calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from resdsl.cli import main
from resdsl.specs import shipped_folder


def draw(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["draw", *map(str, arguments)])


def test_without_a_file_it_prints_dot() -> None:
    done = draw("resnet20")
    assert (done.exit_code, done.stdout.splitlines()[1]) == (0, 'digraph "ResNet-20" {')


def test_the_suffix_chooses_the_format(tmp_path: Path) -> None:
    for suffix, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("gv", b"// drawn"), ("mmd", b"---")):
        done = draw("resnet20", "-o", tmp_path / f"x.{suffix}")
        assert (done.exit_code, done.stdout) == (0, "")
        assert (tmp_path / f"x.{suffix}").read_bytes().startswith(start)


def test_format_overrides_the_suffix(tmp_path: Path) -> None:
    assert draw("resnet20", "-o", tmp_path / "x.md", "--format", "mermaid").exit_code == 0
    assert "flowchart" in (tmp_path / "x.md").read_text()


def test_its_own_files_are_overwritten_and_others_are_not(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    assert draw("resnet20", "-o", path).exit_code == 0
    assert draw("resnet32", "-o", path).exit_code == 0
    path.write_text("<svg>mine</svg>")
    done = draw("resnet20", "-o", path)
    assert (done.exit_code, path.read_text()) == (2, "<svg>mine</svg>")
    assert "exists and resdsl draw did not write it: choose another file, or --force" in done.stderr
    assert draw("resnet20", "-o", path, "--force").exit_code == 0


def test_links_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    link = tmp_path / "link.svg"
    link.symlink_to(tmp_path / "figure.svg")
    assert draw("resnet20", "-o", link).exit_code == 0
    assert link.is_symlink()
    assert (tmp_path / "figure.svg").exists()
    command = [sys.executable, "-c", "from resdsl.cli import main; main()", "draw", "resnet20", "-o", "/dev/stdout"]
    done = subprocess.run([*command, "--format", "svg"], capture_output=True, check=True, timeout=60)
    assert done.stdout.startswith(b"<?xml")
    assert Path("/dev/stdout").is_symlink()


def test_direction_legend_titles_and_size() -> None:
    assert "flowchart LR" in draw("resnet20", "--direction", "right", "--format", "mermaid").stdout
    assert "identity shortcut" in draw("resnet20", "--legend").stdout
    assert "resnet20/title" not in draw("resnet20", "--no-title").stdout
    assert 'size="4.724,1389!"' in draw("resnet20", "--size", "12cm").stdout


def test_parameters_and_input_reach_the_network() -> None:
    done = draw("cifar:cifar_resnet", "--set", "n=1", "--input", "3x64x64", "--format", "mermaid")
    assert done.exit_code == 0, done.stderr
    assert "image, 3x64x64" in done.stdout
    assert "layer1_1" not in done.stdout


def test_blocks_and_diffs() -> None:
    assert "downsample" in draw("resnet34", "--block", "layer2.0").stdout
    assert draw("resnet34", "--blocks").stdout.count("shape=circle") == 7
    assert "tooltip" in draw("--diff", "resnet18", "resnet34").stdout


def test_the_spec_s_lines_are_in_the_facts() -> None:
    assert "3 x basic(16)" in draw("resnet20").stdout.replace("n x", "3 x")


@pytest.mark.parametrize("format", ["dot", "svg", "html", "mermaid", "tikz"])
def test_a_drawing_says_nothing_of_where_the_spec_lies(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("resnet34.res", "resnet.res"):
        (tmp_path / "specs").mkdir(exist_ok=True)
        (tmp_path / "specs" / name).write_bytes((shipped_folder() / name).read_bytes())
    drawn = []
    for folder, spec in (
        (tmp_path, "specs/resnet34.res"),
        (tmp_path / "specs", "resnet34.res"),
        (tmp_path / "specs", "../specs/resnet34.res"),
        (Path("/"), f"{tmp_path}/specs/resnet34.res"),
        (Path("/"), "resnet34"),
    ):
        monkeypatch.chdir(folder)
        done = draw(spec, "--format", format)
        assert done.exit_code == 0, done.stderr
        drawn.append(done.stdout)
    assert len(set(drawn)) == 1
    assert str(tmp_path) not in drawn[0]
    assert ("resnet.res:15" in drawn[0]) == (format in ("dot", "svg", "html"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("resnet34", "--diff"), "--diff compares two specs, not 1"),
        (("resnet34", "resnet18", "--diff", "--blocks"), "--diff and --blocks do not go together"),
        (("resnet34", "--blocks", "--detail", "layer"), "--detail and --blocks do not go together"),
        (("resnet34", "--block", "layer9.9"), "resnet34 has no block 'layer9.9'"),
        (("resnet34", "-o", "x.jpg"), "'.jpg' is no format of drawings: write x.png, or x.svg or x.pdf"),
        (("x.jpg",), "x.jpg is the name of a figure, not of a spec: name the spec first, `resdsl draw SPEC -o x.png`"),
        (("resnet34", "x.svg"), "name the spec first, `resdsl draw SPEC -o x.svg`"),
        (("resnet34", "--size", "12"), "'12' is not a size on paper"),
        (("resnet34", "--size", "12cm", "--format", "html"), "html has no size on paper"),
        (
            ("resnet34", "-o", "/nowhere/x.svg"),
            "cannot write /nowhere/x.svg: there is no folder /nowhere; make it first",
        ),
        (("resnet43",), "did you mean"),
    ],
)
def test_a_wrong_call_ends_with_status_2_and_one_line(arguments: tuple[str, ...], complaint: str) -> None:
    done = draw(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_spec_with_errors_is_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "x.res").write_text("network x { input 3x8x8; stem { conv 3x3 } }")
    done = draw(tmp_path / "x.res", "-o", tmp_path / "x.svg")
    assert done.exit_code == 1
    assert "error[" in done.stderr
    assert not (tmp_path / "x.svg").exists()


def test_a_missing_dot_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = draw("resnet20", "-o", tmp_path / "x.png")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "install Graphviz" in done.stderr
