"""semantics.md: key-5 to key-7, key-10, key-11 and the private half of rsa-1, rsa-2, ext-1."""

from __future__ import annotations

import base64
import pickle
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import accounts
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

import data_sets
from dimp_fast import Code, DimError, PublicKey, _dispatch, registry, verify_batch
from dimp_fast._py import der, signing
from dimp_fast.private_keys import PrivateKey, ecdsa_nonce

UNIT = "verify_batch"

ALGORITHMS = ("RSA", "ECC", "ED25519")
MAKERS = ("java", "python")
VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
FORMS: dict[str, str] = VECTORS["keys.ecc.private"].input
SCALAR = FORMS["hex"]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SEED = bytes(range(32))


def refusal(source: object) -> Code:
    with pytest.raises(DimError) as error:
        PrivateKey.parse(source)  # type: ignore[arg-type]
    assert error.value.reason.startswith("key: ")
    return error.value.code


@cache
def key_of(algorithm: str, number: int = 0) -> PrivateKey:
    """The ``number``-th key of an algorithm, the same throughout a run."""
    return PrivateKey.generate(algorithm)


def pem(label: str, body: bytes, end: str = "\n") -> str:
    text = base64.b64encode(body).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return end.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])


def body(text: str) -> bytes:
    """The bytes in the last block of a PEM text."""
    block = text.split("-----BEGIN ")[-1].split("-----")[1]
    return base64.b64decode(block)


# DER, put together here so that any part of it can be wrong.


def sequence(*parts: bytes) -> bytes:
    return der.encode(der.SEQUENCE, b"".join(parts))


def integer(value: int) -> bytes:
    return der.encode_unsigned(value)


def octets(data: bytes) -> bytes:
    return der.encode(0x04, data)


def bits(data: bytes, unused: int = 0) -> bytes:
    return der.encode(der.BIT_STRING, bytes((unused,)) + data)


RSA_OID = bytes.fromhex("06092a864886f70d010101")
EC_OID = bytes.fromhex("06072a8648ce3d0201")
SECP256K1 = bytes.fromhex("06052b8104000a")
P256 = bytes.fromhex("06082a8648ce3d030107")
ED25519_OID = bytes.fromhex("06032b6570")
NULL = b"\x05\x00"


def pkcs8(identifier: bytes, inner: bytes, version: int = 0, *more: bytes) -> bytes:
    return sequence(integer(version), sequence(identifier), octets(inner), *more)


def sec1(
    scalar: int | bytes, curve: bytes | None = None, point: bytes | None = None, version: int = 1
) -> bytes:
    secret = scalar if isinstance(scalar, bytes) else scalar.to_bytes(32, "big")
    parameters = der.encode(0xA0, curve) if curve is not None else b""
    public = der.encode(0xA1, bits(point)) if point is not None else b""
    return sequence(integer(version), octets(secret), parameters, public)


def ec_pkcs8(inner: bytes, version: int = 0, *more: bytes, curve: bytes = SECP256K1) -> bytes:
    return pkcs8(EC_OID + curve, inner, version, *more)


# -- what others wrote -------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_key_5_forms_of_one_scalar(tier: str, form: str) -> None:
    public = PublicKey.parse(VECTORS["keys.ecc.private"].output["public_pem"])
    sources: list[Any] = [FORMS[form], {"algorithm": "ECC", "data": FORMS[form]}]
    if form != "hex":
        sources += [body(FORMS[form]), FORMS[form].replace("\n", "\r\n")]
    for source in sources:
        key = PrivateKey.parse(source)
        assert (key.algorithm, key.bits, key.public_key) == ("ECC", 256, public)
        assert key == PrivateKey.parse(SCALAR)
        assert hash(key) == hash(PrivateKey.parse(SCALAR.upper()))


@pytest.mark.parametrize("maker", MAKERS)
def test_key_5_private_keys_of_other_implementations(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "public_key"))
    assert len(cases) >= 5
    for case in cases:
        key = PrivateKey.parse(case.input["private"])
        assert key.public_key.data.hex() == case.expect["public_data_hex"], case.id
        if key.algorithm == "RSA":
            assert key.bits == case.expect["modulus_bits"]
        assert key.public_key.verify(b"message", key.sign(b"message"))
        assert PrivateKey.parse(case.input["private"]["data"]) == key
        assert PrivateKey.parse(key.to_dict(secret=True)) == key


@pytest.mark.parametrize("maker", accounts.OLD_SPELLINGS)
def test_key_5_private_keys_as_implementations_of_2019_wrote_them(tier: str, maker: str) -> None:
    signer, public, private = accounts.old_rsa_key(maker)
    assert PublicKey.parse(public) == PublicKey.parse(public["data"]) == signer.public_key
    for source in (private, private["data"]):
        key = PrivateKey.parse(source)
        assert (key.algorithm, key.bits, key.public_key) == ("RSA", 1024, signer.public_key)
        assert key.sign(b"moky") == signer.sign(b"moky")
    _, others, _ = accounts.old_rsa_key("objc" if maker == "java" else "java")
    own = private["data"].split("-----END PUBLIC KEY-----")[-1].lstrip()
    assert PrivateKey.parse(own) == PrivateKey.parse(private)
    assert refusal(others["data"] + "\n" + own) is Code.BAD_KEY


