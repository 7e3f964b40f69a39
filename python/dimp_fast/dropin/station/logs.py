"""What the drop-in has to say goes where the station's own log goes, and not too often."""

from __future__ import annotations

import threading
import time

__all__ = ["RefusalLog", "station_log"]


def station_log(level: str, text: str) -> None:
    """A line in the station's log; ``level`` is ``info``, ``warning`` or ``error``."""
    from small.log import Log

    getattr(Log, level)("dimp_fast: %s", text)


class RefusalLog:
    """Says who was refused and why; at most so many lines a period, and how many it left out.

    Safe to share between threads.

    Args:
        lines: in a period at most.
        period: seconds.
    """

    def __init__(self, lines: int = 10, period: float = 10.0) -> None:
        self._lines = lines
        self._period = period
        self._lock = threading.Lock()
        self._since = float("-inf")
        self._said = 0
        self._left_out = 0

    def say(self, who: str, reason: str, detail: str) -> None:
        """Somebody was refused. What comes from the network is shortened and made printable."""
        now = time.monotonic()
        with self._lock:
            left_out = 0
            if now - self._since >= self._period:
                left_out, self._left_out = self._left_out, 0
                self._since, self._said = now, 0
            if self._said >= self._lines:
                self._left_out += 1
                return
            self._said += 1
        if left_out:
            station_log("warning", f"{left_out} more refusals")
        station_log("warning", f"refused {_plain(who)}: {reason}: {_plain(detail)}")


def _plain(text: str, most: int = 300) -> str:
    short = text if len(text) <= most else text[:most] + "..."
    return short if short.isprintable() else repr(short)
