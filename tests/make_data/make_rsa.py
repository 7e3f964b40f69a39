"""Make RSA cases: tests/data/rsa1024/negatives.json and tests/data/rsa_sizes/cases.json.

    python make_rsa.py FOLDER

FOLDER is ``testvectors_v1`` of a C2SP/wycheproof checkout. Wycheproof has its forgeries for 2048
bits and up, the DIM network signs with 1024: so every encoded message of the 2048-bit set is
recovered (s^e mod n), given a padding for 128 bytes, and signed with a fresh key. What is not an
encoded message (edge values of s, other lengths, PSS) is built anew for the fresh keys, and some
kinds are added. Each case carries the flags of its model.

The keys are thrown away; only public halves are written. For that reason the raw private-key
operation may be Python arithmetic here. Moduli of odd sizes come from gmpy2 primes, because
libraries generate only multiples of eight bits.

Expected codes follow one rule: a length other than that of the modulus is BAD_SIGNATURE_ENCODING,
anything else whose s^e mod n is not exactly EMSA-PKCS1-v1_5(SHA-256, NULL present) or whose s is
not below n is BAD_SIGNATURE. They are checked against OpenSSL (``cryptography``) and pycryptodome;
where those differ on purpose the script says why, and stops at any other difference.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import der
import gmpy2
from case_file import Collection, Json, check_unique, key_record, read, sources_of, write
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)

DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
MESSAGE = b"123400"  # the message of the Wycheproof forgeries


@dataclass(frozen=True)
class Key:
    """An RSA key; ``d`` is 0 where nobody knows it."""

    n: int
    e: int
    d: int = 0

    @property
    def bits(self) -> int:
        return self.n.bit_length()

    @property
    def size(self) -> int:
        return (self.bits + 7) // 8

    @property
    def pkcs1(self) -> bytes:
        return der.sequence(der.integer(self.n), der.integer(self.e))

    @property
    def spki(self) -> bytes:
        return der.spki(der.RSA_ENCRYPTION + der.NULL, self.pkcs1)

    def raw_sign(self, encoded: bytes) -> bytes:
        value = int.from_bytes(encoded, "big")
        if value >= self.n:
            raise ValueError("encoded message is not below the modulus")
        return int(gmpy2.powmod(value, self.d, self.n)).to_bytes(self.size, "big")

    def record(self, name: str, code: str = "OK", note: str = "") -> Json:
        return key_record(
            name,
            code,
            note,
            der.pem("PUBLIC KEY", self.spki),
            der.pem("RSA PUBLIC KEY", self.pkcs1),
            bits=self.bits,
        )


def prime(bits: int, e: int) -> int:
    """A random prime whose two top bits are set, with p - 1 coprime to ``e``."""
    while True:
        start = secrets.randbits(bits) | 3 << (bits - 2) | 1
        found = int(gmpy2.next_prime(start))
        if found.bit_length() == bits and gmpy2.gcd(found - 1, e) == 1:
            return found


def generate(bits: int, e: int = 65537) -> Key:
    while True:
        p, q = prime((bits + 1) // 2, e), prime(bits // 2, e)
        if p != q and (p * q).bit_length() == bits:
            return Key(p * q, e, int(gmpy2.invert(e, (p - 1) * (q - 1))))


def digest_info(message: bytes) -> bytes:
    return DIGEST_INFO + hashlib.sha256(message).digest()


def encode(message: bytes, size: int) -> bytes:
    """EMSA-PKCS1-v1_5 with SHA-256."""
    info = digest_info(message)
    return b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info


def verdict(key: Key, message: bytes, signature: bytes) -> str:
    """The rule of the module docstring, as plainly as it can be written."""
    if len(signature) != key.size:
        return "BAD_SIGNATURE_ENCODING"
    value = int.from_bytes(signature, "big")
    opened = int(gmpy2.powmod(value, key.e, key.n)).to_bytes(key.size, "big")
    return "OK" if value < key.n and opened == encode(message, key.size) else "BAD_SIGNATURE"


# -- independent implementations ---------------------------------------------------------------


def openssl(key: Key, message: bytes, signature: bytes) -> bool | None:
    """Verdict of OpenSSL, None where it does not take the key."""
    try:
        loaded = load_der_public_key(key.spki)
        assert isinstance(loaded, rsa.RSAPublicKey)
        loaded.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm):
        return None
    return True


def pycryptodome(key: Key, message: bytes, signature: bytes) -> bool | None:
    try:
        loaded = RSA.import_key(key.spki)
    except ValueError:
        return None
    try:
        pkcs1_15.new(loaded).verify(SHA256.new(message), signature)
    except ValueError:
        return False
    return True


def cross_check(file_name: str, cases: Collection[Key]) -> None:
    """Stop unless the rule and both libraries agree with each expectation, or say why not."""
    differences: Counter[str] = Counter()
    for case in cases.cases:
        key, message = cases.keys[case["key"]], bytes.fromhex(case["message"])
        signature = bytes.fromhex(case["signature"])
        if verdict(key, message, signature) != case["code"]:
            raise AssertionError(f"{case['id']}: {verdict(key, message, signature)}")
        for judge in (openssl, pycryptodome):
            said = judge(key, message, signature)
            if said == (case["code"] == "OK"):
                continue
            if said is None:
                differences[f"{judge.__name__} does not take the key {case['key']}"] += 1
            elif said and judge is pycryptodome and "MissingNull" in case["flags"]:
                differences["pycryptodome accepts a DigestInfo without NULL"] += 1
            else:
                raise AssertionError(f"{case['id']}: {judge.__name__} says {said}, {case['code']}")
    print(f"{file_name}: {dict(Counter(case['code'] for case in cases.cases))}")
    for difference, times in sorted(differences.items()):
        print(f"  difference: {difference} ({times} cases)")


def check_keys(records: list[Json]) -> None:
    """Print where the libraries think otherwise of a key: mostly they are laxer."""
    loaders: tuple[tuple[str, Callable[[bytes], object]], ...] = (
        ("OpenSSL", load_key),
        ("pycryptodome", RSA.import_key),
    )
    for record in records:
        for source in sources_of(record):
            given = source.encode() if isinstance(source, str) else source
            takers = [name for name, loader in loaders if loads(loader, given)]
            if record["code"] == "OK" and not takers:
                print(f"  difference: no library takes {record['id']} as {source!r:.60}")
            if record["code"] != "OK" and takers:
                print(f"  difference: {record['id']} is taken by {', '.join(takers)}")


def load_key(given: bytes) -> object:
    if given.startswith(b"ssh-"):
        return load_ssh_public_key(given)
    return (load_pem_public_key if b"-----" in given else load_der_public_key)(given)


def loads(loader: Callable[[bytes], object], given: bytes) -> bool:
    try:
        loader(given)
    except (ValueError, IndexError, UnsupportedAlgorithm):
        return False
    return True


# -- 1024 bits -----------------------------------------------------------------------------------


def repadded(model: bytes, size: int) -> bytes:
    """The encoded message ``model`` with as much FF padding as ``size`` asks for."""
    start = model.index(b"\xff")
    end = start
    while end < len(model) and model[end] == 0xFF:
        end += 1
    missing = size - start - (len(model) - end)
    if missing < 8:
        raise ValueError("no room for a padding")
    return model[:start] + b"\xff" * missing + model[end:]


def encoded_forgeries(source: Json) -> Iterator[tuple[int, str, list[str], bytes]]:
    """Number, comment, flags and encoded message of each forgery that is one."""
    group = source["testGroups"][0]
    n = int(group["publicKey"]["modulus"], 16)
    e = int(group["publicKey"]["publicExponent"], 16)
    size = (n.bit_length() + 7) // 8
    whole = {"InvalidSignature", "SignatureMalleability", "WrongPrimitive"}  # built anew below
    for test in group["tests"]:
        signature = bytes.fromhex(test["sig"])
        if test["result"] == "valid" or whole & set(test["flags"]) or len(signature) != size:
            continue
        opened = int(gmpy2.powmod(int.from_bytes(signature, "big"), e, n))
        yield test["tcId"], test["comment"], test["flags"], opened.to_bytes(size, "big")


def added_forgeries(size: int) -> Iterator[tuple[str, list[str], bytes]]:
    """Encoded messages that Wycheproof does not have."""
    info, good = digest_info(MESSAGE), encode(MESSAGE, size)
    head = b"\x00\x01" + b"\xff" * 8 + b"\x00"
    garbage = secrets.token_bytes(size - len(head) - len(info))
    yield "short padding, garbage after DigestInfo", ["Garbage"], head + info + garbage
    yield "short padding, garbage before DigestInfo", ["Garbage"], head + garbage + info
    for name, tag in (("NULL", 0x05), ("OCTET STRING", 0x04)):
        parameters = bytes([tag, 0x81, 60]) + secrets.token_bytes(60)
        forged = der.sequence(der.sequence(info[4:15] + parameters), info[17:])
        fitted = b"\x00\x01" + b"\xff" * (size - 3 - len(forged)) + b"\x00" + forged
        yield f"garbage inside the parameters, a long {name}", ["Garbage"], fitted
    padding_flag = ["InvalidPadding"]
    garbage = secrets.token_bytes(size - 3 - len(info))
    yield "no padding bytes at all", padding_flag, b"\x00\x01\x00" + info + garbage
    for block_type in (0x00, 0x02, 0x03, 0xFF):
        changed = good[:1] + bytes([block_type]) + good[2:]
        yield f"block type {block_type:02x}", padding_flag, changed
    nonzero = bytes(secrets.choice(range(1, 255)) for _ in range(size - 3 - len(info)))
    changed = b"\x00\x02" + nonzero + b"\x00" + info
    yield "encryption padding 0002, random bytes", padding_flag, changed
    changed = b"\x00\x01" + b"\xff" * (size - 2 - len(info)) + info
    yield "no separator", padding_flag, changed
    changed = b"\x00\x01" + b"\xff" * (size - 35) + b"\x00" + info[-32:]
    yield "the digest alone", ["NoHash"], changed
    yield "digest without any padding", ["NoHash"], bytes(size - 32) + info[-32:]
    yield "digest of another message", ["WrongMessage"], encode(MESSAGE + b"\x00", size)
    for place in range(size):
        flipped = bytearray(good)
        flipped[place] ^= 1
        yield f"byte {place} of the encoded message changed", ["FlippedByte"], bytes(flipped)


def pss(private: rsa.RSAPrivateKey, salt: int) -> bytes:
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    return private.sign(MESSAGE, scheme, hashes.SHA256())


def fresh_1024(e: int) -> tuple[Key, rsa.RSAPrivateKey]:
    """A key with n + s below 2^1024 for the signature of MESSAGE, so that s + n fits in."""
    while True:
        private = rsa.generate_private_key(public_exponent=e, key_size=1024)
        numbers = private.private_numbers()
        key = Key(numbers.public_numbers.n, e, numbers.d)
        signature = int.from_bytes(key.raw_sign(encode(MESSAGE, 128)), "big")
        if signature + key.n < 1 << 1024:
            return key, private


def special_values(
    key: Key, private: rsa.RSAPrivateKey
) -> Iterator[tuple[str, list[str], bytes, bytes]]:
    """Name, flags, message and signature where s itself is special."""
    good = key.raw_sign(encode(MESSAGE, key.size))
    s, n, size = int.from_bytes(good, "big"), key.n, key.size

    def number(value: int, length: int = size) -> bytes:
        return value.to_bytes(length, "big")

    edge = ["InvalidSignature"]
    for name, value in (("0", 0), ("1", 1), ("2", 2), ("n-1", n - 1), ("n", n), ("n+1", n + 1)):
        yield f"the signature has value {name}", edge, MESSAGE, number(value)
    yield "the signature has value -1", edge, MESSAGE, b"\xff" * size
    yield "the signature is n - s", edge, MESSAGE, number(n - s)
    yield "the signature is empty", edge, MESSAGE, b""
    yield "one byte", edge, MESSAGE, good[:1]
    yield "no padding: the message as signature", ["InvalidPadding"], MESSAGE, MESSAGE

    bent = ["SignatureMalleability"]
    yield "s + n in the length of n", bent, MESSAGE, number(s + n)
    yield "s + n, one byte longer", bent, MESSAGE, number(s + n, size + 1)
    yield "s + 65536 n, two bytes longer", bent, MESSAGE, number(s + (n << 16), size + 2)
    yield "a zero byte before s", bent, MESSAGE, b"\x00" + good
    yield "a zero byte after s", bent, MESSAGE, good + b"\x00"
    yield "last byte missing", bent, MESSAGE, good[:-1]
    yield "first byte missing", bent, MESSAGE, good[1:]
    yield "byte order reversed", bent, MESSAGE, good[::-1]
    yield "signature twice", bent, MESSAGE, good + good

    for salt in (0, 20, 32):
        yield f"RSASSA-PSS, salt of {salt} bytes", ["WrongPrimitive"], MESSAGE, pss(private, salt)

    for place in (0, 1, 63, 64, 127):
        changed = bytearray(good)
        changed[place] ^= 1 if place else 0x80
        yield f"byte {place} of the signature changed", ["FlippedByte"], MESSAGE, bytes(changed)

    counter = 0
    while True:  # one message in 256 has a signature that starts with a zero byte
        message = b"leading zero %d" % counter
        short = key.raw_sign(encode(message, size))
        if short[0] == 0:
            break
        counter += 1
    yield "the signature starts with a zero byte", [], message, short
    yield "its leading zero byte left out", bent, message, short[1:]


def small_signature() -> tuple[Key, bytes, bytes]:
    """e = 3 and s of a third of the bits: n is s^3 - EM itself."""
    while True:
        message = secrets.token_bytes(4)
        encoded = int.from_bytes(encode(message, 128), "big")
        s = int(gmpy2.iroot(1 << 1024, 3)[0]) - secrets.randbits(320)
        n = s**3 - encoded
        if n.bit_length() == 1024 and looks_composite_and_hard(n):
            return Key(n, 3), message, s.to_bytes(128, "big")


def signature_close_to_n() -> tuple[Key, bytes, bytes]:
    """e = 3 and s = n - t with a small t: n is EM + t^3 itself."""
    while True:
        message = secrets.token_bytes(4)
        encoded = int.from_bytes(encode(message, 128), "big")
        t = int(gmpy2.iroot(1 << 1024, 3)[0]) - (1 << 334) + secrets.randbits(320)
        n = encoded + t**3
        if n.bit_length() == 1024 and looks_composite_and_hard(n):
            return Key(n, 3), message, (n - t).to_bytes(128, "big")


def looks_composite_and_hard(n: int) -> bool:
    """Odd, not prime, no factor below 2^16: nobody can tell it from a generated modulus."""
    return n % 2 == 1 and gmpy2.gcd(n, gmpy2.primorial(1 << 16)) == 1 and not gmpy2.is_prime(n)


def make_1024(source: Json) -> None:
    cases: Collection[Key] = Collection()

    def add(
        name: str, key: str, message: bytes, signature: bytes, flags: list[str], note: str
    ) -> None:
        code = verdict(cases.keys[key], message, signature)
        cases.add(f"{key}.{name}", key, message, signature, code, note, flags)

    valid = [bytes.fromhex(t["msg"]) for t in source["testGroups"][0]["tests"] if not t["flags"]]
    for e in (65537, 3):
        name = f"e{e}"
        key, private = fresh_1024(e)
        cases.key(name, key)
        for place, message in enumerate([*valid, bytes(range(256)) * 16]):
            signature = private.sign(message, padding.PKCS1v15(), hashes.SHA256())
            add(f"valid-{place}", name, message, signature, [], "made by OpenSSL")
        for number, comment, flags, model in encoded_forgeries(source):
            forged = key.raw_sign(repadded(model, key.size))
            add(f"wycheproof-{number}", name, MESSAGE, forged, flags, comment)
        for place, (note, flags, encoded) in enumerate(added_forgeries(key.size)):
            add(f"encoded-{place}", name, MESSAGE, key.raw_sign(encoded), flags, note)
        for place, (note, flags, message, signature) in enumerate(special_values(key, private)):
            add(f"value-{place}", name, message, signature, flags, note)
    other = cases.keys["e65537"].raw_sign(encode(MESSAGE, 128))
    add("other-key", "e3", MESSAGE, other, ["WrongKey"], "made with the key e65537")

    construction: tuple[tuple[str, str, Callable[[], tuple[Key, bytes, bytes]]], ...] = (
        ("small", "SmallSignature", small_signature),
        ("large", "EdgeCaseSignature", signature_close_to_n),
    )
    for name, flag, make in construction:
        key, message, signature = make()
        cases.key(name, key)
        add("valid", name, message, signature, [flag, "SmallPublicKey"], make.__doc__ or "")
        turned = (key.n - int.from_bytes(signature, "big")).to_bytes(128, "big")
        add("negated", name, message, turned, [flag, "SmallPublicKey"], "n - s")

    seen = {flag for case in cases.cases for flag in case["flags"]}
    if missing := set(source["notes"]) - seen:
        raise AssertionError(f"flags without a case: {missing}")
    harmless = {"SmallSignature", "EdgeCaseSignature", "SmallPublicKey"}
    for case in cases.cases:
        if case["code"] == "OK" and not harmless.issuperset(case["flags"]):
            raise AssertionError(f"a forgery is accepted: {case['id']}")
    check_unique(cases.cases)
    cross_check("rsa1024", cases)
    write(
        "rsa1024/negatives.json",
        {
            "about": "RSASSA-PKCS1-v1_5 with SHA-256, 1024 bits: forgeries, and valid ones between",
            "algorithm": "RSA",
            "keys": [key.record(name) for name, key in cases.keys.items()],
            "cases": cases.cases,
        },
    )


# -- sizes, exponents, forms ---------------------------------------------------------------------

SIZES = (1016, 1017, 1022, 1023, 1024, 1025, 2047, 2048, 4096, 8192, 8193)
EXPONENTS = (3, 5, 65537, (1 << 32) + 1, (1 << 33) - 1, (1 << 33) + 1)


def open_ssh(key: Key, name: bytes = b"ssh-rsa") -> str:
    """RFC 4253, section 6.6."""
    fields = (name, der.integer(key.e)[2:], b"\x00" + key.n.to_bytes(key.size, "big"))
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return "ssh-rsa " + base64.b64encode(blob).decode("ascii")


def text_forms(key: Key) -> Iterator[Json]:
    spki, pkcs1 = key.spki, key.pkcs1
    good = der.pem("PUBLIC KEY", spki)
    yield key_record(
        "form.accepted",
        "OK",
        "one key in every accepted form",
        spki,
        der.spki(der.RSA_ENCRYPTION, pkcs1),
        pkcs1,
        good,
        good + "\n",
        " \r\n\t" + good + "\n\n ",
        der.pem("PUBLIC KEY", spki, "\r\n") + "\r\n",
        der.pem("PUBLIC KEY", spki, "\r\n", 76),
        der.pem("PUBLIC KEY", spki, "", 1000),
        der.pem("PUBLIC KEY", spki, "\n", 1000),
        der.pem("RSA PUBLIC KEY", pkcs1),
        der.pem("PUBLIC KEY", pkcs1),
        der.pem("RSA PUBLIC KEY", spki),
        open_ssh(key),
        open_ssh(key) + " someone@somewhere",
    )
    lines = good.split("\n")
    for name, text, note in (
        ("empty", "", "no text"),
        ("base64", "".join(lines[1:-1]), "the body of a PEM block alone"),
        ("text-before", "a key\n" + good, "text before the block"),
        ("text-after", good + "\na key", "text after the block"),
        ("two-blocks", good + "\n" + good, "the block twice"),
        ("no-end", "\n".join(lines[:-1]), "the last line left out"),
        ("no-body", lines[0] + "\n" + lines[-1], "nothing between the lines"),
        ("labels", good.replace("END PUBLIC", "END RSA PUBLIC"), "labels differ"),
        ("foreign-character", good.replace("\nMII", "\nM*II", 1), "no character of base64"),
        ("escaped-newlines", good.replace("\n", "\\n"), "backslash and n for a new line"),
        ("private-label", der.pem("RSA PRIVATE KEY", pkcs1), "label of a private key"),
        ("other-label", der.pem("CERTIFICATE", spki), "label of a certificate"),
        ("ssh-cut", open_ssh(key)[:-4], "OpenSSH text, the last bytes cut off"),
        ("ssh-name", open_ssh(key, b"ssh-dss"), "OpenSSH text, another algorithm inside"),
    ):
        yield key_record(f"form.{name}", "BAD_KEY", note, text)


def der_forms(key: Key) -> Iterator[Json]:
    """Encodings that a strict reader refuses."""
    n, e, body = der.integer(key.n), der.integer(key.e), key.pkcs1
    algorithm = der.RSA_ENCRYPTION + der.NULL

    def one(name: str, code: str, encoded: bytes, note: str) -> Json:
        return key_record(f"form.{name}", code, note, encoded)

    yield one("trailing", "BAD_KEY", key.spki + b"\x00", "a byte after the SPKI")
    yield one("trailing-inside", "BAD_KEY", der.spki(algorithm, body + b"\x00"), "after PKCS#1")
    yield one("trailing-pkcs1", "BAD_KEY", body + b"\x00", "a byte after a bare PKCS#1 body")
    yield one("truncated", "BAD_KEY", key.spki[:-1], "last byte missing")
    yield one("unused-bits", "BAD_KEY", der.spki(algorithm, body, 1), "BIT STRING, 1 unused bit")
    parameters = der.RSA_ENCRYPTION + der.sequence()
    yield one("parameters", "BAD_KEY", der.spki(parameters, body), "an empty SEQUENCE, not NULL")
    pss_only = der.spki(der.RSASSA_PSS, body)
    yield one("pss", "UNSUPPORTED", pss_only, "id-RSASSA-PSS instead of rsaEncryption")
    wrapped = der.sequence(n, e, der.integer(0))
    yield one("three-integers", "BAD_KEY", der.spki(algorithm, wrapped), "one INTEGER too many")
    long_form = b"\x30\x83\x00" + len(key.spki[4:]).to_bytes(2, "big") + key.spki[4:]
    yield one("long-length", "BAD_KEY", long_form, "length with a leading zero byte")

    def with_numbers(modulus: bytes, exponent: bytes) -> bytes:
        return der.spki(algorithm, der.sequence(modulus, exponent))

    magnitude = key.n.to_bytes(key.size, "big")
    yield one("negative-n", "BAD_KEY", with_numbers(der.tlv(2, magnitude), e), "no sign byte")
    padded = der.tlv(2, b"\x00\x00" + magnitude)
    yield one("padded-n", "BAD_KEY", with_numbers(padded, e), "two zero bytes before n")
    yield one("even-n", "BAD_KEY", with_numbers(der.integer(key.n - 1), e), "n is even")
    yield one("zero-n", "BAD_KEY", with_numbers(der.integer(0), e), "n is 0")
    yield one("negative-e", "BAD_KEY", with_numbers(n, der.integer(-3)), "e is -3")
    padded = der.tlv(2, b"\x00\x01\x00\x01")
    yield one("padded-e", "BAD_KEY", with_numbers(n, padded), "a zero byte before e")
    yield one("empty-e", "BAD_KEY", with_numbers(n, der.tlv(2, b"")), "e without a byte")


def add_signed(cases: Collection[Key], name: str) -> None:
    key, message = cases.keys[name], f"signed by {name}".encode()
    good = key.raw_sign(encode(message, key.size))
    middle = key.size // 2
    tampered = good[:middle] + bytes([good[middle] ^ 0x10]) + good[middle + 1 :]
    for kind, signature, code in (
        ("valid", good, "OK"),
        ("tampered", tampered, "BAD_SIGNATURE"),
        ("short", good[1:], "BAD_SIGNATURE_ENCODING"),
        ("long", b"\x00" + good, "BAD_SIGNATURE_ENCODING"),
    ):
        cases.add(f"{name}.{kind}", name, message, signature, code, flags=[])


def make_sizes() -> None:
    cases: Collection[Key] = Collection()
    records: list[Json] = []

    def add(name: str, key: Key, code: str, note: str) -> None:
        records.append(key.record(name, code, note))
        if code == "OK":
            add_signed(cases, cases.key(name, key))

    for bits in SIZES:
        code = "OK" if 1017 <= bits <= 8192 else "UNSUPPORTED"
        add(f"bits.{bits}", generate(bits), code, f"modulus of {bits} bits")
    for e in EXPONENTS:
        code = "OK" if e < 1 << 33 else "UNSUPPORTED"
        add(f"exponent.{e}", generate(2048, e), code, f"e = {e}")
    plain = generate(2048)
    for e in (0, 1, 2, 65536):
        add(f"exponent.{e}", Key(plain.n, e), "BAD_KEY", f"e = {e}")
    records += [*text_forms(plain), *der_forms(plain)]

    check_unique(records)
    check_unique(cases.cases)
    cross_check("rsa_sizes", cases)
    check_keys(records)
    write(
        "rsa_sizes/cases.json",
        {
            "about": "RSA keys of many sizes, exponents and forms, and signatures by the good ones",
            "algorithm": "RSA",
            "keys": records,
            "cases": cases.cases,
        },
    )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("folder", type=Path)
    folder: Path = options.parse_args().folder
    make_1024(read(folder / "rsa_signature_2048_sha256_test.json"))
    make_sizes()


if __name__ == "__main__":
    main()
