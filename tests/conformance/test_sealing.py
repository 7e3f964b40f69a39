"""semantics.md: seal-1 to seal-6, and the order of json-6, key-9 and key-10 in a sealed message."""

from __future__ import annotations

import base64
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from people import START, Person, changed, group_id, keyring_of, person, rsa

import data_sets
from dimp_fast import (
    ANY_STATION,
    ANYONE,
    EVERY_STATION,
    EVERYONE,
    CipherKeys,
    Code,
    DimError,
    Envelope,
    Identifier,
    InstantMessage,
    Keyring,
    LocalUser,
    PrivateKey,
    ReliableMessage,
    SecureMessage,
    SymmetricKey,
    decode,
    encode,
    open_batch,
    open_message,
    seal,
    seal_batch,
    split_for_members,
    split_for_terminals,
    verify_messages,
)
from dimp_fast import cipher_keys as cipher_keys_module

UNIT = "decode_batch"

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
ALICE, BOB, CAROL, ROB, RITA, NED = map(person, ("alice", "bob", "carol", "rob", "rita", "ned"))
EVERYBODY = (ALICE, BOB, CAROL, ROB, RITA, NED)
CONTENT = {"type": 1, "sn": 42, "time": START, "text": "Grüße, 孟 \U0001f600 \x7f/"}
CREW = group_id()


def post(to: Any = BOB.id, content: Any = None, **options: Any) -> ReliableMessage:
    keyring = options.pop("keyring", None) or keyring_of(*EVERYBODY)
    sender = options.pop("sender", ALICE)
    return seal(content or CONTENT, sender=sender.user(), receivers=to, keyring=keyring, **options)


def refused(code: Code, *arguments: Any, **options: Any) -> str:
    with pytest.raises(DimError) as error:
        post(*arguments, **options)
    assert error.value.code is code
    return error.value.reason


def key_of(message: ReliableMessage, name: str, private: PrivateKey) -> dict[str, Any]:
    opened = private.decrypt(base64.b64decode(message.keys[name]))
    assert opened is not None
    mapping: dict[str, Any] = json.loads(opened)
    return mapping


# -- what is in a sealed message ---------------------------------------------------------------


def test_seal_2_content_then_cipher_then_signature(tier: str) -> None:
    message = post(time=START + 0.5)
    assert (message.sender, message.receiver, message.time) == (ALICE.id, BOB.id, START + 0.5)
    assert ALICE.meta.key.verify(message.data, message.signature)
    assert set(message.keys) == {str(BOB.id)}
    text = BOB.visa_keys[None].decrypt(base64.b64decode(message.keys[str(BOB.id)]))
    assert text is not None
    mapping = json.loads(text)
    assert list(mapping) == ["algorithm", "data"]
    assert text == json.dumps(mapping).encode()
    key = SymmetricKey.parse(mapping)
    assert key.bits == 256
    fields = message.to_dict()
    assert key.decrypt(message.data, fields) == json.dumps(CONTENT).encode()


def test_seal_1_fields_stand_in_the_order_of_the_reference(tier: str) -> None:
    reference = list(VECTORS["msg.reliable"].output)
    assert list(post().to_dict()) == reference
    assert post().to_dict()["type"] == 1
    assert "type" not in post(content={"text": "of no type"}).to_dict()
    assert post(content={"type": "136"}).to_dict()["type"] == "136"
    assert "type" not in post(content={"type": 1.5}).to_dict()


def test_seal_2_the_iv_and_the_key_are_new_for_every_message(tier: str) -> None:
    messages, verdicts = seal_batch(
        [CONTENT] * 20, sender=ALICE.user(), receivers=[BOB.id] * 20, keyring=keyring_of(BOB)
    )
    assert verdicts.all_ok()
    fields = [message.to_dict() for message in messages if message is not None]
    assert len({mapping["IV"] for mapping in fields}) == 20
    assert len({mapping["data"] for mapping in fields}) == 20
    keys = [
        key_of(message, str(BOB.id), BOB.visa_keys[None])["data"]
        for message in messages
        if message is not None
    ]
    assert len(set(keys)) == 20


