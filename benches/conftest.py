"""Races as pytest-benchmark tests.

    make bench                                     everything, a few minutes
    python -m pytest benches -k rsa                some
    python -m pytest benches --benchmark-disable   each once, nothing measured or kept

The function that pytest-benchmark sees is a whole round; the rounds of each contender are in the
``extra_info`` of ``--benchmark-json`` and in the raw results (``--race-results``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this one, in any import mode

import machine
import report
import results
import tier_order
from harness import Contender, Race, Reading, read_clocks

PATIENCE_NS = 8_000_000_000
"""How long a race goes on at most when the machine does not get quiet."""

RECORDS = pytest.StashKey[list[results.Record]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("races")
    group.addoption("--race-rounds", type=int, default=25, help="rounds a race (default: 25)")
    group.addoption(
        "--race-results",
        type=Path,
        metavar="FILE",
        help="raw results (default: benches/results/KIND_OF_MACHINE.json)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RECORDS] = []
    config.option.benchmark_quiet = True  # its table has whole rounds in it; ours comes instead
    # A test that is skipped, or whose contenders fail, has not used it.
    config.addinivalue_line("filterwarnings", "ignore:Benchmark fixture was not used")


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    machine_info["dimp_fast"] = machine.machine_block()


@pytest.fixture
def race(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Runs one race and keeps what came out.

    Args of the function:
        group, workload: where it stands in the tables.
        contenders: the first is the one the others are compared with.
        items, unit: how many of what one call works on.
        operation: for races of tiers, the key of ``_dispatch.UNITS`` that they decide on.
        clocks: for work that is done in another process.
    """

    def run(
        group: str,
        workload: str,
        contenders: Sequence[Contender],
        *,
        items: int,
        unit: str,
        operation: str | None = None,
        clocks: Callable[[], Reading] = read_clocks,
    ) -> None:
        contest = Race(contenders, items, clocks=clocks)
        contest.start()
        before, neighbours = machine.load_average(), machine.Neighbours()
        benchmark.group = group
        benchmark.pedantic(contest.round, rounds=request.config.getoption("--race-rounds"))
        if not benchmark.enabled:
            return
        contest.settle(PATIENCE_NS)
        record = results.race_record(
            contest.tracks,
            group=group,
            workload=workload,
            items=items,
            unit=unit,
            compare="ratio",
            operation=operation,
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
    results.save(file, results.merge(results.load(file), run, block, records))
    terminalreporter.section("races")
    terminalreporter.write_line(report.machine_lines(run, block, records))
    terminalreporter.write_line("")
    terminalreporter.write_line(report.race_tables(records))
    if judgements := tier_order.judge(records):
        terminalreporter.write_line(f"\n### Order of tiers\n\n{tier_order.table(judgements)}")
    terminalreporter.write_line(f"\nraw results: {file}")
