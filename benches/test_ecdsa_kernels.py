"""ECDSA in lanes, from Python: keys with tables and without, beside coincurve (libsecp256k1).

    python -m pytest benches/test_ecdsa_kernels.py

Messages of 512 bytes, hashed in the call; low S, since coincurve takes no other. What was measured
of the kernels alone, without the hash: ``cargo run --release --example ecdsa_race``.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from typing import Any, NamedTuple

import coincurve
import levels
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from harness import Contender
from signatures import ORDER
from sizes import slow

from dimp_fast import PublicKey, Verdicts, _dispatch, backend_info, verify_batch

Run = Callable[..., None]

GROUP = "ECDSA in lanes, one thread"
MESSAGE_BYTES = 512
LEVEL = None if _dispatch.current().settings.simd == "auto" else _dispatch.current().settings.simd
LAMBDA = 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72

COLLIDING = -14 * LAMBDA % ORDER
"""An u2 with which the sum of a key without a table meets one of its rows; see
``tests/make_data/make_ecdsa_collisions.py``. Whoever makes a key for each signature can have it."""


class Batch(NamedTuple):
    keys: list[PublicKey]
    messages: list[bytes]
    signatures: list[bytes]
    peers: list[coincurve.PublicKey]


@contextmanager
def key_tables(mebibytes: int) -> Iterator[None]:
    """Tables of keys have as many MiB inside; afterwards as many as the environment says."""
    settings = _dispatch.current().settings
    rust: Any = _dispatch.current().load(_dispatch.RUST)
    rust.configure(settings.threads, LEVEL, mebibytes << 20)
    try:
        yield
    finally:
        rust.configure(settings.threads, LEVEL, settings.key_tables << 20)


@cache
def signed(keys: int, size: int, batches: int = 1) -> list[Batch]:
    """``batches`` of ``size`` signatures; the keys take turns, also from batch to batch."""
    randomness = random.Random(1)
    private = [coincurve.PrivateKey(randomness.randbytes(32)) for _ in range(keys)]
    ours = [PublicKey.parse(key.public_key.format(compressed=False)) for key in private]
    turns = itertools.cycle(range(keys))
    made = []
    for _ in range(batches):
        owners = list(itertools.islice(turns, size))
        messages = [randomness.randbytes(MESSAGE_BYTES) for _ in owners]
        signatures = [private[i].sign(text) for i, text in zip(owners, messages, strict=True)]
        peers = [private[i].public_key for i in owners]
        made.append(Batch([ours[i] for i in owners], messages, signatures, peers))
    return made


def ours(
    batches: list[Batch],
    name: str = "dimp_fast",
    scope: Callable[[], AbstractContextManager[None]] | None = None,
) -> Contender:
    """One batch a call, in turn."""
    turns = itertools.cycle(batches)

    def call() -> Verdicts:
        batch = next(turns)
        return verify_batch(batch.keys, batch.messages, batch.signatures, threads=1)

    more = {} if scope is None else {"scope": scope}
    return Contender(name, call, Verdicts.all_ok, **more)


def coincurve_loop(batches: list[Batch], items: int) -> Contender:
    """The first ``items`` of a batch a call: it takes the same time for each."""
    turns = itertools.cycle(batches)

    def call() -> bool:
        batch = next(turns)
        columns = zip(batch.peers, batch.signatures, batch.messages, strict=True)
        some = itertools.islice(columns, items)
        return all(key.verify(signature, message) for key, signature, message in some)

    return Contender("coincurve", call, bool, items=items)


def warm(batches: list[Batch], times: int) -> None:
    for _ in range(times):
        for batch in batches:
            verify_batch(batch.keys, batch.messages, batch.signatures, threads=1)


@pytest.mark.parametrize("size", [8, slow(16), 64, slow(256), slow(1024)])
def test_hot(race: Run, size: int) -> None:
    batches = signed(64, size, max(1, 256 // size))
    warm(batches, 40)
    race(
        GROUP,
        f"64 keys with tables, batch {size}",
        [ours(batches), coincurve_loop(batches, min(size, 128))],
        items=size,
        unit="signature",
    )


@pytest.mark.parametrize("size", [slow(1), slow(2), 8, 64, 256, slow(1024), slow(4096)])
def test_unseen(race: Run, size: int) -> None:
    """Tables are switched off: uses in one round would be uses of the next."""
    batches = signed(1024, size)
    race(
        GROUP,
        f"keys without tables, batch {size}",
        [
            ours(batches, scope=partial(key_tables, 0)),
            coincurve_loop(batches, min(size, 128)),
        ],
        items=size,
        unit="signature",
        subject="verify ECDSA, cold keys",
    )


@pytest.mark.slow
def test_ten_thousand_keys(race: Run) -> None:
    batches = signed(10_000, 1024, 40)
    with key_tables(512):
        warm(batches, 12)
        assert backend_info()["key_tables"]["keys"] in (0, 10_000)
        race(
            GROUP,
            "10,000 keys with tables, 512 MiB, batch 1024",
            [ours(batches), coincurve_loop(batches, 128)],
            items=1024,
            unit="signature",
        )


def crafted(size: int) -> Batch:
    """Signatures, right ones, that the lanes without tables refuse; a key for each."""
    randomness = random.Random(2)
    keys, messages, signatures, peers = [], [], [], []
    while len(keys) < size:
        nonce = randomness.randrange(1, ORDER)
        point = coincurve.PrivateKey.from_int(nonce).public_key.point()
        message = randomness.randbytes(MESSAGE_BYTES)
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        r = point[0] % ORDER
        s = r * pow(COLLIDING, -1, ORDER) % ORDER
        secret = (s * nonce - digest) * pow(r, -1, ORDER) % ORDER
        if s > ORDER // 2:
            continue
        peer = coincurve.PrivateKey.from_int(secret).public_key
        keys.append(PublicKey.parse(peer.format(compressed=False)))
        peers.append(peer)
        messages.append(message)
        signatures.append(encode_dss_signature(r, s))
    return Batch(keys, messages, signatures, peers)


@pytest.mark.parametrize("size", [8, slow(1024)])
def test_crafted_collisions(race: Run, size: int) -> None:
    """Nothing but signatures that the lanes refuse, against the same without lanes."""
    batches = [crafted(size)]
    race(
        GROUP,
        f"crafted against the lanes, batch {size}",
        [
            ours(batches, scope=partial(key_tables, 0)),
            ours(batches, "without lanes", scope=partial(levels.limited, "portable")),
            coincurve_loop(batches, min(size, 128)),
        ],
        items=size,
        unit="signature",
    )
