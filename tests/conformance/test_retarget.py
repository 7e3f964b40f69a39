"""semantics.md: msg-11."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import data_sets
from dimp_fast import (
    Code,
    DimError,
    Identifier,
    Verdicts,
    decode,
    encode,
    retarget,
    retarget_batch,
)

UNIT = "retarget"
EVERY_LEVEL = True

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
HULK = VECTORS["meta.doc.hulk"].output["id"]
MOKI = VECTORS["meta.doc.moki"].output["id"]
BASE: dict[str, Any] = {
    "sender": MOKI, "receiver": HULK, "time": 1.5, "type": 1, "data": "AAAA", "signature": "AAAA",
}  # fmt: skip
LAST = '"signature" :"AAAA"'
# Nothing in it is as we would write it.
ODD = (
    f'\t{{ "sender":"{MOKI}" ,"rcpt"  : "x\\/y","n":[1.50, {{"\u00e9":"\\u00e9"}}] , '
    f'"\\u0066rom":null,\n"data":"AAAA",{LAST} }}\r\n'
)


def frame(**fields: Any) -> bytes:
    return json.dumps({**BASE, **fields}).encode("ascii")


def code_of(text: bytes, **fields: Any) -> Code:
    """The verdict on a change; the single and the batch form must agree, and give a reason."""
    code, single = _outcome(lambda: (Code.OK, retarget(text, **fields)))
    together, many = _outcome(lambda: _one_code(retarget_batch([text, text], fields, threads=1)))
    assert together is code
    assert many in (single, [single, single])
    return code


def _outcome(call: Callable[[], tuple[Code, Any]]) -> tuple[Code, Any]:
    try:
        return call()
    except DimError as error:
        return error.code, None


def _one_code(found: tuple[list[bytes | None], Verdicts]) -> tuple[Code, list[bytes | None]]:
    frames, verdicts = found
    assert verdicts[0] is verdicts[1]
    assert verdicts.reason(1)
    return verdicts[0], frames


@pytest.mark.parametrize(
    ("fields", "old", "new"),
    [({}, "", ""), ({"gone": None}, "", ""),
     ({"rcpt": "z"}, r'"x\/y"', '"z"'), ({"rcpt": None}, r' ,"rcpt"  : "x\/y"', ""),
     ({"from": "\u00e9/"}, "null", r'"\u00e9/"'),
     ({"from": None, "n": None}, ',"n":[1.50, {"\u00e9":"\\u00e9"}] , "\\u0066rom":null', ""),
     ({"n": {"b": [1, None]}}, '[1.50, {"\u00e9":"\\u00e9"}]', '{"b": [1, null]}'),
     ({"group": HULK, "a\n": 1e16}, LAST, rf'{LAST}, "group": "{HULK}", "a\n": 1e+16'),
     ({"keys": {"a": b"foo"}, "IV": b""}, LAST, LAST + ', "keys": {"a": "Zm9v"}, "IV": ""')],
)  # fmt: skip
def test_msg_11_what_does_not_change_keeps_its_bytes(
    tier: str, fields: dict[str, Any], old: str, new: str
) -> None:
    assert old in ODD
    wanted = ODD.replace(old, new) if old else ODD
    assert retarget(ODD.encode(), **fields).decode() == wanted
    assert code_of(ODD.encode(), **fields) is Code.OK


def test_msg_11_the_first_and_the_last_field(tier: str) -> None:
    text = b'{ "rcpt":"x", "sender":"moki@anywhere","data":"{}", "signature":"AAAA" ,"from":"y"}'
    assert retarget(text, rcpt=None) == (
        b'{ "sender":"moki@anywhere","data":"{}", "signature":"AAAA" ,"from":"y"}'
    )
    assert retarget(text, **{"from": None, "rcpt": None}) == (
        b'{ "sender":"moki@anywhere","data":"{}", "signature":"AAAA"}'
    )


def test_msg_11_is_as_encoding_a_changed_mapping(tier: str) -> None:
    changes = {"receiver": MOKI, "rcpt": HULK, "traces": [{"ID": HULK, "time": 1.5}], "time": None}
    wanted = {name: value for name, value in {**BASE, **changes}.items() if value is not None}
    assert retarget(frame(), **changes) == encode(wanted)
    message = decode(retarget(frame(), **changes))
    assert str(message.receiver) == MOKI
    assert message.time is None
    assert message.to_dict()["traces"] == changes["traces"]


def test_msg_11_short_names_stay_short(tier: str) -> None:
    text = encode(BASE, short=True)
    assert retarget(text, receiver=MOKI, time=None) == encode(
        {**{name: value for name, value in BASE.items() if name != "time"}, "receiver": MOKI},
        short=True,
    )
    assert retarget(text, group=HULK, rcpt="x").endswith(f', "G": "{HULK}", "rcpt": "x"}}'.encode())
    with_keys = retarget(text, keys={"a": "AAAA"})
    assert with_keys.endswith(b', "K": {"a": "AAAA"}}')
    assert retarget(with_keys, keys=None) == text
    # `K` is two fields: what comes second gets its long name.
    assert retarget(with_keys, key="AAAA").endswith(b', "K": {"a": "AAAA"}, "key": "AAAA"}')
    assert retarget(with_keys, key="AAAA", keys=None).endswith(b', "K": "AAAA"}')
    assert retarget(text, R=MOKI) == retarget(text, receiver=MOKI)
    assert retarget(frame(), G=HULK) == frame(group=HULK)


def test_msg_11_identifiers_are_values(tier: str) -> None:
    changed = retarget(frame(), receiver=Identifier.parse(MOKI), rcpt=Identifier.parse(HULK))
    assert changed == frame(receiver=MOKI, rcpt=HULK)
    [batched], _ = retarget_batch([frame()], {"receiver": Identifier.parse(MOKI)})
    assert batched == frame(receiver=MOKI)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"rcpt": 5}, Code.MALFORMED), ({"from": []}, Code.MALFORMED), ({"meta": []}, Code.MALFORMED),
     ({"traces": {}}, Code.MALFORMED), ({"time": -1}, Code.MALFORMED),
     ({"type": 1.5}, Code.MALFORMED), ({"keys": "AAAA"}, Code.MALFORMED),
     ({"keys": {"a": 1}}, Code.MALFORMED), ({"key": {}}, Code.MALFORMED),
     ({"R": HULK, "receiver": HULK}, Code.MALFORMED),
     ({"x": float("nan")}, Code.MALFORMED), ({"x": "\ud800"}, Code.MALFORMED),
     ({"sender": HULK}, Code.MALFORMED), ({"data": None}, Code.MALFORMED),
     ({"V": b"x"}, Code.MALFORMED), ({"traces": [0] * 65}, Code.TOO_LARGE),
     ({"keys": {str(n): "" for n in range(4097)}}, Code.TOO_LARGE),
     ({"x": json.loads("[" * 64 + "]" * 64)}, Code.TOO_LARGE),
     ({"key": "!"}, Code.BAD_ENCODING), ({"IV": "A"}, Code.BAD_ENCODING),
     ({"keys": {"a": "Zh=="}}, Code.BAD_ENCODING), ({"receiver": "x"}, Code.BAD_ADDRESS),
     ({"group": "x@"}, Code.BAD_ADDRESS), ({"group": "x", "key": "!"}, Code.BAD_ENCODING)],
)  # fmt: skip
def test_msg_11_fields_that_no_message_may_have(
    tier: str, fields: dict[str, Any], code: Code
) -> None:
    assert code_of(frame(), **fields) is code


def test_msg_11_frames_that_are_not_sound(tier: str) -> None:
    good = frame()
    twice = good.replace(b"}", b', "keys": {"a": "", "a": ""}}')
    for bad in (b"", b"{}", b"[]", good + b",", good[:-1], b"\xff" + good, frame(sender=""),
                frame(rcpt=5), frame(time=True), good.replace(b'"time"', b'"\\u0052"'),
                frame(keys={"a": 1}), twice):  # fmt: skip
        assert code_of(bad, rcpt="x") is Code.MALFORMED, bad
        assert code_of(bad, rcpt=None, time=None, keys=None) is Code.MALFORMED, bad
    deep = good.replace(b"}", b', "x": ' + b"[" * 64 + b"]" * 64 + b"}")
    assert code_of(deep, x=None) is Code.TOO_LARGE
    assert code_of(frame(traces=[0] * 65), traces=[]) is Code.TOO_LARGE
    # What is not changed is not decoded.
    assert code_of(frame(data="!", sender="nobody", key="!"), rcpt="x") is Code.OK


@pytest.mark.parametrize("size", [0, 1, 4, 5, 9])
def test_json_3_names_that_come_twice(tier: str, size: int) -> None:
    """However many there are, wherever the two stand, and however they are written."""
    names = [f"n{number}" for number in range(size)]
    for place in ("", '"keys": {'):
        for name in ("x", "\\u0078", "\u00e9"):
            for twice in range(size):
                members = [f'"{other}": "AAAA"' for other in (*names, name)]
                good = frame()[:-1] + f", {place}{', '.join(members)}".encode()
                end = b"}}" if place else b"}"
                assert code_of(good + end, rcpt="x") is Code.OK
                bad = good + f', "\\u006e{twice}": "AAAA"'.encode() + end
                assert code_of(bad, rcpt="x") is Code.MALFORMED
                bad = good + f', "n{twice}": "AAAA"'.encode() + end
                assert code_of(bad, rcpt="x") is Code.MALFORMED


@pytest.mark.parametrize(
    ("time", "code"),
    [("0", Code.OK), ("0.0", Code.OK), ("1700000002.123456", Code.OK), ("9" * 18, Code.OK),
     ("9" * 19, Code.MALFORMED), ("9" * 400, Code.MALFORMED), ("0." + "9" * 400, Code.OK),
     ("-0", Code.OK), ("-0.0", Code.OK), ("-1", Code.MALFORMED), ("-0.5", Code.MALFORMED),
     ("1e3", Code.OK), ("1E+3", Code.OK), ("1e999", Code.MALFORMED), ("-1e-9", Code.MALFORMED),
     ('"1.5"', Code.OK), ('"-1"', Code.MALFORMED), ("null", Code.OK), ("true", Code.MALFORMED)],
)  # fmt: skip
def test_msg_2_times(tier: str, time: str, code: Code) -> None:
    assert code_of(frame().replace(b"1.5", time.encode()), rcpt="x") is code


@pytest.mark.parametrize(
    ("kind", "code"),
    [("0", Code.OK), ("-7", Code.OK), ("9" * 18, Code.OK), (str(2**63 - 1), Code.OK),
     (str(2**63), Code.MALFORMED), (str(-(2**63)), Code.OK), (str(-(2**63) - 1), Code.MALFORMED),
     ("1.0", Code.MALFORMED), ("1e1", Code.MALFORMED), ('"text"', Code.OK), ("[]", Code.MALFORMED)],
)  # fmt: skip
def test_msg_2_types(tier: str, kind: str, code: Code) -> None:
    text = frame().replace(b'"type": 1', f'"type": {kind}'.encode())
    assert code_of(text, rcpt="x") is code


def test_msg_11_size_of_what_comes_out(tier: str) -> None:
    limit = 16 * 1024 * 1024
    text = frame(x="y" * (limit - len(frame(x=""))))
    assert code_of(text, time=None, type=None, rcpt="x") is Code.OK
    assert code_of(text, rcpt="x") is Code.TOO_LARGE
    # VERDICT-2: before what would be wrong with the data.
    text = frame(receiver="anyone@anywhere", data="{}", x="")
    text = text[:-2] + b"y" * (limit - len(text)) + text[-2:]
    assert code_of(text, receiver=HULK) is Code.TOO_LARGE


def test_msg_11_size_of_the_fields(tier: str) -> None:
    """JSON-5, and no frame is needed to see it."""
    with pytest.raises(DimError) as error:
        retarget_batch([], {"x": "y" * 16 * 1024 * 1024})
    assert error.value.code is Code.TOO_LARGE


def test_msg_11_data_that_was_text(tier: str) -> None:
    assert code_of(frame(receiver="anyone@anywhere", data="{}"), receiver=HULK) is Code.BAD_ENCODING
    assert code_of(frame(receiver="anyone@anywhere"), receiver=HULK) is Code.OK
    text = frame(receiver=HULK, group="everyone@everywhere", data="{}")
    assert code_of(text, group=None) is Code.BAD_ENCODING
    assert code_of(text, receiver=MOKI) is Code.OK
    assert code_of(text, group=None, receiver=None) is Code.OK
    assert code_of(frame(), receiver="anyone@anywhere") is Code.OK


@pytest.mark.parametrize("size", [0, 1, 2, 63, 64, 200])
def test_verdict_3_one_bad_frame_in_every_position(tier: str, size: int) -> None:
    good = [frame(time=number) for number in range(size)]
    wanted = [retarget(text, rcpt="x") for text in good]
    for threads in (1, None):
        assert retarget_batch(good, {"rcpt": "x"}, threads=threads)[0] == wanted
    for position in range(0, size, 7):
        frames = [*good[:position], b"{", *good[position + 1 :]]
        changed, verdicts = retarget_batch(frames, {"rcpt": "x"})
        assert changed == [*wanted[:position], None, *wanted[position + 1 :]]
        assert [index for index in range(size) if verdicts[index] is not Code.OK] == [position]


def test_verdict_4_misuse(tier: str) -> None:
    with pytest.raises(TypeError):
        retarget("{}", rcpt="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        retarget(frame(), rcpt=object())
    with pytest.raises(TypeError):
        retarget(frame(), x={1: 2})
    with pytest.raises(TypeError, match=r"frames\[1\]"):
        retarget_batch([frame(), "{}"], {"rcpt": "x"})  # type: ignore[list-item]
    with pytest.raises(TypeError):
        retarget_batch([frame()], {1: "x"})  # type: ignore[dict-item]
    assert retarget(bytearray(frame()), rcpt="x") == frame(rcpt="x")  # type: ignore[arg-type]
