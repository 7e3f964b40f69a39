"""semantics.md: address-1 to address-4, id-1 to id-6, through the public functions."""

from __future__ import annotations

import base64
import copy
import ctypes
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import data_sets
import dimp_fast
from dimp_fast import (
    Address,
    Code,
    DimError,
    EntityType,
    Identifier,
    check_name,
    derive_addresses,
    derive_eth_addresses,
    format_addresses,
    join_identifiers,
    number_texts,
    parse_addresses,
    parse_identifiers,
    routing_columns,
)

UNIT = "parse_identifiers"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
HULK: str = VECTORS["address.btc.layout"].input
ETH: str = VECTORS["address.eth.key"].output
FINGERPRINT = base64.b64decode(VECTORS["address.btc.networks"].input["fingerprint_base64"])
NUMBERS: list[dict[str, Any]] = [
    {"address": address, **row}
    for address, row in zip(
        VECTORS["number.search"].input["addresses"], VECTORS["number.search"].output, strict=True
    )
]
CONSTANTS = ("ANYONE", "EVERYONE", "FOUNDER", "ANY_STATION", "EVERY_STATION", "SERVICE_PROVIDERS")


def parsed(text: str) -> Identifier | None:
    """What both parsers say; they must agree, the reason included."""
    (found,), verdicts = parse_identifiers([text])
    if found is not None:
        assert verdicts.all_ok()
        assert parts(found) == parts(Identifier.parse(text))
        return found
    with pytest.raises(DimError) as error:
        Identifier.parse(text)
    assert verdicts[0] is error.value.code is Code.BAD_ADDRESS
    assert verdicts.reason(0) == error.value.reason
    return None


def parts(found: Identifier) -> tuple[str, str | None, str, str | None, int]:
    return str(found), found.name, found.address, found.terminal, found.network


# -- IDs: what the reference does, and which rule wants something else ----------------------------

# Of id.parse.dimples and v243.id.parse: the text -> the rule that refuses it.
REFUSED = {
    f"hulk@{HULK}/": "id-1",  # an empty terminal
    f"hulk@{HULK}/pc/extra": "id-1",  # two slashes
    f"a@b@c@{HULK}": "id-1",
    f"@{HULK}": "id-1",  # an empty name
    f"hulk@{HULK} ": "id-1",  # white space
    f"hulk@{HULK[:-1]}k": "address-1",  # a wrong check code
    "0x" + "Z" * 40: "address-2",  # no hex
    "0X" + ETH[2:]: "address-2",
    "all": "address-1",  # aliases of the client, no IDs
    "owner": "address-1",
    "founder": "address-1",
}
# The text -> the rule, and what it makes of the reference's answer.
CHANGED: dict[str, tuple[str, dict[str, Any]]] = {
    ETH.lower(): ("address-2", {"string": ETH, "address": ETH}),
    "ANYONE@AnyWhere": ("id-1", {"string": "ANYONE@anywhere", "name": "ANYONE"}),
    "foo@ANYWHERE": ("id-2", {"string": "foo@anywhere"}),
    "anywhere": ("id-3", {"type": 0x80, "broadcast": True}),
    "everywhere": ("id-3", {"type": 0x81, "user": False, "group": True, "broadcast": True}),
}
FIELDS: dict[str, Callable[[Identifier], Any]] = {
    "string": str,
    "name": lambda found: found.name,
    "address": lambda found: found.address,
    "terminal": lambda found: found.terminal,
    "type": lambda found: found.type,
    "user": lambda found: found.is_user,
    "group": lambda found: found.is_group,
    "broadcast": lambda found: found.is_broadcast,
}


