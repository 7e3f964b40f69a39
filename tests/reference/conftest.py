"""The reference stack beside us: a child process that has ``dimples``, if it is installed.

``make test`` installs it. Where it cannot be had, these tests are skipped and say so;
``DIMP_FAST_REQUIRE_REFERENCE=1`` makes that a failure.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WORKER = Path(__file__).with_name("reference_worker.py")


class Reference:
    """Asks the worker, one request at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, op: str, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **request}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            _, errors = self._process.communicate()
            raise AssertionError(f"the reference broke down:\n{errors[-2000:]}")
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="session", autouse=True)
def dimples() -> None:
    """Nothing here runs without the reference."""
    if importlib.util.find_spec("dimples") is None:
        required = os.environ.get("DIMP_FAST_REQUIRE_REFERENCE") == "1"
        (pytest.fail if required else pytest.skip)("dimples, the reference, is not installed")


@pytest.fixture(scope="session")
def reference() -> Iterator[Reference]:
    worker = Reference()
    yield worker
    worker.close()
