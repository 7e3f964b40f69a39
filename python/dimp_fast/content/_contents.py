"""What people send each other: text, files, pages, cards, money, and messages in messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._fields import (
    Field,
    as_identifier,
    as_list,
    as_mapping,
    as_mappings,
    as_number,
    as_text,
    plain,
)
from ..portable import FileFields, as_file, file_value
from ._base import Content, pair, register


@register
class TextContent(Content, types={0x01: "text"}):
    """Text."""

    __slots__ = ()

    text = Field(as_text)


@register
class FileContent(FileFields, Content, types={0x10: "file"}):
    """A file: its bytes, or where they are and the key that opens them."""

    __slots__ = ()

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        pair(wire, "key", "password")


@register
class ImageContent(FileContent, types={0x12: "image"}):
    """A picture."""

    __slots__ = ()

    thumbnail = Field(as_file, "thumbnail", "snapshot", write=file_value)


@register
class AudioContent(FileContent, types={0x14: "audio"}):
    """Sound; ``duration`` in seconds, ``text`` what was said."""

    __slots__ = ()

    duration = Field(as_number)
    text = Field(as_text)


@register
class VideoContent(FileContent, types={0x16: "video"}):
    """A film; ``snapshot`` is a picture of it."""

    __slots__ = ()

    snapshot = Field(as_file, "snapshot", "thumbnail", write=file_value)


@register
class PageContent(Content, types={0x20: "page"}):
    """A page of the web: where it is, or its text."""

    __slots__ = ()

    url = Field(as_text, "URL")
    html = Field(as_text, "HTML")
    title = Field(as_text)
    desc = Field(as_text)
    icon = Field(as_file, write=file_value)
    mime_type = Field(as_text)
    encoding = Field(as_text)
    base = Field(as_text)


@register
class NameCard(Content, types={0x33: "card"}):
    """Somebody, to get to know."""

    __slots__ = ()

    did = Field(as_identifier, "did", "ID")
    name = Field(as_text)
    avatar = Field(as_file, write=file_value)

    def _add_old_names(self, wire: dict[str, Any]) -> None:
        pair(wire, "did", "ID")


@register
class QuoteContent(Content, types={0x37: "quote"}):
    """Text about a message; ``origin`` says which, by sender, receiver, type and sn."""

    __slots__ = ()

    text = Field(as_text)
    origin = Field(as_mapping)

    @classmethod
    def answer(cls, text: str, message: Any, content: Content, **fields: Any) -> QuoteContent:
        """A quote of a message: an object or a mapping, and what was in it."""
        envelope = fields_of(message)
        origin = {
            "sender": envelope.get("sender"),
            "receiver": content.group or envelope.get("receiver"),
            "type": content.type,
            "sn": content.sn,
        }
        there = {name: value for name, value in origin.items() if value is not None}
        return cls.create(text=text, origin=there, **fields)


@register
class MoneyContent(Content, types={0x40: "money"}):
    """An amount of a currency."""

    __slots__ = ()

    currency = Field(as_text)
    amount = Field(as_number)


@register
class TransferContent(MoneyContent, types={0x41: "transfer"}):
    """Money from one to another."""

    __slots__ = ()

    remitter = Field(as_identifier)
    remittee = Field(as_identifier)


@register
class CustomizedContent(Content, types={0xCC: "customized", 0xA0: "application"}):
    """Something of an application; the rest of the fields is its own."""

    __slots__ = ()

    app = Field(as_text)
    mod = Field(as_text)
    act = Field(as_text)


def _as_contents(value: Any) -> tuple[Content, ...]:
    return tuple(Content.parse(as_mapping(item)) for item in as_list(value))


@register
class ArrayContent(Content, types={0xCA: "array"}):
    """Several contents in one message. They are written with new names only: nobody looks for old
    ones in there."""

    __slots__ = ()

    contents = Field(_as_contents)


@register
class CombineContent(Content, types={0xCF: "combine"}):
    """A conversation to read: instant messages, as they were sent."""

    __slots__ = ()

    title = Field(as_text)
    messages = Field(as_mappings)


def _listed(value: Any) -> Any:
    messages = plain(value)
    return [messages] if isinstance(messages, Mapping) else messages


@register
class ForwardContent(Content, types={0xFF: "forward"}):
    """Messages to pass on, for others to open: reliable messages, as they were sent and unchecked.
    ``verify_messages`` judges each, of what ``encode`` makes of them."""

    __slots__ = ()

    secrets = Field(as_mappings, "secrets", "forward", write=_listed)


def fields_of(message: Any) -> dict[str, Any]:
    """The fields of a message, an object or a mapping."""
    return dict(message if isinstance(message, Mapping) else message.to_dict())
