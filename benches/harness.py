"""Rivals timed in turn: A B C, A B C, ... in one process, so that each meets the same machine.

A shared machine swings by half from one second to the next; what is measured one after the other
is then a comparison of two seconds, not of two programs. Here every round gives each contender one
turn, ratios are taken within rounds, and rounds that were disturbed are left out and counted.

Not here: pytest (``conftest``), files (``results``), tables (``report``), what is measured.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

TURN_NS = 2_000_000
"""How long a turn lasts at least: far above the grain of the clocks, but short enough to end,
more often than not, before the scheduler gives the processor to somebody else."""

TOLERANCE = 1.10
"""A round is quiet when no contender took longer than this many times what its fast rounds took:
the lower tenth, since the single best one may be a stroke of luck."""

LEAST_QUIET = 5
"""With fewer quiet rounds than this, the quietest third of all rounds is taken, and said so."""


class Reading(NamedTuple):
    """The clocks at one moment, in nanoseconds."""

    wall: int
    cpu: int
    """CPU time of all threads of the process."""


def read_clocks() -> Reading:
    return Reading(time.perf_counter_ns(), time.process_time_ns())


@dataclass(frozen=True)
class Contender:
    """One of the things that are compared.

    Args:
        name: for the table.
        call: does the work once, for all items.
        accept: whether what ``call`` returned is right; a benchmark of wrong answers says nothing.
        scope: a context in which ``call`` runs; entered and left outside the timed part.
        items: how many items one call works on, where that is not what the race says: a slow one
            may do a part of them.
        lacks: what it does not check although we do, for the tables; empty when it checks as much.
        memory: bytes that it takes, where that was measured, for the tables.
    """

    name: str
    call: Callable[[], Any]
    accept: Callable[[Any], bool]
    scope: Callable[[], AbstractContextManager[Any]] = nullcontext
    items: int | None = None
    lacks: str = ""
    memory: int | None = None


@dataclass
class Track:
    """What one contender's turns took, in nanoseconds an item, one entry a round."""

    name: str
    calls: int = 1
    """How often the work was done in one turn."""
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    lacks: str = ""
    memory: int | None = None
    """Both as in :class:`Contender`."""


class WrongAnswer(AssertionError):
    """A contender did not do what it is timed for."""


class Race:
    """Contenders and their times. The first contender is the one the others are compared with.

    Args:
        contenders: at least one, with different names.
        items: how many items one call works on.
        turn_ns: how long a turn lasts at least; 0 makes every turn a single call, and a cold one.
        clocks: for tests, and for work that is done in child processes.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        items: int,
        *,
        turn_ns: int = TURN_NS,
        clocks: Callable[[], Reading] = read_clocks,
    ) -> None:
        if len({contender.name for contender in contenders}) != len(contenders) or not contenders:
            raise ValueError("contenders need names of their own, and there must be one at least")
        if items < 1:
            raise ValueError(f"items: at least 1 is wanted, not {items}")
        self._contenders = list(contenders)
        self._items = items
        self._turn_ns = turn_ns
        self._clocks = clocks
        self.tracks: list[Track] = []

    def start(self) -> None:
        """Check every contender's answer and find out how many calls make a turn."""
        self.tracks = []
        for contender in self._contenders:
            with contender.scope():
                if not contender.accept(contender.call()):
                    raise WrongAnswer(contender.name)
                calls = self._calls(contender.call)
                self.tracks.append(
                    Track(contender.name, calls, lacks=contender.lacks, memory=contender.memory)
                )

    def _calls(self, call: Callable[[], Any]) -> int:
        calls = 1
        while True:
            # The best of three: one that was interrupted would end the search too soon.
            took = max(1, min(self._wall(call, calls) for _ in range(3)))
            if took >= self._turn_ns:
                return calls
            # At most tenfold a step: the first calls are slower than those that follow.
            calls = min(math.ceil(calls * self._turn_ns / took * 1.1), calls * 10)

    def _wall(self, call: Callable[[], Any], calls: int) -> int:
        before, after = self._timed(call, calls)
        return after.wall - before.wall

    def round(self) -> None:
        """One turn for each contender, in the order in which they were named."""
        for contender, track in zip(self._contenders, self.tracks, strict=True):
            with contender.scope():
                if self._turn_ns:
                    contender.call()  # a rival has just filled the caches
                before, after = self._timed(contender.call, track.calls)
            done = track.calls * (contender.items or self._items)
            track.wall.append((after.wall - before.wall) / done)
            track.cpu.append((after.cpu - before.cpu) / done)
        gc.collect()

    def settle(self, patience_ns: int) -> None:
        """More rounds, until enough of them are quiet or patience is at its end."""
        deadline = self._clocks().wall + patience_ns
        while self._clocks().wall < deadline:
            if quiet_rounds([track.wall for track in self.tracks]).quiet:
                return
            self.round()

    def _timed(self, call: Callable[[], Any], calls: int) -> tuple[Reading, Reading]:
        """The clocks around ``calls`` calls; garbage is not collected on one contender's bill."""
        enabled = gc.isenabled()
        gc.disable()
        try:
            before = self._clocks()
            for _ in range(calls):
                call()
            return before, self._clocks()
        finally:
            if enabled:
                gc.enable()


