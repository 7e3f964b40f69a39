"""What the build tests share: a workshop, and the three kinds of wheel, each built once."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from workshop import C_TOOLS, Built, Workshop

from dimp_build import ROOT
from dimp_build.plan import make_plan


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def require_tools() -> Callable[..., None]:
    """Skip a test for which this machine lacks tools; fail where DIMP_FAST_REQUIRE names them."""
    tiers = make_plan(ROOT, {"build": "auto"}).tiers()
    required = os.environ.get("DIMP_FAST_REQUIRE", "").split(",")

    def check(*names: str) -> None:
        for name in names:
            if not tiers[name].built:
                message = f"this machine cannot build the {name} tier: {tiers[name].reason}"
                pytest.fail(message) if name in required else pytest.skip(message)

    return check


@pytest.fixture(scope="session")
def full_wheel(workshop: Workshop, require_tools: Callable[..., None]) -> Built:
    require_tools("rust", "cython")
    return workshop.wheel(mode="require")


@pytest.fixture(scope="session")
def cython_wheel(workshop: Workshop, require_tools: Callable[..., None]) -> Built:
    require_tools("cython")
    return workshop.wheel(ROOT, workshop.path_with(*C_TOOLS))


@pytest.fixture(scope="session")
def python_wheel(workshop: Workshop) -> Built:
    return workshop.wheel(ROOT, workshop.path_with())
