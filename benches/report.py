"""Tables of raw results, in Markdown.

    python benches/report.py benches/results/FILE.json                      print the tables
    python benches/report.py benches/results/FILE.json --into docs/performance.md

``--into`` puts them between the two marks in that file.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import Clock, Line, summarise
from results import load, tracks_of

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

OURS = "dimp_fast"
"""How the names of our own contenders begin."""

LEVELS = ", levels"
"""How subjects end whose contenders are the SIMD levels."""

REFERENCE = "reference: "
"""How subjects begin that are raced with the reference stack."""

ORDER = ("ingress", "relay", "verify", "decode", "encode", "re-target", "make", "derive", "parse")
"""First words of subjects, in the order in which a reader wants to have them."""


class Measured(NamedTuple):
    """A race, summarised."""

    label: str
    items: int
    unit: str
    lines: list[Line]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Measured:
        lines, _ = summarise(tracks_of(record))
        return cls(record["workload"], record["items"], record["unit"], lines)

    @property
    def peers(self) -> list[Line]:
        return [line for line in self.lines[1:] if not line.name.startswith(OURS)]


def by_subject(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Measured]]:
    """The races of each subject, smallest batch first; subjects in ``ORDER``, variants of one
    together."""
    found: dict[str, list[Measured]] = defaultdict(list)
    for record in records:
        if subject := record.get("subject"):
            found[subject].append(Measured.of(record))
    bases = list(dict.fromkeys(map(_base, found)))

    def place(subject: str) -> tuple[int, int, bool, int]:
        base = _base(subject)
        first = base.partition(" ")[0]
        rank = ORDER.index(first) if first in ORDER else len(ORDER)
        return rank, bases.index(base), "," in subject, subject.startswith(REFERENCE)

    return {
        subject: sorted(found[subject], key=lambda race: race.items)
        for subject in sorted(found, key=place)
    }


def _base(subject: str) -> str:
    """What is done, without how: `verify ECDSA` of `verify ECDSA, cold keys`."""
    return subject.removeprefix(REFERENCE).partition(",")[0]


def headlines(records: Iterable[Mapping[str, Any]]) -> str:
    """The largest batch of each subject beside its peers: what the README shows."""
    rows = [["what, batch", "time", "peer", "times as fast"]]
    for subject, races in by_subject(records).items():
        if subject.endswith(LEVELS):
            continue
        race = races[-1]
        what = subject.removeprefix(REFERENCE)
        if f"batch {race.items}" in race.label:
            what += f", {race.items}"
        for index, line in enumerate(race.peers):
            mark = " (checks less)" if line.lacks else ""
            rows.append(
                [
                    what if index == 0 else "",
                    duration(race.lines[0].wall.time) if index == 0 else "",
                    line.name + mark,
                    number(line.wall.ratio),
                ]
            )
    return markdown(rows, numbers_from=3)


def markdown(rows: Sequence[Sequence[str]], numbers_from: int) -> str:
    """A table whose columns line up; the first row is the head, columns from the given one on
    are numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    def padded(row: Sequence[str]) -> Iterator[str]:
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            yield cell.ljust(width) if column < numbers_from else cell.rjust(width)

    rule = [
        "-" * width if column < numbers_from else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join([line(padded(rows[0])), line(rule), *(line(padded(row)) for row in rows[1:])])


def race_tables(races: Sequence[Mapping[str, Any]]) -> str:
    """One table a group and unit, in the order in which they were first met."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for race in races:
        groups.setdefault(f"### {race['group']} (per {race['unit']})", []).append(race)
    return "\n\n".join(f"{title}\n\n{_group_table(group)}" for title, group in groups.items())


def _group_table(races: Sequence[Mapping[str, Any]]) -> str:
    by_difference = races[0]["compare"] == "difference"
    compared = "less the first's" if by_difference else "/ first"
    head = ["workload", "contender", "time", f"time {compared}", "CPU", f"CPU {compared}"]
    has_memory = any("memory" in track for race in races for track in race["contenders"])
    rows = [[*head, "rate/s", *(["memory"] if has_memory else []), "spread", "quiet", "others"]]
    lacking: dict[str, int] = {}
    for race in races:
        lines, rounds = summarise(tracks_of(race))
        quiet = f"{len(rounds.kept)}/{rounds.total}{'' if rounds.quiet else ' noisy'}"
        for index, line in enumerate(lines):
            mark = f" [{lacking.setdefault(line.lacks, len(lacking) + 1)}]" if line.lacks else ""
            rows.append(
                [
                    race["workload"] if index == 0 else "",
                    line.name + mark,
                    duration(line.wall.time),
                    _compared(line.wall, by_difference),
                    duration(line.cpu.time),
                    _compared(line.cpu, by_difference),
                    count(1e9 / line.wall.time),
                    *([size(line.memory)] if has_memory else []),
                    f"{line.spread:.0%} ({line.spread_all:.0%})",
                    quiet if index == 0 else "",
                    f"{race['others']:.2f}" if index == 0 else "",
                ]
            )
    notes = (f"[{number}] checks less: {text}" for text, number in lacking.items())
    return "\n\n".join([markdown(rows, numbers_from=2), *notes])


def _compared(clock: Clock, by_difference: bool) -> str:
    return duration(clock.difference) if by_difference else number(clock.ratio)


def duration(nanoseconds: float) -> str:
    """Three digits and a unit."""
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if size >= scale:
            return f"{sign}{number(size / scale)} {unit}"
    return f"{sign}{number(size)} ns"


def count(value: float) -> str:
    """Three digits and k or M."""
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{number(value / scale)}{unit}"
    return number(value)


def size(memory: int | None) -> str:
    """Bytes as MiB; nothing where it was not measured."""
    return "" if memory is None else f"{number(memory / 2**20)} MiB"


def number(value: float) -> str:
    """Three digits."""
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def machine_lines(run: str, block: Mapping[str, Any], races: Sequence[Mapping[str, Any]]) -> str:
    """What the tables of a run were measured on."""
    loads = [load for race in races for load in race["load"]]
    load_text = f", load average {min(loads):.2f} to {max(loads):.2f}" if loads else ""
    cores = f"{block['cores']} cores; {', '.join(block['flags']) or 'no flags known'}"
    settings = f"threads {_threads(block['threads'])}, SIMD {_simd(block['simd'])}"
    operations = (f"`{name}` {served}" for name, served in block["operations"].items())
    libraries = {**block["libraries"], **block["peers"]}
    pace = f"{block['pace']}, " if "pace" in block else ""
    facts = [
        f"Run {run}, {pace}revision {block['revision']}{load_text}",
        f"CPU: {block['cpu']} (`{block['cpu_id']}`), {cores}",
        f"{block['system']}, {block['python']}, dimp_fast {block['dimp_fast']}, {settings}",
        f"Tier/SIMD level: {', '.join(operations)}",
        f"Libraries: {', '.join(f'{name} {version}' for name, version in libraries.items())}",
    ]
    facts += [f"Left out: {why} ({times})" for why, times in block.get("left_out", {}).items()]
    return "\n".join(f"* {fact}" for fact in facts)


def _threads(threads: Any) -> str:
    return str(threads["size"] if isinstance(threads, dict) else threads)


def _simd(simd: Any) -> str:
    return str(simd["active"] if isinstance(simd, dict) else simd)


def build_table(builds: Sequence[Mapping[str, Any]]) -> str:
    """Times and sizes of builds."""
    rows = [["what", "value"]]
    for build in builds:
        rows += [[what, value] for what, value in build["facts"].items()]
    return markdown(rows, numbers_from=1)


def report(content: Mapping[str, Any]) -> str:
    """Everything that a results file has to say, as Markdown."""
    parts = []
    runs: dict[str, list[str]] = {}
    for run, block in content["machines"].items():
        races = [race for race in content["races"] if race["run"] == run]
        line, _, machine = machine_lines(run, block, races).partition("\n")
        runs.setdefault(machine, []).append(line)
    parts += ["\n".join([*lines, machine]) for machine, lines in runs.items()]
    if content["races"]:
        parts.append(race_tables(content["races"]))
    if content["builds"]:
        parts.append(f"### Build\n\n{build_table(content['builds'])}")
    return "\n\n".join(parts)


def put_between_marks(text: str, tables: str, first: str = BEGIN, last: str = END) -> str:
    """``text`` with ``tables`` between the marks; ``ValueError`` when a mark is missing."""
    head, begin, rest = text.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the marks {first} and {last} are missing")
    return f"{head}{first}\n\n{tables}\n\n{last}{tail}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Tables of raw results, in Markdown.")
    parser.add_argument("file", type=Path, help="raw results: benches/results/FILE.json")
    parser.add_argument("--into", type=Path, metavar="DOCUMENT", help="put them between its marks")
    options = parser.parse_args(arguments)
    if not options.file.exists():
        print(f"report: {options.file} is not there", file=sys.stderr)
        return 2
    tables = report(load(options.file))
    if options.into is None:
        print(tables)
    else:
        text = options.into.read_text(encoding="utf-8")
        options.into.write_text(put_between_marks(text, tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
