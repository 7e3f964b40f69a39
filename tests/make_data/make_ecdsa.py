"""Make ECDSA cases on secp256k1 with SHA-256: tests/data/ecdsa/edge.json.

    python make_ecdsa.py

Signatures at the edges of the ranges, encodings that are not strict DER, and spellings of public
keys. Keys are thrown away; only public points are written. Signatures with chosen r, s, u1 or u2
come from public key recovery: choose the signature, then compute the key that it is valid for.

Expected codes follow one rule: not strict DER, or r or s outside 1..n-1, is
BAD_SIGNATURE_ENCODING; otherwise wrong is BAD_SIGNATURE; high s is as good as low s. Every case is
judged by the plain arithmetic in here, by OpenSSL (``cryptography``) and by libsecp256k1
(``coincurve``); the script stops at the first difference that it does not expect.
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator

import der
from case_file import Collection, Json, check_unique, key_record, sources_of, write
from coincurve import PublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Point = tuple[int, int]

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
LAMBDA = 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72  # endomorphism
G: Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)

# -- plain arithmetic ----------------------------------------------------------------------------


def add(a: Point | None, b: Point | None) -> Point | None:
    """Affine addition; None is the point at infinity."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(scalar: int, point: Point | None) -> Point | None:
    total: Point | None = None
    for bit in bin(scalar % N)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def finite(point: Point | None) -> Point:
    if point is None:
        raise ValueError("point at infinity")
    return point


def random_point() -> Point:
    return finite(times(secrets.randbelow(N - 1) + 1, G))


def lift(x: int, odd: int = 0) -> Point | None:
    """The point with this x and this parity of y, None where there is none."""
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        return None
    return x, y if y % 2 == odd else P - y


def digest(message: bytes) -> int:
    return int.from_bytes(hashlib.sha256(message).digest(), "big")


def equation_holds(key: Point, message: bytes, r: int, s: int) -> bool:
    inverse = pow(s, -1, N)
    found = add(times(digest(message) * inverse, G), times(r * inverse, key))
    return found is not None and found[0] % N == r


def recover(message: bytes, point: Point, s: int) -> Point:
    """The key under which (x(point) mod n, s) signs the message with the nonce point given."""
    inverse = pow(point[0] % N, -1, N)
    return finite(add(times(s * inverse, point), times(-digest(message) * inverse, G)))


def parse_strict(signature: bytes) -> tuple[int, int] | None:
    """r and s of a strict DER signature in range."""
    numbers = []
    if len(signature) < 2 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
        return None
    rest = signature[2:]
    for _ in range(2):
        if len(rest) < 3 or rest[0] != 0x02 or rest[1] > 33 or len(rest) < 2 + rest[1]:
            return None
        body, rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        if not body:
            return None
        number = int.from_bytes(body, "big", signed=True)
        if der.integer(number)[2:] != body or not 1 <= number < N:
            return None
        numbers.append(number)
    return None if rest else (numbers[0], numbers[1])


def verdict(key: Point, message: bytes, signature: bytes) -> str:
    numbers = parse_strict(signature)
    if numbers is None:
        return "BAD_SIGNATURE_ENCODING"
    return "OK" if equation_holds(key, message, *numbers) else "BAD_SIGNATURE"


# -- spellings -----------------------------------------------------------------------------------


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def long_form(point: Point) -> bytes:
    return b"\x04" + word(point[0]) + word(point[1])


def short_form(point: Point) -> bytes:
    return bytes([2 + point[1] % 2]) + word(point[0])


def hybrid(point: Point) -> bytes:
    return bytes([6 + point[1] % 2]) + word(point[0]) + word(point[1])


def spki(point: bytes, curve: bytes = der.SECP256K1, unused: int = 0) -> bytes:
    return der.spki(der.EC_PUBLIC_KEY + curve, point, unused)


def encode(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


# -- independent implementations -----------------------------------------------------------------


def openssl(key: Point, message: bytes, signature: bytes) -> bool:
    loaded = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), long_form(key))
    try:
        loaded.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def libsecp256k1(key: Point, message: bytes, signature: bytes) -> bool:
    """With the S normalisation that the library leaves to its caller."""
    context = GLOBAL_CONTEXT.ctx
    parsed = ffi.new("secp256k1_ecdsa_signature *")
    if not lib.secp256k1_ecdsa_signature_parse_der(context, parsed, signature, len(signature)):
        return False
    lib.secp256k1_ecdsa_signature_normalize(context, parsed, parsed)
    point = PublicKey(long_form(key)).public_key
    hashed = hashlib.sha256(message).digest()
    return bool(lib.secp256k1_ecdsa_verify(context, parsed, hashed, point))


