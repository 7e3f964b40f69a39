"""The cases in tests/data as plain objects.

For whoever writes a test: one function per collection, each an iterator of frozen dataclasses.
Nothing here computes or checks a cryptographic fact and nothing is imported but the standard
library. How the files came to be, and by what rule their codes were fixed, is in
tests/data/README.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"

_SECP256K1_SPKI = bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200")
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class SignatureCase:
    """One signature under one key.

    ``key_der`` is SubjectPublicKeyInfo; ``key_raw`` is the 65-byte point of ECC, the 32 bytes of
    Ed25519, and empty for RSA. ``code`` is the name of the expected code, ``None`` where the source
    says no more than whether the signature is ``valid``. ``BAD_KEY`` means that ``key_der`` must
    not parse.
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


@dataclass(frozen=True)
class KeyCase:
    """One public key in one or more spellings, all with the same expected ``code``.

    ``sources`` are PEM, OpenSSH or hex text (``str``), DER or a SEC1 point (``bytes``). ``bits`` is
    the size of an RSA modulus, ``raw`` the 32 bytes of Ed25519, where the file gives them.
    """

    id: str
    algorithm: str
    code: str
    sources: tuple[str | bytes, ...]
    bits: int | None
    raw: bytes | None
    note: str

    @property
    def inputs(self) -> tuple[str | bytes | dict[str, str], ...]:
        """What a parser of keys is to be given: each source, and each text in a DIM mapping too.

        Ed25519 has no text of its own but PEM: hex and base64 are read in a mapping only.
        """
        mappings = [
            {"algorithm": self.algorithm, "data": source}
            for source in self.sources
            if isinstance(source, str)
        ]
        bare = [
            source
            for source in self.sources
            if isinstance(source, bytes)
            or self.algorithm != "ED25519"
            or source.startswith("-----")
        ]
        return (*bare, *mappings)


@dataclass(frozen=True)
class CipherCase:
    """AES-CBC with PKCS#7 padding; an invalid ``ciphertext`` must not be decrypted."""

    id: str
    key: bytes
    iv: bytes
    plaintext: bytes
    ciphertext: bytes
    valid: bool
    flags: frozenset[str]


@dataclass(frozen=True)
class Vector:
    """One vector of the protocol; what ``input`` and ``output`` hold depends on ``kind``."""

    id: str
    kind: str
    description: str
    produced_by: str
    input: Any
    output: Any


@dataclass(frozen=True)
class InteropCase:
    """What another implementation made, and what a strict reader must find in it.

    ``input`` is without ``op``; tests/data/interop/README.md lists both for each ``op``.
    """

    id: str
    group: str
    made_by: str
    op: str
    input: dict[str, Any]
    expect: dict[str, Any]
    note: str


@cache
def _load(name: str) -> Any:
    return json.loads((DATA / name).read_text("ascii"))


# -- protocol ------------------------------------------------------------------------------------


def dim_vectors(kind: str | None = None) -> Iterator[Vector]:
    """Vectors recorded from the reference packages, of one kind or all."""
    for vector in _load("dim/vectors.json")["vectors"]:
        if kind is None or vector["kind"] == kind:
            yield Vector(**vector)


def interop(maker: str, op: str | None = None) -> Iterator[InteropCase]:
    """Cases of one maker, ``java`` or ``python``, for one operation or all."""
    for case in _load(f"interop/{maker}.json"):
        given = dict(case["input"])
        found = given.pop("op")
        if op is None or op == found:
            yield InteropCase(**(case | {"input": given}), op=found)


# -- Wycheproof ----------------------------------------------------------------------------------


def wycheproof_rsa() -> Iterator[SignatureCase]:
    """RSA-2048. ``acceptable`` (a DigestInfo without NULL) is not valid for a strict reader."""
    for key, case in _wycheproof("rsa_2048_sha256"):
        yield _wycheproof_signature("RSA", bytes.fromhex(key["spki"]), b"", case)


def wycheproof_ecdsa() -> Iterator[SignatureCase]:
    for key, case in _wycheproof("ecdsa_secp256k1_sha256"):
        point = bytes.fromhex(key["point"])
        yield _wycheproof_signature("ECC", _SECP256K1_SPKI + point, point, case)


