"""The guard alone, without a station that runs."""

from __future__ import annotations

import asyncio
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
    return guard.Guard(Options(), Counters())


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


def session_of(user: object) -> SimpleNamespace:
    return SimpleNamespace(identifier=user, remote_address=("10.0.0.1", 1))


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
        assert await door._admit(session_of(None), frame, begun) is None

    asyncio.run(ask())
    snapshot = door._counters.snapshot()
    assert snapshot["batches"]["messages"] == 1 + learns
    assert snapshot["refused"] == {"unknown_sender": 1}
