"""semantics.md: base64-1, base64-3; and the digests, base58 and hex behind addresses and keys."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_sets
from dimp_fast import _dispatch, coding

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
UNIT = "digests"  # its tiers have base58 and base64 too
EVERY_LEVEL = True


def test_the_units_of_this_module_have_the_same_tiers() -> None:
    for unit in ("base58", "base64"):
        assert set(_dispatch.UNITS[unit]) == set(_dispatch.UNITS[UNIT])


@pytest.mark.parametrize("name", ["digest.empty", "digest.abc", "digest.moky", "digest.64"])
def test_digests(tier: str, name: str) -> None:
    data, wanted = bytes.fromhex(VECTORS[name].input["hex"]), VECTORS[name].output
    assert coding.sha256(data).hex() == wanted["sha256"]
    assert coding.keccak256(data).hex() == wanted["keccak256"]
    assert coding.ripemd160(data).hex() == wanted["ripemd160"]
    assert coding.keccak256(data) != hashlib.sha3_256(data).digest()


@pytest.mark.parametrize(
    ("name", "encode", "decode"),
    [("base58.set", coding.base58_encode, coding.base58_decode),
     ("base64.set", coding.base64_encode, coding.base64_decode)],
)  # fmt: skip
def test_vectors_both_ways(tier: str, name: str, encode: Any, decode: Any) -> None:
    vector = VECTORS[name]
    for data, text in zip(map(bytes.fromhex, vector.input["hex"]), vector.output, strict=True):
        assert encode(data) == text
        assert decode(text) == data


@given(st.binary(max_size=128))
def test_what_was_encoded_decodes(tier: str, data: bytes) -> None:
    assert coding.base58_decode(coding.base58_encode(data)) == data
    assert coding.base64_decode(coding.base64_encode(data)) == data
    assert coding.hex_decode(coding.hex_encode(data)) == data


def test_buffers_are_bytes_too(tier: str) -> None:
    for buffer in (bytearray(b"moky"), memoryview(b"moky")):
        assert coding.sha256(buffer) == coding.sha256(b"moky")  # type: ignore[arg-type]
        assert coding.keccak256(buffer) == coding.keccak256(b"moky")  # type: ignore[arg-type]
        assert coding.ripemd160(buffer) == coding.ripemd160(b"moky")  # type: ignore[arg-type]
        assert coding.base58_encode(buffer) == "3oF5MJ"  # type: ignore[arg-type]
        assert coding.base64_encode(buffer) == "bW9reQ=="  # type: ignore[arg-type]
        assert coding.hex_encode(buffer) == "6d6f6b79"  # type: ignore[arg-type]


class Text(str):
    """A text all the same."""


def test_subclasses_of_str_are_text(tier: str) -> None:
    assert coding.base58_decode(Text("3oF5MJ")) == b"moky"
    assert coding.base64_decode(Text("bW9reQ==")) == b"moky"
    assert coding.hex_decode(Text("6d6f6b79")) == b"moky"


def test_bad_text_is_none(tier: str) -> None:
    for text in ("0", "3oF5MJ ", "3oF5Ml", "\u0663"):
        assert coding.base58_decode(text) is None
    for text in ("bW9reQ", "bW9reQ=", "bW9reR==", "bW9reQ==x", "bW9-eQ==", "data:;base64,bW9reQ=="):
        assert coding.base64_decode(text) is None


def test_base64_1_every_length_and_place(tier: str) -> None:
    """Around the steps of the kernels: a foreign byte anywhere is seen."""
    for size in (*range(8), *range(40, 56), *range(90, 100), 192, 193, 194, 1000):
        data = bytes((size + 37 * place) % 256 for place in range(size))
        text = base64.b64encode(data).decode("ascii")
        assert coding.base64_encode(data) == text
        assert coding.base64_decode(text) == data
        for place in range(len(text)):
            for foreign in "-@\x80\0":
                bad = f"{text[:place]}{foreign}{text[place + 1 :]}"
                assert (coding.base64_decode(bad) is None) is (bad != text), bad


def test_base64_1_white_space_is_ignored(tier: str) -> None:
    assert coding.base64_decode(" bW9\r\nreQ\t=\v=\f") == b"moky"
    assert coding.base64_decode("bW9reQ==\xa0") is None


def test_base58_has_limits(tier: str) -> None:
    assert coding.base58_decode(coding.base58_encode(b"\xff" * 128)) == b"\xff" * 128
    assert coding.base58_decode("1" * 256) == bytes(256)
    with pytest.raises(ValueError, match="data: at most 128 bytes are wanted, not 129"):
        coding.base58_encode(bytes(129))
    with pytest.raises(ValueError, match="encoded: at most 256 characters are wanted, not 257"):
        coding.base58_decode("1" * 257)


@pytest.mark.parametrize(
    "call",
    [coding.sha256, coding.keccak256, coding.ripemd160, coding.base58_encode,
     coding.base64_encode, coding.hex_encode],
)  # fmt: skip
@pytest.mark.parametrize("data", ["moky", None, 7, [1]])
def test_other_types_than_bytes(tier: str, call: Callable[[Any], Any], data: Any) -> None:
    with pytest.raises(TypeError, match="data: bytes is wanted, not"):
        call(data)


@pytest.mark.parametrize("call", [coding.base58_decode, coding.base64_decode, coding.hex_decode])
@pytest.mark.parametrize("encoded", [b"00", None, 7])
def test_other_types_than_text(tier: str, call: Callable[[Any], Any], encoded: Any) -> None:
    with pytest.raises(TypeError, match="encoded: str is wanted, not"):
        call(encoded)


# -- hex, which no tier has ---------------------------------------------------------------------


def test_hex_is_the_reference_s() -> None:
    vector = VECTORS["hex.set"]
    for text, wanted in zip(vector.input, vector.output, strict=True):
        found = coding.hex_decode(text)
        assert (None if found is None else coding.hex_encode(found)) == wanted, text


def test_hex_is_not_that_of_the_older_generation() -> None:
    """2.4.3 raises for both; since 2.5 a digit alone is a byte, and no hex is None."""
    vector = VECTORS["v243.hex"]
    assert vector.output == [{"raises": "ValueError"}] * 2
    assert [coding.hex_decode(text) for text in vector.input] == [b"\x0a\xbc", None]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("0", "00"), ("f", "0f"), ("F00", "0f00"), ("00 11 22", "001122"), (" 0011 ", "0011"),
     ("00\t\n\v\f\r11 ", "0011"), ("f 00 11", "0f0011"), ("f 00", None), ("f 00 1", None),
     ("f00 11", None), ("00 11", None)],
)  # fmt: skip
def test_hex_with_blanks(text: str, wanted: str | None) -> None:
    found = coding.hex_decode(text)
    assert (None if found is None else found.hex()) == wanted


@pytest.mark.parametrize(
    "text",
    ["g", "0g", "0x0", "0 0", "000 ", " ", "0-", "\uff10", "\uff10\uff10", "00\x1c11", "00\xa000",
     "00\u200311", "\ud800", "00\0"],
)  # fmt: skip
def test_text_that_is_no_hex(text: str) -> None:
    assert coding.hex_decode(text) is None
