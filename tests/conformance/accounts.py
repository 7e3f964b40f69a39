"""Accounts made on the spot, for tests that need private keys. Throw-away keys; tests only."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dimp_fast import PublicKey, derive_addresses, derive_eth_addresses

ALGORITHMS = ("RSA", "ECC", "ED25519")


class Signer:
    """A private key that signs as the protocol wants it."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._key: Any
        if algorithm == "RSA":
            self._key = rsa.generate_private_key(65537, 1024)
        elif algorithm == "ECC":
            self._key = ec.generate_private_key(ec.SECP256K1())
        else:
            self._key = Ed25519PrivateKey.generate()
        spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = PublicKey.parse(spki)

    def sign(self, message: bytes) -> bytes:
        signature: bytes
        if self.algorithm == "RSA":
            signature = self._key.sign(message, padding.PKCS1v15(), SHA256())
        elif self.algorithm == "ECC":
            signature = self._key.sign(message, ec.ECDSA(SHA256()))
        else:
            signature = self._key.sign(message)
        return signature


OLD_SPELLINGS = {"java": ("\r\n", 76, ""), "objc": ("\n", 64, "\n"), "one line": ("\n", 9999, "")}
"""How implementations of 2019 broke the lines of PEM, where, and what they put after it."""


@cache
def old_rsa_key(maker: str) -> tuple[Signer, dict[str, str], dict[str, str]]:
    """A fresh RSA key, and its public and its private mapping as that maker wrote them in 2019.

    Both are PKCS#1 inside, also under the label ``PUBLIC KEY``; Java put the public text before
    the private one.
    """
    owner = Signer("RSA")
    public = _old_pem(
        "PUBLIC KEY", owner._key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1), maker
    )
    secret = owner._key.private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    private = _old_pem("RSA PRIVATE KEY", secret, maker)
    if maker == "java":
        private = f"{public}\n{private}"
    common = {"mode": "ECB", "padding": "PKCS1", "digest": "SHA256", "algorithm": "RSA"}
    return owner, {"data": public, **common}, {"data": private, **common}


def _old_pem(label: str, body: bytes, maker: str) -> str:
    end, width, last = OLD_SPELLINGS[maker]
    text = b64(body)
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    return end.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"]) + last


class Account:
    """A user with a meta, and what it signs."""

    def __init__(self, signer: Signer, seed: str | None, meta_type: int, network: int = 0) -> None:
        self.signer = signer
        key = signer.public_key
        self.meta: dict[str, Any] = {"type": str(meta_type), "key": key.to_dict()}
        if meta_type == 1:
            assert seed is not None
            fingerprint = signer.sign(seed.encode())
            self.meta |= {"seed": seed, "fingerprint": b64(fingerprint)}
            self.address = derive_addresses([fingerprint], network)[0]
        elif meta_type == 2:
            self.address = derive_addresses([key.data], network)[0]
        else:
            self.address = derive_eth_addresses([key])[0]
        self.id = f"{seed}@{self.address}" if seed else self.address

    def document(self, key: PublicKey | None = None, **fields: Any) -> dict[str, Any]:
        """A visa signed by the meta key; ``fields`` go into the signed properties."""
        properties: dict[str, Any] = {"type": "visa", "time": 1_700_000_000.5, **fields}
        if key is not None:
            properties["key"] = key.to_dict()
        data = json.dumps(properties)
        return {"did": self.id, "data": data, "signature": b64(self.signer.sign(data.encode()))}

    def message(self, signer: Signer | None = None, **fields: Any) -> dict[str, Any]:
        """A reliable message to a fixed receiver; ``fields`` replace or add."""
        data = b"ciphertext of some length"
        signature = (signer or self.signer).sign(data)
        return {
            "sender": self.id,
            "receiver": "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
            "time": 1_700_000_001.5,
            "type": 1,
            "data": b64(data),
            "signature": b64(signature),
            **fields,
        }


@cache
def signer(algorithm: str, number: int = 0) -> Signer:
    """The ``number``-th signer of an algorithm, the same throughout a run."""
    return Signer(algorithm)


@cache
def account(
    algorithm: str, seed: str | None = "alice", meta_type: int = 1, number: int = 0
) -> Account:
    """An account of that signer, the same throughout a run."""
    return Account(signer(algorithm, number), seed, meta_type)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def frame(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode("ascii")
