"""The reference stack beside us: a child process that has ``dimples``, if it is installed.

``make test`` installs it. Where it cannot be had, these tests are skipped and say so;
``DIMP_FAST_REQUIRE_REFERENCE=1`` makes that a failure.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

import pytest
from reference_process import ReferenceProcess


@pytest.fixture(scope="session", autouse=True)
def dimples() -> None:
    """Nothing here runs without the reference."""
    if importlib.util.find_spec("dimples") is None:
        required = os.environ.get("DIMP_FAST_REQUIRE_REFERENCE") == "1"
        (pytest.fail if required else pytest.skip)("dimples, the reference, is not installed")


@pytest.fixture(scope="session")
def reference() -> Iterator[ReferenceProcess]:
    worker = ReferenceProcess("reference_worker.py")
    yield worker
    worker.close()