def cross_check(keys: dict[str, Point], cases: list[Json]) -> None:
    for case in cases:
        key = keys[case["key"]]
        message, signature = (bytes.fromhex(case[name]) for name in ("message", "signature"))
        found = verdict(key, message, signature)
        if found != case["code"]:
            raise AssertionError(f"{case['id']}: expected {case['code']}, computed {found}")
        for judge in (openssl, libsecp256k1):
            if judge(key, message, signature) != (found == "OK"):
                raise AssertionError(f"{case['id']}: {judge.__name__} does not say {found}")
    print(f"signatures: {dict(Counter(case['code'] for case in cases))}, no difference")


def takers(source: str | bytes) -> list[str]:
    """Which libraries take this spelling of a key as one on secp256k1."""
    found = []
    try:
        if isinstance(source, str) and "-----" not in source:
            source = bytes.fromhex(source)
        if isinstance(source, str):
            loaded = serialization.load_pem_public_key(source.encode())
        elif source.startswith(b"\x30"):
            loaded = serialization.load_der_public_key(source)
        else:
            loaded = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), source)
        if isinstance(loaded, ec.EllipticCurvePublicKey) and loaded.curve.name == "secp256k1":
            found.append("OpenSSL")
    except (ValueError, UnsupportedAlgorithm):
        pass
    try:
        if isinstance(source, bytes):
            PublicKey(source)
            found.append("libsecp256k1")
    except ValueError:
        pass
    return found


def check_keys(records: list[Json]) -> None:
    for record in records:
        for source in sources_of(record):
            found = takers(source)
            if record["code"] == "OK" and not found:
                print(f"  difference: no library takes {record['id']} as {source!r:.60}")
            if record["code"] != "OK" and found:
                print(f"  difference: {record['id']} is taken by {', '.join(found)}")
    print(f"keys: {dict(Counter(record['code'] for record in records))}")


# -- cases ---------------------------------------------------------------------------------------


def sign(private: int, message: bytes, nonce: int = 0) -> tuple[int, int]:
    """Throw-away keys only: nothing here is constant-time."""
    nonce = nonce or secrets.randbelow(N - 1) + 1
    r = finite(times(nonce, G))[0] % N
    return r, pow(nonce, -1, N) * (digest(message) + r * private) % N


def low(r: int, s: int) -> tuple[int, int]:
    return r, min(s, N - s)


def add_plain(cases: Collection[Point], private: int) -> tuple[bytes, int, int]:
    """Ordinary signatures, and ordinary ones spoilt; returns one good signature to build on."""
    cases.key("plain", finite(times(private, G)))
    wanted = {
        "r-and-s-33": (33, 33),
        "r-33-s-32": (33, 32),
        "r-32-s-33": (32, 33),
        "r-and-s-32": (32, 32),
        "r-31": (31, 32),
        "s-31": (32, 31),
    }
    counter = 0
    while wanted:
        message = b"lengths %d" % counter
        r, s = sign(private, message)
        sizes = len(der.integer(r)) - 2, len(der.integer(s)) - 2
        for name in [name for name, size in wanted.items() if size == sizes]:
            note = f"INTEGER bodies of {sizes[0]} and {sizes[1]} bytes"
            cases.add(f"valid.{name}", "plain", message, encode(r, s), "OK", note)
            del wanted[name]
        counter += 1

    for size in (0, 1, 31, 32, 55, 56, 63, 64, 65, 119, 120, 1000):
        message = bytes(range(256)) * 4
        message = message[:size]
        signature = encode(*low(*sign(private, message)))
        cases.add(f"valid.message-{size}", "plain", message, signature, "OK", "message length")

    message = b"both halves"
    r, s = low(*sign(private, message))
    cases.add("valid.low-s", "plain", message, encode(r, s), "OK", "s in the lower half")
    cases.add("valid.high-s", "plain", message, encode(r, N - s), "OK", "its twin: n - s")

    other = random_point()
    cases.key("other", other)
    negated = cases.key("negated", (cases.keys["plain"][0], P - cases.keys["plain"][1]))
    for name, key, text, pair, note in (
        ("message", "plain", message + b".", (r, s), "another message"),
        ("key", "other", message, (r, s), "another key"),
        ("negated-key", negated, message, (r, s), "the key with y negated"),
        ("swapped", "plain", message, (s, r), "r and s swapped"),
        ("r-negated", "plain", message, (N - r, s), "n - r"),
        ("r+1", "plain", message, (r + 1, s), "r + 1"),
        ("s+1", "plain", message, (r, s + 1), "s + 1"),
        ("r-bit-255", "plain", message, (r ^ 1 << 255, s), "top bit of r changed"),
        ("s-bit-255", "plain", message, (r, s ^ 1 << 254), "bit 254 of s changed"),
        ("s-cut", "plain", message, (r, s >> 8), "last byte of s cut off, lengths put right"),
        ("1-1", "plain", message, (1, 1), "r = s = 1"),
        ("n-1", "plain", message, (N - 1, N - 1), "r = s = n - 1"),
        ("1-n-1", "plain", message, (1, N - 1), "r = 1, s = n - 1"),
    ):
        cases.add(f"wrong.{name}", key, text, encode(*pair), "BAD_SIGNATURE", note)
    return message, r, s


