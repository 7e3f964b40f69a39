"""What comes in at a station: a day's mix of messages in small, with real keys and signatures.

Nine of ten messages are personal texts of 600 to 900 bytes; the rest are copies for group members,
receipts and files. Senders follow Zipf's law: few send much, most send rarely. One of ten has an
RSA key. One message of a hundred is forged.
"""

from __future__ import annotations

import itertools
import json
import random
from functools import cache
from typing import Any, NamedTuple

import frames
import signatures

from dimp_fast import derive_addresses

SENDERS = 2_000
RSA_SHARE, FORGED_SHARE = 0.1, 0.01
ZIPF = 1.1
"""The exponent: the n-th sender sends n**-1.1 times as much as the first."""

KINDS = {"text": 0.90, "group": 0.04, "receipt": 0.05, "file": 0.01}
FILE_BYTES = 64 << 10
SHARDS = 64
"""Where messages are routed to."""


class Traffic(NamedTuple):
    """Frames in the order in which they come in."""

    frames: list[bytes]
    forged: int
    """How many of them."""
    senders: tuple[frames.Sender, ...]


@cache
def senders() -> tuple[frames.Sender, ...]:
    """Accounts in order of how much they send; RSA and ECC mixed."""
    randomness = random.Random(6)
    ecc = [key for _ in range(SENDERS // signatures.KEYS) for key in _new_ecc_keys()]
    found = []
    for index, key in enumerate(itertools.islice(itertools.cycle(ecc), SENDERS)):
        if randomness.random() < RSA_SHARE:
            rsa = signatures.private_keys("RSA-1024")
            found.append(frames.rsa_sender(rsa[index % len(rsa)], f"sender-{index}"))
        else:
            found.append(frames.ecc_sender(key))
    return tuple(found)


def _new_ecc_keys() -> list[Any]:
    return signatures.private_keys.__wrapped__("ECDSA")


@cache
def traffic(count: int) -> Traffic:
    """``count`` messages."""
    randomness = random.Random(7)
    people = senders()
    weights = list(itertools.accumulate((rank + 1) ** -ZIPF for rank in range(len(people))))
    kinds = randomness.choices(list(KINDS), list(KINDS.values()), k=count)
    chosen = randomness.choices(people, cum_weights=weights, k=count)
    found, forged = [], 0
    for kind, sender in zip(kinds, chosen, strict=True):
        message, data = _message(randomness, kind, sender.identifier)
        signature = signatures.sign(sender.private_key, data)
        if randomness.random() < FORGED_SHARE:
            message["data"] = frames.text(bytes([data[0] ^ 1]) + data[1:])
            forged += 1
        message["signature"] = frames.text(signature)
        found.append(json.dumps(message).encode("ascii"))
    return Traffic(found, forged, people)


def _message(randomness: random.Random, kind: str, sender: str) -> tuple[dict[str, Any], bytes]:
    size = {
        "text": randomness.randint(600, 900),
        "group": randomness.randint(600, 900),
        "receipt": 500,
        "file": FILE_BYTES,
    }[kind]
    message = frames.envelope(randomness, sender, size)
    message.pop("group", None)
    if kind == "group":
        (message["group"],) = derive_addresses([randomness.randbytes(8)], 1)
    data = randomness.randbytes(len(message["data"]) * 3 // 4 // 16 * 16)
    message["data"] = frames.text(data)
    return message, data
