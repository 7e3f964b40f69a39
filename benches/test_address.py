"""Addresses: derive and parse, every tier beside the libraries that one would loop over.

    python -m pytest benches/test_address.py

One thread. Fingerprints of 128 bytes, as an RSA-1024 meta carries them. hashlib does the hashing
for base58 and based58 (RIPEMD-160 of pycryptodome where OpenSSL has none); Keccak-256 is
pycryptodome's.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any

import base58
import based58
import pytest
import tiers
from Crypto.Hash import RIPEMD160, keccak
from harness import Contender
from sizes import BATCHES

from dimp_fast import (
    AddressColumns,
    derive_addresses,
    derive_eth_addresses,
    parse_addresses,
)

NETWORK = 0

Run = Callable[..., None]


def _ripemd160() -> Callable[[bytes], Any]:
    if "ripemd160" in hashlib.algorithms_available:
        return lambda data: hashlib.new("ripemd160", data)
    return RIPEMD160.new


def random_bytes(count: int, width: int) -> list[bytes]:
    randomness = random.Random(2)
    return [randomness.randbytes(width) for _ in range(count)]


def derive_loop(encode: Callable[[bytes], bytes], items: list[bytes]) -> Callable[[], list[str]]:
    """The address of each fingerprint, with somebody's base58."""
    sha256, ripemd160, head = hashlib.sha256, _ripemd160(), bytes((NETWORK,))

    def call() -> list[str]:
        found = []
        for item in items:
            body = head + ripemd160(sha256(item).digest()).digest()
            check = sha256(sha256(body).digest()).digest()[:4]
            found.append(encode(body + check).decode("ascii"))
        return found

    return call


def eip55_loop(items: list[bytes]) -> Callable[[], list[str]]:
    def call() -> list[str]:
        return [eip55(keccak256(item)[-20:].hex()) for item in items]

    return call


def keccak256(data: bytes) -> bytes:
    digest: bytes = keccak.new(digest_bits=256, data=data).digest()
    return digest


def eip55(digits: str) -> str:
    """40 lower-case digits in the mixed spelling of EIP-55."""
    check = keccak256(digits.encode("ascii")).hex()
    pairs = zip(digits, check, strict=False)
    return "0x" + "".join(digit.upper() if mark > "7" else digit for digit, mark in pairs)


@pytest.mark.parametrize("size", BATCHES)
def test_derive_addresses(race: Run, size: int) -> None:
    items = random_bytes(size, 128)
    wanted = derive_loop(base58.b58encode, items)()
    race(
        "Addresses, one thread",
        f"derive BTC style, batch {size}",
        [
            *tiers.contenders(
                "derive_addresses",
                lambda: lambda: derive_addresses(items, NETWORK, threads=1),
                wanted.__eq__,
            ),
            Contender("based58 + hashlib", derive_loop(based58.b58encode, items), wanted.__eq__),
            Contender("base58 + hashlib", derive_loop(base58.b58encode, items), wanted.__eq__),
        ],
        items=size,
        unit="address",
        operation="derive_addresses",
        subject="derive BTC address",
    )


@pytest.mark.parametrize("size", BATCHES)
def test_derive_eth_addresses(race: Run, size: int) -> None:
    items = random_bytes(size, 64)
    wanted = eip55_loop(items)()
    race(
        "Addresses, one thread",
        f"derive ETH style, batch {size}",
        [
            *tiers.contenders(
                "derive_eth_addresses",
                lambda: lambda: derive_eth_addresses(items, threads=1),
                wanted.__eq__,
            ),
            Contender("pycryptodome", eip55_loop(items), wanted.__eq__),
        ],
        items=size,
        unit="address",
        operation="derive_eth_addresses",
        subject="derive ETH address",
    )


@pytest.mark.parametrize("size", BATCHES)
def test_parse_addresses(race: Run, size: int) -> None:
    texts = derive_loop(base58.b58encode, random_bytes(size, 128))()
    raw = [text.encode("ascii") for text in texts]  # based58 takes nothing else

    def accept(columns: AddressColumns) -> bool:
        return columns.text() == texts

    def check_loop(decode: Callable[[Any], bytes], items: list[Any]) -> Contender:
        """Network, digest and number of each; a wrong check code raises."""

        def call() -> list[tuple[int, bytes, int]]:
            found = []
            for item in items:
                body = decode(item)
                check = body[21:]
                if hashlib.sha256(hashlib.sha256(body[:21]).digest()).digest()[:4] != check:
                    raise ValueError(item)
                found.append((body[0], body[1:21], int.from_bytes(check, "big")))
            return found

        library = decode.__module__.partition(".")[0]
        return Contender(f"{library} + hashlib", call, lambda found: len(found) == size)

    race(
        "Addresses, one thread",
        f"parse BTC style, batch {size}",
        [
            *tiers.contenders(
                "parse_addresses", lambda: lambda: parse_addresses(texts, threads=1), accept
            ),
            check_loop(based58.b58decode, raw),
            check_loop(base58.b58decode, texts),
        ],
        items=size,
        unit="address",
        operation="parse_addresses",
        subject="parse BTC address",
    )


def test_parse_eth_addresses(race: Run) -> None:
    texts = eip55_loop(random_bytes(256, 64))()

    def loop() -> list[tuple[bytes, int]]:
        """Digest and number of each; a wrong spelling raises."""
        found = []
        for text in texts:
            if eip55(text[2:].lower()) != text:
                raise ValueError(text)
            digest = bytes.fromhex(text[2:])
            found.append((digest, int.from_bytes(digest[-4:], "big")))
        return found

    race(
        "Addresses, one thread",
        "parse ETH style, batch 256",
        [
            *tiers.contenders(
                "parse_addresses",
                lambda: lambda: parse_addresses(texts, threads=1),
                lambda columns: columns.text() == texts,
            ),
            Contender("pycryptodome", loop, lambda found: len(found) == len(texts)),
        ],
        items=len(texts),
        unit="address",
    )
