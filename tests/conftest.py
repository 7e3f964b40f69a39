"""Says which tiers and SIMD levels this run could not cover."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # for data_sets, under any import mode

# A tier fixture serves one whole test, not one example; shared machines have no sense of time.
settings.register_profile(
    "default",
    deadline=None,
    max_examples=int(os.environ.get("DIMP_FAST_TEST_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("default")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    try:
        import dimp_fast
        from dimp_fast import _dispatch
    except ImportError:  # the build tests run without the package
        return
    absent = _dispatch.current().absent()
    info = dimp_fast.backend_info()
    write = terminalreporter.write_line
    write(f"dimp_fast {dimp_fast.__version__}, CPU: {info['cpu']['model']}")
    for tier in _dispatch.TIERS:
        write(f"  {tier:<7} {'not covered: ' + absent[tier] if tier in absent else 'covered'}")
    if _dispatch.RUST in absent:
        return
    here = info["cpu"]["simd"]
    beyond = [level for level in _dispatch.SIMD_LEVELS if _rank(level) > _rank(here)]
    if beyond:
        write(f"  SIMD levels this CPU could not run: {', '.join(beyond)}")


def _rank(level: str) -> int:
    from dimp_fast import _dispatch

    levels = tuple(reversed(_dispatch.SIMD_LEVELS))
    return levels.index(level) if level in levels else 0
