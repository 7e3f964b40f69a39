"""Make Ed25519 cases: tests/data/ed25519/edge.json.

    python make_ed25519.py

Ordinary signatures, and everything on which Ed25519 libraries disagree: small order, mixed order,
encodings that are not canonical, S out of range. Keys are thrown away; only public halves are
written.

Expected codes follow one strict rule. A key is BAD_KEY unless it is 32 bytes, the canonical
encoding of a point, and of an order above 8. A signature that is not 64 bytes is
BAD_SIGNATURE_ENCODING. Otherwise it is OK if S < L, R is the canonical encoding of a point of an
order above 8, and R = [S]B - [k]A, with k = SHA-512(R || A || M) mod L and without multiplying by
the cofactor; and BAD_SIGNATURE if not.

The plain arithmetic in here, libsodium (``PyNaCl``) and OpenSSL (``cryptography``) judge every
case. libsodium has to agree with each one. OpenSSL lets small orders and encodings of A that are
not canonical pass: the script counts where it does, and stops at any other difference.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import secrets
from collections import Counter
from collections.abc import Iterator

import der
import nacl.bindings
from case_file import Collection, Json, check_unique, key_record, write
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.exceptions import BadSignatureError

Point = tuple[int, int]

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1
IDENTITY: Point = (0, 1)
SIGN = 1 << 255

# -- plain arithmetic ----------------------------------------------------------------------------


def add(a: Point, b: Point) -> Point:
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, P) % P
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P) % P
    return x, y


def negative(point: Point) -> Point:
    return -point[0] % P, point[1]


def times(scalar: int, point: Point) -> Point:
    """Any non-negative scalar; it is not reduced, since the point may have another order."""
    total = IDENTITY
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def x_of(y: int) -> int | None:
    """The even x that goes with y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return P - x if x & 1 else x


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(encoded: bytes) -> Point | None:
    """A lenient decoder: takes y of p and more, and the sign of x = 0."""
    number = int.from_bytes(encoded, "little")
    y = (number & SIGN - 1) % P
    x = x_of(y)
    if x is None:
        return None
    return (-x % P if number >> 255 else x), y


def strict(encoded: bytes) -> Point | None:
    """The point of a canonical encoding, if its order is above 8."""
    point = decode(encoded) if len(encoded) == 32 else None
    if point is None or encode(point) != encoded or times(8, point) == IDENTITY:
        return None
    return point


BASE: Point = (x_of(4 * pow(5, -1, P) % P) or 0, 4 * pow(5, -1, P) % P)


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    """k before its reduction modulo L."""
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little")


def verdict(key: bytes, message: bytes, signature: bytes) -> str:
    point = strict(key)
    if point is None:
        return "BAD_KEY"
    if len(signature) != 64:
        return "BAD_SIGNATURE_ENCODING"
    nonce, s = strict(signature[:32]), int.from_bytes(signature[32:], "little")
    k = challenge(signature[:32], key, message) % L
    if nonce is None or s >= L or add(nonce, times(k, point)) != times(s, BASE):
        return "BAD_SIGNATURE"
    return "OK"


def cofactored(key: bytes, message: bytes, signature: bytes) -> bool:
    """The equation times 8, for points read leniently."""
    point, nonce = decode(key), decode(signature[:32])
    if point is None or nonce is None:
        return False
    k = challenge(signature[:32], key, message) % L
    both = add(nonce, times(k, point))
    rest = add(times(int.from_bytes(signature[32:], "little"), BASE), negative(both))
    return times(8, rest) == IDENTITY


# -- independent implementations -----------------------------------------------------------------


