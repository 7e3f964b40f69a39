# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Base58 with the Bitcoin alphabet, without Python objects.

Five digits at a time: 58**5 is the largest power below 2**32, so a step is one multiplication or
division of 64 by 32 bits.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <stdint.h>
    static const char dimp_base58_alphabet[] =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    /* Digit + 1 of each character; 0 where there is none. */
    static const uint8_t dimp_base58_digits[256] = {
        ['1'] = 1, ['2'] = 2, ['3'] = 3, ['4'] = 4, ['5'] = 5, ['6'] = 6, ['7'] = 7, ['8'] = 8,
        ['9'] = 9, ['A'] = 10, ['B'] = 11, ['C'] = 12, ['D'] = 13, ['E'] = 14, ['F'] = 15,
        ['G'] = 16, ['H'] = 17, ['J'] = 18, ['K'] = 19, ['L'] = 20, ['M'] = 21, ['N'] = 22,
        ['P'] = 23, ['Q'] = 24, ['R'] = 25, ['S'] = 26, ['T'] = 27, ['U'] = 28, ['V'] = 29,
        ['W'] = 30, ['X'] = 31, ['Y'] = 32, ['Z'] = 33, ['a'] = 34, ['b'] = 35, ['c'] = 36,
        ['d'] = 37, ['e'] = 38, ['f'] = 39, ['g'] = 40, ['h'] = 41, ['i'] = 42, ['j'] = 43,
        ['k'] = 44, ['m'] = 45, ['n'] = 46, ['o'] = 47, ['p'] = 48, ['q'] = 49, ['r'] = 50,
        ['s'] = 51, ['t'] = 52, ['u'] = 53, ['v'] = 54, ['w'] = 55, ['x'] = 56, ['y'] = 57,
        ['z'] = 58,
    };
    """
    const char[59] dimp_base58_alphabet
    const uint8_t[256] dimp_base58_digits

cdef enum:
    BASE58_MAX_BYTES = 128  # what base58_encode takes
    BASE58_MAX_ENCODED = 175  # the most characters that it makes of them
    BASE58_MAX_CHARACTERS = 256  # what base58_decode takes
    BASE58_ENCODE_LIMBS = 32  # 4 bytes each
    BASE58_ENCODE_DIGITS = 180  # one step of 5 more than BASE58_MAX_ENCODED
    BASE58_DECODE_LIMBS = 48  # a character has less than 6 of their 32 bits
    BASE58_FIVE_DIGITS = 656356768  # 58**5


cdef inline Py_ssize_t base58_encode(
    const uint8_t *data, Py_ssize_t size, uint8_t *text
) noexcept nogil:
    """Characters written to `text`, which has room for BASE58_MAX_ENCODED; `size` is at most
    BASE58_MAX_BYTES."""
    cdef uint32_t[BASE58_ENCODE_LIMBS] limbs  # most significant first
    cdef uint8_t[BASE58_ENCODE_DIGITS] digits  # least significant first
    cdef Py_ssize_t zeros = 0, count, first = 0, made = 0, i
    cdef uint64_t remainder
    while zeros < size and data[zeros] == 0:
        zeros += 1
    data += zeros
    size -= zeros
    count = (size + 3) // 4
    memset(limbs, 0, sizeof(limbs))
    for i in range(size):
        limbs[count - 1 - (size - 1 - i) // 4] |= <uint32_t>data[i] << (8 * ((size - 1 - i) % 4))
    while first < count:
        remainder = 0
        for i in range(first, count):
            remainder = (remainder << 32) | limbs[i]
            limbs[i] = <uint32_t>(remainder // BASE58_FIVE_DIGITS)
            remainder %= BASE58_FIVE_DIGITS
        for i in range(5):
            digits[made + i] = <uint8_t>(remainder % 58)
            remainder //= 58
        made += 5
        while first < count and limbs[first] == 0:
            first += 1
    while made and digits[made - 1] == 0:
        made -= 1
    memset(text, c'1', zeros)
    for i in range(made):
        text[zeros + i] = dimp_base58_alphabet[digits[made - 1 - i]]
    return zeros + made


cdef inline Py_ssize_t base58_decode(
    const uint8_t *text, Py_ssize_t size, uint8_t *data
) noexcept nogil:
    """Bytes written to `data`, which has room for `size`, or -1 for a foreign character or more
    than BASE58_MAX_CHARACTERS."""
    cdef uint32_t[BASE58_DECODE_LIMBS] limbs  # least significant first
    cdef Py_ssize_t zeros = 0, count = 0, made, i, j
    cdef uint64_t carry, factor
    if size > BASE58_MAX_CHARACTERS:
        return -1
    while zeros < size and text[zeros] == c'1':
        zeros += 1
    i = zeros
    while i < size:
        carry = 0
        factor = 1
        while True:
            if dimp_base58_digits[text[i]] == 0:
                return -1
            carry = carry * 58 + dimp_base58_digits[text[i]] - 1
            factor *= 58
            i += 1
            if i == size or factor == BASE58_FIVE_DIGITS:
                break
        for j in range(count):
            carry += limbs[j] * factor
            limbs[j] = <uint32_t>carry
            carry >>= 32
        if carry:
            limbs[count] = <uint32_t>carry
            count += 1
    made = 4 * count
    while made and (limbs[(made - 1) // 4] >> (8 * ((made - 1) % 4))) & 0xff == 0:
        made -= 1
    memset(data, 0, zeros)
    for i in range(made):
        data[zeros + made - 1 - i] = <uint8_t>(limbs[i // 4] >> (8 * (i % 4)))
    return zeros + made
