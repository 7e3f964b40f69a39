"""Signature verification of the Python tier (docs/semantics.md#sig-1 to #ed25519-2).

On OpenSSL (through ``cryptography``) and libsodium (through ``pynacl``), behind checks that make
their edges ours. RSA sizes that OpenSSL's binding refuses are computed here: all data is public.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from .. import registry
from ..verdict import Code
from . import der, extension, keys

MAX_LOST_ZEROS = 8
"""How many leading zero bytes an RSA signature may lack on the wire (WIRE-1)."""

# DigestInfo of SHA-256 with NULL parameters (RFC 8017 section 9.2, note 1).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class Verifier(NamedTuple):
    """What a key can do."""

    verify: Callable[[bytes, bytes], Code]
    bits: int
    modulus_size: int = 0
    """The bytes that a signature on the wire is padded to (WIRE-1); 0 for none."""


class VerifyKey:
    """A parsed public key, made from canonical data (``keys.parse_public_key``)."""

    __slots__ = ("_modulus_size", "_verify", "algorithm", "bits", "data")

    def __init__(self, algorithm: str, data: bytes) -> None:
        make = VERIFIERS.get(algorithm)
        row = registry.KEY_ALGORITHMS.get(algorithm)
        if make is not None:
            verifier = make(data)
        elif row is not None:
            verifier = _registered_verifier(row, data)
        else:
            raise ValueError(f"no such algorithm: {algorithm}")
        self.algorithm = algorithm
        self.data = data
        self._verify, self.bits, self._modulus_size = verifier

    def verify(self, message: bytes, signature: bytes) -> Code:
        """Strict: an RSA signature has exactly the length of the modulus."""
        return self._verify(message, signature)

    def verify_wire(self, message: bytes, signature: bytes) -> Code:
        """WIRE-1: an RSA signature may have lost a few leading zeros."""
        if len(signature) + MAX_LOST_ZEROS < self._modulus_size:
            return Code.BAD_SIGNATURE
        return self._verify(message, signature.rjust(self._modulus_size, b"\0"))

    def __repr__(self) -> str:
        return f"<VerifyKey {self.algorithm}>"


def expect_batch(count: int, threads: int) -> None:
    """There are no threads to wake in this tier."""


def verify_batch(
    verify_keys: Sequence[VerifyKey | None] | VerifyKey,
    messages: Sequence[bytes],
    signatures: Sequence[bytes],
    threads: int,
) -> bytes:
    """One code an item. This tier stays on the calling thread whatever ``threads`` says."""
    if isinstance(verify_keys, VerifyKey):
        verify_keys = [verify_keys] * len(messages)
    return bytes(
        Code.BAD_KEY if key is None else key.verify(message, signature)
        for key, message, signature in zip(verify_keys, messages, signatures, strict=True)
    )


def _rsa_verifier(data: bytes) -> Verifier:
    modulus, exponent = keys.rsa_numbers(data)
    bits = modulus.bit_length()
    return Verifier(_rsa_verify(modulus, exponent), bits, (bits + 7) // 8)


def _rsa_verify(modulus: int, exponent: int) -> Callable[[bytes, bytes], Code]:
    size = (modulus.bit_length() + 7) // 8
    padding = b"\x00\x01" + b"\xff" * (size - 3 - len(_DIGEST_INFO) - 32) + b"\x00" + _DIGEST_INFO

    def verify(message: bytes, signature: bytes) -> Code:
        if len(signature) != size:
            return Code.BAD_SIGNATURE_ENCODING
        number = int.from_bytes(signature, "big")
        if number >= modulus:
            return Code.BAD_SIGNATURE
        encoded = pow(number, exponent, modulus).to_bytes(size, "big")
        return Code.OK if encoded == padding + sha256(message).digest() else Code.BAD_SIGNATURE

    if modulus.bit_length() < 1024:
        return verify  # OpenSSL's binding draws its line at 1024 bits

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding as paddings
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key = RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return verify  # a size or exponent that this OpenSSL does not take
    scheme, digest = paddings.PKCS1v15(), SHA256()

    def verify_openssl(message: bytes, signature: bytes) -> Code:
        if len(signature) != size:
            return Code.BAD_SIGNATURE_ENCODING
        try:
            key.verify(signature, message, scheme, digest)
        except InvalidSignature:
            return Code.BAD_SIGNATURE
        return Code.OK

    return verify_openssl


def _ecdsa_verifier(point: bytes) -> Verifier:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), point)
    scheme = ec.ECDSA(SHA256())

    def verify(message: bytes, signature: bytes) -> Code:
        if not is_strict_ecdsa(signature):
            return Code.BAD_SIGNATURE_ENCODING
        try:
            key.verify(signature, message, scheme)
        except InvalidSignature:
            return Code.BAD_SIGNATURE
        return Code.OK

    return Verifier(verify, keys.POINT_BITS)


def is_strict_ecdsa(signature: bytes) -> bool:
    """ECDSA-1: strict DER with r and s in 1..n-1."""
    try:
        outer = der.Reader(signature)
        pair = outer.sequence()
        outer.expect_end()
        r, s = pair.unsigned(), pair.unsigned()
        pair.expect_end()
    except der.NotDer:
        return False
    return 0 < r < SECP256K1_ORDER and 0 < s < SECP256K1_ORDER


def _ed25519_verifier(data: bytes) -> Verifier:
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey as SodiumKey

    key = SodiumKey(data)

    def verify(message: bytes, signature: bytes) -> Code:
        if len(signature) != 64:
            return Code.BAD_SIGNATURE_ENCODING
        try:
            key.verify(message, signature)
        except BadSignatureError:
            return Code.BAD_SIGNATURE
        return Code.OK

    return Verifier(verify, keys.POINT_BITS)


def _registered_verifier(row: registry.KeyAlgorithm, data: bytes) -> Verifier:
    def verify(message: bytes, signature: bytes) -> Code:
        sound = extension.ask(row, _verify_as, data, message, signature)
        return Code.OK if sound else Code.BAD_SIGNATURE

    return Verifier(verify, keys.registered_bits(row, data))


def _verify_as(row: registry.KeyAlgorithm, data: bytes, message: bytes, signature: bytes) -> bool:
    sound = row.verify(data, message, signature)
    if not isinstance(sound, bool):
        raise TypeError(f"verify: bool is wanted, not {type(sound).__name__}")
    return sound


VERIFIERS = {
    keys.RSA: _rsa_verifier,
    keys.ECC: _ecdsa_verifier,
    keys.ED25519: _ed25519_verifier,
}
"""The built-in families; `registry.KEY_ALGORITHMS` has the others."""
