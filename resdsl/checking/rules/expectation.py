"""X001: what the author expects of the network is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer, Linear
from resdsl.ir.network import Expectation, Network
from resdsl.ir.shape import Pair

X001 = Code(
    "X001",
    "expectation",
    Severity.ERROR,
    """What `expect` says of the network is true.

Why: the published table is the test of a network that was typed in. `depth` counts the weight layers on the main path
as papers do, `params` everything learned, `macs` the multiply-adds of convs and linears for one image of the declared
input, `map` is the last map before the head. An integer must match exactly; 1.7M or 3.66G must match when rounded to
the digits given.

Before:
    stem { conv 3x3, 16 }
    stage layer1: 3 x basic(16)
    expect { depth 7 }
After:
    stem { conv 3x3, 16 }
    stage layer1: 3 x basic(16)
    expect { depth 8; params 14_650; macs 14.6M; map 32x32 }

It cannot be allowed: correct the network or the expectation.
""",
)
_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}
Quantity = int | Pair


def expectation(network: Network) -> Iterator[Breach]:
    """Compares each entry with the analysis; the first one that fails shows the stages."""
    pairs = [(expected, _found(network, expected)) for expected in network.expectations]
    wrong = [
        (expected, found) for expected, found in pairs if _shown(found, expected) != _shown(expected.value, expected)
    ]
    for position, (expected, found) in enumerate(wrong):
        yield None, _finding(network, expected, found, "" if position else stage_table(network))


def _remedy(network: Network, expected: Expectation, found: Quantity) -> str:
    if expected.name == "depth":
        aside = sum(
            layer.is_weight_layer for block in network.blocks if block.shortcut for layer in block.shortcut.layers
        )
        linears = sum(isinstance(layer, Linear) for layer in network.head)
        counted = {network.depth + aside: "", network.depth + aside - linears: " and no linear layer"}
        if aside and expected.value in counted:
            what = f"the {aside} projections too{counted[expected.value]}"
            return f"{expected.written} counts {what}, as wide ResNets do: write depth {network.depth}"
    return "correct the network, or the expectation if the network is what you meant"


def _finding(network: Network, expected: Expectation, found: Quantity, details: str) -> Finding:
    shown = _shown(found, expected)
    exactly = "" if expected.exact else f" ({found:,})"
    return Finding(
        X001,
        expected.span,
        f"{expected.name} is {shown}{exactly}, expected {expected.written}",
        _remedy(network, expected, found),
        f"found {shown}",
        details=details,
    )


def _found(network: Network, expected: Expectation) -> Quantity:
    match expected.name:
        case "depth":
            return network.depth
        case "params":
            return network.cost().params
        case "macs":
            return network.cost().macs
    last = network.stages[-1].output if network.stages else network.stem[-1].output if network.stem else network.input
    return last.map


def _shown(quantity: Quantity, expected: Expectation) -> str:
    """`quantity` written as the expectation is: with its suffix, and rounded to its digits."""
    if isinstance(quantity, tuple):
        return f"{quantity[0]}x{quantity[1]}"
    if expected.exact:
        return f"{quantity:,}"
    digits, suffix = expected.written[:-1], expected.written[-1]
    with localcontext(prec=100):  # the digits may be many, and Decimal refuses more than its precision
        value = Decimal(quantity) / _UNITS[suffix]
        return f"{value.quantize(Decimal(digits), ROUND_HALF_UP):f}{suffix}"


def stage_table(network: Network) -> str:
    """Section by section: map, params and MACs, aligned."""
    stages = ((stage.name, stage.items) for stage in network.stages)
    sections = (("stem", network.stem), *stages, ("head", network.tail + network.head))
    rows = [("", "map", "params", "MACs"), *(_row(name, items) for name, items in sections if items)]
    total = network.cost()
    rows.append(("total", "", f"{total.params:,}", f"{total.macs:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))).rstrip() for row in rows
    )


def _row(name: str, items: Sequence[Block | Layer]) -> tuple[str, str, str, str]:
    costs = [item.cost() for item in items]
    return name, str(items[-1].output), f"{sum(c.params for c in costs):,}", f"{sum(c.macs for c in costs):,}"


RULE = Rule(X001, expectation, allowable=False)
