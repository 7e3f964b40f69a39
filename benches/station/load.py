"""The same load for the plain station and for the one with the drop-in, in turn.

    python benches/station/load.py                    # messages a second, CPU a message
    python benches/station/load.py --switches         # and what each change is worth
    python benches/station/load.py --latency          # end to end, real clients
    python benches/station/load.py --idle 200         # connections that do nothing

Stations are processes of their own on the loopback, with the same log level, all of them up for the
whole run and loaded one after the other, round by round: what neighbours on the machine do hits all
of them alike. CPU is user and system time of the station alone, of all its threads. Messages are
sealed before the clock starts; the load is over when each has reached its receiver and its sender
has the receipt. Every message with the drop-in is verified before it is relayed, which the counters
say at the end; the plain station verifies none.
"""

from __future__ import annotations

import argparse
import json
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "tests" / "station")]

from machine import machine_block  # noqa: E402
from station_people import People, introduce  # noqa: E402
from station_process import DROP_IN, Station, running  # noqa: E402
from wire_client import WireClient  # noqa: E402

from dimp_fast.dropin.station import SWITCHES  # noqa: E402

LEVEL = ("--log-level", "error")
PLAIN, FAST = "plain", "drop-in"
SECONDS = 120.0
"""A load that takes longer has failed."""


def variants(options: argparse.Namespace) -> dict[str, Sequence[str]]:
    """Arguments of the launcher, by name."""
    made: dict[str, Sequence[str]] = {PLAIN: ("--compare", *LEVEL), FAST: LEVEL}
    if options.switches:
        for name in SWITCHES:
            more = ["loop", name] if name in ("wake", "reads") else [name]
            made[f"without {' and '.join(more)}"] = [
                *LEVEL,
                *(part for one in more for part in ("--without", one)),
            ]
    return made


class Pair:
    """One who sends and one who receives."""

    def __init__(self, people: People, number: int, count: int, size: int) -> None:
        self.sender = people.join(f"sender{number}")
        self.receiver = people.join(f"receiver{number}")
        text = "x" * size
        self.messages = [
            self.sender.sealed({"type": 1, "text": text}, self.receiver.account)
            for _ in range(count)
        ]
        self.sent = 0
        self.start = (0, 0)

    def begin(self) -> None:
        self.sender.frames.clear()
        self.receiver.frames.clear()

    @property
    def done(self) -> int:
        """Messages that have arrived and whose first receipt has."""
        return min(len(self.receiver.frames), len(self.sender.frames))

    def push(self, window: int) -> None:
        """Keep so many under way."""
        more = self.messages[self.sent : self.done + window]
        if more:
            self.sender.send(*more)
            self.sent += len(more)


