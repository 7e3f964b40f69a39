"""The text form of an ID: split it, parse it (docs/semantics.md#id-1 to #id-4).

Only the grammar and the canonical text. Whether an ID belongs to a key, only a meta can prove.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .. import _rules
from . import address

MAX_CHARACTERS = 128
"""Longest ID, in Unicode characters."""

# What a part of an ID has none of: the separators; control characters (general category Cc: U+0000
# to U+001F and U+007F to U+009F); white space (property White_Space); lone surrogates. Spelled out,
# because `str.isspace` and `\s` are other sets and follow the Unicode version of the interpreter.
# U+180E and U+200B lost the property in Unicode 6.3 and 4.0.1: like all format characters they may
# stand in an ID.
_WHITE_SPACE = r"\x09-\x0d\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_PART = rf"[^@/\x00-\x1f\x7f-\x9f\ud800-\udfff{_WHITE_SPACE}]+"
_IDENTIFIER = re.compile(rf"(?:({_PART})@)?({_PART})(?:/({_PART}))?")

Parts = tuple[str | None, str, str | None]
"""Name, address, terminal."""

Fields = tuple[str, str | None, str, str | None, int]
"""Canonical text, name, address, terminal, network byte: what a tier says of an ID."""


class Parsed(NamedTuple):
    """What an ID says. Name and terminal are None when it has none."""

    canonical: str
    name: str | None
    address: str
    terminal: str | None
    network: int
    is_broadcast: bool

    @property
    def entity_type(self) -> int:
        """The network byte in today's numbers; without a name a user (ID-4)."""
        return _rules.entity_type(
            self.network, is_named=self.name is not None, is_broadcast=self.is_broadcast
        )

    @property
    def is_group(self) -> bool:
        """A group, not a user (ID-4)."""
        return bool(self.entity_type & 1)


def split(text: str) -> Parts | None:
    """Name, address and terminal of an ID, or None where ID-1 is broken.

    The address is not looked at. A `/` ends it, so a `@` after that is one too many.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    match = _IDENTIFIER.fullmatch(text)
    return None if match is None else (match[1], match[2], match[3])


def join(name: str | None, spelling: str, terminal: str | None) -> str:
    """The text of an ID; empty text is none."""
    text = f"{name}@{spelling}" if name else spelling
    return f"{text}/{terminal}" if terminal else text


def parse(text: str) -> Parsed | None:
    """The ID with its address in canonical form, or None when it is none (ID-1, ID-2, ID-3)."""
    parts = split(text)
    if parts is None:
        return None
    name, given, terminal = parts
    found = address.parse_address(given)
    if found is None:
        return None
    spelling, network = found[:2]
    return Parsed(
        join(name, spelling, terminal),
        name,
        spelling,
        terminal,
        network,
        spelling in address.BROADCAST,
    )


def parse_identifier(text: str) -> Fields | None:
    """The fields of an ID, or None when it is none."""
    parsed = parse(text)
    return None if parsed is None else parsed[:5]


def parse_identifiers(texts: Sequence[str], threads: int = 1) -> list[Fields | None]:
    """The fields of each ID, None for a text that is none. `threads` is not used."""
    return [parse_identifier(text) for text in texts]
