"""Compare the stub of every native module that is built here with the module itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from dimp_build import ROOT
from dimp_build.source import PACKAGE
from dimp_build.wheels import BUILD_INFO


def main() -> int:
    info = json.loads((ROOT / PACKAGE / BUILD_INFO).read_text(encoding="utf-8"))
    modules = [
        f"{PACKAGE.name}.{module}" for tier in info["tiers"].values() for module in tier["modules"]
    ]
    if not modules:
        print("notice: no stub is checked: this is a pure-Python build")
        return 0
    print("stubtest", *modules, flush=True)
    allowed = str(Path(__file__).with_name("stubs_allowed.txt"))
    command = [sys.executable, "-m", "mypy.stubtest", "--allowlist", allowed, *modules]
    command += ["--ignore-unused-allowlist"]
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
