# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The grammar of an ID (docs/semantics.md#id-1) over the storage of a `str`."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from _address cimport ADDRESS_MAX_CHARACTERS, Address, address_parse

cdef enum:
    IDENTIFIER_MAX_CHARACTERS = 128

cdef struct IdentifierParts:
    Py_ssize_t at  # where the "@" is, or -1
    Py_ssize_t slash  # where the "/" is, or the length of the text


cdef inline uint32_t identifier_character(
    int kind, const void *data, Py_ssize_t i
) noexcept nogil:
    if kind == 1:
        return (<const uint8_t *>data)[i]
    if kind == 2:
        return (<const uint16_t *>data)[i]
    return (<const uint32_t *>data)[i]


cdef inline bint identifier_forbids(uint32_t character) noexcept nogil:
    """Control characters, white space (property White_Space), surrogates."""
    if character < 0xa1:
        return character <= 0x20 or character >= 0x7f
    if character < 0x1680:
        return False
    return (
        0x2000 <= character <= 0x200a
        or 0xd800 <= character <= 0xdfff
        or character == 0x1680
        or character == 0x2028
        or character == 0x2029
        or character == 0x202f
        or character == 0x205f
        or character == 0x3000
    )


cdef inline bint identifier_split(
    int kind, const void *data, Py_ssize_t size, IdentifierParts *parts
) noexcept nogil:
    """Whether `size` characters of `kind` bytes each keep ID-1; if so, where they part."""
    cdef uint32_t character
    cdef Py_ssize_t i
    if size > IDENTIFIER_MAX_CHARACTERS:
        return False
    parts.at = -1
    parts.slash = size
    for i in range(size):
        character = identifier_character(kind, data, i)
        if character == c'@':
            if parts.at >= 0 or i == 0:
                return False
            parts.at = i
        elif character == c'/':
            if parts.slash < size:
                return False
            parts.slash = i
        elif identifier_forbids(character):
            return False
    # This refuses a "@" behind the "/" too.
    return parts.at + 1 < parts.slash and parts.slash != size - 1


cdef inline bint identifier_parse(
    int kind, const void *data, Py_ssize_t size, IdentifierParts *parts, Address *address
) noexcept nogil:
    """Whether the text is an ID; if so, where it parts and what its address says."""
    cdef uint8_t[ADDRESS_MAX_CHARACTERS] text
    cdef Py_ssize_t start, length, i
    cdef uint32_t character
    if not identifier_split(kind, data, size, parts):
        return False
    start = parts.at + 1
    length = parts.slash - start
    if length > ADDRESS_MAX_CHARACTERS:
        return False
    for i in range(length):
        character = identifier_character(kind, data, start + i)
        if character > 0x7f:
            return False
        text[i] = <uint8_t>character
    return address_parse(text, length, address)
