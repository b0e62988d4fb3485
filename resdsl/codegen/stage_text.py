"""What stages and the helpers that make them have in common in every backend's source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.codegen.layout import INDENT, WIDTH, Group, call, laid_out
from resdsl.codegen.model import Helper, Run, Stage

# Longer unions of classes are not worth reading.
MOST_CLASSES = 3


def classes(function: Helper, module: str) -> str:
    """The type of the classes that a helper takes; `module` is what they all are."""
    if len(function.classes) > MOST_CLASSES:
        return f"Callable[..., {module}]"
    return " | ".join(f"type[{block.name}]" for block in function.classes)


def docstring(function: Helper) -> str:
    """What a helper makes."""
    strides = any(parameter.name == "stride" for parameter in function.classes[0].parameters)
    only = "; only the first strides" if strides else ""
    return f'{INDENT}"""`blocks` blocks in a row, each for the channels that the last one leaves{only}."""'


def rest(function: Helper, again: Group) -> Iterator[str]:
    """The lines that make a list of the blocks behind the first, each by the call `again`."""
    comprehension = f"{INDENT}rest = [{again} for _ in range(blocks - 1)]"
    if len(comprehension) <= WIDTH and not function.grows:
        yield comprehension
        return
    yield f"{INDENT}rest = []"
    yield f"{INDENT}for _ in range(blocks - 1):"
    if function.grows:
        yield f"{INDENT * 2}{function.classes[0].channels} = {function.classes[0].out}"
    yield from laid_out("", call("rest.append", (again,)), level=2)


def arguments(run: Run) -> tuple[str, ...]:
    """What the helper of a run is called with: `BasicBlock, channels=64, filters=64, blocks=3`."""
    given = {**dict(run.arguments), "blocks": run.blocks}
    names = (parameter.name for parameter in run.helper.parameters if parameter.name in given)
    return run.block.name, *(f"{name}={given[name]}" for name in names)


def titled(stage: Stage, lines: Iterable[str]) -> list[str]:
    """The lines of a stage, with its title beside them if that is plain and both fit one line."""
    first, *others = lines
    comment = f"  # {stage.title}" if re.fullmatch(r"[\w +-]+", stage.title, re.ASCII) else ""
    fits = not others and len(first + comment) <= WIDTH
    return [first + comment] if fits else [first, *others]
