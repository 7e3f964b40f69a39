"""Signatures from Python: verify_batch beside the libraries that one would loop over.

    python -m pytest benches/test_verify.py

Messages of 512 bytes, hashing included, 32 keys that take turns, key objects made beforehand, one
thread. coincurve refuses high S, so it gets low-S signatures; of the network's signatures half are
high, which is the second row of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import signatures
from harness import Contender
from signatures import Signed
from sizes import BATCHES, MESSAGES

from dimp_fast import Verdicts, verify_batch

ALGORITHMS = ("RSA-1024", "RSA-2048", "ECDSA", "Ed25519")
SIZED = 32
"""Signatures a batch where the size of messages is what differs."""
PEERS_DO = 64
"""Of a batch; they work one by one, so more of it would take longer and say the same."""

Run = Callable[..., None]


def all_ok(verdicts: Verdicts) -> bool:
    return verdicts.all_ok()


def ours(algorithm: str, data: Signed, name: str = "dimp_fast") -> Contender:
    keys = signatures.parsed(data.keys, signatures.our_key(algorithm))
    return Contender(
        name,
        lambda: verify_batch(keys, data.messages, data.signatures, threads=1),
        all_ok,
    )


def peer(name: str, call: Callable[[], Any], items: int | None = None) -> Contender:
    return Contender(name, call, bool, items=items)


def peers(algorithm: str, data: Signed) -> list[Contender]:
    data = data.first(PEERS_DO)
    done = len(data.messages)
    found = []
    if algorithm == "ECDSA":
        found.append(peer("coincurve", signatures.coincurve_loop(data), done))
    elif algorithm == "Ed25519":
        found.append(peer("pynacl", signatures.pynacl_loop(data), done))
    found.append(peer("pyca/cryptography", signatures.pyca(algorithm, data), done))
    return found


@pytest.mark.parametrize("size", BATCHES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_batch(race: Run, algorithm: str, size: int) -> None:
    data = signatures.signed(algorithm).repeated(size)
    contenders = [ours(algorithm, data)]
    if algorithm == "ECDSA" and size > 1:
        mixed = data._replace(signatures=signatures.half_high(data.signatures))
        contenders.append(ours(algorithm, mixed, "dimp_fast, half high S"))
    if size == 1:
        key = signatures.our_key(algorithm)(data.keys[0])
        message, signature = data.messages[0], data.signatures[0]
        contenders.append(
            Contender("dimp_fast, PublicKey.verify", lambda: key.verify(message, signature), bool)
        )
    contenders += peers(algorithm, data)
    race(
        "Batch verification, one thread",
        f"{algorithm}, batch {size}",
        contenders,
        items=size,
        unit="signature",
        subject=f"verify {algorithm}",
    )


@pytest.mark.parametrize("size", MESSAGES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_message_sizes(race: Run, algorithm: str, size: str) -> None:
    """The longer the message, the more of the time is its hash, which is everybody's."""
    data = signatures.signed(algorithm, SIZED, MESSAGES[size])
    race(
        "Message sizes, one thread",
        f"{algorithm}, messages of {size}, batch {SIZED}",
        [ours(algorithm, data), *peers(algorithm, data)],
        items=SIZED,
        unit="signature",
        series=(f"verify {algorithm}", MESSAGES[size]),
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_key_each_time(race: Run, algorithm: str) -> None:
    """As a sender's first message is: the key comes as bytes and is parsed."""
    data = signatures.signed(algorithm).first(signatures.KEYS)
    _, messages, signed = data
    parse = signatures.our_key(algorithm)

    def call() -> Verdicts:
        return verify_batch([parse(key) for key in data.keys], messages, signed, threads=1)

    race(
        "Parse the key and verify, one thread",
        f"{algorithm}, batch {signatures.KEYS}",
        [
            Contender("dimp_fast", call, all_ok),
            peer("pyca/cryptography", lambda: signatures.pyca(algorithm, data)()),
        ],
        items=signatures.KEYS,
        unit="signature",
    )


@pytest.mark.parametrize("algorithm", ["RSA-1024", "ECDSA"])
def test_reference_libraries(race: Run, algorithm: str) -> None:
    """Beside what the public DIM stack verifies with."""
    data = signatures.signed(algorithm).first(8)
    name = {"RSA-1024": "pycryptodome", "ECDSA": "ecdsa"}[algorithm]
    race(
        "Beside the libraries of the reference stack, one thread",
        f"{algorithm}, batch 8",
        [
            ours(algorithm, data),
            peer(name, signatures.reference_libraries(algorithm, data)),
        ],
        items=8,
        unit="signature",
    )
