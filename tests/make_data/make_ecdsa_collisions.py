"""Writes tests/data/ecdsa/collisions.txt: signatures for which sums of table rows meet a row that
they are to be added to, or its negative, where the usual formulas of a sum do not hold.

    python tests/make_data/make_ecdsa_collisions.py > tests/data/ecdsa/collisions.txt

Whoever makes the key can bring that about, for a digest of their choice or, in the sum of a key
without a table, for any. A line: the point, the digest, r and s in hex, and 1 for a right
signature.
"""

import random

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
LAMBDA = 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72
A1 = B2 = 0x3086D221A7D46BCDE86C90E49284EB15
B1 = -0xE4437ED6010E88286F547FA90ABFE4C3
A2 = 0x114CA50F7A8E2F3F657C1108D9D44CFD8
MIDDLE = 2**129

KEY, GENERATOR, UNSEEN = (6, 22), (13, 10), (5, 26)
"""Width and number of windows: of a key's table, of the generator's, of a key without one."""


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k, p):
    total = None
    while k:
        if k & 1:
            total = add(total, p)
        p = add(p, p)
        k >>= 1
    return total


def digits(scalar, shape):
    """The odd digits of both halves of a scalar."""
    width, count = shape
    ones = 2 ** (width * count) - 1
    half = (scalar + ones * (1 + LAMBDA) - 2 * MIDDLE * (1 + LAMBDA)) * pow(2, -1, N) % N
    c1, c2 = half * (2**384 * B2 // N) >> 384, half * (2**384 * -B1 // N) >> 384
    halves = half - c1 * A1 - c2 * A2 + MIDDLE, -c1 * B1 - c2 * B2 + MIDDLE
    rows = [
        [2 * (value >> width * at & 2**width - 1) - 2**width + 1 for at in range(count)]
        for value in halves
    ]
    found = sum((a + LAMBDA * b) << width * at for at, (a, b) in enumerate(zip(*rows, strict=True)))
    assert found % N == scalar
    return rows


def collides_unseen(u2):
    """Whether the sum of the windows of u2 meets what is to be added."""
    width, _ = UNSEEN
    total = 0
    for window, (a, b) in enumerate(zip(*map(reversed, digits(u2, UNSEEN)), strict=True)):
        total = total * 2**width % N
        for row in (a, b * LAMBDA):
            if window and (total - row) % N * ((total + row) % N) == 0:
                return True
            total = (total + row) % N
    return False


def emit(u1, u2, d, change=False):
    point = times((u1 + u2 * d) % N, G)
    r = point[0] % N
    s = r * pow(u2, -1, N) % N
    z = (u1 * s + change) % N
    key = times(d % N, G)
    right = times((z * pow(s, -1, N) + r * pow(s, -1, N) * d) % N, G)
    print(f"{key[0]:064x}{key[1]:064x} {z:064x} {r:064x}{s:064x} {int(right[0] % N == r)}")


def main():
    randomness = random.Random(11)
    some = lambda: randomness.randrange(1, N)  # noqa: E731
    # Sums of rows of a key's table that meet a row of the generator's, whose rows follow: every
    # chains-th row is in the same sum.
    for chains in (2, 3, 4, 8, 16):
        for case in range(48):
            u1, u2, half = some(), some(), case & 1
            own, others = digits(u2, KEY)[half], digits(u1, GENERATOR)[half]
            rows = range(randomness.randrange(chains), 32, chains)
            own_rows = [row for row in rows if row < KEY[1]]
            if len(own_rows) == len(rows):
                continue
            line = rows[len(own_rows)] - KEY[1]
            total = sum(own[row] << KEY[0] * row for row in own_rows)
            d = (others[line] << GENERATOR[0] * line) * pow(total, -1, N) % N
            emit(u1, u2, N - d if case & 2 else d, bool(case & 4))
    # Multiples of a key without a table that meet one of its odd multiples.
    found = []
    for a in range(-64, 65):
        for b in range(-64, 65):
            u2 = (a + b * LAMBDA) % N
            if u2 and collides_unseen(u2):
                found.append(u2)
    for case in range(120):
        emit(some(), randomness.choice(found), some(), bool(case & 4))


if __name__ == "__main__":
    main()
