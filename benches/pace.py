"""How long a run takes its time: quick ones for a report in minutes, full ones to be published."""

from __future__ import annotations

from typing import NamedTuple

from harness import TURN_NS


class Pace(NamedTuple):
    """How long races go on."""

    rounds: int
    turn_ns: int
    """As in :class:`harness.Race`."""
    patience_ns: int
    """How much longer at most when the machine does not get quiet."""
    is_quick: bool


FULL = Pace(25, TURN_NS, 8_000_000_000, is_quick=False)
QUICK = Pace(9, TURN_NS // 2, 300_000_000, is_quick=True)
