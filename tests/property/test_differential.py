"""All tiers that are here, on random and mutated input: one verdict, the same bytes.

The Python tier is the reference; a faster one that differs from it is wrong, or the rule is
(docs/semantics.md).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import codec_fuzz
from dimp_fast import AccountFolder, _dispatch

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FRAMES = [
    frame for frame in (EXAMPLES / "messages.jsonl").read_bytes().splitlines() if len(frame) < 4096
]
TIERS = [tier for tier in _dispatch.TIERS if tier not in _dispatch.current().absent()]
MODULES: dict[str, Any] = {tier: _dispatch.current().load(tier) for tier in TIERS}

pytestmark = pytest.mark.skipif(len(TIERS) < 2, reason="only the Python tier is here")


def agree(unit: str, run: Callable[[Any], Any]) -> Any:
    """Run on each tier that has ``unit``; all must give what the Python tier gives."""
    expected = _outcome(run, MODULES["python"])
    for tier in _dispatch.UNITS[unit]:
        if tier in MODULES:
            assert _outcome(run, MODULES[tier]) == expected, tier
    return expected


def _outcome(run: Callable[[Any], Any], tier: Any) -> Any:
    try:
        return run(tier)
    except ValueError as error:
        return type(error).__mro__[-4].__name__, error.args[0]


ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ADDRESSES = ["4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj", "0x3E9003153d9A39D3f57B126b0c38513D5e289c3E",
             "anywhere", "everywhere", "1111111111111111111114oLvT2"]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, source: st.SearchStrategy[Any]) -> Any:
    """A text or bytes with a few characters changed, cut out or put in."""
    value = draw(source)
    pieces = st.text(max_size=3) if isinstance(value, str) else st.binary(max_size=3)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(value)))
        end = draw(st.integers(start, min(start + 3, len(value))))
        value = value[:start] + draw(pieces) + value[end:]
    return value


addresses = st.one_of(
    mutated(st.sampled_from(ADDRESSES)),
    st.text(ALPHABET, min_size=20, max_size=40),
    st.text(max_size=45),
    st.from_regex(r"\A0x[0-9a-fA-F]{40}\Z"),
    st.sampled_from([a.swapcase() for a in ADDRESSES]),
)


@given(st.lists(addresses, max_size=20))
def test_parse_addresses(texts: list[str]) -> None:
    agree("parse_addresses", lambda tier: tier.parse_addresses(texts, 1))


@given(st.lists(st.binary(max_size=300), max_size=40), st.integers(0, 255))
def test_derive_addresses(fingerprints: list[bytes], network: int) -> None:
    found = agree(
        "derive_addresses", lambda tier: tier.derive_addresses(fingerprints, bytes((network,)), 1)
    )
    codes, networks, *_ = MODULES[TIERS[0]].parse_addresses(found, 1)
    assert codes == bytes(len(found))
    assert networks == bytes((network,)) * len(found)


@given(st.lists(st.binary(min_size=64, max_size=64), max_size=20))
def test_derive_eth_addresses(points: list[bytes]) -> None:
    agree("derive_eth_addresses", lambda tier: tier.derive_eth_addresses(points, 1))


identifiers = st.builds(
    lambda name, address, terminal: name + address + terminal,
    st.one_of(st.just(""), st.text(max_size=10).map(lambda t: t + "@")),
    addresses,
    st.one_of(st.just(""), st.text(max_size=10).map(lambda t: "/" + t)),
)


@given(st.one_of(identifiers, mutated(identifiers)))
def test_parse_identifier(text: str) -> None:
    agree("parse_identifier", lambda tier: tier.parse_identifier(text))


@given(st.lists(st.one_of(identifiers, mutated(identifiers)), max_size=10), st.integers(1, 40))
def test_parse_identifiers(texts: list[str], repeated: int) -> None:
    texts *= repeated
    agree("parse_identifiers", lambda tier: tier.parse_identifiers(texts, 0))


@given(st.binary(max_size=600), st.integers(0, 255))
def test_format_addresses(digests: bytes, network: int) -> None:
    digests = digests[: len(digests) // 20 * 20]
    networks = bytes((network + row) % 256 for row in range(len(digests) // 20))
    for chosen in (networks, bytes((network,))):
        agree(
            "format_addresses", lambda tier, chosen=chosen: tier.format_addresses(digests, chosen)
        )


parts = st.none() | st.text(max_size=10)


@given(st.lists(st.tuples(parts, st.text(max_size=10) | addresses, parts), max_size=10))
def test_join_identifiers(rows: list[tuple[str | None, str, str | None]]) -> None:
    columns = [[row[i] for row in rows] for i in range(3)]
    agree("join_identifiers", lambda tier: tier.join_identifiers(*columns))


@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_number_texts(numbers: list[int]) -> None:
    column = b"".join(number.to_bytes(4, "little") for number in numbers)
    found = agree("number_texts", lambda tier: tier.number_texts(column))
    assert [int(text.replace("-", "")) for text in found] == numbers


@given(st.binary(max_size=300))
def test_digests(data: bytes) -> None:
    agree("digests", lambda tier: (tier.sha256(data), tier.keccak256(data), tier.ripemd160(data)))


@given(st.binary(max_size=128), st.data())
def test_base58(payload: bytes, data: st.DataObject) -> None:
    text = agree("base58", lambda tier: tier.base58_encode(payload))
    text = data.draw(mutated(st.just(text)))[:256]
    agree("base58", lambda tier: tier.base58_decode(text))


@given(st.binary(max_size=200), st.data())
def test_base64(payload: bytes, data: st.DataObject) -> None:
    text = agree("base64", lambda tier: tier.base64_encode(payload))
    text = data.draw(mutated(st.just(text)) | st.text("AB+/=-_ \n\0\xa0", max_size=12))
    agree("base64", lambda tier: tier.base64_decode(text))


@given(
    st.lists(st.one_of(identifiers, mutated(identifiers)), max_size=10), st.integers(1, 2**32 - 1)
)
def test_route(texts: list[str], shards: int) -> None:
    agree("route", lambda tier: tier.route(texts, shards))


def _key_sources() -> list[str | bytes]:
    import data_sets

    cases = [*data_sets.rsa_keys(), *data_sets.ecdsa_keys(), *data_sets.ed25519_keys()]
    return [source for case in cases for source in case.sources if len(source) < 600]


KEYS = _key_sources()


@given(mutated(st.sampled_from(KEYS)))
def test_parse_public_key(source: str | bytes) -> None:
    agree("parse_public_key", lambda tier: tier.parse_public_key(source))


@given(
    st.sampled_from(["RSA", "ECC", "ED25519", "AES", "SHA256withRSA"]),
    mutated(st.sampled_from([key for key in KEYS if isinstance(key, str)])),
)
def test_parse_public_key_mapping(algorithm: str, data: str) -> None:
    agree("parse_public_key", lambda tier: tier.parse_public_key_mapping(algorithm, data))


def _signatures() -> list[Any]:
    import data_sets

    return [
        case
        for source in (data_sets.rsa1024, data_sets.ecdsa_edge, data_sets.ed25519_edge)
        for case in source()
        if case.code != "BAD_KEY"
    ]


SIGNATURES = _signatures()


@given(st.data())
def test_verify_batch(data: st.DataObject) -> None:
    cases = data.draw(st.lists(st.sampled_from(SIGNATURES), max_size=12))
    messages = [case.message for case in cases]
    signatures = [data.draw(mutated(st.just(case.signature))) for case in cases]

    def run(tier: Any) -> bytes:
        parsed = [tier.parse_public_key(case.key_der)[:2] for case in cases]
        keys = [tier.VerifyKey(*key) for key in parsed]
        codes: bytes = tier.verify_batch(keys, messages, signatures, 1)
        return codes

    agree("verify_batch", run)


def decoded(tier: Any, frames: list[bytes]) -> Any:
    return codec_fuzz.seen(tier.decode_batch(frames, 1))


@given(st.lists(mutated(st.sampled_from(FRAMES)), min_size=1, max_size=6))
def test_decode_mutated_examples(frames: list[bytes]) -> None:
    agree("decode_batch", lambda tier: decoded(tier, frames))


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
        st.text(), st.integers(10**300, 10**320),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip
NAMES = ["sender", "receiver", "time", "type", "group", "keys", "key", "IV", "data", "signature",
         "meta", "visa", "from", "rcpt", "traces", *"FRWTGKDVMP", "x"]  # fmt: skip
TEXTS = ["AAAA", "A", "", "anyone@anywhere", "x@everywhere", *ADDRESSES, "data:;base64,AAAA", "1.5"]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(
            st.sampled_from(TEXTS), json_values,
            st.dictionaries(st.text(max_size=4), st.sampled_from(TEXTS), max_size=3),
        ),
    ),
    st.booleans(),
)  # fmt: skip
def test_decode_made_up_messages(extra: dict[str, Any], ascii_only: bool) -> None:
    base = {"sender": ADDRESSES[0], "data": "AAAA", "signature": "AAAA"}
    text = json.dumps({**base, **extra}, ensure_ascii=ascii_only)
    frame = text.encode("utf-8", "surrogatepass")
    agree("decode_batch", lambda tier: decoded(tier, [frame]))


@given(
    st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=3)), json_values),
    st.booleans(),
)
@example({"x": "\ud800"}, False)
@example({"x": [1e16, 1e-7, 5e-324, -0.0, 2**64, 1e22, 123456789012345680.0]}, False)
def test_encode(extra: dict[str, Any], short: bool) -> None:
    base = {"sender": ADDRESSES[0], "data": "AAAA", "signature": "AAAA"}
    found = agree("encode", lambda tier: tier.encode({**base, **extra}, short))
    if isinstance(found, bytes) and not short:
        assert found == json.dumps({**base, **extra}).encode()


@given(
    mutated(st.sampled_from(FRAMES)),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(st.sampled_from(TEXTS), st.none(), st.binary(max_size=3), json_values),
        max_size=4,
    ),
)
def test_retarget(frame: bytes, fields: dict[str, Any]) -> None:
    agree("retarget", lambda tier: tier.retarget(frame, fields))
    agree("retarget", lambda tier: tier.retarget_batch([frame, b"{", frame], fields, 1)[1][0])


SOAK = int(os.environ.get("DIMP_FAST_SOAK", "6000"))
"""Mutated frames in all; a million take some minutes."""


@pytest.mark.parametrize("seed", range(3))
def test_codec_on_mutated_frames(seed: int) -> None:
    codes = codec_fuzz.compare(MODULES, rounds=-(-SOAK // codec_fuzz.BATCH // 3), seed=seed)
    assert min(codes[0], codes[7], codes[9]) > 100
    assert codes[8] > 20


def _account_files() -> list[tuple[str, bytes, list[bytes]]]:
    folder = AccountFolder(EXAMPLES / "accounts")
    found = [(address, folder(address)) for address in sorted(folder.addresses())]
    return [(address, *files) for address, files in found if files is not None]


ACCOUNTS = _account_files()


def _meta_keys(address: str, meta: bytes) -> list[tuple[str, bytes]]:
    """The meta key, if the meta is sound."""
    store = MODULES["python"].KeyStore(None, False)
    store.load([(address, meta, [])], 1.8e9, 1)
    return [key[:2] for key in store.keys_for(_id(address, meta))]


def _id(address: str, meta: bytes) -> str:
    try:
        seed = json.loads(meta).get("seed")
    except (ValueError, AttributeError):
        return address  # one of the examples that are broken on purpose
    return f"{seed}@{address}" if seed else address


@given(st.data())
def test_check_and_load_mutated_accounts(data: st.DataObject) -> None:
    address, meta, documents = data.draw(st.sampled_from(ACCOUNTS))
    meta = data.draw(mutated(st.just(meta)))
    documents = [data.draw(mutated(st.just(document))) for document in documents[:2]]

    def run(tier: Any) -> Any:
        store = tier.KeyStore(None, False)
        [((code, _), rows)] = store.load([(address, meta, documents)], 1.8e9, 1)
        keys = [store.keys_for(f"{name}@{address}") for name in ("alice", "bob")]
        codes = store.verify_documents(documents, 1.8e9, 1)[0]
        return code, [row[0] for row in rows], len(store), keys, store.keys_for(address), codes

    agree("decode_batch", run)


@given(st.data())
def test_match_mutated_metas(data: st.DataObject) -> None:
    accounts = data.draw(st.lists(st.sampled_from(ACCOUNTS), min_size=1, max_size=6))
    metas = [data.draw(mutated(st.just(meta))) for _, meta, _ in accounts]
    texts = [data.draw(mutated(st.just(_id(address, meta)))) for address, meta, _ in accounts]
    agree("match_metas", lambda tier: tier.match_metas(texts, metas, 0)[0])
    for meta in metas:
        agree("match_metas", lambda tier, meta=meta: tier.parse_meta(meta))


SIGNED = [
    (key, document)
    for address, meta, documents in ACCOUNTS
    for key in _meta_keys(address, meta)
    for document in documents
]


@given(st.sampled_from(SIGNED), st.data(), st.sampled_from([1.6e9, 1.8e9]))
def test_prove_mutated_documents(
    signed: tuple[tuple[str, bytes], bytes], data: st.DataObject, now: float
) -> None:
    key, document = signed
    document = data.draw(mutated(st.just(document)))
    agree("prove_document", lambda tier: tier.parse_document(document))
    agree("prove_document", lambda tier: tier.prove_document(*key, document, now)[0])


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=12), st.data())
def test_verdicts_on_mutated_examples(frames: list[bytes], data: st.DataObject) -> None:
    frames = [data.draw(mutated(st.just(frame))) for frame in frames]

    def run(tier: Any) -> tuple[bytes, list[str]]:
        store = tier.KeyStore(None, True)
        resolution = store.resolve(tier.decode_batch(frames, 1))
        missing = resolution.missing()
        resolution.load([a for a in ACCOUNTS if a[0] in missing], 1.8e9, 1)
        return resolution.verify(1.8e9, 1)[0], sorted(missing)

    agree("decode_batch", run)
