# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: annotation_typing=False, autotestdict=False
"""Columns of IDs for routing; the same function as `dimp_fast._py.columns`.

It goes through a batch a chunk at a time: take pointers, then work without the GIL. A tuple holds on
to the texts meanwhile.
"""

from operator import index

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t

from _address cimport Address
from _identity cimport IdentifierParts, identifier_parse
from _storage cimport (
    PyUnicode_DATA,
    PyUnicode_GetLength,
    PyUnicode_KIND,
    store_little_endian,
)

MAX_SHARDS = 0xFFFFFFFF

cdef enum:
    CHUNK = 256
    OK = 0
    BAD_ADDRESS = 8

cdef struct Text:
    int kind
    const void *data
    Py_ssize_t size


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
            item = items[start + i]
            chunk[i].size = PyUnicode_GetLength(item)
            chunk[i].kind = PyUnicode_KIND(item)
            chunk[i].data = PyUnicode_DATA(item)
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
