"""Ed25519 in lanes beside pynacl (libsodium): keys that come again and keys that do not.

    python -m pytest benches/test_ed25519_kernels.py

Messages of 512 bytes, hashing included, key objects made beforehand, one thread. Known keys have
tables after the first rounds. Of the unknown ones there are so many that none is used often enough
for a table, and the cache is on.

Without the hash and from C: ``cargo run --release --example ed25519_race -- LIBSODIUM`` in
``rust/core``.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import nacl.exceptions
import nacl.signing
import pytest
import signatures
from harness import Contender
from signatures import Signed
from sizes import slow

from dimp_fast import PublicKey, Verdicts, backend_info, verify_batch

KNOWN = 64
UNKNOWN = 16_384

Run = Callable[..., None]
Call = Callable[[], Any]

pytestmark = pytest.mark.skipif(
    backend_info()["cpu"]["simd"] != "avx512ifma", reason="the kernel needs AVX-512 IFMA"
)


@cache
def signed(keys: int, count: int) -> Signed:
    """``count`` messages, the keys taking turns."""
    randomness = random.Random(2)
    signers = [nacl.signing.SigningKey(randomness.randbytes(32)) for _ in range(keys)]
    owners = [signers[index % keys] for index in range(count)]
    messages = [randomness.randbytes(signatures.MESSAGE_BYTES) for _ in range(count)]
    made = [key.sign(text).signature for key, text in zip(owners, messages, strict=True)]
    return Signed([bytes(key.verify_key) for key in owners], messages, made)


def batches(data: Signed, size: int) -> list[Signed]:
    starts = range(0, len(data.messages), size)
    return [Signed(*(column[at : at + size] for column in data)) for at in starts]


def in_turn(calls: Sequence[Call]) -> Call:
    """Does the next of the calls each time."""
    turns = itertools.cycle(calls)
    return lambda: next(turns)()


def all_ok(verdicts: Verdicts) -> bool:
    return verdicts.all_ok()


def ours(parts: Sequence[Signed], name: str = "dimp_fast") -> Contender:
    parse = cache(signatures.our_key("Ed25519"))

    def call_of(part: Signed) -> Call:
        keys: list[PublicKey] = [parse(key) for key in part.keys]
        # The first use of a key makes it ready, which is not what is timed here.
        verify_batch(keys, part.messages, [b""] * len(keys), threads=1)
        return lambda: verify_batch(keys, part.messages, part.signatures, threads=1)

    return Contender(name, in_turn([call_of(part) for part in parts]), all_ok)


def one_by_one(parts: Sequence[Signed]) -> Call:
    """Without a batch the library verifies."""
    parse = cache(signatures.our_key("Ed25519"))

    def call_of(part: Signed) -> Call:
        keys = [parse(key) for key in part.keys]
        items = list(zip(keys, part.messages, part.signatures, strict=True))
        return lambda: [key.verify(message, signature) for key, message, signature in items]

    return in_turn([call_of(part) for part in parts])


def pynacl(parts: Sequence[Signed]) -> Contender:
    return Contender("pynacl", in_turn([signatures.pynacl_loop(part) for part in parts]), bool)


@pytest.mark.parametrize("size", [slow(1024), slow(256), 64, slow(16), 8])
def test_known_keys(race: Run, size: int) -> None:
    parts = batches(signed(KNOWN, 1024), size)
    race(
        f"Ed25519 in lanes, {KNOWN} keys with tables, one thread",
        f"batch {size}",
        [ours(parts), pynacl(parts)],
        items=size,
        unit="signature",
    )


@pytest.mark.parametrize("size", [slow(4096), slow(1024), 256, 64, 8, slow(2), slow(1)])
def test_unknown_keys(race: Run, size: int) -> None:
    parts = batches(signed(UNKNOWN, UNKNOWN), size)
    race(
        "Ed25519 in lanes, keys without tables, one thread",
        f"batch {size}",
        [ours(parts), pynacl(parts)],
        items=size,
        unit="signature",
        subject="verify Ed25519, cold keys",
    )


def hostile(data: Signed, kind: str) -> Signed:
    """What somebody would send who wants a batch to take long."""
    randomness = random.Random(3)
    made, messages = list(data.signatures), list(data.messages)
    for index, signature in enumerate(made):
        if kind == "random R":
            made[index] = randomness.randbytes(32) + signature[32:]
        elif kind == "S not below L":
            made[index] = signature[:63] + bytes([signature[63] | 0xF0])
        elif kind == "small order R":
            made[index] = bytes([1]) + bytes(31) + signature[32:]
        elif index % 8 == 0:
            messages[index] = randomness.randbytes(64 * 1024)
    return Signed(data.keys, messages, made)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["random R", "S not below L", "small order R", "uneven lengths"])
def test_hostile_batches(race: Run, kind: str) -> None:
    """A crafted batch must not be slower than the library is, one by one."""
    parts = [hostile(part, kind) for part in batches(signed(UNKNOWN, UNKNOWN), 256)]
    race(
        "Ed25519 in lanes, crafted batches without tables, one thread",
        f"{kind}, batch 256",
        [
            Contender("dimp_fast", ours(parts).call, lambda verdicts: not verdicts.all_ok()),
            Contender("one by one", one_by_one(parts), lambda verdicts: not all(verdicts)),
        ],
        items=256,
        unit="signature",
    )


def test_a_bad_signature_raises_at_the_peer() -> None:
    """The peer does compare."""
    data = hostile(signed(KNOWN, 1024), "random R").first(1)
    with pytest.raises(nacl.exceptions.BadSignatureError):
        signatures.pynacl_loop(data)()
