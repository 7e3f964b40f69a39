"""Has anything become slower? Ratios of a run against those that are kept for this kind of machine.

    make bench-check
    python benches/guard.py RUN.json... [--kept benches/results/FILE.json]

Only ratios within a race are compared, never times: two runs meet two moods of the same machine,
the contenders of one race meet one. For each peer: how many times as fast as it we are now, in the
best of the runs, and were. Exit code: 0 no ratio fell by more than the tolerance, 1 one did, 2
nothing to compare.
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


def changes(runs: Sequence[Mapping[str, Any]], kept: Mapping[str, Any]) -> Iterator[Change]:
    """Every peer that the kept file and one of the runs have in the same race."""
    before = _ratios(kept)
    best: dict[tuple[str, str], float] = {}
    for run in runs:
        for key, ratio in _ratios(run).items():
            best[key] = max(ratio, best.get(key, 0))
    for (workload, peer), now in best.items():
        if (workload, peer) in before:
            yield Change(workload, peer, before[workload, peer], now)


def _ratios(content: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """By race and peer. CPU time decides: these races stay on one thread, and it hardly feels the
    neighbours."""
    found = {}
    for race in content["races"]:
        if race["group"] in NEIGHBOURS or race["compare"] != "ratio":
            continue
        lines, _ = summarise(tracks_of(race))
        for line in filter(_is_peer, lines[1:]):
            found[f"{race['group']}: {race['workload']}", line.name] = line.cpu.ratio
    return found


def _is_peer(line: Line) -> bool:
    return not line.name.startswith(OURS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Ratios of a run against the kept ones.")
    parser.add_argument("runs", type=Path, nargs="+", help="raw results of runs of this code")
    parser.add_argument("--kept", type=Path, help="default: those of this machine's kind")
    options = parser.parse_args(arguments)
    kept = options.kept or default_file()
    found = list(changes([load(run) for run in options.runs], load(kept)))
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
