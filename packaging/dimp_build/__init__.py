"""The build backend of dimp_fast (PEP 517 and PEP 660), named in `pyproject.toml`.

What for: one `pip install .` that builds the native tiers for which the tools are here.

    plan      which tiers can be built, and if not, why not          plan.py
    stage     a private copy of the source; the tree is never touched    source.py
    Cython    compile `cython_ext/_cy_*.pyx` into the staged package    kernels.py
    wheel     maturin with Rust, setuptools without                  wheels.py

What not: it never downloads a toolchain, and it never falls back from a tool that is present and
fails. Build requirements are asked for only when the plan needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import kernels, source, wheels
from .plan import Plan, make_plan

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ROOT = Path(__file__).resolve().parents[2]

MATURIN = "maturin>=1.16,<2"
CYTHON = "Cython>=3.1,<4"
SETUPTOOLS = "setuptools>=77.0.3"  # the first that writes licence expressions (PEP 639)

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What this machine's plan needs, and nothing else."""
    plan = make_plan(ROOT, config_settings)
    requires = []
    if plan.rust.built:
        requires.append(MATURIN)
    if plan.cython.built:
        requires.append(CYTHON)
    if plan.cython.built or not plan.rust.built:
        requires.append(SETUPTOOLS)
    return requires


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """setuptools writes the metadata: a source archive needs neither cargo nor a compiler."""
    return [SETUPTOOLS]


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the `.dist-info` folder that the wheel will have; return its name."""
    plan = make_plan(ROOT, config_settings)
    with source.stage(ROOT) as stage:
        return wheels.write_metadata(plan, stage, Path(metadata_directory))


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build what the plan says into one wheel; return its file name."""
    plan = make_plan(ROOT, config_settings)
    print(plan.banner(), flush=True)
    return _build_wheel(plan, Path(wheel_directory).resolve())


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Put the native modules of the same wheel into the tree; write a wheel that points there."""
    plan = make_plan(ROOT, config_settings)
    print(plan.banner(), flush=True)
    return wheels.make_editable(
        lambda folder: _build_wheel(plan, folder), ROOT / source.PACKAGE, Path(wheel_directory)
    )


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Write the source archive; return its file name."""
    with source.stage(ROOT) as stage:
        metadata = wheels.metadata_text(stage)
    return source.write_archive(ROOT, metadata, Path(sdist_directory))


def _build_wheel(plan: Plan, wheel_directory: Path) -> str:
    with source.stage(ROOT) as stage:
        modules = kernels.compile_kernels(stage) if plan.cython.built else []
        wheels.write_build_info(plan, modules, stage)
        if plan.rust.built:
            return wheels.build_with_maturin(ROOT, stage, wheel_directory)
        return wheels.build_with_setuptools(stage, wheel_directory, native=bool(modules))


get_requires_for_build_editable = get_requires_for_build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
