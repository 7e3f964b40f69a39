"""Metas: what binds an ID to a key (docs/semantics.md#meta-1 to #meta-7).

Not here: who is believed. A meta that came from somewhere counts once it matches an ID, and a
``Keyring`` holds none that does not.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _dispatch
from ._checks import integer, same_length, text
from ._json import JsonObject, load_object, sources_of, text_of
from .identity import Identifier
from .keys import PublicKey
from .verdict import Code, DimError, Verdicts

if TYPE_CHECKING:
    from .private_keys import PrivateKey

__all__ = ["Meta", "match_metas"]

PAIRS_AT_ONCE = 4096
"""So many metas are JSON text at a time: enough to keep all threads busy, few enough that the
memory a batch takes does not grow with it."""


class Meta(JsonObject):
    """A meta in the right form; immutable and hashable. Whether it is true is for
    :meth:`matches` to say, and for :attr:`is_valid`.

    Equal to another meta of the same type, key, seed and fingerprint, whatever the spelling.
    Instances may be shared between threads.
    """

    __slots__ = ("_fingerprint", "_is_valid", "_key", "_seed", "_type")

    _fingerprint: bytes | None
    _is_valid: bool | None
    _key: PublicKey | None
    _seed: str | None
    _type: int

    def __init__(self) -> None:
        raise TypeError("use Meta.parse() or Meta.generate()")

    @classmethod
    def parse(cls, source: Mapping[str, Any] | bytes | Meta) -> Meta:
        """Check the form of a meta (META-1, META-2) and nothing else.

        Args:
            source: the mapping, or its JSON text.

        Raises:
            DimError: ``MALFORMED``, ``BAD_ENCODING`` or ``TOO_LARGE``; ``UNSUPPORTED``, a type
                that nobody implements.
            TypeError: ``source`` is of another type.
        """
        if isinstance(source, Meta):
            return source
        meta = object.__new__(cls)
        meta._text = text_of(source, Meta, "source")
        try:
            number, meta._seed, meta._fingerprint = _dispatch.operation("parse_meta")(meta._text)
        except ValueError as error:
            raise DimError(*error.args) from None
        if number is None:
            raise DimError(Code.UNSUPPORTED, "meta: type is not implemented")
        meta._type = number
        meta._key = meta._is_valid = None
        return meta

    @classmethod
    def generate(cls, type: int | str, private_key: PrivateKey, seed: str | None = None) -> Meta:
        """Make the meta of a key.

        Args:
            type: 1, 2, 4 or ``"mkm"``, ``"btc"``, ``"eth"``, or what is registered.
            private_key: its public half goes in; it signs the seed.
            seed: the name that IDs of this meta have; for types that have one, and no others.

        Raises:
            ValueError: there is no such meta: a seed too many or too few, a seed that cannot be
                the name of an ID, a key that this type makes no address of, an unknown type.
            TypeError: an argument is of a wrong type.
        """
        from .private_keys import PrivateKey

        if isinstance(type, bool) or not isinstance(type, (int, str)):
            raise TypeError(f"type: int or str is wanted, not {type.__class__.__name__}")
        if not isinstance(private_key, PrivateKey):
            raise TypeError(
                f"private_key: PrivateKey is wanted, not {private_key.__class__.__name__}"
            )
        if seed is not None and not isinstance(seed, str):
            raise TypeError(f"seed: str or None is wanted, not {seed.__class__.__name__}")
        key = private_key.public_key.to_dict()
        mapping: dict[str, Any] = {"type": type, "version": type, "key": key}
        if seed is not None:
            try:
                signed = seed.encode("utf-8")
            except UnicodeEncodeError:
                raise ValueError("seed: a lone surrogate cannot be signed") from None
            fingerprint = b64encode(private_key.sign(signed)).decode("ascii")
            mapping |= {"seed": seed, "fingerprint": fingerprint}
        # The form says whether this type has a seed, and which number stands for its name (META-6).
        mapping["type"] = mapping["version"] = cls.parse(mapping).type
        meta = cls.parse(mapping)
        if not meta.matches(meta.generate_id()):
            raise ValueError("private_key: it does not fit its public half")
        return meta

    @property
    def type(self) -> int:
        """1 (MKM), 2 (BTC), 4 (ETH), or the number of a registered type."""
        return self._type

    @property
    def seed(self) -> str | None:
        """The name of the IDs of this meta; ``None`` for types without."""
        return self._seed

    @property
    def fingerprint(self) -> bytes | None:
        """The signature of the seed as carried; ``None`` for types without."""
        return self._fingerprint

    @property
    def key(self) -> PublicKey:
        """The key; parsed when it is first asked for.

        Raises:
            DimError: ``BAD_KEY`` or ``UNSUPPORTED``, each time.
        """
        if self._key is None:
            self._key = PublicKey.parse(self.to_dict()["key"])
        return self._key

    @property
    def is_valid(self) -> bool:
        """Whether it matches the ID that is made of it (META-6); found out once."""
        if self._is_valid is None:
            try:
                self._is_valid = self.matches(self.generate_id())
            except ValueError:
                self._is_valid = False
        return self._is_valid

    def matches(self, identifier: Identifier | str) -> bool:
        """Whether this meta proves that ``identifier`` belongs to its key: name, address and
        fingerprint (META-3). ``False`` for a text that is no ID.

        Raises:
            TypeError: ``identifier`` is neither an :class:`Identifier` nor a ``str``.
        """
        return self.check(identifier) is Code.OK

    def check(self, identifier: Identifier | str) -> Code:
        """As :meth:`matches`, and why not. For many at once see :func:`match_metas`."""
        text = identifier_text(identifier, "identifier")
        codes, _ = _dispatch.operation("match_metas")([text], [self._text], 1)
        return Code(codes[0])

    def generate_id(self, network: int = 0, terminal: str | None = None) -> Identifier:
        """The ID of this meta on a network. Whether the fingerprint is true is not looked at.

        Args:
            network: the network byte, 0 to 255; an :class:`EntityType` is one.
            terminal: a login point; ``None`` and the empty text are none.

        Raises:
            ValueError: there is no such ID: a network that this type has no addresses on, a key
                that it makes none of, a seed or terminal that cannot stand in an ID. As
                ``DimError`` for a key that does not parse (``BAD_KEY``, ``UNSUPPORTED``) and for
                what is no ID (``BAD_ADDRESS``).
            TypeError: an argument is of a wrong type.
        """
        byte = integer(network, "network", 0, 255)
        try:
            address = _dispatch.operation("meta_address")(self._text, byte)
        except ValueError as error:
            raise DimError(*error.args) from None
        if address is None:
            raise ValueError(
                f"meta: type {self._type} makes no address of such a key on network {byte}"
            )
        return Identifier.create(self._seed, address, terminal)

    def to_dict(self) -> dict[str, Any]:
        """The mapping as it was given, unknown fields too; a fresh copy."""
        return load_object(self._text)

    def _identity(self) -> tuple[Any, ...]:
        key: PublicKey | str
        try:
            key = self.key
        except DimError:
            key = json.dumps(self.to_dict()["key"], sort_keys=True)
        return self._type, self._seed, self._fingerprint, key

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Meta) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return Meta.parse, (self._text,)

    def __repr__(self) -> str:
        return f"<Meta of type {self._type}{'' if self._seed is None else f', {self._seed!r}'}>"


def match_metas(
    metas: Sequence[Meta | Mapping[str, Any] | bytes],
    identifiers: Sequence[Identifier | str],
    *,
    threads: int | None = None,
) -> Verdicts:
    """Whether each meta proves that the ID beside it belongs to its key: form, name, address and
    fingerprint (META-3), pair by pair.

    Args:
        metas: as objects, mappings or JSON text.
        identifiers: as objects or text.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread. The GIL
            is released while the native tier works.

    Returns:
        One verdict a pair, in input order: ``OK``, ``TOO_LARGE``, ``MALFORMED`` (also for what JSON
        cannot say), ``BAD_ENCODING``, ``BAD_ADDRESS``, ``MISMATCH``, ``BAD_KEY``, ``UNSUPPORTED``,
        ``BAD_SIGNATURE_ENCODING`` or ``BAD_SIGNATURE``. A bad pair never changes its neighbours.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: the sequences have unequal lengths.
    """
    sources = sources_of(metas, Meta, "metas")
    if isinstance(identifiers, str):
        raise TypeError("identifiers: a sequence is wanted, not one str")
    texts = [identifier_text(one, f"identifiers[{i}]") for i, one in enumerate(identifiers)]
    same_length(metas=sources, identifiers=texts)
    count = _dispatch.thread_count(threads)
    match = _dispatch.operation("match_metas")
    codes, reasons = bytearray(), dict[int, str]()
    for start in range(0, len(sources), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        spelled = [text_of(meta, Meta, "meta") for meta in sources[part]]
        found, why = match(texts[part], spelled, count)
        codes += found
        reasons.update((start + index, reason) for index, reason in why.items())
    return Verdicts(bytes(codes), reasons.get)


def identifier_text(identifier: Any, name: str) -> str:
    """The text of an ID, or one that may be none; ``TypeError`` for anything else."""
    if isinstance(identifier, Identifier):
        return str(identifier)
    if isinstance(identifier, str):
        return text(identifier, name)
    raise TypeError(f"{name}: Identifier or str is wanted, not {type(identifier).__name__}")
