"""Addresses: derive, parse, EIP-55 (docs/semantics.md#address-1 to #address-4).

An address is a digest with a spelling. Whose it is, only a meta can prove; IDs, which hold an
address, are in `identity`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from . import base58, digest

ParsedAddress = tuple[str, int, bytes, int, int]
"""Canonical text, network byte, 20-byte digest, `number` and `number_le` of ADDRESS-4."""

OK = 0
BAD_ADDRESS = 8

BROADCAST = {"anywhere": 0x80, "everywhere": 0x81}
"""The broadcast addresses and their network bytes."""

_NO_DIGEST = bytes(20)
_ETH_NUMBER_LE = 9527  # what the original definition gave every ETH address
_LOWER_HEX = frozenset("0123456789abcdef")


def derive_addresses(fingerprints: Sequence[bytes], networks: bytes, threads: int = 1) -> list[str]:
    """BTC style addresses of fingerprints or key data, in order (ADDRESS-1).

    `networks` has one byte, or one for each fingerprint, else ValueError. `threads` is not used.
    """
    if len(networks) not in (1, len(fingerprints)):
        raise ValueError(f"{len(networks)} network bytes for {len(fingerprints)} fingerprints")
    if len(networks) == 1:
        networks *= len(fingerprints)
    return [
        derive_address(fingerprint, network)
        for network, fingerprint in zip(networks, fingerprints, strict=True)
    ]


def derive_address(fingerprint: bytes, network: int) -> str:
    """One BTC style address."""
    body = bytes([network]) + digest.ripemd160(digest.sha256(fingerprint))
    return base58.encode(body + _check_code(body))


def _check_code(body: bytes) -> bytes:
    return digest.sha256(digest.sha256(body))[:4]


def derive_eth_addresses(points: Sequence[bytes], threads: int = 1) -> list[str]:
    """ETH addresses of public keys of 64 bytes X | Y, in EIP-55 spelling (ADDRESS-2).

    ValueError for a point of another length. `threads` is not used.
    """
    for i, point in enumerate(points):
        if len(point) != 64:
            raise ValueError(f"points[{i}] has {len(point)} bytes, not 64")
    return [derive_eth_address(point) for point in points]


def derive_eth_address(point: bytes) -> str:
    """One ETH address."""
    return "0x" + eth_checksum(digest.keccak256(point)[12:].hex())


def eth_checksum(lower_hex: str) -> str:
    """The EIP-55 spelling of 40 lower-case hex digits, without `0x`; ValueError for others."""
    if len(lower_hex) != 40 or not _LOWER_HEX.issuperset(lower_hex):
        raise ValueError("not 40 lower-case hex digits")
    hashed = digest.keccak256(lower_hex.encode("ascii")).hex()
    return "".join(
        letter.upper() if nibble >= "8" else letter
        for letter, nibble in zip(lower_hex, hashed[:40], strict=True)
    )


def parse_address(text: str) -> ParsedAddress | None:
    """What an address says, or None when it is none (ADDRESS-1 to ADDRESS-4)."""
    # The length comes first: base58 is not even tried on what is too long.
    if 26 <= len(text) <= 35:
        return _parse_btc(text)
    if len(text) == 42:
        return _parse_eth(text)
    if text.isascii() and (canonical := text.lower()) in BROADCAST:
        return canonical, BROADCAST[canonical], _NO_DIGEST, 0, 0
    return None


def _parse_btc(text: str) -> ParsedAddress | None:
    data = base58.decode(text)
    if data is None or len(data) != 25 or _check_code(data[:21]) != data[21:]:
        return None
    check_code = data[21:]
    number = int.from_bytes(check_code, "big")
    return text, data[0], data[1:21], number, int.from_bytes(check_code, "little")


def _parse_eth(text: str) -> ParsedAddress | None:
    prefix, digits = text[:2], text[2:]
    lower = digits.lower()
    if prefix != "0x" or not _LOWER_HEX.issuperset(lower):
        return None
    canonical = eth_checksum(lower)
    if digits not in (lower, digits.upper(), canonical):
        return None
    body = bytes.fromhex(lower)
    return "0x" + canonical, 0, body, int.from_bytes(body[-4:], "big"), _ETH_NUMBER_LE


def parse_addresses(
    texts: Sequence[str],
    threads: int = 1,
) -> tuple[bytes, bytes, bytes, bytes, bytes, list[str | None]]:
    """Columns of n addresses: codes, network bytes, digests (20 n bytes), `number` and `number_le`
    (n little-endian uint32 each), canonical texts.

    A text that is no address has BAD_ADDRESS, zeros, and None. `threads` is not used.
    """
    codes, networks, digests = bytearray(), bytearray(), bytearray()
    numbers, numbers_le = bytearray(), bytearray()
    canonical: list[str | None] = []
    for text in texts:
        parsed = parse_address(text)
        codes.append(BAD_ADDRESS if parsed is None else OK)
        spelling, network, body, number, number_le = parsed or (None, 0, _NO_DIGEST, 0, 0)
        networks.append(network)
        digests += body
        numbers += struct.pack("<I", number)
        numbers_le += struct.pack("<I", number_le)
        canonical.append(spelling)
    return (
        bytes(codes),
        bytes(networks),
        bytes(digests),
        bytes(numbers),
        bytes(numbers_le),
        canonical,
    )
