"""One suite, every tier: each test with a ``tier`` argument runs once a tier.

A module says in ``UNIT`` which operation it is about, and runs on the tiers that have it. A tier
that is not here is left out and named in the summary; ``DIMP_FAST_REQUIRE`` makes that a failure.
A module with ``EVERY_LEVEL`` runs on the Rust tier with every SIMD level that has kernels for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import simd_levels
from dimp_fast import _dispatch


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tier" in metafunc.fixturenames:
        here = _dispatch.current()
        tiers = [
            tier
            for tier in _dispatch.UNITS[metafunc.module.UNIT]
            if here.load(tier) is not None or tier in here.settings.require
        ]
        if _dispatch.RUST in tiers and getattr(metafunc.module, "EVERY_LEVEL", False):
            tiers += [f"{_dispatch.RUST}/{level}" for level in simd_levels.below()]
        metafunc.parametrize("tier", tiers, indirect=True, scope="function")


@pytest.fixture
def tier(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the tier that serves the public functions during the test."""
    tier, _, level = request.param.partition("/")
    settings = _dispatch.current().settings._replace(backend=tier, require=())
    with simd_levels.capped(level or None):
        old = _dispatch.use(_dispatch.Dispatcher(settings._replace(simd=level or settings.simd)))
        try:
            yield tier
        finally:
            _dispatch.use(old)