@pytest.mark.parametrize("maker", MAKERS)
def test_key_10_ciphertexts_of_other_implementations(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "decrypt"))
    plaintexts = {case.expect["plaintext_hex"] for case in cases} - {None}
    assert len(plaintexts) >= 3
    for case in cases:
        key = PrivateKey.parse(case.input["private"])
        found = key.decrypt(base64.b64decode(case.input["data"]))
        if case.expect["plaintext_hex"] is None:
            assert found is None or found.hex() not in plaintexts
        else:
            assert found is not None
            assert found.hex() == case.expect["plaintext_hex"], case.id


@pytest.mark.parametrize("maker", MAKERS)
def test_rsa_3_signatures_are_those_of_other_implementations(tier: str, maker: str) -> None:
    parsed = [PrivateKey.parse(c.input["private"]) for c in data_sets.interop(maker, "public_key")]
    keys = {key.public_key: key for key in parsed if key.algorithm == "RSA"}
    compared = 0
    for case in data_sets.interop(maker, "verify"):
        if case.expect["verify"]:
            key = keys.get(PublicKey.parse(case.input["public"]))
            if key is not None:
                signature = key.sign(bytes.fromhex(case.input["data_hex"]))
                assert base64.b64encode(signature).decode() == case.input["signature"], case.id
                compared += 1
    assert compared >= 6


def test_key_7_ecdsa_is_rfc_6979_with_a_low_s(tier: str) -> None:
    given, expected = VECTORS["sig.ecdsa"].input, VECTORS["sig.ecdsa"].output
    key = PrivateKey.parse(given["private_hex"])
    signature = key.sign(given["data"].encode())
    assert key.public_key.verify(given["data"].encode(), signature)
    if ecdsa_nonce() == "RFC 6979":
        assert signature.hex() == expected["der_hex_twin"]  # the one of the two with the low S


# -- generated ---------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_key_7_generated_keys_sign_what_every_tier_verifies(tier: str, algorithm: str) -> None:
    key = key_of(algorithm)
    assert repr(key) == f"<PrivateKey {algorithm}, {key.bits} bits>"
    assert key.bits == (2048 if algorithm == "RSA" else 256)
    messages = [b"", b"moky", bytes(5000)]
    signatures = [key.sign(message) for message in messages]
    assert verify_batch(key.public_key, messages, signatures).all_ok()
    assert not key.public_key.verify(b"another", signatures[0])
    assert not key_of(algorithm, 1).public_key.verify(b"", signatures[0])
    assert key.sign(bytearray(b"moky")) == signatures[1] or ecdsa_nonce() == "random"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_key_6_mappings_come_back(tier: str, algorithm: str) -> None:
    key = key_of(algorithm)
    mapping = key.to_dict(secret=True)
    again = PrivateKey.parse(mapping)
    assert again == key
    assert hash(again) == hash(key)
    assert again.public_key == key.public_key
    assert again.to_dict(secret=True) == mapping
    assert key != key_of(algorithm, 1)
    assert key != key.public_key
    assert PublicKey.parse(key.public_key.to_dict()) == key.public_key


def test_key_6_rsa_is_written_as_pkcs1_with_its_size(tier: str) -> None:
    mapping = key_of("RSA").to_dict(secret=True)
    lines = mapping.pop("data").split("\n")
    assert mapping == {
        "algorithm": "RSA", "mode": "ECB", "padding": "PKCS1", "digest": "SHA256", "keySize": 256,
    }  # fmt: skip
    assert lines[0] == "-----BEGIN RSA PRIVATE KEY-----"
    assert lines[-1] == "-----END RSA PRIVATE KEY-----"
    assert {len(line) for line in lines[1:-2]} == {64}
    other: Any = load_pem_private_key("\n".join(lines).encode(), None)
    assert other.private_numbers().public_numbers.e == 65537


def test_key_6_ecc_is_written_as_pkcs8_of_version_0_with_the_public_key(tier: str) -> None:
    key = PrivateKey.parse(SCALAR)
    mapping = key.to_dict(secret=True)
    text = mapping.pop("data")
    assert mapping == {"algorithm": "ECC", "curve": "secp256k1", "digest": "SHA256"}
    assert re.fullmatch(r"-----BEGIN PRIVATE KEY-----\n.*\n-----END PRIVATE KEY-----", text, re.S)
    assert body(text) == ec_pkcs8(sec1(int(SCALAR, 16), None, key.public_key.data))
    other: Any = load_pem_private_key(text.encode(), None)
    assert other.private_numbers().private_value == int(SCALAR, 16)


def test_key_6_ed25519_is_written_as_the_seed(tier: str) -> None:
    key = PrivateKey.parse({"algorithm": "ED25519", "data": SEED.hex()})
    assert key.to_dict(secret=True) == {"algorithm": "ED25519", "data": SEED.hex()}
    other = SigningKey(SEED)
    assert key.public_key.data == bytes(other.verify_key)
    assert key.sign(b"message") == other.sign(b"message").signature


