# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""SHA-256 (FIPS 180-4) for public data, without Python objects.

Not for long messages: hashlib is faster there. Its price is the call, and that it needs the GIL.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <stdint.h>
    static const uint32_t dimp_sha256_constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };
    """
    const uint32_t[64] dimp_sha256_constants


cdef inline uint32_t sha256_rotate(uint32_t value, int turns) noexcept nogil:
    return (value >> turns) | (value << (32 - turns))


cdef inline void sha256_block(uint32_t *state, const uint8_t *block) noexcept nogil:
    """Take in one block of 64 bytes."""
    cdef uint32_t[64] words
    cdef uint32_t a, b, c, d, e, f, g, h, x, y
    cdef int i
    for i in range(16):
        words[i] = (
            (<uint32_t>block[4 * i] << 24) | (<uint32_t>block[4 * i + 1] << 16)
            | (<uint32_t>block[4 * i + 2] << 8) | block[4 * i + 3]
        )
    for i in range(16, 64):
        x = words[i - 15]
        y = words[i - 2]
        x = sha256_rotate(x, 7) ^ sha256_rotate(x, 18) ^ (x >> 3)
        y = sha256_rotate(y, 17) ^ sha256_rotate(y, 19) ^ (y >> 10)
        words[i] = words[i - 16] + x + words[i - 7] + y
    a, b, c, d = state[0], state[1], state[2], state[3]
    e, f, g, h = state[4], state[5], state[6], state[7]
    for i in range(64):
        x = sha256_rotate(e, 6) ^ sha256_rotate(e, 11) ^ sha256_rotate(e, 25)
        x += h + (g ^ (e & (f ^ g))) + dimp_sha256_constants[i] + words[i]
        y = sha256_rotate(a, 2) ^ sha256_rotate(a, 13) ^ sha256_rotate(a, 22)
        y += (a & b) | (c & (a | b))
        h = g
        g = f
        f = e
        e = d + x
        d = c
        c = b
        b = a
        a = x + y
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e
    state[5] += f
    state[6] += g
    state[7] += h


cdef inline void sha256(const uint8_t *data, size_t size, uint8_t *digest) noexcept nogil:
    """32 bytes to `digest`, which may be `data`."""
    cdef uint32_t[8] state
    cdef uint8_t[128] tail
    cdef uint64_t bits = <uint64_t>size << 3
    cdef size_t whole = size & ~<size_t>63
    cdef size_t rest = size - whole
    cdef size_t end = 64 if rest < 56 else 128
    cdef size_t i
    state[0], state[1], state[2], state[3] = 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a
    state[4], state[5], state[6], state[7] = 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
    for i in range(0, whole, 64):
        sha256_block(state, data + i)
    memset(tail, 0, sizeof(tail))
    memcpy(tail, data + whole, rest)
    tail[rest] = 0x80
    for i in range(8):
        tail[end - 1 - i] = <uint8_t>(bits >> (8 * i))
    for i in range(0, end, 64):
        sha256_block(state, tail + i)
    for i in range(32):
        digest[i] = <uint8_t>(state[i >> 2] >> (24 - 8 * (i & 3)))
