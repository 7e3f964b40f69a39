"""The cases in tests/data as plain objects, read without any third-party package.

For whoever writes a test: one function per collection, each an iterator of frozen dataclasses.
Nothing here computes or checks a cryptographic fact; how the files came to be, and by what rule
their verdicts were fixed, is in tests/data/README.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"

SECP256K1_SPKI = bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200")
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class SignatureCase:
    """One signature under one key.

    ``key_der`` is SubjectPublicKeyInfo; ``key_raw`` is the 65-byte point of ECC, the 32 bytes of
    Ed25519, the PKCS#1 body of RSA where the source has it, and otherwise empty. ``code`` is the
    name of the expected code, or ``None`` where the source only says whether it is ``valid``.
    """

    id: str
    algorithm: str
    key_der: bytes
    key_raw: bytes
    message: bytes
    signature: bytes
    valid: bool
    code: str | None
    flags: frozenset[str]
    note: str
