"""Write test data so that a diff shows one case as one line.

Shared by the other scripts in this folder: where the data live, how a file is laid out, how a
source is read. It knows nothing about what a case means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

DATA = Path(__file__).resolve().parent.parent / "data"
LARGEST = 1 << 20  # bytes; no tracked file may be larger

Key = TypeVar("Key")
Json = dict[str, Any]


def read(path: Path) -> Any:
    """Parse JSON and refuse duplicate names, which would be lost silently on the way."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError(f"{path}: duplicate name among {[name for name, _ in pairs]}")
        return found

    return json.loads(path.read_text("utf-8"), object_pairs_hook=unique)


class Collection(Generic[Key]):
    """Keys under names, and signatures that refer to them."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.cases: list[Json] = []

    def key(self, name: str, key: Key) -> str:
        """Keep ``key`` under a name that is new, and return the name."""
        if name in self.keys:
            raise ValueError(f"key name used twice: {name}")
        self.keys[name] = key
        return name

    def add(
        self,
        name: str,
        key: str,
        message: bytes,
        signature: bytes,
        code: str,
        note: str = "",
        flags: list[str] | None = None,
    ) -> None:
        """Keep one case; without flags the first part of its name is the flag."""
        self.cases.append(
            {
                "id": name,
                "key": key,
                "message": message.hex(),
                "signature": signature.hex(),
                "code": code,
                "flags": [name.partition(".")[0]] if flags is None else flags,
                "note": note,
            }
        )


def key_record(name: str, code: str, note: str, *sources: str | bytes, **facts: object) -> Json:
    """One key to parse: all ``sources`` are spellings of it and have the same code."""
    spelled = [{"text": s} if isinstance(s, str) else {"bytes": s.hex()} for s in sources]
    return {"id": name, "code": code, "sources": spelled, "note": note, **facts}


def sources_of(record: Json) -> Iterator[str | bytes]:
    for source in record["sources"]:
        yield source["text"] if "text" in source else bytes.fromhex(source["bytes"])


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
