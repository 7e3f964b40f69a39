# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The storage of a `str`, new ones, and numbers in columns.

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
    uint32_t PyUnicode_MAX_CHAR_VALUE(object text)
    object PyUnicode_New(Py_ssize_t size, uint32_t largest)
    Py_ssize_t PyUnicode_CopyCharacters(
        object target, Py_ssize_t target_start, object source, Py_ssize_t start, Py_ssize_t size
    ) except -1
    int PyUnicode_WriteChar(object text, Py_ssize_t i, uint32_t character) except -1

cdef struct Text:
    int kind  # bytes a character
    const void *data
    Py_ssize_t size


cdef inline int take_text(object text, Text *taken) except -1:
    """The storage of a `str`; TypeError for another type."""
    taken.size = PyUnicode_GetLength(text)
    taken.kind = PyUnicode_KIND(text)
    taken.data = PyUnicode_DATA(text)
    return 0


cdef inline object ascii_text(const uint8_t *text, Py_ssize_t size):
    """A `str` of ASCII characters."""
    return PyUnicode_DecodeASCII(<const char *>text, size, NULL)


cdef inline void store_little_endian(uint8_t *column, uint32_t value) noexcept nogil:
    column[0] = <uint8_t>value
    column[1] = <uint8_t>(value >> 8)
    column[2] = <uint8_t>(value >> 16)
    column[3] = <uint8_t>(value >> 24)


cdef inline uint32_t load_little_endian(const uint8_t *column) noexcept nogil:
    return (
        <uint32_t>column[0] | (<uint32_t>column[1] << 8)
        | (<uint32_t>column[2] << 16) | (<uint32_t>column[3] << 24)
    )
