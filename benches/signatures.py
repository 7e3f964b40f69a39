"""Signed messages to verify, and the ways in which the peers verify them.

Keys are made by ``cryptography`` and are good for nothing but this.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import coincurve
import nacl.signing
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from dimp_fast import PublicKey

KEYS = 32
"""Senders take turns; each of them is met again in a batch that is larger."""

MESSAGE_BYTES = 512
LARGEST = 1024

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1, SEC 2 section 2.4.1."""

Call = Callable[[], Any]


class Signed(NamedTuple):
    """Messages with their signatures, and the key of each as bytes: SubjectPublicKeyInfo DER for
    RSA, a point of 65 bytes for ECC, 32 bytes for Ed25519."""

    keys: list[bytes]
    messages: list[bytes]
    signatures: list[bytes]

    def first(self, count: int) -> Signed:
        return Signed(*(column[:count] for column in self))

    def repeated(self, count: int) -> Signed:
        """As many as that, from the beginning again where there are not so many."""
        times = -(-count // len(self.messages))
        return Signed(*((column * times)[:count] for column in self))


@cache
def private_keys(algorithm: str) -> list[Any]:
    """``RSA-1024``, ``RSA-2048``, ``ECDSA`` or ``Ed25519``."""
    if algorithm.startswith("RSA-"):
        return [rsa.generate_private_key(65537, int(algorithm[4:])) for _ in range(KEYS)]
    if algorithm == "ECDSA":
        return [ec.generate_private_key(ec.SECP256K1()) for _ in range(KEYS)]
    return [ed25519.Ed25519PrivateKey.generate() for _ in range(KEYS)]


def sign(private_key: Any, message: bytes) -> bytes:
    """ECDSA signatures have a low S."""
    if isinstance(private_key, rsa.RSAPrivateKey):
        return private_key.sign(message, PKCS1v15(), SHA256())
    if isinstance(private_key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private_key.sign(message, ec.ECDSA(SHA256())))
        return encode_dss_signature(r, min(s, ORDER - s))
    signature: bytes = private_key.sign(message)
    return signature


def public_bytes(private_key: Any) -> bytes:
    """The public key as in :class:`Signed`."""
    public = private_key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    elif isinstance(public, ec.EllipticCurvePublicKey):
        form = Encoding.X962, PublicFormat.UncompressedPoint
    else:
        form = Encoding.Raw, PublicFormat.Raw
    encoded: bytes = public.public_bytes(*form)
    return encoded


@cache
def signed(algorithm: str, count: int = LARGEST, size: int = MESSAGE_BYTES) -> Signed:
    """``count`` messages of ``size`` bytes, the keys taking turns."""
    randomness = random.Random(1)
    pairs = [(key, public_bytes(key)) for key in private_keys(algorithm)]
    owners = [pairs[index % KEYS] for index in range(count)]
    messages = [randomness.randbytes(size) for _ in range(count)]
    signatures = [sign(key, text) for (key, _), text in zip(owners, messages, strict=True)]
    return Signed([public for _, public in owners], messages, signatures)


def half_high(signatures: Sequence[bytes]) -> list[bytes]:
    """ECDSA signatures, every other one with the high S that is as valid."""
    return [flipped(item) if index % 2 else item for index, item in enumerate(signatures)]


def flipped(signature: bytes) -> bytes:
    """The ECDSA signature with the other S."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, ORDER - s)


def parsed(keys: Sequence[bytes], parse: Callable[[bytes], Any]) -> list[Any]:
    """A key object an item, one object for each key."""
    objects = {key: parse(key) for key in dict.fromkeys(keys)}
    return [objects[key] for key in keys]


def our_key(algorithm: str) -> Callable[[bytes], PublicKey]:
    """Makes our key from the bytes of :class:`Signed`; 32 bytes alone could be anything."""
    if algorithm == "Ed25519":
        return lambda key: PublicKey.parse({"algorithm": "ED25519", "data": key.hex()})
    return PublicKey.parse


def pyca_key(algorithm: str) -> Callable[[bytes], Any]:
    if algorithm == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes
    if algorithm == "ECDSA":
        return lambda key: ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key)
    return load_der_public_key


def pyca(algorithm: str, data: Signed) -> Call:
    """Key objects are made beforehand; a bad signature raises."""
    items = list(zip(parsed(data.keys, pyca_key(algorithm)), *data[1:], strict=True))
    rest: tuple[Any, ...] = ()
    if algorithm.startswith("RSA-"):
        rest = PKCS1v15(), SHA256()
    elif algorithm == "ECDSA":
        rest = (ec.ECDSA(SHA256()),)

    def call() -> bool:
        for key, message, signature in items:
            key.verify(signature, message, *rest)
        return True

    return call


def coincurve_loop(data: Signed) -> Call:
    """Hashes with SHA-256; takes low S only."""
    items = list(zip(parsed(data.keys, coincurve.PublicKey), *data[1:], strict=True))
    return lambda: all(key.verify(signature, message) for key, message, signature in items)


def pynacl_loop(data: Signed) -> Call:
    """A bad signature raises."""
    items = list(zip(parsed(data.keys, nacl.signing.VerifyKey), *data[1:], strict=True))

    def call() -> bool:
        for key, message, signature in items:
            key.verify(message, signature)
        return True

    return call


def reference_libraries(algorithm: str, data: Signed) -> Call:
    """What the public DIM stack verifies with: pycryptodome for RSA, ecdsa for ECC."""
    if algorithm == "ECDSA":
        return _ecdsa_loop(data)
    return _pycryptodome_loop(data)


def _pycryptodome_loop(data: Signed) -> Call:
    from Crypto.Hash import SHA256 as Digest
    from Crypto.PublicKey import RSA
    from Crypto.Signature import pkcs1_15

    items = list(zip(parsed(data.keys, RSA.import_key), *data[1:], strict=True))

    def call() -> bool:
        for key, message, signature in items:
            pkcs1_15.new(key).verify(Digest.new(message), signature)
        return True

    return call


def _ecdsa_loop(data: Signed) -> Call:
    from hashlib import sha256

    from ecdsa import SECP256k1, VerifyingKey
    from ecdsa.util import sigdecode_der

    def parse(key: bytes) -> Any:
        return VerifyingKey.from_string(key, curve=SECP256k1, hashfunc=sha256)

    items = list(zip(parsed(data.keys, parse), *data[1:], strict=True))
    return lambda: all(
        key.verify(signature, message, hashfunc=sha256, sigdecode=sigdecode_der)
        for key, message, signature in items
    )
