"""semantics.md: base64-1 to base64-3, address-1 to address-4, id-1 to id-4, below the public layer.

The Python tier and the Cython tier, function by function. Whole operations on every tier are in
the other modules.
"""

from __future__ import annotations

import hashlib
import itertools
import string
import struct
import sys
import time
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import data_sets
from dimp_fast import _python
from dimp_fast._py import address, base58, base64, columns, digest, identity

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
HULK: str = VECTORS["address.btc.layout"].input
GENESIS: str = VECTORS["address.btc.genesis"].input
ETH: str = VECTORS["address.eth.key"].output
BAD_ADDRESS = 8

BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
FOREIGN = (
    "\0",
    " ",
    "\n",
    "\t",
    "\x7f",
    "\x80",
    "\xa0",
    "\u0131",
    "\uff11",
    "\ud800",
    "\U0001d7d9",
)
"""Characters that belong to no encoding: controls, white space, non-ASCII, a lone surrogate."""

PYTHON = SimpleNamespace(
    base58_encode=base58.encode,
    base58_decode=base58.decode,
    ripemd160=digest.ripemd160,
    keccak256=digest.keccak256,
    derive_addresses=address.derive_addresses,
    derive_eth_addresses=address.derive_eth_addresses,
    eth_checksum=address.eth_checksum,
    parse_address=address.parse_address,
    parse_addresses=address.parse_addresses,
    base64_decode=base64.decode,
    decode_transportable=base64.decode_transportable,
    split_identifier=identity.split,
    parse_identifier=_python.parse_identifier,
    route=columns.route,
)


@pytest.fixture(params=["python", "cython"])
def kernels(request: pytest.FixtureRequest) -> Any:
    if request.param == "python":
        return PYTHON
    return pytest.importorskip("dimp_fast._cython", reason="the Cython tier was not built")


# -- digests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["digest.empty", "digest.abc", "digest.moky", "digest.64"])
def test_digests_of_the_reference(kernels: Any, name: str) -> None:
    data, wanted = bytes.fromhex(VECTORS[name].input["hex"]), VECTORS[name].output
    assert kernels.ripemd160(data).hex() == wanted["ripemd160"]
    assert digest.ripemd160_in_python(data).hex() == wanted["ripemd160"]
    assert kernels.keccak256(data).hex() == wanted["keccak256"]
    assert digest.sha256(data).hex() == wanted["sha256"]


# Of that many letters "a", from another implementation; the sizes lie around block borders.
RIPEMD160_OF_A = {
    55: "0d8a8c9063a48576a7c97e9f95253a6e53ff6765",
    56: "e72334b46c83cc70bef979e15453706c95b888be",
    64: "9dfb7d374ad924f3f88de96291c33e9abed53e32",
    65: "99724bb11811e7166af38f671b6a082d8ab4960b",
    119: "23e398ff2bac815aa1bbb57ca2a669c841872919",
    1000: "aa69deee9a8922e92f8105e007f76110f381e9cf",
}
KECCAK256_OF_A = {
    135: "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446",
    136: "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e",
    137: "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39",
    272: "cf7fcd4f705ee749930d19ca84561a9bf62516bd90a471545fa2f49fdc7e63c8",
    1000: "b6a4ac1f51884d71f30fa397a5e155de3099e11fc0edef5d08b646e621e19de9",
}


@pytest.mark.parametrize("size", RIPEMD160_OF_A)
def test_ripemd160_around_the_block(kernels: Any, size: int) -> None:
    assert kernels.ripemd160(b"a" * size).hex() == RIPEMD160_OF_A[size]
    assert digest.ripemd160_in_python(b"a" * size).hex() == RIPEMD160_OF_A[size]


@pytest.mark.parametrize("size", KECCAK256_OF_A)
def test_keccak256_around_the_block(kernels: Any, size: int) -> None:
    assert kernels.keccak256(b"a" * size).hex() == KECCAK256_OF_A[size]


