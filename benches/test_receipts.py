"""Receipts: what a station answers for a message that came in, encrypted and signed.

    python -m pytest benches/test_receipts.py

One thread, a station with an ECC key. The key of a conversation serves its receiver again, as in
the reference, so a receipt costs AES, one ECDSA signature and the writing of the frame. By hand the
same is done with pyca/cryptography, coincurve and orjson, and nobody's account is looked up. Of the
reference the signature alone is timed: its receipts cost that and more.
"""

from __future__ import annotations

import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import coincurve
import frames
import orjson
import pybase64
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from harness import Contender
from reference_stack import Reference, started

from dimp_fast import (
    CipherKeys,
    Identifier,
    Keyring,
    LocalUser,
    Meta,
    PrivateKey,
    encode,
    seal,
    seal_batch,
    verify_messages,
)

BATCH = 32
STATION = 0x88
"""The network id of stations."""

ALONE = "everything but the signature, which alone is timed"
GROUP = "Receipts of a station, one thread"

Run = Callable[..., None]


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with started() as found:
        yield found


def receipt(sender: str) -> dict[str, Any]:
    """Its origin is the envelope of the message."""
    origin = {"sender": sender, "receiver": frames.identifiers()[0], "time": 1.7e9, "sn": 1234567}
    return {"type": "88", "sn": 7654321, "time": 1.7e9, "command": "receipt",
            "text": "Message delivered.", "origin": origin}  # fmt: skip


class Desk:
    """A station, and those who get a receipt each."""

    def __init__(self) -> None:
        self.key = PrivateKey.generate("ECC")
        meta = Meta.generate("mkm", self.key, "station")
        self.identifier: Identifier = meta.generate_id(STATION)
        readers = [sender for sender in frames.senders() if sender.algorithm == "RSA-1024"]
        self.receivers = [reader.identifier for reader in readers][:BATCH]
        self.contents = [receipt(receiver) for receiver in self.receivers]
        self.keyring = Keyring()
        self.keyring.add_meta(self.identifier, meta)
        for reader in readers:
            self.keyring.add_meta(reader.identifier, reader.meta)

    def accept(self, found: Sequence[bytes]) -> bool:
        """As many as there are receivers, each signed by the station."""
        return len(found) == BATCH and verify_messages(list(found), self.keyring)[1].all_ok()


def one_by_one(desk: Desk) -> Contender:
    user, keys = LocalUser(desk.identifier, desk.key), CipherKeys()

    def call() -> list[bytes]:
        return [
            encode(
                seal(
                    content,
                    sender=user,
                    receivers=receiver,
                    keyring=desk.keyring,
                    cipher_keys=keys,
                )
            )
            for content, receiver in zip(desk.contents, desk.receivers, strict=True)
        ]

    return Contender("dimp_fast, one by one", call, desk.accept)


def together(desk: Desk) -> Contender:
    user, keys = LocalUser(desk.identifier, desk.key), CipherKeys()

    def call() -> list[bytes]:
        messages, _ = seal_batch(
            desk.contents,
            sender=user,
            receivers=desk.receivers,
            keyring=desk.keyring,
            cipher_keys=keys,
            threads=1,
        )
        return [encode(message) for message in messages if message is not None]

    return Contender("dimp_fast", call, desk.accept)


def by_hand(desk: Desk) -> Contender:
    secret = coincurve.PrivateKey.from_pem(desk.key.to_dict(secret=True)["data"].encode("ascii"))
    station = str(desk.identifier)
    keys = [os.urandom(32) for _ in desk.receivers]
    digest = b64encode(b"digest").decode("ascii")

    def call() -> list[bytes]:
        found = []
        for content, receiver, key in zip(desk.contents, desk.receivers, keys, strict=True):
            pad, vector = PKCS7(128).padder(), os.urandom(16)
            cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
            padded = pad.update(orjson.dumps(content)) + pad.finalize()
            data = cipher.update(padded) + cipher.finalize()
            message = {
                "sender": station, "receiver": receiver, "time": time.time(),
                "IV": pybase64.b64encode_as_string(vector),
                "data": pybase64.b64encode_as_string(data), "keys": {"digest": digest},
                "signature": pybase64.b64encode_as_string(secret.sign(data)),
            }  # fmt: skip
            found.append(orjson.dumps(message))
        return found

    return Contender("libraries by hand", call, desk.accept, lacks="whether receivers exist")


def test_receipts(race: Run, reference: Reference) -> None:
    desk = Desk()
    signings = [(desk.key.to_dict(secret=True), "00" * 400)] * 4
    race(
        GROUP,
        f"to {BATCH} users in turn",
        [
            together(desk),
            one_by_one(desk),
            by_hand(desk),
            reference.contender("sign", signings, most=4, lacks=ALONE),
        ],
        items=BATCH,
        unit="receipt",
        subject="make a receipt",
        clocks=reference.clocks,
    )
