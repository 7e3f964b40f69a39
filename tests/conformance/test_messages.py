"""semantics.md: json-1 to json-6, base64-1 to base64-3, msg-1 to msg-10, wire-1. Framing and
re-targeting have modules of their own."""

from __future__ import annotations

import base64
import copy
import json
import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import accounts
import pytest
from accounts import b64, frame

import data_sets
from dimp_fast import (
    Code,
    DimError,
    Identifier,
    Keyring,
    MessageBatch,
    PublicKey,
    ReliableMessage,
    Verdicts,
    decode,
    decode_batch,
    derive_addresses,
    derive_eth_addresses,
    encode,
    verify_messages,
)

UNIT = "decode_batch"
EVERY_LEVEL = True

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HULK = VECTORS["meta.doc.hulk"].output["id"]
MOKI = VECTORS["meta.doc.moki"].output["id"]
BASE: dict[str, Any] = {
    "sender": MOKI, "receiver": HULK, "time": 1.5, "type": 1, "data": "AAAA", "signature": "AAAA",
}  # fmt: skip


def code_of(text: bytes) -> Code:
    """The verdict on one frame; the single and the batch form must agree, and give a reason."""
    batch = decode_batch([text], threads=1)
    code = batch.verdicts[0]
    if code is Code.OK:
        decode(text)
    else:
        assert batch.verdicts.reason(0)
        with pytest.raises(DimError) as error:
            decode(text)
        assert error.value.code is code
        assert error.value.reason == batch.verdicts.reason(0)
        assert batch.sender == [None]
        assert batch.receiver == [None]
        assert math.isnan(batch.time[0])
        assert batch.type[0] == -1
    return code


def changed(**fields: Any) -> bytes:
    return frame({**BASE, **fields})


def without(*names: str, **fields: Any) -> bytes:
    kept = {name: value for name, value in BASE.items() if name not in names}
    return frame({**kept, **fields})


def raw(*members: str) -> bytes:
    """BASE with members given as JSON text, appended."""
    text = json.dumps(BASE)[:-1] + "".join(f", {member}" for member in members) + "}"
    return text.encode("utf-8", "surrogatepass")


# -- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [b"", b" ", b"{", b"}", b"{}", b"[]", b"null", b"1", b'"x"', b"[[[", b"\xff", b"\xef\xbb\xbf{}",
     b"{'sender': 1}", b'{"sender"}', b'{"sender":}', b'{"a": 1,}', b"{,}", b'{"a" 1}', b"nul",
     b'{"a": tru}', b'{"a": 01}', b'{"a": 1.}', b'{"a": .5}', b'{"a": +1}', b'{"a": 1e}',
     b'{"a": -}', b'{"a": 0x1}', b'{"a": "\\x41"}', b'{"a": "\\u12g4"}', b'{"a": "\\u123"}'],
)  # fmt: skip
def test_json_1_not_an_object(tier: str, text: bytes) -> None:
    assert code_of(text) is Code.MALFORMED


@pytest.mark.parametrize(
    "member",
    ['"x": NaN', '"x": Infinity', '"x": -Infinity', '"x": "\x01"', '"x": "\n"', '"x": "\x00"',
     r'"x": "\ud800"', r'"x": "\udc00"', r'"x": "\udc00\ud800"', r'"x": "\ud800\u0041"',
     r'"x": "\ud800x\udc00"', r'"x": "\ud800\ud800\udc00"', r'"x": [{"y": "\uDBFF"}]',
     r'"\ud800": 1', r'"x": {"\udfff": 1}', r'"x": "\ud800\n\udc00"', '"x": "\ud800"', "x: 1",
     '"x": undefined', '"x": 1 2', '"x": [1,]', '"x": [,1]', '"x": {"a": 1,}', '"x": "\\"'],
)  # fmt: skip
def test_json_1_faults_in_a_field_that_nobody_reads(tier: str, member: str) -> None:
    assert code_of(raw(member)) is Code.MALFORMED


@pytest.mark.parametrize("tail", [b"x", b"{}", b",", b"\0", b"\xc2\xa0", b"\xef\xbb\xbf"])
def test_json_1_nothing_but_space_after_the_object(tier: str, tail: bytes) -> None:
    assert code_of(changed() + b" \t\r\n") is Code.OK
    assert code_of(b" \t\r\n" + changed()) is Code.OK
    assert code_of(changed() + tail) is Code.MALFORMED
    assert code_of(tail + changed()) is Code.MALFORMED


@pytest.mark.parametrize(
    "bad",
    [
        b"\x80",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
    ],
)
def test_json_1_invalid_utf8(tier: str, bad: bytes) -> None:
    assert code_of(raw('"x": "?"').replace(b"?", bad)) is Code.MALFORMED


@pytest.mark.parametrize(
    "member",
    [
        r'"x": "\ud83d\ude00"',
        '"x": "\U0001f600\u5b5f"',
        r'"x": "\u0000\/\b\f\n\r\t\"\\"',
        '"": {}',
        '"x": "\x7f\u2028"',
        '"x": -0.0e+5',
        '"x": [1, [], {}, null, true, false]',
    ],
)
def test_json_1_sound_text_is_accepted(tier: str, member: str) -> None:
    assert code_of(raw(member)) is Code.OK


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    """A value so that its deepest bracket is at ``depth`` of the whole message."""
    return opening * (depth - 1) + closing * (depth - 1)


def test_json_2_depth(tier: str) -> None:
    assert code_of(raw(f'"x": {nested(64)}')) is Code.OK
    assert code_of(raw(f'"x": {nested(65)}')) is Code.TOO_LARGE
    objects = '{"a":' * 63 + "1" + "}" * 63
    assert code_of(raw(f'"x": {objects}')) is Code.OK
    assert code_of(raw(f'"x": [{objects}]')) is Code.TOO_LARGE
    assert code_of(raw('"x": "' + "[" * 100 + '"')) is Code.OK
    assert code_of(b'{"a":' * 100_000) is Code.TOO_LARGE
    assert code_of(raw('"x": ' + "[" * 1_000_000)) is Code.TOO_LARGE


