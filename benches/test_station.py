"""The real station of the reference, plain and with the drop-in, under the same load.

    python -m pytest benches/test_station.py
    python benches/station/load.py --help          # by itself, with other loads

Both are processes of their own on the loopback and are loaded in turn (``station/load.py``):
clients send to each other, and a message is done when it has arrived and its sender has the
receipt. Wall time is that of the load, CPU time that of all threads of the station alone, memory
its resident set after the last load. The drop-in verifies every message, the plain station none.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import reference_stack
from harness import Track
from keeper import Keeper
from pace import Pace

import dimp_fast

LOAD = Path(__file__).with_name("station") / "load.py"
CLIENTS = Path(__file__).parents[1] / "tests" / "station"
NAMES = {"drop-in": "dimp_fast, drop-in", "plain": "plain station of the reference"}
NONE_VERIFIED = "it verifies no message"


class Load(NamedTuple):
    """Options of ``station/load.py``."""

    messages: int
    rounds: int


SHORT, LONG, ONCE = Load(120, 3), Load(600, 7), Load(8, 1)


def loaded(load: Load) -> dict[str, list[dict[str, float]]]:
    """The rounds of each station."""
    command = [reference_stack.interpreter(), "-W", "ignore", str(LOAD)]
    command += [f"--messages={load.messages}", f"--rounds={load.rounds}"]
    package = Path(dimp_fast.__file__).parents[1]
    run = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(package)}
    )
    assert run.returncode == 0, run.stderr
    figures: dict[str, Any] = json.loads(run.stdout)["figures"]
    return {name: row["rounds"] for name, row in figures.items()}


def test_load(benchmark: Any, keeper: Keeper, pace: Pace) -> None:
    if not CLIENTS.exists():
        pytest.skip("the real station under load: from a checkout only, its clients are not here")
    load = (SHORT if pace.is_quick else LONG) if benchmark.enabled else ONCE
    found = benchmark.pedantic(loaded, args=(load,), rounds=1)
    tracks = [
        Track(
            title,
            calls=load.messages,
            wall=[1e9 / one["messages/s"] for one in found[name]],
            cpu=[1e6 * one["CPU ms"] for one in found[name]],
            lacks=NONE_VERIFIED if name == "plain" else "",
            memory=round(2**20 * found[name][-1]["MiB"]),
        )
        for name, title in NAMES.items()
    ]
    keeper.keep(
        tracks,
        group="A real station under load, from client to client",
        workload="4 pairs of clients, texts of 100 characters, a receipt each",
        items=load.messages,
        unit="message",
        subject="relay by a real station",
    )
