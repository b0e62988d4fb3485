"""`resdsl data DIR`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.clean import clean, clean_json
from resdsl.cli.device import mistakes_end_here
from resdsl.cli.output import say

if TYPE_CHECKING:
    from resdsl.training.data.inspect import Report

ROWS = 20  # of classes that are shown one by one


@click.command("data")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="All that is known, as JSON.")
@click.option("--workers", type=click.IntRange(1, 256), help="Threads that decode images [the processors].")
@click.option("--strict", is_flag=True, help="End with status 1 where an image is damaged.")
def command(folder: Path | None, as_json: bool, workers: int | None, strict: bool) -> None:
    """Say what data there is in DIR [$RESDSL_DATA or ./data]: classes, counts, sizes, damage, mean and deviation.

    Every image is decoded once: of ImageNet's 1.28 million a processor does about 400 a second.
    """
    with mistakes_end_here():
        from resdsl.training.data.inspect import inspect
        from resdsl.training.data.reading import Reading

        report = inspect(Reading(folder, workers), _progress())
    if as_json:
        click.echo(clean_json(_document(report)), nl=False)
    else:
        for line in _lines(report):
            say(clean(line))
    sys.exit(1 if strict and report.damaged else 0)


def _progress() -> Iterator[None]:
    """Counts images on a terminal."""
    count = 0
    try:
        while True:
            count += 1
            if count % 100 == 0 and sys.stderr.isatty():
                click.echo(f"\r{count:,} images", err=True, nl=False)
            yield
    finally:
        if count >= 100 and sys.stderr.isatty():
            click.echo("\r\033[K", err=True, nl=False)


def _document(report: Report) -> dict[str, object]:
    train, val = report.images
    return {
        "folder": report.folder,
        "data": report.data,
        "train": train,
        "val": val,
        "bytes": report.bytes,
        "classes": [{"name": name, "train": own, "val": other} for name, (own, other) in report.counts.items()],
        "sizes": dict(zip(("smallest", "middle", "largest"), report.extremes, strict=False)),
        "kinds": dict(report.kinds),
        "mean": report.mean,
        "std": report.std,
        "damaged": report.damaged,
        "notes": report.notes,
    }


def _lines(report: Report) -> Iterator[str]:
    train, val = report.images
    yield f"{report.folder}: data {report.data}"
    size = f"{report.bytes / 1e6:,.1f} MB"
    yield f"{len(report.counts):,} classes, {train:,} training and {val:,} validation images, {size}"
    yield from _classes(report)
    if report.extremes:
        least, middle, most = (f"{width}x{height}" for width, height in report.extremes)
        yield f"sizes: {least}" if least == most else f"sizes: {least} to {most}, the middle one {middle}"
    if report.kinds:
        yield "kinds: " + ", ".join(f"{count:,} {kind}" for kind, count in report.kinds.most_common())
    if report.mean:
        yield f"mean {list(report.mean)}, std {list(report.std)} of the training images"
    yield f"damaged: {len(report.damaged):,}" if report.damaged else "no image is damaged"
    yield from (f"  {path} {reason}: mend or remove it" for path, reason in report.damaged.items())
    yield from (f"note: {note}" for note in report.notes)


def _classes(report: Report) -> Iterator[str]:
    if len(report.counts) > ROWS:
        for name, place in (("training", 0), ("validation", 1)):
            numbers = sorted((each[place], label) for label, each in report.counts.items())
            (least, label), (most, _) = numbers[0], numbers[-1]
            several = f"{least:,} ({label}) to {most:,}" if least < most else f"{least:,}"
            yield f"{name} images of a class: {several}"
        return
    width = max(map(len, ("class", *report.counts)))
    yield f"  {'class'.ljust(width)}  {'train':>7}  {'val':>7}"
    yield from (f"  {name.ljust(width)}  {train:>7,}  {val:>7,}" for name, (train, val) in report.counts.items())
