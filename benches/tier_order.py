"""Is the fastest tier of each operation the first one in ``dimp_fast._dispatch.UNITS``?

    python -m pytest benches/test_tiers.py benches/test_address.py      measure
    python benches/tier_order.py [benches/results/FILE.json]            judge

Exit code: 0 the order of the table is the order of speed, 1 it is not, 2 nothing was measured.
CPU time decides: these races stay on one thread, and it hardly feels what else the machine does.
Where an operation was measured at several batch sizes, the largest decides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from harness import summarise
from report import duration, markdown
from results import default_file, load, tracks_of

from dimp_fast._dispatch import UNITS

MARGIN = 1.05
"""Tiers that are closer together than this may come in either order."""


class Judgement(NamedTuple):
    """What the times of one operation say of its line in the table."""

    operation: str
    workload: str
    times: dict[str, float]
    """Tier -> nanoseconds of CPU an item, in the order of the table."""
    late: list[str]
    """Tiers that are faster than the one before them."""


def judge(
    races: Iterable[Mapping[str, Any]], units: Mapping[str, Sequence[str]] = UNITS
) -> list[Judgement]:
    """One judgement for each operation that was measured, in the order of the table."""
    largest: dict[str, Mapping[str, Any]] = {}
    for race in races:
        operation = race["operation"]
        if operation and race["items"] > largest.get(operation, {"items": 0})["items"]:
            largest[operation] = race
    found = []
    for operation in (name for name in units if name in largest):
        race = largest[operation]
        measured = {line.name: line.cpu.time for line in summarise(tracks_of(race))[0]}
        names = {tier: f"dimp_fast, {tier}" for tier in units[operation]}
        times = {tier: measured[name] for tier, name in names.items() if name in measured}
        late = [tier for before, tier in pairwise(times) if times[tier] * MARGIN < times[before]]
        found.append(Judgement(operation, race["workload"], times, late))
    return found


def table(judgements: Sequence[Judgement]) -> str:
    rows = [["operation", "measured with", "CPU an item, as in the table", "order"]]
    for found in judgements:
        times = ", ".join(f"{tier} {duration(time)}" for tier, time in found.times.items())
        order = f"{', '.join(found.late)} is faster" if found.late else "holds"
        if len(found.times) < 2:
            order = "one tier here"
        rows.append([found.operation, found.workload, times, order])
    return markdown(rows, numbers_from=4)


def main(arguments: Sequence[str]) -> int:
    file = Path(arguments[0]) if arguments else default_file()
    judgements = judge(load(file)["races"])
    if not judgements:
        print(f"tier_order: no race of tiers in {file}", file=sys.stderr)
        return 2
    print(table(judgements))
    return 1 if any(found.late for found in judgements) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