@pytest.mark.parametrize("size", [1024, 1031, 1536])
def test_key_6_rsa_of_the_size_that_is_asked_for(tier: str, size: int) -> None:
    key = PrivateKey.generate("SHA256withRSA", bits=size)
    assert (key.algorithm, key.bits) == ("RSA", size)
    assert key.to_dict(secret=True)["keySize"] == (size + 7) // 8
    assert key.public_key.verify(b"message", key.sign(b"message"))


# Scalars whose public point Java cannot read: the first for its Y, the second for its X.
WEAK = (130, 246)


@pytest.mark.parametrize("weak", WEAK)
def test_key_6_points_that_java_cannot_read_are_thrown_away(
    tier: str, weak: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = PrivateKey.parse(f"{weak:064x}").public_key.point
    assert sum(int.from_bytes(half, "big") < 1 << 247 for half in (point[1:33], point[33:])) == 1
    made = iter([weak, weak, 7])
    monkeypatch.setattr(
        ec, "generate_private_key", lambda curve: ec.derive_private_key(next(made), curve)
    )
    assert PrivateKey.generate("ECC") == PrivateKey.parse(f"{7:064x}")
    assert next(made, None) is None


def low_s(key: PrivateKey, count: int) -> Iterator[bool]:
    for number in range(count):
        message = number.to_bytes(2, "big")
        signature = key.sign(message)
        assert key.public_key.verify(message, signature)
        yield decode_dss_signature(signature)[1] <= ORDER // 2


def new_ecc() -> PrivateKey:
    """A key whose signer is that of the tier at hand, which the first signature makes."""
    return PrivateKey.parse(key_of("ECC").to_dict(secret=True))


def test_key_7_no_signature_has_a_high_s(tier: str) -> None:
    assert all(low_s(new_ecc(), 200))


def test_key_7_every_library_makes_the_same_signature(tier: str) -> None:
    if ecdsa_nonce() == "random":
        pytest.skip("the OpenSSL here draws its nonces")
    for secret in (
        1,
        2,
        ORDER // 2,
        ORDER - 1,
        *(random.Random(5).randrange(1, ORDER) for _ in range(20)),
    ):
        key = PrivateKey.parse(f"{secret:064x}")
        library = ec.derive_private_key(secret, ec.SECP256K1())
        for message in (b"", b"moky", bytes(200)):
            r, s = decode_dss_signature(library.sign(message, signing.ecdsa()))
            assert key.sign(message) == encode_dss_signature(r, min(s, ORDER - s))


@pytest.mark.parametrize("secret", [0, ORDER, 2**256 - 1])
def test_key_6_a_signer_takes_scalars_of_the_group_only(tier: str, secret: int) -> None:
    make = _dispatch.operation("EcdsaSigner")
    with pytest.raises(ValueError, match="not a scalar") as raised:
        make(secret.to_bytes(32, "big"))
    assert f"{secret:x}"[:8] not in str(raised.value) or secret == 0
    assert f"{7:064x}" not in repr(make((7).to_bytes(32, "big")))
    with pytest.raises(TypeError):
        pickle.dumps(make((7).to_bytes(32, "big")))


def test_key_7_an_old_openssl_signs_with_a_random_nonce(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ec.ECDSA

    def old(algorithm: Any, deterministic_signing: bool = False) -> ec.ECDSA:
        if deterministic_signing:
            raise UnsupportedAlgorithm("no RFC 6979")
        return plain(algorithm)

    monkeypatch.setattr(ec, "ECDSA", old)
    signing.ecdsa.cache_clear()
    try:
        by_openssl = _dispatch.current().select(UNIT).tier == _dispatch.PYTHON
        assert ecdsa_nonce() == ("random" if by_openssl else "RFC 6979")
        key = new_ecc()
        assert all(low_s(key, 50))
        assert (key.sign(b"message") != key.sign(b"message")) is by_openssl
    finally:
        signing.ecdsa.cache_clear()


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        (("RSA",), {"bits": 1023}, ValueError),
        (("RSA",), {"bits": 8193}, ValueError),
        (("RSA",), {"bits": "2048"}, TypeError),
        (("RSA",), {"bits": True}, TypeError),
        (("RSA",), {"exponent": 3}, TypeError),
        (("ECC",), {"bits": 256}, TypeError),
        (("ED25519",), {"bits": 256}, TypeError),
        ((b"RSA",), {}, TypeError),
        ((None,), {}, TypeError),
    ],
)
def test_key_6_misuse_of_generate(
    arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        PrivateKey.generate(*arguments, **options)
    assert not isinstance(raised.value, DimError)


@pytest.mark.parametrize("algorithm", ["rsa", "AES", "", "DSA"])
def test_key_1_other_names_cannot_be_generated(algorithm: str) -> None:
    with pytest.raises(DimError, match="UNSUPPORTED"):
        PrivateKey.generate(algorithm)


def test_a_key_is_made_by_generate_or_parse_only() -> None:
    with pytest.raises(TypeError, match="generate"):
        PrivateKey()


# -- RSA keys of any kind ----------------------------------------------------------------------


class Rsa(NamedTuple):
    """The numbers of a throw-away key, so that each can be wrong."""

    n: int
    e: int
    d: int
    p: int
    q: int
    dp: int
    dq: int
    qi: int

    def pkcs1(self, version: int = 0) -> bytes:
        return sequence(integer(version), *map(integer, self))


def prime(size: int, exponent: int, chance: random.Random) -> int:
    while True:
        candidate = chance.getrandbits(size) | 1 << (size - 1) | 1
        if candidate % exponent != 1 and all(
            pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7)
        ):
            return candidate


