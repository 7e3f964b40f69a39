# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: annotation_typing=False, autotestdict=False
"""Fields of an envelope: base64, transportable data, IDs.

The same functions as `dimp_fast._py.base64` and `dimp_fast._py.identity`.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from _address cimport ADDRESS_BTC, Address, address_canonical
from _identity cimport IdentifierParts, identifier_parse, identifier_split
from _storage cimport (
    PyUnicode_DATA,
    PyUnicode_GetLength,
    PyUnicode_IS_ASCII,
    PyUnicode_KIND,
    PyUnicode_Substring,
    Text,
    take_text,
)

cdef enum:
    NO_SEXTET = 0x80
    CHUNK = 256

cdef struct Parsing:
    Text text
    bint ok
    IdentifierParts parts
    Address address

# The six bits of each character, or NO_SEXTET.
cdef uint8_t[256] SEXTETS
# Space, tab, LF, VT, FF, CR.
cdef bytes WHITE_SPACE = b" \t\n\v\f\r"


cdef void fill_sextets():
    cdef const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    cdef int i
    memset(SEXTETS, NO_SEXTET, sizeof(SEXTETS))
    for i in range(64):
        SEXTETS[<uint8_t>alphabet[i]] = <uint8_t>i


fill_sextets()


def decode(text: str) -> bytes | None:
    """The bytes of a base64 text, or None (BASE64-1)."""
    cdef Py_ssize_t size = PyUnicode_GetLength(text)
    if not PyUnicode_IS_ASCII(text):
        return None
    return decode_ascii(<const uint8_t *>PyUnicode_DATA(text), size)


def decode_transportable(text: str) -> bytes | None:
    """The bytes of bare base64, or of a data URI with `;base64`, or None (BASE64-2)."""
    PyUnicode_GetLength(text)  # raises TypeError for what is no str
    if text.startswith("data:"):
        header, comma, body = text.partition(",")
        if comma:
            return decode(body) if header.endswith(";base64") else None
    return decode(text)


def split(text: str) -> tuple | None:
    """Name, address and terminal of an ID, or None where ID-1 is broken.

    The address is not looked at. A `/` ends it, so a `@` after that is one too many.
    """
    cdef IdentifierParts parts
    cdef Py_ssize_t size = PyUnicode_GetLength(text)
    if not identifier_split(PyUnicode_KIND(text), PyUnicode_DATA(text), size, &parts):
        return None
    return (
        name_of(text, &parts),
        PyUnicode_Substring(text, parts.at + 1, parts.slash),
        terminal_of(text, &parts, size),
    )


def parse(text: str) -> tuple | None:
    """Canonical text, name, canonical address, terminal and network byte of an ID, or None for what
    is none (ID-1, ID-2)."""
    cdef Parsing parsing
    take_text(text, &parsing.text)
    parse_one(&parsing)
    return fields_of(text, &parsing)


def parse_all(texts, threads=1) -> list:
    """What `parse` says of each text, in order.

    A chunk at a time: take pointers, work without the GIL, make the results. A tuple holds on to
    the texts meanwhile.
    """
    cdef tuple items = tuple(texts)
    cdef list parsed = []
    cdef Parsing[CHUNK] chunk
    cdef Py_ssize_t total = len(items), start, count, i
    for start in range(0, total, CHUNK):
        count = min(<Py_ssize_t>CHUNK, total - start)
        for i in range(count):
            take_text(items[start + i], &chunk[i].text)
        with nogil:
            for i in range(count):
                parse_one(&chunk[i])
        for i in range(count):
            parsed.append(fields_of(items[start + i], &chunk[i]))
    return parsed


cdef inline void parse_one(Parsing *parsing) noexcept nogil:
    cdef Text *text = &parsing.text
    parsing.ok = identifier_parse(
        text.kind, text.data, text.size, &parsing.parts, &parsing.address
    )


cdef object fields_of(object text, const Parsing *parsing):
    cdef const IdentifierParts *parts = &parsing.parts
    cdef Py_ssize_t size = parsing.text.size
    if not parsing.ok:
        return None
    if parsing.address.form == ADDRESS_BTC:
        canonical = text
        spelling = PyUnicode_Substring(text, parts.at + 1, parts.slash)
    else:
        spelling = address_canonical(text, &parsing.address)
        before = PyUnicode_Substring(text, 0, parts.at + 1)
        canonical = before + spelling + PyUnicode_Substring(text, parts.slash, size)
    name, terminal = name_of(text, parts), terminal_of(text, parts, size)
    return canonical, name, spelling, terminal, parsing.address.network


cdef inline object name_of(object text, const IdentifierParts *parts):
    return PyUnicode_Substring(text, 0, parts.at) if parts.at >= 0 else None


cdef inline object terminal_of(object text, const IdentifierParts *parts, Py_ssize_t size):
    return PyUnicode_Substring(text, parts.slash + 1, size) if parts.slash < size else None


cdef object decode_ascii(const uint8_t *text, Py_ssize_t size):
    cdef object data = decode_packed(text, size)
    cdef bytes packed
    if data is None:
        # Perhaps only for white space, which is rare: then once more without it.
        packed = (<const char *>text)[:size].translate(None, WHITE_SPACE)
        if len(packed) < size:
            data = decode_packed(<const uint8_t *>PyBytes_AS_STRING(packed), len(packed))
    return data


cdef object decode_packed(const uint8_t *text, Py_ssize_t size):
    """The bytes of canonical base64 without white space, or None."""
    cdef Py_ssize_t padding = 0, i
    cdef uint32_t group
    cdef uint8_t seen = 0
    cdef bytes data
    cdef uint8_t *out
    if size % 4 or size == 0:
        return None if size else b""
    if text[size - 1] == c'=':
        padding = 2 if text[size - 2] == c'=' else 1
    data = PyBytes_FromStringAndSize(NULL, size // 4 * 3 - padding)
    # Nobody else has these bytes yet, so they may be written.
    out = <uint8_t *>PyBytes_AS_STRING(data)
    for i in range(size // 4 - (padding > 0)):
        group = four_sextets(text, &seen)
        out[0] = <uint8_t>(group >> 16)
        out[1] = <uint8_t>(group >> 8)
        out[2] = <uint8_t>group
        text += 4
        out += 3
    if padding:
        group = last_sextets(text, padding, &seen)
        out[0] = <uint8_t>(group >> 16)
        if padding == 1:
            out[1] = <uint8_t>(group >> 8)
        if group & (0xffff if padding == 2 else 0xff):
            return None
    return None if seen & NO_SEXTET else data


cdef inline uint32_t four_sextets(const uint8_t *text, uint8_t *seen) noexcept nogil:
    cdef uint32_t a = SEXTETS[text[0]], b = SEXTETS[text[1]]
    cdef uint32_t c = SEXTETS[text[2]], d = SEXTETS[text[3]]
    seen[0] |= <uint8_t>(a | b | c | d)
    return (a << 18) | (b << 12) | (c << 6) | d


cdef inline uint32_t last_sextets(
    const uint8_t *text, Py_ssize_t padding, uint8_t *seen
) noexcept nogil:
    """Like `four_sextets`, with zeros for the padding."""
    cdef uint32_t a = SEXTETS[text[0]], b = SEXTETS[text[1]]
    cdef uint32_t c = SEXTETS[text[2]] if padding == 1 else 0
    seen[0] |= <uint8_t>(a | b | c)
    return (a << 18) | (b << 12) | (c << 6)