def test_ripemd160_without_hashlib(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *_: Any, **__: Any) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", refuse)
    digest._hashlib_has_ripemd160.cache_clear()
    try:
        assert digest.ripemd160(b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    finally:
        digest._hashlib_has_ripemd160.cache_clear()


# -- base58 -------------------------------------------------------------------------------------


def test_base58_of_the_reference(kernels: Any) -> None:
    vector = VECTORS["base58.set"]
    for data, text in zip(vector.input["hex"], vector.output, strict=True):
        assert kernels.base58_encode(bytes.fromhex(data)) == text
        assert kernels.base58_decode(text) == bytes.fromhex(data)


def test_base58_keeps_leading_zeros(kernels: Any) -> None:
    for zeros in range(40):
        assert kernels.base58_decode("1" * zeros) == bytes(zeros)
        assert kernels.base58_encode(bytes(zeros)) == "1" * zeros
        assert kernels.base58_decode("1" * zeros + "21") == bytes(zeros) + b"\x3a"
        assert kernels.base58_encode(bytes(zeros) + b"\x3a") == "1" * zeros + "21"


@pytest.mark.parametrize("character", [*"0OIl+/=@", *FOREIGN])
def test_base58_refuses_foreign_characters(kernels: Any, character: str) -> None:
    for text in (character, "2" + character, character + "2", "1" + character, "21" + character):
        assert kernels.base58_decode(text) is None


def test_base58_alphabet(kernels: Any) -> None:
    for code in range(256):
        value = BASE58_ALPHABET.find(chr(code))
        assert kernels.base58_decode("2" + chr(code)) == (
            None if value < 0 else bytes([58 + value])
        )


def test_base58_limits(kernels: Any) -> None:
    longest = b"\xff" * base58.MAX_BYTES
    text = kernels.base58_encode(longest)
    assert len(text) == 175
    assert kernels.base58_decode(text) == longest
    with pytest.raises(ValueError, match="at most 128 bytes, not 129"):
        kernels.base58_encode(longest + b"\xff")
    assert len(kernels.base58_decode("z" * base58.MAX_CHARACTERS)) == 188
    assert len(kernels.base58_decode("1" * base58.MAX_CHARACTERS)) == 256
    assert kernels.base58_decode("z" * (base58.MAX_CHARACTERS + 1)) is None
    assert kernels.base58_decode("1" * (base58.MAX_CHARACTERS + 1)) is None


# -- BTC style ----------------------------------------------------------------------------------


def test_address_1_derives_what_the_reference_derives(kernels: Any) -> None:
    vector = VECTORS["address.btc.networks"]
    fingerprint = kernels.base64_decode(vector.input["fingerprint_base64"])
    networks = vector.input["networks"]
    wanted = [case["address"] for case in vector.output]
    found = kernels.derive_addresses([fingerprint] * len(networks), bytes(networks))
    assert found == wanted
    for network, text in zip(networks, wanted, strict=True):
        assert kernels.derive_addresses([fingerprint], bytes([network])) == [text]
        assert kernels.parse_address(text)[:2] == (text, network)


def test_address_1_layout(kernels: Any) -> None:
    wanted = VECTORS["address.btc.layout"].output
    canonical, network, body, number, _ = kernels.parse_address(HULK)
    assert canonical == HULK
    assert f"{network:02x}" == wanted["network"]
    assert body.hex() == wanted["digest"]
    assert f"{number:08x}" == wanted["check_code"]
    assert kernels.parse_address(GENESIS)[1] == 0


def test_address_1_every_network_and_length_comes_back(kernels: Any) -> None:
    fingerprints = [bytes([size % 251]) * size for size in range(256)]
    texts = kernels.derive_addresses(fingerprints, bytes(range(256)))
    assert {len(text) for text in texts} >= {33, 34, 35}
    codes, networks, digests, *_ = kernels.parse_addresses(texts)
    assert not any(codes)
    assert networks == bytes(range(256))
    wanted = b"".join(digest.ripemd160(digest.sha256(data)) for data in fingerprints)
    assert digests == wanted


def test_address_1_refuses_every_other_character(kernels: Any) -> None:
    for place, character in itertools.product(range(len(HULK)), BASE58_ALPHABET):
        text = HULK[:place] + character + HULK[place + 1 :]
        assert (kernels.parse_address(text) is not None) == (text == HULK)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1" * 25, "1" * 26, "1" * 33, "1" * 34, "1" * 35, "1" * 36, "z" * 35, "1" + HULK,
     HULK[1:], HULK[:-1], HULK + "1", "11" + HULK, GENESIS[1:], "1" + GENESIS, " " + HULK,
     HULK + " ", HULK + "\n", HULK[:10] + "\0" + HULK[11:], HULK.lower(), HULK.upper(),
     "2n1XR4oJkmBdJMxhBGQGb96gQ88xUzxLFyG"],
)  # fmt: skip
def test_address_1_refused(kernels: Any, text: str) -> None:
    assert kernels.parse_address(text) is None


