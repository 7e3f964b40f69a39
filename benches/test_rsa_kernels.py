"""RSA in lanes from Python: beside the libraries, and beside our own one-by-one path.

    python -m pytest benches/test_rsa_kernels.py

Messages of 512 bytes, hashing included, 32 keys that take turns, one thread. Each level that this
processor has is timed by capping it; ``portable`` is the library that the kernels stand in for.
Without Python, from digests, beside OpenSSL in C:
``cargo run --release -p dimp-core --features peers --example rsa_peers``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import signatures
from harness import Contender
from signatures import Signed
from sizes import slow

from dimp_fast import Code, PublicKey, Verdicts, verify_batch

_rust = pytest.importorskip("dimp_fast._rust")

SIZES = ("RSA-1024", "RSA-2048", "RSA-3072", "RSA-4096")
LEVELS = ("avx512ifma", "avx512", "avx2", "portable")
HERE = LEVELS[LEVELS.index(_rust.runtime()["simd"]["active"]) :]

Run = Callable[..., None]
Judge = Callable[[Verdicts], bool]


@contextmanager
def capped(level: str) -> Iterator[None]:
    before = _rust.runtime()
    _rust.configure(before["threads"]["size"], level)
    try:
        yield
    finally:
        _rust.configure(before["threads"]["size"], before["simd"]["cap"])


def all_ok(verdicts: Verdicts) -> bool:
    return verdicts.all_ok()


def none_ok(verdicts: Verdicts) -> bool:
    return Code.OK not in verdicts.counts()


def at(
    level: str, keys: list[PublicKey], data: Signed, judge: Judge, threads: int = 1
) -> Contender:
    return Contender(
        f"dimp_fast, {level}",
        lambda: verify_batch(keys, data.messages, data.signatures, threads=threads),
        judge,
        scope=lambda: capped(level),
    )


def prepared(algorithm: str, size: int) -> tuple[list[PublicKey], Signed]:
    data = signatures.signed(algorithm, 256).first(size)
    return signatures.parsed(data.keys, signatures.our_key(algorithm)), data


@pytest.mark.parametrize("algorithm", [*SIZES[:2], *map(slow, SIZES[2:])])
def test_levels(race: Run, algorithm: str) -> None:
    """Every level beside pyca."""
    keys, data = prepared(algorithm, 256)
    contenders = [at(level, keys, data, all_ok) for level in HERE]
    contenders.append(Contender("pyca/cryptography", signatures.pyca(algorithm, data), bool))
    race(
        "RSA in lanes, one thread",
        f"{algorithm}, batch 256",
        contenders,
        items=256,
        unit="signature",
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 3, 4, 8, 16, 17, 64])
@pytest.mark.parametrize("algorithm", SIZES[:2])
def test_small_batches(race: Run, algorithm: str, size: int) -> None:
    """Where the lanes begin to pay: no level may be slower than the library."""
    keys, data = prepared(algorithm, size)
    race(
        "RSA in lanes, small batches",
        f"{algorithm}, batch {size}",
        [at(level, keys, data, all_ok) for level in HERE],
        items=size,
        unit="signature",
    )


def crafted(algorithm: str, data: Signed) -> Signed:
    """Signatures whose long division meets remainders that are tiny, or nearly the modulus, after
    some digits of 52 or 24 bits: the worst that an attacker can send to lanes."""
    found = []
    for index, key in enumerate(data.keys):
        n = signatures.pyca_key(algorithm)(key).public_numbers().n
        places = (52, 24)[index % 2] * (1 + index % 17)
        number = pow(pow(2, places, n), -1, n)
        found.append(
            (number if index % 3 else n - number).to_bytes((n.bit_length() + 7) // 8, "big")
        )
    return data._replace(signatures=found)


def flipped(algorithm: str, data: Signed) -> Signed:
    """Signatures with one bit changed."""
    del algorithm
    return data._replace(signatures=[bytes([*item[:-1], item[-1] ^ 1]) for item in data.signatures])


def too_large(algorithm: str, data: Signed) -> Signed:
    """Signatures that are not below the modulus."""
    del algorithm
    return data._replace(signatures=[b"\xff" * len(item) for item in data.signatures])


@pytest.mark.slow
@pytest.mark.parametrize("bend", [crafted, flipped, too_large])
@pytest.mark.parametrize("algorithm", SIZES[:2])
def test_bad_input(race: Run, algorithm: str, bend: Callable[[str, Signed], Signed]) -> None:
    """Who sends only bad signatures must not make a batch slower than the library alone."""
    keys, data = prepared(algorithm, 256)
    bad = bend(algorithm, data)
    race(
        "RSA in lanes, bad signatures only",
        f"{algorithm}, {bend.__name__.replace('_', ' ')}, batch 256",
        [at(level, keys, bad, none_ok) for level in HERE],
        items=256,
        unit="signature",
    )
