"""The verifier: whatever is queued is the next batch, each answer goes to who asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from station_accounts import Account, make_account
from wire_client import forged

from dimp_fast import Code, Keyring, encode, seal
from dimp_fast.dropin.station import Counters
from dimp_fast.dropin.station.verifier import Verifier


class People:
    def __init__(self) -> None:
        self.keyring = Keyring()
        self.alice, self.bob = (make_account(name) for name in ("alice", "bob"))
        for account in (self.alice, self.bob):
            account.introduce(self.keyring)

    def frame(self, sender: Account, receiver: Account) -> bytes:
        content = {"type": 1, "sn": 1, "text": "Hey"}
        sealed = seal(content, sender=sender.user, receivers=str(receiver), keyring=self.keyring)
        return encode(sealed)


@pytest.fixture(scope="module")
def people() -> People:
    return People()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def verifier(people: People, counters: Counters) -> Iterator[Verifier]:
    made = Verifier(people.keyring, counters)
    yield made
    made.close()


def test_each_gets_its_answer(people: People, verifier: Verifier) -> None:
    good = people.frame(people.alice, people.bob)
    frames = [good, forged(good, people.bob, 70), b"no message", good]

    async def ask() -> list[Code]:
        return [found.code for found in await asyncio.gather(*map(verifier.submit, frames))]

    found = asyncio.run(ask())
    assert found[0] is Code.OK
    assert found[3] is Code.OK
    assert found[2] is Code.MALFORMED
    assert found[1] in (Code.BAD_SIGNATURE, Code.BAD_SIGNATURE_ENCODING)


def test_the_message_is_what_was_verified(
    people: People, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = people.frame(people.alice, people.bob)

    async def ask() -> tuple[object, object]:
        return (await verifier.submit(frame)).message, (await verifier.submit(b"{}")).message

    def columns(*_: object) -> None:
        raise AssertionError("no column is needed to look at one message")

    monkeypatch.setattr("dimp_fast.message.column", columns)
    message, none = asyncio.run(ask())
    assert none is None
    assert encode(message) == frame


class Slow:
    """A loader that waits, so that a queue forms behind it."""

    def __init__(self) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()

    def __call__(self, address: str) -> None:
        self.entered.set()
        assert self.leave.wait(10)


def test_what_is_queued_meanwhile_is_one_batch(people: People, counters: Counters) -> None:
    """Nothing waits for a clock, and nothing is verified one by one while others wait."""
    slow = Slow()
    verifier = Verifier(Keyring(max_accounts=8, loader=slow), counters, most=16)
    frame = people.frame(people.alice, people.bob)

    async def ask() -> None:
        first = verifier.submit(frame)
        await asyncio.to_thread(slow.entered.wait, 10)
        rest = [verifier.submit(frame) for _ in range(20)]
        slow.leave.set()
        await asyncio.gather(first, *rest)

    asyncio.run(ask())
    verifier.close()
    batches = counters.snapshot()["batches"]
    assert batches["count"] == 3  # 1, then 16 at most, then the rest
    assert batches["messages"] == 21
    assert batches["sizes"] == {1: 1, 16: 1, 4: 1}


def test_bytes_bound_a_batch_too(people: People, counters: Counters) -> None:
    slow = Slow()
    frame = people.frame(people.alice, people.bob)
    verifier = Verifier(Keyring(max_accounts=8, loader=slow), counters, most_bytes=3 * len(frame))

    async def ask() -> None:
        first = verifier.submit(frame)
        await asyncio.to_thread(slow.entered.wait, 10)
        rest = [verifier.submit(frame) for _ in range(6)]
        slow.leave.set()
        await asyncio.gather(first, *rest)

    asyncio.run(ask())
    verifier.close()
    assert counters.snapshot()["batches"]["count"] == 3


def test_several_loops(people: People, verifier: Verifier) -> None:
    """Where sessions have a loop each, answers go to the loop that asked."""
    frame = people.frame(people.alice, people.bob)
    found: list[Code] = []

    async def ask() -> None:
        for _ in range(20):
            found.append((await verifier.submit(frame)).code)

    threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Code.OK] * 80


def test_a_loop_that_is_gone_hurts_nobody(people: People, verifier: Verifier) -> None:
    frame = people.frame(people.alice, people.bob)

    async def leave() -> None:
        verifier.submit(frame).cancel()
        verifier.submit(frame)

    async def ask() -> Code:
        return (await verifier.submit(frame)).code

    for _ in range(20):
        asyncio.run(leave())
    assert asyncio.run(ask()) is Code.OK


def test_a_failure_refuses_its_batch_and_no_more(people: People, counters: Counters) -> None:
    """An answer that cannot be had is an error for who asked, never a yes; others go on."""
    broken = [True]

    def load(address: str) -> None:
        if broken.pop():
            raise MemoryError("no more")
        broken.append(False)

    told: list[BaseException] = []
    verifier = Verifier(Keyring(max_accounts=8, loader=load), counters, on_failure=told.append)
    frame = people.frame(people.alice, people.bob)

    async def ask() -> Code:
        with pytest.raises(MemoryError):
            await verifier.submit(frame)
        broken.append(False)
        return (await verifier.submit(frame)).code

    assert asyncio.run(ask()) is Code.UNKNOWN_SENDER
    assert [type(error) for error in told] == [MemoryError]
    verifier.close()
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(ask())