@cache
def rsa_numbers(size: int, exponent: int = 65537) -> Rsa:
    chance = random.Random(size * exponent)
    while True:
        p, q = (prime(half, exponent, chance) for half in ((size + 1) // 2, size // 2))
        try:
            d = pow(exponent, -1, (p - 1) * (q - 1))
        except ValueError:  # a factor in common
            continue
        if (p * q).bit_length() == size:
            return Rsa(p * q, exponent, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))


@pytest.mark.parametrize(
    ("size", "exponent"),
    [(1017, 65537), (1017, 3), (1023, 65537), (1023, 3), (1023, 2**33 - 1), (1025, 17)],
)
def test_rsa_1_sizes_and_exponents_that_nobody_generates_any_more(
    tier: str, size: int, exponent: int
) -> None:
    key = PrivateKey.parse(rsa_numbers(size, exponent).pkcs1())
    assert (key.algorithm, key.bits) == ("RSA", size)
    length = (size + 7) // 8
    signature = key.sign(b"message")
    assert len(signature) == length
    assert key.public_key.verify(b"message", signature)
    for plaintext in (b"", b"x", bytes(length - 11)):
        ciphertext = key.public_key.encrypt(plaintext)
        assert len(ciphertext) == length
        assert key.decrypt(ciphertext) == plaintext
    assert PrivateKey.parse(key.to_dict(secret=True)) == key


@pytest.mark.parametrize(
    ("size", "exponent"), [(512, 65537), (1016, 65537), (1024, 2**33 + 1), (1024, 2**64 + 13)]
)
def test_rsa_2_other_sizes_and_exponents_are_unsupported(
    tier: str, size: int, exponent: int
) -> None:
    pkcs1 = rsa_numbers(size, exponent).pkcs1()
    for source in (pkcs1, pkcs8(RSA_OID + NULL, pkcs1), pem("RSA PRIVATE KEY", pkcs1)):
        assert refusal(source) is Code.UNSUPPORTED


def test_rsa_1_a_huge_modulus_is_refused_before_anybody_looks_for_its_primes(tier: str) -> None:
    huge = 2**100_000 + 1
    assert refusal(Rsa(huge, 3, huge, huge, huge, huge, huge, huge).pkcs1()) is Code.UNSUPPORTED


@pytest.mark.parametrize("field", Rsa._fields)
@pytest.mark.parametrize("value", ["zero", "one", "next"])
def test_key_5_numbers_that_do_not_belong_together_are_a_bad_key(
    tier: str, field: str, value: str
) -> None:
    sound = rsa_numbers(1024)
    number = {"zero": 0, "one": 1, "next": getattr(sound, field) + 2}[value]
    found = refusal(sound._replace(**{field: number}).pkcs1())
    small_modulus = field == "n" and value == "one"
    assert found is (Code.UNSUPPORTED if small_modulus else Code.BAD_KEY)


def test_key_5_pkcs8_of_rsa(tier: str) -> None:
    sound = rsa_numbers(1024)
    pkcs1 = sound.pkcs1()
    key = PrivateKey.parse(pkcs1)
    public = sequence(integer(sound.n), integer(sound.e))
    other = sequence(integer(rsa_numbers(1023).n), integer(65537))
    assert PrivateKey.parse(pkcs8(RSA_OID + NULL, pkcs1)) == key
    assert PrivateKey.parse(pkcs8(RSA_OID, pkcs1)) == key  # as Go writes it
    attributes = der.encode(0xA0, b"")
    assert PrivateKey.parse(pkcs8(RSA_OID + NULL, pkcs1, 0, attributes)) == key
    carried = der.encode(0x81, b"\0" + public)
    assert PrivateKey.parse(pkcs8(RSA_OID + NULL, pkcs1, 1, attributes, carried)) == key
    for wrong in (
        pkcs8(RSA_OID + b"\x05\x01\x00", pkcs1),
        pkcs8(RSA_OID + integer(0), pkcs1),
        pkcs8(RSA_OID + NULL, pkcs1, 2),
        pkcs8(RSA_OID + NULL, pkcs1 + b"\0"),
        pkcs8(RSA_OID + NULL, pkcs1) + b"\0",
        pkcs8(RSA_OID + NULL, pkcs1, 1, der.encode(0x81, b"\0" + other)),
        pkcs8(RSA_OID + NULL, pkcs1, 1, der.encode(0x81, b"\x01" + public)),
        pkcs8(RSA_OID + NULL, pkcs1, 1, carried, attributes),
        pkcs8(EC_OID + SECP256K1, pkcs1),
        sound.pkcs1(version=1),
        pkcs1 + b"\0",
        pkcs1[:-1],
    ):
        assert refusal(wrong) is Code.BAD_KEY


# -- ECC and Ed25519 ---------------------------------------------------------------------------


def test_key_5_pkcs8_and_sec1_of_ecc(tier: str) -> None:
    scalar = int(SCALAR, 16)
    key = PrivateKey.parse(SCALAR)
    point = key.public_key.point
    compressed = bytes((2 + point[64] % 2,)) + point[1:33]
    attribute = der.encode(0x81, b"\0" + point)
    for source in (
        sec1(scalar, SECP256K1),
        sec1(scalar, SECP256K1, point),
        sec1(scalar, SECP256K1, compressed),
        ec_pkcs8(sec1(scalar)),
        ec_pkcs8(sec1(scalar), 1),  # the reference writes this, and OpenSSL refuses it
        ec_pkcs8(sec1(scalar, SECP256K1, point)),  # Java
        ec_pkcs8(sec1(scalar, None, point), 1, attribute),
        ec_pkcs8(sec1(scalar), 0, der.encode(0xA0, b"")),
    ):
        assert PrivateKey.parse(source) == key
        for label in ("PRIVATE KEY", "EC PRIVATE KEY"):
            assert PrivateKey.parse({"algorithm": "ECC", "data": pem(label, source)}) == key


@pytest.mark.parametrize("scalar", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_key_5_scalars_out_of_range_are_bad_keys(tier: str, scalar: int) -> None:
    hexadecimal = f"{scalar:064x}"
    for source in (
        hexadecimal,
        {"algorithm": "ECC", "data": hexadecimal},
        sec1(scalar, SECP256K1),
        ec_pkcs8(sec1(scalar)),
    ):
        assert refusal(source) is Code.BAD_KEY
    assert PrivateKey.parse(f"{ORDER - 1:064x}").public_key.bits == 256


def test_key_5_broken_ecc_is_a_bad_key(tier: str) -> None:
    scalar = int(SCALAR, 16)
    point = PrivateKey.parse(SCALAR).public_key.point
    stranger = PrivateKey.parse(f"{7:064x}").public_key.point
    explicit = sequence(integer(1), sequence(integer(2**256 - 2**32 - 977)))
    for source in (
        sec1(scalar),  # a curve without a name
        sec1(scalar, explicit),
        sec1(scalar, SECP256K1 + SECP256K1),
        sec1(scalar, SECP256K1, version=0),
        sec1(scalar.to_bytes(33, "big"), SECP256K1),
        sec1(scalar.to_bytes(32, "big")[1:], SECP256K1),
        sec1(scalar, SECP256K1, stranger),
        sec1(scalar, SECP256K1, b"\x06" + point[1:]),
        sec1(scalar, SECP256K1, b""),
        sec1(scalar, SECP256K1) + b"\0",
        ec_pkcs8(sec1(scalar), curve=b""),
        ec_pkcs8(sec1(scalar), curve=explicit),
        ec_pkcs8(sec1(scalar), curve=SECP256K1 + NULL),
        ec_pkcs8(sec1(scalar), 1, der.encode(0x81, b"\0" + stranger)),
        ec_pkcs8(sec1(scalar), 1, der.encode(0x81, b"")),
        ec_pkcs8(b""),
        ec_pkcs8(SEED),
    ):
        assert refusal(source) is Code.BAD_KEY


def test_key_5_other_curves_are_unsupported(tier: str) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    for encoding in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        data = other.private_bytes(Encoding.DER, encoding, NoEncryption())
        assert refusal(data) is Code.UNSUPPORTED
        text = other.private_bytes(Encoding.PEM, encoding, NoEncryption()).decode()
        assert refusal({"algorithm": "ECC", "data": text}) is Code.UNSUPPORTED
    assert refusal(ec_pkcs8(sec1(5, P256))) is Code.UNSUPPORTED


def test_key_5_other_algorithms_are_unsupported(tier: str) -> None:
    for other in (ed448.Ed448PrivateKey.generate(), x25519.X25519PrivateKey.generate()):
        data = other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        assert refusal(data) is Code.UNSUPPORTED


def test_key_5_ed25519(tier: str) -> None:
    key = PrivateKey.parse({"algorithm": "ED25519", "data": SEED.hex()})
    raw = key.public_key.data
    plain = pkcs8(ED25519_OID, octets(SEED))
    with_public = pkcs8(ED25519_OID, octets(SEED), 1, der.encode(0x81, b"\0" + raw))
    for source in (plain, with_public, pem("PRIVATE KEY", plain)):
        assert PrivateKey.parse(source) == key
    for text in (SEED.hex().upper(), base64.b64encode(SEED).decode(), pem("PRIVATE KEY", plain)):
        assert PrivateKey.parse({"algorithm": "ED25519", "data": text}) == key
    other = key_of("ED25519").public_key.data
    for wrong in (
        pkcs8(ED25519_OID, SEED),
        pkcs8(ED25519_OID, octets(SEED[1:])),
        pkcs8(ED25519_OID, octets(SEED) + b"\0"),
        pkcs8(ED25519_OID + NULL, octets(SEED)),
        pkcs8(ED25519_OID, octets(SEED), 1, der.encode(0x81, b"\0" + other)),
        pkcs8(ED25519_OID, octets(SEED), 1, der.encode(0x81, b"\0" + raw[1:])),
    ):
        assert refusal(wrong) is Code.BAD_KEY
    for data in ("", SEED.hex()[1:], SEED.hex() + "00", base64.b64encode(SEED + raw).decode()):
        assert refusal({"algorithm": "ED25519", "data": data}) is Code.BAD_KEY


# -- texts and mappings ------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_key_5_a_public_block_may_stand_first(tier: str, algorithm: str, end: str) -> None:
    key, stranger = key_of(algorithm), key_of(algorithm, 1)
    text = key.to_dict(secret=True)["data"]
    der_form = (
        body(text) if algorithm != "ED25519" else pkcs8(ED25519_OID, octets(bytes.fromhex(text)))
    )
    private = pem("PRIVATE KEY", der_form, end)
    public = key.public_key.data
    if algorithm != "RSA":
        spki = {"ECC": EC_OID + SECP256K1, "ED25519": ED25519_OID}[algorithm]
        public = sequence(sequence(spki), bits(public))
    block = pem("PUBLIC KEY", public, end)
    for source in (f"{block}{end}{private}", f" {block}\n\n{private}\n", private):
        assert PrivateKey.parse(source) == key
    stranger_text = stranger.to_dict(secret=True)["data"]
    if algorithm == "ED25519":
        stranger_text = pem("PRIVATE KEY", pkcs8(ED25519_OID, octets(bytes.fromhex(stranger_text))))
    assert PrivateKey.parse(f"{stranger_text}\n{block}\n{private}") == key  # the last one counts
    assert refusal(f"{block}\n{stranger_text}") is Code.BAD_KEY
    assert refusal(f"{private}\n{block}\n{stranger_text}") is Code.BAD_KEY
    assert refusal(block) is Code.BAD_KEY
    assert refusal(f"text {private}") is Code.BAD_KEY
    assert refusal(f"{private} text") is Code.BAD_KEY
    assert refusal(f"{block}\ntext\n{private}") is Code.BAD_KEY


def test_key_5_encrypted_keys_are_refused_with_a_reason_that_says_so(tier: str) -> None:
    other = rsa.generate_private_key(65537, 1024)
    lock = BestAvailableEncryption(b"password")
    sources: list[str | bytes] = [
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode(),
        other.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, lock).decode(),
        other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, lock),
    ]
    for source in sources:
        with pytest.raises(DimError, match="BAD_KEY: key: it is encrypted"):
            PrivateKey.parse(source)


