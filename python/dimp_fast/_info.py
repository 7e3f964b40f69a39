"""What this installation is and what serves which operation. For people: no secrets in it."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata, resources
from typing import Any

from . import _dispatch
from ._version import __version__

__all__ = ["backend_info"]


def backend_info() -> dict[str, Any]:
    """Version, tier and SIMD level of every operation with the result of its self-test, CPU,
    threads, the cache of tables of keys (bytes and counters; None without the Rust tier) and build
    facts, as plain JSON values.

    Selects every operation, so the first call runs the self-tests that have not run yet.
    """
    dispatcher = _dispatch.current()
    absent = dispatcher.absent()
    rust: Any = dispatcher.load(_dispatch.RUST)
    runtime: dict[str, Any] = {} if rust is None else rust.runtime()
    levels: dict[str, str] = runtime.get("operations", {})
    operations = {name: _operation(dispatcher, name, levels) for name in _dispatch.UNITS}
    return {
        "version": __version__,
        "backend": operations["decode_batch"]["tier"],
        "settings": {
            "backend": dispatcher.settings.backend,
            "simd": dispatcher.settings.simd,
            "threads": dispatcher.settings.threads or "auto",
            "key_tables": dispatcher.settings.key_tables,
            "require": list(dispatcher.settings.require),
        },
        "tiers": {tier: absent.get(tier, "available") for tier in _dispatch.TIERS},
        "operations": operations,
        "cpu": {
            "machine": platform.machine(),
            "model": _cpu_model(),
            "cores": _cores(),
            "features": [name for name, there in runtime.get("cpu", {}).items() if there],
            "simd": runtime["simd"]["active"] if runtime else "portable",
        },
        "threads": runtime["threads"]["size"] if runtime else 1,
        "key_tables": runtime.get("key_tables"),
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "ecdsa_nonce": _ecdsa_nonce(),
        "libraries": {**_library_versions(), **runtime.get("crates", {})},
        "build": build_facts(),
    }


def _operation(
    dispatcher: _dispatch.Dispatcher, unit: str, levels: dict[str, str]
) -> dict[str, Any]:
    """``simd`` is the level of our own kernels: ``library`` where a library chooses its own
    instructions, ``none`` outside the Rust tier."""
    selection = dispatcher.select(unit)
    return {
        "tier": selection.tier,
        "simd": levels[unit] if selection.tier == _dispatch.RUST else "none",
        "selftest": selection.selftests[selection.tier],
        "disabled": {
            tier: result for tier, result in selection.selftests.items() if tier != selection.tier
        },
    }


def _ecdsa_nonce() -> str:
    """Where the nonce of signatures that are made here comes from (docs/semantics.md#key-7)."""
    try:
        from .private_keys import ecdsa_nonce

        return ecdsa_nonce()
    except ImportError:
        return "none: cryptography is missing"


def build_facts() -> dict[str, Any]:
    """What was built, what was skipped and why, as the build wrote it down."""
    try:
        text = resources.files("dimp_fast").joinpath("_build_info.json").read_text("utf-8")
    except FileNotFoundError:
        return {"source": "no build information: the package was not built by its build backend"}
    facts: dict[str, Any] = json.loads(text)
    return facts


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: the platform module knows something
    return platform.processor() or platform.machine()


def _library_versions() -> dict[str, str]:
    versions = {}
    for name in ("cryptography", "pynacl", "base58", "numpy"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "missing"
    return versions
