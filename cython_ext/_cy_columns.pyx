# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: annotation_typing=False, autotestdict=False
"""Columns of IDs: for routing, and as text; the same functions as `dimp_fast._py.columns`.

`route` goes through a batch a chunk at a time: take pointers, then work without the GIL. A tuple
holds on to the texts meanwhile. The others make Python objects all the way.
"""

from operator import index

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_AsStringAndSize,
    PyBytes_FromStringAndSize,
)
from libc.stdint cimport uint8_t, uint32_t

from _address cimport Address
from _identity cimport IdentifierParts, identifier_parse
from _storage cimport (
    PyUnicode_CopyCharacters,
    PyUnicode_GetLength,
    PyUnicode_MAX_CHAR_VALUE,
    PyUnicode_New,
    PyUnicode_WriteChar,
    Text,
    ascii_text,
    load_little_endian,
    store_little_endian,
    take_text,
)

MAX_SHARDS = 0xFFFFFFFF

cdef enum:
    CHUNK = 256
    OK = 0
    BAD_ADDRESS = 8


def route(identifiers, shards: int) -> tuple:
    """Codes, network bytes, search numbers and shards of n ID texts, the last two n little-endian
    uint32 each.

    The number is `number` of ADDRESS-4 and the shard number % shards. A broadcast ID has number and
    shard 0; a text that is no ID has BAD_ADDRESS and zeros. ValueError unless `shards` is in
    1..MAX_SHARDS.
    """
    shards = index(shards)
    if not 1 <= shards <= MAX_SHARDS:
        raise ValueError(f"shards must be in 1..{MAX_SHARDS}, not {shards}")
    cdef uint32_t divisor = shards
    cdef tuple items = tuple(identifiers)
    cdef Text[CHUNK] chunk
    cdef Text *text
    cdef IdentifierParts parts
    cdef Address address
    cdef Py_ssize_t total = len(items), start, count, i
    cdef bytes codes = PyBytes_FromStringAndSize(NULL, total)
    cdef bytes networks = PyBytes_FromStringAndSize(NULL, total)
    cdef bytes numbers = PyBytes_FromStringAndSize(NULL, 4 * total)
    cdef bytes chosen = PyBytes_FromStringAndSize(NULL, 4 * total)
    # Nobody else has these bytes yet, so they may be written.
    cdef uint8_t *code = <uint8_t *>PyBytes_AS_STRING(codes)
    cdef uint8_t *network = <uint8_t *>PyBytes_AS_STRING(networks)
    cdef uint8_t *number = <uint8_t *>PyBytes_AS_STRING(numbers)
    cdef uint8_t *shard = <uint8_t *>PyBytes_AS_STRING(chosen)
    for start in range(0, total, CHUNK):
        count = min(<Py_ssize_t>CHUNK, total - start)
        for i in range(count):
            take_text(items[start + i], &chunk[i])
        with nogil:
            for i in range(count):
                text = &chunk[i]
                if identifier_parse(text.kind, text.data, text.size, &parts, &address):
                    code[start + i] = OK
                else:
                    code[start + i] = BAD_ADDRESS
                    address.network = 0
                    address.number = 0
                network[start + i] = address.network
                store_little_endian(number + 4 * (start + i), address.number)
                store_little_endian(shard + 4 * (start + i), address.number % divisor)
    return codes, networks, numbers, chosen


def join_identifiers(names, addresses, terminals) -> list:
    """`name@address/terminal` of each row; empty text is none. Nothing is checked but the lengths,
    which must be equal, else ValueError."""
    cdef tuple before = tuple(names), middle = tuple(addresses), after = tuple(terminals)
    cdef Py_ssize_t total = len(middle), i
    cdef list joined = []
    if len(before) != total or len(after) != total:
        raise ValueError(f"{len(before)} names, {total} addresses, {len(after)} terminals")
    for i in range(total):
        joined.append(join(before[i], middle[i], after[i]))
    return joined


cdef object join(object name, object address, object terminal):
    cdef Py_ssize_t head = 0 if name is None else PyUnicode_GetLength(name)
    cdef Py_ssize_t size = PyUnicode_GetLength(address)
    cdef Py_ssize_t tail = 0 if terminal is None else PyUnicode_GetLength(terminal)
    cdef uint32_t largest = PyUnicode_MAX_CHAR_VALUE(address)
    cdef Py_ssize_t start = 0
    if not head and not tail:
        return address
    if head:
        largest = max(largest, PyUnicode_MAX_CHAR_VALUE(name))
        start = head + 1
    if tail:
        largest = max(largest, PyUnicode_MAX_CHAR_VALUE(terminal))
    text = PyUnicode_New(start + size + (tail + 1 if tail else 0), largest)
    # Nobody else has this text yet, so it may be written.
    if head:
        PyUnicode_CopyCharacters(text, 0, name, 0, head)
        PyUnicode_WriteChar(text, head, c'@')
    PyUnicode_CopyCharacters(text, start, address, 0, size)
    if tail:
        PyUnicode_WriteChar(text, start + size, c'/')
        PyUnicode_CopyCharacters(text, start + size + 1, terminal, 0, tail)
    return text


def number_texts(numbers: bytes) -> list:
    """Search numbers as people read them, `ddd-ddd-dddd` (ADDRESS-4).

    `numbers` has n little-endian uint32, else ValueError.
    """
    cdef list texts = []
    cdef uint8_t[12] text
    cdef Py_ssize_t size, i
    cdef char *column
    cdef uint32_t number
    cdef int place
    PyBytes_AsStringAndSize(numbers, &column, &size)
    if size % 4:
        raise ValueError(f"numbers: {size} bytes are no column of uint32")
    for i in range(0, size, 4):
        number = load_little_endian(<const uint8_t *>column + i)
        for place in range(11, -1, -1):
            if place == 3 or place == 7:
                text[place] = c'-'
            else:
                text[place] = <uint8_t>(c'0' + number % 10)
                number //= 10
        texts.append(ascii_text(text, 12))
    return texts
