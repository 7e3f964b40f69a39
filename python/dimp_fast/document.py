"""Documents: visas, bulletins, profiles (docs/semantics.md#doc-1 to #doc-8).

Only the text of ``data`` is signed, with the key of the meta of the document's ID. What a document
says is given out once that is proved. Not here: which documents are held (``keyring``).
"""

from __future__ import annotations

import time as clock
from base64 import b64encode
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import _dispatch
from ._json import TOO_DEEP, JsonObject, emit, load_object, sources_of, text_of
from ._py.json import is_too_deep
from .identity import Identifier
from .keys import PublicKey
from .verdict import Code, DimError, Verdicts

if TYPE_CHECKING:
    from .keyring import Keyring
    from .private_keys import PrivateKey

__all__ = ["Document", "verify_documents"]

# A draft is read by the same rule as a document: a tier says what type and terminal it claims.
_STAND_IN = "AA=="


class Document(JsonObject):
    """A signed statement of an ID about itself, or the draft of one.

    :meth:`parse` gives one that nobody has checked: it gives its properties out after
    :meth:`verify`. :meth:`create` gives a draft, whose properties can be set until it is signed
    with :meth:`sign`; changing a verified document makes a draft of it again.

    Not for several threads at once while it is changed, signed or verified.
    """

    __slots__ = ("_data", "_did", "_is_signed", "_proved_with", "_terminal", "_time", "_type")

    _data: str
    _did: Identifier
    _is_signed: bool
    _proved_with: PublicKey | None
    _terminal: str | None
    _time: float | None
    _type: str

    def __init__(self) -> None:
        raise TypeError("use Document.parse() or Document.create()")

    @classmethod
    def parse(cls, source: Mapping[str, Any] | bytes | Document) -> Document:
        """Check the form of a signed document (DOC-1) and nothing else.

        Args:
            source: the mapping, or its JSON text. Another document is taken as unproved.

        Raises:
            DimError: ``MALFORMED``, ``BAD_ENCODING``, ``BAD_ADDRESS`` or ``TOO_LARGE``.
            TypeError: ``source`` is of another type.
        """
        document = object.__new__(cls)
        document._adopt(text_of(source, Document, "source"))
        return document

    @classmethod
    def create(
        cls,
        did: Identifier | str,
        type: str | None = None,
        properties: Mapping[str, Any] | None = None,
        *,
        terminal: str | None = None,
    ) -> Document:
        """Make a draft; its ``created_time`` is now.

        Args:
            did: whose document it is.
            type: ``None`` is ``"visa"`` for a user and ``"bulletin"`` for a group.
            properties: what it says; JSON values.
            terminal: the login point it is for; ``None`` is that of ``did``, if it has one.

        Raises:
            DimError: ``BAD_ADDRESS``, ``did`` is no ID, or ``terminal`` cannot stand in one;
                ``MALFORMED``, JSON cannot say the properties; ``TOO_LARGE``, they are nested
                deeper than JSON-2 lets them.
            TypeError: an argument is of a wrong type.
        """
        identifier = Identifier.parse(did)
        if terminal is not None:
            identifier.with_terminal(terminal)
        if type is not None and not isinstance(type, str):
            raise TypeError(f"type: str or None is wanted, not {type.__class__.__name__}")
        if properties is not None and not isinstance(properties, Mapping):
            raise TypeError(f"properties: a mapping is wanted, not {properties.__class__.__name__}")
        kind = type or ("bulletin" if identifier.is_group else "visa")
        wrapper: dict[str, Any] = {"did": str(identifier), "ID": str(identifier), "type": kind}
        if terminal := terminal or identifier.terminal:
            wrapper["terminal"] = terminal
        document = object.__new__(cls)
        document._draft(wrapper, {"type": kind, "created_time": clock.time(), **(properties or {})})
        return document

    def _adopt(self, text: bytes) -> None:
        """Become the signed document of that text, unproved."""
        self._read(text)
        self._text = text
        self._is_signed = True
        self._proved_with = None

    def _draft(self, wrapper: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        """Become a draft; nothing has changed when that fails."""
        bare = {name: value for name, value in wrapper.items() if name not in ("data", "signature")}
        data = emit(properties)
        if is_too_deep(data):
            raise DimError(Code.TOO_LARGE, TOO_DEEP)
        self._read(emit({**bare, "data": data, "signature": _STAND_IN}).encode("ascii"))
        self._text = emit(bare).encode("ascii")
        self._is_signed = False
        self._proved_with = None

    def _read(self, text: bytes) -> None:
        try:
            did, kind, terminal, time, data, _ = _dispatch.operation("parse_document")(text)
        except ValueError as error:
            raise DimError(*error.args) from None
        self._did = Identifier.parse(did)
        self._type, self._terminal, self._time, self._data = kind, terminal, time, data

    @property
    def did(self) -> Identifier:
        """Whose document this claims to be. It is theirs when the key of their meta verifies it."""
        return self._did

    @property
    def type(self) -> str:
        """What kind of document: a claim until it is verified, and where ``data`` says nothing
        about it also then (docs/semantics.md#doc-4)."""
        return self._type

    @property
    def terminal(self) -> str | None:
        """For which login point it is: a claim, because it is not signed."""
        return self._terminal

    @property
    def time(self) -> float | None:
        """When it was signed, in seconds since the epoch; a claim until it is verified. ``None``
        when it does not say, or says what is no time."""
        return self._time

    @property
    def is_verified(self) -> bool:
        """Whether the last :meth:`verify` said yes, or it was signed here."""
        return self._proved_with is not None

    @property
    def properties(self) -> Mapping[str, Any]:
        """What the document says: a fresh, read-only copy. Of a draft, what has been set.

        Raises:
            DimError: ``BAD_SIGNATURE``, it has not been verified.
        """
        if self._is_signed and not self.is_verified:
            raise DimError(Code.BAD_SIGNATURE, "document: not verified, what it says is anybody's")
        return self.unverified_properties()

    def unverified_properties(self) -> Mapping[str, Any]:
        """What the document says, whoever wrote it: a fresh, read-only copy.

        Raises:
            DimError: ``MALFORMED`` or ``TOO_LARGE``, ``data`` is no JSON object.
        """
        return MappingProxyType(load_object(self._data))

    @property
    def key(self) -> PublicKey | None:
        """The key in the properties, a key of the ID beside that of its meta; ``None`` when there
        is none, or none that can be used.

        Raises:
            DimError: ``BAD_SIGNATURE``, the document has not been verified.
        """
        source = self.properties.get("key")
        if not isinstance(source, Mapping):
            return None
        try:
            return PublicKey.parse(source)
        except DimError:
            return None  # DOC-5: a document may carry a key that is of no use here

    def set(self, name: str, value: Any) -> None:
        """Set a property, a JSON value; ``None`` takes it away. A signed document becomes a draft.

        Raises:
            DimError: ``BAD_SIGNATURE``, the document came from somewhere and has not been
                verified: what it says is not yours to sign. ``MALFORMED``, JSON cannot say it;
                ``TOO_LARGE``, it is nested deeper than JSON-2 lets it.
            TypeError: ``name`` is not a ``str``.
        """
        if not isinstance(name, str):
            raise TypeError(f"name: str is wanted, not {type(name).__name__}")
        changed = {**self.properties, name: value}
        if value is None:
            del changed[name]
        self._draft(load_object(self._text), changed)

    def sign(self, private_key: PrivateKey, *, time: float | None = None) -> Document:
        """Sign a draft, or a verified document anew; it counts as verified with that key then.

        Args:
            private_key: the key of the meta of :attr:`did`.
            time: seconds since the epoch; ``None`` is now.

        Returns:
            This document.

        Raises:
            DimError: ``BAD_SIGNATURE``, the document came from somewhere and has not been
                verified. ``MALFORMED`` or ``TOO_LARGE``, ``time`` is none, or nobody would read
                the properties.
            TypeError: an argument is of a wrong type.
        """
        from .private_keys import PrivateKey

        if not isinstance(private_key, PrivateKey):
            raise TypeError(f"private_key: PrivateKey is wanted, not {type(private_key).__name__}")
        if time is not None and (isinstance(time, bool) or not isinstance(time, (int, float))):
            raise TypeError(f"time: int or float is wanted, not {type(time).__name__}")
        data = emit({**self.properties, "time": clock.time() if time is None else time})
        signature = b64encode(private_key.sign(data.encode("ascii"))).decode("ascii")
        wrapper = load_object(self._text) | {"did": str(self._did), "ID": str(self._did)}
        wrapper |= {"type": self._type, "data": data, "signature": signature}
        text = emit(wrapper).encode("ascii")
        code, reason = _prove(private_key.public_key, text)
        if code is not Code.OK:
            raise DimError(code, reason)
        self._adopt(text)
        self._proved_with = private_key.public_key
        return self

    def verify(self, public_key: PublicKey) -> bool:
        """Whether ``public_key`` signed this, and ``data`` has its form (DOC-3); its age does not
        matter. Whose key it is, is for the caller to know: that of the meta of :attr:`did`, and of
        nobody else. :func:`verify_documents` looks it up.

        A refusal is no exception, and leaves the document unverified. A draft is refused.

        Raises:
            TypeError: ``public_key`` is not a :class:`PublicKey`.
        """
        if not isinstance(public_key, PublicKey):
            raise TypeError(f"public_key: PublicKey is wanted, not {type(public_key).__name__}")
        if not self._is_signed:
            return False
        if self._proved_with != public_key:
            is_proved = _prove(public_key, self._text)[0] is Code.OK
            self._proved_with = public_key if is_proved else None
        return self.is_verified

    def to_dict(self) -> dict[str, Any]:
        """The mapping that goes out, unknown fields too: a fresh copy. That of a draft has neither
        ``data`` nor ``signature``."""
        return load_object(self._text)

    def __reduce__(self) -> tuple[Any, tuple[bytes, str | None]]:
        # Whoever unpickles it has not verified it.
        return _restored, (self._text, None if self._is_signed else self._data)

    def __repr__(self) -> str:
        state = "verified" if self.is_verified else "not verified" if self._is_signed else "draft"
        return f"<Document {self._type} of {self._did}, {state}>"


def _restored(text: bytes, draft: str | None) -> Document:
    if draft is None:
        return Document.parse(text)
    document = object.__new__(Document)
    document._draft(load_object(text), load_object(draft))
    return document


def _prove(key: PublicKey, text: bytes) -> tuple[Code, str]:
    """What DOC-1 to DOC-3 say, but for age: that cause comes last, so that nothing else is wrong
    with a document that is ``EXPIRED``."""
    prove = _dispatch.operation("prove_document")
    try:
        code, reason = prove(key.algorithm, key._canonical, text, clock.time())
    except ValueError:
        return Code.BAD_KEY, f"key: {key.algorithm} is not registered any more"
    return (Code.OK, "") if code == int(Code.EXPIRED) else (Code(code), reason)


def verify_documents(
    documents: Sequence[Document | Mapping[str, Any] | bytes],
    keyring: Keyring,
    *,
    threads: int | None = None,
) -> Verdicts:
    """Judge documents by the metas and documents of a keyring (DOC-8): each gets the verdict that
    :meth:`Keyring.add_document` would have had for it alone. None is added, and no
    :class:`Document` is marked as verified.

    Args:
        documents: as objects, mappings or JSON text.
        keyring: checked accounts; its loader, if any, is asked for those that are not held.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread. The GIL
            is released while the native tier works.

    Returns:
        One verdict a document, in input order: ``OK``, ``TOO_LARGE``, ``MALFORMED`` (also for what
        JSON cannot say, and for drafts), ``BAD_ENCODING``, ``BAD_ADDRESS``, ``UNKNOWN_SENDER``,
        ``MISMATCH``, ``BAD_SIGNATURE_ENCODING``, ``BAD_SIGNATURE`` or ``EXPIRED``.

    Raises:
        TypeError: an item is of a wrong type (the message names its index), or ``keyring`` is no
            :class:`Keyring`.
    """
    from .keyring import Keyring  # it holds documents itself

    sources = sources_of(documents, Document, "documents")
    if not isinstance(keyring, Keyring):
        raise TypeError(f"keyring: Keyring is wanted, not {type(keyring).__name__}")
    codes, reasons = keyring._verify_documents(sources, _dispatch.thread_count(threads))
    return Verdicts(codes, reasons.get)
