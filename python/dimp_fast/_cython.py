"""The Cython tier: the `_cy_*` kernels, and the message pipeline of `_py` with them in it.

It is single-threaded: `threads` is accepted and changes nothing. What it lacks runs on the Python
tier. cython_ext/README.md says what each kernel is for. The kernels know the built-in forms of
addresses; what they refuse is asked of the Python twin while others are registered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import registry

# By name from each module, so that a module that was not built is a ModuleNotFoundError.
from ._cy_address import (
    derive_addresses,
    derive_eth_addresses,
    eth_checksum,
    format_addresses,
)
from ._cy_address import parse_address as _parse_address
from ._cy_address import parse_addresses as _parse_addresses
from ._cy_base58 import decode as base58_decode
from ._cy_base58 import encode as base58_encode
from ._cy_columns import join_identifiers, number_texts
from ._cy_columns import route as _route
from ._cy_digest import keccak256, ripemd160
from ._cy_envelope import decode as base64_decode
from ._cy_envelope import decode_transportable
from ._cy_envelope import parse as _parse_identifier
from ._cy_envelope import parse_all as _parse_identifiers
from ._cy_envelope import split as split_identifier
from ._py import address, columns, identity, message
from ._py.base64 import encode as base64_encode
from ._py.digest import sha256
from ._py.identity import Fields, Parsed
from ._py.keyring import KeyStore
from ._py.message import MessageTable

__all__ = [
    "KeyStore",
    "base58_decode",
    "base58_encode",
    "base64_decode",
    "base64_encode",
    "decode_batch",
    "decode_transportable",
    "derive_addresses",
    "derive_eth_addresses",
    "eth_checksum",
    "format_addresses",
    "join_identifiers",
    "keccak256",
    "number_texts",
    "parse_address",
    "parse_addresses",
    "parse_identifier",
    "parse_identifiers",
    "ripemd160",
    "route",
    "sha256",
    "split_identifier",
]


def parse_address(text: str) -> address.ParsedAddress | None:
    """What an address says, or None when it is none."""
    found = _parse_address(text)
    return address.parse_address(text) if found is None and registry.ADDRESS_TYPES else found


def parse_identifier(text: str) -> Fields | None:
    """The fields of an ID, or None when it is none."""
    found = _parse_identifier(text)
    return identity.parse_identifier(text) if found is None and registry.ADDRESS_TYPES else found


def parse_identifiers(texts: Sequence[str], threads: int = 1) -> list[Fields | None]:
    """The fields of each ID, None for a text that is none."""
    found = _parse_identifiers(texts)
    if registry.ADDRESS_TYPES:
        for row, text in enumerate(texts):
            if found[row] is None:
                found[row] = identity.parse_identifier(text)
    return found


def parse_addresses(
    texts: Sequence[str], threads: int = 1
) -> tuple[bytes, bytes, bytes, bytes, bytes, list[str | None]]:
    """Columns of n addresses."""
    found: tuple[bytes, bytes, bytes, bytes, bytes, list[str | None]]
    found = _columns(_parse_addresses, address.parse_addresses, texts, threads)
    return found


def route(identifiers: Sequence[str], shards: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Columns of n IDs for routing."""
    found: tuple[bytes, bytes, bytes, bytes]
    found = _columns(_route, columns.route, identifiers, shards)
    return found


def _columns(
    kernel: Callable[..., tuple[Any, ...]],
    twin: Callable[..., tuple[Any, ...]],
    texts: Sequence[str],
    option: int,
) -> Any:
    """The columns that the kernel makes, the codes first, with the rows that it refuses replaced by
    those of its twin when there are types that only the twin knows."""
    made = kernel(texts, option)
    refused = [row for row, code in enumerate(made[0]) if code] if registry.ADDRESS_TYPES else []
    if not refused:
        return made
    asked = twin([texts[row] for row in refused], option)
    return tuple(
        _with_rows(column, refused, others) for column, others in zip(made, asked, strict=True)
    )


def _with_rows(column: Any, rows: list[int], others: Any) -> Any:
    """A column of bytes, or a list, with these rows replaced."""
    merged = bytearray(column) if isinstance(column, bytes) else column
    width = len(others) // len(rows)
    for i, row in enumerate(rows):
        merged[width * row : width * (row + 1)] = others[width * i : width * (i + 1)]
    return bytes(merged) if isinstance(column, bytes) else merged


def _parse(text: str) -> Parsed | None:
    found = parse_identifier(text)
    return None if found is None else Parsed(*found, found[2] in address.BROADCAST)


_KERNELS = message.Kernels(decode_transportable, _parse)


def decode_batch(frames: Sequence[bytes], threads: int) -> MessageTable:
    """Decode each frame on its own, on the calling thread."""
    return message.decode_batch(frames, threads, _KERNELS)
