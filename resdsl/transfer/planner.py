"""From a checkpoint to the weights of a network: by the canonical names, or else by structure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.transfer.file_modules import Module
from resdsl.transfer.frontier import is_registration_order
from resdsl.transfer.match import keeps_order, match
from resdsl.transfer.reader import Stored
from resdsl.transfer.search import MisfitError, Reading
from resdsl.transfer.slots import Slot, slots
from resdsl.transfer.subtree import Subtree, chosen_entries, left_out, subtrees
from resdsl.transfer.tensors import Left, tensors
from resdsl.transfer.transfer_plan import Plan, plan
from resdsl.weights.canonical import parameters
from resdsl.weights.check import NEGATIVE, unsound
from resdsl.weights.initial import initial_weights

# What may be missing as a whole while the rest is still matched by structure.
SECTIONS = ("head", "tail", "stem", "shortcut", "gate")


def plan_transfer(network: Network, stored: Stored, take: str = "", averaged: bool = False) -> Plan:
    """How the checkpoint becomes weights of `network`, as far as it does: what stands under `take`, raw or `averaged`.

    Raises MisfitError where that is uncertain, and WeightsError for what is not there.
    """
    entries, left = tensors(stored)
    wanted = slots(network)
    plans: list[Plan] = []
    doubts: list[MisfitError] = []
    for tree in subtrees(chosen_entries(entries, take, averaged), wanted):
        try:
            plans.append(_planned(wanted, tree, list(left_out(tree.prefix, entries, left)), stored.ordered))
        except MisfitError as doubt:
            doubts.append(doubt)
    found = max(plans, key=lambda one: len(one.moves), default=None)
    if found is None or (doubts and 2 * len({move.layer for move in found.moves}) < len(wanted)):
        raise doubts[0]
    as_good = [one for one in plans if len(one.moves) == len(found.moves) and not _nested(one.prefix, found.prefix)]
    if as_good and found.moves:
        raise MisfitError(
            f"as much of the network stands under {found.prefix} as under {as_good[0].prefix}: "
            f"choose with --take, for example --take {found.prefix}"
        )
    return found


def _nested(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def transfer(network: Network, agreed: Plan) -> dict[str, Array]:
    """The weights of `network`: what the plan moves there, and initial values (seed 0) for what is missing.

    Raises MisfitError where the values are no numbers.
    """
    for move in agreed.moves:
        fault = unsound(move.target, move.entry.array)
        if fault and fault != NEGATIVE:
            raise MisfitError(f"{move.entry.name} {fault}: check how it was saved")
    values = initial_weights(network) if agreed.missing else {}
    values |= {move.target: move.entry.array for move in agreed.moves}
    return {parameter.name: values[parameter.name] for parameter in parameters(network)}


def doubtful(agreed: Plan) -> Iterator[str]:
    """What can be moved, but not be computed with."""
    negative = [move for move in agreed.moves if unsound(move.target, move.entry.array) == NEGATIVE]
    if negative:
        yield f"{negative[0].entry.name} {NEGATIVE}: the weights cannot be evaluated; check how they were saved"


def _planned(wanted: Sequence[Slot], tree: Subtree, left: Sequence[Left], ordered: bool) -> Plan:
    prefix, entries, found = tree
    by_name = _by_name(wanted, found)
    if len(by_name) == len(wanted) == len(found):
        return plan("name", prefix, wanted, found, by_name, left)
    by_structure = _by_structure(wanted, found, ordered and is_registration_order(entries))
    if len(by_structure) > len(by_name):
        return plan("structure", prefix, wanted, found, by_structure, left)
    return plan("name", prefix, wanted, found, by_name, left)


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
