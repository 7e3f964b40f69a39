"""Signature verification of the Python tier (docs/semantics.md#sig-1 to #ed25519-2).

On OpenSSL (through ``cryptography``) and libsodium (through ``pynacl``), behind checks that make
their edges ours. RSA sizes that OpenSSL's binding refuses are computed here: all data is public.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from ..verdict import Code
from . import der, keys

MAX_LOST_ZEROS = 8
"""How many leading zero bytes an RSA signature may lack on the wire (WIRE-1)."""

# DigestInfo of SHA-256 with NULL parameters (RFC 8017 section 9.2, note 1).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class VerifyKey:
    """A parsed public key, made from canonical data (``keys.parse_public_key``)."""

    __slots__ = ("_modulus_size", "_verify", "algorithm", "data")

    def __init__(self, algorithm: str, data: bytes) -> None:
        self.algorithm = algorithm
        self.data = data
        self._modulus_size = 0
        self._verify: Callable[[bytes, bytes], Code]
        if algorithm == keys.RSA:
            modulus, exponent = keys.rsa_numbers(data)
            self._modulus_size = (modulus.bit_length() + 7) // 8
            self._verify = _rsa_verifier(modulus, exponent)
        elif algorithm == keys.ECC:
            self._verify = _ecdsa_verifier(data)
        elif algorithm == keys.ED25519:
            self._verify = _ed25519_verifier(data)
        else:
            raise ValueError(f"no such algorithm: {algorithm}")

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


def _rsa_verifier(modulus: int, exponent: int) -> Callable[[bytes, bytes], Code]:
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


def _ecdsa_verifier(point: bytes) -> Callable[[bytes, bytes], Code]:
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

    return verify


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
    return 0 < r < _SECP256K1_ORDER and 0 < s < _SECP256K1_ORDER


def _ed25519_verifier(data: bytes) -> Callable[[bytes, bytes], Code]:
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

    return verify
