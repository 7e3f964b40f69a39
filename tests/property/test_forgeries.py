"""No change to a meta, an ID or a document that changes what it means is accepted (META-4, DOC-2).

Every field is changed, in every account there is: characters, bits, JSON types, fields of others.
What may change without harm, because it is not signed or is only another spelling, is listed below
and held to that: it must stay accepted, and must change nothing that a reader may believe.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import accounts
import pytest
from accounts import b64
from hypothesis import given, settings
from hypothesis import strategies as st

from dimp_fast import (
    Code,
    DimError,
    Document,
    Identifier,
    Keyring,
    Meta,
    PublicKey,
    _dispatch,
    match_metas,
    verify_documents,
)

ACCOUNTS = [
    accounts.account("RSA", "alice", 1),
    accounts.account("ECC", "alice", 1),
    accounts.account("ED25519", "alice", 1),
    accounts.account("RSA", None, 2),
    accounts.account("ECC", None, 2),
    accounts.account("ED25519", None, 2),
    accounts.account("ECC", None, 4),
]
OTHERS = [
    accounts.account(algorithm, "alice", 1, number=1) for algorithm in accounts.ALGORITHMS
] + [accounts.account("ECC", None, number, number=1) for number in (2, 4)]
VISAS = {
    account.id: account.document(
        accounts.signer("ECC", 2).public_key, name="Alice 孟", time=1_700_000_000.5, level=3
    )
    for account in ACCOUNTS
}
OTHER_VISAS = [other.document(name="Bob") for other in OTHERS]
TIERS = [tier for tier in _dispatch.TIERS if tier not in _dispatch.current().absent()]
META_TIERS = [tier for tier in TIERS if tier in _dispatch.UNITS["match_metas"]]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

each_account = pytest.mark.parametrize(
    "account", ACCOUNTS, ids=lambda one: f"{one.signer.algorithm}-{one.meta['type']}"
)

half_as_often = settings(max_examples=settings.default.max_examples // 2)
"""There are seven accounts: each test runs that often."""


@pytest.fixture(params=META_TIERS, autouse=True)
def tier(request: pytest.FixtureRequest) -> Iterator[str]:
    settings = _dispatch.current().settings._replace(backend=request.param, require=())
    old = _dispatch.use(_dispatch.Dispatcher(settings))
    try:
        yield request.param
    finally:
        _dispatch.use(old)


def test_what_is_changed_is_accepted_before() -> None:
    metas, identifiers = [one.meta for one in ACCOUNTS], [one.id for one in ACCOUNTS]
    assert match_metas(metas, identifiers).all_ok()
    assert verify_documents(list(VISAS.values()), keyring_of(*ACCOUNTS)).all_ok()


# -- changes ------------------------------------------------------------------------------------

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.just([]),
    st.just({}), st.just(b""), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """A text with some characters changed, cut out or put in."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 3, len(text))))
        put = draw(st.one_of(st.text(max_size=3), st.sampled_from(["0", "1", " ", "=", "/", "\n"])))
        text = text[:start] + put + text[end:]
    return text