def test_json_2_whichever_comes_first_decides(tier: str) -> None:
    deep = nested(65)
    assert code_of(raw(f'"x": tru, "y": {deep}')) is Code.MALFORMED
    assert code_of(raw(f'"y": {deep}, "x": tru')) is Code.TOO_LARGE
    assert code_of(raw(rf'"x": "\ud800", "y": {deep}')) is Code.MALFORMED
    assert code_of(raw(rf'"y": {deep}, "x": "\ud800"')) is Code.TOO_LARGE
    assert code_of(raw(f'"y": {"[" * 64}"x" [')) is Code.TOO_LARGE
    for before in ('"x" ', "1", "-", "1.", "1e", "tru", "null"):
        assert code_of(raw(f'"y": {"[" * 63}{before}[')) is Code.MALFORMED
    assert code_of(raw(f'"y": {deep}').replace(b"moki", b"mok\xff")) is Code.MALFORMED
    assert code_of(b"[" * 100) is Code.MALFORMED


@pytest.mark.parametrize(
    "member",
    ['"sender": "a"', '"F": "x"', '"K": "AAAA", "key": "AAAA"', '"keys": {}, "K": {}',
     '"key": "AAAA", "K": "AAAA"', '"x": 1, "x": 2', r'"\u0078": 1, "x": 1', '"V": null',
     r'"send\u0065r": "a"', r'"\u0046": "a"', '"M": null, "meta": null'],
)  # fmt: skip
def test_json_3_duplicates_in_the_envelope(tier: str, member: str) -> None:
    assert code_of(raw(member)) is Code.MALFORMED


def test_json_3_duplicates_in_keys(tier: str) -> None:
    assert code_of(raw('"keys": {"a": "AAAA", "b": "AAAA"}')) is Code.OK
    assert code_of(raw('"keys": {"a": "AAAA", "a": "AAAA"}')) is Code.MALFORMED
    assert code_of(raw(r'"keys": {"a": "AAAA", "\u0061": "AAAA"}')) is Code.MALFORMED
    assert code_of(raw('"K": {"a": "AAAA", "a": "AAAA"}')) is Code.MALFORMED


