# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""RIPEMD-160 for public data, without Python objects.

OpenSSL 3 often does not offer it, and then hashlib does not either.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <stdint.h>
    /* Dobbertin, Bosselaers and Preneel (1996), appendix A: message word and rotation of each of the
       80 steps, the left line first. */
    static const uint8_t dimp_ripemd160_words[2][80] = {{
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
        3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,
        1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
        4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
    }, {
        5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,
        6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
        15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,
        8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
        12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
    }};
    static const uint8_t dimp_ripemd160_turns[2][80] = {{
        11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,
        7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
        11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,
        11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
        9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
    }, {
        8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,
        9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
        9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,
        15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
        8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
    }};
    static const uint32_t dimp_ripemd160_constants[2][5] = {
        {0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E},
        {0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000},
    };
    """
    const uint8_t[2][80] dimp_ripemd160_words
    const uint8_t[2][80] dimp_ripemd160_turns
    const uint32_t[2][5] dimp_ripemd160_constants


cdef inline uint32_t ripemd160_rotate(uint32_t value, int turns) noexcept nogil:
    return (value << turns) | (value >> (32 - turns))


cdef inline uint32_t ripemd160_mix(
    int function, uint32_t x, uint32_t y, uint32_t z
) noexcept nogil:
    if function == 0:
        return x ^ y ^ z
    if function == 1:
        return (x & y) | (~x & z)
    if function == 2:
        return (x | ~y) ^ z
    if function == 3:
        return (x & z) | (y & ~z)
    return x ^ (y | ~z)


cdef inline void ripemd160_line(
    int line, const uint32_t *state, const uint32_t *words, uint32_t *out
) noexcept nogil:
    """The five words that one line of 80 steps makes of the state."""
    cdef uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], total
    cdef int round_number, step
    for round_number in range(5):
        for step in range(16 * round_number, 16 * round_number + 16):
            total = a + words[dimp_ripemd160_words[line][step]]
            total += ripemd160_mix(4 - round_number if line else round_number, b, c, d)
            total += dimp_ripemd160_constants[line][round_number]
            total = ripemd160_rotate(total, dimp_ripemd160_turns[line][step]) + e
            a = e
            e = d
            d = ripemd160_rotate(c, 10)
            c = b
            b = total
    out[0], out[1], out[2], out[3], out[4] = a, b, c, d, e


cdef inline void ripemd160_block(uint32_t *state, const uint8_t *block) noexcept nogil:
    """Take in one block of 64 bytes."""
    cdef uint32_t[16] words
    cdef uint32_t[5] left
    cdef uint32_t[5] right
    cdef uint32_t[5] sums
    cdef int i
    for i in range(16):
        words[i] = (
            block[4 * i] | (<uint32_t>block[4 * i + 1] << 8)
            | (<uint32_t>block[4 * i + 2] << 16) | (<uint32_t>block[4 * i + 3] << 24)
        )
    ripemd160_line(0, state, words, left)
    ripemd160_line(1, state, words, right)
    # The two lines are added to the state, each turned by one word more.
    for i in range(5):
        sums[i] = state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]
    memcpy(state, sums, sizeof(sums))


cdef inline void ripemd160(const uint8_t *data, size_t size, uint8_t *digest) noexcept nogil:
    """20 bytes to `digest`, which may be `data`."""
    cdef uint32_t[5] state
    cdef uint8_t[128] tail
    cdef uint64_t bits = <uint64_t>size << 3
    cdef size_t whole = size & ~<size_t>63
    cdef size_t rest = size - whole
    cdef size_t end = 64 if rest < 56 else 128
    cdef size_t i
    state[0], state[1], state[2] = 0x67452301, 0xEFCDAB89, 0x98BADCFE
    state[3], state[4] = 0x10325476, 0xC3D2E1F0
    for i in range(0, whole, 64):
        ripemd160_block(state, data + i)
    memset(tail, 0, sizeof(tail))
    memcpy(tail, data + whole, rest)
    tail[rest] = 0x80
    for i in range(8):
        tail[end - 8 + i] = <uint8_t>(bits >> (8 * i))
    for i in range(0, end, 64):
        ripemd160_block(state, tail + i)
    for i in range(20):
        digest[i] = <uint8_t>(state[i >> 2] >> (8 * (i & 3)))
