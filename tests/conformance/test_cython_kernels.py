"""Every Cython kernel beside its Python twin, on anything: the same value or the same refusal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dimp_fast import _python
from dimp_fast._py import address, base58, base64, columns, digest, identity

_cython = pytest.importorskip("dimp_fast._cython", reason="the Cython tier was not built")

HULK = "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

anything = st.text(st.characters(exclude_categories=()), max_size=60)
"""Any code points, lone surrogates too."""

btc_addresses = st.builds(address.derive_address, st.binary(max_size=200), st.integers(0, 255))
eth_addresses = st.builds(address.derive_eth_address, st.binary(min_size=64, max_size=64)).flatmap(
    lambda text: st.sampled_from([text, "0x" + text[2:].lower(), "0x" + text[2:].upper()])
)
broadcast_addresses = st.sampled_from(
    ["anywhere", "everywhere", "ANYWHERE", "Everywhere", "anYwhere", "anywhere "]
)


@st.composite
def spoiled(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text with, most of the time, something replaced, put in or taken out."""
    text = draw(texts)
    place = draw(st.integers(0, len(text)))
    removed = draw(st.integers(0, 2))
    added = draw(st.text(st.characters(exclude_categories=()), max_size=2) | st.just(""))
    return text[:place] + added + text[place + removed :]


addresses = btc_addresses | eth_addresses | broadcast_addresses
address_texts = (
    addresses
    | spoiled(addresses)
    | st.text(BASE58_ALPHABET, max_size=45)
    | st.text("0123456789abcdefABCDEFgx", min_size=40, max_size=40).map(lambda text: "0x" + text)
    | anything
)
parts = st.text(min_size=1, max_size=12) | anything
identifier_texts = st.one_of(
    address_texts,
    st.builds("{}@{}".format, parts, addresses),
    st.builds("{}@{}/{}".format, parts, addresses, parts),
    spoiled(st.builds("{}@{}/{}".format, parts, addresses, parts)),
    st.text("@/ab\u4e16\U0001f600\x85\u2029\ud800", max_size=140),
)
base64_texts = st.one_of(
    st.binary(max_size=200).map(base64.encode),
    spoiled(st.binary(max_size=200).map(base64.encode)),
    st.text(BASE64_ALPHABET + "= \t\n\v\f\r", max_size=40),
    anything,
)
transportable_texts = st.one_of(
    base64_texts,
    st.builds("data:{}{}{}".format, anything, st.sampled_from([";base64,", ",", ""]), base64_texts),
)


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except ValueError as error:
        return type(error), str(error)


@given(st.binary(max_size=140))
@example(bytes(128))
@example(bytes(129))
@example(b"\xff" * 128)
@example(bytes(64) + b"\xff" * 64)
def test_base58_encode(data: bytes) -> None:
    assert outcome(_cython.base58_encode, data) == outcome(base58.encode, data)


@given(st.text(BASE58_ALPHABET, max_size=300) | spoiled(st.text(BASE58_ALPHABET)) | anything)
@example("z" * 256)
@example("1" * 255 + "z")
def test_base58_decode(text: str) -> None:
    assert _cython.base58_decode(text) == base58.decode(text)


@given(st.binary(max_size=600))
def test_ripemd160(data: bytes) -> None:
    assert _cython.ripemd160(data) == digest.ripemd160(data) == digest.ripemd160_in_python(data)


@given(st.binary(max_size=600))
def test_keccak256(data: bytes) -> None:
    assert _cython.keccak256(data) == digest.keccak256(data)


@given(st.lists(st.tuples(st.binary(max_size=200), st.integers(0, 255)), max_size=600))
def test_derive_addresses(items: list[tuple[bytes, int]]) -> None:
    fingerprints = [fingerprint for fingerprint, _ in items]
    networks = bytes(network for _, network in items)
    for given_networks in (networks, networks[:1], networks[:2]):
        found = outcome(_cython.derive_addresses, fingerprints, given_networks, 0)
        assert found == outcome(address.derive_addresses, fingerprints, given_networks, 0)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 1000])