def libsodium(key: bytes, message: bytes, signature: bytes) -> bool:
    if len(key) != 32 or len(signature) != 64:
        return False  # its Python binding leaves these lengths to its caller
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def cross_check(keys: dict[str, bytes], cases: list[Json]) -> None:
    differences: Counter[str] = Counter()
    for case in cases:
        key = keys[case["key"]]
        message, signature = (bytes.fromhex(case[name]) for name in ("message", "signature"))
        found = verdict(key, message, signature)
        if found != case["code"]:
            raise AssertionError(f"{case['id']}: expected {case['code']}, computed {found}")
        if libsodium(key, message, signature) != (found == "OK"):
            raise AssertionError(f"{case['id']}: libsodium does not say {found}")
        if openssl(key, message, signature) != (found == "OK"):
            if found == "OK" or not cofactored(key, message, signature):
                raise AssertionError(f"{case['id']}: OpenSSL does not say {found}")
            differences[f"{case['id'].partition('.')[0]} ({found})"] += 1
    for name, count in differences.items():
        print(f"  difference: OpenSSL accepts {count} of {name}")
    print(f"signatures: {dict(Counter(case['code'] for case in cases))}")


# -- making signatures ---------------------------------------------------------------------------


def torsion_points() -> list[Point]:
    """The eight points of an order up to 8, multiples of one of order 8."""
    while True:
        y = secrets.randbelow(P)
        x = x_of(y)
        if x is None:
            continue
        point = times(L, (x, y))
        if times(4, point) != IDENTITY:
            return [times(i, point) for i in range(8)]


TORSION = torsion_points()


def spellings(point: Point) -> Iterator[bytes]:
    """Every encoding, also not canonical, of a point that a lenient decoder takes for it."""
    for y in (point[1], point[1] + P):
        for sign in (0, SIGN):
            if y < SIGN:
                encoded = (y | sign).to_bytes(32, "little")
                if decode(encoded) == point:
                    yield encoded


def small_order_encodings() -> list[bytes]:
    return sorted({encoded for point in TORSION for encoded in spellings(point)})


class Secret:
    """A throw-away key: scalar, public point (optionally with a torsion part) and encoding."""

    def __init__(self, torsion: Point = IDENTITY) -> None:
        self.scalar = secrets.randbelow(L - 1) + 1
        self.point = add(times(self.scalar, BASE), torsion)
        self.encoded = encode(self.point)

    def sign(self, message: bytes, torsion: Point = IDENTITY, prefix: bytes = b"") -> bytes:
        """A signature whose R has the torsion part given; ``prefix`` goes before the hash input."""
        nonce = secrets.randbelow(L - 1) + 1
        r = encode(add(times(nonce, BASE), torsion))
        return r + self.answer(nonce, r, message, prefix)

    def answer(self, nonce: int, r: bytes, message: bytes, prefix: bytes = b"") -> bytes:
        k = challenge(prefix + r, self.encoded, message)
        return ((nonce + k * self.scalar) % L).to_bytes(32, "little")


def messages(stem: str) -> Iterator[bytes]:
    counter = 0
    while True:
        yield b"%s %d" % (stem.encode(), counter)
        counter += 1


# -- cases ---------------------------------------------------------------------------------------


def add_valid(cases: Collection[bytes]) -> None:
    """Signatures by libsodium: message lengths around SHA-512 blocks, and S at both ends."""
    public, private = nacl.bindings.crypto_sign_keypair()
    key = cases.key("plain", public)
    text = bytes(range(256)) * 8
    for size in (0, 1, 31, 32, 33, 47, 48, 63, 64, 111, 112, 175, 176, 191, 192, 1023, 2048):
        signature = nacl.bindings.crypto_sign(text[:size], private)[:64]
        cases.add(f"valid.message-{size}", key, text[:size], signature, "OK", "message length")

    found: list[tuple[int, bytes, bytes]] = []
    for message in itertools.islice(messages("S at an end"), 1 << 17):
        signature = nacl.bindings.crypto_sign(message, private)[:64]
        found.append((int.from_bytes(signature[32:], "little"), message, signature))
    found.sort()
    for name, (s, message, signature) in (("low", found[0]), ("high", found[-1])):
        cases.add(f"valid.s-{name}", key, message, signature, "OK", f"S = {s:x}")
    for place in range(4):
        other, private = nacl.bindings.crypto_sign_keypair()
        signature = nacl.bindings.crypto_sign(text[:32], private)[:64]
        name = cases.key(f"other-{place}", other)
        cases.add(f"valid.{name}", name, text[:32], signature, "OK", "another key")


