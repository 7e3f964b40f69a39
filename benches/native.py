"""What the libraries say of themselves: ``openssl speed``, and the benchmark of libsecp256k1 in C.

Nothing but one operation in a loop, native: no Python, no message to hash, one key. Not here: who
is compared with them (``test_scale``).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

OPENSSL = {"RSA-1024": "rsa1024", "RSA-2048": "rsa2048", "Ed25519": "ed25519"}
"""Names that ``openssl speed`` has for what is verified here; secp256k1 is not among its curves."""

ITERATIONS = 1000
"""Of libsecp256k1, ten times over."""

FLAGS = ("-O3", "-w", "-DECMULT_WINDOW_SIZE=15", "-DCOMB_BLOCKS=43", "-DCOMB_TEETH=6")
"""As the Rust crate builds it."""

CONTEXTS = """\
#include <stdlib.h>
#include "include/secp256k1_preallocated.h"
PREFIX_context *PREFIX_context_create(unsigned int flags) {
    void *memory = malloc(PREFIX_context_preallocated_size(flags));
    return memory ? PREFIX_context_preallocated_create(memory, flags) : NULL;
}
void PREFIX_context_destroy(PREFIX_context *context) {
    PREFIX_context_preallocated_destroy(context);
    free(context);
}
"""
"""Two functions that the crate leaves out of its copy, since Rust allocates for itself."""


class NotHere(Exception):
    """What it takes is missing; the text says what."""


def openssl(algorithm: str) -> Callable[[], float]:
    """A function that runs ``openssl speed`` for a second or two: nanoseconds of CPU time a
    signature takes to verify."""
    if shutil.which("openssl") is None:
        raise NotHere("openssl speed: there is no openssl command")
    if not re.match(r"OpenSSL [3-9]", _output("openssl", "version")):
        raise NotHere("openssl speed: OpenSSL 3 or newer is wanted")

    def measure() -> float:
        text = _output("openssl", "speed", "-seconds", "1", "-mr", OPENSSL[algorithm])
        rate = re.findall(r"^\+F[0-9]+:.*:([0-9.]+)$", text, re.MULTILINE)[-1]  # signed, verified
        return 1e9 / float(rate)

    return measure


def libsecp256k1(folder: Path) -> Callable[[], float]:
    """Builds its ``bench`` in a folder, from the source that cargo fetched for the Rust tier.

    Returns:
        A function that runs it: nanoseconds a signature takes to verify, on average; the key is
        parsed each time, which is part of that benchmark.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotHere("the bench of libsecp256k1: there is no C compiler")
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    found = sorted(home.glob("registry/src/*/secp256k1-sys-*/depend/secp256k1"))
    if not found:
        raise NotHere("the bench of libsecp256k1: cargo has no source of it here")
    root = found[-1]
    header = Path(root, "include", "secp256k1_preallocated.h").read_text(encoding="utf-8")
    prefix = re.search(r"(\w+)_context_preallocated_size", header)
    if prefix is None:
        raise NotHere("the bench of libsecp256k1: its source is not as known here")
    extra, program = folder / "contexts.c", folder / "bench"
    extra.write_text(CONTEXTS.replace("PREFIX", prefix[1]), encoding="ascii")
    names = ("bench", "secp256k1", "precomputed_ecmult", "precomputed_ecmult_gen")
    sources = [str(root / "src" / f"{name}.c") for name in names]
    includes = [f"-I{root}", f"-I{root / 'include'}", f"-I{root / 'src'}"]
    command = [compiler, *FLAGS, *includes, str(extra), *sources, "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise NotHere(f"the bench of libsecp256k1: it does not build: {built.stderr[-300:]}")
    return lambda: _run(program)


def _run(program: Path) -> float:
    text = _output(str(program), "ecdsa_verify", SECP256K1_BENCH_ITERS=str(ITERATIONS))
    line = next(line for line in text.splitlines() if line.startswith("ecdsa_verify"))
    return 1000 * float(line.split(",")[2])  # least, average, most


def _output(*command: str, **variables: str) -> str:
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **variables}
    )
    return run.stdout