@pytest.mark.parametrize(
    ("keys", "code"),
    [("{}", Code.OK), ('{ "a" :\t"" }', Code.OK), ('{"a": "QUJD", "b\\n": "QUJD"}', Code.OK),
     ('{"a": "QUJD", "b": 1}', Code.MALFORMED), ('{"a": null}', Code.MALFORMED),
     ('{"a": {}, "a": {}}', Code.MALFORMED), ('{"a": "QUJD",}', Code.MALFORMED),
     ('{"a": "QUJD" "b": ""}', Code.MALFORMED), ('{"a": "\\ud800"}', Code.MALFORMED),
     ('{"a": "QUJD"]', Code.MALFORMED), ('{"a" "QUJD"}', Code.MALFORMED),
     (f'{{"a": "", "b": {nested(63)}}}', Code.MALFORMED),
     (f'{{"a": "", "b": {nested(64)}}}', Code.TOO_LARGE),
     (f'{{"a": 1, "b": {nested(64)}, "c"}}', Code.TOO_LARGE),
     (f'{{"a": 1, "b", "c": {nested(64)}}}', Code.MALFORMED)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["keys", "K", "k\\u0065ys"])
def test_msg_2_keys_are_texts(tier: str, name: str, keys: str, code: Code) -> None:
    for tail in ('"x": 1', '"key": "QUJD"'):
        text = raw(f'"{name}": {keys}', tail)
        assert code_of(text) is code
        if code is Code.OK:
            assert decode(text).keys == json.loads(keys)


def test_msg_1_a_short_key_beside_long_keys(tier: str) -> None:
    keys, key = '"keys": {"a": "QUJD"}', '"K": "AAAA"'
    for members in ((keys, key), (key, keys), (keys, '"K": "!"'), ('"keys": {"a": "!"}', key)):
        sound = "!" not in "".join(members)
        assert code_of(raw(*members)) is (Code.OK if sound else Code.BAD_ENCODING)
        if sound:
            assert decode(raw(*members)).keys == {"a": "QUJD"}
    assert code_of(raw('"keys": {"a": 1}', key)) is Code.MALFORMED
    assert code_of(raw(keys, '"K": {}')) is Code.MALFORMED


def test_json_3_elsewhere_the_last_one_wins(tier: str) -> None:
    message = decode(raw('"x": {"a": 1, "b": 2, "a": {"c": 1, "c": 2}}'))
    assert message.to_dict()["x"] == {"a": {"c": 2}, "b": 2}


@pytest.mark.parametrize("name", ["time", "type"])
@pytest.mark.parametrize(
    "number", ["1e999", "9223372036854775808", "-9223372036854775809", "1" * 400]
)
def test_json_4_numbers_of_known_fields(tier: str, name: str, number: str) -> None:
    text = without(name)[:-1] + f', "{name}": {number}}}'.encode()
    assert code_of(text) is Code.MALFORMED


def test_json_4_numbers_elsewhere(tier: str) -> None:
    big = "9" * 308
    numbers = (
        f"[{big}, -{big}, 1e999, -1E+400, {'1' * 400}, 18446744073709551616, -0, 1.5e300, 1e-999]"
    )
    found = decode(raw(f'"x": {numbers}')).to_dict()["x"]
    assert found == [int(big), -int(big), "1e999", "-1E+400", "1" * 400, 2**64, 0, 1.5e300, 0.0]
    assert [type(item) for item in found] == [int, int, str, str, str, int, int, float, float]


def test_json_4_a_number_too_long_to_tell_is_kept_as_text(tier: str) -> None:
    for number in ("1" + "0" * 1500 + "e-1500", "0." + "0" * 1500 + "1e1501", "0." + "0" * 998):
        expected = number if len(number) > 1000 else 0.0
        assert decode(raw(f'"x": {number}')).to_dict()["x"] == expected
        text = without("time")[:-1] + f', "time": {number}}}'.encode()
        assert code_of(text) is (Code.MALFORMED if len(number) > 1000 else Code.OK)


def test_json_5_hostile_texts_take_linear_time(tier: str) -> None:
    """Each of these took minutes, or gigabytes, in a scanner that backtracks."""
    for text in (
        b'{"a":"' + b'\\"' * 500_000,
        b'{"a":"' + b"\\" * 1_000_001 + b'"}',
        b'{"a":' + b'"' * 1_000_001,
        raw(f'"x": "{"y" * 5_000_000}"'),
        b'{"a":' + b"[" * 60 + b'"[",' * 200_000,
    ):
        code_of(text)


def test_json_5_sizes(tier: str) -> None:
    limit = 16 * 1024 * 1024
    padding = limit - len(raw('"x": ""'))
    assert code_of(raw(f'"x": "{"y" * padding}"')) is Code.OK
    assert code_of(raw(f'"x": "{"y" * (padding + 1)}"')) is Code.TOO_LARGE
    assert code_of(b"\xff" * (limit + 1)) is Code.TOO_LARGE


def test_json_5_counts(tier: str) -> None:
    entries = [f'"k{n}": "AAAA"' for n in range(4097)]
    assert code_of(raw(f'"keys": {{{", ".join(entries[:4096])}}}')) is Code.OK
    assert code_of(raw(f'"keys": {{{", ".join(entries)}}}')) is Code.TOO_LARGE
    same = ", ".join(['"k": 1'] * 4097)
    assert code_of(raw(f'"keys": {{{same}}}')) is Code.TOO_LARGE
    assert code_of(raw(f'"K": {{{same}}}', '"sender": 1')) is Code.TOO_LARGE
    assert code_of(changed(traces=[0] * 64)) is Code.OK
    assert code_of(changed(traces=[0] * 65)) is Code.TOO_LARGE
    assert code_of(without("sender", traces=[0] * 65)) is Code.TOO_LARGE
    many = json.dumps([0] * 65)
    assert code_of(raw(f'"traces": {many}', '"traces": []')) is Code.TOO_LARGE
    assert code_of(raw(f'"keys": {{{same}}}', '"K": {}')) is Code.TOO_LARGE


JSON_6 = VECTORS["json.encode"]


def test_json_6_emission(tier: str) -> None:
    values = {
        "x": ["\x00\x1f\x7f\u0080\u5b5f\U0001f600\"\\/\b\f\n\r\t", 0, -1, 10**30, 1.0, -0.0, 1e16,
              1e-5, 1e-7, 1.7e308, 5e-324, 123456789.125, 0.1, 1e22, 1e15, True, False, None,
              {"a": {}}, [], ""],
    }  # fmt: skip
    message = {**BASE, **values}
    assert encode(message) == json.dumps(message).encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800", {"\udc00": 1}])
def test_json_6_what_is_not_json_is_refused(tier: str, value: object) -> None:
    with pytest.raises(DimError) as error:
        encode({**BASE, "x": [value]})
    assert error.value.code is Code.MALFORMED


@pytest.mark.parametrize("value", [{1: 2}, {None: 2}, object(), {1, 2}, b"bytes" and [b"x"]])
def test_json_6_what_is_no_json_type_is_misuse(tier: str, value: object) -> None:
    with pytest.raises(TypeError):
        encode({**BASE, "x": value})


class OtherText(str):
    """Equal to nothing but itself, so that a mapping may have the same text for two names."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


@pytest.mark.parametrize("short", [False, True])
def test_json_3_names_of_a_subclass_come_once(tier: str, short: bool) -> None:
    name = OtherText("x")
    assert encode({**BASE, name: 1}) == changed(x=1)
    entries = {name: b"a", OtherText("x"): b"b"}
    for twice in ({name: 1, OtherText("x"): 2}, {name: 1, "x": 2}, {OtherText("sender"): MOKI},
                  {OtherText("F"): MOKI}, {"keys": entries}):  # fmt: skip
        with pytest.raises(DimError) as error:
            encode({**BASE, **twice}, short=short)
        assert error.value.code is Code.MALFORMED
    assert encode({**BASE, "meta": dict.fromkeys(entries, 1)})


def test_json_3_one_short_name_for_two_fields(tier: str) -> None:
    for fields, code in (
        ({}, Code.MALFORMED),
        ({"x": json.loads(nested(65))}, Code.TOO_LARGE),  # VERDICT-2
    ):
        with pytest.raises(DimError) as error:
            encode({**BASE, "key": "AAAA", "keys": {}, **fields}, short=True)
        assert error.value.code is code
    with pytest.raises(TypeError):
        encode({**BASE, "key": "AAAA", "keys": {}, "x": object()}, short=True)


def test_json_6_order_of_a_mapping_that_was_reordered(tier: str) -> None:
    ordered = OrderedDict(a=b"x", b=b"y", c=b"z")
    ordered.move_to_end("a")
    x = OrderedDict(dict.fromkeys("abc", 1))
    x.move_to_end("a")
    found = encode({**BASE, "keys": ordered, "x": x})
    assert found == encode({**BASE, "keys": dict(ordered), "x": dict(x)})
    assert list(decode(found).keys) == list("bca")


def test_json_6_an_integer_is_what_int_says(tier: str) -> None:
    class Odd(int):
        def __float__(self) -> float:
            message.clear()
            return 1.0

        def __repr__(self) -> str:
            return "odd"

    message: dict[str, Any] = {**BASE, "x": Odd(7), "y": [Odd(2**64)]}
    assert encode(message) == changed(x=7, y=[2**64])
    with pytest.raises(DimError) as error:
        encode({**BASE, "x": Odd(10**400)})
    assert error.value.code is Code.MALFORMED


def test_json_6_a_mapping_that_changes_meanwhile(tier: str) -> None:
    class Odd(dict[str, Any]):
        def items(self) -> Any:
            message.update(dict.fromkeys(map(str, range(100))))
            return super().items()

    message: dict[str, Any] = {**BASE, "x": Odd(a=1), "y": 1}
    with pytest.raises(RuntimeError, match="changed size"):
        encode(message)


@pytest.mark.parametrize("name", ["data", "signature", "key", "keys", "IV"])
def test_msg_4_what_bytes_become_is_sound(tier: str, name: str) -> None:
    for data in (b"x", b"xy", b"data", bytes(range(256)) * 9):
        value = {HULK: data} if name == "keys" else data
        message = decode(encode({**BASE, name: value}))
        assert message.to_dict()[name] == ({HULK: b64(data)} if name == "keys" else b64(data))
    # Beside what is not sound it does not help.
    with pytest.raises(DimError) as error:
        encode({**BASE, "keys": {HULK: b"x", "y": "!"}, name: b"x"} | {"IV": "!"})
    assert error.value.code in (Code.BAD_ENCODING, Code.MALFORMED)


def test_messages_keep_the_frame_that_they_came_in(tier: str) -> None:
    text = f' {{"F": "{MOKI}" ,"D":"AA\\/A","V":"AAAA"}}\n'.encode()
    batch = decode_batch([text, b"{", changed()])
    first, _, last = batch
    del batch
    assert (first.frame, last.frame) == (text, changed())  # type: ignore[union-attr]
    assert isinstance(first, ReliableMessage)


def test_json_6_depth_of_emitted_text(tier: str) -> None:
    assert decode(encode({**BASE, "x": json.loads(nested(64))}))
    with pytest.raises(DimError) as error:
        encode({**BASE, "x": json.loads(nested(65))})
    assert error.value.code is Code.TOO_LARGE
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(DimError) as error:
        encode({**BASE, "x": cycle})
    assert error.value.code is Code.TOO_LARGE


# -- base64 -------------------------------------------------------------------------------------

PLAIN = bytes(range(256))
PLAIN_TEXT = base64.b64encode(PLAIN).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("AA==", b"\0"), ("AAA=", b"\0\0"), ("AAAA", b"\0\0\0"), (" A\tA\n=\v=\f\r", b"\0"),
     (PLAIN_TEXT, PLAIN), ("\r\n".join(PLAIN_TEXT), PLAIN),
     ("data:;base64,AAAA", b"\0\0\0"), ("data:text/plain;base64,AA==", b"\0"),
     ("data:image/png;charset=utf-8;filename=a.png;base64,AAA=", b"\0\0"),
     ("data:x;base64, A A A A ", b"\0\0\0"), ("data", b"u\xabZ")],
)  # fmt: skip
@pytest.mark.parametrize("field", ["data", "signature"])
def test_base64_accepted(tier: str, field: str, text: str, expected: bytes) -> None:
    message = decode(changed(**{field: text}))
    assert getattr(message, field) == expected


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "=",
        "====",
        "A",
        "AA",
        "AAA",
        "AAAAA",
        "AA=",
        "AA===",
        "AAAA=",
        "AAAA====",
        "A===",
        "AB==",
        "AAB=",
        "A-A_",
        "AA==AAAA",
        "AA==AA==",
        "AAAA,AAAA",
        "AAAA!",
        "AA\u00a0AA",
        "\u0410AAA",
        "AA\x00AA",
        "AAAA\x1c",
        "data:AAAA",
        "data:,AAAA",
        "data:;base64,",
        "data:;base64,AAA",
        "data:;Base64,AAAA",
        "data:base64,AAAA",
        "data:;base64;x=y,AAAA",
        "DATA:;base64,AAAA",
        "data:;base64,data:;base64,AAAA",
        "data:;base64AAAA",
    ],
)
@pytest.mark.parametrize("field", ["data", "signature"])
def test_base64_refused(tier: str, field: str, text: str) -> None:
    assert code_of(changed(**{field: text})) is Code.BAD_ENCODING


@pytest.mark.parametrize(
    ("field", "wrap"),
    [
        ("key", str),
        ("IV", str),
        ("keys", lambda text: {"a": "AAAA", "b": text}),
        ("K", str),
        ("K", lambda text: {"a": text}),
    ],
)
def test_msg_4_other_binary_fields(tier: str, field: str, wrap: Any) -> None:
    assert code_of(changed(**{field: wrap("AAAA")})) is Code.OK
    assert code_of(changed(**{field: wrap("")})) is Code.OK
    assert code_of(changed(**{field: wrap("data:x;base64,AAAA")})) is Code.OK
    assert code_of(changed(**{field: wrap("AAA")})) is Code.BAD_ENCODING


# -- the envelope -------------------------------------------------------------------------------

SHORT = {"sender": "F", "receiver": "R", "time": "W", "type": "T", "group": "G", "key": "K",
         "keys": "K", "data": "D", "signature": "V", "meta": "M", "visa": "P"}  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_msg_1_short_names(tier: str, name: str) -> None:
    value = BASE.get(name, {"group": HULK, "key": "AAAA", "keys": {HULK: "AAAA"}}.get(name, {}))
    message = decode(without(name, **{SHORT[name]: value}))
    assert message.to_dict() == {**BASE, name: value}
    short = encode(message, short=True)
    assert set(json.loads(short)) == {SHORT.get(n, n) for n in message.to_dict()}
    assert decode(short).to_dict() == message.to_dict()


def test_msg_1_vectors(tier: str) -> None:
    long = VECTORS["msg.wire.dimples"].output.encode()
    short = VECTORS["msg.wire.short"].output.encode()
    assert decode(short).to_dict() == decode(long).to_dict()
    assert encode(decode(long)) == long
    assert encode(decode(short)) == long
    assert encode(decode(long), short=True) == short


def test_msg_1_null_means_absent(tier: str) -> None:
    optional = ("receiver", "time", "type", "group", "key", "keys", "IV", "meta", "visa", "from",
                "rcpt", "traces")  # fmt: skip
    message = decode(changed(**dict.fromkeys(optional)))
    assert str(message.receiver) == "anyone@anywhere"
    assert (message.time, message.type, message.group, message.keys) == (None, None, None, {})
    assert message.meta is None
    for name in ("sender", "data", "signature"):
        assert code_of(changed(**{name: None})) is Code.MALFORMED


def test_msg_1_unknown_fields_survive(tier: str) -> None:
    extra = {"x": [1, {"y": None}], "neighbor": "z", "": 0}
    message = decode(changed(**extra))
    assert message.to_dict() == {**BASE, **extra}
    assert list(message.to_dict()) == [*BASE, *extra]
    assert encode(message) == changed(**extra)


TEXTS = ("receiver", "group", "key", "IV", "from", "rcpt")


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}])
def test_msg_2_texts(tier: str, value: object) -> None:
    for name in ("sender", "data", "signature", *TEXTS):
        if name == "key" or value != {}:
            assert code_of(changed(**{name: value})) is Code.MALFORMED, name


@pytest.mark.parametrize("name", ["sender", "data", "signature"])
def test_msg_2_needed_fields(tier: str, name: str) -> None:
    assert code_of(without(name)) is Code.MALFORMED
    assert code_of(changed(**{name: ""})) is Code.MALFORMED


@pytest.mark.parametrize(
    ("name", "value"),
    [("keys", []), ("keys", "AAAA"), ("keys", {"a": 1}), ("keys", {"a": None}), ("keys", 1),
     ("keys", {"a": {}}), ("meta", []), ("meta", "x"), ("meta", 1), ("visa", []), ("visa", True),
     ("traces", {}), ("traces", "x"), ("K", 1), ("K", []), ("K", True), ("M", "x"), ("P", [])],
)  # fmt: skip
def test_msg_2_objects_and_arrays(tier: str, name: str, value: object) -> None:
    assert code_of(changed(**{name: value})) is Code.MALFORMED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0.0),
        (1, 1.0),
        (1.5, 1.5),
        (2**63 - 1, 2.0**63),
        ("7", 7.0),
        ("7.25", 7.25),
        ("007", 7.0),
        (1e300, 1e300),
        (-0.0, 0.0),
    ],
)
def test_msg_2_times(tier: str, value: object, expected: float) -> None:
    assert decode(changed(time=value)).time == expected
    assert decode_batch([changed(time=value)]).time[0] == expected


@pytest.mark.parametrize(
    "value",
    [
        -1,
        -0.5,
        True,
        False,
        "",
        " 1",
        "1_0",
        "1e3",
        "-1",
        "+1",
        ".5",
        "5.",
        "\u0661",
        "nan",
        [],
        {},
        "1" * 400,
    ],
)
def test_msg_2_bad_times(tier: str, value: object) -> None:
    assert code_of(changed(time=value)) is Code.MALFORMED


@pytest.mark.parametrize(
    ("value", "column", "attribute"),
    [
        (0, 0, 0),
        (136, 136, 136),
        (-5, -5, -5),
        ("136", 136, 136),
        ("007", 7, 7),
        ("text", -1, "text"),
        ("", -1, ""),
        ("1" * 18, int("1" * 18), int("1" * 18)),
        ("1" * 19, -1, "1" * 19),
        ("\u0661", -1, "\u0661"),
        ("-1", -1, "-1"),
    ],
)
def test_msg_2_types(tier: str, value: object, column: int, attribute: object) -> None:
    batch = decode_batch([changed(type=value)])
    assert batch.type[0] == column
    assert batch[0].type == attribute


@pytest.mark.parametrize("value", [1.0, True, [], {}, 1e5])
def test_msg_2_bad_types(tier: str, value: object) -> None:
    assert code_of(changed(type=value)) is Code.MALFORMED


@pytest.mark.parametrize("name", ["sender", "receiver", "group"])
@pytest.mark.parametrize(
    "text", ["nobody", "a@b@" + HULK, HULK + "/a/b", HULK[:-1], " " + HULK, HULK + " "]
)
def test_msg_3_ids(tier: str, name: str, text: str) -> None:
    assert code_of(changed(**{name: text})) is Code.BAD_ADDRESS
    assert code_of(changed(**{name: f"{HULK}/pad"})) is Code.OK


@pytest.mark.parametrize("name", ["receiver", "group"])
def test_msg_3_empty_ids(tier: str, name: str) -> None:
    assert code_of(changed(**{name: ""})) is Code.BAD_ADDRESS


def test_msg_3_hints_are_not_checked(tier: str) -> None:
    assert (
        code_of(
            changed(
                **{"from": "/pc", "rcpt": "nobody", "traces": [1, "x"], "keys": {"no ID": "AAAA"}}
            )
        )
        is Code.OK
    )


def test_msg_3_no_receiver_is_anyone(tier: str) -> None:
    message = decode(without("receiver", data="plain text"))
    assert str(message.receiver) == "anyone@anywhere"
    assert message.is_broadcast
    assert message.data == b"plain text"


def test_msg_3_columns_are_canonical(tier: str) -> None:
    eth = "0x3e9003153d9a39d3f57b126b0c38513d5e289c3e"
    batch = decode_batch(
        [changed(sender=f"x@{eth}", receiver="Foo@EVERYWHERE", data="t"), changed()]
    )
    assert batch.sender == ["x@0x3E9003153d9A39D3f57B126b0c38513D5e289c3E", MOKI]
    assert batch.receiver == ["Foo@everywhere", HULK]
    assert batch[0].to_dict()["sender"] == f"x@{eth}"


@pytest.mark.parametrize(
    ("fields", "broadcast"),
    [({"receiver": "anyone@anywhere"}, True), ({"receiver": "anywhere"}, True),
     ({"receiver": "x@EveryWhere/pc"}, True), ({"group": "x@everywhere"}, True),
     ({"receiver": HULK}, False), ({"group": HULK}, False),
     ({"receiver": "wmQatJXAPBYVTVfbkLNe8bsXGaZnsT7ES6"}, False)],
)  # fmt: skip
def test_msg_4_broadcast(tier: str, fields: dict[str, Any], broadcast: bool) -> None:
    text = changed(**fields, data='{"text": "\u5b5f"}')
    if broadcast:
        message = decode(text)
        assert message.is_broadcast
        assert message.data == '{"text": "\u5b5f"}'.encode()
    else:
        assert code_of(text) is Code.BAD_ENCODING


def test_verdict_2_the_first_cause_wins(tier: str) -> None:
    assert code_of(changed(sender="x", data="!")) is Code.BAD_ENCODING
    assert code_of(changed(receiver="x", data="!")) is Code.BAD_ENCODING
    assert code_of(changed(receiver="x")) is Code.BAD_ADDRESS
    assert code_of(changed(receiver="x", data="!", time="x")) is Code.MALFORMED
    assert code_of(changed(receiver="x", group="x@everywhere", data="!")) is Code.BAD_ADDRESS


# -- messages and columns -----------------------------------------------------------------------


def test_msg_fields_of_a_message(tier: str) -> None:
    text = frame(
        {
            "F": f"{MOKI}/pad", "R": HULK, "W": "1.5", "T": "136", "G": HULK,
            "K": {"a/pad": "AAAA", "digest": "AAAA"}, "D": "AAEC", "V": "Zm9v",
            "M": {"type": 1, "F": [1.5]}, "P": {"did": "x"}, "x": {"F": None},
        }
    )  # fmt: skip
    message = decode(text)
    assert isinstance(message, ReliableMessage)
    assert (str(message.sender), str(message.receiver)) == (f"{MOKI}/pad", HULK)
    assert message.sender.terminal == "pad"
    assert str(message.group) == HULK
    assert not message.is_broadcast
    assert (message.time, message.type) == (1.5, 136)
    assert (message.data, message.signature) == (b"\x00\x01\x02", b"foo")
    assert message.keys == {"a/pad": "AAAA", "digest": "AAAA"}
    assert message.to_dict() == {
        "sender": f"{MOKI}/pad", "receiver": HULK, "time": "1.5", "type": "136", "group": HULK,
        "keys": {"a/pad": "AAAA", "digest": "AAAA"}, "data": "AAEC", "signature": "Zm9v",
        "meta": {"type": 1, "F": [1.5]},
        "visa": {"did": "x"}, "x": {"F": None},
    }  # fmt: skip
    assert repr(message) == f"<ReliableMessage {MOKI}/pad -> {HULK}, 3 bytes>"


def test_msg_2_ids_of_a_message_are_those_that_parse_gives(tier: str) -> None:
    strangers = derive_addresses([f"{tier} {number}".encode() for number in range(60)], 0)
    strangers += derive_eth_addresses([address.encode().ljust(64) for address in strangers])
    forms = ("{}", "user@{}", "U_s-e.r@{}", "{}/pad", "user@{}/pad-2")
    texts = [form.format(address) for address in strangers for form in forms]
    texts += ["anywhere", "Anyone@AnyWhere", "everyone@everywhere/x", strangers[-1].lower()]
    batch = decode_batch([changed(sender=text) for text in texts])
    for text, message in zip(texts, batch, strict=True):
        wanted, found = Identifier.parse(text), message.sender
        assert found == wanted
        for field in ("name", "address", "terminal", "network", "type", "number"):
            assert getattr(found, field) == getattr(wanted, field)
        assert message.sender is found


def test_msg_fields_that_are_absent(tier: str) -> None:
    message = decode(without("receiver", "time", "type", group=None, keys=None, meta=None))
    assert str(message.receiver) == "anyone@anywhere"
    assert message.is_broadcast
    assert (message.group, message.time, message.type) == (None, None, None)
    assert (message.keys, message.meta, message.visa) == ({}, None, None)


def copies(message: ReliableMessage) -> list[ReliableMessage]:
    pickled = [pickle.dumps(message, number) for number in range(pickle.HIGHEST_PROTOCOL + 1)]
    return [copy.copy(message), copy.deepcopy([message])[0], *map(pickle.loads, pickled)]


@pytest.mark.parametrize("short", [False, True])
def test_msg_copies_and_pickles_are_the_frame_again(tier: str, short: bool) -> None:
    fields = {**BASE, "keys": {"a": "AAAA"}, "meta": {"type": 1}, "x": [1.5, None]}
    text = encode(fields, short=short)
    message = decode_batch([b"{}", text, changed()])[1]
    # Nothing of the tier is in it, so that any other tier can read it.
    assert message.__reduce__() == (decode, (text,))
    for again in copies(message):
        assert type(again) is type(message)
        assert again.frame == text
        assert again.sender is message.sender
        assert (again.data, again.signature) == (message.data, message.signature)
        assert again.to_dict() == fields


def test_msg_fields_are_made_anew_and_ids_are_not(tier: str) -> None:
    message = decode(changed(keys={"a": "AAAA"}, meta={"type": 1}))
    for name in ("keys", "meta"):
        assert getattr(message, name) == getattr(message, name)
        assert getattr(message, name) is not getattr(message, name)
        with pytest.raises(AttributeError):
            setattr(message, name, None)
    assert message.sender is message.sender
    assert decode(changed(receiver=MOKI)).receiver is message.sender


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1), (-7, -7), ("136", 136), ("007", 7), ("9" * 18, int("9" * 18)), ("9" * 19, "9" * 19),
     ("text", "text"), ("\u5b5f\n", "\u5b5f\n"), ("", ""), ("-1", "-1"), ("\u0661", "\u0661")],
)  # fmt: skip
def test_msg_2_the_type_of_a_message(tier: str, value: object, expected: object) -> None:
    assert decode(changed(type=value)).type == expected


def test_msg_arena_has_data_and_signatures(tier: str) -> None:
    sizes = [1, 2, 3, 47, 48, 49, 1000]
    frames = [
        changed(data=b64(bytes([size % 256]) * size), signature=b64(bytes(size)), key="AAAA")
        for size in sizes
    ]
    frames[3:3] = [b"{", changed(receiver="anywhere", data="\u5b5f"), changed(signature="!")]
    batch = decode_batch(frames, threads=1)
    arena = batch.arena
    assert arena.readonly
    assert (arena.format, arena.itemsize, arena.ndim) == ("B", 1, 1)
    total = 0
    for index, message in enumerate(batch):
        spans = (batch.data_spans[index].tolist(), batch.signature_spans[index].tolist())
        if message is None:
            assert spans == ([0, 0], [0, 0])
            continue
        found = [bytes(arena[start:end]) for start, end in spans]
        assert found == [message.data, message.signature]
        total += len(message.data) + len(message.signature)
    assert len(arena) == total
    assert batch.data_spans.shape == batch.signature_spans.shape == (len(frames), 2)
    del batch, message
    assert arena[:1] == b"\x01", "the view keeps what it shows"
    assert len(decode_batch([]).arena) == 0


@pytest.mark.parametrize("threads", [1, None])
def test_verdict_3_messages_of_a_large_batch(tier: str, threads: int | None) -> None:
    frames = [changed(time=number, data=b64(str(number).encode())) for number in range(700)]
    frames[::13] = [b"{"] * len(frames[::13])
    batch = decode_batch(frames, threads=threads)
    for number, message in enumerate(batch):
        if number % 13 == 0:
            assert message is None
        else:
            assert message is not None
            assert (message.time, message.data) == (number, str(number).encode())
            start, end = batch.data_spans[number]
            assert batch.arena[start:end] == message.data


def test_msg_places_in_a_batch(tier: str) -> None:
    batch = decode_batch([changed(time=1), b"{", changed(time=3)])
    assert (batch[0].time, batch[-1].time, batch[2].time) == (1, 3, 3)
    for index in (3, -4):
        with pytest.raises(IndexError):
            batch[index]
    with pytest.raises(DimError) as error:
        batch[-2]
    assert error.value.code is Code.MALFORMED


# -- verdicts -----------------------------------------------------------------------------------


def keyring_of(*known: accounts.Account) -> Keyring:
    keyring = Keyring()
    for account in known:
        assert keyring.add_meta(account.id, account.meta) is Code.OK
    return keyring


def judge(keyring: Keyring, *messages: dict[str, Any], **options: Any) -> list[Code]:
    """The verdicts; alone, with threads, and in the other order they must be the same."""
    frames = [frame(message) for message in messages]
    batch, verdicts = verify_messages(frames, keyring, threads=1, **options)
    assert isinstance(batch, MessageBatch)
    assert isinstance(verdicts, Verdicts)
    for index, code in enumerate(verdicts):
        assert (code is Code.OK) or verdicts.reason(index)
    if not options:
        assert verify_messages(frames, keyring)[1] == verdicts
        assert list(verify_messages(frames[::-1], keyring)[1]) == list(verdicts)[::-1]
        for text, code in zip(frames, verdicts, strict=True):
            assert verify_messages([text], keyring)[1][0] is code
    return list(verdicts)


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_msg_5_and_6_verdicts(tier: str, algorithm: str) -> None:
    alice = accounts.account(algorithm)
    good = alice.message()
    other_data = {**good, "data": b64(b"tampered")}
    assert judge(
        keyring_of(alice),
        good,
        other_data,
        {**good, "time": 5, "receiver": MOKI, "sender": f"{alice.id}/pad"},
        alice.message(accounts.signer(algorithm, 1)),
        {**good, "signature": b64(bytes(300))},
    ) == [Code.OK, Code.BAD_SIGNATURE, Code.OK, Code.BAD_SIGNATURE, Code.BAD_SIGNATURE_ENCODING]


@pytest.mark.parametrize("algorithm", accounts.ALGORITHMS)
def test_msg_5_the_text_of_a_broadcast_is_signed(tier: str, algorithm: str) -> None:
    alice = accounts.account(algorithm)
    text = '{"text": "\u5b5f \U0001f600"}'
    message = alice.message(receiver="everyone@everywhere", data=text,
                            signature=b64(alice.signer.sign(text.encode())))  # fmt: skip
    assert judge(keyring_of(alice), message, {**message, "data": text + " "}) == [
        Code.OK,
        Code.BAD_SIGNATURE,
    ]


def test_msg_6_any_key_of_the_sender_will_do(tier: str) -> None:
    alice = accounts.account("ECC")
    visa_signer = accounts.signer("RSA", 1)
    keyring = keyring_of(alice)
    message = alice.message(visa_signer)
    assert judge(keyring, message) == [Code.BAD_SIGNATURE_ENCODING]  # what the meta key says of it
    assert keyring.add_document(alice.document(visa_signer.public_key)) is Code.OK
    assert judge(keyring, message, alice.message()) == [Code.OK, Code.OK]
    assert judge(keyring, {**message, "data": "AAAA"}) == [Code.BAD_SIGNATURE_ENCODING]


def test_msg_7_another_name_is_a_mismatch(tier: str) -> None:
    alice = accounts.account("ECC")
    nameless = accounts.account("ECC", seed=None, meta_type=2)
    keyring = keyring_of(alice, nameless)
    assert judge(
        keyring,
        alice.message(sender=f"bob@{alice.address}"),
        alice.message(sender=alice.address),
        alice.message(sender=f"bob@{alice.address}", meta=alice.meta),
        nameless.message(sender=f"x@{nameless.address}"),
        nameless.message(),
    ) == [Code.MISMATCH, Code.MISMATCH, Code.MISMATCH, Code.MISMATCH, Code.OK]


def test_msg_8_first_contact(tier: str) -> None:
    alice, bob = accounts.account("ECC"), accounts.account("RSA", "bob")
    visa_signer = accounts.signer("RSA", 1)
    visa = alice.document(visa_signer.public_key)
    empty = Keyring()
    assert judge(
        empty,
        alice.message(),
        alice.message(visa=visa),
        alice.message(meta=alice.meta),
        alice.message(visa_signer, meta=alice.meta, visa=visa),
        alice.message(visa_signer, meta=alice.meta),
        alice.message(meta=bob.meta),
        alice.message(meta={**alice.meta, "key": bob.meta["key"]}),
        alice.message(meta={}),
        alice.message(meta={**alice.meta, "type": 3}),
        alice.message(bob.signer, meta=alice.meta, visa={}),
        alice.message(meta=alice.meta, visa={**visa, "data": "{}"}),
    ) == [Code.UNKNOWN_SENDER, Code.UNKNOWN_SENDER, Code.OK, Code.OK, Code.BAD_SIGNATURE_ENCODING,
          Code.MISMATCH, Code.MISMATCH, Code.MISMATCH, Code.MISMATCH, Code.BAD_SIGNATURE_ENCODING,
          Code.OK]  # fmt: skip
    assert len(empty) == 0


def test_msg_8_attachments_of_a_known_sender(tier: str) -> None:
    alice, bob = accounts.account("ECC"), accounts.account("RSA", "bob")
    visa_signer = accounts.signer("RSA", 1)
    keyring = keyring_of(alice)
    assert keyring.add_document(alice.document(time=10**9)) is Code.OK
    visa = alice.document(visa_signer.public_key, time=10**9)
    assert judge(
        keyring,
        alice.message(meta=bob.meta, visa={"did": 1}),
        alice.message(visa_signer, visa=visa),
        alice.message(visa_signer, visa=alice.document(visa_signer.public_key, time=10**9 - 1)),
        alice.message(visa_signer, visa={**visa, "did": bob.id}),
        alice.message(visa_signer, visa=alice.document(visa_signer.public_key, time=1e11)),
        alice.message(visa_signer),
    ) == [Code.OK, Code.OK, *[Code.BAD_SIGNATURE_ENCODING] * 4]
    assert keyring.keys_for(alice.id) == (alice.signer.public_key,)


def test_msg_8_and_10_the_order_inside_a_batch_does_not_matter(tier: str) -> None:
    alice = accounts.account("ECC")
    first, second = alice.message(meta=alice.meta), alice.message()
    assert judge(Keyring(), first, second) == [Code.OK, Code.UNKNOWN_SENDER]
    assert judge(Keyring(), second, first, learn=True) == [Code.UNKNOWN_SENDER, Code.OK]


def test_msg_9_learning(tier: str) -> None:
    alice, bob = accounts.account("ECC"), accounts.account("RSA", "bob")
    visa = alice.document(accounts.signer("RSA", 1).public_key)
    keyring = Keyring()
    forged = bob.message(alice.signer, meta=bob.meta)
    good = alice.message(meta=alice.meta, visa=visa)
    assert judge(keyring, forged, good, learn=True) == [Code.BAD_SIGNATURE, Code.OK]
    assert bob.id not in keyring
    assert [key.algorithm for key in keyring.keys_for(alice.id)] == ["RSA", "ECC"]
    assert judge(keyring, alice.message(), bob.message()) == [Code.OK, Code.UNKNOWN_SENDER]
    newer = alice.document(accounts.signer("RSA", 2).public_key, time=1.8e9 - 1e8)
    assert judge(keyring, alice.message(visa=newer), learn=True) == [Code.OK]
    assert len(keyring.keys_for(alice.id)) == 2


def test_msg_9_a_learned_sender_may_have_left(tier: str) -> None:
    """Somebody adds an attachment that is none to a replayed message; the sender is evicted."""
    alice, bob = accounts.account("ECC"), accounts.account("RSA", "bob")
    people = {person.address: (person.meta, []) for person in (alice, bob)}
    keyring = Keyring(1, loader=people.get)
    messages = [alice.message(meta={}), bob.message()]
    assert judge(keyring, *messages, learn=True) == [Code.OK, Code.OK]


def test_wire_1_leading_zeros_that_were_dropped(tier: str) -> None:
    alice = accounts.account("RSA")
    texts = (str(number) for number in range(1_000_000))
    text = next(text for text in texts if alice.signer.sign(text.encode())[0] == 0)
    signature = alice.signer.sign(text.encode())
    message = alice.message(receiver="anywhere", data=text, signature=b64(signature))
    shortened = {**message, "signature": b64(signature[1:])}
    lengthened = {**message, "signature": b64(b"\0" + signature)}
    assert judge(keyring_of(alice), message, shortened, lengthened) == [
        Code.OK, Code.OK, Code.BAD_SIGNATURE_ENCODING]  # fmt: skip
    assert not alice.signer.public_key.verify(text.encode(), signature[1:])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40])
def test_verdict_3_one_bad_frame_in_every_position(tier: str, size: int) -> None:
    alice, bob = accounts.account("ECC"), accounts.account("RSA", "bob")
    keyring = keyring_of(alice, bob)
    good = [frame((alice, bob)[number % 2].message()) for number in range(size)]
    assert verify_messages(good, keyring)[1].all_ok()
    for position in range(size):
        frames = list(good)
        frames[position] = b"{"
        batch, verdicts = verify_messages(frames, keyring)
        expected = [Code.OK] * size
        expected[position] = Code.MALFORMED
        assert list(verdicts) == expected
        assert [code == 0 for code in batch.codes] == [code is Code.OK for code in expected]


def test_verdict_4_misuse(tier: str) -> None:
    with pytest.raises(TypeError, match=r"frames\[1\]"):
        decode_batch([b"{}", "{}"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"frames\[0\]"):
        verify_messages([None], Keyring())  # type: ignore[list-item]
    with pytest.raises(TypeError):
        decode("{}")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        decode_batch(b"{}")  # type: ignore[arg-type]


@pytest.mark.parametrize("sender", ["msg.broadcast", "msg.reliable"])
def test_msg_vectors_of_the_reference_verify(tier: str, sender: str) -> None:
    moki = VECTORS["meta.doc.moki"]
    keyring = Keyring()
    assert keyring.add_meta(moki.output["id"], moki.input) is Code.OK
    found = VECTORS[sender].output
    message = found if "signature" in found else json.loads(VECTORS["msg.wire.dimples"].output)
    assert judge(keyring, message) == [Code.OK]


def test_msg_vector_of_the_old_document(tier: str) -> None:
    moki = VECTORS["meta.doc.moki"]
    keyring = Keyring()
    keyring.add_meta(moki.output["id"], moki.input)
    message = VECTORS["msg.doc.dkd"].input
    message = message.get("message", message)
    assert judge(keyring, message) == [Code.OK]


@pytest.mark.parametrize("maker", ["java", "python"])
def test_msg_interop(tier: str, maker: str) -> None:
    """What another SDK sent and a strict reader accepts must verify with the accounts around it."""
    cases = list(data_sets.interop(maker, "unpack"))
    assert len(cases) > 20
    for case in cases:
        keyring = Keyring()
        for identifier, user in case.input["world"]["users"].items():
            keyring.add_meta(identifier, user["meta"])
            for document in user.get("documents") or []:
                keyring.add_document(document)
        code = verify_messages([case.input["wire"].encode()], keyring)[1][0]
        if case.expect["verify"]:
            assert code is Code.OK, f"{case.id} {case.note}: {code.name}"
        else:
            assert code is not Code.OK, f"{case.id} {case.note}"


def test_examples_have_the_verdicts_of_their_manifest(tier: str) -> None:
    from dimp_fast import AccountFolder

    frames = (EXAMPLES / "messages.jsonl").read_bytes().split(b"\n")[:-1]
    manifest = list(map(json.loads, (EXAMPLES / "manifest.jsonl").read_bytes().splitlines()))
    assert [row["line"] for row in manifest] == list(range(1, len(frames) + 1))
    for keyring in (Keyring(), Keyring(3, loader=AccountFolder(EXAMPLES / "accounts"))):
        if keyring._loader is None:
            assert keyring.load(EXAMPLES / "accounts").accounts > 3
        _, verdicts = verify_messages(frames, keyring)
        found = [(row["line"], code.name) for row, code in zip(manifest, verdicts, strict=True)]
        assert found == [(row["line"], row["verdict"]) for row in manifest]


def test_public_key_in_a_visa_of_another_algorithm_is_of_no_use(tier: str) -> None:
    alice = accounts.account("ECC")
    keyring = keyring_of(alice)
    data = json.dumps({"time": 1, "key": {"algorithm": "AES", "data": "AAAA"}})
    visa = {"did": alice.id, "data": data, "signature": b64(alice.signer.sign(data.encode()))}
    assert keyring.add_document(visa) is Code.OK
    assert keyring.keys_for(alice.id) == (alice.signer.public_key,)
    assert PublicKey.parse(alice.meta["key"]) == alice.signer.public_key