def test_derive_addresses_around_the_chunk(size: int) -> None:
    fingerprints = [bytes([i % 256]) * (i % 130) for i in range(size)]
    networks = bytes(i % 251 for i in range(size))  # another period than the chunk
    texts = address.derive_addresses(fingerprints, networks)
    assert _cython.derive_addresses(fingerprints, networks, 1) == texts
    assert _cython.parse_addresses(texts, 1) == address.parse_addresses(texts)
    assert _cython.route(texts, 9) == columns.route(texts, 9)
    assert _cython.parse_identifiers(texts, 1) == _python.parse_identifiers(texts)
    _, _, digests, numbers, *_ = address.parse_addresses(texts)
    assert _cython.format_addresses(digests, networks) == texts
    assert _cython.number_texts(numbers) == columns.number_texts(numbers)


@given(st.lists(st.binary(min_size=64, max_size=64) | st.binary(max_size=66), max_size=5))
def test_derive_eth_addresses(points: list[bytes]) -> None:
    found = outcome(_cython.derive_eth_addresses, points, 1)
    assert found == outcome(address.derive_eth_addresses, points, 1)


@given(st.text("0123456789abcdef", min_size=40, max_size=40) | anything)
def test_eth_checksum(text: str) -> None:
    assert outcome(_cython.eth_checksum, text) == outcome(address.eth_checksum, text)