def add_ranges(cases: Collection[Point], message: bytes, r: int, s: int) -> None:
    """Well-formed DER with r or s outside 1..n-1."""
    values = {
        "zero": 0,
        "n": N,
        "n+1": N + 1,
        "p": P,
        "2^256-1": 2**256 - 1,
        "2^256": 2**256,
        "-1": -1,
        "minus": None,
        "plus-n": None,
        "minus-n": None,
        "plus-2^256": None,
        "-n": -N,
    }
    for name, fixed in values.items():
        for which in ("r", "s"):
            value = r if which == "r" else s
            changed = {
                "minus": -value,
                "plus-n": value + N,
                "minus-n": value - N,
                "plus-2^256": value + 2**256,
            }.get(name, fixed)
            assert changed is not None
            pair = (changed, s) if which == "r" else (r, changed)
            code = "BAD_SIGNATURE_ENCODING"
            cases.add(f"range.{which}-{name}", "plain", message, encode(*pair), code, "")
    for a in (0, N):
        for b in (0, N):
            name = f"range.both-{'n' if a else 0}-{'n' if b else 0}"
            cases.add(name, "plain", message, encode(a, b), "BAD_SIGNATURE_ENCODING", "")


def add_encodings(cases: Collection[Point], message: bytes, r: int, s: int) -> None:
    """The good signature (r, s) in encodings that are not strict DER."""
    good = encode(r, s)
    first, second = der.integer(r), der.integer(s)
    body, raw = first + second, word(r) + word(s)
    cases.add("encoding.good", "plain", message, good, "OK", "what the others are made from")

    def retag(element: bytes, tag: int) -> bytes:
        return bytes([tag]) + element[1:]

    def padded(element: bytes) -> bytes:
        return bytes([2, element[1] + 1, 0]) + element[2:]

    def stretched(element: bytes, *length: int) -> bytes:
        return element[:1] + bytes(length) + element[2:]

    size = len(body)
    forms: dict[str, bytes] = {
        "empty": b"",
        "one-byte": b"\x30",
        "empty-sequence": b"\x30\x00",
        "raw-64": raw,
        "raw-65": raw + b"\x00",
        "hex-text": good.hex().encode(),
        "trailing-zero": good + b"\x00",
        "trailing-null": good + der.NULL,
        "trailing-sighash": good + b"\x01",
        "twice": good + good,
        "trailing-inside": der.sequence(first, second, b"\x00"),
        "null-inside": der.sequence(first, second, der.NULL),
        "third-integer": der.sequence(first, second, der.integer(1)),
        "leading-zero": b"\x00" + good,
        "truncated": good[:-1],
        "r-only": der.sequence(first),
        "s-missing-body": der.sequence(first, b"\x02"),
        "s-length-missing": der.sequence(first, b"\x02\x20"),
        "sequence-length-1": stretched(good, size - 1),
        "sequence-length+1": stretched(good, size + 1),
        "sequence-long-form": stretched(good, 0x81, size),
        "sequence-long-form-2": stretched(good, 0x82, 0, size),
        "sequence-long-form-9": stretched(good, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, size),
        "sequence-length-2^64-1": stretched(good, 0x88, *[0xFF] * 8),
        "sequence-length-127-bytes": stretched(good, 0xFF),
        "indefinite": stretched(good, 0x80) + b"\x00\x00",
        "indefinite-open": stretched(good, 0x80),
        "r-long-form": der.sequence(stretched(first, 0x81, first[1]), second),
        "s-long-form": der.sequence(first, stretched(second, 0x81, second[1])),
        "r-length-1": der.sequence(stretched(first, first[1] - 1), second),
        "r-length+1": der.sequence(stretched(first, first[1] + 1), second),
        "s-length+1": der.sequence(first, stretched(second, second[1] + 1)),
        "r-length-swallows-s": der.sequence(stretched(first, size - 2), second),
        "r-padded": der.sequence(padded(first), second),
        "s-padded": der.sequence(first, padded(second)),
        "r-empty": der.sequence(b"\x02\x00", second),
        "s-empty": der.sequence(first, b"\x02\x00"),
        "tag-set": retag(good, 0x31),
        "tag-primitive-sequence": retag(good, 0x10),
        "tag-context": retag(good, 0xA0),
        "tag-two-bytes": b"\x3f\x10" + good[1:],
        "r-octet-string": der.sequence(retag(first, 0x04), second),
        "s-bit-string": der.sequence(first, retag(second, 0x03)),
        "r-constructed": der.sequence(retag(first, 0x22), second),
        "r-enumerated": der.sequence(retag(first, 0x0A), second),
        "nested": der.sequence(good),
        "r-null": der.sequence(der.NULL, second),
    }
    for name, signature in forms.items():
        cases.add(f"encoding.{name}", "plain", message, signature, "BAD_SIGNATURE_ENCODING", "")

    # A number with the top bit set needs a zero byte before it; without that it is negative.
    for which in ("r", "s"):
        private = secrets.randbelow(N - 1) + 1
        key = cases.key(f"top-bit-{which}", finite(times(private, G)))
        while True:
            r, s = sign(private, message)
            if (r if which == "r" else s) >> 255:
                break
        parts = [
            der.tlv(2, word(v)) if n == which else der.integer(v) for n, v in (("r", r), ("s", s))
        ]
        name, code = f"encoding.{which}-sign-byte-missing", "BAD_SIGNATURE_ENCODING"
        cases.add(f"encoding.{which}-top-bit", key, message, encode(r, s), "OK", "its sign byte")
        cases.add(name, key, message, der.sequence(*parts), code, "zero byte left out")


