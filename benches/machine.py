"""What a number was measured on: processor, versions, tiers, load.

A time without this is no measurement. Goes into every result.
"""

from __future__ import annotations

import os
import platform
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import dimp_fast

PEERS = (
    *("base58", "based58", "coincurve", "cryptography", "dimples", "ecdsa", "msgspec", "numpy"),
    *("orjson", "pybase64", "pycryptodome", "pynacl", "pytest-benchmark"),
)
FLAGS = (
    *("sha_ni", "aes", "vaes", "gfni", "adx", "bmi2", "avx2", "avx512f", "avx512bw", "avx512dq"),
    *("avx512vl", "avx512ifma", "avx512vbmi", "avx512_vbmi2", "neon", "asimd", "sha2"),
)
"""Processor flags, as Linux spells them, that a kernel here or in a peer makes use of."""


def machine_block() -> dict[str, Any]:
    """The machine as it is now, in plain JSON values."""
    info = dimp_fast.backend_info()
    cpu = _cpu()
    return {
        "cpu": cpu.get("model name") or info["cpu"]["model"],
        "cpu_id": kind(cpu),
        "flags": [flag for flag in FLAGS if flag in cpu.get("flags", "").split()],
        "cores": info["cpu"]["cores"],
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{sys.implementation.name} {platform.python_version()}",
        "dimp_fast": info["version"],
        "revision": _revision(),
        "backend": info["backend"],
        "settings": info["settings"],
        "simd": info["cpu"]["simd"],
        "threads": info["threads"],
        "operations": {
            name: f"{operation['tier']}/{operation['simd']}"
            for name, operation in info["operations"].items()
        },
        "peers": versions(),
        "libraries": {**info["libraries"], "openssl": ssl.OPENSSL_VERSION, **_pyca_openssl()},
    }


def load_average() -> float:
    """Of the last minute; NaN where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else float("nan")


class Neighbours:
    """How busy other processes kept the machine since this was made."""

    def __init__(self) -> None:
        self._wall, self._busy, self._own = _seconds()

    def processors(self) -> float:
        """As a number of processors; NaN where the system does not say."""
        wall, busy, own = _seconds()
        others = (busy - self._busy) - (own - self._own)
        return round(max(0.0, others / (wall - self._wall)), 2) if others == others else others


def _seconds() -> tuple[float, float, float]:
    """Wall time, time that all processors were busy, CPU time of this process and its children."""
    own = sum(os.times()[:4])
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    except OSError:
        return time.monotonic(), float("nan"), own
    ticks = [int(field) for field in fields]  # user nice system idle iowait irq softirq steal
    busy = (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    return time.monotonic(), busy, own


def versions() -> dict[str, str]:
    """Versions of the peers that are installed."""
    found = {}
    for name in PEERS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def kind(cpu: Mapping[str, str] | None = None) -> str:
    """A name for this kind of machine, fit for a file name: vendor, family, model."""
    cpu = _cpu() if cpu is None else cpu
    parts = [cpu.get("vendor_id") or platform.machine() or "unknown"]
    parts += [cpu[name] for name in ("cpu family", "model") if name in cpu]
    vendor = {"AuthenticAMD": "amd", "GenuineIntel": "intel"}.get(parts[0], parts[0])
    return re.sub(r"[^a-z0-9]+", "-", "-".join([vendor, *parts[1:]]).lower()).strip("-")


def _cpu() -> dict[str, str]:
    """The first processor of /proc/cpuinfo; empty where there is none."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    found = {name.strip(): value.strip() for name, _, value in lines}
    if "flags" not in found:
        found["flags"] = found.get("Features", "")  # Arm's name for them
    return found


def _revision() -> str:
    """The commit this tree is at, with a mark when it was changed since. Results do not count: a
    run writes them itself."""
    results = ":(top,exclude)benches/results"
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", results)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-dirty" if changed else commit


def _git(*arguments: str) -> str:
    run = subprocess.run(
        ["git", *arguments],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def _pyca_openssl() -> dict[str, str]:
    from cryptography.hazmat.backends.openssl import backend

    return {"openssl of cryptography": backend.openssl_version_text()}
