"""What is told of an ID and its address: the same words in every command."""

from __future__ import annotations

import argparse
from typing import Any

from .._rules import entity_type
from ..address import Address
from ..identity import EntityType, Identifier
from ..verdict import DimError

NETWORKS = {"user": 0, "group": 1, "station": 2, "isp": 3, "bot": 4}
"""What ``--network`` may say instead of a number."""

_KINDS = {int(entity): entity.name.lower() for entity in EntityType}


def network_byte(text: str) -> int:
    """A network by name or number, for ``--network``."""
    if (number := NETWORKS.get(text.lower())) is not None:
        return number
    try:
        number = int(text, 0)
    except ValueError:
        number = -1  # also thousands of digits
    if not 0 <= number <= 255:
        names = ", ".join(NETWORKS)
        raise argparse.ArgumentTypeError(f"0 to 255, or {names}, is wanted, not {text[:40]!r}")
    return number


def identifier(text: str) -> Identifier:
    """An ID, for options that take one."""
    try:
        return Identifier.parse(text)
    except DimError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def identifier_facts(identifier: Identifier) -> dict[str, Any]:
    """The parts of an ID and what they mean."""
    kind = int(identifier.type)
    return {
        "id": str(identifier),
        "name": identifier.name,
        "address": identifier.address,
        "terminal": identifier.terminal,
        "network": identifier.network,
        "type": kind,
        "kind": kind_of(kind),
        "number": identifier.number,
        "number_text": identifier.number_text,
        "number_le": identifier.number_le,
        "broadcast": identifier.is_broadcast,
    }


def address_facts(address: Address) -> dict[str, Any]:
    """The same for an address; type and kind are those that IDs with a name have there."""
    number = entity_type(address.network, is_named=True, is_broadcast=address.is_broadcast)
    return {
        "address": address.text,
        "network": address.network,
        "type": number,
        "kind": kind_of(number),
        "number": address.number,
        "number_text": address.number_text,
        "number_le": address.number_le,
        "broadcast": address.is_broadcast,
    }


def kind_of(number: int) -> str:
    """What an entity type is called; by its lowest bit where it has no name (ID-4)."""
    return _KINDS.get(number) or ("group" if number & 1 else "user")
