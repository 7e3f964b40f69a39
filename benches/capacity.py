"""How many stations for so many users: a model, its assumptions, and what was measured for it.

    python benches/capacity.py benches/results/FILE.json [--into docs/performance.md]
    python benches/capacity.py benches/results/FILE.json --users 1e6 --cores 4

It counts processor time for what comes in (decode, verify, route: the races of ``test_ingress``),
for passing on (retargeting) and for the receipts that are signed for it (``test_receipts``), and
memory for accounts and connections. Disks, networks, databases and the event loop are not in it;
the race of real stations (``test_station``) has all of them but the database.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from harness import summarise
from report import count, duration, markdown, number, put_between_marks
from results import load, tracks_of

BEGIN, END = "<!-- capacity: begin -->", "<!-- capacity: end -->"
DAY = 86_400


@dataclass(frozen=True)
class Assumptions:
    """What nobody measured here; each is an option of the command."""

    users: float = 1e8
    active: float = 0.4
    """Share of the users that send on a day."""
    messages: float = 40.0
    """Messages that an active user sends a day."""
    copies: float = 1.5
    """Copies that leave for one message that comes in: group members and second devices."""
    receipts: float = 1.0
    """Receipts that are encrypted and signed for one message that comes in: the sender gets one."""
    peak: float = 4.0
    """The busiest minute in multiples of the average."""
    online: float = 0.25
    """Share of the users that are connected at the peak."""
    load: float = 0.5
    """How busy the processors may be at the peak: what is left keeps delays short."""
    cores: float = 16
    """Of one station."""
    memory: float = 64
    """GiB of one station, for accounts and connections."""
    account: float = 4.0
    """KiB that a held account takes: keys, a visa, a row of the key tables for the busiest."""
    connection: float = 8.0
    """KiB that an idle connection takes, buffers of the system included."""


UNKNOWN = "not counted", "no race of receipts was run"
THREAD = "measured, CPU of one thread"
BUSY = "peak x (in + copies x out + receipts x receipt)"


class Missing(ValueError):
    """A race that the model needs was not run."""


class Way(NamedTuple):
    """How messages come in, and who makes receipts; both are contenders."""

    name: str
    way_in: str
    receipt: str


WAYS = (
    Way("this package", "dimp_fast, batches of 256", "dimp_fast"),
    Way("libraries by hand", "libraries by hand, low S", "libraries by hand"),
    Way("the reference, if it verified", "reference, one by one", "reference, one by one"),
)


def measured(content: Mapping[str, Any], file: str, group: str, contender: str) -> float:
    """CPU nanoseconds an item of a contender of the first race of a group that has it."""
    for race in content["races"]:
        if race["group"] == group:
            for line in summarise(tracks_of(race))[0]:
                if line.name == contender:
                    return line.cpu.time
    raise Missing(f"no race {group!r} with {contender!r}: run benches/{file}.py")


def found(content: Mapping[str, Any], *race: str) -> float | None:
    """The same; None where nobody raced."""
    try:
        return measured(content, *race)
    except Missing:
        return None


def model(content: Mapping[str, Any], given: Assumptions) -> list[list[str]]:
    """Rows: what, value, where from."""
    ingress, receipts = "Ingress: decode, verify, route", "Receipts of a station, one thread"
    passing = measured(content, "test_codec", "Re-target", "dimp_fast, a batch")
    average = given.users * given.active * given.messages / DAY
    peak = average * given.peak
    rows = [["quantity", "value", "from"]]
    rows += [
        ["messages a second, average", count(average), "users x active x messages / day"],
        ["messages a second, peak", count(peak), "average x peak"],
    ]
    for name, way_in, maker in WAYS:
        cost = measured(content, "test_ingress", ingress, way_in)
        receipt = found(content, "test_receipts", receipts, maker)
        spent = cost + given.copies * passing + given.receipts * (receipt or 0.0)
        busy = peak * spent / 1e9
        stations = busy / given.load / given.cores
        rows += [
            [f"{name}: a message in", duration(cost), THREAD],
            [f"{name}: a receipt", *(UNKNOWN if receipt is None else (duration(receipt), THREAD))],
            [f"{name}: processors at the peak", count(busy), BUSY],
            [f"{name}: stations", _whole(stations), "processors / load / cores"],
        ]
    gib = given.users * given.online * (given.account + given.connection) / 2**20
    rows += [
        ["a copy out", duration(passing), "measured, re-targeting in a batch"],
        ["memory at the peak", f"{number(gib)} GiB", "users x online x (account + connection)"],
        ["stations for memory", _whole(gib / given.memory), "memory / memory of a station"],
    ]
    return rows


def _whole(stations: float) -> str:
    return f"{max(1, -(-stations // 1)):.0f}"


def text(content: Mapping[str, Any], given: Assumptions) -> str:
    assumed = [["assumption", "value"]]
    assumed += [[field.name, f"{getattr(given, field.name):g}"] for field in fields(given)]
    return (
        f"{markdown(assumed, numbers_from=1)}\n\n{markdown(model(content, given), numbers_from=1)}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Stations for so many users.")
    parser.add_argument("file", type=Path, help="raw results with the races that it needs")
    parser.add_argument("--into", type=Path, metavar="DOCUMENT", help="put it between its marks")
    for field in fields(Assumptions):
        parser.add_argument(f"--{field.name}", type=float, metavar="N", default=field.default)
    options = parser.parse_args(arguments)
    given = replace(
        Assumptions(), **{field.name: getattr(options, field.name) for field in fields(Assumptions)}
    )
    try:
        found = text(load(options.file), given)
    except Missing as error:
        print(f"capacity: {error}", file=sys.stderr)
        return 2
    if options.into is None:
        print(found)
    else:
        old = options.into.read_text(encoding="utf-8")
        options.into.write_text(put_between_marks(old, found, BEGIN, END), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
