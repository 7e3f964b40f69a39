"""The Python tier: the operations of docs/architecture.md, gathered from the twins in ``_py``."""

from __future__ import annotations

from ._py.address import (
    derive_addresses,
    derive_eth_addresses,
    format_addresses,
    parse_addresses,
)
from ._py.base58 import decode as base58_decode
from ._py.base58 import encode as base58_encode
from ._py.base64 import decode as base64_decode
from ._py.base64 import encode as base64_encode
from ._py.checks import uniform
from ._py.columns import join_identifiers, number_texts, route
from ._py.digest import keccak256, ripemd160, sha256
from ._py.document import parse_document, prove_document
from ._py.framing import FrameDecoder, decode_datagram, encode_mars, encode_mtp
from ._py.identity import parse_identifier, parse_identifiers
from ._py.keyring import KeyStore
from ._py.keys import parse_public_key, parse_public_key_mapping
from ._py.merkle import merkle_roots
from ._py.message import decode_batch, encode, retarget, retarget_batch
from ._py.meta import match_metas, meta_address, parse_meta
from ._py.signing import EcdsaSigner
from ._py.verify import VerifyKey, expect_batch, verify_batch

__all__ = [
    "EcdsaSigner",
    "FrameDecoder",
    "KeyStore",
    "VerifyKey",
    "base58_decode",
    "base58_encode",
    "base64_decode",
    "base64_encode",
    "decode_batch",
    "decode_datagram",
    "derive_addresses",
    "derive_eth_addresses",
    "encode",
    "encode_mars",
    "encode_mtp",
    "expect_batch",
    "format_addresses",
    "join_identifiers",
    "keccak256",
    "match_metas",
    "merkle_roots",
    "meta_address",
    "number_texts",
    "parse_addresses",
    "parse_document",
    "parse_identifier",
    "parse_identifiers",
    "parse_meta",
    "parse_public_key",
    "parse_public_key_mapping",
    "prove_document",
    "retarget",
    "retarget_batch",
    "ripemd160",
    "route",
    "sha256",
    "uniform",
    "verify_batch",
]