def add_recovered(cases: Collection[Point]) -> None:
    """Signatures with chosen numbers, each with the key that they are valid for."""

    def add(name: str, point: Point, s: int, note: str) -> None:
        message = f"recovered {name}".encode()
        key = cases.key(name, recover(message, point, s))
        r = point[0] % N
        cases.add(f"chosen.{name}", key, message, encode(r, s), "OK", note)
        cases.add(f"chosen.{name}.twin", key, message, encode(r, N - s), "OK", note + "; n - s")
        cases.add(f"chosen.{name}.spoilt", key, message + b".", encode(r, s), "BAD_SIGNATURE", note)

    def near(x: int, step: int) -> Point:
        """The first point at or beyond x."""
        while (point := lift(x)) is None:
            x += step
        return point

    random = secrets.randbelow(N)
    highest = near(N - 1, -1)
    wrapped = near(N + 1, 1)  # x is above n, so r = x - n
    add("r-small", near(1, 1), random, "r is the smallest that has a point")
    add("r-high", highest, random, "r is the largest below n that has a point")
    add("x-above-n", wrapped, random, "x of the nonce point is above n, r = x - n")
    add("x-near-p", near(P - 1, -1), random, "x of the nonce point is close to p")
    for name, s in {
        "1": 1,
        "2": 2,
        "n-1": N - 1,
        "half": (N - 1) // 2,
        "half+1": (N + 1) // 2,
        "2^128": 1 << 128,
        "2^255": 1 << 255,
        "lambda": LAMBDA,
    }.items():
        add(f"s-{name}", near(random % P, 1), s, f"s = {name}")
    add("r-and-s-small", near(1, 1), 1, "eight bytes of signature")
    add("r-and-s-high", highest, N - 1, "both at the top")

    # The same small r, but the nonce point has x = r: then x = r + n must not be tried first.
    message = b"recovered x-below"
    r = wrapped[0] - N
    if (low_point := lift(r)) is not None:
        key = cases.key("x-equals-small-r", recover(message, low_point, random))
        cases.add("chosen.x-equals-small-r", key, message, encode(r, random), "OK", "x = r")
    r = 1
    while r + N >= P or lift(r + N) is not None:
        r += 1
    if (point := lift(r)) is not None:
        key = cases.key("no-x-above", recover(message, point, random))
        cases.add("chosen.no-x-above", key, message, encode(r, random), "OK", "r + n is no x")

    special = {
        "1": 1,
        "2": 2,
        "n-1": N - 1,
        "half": (N + 1) // 2,
        "lambda": LAMBDA,
        "lambda^2": LAMBDA * LAMBDA % N,
        "1-lambda": (1 - LAMBDA) % N,
        "2^128": 1 << 128,
        "2^128-1": (1 << 128) - 1,
        "2^252": 1 << 252,
        "2^255": 1 << 255,
    }
    nonce = finite(times(random, G))
    r = nonce[0] % N
    for name, value in special.items():
        add(f"u2-{name}", nonce, r * pow(value, -1, N) % N, f"u2 = {name}")
        message = f"recovered u1-{name}".encode()
        add(f"u1-{name}", nonce, digest(message) * pow(value, -1, N) % N, f"u1 = {name}")


