"""The whole way in at a station: frames to decoded, verified messages, routed by receiver.

    python -m pytest benches/test_ingress.py

The traffic is that of ``ingress``. Accounts are in the keyring, keys are hot or cold as senders
write often or rarely; one row has no account in memory at first and reads each from a folder when
its first message comes. Beside us are the fastest libraries put together by hand, which check no ID
and no duplicate and get low-S signatures, and the reference one by one: it parses and verifies
(``test_reference`` has the calls) and routes nothing. Memory is measured in processes of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import ingress
import ingress_ways
import pytest
from harness import Contender
from pace import Pace
from reference_stack import RSA_ACCEPTS, Reference, started

from dimp_fast import AccountFolder, Code

COUNT = 4096
GROUP = "Ingress: decode, verify, route"
WORKLOAD = f"{COUNT} messages of {ingress.SENDERS} senders"

Run = Callable[..., None]


def ours(
    name: str,
    batch: int,
    threads: int = 1,
    *,
    accounts: Path | None = None,
    memory: Path | None = None,
) -> Contender:
    """Args:
    accounts: a folder to read them from, else they are held.
    memory: a file with the traffic, to measure the memory with.
    """
    traffic = ingress.traffic(COUNT)
    grown = None if memory is None else ingress_ways.peak_growth("ours", batch, memory)
    return Contender(
        name,
        ingress_ways.ours(traffic, batch, threads, accounts),
        (COUNT - traffic.forged).__eq__,
        memory=grown,
    )


def by_hand(memory: Path) -> Contender:
    traffic = ingress.traffic(COUNT)
    return Contender(
        "libraries by hand, low S",
        ingress_ways.by_hand(traffic),
        (COUNT - traffic.forged).__eq__,
        lacks="IDs, duplicate names, limits",
        memory=ingress_ways.peak_growth("by_hand", 1, memory),
    )


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with started() as found:
        yield found


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The traffic, for processes of their own."""
    return ingress_ways.write(ingress.traffic(COUNT), tmp_path_factory.mktemp("traffic") / "it")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The accounts of the senders as a station keeps them."""
    place = tmp_path_factory.mktemp("accounts")
    store = AccountFolder(place, create=True)
    for sender in ingress.senders():
        assert store.save_meta(sender.identifier, sender.meta) is Code.OK
    return place


def of_reference(reference: Reference) -> Contender:
    """The genuine messages among the first, with the key of each."""
    traffic = ingress.traffic(COUNT)
    keys = {sender.identifier: sender.meta["key"] for sender in traffic.senders}
    rows = [(frame.decode("ascii"), keys[json.loads(frame)["sender"]]) for frame in traffic.frames]
    return reference.contender("read_and_verify", rows, most=16, lacks=RSA_ACCEPTS)


def test_mix(race: Run, pace: Pace, reference: Reference, on_disk: Path, folder: Path) -> None:
    """The first one is what the others are compared with, whatever else is raced."""
    batches = (256, 16, 1) if pace.is_quick else (256, 4096, 1024, 64, 16, 8, 1)
    race(
        GROUP,
        f"{WORKLOAD}, one thread",
        [
            *(ours(f"dimp_fast, batches of {n}", n, memory=on_disk) for n in batches),
            ours("dimp_fast, batches of 256, accounts from a folder", 256, accounts=folder),
            by_hand(on_disk),
            of_reference(reference),
        ],
        items=COUNT,
        unit="message",
        subject="ingress of a station",
        clocks=reference.clocks,
    )


def test_all_cores(race: Run, cores: int) -> None:
    race(
        GROUP,
        f"{WORKLOAD}, {cores} threads",
        [ours(f"dimp_fast, batches of {batch}", batch, cores) for batch in (1024, 256)],
        items=COUNT,
        unit="message",
    )
