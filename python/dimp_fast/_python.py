"""The Python tier: the operations of docs/architecture.md, gathered from the twins in ``_py``."""

from __future__ import annotations

from ._py.address import derive_addresses, derive_eth_addresses, parse_addresses
from ._py.columns import route
from ._py.identity import parse as _parse
from ._py.keyring import KeyStore
from ._py.keys import parse_public_key, parse_public_key_mapping
from ._py.message import decode_batch, encode
from ._py.meta import check_meta
from ._py.verify import VerifyKey, verify_batch

__all__ = [
    "KeyStore",
    "VerifyKey",
    "check_meta",
    "decode_batch",
    "derive_addresses",
    "derive_eth_addresses",
    "encode",
    "parse_addresses",
    "parse_identifier",
    "parse_public_key",
    "parse_public_key_mapping",
    "route",
    "verify_batch",
]


def parse_identifier(text: str) -> tuple[str, str | None, str, str | None, int] | None:
    """Canonical text, name, address, terminal and network byte; None for what is no ID."""
    parsed = _parse(text)
    return None if parsed is None else parsed[:5]