def wycheproof_ed25519() -> Iterator[SignatureCase]:
    for key, case in _wycheproof("ed25519"):
        raw = bytes.fromhex(key["raw"])
        yield _wycheproof_signature("ED25519", _ED25519_SPKI + raw, raw, case)


def wycheproof_aes_cbc() -> Iterator[CipherCase]:
    for case in _load("wycheproof/aes_cbc_pkcs5.json")["cases"]:
        yield CipherCase(
            id=f"wycheproof-{case['tcId']}",
            key=bytes.fromhex(case["key"]),
            iv=bytes.fromhex(case["iv"]),
            plaintext=bytes.fromhex(case["msg"]),
            ciphertext=bytes.fromhex(case["ct"]),
            valid=case["result"] == "valid",
            flags=frozenset(case["flags"]),
        )


def _wycheproof(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    content = _load(f"wycheproof/{name}.json")
    for case in content["cases"]:
        yield content["keys"][case["key"]], case


def _wycheproof_signature(
    algorithm: str, key_der: bytes, key_raw: bytes, case: dict[str, Any]
) -> SignatureCase:
    return SignatureCase(
        id=f"wycheproof-{case['tcId']}",
        algorithm=algorithm,
        key_der=key_der,
        key_raw=key_raw,
        message=bytes.fromhex(case["msg"]),
        signature=bytes.fromhex(case["sig"]),
        valid=case["result"] == "valid",
        code=None,
        flags=frozenset(case["flags"]),
        note="",
    )


# -- own cases -----------------------------------------------------------------------------------


def rsa1024() -> Iterator[SignatureCase]:
    """The manipulations of Wycheproof's RSA-2048 set, and more, for keys of 1024 bits."""
    return _signatures("rsa1024/negatives.json")


def rsa_sizes() -> Iterator[SignatureCase]:
    """Signatures by RSA keys of many sizes and exponents."""
    return _signatures("rsa_sizes/cases.json")


def ecdsa_edge() -> Iterator[SignatureCase]:
    """ECDSA on secp256k1: edges of the ranges, encodings, exceptional sums."""
    return _signatures("ecdsa/edge.json")


def ed25519_edge() -> Iterator[SignatureCase]:
    """Ed25519: small and mixed order, encodings, range of S."""
    return _signatures("ed25519/edge.json")


def rsa_keys() -> Iterator[KeyCase]:
    return _keys("rsa_sizes/cases.json")


def ecdsa_keys() -> Iterator[KeyCase]:
    return _keys("ecdsa/edge.json")


def ed25519_keys() -> Iterator[KeyCase]:
    return _keys("ed25519/edge.json")


def _keys(name: str) -> Iterator[KeyCase]:
    content = _load(name)
    for record in content["keys"]:
        raw = record.get("raw")
        yield KeyCase(
            id=record["id"],
            algorithm=content["algorithm"],
            code=record["code"],
            sources=tuple(
                source["text"] if "text" in source else bytes.fromhex(source["bytes"])
                for source in record["sources"]
            ),
            bits=record.get("bits"),
            raw=None if raw is None else bytes.fromhex(raw),
            note=record["note"],
        )


def _signatures(name: str) -> Iterator[SignatureCase]:
    content = _load(name)
    used = {case["key"] for case in content["cases"]}
    keys = {key.id: _key_bytes(key) for key in _keys(name) if key.id in used}
    for case in content["cases"]:
        key_der, key_raw = keys[case["key"]]
        yield SignatureCase(
            id=case["id"],
            algorithm=content["algorithm"],
            key_der=key_der,
            key_raw=key_raw,
            message=bytes.fromhex(case["message"]),
            signature=bytes.fromhex(case["signature"]),
            valid=case["code"] == "OK",
            code=case["code"],
            flags=frozenset(case["flags"]),
            note=case["note"],
        )


def _key_bytes(key: KeyCase) -> tuple[bytes, bytes]:
    """SubjectPublicKeyInfo and raw bytes of the first spelling of a key."""
    source = key.sources[0]
    if isinstance(source, bytes):
        return source, key.raw or b""
    if source.startswith("-----"):
        return base64.b64decode("".join(source.split("\n")[1:-1])), b""
    point = bytes.fromhex(source)
    return _SECP256K1_SPKI + point, point