def load(station: Station, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """One load; figures a message."""
    people = People(station, folder)
    try:
        each = options.messages // options.pairs
        pairs = [Pair(people, n, each, options.size) for n in range(options.pairs)]
        settle([client for pair in pairs for client in (pair.sender, pair.receiver)])
        for pair in pairs:
            pair.begin()
        before, start = station.cpu_seconds(), time.perf_counter()
        drive(pairs, each, options.window)
        seconds = time.perf_counter() - start
        settle([client for pair in pairs for client in (pair.sender, pair.receiver)])
        cpu = station.cpu_seconds() - before
    finally:
        people.close()
    count = each * options.pairs
    return {
        "messages/s": count / seconds,
        "CPU ms": 1000 * cpu / count,
        "MiB": station.memory() / 2**20,
    }


def drive(pairs: list[Pair], each: int, window: int) -> None:
    clients = {client.fileno(): client for pair in pairs for client in (pair.sender, pair.receiver)}
    end = time.monotonic() + SECONDS
    while any(pair.done < each for pair in pairs):
        if time.monotonic() > end:
            raise SystemExit(f"only {[pair.done for pair in pairs]} of {each} have arrived")
        for pair in pairs:
            pair.push(window)
        for number in select.select(list(clients), [], [], 1.0)[0]:
            clients[number].receive(0)


def settle(clients: list[WireClient]) -> None:
    """Until nothing arrives any more: receipts that come late, acknowledgements."""
    sockets = {client.fileno(): client for client in clients}
    while ready := select.select(list(sockets), [], [], 0.4)[0]:
        for number in ready:
            sockets[number].receive(0)


def measure_loads(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    chosen = variants(options)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
    with ExitStack() as stack:
        stations = {
            name: stack.enter_context(
                running(folder / name.replace(" ", "-"), DROP_IN, more=arguments)
            )
            for name, arguments in chosen.items()
        }
        for turn in range(options.rounds + 1):
            for name, station in stations.items():
                found = load(station, folder / f"{turn}-{name}", options)
                if turn:  # the first one warms up
                    rounds[name].append(found)
                progress(f"round {turn}, {name}: {found}")
    figures: dict[str, Any] = {}
    for name, found in rounds.items():
        row: dict[str, Any] = {
            key: statistics.median(one[key] for one in found) for key in found[0]
        }
        for key, better in (("messages/s", 1), ("CPU ms", -1)):
            ratios = [
                (one[key] / plain[key]) ** better
                for one, plain in zip(found, rounds[PLAIN], strict=True)
            ]
            row[f"{key}, times"] = statistics.median(ratios)
        row["rounds"] = found
        figures[name] = row
    return figures


def measure_latency(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """From one real client's call to the other one's processor."""
    figures = {}
    for name in (PLAIN, FAST):
        with running(folder / name, DROP_IN, more=variants(options)[name]) as station:
            people = People(station, folder / f"{name}-people")
            try:
                alice = people.real("alice")
                bob = people.real("bob", alice.account)
                introduce(alice.folder / "dim", bob.account)
                for client in (alice, bob):
                    client.login(station.port)
                sent = {}
                for number in range(options.latency):
                    sent[f"message {number}"] = time.time()
                    alice.ask("text", to=bob.account, text=f"message {number}")
                    time.sleep(0.25 + 0.013 * (number % 7))  # polls are every 100 ms
                bob.hears(text=f"message {options.latency - 1}")
                came = {item["text"]: item["when"] for item in bob.heard()}
                took = sorted(1000 * (came[text] - when) for text, when in sent.items())
            finally:
                people.close()
        figures[name] = {"p50 ms": took[len(took) // 2], "p90 ms": took[int(len(took) * 0.9)]}
    return figures


def measure_idle(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Connections that have logged in and say nothing."""
    figures = {}
    for name in (PLAIN, FAST):
        with running(folder / name, DROP_IN, more=variants(options)[name]) as station:
            people = People(station, folder / f"{name}-people")
            try:
                one = people.account("idler")
                people.join(one)
                time.sleep(1)
                memory = station.memory()
                for _ in range(options.idle):
                    people.join(one)
                time.sleep(2)
                before, start = station.cpu_seconds(), time.perf_counter()
                time.sleep(10)
                cpu = (station.cpu_seconds() - before) / (time.perf_counter() - start)
                grown = station.memory() - memory
            finally:
                people.close()
        figures[name] = {
            "CPU ms a second": 1000 * cpu / options.idle,
            "KiB": grown / 1024 / options.idle,
        }
    return figures


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=600, help="a load (default: 600)")
    parser.add_argument("--pairs", type=int, default=4, help="who sends to whom (default: 4)")
    parser.add_argument("--window", type=int, default=8, help="under way at a time, a pair")
    parser.add_argument("--size", type=int, default=100, help="characters of text")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--switches", action="store_true", help="also with one change left out")
    parser.add_argument("--latency", type=int, metavar="N", help="real clients, N messages")
    parser.add_argument("--idle", type=int, metavar="N", help="N connections that do nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if options.latency:
            figures = measure_latency(options, folder)
        elif options.idle:
            figures = measure_idle(options, folder)
        else:
            figures = measure_loads(options, folder)
    print(json.dumps({"machine": machine_block(), "figures": figures}, indent=1))


if __name__ == "__main__":
    main()
