"""D017: an input that looks like rows, columns and channels."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.network import Network

D017 = Code(
    "D017",
    "channels-first",
    Severity.WARNING,
    """An input is written as channels x rows x columns.

Why: papers, Keras and image files also write 32x32x3. Here that would be 32 channels of 32 rows and 3 columns,
which no network of He et al. 2016 (Table 1: 224x224) takes.

Before:
    input 32x32x3
After:
    input 3x32x32

Allow it where it is meant: allow D017 "spectra in 128 bands, 3 at a time"
""",
)
COLOURS = (1, 3, 4)


def channels_first(network: Network) -> Iterator[Breach]:
    """Looks at the input."""
    channels, rows, columns = network.input
    if columns in COLOURS and channels not in COLOURS and rows > columns:
        yield (
            None,
            Finding(
                D017,
                network.span,
                f"the input has {channels} channels of {rows}x{columns} pixels",
                f'if {columns} are the channels, write input {columns}x{channels}x{rows}; or say why not: allow D017 "…"',
            ),
        )


RULE = Rule(D017, channels_first)
