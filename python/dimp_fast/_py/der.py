"""Strict DER, as far as public keys and ECDSA signatures need it (docs/semantics.md#key-3).

Not a general ASN.1 library: definite minimal lengths, minimal integers, nothing left over.
"""

from __future__ import annotations

INTEGER = 0x02
BIT_STRING = 0x03
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30


class NotDer(ValueError):
    """The bytes are not the strict DER that was asked for."""


class Reader:
    """Reads one level of elements from left to right."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes, position: int = 0, end: int | None = None) -> None:
        self._data = data
        self._position = position
        self._end = len(data) if end is None else end

    def at_end(self) -> bool:
        return self._position == self._end

    def expect_end(self) -> None:
        if not self.at_end():
            raise NotDer("bytes after the end")

    def next_tag(self) -> int | None:
        return None if self.at_end() else self._data[self._position]

    def element(self, tag: int) -> bytes:
        """The content of the next element, which must have ``tag``."""
        start, end = self._header(tag)
        self._position = end
        return self._data[start:end]

    def sequence(self) -> Reader:
        start, end = self._header(SEQUENCE)
        self._position = end
        return Reader(self._data, start, end)

    def unsigned(self) -> int:
        """The next element as a minimal non-negative INTEGER."""
        content = self.element(INTEGER)
        if not content or content[0] & 0x80:
            raise NotDer("integer is empty or negative")
        if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
            raise NotDer("integer is not minimal")
        return int.from_bytes(content, "big")

    def bit_string(self) -> bytes:
        """The next element as a BIT STRING of whole bytes."""
        content = self.element(BIT_STRING)
        if not content or content[0] != 0:
            raise NotDer("bit string has unused bits")
        return content[1:]

    def _header(self, tag: int) -> tuple[int, int]:
        data, position, end = self._data, self._position, self._end
        if end - position < 2 or data[position] != tag:
            raise NotDer(f"no element with tag {tag:#04x}")
        length = data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or end - position < size:
                raise NotDer("length is indefinite, too long or cut off")
            length = int.from_bytes(data[position : position + size], "big")
            if length < 0x80 or length >> (8 * (size - 1)) == 0:
                raise NotDer("length is not minimal")
            position += size
        if length > end - position:
            raise NotDer("content is cut off")
        return position, position + length


def encode(tag: int, content: bytes) -> bytes:
    """One element with a minimal length."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def encode_unsigned(value: int) -> bytes:
    """A minimal non-negative INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
