"""The tables of a study: LaTeX for papers, Markdown for pages, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from resdsl.ir.study import Over, Table
from resdsl.report.side_by_side import SPECIAL
from resdsl.study.results import Results, Spread

Row = tuple[str, ...]
UNITS = {
    "test_error": "test error (%)",
    "train_error": "training error (%)",
    "test_loss": "test loss",
    "train_loss": "training loss",
}
NOTHING = "–"
LATEX = """\
% It needs \\usepackage{{booktabs}}.
\\begin{{tabular}}{{{columns}}}
\\toprule
{head} \\\\
\\midrule
{rows}
\\bottomrule
\\end{{tabular}}
"""


def rows(results: Results, table: Table) -> list[Row]:
    """The head, and a row for each run."""
    study, published = results.plan.study, dict(table.published)
    several = (results.plan.conditions.seeds or study.seeds) > 1
    head = ("network", "layers", "parameters", *(["published"] if published else []), *_head(table.over, several))
    body = []
    for run in study.runs:
        network = run.network
        claimed = [published.get(run.name, NOTHING)] if published else []
        spread = results.final(run, table.of, table.over)
        cells = _cells(spread, several)
        body.append((study.labels[run.name], str(network.depth), f"{network.cost().params:,}", *claimed, *cells))
    return [head, *body]


def _head(over: Over, several: bool) -> tuple[str, ...]:
    return (over, "least", "most", "seeds") if several else ("ours",)


def _cells(spread: Spread | None, several: bool) -> tuple[str, ...]:
    if spread is None:
        return (NOTHING, NOTHING, NOTHING, "0") if several else (NOTHING,)
    numbers = tuple(f"{number:.2f}" for number in spread[:3])
    return (*numbers, str(spread.seeds)) if several else numbers[:1]


def written(results: Results, table: Table) -> Mapping[str, str]:
    """The table's files, by their suffixes."""
    found = rows(results, table)
    return {".md": _markdown(found, UNITS[table.of]), ".tex": _latex(found), ".csv": _csv(found)}


def _markdown(found: Sequence[Row], caption: str) -> str:
    head, *body = found
    lines = [f"{caption}:", "", _piped(head), "|---|" + "---:|" * (len(head) - 1), *map(_piped, body)]
    return "\n".join(lines) + "\n"


def _piped(row: Row) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def _latex(found: Sequence[Row]) -> str:
    head, *body = [[cell.translate(SPECIAL) for cell in row] for row in found]
    lines = (" & ".join(row) + r" \\" for row in body)
    return LATEX.format(columns="l" + "r" * (len(head) - 1), head=" & ".join(head), rows="\n".join(lines))


def _csv(found: Sequence[Row]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([cell.replace(",", "") for cell in row] for row in found)
    return file.getvalue()
