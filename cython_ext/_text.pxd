# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The storage of a `str`: read in place, or made from ASCII.

A `str` never changes, so its storage may be read without the GIL as long as somebody holds a
reference.
"""

from cpython.object cimport PyObject

cdef extern from "Python.h":
    # Checks the type, and readies the old-style strings of Python 3.11 and before.
    Py_ssize_t PyUnicode_GetLength(object text) except -1
    bint PyUnicode_IS_ASCII(object text)
    int PyUnicode_KIND(object text)
    const void *PyUnicode_DATA(object text)
    object PyUnicode_Substring(object text, Py_ssize_t start, Py_ssize_t end)
    object PyUnicode_DecodeASCII(const char *data, Py_ssize_t size, const char *errors)