def vector_rows(name: str) -> list[Any]:
    vector = VECTORS[name]
    rows = zip(vector.input, vector.output, strict=True)
    return [pytest.param(*row, id=f"{name}.{number}") for number, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("text", "reference"), [*vector_rows("id.parse.dimples"), *vector_rows("v243.id.parse")]
)
def test_id_1_to_4_beside_the_reference(
    tier: str, text: str, reference: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    found = parsed(text)
    if text in REFUSED or "raises" in reference:
        assert found is None, REFUSED.get(text)
        return
    assert found is not None
    rule, change = CHANGED.get(text, ("", {}))
    wanted = {**reference, **change}
    wanted.pop("address_class", None)
    if "v243" in request.node.name and text.endswith((HULK, "/pc")):
        # ID-4: 2.4.3 does not map the old byte of a person.
        assert wanted["type"] == found.network == 8
        wanted["type"] = EntityType.USER
    assert {name: FIELDS[name](found) for name in wanted} == wanted, rule


def test_every_difference_from_the_reference_is_one(tier: str) -> None:
    """The two tables above name no text that the vectors lack, and none that agrees."""
    answers = dict(
        pair
        for name in ("v243.id.parse", "id.parse.dimples")
        for pair in zip(VECTORS[name].input, VECTORS[name].output, strict=True)
    )
    for text in REFUSED:
        assert "raises" not in answers[text], text
    for text, (_, change) in CHANGED.items():
        assert any(answers[text][name] != value for name, value in change.items()), text


@pytest.mark.parametrize("maker", ["java", "python"])
def test_id_1_interop(tier: str, maker: str) -> None:
    cases = list(data_sets.interop(maker, "id_info"))
    found, verdicts = parse_identifiers([case.input["id"] for case in cases])
    assert len(cases) > 10
    for case, identifier, code in zip(cases, found, verdicts, strict=True):
        assert (code is Code.OK) == case.expect["parsed"], case.id
        assert identifier == parsed(case.input["id"]), case.id
        if identifier is not None:
            names = ("name", "address", "terminal", "network")
            assert all(getattr(identifier, name) == case.expect[name] for name in names), case.id


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "/", "a@", "@anywhere", "anywhere/", "a@b@anywhere", "anywhere/x/y", "anywhere/@x",
        "a b@anywhere", "a\0@anywhere", "a\x7f@anywhere", "a\x85@anywhere", "a\x9f@anywhere",
        "a\xa0@anywhere", "a\u1680@anywhere", "a\u2003@anywhere", "a\u2028@anywhere",
        "a\u2029@anywhere", "a\u202f@anywhere", "a\u3000@anywhere", "\ud800@anywhere",
        "\U0001f600\udfff@anywhere", "anywhere/\ud83d", " anywhere", "anywhere ", "anywhere\n",
        "\ufeffanywhere",
        "a" * 120 + "@anywhere", "\U0001f600" * 120 + "@anywhere", "anywhere/" + "t" * 120,
        "\uff41nywhere", "anywhere\u200b", "everywher\u0451",
    ],
)  # fmt: skip
def test_id_1_refused(tier: str, text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    "text",
    ["a" * 119 + "@anywhere", "\U0001f600" * 119 + "@anywhere", "anywhere/" + "t" * 119,
     "\u200b@anywhere", "\u180e@anywhere", "\ufeff@anywhere", "e\u0301@anywhere", "\xe9@anywhere",
     "\u202eeve@anywhere", "\ue000@anywhere", "\U0010ffff@anywhere", "anywhere@anywhere",
     f"{HULK}@{HULK}/{HULK}", "\u00ad@everywhere/\u0378"],
)  # fmt: skip
def test_id_1_allowed(tier: str, text: str) -> None:
    found = parsed(text)
    assert found is not None
    assert str(found) == text


def test_id_2_equality(tier: str) -> None:
    one, other = Identifier.parse(f"hulk@{ETH}"), Identifier.parse(f"hulk@{ETH.lower()}")
    assert one == other == f"hulk@{ETH}"
    assert hash(one) == hash(other) == hash(f"hulk@{ETH}")
    assert one != f"hulk@{ETH.lower()}"  # no canonical text
    assert one != Identifier.parse(f"Hulk@{ETH}")
    assert Identifier.parse("\xe9@anywhere") != Identifier.parse("e\u0301@anywhere")
    assert one.is_same_as(other.with_terminal("pad"))
    assert one != other.with_terminal("pad")
    assert not one.is_same_as(Identifier.parse(ETH))


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="@/"))
ANYTHING = st.text(st.characters(exclude_categories=()))
TEXTS = st.one_of(
    ANYTHING,
    st.builds("{}@{}/{}".format, NAMES, st.sampled_from([HULK, ETH, "Anywhere"]), NAMES),
    st.builds("{}{}{}".format, ANYTHING, st.sampled_from([HULK, ETH]), ANYTHING),
    st.text("@/ a\u4e16\U0001f600\x85\ud800anywhere", max_size=140),
)


