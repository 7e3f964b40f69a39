"""Has anything become slower? Ratios of a run against those that are kept for this kind of machine.

    make bench-check
    python benches/guard.py RUN.json [benches/results/FILE.json]

Only ratios within a race are compared, never times: two runs meet two moods of the same machine,
the contenders of one race meet one. For each peer: how many times as fast as it we are now, and
were. Exit code: 0 no ratio fell by more than the tolerance, 1 one did, 2 nothing to compare.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import Line, summarise
from report import markdown, number
from results import default_file, load, tracks_of

TOLERANCE = 1.25
"""How much smaller a ratio may be: more than two runs of the same code differ on a shared machine.
"""

OURS = "dimp_fast"
NEIGHBOURS = "Threads", "For scale: native benchmarks of the libraries"
"""Groups whose ratios hang on what else the machine does: whether it gives two processors, and
benchmarks that count the time that passes."""


class Change(NamedTuple):
    """One peer of one race, then and now."""

    workload: str
    peer: str
    before: float
    now: float

    @property
    def is_worse(self) -> bool:
        return self.now * TOLERANCE < self.before


def changes(run: Mapping[str, Any], kept: Mapping[str, Any]) -> Iterator[Change]:
    """Every peer that both files have in the same race."""
    before = {(race["group"], race["workload"]): race for race in kept["races"]}
    for race in run["races"]:
        old = before.get((race["group"], race["workload"]))
        if old is None or race["group"] in NEIGHBOURS or race["compare"] != "ratio":
            continue
        then = _ratios(old)
        for peer, now in _ratios(race).items():
            if peer in then:
                yield Change(f"{race['group']}: {race['workload']}", peer, then[peer], now)


def _ratios(race: Mapping[str, Any]) -> dict[str, float]:
    """CPU time decides: these races stay on one thread, and it hardly feels the neighbours."""
    lines, _ = summarise(tracks_of(race))
    return {line.name: line.cpu.ratio for line in lines[1:] if _is_peer(line)}


def _is_peer(line: Line) -> bool:
    return not line.name.startswith(OURS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Ratios of a run against the kept ones.")
    parser.add_argument("run", type=Path, help="raw results of the run")
    parser.add_argument("kept", type=Path, nargs="?", help="default: those of this machine's kind")
    options = parser.parse_args(arguments)
    kept = options.kept or default_file()
    found = list(changes(load(options.run), load(kept)))
    if not found:
        print(f"guard: {kept} has no race that was run", file=sys.stderr)
        return 2
    worse = [change for change in found if change.is_worse]
    print(f"{len(found)} ratios compared with {kept.name}, {len(worse)} fell by more than "
          f"{TOLERANCE:.2f}")  # fmt: skip
    if worse:
        rows = [["race", "peer", "then", "now"]]
        rows += [[c.workload, c.peer, f"{number(c.before)}x", f"{number(c.now)}x"] for c in worse]
        print(markdown(rows, numbers_from=2))
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
