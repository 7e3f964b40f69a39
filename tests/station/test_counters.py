"""What is counted, and how it looks to Prometheus."""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Iterator

import pytest
from station_process import free_port

from dimp_fast.dropin.station import Counters
from dimp_fast.dropin.station.counters import Collector, export
from dimp_fast.dropin.station.logs import RefusalLog


@pytest.fixture
def counted() -> Counters:
    counters = Counters()
    for _ in range(3):
        counters.pass_("verified")
    counters.refuse("bad_signature")
    counters.event("received", 4)
    for size in (1, 3, 300, 5000):
        counters.batch(size, seconds=0.5, waited=0.25)
    counters.spend("process", 2.0)
    return counters


def test_snapshot(counted: Counters) -> None:
    found = counted.snapshot()
    assert found["passed"] == {"verified": 3}
    assert found["refused"] == {"bad_signature": 1}
    assert found["events"] == {"received": 4}
    assert found["batches"] == {
        "sizes": {1: 1, 4: 1, 512: 1, 1024: 1}, "count": 4, "messages": 5304,
    }  # fmt: skip
    assert found["seconds"] == {"verify": 2.0, "wait": 1.0, "process": 2.0}


def test_prometheus(counted: Counters) -> None:
    client = pytest.importorskip("prometheus_client")
    registry = client.CollectorRegistry()
    registry.register(Collector(counted))
    text = client.generate_latest(registry).decode()
    assert 'dimp_fast_station_passed_total{reason="verified"} 3.0' in text
    assert 'dimp_fast_station_refused_total{reason="bad_signature"} 1.0' in text
    assert 'dimp_fast_station_batch_size_bucket{le="4"} 2.0' in text
    assert 'dimp_fast_station_batch_size_bucket{le="+Inf"} 4.0' in text
    assert "dimp_fast_station_batch_size_sum 5304.0" in text


def test_over_http(counted: Counters) -> None:
    pytest.importorskip("prometheus_client")
    port = free_port()
    stop = export(counted, port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert b"dimp_fast_station_seconds_total" in answer.read()
    finally:
        stop()


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def station_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What goes into the station's log."""
    log = pytest.importorskip("small.log").Log
    logger, kept = logging.getLogger("test-station"), Kept()
    logger.addHandler(kept)
    monkeypatch.setattr(log, "logger", logger)
    yield kept.lines
    logger.removeHandler(kept)


def test_refusals_are_said_and_not_too_often(station_lines: list[str]) -> None:
    log = RefusalLog(lines=3, period=3600)
    for number in range(50):
        log.say(f"user{number}", "bad_signature", "why")
    assert len(station_lines) == 3
    assert "refused user0: bad_signature: why" in station_lines[0]


def test_what_was_left_out_is_counted(station_lines: list[str]) -> None:
    log = RefusalLog(lines=1, period=0.05)
    import time

    for _ in range(5):
        log.say("somebody", "reason", "detail")
    time.sleep(0.1)
    log.say("somebody", "reason", "detail")
    assert "4 more refusals" in station_lines[1]
    assert len(station_lines) == 3


def test_what_comes_from_the_network_cannot_write_lines(station_lines: list[str]) -> None:
    RefusalLog().say("evil\nroot: all is well", "reason", "x" * 10_000 + "\x1b[2J")
    [line] = station_lines
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 1000
