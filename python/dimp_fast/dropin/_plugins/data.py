"""Transportable data, and what values are taken for: text, mappings, numbers, times.

A value of a wrong type is refused, where the reference makes text of it (D19): a list is no ID and
``True`` no base64. Text that does not decode is refused when it is parsed, by explicit checks that
``python -O`` keeps (D9).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ...portable import TransportableData
from ...verdict import DimError
from .._families import Family
from .._patches import Patches

__all__ = ["install"]

_DECIMAL = re.compile("[0-9]+(?:[.][0-9]+)?", re.ASCII)
_INTEGER = re.compile("[+-]?[0-9]{1,18}", re.ASCII)
_MOST_TIME = 253402300799  # the end of the year 9999: clocks and calendars stop there


class WrapperMixin:
    """Text is text and a mapping is a mapping."""

    def get_str(self, s: Any) -> str | None:
        from dimp import Stringer

        if isinstance(s, Stringer):
            return s.to_str()  # type: ignore[no-any-return]
        return s if isinstance(s, str) else None

    def get_map(self, d: Any) -> Any:
        from dimp import Mapper

        return super().get_map(d) if isinstance(d, (Mapper, Mapping)) else None  # type: ignore[misc]


class ConverterMixin:
    """Numbers of ASCII digits, finite ones; times not before 1970. Anything else is the default,
    without an exception."""

    def get_int(self, value: Any, default: int | None) -> Any:
        if isinstance(value, str):
            text = value.strip(" \t\r\n")
            return int(text) if _INTEGER.fullmatch(text) else default
        if isinstance(value, float) and not math.isfinite(value):
            return default
        return self.__ask("get_int", value, default)

    def get_float(self, value: Any, default: float | None) -> float | None:
        number = self.__ask("get_float", value, default) if _is_number(value) else None
        return number if number is not None and math.isfinite(number) else default

    def get_datetime(self, value: Any, default: Any) -> Any:
        if isinstance(value, bool):
            return default
        if isinstance(value, (int, float)) and not 0 <= value <= _MOST_TIME:
            return default
        if isinstance(value, str) and not (_DECIMAL.fullmatch(value) and len(value) <= 32):
            return default
        return self.__ask("get_datetime", value, default)

    def get_bool(self, value: Any, default: bool | None) -> Any:
        return self.__ask("get_bool", value, default)

    def __ask(self, method: str, value: Any, default: Any) -> Any:
        """The reference, without its exceptions; it asserts what it should check."""
        if isinstance(value, (list, dict, bytes)):
            return default
        try:
            return getattr(super(), method)(value, default)
        except (ValueError, OverflowError, AssertionError):
            return default


def _is_number(value: Any) -> bool:
    """Whether a float can be made of it that says what it says."""
    return not isinstance(value, str) or (value.isascii() and "_" not in value)


class DataFactoryMixin:
    """Makes transportable data of base64, and of data URIs that end in ``;base64``."""

    def parse_transportable_data(self, ted: str) -> Any:
        if not isinstance(ted, str):
            return None
        if ted.startswith("data:") and "," in ted:
            return _embedded(ted)
        made = super().parse_transportable_data(ted)  # type: ignore[misc]
        try:
            binary = made.to_bytes()
        except (ValueError, AssertionError):
            return None
        return made if binary is not None else None


def _embedded(text: str) -> Any:
    """A data URI, taken apart by us: the reference checks by assertion."""
    data_uri, header, embed = _uri_classes()
    try:
        known = TransportableData.parse(text)
    except DimError:
        return None
    head = header(
        mime_type=known.mime_type, encoding="base64", extra=dict(known.parameters) or None
    )
    return embed.create_with_uri(uri=data_uri(head=head, body=text.partition(",")[2]))


def _uri_classes() -> tuple[Any, Any, Any]:
    try:
        from dimap.format.duri import DataURI, Header
        from dimap.format.embed import EmbedData
    except ImportError:
        from dimp.format.duri import DataURI, Header
        from dimp.format.embed import EmbedData
    return DataURI, Header, EmbedData


def install(patches: Patches, family: Family) -> None:
    import dimp
    from mkm.types.converter import BaseConverter
    from mkm.types.wrapper import BaseWrapper

    family.replace_kind(patches, dimp.Wrapper, "wrapper", BaseWrapper, WrapperMixin)
    family.replace_kind(patches, dimp.Converter, "converter", BaseConverter, ConverterMixin)
    helper = getattr(dimp.shared_format_extensions, "ted_helper", None)
    if helper is None:
        return
    patches.entry(
        "TransportableData",
        lambda: dimp.TransportableData.get_factory(),
        lambda factory: dimp.TransportableData.set_factory(factory=factory),
        family.factory("BaseNetworkDataFactory", DataFactoryMixin),
    )
