"""Unmodified clients of dimples, one with the drop-in and one without, write to each other."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from dropin_process import Worker, python_of

TEXT = "Grüße, 孟 \U0001f600"


class World:
    """Two processes that know each other's accounts."""

    def __init__(self) -> None:
        python_of("dimples")
        self.plain = Worker("dimples", "plain", optimised=False, early=False)
        self.ours = Worker("dimples", "secure", optimised=False, early=True)
        self._known: dict[tuple[Worker, str], str] = {}

    def account(self, home: Worker, algorithm: str, *terminals: str) -> str:
        """The ID of an account of a process; the other one has met it."""
        name = f"{algorithm.lower()}-{'-'.join(terminals) or 'nowhere'}"
        if (home, name) not in self._known:
            made = home.ask(
                "client", what="join", name=name, algorithm=algorithm, terminals=terminals or ("",)
            )
            for other in (self.plain, self.ours):
                if other is not home:
                    assert other.ask("client", what="meet", **made)["taken"]
            self._known[home, name] = made["id"]
        return self._known[home, name]

    def send(self, home: Worker, sender: str, receiver: str) -> str:
        [package] = home.ask("client", what="send", sender=sender, receiver=receiver, text=TEXT)[
            "packages"
        ]
        return str(package)

    def read(self, home: Worker, package: str, receiver: str) -> Any:
        return home.ask("client", what="receive", package=package, receiver=receiver)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.plain.close()
    made.ours.close()


with_each_identity = pytest.mark.parametrize("algorithm", ["ECC", "RSA"])


@with_each_identity
@pytest.mark.parametrize("terminals", [(), ("pc",), ("pc", "phone")])
def test_messages_both_ways(world: World, algorithm: str, terminals: tuple[str, ...]) -> None:
    theirs = world.account(world.plain, algorithm, *terminals)
    ours = world.account(world.ours, algorithm, *terminals)
    answers = [
        world.read(world.ours, world.send(world.plain, theirs, ours), ours),
        world.read(world.plain, world.send(world.ours, ours, theirs), theirs),
    ]
    for answer in answers:
        assert answer["verifies"] is True
        assert answer["content"]["text"] == TEXT


@with_each_identity
def test_forged_messages(world: World, algorithm: str) -> None:
    """With any signature at all, in the name of somebody that both know. An ECC identity falls
    through its visa's RSA key."""
    theirs, ours = world.account(world.plain, algorithm), world.account(world.ours, algorithm)
    to_us = json.loads(world.send(world.plain, theirs, ours))
    to_them = json.loads(world.send(world.ours, ours, theirs))
    for message in (to_us, to_them):
        message["signature"] = b64encode(bytes(128)).decode()
    assert world.read(world.plain, json.dumps(to_them), theirs)["verifies"] is True, "the defect"
    assert world.read(world.ours, json.dumps(to_us), ours)["verifies"] is False


def test_broadcast(world: World) -> None:
    """Signed text, not encrypted; also under the name that dimples has for everybody."""
    theirs, ours = world.account(world.plain, "ECC"), world.account(world.ours, "ECC")
    package = world.send(world.plain, theirs, "everyone@everywhere")
    assert world.read(world.ours, package, ours)["content"]["text"] == TEXT
    fields = json.loads(package)
    assert fields["receiver"] == "everyone@everywhere"
    named = json.dumps(fields | {"receiver": "all"})
    assert world.read(world.ours, named, ours)["content"]["text"] == TEXT


@with_each_identity
def test_the_older_sdk(worker: Any, algorithm: str) -> None:
    """Messages both ways, and a forgery, on the SDK of 2.4.3."""
    plain, ours = worker("dimplugins", "plain"), worker("dimplugins", "secure")
    homes = {}
    for home, other, name in ((plain, ours, "plain"), (ours, plain, "ours")):
        made = home.ask("sdk", what="join", name=f"{name}-{algorithm}", algorithm=algorithm)
        assert other.ask("sdk", what="meet", **made) == {"taken": True}
        homes[home] = made["id"]
    for home, other in ((plain, ours), (ours, plain)):
        sender, receiver = homes[home], homes[other]
        package = home.ask("sdk", what="send", sender=sender, receiver=receiver, text=TEXT)
        answer = other.ask("sdk", what="receive", package=package, receiver=receiver)
        assert answer == {"verifies": True, "text": TEXT}
        forged = json.dumps(json.loads(package) | {"signature": b64encode(bytes(128)).decode()})
        short = json.dumps(json.loads(package) | {"V": b64encode(bytes(128)).decode()})
        for text in (forged, short):
            answer = other.ask("sdk", what="receive", package=text, receiver=receiver)
            assert answer["verifies"] is (other is plain), "the defect"