def add_spoilt(cases: Collection[bytes]) -> None:
    secret = Secret()
    key = cases.key("spoilt", secret.encoded)
    negated = cases.key("negated", encode(negative(secret.point)))
    message = b"spoilt"
    good = secret.sign(message)
    r, s = good[:32], int.from_bytes(good[32:], "little")
    cases.add("spoilt.not", key, message, good, "OK", "what the others are made from")

    def with_s(value: int) -> bytes:
        return r + value.to_bytes(32, "little")

    for bit in (0, 7, 8, 127, 128, 247, 254, 255, 256, 263, 383, 384, 500, 507, 508, 510, 511):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        name = f"spoilt.bit-{bit}"
        cases.add(name, key, message, bytes(changed), "BAD_SIGNATURE", f"bit {bit} changed")
    fitting = [i for i in range(1, 16) if s + i * L < 1 << 256]
    for i in fitting:
        cases.add(
            f"range.s+{i}L", key, message, with_s(s + i * L), "BAD_SIGNATURE", "S not below L"
        )
    for name, value in {
        "0": 0,
        "1": 1,
        "L-1": L - 1,
        "L": L,
        "L+1": L + 1,
        "2^252": 1 << 252,
        "2^252-1": (1 << 252) - 1,
        "2^253": 1 << 253,
        "p": P,
        "2^256-1": (1 << 256) - 1,
        "minus-s": L - s,
        "s+1": s + 1,
    }.items():
        cases.add(f"range.s={name}", key, message, with_s(value), "BAD_SIGNATURE", "")
    cases.add("spoilt.message", key, message + b".", good, "BAD_SIGNATURE", "another message")
    cases.add("spoilt.empty-message", key, b"", good, "BAD_SIGNATURE", "message left out")
    cases.add("spoilt.key", "plain", message, good, "BAD_SIGNATURE", "another key")
    cases.add("spoilt.negated-key", negated, message, good, "BAD_SIGNATURE", "-A")
    turned = encode(negative(decode(r) or IDENTITY)) + good[32:]
    cases.add("spoilt.negated-r", key, message, turned, "BAD_SIGNATURE", "-R")
    cases.add("spoilt.swapped", key, message, good[32:] + r, "BAD_SIGNATURE", "S before R")
    big_endian = r[::-1] + good[:31:-1]
    cases.add("spoilt.big-endian", key, message, big_endian, "BAD_SIGNATURE", "bytes reversed")
    cases.add("spoilt.zero", key, message, bytes(64), "BAD_SIGNATURE", "64 zero bytes")
    cases.add("spoilt.ones", key, message, b"\xff" * 64, "BAD_SIGNATURE", "64 bytes ff")
    cases.add("spoilt.r-is-a", key, message, secret.encoded + good[32:], "BAD_SIGNATURE", "R = A")
    no_point = next(y for y in range(2, 100) if x_of(y) is None).to_bytes(32, "little")
    cases.add("spoilt.r-no-point", key, message, no_point + good[32:], "BAD_SIGNATURE", "")

    domain = b"SigEd25519 no Ed25519 collisions"
    prehashed = hashlib.sha512(message).digest()
    for name, prefix, signed in (
        ("ctx", domain + b"\x00\x03dim", message),
        ("ph", domain + b"\x01\x00", prehashed),
        ("prehashed", b"", prehashed),
        ("sha256", b"", hashlib.sha256(message).digest()),
    ):
        forged = secret.sign(signed, prefix=prefix)
        cases.add(f"variant.{name}", key, message, forged, "BAD_SIGNATURE", "not plain Ed25519")

    for name, signature in {
        "0": b"",
        "1": good[:1],
        "32": r,
        "63": good[:-1],
        "63-first": good[1:],
        "65": good + b"\x00",
        "65-first": b"\x00" + good,
        "96": good + secret.encoded,
        "128": good + good,
        "128-hex": good.hex().encode(),
    }.items():
        cases.add(f"length.{name}", key, message, signature, "BAD_SIGNATURE_ENCODING", "")


