"""Write test data so that a diff shows one case as one line.

Shared by the other scripts in this folder: where the data live, how a file is laid out, how a
source is read. It knows nothing about what a case means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"
LARGEST = 1 << 20  # bytes; no tracked file may be larger


def read(path: Path) -> Any:
    """Parse JSON and refuse duplicate names, which would be lost silently on the way."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError(f"{path}: duplicate name among {[name for name, _ in pairs]}")
        return found

    return json.loads(path.read_text("utf-8"), object_pairs_hook=unique)


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _rows(rows: Sequence[object]) -> str:
    return "[\n" + ",\n".join(_line(row) for row in rows) + "\n]"


def write(name: str, content: Mapping[str, object] | Sequence[object]) -> None:
    """Write ``content`` below the data folder: list items and top-level members one a line."""
    if isinstance(content, Mapping):
        members = (
            f"{_line(key)}:{_rows(value) if isinstance(value, list) else _line(value)}"
            for key, value in content.items()
        )
        text = "{\n" + ",\n".join(members) + "\n}\n"
    else:
        text = _rows(content) + "\n"
    if json.loads(text) != (dict(content) if isinstance(content, Mapping) else list(content)):
        raise ValueError(f"{name}: does not survive JSON")
    if len(text) > LARGEST:
        raise ValueError(f"{name}: {len(text)} bytes, more than {LARGEST}")
    path = DATA / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "ascii")
    print(f"{name}: {len(text)} bytes")


def check_unique(rows: Sequence[Mapping[str, Any]]) -> None:
    """Each case has an id of its own, so that a failing test names exactly one."""
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise ValueError(f"id used twice: {row['id']}")
        seen.add(row["id"])
