"""What a command that judges came to, as text and as JSON.

Not here: the single verdicts, whose fields differ from command to command.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Any

from .. import _dispatch
from ..verdict import Code


class Tally:
    """How many items got which verdict, and how long that took."""

    def __init__(self) -> None:
        self.codes: Counter[Code] = Counter()
        self._started = time.perf_counter()

    @property
    def total(self) -> int:
        return self.codes.total()

    @property
    def all_ok(self) -> bool:
        return self.codes[Code.OK] == self.total

    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def facts(self, unit: str) -> dict[str, Any]:
        """The summary for programs; ``unit`` is the operation that judged."""
        return {
            "total": self.total,
            "accepted": self.codes[Code.OK],
            "refused": refusals(self.codes),
            "seconds": round(self.seconds(), 6),
            "backend": tier_of(unit),
        }

    def lines(self, items: str) -> list[str]:
        """The summary for people; ``items`` is what was counted, in the plural."""
        lines = [f"{self.total} {items}, {self.codes[Code.OK]} accepted"]
        return lines + [f"  {name:<22} {n}" for name, n in refusals(self.codes).items()]

    def speed(self, items: str) -> str:
        seconds = self.seconds()
        rate = self.total / seconds if seconds else 0.0
        return f"{seconds:.3f} s, {rate:,.0f} {items}/s"


def refusals(codes: Counter[Code]) -> dict[str, int]:
    """How often each code other than ``OK`` came, the most frequent first."""
    return {code.name: n for code, n in codes.most_common() if code is not Code.OK and n}


def listed(codes: Counter[Code]) -> str:
    return ", ".join(f"{name} {n}" for name, n in refusals(codes).items())


def tier_of(unit: str) -> str:
    """Which tier serves an operation here."""
    return _dispatch.current().select(unit).tier


def write_json(row: dict[str, Any]) -> None:
    """One line of JSON Lines."""
    sys.stdout.write(json.dumps(row) + "\n")


def write_lines(lines: list[str]) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