def test_seal_2_an_object_with_to_dict_is_a_content(tier: str) -> None:
    class Text:
        def to_dict(self) -> dict[str, Any]:
            return CONTENT

    message = post(content=Text())
    assert open_message(message, users=BOB.user(), keyring=keyring_of(ALICE)).content == CONTENT


def test_seal_1_attachments_are_fields_and_not_signed(tier: str) -> None:
    message = post(attachments={"meta": ALICE.meta, "visa": ALICE.visas[0], "SDT": 5, "x": [None]})
    fields = message.to_dict()
    assert fields["meta"] == ALICE.meta.to_dict()
    assert fields["visa"] == ALICE.visas[0].to_dict()
    assert (fields["SDT"], fields["x"]) == (5, [None])
    # With them, somebody who does not know the sender reads it.
    assert open_message(message, users=BOB.user(), keyring=Keyring()).content == CONTENT


@pytest.mark.parametrize("name", ["sender", "data", "keys", "IV", "signature", "content", "D", "K"])
def test_seal_1_attachments_take_no_place_of_another_field(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        post(attachments={name: "x"})


# -- seal-3: for whom a key is sealed ----------------------------------------------------------


def test_seal_3_the_visa_key_comes_before_the_meta_key(tier: str) -> None:
    message = post(RITA.id)
    sealed = base64.b64decode(message.keys[str(RITA.id)])
    text = RITA.visa_keys[None].decrypt(sealed)
    assert text is not None
    assert json.loads(text)["algorithm"] == "AES"
    assert RITA.identity.decrypt(sealed) != text


def test_seal_3_the_meta_key_where_there_is_no_other(tier: str) -> None:
    message = post(ROB.id)
    assert key_of(message, str(ROB.id), ROB.identity)["algorithm"] == "AES"


def test_seal_3_an_entry_for_each_terminal_and_one_for_the_bare_id(tier: str) -> None:
    message = post(CAROL.id)
    pad, phone = (f"{CAROL.id}/{terminal}" for terminal in ("pad", "phone"))
    assert list(message.keys) == [str(CAROL.id), phone, pad]
    same = key_of(message, pad, CAROL.visa_keys["pad"])
    assert key_of(message, phone, CAROL.visa_keys["phone"]) == same
    # The bare ID has the key of the newest, for there is no document without a terminal.
    assert key_of(message, str(CAROL.id), CAROL.visa_keys["phone"]) == same


def test_seal_3_the_document_without_a_terminal_has_the_bare_id(tier: str) -> None:
    both = Person("both", PrivateKey.generate("ECC"), {None: rsa(1), "pad": rsa(2)})
    message = post(both.id, keyring=keyring_of(both))
    assert list(message.keys) == [str(both.id), f"{both.id}/pad"]
    assert key_of(message, str(both.id), rsa(1)) == key_of(message, f"{both.id}/pad", rsa(2))


def test_seal_3_bundles_of_the_reference_are_named_alike(tier: str) -> None:
    """keys.bundle.encode: what has a terminal is called ID/terminal, the rest by the bare ID."""
    expected = VECTORS["keys.bundle.encode"].output
    hulk = Identifier.parse(VECTORS["keys.bundle.encode"].input["receiver"])
    person = Person("hulk", PrivateKey.generate("ECC"), {None: rsa(1), "pc": rsa(2), "x": rsa(3)})
    names = post(person.id, keyring=keyring_of(person)).keys
    ours = {name.replace(str(person.id), str(hulk)) for name in names}
    assert ours == set(expected)


def test_seal_3_a_receiver_without_a_key_is_named(tier: str) -> None:
    assert str(NED.id) in refused(Code.BAD_KEY, NED.id)
    stranger = person("eve")
    assert str(stranger.id) in refused(Code.BAD_KEY, stranger.id)
    reason = refused(Code.BAD_KEY, [BOB.id, NED.id], group=CREW)
    assert str(NED.id) in reason
    # Under another name the address is not known either.
    refused(Code.BAD_KEY, f"bobby@{BOB.id.address}")


def test_seal_3_a_loader_is_asked_for_receivers(tier: str) -> None:
    asked = []

    def load(address: str) -> Any:
        asked.append(address)
        known = {one.id.address: one for one in EVERYBODY}.get(address)
        return known and (known.meta.to_dict(), [visa.to_dict() for visa in known.visas])

    keyring = Keyring(max_accounts=2, loader=load)
    members = [BOB.id, CAROL.id, ROB.id, RITA.id]
    message = post(members, keyring=keyring, group=CREW)
    assert {name.partition("/")[0] for name in message.keys} == {str(one) for one in members}
    assert asked == [one.address for one in members]
    assert keyring.encryption_keys(NED.id) == []
    assert keyring.encryption_keys(NED.id) == []
    assert asked.count(NED.id.address) == 1, "an account that is held is not loaded again"
    assert keyring.encryption_keys(person("eve").id) == []


def test_seal_3_terminals_that_are_none(tier: str) -> None:
    keyring = keyring_of(ALICE)
    wrapper = ALICE.visas[0].to_dict()
    for time, terminal in enumerate(("a b", "a/b", "x" * 200, "*", "/", "")):
        fresh = ALICE.visa(rsa(time), None, START + 10 + time).to_dict() | {"terminal": terminal}
        assert keyring.add_document(fresh) is Code.OK
        assert keyring.encryption_keys(ALICE.id) == [(None, rsa(time).public_key)]
    assert keyring.add_document(wrapper) is Code.EXPIRED
    newest = ALICE.visa(rsa(9), "pad", START + 20)
    assert keyring.add_document(newest) is Code.OK
    assert keyring.encryption_keys(ALICE.id)[0] == ("pad", rsa(9).public_key)
    with pytest.raises(DimError) as error:
        keyring.encryption_keys("nobody")
    assert error.value.code is Code.BAD_ADDRESS


# -- seal-4: keys that serve again -------------------------------------------------------------


def test_seal_4_a_key_serves_its_direction_again(tier: str) -> None:
    store = CipherKeys()
    first, second, third = (post(cipher_keys=store) for _ in range(3))
    assert set(first.keys) == {str(BOB.id), "digest"}
    key = SymmetricKey.parse(key_of(first, str(BOB.id), BOB.visa_keys[None]))
    assert first.keys["digest"] == key.digest
    assert second.keys == third.keys == {"digest": key.digest}
    assert key.decrypt(third.data, third.to_dict()) == json.dumps(CONTENT).encode()
    ivs = {message.to_dict()["IV"] for message in (first, second, third)}
    assert len(ivs) == 3
    # Another direction has another key: to somebody else, from somebody else, to a group.
    others = [
        post(CAROL.id, cipher_keys=store),
        post(sender=CAROL, cipher_keys=store),
        post(cipher_keys=store, group=CREW),
    ]
    digests = {message.keys["digest"] for message in others}
    assert all(len(message.keys) > 1 for message in others)
    assert len(digests | {key.digest}) == 4
    assert post(cipher_keys=store).keys == {"digest": key.digest}
    assert len(store) == 4


def test_seal_4_without_a_store_no_key_serves_twice_and_none_is_told(tier: str) -> None:
    assert "digest" not in post().keys


def test_seal_4_a_key_has_an_age_and_a_number_of_uses(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_new(store: CipherKeys) -> bool:
        return len(post(cipher_keys=store).keys) > 1

    store = CipherKeys(max_uses=2)
    assert [is_new(store) for _ in range(6)] == [True, False] * 3
    assert all(is_new(CipherKeys(max_uses=1)) for _ in range(2))

    now = START
    monkeypatch.setattr(cipher_keys_module.time, "time", lambda: now)
    week = CipherKeys()
    assert is_new(week)
    now += 7 * 24 * 3600 - 1
    assert not is_new(week)
    now += 1
    assert is_new(week)
    assert not is_new(week)
    assert week.rotate(ALICE.id, BOB.id)
    assert not week.rotate(ALICE.id, BOB.id)
    assert is_new(week)
    week.clear()
    assert len(week) == 0
    assert is_new(week)


def test_seal_4_new_readers_and_new_keys_of_theirs_take_a_new_key(tier: str) -> None:
    keyring, store = keyring_of(*EVERYBODY), CipherKeys()

    def is_new(*members: Person) -> bool:
        ids = [member.id for member in members]
        message = post(ids, keyring=keyring, group=CREW, cipher_keys=store)
        return len(message.keys) > 1

    assert is_new(BOB, CAROL)
    assert not is_new(CAROL, BOB), "the order does not matter"
    assert is_new(BOB, CAROL, ROB), "who joined has no old key"
    assert is_new(BOB, CAROL), "who left has the old one"
    assert not is_new(BOB, CAROL, ALICE), "the sender is no receiver"
    assert keyring.add_document(BOB.visa(rsa(77), None, START + 50)) is Code.OK
    assert is_new(BOB, CAROL), "a new visa of one of them"
    assert not is_new(BOB, CAROL)


def test_seal_4_a_key_that_did_not_go_out_is_not_used_again(tier: str) -> None:
    store = CipherKeys()
    refused(Code.TOO_LARGE, content={"type": 1, "text": "x" * (12 << 20)}, cipher_keys=store)
    assert len(store) == 0
    assert len(post(cipher_keys=store).keys) == 2


def test_seal_4_keys_that_came_are_never_sealed_with(tier: str) -> None:
    store, came = CipherKeys(), SymmetricKey.generate()
    store.hold(ALICE.id, BOB.id, came)
    message = post(cipher_keys=store)
    assert len(message.keys) == 2
    assert message.keys["digest"] != came.digest


def test_seal_4_the_store_is_bounded(tier: str) -> None:
    store = CipherKeys(max_keys=3)
    for number in range(10):
        sender = f"user{number}@{ALICE.id.address}"
        store.hold(sender, BOB.id, SymmetricKey.generate())
        store._went_out((sender, str(BOB.id)), b"", SymmetricKey.generate())
    assert len(store) == 6
    assert not store._held((f"user6@{ALICE.id.address}", str(BOB.id)), None)
    assert store._held((f"user7@{ALICE.id.address}", str(BOB.id)), None)
    # One sender cannot push out the others.
    crowded = CipherKeys(max_keys=100)
    crowded.hold(BOB.id, ALICE.id, SymmetricKey.generate())
    for _ in range(200):
        crowded.hold(CAROL.id, ALICE.id, SymmetricKey.generate())
    assert len(crowded) == 1 + cipher_keys_module.KEYS_A_DIRECTION
    assert crowded._held((str(BOB.id), str(ALICE.id)), None)


def test_key_11_no_secret_leaves_by_accident() -> None:
    store, key = CipherKeys(), SymmetricKey.generate()
    store.hold(ALICE.id, BOB.id, key)
    user = ALICE.user()
    secret = key.to_dict(secret=True)["data"]
    assert secret not in repr(store) + repr(vars(cipher_keys_module)) + repr(user)
    assert repr(user) == f"<LocalUser {ALICE.id}, 1 keys that decrypt>"
    for thing in (store, user):
        with pytest.raises(TypeError):
            pickle.dumps(thing)
    with pytest.raises(ValueError, match="PLAIN"):
        store.hold(ALICE.id, BOB.id, SymmetricKey.generate("PLAIN"))
    with pytest.raises(TypeError, match="SymmetricKey"):
        store.hold(ALICE.id, BOB.id, b"key")  # type: ignore[arg-type]


def test_seal_4_threads_share_a_store(tier: str) -> None:
    keyring, sent, held = keyring_of(*EVERYBODY), CipherKeys(max_uses=3), CipherKeys()

    def work(_: int) -> list[ReliableMessage]:
        return [post(keyring=keyring, cipher_keys=sent) for _ in range(20)]

    with ThreadPoolExecutor(4) as pool:
        messages = [message for some in pool.map(work, range(4)) for message in some]
    assert len({message.to_dict()["IV"] for message in messages}) == 80
    opened, verdicts = open_batch(messages, users=BOB.user(), keyring=keyring, cipher_keys=held)
    # More keys at a time than are held of one direction: what they sealed is not read.
    assert set(verdicts) <= {Code.OK, Code.UNREADABLE}
    for message, one in zip(messages, opened, strict=True):
        if str(BOB.id) in message.keys:
            assert one is not None
            assert one.content == CONTENT
    assert len(held) == cipher_keys_module.KEYS_A_DIRECTION


@pytest.mark.parametrize(
    "options", [{"max_keys": 0}, {"max_age": 0}, {"max_age": float("nan")}, {"max_uses": 0}]
)
def test_seal_4_limits_are_positive(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        CipherKeys(**options)
    with pytest.raises(TypeError, match=next(iter(options))):
        CipherKeys(**dict.fromkeys(options, "many"))


# -- seal-5: groups, and copies ----------------------------------------------------------------


def test_seal_5_one_message_for_all_members(tier: str) -> None:
    message = post([ALICE.id, BOB.id, CAROL.id, BOB.id, ROB.id], group=CREW)
    assert (message.receiver, message.group) == (CREW, CREW)
    names = {name.partition("/")[0] for name in message.keys}
    assert names == {str(one.id) for one in (BOB, CAROL, ROB)}, "the sender needs no key"
    assert len(message.keys) == 5
    for member in (BOB, CAROL, ROB):
        opened = open_message(message, users=member.user(), keyring=keyring_of(ALICE))
        assert opened.content == CONTENT
        assert opened.group == CREW


def test_seal_5_one_member_is_addressed_in_person(tier: str) -> None:
    message = post([ALICE.id, BOB.id], group=CREW)
    assert (message.receiver, message.group) == (BOB.id, CREW)


def test_seal_5_who_cannot_be_written_to(tier: str) -> None:
    assert "group" in refused(Code.BAD_ADDRESS, [BOB.id, CAROL.id])
    assert "nobody" in refused(Code.BAD_ADDRESS, [])
    assert "nobody" in refused(Code.BAD_ADDRESS, [ALICE.id], group=CREW)
    refused(Code.BAD_ADDRESS, CREW)
    refused(Code.BAD_ADDRESS, [BOB.id, CREW], group=CREW)
    refused(Code.BAD_ADDRESS, [BOB.id, EVERYONE], group=CREW)
    refused(Code.BAD_ADDRESS, BOB.id, group=CAROL.id)
    refused(Code.BAD_ADDRESS, "nobody")
    refused(Code.BAD_ADDRESS, BOB.id, group="nobody")
    # To oneself, at another login point, is fine.
    assert open_message(post(ALICE.id), users=ALICE.user(), keyring=keyring_of(ALICE))


def test_seal_5_copies_for_members(tier: str) -> None:
    message = post([BOB.id, CAROL.id, ROB.id], group=CREW, attachments={"x": 1})
    copies = split_for_members(message)
    assert [copy.receiver for copy in copies] == [BOB.id, CAROL.id, ROB.id]
    for copy, member in zip(copies, (BOB, CAROL, ROB), strict=True):
        fields = copy.to_dict()
        assert "keys" not in fields
        assert fields["key"] == message.keys[str(member.id)]
        assert (copy.group, fields["x"]) == (CREW, 1)
        assert (copy.data, copy.signature) == (message.data, message.signature)
        opened = open_message(copy, users=member.user(), keyring=keyring_of(ALICE))
        assert opened.content == CONTENT
    [only] = split_for_members(message, [CAROL.id.with_terminal("pad"), ALICE.id])
    assert only.receiver == CAROL.id
    with pytest.raises(ValueError, match="group"):
        split_for_members(post())
    with pytest.raises(TypeError, match="ReliableMessage"):
        split_for_members(message.to_dict())  # type: ignore[arg-type]


def test_seal_5_copies_of_a_message_with_a_key_that_serves_again(tier: str) -> None:
    store, members = CipherKeys(), [BOB.id, CAROL.id]
    first, second = (post(members, group=CREW, cipher_keys=store) for _ in range(2))
    assert split_for_members(second) == []
    held = CipherKeys()
    [copy, _] = split_for_members(first)
    options: dict[str, Any] = {"users": BOB.user(), "keyring": keyring_of(ALICE)}
    assert open_message(copy, cipher_keys=held, **options).content == CONTENT
    [copy, other] = split_for_members(second, members)
    assert copy.keys == other.keys == {"digest": second.keys["digest"]}
    assert open_message(copy, cipher_keys=held, **options).content == CONTENT


def test_seal_5_twenty_members_in_the_split_form(tier: str) -> None:
    members = [person(f"member{number}") for number in range(20)]
    keyring = keyring_of(*members)
    message = post([one.id for one in members], keyring=keyring, group=CREW)
    copies = split_for_members(message)
    users = [one.user() for one in members]
    opened, verdicts = open_batch(copies, users=users, keyring=keyring_of(ALICE))
    assert verdicts.all_ok()
    assert [one.receiver for one in opened if one is not None] == [one.id for one in members]
    assert all(one is not None and one.content == CONTENT for one in opened)


def test_seal_5_copies_for_terminals(tier: str) -> None:
    message = post(CAROL.id)
    copies = split_for_terminals(message)
    assert [copy.to_dict()["rcpt"] for copy in copies] == list(message.keys)
    for copy in copies:
        rcpt = copy.to_dict()["rcpt"]
        assert copy.keys == {rcpt: message.keys[rcpt]}
        assert copy.receiver == CAROL.id
    pad = copies[2]
    assert open_message(pad, users=CAROL.user("pad"), keyring=keyring_of(ALICE)).content == CONTENT
    old = changed(message, keys=None, key=message.keys[str(CAROL.id)])
    [copy] = split_for_terminals(old)
    assert copy.to_dict() == old.to_dict() | {"rcpt": str(CAROL.id)}
    with pytest.raises(DimError) as error:
        split_for_terminals(message, ["a b"])
    assert error.value.code is Code.BAD_ADDRESS


def test_seal_5_the_split_of_the_reference_without_its_phantom(tier: str) -> None:
    """msg.split: the reference takes the terminal "/" for a place of its own, and sends twice."""
    vector = VECTORS["msg.split"]
    published = VECTORS["msg.reliable"].output
    names = vector.input["keys"]
    texts = {name: base64.b64encode(text.encode()).decode() for name, text in names.items()}
    message = decode(encode(published | {"keys": texts}))
    copies = split_for_terminals(message, vector.input["terminals"])
    found = [{"rcpt": copy.to_dict()["rcpt"], "keys": copy.keys} for copy in copies]
    expected = [
        {"rcpt": copy["rcpt"], "keys": {name: texts_of(copy, name) for name in copy["keys"]}}
        for copy in vector.output
        if not copy["rcpt"].endswith("//")
    ]
    assert len(expected) == 3
    assert found == expected


def texts_of(copy: dict[str, Any], name: str) -> str:
    return base64.b64encode(copy["keys"][name].encode()).decode()


# -- seal-6: broadcast -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "group", "receiver"),
    [
        (EVERYONE, None, EVERYONE),
        (ANYONE, None, ANYONE),
        (ANY_STATION, EVERY_STATION, ANY_STATION),
        (BOB.id, EVERY_STATION, BOB.id),
        ([BOB.id, NED.id], EVERYONE, EVERYONE),
        ([], EVERYONE, EVERYONE),
    ],
)
def test_seal_6_broadcasts_are_plain_and_signed(
    tier: str, to: Any, group: Identifier | None, receiver: Identifier
) -> None:
    message = post(to, group=group, keyring=Keyring(), cipher_keys=CipherKeys())
    fields = message.to_dict()
    assert (message.receiver, message.group) == (receiver, group)
    assert fields["data"] == json.dumps(CONTENT)
    assert not {"keys", "key", "IV"} & set(fields)
    assert ALICE.meta.key.verify(fields["data"].encode(), message.signature)
    assert open_message(message, users=[], keyring=keyring_of(ALICE)).content == CONTENT


# -- what cannot be sealed ---------------------------------------------------------------------


def test_seal_2_contents_that_json_cannot_say(tier: str) -> None:
    for content in (
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": 10**400},
        {"x": "\ud800"},
        {"\udfff": 1},
        {"x": b"bytes"},
        {"x": object()},
    ):
        refused(Code.MALFORMED, content=content)
    deep: Any = 1
    for _ in range(63):
        deep = [deep]
    assert post(content={"x": deep})
    refused(Code.TOO_LARGE, content={"x": [deep]})
    refused(Code.MALFORMED, time=float("nan"))
    refused(Code.MALFORMED, time=-1.0)
    refused(Code.MALFORMED, content={"type": 2**63})


def test_seal_2_a_batch_gives_each_its_code(tier: str) -> None:
    rows: list[tuple[Any, Any, Any, Code]] = [
        (CONTENT, BOB.id, None, Code.OK),
        ({"x": float("nan")}, BOB.id, None, Code.MALFORMED),
        (CONTENT, NED.id, None, Code.BAD_KEY),
        (CONTENT, "nobody", None, Code.BAD_ADDRESS),
        (CONTENT, [BOB.id, CAROL.id], CREW, Code.OK),
        (CONTENT, [BOB.id, CAROL.id], None, Code.BAD_ADDRESS),
        ({"x": "x" * (12 << 20)}, BOB.id, None, Code.TOO_LARGE),
        (CONTENT, EVERYONE, None, Code.OK),
    ]
    contents, receivers, groups, codes = map(list, zip(*rows, strict=True))
    messages, verdicts = seal_batch(
        contents,
        sender=ALICE.user(),
        receivers=receivers,
        groups=groups,
        keyring=keyring_of(*EVERYBODY),
        time=START,
    )
    assert list(verdicts) == codes
    assert [message is not None for message in messages] == [code == Code.OK for code in codes]
    assert str(NED.id) in verdicts.reason(2)
    frames = [encode(message) for message in messages if message is not None]
    assert verify_messages(frames, keyring_of(ALICE))[1].all_ok()


def test_json_5_at_most_4096_entries(tier: str) -> None:
    """Names are counted before anything is encrypted for them."""

    class Crowd(Keyring):
        def encryption_keys(self, identifier: Any) -> Any:
            return [(None, BOB.visa_keys[None].public_key)]

    everyone = [Identifier.create(f"n{number}", BOB.id.address) for number in range(4096)]
    assert "4096" in refused(Code.TOO_LARGE, everyone, keyring=Crowd(), group=CREW)
    assert len(post(everyone[:4095], keyring=Crowd(), group=CREW).keys) == 4095
    digested = post(everyone[:4095], keyring=Crowd(), group=CREW, cipher_keys=CipherKeys())
    assert len(digested.keys) == 4096


def test_seal_arguments_of_wrong_types() -> None:
    keyring, user = keyring_of(BOB), ALICE.user()
    for options, name in [
        ({"sender": ALICE}, "sender"),
        ({"keyring": {}}, "keyring"),
        ({"cipher_keys": {}}, "cipher_keys"),
        ({"time": "now"}, "time"),
        ({"time": True}, "time"),
        ({"receivers": 5}, "receivers"),
        ({"receivers": [5]}, "receivers"),
        ({"group": 5}, "group"),
        ({"attachments": []}, "attachments"),
    ]:
        arguments: dict[str, Any] = {"sender": user, "receivers": BOB.id, "keyring": keyring}
        with pytest.raises(TypeError, match=name):
            seal(CONTENT, **(arguments | options))
    with pytest.raises(TypeError, match="content"):
        seal("text", sender=user, receivers=BOB.id, keyring=keyring)
    batch: dict[str, Any] = {"sender": user, "keyring": keyring}
    with pytest.raises(TypeError, match=r"contents\[1\]"):
        seal_batch([CONTENT, 5], receivers=[BOB.id] * 2, **batch)
    with pytest.raises(TypeError, match=r"receivers\[1\]"):
        seal_batch([CONTENT] * 2, receivers=[BOB.id, 5], **batch)
    with pytest.raises(TypeError, match="receivers"):
        seal_batch([CONTENT], receivers=BOB.id, **batch)
    with pytest.raises(ValueError, match="unequal"):
        seal_batch([CONTENT], receivers=[BOB.id] * 2, **batch)
    with pytest.raises(ValueError, match=r"attachments\[0\]"):
        seal_batch([CONTENT], receivers=[BOB.id], attachments=[{"data": ""}], **batch)


def test_local_users_have_keys_that_do_what_they_are_for() -> None:
    for identifier in (CREW, EVERYONE, "nobody"):
        with pytest.raises(DimError) as error:
            LocalUser(identifier, ALICE.identity)
        assert error.value.code is Code.BAD_ADDRESS
    with pytest.raises(DimError) as error:
        LocalUser(ALICE.id, ALICE.identity, [rsa(1), ALICE.identity])
    assert (error.value.code, "[1]" in error.value.reason) == (Code.UNSUPPORTED, True)
    with pytest.raises(TypeError, match=r"decrypt_keys\[0\]"):
        LocalUser(ALICE.id, ALICE.identity, [("pad", "key")])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="private_key"):
        LocalUser(ALICE.id, ALICE.identity.public_key)  # type: ignore[arg-type]
    user = LocalUser(ROB.id, ROB.identity, [rsa(1), ("pad", rsa(2)), ("pc", rsa(3))])
    assert list(user.decrypt_keys("pc")) == [rsa(3), rsa(1), rsa(2), ROB.identity]
    assert list(user.decrypt_keys(None)) == [rsa(1), ROB.identity, rsa(2), rsa(3)]


# -- seal-1: levels ----------------------------------------------------------------------------


def test_seal_1_an_instant_message_from_a_mapping(tier: str) -> None:
    mapping = {
        "sender": str(ALICE.id), "receiver": str(BOB.id), "time": "12.5", "zz": [1, {"a": None}],
        "content": {"type": 1, "text": "hi"}, "G": str(CREW),
    }  # fmt: skip
    message = InstantMessage.parse(mapping)
    assert (message.sender, message.receiver, message.time) == (ALICE.id, BOB.id, 12.5)
    assert message.group == message.envelope.group == CREW
    assert message.content is message.fields["content"]
    assert list(message.to_dict()) == [*list(mapping)[:-1], "group"]
    copy = message.to_dict()
    copy["content"]["text"] = "changed"
    assert message.content == mapping["content"]
    assert message == InstantMessage.parse(message.to_dict())
    assert "hi" not in repr(message)
    with pytest.raises(TypeError):
        message.fields["zz"] = 1  # type: ignore[index]
    with pytest.raises(AttributeError):
        message.content = {}  # type: ignore[misc]
    for change, code in [
        ({"content": None}, Code.MALFORMED),
        ({"content": "text"}, Code.MALFORMED),
        ({"data": "AAAA"}, Code.MALFORMED),
        ({"V": "AAAA"}, Code.MALFORMED),
        ({"time": -1}, Code.MALFORMED),
        ({"sender": "nobody"}, Code.BAD_ADDRESS),
    ]:
        with pytest.raises(DimError) as error:
            InstantMessage.parse(mapping | change)
        assert error.value.code is code, change
    with pytest.raises(TypeError, match="mapping"):
        InstantMessage.parse("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="parse"):
        InstantMessage()


def test_seal_1_a_secure_message_is_one_without_its_signature(tier: str) -> None:
    message = post(attachments={"zz": 1})
    secure = SecureMessage.of(message)
    fields = message.to_dict()
    del fields["signature"]
    assert secure.to_dict() == dict(secure.fields) == fields
    assert secure.data == message.data
    assert secure.keys == message.keys
    assert SecureMessage.parse(fields) == secure
    assert secure.envelope == Envelope.of(message) == Envelope.parse(message.to_dict())
    assert ALICE.meta.key.verify(secure.data, message.signature)
    with pytest.raises(DimError) as error:
        SecureMessage.parse(message.to_dict())
    assert error.value.code is Code.MALFORMED
    with pytest.raises(DimError) as error:
        SecureMessage.parse(fields | {"data": "?"})
    assert error.value.code is Code.BAD_ENCODING


def test_seal_1_envelopes(tier: str) -> None:
    envelope = Envelope(ALICE.id.with_terminal("pad"), BOB.id, time=1.5, group=CREW)
    assert Envelope.parse(envelope.to_dict()) == envelope
    assert len({envelope, Envelope.parse(envelope.to_dict())}) == 1
    assert envelope.direction == (str(ALICE.id), str(CREW))
    assert not envelope.is_broadcast
    assert Envelope.parse({"F": str(ALICE.id)}) == Envelope(ALICE.id)
    assert Envelope(ALICE.id).receiver == ANYONE
    assert Envelope(ALICE.id).is_broadcast
    assert Envelope(ALICE.id).to_dict() == {"sender": str(ALICE.id), "receiver": str(ANYONE)}
    shouting = Envelope(ALICE.id, BOB.id, group=EVERYONE)
    assert shouting.is_broadcast
    assert shouting.direction == (str(ALICE.id), str(BOB.id))
