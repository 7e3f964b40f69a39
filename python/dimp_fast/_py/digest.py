"""SHA-256, RIPEMD-160 and Keccak-256: the digests behind addresses.

RIPEMD-160 comes from hashlib where OpenSSL offers it and is computed here where it does not.
Keccak-256 is the original submission with its padding, as Ethereum uses it; hashlib has only SHA-3,
which pads differently. These are for public data: nothing here runs in constant time.
"""

from __future__ import annotations

import functools
import hashlib
import struct

_WORD = 0xFFFFFFFF
_LANE = 0xFFFFFFFFFFFFFFFF


def sha256(data: bytes) -> bytes:
    """The 32 bytes of SHA-256."""
    return hashlib.sha256(data).digest()


# --- RIPEMD-160 ---


def ripemd160(data: bytes) -> bytes:
    """The 20 bytes of RIPEMD-160."""
    if _hashlib_has_ripemd160():
        return hashlib.new("ripemd160", data, usedforsecurity=False).digest()
    return ripemd160_in_python(data)


@functools.cache
def _hashlib_has_ripemd160() -> bool:
    # `algorithms_available` lists names that OpenSSL 3 then refuses to make, so ask for one.
    try:
        hashlib.new("ripemd160", usedforsecurity=False)
    except ValueError:
        return False
    return True


# Dobbertin, Bosselaers and Preneel, "RIPEMD-160: A Strengthened Version of RIPEMD" (1996),
# appendix A: message word and rotation of each of the 80 steps, for the left and the right line.
_WORDS_LEFT = bytes.fromhex(
    "000102030405060708090a0b0c0d0e0f"
    "07040d010a060f030c000905020e0b08"
    "030a0e04090f0801020700060d0b050c"
    "01090b0a00080c040d03070f0e050602"
    "04000509070c020a0e0103080b060f0d"
)
_WORDS_RIGHT = bytes.fromhex(
    "050e070009020b040d060f08010a030c"
    "060b0307000d050a0e0f080c04090102"
    "0f050103070e06090b080c020a00040d"
    "08060401030b0f00050c020d09070a0e"
    "0c0f0a040105080706020d0e0003090b"
)
_TURNS_LEFT = bytes.fromhex(
    "0b0e0f0c050807090b0d0e0f06070908"
    "0706080d0b09070f070c0f090b070d0c"
    "0b0d06070e090d0f0e080d06050c0705"
    "0b0c0e0f0e0f0908090e05060806050c"
    "090f050b06080d0c050c0d0e0b080506"
)
_TURNS_RIGHT = bytes.fromhex(
    "0809090b0d0f0f050707080b0e0e0c06"
    "090d0f070c08090b07070c07060f0d0b"
    "09070f0b0806060e0c0d050e0d0d0705"
    "0f05080b0e0e060e06090c090c050f08"
    "08050c090c050e06080d06050f0d0b0b"
)
_CONSTANTS_LEFT = (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_CONSTANTS_RIGHT = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000)


def ripemd160_in_python(data: bytes) -> bytes:
    """RIPEMD-160 without hashlib; the same bytes, slowly."""
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    padding = b"\x80" + bytes((55 - len(data)) % 64)
    padded = data + padding + struct.pack("<Q", 8 * len(data) & _LANE)
    for block in struct.iter_unpack("<16I", padded):
        left = _ripemd160_line(state, block, range(5), _CONSTANTS_LEFT, _WORDS_LEFT, _TURNS_LEFT)
        right = _ripemd160_line(
            state, block, range(4, -1, -1), _CONSTANTS_RIGHT, _WORDS_RIGHT, _TURNS_RIGHT
        )
        # The two lines are added to the state, each turned by one word more.
        sums = [
            (state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _WORD for i in range(5)
        ]
        state = (sums[0], sums[1], sums[2], sums[3], sums[4])
    return struct.pack("<5I", *state)


def _ripemd160_line(
    state: tuple[int, int, int, int, int],
    block: tuple[int, ...],
    functions: range,
    constants: tuple[int, ...],
    words: bytes,
    turns: bytes,
) -> tuple[int, int, int, int, int]:
    a, b, c, d, e = state
    for round_number, function in enumerate(functions):
        for step in range(16 * round_number, 16 * round_number + 16):
            total = a + _mix(function, b, c, d) + block[words[step]] + constants[round_number]
            turned = _rotate_word(total & _WORD, turns[step]) + e
            a, b, c, d, e = e, turned & _WORD, b, _rotate_word(c, 10), d
    return a, b, c, d, e


def _mix(function: int, x: int, y: int, z: int) -> int:
    if function == 0:
        return x ^ y ^ z
    if function == 1:
        return (x & y) | (~x & z)
    if function == 2:
        return (x | ~y) ^ z
    if function == 3:
        return (x & z) | (y & ~z)
    return x ^ (y | ~z)


def _rotate_word(value: int, turns: int) -> int:
    return (value << turns | value >> (32 - turns)) & _WORD


# --- Keccak-256 ---

_RATE = 136  # bytes of a block: 200 bytes of state less twice the 32 of the digest

# Bertoni, Daemen, Peeters and Van Assche, "The Keccak reference" (2011): the constants of iota, and
# the walk that rho and pi make together through the lanes, with the rotation of each stop.
_ROUND_CONSTANTS = (
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808A,
    0x8000000080008000,
    0x000000000000808B,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008A,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000A,
    0x000000008000808B,
    0x800000000000008B,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800A,
    0x800000008000000A,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
)
# fmt: off
_STOPS = (10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1)
_TURNS = (1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44)
# fmt: on


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256 with the original padding, not of SHA3-256."""
    padding = bytearray(_RATE - len(data) % _RATE)
    padding[0] = 0x01
    padding[-1] |= 0x80
    lanes = [0] * 25
    for block in struct.iter_unpack("<17Q", data + padding):
        for i, word in enumerate(block):
            lanes[i] ^= word
        _keccak_f(lanes)
    return struct.pack("<4Q", *lanes[:4])


def _keccak_f(lanes: list[int]) -> None:
    for constant in _ROUND_CONSTANTS:
        # theta
        columns = [
            lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
            for x in range(5)
        ]
        for x in range(5):
            change = columns[(x + 4) % 5] ^ _rotate_lane(columns[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                lanes[x + y] ^= change
        # rho and pi
        moving = lanes[1]
        for stop, turns in zip(_STOPS, _TURNS, strict=True):
            moving, lanes[stop] = lanes[stop], _rotate_lane(moving, turns)
        # chi
        for y in range(0, 25, 5):
            row = lanes[y : y + 5]
            for x in range(5):
                lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        # iota
        lanes[0] ^= constant


def _rotate_lane(value: int, turns: int) -> int:
    return (value << turns | value >> (64 - turns)) & _LANE
