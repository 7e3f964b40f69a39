"""Reliable messages of the sizes and habits that the network has.

Two sorts: well-formed frames with signatures of random bytes, for the codec; and frames of senders
with real keys and metas, for the pipeline. IDs are valid in both.
"""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode
from functools import cache
from typing import Any, NamedTuple

import signatures

from dimp_fast import Keyring, derive_addresses, derive_eth_addresses

SIZES = {"400 B": 400, "900 B": 900, "1 KB": 1 << 10, "16 KB": 16 << 10, "256 KB": 256 << 10}
"""Of whole frames. IDs, time and signature alone take about 300 bytes, so there is none of 200; 400
bytes is a short text whose key came before, 900 one with its key."""

USER = 0


def text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


@cache
def identifiers() -> list[str]:
    """A thousand IDs, half of them with ETH-style addresses and no name."""
    randomness = random.Random(3)
    btc = derive_addresses([randomness.randbytes(128) for _ in range(500)], USER)
    eth = derive_eth_addresses([randomness.randbytes(64) for _ in range(500)])
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = ["".join(randomness.choices(letters, k=randomness.randint(3, 12))) for _ in btc]
    found = [f"{name}@{address}" for name, address in zip(names, btc, strict=True)] + eth
    randomness.shuffle(found)
    return found


