"""What `resdsl.draw` returns: a drawing that notebooks show, and that can be saved."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import final

from resdsl.atomic import write_atomically
from resdsl.drawing.places.drawing import Drawing
from resdsl.drawing.printers.formats import format_for, rendered
from resdsl.drawing.printers.pictures import GraphvizError
from resdsl.drawing.printers.size import Size


@final
@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its colours and its size on paper. At the end of a notebook's cell it shows itself."""

    drawing: Drawing
    theme: str = "light"
    size: Size | None = None

    @property
    def dot(self) -> str:
        """The figure as DOT, with every place in it: `dot -Tsvg` draws it as we do."""
        return self.content("dot").decode()

    def content(self, format: str) -> bytes:
        """What a file of that format holds: one of `FORMATS`, such as "svg", "png", "mermaid".

        Raises GraphvizError where Graphviz is needed and cannot draw it.
        """
        return rendered(self.drawing, format, self.theme, self.size)

    def save(self, path: str | Path) -> None:
        """Writes the figure in the format of the path's suffix, and over what is there.

        Raises UnknownFormatError for another suffix, GraphvizError as `content` does, and OSError.
        """
        file = Path(path)
        write_atomically(file, self.content(format_for(file)))

    def _repr_svg_(self) -> str | None:
        """None where Graphviz cannot draw it, so that the notebook shows something else."""
        try:
            return self.content("svg").decode()
        except GraphvizError:
            return None

    def _repr_html_(self) -> str:
        """The figure as a part of a page; without Graphviz, its title and what to do."""
        try:
            svg = self.content("svg").decode()
        except GraphvizError as error:
            return f"<p><strong>{escape(self.drawing.title)}</strong>: {escape(str(error))}</p>"
        return f'<div style="overflow-x: auto">{svg[svg.index("<svg") :]}</div>'