@pytest.mark.parametrize(
    "source",
    ["", " ", "moki", SCALAR[1:], SCALAR + "0", f" {SCALAR}", SCALAR[:-1] + "g",
     base64.b64encode(SEED).decode(), "-----BEGIN PRIVATE KEY-----", "ssh-rsa AAAA",
     "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
     "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----",
     FORMS["pkcs8"].replace("END PRIVATE", "END EC PRIVATE"),
     FORMS["pkcs8"].replace("PRIVATE KEY", "CERTIFICATE"),
     FORMS["pkcs8"].replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
     "\ud800", FORMS["pkcs8"].replace("M", "\ud800"),
     b"", b"\x30", b"\x30\x00", b"\x30\x80\x00\x00", SEED, bytes(65)],
)  # fmt: skip
def test_key_5_what_is_no_private_key_is_a_bad_key(tier: str, source: str | bytes) -> None:
    assert refusal(source) is Code.BAD_KEY


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_key_5_public_keys_are_bad_keys(tier: str, algorithm: str) -> None:
    public = key_of(algorithm).public_key
    assert refusal(public.data) is Code.BAD_KEY
    if algorithm != "ED25519":  # 64 hex digits are a seed, whatever they were meant to be
        assert refusal(public.to_dict()) is Code.BAD_KEY


