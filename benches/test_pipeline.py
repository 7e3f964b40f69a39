"""Messages a second through verify_messages: decode, find the key, hash, verify.

    python -m pytest benches/test_pipeline.py

Accounts are in the keyring beforehand. The peer is what one writes by hand with the fastest
libraries (orjson, pybase64, coincurve, pyca/cryptography) and a dictionary of parsed keys; it
checks no ID, no duplicate and no visa, and gets low-S signatures since coincurve refuses others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coincurve
import frames
import orjson
import pybase64
import pytest
import signatures
import tiers
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from harness import Contender
from sizes import slow

from dimp_fast import Keyring, verify_messages

EXAMPLES = Path(__file__).parents[1] / "examples"

Run = Callable[..., None]


def example_frames() -> list[bytes]:
    file = EXAMPLES / "messages.jsonl"
    if not file.exists():
        pytest.skip("examples/messages.jsonl is not there")
    return file.read_bytes().splitlines()


def counted(result: Any) -> dict[str, int]:
    """How many messages got which verdict."""
    _, verdicts = result
    return {code.name: number for code, number in verdicts.counts().items() if number}


@pytest.mark.slow
def test_examples(race: Run) -> None:
    """The example messages of the repository, the refused ones among them."""
    items = example_frames()
    manifest = (EXAMPLES / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = dict(Counter(json.loads(line)["verdict"] for line in manifest))

    def make() -> Callable[[], Any]:
        keyring = Keyring()
        keyring.load(EXAMPLES / "accounts")
        return lambda: verify_messages(items, keyring, threads=1)

    race(
        "Pipeline",
        f"examples, {len(items)} messages, one thread",
        tiers.contenders("decode_batch", make, lambda result: counted(result) == wanted),
        items=len(items),
        unit="message",
    )


def by_hand(items: list[bytes]) -> Callable[[], int]:
    padding, digest = PKCS1v15(), SHA256()

    def coincurve_check(public: bytes) -> Callable[[bytes, bytes], bool]:
        return coincurve.PublicKey(public).verify

    def pyca_check(public: bytes) -> Callable[[bytes, bytes], bool]:
        key = signatures.pyca_key("RSA-1024")(public)

        def check(signature: bytes, message: bytes) -> bool:
            key.verify(signature, message, padding, digest)
            return True

        return check

    checks = {
        sender.identifier: (coincurve_check if sender.algorithm == "ECDSA" else pyca_check)(
            sender.public
        )
        for sender in frames.senders()
    }
    loads, decode64 = orjson.loads, pybase64.b64decode

    def call() -> int:
        accepted = 0
        for item in items:
            message = loads(item)
            data = decode64(message["data"], validate=True)
            signature = decode64(message["signature"], validate=True)
            accepted += checks[message["sender"]](signature, data)
        return accepted

    return call


@pytest.mark.parametrize("size", [slow(512), 16])
def test_conversation(race: Run, size: int) -> None:
    """Seven of ten messages are signed with ECDSA, the others with RSA-1024."""
    talk = frames.conversation()
    items, low = talk.frames[:size], talk.low[:size]

    def make() -> Callable[[], Any]:
        keyring = frames.keyring()
        return lambda: verify_messages(items, keyring, threads=1)

    race(
        "Pipeline",
        f"70 % ECC, 30 % RSA-1024, 900 B, batch {size}, one thread",
        [
            *tiers.contenders("decode_batch", make, lambda result: result[1].all_ok()),
            Contender("libraries by hand, low S", by_hand(low), size.__eq__),
        ],
        items=size,
        unit="message",
    )
