"""Builds on imagined machines, and clean environments to try the result in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dimp_build import ROOT

C_TOOLS = ("cc", "gcc", "as", "ld")
RUST_TOOLS = ("cargo", "rustc")
NATIVE = (".so", ".pyd")


@dataclass(frozen=True)
class Built:
    """One finished build."""

    path: Path

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}

    @property
    def tag(self) -> str:
        return self.path.stem.split("-", 2)[2]

    @property
    def info(self) -> dict[str, Any]:
        return json.loads(self.files["dimp_fast/_build_info.json"])

    @property
    def native(self) -> set[str]:
        """Names of the native modules inside."""
        return {Path(name).name.split(".")[0] for name in self.files if name.endswith(NATIVE)}


class Workshop:
    """Runs builds on imagined machines: the same machine with only the named tools on PATH."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def folder(self) -> Path:
        self._count += 1
        path = self._folder / str(self._count)
        path.mkdir()
        return path

    def path_with(self, *tools: str, **scripts: str) -> str:
        """A PATH with links to `tools`, and shell scripts under the given names."""
        folder = self.folder()
        for tool in tools:
            if found := shutil.which(tool):
                (folder / tool).symlink_to(found)
        for name, body in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            (folder / name).chmod(0o755)
        return str(folder)

    def environment(self, path: str | None = None, **variables: str) -> dict[str, str]:
        """The environment of a build: the given PATH, one cargo target folder for all."""
        kept = {
            name: value
            for name, value in without_our_variables().items()
            if name not in {"CC", "RUSTC", "PYTHONPATH"}
        }
        target = os.environ.get("CARGO_TARGET_DIR") or str(ROOT / "rust" / "target")
        kept |= {"CARGO_TARGET_DIR": target, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return kept | ({} if path is None else {"PATH": path}) | variables

    def try_wheel(
        self,
        source: Path = ROOT,
        path: str | None = None,
        *,
        mode: str | None = None,
        isolated: bool = False,
        **variables: str,
    ) -> tuple[subprocess.CompletedProcess[str], Path]:
        """Let pip build a wheel from `source`; the process and the folder it wrote to.

        `mode` is given as a config setting. Isolated is what a user gets: pip fetches what the
        backend asks for; otherwise the build uses the tools of this environment.
        """
        out = self.folder()
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(out)]
        command += [] if isolated else ["--no-build-isolation"]
        command += [f"--config-settings=build={mode}"] if mode else []
        run = subprocess.run(
            [*command, str(source)],
            env=self.environment(path, **variables),
            cwd=out,
            capture_output=True,
            text=True,
            check=False,
        )
        return run, out

    def wheel(self, source: Path = ROOT, path: str | None = None, **options: Any) -> Built:
        """As `try_wheel`, for a build that must succeed."""
        run, out = self.try_wheel(source, path, **options)
        assert run.returncode == 0, run.stdout + run.stderr
        (wheel,) = out.iterdir()
        return Built(wheel)

    def clean_python(self) -> Path:
        """The interpreter of a new virtual environment that has nothing in it."""
        folder = self.folder()
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def install(self, python: Path, wheel: Path) -> None:
        """Install a wheel, without its dependencies, into an environment that has no pip."""
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
        run = subprocess.run(
            [*command, "--no-index", str(wheel)],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr

    def backend(self, source: Path, hook: str, path: str | None = None) -> Path:
        """Call a hook of the backend in `source` that writes one file; return the file."""
        out = self.folder()
        run = subprocess.run(
            [sys.executable, "-c", f"import dimp_build; dimp_build.{hook}({str(out)!r})"],
            env=self.environment(path, PYTHONPATH=str(source / "packaging")),
            cwd=source,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        (made,) = out.iterdir()
        return made


def without_our_variables() -> dict[str, str]:
    """What is required of the environment under test is not required of those built here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DIMP_FAST_")}


def run_python(python: Path, code: str) -> str:
    """Run code in an environment, apart from this one's variables and folders."""
    run = subprocess.run(
        [str(python), "-I", "-c", code],
        env=without_our_variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