@pytest.mark.parametrize("algorithm", ["rsa", "EC", "AES", "PLAIN", "", "ECC "])
def test_key_1_other_names_are_unsupported(tier: str, algorithm: str) -> None:
    assert refusal({"algorithm": algorithm, "data": SCALAR}) is Code.UNSUPPORTED


@pytest.mark.parametrize(
    "mapping",
    [{}, {"algorithm": "ECC"}, {"data": SCALAR}, {"algorithm": "ECC", "data": None},
     {"algorithm": 1, "data": SCALAR}, {"algorithm": "ECC", "data": bytes.fromhex(SCALAR)}],
)  # fmt: skip
def test_key_1_incomplete_mappings_are_bad_keys(tier: str, mapping: dict[str, object]) -> None:
    assert refusal(mapping) is Code.BAD_KEY


def test_key_1_a_key_of_another_family_is_a_bad_key(tier: str) -> None:
    rsa_text = key_of("RSA").to_dict(secret=True)["data"]
    with pytest.raises(DimError, match="labelled ECC, but it is a key of RSA"):
        PrivateKey.parse({"algorithm": "ECC", "data": rsa_text})
    assert refusal({"algorithm": "RSA", "data": SCALAR}) is Code.BAD_KEY
    assert refusal({"algorithm": "ED25519", "data": rsa_text}) is Code.BAD_KEY
    assert refusal({"algorithm": "ED25519", "data": FORMS["pkcs8"]}) is Code.BAD_KEY


