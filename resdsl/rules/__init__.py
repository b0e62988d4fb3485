"""The design rules, one file each."""

from __future__ import annotations

from resdsl.rules import (
    expectation,
    halve_map_double_filters,
    identity_keeps_shape,
    same_map_same_filters,
)
from resdsl.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    same_map_same_filters.RULE,
    halve_map_double_filters.RULE,
    identity_keeps_shape.RULE,
    expectation.RULE,
)
