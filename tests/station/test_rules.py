"""The rules alone: who may be relayed, who may log in, what came before. No station is needed."""

from __future__ import annotations

import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from dimp_fast import Code, PrivateKey
from dimp_fast.dropin.station import Options
from dimp_fast.dropin.station.rules import DuplicateFilter, judge, may_log_in

ALICE = "alice@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk"
BOB = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
STATION = "gsp-s002@wpjUWg1oYDnkHh74tHQFPxii6q9j3ymnyW"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
REFUSALS = [code for code in Code if code is not Code.OK]


@pytest.mark.parametrize("session", [None, ALICE, BOB, STATION])
def test_a_good_signature_passes_from_anywhere(session: str | None) -> None:
    assert judge(Code.OK, ALICE, session, {}) == (True, "verified")


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("session", [None, BOB, STATION])
def test_nothing_else_does(code: Code, session: str | None) -> None:
    assert judge(code, ALICE, session, {}) == (False, code.name.lower())


def test_without_keys_only_in_its_own_session() -> None:
    assert judge(Code.UNKNOWN_SENDER, ALICE, ALICE, {}) == (True, "own_session")
    assert not judge(Code.UNKNOWN_SENDER, ALICE, BOB, {}).allowed
    assert not judge(Code.UNKNOWN_SENDER, None, None, {}).allowed


@pytest.mark.parametrize("code", [code for code in REFUSALS if code is not Code.UNKNOWN_SENDER])
def test_a_wrong_signature_is_refused_whoever_brings_it(code: Code) -> None:
    for session in (ALICE, STATION):
        assert not judge(code, ALICE, session, {}, neighbours={STATION, ALICE}).allowed


def test_a_neighbour_vouches_only_when_it_was_named() -> None:
    assert not judge(Code.UNKNOWN_SENDER, ALICE, STATION, {}).allowed
    assert judge(Code.UNKNOWN_SENDER, ALICE, STATION, {}, {STATION}) == (True, "vouched")
    assert not judge(Code.UNKNOWN_SENDER, ALICE, BOB, {}, {STATION}).allowed


@pytest.mark.parametrize("source", [None, "/", "/phone", ALICE, f"{ALICE}/phone"])
def test_from_may_name_a_terminal_of_the_sender(source: str | None) -> None:
    assert judge(Code.OK, ALICE, ALICE, {"from": source}).allowed


@pytest.mark.parametrize("source", [BOB, "nobody", "", 7, [ALICE], {}])
def test_and_nobody_else(source: object) -> None:
    assert judge(Code.OK, ALICE, ALICE, {"from": source}) == (False, "false_route")


def test_a_handshake_belongs_to_who_began_it() -> None:
    assert may_log_in(None, ALICE)
    assert may_log_in(ALICE, ALICE)
    assert not may_log_in(ALICE, BOB)


class TestDuplicates:
    def test_once_for_each_receiver(self) -> None:
        seen = DuplicateFilter()
        assert seen.is_new(b"signature", BOB, 0)
        assert not seen.is_new(b"signature", BOB, 1)
        assert seen.is_new(b"signature", f"{BOB}/phone", 1)
        assert seen.is_new(b"another", BOB, 1)

    def test_both_signatures_of_a_nonce_are_one(self) -> None:
        """Of (r, s) and (r, n - s) either verifies, and anybody can make one from the other."""
        signature = PrivateKey.generate("ECC").sign(b"message")
        r, s = decode_dss_signature(signature)
        seen = DuplicateFilter()
        assert seen.is_new(signature, BOB, 0)
        assert not seen.is_new(encode_dss_signature(r, ORDER - s), BOB, 0)

    def test_leading_zeros_of_rsa_do_not_count(self) -> None:
        seen = DuplicateFilter()
        assert seen.is_new(b"\0" + b"r" * 127, BOB, 0)
        assert not seen.is_new(b"r" * 127, BOB, 0)

    def test_the_oldest_are_forgotten_when_there_are_too_many(self) -> None:
        seen = DuplicateFilter(most=3)
        for number in range(100):
            assert seen.is_new(b"%d" % number, BOB, number)
            assert len(seen) <= 3
        assert not seen.is_new(b"99", BOB, 100)
        assert seen.is_new(b"1", BOB, 100)

    def test_and_when_their_time_is_over(self) -> None:
        seen = DuplicateFilter(keep=10)
        seen.is_new(b"old", BOB, 0)
        assert not seen.is_new(b"old", BOB, 10)
        assert seen.is_new(b"old", BOB, 10.5)

    def test_of_several_threads_one_is_first(self) -> None:
        """Sessions may have a thread each."""

        class Slow(OrderedDict[bytes, float]):
            def __contains__(self, key: object) -> bool:
                found = super().__contains__(key)
                time.sleep(0.02)
                return found

        seen = DuplicateFilter()
        seen._seen = Slow()
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: seen.is_new(b"signature", BOB, 0), range(4)))
        assert sorted(found) == [False, False, False, True]


class TestOptions:
    def test_by_name(self) -> None:
        options = Options.of({"vouch": [STATION], "loop": False})
        assert options.vouch == (STATION,)
        assert "off: loop" in str(options)

    def test_what_there_is_not(self) -> None:
        with pytest.raises(TypeError, match="speed"):
            Options.of({"speed": True})

    @pytest.mark.parametrize("name", ["max_accounts", "duplicates", "batch"])
    def test_numbers(self, name: str) -> None:
        with pytest.raises(ValueError, match=name):
            Options.of({name: 0})

    @pytest.mark.parametrize("port", [0, -1, 65536])
    def test_a_port(self, port: int) -> None:
        with pytest.raises(ValueError, match="metrics"):
            Options.of({"metrics": port})

    def test_who_vouches_has_an_id(self) -> None:
        with pytest.raises(ValueError, match="BAD_ADDRESS"):
            Options.of({"vouch": ["gsp.example.org"]})
