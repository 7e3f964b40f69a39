"""The reference stack as a peer: in a process of its own, by that process's clocks.

It runs with the Python that ``DIMP_FAST_BENCH_REFERENCE`` names, else in the environment
``.venv-dimples`` beside the source when that was made, else in this one when ``dimples`` is
installed here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import Contender, Reading, read_clocks

import dimp_fast

WORKER = Path(__file__).with_name("reference_worker.py")
APART = Path(__file__).parents[1] / ".venv-dimples" / "bin" / "python"
VARIABLE = "DIMP_FAST_BENCH_REFERENCE"
ABSENT = "the reference stack (dimples) is not installed"

RSA_ACCEPTS = "its RSA check accepts every signature"


class Reference:
    """The reference in its own process, and clocks that count what it measured there."""

    def __init__(self, worker: subprocess.Popen[str]) -> None:
        self._worker = worker
        self._offset = Reading(0, 0)

    def clocks(self) -> Reading:
        """Those of this process, with the worker's time in the place of the time that it took to
        ask it: the pipe is not on its bill, and its CPU time is."""
        return clocks_of(self)

    def contender(
        self,
        operation: str,
        items: Sequence[Any],
        *,
        most: int,
        lacks: str = "",
        name: str = "reference, one by one",
    ) -> Contender:
        """``operation`` on the first ``most`` of the items, one after the other; more would take
        minutes. All of them have to come out right."""
        part = list(items[:most])
        number = self._ask(prepare=operation, items=part)["number"]
        return Contender(
            name,
            lambda: self._run(number),
            len(part).__eq__,
            items=len(part),
            lacks=lacks,
        )

    def _run(self, number: int) -> int:
        before = self.clocks()
        answer = self._ask(run=number)
        after = self.clocks()
        self._offset = Reading(
            self._offset.wall + answer["wall"] - (after.wall - before.wall),
            self._offset.cpu + answer["cpu"] - (after.cpu - before.cpu),
        )
        done: int = answer["done"]
        return done

    def _ask(self, **request: Any) -> Any:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(request) + "\n")
        self._worker.stdin.flush()
        line = self._worker.stdout.readline()
        if not line:
            raise RuntimeError("the worker with the reference stack has ended")
        return json.loads(line)


def clocks_of(*workers: Reference) -> Reading:
    """As :meth:`Reference.clocks`, for races between several workers."""
    now = read_clocks()
    offsets = [worker._offset for worker in workers]
    return Reading(
        now.wall + sum(offset.wall for offset in offsets),
        now.cpu + sum(offset.cpu for offset in offsets),
    )


def interpreter() -> str:
    """A Python that has the reference; where there is none the test is skipped."""
    if named := os.environ.get(VARIABLE):
        if not Path(named).exists():
            pytest.skip(f"the reference stack: {VARIABLE} names a Python that is not there")
        return named
    if APART.exists():
        return str(APART)
    if importlib.util.find_spec("dimples") is None:
        pytest.skip(ABSENT)
    return sys.executable


@contextmanager
def started(*arguments: str) -> Iterator[Reference]:
    """A running worker; ``--drop-in`` makes it one that is served by dimp_fast."""
    package = str(Path(dimp_fast.__file__).parents[1])
    with subprocess.Popen(
        [interpreter(), "-W", "ignore", str(WORKER), *arguments],
        env={**os.environ, "PYTHONPATH": package} if arguments else None,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as worker:
        yield Reference(worker)
        assert worker.stdin is not None
        worker.stdin.close()
