"""What a notebook shows of a network that stands at the end of a cell."""

from __future__ import annotations

from html import escape

from resdsl.drawing.formats import rendered
from resdsl.drawing.graphviz import GraphvizError
from resdsl.drawing.views import draw_networks
from resdsl.ir.network import Network


def as_svg(network: Network) -> str | None:
    """The network's figure; None where Graphviz cannot draw it, so that the notebook shows something else."""
    try:
        return rendered(draw_networks([network]), "svg").decode()
    except GraphvizError:
        return None


def as_html(network: Network) -> str:
    """The figure as a part of a page; without Graphviz, the network's name and what to do."""
    try:
        svg = rendered(draw_networks([network]), "svg").decode()
    except GraphvizError as error:
        return f"<p><strong>{escape(network.title or network.name)}</strong>: {escape(str(error))}</p>"
    return f'<div style="overflow-x: auto">{svg[svg.index("<svg") :]}</div>'
