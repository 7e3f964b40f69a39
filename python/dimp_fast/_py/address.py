"""Addresses: derive, parse, EIP-55 (docs/semantics.md#address-1 to #address-4).

An address is a digest with a spelling. Whose it is, only a meta can prove; IDs, which hold an
address, are in `identity`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from .. import registry
from . import base58, digest, extension

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
    return format_address(digest.ripemd160(digest.sha256(fingerprint)), network)


def format_addresses(digests: bytes, networks: bytes) -> list[str]:
    """BTC style addresses of digests of 20 bytes each, in order (ADDRESS-1).

    `networks` has one byte, or one for each digest, else ValueError.
    """
    count, rest = divmod(len(digests), 20)
    if rest or len(networks) not in (1, count):
        raise ValueError(f"{len(networks)} network bytes for {len(digests)} bytes of digests")
    if len(networks) == 1:
        networks *= count
    return [
        format_address(digests[20 * row : 20 * row + 20], network)
        for row, network in enumerate(networks)
    ]


def format_address(body: bytes, network: int) -> str:
    """One BTC style address of a digest."""
    data = bytes([network]) + body
    return base58.encode(data + _check_code(data))


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
    return _parse_built_in(text) or _parse_registered(text)


def _parse_built_in(text: str) -> ParsedAddress | None:
    # The length comes first: base58 is not even tried on what is too long.
    for form in FORMS:
        if len(text) in form.characters and (parsed := form.parse(text)) is not None:
            return parsed
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


def _parse_broadcast(text: str) -> ParsedAddress | None:
    canonical = text.lower()
    if not text.isascii() or canonical not in BROADCAST:
        return None
    return canonical, BROADCAST[canonical], _NO_DIGEST, 0, 0


class Form(NamedTuple):
    """A form of addresses that is built in."""

    name: str
    characters: range
    parse: Callable[[str], ParsedAddress | None]


FORMS = (
    Form("BTC", range(26, 36), _parse_btc),
    Form("ETH", range(42, 43), _parse_eth),
    Form("broadcast", range(8, 11), _parse_broadcast),
)
"""Whoever is not among them is asked in the order of `registry.ADDRESS_TYPES`."""

_REGISTERED = re.compile(r"[!-.0-?A-~]{4,64}")  # EXT-2: no `@`, `/` or blank


Spelling = tuple[str, int, bytes]
"""Canonical text, network byte and digest, as a registered type says them."""


def _parse_registered(text: str) -> ParsedAddress | None:
    if not registry.ADDRESS_TYPES or _REGISTERED.fullmatch(text) is None:
        return None
    found = _ask(text)
    if found is None or not _names_itself(text, found):
        return None
    canonical, network, body = found
    tail = body[-4:]
    return canonical, network, body, int.from_bytes(tail, "big"), int.from_bytes(tail, "little")


def _ask(text: str) -> Spelling | None:
    """What the first registered type that knows a text says of it."""
    for row in tuple(registry.ADDRESS_TYPES.values()):
        found = extension.ask(row, _parse_as, text)
        if found is not False:
            return found  # or None: an error refuses the text, nobody else is asked
    return None


def _parse_as(row: registry.AddressType, text: str) -> Spelling | Literal[False]:
    """What one type says of a text; False when it is none of its own."""
    found = row.parse(text)
    if found is None:
        return False
    if not isinstance(found, tuple):
        raise TypeError(f"parse: a tuple is wanted, not {type(found).__name__}")
    canonical, network, body = found
    if not (isinstance(canonical, str) and isinstance(network, int) and isinstance(body, bytes)):
        raise TypeError("parse: (str, int, bytes) is wanted")
    if not 0 <= network <= 255 or len(body) != 20:
        raise ValueError("parse: not a network byte, or not 20 bytes")
    return canonical, network, body


def _names_itself(text: str, found: Spelling) -> bool:
    """Whether the canonical text is the same address by itself (EXT-2)."""
    canonical = found[0]
    return canonical == text or (
        _REGISTERED.fullmatch(canonical) is not None
        and _parse_built_in(canonical) is None
        and _ask(canonical) == found
    )


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
