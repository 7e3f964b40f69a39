"""Private keys as the DIM network spells them (docs/semantics.md#key-5 to #key-7, #key-10).

Whatever needs the secret is done by ``cryptography``, but for ECDSA signatures, which libsecp256k1
makes where the Rust tier is there. Not here: how the spellings
are taken apart (``_private_forms``), and the keys that messages are encrypted with (``symmetric``).
"""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any, Protocol

from . import _dispatch, registry
from ._checks import binary, integer
from ._private_forms import Parts, from_der, from_text
from ._py import extension
from ._py.keys import ALGORITHMS, ECC, RSA
from ._rules import is_true
from ._secret import Secret
from .keys import PublicKey
from .verdict import Code, DimError

__all__ = ["PrivateKey", "ecdsa_nonce"]

MIN_GENERATED_BITS, MAX_GENERATED_BITS = 1024, 8192


class _Handle(Protocol):
    """A private key of one algorithm, ready for use."""

    @property
    def secret(self) -> bytes:
        """What makes two keys of one algorithm equal."""

    def sign(self, message: bytes) -> bytes: ...

    def text(self) -> str:
        """``data`` of a mapping."""


class PrivateKey(Secret):
    """A private key: immutable, equal to another that holds the same bytes (in constant time).

    Make one with :meth:`generate` or :meth:`parse`. Instances may be shared between threads. No
    ``repr``, error text or pickle holds the secret; :meth:`to_dict` gives it to who asks for it.
    """

    __slots__ = ("_handle", "_public_key")

    _handle: _Handle
    _public_key: PublicKey

    def __init__(self) -> None:
        raise TypeError("use PrivateKey.generate() or PrivateKey.parse()")

    @classmethod
    def generate(cls, algorithm: str = RSA, **options: Any) -> PrivateKey:
        """A new key; its randomness is the operating system's.

        Args:
            algorithm: ``"RSA"``, ``"ECC"`` (secp256k1), ``"ED25519"``, or a registered one.
            options: ``bits`` of an RSA modulus, 1024 to 8192, 2048 unless said (those take a
                tenth of a second, 8192 many seconds); what a registered algorithm wants.

        Raises:
            DimError: ``UNSUPPORTED``, an unknown algorithm.
            TypeError: an option that the algorithm does not have, or of a wrong type.
            ValueError: ``bits`` out of range.
        """
        if not isinstance(algorithm, str):
            raise TypeError(f"algorithm: str is wanted, not {type(algorithm).__name__}")
        row = registry.KEY_ALGORITHMS.get(algorithm)
        if row is not None:
            return _of_row(row, row.generate(**options))
        family = _family(algorithm)
        if family == RSA and "bits" in options:
            least, most = MIN_GENERATED_BITS, MAX_GENERATED_BITS
            options = options | {"bits": integer(options["bits"], "bits", least, most)}
        elif options:
            raise TypeError(f"{family}: no option {', '.join(options)}")
        from ._openssl import KINDS

        handle = KINDS[family].generate(**options)
        return cls._of(handle, PublicKey.parse(handle.spki))

    @classmethod
    def parse(cls, source: Mapping[str, Any] | str | bytes) -> PrivateKey:
        """Parse a key in any spelling of the protocol.

        Args:
            source: a DIM mapping ``{"algorithm", "data", ...}``; PEM text, also with the public
                key in front, or 64 hex digits (a scalar of ECC) as ``str``; DER as ``bytes``.

        Raises:
            DimError: ``BAD_KEY`` (broken, encrypted, or its parts do not belong together) or
                ``UNSUPPORTED`` (a known algorithm, curve or size that is not supported).
            TypeError: ``source`` is of another type.
        """
        if isinstance(source, Mapping):
            return cls._of_mapping(source)
        if isinstance(source, str):
            return cls._of_parts(from_text(source))
        return cls._of_parts(from_der(binary(source, "source")))

    @classmethod
    def _of_mapping(cls, source: Mapping[str, Any]) -> PrivateKey:
        algorithm, data = source.get("algorithm"), source.get("data")
        if not isinstance(algorithm, str) or not isinstance(data, str):
            raise DimError(Code.BAD_KEY, "key: algorithm or data is missing")
        row = registry.KEY_ALGORITHMS.get(algorithm)
        if row is not None:
            return _parse_registered(row, data)
        family = _family(algorithm)
        parts = from_text(data, family)
        if parts.algorithm != family:
            raise DimError(
                Code.BAD_KEY, f"key: labelled {family}, but it is a key of {parts.algorithm}"
            )
        return cls._of_parts(parts, family == ECC and is_true(source.get("compressed")))

    @classmethod
    def _of_parts(cls, parts: Parts, compressed: bool = False) -> PrivateKey:
        from ._openssl import KINDS

        handle = KINDS[parts.algorithm].load(parts.secret)
        public_key = PublicKey.parse(handle.spki)
        for carried in parts.carried:
            if not _spells(carried, public_key):
                raise DimError(Code.BAD_KEY, "key: the public key beside it is of another key")
        if compressed:
            public_key = PublicKey._from_canonical(
                ECC, public_key.point, public_key.bits, compressed
            )
        return cls._of(handle, public_key)

    @classmethod
    def _of(cls, handle: _Handle, public_key: PublicKey) -> PrivateKey:
        key = object.__new__(cls)
        key._handle = handle
        key._public_key = public_key
        return key

    @property
    def algorithm(self) -> str:
        """``"RSA"``, ``"ECC"``, ``"ED25519"``, or the first name of a registered algorithm."""
        return self._public_key.algorithm

    @property
    def bits(self) -> int:
        """Bits of the RSA modulus; 256 for ECC and Ed25519."""
        return self._public_key.bits

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message``, before hashing, in the form that :meth:`PublicKey.verify`
        reads: PKCS#1 v1.5 with SHA-256, strict DER ECDSA over SHA-256 with a low S, or 64 bytes of
        Ed25519. libsecp256k1 lets go of the GIL; the other libraries hold it."""
        return self._handle.sign(binary(message, "message"))

    def decrypt(self, ciphertext: bytes) -> bytes | None:
        """What :meth:`PublicKey.encrypt` hid, or ``None`` (docs/semantics.md#key-10).

        Bytes that nobody encrypted give ``None`` or bytes without meaning: never tell a peer which
        of the two it was.

        Raises:
            DimError: ``UNSUPPORTED``, the key is not one of RSA.
        """
        if self.algorithm != RSA:
            raise DimError(Code.UNSUPPORTED, f"key: {self.algorithm} keys do not decrypt")
        handle: Any = self._handle
        plaintext: bytes | None = handle.decrypt(binary(ciphertext, "ciphertext"))
        return plaintext

    def to_dict(self, *, secret: bool = False) -> dict[str, Any]:
        """The DIM mapping, secret and all, in the spelling that every SDK reads.

        Raises:
            ValueError: without ``secret=True``.
        """
        self._need_consent(secret)
        mapping: dict[str, Any] = {"algorithm": self.algorithm, "data": self._handle.text()}
        return mapping | self._public_key._details()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PrivateKey):
            return NotImplemented
        return self._public_key == other._public_key and compare_digest(
            self._handle.secret, other._handle.secret
        )

    def __hash__(self) -> int:
        return hash(self._public_key)

    def __repr__(self) -> str:
        return f"<PrivateKey {self.algorithm}, {self.bits} bits>"


def ecdsa_nonce() -> str:
    """Where the nonce of ECDSA signatures comes from: ``"RFC 6979"``, or ``"random"`` where OpenSSL
    signs and that of ``cryptography`` is older than 3.2."""
    if _dispatch.current().select("ecdsa_signer").tier == _dispatch.RUST:
        return "RFC 6979"
    from ._py.signing import ecdsa

    return "RFC 6979" if ecdsa().deterministic_signing else "random"


def _family(algorithm: str) -> str:
    built_in = ALGORITHMS.get(algorithm)
    if built_in is None:
        # Not quoted: where fields were swapped, it is the secret.
        raise DimError(Code.UNSUPPORTED, "key: unknown algorithm")
    return built_in[0]


def _spells(source: Mapping[str, Any] | str | bytes, key: PublicKey) -> bool:
    try:
        return PublicKey.parse(source) == key
    except DimError:
        return False


class _RegisteredKey(Secret):
    """A secret of an algorithm from outside."""

    __slots__ = ("_row", "secret")

    def __init__(self, row: registry.KeyAlgorithm, secret: bytes) -> None:
        self._row = row
        self.secret = secret

    def sign(self, message: bytes) -> bytes:
        return self._row.sign(self.secret, message)

    def text(self) -> str:
        return self._row.encode_private(self.secret)


def _of_row(row: registry.KeyAlgorithm, secret: bytes) -> PrivateKey:
    if not isinstance(secret, bytes):
        raise TypeError(f"{row.names[0]}: a secret is bytes, not {type(secret).__name__}")
    public = row.encode(row.public(secret))
    public_key = PublicKey.parse({"algorithm": row.names[0], "data": public})
    return PrivateKey._of(_RegisteredKey(row, secret), public_key)


def _parse_registered(row: registry.KeyAlgorithm, data: str) -> PrivateKey:
    if type(row).parse_private is registry.KeyAlgorithm.parse_private:
        raise row._no_private_keys()
    key = extension.ask(row, _open, data)
    if key is None:
        raise DimError(Code.BAD_KEY, f"key: not a private key of {row.names[0]}")
    return key


def _open(row: registry.KeyAlgorithm, data: str) -> PrivateKey:
    try:
        return _of_row(row, row.parse_private(data))
    except ValueError:
        raise
    except Exception as error:
        # It will be reported: where it happened, but not its text, which may quote the secret.
        mistake = RuntimeError(f"{type(error).__name__} while a private key was parsed")
        mistake.__traceback__ = error.__traceback__
    raise mistake  # outside of the handler: the first error is not to hang on to this one
