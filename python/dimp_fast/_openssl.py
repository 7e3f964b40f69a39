"""Whatever needs a secret, by ``cryptography``: private keys, AES (docs/semantics.md#key-5 to
#key-10), and RSA encryption beside them.

Imported when the first such key is made, for the library takes its time to load. Not here: the
spellings of keys; the signer of ECDSA, an operation of the tiers, with a library in each. Nothing
is computed on secret numbers, and no error of the library gets out: its text may say more than it
should.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from . import _dispatch
from .verdict import Code, DimError

_LEAST_COORDINATE = (1 << 247).to_bytes(32, "big")
_PKCS1V15_OVERHEAD = 11
_BLOCK_BITS = 128


class RsaKey:
    """RSA; ``secret`` is PKCS#1 DER."""

    algorithm: ClassVar[str] = "RSA"

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        numbers = key.public_key().public_numbers()
        self._modulus = numbers.n.to_bytes((key.key_size + 7) // 8, "big")
        self.spki = _spki(key)
        self.secret = key.private_bytes(
            Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )

    @classmethod
    def generate(cls, *, bits: int = 2048) -> RsaKey:
        with _offering("RSA"):
            return cls(rsa.generate_private_key(65537, bits))

    @classmethod
    def load(cls, secret: bytes) -> RsaKey:
        with _loading("RSA"):
            key: Any = load_der_private_key(secret, None)
            return cls(key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, PKCS1v15(), SHA256())

    def decrypt(self, ciphertext: bytes) -> bytes | None:
        # Of equal length, and compared with the modulus: the order of bytes is that of numbers.
        if len(ciphertext) != len(self._modulus) or ciphertext >= self._modulus:
            return None
        try:
            return self._key.decrypt(ciphertext, PKCS1v15())
        except ValueError:  # a library without implicit rejection
            return None

    def text(self) -> str:
        pem = self._key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        return pem.decode("ascii").strip()


class EccKey:
    """ECDSA on secp256k1; ``secret`` is the scalar in 32 bytes."""

    algorithm: ClassVar[str] = "ECC"

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.spki = _spki(key)
        self.secret = key.private_numbers().private_value.to_bytes(32, "big")
        self._signer: Any = None  # made for the first signature: many keys never sign

    @classmethod
    def generate(cls) -> EccKey:
        """Again and again until Java can read both coordinates; 1 key of 256 is thrown away."""
        while True:
            with _offering("secp256k1"):
                key = cls(ec.generate_private_key(ec.SECP256K1()))
            if min(key.spki[-64:-32], key.spki[-32:]) >= _LEAST_COORDINATE:
                return key

    @classmethod
    def load(cls, secret: bytes) -> EccKey:
        with _loading("secp256k1"):
            return cls(ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256K1()))

    def sign(self, message: bytes) -> bytes:
        if self._signer is None:
            self._signer = _dispatch.operation("EcdsaSigner")(self.secret)
        signature: bytes = self._signer.sign(message)
        return signature

    def text(self) -> str:
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return pem.decode("ascii").strip()


class Ed25519Key:
    """Ed25519; ``secret`` is the seed of 32 bytes."""

    algorithm: ClassVar[str] = "ED25519"

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        self._key = key
        self.spki = _spki(key)
        self.secret = key.private_bytes_raw()

    @classmethod
    def generate(cls) -> Ed25519Key:
        with _offering("Ed25519"):
            return cls(ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, secret: bytes) -> Ed25519Key:
        with _loading("Ed25519"):
            return cls(ed25519.Ed25519PrivateKey.from_private_bytes(secret))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def text(self) -> str:
        return self.secret.hex()


KINDS: dict[str, type[RsaKey | EccKey | Ed25519Key]] = {
    kind.algorithm: kind for kind in (RsaKey, EccKey, Ed25519Key)
}


def _spki(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def _offering(what: str) -> Iterator[None]:
    """OpenSSL may have been built without a curve or an algorithm."""
    try:
        yield
    except UnsupportedAlgorithm:
        reason = f"key: the OpenSSL of the installed cryptography has no {what}"
        raise DimError(Code.UNSUPPORTED, reason) from None


@contextmanager
def _loading(what: str) -> Iterator[None]:
    """Makes a refusal of whatever the library raises over a key, for it raises many things."""
    with _offering(what):
        try:
            yield
        except UnsupportedAlgorithm:
            raise
        except Exception:
            reason = f"key: {what} with numbers out of range or not of one key"
            raise DimError(Code.BAD_KEY, reason) from None


def rsa_encrypt(spki: bytes, plaintext: bytes) -> bytes:
    """One block of RSAES-PKCS1-v1_5."""
    key: Any = load_der_public_key(spki)
    most = (key.key_size + 7) // 8 - _PKCS1V15_OVERHEAD
    if len(plaintext) > most:
        raise ValueError(f"plaintext: at most {most} bytes for this key, not {len(plaintext)}")
    ciphertext: bytes = key.encrypt(plaintext, PKCS1v15())
    return ciphertext


def aes_encrypt(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """CBC with PKCS#7."""
    pad = block_padding.PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(pad.update(plaintext) + pad.finalize()) + encryptor.finalize()


def aes_decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes | None:
    """``None`` for a wrong length and for any wrong byte of the padding."""
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    unpad = block_padding.PKCS7(_BLOCK_BITS).unpadder()
    try:
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        return unpad.update(padded) + unpad.finalize()
    except ValueError:
        return None
