"""The formats that a drawing can be had in."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from resdsl.drawing.places.drawing import MARK, Drawing
from resdsl.drawing.printers.dot import to_dot
from resdsl.drawing.printers.html import to_html
from resdsl.drawing.printers.mermaid import to_mermaid
from resdsl.drawing.printers.pictures import picture
from resdsl.drawing.printers.theme import THEMES, Theme
from resdsl.suggest import remedy

PNG_DPI = "dpi=192"
PDF_SIZE = 'size="199,199"'
"""The largest page that readers of PDF open; a longer drawing is scaled down to it."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a drawing is written, and the suffixes that ask for it."""

    name: str
    suffixes: tuple[str, ...]
    binary: bool
    write: Callable[[Drawing, Theme], bytes]


class UnknownFormatError(Exception):
    """The message says which formats there are."""


def rendered(drawing: Drawing, format: str = "svg", theme: str = "light") -> bytes:
    """The drawing as a file's content. Raises GraphvizError where Graphviz is needed and cannot do it."""
    return FORMATS[format].write(drawing, THEMES[theme])


def format_for(path: Path) -> str:
    """The name of the format that a file's suffix asks for; raises UnknownFormatError."""
    for format in FORMATS.values():
        if path.suffix.lower() in format.suffixes:
            return format.name
    known = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    found = f"'{path.suffix}' is no format of drawings" if path.suffix else "the file's name has no suffix"
    raise UnknownFormatError(f"{path}: {found}: {remedy(path.suffix, known, 'suffix')}, or give --format")


def is_ours(path: Path) -> bool:
    """Whether a file may be overwritten: it is a drawing that we wrote, or there is nothing in it."""
    content = path.read_bytes()
    return MARK.encode() in content or not content


def _dot(drawing: Drawing, theme: Theme) -> bytes:
    return to_dot(drawing, theme).encode()


def _mermaid(drawing: Drawing, theme: Theme) -> bytes:
    return to_mermaid(drawing, theme).encode()


def _svg(drawing: Drawing, theme: Theme) -> bytes:
    return picture(to_dot(drawing, theme), "svg").replace(b"<svg", f"<!-- {MARK} -->\n<svg".encode(), 1)


def _html(drawing: Drawing, theme: Theme) -> bytes:
    return to_html(drawing, theme, picture(to_dot(drawing, theme), "svg").decode()).encode()


def _png(drawing: Drawing, theme: Theme) -> bytes:
    """With our mark as the text chunk `Software`, which comes right after the header's 33 bytes (PNG, 11.3.4.3)."""
    png = picture(to_dot(drawing, theme, PNG_DPI), "png")
    text = b"tEXtSoftware\0" + MARK.encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return png[:33] + chunk + png[33:]


def _pdf(drawing: Drawing, theme: Theme) -> bytes:
    return picture(to_dot(drawing, theme, PDF_SIZE), "pdf") + f"% {MARK}\n".encode()


FORMATS = {
    format.name: format
    for format in (
        Format("dot", (".dot", ".gv"), False, _dot),
        Format("svg", (".svg",), False, _svg),
        Format("png", (".png",), True, _png),
        Format("pdf", (".pdf",), True, _pdf),
        Format("html", (".html", ".htm"), False, _html),
        Format("mermaid", (".mmd", ".mermaid"), False, _mermaid),
    )
}
