"""semantics.md: key-8, key-9, and key-6 and key-11 as far as they are about symmetric keys."""

from __future__ import annotations

import base64
import hashlib
import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_sets
from dimp_fast import Code, DimError
from dimp_fast.symmetric import SymmetricKey

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
MAKERS = ("java", "python")
KEY = bytes(range(32))
IV = bytes(range(100, 116))
ZERO_IV = bytes(16)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def aes(key: bytes = KEY, **fields: Any) -> SymmetricKey:
    return SymmetricKey.parse({"algorithm": "AES", "data": b64(key), **fields})


def refusal(source: dict[str, Any]) -> Code:
    with pytest.raises(DimError) as error:
        SymmetricKey.parse(source)
    assert error.value.reason.startswith("key: ")
    return error.value.code


# -- what others encrypted ---------------------------------------------------------------------


def test_key_9_vectors_of_the_reference() -> None:
    given, expected = VECTORS["aes.cbc"].input, VECTORS["aes.cbc"].output
    key = SymmetricKey.parse(given["key"])
    extra = {"IV": given["IV"]}
    for plaintext, ciphertext in zip(given["plaintext_hex"], expected, strict=True):
        assert key.encrypt(bytes.fromhex(plaintext), extra).hex() == ciphertext
        found = key.decrypt(bytes.fromhex(ciphertext), extra)
        assert found is not None
        assert found.hex() == plaintext
    assert extra == {"IV": given["IV"]}


@pytest.mark.parametrize("name", ["aes.128", "aes.192", "aes.key_iv"])
def test_key_9_vectors_of_other_sizes_and_with_an_iv_in_the_key(name: str) -> None:
    given, expected = VECTORS[name].input, VECTORS[name].output
    key = SymmetricKey.parse(given["key"])
    extra = {"IV": given["IV"]} if "IV" in given else {}
    before = dict(extra)
    assert key.encrypt(given["plaintext"].encode(), extra).hex() == expected
    assert extra == before
    assert key.decrypt(bytes.fromhex(expected), extra) == given["plaintext"].encode()
    without_iv = SymmetricKey.parse(given["key"] | {"iv": None})
    assert without_iv.decrypt(bytes.fromhex(expected)) == given["plaintext"].encode()


def test_key_9_the_older_generation_encrypts_the_same_way() -> None:
    given, expected = VECTORS["v243.aes"].input, VECTORS["v243.aes"].output
    key, extra = SymmetricKey.parse(given["key"]), {"IV": given["IV"]}
    assert key.decrypt(bytes.fromhex(expected), extra) == b"hello"
    assert key.encrypt(b"hello", extra).hex() == expected


def test_key_9_wycheproof() -> None:
    cases = list(data_sets.wycheproof_aes_cbc())
    assert len(cases) > 200
    refused = 0
    for case in cases:
        key, extra = aes(case.key), {"iv": b64(case.iv)}
        found = key.decrypt(case.ciphertext, extra)
        assert found == (case.plaintext if case.valid else None), case.id
        if case.valid:
            assert key.encrypt(case.plaintext, extra) == case.ciphertext
        refused += not case.valid
    assert refused > 50


@pytest.mark.parametrize("maker", MAKERS)
def test_key_9_messages_of_other_implementations(maker: str) -> None:
    cases = list(data_sets.interop(maker, "sym_decrypt"))
    assert len(cases) >= 10
    for case in cases:
        key = SymmetricKey.parse(case.input["key"])
        found = key.decrypt(base64.b64decode(case.input["data"]), case.input["params"])
        assert (None if found is None else found.hex()) == case.expect["plaintext_hex"], case.id


# -- the IV ------------------------------------------------------------------------------------


