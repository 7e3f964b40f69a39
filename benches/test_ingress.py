"""The whole way in at a station: frames to decoded, verified messages, routed by receiver.

    python -m pytest benches/test_ingress.py

The traffic is that of ``ingress``. Accounts are in the keyring. Beside us are the fastest libraries
put together by hand, which check no ID and no duplicate and get low-S signatures, and the reference
one by one: it parses and verifies (``test_reference`` has the calls) and routes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache

import coincurve
import ingress
import orjson
import pybase64
import pytest
import signatures
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from harness import Contender
from reference_stack import RSA_ACCEPTS, Reference, started

from dimp_fast import Keyring, backend_info, routing_columns, verify_messages

COUNT = 4096
SHARDS = 64
GROUP = "Ingress: decode, verify, route"
BATCHES = (256, 16, 1)

Run = Callable[..., None]


@cache
def keyring() -> Keyring:
    found = Keyring()
    for sender in ingress.senders():
        found.add_meta(sender.identifier, sender.meta)
    return found


def ours(name: str, batch: int, threads: int) -> Contender:
    traffic = ingress.traffic(COUNT)
    accounts = keyring()

    def call() -> tuple[int, int]:
        accepted = routed = 0
        for start in range(0, COUNT, batch):
            messages, verdicts = verify_messages(
                traffic.frames[start : start + batch], accounts, threads=threads
            )
            good = verdicts.ok
            receivers = [text for text, ok in zip(messages.receiver, good, strict=True) if ok]
            routed += len(routing_columns(receivers, SHARDS).shard) if receivers else 0
            accepted += int(good.sum())
        return accepted, routed

    wanted = COUNT - traffic.forged
    return Contender(name, call, (wanted, wanted).__eq__)


def by_hand() -> Contender:
    """orjson, pybase64, coincurve, pyca/cryptography and a dictionary of parsed keys."""
    traffic = ingress.traffic(COUNT)
    padding, digest = PKCS1v15(), SHA256()
    checks: dict[str, Callable[[bytes, bytes], bool]] = {}
    for sender in traffic.senders:
        if sender.algorithm == "ECDSA":
            checks[sender.identifier] = coincurve.PublicKey(sender.public).verify
        else:
            key = signatures.pyca_key("RSA-1024")(sender.public)
            checks[sender.identifier] = lambda signature, message, key=key: (
                key.verify(signature, message, padding, digest) is None
            )

    def call() -> int:
        accepted = 0
        shards: list[list[bytes]] = [[] for _ in range(SHARDS)]
        for frame in traffic.frames:
            message = orjson.loads(frame)
            data = pybase64.b64decode(message["data"], validate=True)
            signature = pybase64.b64decode(message["signature"], validate=True)
            try:
                good = checks[message["sender"]](signature, data)
            except InvalidSignature:
                good = False
            if good:
                shards[hash(message["receiver"]) % SHARDS].append(frame)
                accepted += 1
        return accepted

    return Contender(
        "libraries by hand, low S",
        call,
        (COUNT - traffic.forged).__eq__,
        lacks="IDs, duplicate names, limits",
    )


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with started() as found:
        yield found


def of_reference(reference: Reference) -> Contender:
    """The genuine messages among the first, with the key of each."""
    traffic = ingress.traffic(COUNT)
    keys = {sender.identifier: sender.meta["key"] for sender in traffic.senders}
    rows = [(frame.decode("ascii"), keys[json.loads(frame)["sender"]]) for frame in traffic.frames]
    return reference.contender("read_and_verify", rows, most=16, lacks=RSA_ACCEPTS)


def test_mix(race: Run, reference: Reference) -> None:
    race(
        GROUP,
        f"{COUNT} messages of {ingress.SENDERS} senders, one thread",
        [
            *(ours(f"dimp_fast, batches of {batch}", batch, 1) for batch in BATCHES),
            by_hand(),
            of_reference(reference),
        ],
        items=COUNT,
        unit="message",
        subject="ingress of a station",
        clocks=reference.clocks,
    )


def test_threads(race: Run) -> None:
    cores = backend_info()["cpu"]["cores"]
    if cores < 2:
        pytest.skip("one core")
    race(
        "Threads",
        f"ingress, {COUNT} messages, batches of 1024",
        [ours(f"{cores} threads", 1024, cores), ours("1 thread", 1024, 1)],
        items=COUNT,
        unit="message",
    )
