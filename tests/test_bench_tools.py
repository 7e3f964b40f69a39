"""What is made of raw results: the guard, the capacity model, charts and the page, the texts.

The results are made up; nothing here depends on how fast anything is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import command_line

sys.path.insert(0, str(Path(__file__).parents[1] / "benches"))

import capacity
import guard
import harness
import results

BLOCK: dict[str, Any] = {
    "cpu": "A <CPU>", "cpu_id": "it", "flags": ["avx2"], "cores": 2, "system": "Linux",
    "python": "cpython 3.11", "dimp_fast": "0.1.0", "revision": "abc", "simd": "avx2", "threads": 2,
    "operations": {"verify_batch": "rust/avx2"}, "libraries": {}, "peers": {},
}  # fmt: skip


def record(group: str, workload: str, items: int, /, **times: float) -> results.Record:
    """A race whose contenders took the same time, nanoseconds an item, in each of nine rounds."""
    contenders = [
        {"name": name, "calls": 1, "wall": [time] * 9, "cpu": [time] * 9}
        for name, time in times.items()
    ]
    return {
        "group": group, "workload": workload, "items": items, "unit": "message",
        "compare": "ratio", "operation": None, "subject": workload.partition(",")[0],
        "load": [0.0, 0.0], "others": 0.0, "contenders": contenders,
    }  # fmt: skip


def content(*races: results.Record) -> results.Record:
    return results.merge(results.EMPTY, "2026-01-02", BLOCK, races)


def file(path: Path, *races: results.Record) -> Path:
    results.save(path, content(*races))
    return path


def judged(tmp_path: Path, then: Sequence[Any], now: Sequence[Any]) -> int:
    kept, run = file(tmp_path / "kept.json", *then), file(tmp_path / "run.json", *now)
    return guard.main([str(run), "--kept", str(kept)])


def test_a_ratio_that_fell_is_found_whatever_the_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    then = record("G", "w", 8, dimp_fast=10, peer=100)
    assert judged(tmp_path, [then], [record("G", "w", 8, dimp_fast=20, peer=200)]) == 0
    assert judged(tmp_path, [then], [record("G", "w", 8, dimp_fast=12, peer=100)]) == 0
    assert judged(tmp_path, [then], [record("G", "w", 8, dimp_fast=13, peer=100)]) == 1
    assert re.search(r"G: w +\| peer +\| 10.0x \| 7.69x", capsys.readouterr().out)


def test_the_best_of_several_runs_counts(tmp_path: Path) -> None:
    def run(name: str, *times: float) -> str:
        races = [record("G", str(i), 8, dimp_fast=t, peer=100) for i, t in enumerate(times)]
        return str(file(tmp_path / name, *races))

    kept = ["--kept", run("kept", 10, 10)]
    one, other = run("one", 10, 20), run("other", 20, 10)
    assert [guard.main([path, *kept]) for path in (one, other)] == [1, 1]
    assert guard.main([one, other, *kept]) == 0
    assert guard.main([one, one, *kept]) == 1


def test_what_is_ours_and_what_hangs_on_processors_is_not_compared(tmp_path: Path) -> None:
    ours = {"dimp_fast": 1, "dimp_fast, cython": 9}
    assert judged(tmp_path, [record("G", "w", 8, **ours)], [record("G", "w", 8, **ours)]) == 2
    then, now = (record("Threads", "w", 8, **{"2 threads": two, "1 thread": 10}) for two in (5, 10))
    assert judged(tmp_path, [then], [now]) == 2
    assert judged(tmp_path, [], [now]) == 2


def ingress(way_in: float, copy: float) -> list[results.Record]:
    times = {
        "dimp_fast, batches of 256": way_in,
        "libraries by hand, low S": 2 * way_in,
        "reference, one by one": 100 * way_in,
    }
    return [
        record("Ingress: decode, verify, route", "mix", 4096, **times),
        record("Re-target", "900 B", 256, **{"dimp_fast, a batch": copy}),
    ]


def test_the_capacity_model_is_arithmetic(tmp_path: Path) -> None:
    given = capacity.Assumptions(
        users=86_400, active=1, messages=100, copies=2, peak=10, online=0.5, load=0.5, cores=1,
        memory=1, account=4, connection=4,
    )  # fmt: skip
    rows = capacity.model(content(*ingress(9e5, 5e4)), given)
    values = {row[0]: row[1] for row in rows}
    assert values["messages a second, average"] == "100"
    assert values["messages a second, peak"] == "1.00k"
    assert values["this package: processors at the peak"] == "1.00"
    assert values["this package: stations"] == "2"
    assert values["the reference, if it verified: stations"] == "181"
    assert values["memory at the peak"] == "0.33 GiB"
    assert values["stations for memory"] == "1"


def test_receipts_are_paid_for(tmp_path: Path) -> None:
    makers = {"dimp_fast": 5e5, "libraries by hand": 1e5, "reference, one by one": 1e6}
    races = [*ingress(9e5, 1), record("Receipts of a station, one thread", "r", 8, **makers)]
    given = capacity.Assumptions(users=86_400, active=1, messages=10, copies=0, receipts=2, peak=1)
    with_them = {row[0]: row[1] for row in capacity.model(content(*races), given)}
    assert with_them["this package: a receipt"] == "500 us"
    assert with_them["this package: processors at the peak"] == "0.0190"  # 10 x (0.9 + 2 x 0.5) ms
    without = {row[0]: row[1] for row in capacity.model(content(*races[:2]), given)}
    assert without["this package: a receipt"] == "not counted"
    assert without["this package: processors at the peak"] == "0.0090"


def test_the_capacity_command_says_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = file(tmp_path / "it.json", *ingress(1e4, 500))
    assert capacity.main([str(whole), "--users", "1000"]) == 0
    assert "| users      |  1000 |" in capsys.readouterr().out
    document = tmp_path / "page.md"
    document.write_text(f"{capacity.BEGIN}\n{capacity.END}\n", encoding="utf-8")
    assert capacity.main([str(whole), "--into", str(document)]) == 0
    assert "processors at the peak" in document.read_text(encoding="utf-8")
    assert capacity.main([str(file(tmp_path / "other.json", *ingress(1, 1)[1:]))]) == 2
    assert "test_ingress" in capsys.readouterr().err


def test_the_page_stands_alone(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    import page

    races = [
        record("G", f"verify it, batch {items}", items, dimp_fast=time, peer=8 * time)
        for items, time in ((1, 900.0), (64, 100.0))
    ]
    threads = record("Threads", "all of it", 64, **{"2 threads": 5, "1 thread": 9})
    races.append({**threads, "subject": None})
    races[0]["contenders"][1]["lacks"] = "a <check>"
    page.write(tmp_path / "deep" / "it.html", "2026-01-02", BLOCK, races)
    html = (tmp_path / "deep" / "it.html").read_text(encoding="utf-8")
    assert html.count("<svg") == 4
    assert "dimp_fast on A &lt;CPU&gt;" in html
    assert "[1] checks less: a &lt;check&gt;" in html
    fetched = [found for found in re.findall(r'(?:src|href)="([^"#]+)', html) if found]
    assert fetched == []
    for name in ("verify it", "8.00x", "1.80x"):
        assert name in html


def test_a_report_says_what_was_left_out(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    import page

    block = {**BLOCK, "pace": "quick", "left_out": {"no <station> here": 3}}
    page.write(tmp_path / "it.html", "2026-01-02", block, [record("G", "w", 8, dimp_fast=1)])
    html = (tmp_path / "it.html").read_text(encoding="utf-8")
    assert "Left out: no &lt;station&gt; here." in html
    assert "quick, revision abc" in html


def test_memory_has_a_column_where_it_was_measured() -> None:
    import report

    race = record("G", "w", 8, dimp_fast=1, peer=2)
    assert "memory" not in report.race_tables([race])
    race["contenders"][0]["memory"] = 3 << 20
    head, _, ours, peer = report.race_tables([race]).splitlines()[2:]
    column = head.split("|").index("   memory ")
    assert ours.split("|")[column].strip() == "3.00 MiB"
    assert peer.split("|")[column].strip() == ""


def test_headlines_are_the_largest_batches_in_an_order() -> None:
    import report

    races = [
        record("G", "derive it, batch 8", 8, dimp_fast=9, peer=18),
        record("G", "verify it, batch 8", 8, dimp_fast=9, peer=27),
        record("G", "verify it, batch 64", 64, dimp_fast=9, peer=36),
        record("G", "relay it", 64, dimp_fast=9, peer=45),
    ]
    races[3]["contenders"][1]["lacks"] = "something"
    rows = [re.split(r" +\| +", row.strip("| ")) for row in report.headlines(races).splitlines()]
    assert [(row[0], row[2], row[3]) for row in rows[2:]] == [
        ("relay it", "peer (checks less)", "5.00"),
        ("verify it, 64", "peer", "4.00"),
        ("derive it, 8", "peer", "2.00"),
    ]


# The texts and what was measured

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benches" / "results"
PUBLISHED = ("README.md", "README.zh.md", "docs/performance.md")


def published_file() -> Path:
    """The results that the README names."""
    (name,) = set(
        re.findall(r"benches/results/([\w-]+\.json)`\.", (ROOT / "README.md").read_text())
    )
    return FOLDER / name


def test_texts_say_what_the_results_say(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    import publish

    code = publish.main(["--check", str(published_file())])
    assert code == 0, capsys.readouterr().out + "write them anew: python benches/publish.py"


def test_another_figure_in_a_text_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    import publish

    for name in (*PUBLISHED, *(f"docs/charts/{chart[0]}.svg" for chart in publish.CHARTS)):
        if (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(publish, "ROOT", tmp_path)
    monkeypatch.setattr(publish, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(publish, "PERFORMANCE", tmp_path / "docs" / "performance.md")
    monkeypatch.setattr(publish, "READMES", (tmp_path / "README.md", tmp_path / "README.zh.md"))
    file = published_file()
    assert publish.main(["--check", str(file)]) == 0
    for name in ("README.md", "docs/charts/ratios.svg"):
        place = tmp_path / name
        text = place.read_text(encoding="utf-8")
        figure = re.search(r"pyca/cryptography +\| +([\d.]+)|>([\d.]+)x<", text)
        assert figure is not None
        at = figure.start(figure.lastindex or 0)
        place.write_text(f"{text[:at]}9{text[at:]}", encoding="utf-8")
    assert publish.main(["--check", str(file)]) == 1
    out = capsys.readouterr().out
    assert "README.md is not" in out
    assert "ratios.svg is not" in out
    assert publish.main([str(file)]) == 0
    assert publish.main(["--check", str(file)]) == 0


FIGURE = re.compile(
    r"\d[\d.,]*\s?(?:ns|us|µs|ms|s|MiB|GiB)\b|\d[\d.,]*\s?(?:x\b|times\b|倍|毫秒|微秒|纳秒)"
    r"|\b(?:twice|half|third|fifth|tenth|twentieth|fiftieth|hundredth) (?:of )?the time"
)
"""What looks like something measured."""

CONSTANTS = {
    f"{harness.TURN_NS // 1_000_000} ms", f"{harness.TOLERANCE:.2f} times", "64 MiB",
    "16 MiB",
}  # fmt: skip
"""Settings and limits that prose names."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_prose_has_no_figures_of_its_own(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    prose = re.sub(r"<!-- (\w+): begin -->.*?<!-- \1: end -->", "", text, flags=re.DOTALL)
    assert len(prose) < len(text)
    prose = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)
    assert {found[0] for found in FIGURE.finditer(prose)} <= CONSTANTS


