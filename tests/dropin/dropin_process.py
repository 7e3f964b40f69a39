"""Processes in the environments of the families of the reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("dropin_worker.py")
FAMILIES = ("dimples", "dimplugins")


def python_of(family: str) -> Path:
    """The interpreter of a family's environment; skips the test when it has none."""
    prefix = Path(sys.prefix)
    places = [prefix.with_name(f"{prefix.name}-{family}"), ROOT / f".venv-{family}"]
    for place in places:
        if (place / "ready").exists():
            return place / "bin" / "python"
    required = os.environ.get("DIMP_FAST_REQUIRE_REFERENCE") == "1"
    reason = f"no environment for {family}: run packaging/families.py {family} .venv-{family}"
    (pytest.fail if required else pytest.skip)(reason)


def run_in(family: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the Python of a family with the package of this checkout."""
    return subprocess.run(
        [str(python_of(family)), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python"), **environment},
    )


class Worker:
    """Asks a process, one case at a time."""

    def __init__(self, family: str, mode: str, *, optimised: bool, early: bool) -> None:
        command = [str(python_of(family)), *(["-O"] if optimised else []), str(WORKER), mode]
        self._process = subprocess.Popen(
            [*command, *(["early"] if early else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        )

    def try_case(self, case: str, **arguments: Any) -> dict[str, Any]:
        """``{"value": ...}`` or ``{"raises": ..., "text": ...}``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"case": case, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            _, errors = self._process.communicate()
            raise AssertionError(f"the worker broke down:\n{errors[-2000:]}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def ask(self, case: str, **arguments: Any) -> Any:
        """The value of a case that raises nothing."""
        answer = self.try_case(case, **arguments)
        assert "value" in answer, answer
        return answer["value"]

    def close(self) -> None:
        self._process.communicate(timeout=60)