def add_small_order(cases: Collection[bytes]) -> None:
    """A or R of small order: forgeries without a private key for anyone who lets them pass."""
    secret = Secret()
    plain = cases.key("small-r", secret.encoded)
    mixed = {torsion: Secret(torsion) for torsion in TORSION[1:]}
    for encoded in small_order_encodings():
        point = decode(encoded)
        assert point is not None
        kind = "canonical" if encode(point) == encoded else "not canonical"
        name = encoded.hex()[:4] + encoded.hex()[-4:]

        key = cases.key(f"torsion.{name}", encoded)
        for message in messages("small order A"):
            nonce = secrets.randbelow(L - 1) + 1
            r = encode(times(nonce, BASE))
            if times(challenge(r, encoded, message) % L, point) == IDENTITY:
                break  # then R = [S]B holds exactly
        forged = r + nonce.to_bytes(32, "little")
        note = f"A of small order, {kind}; the equation holds"
        cases.add(f"small-a.{name}", key, message, forged, "BAD_KEY", note)

        for message in messages("small order A and R"):
            k = challenge(encoded, encoded, message) % L
            if add(point, times(k, point)) == IDENTITY:
                break
        note = f"A and R of small order, {kind}, S = 0; the equation holds"
        cases.add(f"small-both.{name}", key, message, encoded + bytes(32), "BAD_KEY", note)

        message = b"small order R"
        forged = encoded + secret.answer(0, encoded, message)
        note = f"R of small order, {kind}; the equation holds times 8"
        cases.add(f"small-r.{name}", plain, message, forged, "BAD_SIGNATURE", note)

        if point == IDENTITY:
            continue
        owner, message = exact_small_r(mixed, encoded, point)
        key = cases.key(f"mixed-small-{name}", owner.encoded)
        forged = encoded + owner.answer(0, encoded, message)
        note = f"R of small order, {kind}, A of mixed order; the equation holds"
        cases.add(f"small-r-exact.{name}", key, message, forged, "BAD_SIGNATURE", note)


def exact_small_r(mixed: dict[Point, Secret], encoded: bytes, point: Point) -> tuple[Secret, bytes]:
    """A key of mixed order and a message for which R = ``point`` needs no cofactor."""
    for message in messages("small order R, exact"):
        for torsion, owner in mixed.items():
            k = challenge(encoded, owner.encoded, message) % L
            if add(point, times(k, torsion)) == IDENTITY:
                return owner, message
    raise AssertionError


def add_mixed_order(cases: Collection[bytes]) -> None:
    """Points with a torsion part: what is exact is good, what needs the cofactor is not."""
    for order, torsion in ((2, TORSION[4]), (4, TORSION[2]), (8, TORSION[1])):
        secret = Secret(torsion)
        key = cases.key(f"mixed-{order}", secret.encoded)
        wanted = {
            "exact": ("OK", "A of mixed order, k a multiple of it"),
            "cofactor": ("BAD_SIGNATURE", "A of mixed order; holds only times 8"),
            "exact-r": ("OK", "A and R of mixed order, their torsion parts cancel"),
            "k-unreduced": ("BAD_SIGNATURE", "holds only for k that is not reduced modulo L"),
            "k-reduced": ("OK", "holds only for k modulo L"),
        }
        for message in messages(f"mixed order {order}"):
            signature = secret.sign(message)
            long = challenge(signature[:32], secret.encoded, message)
            whole, cut = times(long, torsion), times(long % L, torsion)
            found = {
                "exact": whole == cut == IDENTITY,
                "cofactor": whole != IDENTITY != cut,
                "k-unreduced": whole == IDENTITY != cut,
                "k-reduced": whole != IDENTITY == cut,
            }
            for name in [name for name, yes in found.items() if yes and name in wanted]:
                code, note = wanted.pop(name)
                cases.add(f"mixed-a.{order}-{name}", key, message, signature, code, note)
            signature = secret.sign(message, negative(torsion))
            k = challenge(signature[:32], secret.encoded, message) % L
            if "exact-r" in wanted and times(k, torsion) == torsion:
                code, note = wanted.pop("exact-r")
                cases.add(f"mixed-both.{order}", key, message, signature, code, note)
            if not wanted:
                break

        plain = Secret()
        key = cases.key(f"mixed-r-{order}", plain.encoded)
        message = b"mixed order R"
        signature = plain.sign(message, torsion)
        note = "R of mixed order, A of prime order; holds only times 8"
        cases.add(f"mixed-r.{order}", key, message, signature, "BAD_SIGNATURE", note)


