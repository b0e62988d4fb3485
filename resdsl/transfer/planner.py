"""From a checkpoint to the weights of a network: by the canonical names, or else by structure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations

import numpy as np

from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.transfer.file_modules import Module, conformed, modules
from resdsl.transfer.frontier import is_registration_order
from resdsl.transfer.match import keeps_order, match
from resdsl.transfer.reader import Stored
from resdsl.transfer.search import MisfitError, Reading
from resdsl.transfer.slots import Slot, slots
from resdsl.transfer.tensors import tensors
from resdsl.transfer.transfer_plan import Plan, plan
from resdsl.weights.canonical import parameters
from resdsl.weights.initial import initial_weights

# What may be missing as a whole while the rest is still matched by structure.
SECTIONS = ("head", "tail", "stem", "shortcut", "gate")


def plan_transfer(network: Network, stored: Stored) -> Plan:
    """How the checkpoint becomes weights of `network`, as far as it does.

    Raises MisfitError where that is uncertain, and WeightsError for a checkpoint that holds several networks.
    """
    entries, left = tensors(stored)
    wanted = slots(network)
    found = conformed(modules(entries), wanted)
    by_name = _by_name(wanted, found)
    if len(by_name) == len(wanted) == len(found):
        return plan("name", wanted, found, by_name, left)
    by_structure = _by_structure(wanted, found, stored.ordered and is_registration_order(entries))
    if len(by_structure) > len(by_name):
        return plan("structure", wanted, found, by_structure, left)
    return plan("name", wanted, found, by_name, left)


def transfer(network: Network, agreed: Plan) -> dict[str, Array]:
    """The weights of `network`: what the plan moves there, and initial values (seed 0) for what is missing.

    Raises MisfitError where the values are no numbers.
    """
    for move in agreed.moves:
        if not np.isfinite(move.entry.array).all():
            raise MisfitError(f"{move.entry.name} holds values that are no finite float32: check how it was saved")
    values = initial_weights(network) if agreed.missing else {}
    values |= {move.target: move.entry.array for move in agreed.moves}
    return {parameter.name: values[parameter.name] for parameter in parameters(network)}


def _by_name(wanted: Sequence[Slot], found: Sequence[Module]) -> Reading:
    named = {module.name: module for module in found}
    pairs = ((slot, named[slot.name]) for slot in wanted if slot.name in named)
    return {slot.name: module for slot, module in pairs if module.signature == slot.signature}


def _by_structure(wanted: Sequence[Slot], found: Sequence[Module], ordered: bool) -> Reading:
    """The reading of the whole, or else of the most that fits without some sections; raises MisfitError."""
    whole = match(wanted, found, ordered)
    if whole:
        return whole
    by_names = match(wanted, found, ordered=False) if ordered else None
    if by_names and keeps_order(by_names, wanted, found):
        return by_names
    if by_names:
        raise MisfitError("the file's order contradicts its names or shapes: rename the tensors to the canonical names")
    for kept in _without_sections(wanted):
        try:
            part = match(kept, _candidates(kept, found), ordered)
        except MisfitError:  # Of a part, several readings are no fit.
            continue
        if part:
            return part
    return {}


def _without_sections(wanted: Sequence[Slot]) -> list[list[Slot]]:
    """All slots, then the slots without some of the sections, as many as possible first."""
    present = [section for section in SECTIONS if any(slot.section == section for slot in wanted)]
    absent = chain.from_iterable(combinations(present, count) for count in range(len(present) + 1))
    kept = [[slot for slot in wanted if slot.section not in sections] for sections in absent]
    return [part for part in sorted(kept, key=len, reverse=True) if part]


def _candidates(kept: Sequence[Slot], found: Sequence[Module]) -> list[Module]:
    """The modules that one of the slots could take at all."""
    places = {(lane, slot.signature) for slot in kept for lane in (slot.lane, "main")}
    return [module for module in found if (module.lane, module.signature) in places]
