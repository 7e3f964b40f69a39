"""How long a build takes and how large the wheels are.

    python benches/build_time.py [benches/results/FILE.json]

Run it with an interpreter that has pip and what the build asks for (`make build` gives one). A
cold build compiles every crate into an empty target folder; a warm one meets what the cold one
left. Downloads count when the crates are not in cargo's cache.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import machine
import report
import results

ROOT = Path(__file__).parents[1]


class Built(NamedTuple):
    """A wheel and what it took to build it, in seconds."""

    wheel: Path
    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.0f} s ({self.cpu:.0f} s of CPU)"


def build(target: Path, folder: Path, mode: str) -> Built:
    """One wheel into ``folder``; cargo works in ``target``."""
    folder.mkdir()
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    command += ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "DIMP_FAST_BUILD": mode}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=environment)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (wheel,) = folder.glob("*.whl")
    return Built(wheel, wall, cpu)


def main(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="dimp_fast-build-") as name:
        folder = Path(name)
        cold = build(folder / "target", folder / "cold", "auto")
        warm = build(folder / "target", folder / "warm", "auto")
        pure = build(folder / "target", folder / "pure", "pure")
        facts = {
            "cold build": str(cold),
            "build with nothing changed": str(warm),
            f"wheel {cold.wheel.name}": _kilobytes(cold.wheel.stat().st_size),
            **{f"in it, {file}": _kilobytes(size) for file, size in _extensions(cold.wheel)},
            f"pure wheel {pure.wheel.name}": _kilobytes(pure.wheel.stat().st_size),
        }
    file = Path(arguments[0]) if arguments else results.default_file()
    run = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} build_time.py"
    content = results.load(file)
    results.save(file, results.merge_build(content, run, machine.machine_block(), {"facts": facts}))
    print(report.build_table([{"facts": facts}]))
    return 0


def _extensions(wheel: Path) -> list[tuple[str, int]]:
    """The compiled modules in a wheel and their unpacked sizes in bytes."""
    with zipfile.ZipFile(wheel) as archive:
        return [
            (entry.filename, entry.file_size)
            for entry in archive.infolist()
            if entry.filename.endswith((".so", ".pyd", ".dylib"))
        ]


def _kilobytes(size: int) -> str:
    return f"{size / 1000:.0f} kB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
