"""docs/architecture.md, "What a tier offers": operations of identity, called on each tier.

What the public functions make of them is in the other modules; here are the shapes of the answers,
the codes and their order, and what EXT-1 and EXT-2 ask of a tier.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

import accounts
import pytest

import data_sets
from dimp_fast import Code, _dispatch, registry

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
HULK: dict[str, Any] = VECTORS["meta.doc.hulk"].input
HULK_ID: str = VECTORS["meta.doc.hulk"].output["id"]
ETH: str = VECTORS["address.eth.key"].output
NETWORKS: list[dict[str, Any]] = VECTORS["address.btc.networks"].output
LAYOUT: dict[str, str] = VECTORS["address.btc.layout"].output
NOW = 1_700_000_100.0


def each_tier(unit: str) -> pytest.MarkDecorator:
    """``module`` is each tier that has ``unit`` and is here, or must be."""
    here = _dispatch.current()
    modules = [
        pytest.param(here.load(tier), id=tier)
        for tier in _dispatch.UNITS[unit]
        if here.load(tier) is not None or tier in here.settings.require
    ]
    return pytest.mark.parametrize("module", modules)


def as_json(mapping: dict[str, Any]) -> bytes:
    return json.dumps(mapping).encode("ascii")


def refused(call: Callable[[], Any]) -> Code:
    with pytest.raises(ValueError, match=r"^\([0-9]+, ") as error:
        call()
    code, reason = error.value.args
    assert isinstance(reason, str)
    assert reason
    return Code(code)


# -- addresses and IDs --------------------------------------------------------------------------


@each_tier("format_addresses")
def test_address_1_format_is_the_reference_s(module: Any) -> None:
    digest = bytes.fromhex(LAYOUT["digest"])
    networks = bytes(row["network"] for row in NETWORKS)
    wanted = [row["address"] for row in NETWORKS]
    assert module.format_addresses(digest * len(networks), networks) == wanted
    for network, address in zip(networks, wanted, strict=True):
        assert module.format_addresses(digest, bytes([network])) == [address]


@each_tier("format_addresses")
@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 600])
def test_address_1_what_was_formatted_parses_to_its_digest(module: Any, count: int) -> None:
    digests = b"".join(hashlib.sha256(b"%d" % i).digest()[:20] for i in range(count))
    digests = bytes(20) + digests[20:]  # leading zeros are leading ones
    networks = bytes(i % 251 for i in range(count))
    found = module.format_addresses(digests[: 20 * count], networks)
    codes, parsed_networks, parsed_digests, *_ = module.parse_addresses(found, 1)
    assert codes == bytes(count)
    assert (parsed_networks, parsed_digests) == (networks, digests[: 20 * count])
    one_for_all = module.format_addresses(digests[: 20 * count], b"\x08")
    assert module.parse_addresses(one_for_all, 1)[1] == b"\x08" * count


@each_tier("format_addresses")
@pytest.mark.parametrize(
    ("digests", "networks"), [(19, 1), (21, 1), (40, 0), (40, 3), (20, 2), (0, 2)]
)
def test_format_takes_whole_digests_and_as_many_networks(
    module: Any, digests: int, networks: int
) -> None:
    with pytest.raises(ValueError, match="digests"):
        module.format_addresses(bytes(digests), bytes(networks))


IDENTIFIERS = {
    HULK_ID: (HULK_ID, "hulk", HULK_ID[5:], None, 8),
    f"\u5b5f\U0001f600@{HULK_ID[5:]}/\u00fc": (
        f"\u5b5f\U0001f600@{HULK_ID[5:]}/\u00fc", "\u5b5f\U0001f600", HULK_ID[5:], "\u00fc", 8,
    ),
    ETH.lower(): (ETH, None, ETH, None, 0),
    "a@0x" + ETH[2:].upper() + "/pad": (f"a@{ETH}/pad", "a", ETH, "pad", 0),
    "Anywhere/x": ("anywhere/x", None, "anywhere", "x", 0x80),
    "": None,
    "@anywhere": None,
    "a@b@anywhere": None,
    "a@anywhere/": None,
    "a b@anywhere": None,
    "\ud800@anywhere": None,
    HULK_ID[:-1]: None,
    "x" * 120 + "@anywhere": None,
    "0x" + "g" * 40: None,
}  # fmt: skip


@each_tier("parse_identifiers")
def test_id_1_and_2_batches(module: Any) -> None:
    texts, wanted = list(IDENTIFIERS), list(IDENTIFIERS.values())
    assert module.parse_identifiers(texts, 1) == wanted
    assert module.parse_identifiers(texts * 50, 1) == wanted * 50
    assert module.parse_identifiers(texts * 50, 0) == wanted * 50
    assert module.parse_identifiers([], 1) == []


@each_tier("parse_identifier")
@pytest.mark.parametrize("text", IDENTIFIERS)
def test_id_1_one_is_like_a_batch_of_one(module: Any, text: str) -> None:
    assert module.parse_identifier(text) == IDENTIFIERS[text]


@each_tier("join_identifiers")
def test_join_is_what_parses_apart(module: Any) -> None:
    parts = ["", None, "a", "\u00fc", "\u5b5f", "\U0001f600", "name and \x00"]
    rows = [
        (name, address, terminal)
        for name, terminal in itertools.product(parts, parts)
        for address in (ETH, "anywhere", "\u00fc", "")
    ]
    wanted = [
        (f"{name}@" if name else "") + address + (f"/{terminal}" if terminal else "")
        for name, address, terminal in rows
    ]
    names, addresses, terminals = map(list, zip(*rows, strict=True))
    assert module.join_identifiers(names, addresses, terminals) == wanted
    parsed = [row for row in IDENTIFIERS.values() if row is not None]
    canonical, names, addresses, terminals, _ = map(list, zip(*parsed, strict=True))
    assert module.join_identifiers(names, addresses, terminals) == canonical
    assert module.join_identifiers([], [], []) == []


@each_tier("join_identifiers")
@pytest.mark.parametrize("lengths", [(1, 2, 2), (2, 1, 2), (2, 2, 1), (0, 0, 1)])
def test_join_wants_columns_of_one_length(module: Any, lengths: tuple[int, int, int]) -> None:
    names, addresses, terminals = (["x"] * length for length in lengths)
    with pytest.raises(ValueError, match=r"argument|names"):
        module.join_identifiers(names, addresses, terminals)


@each_tier("number_texts")
def test_address_4_numbers_as_people_read_them(module: Any) -> None:
    rows = VECTORS["number.search"].output
    numbers = [row["current_BE"] for row in rows]
    texts = [row["text"] for row in rows]
    numbers += [0, 7, 1_000_000_000, 999_999, 2**32 - 1]
    texts += ["000-000-0000", "000-000-0007", "100-000-0000", "000-099-9999", "429-496-7295"]
    assert module.number_texts(struct.pack(f"<{len(numbers)}I", *numbers)) == texts
    assert module.number_texts(b"") == []


@each_tier("number_texts")
@pytest.mark.parametrize("size", [1, 2, 3, 5, 4095])
def test_numbers_are_whole(module: Any, size: int) -> None:
    with pytest.raises(ValueError, match="uint32"):
        module.number_texts(bytes(size))


# -- digests, base58, base64 --------------------------------------------------------------------


@each_tier("digests")
@pytest.mark.parametrize("name", ["digest.empty", "digest.abc", "digest.moky", "digest.64"])
def test_digests_are_the_reference_s(module: Any, name: str) -> None:
    data = bytes.fromhex(VECTORS[name].input["hex"])
    for digest in ("sha256", "keccak256", "ripemd160"):
        assert getattr(module, digest)(data).hex() == VECTORS[name].output[digest]


# Keccak-256 of so many bytes 0x61, by pycryptodome: one less than a block of 136, one, one more.
KECCAK = {
    135: "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446",
    136: "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e",
    137: "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39",
}


@each_tier("digests")
@pytest.mark.parametrize("size", KECCAK)
def test_keccak_around_a_block(module: Any, size: int) -> None:
    assert module.keccak256(b"a" * size).hex() == KECCAK[size]


@each_tier("digests")
@pytest.mark.parametrize("size", [0, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_sha256_around_a_block(module: Any, size: int) -> None:
    assert module.sha256(b"a" * size) == hashlib.sha256(b"a" * size).digest()


@each_tier("digests")
def test_ripemd160_of_a_million(module: Any) -> None:
    # The last test vector of its authors' page.
    wanted = "52783243c1697bdbe16d37f97f68f08325dc1528"
    assert module.ripemd160(b"a" * 1_000_000).hex() == wanted


@each_tier("base58")
def test_base58_is_the_reference_s(module: Any) -> None:
    vector = VECTORS["base58.set"]
    for data, text in zip(map(bytes.fromhex, vector.input["hex"]), vector.output, strict=True):
        assert module.base58_encode(data) == text
        assert module.base58_decode(text) == data


@each_tier("base58")
def test_base58_to_its_limits(module: Any) -> None:
    for data in (b"\xff" * 128, bytes(128), bytes(64) + b"\xff" * 64):
        assert module.base58_decode(module.base58_encode(data)) == data
    assert len(module.base58_decode("z" * 256)) == 188
    assert module.base58_decode("1" * 256) == bytes(256)
    with pytest.raises(ValueError, match="128"):
        module.base58_encode(bytes(129))


@each_tier("base58")
@pytest.mark.parametrize("text", ["0", "O", "I", "l", " ", "1 ", "\n1", "\u0967", "\ud800", "+"])
def test_base58_refuses_foreign_characters(module: Any, text: str) -> None:
    assert module.base58_decode(text) is None
    assert module.base58_decode(f"2{text}2") is None


@each_tier("base64")
def test_base64_is_the_reference_s(module: Any) -> None:
    vector = VECTORS["base64.set"]
    for data, text in zip(map(bytes.fromhex, vector.input["hex"]), vector.output, strict=True):
        assert module.base64_encode(data) == text
        assert module.base64_decode(text) == data


@each_tier("base64")
def test_base64_1_white_space(module: Any) -> None:
    assert module.base64_decode(" \t\n\v\f\rA A\nE C\r") == b"\0\1\2"
    assert module.base64_decode(" ") == b""
    assert module.base64_encode(bytes(300)) == "A" * 400


@each_tier("base64")
@pytest.mark.parametrize(
    "text",
    ["A", "AA", "AAA", "AA=", "AA==A", "AA==AA==", "=", "====", "A===", "AB==", "AAB=", "-_8=",
     "AAA\0", "AAA\x80", "AAA\u2003", "AAA\ud800", "data:;base64,AAAA", "AAEC,", "AA\x1cAA"],
)  # fmt: skip
def test_base64_1_anything_else(module: Any, text: str) -> None:
    assert module.base64_decode(text) is None


# -- metas --------------------------------------------------------------------------------------


@each_tier("match_metas")
def test_meta_1_and_2_the_form(module: Any) -> None:
    fingerprint = accounts.base64.b64decode(HULK["fingerprint"])
    assert module.parse_meta(as_json(HULK)) == (1, "hulk", fingerprint)
    for name, number in (("2", 2), (4, 4), ("BTC", 2), ("eth", 4)):
        assert module.parse_meta(as_json({"type": name, "key": {}})) == (number, None, None)
    assert module.parse_meta(as_json({"type": 77, "key": {}})) == (None, None, None)


@each_tier("match_metas")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": None}, Code.MALFORMED), ({"type": 1.5}, Code.MALFORMED),
        ({"key": []}, Code.MALFORMED), ({"seed": None}, Code.MALFORMED),
        ({"fingerprint": "!"}, Code.BAD_ENCODING), ({"type": 4}, Code.MALFORMED),
        ({"type": 77, "key": 1}, Code.MALFORMED),
    ],
)  # fmt: skip
def test_meta_1_and_2_refusals(module: Any, change: dict[str, Any], code: Code) -> None:
    text = as_json({**HULK, **change})
    assert refused(lambda: module.parse_meta(text)) is code
    codes, reasons = module.match_metas([HULK_ID], [text], 1)
    assert (codes, list(reasons)) == (bytes([code]), [0])


@each_tier("match_metas")
@pytest.mark.parametrize(
    ("text", "code"),
    [(b"", Code.MALFORMED), (b"[]", Code.MALFORMED), (b"{}", Code.MALFORMED),
     (b"{} x", Code.MALFORMED), (b"\xff", Code.MALFORMED),
     (b'{"x": ' * 65 + b"0" + b"}" * 65, Code.TOO_LARGE)],
)  # fmt: skip
def test_a_meta_is_a_json_object(module: Any, text: bytes, code: Code) -> None:
    assert refused(lambda: module.parse_meta(text)) is code
    assert module.match_metas(["no ID"], [text], 1)[0] == bytes([code])


@each_tier("match_metas")
@pytest.mark.parametrize("threads", [1, 0, 3])
def test_meta_7_pair_by_pair(module: Any, threads: int) -> None:
    """META-7, VERDICT-3: neighbours, positions and threads do not matter."""
    mine = [
        accounts.account(algorithm, seed, meta_type)
        for algorithm in accounts.ALGORITHMS
        for seed, meta_type in (("alice", 1), (None, 2))
    ] + [accounts.account("ECC", None, 4)]
    pairs = [(a.id, as_json(b.meta), Code.OK if a is b else None) for a in mine for b in mine]
    pairs += [
        ("no ID", as_json(HULK), Code.BAD_ADDRESS),
        ("anywhere", as_json(HULK), Code.MISMATCH),
        (HULK_ID, as_json({**HULK, "type": "9"}), Code.UNSUPPORTED),
        (HULK_ID, as_json({**HULK, "key": {}}), Code.BAD_KEY),
        (HULK_ID, b"no JSON", Code.MALFORMED),
    ] * 9
    codes, reasons = module.match_metas(
        [identifier for identifier, _, _ in pairs], [meta for _, meta, _ in pairs], threads
    )
    for code, (identifier, _, wanted) in zip(codes, pairs, strict=True):
        if wanted is None:  # somebody else's meta: the seed or the address differs
            assert code == Code.MISMATCH, identifier
        else:
            assert code == wanted, identifier
    assert sorted(reasons) == [index for index, code in enumerate(codes) if code]
    assert all(isinstance(reason, str) and reason for reason in reasons.values())
    assert module.match_metas([], [], threads) == (b"", {})


# -- documents ----------------------------------------------------------------------------------


def wrapped(data: Any, **wrapper: Any) -> bytes:
    """A document over ``data`` that nobody needs to have signed."""
    return as_json({"did": HULK_ID, "data": data, "signature": "AAAA", **wrapper})


@each_tier("prove_document")
@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        (wrapped('{"type": "profile", "time": 12.5}', type="x"), (HULK_ID, "profile", None, 12.5)),
        (wrapped('{"type": 3, "time": "12.5"}', type="x"), (HULK_ID, "x", None, 12.5)),
        (wrapped("{}"), (HULK_ID, "visa", None, None)),
        (wrapped("{}", did=f"{HULK_ID}/pad"), (f"{HULK_ID}/pad", "visa", "pad", None)),
        (wrapped("{}", did=f"{HULK_ID}/pad", terminal="*"), (f"{HULK_ID}/pad", "visa", None, None)),
        (wrapped("{}", terminal="pad"), (HULK_ID, "visa", "pad", None)),
        (wrapped("{}", terminal=""), (HULK_ID, "visa", None, None)),
        (wrapped("{}", did=ETH.lower()), (ETH, "visa", None, None)),
        (wrapped("{}", did=f"g@{NETWORKS[1]['address']}"),
         (f"g@{NETWORKS[1]['address']}", "bulletin", None, None)),
        (wrapped("{}", did=NETWORKS[1]["address"]), (NETWORKS[1]["address"], "visa", None, None)),
        # Claims that cannot be read are none; only proving refuses them.
        (wrapped("no JSON", type="x"), (HULK_ID, "x", None, None)),
        (wrapped("[1]", type="x"), (HULK_ID, "x", None, None)),
        (wrapped('{"type": "y", "time": -1}', type="x"), (HULK_ID, "y", None, None)),
        (wrapped('{"type": "y", "time": []}'), (HULK_ID, "y", None, None)),
        (wrapped('{"type": "y", "time": 1e999}'), (HULK_ID, "y", None, None)),
        (wrapped('{"x": ' * 65 + "0" + "}" * 65, type="x"), (HULK_ID, "x", None, None)),
    ],
)  # fmt: skip
def test_doc_4_what_a_document_claims(
    module: Any, document: bytes, wanted: tuple[str, str, str | None, float | None]
) -> None:
    data = json.loads(document)["data"]
    assert module.parse_document(document) == (*wanted, data, b"\0\0\0")


FORM = [
    (b"{", Code.MALFORMED),
    (wrapped("{}", did=None), Code.MALFORMED),
    (wrapped("{}", did=1), Code.MALFORMED),
    (wrapped(""), Code.MALFORMED),
    (wrapped({}), Code.MALFORMED),
    (wrapped("{}", signature=""), Code.MALFORMED),
    (wrapped("{}", signature="A"), Code.BAD_ENCODING),
    (wrapped("{}", signature=" "), Code.BAD_ENCODING),
    (wrapped("{}", did="nobody"), Code.BAD_ADDRESS),
    (wrapped("{}", did="nobody", signature="A"), Code.BAD_ENCODING),
]


@each_tier("prove_document")
@pytest.mark.parametrize(("document", "code"), FORM)
def test_doc_1_refusals(module: Any, document: bytes, code: Code) -> None:
    assert refused(lambda: module.parse_document(document)) is code
    key = accounts.signer("ECC").public_key
    found, reason = module.prove_document("ECC", key.data, document, NOW)
    assert (found, bool(reason)) == (code, True)


def signed(account: accounts.Account, data: str, **wrapper: Any) -> bytes:
    signature = accounts.b64(account.signer.sign(data.encode()))
    return as_json({"did": account.id, "data": data, "signature": signature, **wrapper})


@each_tier("prove_document")
@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_doc_2_and_3_proofs(module: Any, algorithm: str) -> None:
    account = accounts.account(algorithm)
    key = account.signer.public_key
    other = accounts.signer(algorithm, 1).public_key

    def prove(document: bytes, who: Any = key) -> int:
        code, reason = module.prove_document(algorithm, who.data, document, NOW)
        assert isinstance(reason, str)
        assert bool(reason) == bool(code)
        return int(code)

    good = signed(account, '{"time": 1700000000}')
    assert prove(good) == Code.OK
    assert prove(good.replace(b"1700000000", b"1700000001")) == Code.BAD_SIGNATURE
    assert prove(good, other) == Code.BAD_SIGNATURE
    assert prove(signed(account, '{"time": 1700000000}', did="anybody@anywhere")) == Code.OK
    assert prove(signed(account, "{}")) == Code.OK
    assert prove(signed(account, f'{{"time": {NOW + 1800}}}')) == Code.OK
    assert prove(signed(account, f'{{"time": {NOW + 1801}}}')) == Code.EXPIRED
    assert prove(signed(account, '{"time": -1}')) == Code.MALFORMED
    assert prove(signed(account, "no JSON")) == Code.MALFORMED
    deep = '{"x": ' * 65 + "0" + "}" * 65
    assert prove(signed(account, deep)) == Code.TOO_LARGE
    # The signature comes first: nothing that is not signed is read.
    assert prove(signed(account, deep), other) == Code.BAD_SIGNATURE


def store_of(module: Any, *members: accounts.Account) -> Any:
    store = module.KeyStore(None, False)
    for account in members:
        assert store.add_meta(account.id, as_json(account.meta))[0] == Code.OK
    return store


@each_tier("decode_batch")
@pytest.mark.parametrize("threads", [1, 0])
def test_doc_8_documents_in_a_batch(module: Any, threads: int) -> None:
    alice, bob = accounts.account("ECC"), accounts.account("ED25519", "bob", 1)
    stranger = accounts.account("RSA")
    store = store_of(module, alice, bob)
    assert store.add_document(as_json(alice.document(time=1_700_000_050)), NOW)[0] == Code.OK
    before = store.keys_for(alice.id)
    key = accounts.signer("RSA", 2).public_key
    forged = {**alice.document(), "data": '{"time": 1700000060}'}
    rows = [
        (as_json(alice.document(key, time=1_700_000_060)), Code.OK),
        # One that is newer stands in the same batch; it was not held as the call began.
        (as_json(alice.document(time=1_700_000_055)), Code.OK),
        (as_json(alice.document(time=1_700_000_049)), Code.EXPIRED),
        (as_json(alice.document(time=1_700_000_050)), Code.OK),
        (signed(alice, "{}"), Code.EXPIRED),
        (signed(bob, "{}"), Code.OK),
        (as_json(bob.document(time=NOW + 4000)), Code.EXPIRED),
        (as_json(stranger.document()), Code.UNKNOWN_SENDER),
        (as_json({**bob.document(), "did": f"eve@{bob.address}"}), Code.MISMATCH),
        (as_json({**bob.document(), "did": alice.id}), Code.BAD_SIGNATURE_ENCODING),
        (as_json(forged), Code.BAD_SIGNATURE),
        *FORM,
    ]
    for repeated in (1, 40):
        codes, reasons = store.verify_documents(
            [document for document, _ in rows] * repeated, NOW, threads
        )
        assert [Code(code) for code in codes] == [code for _, code in rows] * repeated
        assert sorted(reasons) == [index for index, code in enumerate(codes) if code]
    assert store.keys_for(alice.id) == before
    for document, code in rows:  # what adding it alone to such a store says
        fresh = store_of(module, alice, bob)
        fresh.add_document(as_json(alice.document(time=1_700_000_050)), NOW)
        assert fresh.add_document(document, NOW)[0] == code
    assert store.verify_documents([], NOW, threads) == (b"", {})


@each_tier("decode_batch")
@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_keys_come_with_their_bits(module: Any, algorithm: str) -> None:
    account = accounts.account(algorithm)
    visa_key = accounts.signer("RSA", 3).public_key
    store = store_of(module, account)
    assert store.add_document(as_json(account.document(visa_key)), NOW)[0] == Code.OK
    key = account.signer.public_key
    assert store.keys_for(account.id) == [
        ("RSA", visa_key.data, 1024),
        (algorithm, key.data, 1024 if algorithm == "RSA" else 256),
    ]


# -- extensions ---------------------------------------------------------------------------------


class Sum(registry.KeyAlgorithm):
    """No signature scheme: the "signature" is a digest of key and message."""

    names = ("TOY-SUM", "TOY")

    def parse(self, data: str) -> bytes:
        return bytes.fromhex(data)

    def bits(self, key: bytes) -> int:
        return 8 * len(key)

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        if signature == b"error":
            raise RuntimeError("verify")
        if signature == b"refuse":
            raise ValueError("verify")
        return signature == hashlib.sha256(key + message).digest()


class Tagged(registry.AddressType):
    """``toy:``, the network byte and 20 bytes of digest in hex of either case."""

    name = "toy"

    def parse(self, text: str) -> tuple[str, int, bytes] | None:
        if not text.startswith("toy:"):
            return None
        if text == "toy:error":
            raise RuntimeError("parse")
        data = bytes.fromhex(text[4:])
        return text.lower(), data[0], data[1:]


class OfKey(registry.MetaType):
    number = 200
    names = ("toy", "TOY")

    def address(self, key: bytes, fingerprint: bytes, network: int) -> str | None:
        if key == b"error":
            raise RuntimeError("address")
        return f"toy:{network:02x}{hashlib.sha256(key).digest()[:20].hex()}"


class OfBoth(OfKey):
    number = 201
    names = ()
    has_seed = True

    def address(self, key: bytes, fingerprint: bytes, network: int) -> str | None:
        return super().address(key + fingerprint, b"", network)


@pytest.fixture
def toys() -> Iterator[None]:
    rows: list[registry.Row] = [Sum(), Tagged(), OfKey(), OfBoth()]
    for row in rows:
        registry.register(row)
    yield
    for row in rows:
        registry.unregister(row)


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What went to ``sys.unraisablehook``."""
    found: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: found.append(str(report.exc_value)))
    return found