def test_key_9_a_fresh_iv_goes_into_the_message() -> None:
    key = SymmetricKey.generate()
    first: dict[str, Any] = {"sender": "moki"}
    second: dict[str, Any] = {"IV": None}
    ciphertexts = [key.encrypt(b"plaintext", extra) for extra in (first, second)]
    assert ciphertexts[0] != ciphertexts[1]
    assert first["IV"] != second["IV"]
    assert set(first) == {"sender", "IV"}
    for ciphertext, extra in zip(ciphertexts, (first, second), strict=True):
        assert len(base64.b64decode(extra["IV"], validate=True)) == 16
        assert key.decrypt(ciphertext, extra) == b"plaintext"
        assert key.decrypt(ciphertext, MappingProxyType(extra)) == b"plaintext"
        assert key.decrypt(ciphertext) != b"plaintext"


def test_key_9_the_message_comes_before_the_key() -> None:
    plain, keyed = aes(), aes(iv=b64(IV), IV=b64(ZERO_IV))
    expected = plain.encrypt(b"plaintext", {"IV": b64(IV)})
    assert keyed.encrypt(b"plaintext") == expected  # `iv` of a key comes before `IV`
    assert keyed.encrypt(b"plaintext", {}) == expected
    assert keyed.encrypt(b"plaintext", {"iv": b64(ZERO_IV)}) != expected
    message = {"iv": b64(ZERO_IV), "IV": b64(IV)}  # and `IV` of a message before `iv`
    assert plain.encrypt(b"plaintext", message) == expected
    assert aes(iv=b64(ZERO_IV)).decrypt(expected, message) == b"plaintext"
    assert plain.encrypt(b"plaintext", {"IV": f"data:;base64,{b64(IV)}"}) == expected
    assert aes(IV=b64(IV)).encrypt(b"plaintext") == expected


def test_key_9_encrypting_without_a_place_for_the_iv_is_misuse() -> None:
    with pytest.raises(ValueError, match="extra: needed") as error:
        aes().encrypt(b"plaintext")
    assert not isinstance(error.value, DimError)


WRONG_IVS = ["", "?", b64(IV)[:-1], b64(IV[1:]), b64(IV + b"\0"), 5, b"bytes", [], "\ud800"]


@pytest.mark.parametrize("wrong", WRONG_IVS)
@pytest.mark.parametrize("name", ["IV", "iv"])
def test_key_9_a_wrong_iv(wrong: object, name: str) -> None:
    ciphertext = aes().encrypt(b"plaintext", {"IV": b64(IV)})
    for key in (aes(), aes(iv=b64(IV))):
        assert key.decrypt(ciphertext, {name: wrong}) is None
        with pytest.raises(ValueError, match="IV is not base64 of 16 bytes"):
            key.encrypt(b"plaintext", {name: wrong})
    assert refusal({"algorithm": "AES", "data": b64(KEY), name: wrong}) is Code.BAD_KEY


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(34))
def test_key_9_every_byte_of_the_padding_counts(size: int) -> None:
    plaintext = bytes(range(200, 200 + size))
    extra = {"IV": b64(IV)}
    key = aes()
    padding = 16 - size % 16
    sound = key.encrypt(plaintext, extra)
    assert key.decrypt(sound, extra) == plaintext
    # The same blocks again, unpadded: what is encrypted as 16 bytes more gives any padding bytes.
    for position in range(1, padding + 1):
        wrong = bytearray(plaintext + bytes((padding,)) * padding)
        wrong[-position] ^= 1
        assert key.decrypt(key.encrypt(bytes(wrong), extra)[:-16], extra) is None
    for last in (0, 17, 255):
        wrong = bytearray(plaintext + bytes((padding,)) * padding)
        wrong[-1] = last
        assert key.decrypt(key.encrypt(bytes(wrong), extra)[:-16], extra) is None
    for length in (0, 1, 15, len(sound) - 1, len(sound) + 1):
        assert key.decrypt((sound + b"\0")[:length], extra) is None


@given(st.binary(max_size=100), st.one_of(st.none(), st.text(), st.binary(max_size=20).map(b64)))
def test_key_9_anything_decrypts_to_bytes_or_none(ciphertext: bytes, iv: str | None) -> None:
    found = aes().decrypt(ciphertext, {"IV": iv})
    assert found is None or len(found) < len(ciphertext)


