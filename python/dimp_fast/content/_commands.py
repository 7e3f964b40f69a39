"""What clients and stations tell each other to do.

Not here: doing it, and who may: a command says what its sender wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from .._fields import (
    Field,
    as_identifier,
    as_identifiers,
    as_mapping,
    as_mappings,
    as_text,
    as_texts,
    as_time,
    is_there,
    plain,
)
from ._base import Command, Content, GroupCommand, pair, register
from ._contents import fields_of


class HandshakeState(IntEnum):
    """How far a handshake is."""

    START = 0
    """From a client without a session."""
    AGAIN = 1
    """From the station: this is the session, say it again."""
    RESTART = 2
    """From a client with a session."""
    SUCCESS = 3
    """From the station: welcome."""


@register
class HandshakeCommand(Command, commands=("handshake",)):
    """The steps of a login. ``session`` is the key of the session, ``remote_address`` where the
    station sees the client."""

    __slots__ = ()

    title = Field(as_text, "title", "message")
    message = Field(as_text, "message", "title")
    session = Field(as_text)
    remote_address = Field(lambda value: value)

    @classmethod
    def start(cls, **fields: Any) -> HandshakeCommand:
        """1: a client without a session."""
        return cls._say("Hello world!", **fields)

    @classmethod
    def again(cls, session: str, **fields: Any) -> HandshakeCommand:
        """2: the station, with a new session."""
        return cls._say("DIM?", session=session, **fields)

    @classmethod
    def restart(cls, session: str, **fields: Any) -> HandshakeCommand:
        """3: the client, with that session."""
        return cls._say("Hello world!", session=session, **fields)

    @classmethod
    def success(cls, session: str | None = None, **fields: Any) -> HandshakeCommand:
        """4: the station lets it in."""
        return cls._say("DIM!", session=session, **fields)

    @classmethod
    def _say(cls, title: str, **fields: Any) -> HandshakeCommand:
        return cls.create(title=title, message=title, **fields)

    @property
    def state(self) -> HandshakeState:
        """Which step this is: the title of a station decides, else whether there is a session."""
        if self.title == "DIM!":
            return HandshakeState.SUCCESS
        if self.title == "DIM?":
            return HandshakeState.AGAIN
        return HandshakeState.RESTART if self.session else HandshakeState.START


META_TYPES = {"mkm": 1, "btc": 2, "exbtc": 3, "eth": 4, "exeth": 5}


def _with_meta_version(meta: Any) -> Any:
    """A meta that says its type as a number, and as the ``version`` of old."""
    if not isinstance(meta, Mapping):
        return meta
    written = dict(meta)
    kind = written.get("type")
    if kind is None:
        kind = written.get("version")
    elif isinstance(kind, str) and len(kind) > 2:
        written.setdefault("algorithm", kind)
    if isinstance(kind, str):
        is_number = kind.isascii() and kind.isdigit() and len(kind) <= 18
        kind = int(kind) if is_number else META_TYPES.get(kind.lower())
    if isinstance(kind, int) and not isinstance(kind, bool) and kind > 0:
        written["type"] = written["version"] = kind
    return written


@register
class MetaCommand(Command, commands=("meta",)):
    """Asks for the meta of ``did``, or has it: as it was sent and unchecked, for
    ``Keyring.add_meta`` to judge."""

    __slots__ = ()

    did = Field(as_identifier, "did", "ID")
    meta = Field(as_mapping)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        super()._add_old_names(wire)
        pair(wire, "did", "ID")
        if wire.get("meta") is not None:
            wire["meta"] = _with_meta_version(wire["meta"])


def _find_documents(fields: Mapping[str, Any]) -> Any:
    """Those of all the names that there were, each once; ``None`` when there is no name."""
    found: list[Any] = []
    values = [fields.get("documents"), fields.get("document"), _profile(fields)]
    for value in filter(is_there, values):
        items = value if isinstance(value, list) else [value]
        found += [item for item in items if is_there(item) and item not in found]
    return found if any(value is not None for value in values) else None


def _profile(fields: Mapping[str, Any]) -> Any:
    """What a document was called in 2019; at first its text stood bare beside its signature."""
    profile = fields.get("profile")
    if not isinstance(profile, str):
        return profile
    owner = DocumentsCommand.did.find(fields)
    return {"ID": owner, "data": profile, "signature": fields.get("signature")}


def _listed(value: Any) -> Any:
    written = plain(value)
    return written if isinstance(written, list) else [written]


@register
class DocumentsCommand(MetaCommand, commands=("documents", "document", "profile")):
    """Asks for the documents of ``did``, those that are newer than ``last_time`` if it says so; or
    has them: as they were sent and unchecked, for ``verify_documents`` or ``Keyring.add_document``
    to judge. ``None`` is a question, an empty tuple an answer."""

    __slots__ = ()

    command = Field(lambda _: "documents", *Command.command.names, write=as_text)
    documents = Field(as_mappings, "documents", find=_find_documents, write=_listed)
    last_time = Field(as_time)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        pair(wire, "command", "cmd")
        wire["command"] = wire["cmd"] = "document"
        self._name_documents(wire)
        pair(wire, "did", "ID")
        if wire.get("meta") is not None:
            wire["meta"] = _with_meta_version(wire["meta"])

    @staticmethod
    def _name_documents(wire: dict[str, Any]) -> None:
        """One document goes out by its old name, several by the new: readers of today look for the
        old name first, and no document is sent twice."""
        documents = _find_documents(wire)
        if documents is None:
            return
        for at, document in enumerate(documents):
            if isinstance(document, Mapping):
                documents[at] = dict(document)
                pair(documents[at], "did", "ID")
        kept = "document" if len(documents) == 1 else "documents"
        wire[kept] = documents[0] if kept == "document" else documents
        for name in {"documents", "document", "profile"} - {kept}:
            wire.pop(name, None)


_ORIGIN = ("sender", "receiver", "time", "sn", "signature")


def _find_origin(fields: Mapping[str, Any]) -> Any:
    """What a receipt is for: by today's name, by the old one, or bare beside the text."""
    for name in ("origin", "envelope"):
        if is_there(fields.get(name)):
            return fields[name]
    if fields.get("sender") is None:
        return None
    return {name: fields[name] for name in _ORIGIN if fields.get(name) is not None}