DIGEST = bytes(range(20))
TOY = f"toy:08{DIGEST.hex()}"


@each_tier("parse_public_key")
def test_ext_2_keys_parse(module: Any, toys: None, reported: list[Any]) -> None:
    for name in Sum.names:
        assert module.parse_public_key_mapping(name, "00ff") == ("TOY-SUM", b"\0\xff", 16)
    assert refused(lambda: module.parse_public_key_mapping("TOY", "zz")) is Code.BAD_KEY
    assert refused(lambda: module.parse_public_key_mapping("toy", "00")) is Code.UNSUPPORTED
    assert refused(lambda: module.parse_public_key("00ff")) is Code.BAD_KEY
    assert reported == []


@each_tier("parse_public_key")
@pytest.mark.parametrize(
    ("method", "answer"),
    [("parse", "text"), ("parse", None), ("parse", 7), ("bits", "text"), ("bits", None),
     ("bits", -1)],
)  # fmt: skip
def test_ext_1_an_answer_of_a_wrong_type_is_an_error(
    module: Any, toys: None, reported: list[Any], method: str, answer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(Sum, method, lambda self, argument: answer)
    assert refused(lambda: module.parse_public_key_mapping("TOY", "00")) is Code.BAD_KEY
    assert len(reported) == 1


@each_tier("verify_batch")
def test_ext_1_keys_verify(module: Any, toys: None, reported: list[Any]) -> None:
    key = module.VerifyKey("TOY-SUM", b"key")
    good = hashlib.sha256(b"key" + b"message").digest()
    signatures = [good, b"", good[1:], b"refuse", b"error", good + b"\0", good]
    codes = module.verify_batch(key, [b"message"] * 7, signatures, 1)
    assert list(codes) == [Code.OK, *[Code.BAD_SIGNATURE] * 5, Code.OK]
    assert reported == ["verify"]
    assert list(module.verify_batch([key, None] * 40, [b"message"] * 80, [good] * 80, 0)) == (
        [Code.OK, Code.BAD_KEY] * 40
    )
    assert key.verify(b"message", good) == Code.OK
    with pytest.raises(ValueError, match="TOY-NONE"):
        module.VerifyKey("TOY-NONE", b"key")


@each_tier("verify_batch")
@pytest.mark.parametrize("threads", [0, 1, 2, 1024])
def test_a_batch_that_was_announced_may_come_or_not(module: Any, threads: int) -> None:
    none = [None] * 300, [b"message"] * 300, [b"signature"] * 300
    for count in (0, 1, 300, 2**40):
        assert module.expect_batch(count, threads) is None
        assert list(module.verify_batch(*none, threads)) == [Code.BAD_KEY] * 300


@each_tier("parse_addresses")
def test_ext_2_addresses_parse(module: Any, toys: None, reported: list[Any]) -> None:
    texts = [TOY, TOY.upper().replace("TOY:", "toy:"), TOY[:-1], "toy:", "toy:error", HULK_ID[5:],
             TOY + " ", "toy:\u00e9", "anywhere", "tox:" + TOY[4:]]  # fmt: skip
    codes, networks, digests, numbers, numbers_le, canonical = module.parse_addresses(texts, 1)
    bad = int(Code.BAD_ADDRESS)
    assert list(codes) == [0, 0, bad, bad, bad, 0, bad, bad, 0, bad]
    assert networks == b"\x08\x08\0\0\0\x08\0\0\x80\0"
    assert digests[:40] == DIGEST * 2
    assert digests[40:100] == bytes(60)
    assert struct.unpack("<10I", numbers)[:3] == (0x10111213, 0x10111213, 0)
    assert struct.unpack("<10I", numbers_le)[:3] == (0x13121110, 0x13121110, 0)
    assert canonical == [TOY, TOY, None, None, None, HULK_ID[5:], None, None, "anywhere", None]
    assert "parse" in reported  # of the one text that makes an error; the others are quiet
    assert len([text for text in reported if text != "parse"]) == 1  # "toy:" has no network byte


@each_tier("parse_identifiers")
def test_ext_2_ids_with_registered_addresses(module: Any, toys: None, reported: list[Any]) -> None:
    upper = "toy:" + TOY[4:].upper()
    texts = [f"a@{upper}/pad", upper, "a@toy:error", *IDENTIFIERS]
    wanted = [(f"a@{TOY}/pad", "a", TOY, "pad", 8), (TOY, None, TOY, None, 8), None,
              *IDENTIFIERS.values()]  # fmt: skip
    assert module.parse_identifiers(texts, 1) == wanted
    assert module.parse_identifiers(texts * 30, 0) == wanted * 30


@each_tier("parse_identifier")
def test_ext_2_one_id_with_a_registered_address(module: Any, toys: None) -> None:
    assert module.parse_identifier(f"a@{TOY}/pad") == (f"a@{TOY}/pad", "a", TOY, "pad", 8)
    assert module.parse_identifier(f"a@{TOY}0") is None


@each_tier("route")
def test_ext_2_routes_of_registered_addresses(module: Any, toys: None) -> None:
    texts = ["nobody", f"a@{TOY}", HULK_ID]
    codes, networks, numbers, shards = module.route(texts, 1000)
    assert (list(codes), networks) == ([8, 0, 0], b"\0\x08\x08")
    number = 0x10111213
    assert struct.unpack("<3I", numbers)[:2] == (0, number)
    assert struct.unpack("<3I", shards)[:2] == (0, number % 1000)


class Answers(registry.AddressType):
    """Answers what it was told for texts that start with ``?``."""

    name = "answers"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def parse(self, text: str) -> Any:
        return self.answer(text) if text.startswith("?") else None


@each_tier("parse_addresses")
@pytest.mark.parametrize(
    ("answer", "is_report"),
    [
        (lambda text: ("anywhere", 8, DIGEST), False),
        (lambda text: (ETH, 0, DIGEST), False),
        (lambda text: ("?\u00e9\u00e9\u00e9", 8, DIGEST), False),
        (lambda text: ("?a@b", 8, DIGEST), False),
        (lambda text: ("?a/b", 8, DIGEST), False),
        (lambda text: ("?a b", 8, DIGEST), False),
        (lambda text: ("?ab", 8, DIGEST), False),
        (lambda text: ("?" * 65, 8, DIGEST), False),
        (lambda text: (text + "!", 8, DIGEST), False),  # never comes to rest
        (lambda text: ("nobody's", 8, DIGEST), False),  # parses to nothing
        (lambda text: ("?other", 8 if text == "?some" else 9, DIGEST), False),
        (lambda text: (text, 8, DIGEST[1:]), False),
        (lambda text: (text, 256, DIGEST), False),
        (lambda text: (text, -1, DIGEST), False),
        (lambda text: (text, 8), None),
        (lambda text: (text, 8, "x" * 20), True),
        (lambda text: (text, "8", DIGEST), True),
        (lambda text: (b"?some", 8, DIGEST), True),
        (lambda text: [text, 8, DIGEST], True),
        (lambda text: 7, True),
    ],
)  # fmt: skip
def test_ext_2_what_an_address_type_may_answer(
    module: Any, answer: Any, is_report: bool | None, reported: list[Any]
) -> None:
    row = Answers(answer)
    registry.register(row)
    try:
        codes, *_, canonical = module.parse_addresses(["?some", HULK_ID[5:]], 1)
    finally:
        registry.unregister(row)
    assert (list(codes), canonical) == ([Code.BAD_ADDRESS, Code.OK], [None, HULK_ID[5:]])
    if is_report is True:
        assert reported


@each_tier("parse_addresses")
def test_ext_2_types_are_asked_in_order_and_not_for_all_texts(
    module: Any, reported: list[Any]
) -> None:
    asked: list[str] = []

    class First(Answers):
        name = "first"

        def parse(self, text: str) -> Any:
            asked.append(text)
            if text == "?error":
                raise RuntimeError("first")
            return ("?first", 1, DIGEST) if text == "?first" else None

    rows = [First(None), Answers(lambda text: (text, 2, DIGEST))]
    texts = ["?first", "?second", "?error", "?a b", "?a@b", "?a/b", "?\u00e9?", "?\x7f??", "???",
             "?" * 65, "?" * 64, "anywhere", ETH, HULK_ID[5:]]  # fmt: skip
    for row in rows:
        registry.register(row)
    try:
        codes, networks, *_ = module.parse_addresses(texts, 1)
    finally:
        for row in rows:
            registry.unregister(row)
    assert sorted(set(asked)) == sorted(["?first", "?second", "?error", "?" * 64])
    bad = int(Code.BAD_ADDRESS)
    assert list(codes) == [0, 0, *[bad] * 8, 0, 0, 0, 0]
    assert networks[:3] == b"\1\2\0"  # an error refuses the text: the second is not asked
    assert networks[10] == 2
    assert reported == ["first"]


@each_tier("parse_addresses")
def test_ext_2_a_canonical_text_that_is_another_type_s_is_refused(module: Any) -> None:
    class First(Answers):
        name = "first"

    rows = [
        First(lambda text: (text, 1, DIGEST) if text == "?first" else None),
        Answers(lambda text: ("?first" if text == "?other" else "?mine", 2, DIGEST)),
    ]
    for row in rows:
        registry.register(row)
    try:
        codes, *_, canonical = module.parse_addresses(["?first", "?other", "?MINE", "?mine"], 1)
    finally:
        for row in rows:
            registry.unregister(row)
    assert list(codes) == [Code.OK, Code.BAD_ADDRESS, Code.OK, Code.OK]
    assert canonical == ["?first", None, "?mine", "?mine"]


def toy_meta(data: str, **fields: Any) -> bytes:
    return as_json({"type": 200, "key": {"algorithm": "TOY", "data": data}, **fields})


def toy_address(data: bytes, network: int = 8) -> str:
    return f"toy:{network:02x}{hashlib.sha256(data).digest()[:20].hex()}"


@each_tier("match_metas")
def test_ext_2_metas_match(module: Any, toys: None, reported: list[Any]) -> None:
    good, seed = toy_address(b"\0\xff"), "bob"
    fingerprint = hashlib.sha256(b"\0\xff" + seed.encode()).digest()
    with_seed = {"type": 201, "seed": seed, "fingerprint": accounts.b64(fingerprint)}
    bad_print = {**with_seed, "fingerprint": "AAAA"}
    rows: list[tuple[str, bytes, Code]] = [
        (good, toy_meta("00ff"), Code.OK),
        (toy_address(b"\0\xff", 9), toy_meta("00ff"), Code.OK),
        (f"{good}/pad", toy_meta("00ff", type="toy"), Code.OK),
        (f"name@{good}", toy_meta("00ff"), Code.MISMATCH),
        (good, toy_meta("00fe"), Code.MISMATCH),
        (HULK_ID[5:], toy_meta("00ff"), Code.MISMATCH),
        ("anywhere", toy_meta("00ff"), Code.MISMATCH),
        (good, toy_meta("zz"), Code.BAD_KEY),
        (good, toy_meta("00ff", key={"algorithm": "NONE", "data": ""}), Code.UNSUPPORTED),
        (good, toy_meta("00ff", seed="x"), Code.MALFORMED),
        (good, toy_meta("00ff", type=202), Code.UNSUPPORTED),
        (good, toy_meta(b"error".hex()), Code.MISMATCH),
        (f"{seed}@{toy_address(bytes((0, 255)) + fingerprint)}",
         toy_meta("00ff", **with_seed), Code.OK),
        (f"{seed}@{toy_address(bytes((0, 255)) + bytes(3))}",
         toy_meta("00ff", **bad_print), Code.BAD_SIGNATURE),
        (f"eve@{toy_address(bytes((0, 255)) + fingerprint)}",
         toy_meta("00ff", **with_seed), Code.MISMATCH),
        (f"{seed}@{good}", toy_meta("00ff", type=201), Code.MALFORMED),
        (ETH, toy_meta("04" + "00" * 64, type=4), Code.MISMATCH),
    ]  # fmt: skip
    codes, reasons = module.match_metas([row[0] for row in rows], [row[1] for row in rows], 0)
    assert [Code(code) for code in codes] == [code for _, _, code in rows]
    assert sorted(reasons) == [index for index, code in enumerate(codes) if code]
    assert reported == ["address"]
    assert module.parse_meta(toy_meta("00ff")) == (200, None, None)
    assert module.parse_meta(toy_meta("00ff", type="TOY")) == (200, None, None)
    assert module.parse_meta(toy_meta("00ff", **with_seed)) == (201, seed, fingerprint)


@each_tier("decode_batch")
def test_ext_1_a_registered_account_from_meta_to_message(module: Any, toys: None) -> None:
    key, address = b"\0\xff", toy_address(b"\0\xff")

    def sign(message: bytes) -> str:
        return accounts.b64(hashlib.sha256(key + message).digest())

    store = module.KeyStore(None, False)
    assert store.add_meta(address, toy_meta("00ff"))[0] == Code.OK
    assert store.addresses() == [address]
    data = '{"time": 1700000000}'
    document = {"did": address, "data": data, "signature": sign(data.encode())}
    assert store.add_document(as_json(document), NOW)[0] == Code.OK
    assert store.verify_documents([as_json(document)], NOW, 1) == (b"\0", {})
    assert store.keys_for(address) == [("TOY-SUM", key, 16)]
    frames = [
        as_json({"sender": sender, "receiver": HULK_ID, "data": "AAAA", "signature": signature})
        for sender, signature in (
            (address, sign(bytes(3))), (address, "AAAA"), (address[:-1], "AAAA"),
            ("toy:" + address[4:].upper(), sign(bytes(3))),
        )
    ]  # fmt: skip
    table = module.decode_batch(frames, 1)
    codes, _ = store.resolve(table).verify(NOW, 1)
    assert [Code(code) for code in codes] == [
        Code.OK, Code.BAD_SIGNATURE, Code.BAD_ADDRESS, Code.OK
    ]  # fmt: skip
    assert table.senders() == [address, address, None, address]


@each_tier("parse_addresses")
def test_ext_1_what_was_taken_back_is_unknown(module: Any) -> None:
    row = Tagged()
    for _ in range(2):
        registry.register(row)
        assert module.parse_addresses([TOY], 1)[0] == b"\0"
        registry.unregister(row)
        assert module.parse_addresses([TOY], 1)[0] == bytes([Code.BAD_ADDRESS])


# -- what the public layer asks -----------------------------------------------------------------


class Text(str):
    """Not exactly a ``str``."""


@each_tier("uniform")
@pytest.mark.parametrize(
    ("items", "kind", "size", "wanted"),
    [
        ([], bytes, None, True),
        ([], bytes, 3, True),
        ([b"abc", b"def"], bytes, None, True),
        ([b"abc", b"def"], bytes, 3, True),
        ([b"abc", b"defg"], bytes, 3, False),
        ([b"abc", bytearray(b"def")], bytes, None, False),
        ([b"abc", None], bytes, 3, False),
        (["abc", Text("def")], str, None, False),
        ([1, True], int, None, False),
        ([None], type(None), None, True),
    ],
)
def test_uniform_means_exactly_that_type(
    module: Any, items: list[Any], kind: type, size: int | None, wanted: bool
) -> None:
    assert module.uniform(items, kind, size) is wanted
