"""One text that holds a spec and all that it uses: what a run folder keeps, so that the run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.diagnostics import Span
from resdsl.syntax.ast import Use
from resdsl.syntax.parse import parse


def one_text(sources: Mapping[str, str]) -> str:
    """The `sources` (text by file name, the spec itself first) as one; a single file stays as it is.

    Every `use` is taken out: what it names stands above.
    """
    if len(sources) == 1:
        return next(iter(sources.values()))
    plain = {name: text.removeprefix("\ufeff").replace("\r\n", "\n") for name, text in sources.items()}
    parts = (f"# --- {name}\n\n{_without_uses(name, text).strip()}\n" for name, text in plain.items())
    return "\n".join(reversed(list(parts)))


def _without_uses(name: str, text: str) -> str:
    lines = text.split("\n")  # As spans count them: other characters that end a line elsewhere do not here.
    for declaration in parse(name, text).file.declarations:
        if isinstance(declaration, Use):
            _blank(lines, declaration.span)
    return "\n".join(lines)


def _blank(lines: list[str], span: Span) -> None:
    """Puts spaces where `span`, which lies in one line, stands."""
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + " " * span.length + line[span.end_column - 1 :]
