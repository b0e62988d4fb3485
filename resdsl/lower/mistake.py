"""How lowering gives up on one statement and goes on with the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from resdsl.diagnostics import Code, Finding, Fix, Span

PRELUDE = "<prelude>"


class Mistake(Exception):
    """Something in the text that forbids going on with this statement; without a finding where it was reported before."""

    def __init__(self, finding: Finding | None) -> None:
        self.finding = finding
        super().__init__(finding.message if finding else "already reported")


def mistake(code: Code, span: Span, message: str, help: str, label: str = "", fix: Fix | None = None) -> Mistake:
    """A Mistake with its finding."""
    return Mistake(Finding(code, span, message, help, label, fix=fix))


@dataclass(slots=True)
class Report:
    """Collects findings, each once; `failed` says whether anything was given up, reported or not."""

    _found: dict[Finding, None] = field(default_factory=dict)
    failed: bool = False

    @property
    def findings(self) -> list[Finding]:
        return list(self._found)

    def add(self, finding: Finding) -> None:
        self._found[finding] = None

    @contextmanager
    def collecting(self, anchor: Span | None = None) -> Iterator[None]:
        """Turns a Mistake inside into a finding and goes on after it; one in the standard library moves to `anchor`."""
        try:
            yield
        except Mistake as given_up:
            self.failed = True
            finding = given_up.finding
            if finding and anchor and finding.span.file == PRELUDE:
                finding = replace(finding, span=anchor)
            if finding:
                self.add(finding)
