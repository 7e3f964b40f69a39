"""Real stations and real clients on the loopback, started by the tests themselves.

Each test runs against the plain station of dimples, against the one with the drop-in, or both:
what must not change is asked of both, and an attack must succeed on the one and fail on the other.
Where dimples cannot be had, these tests are skipped and say so; ``DIMP_FAST_REQUIRE_REFERENCE=1``
makes that a failure.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from station_people import People
from station_process import DROP_IN, PLAIN, Station, running


@pytest.fixture(scope="session", autouse=True)
def dimples() -> None:
    """Nothing here runs without the reference."""
    if importlib.util.find_spec("dimples") is None:
        required = os.environ.get("DIMP_FAST_REQUIRE_REFERENCE") == "1"
        (pytest.fail if required else pytest.skip)("dimples, the station, is not installed")


@pytest.fixture(scope="session")
def redis_port() -> Iterator[int]:
    """Where messages for users who are not online are kept."""
    import threading

    from fakeredis import TcpFakeServer

    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def plain_station(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Station]:
    with running(tmp_path_factory.mktemp("plain"), PLAIN, redis_port=redis_port) as station:
        yield station


@pytest.fixture(scope="session")
def fast_station(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Station]:
    with running(tmp_path_factory.mktemp("fast"), DROP_IN, redis_port=redis_port) as station:
        yield station


@pytest.fixture(scope="session")
def threaded_station(
    tmp_path_factory: pytest.TempPathFactory, redis_port: int
) -> Iterator[Station]:
    """With the drop-in, and the station's own threads."""
    folder = tmp_path_factory.mktemp("threads")
    more = ("--without", "loop")
    with running(folder, DROP_IN, redis_port=redis_port, more=more) as station:
        yield station


@pytest.fixture(params=["plain", "fast", "threaded"])
def station(request: pytest.FixtureRequest) -> Station:
    """Each of them in turn."""
    found: Station = request.getfixturevalue(f"{request.param}_station")
    return found


@pytest.fixture(params=["fast", "threaded"])
def hardened(request: pytest.FixtureRequest) -> Station:
    """Those with the drop-in."""
    found: Station = request.getfixturevalue(f"{request.param}_station")
    return found


@pytest.fixture
def people(station: Station, tmp_path: Path) -> Iterator[People]:
    found = People(station, tmp_path)
    yield found
    found.close()


@pytest.fixture
def guarded(hardened: Station, tmp_path: Path) -> Iterator[People]:
    """The same at a station with the drop-in."""
    found = People(hardened, tmp_path)
    yield found
    found.close()
