"""docs/train.md: every command in its order, from a folder of images to an exported network; its specs and its Python."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner
from image_folders import image_folder

from resdsl.cli import COMMANDS, main
from resdsl.ir.data import BY_NAME

PAGE = (Path(__file__).parent.parent / "docs/train.md").read_text("utf-8")
LINES = [line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S) for line in block.splitlines()]
SPECS = re.findall(r"^```res *(\S*)\n(.*?)^```$", PAGE, re.M | re.S)
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.fixture(autouse=True)
def _photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESDSL_DATA", raising=False)
    image_folder(tmp_path / "photos", 8, 3, ("daisy", "rose", "tulip"))
    for name, text in SPECS:
        Path(name or "other.res").write_text(text)


def test_ten_commands_lead_from_images_to_an_exported_network() -> None:
    assert len(LINES) == 10
    for line in LINES:
        program, *words = shlex.split(line)
        assert program == "resdsl"
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, f"{line}\n{result.output}"
        if words[0] == "runs":
            assert {"runs/first", "runs/finer"} <= set(result.stdout.split())
    model = onnxruntime.InferenceSession("flowers.onnx")
    (logits,) = model.run(None, {"images": np.zeros((2, 3, 64, 64), np.float32)})
    assert logits.shape == (2, 3)
    assert "runs/first" not in Path("curves.svg").read_text()
    assert ">first, lowest" in Path("curves.svg").read_text()


def test_its_specs_are_sound() -> None:
    for name, _ in SPECS:
        result = CliRunner().invoke(main, ["check", name or "other.res"])
        assert result.exit_code == 0, result.output


def test_its_python_runs() -> None:
    (code,) = PYTHON
    exec(compile(code, "train.md", "exec"), {})
    assert Path("runs/python/best.safetensors").is_file()


def test_every_option_that_it_names_is_one() -> None:
    helps = "".join(CliRunner().invoke(main, [command, "--help"]).stdout for command in COMMANDS)
    assert [option for option in set(re.findall(r"--[a-z][a-z-]+", PAGE)) if option not in helps] == []


def test_every_data_set_has_a_row() -> None:
    rows = re.search(r"^\| `data` \|.*\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.M)
    assert set(re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows[1].splitlines()))) == set(BY_NAME)


def test_the_readme_leads_here() -> None:
    assert "docs/train.md" in (Path(__file__).parent.parent / "README.md").read_text("utf-8")
