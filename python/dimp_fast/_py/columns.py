"""Columns of IDs for routing: network byte, search number, shard.

A station spreads its sessions over shards by the search number, which is part of a digest and so
spreads evenly.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from . import address, identity

MAX_SHARDS = 0xFFFFFFFF


def route(identifiers: Sequence[str], shards: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Codes, network bytes, search numbers and shards of n ID texts, the last two n little-endian
    uint32 each.

    The number is `number` of ADDRESS-4 and the shard number % shards. A broadcast ID has number and
    shard 0; a text that is no ID has BAD_ADDRESS and zeros. ValueError unless `shards` is in
    1..MAX_SHARDS.
    """
    if not 1 <= shards <= MAX_SHARDS:
        raise ValueError(f"shards must be in 1..{MAX_SHARDS}, not {shards}")
    codes, networks = bytearray(), bytearray()
    numbers, chosen = bytearray(), bytearray()
    for text in identifiers:
        parts = identity.split(text)
        parsed = None if parts is None else address.parse_address(parts[1])
        codes.append(address.BAD_ADDRESS if parsed is None else address.OK)
        network, number = (0, 0) if parsed is None else (parsed[1], parsed[3])
        networks.append(network)
        numbers += struct.pack("<I", number)
        chosen += struct.pack("<I", number % shards)
    return bytes(codes), bytes(networks), bytes(numbers), bytes(chosen)