@given(texts=st.lists(TEXTS, max_size=20))
@example(texts=[f"x{n}@{HULK}" for n in range(600)])
def test_id_1_a_batch_is_its_items(tier: str, texts: list[str]) -> None:
    """VERDICT-3: what is said of a text depends neither on its place nor on its neighbours."""
    found, verdicts = parse_identifiers(texts)
    alone = [parsed(text) for text in texts]
    assert found == alone
    assert [code is Code.OK for code in verdicts] == [item is not None for item in alone]
    assert parse_identifiers(texts, threads=1)[0] == found
    for identifier in found:
        if identifier is not None:
            again = Identifier.parse(str(identifier))
            assert parts(again) == parts(identifier)


def test_id_3_only_two_addresses_are_broadcast(tier: str) -> None:
    for network in range(256):
        address = derive_addresses([FINGERPRINT], network)[0]
        assert not Identifier.parse(f"x@{address}").is_broadcast
        assert not Address.parse(address).is_broadcast
    assert Identifier.parse("EVERYWHERE").is_broadcast
    assert Address.parse("AnyWhere").is_broadcast


@pytest.mark.parametrize("name", ["address.btc.networks", "v243.address.networks"])
def test_id_4_networks(tier: str, name: str) -> None:
    rows = VECTORS[name].output
    networks = [row["network"] for row in rows]
    texts = derive_addresses([FINGERPRINT] * len(rows), networks)
    assert texts == [row["address"] for row in rows]
    columns = parse_addresses(texts)
    assert columns.network.tolist() == networks
    mapped = {0x08: 0, 0x10: 1, 0x30: 0x31, 0x88: 2, 0x76: 3, 0xC8: 4}
    for row, address in zip(rows, columns, strict=True):
        found = Identifier.parse(f"x@{row['address']}")
        # ID-4: 2.4.3 takes the byte for the type. ID-3: in both, bytes from 0x80 are broadcast.
        kind = mapped.get(row["network"], row["network"])
        assert found.type == kind == row.get("type_named", kind)
        assert (found.is_user, found.is_group) == (kind % 2 == 0, kind % 2 == 1)
        assert Identifier.parse(row["address"]).type == EntityType.USER
        assert address is not None
        assert [found.is_broadcast, address.is_broadcast] == [False, False]
        assert row["is_broadcast"] == (row.get("type_named", row["network"]) >= 0x80)


def test_id_5_names(tier: str) -> None:
    for good in ("ab", "a" * 32, "Hulk_2.0-x", "..", "42"):
        assert check_name(good), good
    for bad in (
        "",
        "a",
        "a" * 33,
        "a b",
        "a@b",
        "a/b",
        "h\xfclk",
        "\u540d\u53ef",
        "ab\n",
        "\uff41b",
    ):
        assert not check_name(bad), bad
        assert bad in ("", "a b", "a@b", "a/b", "ab\n") or parsed(f"{bad}@anywhere") is not None
    with pytest.raises(TypeError, match="text: str is wanted"):
        check_name(b"hulk")  # type: ignore[arg-type]


def test_id_6_constants(tier: str) -> None:
    texts = ["anyone@anywhere", "everyone@everywhere", "moky@anywhere", "station@anywhere",
             "stations@everywhere", "gsp@everywhere"]  # fmt: skip
    constants = [getattr(dimp_fast, name) for name in CONSTANTS]
    assert constants == texts
    for constant, text in zip(constants, texts, strict=True):
        assert parts(constant) == parts(Identifier.parse(text))
        assert constant.is_broadcast
        assert constant.number == constant.number_le == 0
    assert dimp_fast.ANYONE.type is EntityType.ANY
    assert dimp_fast.EVERYONE.type is EntityType.EVERY


