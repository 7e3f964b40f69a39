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
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this one, in any import mode

import machine
import page
import report
import results
import tier_order
from harness import Contender, Race, Reading, read_clocks
from keeper import Absences, Keeper
from pace import FULL, QUICK, Pace
from progress import Progress

import dimp_fast

RECORDS = pytest.StashKey[list[results.Record]]()
ABSENCES = pytest.StashKey[Absences]()


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
    config.stash[ABSENCES] = Absences()
    config.pluginmanager.register(config.stash[ABSENCES], "race-absences")
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
def keeper(benchmark: Any, request: pytest.FixtureRequest) -> Keeper:
    """For races whose contenders are processes of their own; :func:`race` keeps by itself."""
    return Keeper(benchmark, request.config.stash[RECORDS])


@pytest.fixture
def pace(request: pytest.FixtureRequest) -> Pace:
    return pace_of(request.config)


@pytest.fixture
def cores() -> int:
    """How many threads `all` are; on one core nothing scales."""
    found: int = dimp_fast.backend_info()["cpu"]["cores"]
    if found < 2:
        pytest.skip("more than one thread: this machine has one core")
    return found


@pytest.fixture
def race(benchmark: Any, keeper: Keeper, pace: Pace) -> Callable[..., None]:
    """Runs one race and keeps what came out.

    Args of the function:
        group, workload: where it stands in the tables.
        contenders: the first is the one the others are compared with.
        items, unit: how many of what one call works on.
        clocks: for work that is done in another process.
        turn_ns: as in :class:`harness.Race`, where the pace of the run is not the right one.
        facts: the other arguments of :meth:`Keeper.keep`.
    """

    def run(
        group: str,
        workload: str,
        contenders: Sequence[Contender],
        *,
        items: int,
        clocks: Callable[[], Reading] = read_clocks,
        turn_ns: int | None = None,
        **facts: Any,
    ) -> None:
        turn_ns = pace.turn_ns if turn_ns is None else turn_ns
        contest = Race(contenders, items, turn_ns=turn_ns, clocks=clocks)
        contest.start()
        keeper.begin()
        benchmark.group = group
        benchmark.pedantic(contest.round, rounds=pace.rounds)
        if benchmark.enabled:
            contest.settle(pace.patience_ns)
        keeper.keep(contest.tracks, group=group, workload=workload, items=items, **facts)

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    records = config.stash[RECORDS]
    if not records:
        return
    run = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    quick = config.getoption("--race-quick")
    block = {
        **machine.machine_block(),
        "pace": "quick" if quick else "full length",
        "left_out": dict(config.stash[ABSENCES].reasons),
    }
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