def test_address_1_refuses_an_address_with_a_byte_behind(kernels: Any) -> None:
    texts = kernels.derive_addresses([bytes([i]) for i in range(256)], b"\0")
    longer = [kernels.base58_encode(kernels.base58_decode(text) + b"\0") for text in texts]
    assert min(map(len, longer)) <= 35  # else the length alone would refuse them
    for text in longer:
        assert kernels.parse_address(text) is None


@pytest.mark.parametrize("character", FOREIGN)
def test_address_foreign_characters_refused(kernels: Any, character: str) -> None:
    for text in (HULK, GENESIS, ETH, "anywhere", "everywhere"):
        for place in (0, 1, len(text) // 2, len(text) - 1):
            assert kernels.parse_address(text[:place] + character + text[place + 1 :]) is None
        assert kernels.parse_address(text + character) is None
        assert kernels.parse_address(character + text) is None


def test_address_1_network_bytes_must_fit(kernels: Any) -> None:
    for networks in (b"", b"\0\0", b"\0\0\0\0"):
        with pytest.raises(ValueError, match=f"{len(networks)} network bytes for 3 fingerprints"):
            kernels.derive_addresses([b"", b"", b""], networks)
    assert kernels.derive_addresses([], b"") == []
    assert kernels.derive_addresses([], b"\0") == []


# -- ETH style ----------------------------------------------------------------------------------


def test_address_2_derives_what_the_reference_derives(kernels: Any) -> None:
    point = bytes.fromhex(VECTORS["address.eth.key"].input["public_uncompressed"])[1:]
    assert kernels.derive_eth_addresses([point]) == [ETH]


def test_address_2_spellings(kernels: Any) -> None:
    vector = VECTORS["address.eth.eip55"]
    for given, canonical in zip(vector.input, vector.output, strict=True):
        digits = canonical[2:]
        assert kernels.eth_checksum(digits.lower()) == digits
        for spelling in (given, canonical, "0x" + digits.lower(), "0x" + digits.upper()):
            found = kernels.parse_address(spelling)
            assert found[:3] == (canonical, 0, bytes.fromhex(digits))


def test_address_2_refuses_every_other_case_mixture(kernels: Any) -> None:
    for place, character in enumerate(ETH):
        if character.isalpha():
            text = ETH[:place] + character.swapcase() + ETH[place + 1 :]
            assert kernels.parse_address(text) is None


def test_address_2_digits_only(kernels: Any) -> None:
    text = "0x" + "0123456789" * 4
    assert kernels.parse_address(text)[0] == text


@pytest.mark.parametrize(
    "text",
    ["0X" + ETH[2:], "0x" + "g" * 40, "0x" + "`" * 40, "0x" + "G" * 40, "0x" + "@" * 40,
     "0x" + ":" * 40, "0x" + "/" * 40, ETH[:-1], ETH + "0", ETH[2:], "x0" + ETH[2:], "0x",
     "00" + ETH[2:]],
)  # fmt: skip
def test_address_2_refused(kernels: Any, text: str) -> None:
    assert kernels.parse_address(text) is None


def test_address_2_points_have_64_bytes(kernels: Any) -> None:
    for size in (0, 33, 63, 65):
        with pytest.raises(ValueError, match=rf"points\[1\] has {size} bytes, not 64"):
            kernels.derive_eth_addresses([bytes(64), bytes(size)])


@pytest.mark.parametrize("text", ["", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "\xe9" * 40])
def test_eth_checksum_wants_40_lower_case_digits(kernels: Any, text: str) -> None:
    with pytest.raises(ValueError, match="not 40 lower-case hex digits"):
        kernels.eth_checksum(text)


# -- broadcast and numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "network"),
    [("anywhere", 0x80), ("ANYWHERE", 0x80), ("AnyWhere", 0x80),
     ("everywhere", 0x81), ("EVERYWHERE", 0x81), ("eVERYwHERE", 0x81)],
)  # fmt: skip
def test_address_3_any_case(kernels: Any, text: str, network: int) -> None:
    assert kernels.parse_address(text) == (text.lower(), network, bytes(20), 0, 0)