def test_create(tier: str) -> None:
    assert parts(Identifier.create("hulk", ETH.lower(), "pc")) == parts(
        Identifier.parse(f"hulk@{ETH}/pc")
    )
    assert Identifier.create(None, Address.parse(HULK)) == HULK
    assert Identifier.create("", HULK, "") == HULK
    base = Identifier.parse(f"hulk@{HULK}")
    assert base.with_terminal("pc") == f"hulk@{HULK}/pc"
    assert base.with_terminal("pc").with_terminal("pad").terminal == "pad"
    assert base.with_terminal("pc").without_terminal() == base == base.without_terminal()
    nameless = Identifier.parse("anywhere/x").without_terminal()
    assert parts(nameless) == parts(Identifier.parse("anywhere"))


@pytest.mark.parametrize(
    "arguments",
    [("a@b", HULK), ("a/b", HULK), (" ", HULK), ("a", f"b@{HULK}"), (None, f"b@{HULK}"),
     ("a", f"{HULK}/pc"), (None, f"{HULK}/pc", "pad"), (None, HULK, "a/b"), (None, HULK, "a@b"),
     (None, HULK, "/"), ("a", ""), (None, HULK[:-1]), ("a" * 120, HULK), (None, HULK, "\ud800")],
)  # fmt: skip
def test_create_refuses_parts_that_make_another_id(tier: str, arguments: Any) -> None:
    with pytest.raises(DimError) as error:
        Identifier.create(*arguments)
    assert error.value.code is Code.BAD_ADDRESS
    if arguments[:2] == (None, HULK):
        with pytest.raises(DimError, match="BAD_ADDRESS"):
            Identifier.parse(HULK).with_terminal(arguments[2])


@given(name=st.none() | ANYTHING, terminal=st.none() | ANYTHING)
def test_create_makes_what_it_was_told(tier: str, name: str | None, terminal: str | None) -> None:
    try:
        found = Identifier.create(name, HULK, terminal)
    except DimError:
        return
    assert (found.name, found.address, found.terminal) == (name or None, HULK, terminal or None)
    assert join_identifiers([name], [HULK], [terminal]) == [str(found)]


class Shouting(str):
    """A text that is not what it looks like."""

    __slots__ = ()

    def __str__(self) -> str:
        return "everywhere"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def test_a_subclass_of_str_is_its_text(tier: str) -> None:
    odd = Shouting(HULK)
    single, (batched,) = Identifier.parse(odd), parse_identifiers([odd])[0]
    assert batched is not None
    found = [single._text, batched._text, *parse_addresses([odd]).text()]
    found += join_identifiers([None], [odd]) + join_identifiers([odd], [odd], [odd])
    assert list(map(type, found)) == [str] * 5
    assert found == [HULK] * 4 + [f"{HULK}@{HULK}/{HULK}"]
    assert parse_identifiers(np.array([HULK, "x"]))[0] == [Identifier.parse(HULK), None]
    assert parse_addresses(np.array([HULK, ETH])).text() == [HULK, ETH]


def test_identifiers_are_values(tier: str) -> None:
    found = Identifier.parse(f"hulk@{HULK}/pc")
    for again in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert parts(again) == parts(found)
        assert again.number == found.number
    assert repr(found) == f"Identifier('hulk@{HULK}/pc')"
    with pytest.raises(AttributeError):
        found.name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError, match=r"Identifier\.parse"):
        Identifier()


# -- addresses -----------------------------------------------------------------------------------


def same(address: Address | None, other: Address) -> bool:
    names = ("text", "network", "digest", "number", "number_le", "number_text", "is_broadcast")
    return all(getattr(address, name) == getattr(other, name) for name in names)


def test_address_1_layout(tier: str) -> None:
    wanted = VECTORS["address.btc.layout"].output
    found = Address.parse(HULK)
    assert f"{found.network:02x}" == wanted["network"]
    assert found.digest.hex() == wanted["digest"]
    assert found.number == int(wanted["check_code"], 16)
    assert same(Address.derive(FINGERPRINT, 8), found)
    assert same(Address.derive(FINGERPRINT, np.uint8(8)), found)  # type: ignore[arg-type]
    assert str(found) == found == HULK
    assert hash(found) == hash(HULK)
    assert repr(found) == f"Address({HULK!r})"
    genesis = VECTORS["address.btc.genesis"]
    assert Address.parse(genesis.input).network == genesis.output["network"]