@pytest.mark.parametrize("source", [None, 5, [SCALAR], bytes.fromhex])
def test_other_types_are_misuse(tier: str, source: object) -> None:
    with pytest.raises(TypeError):
        PrivateKey.parse(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("flag", [True, 1, "YES"])
def test_key_5_compressed_goes_over_to_the_public_key(tier: str, flag: object) -> None:
    plain = PrivateKey.parse({"algorithm": "ECC", "data": SCALAR})
    key = PrivateKey.parse({"algorithm": "ECC", "data": SCALAR, "compressed": flag})
    assert len(key.public_key.data) == 33
    assert key.public_key.point == plain.public_key.point
    assert key.to_dict(secret=True)["compressed"] == 1
    assert PrivateKey.parse(key.to_dict(secret=True)) == key
    assert key.public_key.verify(b"message", key.sign(b"message"))
    rsa_mapping = key_of("RSA").to_dict(secret=True) | {"compressed": flag}
    assert PrivateKey.parse(rsa_mapping) == key_of("RSA")


# -- RSA encryption ----------------------------------------------------------------------------


def test_key_10_one_block_there_and_back(tier: str) -> None:
    key = key_of("RSA")
    for size in (0, 1, 100, 256 - 11):
        plaintext = bytes(range(256))[:size]
        block = key.public_key.encrypt(plaintext)
        assert len(block) == 256
        assert key.decrypt(bytearray(block)) == plaintext
    assert key.public_key.encrypt(b"x") != key.public_key.encrypt(b"x")
    with pytest.raises(ValueError, match="at most 245") as error:
        key.public_key.encrypt(bytes(246))
    assert not isinstance(error.value, DimError)


def test_key_10_what_cannot_be_a_block_is_none(tier: str) -> None:
    key = key_of("RSA")
    modulus = key.public_key.data[-5 - 256 : -5]
    block = key.public_key.encrypt(b"plaintext")
    for wrong in (b"", block[1:], block + b"\0", b"\0" + block, b"\xff" * 256, modulus):
        assert key.decrypt(wrong) is None
    for doubtful in (bytes(256), bytes(255) + b"\x02", block[:-1] + bytes((block[-1] ^ 1,))):
        assert key.decrypt(doubtful) != b"plaintext"


@pytest.mark.parametrize("algorithm", ["ECC", "ED25519"])
def test_key_10_other_keys_do_not_encrypt(tier: str, algorithm: str) -> None:
    key = key_of(algorithm)
    with pytest.raises(DimError, match=f"UNSUPPORTED: key: {algorithm} keys do not encrypt"):
        key.public_key.encrypt(b"plaintext")
    with pytest.raises(DimError, match=f"UNSUPPORTED: key: {algorithm} keys do not decrypt"):
        key.decrypt(bytes(256))


@pytest.mark.parametrize("value", [None, "text", 5])
def test_operations_want_bytes(value: Any) -> None:
    key = key_of("RSA")
    for operation in (key.sign, key.decrypt, key.public_key.encrypt):
        with pytest.raises(TypeError, match="bytes is wanted"):
            operation(value)


# -- anything at all ---------------------------------------------------------------------------


def key_or_refusal(source: Any) -> None:
    """Any other exception than a ``DimError`` fails the test."""
    code = Code.OK
    try:
        key = PrivateKey.parse(source)
        assert key.public_key.verify(b"message", key.sign(b"message"))
    except DimError as error:
        code = error.code
    assert code in (Code.OK, Code.BAD_KEY, Code.UNSUPPORTED)


@cache
def sound_sources() -> list[bytes]:
    pkcs1 = rsa_numbers(1024).pkcs1()
    scalar = sec1(7, SECP256K1, PrivateKey.parse(f"{7:064x}").public_key.point)
    return [
        pkcs1, pkcs8(RSA_OID + NULL, pkcs1), scalar, ec_pkcs8(scalar),
        pkcs8(ED25519_OID, octets(SEED)),
    ]  # fmt: skip


PEM_PIECES = st.sampled_from(
    ["-----BEGIN ", "-----END ", "-----", "PRIVATE KEY", "PUBLIC KEY", "RSA ", "EC ", "ENCRYPTED ",
     "\n", "MC4CAQAwBQYDK2Vw", "====", SCALAR, FORMS["pkcs8"], FORMS["sec1"]]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_any_source_gives_a_key_or_a_refusal(source: str | bytes) -> None:
    key_or_refusal(source)


@given(st.lists(st.one_of(PEM_PIECES, st.characters()), max_size=12).map("".join))
def test_anything_like_pem_gives_a_key_or_a_refusal(text: str) -> None:
    key_or_refusal(text)
    key_or_refusal({"algorithm": "ECC", "data": text})


@given(st.data())
def test_any_mutation_of_der_gives_a_key_or_a_refusal(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from(sound_sources())))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(source) - 1))
        source[position : position + data.draw(st.integers(0, 2))] = data.draw(
            st.binary(max_size=2)
        )
        if not source:
            break
    key_or_refusal(bytes(source))
    key_or_refusal(pem("PRIVATE KEY", bytes(source)))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "algorithm": st.one_of(st.sampled_from([*ALGORITHMS, "AES"]), st.text(), st.none()),
            "data": st.one_of(st.text(), st.binary().map(bytes.hex), st.none(), st.integers()),
            "compressed": st.one_of(st.text(), st.integers(), st.none(), st.lists(st.integers())),
        },
    )
)
def test_any_mapping_gives_a_key_or_a_refusal(mapping: dict[str, Any]) -> None:
    key_or_refusal(mapping)


