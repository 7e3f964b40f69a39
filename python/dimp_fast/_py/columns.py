"""Columns of IDs: network byte, search number and shard for routing; numbers and IDs as text.

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


def join_identifiers(
    names: Sequence[str | None], addresses: Sequence[str], terminals: Sequence[str | None]
) -> list[str]:
    """`name@address/terminal` of each row; empty text is none. Nothing is checked but the lengths,
    which must be equal, else ValueError."""
    return [identity.join(*parts) for parts in zip(names, addresses, terminals, strict=True)]


def number_texts(numbers: bytes) -> list[str]:
    """Search numbers as people read them, `ddd-ddd-dddd` (ADDRESS-4).

    `numbers` has n little-endian uint32, else ValueError.
    """
    if len(numbers) % 4:
        raise ValueError(f"numbers: {len(numbers)} bytes are no column of uint32")
    return [number_text(number) for (number,) in struct.iter_unpack("<I", numbers)]


def number_text(number: int) -> str:
    """One search number in ten digits."""
    digits = f"{number:010d}"
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
