"""The canonical form of a text: the same tree, the same comments, and one way to write them down."""

from __future__ import annotations

from resdsl.diagnostics import Finding
from resdsl.syntax.layout import Layout, comments_of, written
from resdsl.syntax.parse import parse, plain_text
from resdsl.syntax.pretty import entry


class FormatError(Exception):
    """The text does not follow the grammar; `findings` say where."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{finding.span}: {finding.message}" for finding in findings))


def formatted(file: str, content: bytes | str) -> str:
    """The text in canonical form, with line ends like its first one; raises FormatError where it cannot be read."""
    parsed = parse(file, content)
    if parsed.findings:
        raise FormatError(parsed.findings)
    text = content if isinstance(content, str) else content.decode("utf-8")
    plain = plain_text(text)
    layout = Layout(comments_of(plain))
    end = (plain.count("\n") + 2, 0)
    layout.body([entry(declaration) for declaration in parsed.file.declarations], 0, "", 0, end)
    lines = "".join(f"{line}\n" for line in written(layout.lines))
    return lines.replace("\n", "\r\n") if text.partition("\n")[0].endswith("\r") else lines
