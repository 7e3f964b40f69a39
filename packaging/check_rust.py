"""Format, lint and test the Rust workspace.

Without a usable cargo, or without clippy or rustfmt, it says so and goes on; where
DIMP_FAST_REQUIRE names rust, that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys

from dimp_build import ROOT
from dimp_build.plan import find_rust

CHECKS = (
    ("fmt", "--all", "--check"),
    ("clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"),
    ("test", "--locked", "--package", "dimp-core"),
)
COMES_WITH_CARGO = {"test"}
WORKSPACE = ROOT / "rust"


def main() -> int:
    required = "rust" in os.environ.get("DIMP_FAST_REQUIRE", "").split(",")
    if reason := find_rust(WORKSPACE).reason:
        print(f"notice: the Rust workspace is not checked: {reason}")
        return int(required)
    failed = False
    for subcommand, *options in CHECKS:
        if subcommand not in COMES_WITH_CARGO and cargo(subcommand, "--version", quiet=True):
            print(f"notice: cargo {subcommand} is not installed, skipped")
            failed |= required
        else:
            failed |= bool(cargo(subcommand, *options))
    return int(failed)


def cargo(*arguments: str, quiet: bool = False) -> int:
    if not quiet:
        print("cargo", *arguments, flush=True)
    output = subprocess.DEVNULL if quiet else None
    command = ["cargo", *arguments]
    return subprocess.run(command, cwd=WORKSPACE, stdout=output, stderr=output).returncode


if __name__ == "__main__":
    sys.exit(main())
