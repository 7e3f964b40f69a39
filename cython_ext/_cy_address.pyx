# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: annotation_typing=False, autotestdict=False
"""Addresses; the same functions as `dimp_fast._py.address`.

Batches run on the calling thread, whatever `threads` says. They go through a chunk at a time: take
pointers, work without the GIL, make the results. A tuple holds on to the items meanwhile.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_AsStringAndSize,
    PyBytes_FromStringAndSize,
)
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from _address cimport (
    ADDRESS_MAX_BTC,
    Address,
    address_canonical,
    address_derive,
    address_derive_eth,
    address_eip55,
    address_format,
    address_parse,
)
from _storage cimport (
    PyUnicode_DATA,
    PyUnicode_GetLength,
    PyUnicode_IS_ASCII,
    ascii_text,
    store_little_endian,
)

cdef enum:
    CHUNK = 256
    OK = 0
    BAD_ADDRESS = 8

cdef struct Derivation:
    const uint8_t *data
    Py_ssize_t size
    uint8_t[ADDRESS_MAX_BTC] text
    Py_ssize_t text_size

cdef struct Formatting:
    uint8_t[ADDRESS_MAX_BTC] text
    Py_ssize_t size

cdef struct EthDerivation:
    const uint8_t *point
    uint8_t[42] text

cdef struct Parsing:
    const uint8_t *text
    Py_ssize_t size  # 0 for what is not ASCII
    bint ok
    Address address


def derive_addresses(fingerprints, networks: bytes, threads=1) -> list:
    """BTC style addresses of fingerprints or key data, in order (ADDRESS-1).

    `networks` has one byte, or one for each fingerprint, else ValueError.
    """
    cdef tuple items = tuple(fingerprints)
    cdef list addresses = []
    cdef Derivation[CHUNK] chunk
    cdef Derivation *item
    cdef Py_ssize_t total = len(items), start, count, i, given, step
    cdef char *data
    cdef char *network
    PyBytes_AsStringAndSize(networks, &network, &given)
    if given != 1 and given != total:
        raise ValueError(f"{given} network bytes for {total} fingerprints")
    step = 0 if given == 1 else 1
    for start in range(0, total, CHUNK):
        count = min(<Py_ssize_t>CHUNK, total - start)
        for i in range(count):
            PyBytes_AsStringAndSize(items[start + i], &data, &chunk[i].size)
            chunk[i].data = <const uint8_t *>data
        with nogil:
            for i in range(count):
                item = &chunk[i]
                item.text_size = address_derive(
                    item.data, item.size, <uint8_t>network[step * (start + i)], item.text
                )
        for i in range(count):
            addresses.append(ascii_text(chunk[i].text, chunk[i].text_size))
    return addresses


def format_addresses(digests: bytes, networks: bytes) -> list:
    """BTC style addresses of digests of 20 bytes each, in order (ADDRESS-1).

    `networks` has one byte, or one for each digest, else ValueError.
    """
    cdef list addresses = []
    cdef Formatting[CHUNK] chunk
    cdef Py_ssize_t total, start, count, i, size, given, step
    cdef char *digest
    cdef char *network
    PyBytes_AsStringAndSize(digests, &digest, &size)
    PyBytes_AsStringAndSize(networks, &network, &given)
    total = size // 20
    if size % 20 or (given != 1 and given != total):
        raise ValueError(f"{given} network bytes for {size} bytes of digests")
    step = 0 if given == 1 else 1
    for start in range(0, total, CHUNK):
        count = min(<Py_ssize_t>CHUNK, total - start)
        with nogil:
            for i in range(count):
                chunk[i].size = address_format(
                    <const uint8_t *>digest + 20 * (start + i),
                    <uint8_t>network[step * (start + i)],
                    chunk[i].text,
                )
        for i in range(count):
            addresses.append(ascii_text(chunk[i].text, chunk[i].size))
    return addresses


def derive_eth_addresses(points, threads=1) -> list:
    """ETH addresses of public keys of 64 bytes X | Y, in EIP-55 spelling (ADDRESS-2).

    ValueError for a point of another length.
    """
    cdef tuple items = tuple(points)
    cdef list addresses = []
    cdef EthDerivation[CHUNK] chunk
    cdef Py_ssize_t total = len(items), start, count, size, i
    cdef char *data
    for start in range(0, total, CHUNK):
        count = min(<Py_ssize_t>CHUNK, total - start)
        for i in range(count):
            PyBytes_AsStringAndSize(items[start + i], &data, &size)
            if size != 64:
                raise ValueError(f"points[{start + i}] has {size} bytes, not 64")
            chunk[i].point = <const uint8_t *>data
        with nogil:
            for i in range(count):
                address_derive_eth(chunk[i].point, chunk[i].text)
        for i in range(count):
            addresses.append(ascii_text(chunk[i].text, 42))
    return addresses


def eth_checksum(lower_hex: str) -> str:
    """The EIP-55 spelling of 40 lower-case hex digits, without `0x`; ValueError for others."""
    cdef bint ok = PyUnicode_GetLength(lower_hex) == 40 and PyUnicode_IS_ASCII(lower_hex)
    cdef const uint8_t *lower = <const uint8_t *>PyUnicode_DATA(lower_hex)
    cdef uint8_t[40] text
    cdef int i
    if ok:
        for i in range(40):
            ok = ok and (c'0' <= lower[i] <= c'9' or c'a' <= lower[i] <= c'f')
    if not ok:
        raise ValueError("not 40 lower-case hex digits")
    address_eip55(lower, text)
    return ascii_text(text, 40)


def parse_address(text: str) -> tuple | None:
    """What an address says, or None when it is none (ADDRESS-1 to ADDRESS-4).

    Canonical text, network byte, 20-byte digest, `number`, `number_le`.
    """
    cdef Address address
    cdef Py_ssize_t size = PyUnicode_GetLength(text)
    if not PyUnicode_IS_ASCII(text):
        return None
    if not address_parse(<const uint8_t *>PyUnicode_DATA(text), size, &address):
        return None
    return (
        address_canonical(text, &address),
        address.network,
        (<const char *>address.digest)[:20],
        address.number,
        address.number_le,
    )


def parse_addresses(texts, threads=1) -> tuple:
    """Columns of n addresses: codes, network bytes, digests (20 n bytes), `number` and `number_le`
    (n little-endian uint32 each), canonical texts.

    A text that is no address has BAD_ADDRESS, zeros, and None.
    """
    cdef tuple items = tuple(texts)
    cdef list canonical = []
    cdef Parsing[CHUNK] chunk
    cdef Parsing *item
    cdef Py_ssize_t total = len(items), start, count, i
    cdef bytes codes = PyBytes_FromStringAndSize(NULL, total)
    cdef bytes networks = PyBytes_FromStringAndSize(NULL, total)
    cdef bytes digests = PyBytes_FromStringAndSize(NULL, 20 * total)
    cdef bytes numbers = PyBytes_FromStringAndSize(NULL, 4 * total)
    cdef bytes numbers_le = PyBytes_FromStringAndSize(NULL, 4 * total)
    # Nobody else has these bytes yet, so they may be written.
    cdef uint8_t *code = <uint8_t *>PyBytes_AS_STRING(codes)
    cdef uint8_t *network = <uint8_t *>PyBytes_AS_STRING(networks)
    cdef uint8_t *digest = <uint8_t *>PyBytes_AS_STRING(digests)
    cdef uint8_t *number = <uint8_t *>PyBytes_AS_STRING(numbers)
    cdef uint8_t *number_le = <uint8_t *>PyBytes_AS_STRING(numbers_le)
    for start in range(0, total, CHUNK):
        count = min(<Py_ssize_t>CHUNK, total - start)
        for i in range(count):
            text = items[start + i]
            chunk[i].size = PyUnicode_GetLength(text)
            if not PyUnicode_IS_ASCII(text):
                chunk[i].size = 0
            chunk[i].text = <const uint8_t *>PyUnicode_DATA(text)
        with nogil:
            for i in range(count):
                item = &chunk[i]
                item.ok = address_parse(item.text, item.size, &item.address)
                if not item.ok:
                    memset(&item.address, 0, sizeof(Address))
                code[start + i] = OK if item.ok else BAD_ADDRESS
                network[start + i] = item.address.network
                memcpy(digest + 20 * (start + i), item.address.digest, 20)
                store_little_endian(number + 4 * (start + i), item.address.number)
                store_little_endian(number_le + 4 * (start + i), item.address.number_le)
        for i in range(count):
            if chunk[i].ok:
                canonical.append(address_canonical(items[start + i], &chunk[i].address))
            else:
                canonical.append(None)
    return codes, networks, digests, numbers, numbers_le, canonical
