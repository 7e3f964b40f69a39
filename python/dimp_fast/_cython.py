"""The Cython tier: the kernels of `_cy_*`, and the `_py` pipeline with these kernels in it.

An ImportError here means that it was not built. It is single-threaded: `threads` is accepted and
changes nothing. What is not here runs on the Python tier.
"""

from __future__ import annotations

from . import _cy_address, _cy_base58, _cy_columns, _cy_digest, _cy_envelope
from ._py import identifier

base58_encode = _cy_base58.encode
base58_decode = _cy_base58.decode
ripemd160 = _cy_digest.ripemd160
keccak256 = _cy_digest.keccak256
derive_addresses = _cy_address.derive_addresses
derive_eth_addresses = _cy_address.derive_eth_addresses
parse_address = _cy_address.parse_address
parse_addresses = _cy_address.parse_addresses
decode_base64 = _cy_envelope.decode
decode_transportable = _cy_envelope.decode_transportable
split_identifier = _cy_envelope.split
route = _cy_columns.route


def parse_identifier(text: str) -> identifier.Parsed | None:
    """`identifier.parse` of the Python tier, over the kernels."""
    return identifier.parse(text, parse_address, split_identifier)
