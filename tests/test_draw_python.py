"""`resdsl.draw` and `%load_ext resdsl`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from IPython.core.interactiveshell import InteractiveShell

import resdsl
from resdsl.drawing.printers.formats import FORMATS, UnknownFormatError

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_a_figure_shows_itself_in_a_notebook(shell: InteractiveShell) -> None:
    shown, _ = shell.display_formatter.format(resdsl.draw(resdsl.load("resnet20")))
    assert ElementTree.fromstring(shown["image/svg+xml"].encode()).tag == f"{SVG}svg"
    assert shown["text/html"].startswith('<div style="overflow-x: auto"><svg')


def test_a_bare_network_shows_its_figure_once_the_extension_is_loaded(shell: InteractiveShell) -> None:
    network = resdsl.load("resnet20")
    assert "image/svg+xml" not in shell.display_formatter.format(network)[0]
    shell.run_line_magic("load_ext", "resdsl")
    shown, _ = shell.display_formatter.format(network)
    assert shown["image/svg+xml"] == resdsl.draw(network)._repr_svg_()
    assert shown["text/html"] == resdsl.draw(network)._repr_html_()


def test_without_dot_a_notebook_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    figure = resdsl.draw(resdsl.load("resnet20"))
    assert figure._repr_svg_() is None
    assert figure._repr_html_().startswith("<p><strong>ResNet-20</strong>: there is no `dot` on the PATH")


@pytest.mark.parametrize("format", FORMATS)
def test_a_figure_is_saved_in_the_format_of_the_suffix(format: str, tmp_path: Path) -> None:
    figure = resdsl.draw(resdsl.load("resnet20"))
    for suffix in FORMATS[format].suffixes:
        figure.save(tmp_path / f"x{suffix}")
        assert (tmp_path / f"x{suffix}").read_bytes()[:500] == figure.content(format)[:500]


def test_dot_is_the_figure_s_text() -> None:
    assert resdsl.draw(resdsl.load("resnet20")).dot.splitlines()[1] == 'digraph "ResNet-20" {'


def test_blocks_diffs_and_details() -> None:
    old, new = resdsl.load("resnet20"), resdsl.load("preact20")
    assert resdsl.draw(old, new).drawing.title == "ResNet-20, PreAct-ResNet-20"
    assert resdsl.draw(old, new, diff=True).drawing.title == "ResNet-20 → PreAct-ResNet-20"
    assert [panel.id for panel in resdsl.draw(old, block="layer2.0").drawing.panels] == ["resnet20.layer2.0"]
    assert len(resdsl.draw(old, blocks=True).drawing.panels) == 5
    assert 'id="resnet20.layer1",' in resdsl.draw(old, detail="stage").dot


def test_wrong_wishes_are_value_errors(tmp_path: Path) -> None:
    network = resdsl.load("resnet20")
    with pytest.raises(ValueError, match=r"^diff compares two specs, not 1$"):
        resdsl.draw(network, diff=True)
    with pytest.raises(ValueError, match=r"^blocks and block do not go together"):
        resdsl.draw(network, blocks=True, block="layer1.0")
    with pytest.raises(ValueError, match=r"resnet20 has no block 'layer9.0'"):
        resdsl.draw(network, block="layer9.0")
    with pytest.raises(ValueError, match="there is nothing to draw: give a network"):
        resdsl.draw()
    with pytest.raises(UnknownFormatError, match="no format of drawings"):
        resdsl.draw(network).save(tmp_path / "x.jpg")