def test_address_2_spellings(tier: str) -> None:
    vector = VECTORS["address.eth.eip55"]
    assert parse_addresses([text.lower() for text in vector.input]).text()[0] == vector.output[0]
    for canonical in vector.output:
        digits = canonical[2:]
        for spelling in (digits, digits.lower(), digits.upper()):
            found = Address.parse("0x" + spelling)
            assert found == canonical
            assert found.digest == bytes.fromhex(digits)
            assert (found.network, found.number_le) == (0, 9527)
        with pytest.raises(DimError, match="BAD_ADDRESS"):
            Address.parse("0x" + digits.swapcase())
    # Wrong spellings among the inputs are those that the reference puts right.
    for text, canonical in zip(vector.input, vector.output, strict=True):
        found_or_none = parse_addresses([text])[0]
        if text[2:] in (text[2:].lower(), text[2:].upper(), canonical[2:]):
            assert found_or_none == canonical
        else:
            assert found_or_none is None


def test_address_2_derive(tier: str) -> None:
    point = bytes.fromhex(VECTORS["address.eth.key"].input["public_uncompressed"])
    assert derive_eth_addresses([point, point[1:]]) == [ETH, ETH]
    rows = np.frombuffer(point * 3, np.uint8).reshape(3, 65)
    assert derive_eth_addresses(rows) == derive_eth_addresses(rows[:, 1:]) == [ETH] * 3
    with pytest.raises(ValueError, match=r"public_keys\[0\]: 63 bytes"):
        derive_eth_addresses(rows[:, 2:])


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row["address"][:6])
def test_address_4_search_numbers(tier: str, row: dict[str, Any]) -> None:
    wanted = row["current_BE"], row["old_LE"], row["text"]
    for found in (Address.parse(row["address"]), Identifier.parse(f"x@{row['address']}")):
        assert (found.number, found.number_le, found.number_text) == wanted
    columns = parse_addresses([row["address"]])
    assert (columns.number[0], columns.number_le[0]) == wanted[:2]
    assert number_texts(columns.number) == [row["text"]]
    assert routing_columns([f"x@{row['address']}/y"]).number.tolist() == [row["current_BE"]]


@pytest.mark.parametrize(
    "bad", ["", "nowhere", HULK[:-1], HULK + " ", "0x", "\ud800" * 30, "x" * 99]
)
def test_address_parse_refuses(tier: str, bad: str) -> None:
    with pytest.raises(DimError) as error:
        Address.parse(bad)
    assert error.value.code is Code.BAD_ADDRESS
    assert error.value.reason.startswith("address: not an address")
    assert len(error.value.reason) < 1000


def test_addresses_are_values(tier: str) -> None:
    found = Address.parse(HULK)
    for again in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert same(again, found)
    assert Address.parse(found) is found
    with pytest.raises(AttributeError):
        found.network = 0  # type: ignore[misc]
    with pytest.raises(TypeError, match=r"Address\.parse"):
        Address()
    with pytest.raises(TypeError, match="source: str is wanted, not bytes"):
        Address.parse(HULK.encode())  # type: ignore[arg-type]
    assert found != Identifier.parse(HULK)


def test_address_columns_as_a_sequence(tier: str) -> None:
    texts = [HULK, "nobody", ETH.lower(), "Everywhere"]
    columns = parse_addresses(texts)
    assert list(columns) == [HULK, None, ETH, "everywhere"]
    for index, text in enumerate((HULK, None, ETH, "everywhere")):
        for found in (columns[index], columns[index - 4], columns[np.int64(index)]):
            assert found is None if text is None else same(found, Address.parse(text))
    for index in (4, -5):
        with pytest.raises(IndexError):
            columns[index]
    with pytest.raises(TypeError, match="not a slice"):
        columns[1:]  # type: ignore[index]
    assert repr(columns) == "<AddressColumns of 4, 1 refused>"
    assert repr(routing_columns(["x", "y"])) == "<RoutingColumns of 2, 2 refused>"
    assert columns.digest.shape == (4, 20)
    assert not columns.digest[1].any()
    assert list(parse_addresses([])) == []


