"""What a run keeps: its races, and why some were left out. ``conftest`` hands it to the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import machine
import pytest
import results
from harness import Track


class Keeper:
    """Keeps races as they come out, with what else the machine did meanwhile."""

    def __init__(self, benchmark: Any, kept: list[results.Record]) -> None:
        self._benchmark = benchmark
        self._kept = kept
        self.begin()

    def begin(self) -> None:
        """What the machine does is watched from here on."""
        self._load, self._neighbours = machine.load_average(), machine.Neighbours()

    def keep(
        self,
        tracks: Sequence[Track],
        *,
        group: str,
        workload: str,
        items: int,
        unit: str,
        operation: str | None = None,
        subject: str | None = None,
        series: tuple[str, int] | None = None,
    ) -> None:
        """Keep the rounds of a race.

        Args:
            tracks: the first is the one the others are compared with.
            group, workload: where it stands in the tables.
            items, unit: how many of what one call works on.
            operation: for races of tiers, the key of ``_dispatch.UNITS`` that they decide on.
            subject: for the charts: what is done, the same text in all races that differ in their
                batch only.
            series: for the charts: what is done, and how many bytes a message has, in races that
                differ in that only.
        """
        if not self._benchmark.enabled:
            return
        record = results.race_record(
            tracks,
            group=group,
            workload=workload,
            items=items,
            unit=unit,
            compare="ratio",
            operation=operation,
            subject=subject,
            series=series,
            load=[self._load, machine.load_average()],
            others=self._neighbours.processors(),
        )
        self._benchmark.extra_info.update(record)
        self._kept.append(record)


class Absences:
    """A pytest plugin: why races were skipped, and how many for each reason. A report says so."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1
