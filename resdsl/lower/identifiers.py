"""Names that users give become attributes of modules in every backend: what they cannot be."""

from __future__ import annotations

import keyword

from resdsl.codes import N007
from resdsl.ir.layers import Activation
from resdsl.language.words import IN_BLOCKS
from resdsl.lower.mistake import mistake
from resdsl.syntax import ast

# Kept as text, since the core imports no framework; a test holds it against the frameworks' own classes.
MODULE_ATTRIBUTES = frozenset(
    """
    T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half
    insert ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty
    train training type xpu zero_grad
    iter_children iter_modules perturb set_attributes set_mode sow view
    """.split()
)
OWN = frozenset({*Activation, "downsample", "bn_add", "bn_final", "activate_both", "out_channels"})


def check_name(name: ast.Name, what: str) -> None:
    """Raises Mistake where `name` cannot be an attribute of a module."""
    word = name.id
    if keyword.iskeyword(word):
        reason = "is a keyword of Python"
    elif word.startswith("_"):
        reason = "starts with an underscore"
    elif word in MODULE_ATTRIBUTES:
        reason = "is an attribute that modules already have"
    elif word in OWN:
        reason = "is a name that resdsl itself gives"
    else:
        return
    raise mistake(
        N007, name.span, f"the {what} '{word}' {reason}", f"choose another {what}, for example {_other(word)}"
    )


def check_parameter(name: ast.Name) -> None:
    """Raises Mistake where a block's parameter cannot be called `name`: every block or Python means something by it."""
    if name.id in IN_BLOCKS:
        raise mistake(N007, name.span, f"'{name.id}' is already defined in every block", "choose another name")
    if name.id.startswith("_"):
        found = f"the parameter '{name.id}' starts with an underscore"
        raise mistake(N007, name.span, found, f"choose another name, for example {_other(name.id)}")


def _other(word: str) -> str:
    return f"{word.strip('_') or 'a'}_1"
