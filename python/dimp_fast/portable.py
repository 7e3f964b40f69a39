"""Files inside contents and documents, and the two forms their bytes have: transportable data
(TED) and portable network files (PNF).

Not here: fetching a URL. Nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ._fields import Field, Fields, as_key, as_text, malformed, plain
from ._json import load_object
from .coding import base64_decode, base64_encode
from .symmetric import SymmetricKey
from .verdict import Code, DimError

__all__ = ["PortableFile", "TransportableData", "as_data", "as_file"]

_URI, _BASE64 = "data:", "base64"
_DEFAULT_TYPE = "text/plain"
"""What a data URI starts with that has parameters and does not say what it is."""


@dataclass(frozen=True, slots=True)
class TransportableData:
    """Bytes as text: bare base64, or a data URI that says what they are
    (docs/semantics.md#base64-2).

    ``str()`` gives the text that goes out (docs/semantics.md#base64-3): bare base64 unless there is
    a type or a parameter.
    """

    data: bytes = field(repr=False)
    mime_type: str = ""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By names in lower case, such as ``filename``; in their order."""

    @classmethod
    def parse(cls, text: str) -> TransportableData:
        """Read either form.

        Raises:
            DimError: ``BAD_ENCODING``.
            TypeError: ``text`` is not a ``str``.
        """
        header, comma, body = text.partition(",") if text.startswith(_URI) else ("", "", text)
        if not comma:
            header, body = "", text
        mime_type, parameters = "", {}
        items = header[len(_URI) :].split(";")
        data = base64_decode(body) if not comma or items.pop() == _BASE64 else None
        if data is None:
            raise DimError(Code.BAD_ENCODING, "not base64")
        for item in items:
            name, equals, value = item.partition("=")
            if equals:
                parameters[name.lower()] = value
            elif "/" in item:
                mime_type = item
        return cls(data, mime_type, MappingProxyType(parameters))

    def __str__(self) -> str:
        body = base64_encode(self.data)
        if not self.mime_type and not self.parameters:
            return body
        items = [f"{name}={value}" for name, value in self.parameters.items()]
        return f"{_URI}{';'.join([self.mime_type or _DEFAULT_TYPE, *items, _BASE64])},{body}"


def as_data(value: Any) -> TransportableData:
    """Bytes as text, for a field."""
    return TransportableData.parse(as_text(value))


def data_text(value: Any) -> Any:
    """What a field of bytes is written as."""
    return str(value) if isinstance(value, TransportableData) else plain(value)


class FileFields(Fields):
    """What files have wherever they are."""

    __slots__ = ()

    filename = Field(as_text)
    url = Field(as_text, "URL")
    data = Field(as_data, write=data_text)
    key: Field[SymmetricKey] = Field(as_key, "key", "password")


class PortableFile(FileFields):
    """A file: its bytes, or where they are and the key that opens them. Immutable.

    ``data`` (:class:`TransportableData`), ``filename``, ``url`` and ``key``
    (:class:`SymmetricKey`) are read when they are asked for, ``None`` when they are not there, and
    a :class:`DimError` when they are not what they should be.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, source: str | Mapping[str, Any]) -> PortableFile:
        """Read a URL, a data URI, base64, the text of a JSON object, or the mapping itself.

        Raises:
            DimError: ``MALFORMED``: none of these, or neither data nor URL nor name.
            TypeError: ``source`` is neither text nor a mapping.
        """
        if isinstance(source, Mapping):
            fields = dict(source)
        elif isinstance(source, str):
            fields = _of_text(source)
        else:
            raise TypeError(f"source: text or a mapping is wanted, not {type(source).__name__}")
        if all(fields.get(name) is None for name in ("data", "URL", "filename")):
            raise malformed("a file with data, URL or filename is wanted")
        return cls._of(fields)

    @classmethod
    def create(cls, **values: Any) -> PortableFile:
        """Make one of ``filename``, ``url``, ``data`` (bytes or :class:`TransportableData`) and
        ``key``.

        Raises:
            DimError: a value is not what it should be.
            TypeError: there is no such field.
        """
        made = cls.parse(cls._written(values))
        made._check(values)
        return made

    def serialize(self) -> str | dict[str, Any]:
        """The short form: the bare URL or data URI when there is nothing else but a name, the
        mapping otherwise. A name goes into the data URI, and is lost beside a URL.

        Raises:
            DimError: ``BAD_ENCODING``, for a data URI that is none.
        """
        others = self._fields.keys() - {"filename"}
        if others == {"URL"} and self.url:
            return self.url
        text = self._fields.get("data")
        if others != {"data"} or not isinstance(text, str) or not text.startswith(_URI):
            return self.to_dict()
        if not self.filename:
            return text
        data = TransportableData.parse(text)
        named = {**data.parameters, "filename": self.filename}
        return str(TransportableData(data.data, data.mime_type, named))

    def __repr__(self) -> str:
        return f"<PortableFile of {', '.join(map(repr, self._fields))}>"


_SHORTEST = 8
"""Characters of the shortest text that is a file."""


def _of_text(text: str) -> dict[str, Any]:
    if text.startswith("{"):
        return load_object(text)
    if len(text) < _SHORTEST:
        raise malformed("too short for a file")
    if 0 < text.find("://") < _SHORTEST:
        return {"URL": text}
    fields = {"data": text}
    if text.startswith(_URI) and "," in text:
        name = TransportableData.parse(text).parameters.get("filename")
        if name is not None:
            fields["filename"] = name
    return fields


def as_file(value: Any) -> PortableFile:
    """A file, for a field."""
    return PortableFile.parse(value if isinstance(value, (str, Mapping)) else as_text(value))


def file_value(value: Any) -> Any:
    """What a field of a file is written as."""
    return value.serialize() if isinstance(value, PortableFile) else data_text(value)