@given(st.binary(max_size=900), st.integers(0, 40))
@example(bytes(20) * 300, 0)
def test_format_addresses(digests: bytes, spare: int) -> None:
    whole = digests[: len(digests) // 20 * 20]
    networks = bytes(i % 251 for i in range(len(whole) // 20))
    for given_digests, given_networks in (
        (whole, networks), (whole, b"\x30"), (whole, networks[:spare]), (digests, networks),
    ):  # fmt: skip
        found = outcome(_cython.format_addresses, given_digests, given_networks)
        assert found == outcome(address.format_addresses, given_digests, given_networks)


@given(address_texts)
def test_parse_address(text: str) -> None:
    assert _cython.parse_address(text) == address.parse_address(text)


@given(st.lists(address_texts, max_size=20))
def test_parse_addresses(texts: list[str]) -> None:
    assert _cython.parse_addresses(texts, 1) == address.parse_addresses(texts, 1)


@given(base64_texts)
def test_base64_decode(text: str) -> None:
    assert _cython.base64_decode(text) == base64.decode(text)


@given(transportable_texts)
def test_decode_transportable(text: str) -> None:
    assert _cython.decode_transportable(text) == base64.decode_transportable(text)


@given(identifier_texts)
def test_split_identifier(text: str) -> None:
    assert _cython.split_identifier(text) == identity.split(text)


@given(identifier_texts)
def test_parse_identifier(text: str) -> None:
    assert _cython.parse_identifier(text) == _python.parse_identifier(text)


@given(st.lists(identifier_texts, max_size=20), st.integers(1, 60))
def test_parse_identifiers(texts: list[str], repeated: int) -> None:
    texts *= repeated  # beyond a chunk of 256
    assert _cython.parse_identifiers(texts, 1) == _python.parse_identifiers(texts)


some = st.none() | st.just("") | anything


@given(st.lists(st.tuples(some, anything, some), max_size=20))
@example([("\xff", "\u0100", "\U00010000"), ("a", "", "\xff"), (None, "\ud800", "")])
def test_join_identifiers(rows: list[tuple[str | None, str, str | None]]) -> None:
    columns_given = [[row[i] for row in rows] for i in range(3)]
    found = _cython.join_identifiers(*columns_given)
    assert found == columns.join_identifiers(*columns_given)  # type: ignore[arg-type]
    for text in found:  # in the smallest storage, or it would not equal itself read back
        assert text == text.encode("utf-32", "surrogatepass").decode("utf-32", "surrogatepass")
        assert hash(text) == hash("".join(list(text)))


@given(st.binary(max_size=400))
def test_number_texts(numbers: bytes) -> None:
    found = outcome(_cython.number_texts, numbers)
    assert found == outcome(columns.number_texts, numbers)


@given(st.lists(identifier_texts, max_size=20), st.integers(-1, 1 << 33))
def test_route(texts: list[str], shards: int) -> None:
    assert outcome(_cython.route, texts, shards) == outcome(columns.route, texts, shards)


class Text(str):
    """Not laid out in memory like a `str`."""


class Data(bytes):
    pass


def test_subclasses_of_str_and_bytes() -> None:
    identifier_text = Text(f"\u4e16\u754c@{HULK}/pc")
    assert _cython.parse_address(Text(HULK)) == address.parse_address(HULK)
    assert _cython.parse_addresses([Text(HULK)]) == address.parse_addresses([HULK])
    assert _cython.split_identifier(identifier_text) == identity.split(identifier_text)
    assert _cython.parse_identifier(identifier_text) == _python.parse_identifier(identifier_text)
    assert _cython.parse_identifiers([identifier_text], 1) == (
        _python.parse_identifiers([identifier_text])
    )
    assert _cython.join_identifiers([Text("\u4e16")], [Text(HULK)], [Text("pc")]) == (
        [f"\u4e16@{HULK}/pc"]
    )
    assert _cython.format_addresses(Data(bytes(20)), Data(b"\0")) == ["1111111111111111111114oLvT2"]
    assert _cython.number_texts(Data(b"\1\0\0\0")) == ["000-000-0001"]
    assert _cython.route([identifier_text], 5) == columns.route([identifier_text], 5)
    assert _cython.decode_transportable(Text("data:;base64,AAEC")) == b"\0\1\2"
    assert _cython.base58_encode(Data(b"\0\xff")) == "15Q"
    assert _cython.derive_addresses([Data(b"a")], Data(b"\x08")) == (
        address.derive_addresses([b"a"], b"\x08")
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: _cython.base58_encode("a"),
        lambda: _cython.base58_encode(bytearray(3)),
        lambda: _cython.base58_decode(b"a"),
        lambda: _cython.ripemd160("a"),
        lambda: _cython.keccak256(None),
        lambda: _cython.derive_addresses([b"", "a"], b"\0", 1),
        lambda: _cython.derive_addresses([b"", None], b"\0", 1),
        lambda: _cython.derive_addresses([b""], "\0", 1),
        lambda: _cython.derive_addresses(None, b"\0", 1),
        lambda: _cython.derive_eth_addresses(["a" * 64], 1),
        lambda: _cython.eth_checksum(b"a" * 40),
        lambda: _cython.parse_address(HULK.encode()),
        lambda: _cython.parse_address(None),
        lambda: _cython.parse_addresses([HULK, 1], 1),
        lambda: _cython.base64_decode(b"AAAA"),
        lambda: _cython.decode_transportable(b"data:;base64,AAAA"),
        lambda: _cython.split_identifier(None),
        lambda: _cython.parse_identifier(7),
        lambda: _cython.parse_identifiers([HULK, b"a"], 1),
        lambda: _cython.parse_identifiers([None], 1),
        lambda: _cython.format_addresses("a" * 20, b"\0"),
        lambda: _cython.format_addresses(bytes(20), None),
        lambda: _cython.number_texts("0000"),
        lambda: _cython.number_texts(bytearray(4)),
        lambda: _cython.join_identifiers([b"a"], [HULK], [None]),
        lambda: _cython.join_identifiers([None], [None], [None]),
        lambda: _cython.join_identifiers([None], [HULK], [7]),
        lambda: _cython.route([HULK, b"a"], 1),
        lambda: _cython.route([HULK], 1.5),
        lambda: _cython.route([HULK], "1"),
    ],
)
def test_other_types_are_refused_before_memory_is_read(call: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        call()


def test_batches_let_other_threads_run_and_do_not_mix() -> None:
    """Threads share the interpreter while a batch is worked on; each gets its own results."""
    batches = [[bytes([i, j % 256]) * 40 for j in range(700)] for i in range(4)]
    wanted = [address.derive_addresses(batch, b"\x08") for batch in batches]
    found: dict[int, Any] = {}

    def work(i: int) -> None:
        for _ in range(20):
            texts = _cython.derive_addresses(batches[i], b"\x08", 1)
            parsed = _cython.parse_addresses(texts, 1)
            formatted = _cython.format_addresses(parsed[2], parsed[1])
            identifiers = _cython.parse_identifiers(texts, 1)
            found[i] = texts, parsed, _cython.route(texts, 16), formatted, identifiers

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, texts in enumerate(wanted):
        parsed, routed = address.parse_addresses(texts), columns.route(texts, 16)
        assert found[i] == (texts, parsed, routed, texts, _python.parse_identifiers(texts))
