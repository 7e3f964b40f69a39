"""Pack a stage into a wheel: with maturin when there is Rust to build, else with setuptools.

maturin needs a crate, so a wheel without Rust comes from setuptools. Both read the same
`[project]` table and put the same Python files into the wheel.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .plan import BuildError, Plan
from .source import PACKAGE

BUILD_INFO = "_build_info.json"
NATIVE_MODULES = ("_rust.*.so", "_rust.*.pyd", "_cy_*.so", "_cy_*.pyd")
PROFILE = "release"


def write_build_info(plan: Plan, kernels: list[str], stage: Path) -> None:
    """Record in the package what is built, what is not and why, and with which tools.

    No time and no path: the same source and tools give the same file.
    """
    modules = {"rust": ["_rust"] if plan.rust.built else [], "cython": kernels}
    generators = {"rust": "maturin", "cython": "Cython"}
    tiers = {}
    for name, tier in plan.tiers().items():
        tools = dict(tier.tools)
        if tier.built:
            tools[generators[name].lower()] = importlib.metadata.version(generators[name])
        tiers[name] = {
            "built": tier.built,
            "reason": tier.reason,
            "modules": modules[name],
            "tools": tools,
        }
    info = {
        "mode": plan.mode,
        "profile": PROFILE,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": sysconfig.get_platform(),
        "tiers": tiers,
    }
    text = json.dumps(info, indent=2) + "\n"
    (stage / PACKAGE / BUILD_INFO).write_text(text, encoding="utf-8")


def build_with_maturin(root: Path, stage: Path, folder: Path) -> str:
    """Build the `_rust` extension and the wheel around it; return its file name."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or root / "rust" / "target").resolve()
    with renew_changed_files(stage / "rust", target), tempfile.TemporaryDirectory() as out:
        options = ["--profile", PROFILE, "--compatibility", "off", "--out", out]
        # The interpreter behind a virtual environment: cargo then keeps what it compiled when
        # only the environment is another, as with pip's build isolation.
        python = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
        _maturin(["build", *options, "--interpreter", str(python)], stage, target)
        (wheel,) = Path(out).glob("*.whl")
        shutil.move(wheel, folder / wheel.name)
        return wheel.name


@contextlib.contextmanager
def renew_changed_files(workspace: Path, target: Path) -> Iterator[None]:
    """Let a changed file look new to cargo, whatever its date.

    cargo goes by file times. The files of an unpacked archive are old, and the target folder may
    hold the build of another copy of this source: without this, a wheel could carry its code.
    """
    record = target / "dimp_fast-sources.json"
    before = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    after = {}
    for path in sorted(path for path in workspace.rglob("*") if path.is_file()):
        name = path.relative_to(workspace).as_posix()
        after[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        if before.get(name) != after[name]:
            os.utime(path)
    record.unlink(missing_ok=True)  # an unfinished build leaves no record: everything is new
    yield
    record.write_text(json.dumps(after, indent=1), encoding="utf-8")


def _maturin(arguments: list[str], stage: Path, target: Path | None = None) -> None:
    environment = dict(os.environ)
    if target is not None:
        environment["CARGO_TARGET_DIR"] = str(target)
    # The program that came with the package: PATH may name another one, or none, and
    # `python -m maturin` does not find it under pip's build isolation.
    programs = importlib.metadata.files("maturin") or []
    (program,) = (file for file in programs if file.name in ("maturin", "maturin.exe"))
    command = [str(program.locate()), *arguments]
    if subprocess.run(command, cwd=stage, env=environment, check=False).returncode:
        raise BuildError("the Rust tier failed to build; maturin's messages are above")


def build_with_setuptools(stage: Path, folder: Path, *, native: bool) -> str:
    """Build a wheel without Rust: a platform wheel when `native`, else `py3-none-any`."""
    with tempfile.TemporaryDirectory() as out:
        _setuptools(["bdist_wheel", "--dist-dir", out], stage, native=native)
        (wheel,) = Path(out).glob("*.whl")
        shutil.move(wheel, folder / wheel.name)
        return wheel.name


def write_metadata(plan: Plan, stage: Path, folder: Path) -> str:
    """Write the `.dist-info` folder, by the tool that will build the wheel; return its name."""
    if plan.rust.built:
        _maturin(["pep517", "write-dist-info", "--metadata-directory", str(folder)], stage)
    else:
        _setuptools(["dist_info", "--output-dir", str(folder)], stage, native=plan.cython.built)
    (dist_info,) = folder.glob("*.dist-info")
    return dist_info.name


def metadata_text(stage: Path) -> str:
    """The core metadata of the project."""
    with tempfile.TemporaryDirectory() as folder:
        _setuptools(["dist_info", "--output-dir", folder], stage, native=False)
        (metadata,) = Path(folder).glob("*.dist-info/METADATA")
        return metadata.read_text(encoding="utf-8")


def _setuptools(arguments: list[str], stage: Path, *, native: bool) -> None:
    import setuptools

    # The kernels are compiled already; what this method says decides the wheel's tag.
    tagged = {"has_ext_modules": lambda self: native}
    distribution = type("Distribution", (setuptools.Distribution,), tagged)
    with working_in(stage):
        setuptools.setup(distclass=distribution, script_args=["--quiet", *arguments])


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in another folder for a while. (`contextlib.chdir` came with Python 3.11.)"""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def make_editable(build: Callable[[Path], str], package: Path, folder: Path) -> str:
    """Build a wheel, put its native modules into the source package, and refer to that.

    The tree holds one build at a time: native modules of an earlier one are removed, those of
    another Python version too, so the build info beside them is true.
    """
    with tempfile.TemporaryDirectory() as out:
        name = build(Path(out))
        with zipfile.ZipFile(Path(out, name)) as wheel:
            contents = {entry: wheel.read(entry) for entry in wheel.namelist()}
    for pattern in (*NATIVE_MODULES, BUILD_INFO):
        for stale in package.glob(pattern):
            stale.unlink()
        for entry, data in contents.items():
            if Path(entry).parent.name == package.name and Path(entry).match(pattern):
                (package / Path(entry).name).write_bytes(data)
    kept = {entry: data for entry, data in contents.items() if ".dist-info/" in entry}
    kept[f"{package.name}.pth"] = f"{package.parent}\n".encode()
    _write_wheel(folder / name, kept)
    return name


def _write_wheel(path: Path, contents: dict[str, bytes]) -> None:
    (record,) = (entry for entry in contents if entry.endswith(".dist-info/RECORD"))
    del contents[record]
    lines = []
    for entry, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{entry},sha256={digest},{len(data)}\n")
    lines.append(f"{record},,\n")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for entry, data in {**contents, record: "".join(lines).encode()}.items():
            wheel.writestr(entry, data)
