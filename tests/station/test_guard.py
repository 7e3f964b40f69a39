"""The guard alone, without a station that runs."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from station_accounts import Account, make_account

from dimp_fast import Keyring, encode, seal
from dimp_fast.dropin.station import Counters, Options, guard, verifier


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> guard.Guard:
    """A guard of a station whose accounts lie in a folder."""
    from dimples.station import shared

    there = SimpleNamespace(config=SimpleNamespace(database_public=str(tmp_path)))
    monkeypatch.setattr(shared, "GlobalVariable", lambda: there)
    made = guard.Guard(Options(), Counters())
    made._station.ReliableMessage = SimpleNamespace(parse=lambda msg: Parsed(msg))
    nothing = {f"fix_{what}_attachment": lambda msg: None for what in ("meta", "visa")}
    made._station.Compatible = SimpleNamespace(**nothing)
    return made


def test_one_verifier_for_all_threads(monkeypatch: pytest.MonkeyPatch, door: guard.Guard) -> None:
    """Also when the first messages come at the same time."""
    made: list[Any] = []

    class Slow(verifier.Verifier):
        def __init__(self, *args: Any, **more: Any) -> None:
            made.append(self)
            time.sleep(0.05)
            super().__init__(*args, **more)

    monkeypatch.setattr(guard, "Verifier", Slow)

    async def ask() -> None:
        await door.submit(b"{}").verified

    threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in made:
        one.close()
    assert len(made) == 1


def message_of(name: str) -> tuple[Account, bytes]:
    """An account, and a message of its that is not encrypted."""
    account = make_account(name)
    content = {"type": 1, "sn": 1, "text": "Hey"}
    keyring = Keyring()
    message = seal(content, sender=account.user, receivers="anyone@anywhere", keyring=keyring)
    return account, encode(message)


class Session:
    def __init__(self, user: object) -> None:
        self.identifier = user
        self.remote_address = ("10.0.0.1", 1)


class Parsed(dict[str, Any]):
    """Stands where the station has its own object for a message."""


@pytest.mark.parametrize("learns", [False, True])
def test_an_unknown_sender_is_verified_again_when_something_was_learned(
    door: guard.Guard, learns: bool
) -> None:
    """What came before it may have brought the keys; else it costs once."""
    account, frame = message_of("stranger")

    async def ask() -> None:
        begun = door.submit(frame)
        await begun.verified
        if learns:
            door.forget(account)
        assert await door._admit(Session(None), frame, begun) is None

    asyncio.run(ask())
    snapshot = door._counters.snapshot()
    assert snapshot["batches"]["messages"] == 1 + learns
    assert snapshot["refused"] == {"unknown_sender": 1}


def admitted(door: guard.Guard, frame: bytes, user: object) -> Any:
    """What the station gets of a frame in a session of this user."""
    return asyncio.run(door._admit(Session(user), frame))


def test_signature_and_data_go_on_in_their_one_spelling(door: guard.Guard) -> None:
    """docs/dropin.md, D4."""
    alice, bob = make_account("alice"), make_account("bob")
    keyring = Keyring()
    for account in (alice, bob):
        account.introduce(keyring)
    content = {"type": 1, "sn": 1, "text": "Hey"}
    sent = seal(content, sender=alice.user, receivers=str(bob), keyring=keyring).to_dict()
    odd = {name: f" {sent[name]}\n" for name in ("signature", "data")}
    attached = {"meta": alice.meta.to_dict(), "visa": alice.visa.to_dict()}
    found = admitted(door, json.dumps(sent | odd | attached).encode(), alice)
    assert {name: found[name] for name in odd} == {name: sent[name] for name in odd}


@pytest.mark.parametrize("name", ["everyone", "all"])
def test_the_constants_have_their_aliases(door: guard.Guard, name: str) -> None:
    """docs/dropin.md, D26: a broadcast to one is verified as what it is."""
    alice, frame = message_of("alice")
    attached = {"meta": alice.meta.to_dict(), "visa": alice.visa.to_dict()}
    fields = json.loads(frame) | attached | {"receiver": name}
    found = admitted(door, json.dumps(fields).encode(), None)
    assert found["receiver"] == "everyone@everywhere"
    fields["signature"] = "AAAA" + fields["signature"][4:]
    assert admitted(door, json.dumps(fields).encode(), None) is None
    fields["receiver"] = "nobody"
    assert admitted(door, json.dumps(fields).encode(), None) is None


def test_a_guard_that_is_closed_lets_go_of_its_thread(door: guard.Guard) -> None:
    """And serves what is left of its connections all the same."""

    def threads() -> int:
        return sum(thread.name == "dimp-fast-verifier" for thread in threading.enumerate())

    async def ask() -> None:
        await door.submit(b"{}").verified

    before = threads()
    for _ in range(2):
        asyncio.run(ask())
        assert threads() == before + 1
        door.close()
        assert (threads(), door._keyring) == (before, None)
