"""The IR as JSON, validated by pydantic where it comes in."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from resdsl.ir.network import Network


@cache
def _adapter() -> TypeAdapter[Network]:
    return TypeAdapter(Network)


def to_json(network: Network) -> str:
    """The whole network, spans included, as one JSON object."""
    return _adapter().dump_json(network, indent=1).decode()


def from_json(text: str | bytes) -> Network:
    """The network that `to_json` wrote; raises pydantic.ValidationError for anything else."""
    return _adapter().validate_json(text)
