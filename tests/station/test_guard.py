"""The guard alone, without a station that runs."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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
        await door.submit(b"{}")

    threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in made:
        one.close()
    assert len(made) == 1
