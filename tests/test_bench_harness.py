"""The measuring harness: turns alternate, disturbed rounds are left out, statistics are right.

Nothing here depends on how fast anything is: clocks are made up.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benches"))

import harness
import report
import results
import tier_order
from harness import Contender, Race, Reading, Track, WrongAnswer, quiet_rounds, summarise


class Stopwatch:
    """A clock that only moves when somebody works; CPU time runs at half its pace."""

    def __init__(self) -> None:
        self.now = 0

    def work(self, nanoseconds: int) -> None:
        self.now += nanoseconds

    def __call__(self) -> Reading:
        return Reading(self.now, self.now // 2)


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


def contender(
    name: str, stopwatch: Stopwatch, nanoseconds: int, log: list[str] | None = None
) -> Contender:
    def call() -> str:
        stopwatch.work(nanoseconds)
        if log is not None:
            log.append(name)
        return name

    return Contender(name, call, name.__eq__)


def make(call: Callable[[], Any], **others: Any) -> Contender:
    return Contender("it", call, **{"accept": lambda _: True, **others})


# Alternation


def test_every_round_gives_each_contender_one_turn_in_the_order_named(
    stopwatch: Stopwatch,
) -> None:
    log: list[str] = []
    race = Race(
        [contender(name, stopwatch, 1000, log) for name in "ABC"],
        1,
        turn_ns=1000,
        clocks=stopwatch,
    )
    race.start()
    log.clear()
    for _ in range(3):
        race.round()
    assert "".join(log) == "AABBCC" * 3  # a call to warm up, a call that is timed


def test_a_turn_lasts_long_enough_and_starts_warm(stopwatch: Stopwatch) -> None:
    log: list[str] = []
    contenders = [contender("quick", stopwatch, 10, log), contender("slow", stopwatch, 5000, log)]
    race = Race(contenders, 1, turn_ns=1000, clocks=stopwatch)
    race.start()
    quick, slow = race.tracks
    assert quick.calls * 10 >= 1000
    assert slow.calls == 1
    log.clear()
    race.round()
    assert log == ["quick"] * (quick.calls + 1) + ["slow"] * 2


def test_an_interruption_does_not_make_a_turn_short(stopwatch: Stopwatch) -> None:
    interruptions = iter([0, 1_000_000])  # the second call, which is the first that is timed

    def call() -> None:
        stopwatch.work(10 + next(interruptions, 0))

    race = Race([make(call)], 1, turn_ns=1000, clocks=stopwatch)
    race.start()
    assert race.tracks[0].calls * 10 >= 1000


def test_times_are_nanoseconds_an_item(stopwatch: Stopwatch) -> None:
    race = Race([contender("it", stopwatch, 1200)], 4, turn_ns=1000, clocks=stopwatch)
    race.start()
    race.round()
    (track,) = race.tracks
    assert (track.wall, track.cpu) == ([300], [150])


def test_a_contender_may_do_a_part_of_the_items(stopwatch: Stopwatch) -> None:
    def call() -> None:
        stopwatch.work(1200)

    race = Race([make(call, items=2)], 400, turn_ns=1000, clocks=stopwatch)
    race.start()
    race.round()
    (track,) = race.tracks
    assert (track.wall, track.cpu) == ([600], [300])


def test_a_turn_of_no_length_is_one_cold_call(stopwatch: Stopwatch) -> None:
    log: list[str] = []
    race = Race([contender("it", stopwatch, 0, log)], 1, turn_ns=0, clocks=stopwatch)
    race.start()
    log.clear()
    race.round()
    assert race.tracks[0].calls == 1
    assert log == ["it"]


def test_scope_is_entered_and_left_outside_the_timed_part(stopwatch: Stopwatch) -> None:
    inside: list[bool] = [False]

    @contextmanager
    def scope() -> Iterator[None]:
        stopwatch.work(1_000_000)
        inside[0] = True
        yield
        inside[0] = False
        stopwatch.work(1_000_000)

    def call() -> None:
        assert inside[0]
        stopwatch.work(50)

    race = Race([make(call, scope=scope)], 1, turn_ns=50, clocks=stopwatch)
    race.start()
    race.round()
    assert race.tracks[0].wall == [50]
    assert not inside[0]


def test_no_garbage_is_collected_in_a_turn_and_the_collector_is_on_again() -> None:
    seen: list[bool] = []
    race = Race([make(lambda: seen.append(gc.isenabled()))], 1, turn_ns=0)
    race.start()
    race.round()
    assert seen[-1] is False
    assert gc.isenabled()


def test_a_wrong_answer_is_no_contender() -> None:
    race = Race([make(lambda: 1, accept=(2).__eq__)], 1)
    with pytest.raises(WrongAnswer, match="it"):
        race.start()


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_contenders_have_names_of_their_own(names: list[str], stopwatch: Stopwatch) -> None:
    with pytest.raises(ValueError, match="names"):
        Race([contender(name, stopwatch, 1) for name in names], 1)


def test_a_call_works_on_something(stopwatch: Stopwatch) -> None:
    with pytest.raises(ValueError, match="items"):
        Race([contender("it", stopwatch, 1)], 0)


def test_real_clocks_run_forward() -> None:
    before, after = harness.read_clocks(), harness.read_clocks()
    assert after.wall > before.wall
    assert after.cpu >= before.cpu


def test_more_rounds_until_enough_are_quiet(stopwatch: Stopwatch) -> None:
    pace = iter([1, 100, 200, 300, 400, 500, 600, *[1] * 20])

    def call() -> None:
        stopwatch.work(1000 * next(pace))

    race = Race([make(call)], 1, turn_ns=0, clocks=stopwatch)
    race.tracks = [Track("it")]
    for _ in range(7):
        race.round()
    race.settle(1_000_000_000)
    assert race.tracks[0].wall[7:] == [1000.0] * 4  # with the first that makes five


def test_patience_has_an_end(stopwatch: Stopwatch) -> None:
    pace = iter(range(1, 100))
    race = Race(
        [make(lambda: stopwatch.work(1000 * 2 ** next(pace)))], 1, turn_ns=0, clocks=stopwatch
    )
    race.tracks = [Track("it")]
    for _ in range(6):
        race.round()
    race.settle(0)
    assert len(race.tracks[0].wall) == 6
    race.settle(1_000_000)
    assert 6 < len(race.tracks[0].wall) < 20


# Statistics


def test_a_disturbed_round_is_left_out_for_all() -> None:
    steady, hit = [10.0] * 9, [20.0] * 9
    hit[3] = 40.0
    rounds = quiet_rounds([steady, hit])
    assert rounds.kept == [0, 1, 2, 4, 5, 6, 7, 8]
    assert (rounds.total, rounds.quiet) == (9, True)


def test_when_hardly_any_round_is_quiet_the_quietest_third_is_taken_and_said_so() -> None:
    times = [float(2**index) for index in range(18)]
    rounds = quiet_rounds([times])
    assert rounds.kept == [0, 1, 2, 3, 4, 5]
    assert not rounds.quiet


def test_one_stroke_of_luck_does_not_make_all_other_rounds_disturbed() -> None:
    rounds = quiet_rounds([[6.0, *[10.0] * 19]])
    assert (len(rounds.kept), rounds.quiet) == (20, True)


def test_few_rounds_are_all_there_is() -> None:
    assert quiet_rounds([[1.0]]) == ([0], 1, True)
    assert quiet_rounds([[1.0, 5.0, 9.0]]).kept == [0, 1, 2]


def test_ratios_are_taken_within_rounds() -> None:
    """The machine slows down by half a per cent a round; the second is always twice the first."""
    pace = [1 + index / 200 for index in range(11)]
    ours = Track("ours", wall=[100 * value for value in pace], cpu=[50.0] * 11)
    peer = Track("peer", wall=[200 * value for value in pace], cpu=[150.0] * 11)
    (first, second), rounds = summarise([ours, peer])
    assert len(rounds.kept) == 11
    assert first.wall.ratio == first.cpu.ratio == 1
    assert second.wall.ratio == pytest.approx(2)
    assert second.wall.time == pytest.approx(200 * pace[5])
    assert second.wall.difference == pytest.approx(100 * pace[5])
    assert (second.cpu.time, second.cpu.ratio, second.cpu.difference) == (150, 3, 100)


def test_spread_is_of_the_kept_rounds_and_of_all() -> None:
    wall = [100.0, 102, 104, 106, 108, 300, 300, 300]
    ((line,), rounds) = (found := summarise([Track("it", wall=wall, cpu=wall)]))[0], found[1]
    assert rounds.kept == [0, 1, 2, 3, 4]
    assert line.spread == pytest.approx(4 / 104)
    assert line.spread_all == pytest.approx((300 - 103.5) / 107)


def test_a_cpu_clock_that_did_not_move_has_no_ratio() -> None:
    (line,), _ = summarise([Track("it", wall=[1.0], cpu=[0.0])])
    assert line.cpu.ratio != line.cpu.ratio


# Files and tables


def race_record(workload: str = "w", group: str = "g", **others: Any) -> results.Record:
    facts = {
        "group": group,
        "workload": workload,
        "items": 8,
        "unit": "message",
        "compare": "ratio",
        "operation": None,
        "load": [0.5, 0.25],
        "others": 0.125,
        **others,
    }
    ours = Track("dimp_fast", 3, [1234.5678] * 5, [1000.0] * 5)
    peer = Track("peer", 1, [2469.1356] * 5, [4000.0] * 5)
    return results.race_record([ours, peer], **facts)


def test_a_results_file_gives_back_every_round(tmp_path: Path) -> None:
    content = results.merge(results.load(tmp_path / "none"), "run", {"cpu": "x"}, [race_record()])
    results.save(tmp_path / "sub" / "it.json", content)
    again = results.load(tmp_path / "sub" / "it.json")
    assert again == content
    ours, peer = results.tracks_of(again["races"][0])
    assert ours == Track("dimp_fast", 3, [1235.0] * 5, [1000.0] * 5)
    assert peer.wall == [2469.0] * 5


def test_a_new_run_replaces_what_it_measured_and_leaves_the_rest() -> None:
    content = results.load(Path("no such file"))
    content = results.merge(content, "one", {}, [race_record("a"), race_record("b")])
    content = results.merge(content, "two", {}, [race_record("a", items=9), race_record("c")])
    found = [(race["workload"], race["run"], race["items"]) for race in content["races"]]
    assert found == [("a", "two", 9), ("b", "one", 8), ("c", "two", 8)]
    assert list(content["machines"]) == ["one", "two"]
    content = results.merge(content, "three", {}, [race_record("b")])
    assert list(content["machines"]) == ["two", "three"]


def test_there_is_one_build_and_races_stay() -> None:
    content = results.merge(results.load(Path("no such file")), "one", {}, [race_record()])
    content = results.merge_build(content, "two", {}, {"facts": {"cold build": "1 s"}})
    content = results.merge_build(content, "three", {}, {"facts": {"cold build": "2 s"}})
    assert content["builds"] == [{"facts": {"cold build": "2 s"}, "run": "three"}]
    assert list(content["machines"]) == ["one", "three"]
    assert len(content["races"]) == 1


def cells(table: str, row: int) -> list[str]:
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [cell.strip() for cell in lines[row].strip("|").split("|")]


def test_the_table_says_how_much_faster_ours_is() -> None:
    table = report.race_tables([race_record()])
    assert table.startswith("### g (per message)\n\n| workload")
    assert cells(table, 2)[:4] == ["w", "dimp_fast", "1.24 us", "1.00"]
    assert cells(table, 3)[:6] == ["", "peer", "2.47 us", "2.00", "4.00 us", "4.00"]
    assert cells(table, 2)[-2:] == ["5/5", "0.12"]


def test_every_race_is_in_one_table() -> None:
    races = [race_record("a"), race_record("b", unit="key"), race_record("c")]
    tables = report.race_tables(races).split("\n\n")
    assert tables[::2] == ["### g (per message)", "### g (per key)"]
    assert [cells(tables[1], row)[0] for row in (2, 4)] == ["a", "c"]
    assert cells(tables[3], 2)[0] == "b"


def test_a_table_of_differences() -> None:
    table = report.race_tables([race_record(compare="difference")])
    assert cells(table, 2)[3] == "0.0000 ns"
    assert cells(table, 3)[3] == "1.23 us"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0.5, "0.50 ns"), (99.96, "100.0 ns"), (1500, "1.50 us"), (2.5e6, "2.50 ms"), (3e10, "30.0 s"),
     (-1500, "-1.50 us")],
)  # fmt: skip
def test_durations_have_three_digits_and_a_unit(nanoseconds: float, text: str) -> None:
    assert report.duration(nanoseconds) == text


def test_tables_go_between_the_marks() -> None:
    text = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    wanted = f"before\n{report.BEGIN}\n\nnew\n\n{report.END}\nafter\n"
    assert report.put_between_marks(text, "new") == wanted
    assert report.put_between_marks(wanted, "new") == wanted
    with pytest.raises(ValueError, match="marks"):
        report.put_between_marks("nothing", "new")


def test_a_table_lines_up() -> None:
    table = report.markdown([["name", "n"], ["a", "10"]], numbers_from=1)
    assert table == "| name |  n |\n| ---- | -: |\n| a    | 10 |"


# The order of tiers


def tiers_record(operation: str, items: int, **times: float) -> results.Record:
    tracks = [Track(f"dimp_fast, {tier}", 1, [1.0] * 5, [time] * 5) for tier, time in times.items()]
    record = race_record(f"{operation} {items}", operation=operation, items=items)
    return {**record, **results.race_record([*tracks, Track("peer", 1, [1.0] * 5, [0.1] * 5)])}


def judged(*races: results.Record) -> dict[str, list[str]]:
    units = {"a": ("rust", "cython", "python"), "b": ("rust", "python")}
    return {found.operation: found.late for found in tier_order.judge(races, units)}


def test_the_order_of_tiers_holds() -> None:
    assert judged(tiers_record("a", 2, rust=1, cython=2, python=3)) == {"a": []}


def test_a_faster_tier_behind_a_slower_one_is_late() -> None:
    assert judged(tiers_record("a", 2, rust=2, cython=1, python=3)) == {"a": ["cython"]}


def test_tiers_that_are_as_good_as_equal_may_come_in_either_order() -> None:
    assert judged(tiers_record("b", 2, rust=1.03, python=1)) == {"b": []}


def test_the_order_is_that_of_the_table_not_of_the_file() -> None:
    assert judged(tiers_record("b", 2, python=1, rust=2)) == {"b": ["python"]}


def test_the_largest_batch_decides() -> None:
    small = tiers_record("b", 1, rust=9, python=1)
    large = tiers_record("b", 256, rust=1, python=9)
    assert judged(small, large) == judged(large, small) == {"b": []}


def test_tier_order_exits_with_its_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*races: results.Record) -> int:
        file = tmp_path / "it.json"
        results.save(file, results.merge(results.load(Path("none")), "run", {}, races))
        return tier_order.main([str(file)])

    assert run() == 2
    assert run(tiers_record("verify_batch", 2, rust=1, python=2)) == 0
    assert "holds" in capsys.readouterr().out
    assert run(tiers_record("verify_batch", 2, rust=2, python=1)) == 1
    assert "python is faster" in capsys.readouterr().out


def test_report_prints_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import machine

    content = results.merge(
        results.load(Path("none")), "2026-01-02", machine.machine_block(), [race_record()]
    )
    results.save(tmp_path / "it.json", content)
    document = tmp_path / "page.md"
    document.write_text(f"# Title\n{report.BEGIN}\n{report.END}\n", encoding="utf-8")
    assert report.main([str(tmp_path / "it.json")]) == 0
    printed = capsys.readouterr().out
    assert "Run 2026-01-02" in printed
    assert "load average 0.25 to 0.50" in printed
    assert report.main([str(tmp_path / "it.json"), "--into", str(document)]) == 0
    assert printed.strip() in document.read_text(encoding="utf-8")
    assert report.main([str(tmp_path / "none.json")]) == 2


# The machine


@pytest.mark.parametrize(
    ("cpu", "name"),
    [
        ({"vendor_id": "AuthenticAMD", "cpu family": "26", "model": "2"}, "amd-26-2"),
        ({"vendor_id": "GenuineIntel", "cpu family": "6", "model": "143"}, "intel-6-143"),
        ({"vendor_id": "Some Body!"}, "some-body"),
    ],
)
def test_kinds_of_machines_have_names_fit_for_files(cpu: dict[str, str], name: str) -> None:
    import machine

    assert machine.kind(cpu) == name


def test_what_others_do_is_what_is_busy_and_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    import machine

    seconds = iter([(10.0, 100.0, 5.0), (20.0, 115.0, 12.0), (20.0, 106.0, 12.0)])
    monkeypatch.setattr(machine, "_seconds", lambda: next(seconds))
    neighbours = machine.Neighbours()
    assert neighbours.processors() == 0.8  # 15 s busy, 7 of them ours, in 10 s
    assert neighbours.processors() == 0  # clocks of different grain


def test_where_the_system_does_not_say_others_are_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import machine

    monkeypatch.setattr(machine, "_seconds", lambda: (1.0, float("nan"), 1.0))
    unknown = machine.Neighbours().processors()
    assert unknown != unknown


def test_the_machine_block_is_plain_and_names_what_served() -> None:
    import machine

    block = machine.machine_block()
    assert json.loads(json.dumps(block)) == block
    assert set(block["operations"]) >= {"verify_batch", "decode_batch", "derive_addresses"}
    assert block["cpu"]
    assert block["python"].startswith("cpython 3.")
