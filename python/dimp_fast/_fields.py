"""Objects over a JSON mapping: a class names its fields in a table, and each is read when it is
asked for (docs/semantics.md#content-1, #content-2).

Not here: which fields there are (``content``, ``portable``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, overload

from . import coding
from ._json import MAX_NUMBER
from .identity import Identifier
from .symmetric import SymmetricKey
from .verdict import Code, DimError

T = TypeVar("T")

_MOST, _LEAST = 2**63 - 1, -(2**63)
_DIGITS = re.compile("[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile("[0-9]+(?:[.][0-9]+)?", re.ASCII)
_REFERENCE = "$ref"
"""What a Java serialiser writes when an object appears twice. It is no object, and is skipped."""


def is_there(value: Any) -> bool:
    """Whether a value counts: ``null`` is absent, and so is a ``$ref``."""
    return value is not None and not (isinstance(value, Mapping) and value.keys() == {_REFERENCE})


class Field(Generic[T]):
    """One field of a class of contents.

    As an attribute it is what ``read`` makes of the value, ``None`` when there is none, and a
    :class:`DimError` that names the field when ``read`` refuses it.

    Args:
        read: takes the JSON value; raises :class:`DimError` for one that is none of its own.
        names: what the field is called on the wire, the name of today first; without any it is
            the name of the attribute. The first one that is there counts.
        write: what :meth:`Fields.create` makes a JSON value with.
        find: takes all fields, where names are not enough to find the value.
    """

    __slots__ = ("_find", "_read", "names", "write")

    def __init__(
        self,
        read: Callable[[Any], T],
        *names: str,
        write: Callable[[Any], Any] | None = None,
        find: Callable[[Mapping[str, Any]], Any] | None = None,
    ) -> None:
        self.names = names
        self.write = write or plain
        self._read = read
        self._find = find

    def __set_name__(self, owner: type, name: str) -> None:
        self.names = self.names or (name,)

    @overload
    def __get__(self, instance: None, owner: type) -> Field[T]: ...

    @overload
    def __get__(self, instance: Fields, owner: type) -> T | None: ...

    def __get__(self, instance: Fields | None, owner: type) -> Field[T] | T | None:
        return self if instance is None else self.of(instance._fields)

    def of(self, fields: Mapping[str, Any]) -> T | None:
        """The value in some fields."""
        value = self.find(fields)
        if value is None:
            return None
        try:
            return self._read(value)
        except DimError as error:
            raise DimError(error.code, f"{self.names[0]}: {error.reason}") from None

    def find(self, fields: Mapping[str, Any]) -> Any:
        """The JSON value in some fields; ``None`` when there is none."""
        if self._find is not None:
            return self._find(fields)
        return next((fields[name] for name in self.names if is_there(fields.get(name))), None)


Kind = TypeVar("Kind", bound="Fields")


class Fields:
    """A JSON mapping whose fields are attributes. Immutable; equal to another of the same class and
    the same fields. Instances may be shared between threads."""

    __slots__ = ("_fields",)

    _fields: dict[str, Any]
    _declared: ClassVar[dict[str, Field[Any]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._declared = {
            name: field
            for base in reversed(cls.__mro__)
            for name, field in vars(base).items()
            if isinstance(field, Field)
        }

    def __init__(self) -> None:
        raise TypeError(f"use {type(self).__name__}.parse() or create()")

    @classmethod
    def _of(cls: type[Kind], fields: dict[str, Any]) -> Kind:
        instance = object.__new__(cls)
        instance._fields = fields
        return instance

    @classmethod
    def _written(cls, values: Mapping[str, Any], order: Sequence[str] = ()) -> dict[str, Any]:
        """The JSON fields of some attributes: those in ``order`` first, the others as declared."""
        for name in values:
            if name not in cls._declared:
                raise TypeError(f"{cls.__name__} has no field {name!r}")
        names = dict.fromkeys((*order, *cls._declared))
        return {
            cls._declared[name].names[0]: cls._declared[name].write(values[name])
            for name in names
            if values.get(name) is not None
        }

    def _check(self, names: Mapping[str, Any]) -> None:
        """Raise :class:`DimError` unless these attributes can be read."""
        for name in names:
            getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """The fields as they were parsed: a fresh mapping, of which what is nested is shared."""
        return dict(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fields):
            return NotImplemented
        return type(self) is type(other) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]


def plain(value: Any) -> Any:
    """A JSON value: IDs as text, bytes as base64, our objects as their mappings."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return coding.base64_encode(bytes(value))
    if isinstance(value, Identifier):
        return str(value)
    if isinstance(value, SymmetricKey):  # a file's; the content that carries it is encrypted
        return value.to_dict(secret=True)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


# What a field may hold. Each takes a JSON value that is there.


def malformed(reason: str) -> DimError:
    return DimError(Code.MALFORMED, reason)


def as_text(value: Any) -> str:
    """Text."""
    if not isinstance(value, str):
        raise malformed("text is wanted")
    return value


def as_integer(value: Any) -> int:
    """A whole number of 64 bits, also as decimal text (docs/semantics.md#msg-2)."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not _LEAST <= value <= _MOST:
        raise malformed("a whole number of at most 64 bits is wanted")
    return value


def as_number(value: Any) -> int | float:
    """A number that is finite as a double, also as decimal text."""
    if isinstance(value, str) and len(value) <= MAX_NUMBER and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise malformed("a number is wanted")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise malformed("a finite number is wanted")
    return value


def as_time(value: Any) -> float:
    """Seconds since the epoch, 0 or more, also as decimal text (docs/semantics.md#msg-2)."""
    number = as_number(value)
    if number < 0:
        raise malformed("a time before 1970 is none")
    return float(number)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """An object, as it was sent."""
    if not isinstance(value, Mapping):
        raise malformed("an object is wanted")
    return value


def as_list(value: Any) -> list[Any]:
    """An array, as it was sent."""
    if not isinstance(value, list):
        raise malformed("an array is wanted")
    return value


def as_texts(value: Any) -> tuple[str, ...]:
    """An array of text."""
    return tuple(map(as_text, as_list(value)))


def as_mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    """An array of objects, or one object; each ``$ref`` among them is skipped."""
    items = [value] if isinstance(value, Mapping) else as_list(value)
    return tuple(as_mapping(item) for item in items if is_there(item))


def as_identifier(value: Any) -> Identifier:
    """An ID."""
    return Identifier.parse(as_text(value))


def as_identifiers(value: Any) -> tuple[Identifier, ...]:
    """An array of IDs, or one ID."""
    return tuple(map(as_identifier, [value] if isinstance(value, str) else as_list(value)))


def as_key(value: Any) -> SymmetricKey:
    """The key that a file is encrypted with."""
    return SymmetricKey.parse(as_mapping(value))
