"""The text form of an ID: split it, parse it (docs/semantics.md#id-1 to #id-4).

Only the grammar and the canonical text. Whether an ID belongs to a key, only a meta can prove.
"""

from __future__ import annotations

import re
from typing import NamedTuple

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

# What network bytes of old generations stand for today (ID-4).
_ENTITY_TYPES = {0x08: 0, 0x10: 1, 0x30: 0x31, 0x88: 2, 0x76: 3, 0xC8: 4}


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
        if self.name is None and not self.is_broadcast:
            return 0
        return _ENTITY_TYPES.get(self.network, self.network)

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
    canonical = spelling
    if name is not None:
        canonical = f"{name}@{canonical}"
    if terminal is not None:
        canonical = f"{canonical}/{terminal}"
    return Parsed(canonical, name, spelling, terminal, network, spelling in address.BROADCAST)
