"""The keys that messages are encrypted with: AES, PLAIN, passwords (docs/semantics.md#key-8,
#key-9).

Not here: who gets the key of a message, and how it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from hmac import compare_digest
from os import urandom
from typing import Any

from ._checks import binary, integer, text
from ._py import base64
from ._secret import Secret
from .verdict import Code, DimError

__all__ = ["SymmetricKey"]

AES, PLAIN = "AES", "PLAIN"
ALGORITHMS = {"AES": AES, "AES/CBC/PKCS7Padding": AES, "PLAIN": PLAIN}
_AES_SIZES = (16, 24, 32)
_PASSWORD_SIZE = 32
_IV_SIZE = 16
_ZERO_IV = bytes(_IV_SIZE)
"""What old senders used, and did not say."""


class SymmetricKey(Secret):
    """A key that encrypts and decrypts: immutable, equal to another that holds the same bytes (in
    constant time), not hashable.

    Make one with :meth:`generate`, :meth:`parse` or :meth:`from_password`. Instances may be shared
    between threads. No ``repr``, error text or pickle holds the secret; :meth:`to_dict` gives it
    to who asks for it.
    """

    __slots__ = ("_algorithm", "_iv", "_read_only", "_secret")

    _algorithm: str
    _iv: bytes | None
    _read_only: bool
    _secret: bytes

    def __init__(self) -> None:
        raise TypeError("use SymmetricKey.generate(), parse() or from_password()")

    @classmethod
    def generate(cls, algorithm: str = AES, *, bits: int = 256) -> SymmetricKey:
        """A new key; its randomness is the operating system's.

        Args:
            algorithm: ``"AES"``, or ``"PLAIN"``, which changes nothing and has no secret.
            bits: of an AES key: 128, 192 or 256.

        Raises:
            DimError: ``UNSUPPORTED``, an unknown algorithm.
            ValueError: ``bits`` is none of the three.
        """
        if not isinstance(algorithm, str):
            raise TypeError(f"algorithm: str is wanted, not {type(algorithm).__name__}")
        if _family(algorithm) == PLAIN:
            return cls._of(PLAIN, b"")
        size, rest = divmod(integer(bits, "bits", 128, 256), 8)
        if rest or size not in _AES_SIZES:
            raise ValueError(f"bits: 128, 192 or 256 is wanted, not {bits}")
        return cls._of(AES, urandom(size))

    @classmethod
    def parse(cls, source: Mapping[str, Any]) -> SymmetricKey:
        """Parse a DIM mapping ``{"algorithm", "data", ...}``, maybe with an ``iv``.

        A mapping of 2018 with a ``passphrase`` instead of ``data`` gives a key that decrypts and
        does nothing else.

        Raises:
            DimError: ``BAD_KEY`` or ``UNSUPPORTED`` (an unknown algorithm).
            TypeError: ``source`` is no mapping.
        """
        if not isinstance(source, Mapping):
            raise TypeError(f"source: a mapping is wanted, not {type(source).__name__}")
        algorithm = source.get("algorithm")
        if not isinstance(algorithm, str):
            raise DimError(Code.BAD_KEY, "key: algorithm is missing")
        if _family(algorithm) == PLAIN:
            return cls._of(PLAIN, b"")
        data = source.get("data")
        if data is None:
            return cls._of(AES, _of_passphrase(source.get("passphrase")), read_only=True)
        secret = _decoded(data, _AES_SIZES)
        if secret is None:
            raise DimError(Code.BAD_KEY, "key: data is not base64 of 16, 24 or 32 bytes")
        written = _first(source, "iv", "IV")
        iv = _decoded(written, (_IV_SIZE,))
        if iv is None and written is not None:
            raise DimError(Code.BAD_KEY, "key: iv is not base64 of 16 bytes")
        return cls._of(AES, secret, iv)

    @classmethod
    def from_password(cls, password: str) -> SymmetricKey:
        """The AES key of 32 bytes that the reference makes of a password.

        It is a hash at most, of any speed: choose a password that nobody can guess.

        Raises:
            ValueError: the password has lone surrogates.
        """
        from hashlib import sha256

        secret = _utf8(text(password, "password"))
        if secret is None:
            raise ValueError("password: a lone surrogate is no text")
        digest = sha256(secret).digest()
        missing = _PASSWORD_SIZE - len(secret)
        if missing > 0:
            secret = digest[:missing] + secret
        elif missing < 0:
            secret = digest
        return cls._of(AES, secret)

    @classmethod
    def _of(
        cls, algorithm: str, secret: bytes, iv: bytes | None = None, *, read_only: bool = False
    ) -> SymmetricKey:
        key = object.__new__(cls)
        key._algorithm = algorithm
        key._secret = secret
        key._iv = iv
        key._read_only = read_only
        return key

    @property
    def algorithm(self) -> str:
        """``"AES"`` or ``"PLAIN"``."""
        return self._algorithm

    @property
    def bits(self) -> int:
        """128, 192 or 256; 0 for PLAIN."""
        return 8 * len(self._secret)

    @property
    def digest(self) -> str:
        """What a message says of a key that is used again instead of sending it: 8 characters of
        base64. It tells 48 bits of a hash of the key to whoever reads the message."""
        from hashlib import md5

        return base64.encode(md5(self._secret, usedforsecurity=False).digest()[:6])

    def encrypt(self, plaintext: bytes, extra: MutableMapping[str, Any] | None = None) -> bytes:
        """AES-CBC with PKCS#7; PLAIN gives ``plaintext`` back.

        Args:
            plaintext: of any length.
            extra: the message that the ciphertext goes into. Its ``IV`` or ``iv`` is used when it
                has one, else that of the key, else a fresh one, which is put into it as ``IV``.

        Raises:
            DimError: ``UNSUPPORTED``, a passphrase key of 2018: it only decrypts.
            ValueError: there is no IV and no ``extra`` to put a fresh one into, or the IV in
                ``extra`` is not base64 of 16 bytes.
        """
        plaintext = binary(plaintext, "plaintext")
        _check_mapping(extra)
        if self._algorithm == PLAIN:
            return plaintext
        self._need_writable()
        from ._openssl import aes_encrypt

        iv = self._iv_for(extra)
        if iv is None:
            if extra is None:
                raise ValueError("extra: needed, for a fresh IV has to go into the message")
            iv = urandom(_IV_SIZE)
            extra["IV"] = base64.encode(iv)
        elif not iv:
            raise ValueError("extra: its IV is not base64 of 16 bytes")
        return aes_encrypt(self._secret, iv, plaintext)

    def decrypt(self, ciphertext: bytes, extra: Mapping[str, Any] | None = None) -> bytes | None:
        """The plaintext, or ``None`` for anything wrong: length, IV, any byte of the padding.

        Nothing proves that the plaintext is the one that was encrypted: the signature of the
        message does. Verify it first.

        Args:
            ciphertext: whole blocks.
            extra: the message that it came in, for its ``IV`` or ``iv``. Without one there and in
                the key it is 16 zero bytes, as old senders had it.
        """
        ciphertext = binary(ciphertext, "ciphertext")
        _check_mapping(extra)
        if self._algorithm == PLAIN:
            return ciphertext
        from ._openssl import aes_decrypt

        iv = self._iv_for(extra)
        if iv is None:
            iv = _ZERO_IV
        return aes_decrypt(self._secret, iv, ciphertext) if iv else None

    def _iv_for(self, extra: Mapping[str, Any] | None) -> bytes | None:
        """The IV of the message, else of the key; ``None``: none; empty: one that is wrong."""
        written = None if extra is None else _first(extra, "IV", "iv")
        if written is None:
            return self._iv
        return _decoded(written, (_IV_SIZE,)) or b""

    def to_dict(self, *, secret: bool = False) -> dict[str, Any]:
        """The DIM mapping, secret and all.

        Raises:
            DimError: ``UNSUPPORTED``, a passphrase key of 2018: it is not written any more.
            ValueError: without ``secret=True``.
        """
        self._need_consent(secret)
        if self._algorithm == PLAIN:
            return {"algorithm": PLAIN}
        self._need_writable()
        mapping = {"algorithm": AES, "data": base64.encode(self._secret)}
        if self._iv is not None:
            mapping["iv"] = base64.encode(self._iv)
        return mapping

    def _need_writable(self) -> None:
        if self._read_only:
            raise DimError(Code.UNSUPPORTED, "key: a passphrase key of 2018 only decrypts")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SymmetricKey):
            return NotImplemented
        return self._algorithm == other._algorithm and compare_digest(self._secret, other._secret)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<SymmetricKey {self._algorithm}, {self.bits} bits>"


def _family(algorithm: str) -> str:
    family = ALGORITHMS.get(algorithm)
    if family is None:
        raise DimError(Code.UNSUPPORTED, "key: unknown algorithm")
    return family


def _of_passphrase(passphrase: object) -> bytes:
    secret = _utf8(passphrase) if isinstance(passphrase, str) else None
    if secret is None or len(secret) > _PASSWORD_SIZE:
        raise DimError(Code.BAD_KEY, "key: neither data nor a passphrase of at most 32 bytes")
    return secret.ljust(_PASSWORD_SIZE, b"\0")


def _utf8(secret: str) -> bytes | None:
    """``None`` for lone surrogates. The error of the codec would carry the whole text."""
    try:
        return secret.encode("utf-8")
    except UnicodeEncodeError:
        return None


def _first(mapping: Mapping[str, Any], *names: str) -> Any:
    return next((value for name in names if (value := mapping.get(name)) is not None), None)


def _decoded(value: object, sizes: tuple[int, ...]) -> bytes | None:
    """Transportable data (BASE64-2) of one of some sizes."""
    data = base64.decode_transportable(value) if isinstance(value, str) else None
    return data if data is not None and len(data) in sizes else None


def _check_mapping(extra: object) -> None:
    if extra is not None and not isinstance(extra, Mapping):
        raise TypeError(f"extra: a mapping or None is wanted, not {type(extra).__name__}")
