# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Addresses; the same functions as `dimp_fast._py.address`.

Batches run on the calling thread, whatever `threads` says, but without the GIL.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from _address cimport (
    ADDRESS_BROADCAST,
    ADDRESS_BTC,
    ADDRESS_ETH,
    ADDRESS_EVERYWHERE,
    ADDRESS_MAX_CHARACTERS,
    Address,
    address_derive,
    address_derive_eth,
    address_eip55,
    address_parse,
)
from _base58 cimport BASE58_MAX_ENCODED
from _text cimport (
    PyUnicode_DATA,
    PyUnicode_DecodeASCII,
    PyUnicode_GetLength,
    PyUnicode_IS_ASCII,
)

cdef enum:
    OK = 0
    BAD_ADDRESS = 8

# One item of a batch. What it points to is kept by a tuple of the caller while the GIL is released.
cdef struct Item:
    const uint8_t *data  # NULL: no ASCII text
    Py_ssize_t size
