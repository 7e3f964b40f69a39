"""What the build plan takes for absent, for present, and for broken."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest
from workshop import C_TOOLS, Workshop

from dimp_build import ROOT, get_requires_for_build_sdist, get_requires_for_build_wheel
from dimp_build.plan import BuildError, find_compiler, find_rust, make_plan, read_mode, rust_version

RUST = ROOT / "rust"


@pytest.fixture(autouse=True)
def _no_outer_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIMP_FAST_BUILD", "CC", "RUSTC"):
        monkeypatch.delenv(name, raising=False)


def use(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("PATH", path)


def version(name: str, number: str) -> str:
    return f'echo "{name} {number} (0123456 2020-01-01)"'


def test_old_cargo_counts_as_absent(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workshop.path_with(cargo=version("cargo", "1.60.0"), rustc=version("rustc", "1.60.0"))
    use(monkeypatch, path)
    major, minor = rust_version(RUST)
    assert (
        find_rust(RUST).reason == f"cargo 1.60.0 (0123456 2020-01-01) is older than {major}.{minor}"
    )


def test_old_rustc_beside_a_new_cargo_counts_as_absent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workshop.path_with(cargo=version("cargo", "1.999.0"), rustc=version("rustc", "1.9.0"))
    use(monkeypatch, path)
    assert "rustc 1.9.0" in str(find_rust(RUST).reason)


def test_cargo_without_rustc_counts_as_absent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, workshop.path_with(cargo=version("cargo", "1.999.0")))
    assert find_rust(RUST).reason == "cargo is on PATH, but rustc is not"


@pytest.mark.parametrize("body", ["exit 1", "true", 'echo "something else"'])
def test_cargo_that_has_no_version_is_an_error(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    use(monkeypatch, workshop.path_with(cargo=body, rustc=version("rustc", "1.999.0")))
    with pytest.raises(BuildError, match="cargo"):
        find_rust(RUST)


def test_cargo_that_builds_nothing_is_an_error(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = version("cargo", "1.999.0")
    body = f'[ "$1" = --version ] && {good} && exit; echo out of order >&2; exit 1'
    use(monkeypatch, workshop.path_with(cargo=body, rustc=version("rustc", "1.999.0")))
    with pytest.raises(BuildError, match="out of order"):
        make_plan(ROOT)


def test_compiler_without_python_headers_counts_as_absent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, workshop.path_with(cc=version("cc", "1.0")))
    monkeypatch.setenv("CC", "cc -pipe")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / name))
    assert find_compiler().reason == "the C compiler cc is on PATH, but Python.h is not installed"


def test_plan_without_tools_asks_for_setuptools_only(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, workshop.path_with())
    assert [name.split(">")[0] for name in get_requires_for_build_wheel()] == ["setuptools"]
    assert [name.split(">")[0] for name in get_requires_for_build_sdist()] == ["setuptools"]


@pytest.mark.skipif(sys.platform == "win32", reason="the compiler is not found by its name there")
def test_plan_without_cargo_asks_for_cython_but_not_maturin(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workshop.path_with(cc=version("cc", "1.0"))
    use(monkeypatch, path)
    monkeypatch.setenv("CC", "cc")
    names = [name.split(">")[0] for name in get_requires_for_build_wheel()]
    assert names == ["Cython", "setuptools"]


def test_setting_wins_over_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_mode(None) == "auto"
    monkeypatch.setenv("DIMP_FAST_BUILD", "pure")
    assert read_mode({}) == "pure"
    assert read_mode({"build": "require"}) == "require"


@pytest.mark.parametrize("settings", [{"build": "fast"}, {"bulid": "pure"}])
def test_unknown_mode_or_setting_is_an_error(settings: dict[str, str]) -> None:
    with pytest.raises(BuildError, match="unknown"):
        read_mode(settings)


def test_mode_pure_looks_for_no_tool(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, workshop.path_with(*C_TOOLS, cargo="exit 1", rustc="exit 1"))
    plan = make_plan(ROOT, {"build": "pure"})
    assert not plan.rust.built
    assert not plan.cython.built
