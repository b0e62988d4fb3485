"""The design rules, one file each."""

from __future__ import annotations

from resdsl.checking.rules import (
    bias_before_norm,
    clean_identity_path,
    downsample_by_conv,
    expectation,
    global_average_head,
    halve_map_double_filters,
    identity_keeps_shape,
    large_stem_small_input,
    odd_map_halved,
    outputs_are_the_classes,
    plain_too_deep,
    projection_where_identity_fits,
    same_map_same_filters,
)
from resdsl.checking.rules.rule import Rule
from resdsl.codes import CODES

RULES: tuple[Rule, ...] = (
    same_map_same_filters.RULE,
    halve_map_double_filters.RULE,
    downsample_by_conv.RULE,
    global_average_head.RULE,
    identity_keeps_shape.RULE,
    clean_identity_path.RULE,
    odd_map_halved.RULE,
    large_stem_small_input.RULE,
    plain_too_deep.RULE,
    bias_before_norm.RULE,
    projection_where_identity_fits.RULE,
    expectation.RULE,
    outputs_are_the_classes.RULE,
)
ALL_CODES = (*CODES, *(rule.code for rule in RULES))