def add_degenerate(cases: Collection[Point]) -> None:
    """Sums that meet the exceptional cases of point addition."""
    message = b"degenerate"
    z = digest(message)
    nonce = secrets.randbelow(N - 1) + 1
    r = finite(times(nonce, G))[0] % N

    key = cases.key("sum-infinite", finite(times(-z * pow(r, -1, N), G)))
    note = "u1 G = -u2 Q: the sum is infinite for every s"
    for name, s in (("random", nonce), ("1", 1), ("n-1", N - 1)):
        signature = encode(r, s)
        cases.add(f"degenerate.infinite-{name}", key, message, signature, "BAD_SIGNATURE", note)

    key = cases.key("sum-doubles", finite(times(z * pow(r, -1, N), G)))
    signature = encode(r, 2 * z * pow(nonce, -1, N) % N)
    cases.add("degenerate.doubling", key, message, signature, "OK", "u1 G = u2 Q")

    for name, private in {
        "g": 1,
        "minus-g": N - 1,
        "2g": 2,
        "3g": 3,
        "half-g": (N + 1) // 2,
        "lambda-g": LAMBDA,
        "minus-lambda-g": N - LAMBDA,
        "lambda^2-g": LAMBDA * LAMBDA % N,
    }.items():
        key = cases.key(f"key-{name}", finite(times(private, G)))
        pair = sign(private, message)
        cases.add(f"degenerate.key-{name}", key, message, encode(*pair), "OK", "special key")
        spoilt = encode(pair[0], (pair[1] + 1) % N)
        cases.add(f"degenerate.key-{name}.spoilt", key, message, spoilt, "BAD_SIGNATURE", "")
        own = encode(G[0], pair[1])
        cases.add(f"degenerate.key-{name}.r-is-gx", key, message, own, "BAD_SIGNATURE", "r = x(G)")


# -- keys ----------------------------------------------------------------------------------------


def record(name: str, code: str, note: str, *sources: str | bytes) -> Json:
    return key_record(f"key.{name}", code, note, *sources)


def both(point: bytes) -> tuple[str, bytes]:
    return point.hex(), point


def pem(encoded: bytes, newline: str = "\n", columns: int = 64) -> str:
    return der.pem("PUBLIC KEY", encoded, newline, columns) + newline


def accepted_keys() -> Iterator[Json]:
    point = random_point()
    for name, odd in (("even", 0), ("odd", 1)):
        twin = finite(lift(point[0], odd))
        long, short = long_form(twin), short_form(twin)
        yield record(
            name,
            "OK",
            f"every accepted spelling of one point with an {name} y",
            long.hex(),
            long.hex().upper(),
            long.hex()[2:],
            short.hex(),
            short.hex().upper(),
            long,
            short,
            spki(long),
            spki(short),
            pem(spki(long)),
            pem(spki(short)),
            pem(spki(short)).strip(),
            pem(spki(long), "\r\n"),
            pem(spki(long), "", 200),
            "\n\t " + pem(spki(long), "\n", 76) + " \r\n",
        )
    small_y = next(p for y in range(1, 1000) if (p := with_y(y)) is not None)
    yield record("y-small", "OK", "y is small", *both(long_form(small_y)))
    small_x = next(p for x in range(1, 1000) if (p := lift(x)) is not None)
    yield record("x-small", "OK", "x is small", *both(long_form(small_x)))
    big_x = next(p for x in range(P - 1, 0, -1) if (p := lift(x)) is not None)
    yield record("x-big", "OK", "x is close to p", *both(long_form(big_x)))


