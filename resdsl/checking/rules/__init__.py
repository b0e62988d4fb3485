"""The design rules, one file each."""

from __future__ import annotations

from resdsl.checking.rules import (
    bare_logits,
    bias_before_norm,
    channels_first,
    clean_identity_path,
    downsample_by_conv,
    expectation,
    global_average_head,
    halve_map_double_filters,
    identity_keeps_shape,
    large_stem_small_input,
    odd_map_halved,
    one_value_per_channel,
    outputs_are_the_classes,
    plain_too_deep,
    projection_where_identity_fits,
    same_map_same_filters,
    share_of_the_new,
    steps_not_epochs,
    stride_on_one_pixel,
    twice_the_same,
    zero_needs_a_shortcut,
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
    one_value_per_channel.RULE,
    share_of_the_new.RULE,
    stride_on_one_pixel.RULE,
    twice_the_same.RULE,
    bare_logits.RULE,
    channels_first.RULE,
    zero_needs_a_shortcut.RULE,
    expectation.RULE,
    outputs_are_the_classes.RULE,
    steps_not_epochs.RULE,
)
ALL_CODES = (*CODES, *(rule.code for rule in RULES))
