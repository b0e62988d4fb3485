"""Runs the rules, and takes out what the author allows with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules import ALL_CODES, RULES
from resdsl.codes import N001, N003, N011
from resdsl.diagnostics import Code, Finding, Span
from resdsl.ir.network import Allow, Network
from resdsl.suggest import nearest

ALLOWABLE = {name: rule.code for rule in RULES if rule.allowable for name in (rule.code.id, rule.code.slug)}
_FIXED = {name for code in ALL_CODES for name in (code.id, code.slug)} - set(ALLOWABLE)


def broken_rules(network: Network, declaration: Span) -> Iterator[Finding]:
    """The findings of all rules that are not allowed, one for each place, and those on the allows themselves.

    What the network that it derives from allows, outside of its own `declaration`, may have no use here.
    """
    used: set[Allow] = set()
    seen: set[tuple[Code, Span]] = set()
    for finding, covering in _breaches(network):
        used.update(covering)
        if not covering and (finding.code, finding.span) not in seen:
            seen.add((finding.code, finding.span))
            yield finding
    free = network.free
    if free and free not in used and declaration.contains(free.span):
        yield Finding(N011, free.span, "design free suppresses nothing", "remove it")
    for allow in (*network.allows, *(allow for stage in network.stages for allow in stage.allows)):
        if faults := list(_faults(allow)):
            yield from faults
        elif allow not in used and declaration.contains(allow.span):
            yield Finding(N011, allow.span, f"allow {allow.rule} suppresses nothing", "remove it")


def useless(network: Network) -> set[Span]:
    """Where the allows of `network` stand, its stages' apart, that suppress nothing."""
    used = {allow for _, covering in _breaches(network) for allow in covering}
    return {allow.span for allow in network.allows if allow not in used}


def _breaches(network: Network) -> Iterator[tuple[Finding, list[Allow]]]:
    """The findings of all rules, each with what allows it."""
    for rule in RULES:
        for stage, finding in rule.check(network):
            in_reach = network.allows + (stage.allows if stage else ())
            covering = [allow for allow in in_reach if ALLOWABLE.get(allow.rule) == finding.code]
            if network.free and rule.of_the_papers:
                covering.append(network.free)
            yield finding, covering


def _faults(allow: Allow) -> Iterator[Finding]:
    if allow.rule in _FIXED:
        help = f"correct what it finds: resdsl explain {allow.rule} says how"
        yield Finding(N001, allow.span, f"{allow.rule} cannot be allowed", help)
    elif allow.rule not in ALLOWABLE:
        match = nearest(allow.rule, ALLOWABLE)
        help = f"did you mean '{match}'?" if match else "resdsl explain lists all rules"
        yield Finding(N001, allow.span, f"there is no rule '{allow.rule}'", help)
    elif not allow.reason.strip():
        yield Finding(N003, allow.span, f"allow {allow.rule} gives no reason", f'say why: allow {allow.rule} "…"')
