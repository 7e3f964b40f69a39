# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""RIPEMD-160 and Keccak-256; the same functions as `dimp_fast._py.digest`. SHA-256 is hashlib's."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t

from _keccak cimport keccak256 as keccak256_kernel
from _ripemd160 cimport ripemd160 as ripemd160_kernel


def ripemd160(data: bytes) -> bytes:
    """The 20 bytes of RIPEMD-160."""
    cdef uint8_t[20] digest
    ripemd160_kernel(<const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), digest)
    return (<const char *>digest)[:20]


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256 with the original padding, not of SHA3-256."""
    cdef uint8_t[32] digest
    keccak256_kernel(<const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), digest)
    return (<const char *>digest)[:32]
