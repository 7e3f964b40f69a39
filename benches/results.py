"""Raw results in a file: one a kind of machine, every round of every race in it.

A file holds ``machines`` (what a run was made on, by name of the run), ``races`` (one line each)
and ``builds``. A new run replaces the races that it ran again and leaves the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness import Track

FOLDER = Path(__file__).parent / "results"

Record = dict[str, Any]

EMPTY: Record = {"machines": {}, "races": [], "builds": []}


def default_file() -> Path:
    """The file of the machine at hand."""
    from machine import kind

    return FOLDER / f"{kind()}.json"


def race_record(tracks: Iterable[Track], **facts: Any) -> Record:
    """A race as plain JSON values: what it was, and every round of it."""
    return {**facts, "contenders": [_written(track) for track in tracks]}


def _written(track: Track) -> Record:
    return {
        "name": track.name,
        **({"lacks": track.lacks} if track.lacks else {}),
        **({} if track.memory is None else {"memory": track.memory}),
        "calls": track.calls,
        "wall": [_short(value) for value in track.wall],
        "cpu": [_short(value) for value in track.cpu],
    }


def _short(nanoseconds: float) -> float:
    """Four digits are more than a shared machine can tell apart."""
    value = float(f"{nanoseconds:.4g}")
    return int(value) if value.is_integer() else value


def tracks_of(record: Mapping[str, Any]) -> list[Track]:
    """The tracks that :func:`race_record` wrote down."""
    return [Track(**contender) for contender in record["contenders"]]


def load(file: Path) -> Record:
    """What a file holds; an absent file holds nothing."""
    if not file.exists():
        return EMPTY
    content: Record = json.loads(file.read_text(encoding="utf-8"))
    return content


def merge(old: Record, run: str, machine: Mapping[str, Any], races: Iterable[Record]) -> Record:
    """``old`` with the races of a run in it: in the place of what they measure again, else last.

    Machines that no race or build is from any more are left out.
    """
    fresh = {_key(race): {**race, "run": run} for race in races}
    merged = [fresh.pop(_key(race), race) for race in old["races"]] + list(fresh.values())
    builds = old["builds"]
    used = {entry["run"] for entry in [*merged, *builds]}
    machines = {**old["machines"], run: dict(machine)}
    return {
        "machines": {name: block for name, block in machines.items() if name in used},
        "races": merged,
        "builds": builds,
    }


def merge_build(old: Record, run: str, machine: Mapping[str, Any], build: Record) -> Record:
    """``old`` with another build in the place of the one before."""
    return merge({**old, "builds": [{**build, "run": run}]}, run, machine, [])


def _key(race: Mapping[str, Any]) -> tuple[str, str]:
    return race["group"], race["workload"]


def save(file: Path, content: Record) -> None:
    """Write a file whose lines a person can compare: one a machine, race and build."""
    file.parent.mkdir(parents=True, exist_ok=True)
    machines = ",\n".join(
        f"{json.dumps(run)}: {json.dumps(block)}" for run, block in content["machines"].items()
    )
    races = ",\n".join(json.dumps(race, separators=(",", ":")) for race in content["races"])
    builds = ",\n".join(json.dumps(build) for build in content["builds"])
    file.write_text(
        f'{{"machines": {{\n{machines}\n}},\n"races": [\n{races}\n],\n"builds": [\n{builds}\n]}}\n',
        encoding="utf-8",
    )