def refused_keys() -> Iterator[tuple[str, bytes, str]]:
    """Keys that need no signature: not canonical, not on the curve, wrong length."""
    for excess in range(19):
        for sign in (0, SIGN):
            encoded = (P + excess | sign).to_bytes(32, "little")
            point = decode(encoded)
            if point is not None and times(8, point) != IDENTITY:
                name = f"y=p+{excess}{'-' if sign else '+'}"
                yield name, encoded, "y is not below p; a point of large order otherwise"
    for y in [y for y in range(2, 60) if x_of(y) is None][:4]:
        for sign in (0, SIGN):
            name = f"no-point-{y}{'-' if sign else '+'}"
            yield name, (y | sign).to_bytes(32, "little"), "no point has this y"
    good = Secret().encoded
    for name, encoded in {
        "length-0": b"",
        "length-31": good[:-1],
        "length-33": good + b"\x00",
        "length-64": good + good,
    }.items():
        yield name, encoded, "not 32 bytes"


def other_spellings() -> Iterator[Json]:
    """The accepted spellings of one key, and structures around it that are not."""
    good = Secret().encoded
    encoded = der.spki(der.ED25519, good)
    pem = der.pem("PUBLIC KEY", encoded)
    yield key_record(
        "form.accepted",
        "OK",
        "one key in every accepted form",
        encoded,
        pem,
        pem + "\n",
        der.pem("PUBLIC KEY", encoded, "", 100),
        der.pem("PUBLIC KEY", encoded, "\r\n", 40),
        good.hex(),
        good.hex().upper(),
        base64.b64encode(good).decode("ascii"),
        raw=good.hex(),
    )
    x25519, ed448 = bytes.fromhex("06032b656e"), bytes.fromhex("06032b6571")
    for name, code, wrong, note in (
        ("null", "BAD_KEY", der.spki(der.ED25519 + der.NULL, good), "parameters NULL"),
        ("trailing", "BAD_KEY", encoded + b"\x00", "a byte after the SPKI"),
        ("unused-bits", "BAD_KEY", der.spki(der.ED25519, good, 1), "BIT STRING, 1 unused bit"),
        ("wrapped", "BAD_KEY", der.spki(der.ED25519, der.tlv(4, good)), "OCTET STRING inside"),
        ("x25519", "UNSUPPORTED", der.spki(x25519, good), "labelled X25519"),
        ("ed448", "UNSUPPORTED", der.spki(ed448, good + bytes(25)), "labelled Ed448"),
    ):
        yield key_record(f"form.{name}", code, note, wrong)


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    cases: Collection[bytes] = Collection()
    add_valid(cases)
    add_spoilt(cases)
    add_small_order(cases)
    add_mixed_order(cases)
    check_unique(cases.cases)
    cross_check(cases.keys, cases.cases)

    notes = dict.fromkeys(cases.keys, "")
    for name, encoded, note in refused_keys():
        cases.keys[f"refused.{name}"], notes[f"refused.{name}"] = encoded, note
    records = [
        key_record(
            name,
            "OK" if strict(encoded) else "BAD_KEY",
            notes[name],
            der.spki(der.ED25519, encoded),
            raw=encoded.hex(),
        )
        for name, encoded in cases.keys.items()
    ]
    for record in records:
        if (record["code"] == "OK") == record["id"].startswith(("refused.", "torsion.")):
            raise AssertionError(f"{record['id']} is {record['code']}")
    records += [*other_spellings()]
    print(f"keys: {dict(Counter(record['code'] for record in records))}")
    check_unique(records)
    write(
        "ed25519/edge.json",
        {
            "about": "Ed25519, strict: small and mixed order, canonical encodings, range of S",
            "algorithm": "ED25519",
            "keys": records,
            "cases": cases.cases,
        },
    )


if __name__ == "__main__":
    main()