def test_every_peer_that_the_extra_brings_is_raced() -> None:
    """A name in the extra that no benchmark imports would be a claim without a row."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extra = text.partition("\nbench = [")[2].partition("]")[0]
    modules = {"pycryptodome": "Crypto", "pytest-benchmark": "pytest_benchmark"}
    names = [modules.get(name, name) for name in re.findall(r'"([\w-]+)>', extra)]
    assert "msgspec" in names
    sources = "\n".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "benches").glob("*.py")
    )
    tools = {"pytest_benchmark"}
    unused = [
        name for name in names if not re.search(rf"^\s*(import|from) {name}\b", sources, re.M)
    ]
    assert set(unused) <= tools


def test_the_bench_of_libsecp256k1_is_found_or_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import native

    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    with pytest.raises(native.NotHere, match="libsecp256k1"):
        native.libsecp256k1(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(native.NotHere, match="openssl"):
        native.openssl("RSA-1024")


def test_memory_of_a_way_in_is_that_of_a_process_of_its_own(tmp_path: Path) -> None:
    """A way that keeps what it works on grows by that."""
    for module in ("coincurve", "orjson"):
        pytest.importorskip(module)
    import ingress
    import ingress_ways

    file = ingress_ways.write(ingress.traffic(64), tmp_path / "traffic")
    assert b"PRIVATE" not in file.read_bytes()
    grown = ingress_ways.peak_growth("ours", 64, file)
    if grown is None:
        pytest.skip("this system does not count a process's peak anew")
    assert 0 <= grown < 512 << 20
    with pytest.raises(subprocess.CalledProcessError):
        ingress_ways.peak_growth("nobody", 64, file)


def test_a_page_of_races_without_a_subject_has_tables_only(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    import page

    race = {**record("G", "w", 8, dimp_fast=1, peer=2), "subject": None}
    page.write(tmp_path / "it.html", "2026-01-02", BLOCK, [race])
    html = (tmp_path / "it.html").read_text(encoding="utf-8")
    assert "<svg" not in html
    assert "<td>peer</td>" in html


def test_bench_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from dimp_fast.cli import bench

    monkeypatch.setitem(bench._NEEDED, "nobody_has_this", "a-peer")
    done = command_line.call("bench")
    assert done.returncode == 2
    assert b"a-peer" in done.stderr
    assert b"dimp-fast[bench]" in done.stderr


def test_bench_in_a_package_without_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    from dimp_fast.cli import bench

    monkeypatch.setattr(bench, "_PLACES", (Path("nowhere"),))
    assert command_line.call("bench").returncode == 2


def test_bench_runs_some_races_and_writes_what_it_found(tmp_path: Path) -> None:
    for module in ("coincurve", "ecdsa", "matplotlib", "msgspec", "orjson", "pytest_benchmark"):
        pytest.importorskip(module)
    raw, html = tmp_path / "out" / "r.json", tmp_path / "out" / "r.html"
    done = command_line.run(
        *("bench", "--only", "test_join_identifiers", "--rounds", 2, "--json", raw, "--html", html)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"time / first" in done.stdout
    found = results.load(raw)
    assert found["races"]
    assert all(len(c["wall"]) >= 2 for race in found["races"] for c in race["contenders"])
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    nothing = command_line.run("bench", "--only", "no_such_race")
    assert nothing.returncode == 2
    assert b"no_such_race" in nothing.stderr


def test_bench_goes_on_without_the_reference_and_says_so(tmp_path: Path) -> None:
    for module in ("coincurve", "ecdsa", "matplotlib", "msgspec", "orjson", "pytest_benchmark"):
        pytest.importorskip(module)
    raw, html, nowhere = tmp_path / "r.json", tmp_path / "r.html", tmp_path / "python"
    done = command_line.run(
        *("bench", "--only", "test_load or test_number_texts", "--rounds", 2),
        *("--json", raw, "--html", html),
        DIMP_FAST_BENCH_REFERENCE=str(nowhere),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = results.load(raw)
    (block,) = found["machines"].values()
    assert block["pace"] == "quick"
    ((why, times),) = block["left_out"].items()
    assert "the reference stack" in why
    assert times == 1
    assert [race["workload"] for race in found["races"]] == ["numbers as text, batch 1024"]
    assert f"Left out: {why}" in html.read_text(encoding="utf-8")
    assert b"Left out" in done.stdout
