"""How long `import dimp_fast` takes, beyond what the bare interpreter takes.

    python benches/import_time.py [benches/results/FILE.json]

Fifteen rounds, more on a busy machine; in each one the bare interpreter and every import start
once, in turn, as processes of their own. CPU time is that of the child. Not by `-X importtime`,
which slows what it measures.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import machine
import report
import results
from harness import Contender, Race, Reading

ROUNDS = 15
PATIENCE_NS = 60_000_000_000

PROGRAMS = {
    "bare interpreter": "pass",
    "import dimp_fast": "import dimp_fast",
    "... and verify one signature": (
        "import dimp_fast; key = dimp_fast.PublicKey.parse(bytes.fromhex('{point}'));"
        "assert not key.verify(b'', b'')"
    ),
    "... and select every operation": "import dimp_fast; dimp_fast.backend_info()",
    "import numpy": "import numpy",
    "import orjson": "import orjson",
    "import cryptography, RSA": (
        "from cryptography.hazmat.primitives.asymmetric import rsa, padding"
    ),
}
_GENERATOR = (  # the base point of secp256k1, SEC 2 section 2.4.1: some valid key
    "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
)


def child_clocks() -> Reading:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Reading(time.perf_counter_ns(), int((usage.ru_utime + usage.ru_stime) * 1e9))


def contender(name: str, program: str) -> Contender:
    command = [sys.executable, "-c", program.replace("{point}", _GENERATOR)]
    # Modules are compiled once, as in an installation.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def call() -> int:
        run = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, env=environment)
        return run.returncode

    return Contender(name, call, (0).__eq__)


def main(arguments: Sequence[str]) -> int:
    race = Race(
        [contender(name, program) for name, program in PROGRAMS.items()],
        items=1,
        turn_ns=0,
        clocks=child_clocks,
    )
    race.start()
    before, neighbours = machine.load_average(), machine.Neighbours()
    for _ in range(ROUNDS):
        race.round()
    race.settle(PATIENCE_NS)
    record = results.race_record(
        race.tracks,
        group="Import time",
        workload="a new process",
        items=1,
        unit="process",
        compare="difference",
        operation=None,
        load=[before, machine.load_average()],
        others=neighbours.processors(),
    )
    file = Path(arguments[0]) if arguments else results.default_file()
    run = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} import_time.py"
    block = machine.machine_block()
    results.save(file, results.merge(results.load(file), run, block, [record]))
    print(report.race_tables([record]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
