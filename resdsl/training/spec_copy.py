"""One text that holds a spec and all that it uses: what a run folder keeps, so that the run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.diagnostics import Span
from resdsl.specs import SHIPPED
from resdsl.syntax.ast import NetworkDeclaration, Section, Use
from resdsl.syntax.parse import parse, plain_text


def one_text(sources: Mapping[str, str]) -> str:
    """The `sources` (text by file name, the spec itself first) as one; a single file stays as it is.

    Every `use` is taken out: what it names stands above. So is what a shipped network expects, which may be of another.
    """
    if len(sources) == 1:
        return next(iter(sources.values()))
    plain = {name: plain_text(text) for name, text in sources.items()}
    parts = (f"# --- {name}\n\n{_without_uses(name, text).strip()}\n" for name, text in plain.items())
    return "\n".join(reversed(list(parts)))


def _without_uses(name: str, text: str) -> str:
    lines = text.split("\n")  # As spans count them: other characters that end a line elsewhere do not here.
    for declaration in parse(name, text).file.declarations:
        if isinstance(declaration, Use):
            _blank(lines, declaration.span)
        elif isinstance(declaration, NetworkDeclaration) and name.startswith(SHIPPED):
            for member in declaration.members:
                if isinstance(member, Section) and member.kind == "expect":
                    _blank(lines, member.span)
    return "\n".join(lines)


def _blank(lines: list[str], span: Span) -> None:
    """Puts spaces where `span` stands."""
    for number in range(span.line, span.end_line + 1):
        line = lines[number - 1]
        start = span.column - 1 if number == span.line else 0
        end = span.end_column - 1 if number == span.end_line else len(line)
        lines[number - 1] = line[:start] + " " * (end - start) + line[end:]
