"""The Cython tier: the `_cy_*` kernels, and the message pipeline of `_py` with them in it.

It is single-threaded: `threads` is accepted and changes nothing. What it lacks runs on the Python
tier. cython_ext/README.md says what each kernel is for.
"""

from __future__ import annotations

from collections.abc import Sequence

# By name from each module, so that a module that was not built is a ModuleNotFoundError.
from ._cy_address import (
    derive_addresses,
    derive_eth_addresses,
    eth_checksum,
    parse_address,
    parse_addresses,
)
from ._cy_base58 import decode as base58_decode
from ._cy_base58 import encode as base58_encode
from ._cy_columns import route
from ._cy_digest import keccak256, ripemd160
from ._cy_envelope import decode as decode_base64
from ._cy_envelope import decode_transportable
from ._cy_envelope import parse as parse_identifier
from ._cy_envelope import split as split_identifier
from ._py import message
from ._py.address import BROADCAST
from ._py.identity import Parsed
from ._py.keyring import KeyStore
from ._py.message import MessageTable
from ._py.meta import check_meta

__all__ = [
    "KeyStore",
    "base58_decode",
    "base58_encode",
    "check_meta",
    "decode_base64",
    "decode_batch",
    "decode_transportable",
    "derive_addresses",
    "derive_eth_addresses",
    "eth_checksum",
    "keccak256",
    "parse_address",
    "parse_addresses",
    "parse_identifier",
    "ripemd160",
    "route",
    "split_identifier",
]


def _parse(text: str) -> Parsed | None:
    found = parse_identifier(text)
    return None if found is None else Parsed(*found, found[2] in BROADCAST)


_KERNELS = message.Kernels(decode_transportable, _parse)


def decode_batch(frames: Sequence[bytes], threads: int) -> MessageTable:
    """Decode each frame on its own, on the calling thread."""
    return message.decode_batch(frames, threads, _KERNELS)