# -- numpy in ------------------------------------------------------------------------------------


def buffers(rows: np.ndarray[Any, Any]) -> dict[str, Any]:
    """The same bytes as everything that has two dimensions."""
    height, width = rows.shape
    wide = np.zeros((height, 2 * width), np.uint8)
    wide[:, ::2] = rows
    return {
        "array": rows,
        "strided": wide[:, ::2],
        "fortran": np.asfortranarray(rows),
        "reversed": rows[::-1][::-1],
        "read-only": np.frombuffer(rows.tobytes(), np.uint8).reshape(rows.shape),
        "memoryview": memoryview(rows.tobytes()).cast("B", [height, width]),
        "ctypes": ((ctypes.c_ubyte * width) * height).from_buffer_copy(rows.tobytes()),
        "rows": [row.tobytes() for row in rows],
        "mutable": tuple(bytearray(row.tobytes()) for row in rows),
    }


@pytest.mark.parametrize("kind", buffers(np.zeros((1, 1), np.uint8)))
def test_matrices_of_bytes(tier: str, kind: str) -> None:
    rows = np.random.default_rng(1).integers(0, 256, (7, 20), np.uint8)
    given = buffers(rows)[kind]
    networks = [0, 1, 8, 16, 136, 200, 255]
    wanted = [
        derive_addresses([row.tobytes()], n)[0] for row, n in zip(rows, networks, strict=True)
    ]
    assert derive_addresses(given, networks) == wanted
    formatted = format_addresses(given, networks)
    columns = parse_addresses(formatted)
    assert not columns.codes.any()
    assert columns.digest.tolist() == rows.tolist()
    assert columns.network.tolist() == networks
    assert format_addresses(columns.digest, columns.network) == formatted
    assert format_addresses(rows.tobytes(), columns.network) == formatted


def test_address_1_format_undoes_parse(tier: str) -> None:
    found = Address.parse(HULK)
    assert format_addresses(found.digest, found.network) == [HULK]
    assert format_addresses([found.digest] * 3, (8, 8, 0))[:2] == [HULK, HULK]
    zeros = format_addresses(bytes(40))
    assert zeros == ["1111111111111111111114oLvT2"] * 2
    assert format_addresses(b"", []) == format_addresses(np.empty((0, 20), np.uint8)) == []


@given(digest=st.binary(min_size=20, max_size=20), network=st.integers(0, 255))
def test_address_1_every_digest_has_an_address(tier: str, digest: bytes, network: int) -> None:
    found = Address.parse(format_addresses(digest, network)[0])
    assert (found.digest, found.network) == (digest, network)


def test_matrices_without_bytes(tier: str) -> None:
    assert derive_addresses(np.empty((0, 128), np.uint8)) == []
    assert derive_addresses(np.empty((2, 0), np.uint8)) == derive_addresses([b"", b""])


