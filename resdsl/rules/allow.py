"""Runs the rules, and takes out what the author allows with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.codes import N001, N003, N011
from resdsl.diagnostics import Finding, Span
from resdsl.ir.graph import Allow, Network
from resdsl.rules import RULES
from resdsl.rules.expectation import X001
from resdsl.rules.identity_keeps_shape import D005
from resdsl.suggest import remedy

FIXED = {D005, X001}  # cannot be allowed: without them there is no network, or the text contradicts itself
ALLOWABLE = {name: rule.code for rule in RULES if rule.code not in FIXED for name in (rule.code.id, rule.code.slug)}


def broken_rules(network: Network) -> Iterator[Finding]:
    """The findings of all rules that are not allowed, and those on the allows themselves."""
    findings = [finding for rule in RULES for finding in rule.check(network)]
    allows = [(allow, None) for allow in network.allows]
    allows += [(allow, stage.span) for stage in network.stages for allow in stage.allows]
    used: set[Allow] = set()
    for finding in findings:
        covering = [allow for allow, reach in allows if _covers(allow, reach, finding)]
        used.update(covering)
        if not covering:
            yield finding
    for allow, _ in allows:
        yield from _check(allow, allow in used)


def _covers(allow: Allow, reach: Span | None, finding: Finding) -> bool:
    return ALLOWABLE.get(allow.rule) == finding.code and (reach is None or reach.contains(finding.span))


def _check(allow: Allow, used: bool) -> Iterator[Finding]:
    if allow.rule not in ALLOWABLE:
        help = remedy(allow.rule, ALLOWABLE, "rule")
        yield Finding(N001, allow.span, f"'{allow.rule}' is not a rule that can be allowed", help)
    elif not allow.reason.strip():
        yield Finding(N003, allow.span, f"allow {allow.rule} gives no reason", f'say why: allow {allow.rule} "…"')
    elif not used:
        yield Finding(N011, allow.span, f"allow {allow.rule} suppresses nothing", "remove it")