@given(st.binary(max_size=100), st.sampled_from([16, 24, 32]))
def test_key_9_there_and_back(plaintext: bytes, size: int) -> None:
    key = SymmetricKey.generate(bits=8 * size)
    extra: dict[str, Any] = {}
    ciphertext = key.encrypt(plaintext, extra)
    assert len(ciphertext) == len(plaintext) // 16 * 16 + 16
    assert key.decrypt(ciphertext, extra) == plaintext


# -- spellings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["AES", "AES/CBC/PKCS7Padding"])
@pytest.mark.parametrize("size", [16, 24, 32])
def test_key_8_names_and_sizes(algorithm: str, size: int) -> None:
    key = SymmetricKey.parse(
        {"algorithm": algorithm, "data": b64(KEY[:size]), "keySize": 5, "blockSize": "x"}
    )
    assert (key.algorithm, key.bits) == ("AES", 8 * size)
    assert key == aes(KEY[:size])
    assert key.to_dict(secret=True) == {"algorithm": "AES", "data": b64(KEY[:size])}
    uri = f"data:application/octet-stream;base64,{b64(KEY[:size])}"
    assert SymmetricKey.parse({"algorithm": "AES", "data": uri}) == key


def test_key_8_plain_changes_nothing() -> None:
    key = SymmetricKey.parse({"algorithm": "PLAIN"})
    extra: dict[str, Any] = {}
    assert key.encrypt(b"text", extra) == key.encrypt(b"text") == b"text"
    assert key.decrypt(b"text", extra) == key.decrypt(b"text") == b"text"
    assert extra == {}
    assert (key.algorithm, key.bits) == ("PLAIN", 0)
    assert key == SymmetricKey.generate("PLAIN")
    assert key != aes()
    assert key.to_dict(secret=True) == {"algorithm": "PLAIN"}


@pytest.mark.parametrize(
    "data",
    [None, "", "?", 5, b"bytes", [], b64(KEY)[:-1], b64(KEY[:15]), b64(KEY[:17]), b64(KEY * 2),
     KEY.hex(), "data:;hex," + KEY.hex(), "\ud800"],
)  # fmt: skip
def test_key_8_other_data_is_a_bad_key(data: object) -> None:
    assert refusal({"algorithm": "AES", "data": data}) is Code.BAD_KEY


@pytest.mark.parametrize("algorithm", [None, 5, b"AES"])
def test_key_8_no_name_is_a_bad_key(algorithm: object) -> None:
    assert refusal({"algorithm": algorithm, "data": b64(KEY)}) is Code.BAD_KEY


@pytest.mark.parametrize("algorithm", ["aes", "", "RSA", "AES/ECB", "plain", "DES"])
def test_key_8_other_names_are_unsupported(algorithm: str) -> None:
    assert refusal({"algorithm": algorithm, "data": b64(KEY)}) is Code.UNSUPPORTED
    with pytest.raises(DimError, match="UNSUPPORTED"):
        SymmetricKey.generate(algorithm)


def test_key_8_equality_compares_the_bytes_of_the_key() -> None:
    assert aes() == aes(iv=b64(IV))
    assert aes() != aes(KEY[::-1])
    assert aes() != aes(KEY[:16])
    assert aes() != KEY
    with pytest.raises(TypeError, match="unhashable"):
        hash(aes())


def test_key_8_mappings_come_back_with_their_iv() -> None:
    key = aes(IV=b64(IV))
    mapping = key.to_dict(secret=True)
    assert mapping == {"algorithm": "AES", "data": b64(KEY), "iv": b64(IV)}
    assert SymmetricKey.parse(mapping).encrypt(b"text") == key.encrypt(b"text")


# -- passwords ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["8", "0", "32", "40"])
def test_key_8_passwords_of_the_reference(size: str) -> None:
    vector = VECTORS[f"password.generate.{size}"]
    key = SymmetricKey.from_password(vector.input)
    assert key == SymmetricKey.parse(vector.output)
    assert key.to_dict(secret=True) == vector.output
    assert key.bits == 256


