"""``dimp-fast doctor``: what is installed, what serves which operation, and what to do about it."""

from __future__ import annotations

import argparse
from typing import Any

from .. import backend_info
from ._options import add_command
from ._report import write_json, write_lines

_EXAMPLE = """\
example:
  dimp-fast doctor
  dimp-fast doctor --json

exit code: 0 fine (a tier may be missing), 1 a self-test failed or a tier does not load
"""

_AGAIN = "in the source folder: make clean build, or pip install --force-reinstall ."
_ADVICE = {
    "rust": f"install Rust (cargo and a C linker), then {_AGAIN}",
    "cython": f"install a C compiler and the Python headers, then {_AGAIN}",
}


def add_parser(commands: Any) -> None:
    add_command(
        commands,
        "doctor",
        run,
        purpose="show what is installed and what serves which operation",
        description="Show version, tiers, SIMD levels, self-tests, CPU, threads and build facts.",
        example=_EXAMPLE,
    )


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    info = backend_info()
    advice = find_advice(info)
    if options.json:
        write_json({**info, "advice": advice})
    else:
        write_lines(_lines(info, advice))
    return 1 if _is_broken(info) else 0


def _is_broken(info: dict[str, Any]) -> bool:
    return any(operation["disabled"] for operation in info["operations"].values()) or any(
        state.startswith("broken") for state in info["tiers"].values()
    )


def find_advice(info: dict[str, Any]) -> list[str]:
    """What could be done about missing and broken tiers, one line each."""
    advice = []
    built = info["build"].get("tiers", {})
    for tier, state in info["tiers"].items():
        if state == "available":
            continue
        if state.startswith("broken"):
            advice.append(f"{tier} tier: it is there and does not load: reinstall dimp-fast")
        elif tier in _ADVICE:
            reason = built.get(tier, {}).get("reason")
            why = f" (the build said: {reason})" if reason else ""
            advice.append(f"{tier} tier: {_ADVICE[tier]}{why}")
    for name, operation in info["operations"].items():
        for tier, result in operation["disabled"].items():
            advice.append(f"{name}: disabled in the {tier} tier, please report this: {result}")
    for name, version in info["libraries"].items():
        if version == "missing":
            advice.append(f"{name}: install it, the Python tier needs it")
    return advice


def _lines(info: dict[str, Any], advice: list[str]) -> list[str]:
    cpu = info["cpu"]
    lines = [
        f"dimp-fast {info['version']} on {info['implementation']} {info['python']}",
        f"cpu: {cpu['model']}, {cpu['cores']} cores, SIMD detected: {cpu['simd']}",
        f"cpu features: {' '.join(cpu['features']) or 'unknown (the Rust tier reads them)'}",
        f"threads: {info['threads']}",
        f"nonce of ECDSA signatures made here: {info['ecdsa_nonce']}",
        "",
        "tiers:",
    ]
    lines += [f"  {tier:<8} {state}" for tier, state in info["tiers"].items()]
    lines += ["", f"{'operation':<22} {'tier':<8} {'SIMD':<12} self-test"]
    for name, operation in info["operations"].items():
        lines.append(
            f"{name:<22} {operation['tier']:<8} {operation['simd']:<12} {operation['selftest']}"
        )
    lines += ["", "libraries: " + ", ".join(f"{n} {v}" for n, v in info["libraries"].items())]
    lines += ["build:", *_build_lines(info["build"])]
    lines.append("")
    lines += [f"advice: {line}" for line in advice] or ["everything is fine"]
    return lines


def _build_lines(build: dict[str, Any]) -> list[str]:
    lines = [f"  {name}: {value}" for name, value in build.items() if name != "tiers"]
    for tier, facts in build.get("tiers", {}).items():
        if facts["built"]:
            tools = ", ".join(
                version if version.startswith(tool) else f"{tool} {version}"
                for tool, version in facts["tools"].items()
            )
            lines.append(f"  {tier}: built ({tools})")
        else:
            lines.append(f"  {tier}: skipped ({facts['reason']})")
    return lines
