"""Run the Python tests under every CPython 3.10 or newer on this machine.

Each gets its own environment, `.venv-3.x`, with the package installed as a user installs it:
a wheel, built in isolation. Interpreters are sought on PATH and among those of pyenv.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST, NEWEST_SOUGHT = 10, 19
DESCRIBE = (
    "import sys; v = sys.version_info; "
    "print(sys.implementation.name, v.major, v.minor, v.releaselevel)"
)


def candidates() -> Iterator[Path]:
    """Programs that may be a Python: what PATH names, then what pyenv holds."""
    for minor in range(OLDEST, NEWEST_SOUGHT + 1):
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(versions.glob("*/bin/python3"))
    yield Path(sys.executable)


def interpreters() -> dict[int, Path]:
    """One released CPython per minor version."""
    found: dict[int, Path] = {}
    for python in candidates():
        run = subprocess.run([str(python), "-c", DESCRIBE], capture_output=True, text=True)
        if run.returncode:  # a pyenv shim for a version that is not selected
            continue
        name, major, minor, level = run.stdout.split()
        if (name, major, level) == ("cpython", "3", "final") and int(minor) >= OLDEST:
            found.setdefault(int(minor), python)
    return dict(sorted(found.items()))


def test(minor: int, python: Path) -> bool:
    environment = ROOT / f".venv-3.{minor}"
    inner = environment / "bin" / "python"
    install = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--force-reinstall",
        "--no-deps",
    ]
    commands = (
        [] if inner.exists() else [str(python), "-m", "venv", str(environment)],
        [str(inner), "-m", "pip", *install, "."],
        [str(inner), "-m", "pip", "install", "--quiet", "dimp-fast[test]"],
        [str(inner), "-m", "pytest", "-m", "not build"],
    )
    return all(subprocess.run(command, cwd=ROOT).returncode == 0 for command in commands if command)


def main() -> int:
    failed = []
    for minor, python in interpreters().items():
        print(f"== CPython 3.{minor}: {python}", flush=True)
        if not test(minor, python):
            failed.append(f"3.{minor}")
    print("failed under " + ", ".join(failed) if failed else "passed under every one")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
