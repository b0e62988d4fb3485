"""grammar.lark into tables.py: `python -m resdsl.syntax.generate`. Lark makes the tables here, and is not needed after.

Reading the grammar anew would take each command more time than all the rest of its work.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lark import Lark
from lark.grammar import Rule, Symbol, Terminal
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift

FOLDER = Path(__file__).parent
GRAMMAR, TABLES = FOLDER.parent / "language" / "grammar.lark", FOLDER / "tables.py"
HEADER = '''"""The parser's tables, made of grammar.lark by `python -m resdsl.syntax.generate`."""
# ruff: noqa
# fmt: off

from typing import NamedTuple


class Rule(NamedTuple):
    """One production: `symbol` takes the place of the last `size` symbols.

    `build` says what becomes of the parts: a node of AstBuilder's, a list ("+"), or the only one itself ("").
    `parts` says which of the symbols are parts: None for an optional one that is absent, `~index` for a list to spread.
    """

    symbol: str
    build: str
    size: int
    parts: tuple[int | None, ...]

'''


def tables() -> str:
    """The text of tables.py for the grammar as it is."""
    lark = Lark(GRAMMAR.read_text("utf-8"), parser="lalr")
    table = lark.parser.parser._parse_table
    rules = {rule: index for index, rule in enumerate(lark.rules)}
    numbers = _numbers(table)
    patterns = [(term.name, term.pattern) for term in lark.terminals if term.pattern is not None]
    lines = [
        *_constant("LITERALS: dict[str, str]", {p.value: name for name, p in patterns if isinstance(p, PatternStr)}),
        *_constant("PATTERNS: dict[str, str]", {n: p.value for n, p in patterns if not isinstance(p, PatternStr)}),
        f"DECLARATIONS = {_keywords(lark, 'declaration')}",
        f"SECTIONS = {_keywords(lark, 'member', 'body')}",
        "RULES = (",
        *(f"    {_rule(rule)}," for rule in rules),
        ")",
        "# A state's actions: from 0 the state to go to, below 0 `~index` of the rule to apply.",
        "STATES: tuple[dict[str, int], ...] = (",
        *(f"    {_actions(table.states[state], rules, numbers) or {'$END': 0}!r}," for state in numbers),
        ")",
    ]
    return HEADER + "\n".join(lines) + "\n"


def _numbers(table: Any) -> dict[Any, int]:
    """A number for each state, in the order in which they are reached from the first."""
    found = [table.start_states["start"]]
    for state in found:
        reached = (argument for _, (action, argument) in sorted(table.states[state].items()) if action is Shift)
        found += [argument for argument in dict.fromkeys(reached) if argument not in found]
    return {state: number for number, state in enumerate(found)}


def _keywords(lark: Lark, rule: str, last: str = "") -> tuple[str, ...]:
    """The words that begin what `rule` can be, if that can end in `last`."""
    words = {term.name: term.pattern.value for term in lark.terminals if isinstance(term.pattern, PatternStr)}
    kinds = [found.expansion[0].name for found in lark.rules if found.origin.name == rule]
    begins = [
        found.expansion[0].name
        for kind in kinds
        for found in lark.rules
        if found.origin.name == kind and found.expansion[-1].name.startswith(last)
    ]
    return tuple(dict.fromkeys(words[name] for name in begins if name in words))


def _constant(name: str, mapping: dict[str, str]) -> list[str]:
    return [f"{name} = {{", *(f"    {key!r}: {value!r}," for key, value in mapping.items()), "}"]


def _rule(rule: Rule) -> str:
    return f"Rule{(str(rule.origin.name), _build(rule), len(rule.expansion), tuple(_parts(rule)))!r}"


def _build(rule: Rule) -> str:
    origin = str(rule.alias or rule.options.template_source or rule.origin.name)
    if origin.startswith("_"):
        return "+"
    passes = rule.options.expand1 and not rule.alias and len(list(_parts(rule))) == 1
    return "" if passes else origin


def _parts(rule: Rule) -> Iterator[int | None]:
    """Lark's own choice of what becomes a child: all but unnamed tokens, and None for what `[…]` leaves out."""
    indices = rule.options.empty_indices or (False,) * len(rule.expansion)
    absent = "".join("-" if empty else " " for empty in indices).split(" ")
    for index, symbol in enumerate(rule.expansion):
        yield from (None for _ in absent[index])
        if not (isinstance(symbol, Terminal) and symbol.filter_out):
            yield ~index if _is_list(symbol) else index
    yield from (None for _ in absent[-1])


def _is_list(symbol: Symbol) -> bool:
    return not symbol.is_term and symbol.name.startswith("_")


def _actions(actions: Any, rules: dict[Rule, int], numbers: dict[Any, int]) -> dict[str, int]:
    return {
        symbol: numbers[argument] if action is Shift else ~rules[argument]
        for symbol, (action, argument) in sorted(actions.items())
    }


if __name__ == "__main__":
    TABLES.write_text(tables(), "utf-8")
