"""The families of the reference, each in an environment and in processes of its own.

``make test`` makes the environments (``packaging/families.py``). Where one is missing its tests are
skipped and say so; ``DIMP_FAST_REQUIRE_REFERENCE=1`` makes that a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from dropin_process import FAMILIES, Worker, python_of

Start = Callable[..., Worker]


@pytest.fixture(scope="session")
def worker() -> Iterator[Start]:
    """``worker(family, mode)``: a process that lives as long as the tests, one of each kind."""
    started: dict[tuple[str, str, bool, bool], Worker] = {}

    def start(family: str, mode: str, *, optimised: bool = False, early: bool = False) -> Worker:
        key = (family, mode, optimised, early)
        if key not in started:
            started[key] = Worker(family, mode, optimised=optimised, early=early)
        return started[key]

    yield start
    for each in started.values():
        each.close()


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    python_of(name)
    return name
