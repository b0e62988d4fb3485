"""All that is written of a study: its figures, its tables, and one page that holds them and stands alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from resdsl.atomic import write_atomically
from resdsl.plots.picture import encoded
from resdsl.study.charts import chart
from resdsl.study.results import Results
from resdsl.study.tables import UNITS, Row, rows, written

FORMATS = ("svg", "pdf", "png")
PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
figure {{ margin: 1.5rem 0; overflow-x: auto; }}
img {{ max-width: 100%; }}
table {{ border-collapse: collapse; margin: 1rem 0; border-top: 2px solid; border-bottom: 2px solid; }}
th, td {{ padding: .2rem .8rem; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
thead {{ border-bottom: 1px solid; }}
.lacking {{ border-left: 4px solid #d55e00; padding-left: 1rem; }}
caption {{ text-align: left; }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def report(results: Results) -> list[Path]:
    """Writes everything into the study's folder (PlotError, OSError); gives the files, the page last."""
    study, folder = results.plan.study, results.plan.folder
    files: list[Path] = []
    figures: list[bytes] = []
    for name, plot in zip(_names("figure", [plot.WORD.name for plot in study.plots]), study.plots, strict=True):
        if drawn := chart(results, plot):
            pictures = {format: encoded(drawn, format) for format in FORMATS}
            files += _write(folder, name, {f".{format}": picture for format, picture in pictures.items()})
            figures.append(pictures["svg"])
    for name, table in zip(_names("table", [table.name for table in study.tables]), study.tables, strict=True):
        files += _write(folder, name, {suffix: text.encode() for suffix, text in written(results, table).items()})
    page = PAGE.format(title=escape(study.title or study.name), body="\n".join(_body(results, figures)))
    return files + _write(folder, "report", {".html": page.encode()})


def _names(first: str, words: Sequence[str]) -> Iterator[str]:
    """`figure`, and then `figure-responses`; a word that comes again gets a number."""
    for number, word in enumerate(words):
        again = words[1:number].count(word)
        yield first if number == 0 else f"{first}-{word}" + (f"-{again + 1}" if again else "")


def _write(folder: Path, name: str, contents: dict[str, bytes]) -> list[Path]:
    for suffix, content in contents.items():
        write_atomically(folder / f"{name}{suffix}", content)
    return [folder / f"{name}{suffix}" for suffix in contents]


def _body(results: Results, figures: Sequence[bytes]) -> Iterator[str]:
    plan = results.plan
    study = plan.study
    if study.cite:
        yield f"<p>After {escape(study.cite)}.</p>"
    if lacking := list(results.lacking):
        yield f'<div class="lacking"><p>Not in the figures:</p>{_items(lacking)}</div>'
    for figure in figures:
        picture = base64.b64encode(figure).decode()
        yield f'<figure><img alt="{escape(study.title)}" src="data:image/svg+xml;base64,{picture}"></figure>'
    for table in study.tables:
        yield _table(rows(results, table), UNITS[table.of])
    if differences := [*study.notes, *plan.conditions.said]:
        yield f"<h2>What differs from the published conditions</h2>{_items(differences)}"


def _items(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _table(found: Sequence[Row], caption: str) -> str:
    head, *body = found
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in body)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>\n{lines}</tbody></table>"
