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
from resdsl.drawing.printers.size import Size, SizeError
from resdsl.drawing.printers.theme import LINKED, THEMES, Theme
from resdsl.drawing.printers.tikz import to_tikz
from resdsl.suggest import remedy

PNG_DPI = "dpi=192"
PDF_SIZE = 'size="199,199"'
"""The largest page that readers of PDF open; a longer drawing is scaled down to it."""

PICTURES = (".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".eps", ".ps")
"""Suffixes of pictures that we do not write."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a drawing is to be written: its colours, and its size on paper, if that is not its own."""

    theme: Theme
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """How a drawing is written, and the suffixes that ask for it; `sized` if it can have a size on paper."""

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[Drawing, Look], bytes]
    binary: bool = False
    sized: bool = True


class UnknownFormatError(ValueError):
    """The message says which formats there are."""


def rendered(drawing: Drawing, format: str = "svg", theme: str = "light", size: Size | None = None) -> bytes:
    """The drawing as a file's content.

    Raises GraphvizError where Graphviz is needed and cannot do it, UnknownFormatError for a format or theme that there
    is not, and SizeError where the format has no size.
    """
    if format not in FORMATS:
        raise UnknownFormatError(f"'{format}' is no format of drawings: {remedy(format, FORMATS, 'format')}")
    if theme not in THEMES:
        raise UnknownFormatError(f"there is no theme '{theme}': {remedy(theme, THEMES, 'theme')}")
    if size and not FORMATS[format].sized:
        raise SizeError(f"{format} has no size on paper: leave the size out, or choose another format")
    return FORMATS[format].write(drawing, Look(THEMES[theme], size))


def format_for(path: Path) -> str:
    """The name of the format that a file's suffix asks for; raises UnknownFormatError."""
    suffix = path.suffix.lower()
    for format in FORMATS.values():
        if suffix in format.suffixes:
            return format.name
    if suffix in PICTURES:
        instead = f"write {path.stem}.png, or {path.stem}.svg or {path.stem}.pdf, which stay sharp at every size"
        raise UnknownFormatError(f"{path}: '{path.suffix}' is no format of drawings: {instead}")
    known = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    found = f"'{path.suffix}' is no format of drawings" if path.suffix else "the file's name has no suffix"
    raise UnknownFormatError(f"{path}: {found}: {remedy(path.suffix, known, 'suffix')}, or give --format")


def is_ours(path: Path) -> bool:
    """Whether a file may be overwritten: it is a drawing that we wrote, or there is nothing in it."""
    content = path.read_bytes()
    return MARK.encode() in content or not content


def _dot(drawing: Drawing, look: Look, *settings: str) -> bytes:
    sized = [look.size.setting()] if look.size else []
    return to_dot(drawing, look.theme, *settings, *sized).encode()


def _mermaid(drawing: Drawing, look: Look) -> bytes:
    return to_mermaid(drawing, look.theme).encode()


def _tikz(drawing: Drawing, look: Look) -> bytes:
    return to_tikz(drawing, look.theme, look.size.scale(drawing) if look.size else 1).encode()


def _svg(drawing: Drawing, look: Look) -> bytes:
    """With our mark, and a style by which the part that a link names stands out."""
    svg = picture(_dot(drawing, look), "svg").replace(b"<svg", f"<!-- {MARK} -->\n<svg".encode(), 1)
    end = svg.index(b">", svg.index(b"<svg")) + 1
    return svg[:end] + f"\n<style>{LINKED.format(colour=look.theme.accent)}</style>".encode() + svg[end:]


def _html(drawing: Drawing, look: Look) -> bytes:
    return to_html(drawing, look.theme, _svg(drawing, look).decode()).encode()


def _png(drawing: Drawing, look: Look) -> bytes:
    """With our mark as the text chunk `Software`, which comes right after the header's 33 bytes (PNG, 11.3.4.3)."""
    png = picture(_dot(drawing, look, PNG_DPI), "png")
    text = b"tEXtSoftware\0" + MARK.encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return png[:33] + chunk + png[33:]


def _pdf(drawing: Drawing, look: Look) -> bytes:
    limit = [] if look.size else [PDF_SIZE]
    return picture(_dot(drawing, look, *limit), "pdf") + f"% {MARK}\n".encode()


FORMATS = {
    format.name: format
    for format in (
        Format("dot", (".dot", ".gv"), _dot),
        Format("svg", (".svg",), _svg),
        Format("png", (".png",), _png, binary=True),
        Format("pdf", (".pdf",), _pdf, binary=True),
        Format("html", (".html", ".htm"), _html, sized=False),
        Format("mermaid", (".mmd", ".mermaid"), _mermaid, sized=False),
        Format("tikz", (".tex", ".tikz"), _tikz),
    )
}