@pytest.mark.parametrize(
    "text",
    ["anywher", "anywheree", "everywher", "everywheree", "nowhere", "somewhere", "anywhe\u0213e",
     "anywherE\u0301", "\x01nywhere", "anywh%re", "anywhere\0\0"],
)  # fmt: skip
def test_address_3_nothing_else(kernels: Any, text: str) -> None:
    assert kernels.parse_address(text) is None


def test_address_4_numbers(kernels: Any) -> None:
    vector = VECTORS["number.search"]
    texts = vector.input["addresses"]
    *_, numbers, numbers_le, _ = kernels.parse_addresses(texts)
    count = f"<{len(texts)}I"
    assert list(struct.unpack(count, numbers)) == [case["current_BE"] for case in vector.output]
    assert list(struct.unpack(count, numbers_le)) == [case["old_LE"] for case in vector.output]


def test_address_columns_agree_with_single_addresses(kernels: Any) -> None:
    texts = [
        "",
        HULK,
        HULK[:-1],
        ETH.lower(),
        "\u4e16\u754c",
        "EVERYWHERE",
        "\ud800",
        GENESIS,
    ] * 100
    codes, networks, digests, numbers, numbers_le, canonical = kernels.parse_addresses(texts)
    for i, text in enumerate(texts):
        found = kernels.parse_address(text)
        assert codes[i] == (BAD_ADDRESS if found is None else 0)
        columns_say = (
            canonical[i],
            networks[i],
            digests[20 * i : 20 * i + 20],
            int.from_bytes(numbers[4 * i : 4 * i + 4], "little"),
            int.from_bytes(numbers_le[4 * i : 4 * i + 4], "little"),
        )
        assert columns_say == (found or (None, 0, bytes(20), 0, 0))
    assert kernels.parse_addresses([]) == (b"", b"", b"", b"", b"", [])


# -- base64 -------------------------------------------------------------------------------------


def test_base64_3_of_the_reference(kernels: Any) -> None:
    vector = VECTORS["base64.set"]
    for data, text in zip(vector.input["hex"], vector.output, strict=True):
        assert base64.encode(bytes.fromhex(data)) == text
        assert kernels.base64_decode(text) == bytes.fromhex(data)


