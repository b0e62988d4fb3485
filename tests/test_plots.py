"""Charts as pictures: the formats, the same bytes each time, and curves that can be told apart in grey."""

from __future__ import annotations

import html
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from resdsl.plots.chart import Chart, Line, Panel
from resdsl.plots.picture import COLOURS, DASHES, MARKS, SUFFIXES, PlotError, _add_legend, encoded, save

X = tuple(range(40))


def chart(runs: int = 2) -> Chart:
    lines = tuple(
        Line(f"run {run}", X, tuple(60 / (1 + x) + 5 * run for x in X), weight)
        for run in range(runs)
        for weight in ("thin", "bold")
    )
    return Chart((Panel("epoch", "error (%)", lines), Panel("epoch", "loss", lines, log=True)))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_chart_is_written_in_each_format_with_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    for name in ("one", "other"):
        save(chart(), tmp_path / f"{name}{suffix}")
    content = (tmp_path / f"one{suffix}").read_bytes()
    assert content.startswith({".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix])
    assert content == (tmp_path / f"other{suffix}").read_bytes()


def test_curves_differ_without_colour() -> None:
    assert len(set(map(str, DASHES))) == len(DASHES) and len(set(MARKS)) == len(MARKS)
    assert len({(number % len(DASHES), number % len(MARKS)) for number in range(24)}) == 24
    text = encoded(chart(7), "svg").decode()
    dashes = {part.split('"')[0] for part in text.split("stroke-dasharray: ")[1:]}
    assert len(dashes) >= len(DASHES) - 1
    assert all(f">run {run}<" in text for run in range(7))


def test_a_picture_has_ink_for_each_run() -> None:
    picture = np.asarray(Image.open(io.BytesIO(encoded(chart(2), "png"))).convert("RGB")).reshape(-1, 3)
    for colour in COLOURS[:2]:
        assert (picture == tuple(bytes.fromhex(colour[1:]))).all(axis=1).sum() > 100


@pytest.mark.parametrize("name", ["_hidden", "$x", "a & b <c>", "a\\b", "ünïcode"])
def test_any_name_can_stand_in_the_legend(name: str) -> None:
    text = encoded(Chart((Panel("epoch", "error (%)", (Line(name, X, X),)),)), "svg").decode()
    assert html.escape(name, quote=False) in text


@pytest.mark.parametrize("length", [8, 40, 200])
def test_the_legend_fits_the_page(length: int) -> None:
    figure = Figure(figsize=(5.4, 3.6), layout="constrained")
    axes = figure.subplots()
    drawn = {f"{number}{'n' * length}": axes.plot([0, 1])[0] for number in range(3)}
    _add_legend(figure, drawn)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 3
    assert legend.get_window_extent().width / figure.dpi <= figure.get_figwidth()
    assert figure.get_figwidth() == 5.4 or length > 60


def test_what_cannot_be_drawn_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlotError, match=r"let its name end in \.png, \.pdf, \.svg"):
        save(chart(), tmp_path / "a.gif")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PlotError, match="pip install"):
        encoded(chart(), "png")


def test_a_logarithmic_axis_has_plain_numbers() -> None:
    lines = (Line("a", X, [10.0 ** (number % 3) for number in range(len(X))]),)
    text = encoded(Chart((Panel("epoch", "loss", lines, log=True),)), "svg").decode()
    assert ">100<" in text and "mathdefault" not in text
