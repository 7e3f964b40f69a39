"""Races as pytest-benchmark tests.

    make bench                                     the quick ones, with a report; a few minutes
    python -m pytest benches -k rsa                some, at full length
    python -m pytest benches --benchmark-disable   each once, nothing measured or kept

The function that pytest-benchmark sees is a whole round; the rounds of each contender are in the
``extra_info`` of ``--benchmark-json`` and in the raw results (``--race-results``). ``dimp-fast
bench`` runs this folder with ``--race-quick``, ``--race-fresh`` and ``--race-html``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this one, in any import mode

import machine
import page
import report
import results
import tier_order
from harness import TURN_NS, Contender, Race, Reading, read_clocks
from progress import Progress

RECORDS = pytest.StashKey[list[results.Record]]()


class Pace(NamedTuple):
    """How long races go on."""

    rounds: int
    turn_ns: int
    """As in :class:`Race`."""
    patience_ns: int
    """How much longer at most when the machine does not get quiet."""


FULL = Pace(25, TURN_NS, 8_000_000_000)
QUICK = Pace(9, TURN_NS // 2, 300_000_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("races")
    group.addoption("--race-rounds", type=int, help=f"rounds a race (default: {FULL.rounds})")
    group.addoption(
        "--race-quick", action="store_true", help="fewer and shorter rounds, without the slow races"
    )
    group.addoption(
        "--race-results",
        type=Path,
        metavar="FILE",
        help="raw results (default: benches/results/KIND_OF_MACHINE.json)",
    )
    group.addoption(
        "--race-fresh", action="store_true", help="forget what the file of raw results holds"
    )
    group.addoption("--race-html", type=Path, metavar="FILE", help="write a report with charts")
    group.addoption("--race-progress", action="store_true", help="a progress bar")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RECORDS] = []
    config.option.benchmark_quiet = True  # its table has whole rounds in it; ours comes instead
    config.addinivalue_line("markers", "slow: a race that --race-quick leaves out")
    # A test that is skipped, or whose contenders fail, has not used it.
    config.addinivalue_line("filterwarnings", "ignore:Benchmark fixture was not used")
    if config.getoption("--race-progress"):
        config.pluginmanager.register(Progress(), "race-progress")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--race-quick"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    machine_info["dimp_fast"] = machine.machine_block()


def pace_of(config: pytest.Config) -> Pace:
    pace = QUICK if config.getoption("--race-quick") else FULL
    rounds: int | None = config.getoption("--race-rounds")
    return pace if rounds is None else pace._replace(rounds=rounds)


@pytest.fixture
def race(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Runs one race and keeps what came out.

    Args of the function:
        group, workload: where it stands in the tables.
        contenders: the first is the one the others are compared with.
        items, unit: how many of what one call works on.
        operation: for races of tiers, the key of ``_dispatch.UNITS`` that they decide on.
        subject: for the charts: what is done, the same text in all races that differ in their
            batch only.
        clocks: for work that is done in another process.
    """
    pace = pace_of(request.config)

    def run(
        group: str,
        workload: str,
        contenders: Sequence[Contender],
        *,
        items: int,
        unit: str,
        operation: str | None = None,
        subject: str | None = None,
        clocks: Callable[[], Reading] = read_clocks,
    ) -> None:
        contest = Race(contenders, items, turn_ns=pace.turn_ns, clocks=clocks)
        contest.start()
        before, neighbours = machine.load_average(), machine.Neighbours()
        benchmark.group = group
        benchmark.pedantic(contest.round, rounds=pace.rounds)
        if not benchmark.enabled:
            return
        contest.settle(pace.patience_ns)
        record = results.race_record(
            contest.tracks,
            group=group,
            workload=workload,
            items=items,
            unit=unit,
            compare="ratio",
            operation=operation,
            subject=subject,
            load=[before, machine.load_average()],
            others=neighbours.processors(),
        )
        benchmark.extra_info.update(record)
        request.config.stash[RECORDS].append(record)

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    records = config.stash[RECORDS]
    if not records:
        return
    run = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    block = machine.machine_block()
    file: Path = config.getoption("--race-results") or results.default_file()
    before = results.EMPTY if config.getoption("--race-fresh") else results.load(file)
    results.save(file, results.merge(before, run, block, records))
    terminalreporter.section("races")
    terminalreporter.write_line(report.machine_lines(run, block, records))
    terminalreporter.write_line("")
    terminalreporter.write_line(report.race_tables(records))
    if judgements := tier_order.judge(records):
        terminalreporter.write_line(f"\n### Order of tiers\n\n{tier_order.table(judgements)}")
    terminalreporter.write_line(f"\nraw results: {file}")
    html: Path | None = config.getoption("--race-html")
    if html is not None:
        page.write(html, run, block, records)
        terminalreporter.write_line(f"report: {html}")
