"""Is the fastest tier of each operation the first one in ``dimp_fast._dispatch.UNITS``?

    python -m pytest benches/test_tiers.py benches/test_address.py      measure
    python benches/tier_order.py [benches/results/FILE.json]            judge

Exit code: 0 the order of the table is the order of speed, 1 it is not, 2 nothing was measured.
Where two tiers lie closer together than their spread, either may come first. Where an operation
was measured at several batch sizes, the largest decides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from harness import Line, summarise
from report import duration, markdown
from results import default_file, load, tracks_of


class Judgement(NamedTuple):
    """What the times of one operation say of its place in the table."""

    operation: str
    workload: str
    lines: list[Line]
    """In the order of the table."""
    late: list[str]
    """Tiers that are faster than the one before them."""


def judge(races: Iterable[Mapping[str, Any]]) -> list[Judgement]:
    """One judgement for each operation that was measured, from its largest batch."""
    largest: dict[str, Mapping[str, Any]] = {}
    for race in races:
        operation = race["operation"]
        if operation and race["items"] >= largest.get(operation, {"items": 0})["items"]:
            largest[operation] = race
    found = []
    for operation, race in largest.items():
        lines = [line for line in summarise(tracks_of(race))[0] if _tier(line)]
        late = [
            _tier(line)
            for before, line in pairwise(lines)
            if line.wall * (1 + max(line.spread, before.spread)) < before.wall
        ]
        found.append(Judgement(operation, race["workload"], lines, late))
    return found


def _tier(line: Line) -> str:
    name, _, tier = line.name.partition(", ")
    return tier if name == "dimp_fast" else ""


def table(judgements: Sequence[Judgement]) -> str:
    rows = [["operation", "measured with", "tiers as in the table", "order"]]
    for found in judgements:
        times = ", ".join(f"{_tier(line)} {duration(line.wall)}" for line in found.lines)
        order = f"{', '.join(found.late)} is faster" if found.late else "holds"
        if len(found.lines) < 2:
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
