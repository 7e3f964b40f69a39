"""Keys: RSA, ECC and AES of the reference, served by PublicKey, PrivateKey and SymmetricKey.

What a key is, is said by docs/semantics.md: real RSA verification (D1, D33), the size of the
modulus and not of a field (D20), secp256k1 and no other curve (D21), the whole padding (D10), one
answer for everything that does not decrypt (D32). A mapping that is no key parses to ``None``
(D22). Parsed public keys are held, by their text, in a bounded cache; secrets stay in their object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ... import PrivateKey, PublicKey, SymmetricKey
from ..._rules import is_true
from ...verdict import DimError
from .._families import Family
from .._patches import Patches
from ._factories import replace

__all__ = ["cache_info", "install", "parse_public"]

MAX_CACHED = 16384
"""Public keys held: some 2 KiB each, text and all."""

MAX_CACHED_TEXT = 4096
"""A longer text, which no key of 8192 bits needs, is not held."""

MISSING_ZEROS = 8
"""Leading zero bytes that a signature on the wire may lack (docs/semantics.md#wire-1)."""

RSA_NAMES = ("RSA", "SHA256withRSA", "RSA/ECB/PKCS1Padding")
ECC_NAMES = ("ECC", "SHA256withECDSA")
AES_NAMES = ("AES", "AES/CBC/PKCS7Padding")


def parse_public(info: Mapping[str, Any]) -> PublicKey | None:
    """The public key of a DIM mapping; ``None`` when it is none."""
    algorithm, data = info.get("algorithm"), info.get("data")
    if not isinstance(algorithm, str) or not isinstance(data, str):
        return None
    parse = _public if len(data) <= MAX_CACHED_TEXT else _public.__wrapped__
    return parse(algorithm, data, is_true(info.get("compressed")))


def cache_info() -> Any:
    """Hits, misses and size of the cache of public keys."""
    return _public.cache_info()


@lru_cache(MAX_CACHED)
def _public(algorithm: str, data: str, compressed: bool) -> PublicKey | None:
    try:
        return PublicKey.parse({"algorithm": algorithm, "data": data, "compressed": compressed})
    except DimError:
        return None


def _plain_data(binary: bytes) -> Any:
    from dimp import PlainData

    create = getattr(PlainData, "create_with_bytes", None) or PlainData.create
    return create(binary=binary)


class _Key:
    """What a class of the reference brings."""

    if TYPE_CHECKING:

        def __init__(self, key: Mapping[str, Any]) -> None: ...

        def to_map(self) -> MutableMapping[str, Any]: ...


class PublicKeyMixin(_Key):
    """A public key of the reference. What its mapping says now counts: it can be changed."""

    @property
    def usable(self) -> PublicKey:
        """Itself, in our terms.

        Raises:
            ValueError: it is none; the factories make no such key.
        """
        key = parse_public(self.to_map())
        if key is None:
            raise ValueError("this mapping is no public key")
        return key

    @property
    def data(self) -> Any:
        """What the protocol hashes, as transportable data."""
        return _plain_data(self.usable.data)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """As docs/semantics.md#sig-1 says, with the padding of #wire-1; never an exception."""
        key = parse_public(self.to_map())
        if key is None or not isinstance(data, bytes) or not isinstance(signature, bytes):
            return False
        if key.algorithm == "RSA":
            size = (key.bits + 7) // 8
            if 0 < size - len(signature) <= MISSING_ZEROS:
                signature = signature.rjust(size, b"\0")
        return key.verify(data, signature)


class RSAPublicKeyMixin(PublicKeyMixin):
    """An RSA public key of the reference."""

    def encrypt(self, plaintext: bytes, extra: MutableMapping[str, Any] | None = None) -> bytes:
        return self.usable.encrypt(plaintext)


class PrivateKeyMixin(_Key):
    """A private key of the reference; parsed once, and held in the object only."""

    if TYPE_CHECKING:
        _dimp_fast: PrivateKey
        _public: Any
        _public_half: type

    @property
    def usable(self) -> PrivateKey:
        """Itself, in our terms.

        Raises:
            DimError: it is none; the factories make no such key.
        """
        try:
            return self._dimp_fast
        except AttributeError:
            self._dimp_fast = PrivateKey.parse(self.to_map())
            return self._dimp_fast

    @property
    def data(self) -> Any:
        """PKCS#1 DER or the scalar, as transportable data."""
        return _plain_data(self.usable._handle.secret)

    @property
    def public_key(self) -> Any:
        """The public half, in the spelling that every SDK reads; one object, as in dimples, which
        writes into it."""
        try:
            return self._public
        except AttributeError:
            self._public = self._public_half(self.usable.public_key.to_dict())
            return self._public

    def sign(self, data: bytes) -> bytes:
        return self.usable.sign(data)

    @classmethod
    def _generated(cls, algorithm: str, **options: Any) -> Any:
        key = PrivateKey.generate(algorithm, **options)
        made = cls(key.to_dict(secret=True))
        made._dimp_fast = key
        return made


class RSAPrivateKeyMixin(PrivateKeyMixin):
    """An RSA private key of the reference; generated with 2048 bits unless said."""

    @classmethod
    def new_key(cls, bits: int = 2048) -> Any:
        return cls._generated("RSA", bits=bits)

    def decrypt(self, ciphertext: bytes, params: Mapping[str, Any] | None = None) -> bytes | None:
        """The plaintext, or ``None`` for whatever is wrong."""
        return self.usable.decrypt(ciphertext)


class ECCPrivateKeyMixin(PrivateKeyMixin):
    """An ECC private key of the reference."""

    @classmethod
    def new_key(cls, curve_name: str = "secp256k1") -> Any:
        return cls._generated("ECC")


class AESKeyMixin(_Key):
    """An AES key of the reference."""

    if TYPE_CHECKING:
        _dimp_fast: SymmetricKey

    @property
    def usable(self) -> SymmetricKey:
        """Itself, in our terms; ``DimError`` when it is none: the factories make no such key."""
        try:
            return self._dimp_fast
        except AttributeError:
            self._dimp_fast = SymmetricKey.parse(self.to_map())
            return self._dimp_fast

    @classmethod
    def new_key(cls, size: int = 32) -> Any:
        key = SymmetricKey.generate(bits=8 * size)
        made = cls(key.to_dict(secret=True))
        made._dimp_fast = key
        return made

    def encrypt(self, plaintext: bytes, extra: MutableMapping[str, Any] | None = None) -> bytes:
        return self.usable.encrypt(plaintext, extra)

    def decrypt(self, ciphertext: bytes, params: Mapping[str, Any] | None = None) -> bytes | None:
        """The plaintext, or ``None`` for whatever is wrong; the padding is checked in full."""
        return self.usable.decrypt(ciphertext, params)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AESKeyMixin):
            return self.usable == other.usable  # in constant time
        return bool(super().__eq__(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class _Factory:
    """A factory that makes keys of one class, and none of a mapping that is none."""

    if TYPE_CHECKING:
        _makes: type[Any]

    def _parsed(self, key: Mapping[str, Any]) -> Any:
        if key.get("data") is None or key.get("algorithm") is None:
            return None
        made = self._makes(key)
        try:
            made.usable  # noqa: B018 - parses
        except (ValueError, TypeError):
            return None
        return made


class PublicKeyFactoryMixin(_Factory):
    """Makes public keys."""

    def parse_public_key(self, key: Mapping[str, Any]) -> Any:
        return self._parsed(key)


class PrivateKeyFactoryMixin(_Factory):
    """Makes private keys; dimples' own says in new ones when they were made."""

    def generate_private_key(self) -> Any:
        key = self._makes.new_key()
        mark: Callable[..., None] | None = getattr(self, "_set_created_time", None)
        if mark is not None:
            mark(key=key)
            mark(key=key.public_key)
        return key

    def parse_private_key(self, key: Mapping[str, Any]) -> Any:
        return self._parsed(key)


class AESKeyFactoryMixin(_Factory):
    """Makes AES keys."""

    def generate_symmetric_key(self) -> Any:
        return self._makes.new_key()

    def parse_symmetric_key(self, key: Mapping[str, Any]) -> Any:
        return self._parsed(key)


def install(patches: Patches, family: Family) -> None:
    import dimp

    # Keys that were parsed before keep their class; at least they accept no forgery any more.
    patches.attribute(family.get("RSAPublicKey"), "verify", lambda _: PublicKeyMixin.verify)
    extensions = dimp.shared_crypto_extensions
    if getattr(extensions, "public_helper", None) is None:
        return
    rsa_public = family.subclass(RSAPublicKeyMixin, "RSAPublicKey")
    ecc_public = family.subclass(PublicKeyMixin, "ECCPublicKey")
    rsa_private = family.subclass(RSAPrivateKeyMixin, "RSAPrivateKey")
    ecc_private = family.subclass(ECCPrivateKeyMixin, "ECCPrivateKey")
    rsa_private._public_half, ecc_private._public_half = rsa_public, ecc_public
    aes = family.subclass(AESKeyMixin, "AESKey")
    public, private = PublicKeyFactoryMixin, PrivateKeyFactoryMixin
    for holder, names, reference, mixin, makes in (
        (dimp.PublicKey, RSA_NAMES, "RSAPublicKeyFactory", public, rsa_public),
        (dimp.PublicKey, ECC_NAMES, "ECCPublicKeyFactory", public, ecc_public),
        (dimp.PrivateKey, RSA_NAMES, "RSAPrivateKeyFactory", private, rsa_private),
        (dimp.PrivateKey, ECC_NAMES, "ECCPrivateKeyFactory", private, ecc_private),
        (dimp.SymmetricKey, AES_NAMES, "AESKeyFactory", AESKeyFactoryMixin, aes),
    ):
        make = _replacing(family, reference, mixin, makes)
        replace(patches, holder, "algorithm", names, make)


def _replacing(family: Family, reference: str, mixin: type, makes: type) -> Callable[[Any], Any]:
    """What to put in the place of a factory: the same with ``mixin`` in front. One that is not the
    reference's stays."""

    def make(there: Any) -> Any:
        if not isinstance(there, family.get(reference)) or isinstance(there, mixin):
            return there
        factory = family.subclass(mixin, type(there))()
        factory._makes = makes
        return factory

    return make
