"""Networks side by side, written out: LaTeX for papers, Markdown for pages, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Literal, assert_never

from resdsl.analysis.side_by_side import Cell, Entry, MapRow, SideBySide
from resdsl.ir.cost import short
from resdsl.ir.layers.window import size_text

TableFormat = Literal["latex", "markdown", "csv"]
Rows = Iterator[tuple[str, ...]]

LATEX = """\
% As it stands, pdflatex makes a page of it. In a paper, \\usepackage{{standalone}} and \\input this file,
% or copy the tabular: it needs \\usepackage{{booktabs}}.
\\documentclass[border=4pt]{{standalone}}
\\usepackage[utf8]{{inputenc}}
\\usepackage{{booktabs}}
\\begin{{document}}
\\renewcommand{{\\arraystretch}}{{1.25}}
\\begin{{tabular}}{{lc*{{{count}}}{{c}}}}
\\toprule
{head} \\\\
\\midrule
{rows}
\\midrule
{totals}
\\bottomrule
\\end{{tabular}}
\\end{{document}}
"""
SPECIAL = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "#$%&_"}, "×": r"$\times$", "–": "--", "<": r"\textless{}",
    ">": r"\textgreater{}", '"': "''", "|": r"\textbar{}",
})  # fmt: skip


def written_table(table: SideBySide, format: TableFormat) -> str:
    """The table as a text file's content."""
    match format:
        case "latex":
            return _latex(table)
        case "markdown":
            return _markdown(table)
        case "csv":
            return _csv(table)
        case _:
            assert_never(format)


def _totals(table: SideBySide, exact: bool = False) -> Rows:
    """What stands under the table."""
    if table.orders:
        yield "order", "", *table.orders
    costs = [network.cost() for network in table.networks]
    yield "weight layers", "", *(str(network.depth) for network in table.networks)
    for name, numbers in (
        ("parameters", [cost.params for cost in costs]),
        ("MACs", [cost.macs for cost in costs]),
        ("FLOPs (2 per MAC)", [cost.flops for cost in costs]),
    ):
        yield name, "", *(str(number) if exact else short(number) for number in numbers)


def _csv(table: SideBySide) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("stage", "output size", *table.titles))
    for row in table.rows:
        writer.writerow((row.name, size_text(row.size), *(" + ".join(map(_plain, cell)) for cell in row.cells)))
    writer.writerows(_totals(table, exact=True))
    return text.getvalue()


def _markdown(table: SideBySide) -> str:
    rows = [
        (row.name, size_text(row.size), *("<br>".join(map(_plain, cell)) for cell in row.cells)) for row in table.rows
    ]
    head = ("stage", "output size", *table.titles)
    lines = [head, (":--", *(":-:" for _ in head[1:])), *rows, *_totals(table)]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _plain(entry: Entry) -> str:
    """`[3x3, 64; 3x3, 64] ×3`."""
    lines = "; ".join(entry.lines)
    return f"[{lines}] ×{entry.times}" if entry.times else lines


def _latex(table: SideBySide) -> str:
    head = " & ".join(("stage", "output size", *(title.translate(SPECIAL) for title in table.titles)))
    rows = " \\\\\n\\addlinespace\n".join(_latex_row(row) for row in table.rows)
    totals = "\n".join(f"{' & '.join(cell.translate(SPECIAL) for cell in line)} \\\\" for line in _totals(table))
    return LATEX.format(count=len(table.networks), head=head, rows=rows + " \\\\", totals=totals)


def _latex_row(row: MapRow) -> str:
    cells = [_latex_cell(cell) for cell in row.cells]
    if len(cells) > 1 and len(set(cells)) == 1:
        cells = [f"\\multicolumn{{{len(cells)}}}{{c}}{{{cells[0]}}}"]
    return " &\n  ".join((row.name.translate(SPECIAL), _times(size_text(row.size)), *cells))


def _latex_cell(cell: Cell) -> str:
    """Its entries one below the other."""
    lines = " \\\\ ".join(map(_latex_entry, cell))
    return f"\\begin{{tabular}}{{@{{}}c@{{}}}}{lines}\\end{{tabular}}" if len(cell) > 1 else lines


def _latex_entry(entry: Entry) -> str:
    lines = [_times(line.translate(SPECIAL)) for line in entry.lines]
    if not entry.times:
        return lines[0]
    block = r" \\ ".join(f"\\mbox{{{line}}}" for line in lines)
    return f"$\\left[\\begin{{array}}{{c}}{block}\\end{{array}}\\right]\\times{entry.times}$"


def _times(text: str) -> str:
    """`3x3` with the sign that belongs there."""
    return re.sub(r"(\d+)x(\d+)", r"$\1{\\times}\2$", text)
