"""X001: what the author expects of the network is true."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from resdsl.analysis.cost import cost
from resdsl.analysis.depth import depth
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.graph import Expectation, Network
from resdsl.rules.rule import Rule

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
    expect { depth 33 }
After:
    expect { depth 34; params 21_797_672; macs 3.66G; map 7x7 }

It cannot be allowed: correct the network or the expectation.
""",
)


def expectation(network: Network) -> Iterator[Finding]:
    """Compares each entry with the analysis."""
    for expected in network.expectations:
        found = _found(network, expected)
        shown = _shown(found, expected)
        if shown != expected.written:
            yield Finding(
                X001,
                expected.span,
                f"{expected.name} is {shown}{_exactly(found, expected)}, expected {expected.written}",
                "correct the network, or the expectation if the table is what you meant",
                f"found {shown}",
                details=stage_table(network),
            )


def _found(network: Network, expected: Expectation) -> int | tuple[int, int]:
    match expected.name:
        case "depth":
            return depth(network)
        case "params":
            return cost(network).params
        case "macs":
            return cost(network).macs
    last = network.stages[-1].output if network.stages else network.stem[-1].output if network.stem else network.input
    return last.height, last.width


def _shown(found: int | tuple[int, int], expected: Expectation) -> str:
    """`found` written as the expectation is."""
    if isinstance(found, tuple):
        return f"{found[0]}x{found[1]}"
    if expected.exact:
        return f"{found:,}"
    digits, suffix = expected.written[:-1], expected.written[-1]
    unit = Decimal({"k": 10**3, "M": 10**6, "G": 10**9}[suffix])
    step = Decimal(1).scaleb(-len(digits.partition(".")[2]))
    return f"{(Decimal(found) / unit).quantize(step, ROUND_HALF_UP)}{suffix}"


def _exactly(found: int | tuple[int, int], expected: Expectation) -> str:
    return "" if expected.exact or isinstance(found, tuple) else f" ({found:,})"


def stage_table(network: Network) -> str:
    """Section by section: map, params and MACs, aligned."""
    sections = [("stem", network.stem), *((s.name, s.items) for s in network.stages), ("head", network.tail + network.head)]
    rows = [("", "map", "params", "MACs")]
    for name, items in sections:
        if items:
            costs = [cost(item) for item in items]
            rows.append((name, str(items[-1].output), f"{sum(c.params for c in costs):,}", f"{sum(c.macs for c in costs):,}"))
    total = cost(network)
    rows.append(("total", "", f"{total.params:,}", f"{total.macs:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  " + "  ".join(f"{row[column]:>{widths[column]}}" for column in (1, 2, 3)) for row in rows
    )


RULE = Rule(X001, expectation)