def test_base64_1_one_text_for_one_value(kernels: Any) -> None:
    """Of all texts with the right padding, exactly one for each value of one byte, or two."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    pairs = [a + b for a in alphabet for b in alphabet]
    found = [kernels.base64_decode(pair + "==") for pair in pairs]
    assert sorted(value for value in found if value is not None) == [
        bytes([byte]) for byte in range(256)
    ]
    found = [kernels.base64_decode("z" + pair + "=") for pair in pairs]
    accepted = [value for value in found if value is not None]
    assert len(accepted) == len(set(accepted)) == 64 * 16
    assert all(len(value) == 2 and value[0] >> 2 == 51 for value in accepted)


def test_base64_1_alphabet(kernels: Any) -> None:
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    foreign = [chr(code) for code in range(256) if chr(code) not in alphabet + " \t\n\v\f\r"]
    for place in range(4):
        for value, character in enumerate(alphabet):
            text = "A" * place + character + "A" * (3 - place)
            wanted = (value << (6 * (3 - place))).to_bytes(3, "big")
            assert kernels.base64_decode(f"AAAA{text}AAAA") == bytes(3) + wanted + bytes(3)
        for character in foreign:
            text = "A" * place + character + "A" * (3 - place)
            assert kernels.base64_decode(f"AAAA{text}AAAA") is None


@pytest.mark.parametrize(
    "text",
    ["A", "AA", "AAA", "AA=", "AAA==", "AAAA=", "AAAA==", "AAAA====", "A===", "====", "=", "==",
     "AB==", "AAB=", "AA==AAAA", "AAA=AAAA", "AA=A", "=AAA", "A=AA", "AA==AA==", "AA-_", "AA+",
     "AAAA\0", "\ufeffAAAA", "AAA\u212a", "AAAA\xa0", "AAAA\x1c", "AAAA\x85", "AAAA\u2028",
     "\ud800"],
)  # fmt: skip
def test_base64_1_refused(kernels: Any, text: str) -> None:
    assert kernels.base64_decode(text) is None
    assert kernels.decode_transportable(text) is None
    assert kernels.decode_transportable("data:;base64," + text) is None


def test_base64_1_white_space_anywhere(kernels: Any) -> None:
    for space in " \t\n\v\f\r":
        for place in range(9):
            text = "SGVsbG8="[:place] + space * 3 + "SGVsbG8="[place:]
            assert kernels.base64_decode(text) == b"Hello"
        assert kernels.base64_decode(space) == b""
        assert kernels.base64_decode(f"AA{space}=") is None
    assert kernels.base64_decode("") == b""


@pytest.mark.parametrize("name", ["ted.8", "ted.31", "ted.59"])
def test_base64_2_of_the_reference(kernels: Any, name: str) -> None:
    wanted = VECTORS[name].output["bytes"].encode()
    assert kernels.decode_transportable(VECTORS[name].input) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("data:;base64,AAEC", b"\0\1\2"),
        ("data:;base64,", b""),
        ("data:text/plain;base64, SGVs\r\nbG8= ", b"Hello"),
        ("data:text/plain;name=\u4e16\u754c;base64,SGVsbG8=", b"Hello"),
        ("data:text/plain;name=\xe9;base64,SGVsbG8=", b"Hello"),
        ("data:;base64;base64,SGVsbG8=", b"Hello"),
        ("data:,SGVsbG8=", None),
        ("data:base64,SGVsbG8=", None),
        ("data:text/plain,SGVsbG8=", None),
        ("data:;BASE64,SGVsbG8=", None),
        ("data:;base64 ,SGVsbG8=", None),
        ("data:;base64;charset=utf-8,SGVsbG8=", None),
        ("data:a,b;base64,SGVsbG8=", None),
        ("data:;base64,SGVs,bG8=", None),
        ("data:;base64,SGVsbG8=\u3000", None),
        ("data:;base64SGVsbG8=", None),
        ("DATA:;base64,SGVsbG8=", None),
        (" data:;base64,SGVsbG8=", None),
        ("data", b"u\xabZ"),
        ("data:", None),
        ("da\nta", b"u\xabZ"),
    ],
)
def test_base64_2_data_uris(kernels: Any, text: str, wanted: bytes | None) -> None:
    assert kernels.decode_transportable(text) == wanted


# -- IDs ----------------------------------------------------------------------------------------


def is_forbidden(character: str) -> bool:
    """By the Unicode database. White_Space is all separators, and these controls."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zs", "Zl", "Zp")


