# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Keccak-256 with the original padding, as Ethereum has it, for public data; not SHA3-256."""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <stdint.h>
    static const uint64_t dimp_keccak_constants[24] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    };
    /* The walk that rho and pi make together through the lanes, and the rotation of each stop. */
    static const uint8_t dimp_keccak_stops[24] = {
        10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
    };
    static const uint8_t dimp_keccak_turns[24] = {
        1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
    };
    """
    const uint64_t[24] dimp_keccak_constants
    const uint8_t[24] dimp_keccak_stops
    const uint8_t[24] dimp_keccak_turns

cdef enum:
    KECCAK_RATE = 136  # bytes of a block: 200 bytes of state less twice the 32 of the digest


cdef inline uint64_t keccak_rotate(uint64_t value, int turns) noexcept nogil:
    return (value << turns) | (value >> (64 - turns))


cdef inline void keccak_f(uint64_t *lanes) noexcept nogil:
    cdef uint64_t[5] row
    cdef uint64_t moving, kept
    cdef int round_number, x, y
    for round_number in range(24):
        # theta
        for x in range(5):
            row[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
        for x in range(5):
            moving = row[(x + 4) % 5] ^ keccak_rotate(row[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                lanes[x + y] ^= moving
        # rho and pi
        moving = lanes[1]
        for x in range(24):
            kept = lanes[dimp_keccak_stops[x]]
            lanes[dimp_keccak_stops[x]] = keccak_rotate(moving, dimp_keccak_turns[x])
            moving = kept
        # chi
        for y in range(0, 25, 5):
            for x in range(5):
                row[x] = lanes[x + y]
            for x in range(5):
                lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        # iota
        lanes[0] ^= dimp_keccak_constants[round_number]


cdef inline void keccak_block(uint64_t *lanes, const uint8_t *block) noexcept nogil:
    """Take in one block of KECCAK_RATE bytes."""
    cdef int i
    for i in range(KECCAK_RATE):
        lanes[i >> 3] ^= <uint64_t>block[i] << (8 * (i & 7))
    keccak_f(lanes)


cdef inline void keccak256(const uint8_t *data, size_t size, uint8_t *digest) noexcept nogil:
    """32 bytes to `digest`, which may be `data`."""
    cdef uint64_t[25] lanes
    cdef uint8_t[KECCAK_RATE] tail
    cdef size_t i
    memset(lanes, 0, sizeof(lanes))
    while size >= KECCAK_RATE:
        keccak_block(lanes, data)
        data += KECCAK_RATE
        size -= KECCAK_RATE
    memset(tail, 0, sizeof(tail))
    memcpy(tail, data, size)
    tail[size] = 0x01
    tail[KECCAK_RATE - 1] |= 0x80
    keccak_block(lanes, tail)
    for i in range(32):
        digest[i] = <uint8_t>(lanes[i >> 3] >> (8 * (i & 7)))
