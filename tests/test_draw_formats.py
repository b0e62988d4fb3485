"""The formats: each is what it says, all of them survive a hostile spec, and each says who wrote it."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import resdsl
from resdsl.drawing.draw import View, draw_blocks, draw_diff, draw_networks, drawn
from resdsl.drawing.places.drawing import Drawing
from resdsl.drawing.printers.formats import FORMATS, UnknownFormatError, format_for, is_ours, rendered
from resdsl.drawing.printers.pictures import GraphvizError, GraphvizMissingError, picture
from resdsl.drawing.printers.size import Size, SizeError

STARTS = {
    "dot": b"// drawn by resdsl\ndigraph",
    "svg": b"<?xml",
    "png": b"\x89PNG\r\n",
    "pdf": b"%PDF-",
    "html": b"<!DOCTYPE html>",
    "mermaid": b'---\ntitle: "ResNet-20"',
    "tikz": b"% drawn by resdsl\n",
}
HOSTILE = "</script><script>alert(1)</script> & \\N \\ {{svg}} `x` %% <b>"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return draw_networks([resdsl.load("resnet20")])


def test_every_format_is_tested() -> None:
    assert STARTS.keys() == FORMATS.keys()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_file_is_of_its_format_and_ours(drawing: Drawing, format: str, theme: str, tmp_path: Path) -> None:
    content = rendered(drawing, format, theme)
    assert content.startswith(STARTS[format])
    (tmp_path / "x").write_bytes(content)
    assert is_ours(tmp_path / "x")


@pytest.mark.parametrize("format", FORMATS)
def test_suffixes_ask_for_formats(format: str) -> None:
    for suffix in FORMATS[format].suffixes:
        assert format_for(Path(f"a.b{suffix.upper()}")) == format


def test_an_unknown_suffix_names_the_known_ones() -> None:
    with pytest.raises(UnknownFormatError, match=r"a\.pgn: '\.pgn' is no format of drawings: did you mean '\.png'\?"):
        format_for(Path("a.pgn"))
    with pytest.raises(UnknownFormatError, match="the file's name has no suffix"):
        format_for(Path("figure"))


def test_svg_parts_can_be_linked_to_and_tell_what_they_are(drawing: Drawing) -> None:
    root = ElementTree.fromstring(rendered(drawing, "svg"))
    parts = {part.get("id"): "".join(part.itertext()) for part in root.iter(f"{SVG}g")}
    assert "3x3 conv, 32, /2" in parts["resnet20.layer2.0.conv1"]
    assert "resnet20.layer2.0/shortcut" in parts
    titles = [link.get("{http://www.w3.org/1999/xlink}title", "") for link in root.iter(f"{SVG}a")]
    assert any(title.startswith("layer2.0.conv1 · is 3x3 conv, 32, /2") for title in titles)


def test_png_chunks_are_sound(drawing: Drawing) -> None:
    content, at, kinds = rendered(drawing, "png"), 8, []
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 4 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(body)
        kinds.append(kind)
        at += 12 + length
    assert kinds[:2] == [b"IHDR", b"tEXt"]
    assert kinds[-1] == b"IEND"


def test_mermaid_ids_are_words_of_their_own(drawing: Drawing) -> None:
    lines = rendered(drawing, "mermaid").decode().splitlines()
    assert '    n_resnet20_layer2_0_conv1("3x3 conv, 32, /2"):::look3' in lines
    assert "  n_resnet20_layer1_2_add -.-> n_resnet20_layer2_0_add" in lines
    assert "  n_resnet20_layer2_0_add ==> n_resnet20_layer2_1_add" in lines


def test_a_legend_in_words_alone_is_no_subgraph() -> None:
    plain, residual = (
        rendered(drawn([resdsl.load(name)], View(legend=True)), "mermaid").decode() for name in ("plain20", "resnet20")
    )
    assert "Legend" not in plain
    assert '  n_legend_solid_from ==>|"identity shortcut"| n_legend_solid_to' in residual.splitlines()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    path = tmp_path_factory.mktemp("hostile") / "x.res"
    text = f'network x {{ title "{HOSTILE}"; input 3x8x8; stem {{ conv 3x3, 8 }}; head {{ linear 2 }} }}'
    path.write_text(text)
    return draw_networks([resdsl.load(path)], sources={str(path): text})


@pytest.mark.parametrize(("format", "scripts"), [("svg", 0), ("html", 2)])
def test_titles_are_never_markup(hostile: Drawing, format: str, scripts: int) -> None:
    content = rendered(hostile, format).decode()
    assert "<script>alert" not in content
    assert content.count("</script>") == scripts


def test_mermaid_labels_are_never_markup(hostile: Drawing) -> None:
    labels = [line for line in rendered(hostile, "mermaid").decode().splitlines() if "alert" in line][1:]
    assert labels
    assert not any(mark in label for label in labels for mark in "<`&")


def test_svg_of_a_hostile_title_shows_it_as_it_is(hostile: Drawing) -> None:
    root = ElementTree.fromstring(rendered(hostile, "svg"))
    words = "".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert "</script><script>alert(1)</script>" in words.replace(" ", "")


def test_without_dot_one_line_says_what_to_do(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert rendered(drawing, "dot")
    assert rendered(drawing, "mermaid")
    assert rendered(drawing, "tikz")
    for format in ("svg", "png", "pdf", "html"):
        with pytest.raises(GraphvizMissingError, match=r"install Graphviz .* --format dot and --format mermaid work"):
            rendered(drawing, format)


def test_what_dot_complains_about_is_passed_on() -> None:
    with pytest.raises(GraphvizError, match=r"`dot` failed: .*syntax error"):
        picture(b"digraph {", "svg")


def test_graphviz_has_no_warnings(drawing: Drawing) -> None:
    done = subprocess.run(["dot", "-Tsvg"], input=rendered(drawing, "dot"), capture_output=True, check=True)
    assert done.stderr == b""


@pytest.mark.parametrize(("detail", "limit"), [("layer", 10.0), ("block", 1.0)])
def test_resnet_152_is_drawn_in_time(detail: str, limit: float) -> None:
    network = resdsl.load("resnet152")
    start = time.perf_counter()
    rendered(draw_networks([network], detail), "svg")  # type: ignore[arg-type]
    assert time.perf_counter() - start < limit


def test_blocks_can_be_had_in_every_format() -> None:
    drawing = draw_blocks([resdsl.load("preact110")])
    for format in FORMATS:
        assert b"resdsl" in rendered(drawing, format)


@pytest.mark.parametrize(
    ("size", "width", "height"), [("12cm", 12 / 2.54 * 72, None), ("6inx2in", None, 144), ("300pt", 300, None)]
)
def test_a_figure_has_the_size_on_paper_that_is_asked_for(
    drawing: Drawing, size: str, width: float | None, height: float | None
) -> None:
    root = ElementTree.fromstring(rendered(drawing, "svg", size=Size.of(size)))
    for name, points in (("width", width), ("height", height)):
        if points:
            assert float(root.get(name, "").removesuffix("pt")) == pytest.approx(points, abs=1)


def test_png_and_tikz_have_a_size_and_mermaid_has_none(drawing: Drawing) -> None:
    png = rendered(drawing, "png", size=Size.of("5in"))
    assert struct.unpack(">I", png[16:20])[0] == pytest.approx(5 * 192, abs=2)
    scale = Size.of("5in").scale(drawing)
    assert f"scale={scale:.4g}, transform shape" in rendered(drawing, "tikz", size=Size.of("5in")).decode()
    with pytest.raises(SizeError, match="mermaid has no size on paper"):
        rendered(drawing, "mermaid", size=Size.of("5in"))


@pytest.mark.parametrize("text", ["12", "cm", "0cm", "12px", "1e9in", "3cm x 4cm", "-3cm", "99999in", ""])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(SizeError, match=r"write a width, or a width and a height, as in 12cm or 6inx8in"):
        Size.of(text)


def test_a_suffix_of_other_pictures_gets_a_remedy_that_fits() -> None:
    with pytest.raises(
        UnknownFormatError, match=r"'\.jpg' is no format of drawings: write a\.png, or a\.svg or a\.pdf"
    ):
        format_for(Path("figures/a.jpg"))


def test_unknown_formats_and_themes_get_a_suggestion(drawing: Drawing) -> None:
    with pytest.raises(UnknownFormatError, match="did you mean 'mermaid'"):
        rendered(drawing, "mermade")
    with pytest.raises(UnknownFormatError, match="there is no theme 'drak': did you mean 'dark'"):
        rendered(drawing, "svg", "drak")


needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex on the PATH")


@needs_latex
@pytest.mark.parametrize("make", [
    lambda: draw_networks([resdsl.load("resnet34"), resdsl.load("vgg19")]),
    lambda: draw_networks([resdsl.load("resnet34")], "stage", direction="right"),
    lambda: draw_diff(resdsl.load("resnet20"), resdsl.load("preact56")),
    lambda: draw_blocks([resdsl.load("preact20")]),
], ids=["networks", "right", "diff", "blocks"])  # fmt: skip
def test_latex_compiles_the_tikz(make: Callable[[], Drawing], tmp_path: Path) -> None:
    compiled(rendered(make(), "tikz", size=Size.of("12cm")), tmp_path)


@needs_latex
def test_latex_compiles_the_tikz_of_a_hostile_title(hostile: Drawing, tmp_path: Path) -> None:
    compiled(rendered(hostile, "tikz"), tmp_path)


def compiled(document: bytes, folder: Path) -> None:
    (folder / "x.tex").write_bytes(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-1500:]


def test_tikz_braces_and_environments_are_closed(hostile: Drawing) -> None:
    text = rendered(hostile, "tikz").decode()
    plain = text.replace("\\{", "").replace("\\}", "")
    assert plain.count("{") == plain.count("}")
    assert text.count("\\begin{") == text.count("\\end{") == 2
