"""Which tiers this machine can build, and why not the others.

The rule: a tool that is absent takes its tier out of the plan; a tool that is present and fails is
an error. Absent also means unusable by nature: a cargo older than the crate's `rust-version`, a
cargo without a linker, a C compiler without `Python.h`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODES = ("auto", "require", "pure")
MODE_VARIABLE = "DIMP_FAST_BUILD"
MODE_SETTING = "build"


class BuildError(SystemExit):
    """Ends the build with one message instead of a traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(f"dimp_fast build: {message}")


@dataclass(frozen=True)
class Tier:
    """One native tier: built with these tools, or not built for this reason."""

    reason: str | None = None
    tools: Mapping[str, str] = field(default_factory=dict)

    @property
    def built(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Plan:
    """What one build does."""

    mode: str
    rust: Tier
    cython: Tier

    def tiers(self) -> dict[str, Tier]:
        return {"rust": self.rust, "cython": self.cython}

    def banner(self) -> str:
        """A few lines that say which build happens."""
        lines = [f"dimp_fast build (mode {self.mode}):"]
        for name, tier in self.tiers().items():
            tools = "; ".join(tier.tools.values())
            lines.append(
                f"  {name:<7}" + (f"yes  {tools}" if tier.built else f"no   {tier.reason}")
            )
        if not (self.rust.built or self.cython.built):
            lines.append("  the wheel is pure Python")
        return "\n".join(lines)


def make_plan(root: Path, config_settings: Mapping[str, Any] | None = None) -> Plan:
    """Look at the machine and decide.

    Raises BuildError for an unknown mode or setting, for a tool that is present and fails, and in
    `require` mode for a tier that cannot be built.
    """
    mode = read_mode(config_settings)
    if mode == "pure":
        left_out = Tier(reason="left out by mode pure")
        return Plan(mode, rust=left_out, cython=left_out)
    plan = Plan(mode, rust=find_rust(root / "rust"), cython=find_compiler())
    missing = [f"  {name}: {tier.reason}" for name, tier in plan.tiers().items() if not tier.built]
    if mode == "require" and missing:
        raise BuildError("mode require needs both native tiers\n" + "\n".join(missing))
    return plan


def read_mode(config_settings: Mapping[str, Any] | None) -> str:
    """The mode: the config setting `build` wins over the variable DIMP_FAST_BUILD."""
    settings = dict(config_settings or {})
    mode = settings.pop(MODE_SETTING, None) or os.environ.get(MODE_VARIABLE) or "auto"
    if settings:
        names = ", ".join(sorted(settings))
        raise BuildError(f"unknown config setting: {names}; the only one is {MODE_SETTING}")
    if mode not in MODES:
        raise BuildError(f"unknown mode {mode!r}; one of {', '.join(MODES)}")
    return str(mode)


def find_rust(workspace: Path) -> Tier:
    """The Rust tier: cargo and rustc, new enough, and a linker that links."""
    cargo = shutil.which("cargo")
    rustc = shutil.which(os.environ.get("RUSTC", "rustc"))
    if cargo is None:
        return Tier(reason="cargo is not on PATH")
    if rustc is None:
        return Tier(reason="cargo is on PATH, but rustc is not")
    needed = rust_version(workspace)
    tools = {}
    for name, program in (("cargo", cargo), ("rustc", rustc)):
        line = _first_line([program, "--version"], workspace)
        found = re.match(rf"{name} (\d+)\.(\d+)", line)
        if found is None:
            raise BuildError(f"cannot read the version of {name} in {line!r}")
        if (int(found[1]), int(found[2])) < needed:
            return Tier(reason=f"{line} is older than {needed[0]}.{needed[1]}")
        tools[name] = line
    if not _links(cargo, workspace):
        return Tier(reason="cargo is on PATH, but its linker is not")
    return Tier(tools=tools)


def rust_version(workspace: Path) -> tuple[int, int]:
    """The oldest Rust that the workspace accepts. (Python 3.10 has no TOML reader.)"""
    manifest = (workspace / "Cargo.toml").read_text(encoding="utf-8")
    found = re.search(r'^rust-version = "(\d+)\.(\d+)', manifest, re.MULTILINE)
    if found is None:
        raise BuildError("rust/Cargo.toml has no rust-version")
    return int(found[1]), int(found[2])


def _links(cargo: str, workspace: Path) -> bool:
    """Whether cargo links an empty library, under the configuration that the real build gets."""
    with tempfile.TemporaryDirectory(prefix="dimp_fast-probe-") as folder:
        probe = Path(folder)
        (probe / "src").mkdir()
        (probe / "src" / "lib.rs").touch()
        (probe / "Cargo.toml").write_text(
            '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2021"\n'
            '[lib]\ncrate-type = ["cdylib"]\n[workspace]\n',
            encoding="utf-8",
        )
        command = [cargo, "build", "--offline", "--manifest-path", str(probe / "Cargo.toml")]
        command += ["--target-dir", str(probe / "target")]
        run = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)
    if run.returncode and not re.search(r"linker `[^`]+` not found", run.stderr):
        raise BuildError(
            f"{cargo} is present, but it cannot build an empty library; repair it, take it off "
            f"PATH, or choose mode pure\n{run.stdout}{run.stderr}"
        )
    return run.returncode == 0


def find_compiler() -> Tier:
    """The Cython tier: the C compiler that this Python names, and the headers of this Python."""
    default = "cl" if sys.platform == "win32" else sysconfig.get_config_var("CC") or "cc"
    name = shlex.split(os.environ.get("CC") or default)[0]
    compiler = shutil.which(name)
    if compiler is None:
        return Tier(reason=f"the C compiler {name} is not on PATH")
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return Tier(reason=f"the C compiler {name} is on PATH, but Python.h is not installed")
    if name == "cl":
        return Tier(tools={"compiler": "Microsoft Visual C++"})
    return Tier(tools={"compiler": _first_line([compiler, "--version"], Path.cwd())})


def _first_line(command: list[str], folder: Path) -> str:
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode or not run.stdout.strip():
        raise BuildError(
            f"{command[0]} is present, but `{' '.join(command)}` fails; repair it, take it off "
            f"PATH, or choose mode pure\n{run.stdout}{run.stderr}"
        )
    return run.stdout.splitlines()[0].strip()
