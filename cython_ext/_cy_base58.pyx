# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Base58; the same functions as `dimp_fast._py.base58`."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t

from _base58 cimport (
    BASE58_MAX_BYTES,
    BASE58_MAX_CHARACTERS,
    BASE58_MAX_ENCODED,
    base58_decode,
    base58_encode,
)
from _storage cimport (
    PyUnicode_DATA,
    PyUnicode_DecodeASCII,
    PyUnicode_GetLength,
    PyUnicode_IS_ASCII,
)


def encode(data: bytes) -> str:
    """The base58 text of `data`; ValueError for more than 128 bytes."""
    cdef uint8_t[BASE58_MAX_ENCODED] text
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    if size > BASE58_MAX_BYTES:
        raise ValueError(f"base58 takes at most {BASE58_MAX_BYTES} bytes, not {size}")
    size = base58_encode(<const uint8_t *>PyBytes_AS_STRING(data), size, text)
    return PyUnicode_DecodeASCII(<const char *>text, size, NULL)


def decode(text: str) -> bytes | None:
    """The bytes of a base58 text, or None for a foreign character or more than 256 characters."""
    cdef uint8_t[BASE58_MAX_CHARACTERS] data
    cdef Py_ssize_t size = PyUnicode_GetLength(text)
    if size > BASE58_MAX_CHARACTERS or not PyUnicode_IS_ASCII(text):
        return None
    size = base58_decode(<const uint8_t *>PyUnicode_DATA(text), size, data)
    return None if size < 0 else (<const char *>data)[:size]
