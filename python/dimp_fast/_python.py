"""The Python tier: the operations of docs/architecture.md, gathered from the twins in ``_py``."""

from __future__ import annotations

from ._py.address import derive_addresses, derive_eth_addresses, parse_addresses
from ._py.columns import route
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
    "parse_public_key",
    "parse_public_key_mapping",
    "route",
    "verify_batch",
]
