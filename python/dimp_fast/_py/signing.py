"""ECDSA signatures made by OpenSSL: what signs where libsecp256k1 is not here."""

from __future__ import annotations

from functools import cache
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from .verify import SECP256K1_ORDER

__all__ = ["EcdsaSigner", "ecdsa"]


@cache
def ecdsa() -> ec.ECDSA:
    """ECDSA over SHA-256 with the nonce of RFC 6979, or a random one where OpenSSL is too old."""
    try:
        return ec.ECDSA(SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        return ec.ECDSA(SHA256())


class EcdsaSigner:
    """A private key of ECC that signs; ``secret`` is the scalar, in 32 bytes."""

    __slots__ = ("_key",)

    def __init__(self, secret: bytes) -> None:
        number = int.from_bytes(secret, "big")
        if not 0 < number < SECP256K1_ORDER:
            raise ValueError("not a scalar of the group")
        self._key = ec.derive_private_key(number, ec.SECP256K1())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def sign(self, message: bytes) -> bytes:
        """DER with a low S."""
        r, s = decode_dss_signature(self._key.sign(message, ecdsa()))
        return encode_dss_signature(r, min(s, SECP256K1_ORDER - s))
