"""Every way to build the package, proved by building it and importing it in a clean environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import C_TOOLS, NATIVE, RUST_TOOLS, Built, Workshop, run_python

from dimp_build import ROOT, source

pytestmark = pytest.mark.build

SMOKE = """
import importlib, importlib.metadata, json, pathlib, dimp_fast
from dimp_fast._info import build_facts
folder = pathlib.Path(dimp_fast.__file__).parent
info = build_facts()
for tier in info["tiers"].values():
    for module in tier["modules"]:
        importlib.import_module(f"dimp_fast.{module}")
print(json.dumps([str(folder), importlib.metadata.version("dimp-fast"), info]))
"""


def check_in_clean_environment(workshop: Workshop, built: Built) -> None:
    """Install, import the package and every module it claims, compare what it says of itself."""
    python = workshop.clean_python()
    workshop.install(python, built.path)
    folder, version, info = json.loads(run_python(python, SMOKE))
    assert Path(folder).is_relative_to(python.parents[1])
    assert version == built.path.name.split("-")[1]
    assert info == built.info


def kernels() -> set[str]:
    return {path.stem for path in (ROOT / "cython_ext").glob("_cy_*.pyx")}


def python_files(built: Built) -> dict[str, bytes]:
    """What every wheel of one source has in common."""
    return {
        name: data
        for name, data in built.files.items()
        if name.startswith("dimp_fast/") and not name.endswith((*NATIVE, "_build_info.json"))
    }


def test_full_wheel_has_both_tiers(workshop: Workshop, full_wheel: Built) -> None:
    assert full_wheel.native == {"_rust"} | kernels()
    assert "any" not in full_wheel.tag
    check_in_clean_environment(workshop, full_wheel)


def test_without_cargo_the_wheel_has_the_cython_tier(
    workshop: Workshop, cython_wheel: Built
) -> None:
    assert cython_wheel.native == kernels()
    assert "any" not in cython_wheel.tag
    assert cython_wheel.info["tiers"]["rust"]["reason"] == "cargo is not on PATH"
    check_in_clean_environment(workshop, cython_wheel)


def test_without_tools_the_wheel_is_pure_python(workshop: Workshop, python_wheel: Built) -> None:
    assert python_wheel.tag == "py3-none-any"
    assert python_wheel.native == set()
    tiers = python_wheel.info["tiers"]
    assert tiers["rust"]["reason"] == "cargo is not on PATH"
    assert "C compiler" in tiers["cython"]["reason"]
    check_in_clean_environment(workshop, python_wheel)


def test_cargo_without_linker_counts_as_absent(
    workshop: Workshop, require_tools: Callable[..., None]
) -> None:
    require_tools("rust")
    built = workshop.wheel(ROOT, workshop.path_with(*RUST_TOOLS))
    assert built.tag == "py3-none-any"
    assert "linker" in built.info["tiers"]["rust"]["reason"]


@pytest.mark.parametrize("by", ["setting", "variable"])
def test_mode_pure_leaves_out_what_could_be_built(workshop: Workshop, by: str) -> None:
    if by == "setting":  # which wins over the variable
        built = workshop.wheel(mode="pure", DIMP_FAST_BUILD="require")
    else:
        built = workshop.wheel(DIMP_FAST_BUILD="pure")
    assert built.tag == "py3-none-any"
    assert built.native == set()
    assert built.info["mode"] == "pure"
    assert {tier["reason"] for tier in built.info["tiers"].values()} == {"left out by mode pure"}


def test_all_wheels_carry_the_same_python_files(
    full_wheel: Built, cython_wheel: Built, python_wheel: Built
) -> None:
    assert python_files(full_wheel) == python_files(python_wheel)
    assert python_files(cython_wheel) == python_files(python_wheel)
    assert {"dimp_fast/__init__.py", "dimp_fast/py.typed"} <= python_files(python_wheel).keys()


def test_mode_require_names_what_is_missing(workshop: Workshop) -> None:
    run, out = workshop.try_wheel(ROOT, workshop.path_with(*C_TOOLS), DIMP_FAST_BUILD="require")
    assert run.returncode != 0
    assert list(out.iterdir()) == []
    message = run.stdout + run.stderr
    assert "mode require needs both native tiers" in message
    assert "rust: cargo is not on PATH" in message
    assert "cython:" not in message
    assert "Traceback" not in message


def test_broken_cargo_is_an_error_not_a_fallback(
    workshop: Workshop, require_tools: Callable[..., None]
) -> None:
    """This cargo passes for a good one until it is asked to build the crate."""
    require_tools("rust")
    real = shutil.which("cargo")
    script = f'case "$*" in *--locked*) echo broken >&2; exit 1;; *) exec {real} "$@";; esac'
    path = workshop.path_with("rustc", *C_TOOLS, cargo=script)
    run, out = workshop.try_wheel(ROOT, path)
    assert run.returncode != 0
    assert list(out.iterdir()) == []
    assert "broken" in run.stdout + run.stderr


def test_broken_compiler_is_an_error_not_a_fallback(
    workshop: Workshop, require_tools: Callable[..., None]
) -> None:
    require_tools("cython")
    script = '[ "$1" = --version ] && echo "fake 1.0" && exit; echo broken >&2; exit 1'
    run, out = workshop.try_wheel(ROOT, workshop.path_with(gcc=script, cc=script), CC="cc")
    assert run.returncode != 0
    assert list(out.iterdir()) == []
    assert "broken" in run.stdout + run.stderr


def test_build_info_names_the_tools(full_wheel: Built) -> None:
    tiers = full_wheel.info["tiers"]
    for name in RUST_TOOLS:
        run = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
        assert tiers["rust"]["tools"][name] == run.stdout.strip()
    assert tiers["rust"]["tools"]["maturin"]
    assert tiers["cython"]["tools"]["cython"]
    assert tiers["cython"]["tools"]["compiler"]
    assert full_wheel.info["profile"] == "release"


def test_source_archive_made_without_tools_builds_the_same_wheel(
    workshop: Workshop, full_wheel: Built
) -> None:
    archive = workshop.backend(ROOT, "build_sdist", workshop.path_with())
    built = workshop.wheel(archive, mode="require")
    assert built.path.name == full_wheel.path.name
    assert built.files == full_wheel.files


def test_pip_installs_the_source_archive_in_build_isolation(
    workshop: Workshop, require_tools: Callable[..., None]
) -> None:
    """As a user does it: pip fetches what the backend asks for."""
    require_tools("rust", "cython")
    archive = workshop.backend(ROOT, "build_sdist")
    built = workshop.wheel(archive, mode="require", isolated=True)
    check_in_clean_environment(workshop, built)


def test_source_archive_is_reproducible(workshop: Workshop) -> None:
    first, second = (workshop.backend(ROOT, "build_sdist") for _ in range(2))
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        assert f"{first.name.removesuffix('.tar.gz')}/PKG-INFO" in archive.getnames()


def test_editable_install_and_wheels_leave_each_other_alone(
    workshop: Workshop, full_wheel: Built
) -> None:
    tree = copy_of_the_tree(workshop)
    package = tree / source.PACKAGE
    stale = ["_cy_stale.cpython-39-x86_64-linux-gnu.so", "_rust.cpython-39-x86_64-linux-gnu.so"]
    for name in stale:
        (package / name).write_bytes(b"of another Python version")

    editable = Built(workshop.backend(tree, "build_editable"))
    assert not any(name.endswith((".py", *NATIVE)) for name in editable.files)
    python = workshop.clean_python()
    workshop.install(python, editable.path)
    folder, _, info = json.loads(run_python(python, SMOKE))
    assert folder == str(package)
    assert {name: tier["built"] for name, tier in info["tiers"].items()} == {
        "rust": True,
        "cython": True,
    }
    native = sorted(path for path in package.iterdir() if path.name.endswith(NATIVE))
    assert {path.name.split(".")[0] for path in native} == full_wheel.native
    assert not any((package / name).exists() for name in stale)

    for name in stale:
        (package / name).write_bytes(b"of another Python version")
    wheel = workshop.wheel(tree, mode="require")
    assert wheel.files == full_wheel.files
    assert all(path.exists() for path in native)
    assert workshop.wheel(tree, workshop.path_with()).native == set()

    (package / "edited.py").write_text("SEEN = True\n", encoding="utf-8")
    assert run_python(python, "from dimp_fast.edited import SEEN; print(SEEN)") == "True\n"


def copy_of_the_tree(workshop: Workshop) -> Path:
    tree = workshop.folder()
    for path in source.files(ROOT, source.WHEEL_INPUTS + source.SDIST_ONLY):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, tree / path)
    return tree
