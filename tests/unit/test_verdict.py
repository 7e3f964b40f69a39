"""Codes and verdicts (semantics.md#verdict-1)."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from dimp_fast import Code, DimError, Verdicts

NAMES = [
    "OK",
    "BAD_SIGNATURE",
    "BAD_SIGNATURE_ENCODING",
    "BAD_KEY",
    "UNSUPPORTED",
    "MISMATCH",
    "UNKNOWN_SENDER",
    "BAD_ENCODING",
    "BAD_ADDRESS",
    "MALFORMED",
    "TOO_LARGE",
    "EXPIRED",
    "UNREADABLE",
    "FORBIDDEN",
    "CONFLICT",
    "UNCONFIRMED",
]


def test_the_numbers_of_the_codes_are_stable() -> None:
    assert [(code.name, code.value) for code in Code] == list(zip(NAMES, range(16), strict=True))


def test_a_code_has_no_truth_value() -> None:
    for code in Code:
        with pytest.raises(TypeError, match="truth value"):
            bool(code)


def test_verdicts_are_a_sequence_of_codes() -> None:
    verdicts = Verdicts(bytes((0, 1, 11, 0)))
    assert len(verdicts) == 4
    assert list(verdicts) == [Code.OK, Code.BAD_SIGNATURE, Code.EXPIRED, Code.OK]
    assert verdicts[-2] is Code.EXPIRED
    assert verdicts.counts() == {Code.OK: 2, Code.BAD_SIGNATURE: 1, Code.EXPIRED: 1}
    assert not verdicts.all_ok()
    assert verdicts == Verdicts(bytes((0, 1, 11, 0)))
    assert verdicts != Verdicts(bytes((0, 1, 11, 1)))
    with pytest.raises(IndexError):
        verdicts[4]


def test_verdicts_as_arrays() -> None:
    verdicts = Verdicts(bytes((0, 5)))
    assert verdicts.codes.dtype == np.uint8
    assert verdicts.ok.dtype == np.bool_
    assert verdicts.codes.tolist() == [0, 5]
    assert verdicts.ok.tolist() == [True, False]
    with pytest.raises(ValueError, match="read-only"):
        verdicts.codes[0] = 0


def test_verdicts_have_no_truth_value() -> None:
    for verdicts in (Verdicts(b""), Verdicts(b"\0"), Verdicts(b"\1")):
        with pytest.raises(TypeError, match="all_ok"):
            bool(verdicts)
    assert Verdicts(b"").all_ok()
    assert Verdicts(b"\0\0").all_ok()


def test_every_code_has_a_reason() -> None:
    verdicts = Verdicts(bytes(range(12)))
    reasons = [verdicts.reason(index) for index in range(12)]
    assert all(reasons)
    assert len(set(reasons)) == 12
    special = Verdicts(b"\0\1\1", lambda index: "because" if index == 2 else None)
    assert special.reason(2) == special.reason(-1) == "because"
    assert special.reason(1) == reasons[1]


def test_dim_error_carries_code_and_reason() -> None:
    error = DimError(Code.BAD_KEY, "key: no")
    assert isinstance(error, ValueError)
    assert (error.code, error.reason, str(error)) == (Code.BAD_KEY, "key: no", "BAD_KEY: key: no")
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.reason) == (error.code, error.reason)