def test_key_8_passwords_are_counted_in_bytes() -> None:
    for count in (10, 11):  # 30 bytes are filled up, 33 are hashed
        password = ("\u5bc6" * count).encode()
        digest = hashlib.sha256(password).digest()
        expected = digest[:2] + password if count == 10 else digest
        assert SymmetricKey.from_password(password.decode()) == aes(expected)
    with pytest.raises(ValueError, match="password: a lone surrogate"):
        SymmetricKey.from_password("secret\ud800")


def test_key_8_digest_of_the_reference() -> None:
    vector = VECTORS["password.digest"]
    assert SymmetricKey.parse(vector.input["key"]).digest == vector.output
    assert len(SymmetricKey.generate().digest) == 8


def test_key_8_passphrases_of_2018_open_what_they_closed() -> None:
    passphrase = "moki loves \u4e2d"
    key = SymmetricKey.parse({"algorithm": "AES", "keySize": 32, "passphrase": passphrase})
    same = aes(passphrase.encode().ljust(32, b"\0"))
    assert key == same
    ciphertext = same.encrypt(b"Hello", {"IV": b64(ZERO_IV)})
    assert key.decrypt(ciphertext) == b"Hello"
    with_iv = {"algorithm": "AES", "passphrase": passphrase, "iv": b64(IV), "data": None}
    assert SymmetricKey.parse(with_iv).decrypt(ciphertext) == b"Hello"
    for operation in (
        lambda: key.encrypt(b"Hello", {}),
        lambda: key.to_dict(secret=True),
    ):
        with pytest.raises(DimError, match="UNSUPPORTED: key: a passphrase key of 2018"):
            operation()


def test_key_8_the_message_that_the_white_paper_prints() -> None:
    vector = VECTORS["msg.doc.whitepaper"]
    key = SymmetricKey.parse(json.loads(vector.output["key_plaintext"]))
    message = vector.input
    found = key.decrypt(base64.b64decode(message["data"]), message)
    assert found == vector.output["content"].encode()


@pytest.mark.parametrize("passphrase", ["x" * 33, "\u5bc6" * 11, "\ud800", 5, None, b"bytes"])
def test_key_8_other_passphrases_are_bad_keys(passphrase: object) -> None:
    assert refusal({"algorithm": "AES", "passphrase": passphrase}) is Code.BAD_KEY
    fits = SymmetricKey.parse({"algorithm": "AES", "passphrase": "x" * 32})
    assert fits == aes(b"x" * 32)


# -- misuse ------------------------------------------------------------------------------------


def test_key_6_generated_keys() -> None:
    assert SymmetricKey.generate() != SymmetricKey.generate()
    assert [SymmetricKey.generate(bits=bits).bits for bits in (128, 192, 256)] == [128, 192, 256]
    assert SymmetricKey.generate("AES/CBC/PKCS7Padding").algorithm == "AES"
    assert repr(SymmetricKey.generate()) == "<SymmetricKey AES, 256 bits>"


@pytest.mark.parametrize(
    ("bits", "error"),
    [(64, ValueError), (129, ValueError), (160, ValueError), (512, ValueError),
     ("256", TypeError), (None, TypeError)],
)  # fmt: skip
def test_key_6_other_sizes_are_misuse(bits: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="bits"):
        SymmetricKey.generate(bits=bits)


def test_misuse() -> None:
    with pytest.raises(TypeError, match="from_password"):
        SymmetricKey()
    for source in (None, "AES", b"", [("algorithm", "AES")]):
        with pytest.raises(TypeError, match="mapping"):
            SymmetricKey.parse(source)  # type: ignore[arg-type]
    for password in (None, b"bytes", 5):
        with pytest.raises(TypeError, match="password: str"):
            SymmetricKey.from_password(password)  # type: ignore[arg-type]
    key: Any = aes()
    for operation in (key.encrypt, key.decrypt):
        with pytest.raises(TypeError, match="bytes is wanted"):
            operation("text", {})
        with pytest.raises(TypeError, match="extra: a mapping or None"):
            operation(b"bytes", "IV")
    with pytest.raises(TypeError, match="str is wanted"):
        SymmetricKey.generate(None)  # type: ignore[arg-type]