# -- registered algorithms ---------------------------------------------------------------------


class Toy(registry.KeyAlgorithm):
    """Ed25519 under another name: its ``data`` is hex with ``toy:`` in front."""

    names = ("TOY", "toy")

    def parse(self, data: str) -> bytes:
        if not data.startswith("toy:"):
            raise ValueError("not a toy")
        return bytes.fromhex(data[4:])

    def bits(self, key: bytes) -> int:
        return 8 * len(key)

    def encode(self, key: bytes) -> str:
        return f"toy:{key.hex()}"

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        return PublicKey.parse({"algorithm": "ED25519", "data": key.hex()}).verify(
            message, signature
        )

    def generate(self, **options: Any) -> bytes:
        return bytes(SigningKey(options["seed"]) if "seed" in options else SigningKey.generate())

    def parse_private(self, data: str) -> bytes:
        if data == "mistake":
            raise KeyError(data)
        return bytes(SigningKey(bytes.fromhex(data)))

    def public(self, secret: bytes) -> bytes:
        return bytes(SigningKey(secret).verify_key)

    def sign(self, secret: bytes, message: bytes) -> bytes:
        return SigningKey(secret).sign(message).signature


class VerifiesOnly(registry.KeyAlgorithm):
    names = ("VERIFIES-ONLY",)

    def parse(self, data: str) -> bytes:
        return data.encode()

    def bits(self, key: bytes) -> int:
        return 8

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        return False


@pytest.fixture
def rows(tier: str) -> Iterator[None]:
    """The two above, registered while the tier under test is in use."""
    both = (Toy(), VerifiesOnly())
    for row in both:
        registry.register(row)
    yield
    for row in both:
        registry.unregister(row)


def test_ext_1_registered_private_keys(tier: str, rows: None) -> None:
    key = PrivateKey.generate("toy", seed=SEED)
    assert repr(key) == "<PrivateKey TOY, 256 bits>"
    assert key.public_key.verify(b"message", key.sign(b"message"))
    assert not key.public_key.verify(b"another", key.sign(b"message"))
    mapping = key.to_dict(secret=True)
    assert mapping == {"algorithm": "TOY", "data": SEED.hex()}
    assert PrivateKey.parse(mapping) == key
    assert key.public_key.to_dict() == {
        "algorithm": "TOY",
        "data": f"toy:{key.public_key.data.hex()}",
    }
    assert PublicKey.parse(key.public_key.to_dict()) == key.public_key
    assert PrivateKey.generate("TOY") != key
    with pytest.raises(DimError, match="UNSUPPORTED"):
        key.public_key.encrypt(b"plaintext")
    with pytest.raises(DimError, match="UNSUPPORTED"):
        key.decrypt(b"ciphertext")


def test_ext_1_refusals_of_registered_algorithms(
    tier: str, rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", reported.append)
    assert refusal({"algorithm": "TOY", "data": "zz"}) is Code.BAD_KEY
    assert not reported
    assert refusal({"algorithm": "TOY", "data": "mistake"}) is Code.BAD_KEY
    assert [str(report.exc_value) for report in reported] == [
        "KeyError while a private key was parsed"  # and not what it says: that is the secret
    ]
    assert refusal({"algorithm": "VERIFIES-ONLY", "data": ""}) is Code.UNSUPPORTED
    with pytest.raises(DimError, match="UNSUPPORTED"):
        PrivateKey.generate("VERIFIES-ONLY")


def test_ext_1_a_key_outlives_its_registration(tier: str) -> None:
    row = Toy()
    registry.register(row)
    try:
        key = PrivateKey.generate("TOY")
    finally:
        registry.unregister(row)
    assert len(key.sign(b"message")) == 64
    with pytest.raises(DimError, match="not registered any more"):
        key.public_key.to_dict()
    assert refusal(key.to_dict(secret=True)) is Code.UNSUPPORTED
