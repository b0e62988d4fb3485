"""How long after a keystroke the findings are there: `resdsl lsp` as a process, over its protocol.

    python benchmarks/language_server.py [--keys 100]

Each key is sent once the findings of the last one have arrived; the time runs from sending the text to reading them.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from editor import Editor

SPECS = Path(__file__).parent.parent / "specs"
LINES = 300
AIM = 50


def several_networks() -> str:
    """Copies of the CIFAR-10 network under other names."""
    text = (SPECS / "cifar.res").read_text().split("\n# ")[0]
    copies = (text.replace("cifar_resnet", f"network{number}") for number in range(LINES))
    return _cut("".join(f"{copy}\n" for copy in copies), "\n}\n")


def several_networks_and_blocks() -> str:
    """The same after a block of the file's own, which any of them could use."""
    return "block own(filters) {\n  conv 3x3, filters, /stride\n}\n" + several_networks()


def one_network() -> str:
    """A single network of some seventy stages, each of four lines."""
    return _network("  # As in the table.\n  stage s{} {{\n    2 x basic(16)\n  }}\n", (LINES - 6) // 4)


def one_dense_network() -> str:
    """A single network of nearly three hundred stages: nobody writes one, but nothing is harder on 300 lines."""
    return _network("  stage s{}: 1 x basic(16)\n", LINES - 6)


def _network(stage: str, count: int) -> str:
    stages = "".join(stage.format(number) for number in range(count))
    return f"network long {{\n  input 3x32x32\n  stem {{ conv 3x3, 16 }}\n{stages}  head {{ avgpool; linear 10 }}\n}}\n"


def _cut(text: str, end: str) -> str:
    """About LINES lines of `text`, up to the last `end`."""
    lines = "\n".join(text.split("\n")[: LINES + 5])
    return lines[: lines.rindex(end) + len(end)]


def in_a_network(text: str) -> Iterator[str]:
    """A setting is typed letter by letter in the middle of the file, and deleted again."""
    stems = [found.start() for found in re.finditer(r"\n  stem", text)]
    at = stems[len(stems) // 2]
    typed = "\n  act leaky_relu(slope = 0.2)"
    for end in (*range(1, len(typed) + 1), *range(len(typed) - 1, -1, -1)):
        yield text[:at] + typed[:end] + text[at:]


def new_lines(text: str) -> Iterator[str]:
    """Lines are added on top, so that everything moves down."""
    for count in range(1, 40):
        yield "# more\n" * count + text


def in_a_block(text: str) -> Iterator[str]:
    """The number of a block's filters is changed: every network of the file has to be read again."""
    for number in range(1, 40):
        yield text.replace("conv 3x3, filters, /stride", f"conv 3x3, filters * {number}, /stride")


def anywhere(text: str) -> Iterator[str]:
    """A letter is lost somewhere, and the next time somewhere else."""
    chance = random.Random(0)
    for _ in range(60):
        at = chance.randrange(len(text))
        yield text[:at] + text[at + 1 :]


CASES: tuple[tuple[Callable[[], str], Callable[[str], Iterator[str]]], ...] = (
    (several_networks, in_a_network),
    (several_networks, anywhere),
    (several_networks, new_lines),
    (several_networks_and_blocks, in_a_block),
    (one_network, in_a_network),
    (one_network, anywhere),
    (one_dense_network, in_a_network),
)


def milliseconds(editor: Editor, file: Path, text: str, keys: list[str]) -> list[float]:
    """One time per key."""
    editor.open(file, text)
    times = []
    for key in keys:
        start = time.perf_counter()
        editor.change(file, key)
        times.append((time.perf_counter() - start) * 1000)
    editor.close(file)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=100, help="at most so many for each case")
    keys = parser.parse_args().keys
    editor = Editor()
    editor.start()
    print(f"{'file':<28} {'typing':<14} {'lines':>5} {'median':>9} {'90 %':>9}   aim {AIM} ms")
    with tempfile.TemporaryDirectory() as folder:
        for make, type_into in CASES:
            text = make()
            times = milliseconds(editor, Path(folder) / "a.res", text, list(type_into(text))[:keys])
            slow = statistics.quantiles(times, n=10)[-1]
            row = f"{make.__name__:<28} {type_into.__name__:<14} {text.count(chr(10)):>5}"
            print(f"{row} {statistics.median(times):>6.1f} ms {slow:>6.1f} ms")
    editor.process.kill()


if __name__ == "__main__":
    main()
