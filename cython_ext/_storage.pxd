# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The storage of a `str`, and numbers in columns.

A `str` never changes, so its storage may be read without the GIL as long as somebody holds a
reference.
"""

from libc.stdint cimport uint8_t, uint32_t

cdef extern from "Python.h":
    # Checks the type, and readies the old-style strings of Python 3.11 and before.
    Py_ssize_t PyUnicode_GetLength(object text) except -1
    bint PyUnicode_IS_ASCII(object text)
    int PyUnicode_KIND(object text)
    const void *PyUnicode_DATA(object text)
    object PyUnicode_Substring(object text, Py_ssize_t start, Py_ssize_t end)
    object PyUnicode_DecodeASCII(const char *data, Py_ssize_t size, const char *errors)


cdef inline object ascii_text(const uint8_t *text, Py_ssize_t size):
    """A `str` of ASCII characters."""
    return PyUnicode_DecodeASCII(<const char *>text, size, NULL)


cdef inline void store_little_endian(uint8_t *column, uint32_t value) noexcept nogil:
    column[0] = <uint8_t>value
    column[1] = <uint8_t>(value >> 8)
    column[2] = <uint8_t>(value >> 16)
    column[3] = <uint8_t>(value >> 24)