_NOT_IN_ORIGIN = ("content", "data", "keys", "meta", "visa")


@register
class ReceiptCommand(Command, commands=("receipt",)):
    """Says what became of a message; ``origin`` says which, by its envelope, sn and signature."""

    __slots__ = ()

    text = Field(as_text)
    origin = Field(as_mapping, "origin", find=_find_origin)
    template = Field(as_text)
    replacements = Field(as_mapping)

    @classmethod
    def answer(
        cls, text: str, message: Any, content: Content | None = None, **fields: Any
    ) -> ReceiptCommand:
        """The receipt of a message: an object or a mapping, and what was in it if that is known."""
        origin = fields_of(message)
        for name in _NOT_IN_ORIGIN:
            origin.pop(name, None)
        if content is not None:
            fields = {"group": content.group, **fields}
            origin["sn"] = content.sn or 0
        return cls.create(text=text, origin=origin, **fields)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        super()._add_old_names(wire)
        origin = _find_origin(wire)
        if not isinstance(origin, Mapping):
            return
        wire["origin"] = wire["envelope"] = origin
        # The oldest readers look here, and find the message that is meant by its sn.
        for name in ("sender", "receiver", "sn", "signature"):
            if origin.get(name) is not None:
                wire[name] = origin[name]


@register
class LoginCommand(Command, commands=("login",)):
    """Where somebody is: at ``station`` (``did``, ``host``, ``port``) of ``provider`` (``did``)."""

    __slots__ = ()

    did = Field(as_identifier, "did", "ID")
    terminal = Field(as_text)
    device = Field(as_text)
    agent = Field(as_text)
    station = Field(as_mapping)
    provider = Field(as_mapping)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        super()._add_old_names(wire)
        pair(wire, "did", "ID")
        for name in ("station", "provider"):
            if isinstance(wire.get(name), Mapping):
                wire[name] = dict(wire[name])
                pair(wire[name], "did", "ID")


_STATES = {"foreground": "online", "background": "offline"}


def _find_title(fields: Mapping[str, Any]) -> Any:
    state = fields.get("state")
    return (
        _STATES.get(state) if isinstance(state, str) and state in _STATES else fields.get("title")
    )


@register
class ReportCommand(Command, commands=("report",)):
    """What a client is up to: ``title`` is ``"online"`` or ``"offline"``."""

    __slots__ = ()

    title = Field(as_text, "title", find=_find_title)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        super()._add_old_names(wire)
        if (title := _find_title(wire)) is not None:
            wire["title"] = title


@register
class AnsCommand(Command, commands=("ans",)):
    """Asks what IDs short names stand for, or says it: ``records``, name -> ID. ``missed`` are
    those that stand for nothing."""

    __slots__ = ()

    names = Field(
        lambda value: tuple(as_text(value).split()),
        write=lambda value: value if isinstance(value, str) else " ".join(value),
    )
    records = Field(lambda value: {k: as_identifier(v) for k, v in as_mapping(value).items()})
    missed = Field(as_texts)


class _ListCommand(Command):
    __slots__ = ()

    list = Field(as_identifiers)


@register
class MuteCommand(_ListCommand, commands=("mute",)):
    """Whose messages come without a sound; ``None`` asks for the ``list``."""

    __slots__ = ()


@register
class BlockCommand(_ListCommand, commands=("block",)):
    """Whose messages do not come at all; ``None`` asks for the ``list``."""

    __slots__ = ()


@register
class InviteCommand(GroupCommand, commands=("invite",)):
    """Adds ``members``."""

    __slots__ = ()


@register
class ExpelCommand(GroupCommand, commands=("expel",)):
    """Takes ``members`` away; today a reset does that."""

    __slots__ = ()


@register
class JoinCommand(GroupCommand, commands=("join",)):
    """Asks to be let in."""

    __slots__ = ()


@register
class QuitCommand(GroupCommand, commands=("quit",)):
    """Leaves."""

    __slots__ = ()


@register
class ResetCommand(GroupCommand, commands=("reset",)):
    """Says who the ``members`` are, all of them."""

    __slots__ = ()


@register
class ResignCommand(GroupCommand, commands=("resign",)):
    """An administrator steps back."""

    __slots__ = ()


@register
class HireCommand(GroupCommand, commands=("hire",)):
    """Makes ``administrators``."""

    __slots__ = ()

    administrators = Field(as_identifiers)


@register
class FireCommand(GroupCommand, commands=("fire",)):
    """Unmakes ``administrators``."""

    __slots__ = ()

    administrators = Field(as_identifiers)


@register
class QueryCommand(GroupCommand, commands=("query",)):
    """Asks for the history of the group since ``last_time``; it is no part of that."""

    __slots__ = ()

    last_time = Field(as_time)
