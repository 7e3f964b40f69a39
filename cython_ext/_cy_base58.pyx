# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: annotation_typing=False, autotestdict=False
"""Base58; the same functions as `dimp_fast._py.base58`."""

from cpython.bytes cimport PyBytes_AsStringAndSize
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
    PyUnicode_GetLength,
    PyUnicode_IS_ASCII,
    ascii_text,
)


def encode(data: bytes) -> str:
    """The base58 text of `data`; ValueError for more than 128 bytes."""
    cdef uint8_t[BASE58_MAX_ENCODED] text
    cdef Py_ssize_t size
    cdef char *source
    PyBytes_AsStringAndSize(data, &source, &size)
    if size > BASE58_MAX_BYTES:
        raise ValueError(f"base58 takes at most {BASE58_MAX_BYTES} bytes, not {size}")
    size = base58_encode(<const uint8_t *>source, size, text)
    return ascii_text(text, size)


def decode(text: str) -> bytes | None:
    """The bytes of a base58 text, or None for a foreign character or more than 256 characters."""
    cdef uint8_t[BASE58_MAX_CHARACTERS] data
    cdef Py_ssize_t size = PyUnicode_GetLength(text)
    if size > BASE58_MAX_CHARACTERS or not PyUnicode_IS_ASCII(text):
        return None
    size = base58_decode(<const uint8_t *>PyUnicode_DATA(text), size, data)
    return None if size < 0 else (<const char *>data)[:size]
