"""Valid `.res` texts by chance, with everything that a block, a shortcut, a stage or a setting may hold."""

from __future__ import annotations

from hypothesis import strategies as st

ORDERS = ("post", "norm_after_add", "act_before_add", "act_pre", "pre", "pre(first = raw)")
SHORTCUTS = ("none", "identity", "pad", "pad_centered", "projection", "pooled_projection", "fancy", "labelled")
NORMS = ("batch", "batch(eps = 1e-3, momentum = 0.2)", "group(groups = 2)", "none")
ACTS = ("relu", "gelu", "silu", "leaky_relu(slope = 0.2)", "none")

# Declared in every text; what a block is called with stands beside it. All keep the map at stride 1.
BLOCKS = {
    "basic": ("", ("{f}",)),
    "bottleneck": ("", ("{f}", "{f}, expansion = 2", "{f}, groups = 2", "{f}, width = {f} * 2", "{f}, 1, 2, {f}")),
    "bottleneck_v1": ("", ("{f}", "{f}, 2")),
    "single": ("", ("{f}",)),
    "growing": ("block growing(step) { conv 3x3, in + step, /stride; conv 1x1, in + step }", ("4",)),
    "own_names": (
        "block own_names(channels, first = 2, lambda = channels // 2) "
        "{ down: conv 1x1, lambda * first, /stride; conv 3x3, channels, groups = first; drop: dropout 0.25 }",
        ("{f}", "{f}, lambda = {f}", "{f}, 1"),
    ),
    "gated": (
        "block gated(filters, k = 3, d = 1) { conv k, filters, /stride, dilation = d; squeeze_excite 2; act; "
        "conv 1x3, filters, bias = true }",
        ("{f}", "{f}, k = 5", "{f}, d = 2", "{f}, 1, 2"),
    ),
    "separable": (
        "block separable(filters) { conv 3x3, in, /stride, groups = in, act = none; conv 1x1, filters; act }",
        ("{f}",),
    ),
    "pooling": (
        "block pooling(filters, p = 1) { act; maxpool 3x3, /stride, pad = p; norm; conv 3x3, filters, norm = none, "
        "act = silu; conv 3x3, filters, norm = batch(eps = 1e-2) }",
        ("{f}",),
    ),
}
BLOCKS |= {
    "nested": ("block nested(filters) { bottleneck(filters // 4); scale 0.5; basic(filters) }", ("{f}",)),
    "splitting": (
        "block splitting(filters, g = 1) { conv 1x1, filters; split_attention 3x3, filters, /stride, groups = g, hidden = 8 }",
        ("{f}", "{f}, g = 2"),
    ),
    "selecting": (
        "block selecting(filters) { selective_kernel filters * 2, /stride, split = true; conv 1x1, filters }",
        ("{f}",),
    ),
    "hierarchical": (
        "block hierarchical(filters, s = 4) { conv 1x1, filters; hierarchical_conv 3x3, /stride, scale = s }",
        ("{f}", "{f}, s = 2"),
    ),
    "lopsided": (
        "block lopsided(filters) { conv 3x3, filters, /stride, pad = [0x1, 2x1]; maxpool 3x3, pad = [2, 0]; conv 1x1, filters; "
        "blur_pool 3x3 }",
        ("{f}",),
    ),
}
EXTRA_SHORTCUTS = """
shortcut fancy { subsample /stride; act; conv 1x1, out // 2; avgpool 3x3; conv 1x1, out }
shortcut labelled { shrink: avgpool 2x2, /stride; clean: norm; conv 1x1, out }
"""
STAGE_LAYERS = (
    "maxpool 3x3",
    "avgpool 3x3",
    "conv 3x3, 8",
    "mix: conv 1x1, 12, bias = true",
    "act",
    "norm",
    "dropout 0.5",
    "maxpool 3x3, /2, pad = zero, ceil = true",
    "avgpool 2x2, /2x1, ceil = true",
    "avgpool 3x3, /2, pad = zero",
    "conv 3x3, 8, /2, pad = [0, 1]",
    "blur_pool 3x3, /2",
)
HEADS = (
    "avgpool; linear 5",
    "linear 6; act; dropout 0.5; linear 5",
    "conv 1x1, 5; avgpool",
    "avgpool; dropout 0.2; linear 5, bias = false",
    "avgpool; linear 8; norm; act; linear 5",
    "maxpool 2x2, /2; squeeze_excite 4",
    "act; linear 5",
)


@st.composite
def runs(draw: st.DrawFn, with_stride: bool = True) -> str:
    kind = draw(st.sampled_from(sorted(BLOCKS)))
    filters = draw(st.sampled_from((8, 16)))
    arguments = draw(st.sampled_from(BLOCKS[kind][1])).format(f=filters)
    stride = draw(st.sampled_from(("", "", ", /2", ", /2", ", /2x1"))) if with_stride else ""
    return f"{draw(st.integers(1, 3))} x {kind}({arguments}){stride}"


@st.composite
def settings(draw: st.DrawFn, shortcut: str = "") -> list[str]:
    """A few settings, each of them maybe left out."""
    choices = [
        f"order {draw(st.sampled_from(ORDERS))}",
        f"norm {draw(st.sampled_from(NORMS))}",
        f"act {draw(st.sampled_from(ACTS))}",
        f"init he(mode = {draw(st.sampled_from(('fan_in', 'fan_out')))}), "
        f"zero_last_norm = {draw(st.sampled_from(('true', 'false')))}",
        f"downsampling {draw(st.sampled_from(('strided', 'blurred(3)', 'averaged')))}",
        f"weights {draw(st.sampled_from(('plain', 'standardized(eps = 1e-6)')))}",
        shortcut or f"shortcut {draw(st.sampled_from(SHORTCUTS))}{draw(st.sampled_from(('', ' always')))}",
    ]
    return [choice for choice in choices if draw(st.booleans())]


@st.composite
def stages(draw: st.DrawFn, name: str) -> str:
    own = draw(st.one_of(st.just([]), settings()))
    if draw(st.booleans()):
        return f"stage {name}: {draw(runs())} {{ {'; '.join(own)} }}" if own else f"stage {name}: {draw(runs())}"
    items = draw(st.lists(st.one_of(runs(), st.sampled_from(STAGE_LAYERS)), min_size=1, max_size=4, unique=True))
    return f"stage {name} {{ {'; '.join([*own, *items])} }}"


@st.composite
def specs(draw: st.DrawFn) -> str:
    """A text that is valid but for what only lowering can see: shapes that do not meet."""
    declared = "\n".join(text for text, _ in BLOCKS.values() if text)
    stem = draw(
        st.sampled_from(("", "stem { conv 3x3, 8 }", "stem { conv 5x5, 8, /2; maxpool 3x3, /2; conv 3x3, 16 }"))
    )
    own = draw(settings(shortcut="shortcut projection") if draw(st.booleans()) else settings())
    body = [draw(stages(f"layer{number}")) for number in range(1, draw(st.integers(1, 3)) + 1)]
    head = f"head {{ {draw(st.sampled_from(HEADS))} }}" if draw(st.booleans()) else ""
    members = "\n  ".join(filter(None, ("input 4x16x12", *own, stem, *body, head)))
    return f"{declared}\n{EXTRA_SHORTCUTS}\nnetwork random {{\n  {members}\n}}\n"
