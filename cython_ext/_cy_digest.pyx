# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: annotation_typing=False, autotestdict=False
"""RIPEMD-160 and Keccak-256; the same functions as `dimp_fast._py.digest`. SHA-256 is hashlib's."""

from cpython.bytes cimport PyBytes_AsStringAndSize
from libc.stdint cimport uint8_t

from _keccak cimport keccak256 as keccak256_kernel
from _ripemd160 cimport ripemd160 as ripemd160_kernel


def ripemd160(data: bytes) -> bytes:
    """The 20 bytes of RIPEMD-160."""
    cdef uint8_t[20] digest
    cdef Py_ssize_t size
    cdef char *source
    PyBytes_AsStringAndSize(data, &source, &size)
    ripemd160_kernel(<const uint8_t *>source, size, digest)
    return (<const char *>digest)[:20]


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256 with the original padding, not of SHA3-256."""
    cdef uint8_t[32] digest
    cdef Py_ssize_t size
    cdef char *source
    PyBytes_AsStringAndSize(data, &source, &size)
    keccak256_kernel(<const uint8_t *>source, size, digest)
    return (<const char *>digest)[:32]