@st.composite
def rebuilt(draw: st.DrawFn, encoded: str) -> str:
    """Base64 of changed bytes: bits, length, the other S of an ECDSA signature, zeros in front."""
    data = bytearray(base64.b64decode(encoded))
    how = draw(st.sampled_from(["bit", "cut", "more", "zero", "front", "twin", "swap"]))
    at = draw(st.integers(0, len(data) - 1))
    if how == "bit":
        data[at] ^= 1 << draw(st.integers(0, 7))
    elif how == "cut":
        del data[at : at + draw(st.integers(1, 3))]
    elif how == "more":
        data[at:at] = draw(st.binary(min_size=1, max_size=3))
    elif how == "zero":
        data[:0] = bytes(draw(st.integers(1, 3)))
    elif how == "front":
        del data[:1]
    elif how == "twin":
        data = bytearray(twin_of(bytes(data)) or data[::-1])
    else:
        data[: len(data) // 2], data[len(data) // 2 :] = (
            data[len(data) // 2 :],
            data[: len(data) // 2],
        )
    return b64(bytes(data))


def twin_of(signature: bytes) -> bytes | None:
    """The ECDSA signature (r, n - s) beside (r, s); None for what is none."""
    from dimp_fast._py import der

    try:
        pair = der.Reader(signature).sequence()
        r, s = pair.unsigned(), pair.unsigned()
    except (ValueError, IndexError):
        return None
    body = b"".join(_integer(value) for value in (r, ORDER - s))
    return b"\x30" + bytes((len(body),)) + body


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes((len(data),)) + data


@st.composite
def changed(draw: st.DrawFn, mapping: dict[str, Any], others: list[dict[str, Any]]) -> Any:
    """A mapping in which one field was changed: by hand, by type, or for somebody else's."""
    changed = copy.deepcopy(mapping)
    if not changed:
        return changed
    name = draw(st.sampled_from(sorted(changed)))
    value = changed[name]
    how = draw(st.sampled_from(["by hand", "by hand", "by hand", "type", "drop", "swap"]))
    if how == "drop":
        del changed[name]
    elif how == "type":
        changed[name] = draw(JUNK)
    elif how == "swap":
        changed[name] = draw(st.sampled_from(others)).get(name)
    else:
        changed[name] = draw(by_hand(name, value, [one.get(name) for one in others]))
    return changed


def by_hand(name: str, value: Any, others: list[Any]) -> st.SearchStrategy[Any]:
    if isinstance(value, dict):
        return changed(value, [one if isinstance(one, dict) else {} for one in others])
    if not isinstance(value, str):
        return JUNK
    ways = [edited(value), st.just(value.swapcase())]
    if name in ("signature", "fingerprint") and _is_base64(value):
        ways.append(rebuilt(value))
    if name == "data" and _is_object(value):
        ways.append(reworded(value))
    return st.one_of(ways)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@st.composite
def reworded(draw: st.DrawFn, data: str) -> str:
    """The text of ``data`` with other properties, or the same in other words."""
    properties = json.loads(data)
    how = draw(st.sampled_from(["property", "spelling", "time"]))
    if how == "property":
        return json.dumps(draw(changed(properties, [{}])), default=str)
    if how == "time":
        return json.dumps({**properties, "time": draw(st.floats(0, 2e9))})
    separators = draw(st.sampled_from([(",", ":"), (", ", ":"), (" ,", ": ")]))
    return json.dumps(properties, ensure_ascii=draw(st.booleans()), separators=separators)


# -- metas and IDs ------------------------------------------------------------------------------


def meaning(meta: Meta) -> tuple[Any, ...]:
    """What a meta says, in whatever words."""
    key = meta.key
    data = key.point if key.algorithm == "ECC" else key.data
    return meta.type, meta.seed, meta.fingerprint, key.algorithm, data


def accepts(meta: Any, identifier: str) -> bool:
    """Whether a meta is accepted for an ID; every way to ask gives one answer."""
    verdict = match_metas([meta], [identifier], threads=1)[0]
    assert Keyring().add_meta(identifier, meta) is verdict
    try:
        parsed = Meta.parse(meta)
    except DimError:
        parsed = None
    assert (verdict is Code.OK) == (parsed is not None and parsed.matches(identifier))
    return verdict is Code.OK


@each_account
@half_as_often
@given(st.data())
def test_metas(account: accounts.Account, data: st.DataObject) -> None:
    others = [other.meta for other in OTHERS]
    meta = data.draw(changed(account.meta, others))
    if data.draw(st.booleans()):
        meta = data.draw(changed(meta, others))
    if accepts(meta, account.id):
        assert meaning(Meta.parse(meta)) == meaning(Meta.parse(account.meta))


@pytest.mark.parametrize("tier", TIERS, indirect=True)  # IDs are parsed by all of them
@each_account
@half_as_often
@given(st.data())
def test_ids(account: accounts.Account, data: st.DataObject) -> None:
    identifier = data.draw(
        st.one_of(
            edited(account.id),
            st.sampled_from([other.id for other in OTHERS]),
            st.just(account.id.swapcase()),
            st.text(max_size=3).map(lambda name: f"{name}@{account.address}"),
            st.text(max_size=3).map(lambda terminal: f"{account.id}/{terminal}"),
            st.text(max_size=3).map(lambda text: account.id + text),
        )
    )
    if accepts(account.meta, identifier):
        found = Identifier.parse(identifier)
        assert found.is_same_as(Identifier.parse(account.id))
        assert Meta.parse(account.meta).generate_id(found.network, found.terminal) == found


@pytest.mark.parametrize("account", ACCOUNTS[:3], ids=accounts.ALGORITHMS)
def test_no_bit_of_a_fingerprint_may_change(account: accounts.Account) -> None:
    fingerprint = base64.b64decode(account.meta["fingerprint"])
    forged = [{**account.meta, "fingerprint": b64(other)} for other in flipped(fingerprint)]
    assert not match_metas(forged, [account.id] * len(forged)).ok.any()
    # Nor for the ID that it would make itself: then the signature is wrong.
    made = [Meta.parse(meta).generate_id(0) for meta in forged]
    assert not match_metas(forged, made).ok.any()


def flipped(data: bytes) -> list[bytes]:
    """Each with one bit changed."""
    number, size = int.from_bytes(data, "big"), len(data)
    return [(number ^ 1 << bit).to_bytes(size, "big") for bit in range(8 * size)]


@each_account
def test_the_fields_of_others(account: accounts.Account) -> None:
    """META-4: whatever is taken over from somebody else's meta, also all but one field."""
    for other in [*OTHERS, *ACCOUNTS]:
        if other is account:
            continue
        for name in {*account.meta, *other.meta}:
            for base, part in ((account.meta, other.meta), (other.meta, account.meta)):
                mixed = {**base, name: part.get(name)}
                if accepts(mixed, account.id):
                    assert meaning(Meta.parse(mixed)) == meaning(Meta.parse(account.meta))
                assert not accepts(mixed, "bob@" + account.address)


# By design no part of what a meta says: another field, another spelling, another login point.
def harmless_metas(account: accounts.Account) -> Iterator[tuple[dict[str, Any], str]]:
    meta, key = account.meta, account.meta["key"]
    names = {"1": "mkm", "2": "btc", "4": "eth"}
    number = meta["type"]
    yield {**meta, "extra": [1, {"a": None}]}, account.id
    yield {**meta, "type": int(number)}, account.id
    yield {**meta, "type": names[number]}, account.id
    yield {**meta, "type": None, "version": names[number].upper()}, account.id
    yield {**meta, "version": 99}, account.id  # type is asked first (META-1)
    yield {**meta, "key": {**key, "keySize": 5, "mode": None, "digest": "MD5"}}, account.id
    yield {**meta, "key": PublicKey.parse(key).to_dict()}, account.id
    yield meta, f"{account.id}/pad"
    if account.signer.algorithm == "ECC" and number == "1":
        # The address is made of the fingerprint; how the key is hashed does not matter here.
        yield {**meta, "key": {**key, "compressed": 1}}, account.id
    if "fingerprint" in meta:
        yield {**meta, "fingerprint": "data:;base64," + meta["fingerprint"]}, account.id
        yield {**meta, "fingerprint": meta["fingerprint"].replace("", " ")}, account.id
    if number != "4":
        # One meta has an ID on each network; all of them belong to its key.
        for network in (8, 16, 136):
            yield meta, str(Meta.parse(meta).generate_id(network))


@each_account
def test_what_a_meta_does_not_say(account: accounts.Account) -> None:
    cases = list(harmless_metas(account))
    assert len(cases) > 7
    for meta, identifier in cases:
        assert accepts(meta, identifier), (meta, identifier)
        assert meaning(Meta.parse(meta)) == meaning(Meta.parse(account.meta))


@pytest.mark.parametrize("number", [2, 4])
def test_a_key_that_is_hashed_otherwise_has_another_address(number: int) -> None:
    account = accounts.account("ECC", None, number)
    assert not accepts({**account.meta, "key": {**account.meta["key"], "compressed": 1}},
                       account.id)  # fmt: skip


# -- documents ----------------------------------------------------------------------------------


def keyring_of(*known: accounts.Account) -> Keyring:
    keyring = Keyring()
    for account in known:
        keyring.add_meta(account.id, account.meta)
    return keyring


def verdict_on(account: accounts.Account, source: Any) -> Code:
    """The verdict on a document, by every way to ask."""
    keyring = keyring_of(account)
    verdict = verify_documents([source], keyring, threads=1)[0]  # adds none (DOC-8)
    assert keyring.add_document(source) is verdict
    try:
        document = Document.parse(source)
    except DimError:
        assert verdict is not Code.OK
        return verdict
    is_signed = document.verify(account.signer.public_key)
    if not is_signed:
        with pytest.raises(DimError):
            _ = document.properties
    if verdict not in (Code.UNKNOWN_SENDER, Code.MISMATCH):  # signed or not, in another's name
        assert is_signed == (verdict is Code.OK)
    return verdict


def expect_harmless(account: accounts.Account, source: dict[str, Any]) -> None:
    """A document that is accepted says what was signed, of whom it was signed."""
    visa = VISAS[account.id]
    document = Document.parse(source)
    assert document.did.is_same_as(Identifier.parse(account.id))
    assert source["data"] == visa["data"]
    assert document.verify(account.signer.public_key)
    assert document.properties == json.loads(visa["data"])
    assert (document.type, document.time) == ("visa", 1_700_000_000.5)
    assert document.key == accounts.signer("ECC", 2).public_key
    given, signature = (base64.b64decode(one["signature"].split(",")[-1]) for one in (source, visa))
    if given != signature:
        is_short = account.signer.algorithm == "RSA" and given == signature.lstrip(b"\0")
        assert is_short or given == twin_of(signature)  # WIRE-1, ECDSA-2


@each_account
@half_as_often
@given(st.data())
def test_documents(account: accounts.Account, data: st.DataObject) -> None:
    source = data.draw(changed(VISAS[account.id], OTHER_VISAS))
    if data.draw(st.booleans()):
        source = data.draw(changed(source, OTHER_VISAS))
    if verdict_on(account, source) is Code.OK:
        expect_harmless(account, source)


@pytest.mark.parametrize("account", ACCOUNTS[:3], ids=accounts.ALGORITHMS)
def test_no_bit_of_a_document_may_change(account: accounts.Account) -> None:
    visa = VISAS[account.id]
    signature = base64.b64decode(visa["signature"])
    forged = [{**visa, "signature": b64(other)} for other in flipped(signature)]
    for at, character in enumerate(visa["data"]):
        for other in {chr(ord(character) ^ 1), " ", "", character * 2} - {character}:
            changed_data = visa["data"][:at] + other + visa["data"][at + 1 :]
            forged.append({**visa, "data": changed_data})
    assert not verify_documents(forged, keyring_of(account)).ok.any()


@each_account
def test_documents_of_others(account: accounts.Account) -> None:
    """Somebody else's document, signature or data under one's own name, and the other way round."""
    keyring = keyring_of(account, *OTHERS)
    visa = VISAS[account.id]
    for theirs in OTHER_VISAS:
        for name in ("did", "data", "signature"):
            assert keyring.add_document({**visa, name: theirs[name]}) is not Code.OK
            assert keyring.add_document({**theirs, name: visa[name]}) is not Code.OK


# By design not signed: the wrapper. What it says of type and terminal may be anybody's, so that
# nothing but the place in a list depends on it (DOC-3, DOC-4).
HARMLESS: list[dict[str, Any]] = [
    {"terminal": "pad"}, {"terminal": "*"}, {"terminal": 5}, {"type": "profile"}, {"type": None},
    {"type": 5}, {"ID": "anybody"}, {"ID": None}, {"extra": [1, 2.5, None]}, {"time": 5},
    {"key": {"algorithm": "RSA", "data": ""}}, {"name": "Mallory"},
]  # fmt: skip


@each_account
def test_what_is_not_signed(account: accounts.Account) -> None:
    visa = VISAS[account.id]
    cases = [{**visa, **change} for change in HARMLESS]
    cases.append({**visa, "did": f"{account.id}/pad"})
    cases.append({"ID" if name == "did" else name: value for name, value in visa.items()})
    cases.append({**visa, "signature": "data:;base64," + visa["signature"]})
    cases.append({**visa, "signature": visa["signature"].replace("", "\n")})
    if account.signer.algorithm == "ECC":
        twin = twin_of(base64.b64decode(visa["signature"]))
        assert twin is not None
        cases.append({**visa, "signature": b64(twin)})
    if account.meta["type"] == "4":
        cases.append({**visa, "did": account.id.lower()})
    for source in cases:
        assert verdict_on(account, source) is Code.OK, source
        expect_harmless(account, source)