def test_id_1_forbids_controls_white_space_and_surrogates(kernels: Any) -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if character in "@/":
            continue
        parts = kernels.split_identifier(f"{character}@anywhere")
        if is_forbidden(character):
            assert parts is None, hex(code)
        else:
            assert parts == (character, "anywhere", None), hex(code)


def test_id_1_the_rule_holds_in_every_part(kernels: Any) -> None:
    for character in (*FOREIGN, "\x1c", "\x85", "\u180e", "\u200b", "\u2028", "\u3000", "\xe9"):
        for text in (f"a{character}b@anywhere/pad", f"hulk@any{character}/pad",
                     f"hulk@anywhere/p{character}d"):  # fmt: skip
            assert (kernels.split_identifier(text) is None) == is_forbidden(character)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("anywhere", (None, "anywhere", None)),
        ("a@b", ("a", "b", None)),
        ("a@b/c", ("a", "b", "c")),
        ("b/c", (None, "b", "c")),
        ("\u4e16@b/\U0001f600", ("\u4e16", "b", "\U0001f600")),
        ("\xe9@b/\xfc", ("\xe9", "b", "\xfc")),
        ("", None),
        ("@", None),
        ("/", None),
        ("@/", None),
        ("a@", None),
        ("@b", None),
        ("b/", None),
        ("/c", None),
        ("a@/c", None),
        ("a@b/", None),
        ("@b/c", None),
        ("a@@b", None),
        ("a@b@c", None),
        ("b/c/d", None),
        ("b//c", None),
        ("a/b@c", None),
        ("a@b/c@d", None),
        ("b/@", None),
    ],
)
def test_id_1_split(kernels: Any, text: str, wanted: tuple[Any, ...] | None) -> None:
    assert kernels.split_identifier(text) == wanted


@pytest.mark.parametrize("letter", ["a", "\xe9", "\u4e16", "\U0001f600"])
def test_id_1_counts_characters(kernels: Any, letter: str) -> None:
    name = letter * (128 - len("@anywhere"))
    assert kernels.parse_identifier(name + "@anywhere")[1] == name
    assert kernels.parse_identifier(name + letter + "@anywhere") is None
    assert kernels.split_identifier("b/" + letter * 126) == (None, "b", letter * 126)
    assert kernels.split_identifier("b/" + letter * 127) is None


def test_id_2_canonical_text(kernels: Any) -> None:
    for name, spelling, terminal in itertools.product(
        (None, "hulk", "HULK", "\u4e16\u754c", "\xe9"),
        ((HULK, HULK), (ETH.lower(), ETH), ("0x" + ETH[2:].upper(), ETH), (ETH, ETH),
         ("AnyWhere", "anywhere"), ("EVERYWHERE", "everywhere")),
        (None, "pc", "\U0001f4f1"),
    ):  # fmt: skip
        before = "" if name is None else f"{name}@"
        after = "" if terminal is None else f"/{terminal}"
        given, canonical = (f"{before}{part}{after}" for part in spelling)
        network = kernels.parse_address(spelling[0])[1]
        wanted = (canonical, name, spelling[1], terminal, network)
        assert kernels.parse_identifier(given) == wanted


@pytest.mark.parametrize(
    "text",
    ["hulk@" + HULK[:-1] + "k", "hulk@nowhere", "hulk@\u4e16\u754c", "hulk@" + "1" * 100,
     "0X" + ETH[2:], "hulk@0x" + "Z" * 40, "all", "founder", "hulk", f"hulk@{HULK} ",
     f"a@b@c@{HULK}", f"hulk@{HULK}/", f"hulk@{HULK}/pc/extra", f"@{HULK}"],
)  # fmt: skip
def test_id_1_refused(kernels: Any, text: str) -> None:
    assert kernels.parse_identifier(text) is None


