"""Mutated frames, and mappings as many, through the codec of every tier and SIMD level that is
here; all must see the same.

    python tests/codec_fuzz.py [FRAMES [SEED]]

The mutations know what matters to a reader of JSON, base64 and IDs. The first difference ends the
run and is printed. A million frames take some minutes, nearly all of them in the Python tier. The
tests run a few thousand (``tests/property/test_differential.py``), or as many as the environment
variable ``DIMP_FAST_SOAK`` says.
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import simd_levels
from dimp_fast import _dispatch, _python

BATCH = 200
"""Frames in one round."""

HULK = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
ETH = "x@0x3E9003153d9A39D3f57B126b0c38513D5e289c3E"

_LONG_TEXT = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo" * 20 + "QUI="
SEEDS = [
    text.encode()
    for text in (
        '{"x":1,"sender":"moki@anywhere","data":"{}","signature":"AAAA"}',
        '{"F":"moki@anywhere","R":"everyone@everywhere","D":"{\\"a\\":1}","V":"QUI=","W":12,'
        '"K":"QUJD","M":{},"P":{},"T":"text"}',
        f'{{"F":"{HULK}","R":"{HULK}/pad","K":{{"a":"QUJD","digest":"QUJDREVG"}},"D":"QUJD",'
        '"V":"QUI=","W":1.5e3,"T":"1","traces":[1,{"ID":"x","time":1.5}],"from":"x","rcpt":"y"}',
        f'{{"sender":"{ETH}","receiver":"anywhere","key":"","IV":"data:;base64,AAAA",'
        '"data":"\u5b5f","signature":"A A A A","n":[0,-0,0.5,1e999,12345678901234567890,1e-7],'
        '"sn":null,"visa":null}',
        f'{{"sender": "{HULK}", "receiver": "{ETH}", "time": 1700000002.123456, "group": "{HULK}", '
        f'"data": "{_LONG_TEXT}", "type": "136", "keys": {{"{ETH}": "{_LONG_TEXT[:64]}"}}, '
        f'"signature": "{_LONG_TEXT[:96]}", "meta": {{"type": 1, "key": {{"a": [true, false]}}}}, '
        '"visa": {"did": "x", "data": "{\\"time\\": 1}"}}',
        f'{{"data":"{_LONG_TEXT[:120]}\\/\\/8=","receiver":"{HULK}","sender":"{HULK}",'
        '"signature":"\\/\\/8=","x":[1,2,{"a":[]}],"\\u00e9\u00e9":"\\ud83d\\ude00","time":"1.5"}',
    )
]

PIECES = [
    b'"', b"\\", b"\\/", b"\\u00e9", b"\\ud800", b"\\ud83d\\ude00", b"\xc3\xa9", b"\xff", b"{",
    b"}", b"[", b"]", b",", b":", b" ", b"\n", b"\t", b"\x00", b"=", b"==", b"0", b"-", b"1e999",
    b"NaN", b"null", b"true", b'"sender":"x",', b', "sender": "x"', b'{"sender": "x"', b'"x":1,',
    b"[[[[", b"[" * 64, b'{"a":' * 62, b"K", b'"F":"q",', b"\x7f", b".5", b"01", b"-0", b'"K":{},',
    b'"key":"AAAA",', b'"\\u0046":1,', b"e", b"E+1", b"9" * 20, b'"",', b"@", b"/", b"anywhere",
    b"data:", b";base64,",
]  # fmt: skip

CHANGES: list[dict[str, Any]] = [
    {"rcpt": "a"},
    {"receiver": "everyone@everywhere", "group": None},
    {"receiver": HULK, "group": None},
    {"keys": {"a": b"x"}, "key": None},
    {"key": "AAAA", "traces": [{"ID": "x"}]},
    {"x": None, "from": "f", "time": 5},
    {"K": None, "T": "1"},
    {"receiver": None, "y": {"z": 1.5}},
]

NAMES = [
    "sender", "receiver", "time", "type", "group", "keys", "key", "data", "signature", "meta",
    "visa", "IV", "from", "rcpt", "traces", "F", "R", "W", "T", "G", "K", "D", "V", "M", "P", "x",
    "\u00e9\n", "",
]  # fmt: skip

VALUES: list[Any] = [
    None, True, 0, 136, -1, 2**63, 10**30, 10**400, 1.5, -0.0, 1e16, 1e-7, math.inf, math.nan,
    "", "QUJD", "QUI", "!", "data:;base64,QUI=", "{}", '\u00e9"\\/\n\U0001f600', "\ud800", "12",
    "1.5", "y" * 70, HULK, ETH, "everyone@everywhere", "anywhere", "nobody", b"", b"x",
    b"\xff" * 70, [], [1, {"a": None}], [0] * 65, {}, {"a": "QUJD"}, {"a": b"x", "digest": b""},
    {"a": "QUI=", "b": b"x"}, {"a": "!"}, {"a": 1}, {"type": 1, "key": {"a": [True, 0.1]}},
    {"": "", "\u00e9": "\u00e9"}, {"\udc00": b""},
]  # fmt: skip


class Texts(dict[str, str]):
    """Stands for IDs: each is its text."""

    def __missing__(self, text: str) -> str:
        return text

    def of(self, parts: tuple[Any, ...]) -> str:
        """What a tier has read is what the Python tier reads."""
        text: str = parts[0]
        assert parts == _python.parse_identifier(text)
        return text


def mutate(randomness: random.Random, frame: bytes) -> bytes:
    """One to three small changes, near a quote as often as not."""
    text = bytearray(frame)
    for _ in range(randomness.choice((1, 1, 1, 2, 3))):
        at = randomness.randrange(len(text) + 1)
        if randomness.random() < 0.4:
            at = min(len(text), max(0, text.find(b'"', at) + randomness.randint(-2, 2)))
        kind = randomness.random()
        if kind < 0.3:
            text[at : at + 1] = randomness.choice(PIECES)
        elif kind < 0.6:
            text[at:at] = randomness.choice(PIECES)
        elif kind < 0.75:
            del text[at : at + randomness.randint(1, 4)]
        elif kind < 0.78:
            del text[at:]
        elif kind < 0.93 and text:
            text[min(at, len(text) - 1)] ^= 1 << randomness.randrange(8)
        else:
            start = randomness.randrange(len(text) + 1)
            text[at:at] = text[start : start + randomness.randint(1, 60)]
    return bytes(text)


def jumble(randomness: random.Random) -> dict[str, Any]:
    """A message to be sent, with up to three fields that are other ones."""
    data = b"x" * randomness.randrange(99)
    fields: dict[str, Any] = {
        "sender": HULK, "receiver": ETH, "time": 1700000002.5, "data": data,
        "keys": {HULK: b"key", "digest": b"digest"}, "type": 1, "signature": "QUJD",
    }  # fmt: skip
    for _ in range(randomness.randrange(4)):
        name = randomness.choice(NAMES)
        fields.pop(name, None)
        if randomness.random() < 0.9:
            fields[name] = randomness.choice(VALUES)
    return fields


def seen(table: Any) -> tuple[Any, ...]:
    """Everything that a table says, but for its reasons."""
    rows = [
        message
        and (
            repr(message), message.sender, message.receiver, message.group, message.is_broadcast,
            message.time, message.type, message.data, message.signature, message.keys,
            repr(message.meta), repr(message.visa), repr(message.to_dict()),
        )
        for message in table.messages(Texts())
    ]  # fmt: skip
    return (
        table.codes(), table.senders(), table.receivers(), table.times(), table.types(),
        bytes(table.arena()), table.data_spans(), table.signature_spans(), rows,
    )  # fmt: skip


def changed(tier: Any, frames: list[bytes], fields: dict[str, Any]) -> tuple[Any, ...]:
    """What becomes of frames, but for the reasons; nothing in a tier that cannot do it."""
    if not hasattr(tier, "retarget_batch"):
        return ()
    made, (codes, _) = tier.retarget_batch(frames, fields, 1)
    return made, codes


def emitted(tier: Any, messages: list[dict[str, Any]], *, short: bool) -> list[Any]:
    """The frames of messages, or the codes of their refusals; misuse has none."""

    def emit(fields: dict[str, Any]) -> Any:
        try:
            return tier.encode(fields, short)
        except ValueError as refusal:
            return refusal.args[0]
        except TypeError:
            return TypeError

    return [emit(fields) for fields in messages] if hasattr(tier, "encode") else []


def look(
    tier: Any,
    frames: list[bytes],
    fields: dict[str, Any],
    mappings: Sequence[dict[str, Any]] = (),
    *,
    short: bool = False,
) -> tuple[Any, ...]:
    """All that a tier says about frames, and what it makes of them and of mappings."""
    table = tier.decode_batch(frames, 1)
    messages = [message.to_dict() for message in table.messages(Texts()) if message]
    for message in messages[::2]:
        message["signature"] = b"signature"
    messages += mappings
    return seen(table), changed(tier, frames, fields), emitted(tier, messages, short=short)


def compare(tiers: Mapping[str, Any], *, rounds: int, seed: int) -> Counter[int]:
    """Rounds of frames and mappings through all tiers; how often each code came for a frame.

    Raises:
        AssertionError: a tier differs from the Python tier; it names the frame.
    """
    randomness = random.Random(seed)
    counts: Counter[int] = Counter()
    for _ in range(rounds):
        frames = [mutate(randomness, randomness.choice(SEEDS)) for _ in range(BATCH)]
        mappings = [jumble(randomness) for _ in range(BATCH)]
        fields, short = randomness.choice(CHANGES), randomness.random() < 0.5
        wanted = look(tiers["python"], frames, fields, mappings, short=short)
        counts.update(wanted[0][0])
        for name, tier in tiers.items():
            for level in (None, *simd_levels.below()) if name == _dispatch.RUST else (None,):
                with simd_levels.capped(level):
                    found = look(tier, frames, fields, mappings, short=short)
                    if not _agree(found, wanted):
                        culprit = _culprit(tier, tiers["python"], frames, fields, mappings)
                        raise AssertionError(f"{name} {level or ''} differs: {culprit}")
    return counts


def _agree(found: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    """A tier that lacks an operation says nothing about it."""
    pairs = zip(found, wanted, strict=True)
    return all(one == other or not one for one, other in pairs)


def _culprit(
    tier: Any,
    twin: Any,
    frames: list[bytes],
    fields: dict[str, Any],
    mappings: list[dict[str, Any]],
) -> str:
    """The frame or mapping that tiers differ on."""
    alone: list[tuple[list[bytes], list[dict[str, Any]]]] = [([frame], []) for frame in frames]
    alone += [([], [mapping]) for mapping in mappings]
    for some, others in alone:
        for short in (False, True):
            found = look(tier, some, fields, others, short=short)
            wanted = look(twin, some, fields, others, short=short)
            if not _agree(found, wanted):
                return f"{some or others} and {fields} give {found}, not {wanted}"
    return "on a batch, though on none of its items alone"


def main() -> None:
    """Compare as many frames as the command line says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    here = _dispatch.current()
    tiers = {tier: here.load(tier) for tier in _dispatch.TIERS if tier not in here.absent()}
    codes = compare(tiers, rounds=-(-count // BATCH), seed=seed)
    count = sum(codes.values())
    print(f"{count} frames and mappings, {', '.join(tiers)}: no difference; codes {dict(codes)}")


if __name__ == "__main__":
    main()
