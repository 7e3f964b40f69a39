"""The real station as a process of its own, plain or with the drop-in, on a loopback port."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from station_accounts import STATION_NETWORK, Account, make_account

PLAIN = ("-m", "dimples.station.start")
DROP_IN = ("-m", "dimp_fast", "station")

PROCESS_CLOCK = 2
"""Makes a process into a clock of its CPU time (Linux, ``CPUCLOCK_SCHED``)."""

CONFIG = """\
[database]
root = {root}
public = {root}/public
protected = {root}/protected
private = {root}/private

[redis]
enable = {redis}
host = 127.0.0.1
port = {redis_port}

[station]
id = {identifier}
host = 127.0.0.1
port = {port}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Station:
    """A running station. Its account and its folders are made for it."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str] = PLAIN,
        *,
        redis_port: int | None = None,
        more: Sequence[str] = (),
        config: str = "",
    ) -> None:
        self.port = free_port()
        self.root = folder / "dim"
        self.account: Account = make_account(
            "test_station",
            self.root,
            network=STATION_NETWORK,
            host="127.0.0.1",
            port=self.port,
        )
        (self.root / "protected").mkdir()
        self.config = folder / "config.ini"
        text = CONFIG.format(
            root=self.root,
            identifier=self.account,
            port=self.port,
            redis="true" if redis_port else "false",
            redis_port=redis_port or 6379,
        )
        self.config.write_text(text + config)
        self.log = folder / "station.log"
        arguments = [sys.executable, "-W", "ignore", *command, f"--config={self.config}", *more]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                arguments,
                cwd=folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def wait(self, seconds: float = 30) -> None:
        """Until it takes connections."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the station went down:\n{self.said()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        raise AssertionError(f"the station does not listen:\n{self.said()}")

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-4000:]

    def cpu_seconds(self) -> float:
        """User and system time of all its threads, also of those that are over. To the nanosecond:
        what ``/proc`` says is counted in ticks, which short turns slip through."""
        return time.clock_gettime(~self.process.pid << 3 | PROCESS_CLOCK)

    def memory(self) -> int:
        """Bytes of physical memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.partition("VmRSS:")[2].split()[0])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def running(folder: Path, *arguments: object, **options: object) -> Iterator[Station]:
    """A station that takes connections, and is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    station = Station(folder, *arguments, **options)  # type: ignore[arg-type]
    try:
        station.wait()
        yield station
    finally:
        station.stop()
