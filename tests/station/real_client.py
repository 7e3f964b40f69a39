"""Drives ``client_worker.py``: a real client of the reference, unmodified."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from station_accounts import Account
from station_process import CONFIG

WORKER = Path(__file__).with_name("client_worker.py")


class RealClient:
    """One client of one account, whose folder has the account and those it knows."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.account = account
        self.folder = folder
        self.errors = folder / "client.log"
        with self.errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def ask(self, op: str, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **request}, default=str) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        found = json.loads(answer) if answer else {"error": "it went down"}
        assert "error" not in found, f"{op}: {found['error']}\n{self.said()}"
        return found

    def said(self) -> str:
        return self.errors.read_text(errors="replace")[-3000:]

    def login(self, port: int, seconds: float = 20) -> None:
        """Connect, and wait until the station has let this client in."""
        config = self.folder / "client.ini"
        config.write_text(
            CONFIG.format(
                root=self.folder / "dim",
                identifier=self.account,
                port=port,
                redis="false",
                redis_port=6379,
            )
        )
        self.ask("start", config=str(config), id=self.account, port=port)
        self.until(lambda: self.ask("state")["running"], "login", seconds)

    def until(self, done: Callable[[], Any], what: str, seconds: float = 10) -> Any:
        """The first true answer of ``done``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := done():
                return found
            time.sleep(0.02)
        raise AssertionError(f"{self.account}: no {what} in {seconds} s; {self.heard()}")

    def heard(self) -> list[dict[str, Any]]:
        return list(self.ask("received")["received"])

    def hears(self, seconds: float = 10, **wanted: Any) -> dict[str, Any]:
        """The first content received with these values."""

        def found() -> Any:
            return next((item for item in self.heard() if wanted.items() <= item.items()), None)

        return dict(self.until(found, str(wanted), seconds))

    def close(self) -> None:
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