def with_y(y: int) -> Point | None:
    """A point with this y: the cube root of y^2 - 7, for p = 7 mod 9."""
    cube = (y * y - 7) % P
    x = pow(cube, (P + 2) // 9, P)
    return (x, y) if pow(x, 3, P) == cube else None


def refused_points() -> Iterator[Json]:
    point = random_point()
    long, short, mixed = long_form(point), short_form(point), hybrid(point)
    yield record("hybrid", "BAD_KEY", "hybrid, right parity", *both(mixed))
    yield record("hybrid-spki", "BAD_KEY", "hybrid in SPKI", spki(mixed))
    wrong = bytes([mixed[0] ^ 1]) + mixed[1:]
    yield record("hybrid-parity", "BAD_KEY", "hybrid, wrong parity", *both(wrong))
    yield record("infinity", "BAD_KEY", "the point at infinity", *both(b"\x00"))
    yield record("infinity-spki", "BAD_KEY", "the same in SPKI", spki(b"\x00"))
    yield record("infinity-long", "BAD_KEY", "33 zero bytes", *both(bytes(33)))
    yield record("infinity-65", "BAD_KEY", "65 zero bytes", *both(bytes(65)))
    yield record("origin", "BAD_KEY", "x = y = 0", *both(b"\x04" + bytes(64)))
    yield record("x-zero", "BAD_KEY", "no point has x = 0", *both(b"\x02" + bytes(32)))

    off = long_form((point[0], point[1] ^ 1))
    yield record("off-curve", "BAD_KEY", "last bit of y changed", *both(off))
    yield record("off-curve-spki", "BAD_KEY", "the same in SPKI", spki(off))
    yield record("y-zero", "BAD_KEY", "no point has y = 0", *both(long[:33] + bytes(32)))
    twist = next(x for x in range(point[0], P) if lift(x) is None)
    for prefix in (2, 3):
        name = f"twist-{prefix:02}"
        yield record(name, "BAD_KEY", "x of the twist", *both(bytes([prefix]) + word(twist)))

    small = next(p for x in range(1, 1000) if (p := lift(x)) is not None)
    note = "x + p: the same point modulo p"
    tall = word(small[0] + P)
    yield record("x-above-p", "BAD_KEY", note, *both(b"\x04" + tall + word(small[1])))
    yield record("x-above-p-02", "BAD_KEY", note, *both(b"\x02" + tall))
    yield record("x-above-p-spki", "BAD_KEY", note, spki(b"\x02" + tall))
    flat = next(p for y in range(1, 1000) if (p := with_y(y)) is not None)
    tall = b"\x04" + word(flat[0]) + word(flat[1] + P)
    yield record("y-above-p", "BAD_KEY", "y + p: the same point modulo p", *both(tall))
    yield record("x-is-p", "BAD_KEY", "x = p", *both(b"\x02" + word(P)))
    full = b"\x02" + b"\xff" * 32
    yield record("x-all-ones", "BAD_KEY", "x = 2^256 - 1", *both(full))

    for prefix in (0x00, 0x01, 0x05, 0x08, 0xFF):
        changed = bytes([prefix])
        yield record(f"prefix-{prefix:02x}", "BAD_KEY", "no such form", *both(changed + long[1:]))
    yield record("prefix-02-long", "BAD_KEY", "02 with 65 bytes", *both(b"\x02" + long[1:]))
    yield record("prefix-04-short", "BAD_KEY", "04 with 33 bytes", *both(b"\x04" + short[1:]))
    yield record("short-by-one", "BAD_KEY", "64 bytes with 04", *both(long[:-1]))
    yield record("long-by-one", "BAD_KEY", "66 bytes", *both(long + b"\x00"))
    yield record("short-form-by-one", "BAD_KEY", "32 bytes with 02", *both(short[:-1]))
    yield record("long-form-by-one", "BAD_KEY", "34 bytes", *both(short + b"\x00"))


def refused_structures() -> Iterator[Json]:
    """Texts and SubjectPublicKeyInfo that are broken around a good point."""
    point = random_point()
    long = long_form(point)
    yield record("odd-digits", "BAD_KEY", "129 digits", long.hex()[:-1])
    yield record("no-hex", "BAD_KEY", "a letter that is no digit", long.hex()[:-1] + "g")
    yield record("empty", "BAD_KEY", "no text", "")

    yield record("trailing", "BAD_KEY", "a byte after SPKI", spki(long) + b"\x00")
    yield record("unused-bits", "BAD_KEY", "BIT STRING, 1 unused bit", spki(long, unused=1))
    yield record("no-curve", "BAD_KEY", "curve left out", spki(long, b""))
    implicit = spki(long, der.NULL)
    yield record("implicit-curve", "BAD_KEY", "NULL for the curve", implicit)
    as_rsa = der.spki(der.RSA_ENCRYPTION + der.NULL, long)
    yield record("rsa-label", "BAD_KEY", "a point labelled rsaEncryption", as_rsa)

    def explicit(base: Point) -> bytes:
        """SEC 1 ECParameters, version 1, all numbers spelled out."""
        return der.sequence(
            der.integer(1),
            der.sequence(bytes.fromhex("06072a8648ce3d0101"), der.integer(P)),
            der.sequence(der.tlv(4, word(0)), der.tlv(4, word(7))),
            der.tlv(4, long_form(base)),
            der.integer(N),
            der.integer(1),
        )

    note = "explicit parameters equal to secp256k1"
    sound = spki(long_form(point), explicit(G))
    yield record("explicit", "BAD_KEY", note, sound, pem(sound))
    note = "explicit parameters with the key itself as base point: its private key is 1"
    forged = spki(long_form(point), explicit(point))
    yield record("explicit-base", "BAD_KEY", note, forged, pem(forged))

    for name, text, note in (
        ("0x", "0x" + long.hex(), "0x before the digits"),
        ("spaces", long.hex(" "), "spaces between the bytes"),
        ("newline", long.hex() + "\n", "a new line after the digits"),
        ("wide-digit", long.hex()[:-1] + "\uff11", "a digit outside ASCII"),
        ("label", der.pem("EC PUBLIC KEY", spki(long)), "label EC PUBLIC KEY"),
        ("private-label", der.pem("EC PRIVATE KEY", spki(long)), "label of a private key"),
        ("pem-of-point", der.pem("PUBLIC KEY", long), "PEM around the bare point"),
    ):
        yield record(name, "BAD_KEY", note, text)
    yield record("raw", "BAD_KEY", "64 bytes X | Y: only as hex digits", long[1:])
    yield record("scalar", "BAD_KEY", "32 bytes: a private scalar's length", *both(long[1:33]))


def unsupported_keys() -> Iterator[Json]:
    encoding = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    curves = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP256R1(), ec.SECP224R1())
    for curve in curves:
        made = ec.generate_private_key(curve).public_key().public_bytes(*encoding)
        note = f"a key on {curve.name}"
        yield record(f"curve-{curve.name}", "UNSUPPORTED", note, made, pem(made))

    p256 = bytes.fromhex("06082a8648ce3d030107")
    point = random_point()
    labelled = spki(long_form(point), p256)
    yield record("p256-label", "UNSUPPORTED", "secp256k1 point labelled P-256", labelled)


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    cases: Collection[Point] = Collection()
    message, r, s = add_plain(cases, secrets.randbelow(N - 1) + 1)
    add_ranges(cases, message, r, s)
    add_encodings(cases, message, r, s)
    add_recovered(cases)
    add_degenerate(cases)
    check_unique(cases.cases)
    cross_check(cases.keys, cases.cases)

    records = [
        key_record(name, "OK", "", long_form(point).hex()) for name, point in cases.keys.items()
    ]
    records += [*accepted_keys(), *refused_points(), *refused_structures(), *unsupported_keys()]
    check_unique(records)
    check_keys(records)
    write(
        "ecdsa/edge.json",
        {
            "about": "ECDSA on secp256k1 with SHA-256: edges of the ranges, encodings, keys",
            "algorithm": "ECC",
            "keys": records,
            "cases": cases.cases,
        },
    )


if __name__ == "__main__":
    main()
