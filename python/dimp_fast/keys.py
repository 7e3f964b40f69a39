"""Public keys as the DIM network spells them (docs/semantics.md#key-1).

Not here: private keys, and whose key it is (``keyring``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _dispatch, registry
from ._checks import binary
from ._rules import is_true
from .verdict import Code, DimError

__all__ = ["PublicKey"]


class PublicKey:
    """A parsed public key: immutable, hashable, equal to every other spelling of the same key.

    Make one with :meth:`parse`. Instances may be shared between threads.
    """

    __slots__ = ("_algorithm", "_bits", "_canonical", "_compressed", "_handle")

    _algorithm: str
    _bits: int
    _canonical: bytes
    _compressed: bool
    _handle: Any

    def __init__(self) -> None:
        raise TypeError("use PublicKey.parse()")

    @classmethod
    def parse(cls, source: Mapping[str, Any] | str | bytes) -> PublicKey:
        """Parse a key in any spelling of the protocol.

        Args:
            source: a DIM mapping ``{"algorithm", "data", ...}``; PEM text, ``ssh-rsa`` text or a
                hex point as ``str``; DER or a SEC1 point as ``bytes``.

        Raises:
            DimError: ``BAD_KEY`` (broken, or not usable as a public key) or ``UNSUPPORTED`` (a
                known algorithm, curve or size that is not supported).
            TypeError: ``source`` is of another type.
        """
        compressed = False
        try:
            if isinstance(source, Mapping):
                algorithm, data = source.get("algorithm"), source.get("data")
                if not isinstance(algorithm, str) or not isinstance(data, str):
                    raise DimError(Code.BAD_KEY, "key: algorithm or data is missing")
                parsed = _dispatch.operation("parse_public_key_mapping")(algorithm, data)
                compressed = parsed[0] == "ECC" and is_true(source.get("compressed"))
            else:
                if not isinstance(source, str):
                    source = binary(source, "source")
                parsed = _dispatch.operation("parse_public_key")(source)
        except DimError:
            raise
        except ValueError as error:
            raise DimError(*error.args) from None
        algorithm, canonical, bits = parsed
        return cls._from_canonical(algorithm, canonical, bits, compressed)

    @classmethod
    def _from_canonical(
        cls, algorithm: str, canonical: bytes, bits: int, compressed: bool = False
    ) -> PublicKey:
        key = object.__new__(cls)
        key._algorithm = algorithm
        key._canonical = canonical
        key._bits = bits
        key._compressed = compressed
        key._handle = None
        return key

    @property
    def algorithm(self) -> str:
        """``"RSA"``, ``"ECC"``, ``"ED25519"``, or the first name of a registered algorithm."""
        return self._algorithm

    @property
    def bits(self) -> int:
        """Bits of the RSA modulus; 256 for ECC and Ed25519."""
        return self._bits

    @property
    def data(self) -> bytes:
        """The bytes that the protocol hashes (docs/semantics.md#key-4): RSA SubjectPublicKeyInfo
        DER, a 65-byte point (33 bytes when the mapping was ``compressed``), 32 bytes, or what a
        registered algorithm parsed."""
        if self._compressed:
            return bytes((2 + self._canonical[64] % 2,)) + self._canonical[1:33]
        return self._canonical

    @property
    def point(self) -> bytes:
        """The 65-byte uncompressed point of an ECC key; ``ValueError`` for other keys."""
        if self._algorithm != "ECC":
            raise ValueError(f"a key of {self._algorithm} is not a point of secp256k1")
        return self._canonical

    def to_dict(self) -> dict[str, Any]:
        """The DIM mapping in the spelling that every SDK reads.

        Raises:
            DimError: ``UNSUPPORTED``, an algorithm that is not registered any more.
        """
        return {"algorithm": self._algorithm, "data": self._text(), **self._details()}

    def _text(self) -> str:
        if self._algorithm == "RSA":
            return _pem(self._canonical)
        if self._algorithm in ("ECC", "ED25519"):
            return self._canonical.hex()
        row = registry.KEY_ALGORITHMS.get(self._algorithm)
        if row is None:
            raise DimError(Code.UNSUPPORTED, f"key: {self._algorithm} is not registered any more")
        return row.encode(self._canonical)

    def _details(self) -> dict[str, Any]:
        """What a mapping says beside algorithm and data, of this key or of its private half."""
        if self._algorithm == "RSA":
            size = (self._bits + 7) // 8
            return {"mode": "ECB", "padding": "PKCS1", "digest": "SHA256", "keySize": size}
        if self._algorithm == "ECC":
            details = {"curve": "secp256k1", "digest": "SHA256"}
            return details | {"compressed": 1} if self._compressed else details
        return {}

    def encrypt(self, plaintext: bytes) -> bytes:
        """One block of RSAES-PKCS1-v1_5 that :meth:`PrivateKey.decrypt` opens, as long as the
        modulus; two times the same plaintext give two blocks.

        Raises:
            DimError: ``UNSUPPORTED``, the key is not one of RSA.
            ValueError: ``plaintext`` is longer than the modulus minus 11 bytes.
        """
        if self._algorithm != "RSA":
            raise DimError(Code.UNSUPPORTED, f"key: {self._algorithm} keys do not encrypt")
        from ._openssl import rsa_encrypt

        return rsa_encrypt(self._canonical, binary(plaintext, "plaintext"))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over ``message``; ``False``, never an exception,
        for bad data. For many at once see :func:`dimp_fast.verify_batch`."""
        handle = self._verify_key()
        if handle is None:
            return False
        code: int = handle.verify(binary(message, "message"), binary(signature, "signature"))
        return code == int(Code.OK)

    def _verify_key(self) -> Any:
        """The handle of the tier in use; made on first use, and again when the tier changes.
        ``None`` when the algorithm is not registered any more."""
        kind = _dispatch.operation("VerifyKey")
        handle = self._handle
        if type(handle) is not kind:
            try:
                handle = kind(self._algorithm, self._canonical)
            except ValueError:
                return None
            self._handle = handle
        return handle

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PublicKey):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[str, bytes, bool]:
        return self._algorithm, self._canonical, self._compressed

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        arguments = (self._algorithm, self._canonical, self._bits, self._compressed)
        return PublicKey._from_canonical, arguments

    def __repr__(self) -> str:
        return f"<PublicKey {self._algorithm}, {self._bits} bits>"


def _pem(spki: bytes) -> str:
    from base64 import b64encode

    text = b64encode(spki).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----"])
