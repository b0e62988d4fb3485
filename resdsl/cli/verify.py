"""`resdsl verify SPEC…`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from resdsl.cli.device import mistakes_end_here
from resdsl.cli.output import say, stop
from resdsl.cli.spec import InputShape, checked_spec, load_spec, output_stride_option, set_option, specs_argument
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape

if TYPE_CHECKING:
    from resdsl.backend import Backend
    from resdsl.verify.compare import Comparison, StageErrors


@click.command("verify")
@specs_argument
@set_option
@output_stride_option
@click.option("--input", "shape", type=InputShape(), help="The input [small enough to be quick].")
@click.option("--batch", type=click.IntRange(min=2), default=8, show_default=True, help="Images per step.")
@click.option("--steps", type=click.IntRange(min=1), default=10, show_default=True, help="Training steps.")
def command(
    specs: tuple[str, ...], parameters: tuple[tuple[str, float], ...], shape: Shape | None, batch: int, steps: int
) -> None:
    """Build every installed backend from one seed, and show how far they part: forward, backward, and in training.

    Statistics (of the norms, in the forward pass), gradients, loss and then logits (in evaluation) come before any
    weights move, weights after the steps, at a rate that suits the gradients. All in float32, without dropout, as
    relative errors; the status is 1 where one is over its bar. Where the first backend strays from itself as soon as
    the images come in another order, four times that is allowed (not for logits): the cell says so.
    """
    with mistakes_end_here():
        backends = _installed()
        sound = [_verified(_chosen(spec, parameters, shape, batch), backends, batch, steps) for spec in specs]
    sys.exit(0 if all(sound) else 1)


def _installed() -> list[Backend]:
    from resdsl.backend import BackendMissing, backends, load_backend

    found = []
    for name in backends():
        try:
            found.append(load_backend(name).required())
        except BackendMissing as missing:
            say(f"left out: {missing}", err=True)
    if len(found) < 2:
        stop("verify needs two backends: install what is left out")
    return found


def _chosen(text: str, parameters: tuple[tuple[str, float], ...], shape: Shape | None, batch: int) -> Network:
    """The network at the input that was asked for, or at a small one."""
    from resdsl.checking.checker import one_network
    from resdsl.verify.case import small_input

    spec = load_spec(text, parameters, shape)

    def at(other: Shape) -> Network | None:
        located = spec.located
        return one_network(checked_spec(located, parameters, other), located.shown, located.network)

    return spec.network if shape else small_input(at, spec.network, batch)


def _verified(network: Network, backends: list[Backend], batch: int, steps: int) -> bool:
    from resdsl.verify.case import leaves_a_map, make_case
    from resdsl.verify.compare import compare

    if leaves_a_map(network):
        say(f"{network.name} leaves a map of {network.output}: the mean of each of its channels is compared")
    comparisons = list(compare(make_case(network, batch, steps), backends))
    for comparison in comparisons:
        _show(network, comparison, batch, steps)
    return all(comparison.sound for comparison in comparisons)


def _show(network: Network, comparison: Comparison, batch: int, steps: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from resdsl.verify.compare import BARS

    title = f"{network.name}: {comparison.other.framework} against {comparison.reference.framework}"
    table = Table(title=title, caption=f"input {network.input}, {batch} images, {steps} steps", title_justify="left")
    table.add_column("stage")
    for quantity, bar in BARS.items():
        table.add_column(f"{quantity}\n≤ {bar:.0e}", justify="right")
    for row in comparison.rows:
        table.add_row(row.stage, *(_cell(row, quantity) for quantity in BARS))
    Console().print(table)
    say("one network" if comparison.sound else f"they part at the {comparison.parting}")


def _cell(row: StageErrors, quantity: str) -> str:
    from resdsl.verify.compare import BARS

    if quantity not in row.errors:
        return ""
    allowed = row.allowed[quantity]
    bar = f" ≤ {allowed:.0e}" if allowed > BARS[quantity] else ""
    return f"[{'red' if quantity in row.over else 'green'}]{row.errors[quantity]:.1e}{bar}[/]"
