"""Histories put together by hand, of today's form and that of 2018, good and bad.

Texts, names of blocks and merkle roots are written here once more, with the standard library alone:
what `dimp_fast` reads was not spelled by `dimp_fast`. Only keys, signatures, metas and IDs are its.
Not here: any check. Whoever calls knows what is wrong with what he makes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from dimp_fast import Identifier, Meta, PrivateKey

START = 1_750_000_000
"""June 2025: no clock that reads the examples is before it."""

USER, POLYLOGUE, CHATROOM = 0x00, 0x01, 0x31


def b64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def twice(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def merkle(texts: Sequence[str]) -> bytes:
    """By recursion, from the top; the package climbs from the leaves."""
    width = 1
    while width < len(texts):
        width *= 2

    def node(start: int, size: int) -> bytes:
        if size == 1:
            return twice(texts[start].encode("utf-8"))
        half = size // 2
        left = node(start, half)
        right = node(start + half, half) if start + half < len(texts) else left
        return twice(left + right)

    return node(0, width)


class Member:
    """Somebody with a key."""

    def __init__(self, name: str, algorithm: str = "ECC", network: int = USER) -> None:
        options = {"bits": 1024} if algorithm == "RSA" else {}
        self.key = PrivateKey.generate(algorithm, **options)
        self.meta = Meta.generate(1, self.key, name)
        self.id: Identifier = self.meta.generate_id(network)

    def __str__(self) -> str:
        return str(self.id)

    def group(self, name: str, network: int = CHATROOM) -> tuple[str, dict[str, Any]]:
        """The ID and meta of a group that this member founds."""
        meta = Meta.generate(1, self.key, name)
        return str(meta.generate_id(network)), meta.to_dict()


class Head(NamedTuple):
    """Where a block stands."""

    height: int
    name: str
    time: int


NOWHERE = Head(-1, "", START)


class Chronicle:
    """A history of today's form while it grows."""

    def __init__(self, identifier: str, metas: Mapping[str, dict[str, Any]]) -> None:
        self.id = identifier
        self.metas = dict(metas)
        self.entries: list[dict[str, Any]] = []
        self.head = NOWHERE

    def event(
        self, command: str, by: Member, user: Member | str | None = None, *,
        name: str | None = None, head: Head | None = None, **changed: Any,
    ) -> str:  # fmt: skip
        """A signed operation; ``changed`` fields replace those that are right."""
        known = self.head if head is None else head
        fields = {
            "command": command,
            "group": self.id,
            "commander": str(by),
            "height": known.height,
            "head": known.name,
            "time": known.time + 1,
        } | changed
        if user is not None:
            fields["user"] = str(user)
        if name is not None:
            fields["name"] = name
        text = json.dumps(fields)
        signature = by.key.sign(b"DIM history 2 operation\n" + text.encode("ascii"))
        return json.dumps({"operation": text, "signature": b64(signature)})

    def block(
        self, recorder: Member, events: Sequence[str], voters: Iterable[Member] = (), *,
        on: Head | None = None, **changed: Any,
    ) -> Head:  # fmt: skip
        """Add a block on the last one, or on another, and say where it stands."""
        before = self.head if on is None else on
        fields = {
            "group": self.id,
            "height": before.height + 1,
            "previous": before.name,
            "time": before.time + 60,
            "recorder": str(recorder),
            "events": len(events),
            "merkle": merkle(events).hex(),
        } | changed
        text = json.dumps(fields)
        signed = b"DIM history 2 block\n" + text.encode("ascii")
        place = Head(fields["height"], twice(signed).hex(), fields["time"])
        entry = {
            "block": text,
            "events": list(events),
            "signature": b64(recorder.key.sign(signed)),
            "votes": {str(voter): self.vote(voter, place, before.name) for voter in voters},
        }
        self.entries.append(entry)
        self.head = place
        return place

    def vote(self, voter: Member, place: Head, previous: str) -> str:
        fields = {
            "group": self.id, "height": place.height, "previous": previous, "block": place.name,
        }  # fmt: skip
        return b64(voter.key.sign(b"DIM history 2 vote\n" + json.dumps(fields).encode("ascii")))

    def mapping(self) -> dict[str, Any]:
        return {"version": 2, "ID": self.id, "metas": self.metas, "blocks": self.entries}


class Records:
    """A history of the form of 2018 while it grows."""

    def __init__(self, identifier: str, metas: Mapping[str, dict[str, Any]]) -> None:
        self.id = identifier
        self.metas = dict(metas)
        self.records: list[dict[str, Any]] = []

    def event(self, command: str, by: Member | None = None, **fields: Any) -> str:
        """A transaction; without ``by`` it is the recorder's."""
        text = json.dumps({"command": command, "time": START, **fields}, separators=(",", ":"))
        event: dict[str, Any] = {"operation": text}
        if by is not None:
            event |= {"commander": str(by), "signature": b64(by.key.sign(text.encode("utf-8")))}
        return json.dumps(event, separators=(",", ":"))

    def record(
        self, recorder: Member, events: Sequence[str], voters: Sequence[Member] = (),
        link: str | None = None,
    ) -> None:  # fmt: skip
        """Add a record: linked to the last one, its root signed, then voted for in each event."""
        texts = list(events)
        if self.records:
            texts.insert(0, self.event("link", prevSign=link or self.records[-1]["signature"]))
        root = merkle(texts)
        signature = recorder.key.sign(root)
        votes = {voter.id.address: b64(voter.key.sign(signature)) for voter in voters}
        self.records.append(
            {
                "events": [_with_votes(text, votes) for text in texts],
                "merkle": b64(root),
                "signature": b64(signature),
                "recorder": str(recorder),
            }
        )

    def mapping(self) -> dict[str, Any]:
        return {"ID": self.id, "metas": self.metas, "records": self.records}


def _with_votes(text: str, votes: dict[str, str]) -> str:
    if not votes:
        return text
    return f"{text[:-1]},{json.dumps({'confirmations': votes}, separators=(',', ':'))[1:]}"
