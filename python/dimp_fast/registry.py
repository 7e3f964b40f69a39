"""Key algorithms, address types and meta types from outside the package (docs/extending.md).

One call registers one: ``register(MyAlgorithm())``. What is built in has its rows in the tables of
the tiers and cannot be replaced (docs/semantics.md#ext-1). Register before anything is parsed that
needs it, from one thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import ModuleType
from typing import Any

from .verdict import Code, DimError

__all__ = ["AddressType", "KeyAlgorithm", "MetaType", "register", "unregister"]


class KeyAlgorithm(ABC):
    """A signature algorithm. Methods may be called from any thread, several at once."""

    names: tuple[str, ...] = ()
    """What ``algorithm`` of a key mapping may say; the first is ``PublicKey.algorithm``."""

    @abstractmethod
    def parse(self, data: str) -> bytes:
        """The canonical bytes of the public key that ``data`` of a mapping spells: what the
        protocol hashes, and what makes two keys equal. ``ValueError`` (``BAD_KEY``) for others."""

    @abstractmethod
    def bits(self, key: bytes) -> int:
        """The size of a key, by canonical bytes."""

    @abstractmethod
    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the signature is that key's over the message; ``False`` for anything wrong."""

    def encode(self, key: bytes) -> str:
        """``data`` of a mapping for a public key, such that :meth:`parse` gives ``key`` again."""
        return key.hex()

    # Private keys, for those who want to sign too; without these methods the algorithm verifies
    # only. A secret is bytes that mean something to the algorithm alone.

    def generate(self, **options: Any) -> bytes:
        """A new secret; its randomness comes from the operating system."""
        raise self._no_private_keys()

    def parse_private(self, data: str) -> bytes:
        """The secret that ``data`` of a private key mapping spells; ``ValueError`` for others."""
        raise self._no_private_keys()

    def encode_private(self, secret: bytes) -> str:
        """``data`` of a mapping for a private key."""
        return secret.hex()

    def public(self, secret: bytes) -> bytes:
        """The canonical public key of a secret."""
        raise self._no_private_keys()

    def sign(self, secret: bytes, message: bytes) -> bytes:
        """The signature of a message."""
        raise self._no_private_keys()

    def _no_private_keys(self) -> DimError:
        return DimError(Code.UNSUPPORTED, f"key: {self.names[0]} has no private keys here")


class AddressType(ABC):
    """A form of addresses beside BTC style, ETH style and the two broadcast addresses."""

    name: str = ""
    """Says which it is; no other may have it."""

    @abstractmethod
    def parse(self, text: str) -> tuple[str, int, bytes] | None:
        """Canonical text, network byte (0 to 255) and digest (20 bytes) of an address, or ``None``
        when ``text`` is none of this type (docs/semantics.md#ext-2)."""


class MetaType(ABC):
    """A rule that makes an address of a key."""

    number: int = -1
    """What ``type`` of a meta says, 0 to 255."""

    names: tuple[str, ...] = ()
    """What it may also say."""

    has_seed: bool = False
    """Whether there is a seed, which is the name of the ID, and its signature, the fingerprint."""

    @abstractmethod
    def address(self, key: bytes, fingerprint: bytes, network: int) -> str | None:
        """The canonical address on a network; ``None`` when there is none for such a key.

        ``key`` is the data that the protocol hashes (docs/semantics.md#key-4); ``fingerprint`` is
        empty when the type has no seed.
        """


Row = KeyAlgorithm | AddressType | MetaType

KEY_ALGORITHMS: dict[str, KeyAlgorithm] = {}
"""Every registered name -> its algorithm."""

ADDRESS_TYPES: dict[str, AddressType] = {}
"""In the order of registration, which is the order in which they are asked."""

META_TYPES: dict[str, MetaType] = {}
"""Every registered name, and number in decimal, -> its type."""

_native: list[ModuleType] = []


def register(row: Row) -> None:
    """Register a key algorithm, an address type or a meta type.

    Raises:
        ValueError: a name or number that is taken or cannot be one.
        TypeError: ``row`` is none of the three.
    """
    kind, table, names = _identify(row)
    _admit(row, kind, table, names)
    for module in _native:
        module.extend(kind, row)
    table.update(dict.fromkeys(names, row))


def unregister(row: Row) -> None:
    """Take back what was registered. What was made of it meanwhile is of no use any more."""
    kind, table, names = _identify(row)
    if any(table.get(name) is not row for name in names):
        raise ValueError(f"{names[0]}: not registered")
    for name in names:
        del table[name]
    for module in _native:
        module.retract(kind, row)


def attach(module: ModuleType) -> None:
    """Keep a native tier up to date; for the dispatcher, when it has loaded one."""
    if module in _native:
        return
    _native.append(module)
    for table in (KEY_ALGORITHMS, ADDRESS_TYPES, META_TYPES):
        for row in dict.fromkeys(table.values()):
            module.extend(_identify(row)[0], row)


def _identify(row: Any) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Kind, table and names of a row."""
    if isinstance(row, KeyAlgorithm):
        return "key", KEY_ALGORITHMS, row.names
    if isinstance(row, AddressType):
        return "address", ADDRESS_TYPES, (row.name,)
    if isinstance(row, MetaType):
        return "meta", META_TYPES, (str(row.number), *tuple(row.names))
    raise TypeError(
        f"row: KeyAlgorithm, AddressType or MetaType is wanted, not {type(row).__name__}"
    )


def _admit(row: Row, kind: str, table: dict[str, Any], names: tuple[str, ...]) -> None:
    """Raise ``ValueError`` for what cannot be registered."""
    if isinstance(row, MetaType):
        if not (type(row.number) is int and 0 <= row.number <= 255):
            raise ValueError(f"number: 0 to 255 is wanted, not {row.number!r}")
        if type(row.has_seed) is not bool:
            raise ValueError(f"has_seed: a bool is wanted, not {row.has_seed!r}")
    # One text in place of a tuple would register its letters.
    if not isinstance(getattr(row, "names", ()), tuple):
        raise ValueError("names: a tuple is wanted")
    if not names or not all(isinstance(name, str) and 0 < len(name) <= 64 for name in names):
        raise ValueError("names: at least one text is wanted, none empty, at most 64 characters")
    if not all(name.isprintable() for name in names):
        raise ValueError("names: printable text is wanted")
    if len(set(names)) < len(names):
        raise ValueError(f"names: {names} has one twice")
    for name in names:
        if name in table or name in _built_in(kind):
            raise ValueError(f"{name}: taken")


def _built_in(kind: str) -> frozenset[str]:
    """The names that the tables of the tiers have themselves."""
    from . import symmetric
    from ._py import address, keys, meta

    if kind == "key":
        return frozenset((*keys.ALGORITHMS, *symmetric.ALGORITHMS))
    if kind == "address":
        return frozenset(form.name for form in address.FORMS)
    return frozenset(name for row in meta.TYPES for name in (str(row.number), *row.names))