def envelope(randomness: random.Random, sender: str, size: int) -> dict[str, Any]:
    """A message of about ``size`` bytes when it has a signature; that is left empty."""
    receiver = randomness.choice(identifiers())
    message: dict[str, Any] = {
        "sender": sender,
        "receiver": receiver,
        "time": round(1.7e9 + randomness.random() * 1e7, 6),
    }
    if randomness.random() < 0.2:
        message["group"] = randomness.choice(identifiers())
    message["data"] = ""
    if size < 600:
        message["keys"] = {"digest": text(randomness.randbytes(6))}
    elif randomness.random() < 0.15:
        message["key"] = text(randomness.randbytes(128))
    else:
        message["keys"] = {receiver: text(randomness.randbytes(128))}
    message["type"] = randomness.choice(["1", 1, "136"])
    message["signature"] = ""
    room = size - len(json.dumps(message)) - 96
    blocks = max(2, room * 3 // 4 // 16)  # what AES gives
    message["data"] = text(randomness.randbytes(16 * blocks))
    return message


SHORT = {
    "sender": "F", "receiver": "R", "time": "W", "type": "T", "group": "G", "key": "K", "keys": "K",
    "data": "D", "signature": "V",
}  # fmt: skip

STRANGERS = 6000
"""Frames of senders and to receivers that come once only: more than any cache of IDs holds."""


@cache
def well_formed(size: int, style: str = "python") -> tuple[bytes, ...]:
    """Frames for the codec, as many as a megabyte or two holds, 256 at most.

    ``style``: ``python`` is the reference's spelling, ``objc`` is compact with escaped slashes,
    ``attached`` has a meta and a visa in it, ``short`` has short names; ``strangers`` are more
    frames, each between two other IDs.
    """
    randomness = random.Random(4)
    frames = []
    people = iter(_strangers() if style == "strangers" else [])
    count = STRANGERS if style == "strangers" else max(8, min(256, (2 << 20) // size))
    for _ in range(count):
        message = envelope(randomness, randomness.choice(identifiers()), size)
        if style == "strangers":
            message |= {"sender": next(people), "receiver": next(people)}
        length = 128 if randomness.random() < 0.3 else randomness.choice([70, 71, 71, 72])
        message["signature"] = text(randomness.randbytes(length))
        if style == "attached":
            message |= _attachments(randomness, message["sender"])
        if style == "short":
            message = {SHORT[name]: value for name, value in message.items()}
        if style == "objc":
            compact = json.dumps(message, separators=(",", ":"), sort_keys=True)
            frames.append(compact.replace("/", "\\/").encode("ascii"))
        else:
            frames.append(json.dumps(message).encode("ascii"))
    return tuple(frames)


def _strangers() -> list[str]:
    digests = [number.to_bytes(4, "big") for number in range(STRANGERS)]
    btc = [f"user@{address}" for address in derive_addresses(digests, USER)]
    return [*btc, *derive_eth_addresses([digest * 16 for digest in digests])]


def _attachments(randomness: random.Random, sender: str) -> dict[str, Any]:
    point = "04" + randomness.randbytes(64).hex()
    key = {"algorithm": "ECC", "data": point, "curve": "secp256k1", "digest": "SHA256"}
    pem = f"-----BEGIN PUBLIC KEY-----\n{text(randomness.randbytes(162))}\n-----END PUBLIC KEY-----"
    properties = {"type": "visa", "name": "x", "key": {"algorithm": "RSA", "data": pem}}
    return {
        "meta": {
            "type": "1",
            "key": key,
            "seed": sender.partition("@")[0],
            "fingerprint": text(randomness.randbytes(71)),
        },
        "visa": {
            "did": sender,
            "type": "visa",
            "data": json.dumps({**properties, "time": 1.7e9}),
            "signature": text(randomness.randbytes(71)),
        },
    }


def with_bytes(frame: bytes) -> dict[str, Any]:
    """The message with data, signature and keys as bytes, as one has them before sending."""
    message: dict[str, Any] = json.loads(frame)
    for name in ("data", "signature", "key"):
        if name in message:
            message[name] = b64decode(message[name])
    if "keys" in message:
        message["keys"] = {name: b64decode(value) for name, value in message["keys"].items()}
    return message


class Sender(NamedTuple):
    """An account with a real key."""

    identifier: str
    meta: dict[str, Any]
    algorithm: str
    private_key: Any
    public: bytes
    """As in :class:`signatures.Signed`."""


@cache
def senders() -> tuple[Sender, ...]:
    """ECC accounts (meta type 2) and RSA-1024 accounts (meta type 1)."""
    ecc = [ecc_sender(key) for key in signatures.private_keys("ECDSA")]
    rsa = enumerate(signatures.private_keys("RSA-1024"))
    return (*ecc, *(rsa_sender(key, f"user-{index}") for index, key in rsa))


def keyring() -> Keyring:
    """With the accounts of all senders."""
    found = Keyring()
    for sender in senders():
        found.add_meta(sender.identifier, sender.meta)
    return found


def ecc_sender(key: Any) -> Sender:
    """An account whose address is that of its key."""
    point = signatures.public_bytes(key)
    (address,) = derive_addresses([point], USER)
    meta = {"type": "2", "key": {"algorithm": "ECC", "data": point.hex()}}
    return Sender(address, meta, "ECDSA", key, point)


def rsa_sender(key: Any, name: str) -> Sender:
    """An account whose address is that of the fingerprint of its name."""
    der = signatures.public_bytes(key)
    pem = f"-----BEGIN PUBLIC KEY-----\n{text(der)}\n-----END PUBLIC KEY-----"
    fingerprint = signatures.sign(key, name.encode("ascii"))
    (address,) = derive_addresses([fingerprint], USER)
    meta = {
        "type": "1",
        "key": {"algorithm": "RSA", "data": pem},
        "seed": name,
        "fingerprint": text(fingerprint),
    }
    return Sender(f"{name}@{address}", meta, "RSA-1024", key, der)


class Conversation(NamedTuple):
    """The same signed messages twice."""

    frames: list[bytes]
    """Every other ECDSA signature has a high S, as on the network."""
    low: list[bytes]
    """For libraries that refuse high S."""


@cache
def conversation(count: int = 512, size: int = 900, ecc_share: float = 0.7) -> Conversation:
    """Signed messages of :func:`senders`."""
    randomness = random.Random(5)
    by_algorithm = {
        name: [sender for sender in senders() if sender.algorithm == name]
        for name in ("ECDSA", "RSA-1024")
    }
    frames, low = [], []
    for index in range(count):
        algorithm = "ECDSA" if randomness.random() < ecc_share else "RSA-1024"
        sender = randomness.choice(by_algorithm[algorithm])
        message = envelope(randomness, sender.identifier, size)
        data = randomness.randbytes(len(message["data"]) * 3 // 4 // 16 * 16)
        signature = signatures.sign(sender.private_key, data)
        message |= {"data": text(data), "signature": text(signature)}
        low.append(json.dumps(message).encode("ascii"))
        if algorithm == "ECDSA" and index % 2:
            message["signature"] = text(signatures.flipped(signature))
        frames.append(json.dumps(message).encode("ascii"))
    return Conversation(frames, low)