class Rounds(NamedTuple):
    """Which rounds count."""

    kept: list[int]
    total: int
    quiet: bool
    """False when too few rounds were quiet and the quietest third had to do."""


def quiet_rounds(times: Sequence[Sequence[float]]) -> Rounds:
    """The rounds in which nobody was disturbed.

    A round counts or is left out for all contenders together, so that leaving it out favours none.

    Args:
        times: for each contender its times, one a round.
    """
    total = len(times[0])
    usual = [_quantile(series, 0.1) for series in times]
    worst = [
        max(series[index] / fast for series, fast in zip(times, usual, strict=True))
        for index in range(total)
    ]
    kept = [index for index, value in enumerate(worst) if value <= TOLERANCE]
    if len(kept) >= min(LEAST_QUIET, total):
        return Rounds(kept, total, True)
    count = min(total, max(LEAST_QUIET, total // 3))
    return Rounds(sorted(sorted(range(total), key=worst.__getitem__)[:count]), total, False)


class Clock(NamedTuple):
    """What a contender's rounds came to by one clock: medians of the kept rounds."""

    time: float
    """Nanoseconds an item."""
    ratio: float
    """Its time divided by the first contender's in the same round: how much faster that one is."""
    difference: float
    """Its time less the first contender's in the same round."""


class Line(NamedTuple):
    """What a contender's rounds came to."""

    name: str
    wall: Clock
    cpu: Clock
    spread: float
    """Of the wall time: distance of the quartiles divided by the median, over the kept rounds."""
    spread_all: float
    """The same over all rounds."""
    lacks: str
    memory: int | None
    """Both as in :class:`Contender`."""


def summarise(tracks: Sequence[Track]) -> tuple[list[Line], Rounds]:
    """Medians, ratios and spreads of a race, in the order of its contenders."""
    rounds = quiet_rounds([track.wall for track in tracks])
    first = tracks[0]
    lines = [
        Line(
            track.name,
            _clock(track.wall, first.wall, rounds.kept),
            _clock(track.cpu, first.cpu, rounds.kept),
            _spread([track.wall[index] for index in rounds.kept]),
            _spread(track.wall),
            track.lacks,
            track.memory,
        )
        for track in tracks
    ]
    return lines, rounds


def _clock(times: Sequence[float], first: Sequence[float], kept: Sequence[int]) -> Clock:
    return Clock(
        statistics.median(times[index] for index in kept),
        statistics.median(_divided(times[index], first[index]) for index in kept),
        statistics.median(times[index] - first[index] for index in kept),
    )


def _divided(time: float, first: float) -> float:
    return time / first if first else math.nan  # a coarse CPU clock may not have moved


def _spread(values: Sequence[float]) -> float:
    return (_quantile(values, 0.75) - _quantile(values, 0.25)) / statistics.median(values)


def _quantile(values: Sequence[float], share: float) -> float:
    """The quantile between the two nearest values; one value is its own quantile."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