def test_id_3_broadcast_is_the_address_not_the_network_byte() -> None:
    impostors = address.derive_addresses([b"a", b"a"], b"\x80\x81")
    for text in impostors:
        parsed = identity.parse(f"hulk@{text}")
        assert parsed is not None
        assert not parsed.is_broadcast
    for text in ("anywhere", "hulk@Everywhere", "a@anywhere/b"):
        parsed = identity.parse(text)
        assert parsed is not None
        assert parsed.is_broadcast


def test_id_4_types() -> None:
    old = {0x08: 0, 0x10: 1, 0x30: 0x31, 0x88: 2, 0x76: 3, 0xC8: 4}
    for network, text in enumerate(address.derive_addresses([b""] * 256, bytes(range(256)))):
        named, nameless = identity.parse(f"hulk@{text}"), identity.parse(text)
        assert named is not None
        assert nameless is not None
        assert named.entity_type == old.get(network, network)
        assert named.is_group == (named.entity_type % 2 == 1)
        assert (nameless.entity_type, nameless.is_group) == (0, False)
    everybody = identity.parse("everywhere")
    assert everybody is not None
    assert (everybody.entity_type, everybody.is_group) == (0x81, True)


# -- columns ------------------------------------------------------------------------------------


def test_route(kernels: Any) -> None:
    number = VECTORS["number.search"].output[0]["current_BE"]
    eth_number = VECTORS["number.search"].output[2]["current_BE"]
    cases = [
        (f"hulk@{HULK}/pc", 0, 8, number),
        (f"\u4e16\u754c@{HULK}/\U0001f600", 0, 8, number),
        (f"\xe9@{ETH.lower()}", 0, 0, eth_number),
        ("hulk@Anywhere", 0, 0x80, 0),
        ("everywhere", 0, 0x81, 0),
        (f"hulk@{HULK[:-1]}", BAD_ADDRESS, 0, 0),
        ("hulk@\u4e16\u754c", BAD_ADDRESS, 0, 0),
        (f"a b@{HULK}", BAD_ADDRESS, 0, 0),
        (f"a@{HULK}{'1' * 60}", BAD_ADDRESS, 0, 0),
        ("", BAD_ADDRESS, 0, 0),
        ("\ud800", BAD_ADDRESS, 0, 0),
    ] * 50
    texts, codes, networks, numbers = zip(*cases, strict=True)
    for shards in (1, 2, 7, 64, columns.MAX_SHARDS):
        found = kernels.route(list(texts), shards)
        assert found[0] == bytes(codes)
        assert found[1] == bytes(networks)
        assert found[2] == struct.pack(f"<{len(cases)}I", *numbers)
        assert found[3] == struct.pack(f"<{len(cases)}I", *(n % shards for n in numbers))
    assert kernels.route([], 1) == (b"", b"", b"", b"")


@pytest.mark.parametrize("shards", [0, -1, 1 << 32, 1 << 64, -(1 << 64)])
def test_route_shards_out_of_range(kernels: Any, shards: int) -> None:
    with pytest.raises(ValueError, match=r"shards must be in 1\.\.4294967295"):
        kernels.route([HULK], shards)


# -- size ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["1", "z", "a", "@", "/", "A", " ", "=", "\n", "\0", "\u4e16"])
def test_huge_text_takes_linear_time(kernels: Any, unit: str) -> None:
    text = unit * 1_000_000
    calls: list[Callable[[], Any]] = [
        lambda: kernels.base58_decode(text),
        lambda: kernels.parse_address(text),
        lambda: kernels.parse_addresses([text, "0x" + text]),
        lambda: kernels.split_identifier(text),
        lambda: kernels.parse_identifier(f"hulk@{text}"),
        lambda: kernels.route([text, f"{text}@{HULK}"], 4),
    ]
    start = time.process_time()
    for call in calls:
        call()
    # Refused for their length; with arithmetic on them it would take minutes.
    assert time.process_time() - start < 0.5
    start = time.process_time()
    kernels.decode_transportable(text)
    kernels.decode_transportable("data:;base64," + text)
    kernels.decode_transportable("data:" + text)
    assert time.process_time() - start < 2