@pytest.mark.parametrize(
    "network",
    [8, np.uint8(8), np.int64(8), np.array(8), [8] * 3, b"\x08" * 3, np.full(3, 8), (8,) * 3,
     np.full(3, 8, ">u4"), np.full(3, 8, np.uint8), [np.uint8(8), 8, np.int32(8)],
     np.full(6, 8, np.uint8)[::2]],
    ids=lambda network: type(network).__name__,
)  # fmt: skip
def test_networks(tier: str, network: Any) -> None:
    wanted = derive_addresses([FINGERPRINT])[0]
    assert Address.parse(wanted).network == 0
    assert derive_addresses([FINGERPRINT] * 3, network) == [HULK] * 3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: derive_addresses([b"", "x"]), TypeError, r"fingerprints\[1\]: bytes is wanted"),
        (lambda: derive_addresses(b"x"), TypeError, "fingerprints: a sequence"),
        (lambda: derive_addresses(np.zeros(4, np.uint8)), TypeError, r"fingerprints\[0\]"),
        (lambda: derive_addresses(np.zeros((2, 4))), TypeError, "fingerprints: unsigned bytes"),
        (lambda: derive_addresses(np.zeros((2, 4), np.int8)), TypeError, "unsigned bytes"),
        (lambda: derive_addresses(np.zeros((2, 4), bool)), TypeError, "unsigned bytes"),
        (lambda: derive_addresses(np.zeros((2, 2, 2), np.uint8)), TypeError, r"fingerprints\[0\]"),
        (lambda: derive_addresses(np.array([b"a\0"])), TypeError, "numpy drops zeros"),
        (lambda: derive_addresses([b""], 256), ValueError, "network: 0 to 255 is wanted, not 256"),
        (lambda: derive_addresses([b""], -1), ValueError, "network: 0 to 255"),
        (lambda: derive_addresses([b""], True), TypeError, "network: int is wanted, not bool"),
        (lambda: derive_addresses([b""], np.True_), TypeError, "network: int is wanted"),
        (lambda: derive_addresses([b""], 8.0), TypeError, "network: int is wanted, not float"),
        (lambda: derive_addresses([b""], None), TypeError, "network: int is wanted"),
        (lambda: derive_addresses([b""], "8"), TypeError, r"network\[0\]: int is wanted, not str"),
        (lambda: derive_addresses([b""], [True]), TypeError, r"network\[0\]: int is wanted"),
        (lambda: derive_addresses([b""] * 2, [0, 256]), ValueError, r"network\[1\]: 0 to 255"),
        (lambda: derive_addresses([b""] * 2, np.array([0, 256])), ValueError, r"network\[1\]"),
        (lambda: derive_addresses([b""] * 2, np.array([0, -1])), ValueError, r"network\[1\]"),
        (lambda: derive_addresses([b""] * 2, np.zeros(2)), TypeError, r"network\[0\]: int"),
        (lambda: derive_addresses([b""] * 2, [0]), ValueError, "fingerprints has 2, network has 1"),
        (lambda: format_addresses(bytes(21)), ValueError, "digests: 21 bytes"),
        (lambda: format_addresses([bytes(20), bytes(19)]), ValueError, r"digests\[1\]: 20 bytes"),
        (lambda: format_addresses([bytes(20), 1]), TypeError, r"digests\[1\]: bytes is wanted"),
        (lambda: format_addresses("x" * 20), TypeError, "digests: a sequence"),
        (lambda: format_addresses(np.zeros((2, 21), np.uint8)), ValueError, r"not \(2, 21\)"),
        (lambda: format_addresses(np.zeros((2, 20), np.int64)), TypeError, "unsigned bytes"),
        (lambda: format_addresses(bytes(40), [0]), ValueError, "digests has 2, network has 1"),
        (lambda: join_identifiers(["a", 1], ["b", "c"]), TypeError, r"names\[1\]: str is wanted"),
        (lambda: join_identifiers(["a"], [None]), TypeError, r"addresses\[0\]: str is wanted"),
        (lambda: join_identifiers(["a"], ["b"], [b""]), TypeError, r"terminals\[0\]"),
        (lambda: join_identifiers(["a"], ["b", "c"]), ValueError, "names has 1, addresses has 2$"),
        (lambda: join_identifiers(["a"], ["b"], []), ValueError, "terminals has 0"),
        (lambda: join_identifiers("a", ["b"]), TypeError, "names: a sequence"),
        (lambda: number_texts([0, 1 << 32]), ValueError, r"numbers\[1\]: 0 to 4294967295"),
        (lambda: number_texts(np.array([0, 1 << 32])), ValueError, r"numbers\[1\]"),
        (lambda: number_texts([-1]), ValueError, r"numbers\[0\]"),
        (lambda: number_texts([0, 0.5]), TypeError, r"numbers\[1\]: int is wanted, not float"),
        (lambda: number_texts([False]), TypeError, r"numbers\[0\]: int is wanted, not bool"),
        (lambda: number_texts(np.zeros((2, 2), int)), TypeError, r"numbers\[0\]: int is wanted"),
        (lambda: parse_identifiers(["anywhere", b"x"]), TypeError, r"texts\[1\]: str is wanted"),
        (lambda: parse_identifiers("anywhere"), TypeError, "texts: a sequence"),
        (lambda: parse_identifiers(["anywhere"], threads=0), ValueError, "threads: at least 1"),
        (lambda: Identifier.parse(None), TypeError, "text: str is wanted, not NoneType"),
        (lambda: Identifier.create(1, HULK), TypeError, "name: str is wanted, not int"),
        (lambda: Identifier.create("a", None), TypeError, "address: str is wanted"),
        (lambda: Identifier.create("a", HULK, b""), TypeError, "terminal: str is wanted"),
        (lambda: Identifier.parse(HULK).with_terminal(None), TypeError, "terminal: str is wanted"),
        (lambda: routing_columns([HULK], 0), ValueError, "shards: 1 to 4294967295"),
        (lambda: routing_columns([HULK], 1 << 32), ValueError, "shards: 1 to"),
        (lambda: routing_columns([HULK], "2"), TypeError, "shards: int is wanted"),
        (lambda: routing_columns([HULK, None]), TypeError, r"identifiers\[1\]: str"),
    ],
)
def test_verdict_4_misuse(tier: str, call: Callable[[], Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert not isinstance(caught.value, DimError)


# -- columns of text -----------------------------------------------------------------------------


@settings(max_examples=25)
@given(rows=st.lists(st.tuples(st.none() | ANYTHING, ANYTHING, st.none() | ANYTHING), max_size=30))
@example(rows=[(None, "a", None)] * 600)
@example(rows=[("\ud800", "\U0001f600", "\xe9"), ("", "", ""), ("a\0b", "\0", "\0")])
def test_join_identifiers(tier: str, rows: list[tuple[str | None, str, str | None]]) -> None:
    names, addresses, terminals = [[row[n] for row in rows] for n in range(3)]
    wanted = [
        (f"{name}@" if name else "") + address + (f"/{terminal}" if terminal else "")
        for name, address, terminal in rows
    ]
    assert join_identifiers(names, addresses, terminals) == wanted  # type: ignore[arg-type]
    heads = [text[: len(text) - len(row[2] or "") - 1] if row[2] else text
             for text, row in zip(wanted, rows, strict=True)]  # fmt: skip
    assert join_identifiers(names, addresses) == heads  # type: ignore[arg-type]


def test_join_undoes_parse(tier: str) -> None:
    texts = [f"hulk@{HULK}", f"{HULK}/pc", f"\u540d\U0001f600@{ETH}/pc", "anywhere", ETH]
    found, verdicts = parse_identifiers(texts)
    assert verdicts.all_ok()
    items = [item for item in found if item is not None]
    columns = ([getattr(item, name) for item in items] for name in ("name", "address", "terminal"))
    assert join_identifiers(*columns) == texts


@given(numbers=st.lists(st.integers(0, (1 << 32) - 1)))
@example(numbers=[0, 1, 9, 10, 999_999_999, 1_000_000_000, (1 << 32) - 1] * 100)
def test_address_4_number_texts(tier: str, numbers: list[int]) -> None:
    wanted = [f"{n:010d}"[:3] + "-" + f"{n:010d}"[3:6] + "-" + f"{n:010d}"[6:] for n in numbers]
    assert number_texts(numbers) == wanted
    for dtype in ("<u4", ">u4", "<i8", "<u8"):
        assert number_texts(np.array(numbers, dtype)) == wanted
    assert number_texts(np.repeat(np.array(numbers, "u4"), 2)[::2]) == wanted
    assert number_texts([np.uint32(n) for n in numbers]) == wanted  # type: ignore[misc]


def test_threads_give_the_same(tier: str) -> None:
    texts = [f"x{n}@{HULK}" if n % 3 else f"x{n}@{HULK}x" for n in range(5000)]
    one, many = parse_identifiers(texts, threads=1), parse_identifiers(texts, threads=4)
    assert one[0] == many[0]
    assert one[1] == many[1]
    assert one[1].counts() == {Code.OK: 3333, Code.BAD_ADDRESS: 1667}
    assert one[1].reason(0) == f"ID: not an ID: {texts[0]!r}"
    assert one[1].reason(-2) == many[1].reason(4998)
    assert one[1].reason(1) == "accepted"
