"""The index of search numbers (semantics.md#address-4)."""

from __future__ import annotations

import random
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_sets
from dimp_fast import (
    Code,
    Identifier,
    NumberIndex,
    derive_eth_addresses,
    format_addresses,
    parse_addresses,
)
from dimp_fast.number_index import AT_ONCE

VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}
NUMBERS = list(
    zip(VECTORS["number.search"].input["addresses"], VECTORS["number.search"].output, strict=True)
)
HULK, MOKI, ETH = (address for address, _ in NUMBERS)
PALINDROME = "15MWaxqBSQUe4xBLkACj919PhaSh9tbnny"


def some_ids(count: int, seed: int = 1) -> list[str]:
    digests = random.Random(seed).randbytes(20 * count)
    addresses = format_addresses(digests, 8)
    return [f"user{n}@{address}" for n, address in enumerate(addresses)]


@pytest.mark.parametrize(("address", "numbers"), NUMBERS, ids=["hulk", "moki", "eth"])
def test_finds_by_either_number(address: str, numbers: dict[str, int | str]) -> None:
    index = NumberIndex([f"x@{HULK}", f"x@{MOKI}", f"x@{ETH}"])
    wanted = [Identifier.parse(f"x@{address}")]
    text = numbers["text"]
    assert isinstance(text, str)
    for number in (numbers["current_BE"], numbers["old_LE"], text, text.replace("-", "")):
        assert index.find(number) == wanted
        assert index.find(np.uint32(number) if isinstance(number, int) else number) == wanted
    assert index.find(str(numbers["old_LE"])) == wanted
    assert all(isinstance(found, Identifier) for found in index.find(text))


def test_eth_addresses_share_the_original_number() -> None:
    points = [random.Random(n).randbytes(64) for n in range(50)]
    texts = derive_eth_addresses(points)
    index = NumberIndex([*texts, HULK, *some_ids(50)])
    assert sorted(map(str, index.find(9527))) == sorted(texts)
    assert index.find("000-000-9527") == index.find(9527)
    for text in texts:
        number = Identifier.parse(text).number
        assert index.find(number) == [text]
        mirrored = int.from_bytes(number.to_bytes(4, "little"), "big")
        assert index.find(mirrored) == []  # an ETH number is not read backwards
    assert index.discard(texts[0])
    assert sorted(map(str, index.find(9527))) == sorted(texts[1:])


def eth_address(number: int) -> str:
    """A canonical ETH-style address with this number."""
    found = parse_addresses([f"0x{'00' * 16}{number:08x}"]).text()[0]
    assert found is not None
    return found


def test_eth_numbers_that_meet_the_shared_one() -> None:
    mirror = int.from_bytes((9527).to_bytes(4, "little"), "big")
    texts = [eth_address(number) for number in (9527, mirror, 5)]
    index = NumberIndex(texts)
    assert sorted(map(str, index.find(9527))) == sorted(texts)
    assert index.find(mirror) == [texts[1]]
    assert index.find(5) == [texts[2]]
    for text in texts:
        assert text in index
        assert index.discard(text)
    assert len(index) == 0
    assert index.find(9527) == []


def test_a_number_that_reads_the_same_both_ways() -> None:
    """Looked for in the same place twice, an ID is still found once."""
    found = Identifier.parse(PALINDROME)
    assert found.number == found.number_le
    assert NumberIndex([PALINDROME]).find(found.number) == [found]


def test_one_number_many_ids() -> None:
    texts = [f"x{n}@{HULK}" for n in range(200)] + [HULK, f"{HULK}/pc", f"x0@{HULK}/pc"]
    index = NumberIndex()
    assert index.add(texts).all_ok()
    assert index.add(reversed(texts)).all_ok()  # type: ignore[arg-type]
    assert len(index) == len(texts) == len(set(texts))
    assert index.find(Identifier.parse(HULK).number) == texts
    assert index.find(Identifier.parse(HULK).number_le) == texts
    for count, text in enumerate(texts, 1):
        assert text in index
        assert index.discard(Identifier.parse(text))
        assert text not in index
        assert not index.discard(text)
        assert len(index) == len(texts) - count
    assert index.find(Identifier.parse(HULK).number) == []


def test_duplicates_count_once() -> None:
    index = NumberIndex()
    index.add([f"x@{ETH}", Identifier.parse(f"x@{ETH}"), f"x@{ETH.lower()}"])
    index.add([Identifier.parse(f"x@{ETH}")])
    assert len(index) == 1
    assert index.find(9527) == [f"x@{ETH}"]


def test_bad_texts_get_their_code_and_hurt_nobody() -> None:
    index = NumberIndex()
    verdicts = index.add((HULK, "nobody", Identifier.parse(MOKI), "\ud800", ""))
    bad = Code.BAD_ADDRESS
    assert list(verdicts) == [Code.OK, bad, Code.OK, bad, bad]
    assert verdicts.reason(1) == "ID: not an ID: 'nobody'"
    assert verdicts.reason(3) == r"ID: not an ID: '\ud800'"
    assert len(index) == 2
    assert "nobody" not in index
    assert 7 not in index
    with pytest.raises(ValueError, match="BAD_ADDRESS"):
        index.discard("nobody")


def test_broadcast_ids_are_passed_over() -> None:
    index = NumberIndex()
    assert index.add(["anyone@anywhere", "EVERYWHERE", HULK]).all_ok()
    assert len(index) == 1
    assert index.find(0) == []
    assert "anyone@anywhere" not in index
    assert not index.discard("anyone@anywhere")


@pytest.mark.parametrize("number", ["", "-1", "272-9727604", "272-972-760", "2729727604 ", "1e3",
                                    "0x10", "12345678901", "272_972_7604", "\uff11\uff12", "+1",
                                    "999-999-9999", 1 << 32, -1])  # fmt: skip
def test_what_is_no_number(number: int | str) -> None:
    with pytest.raises(ValueError, match="number: "):
        NumberIndex([HULK]).find(number)


@pytest.mark.parametrize("number", [None, 1.0, True, b"1", [1]])
def test_numbers_of_a_wrong_type(number: object) -> None:
    with pytest.raises(TypeError, match="number: int is wanted"):
        NumberIndex([HULK]).find(number)  # type: ignore[arg-type]


def test_misuse() -> None:
    index = NumberIndex()
    with pytest.raises(TypeError, match=r"identifiers\[1\]"):
        index.add([HULK, b"x"])  # type: ignore[list-item]
    for one in (HULK, Identifier.parse(HULK)):
        with pytest.raises(TypeError, match="not one ID"):
            index.add(one)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threads"):
        index.add([HULK], threads=0)
    with pytest.raises(TypeError, match="text: str is wanted"):
        index.discard(7)  # type: ignore[arg-type]
    assert len(index) == 0
    assert bool(index)
    assert repr(index) == "<NumberIndex of 0>"


ZEROS = "1111111111111111111114oLvT2"
POOL = [
    name + address for address in (HULK, MOKI, ETH, PALINDROME, ZEROS) for name in ("", "a@", "b@")
]


@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.sampled_from([*POOL, "nobody", "anywhere"]))),
        max_size=8,
    )
)
def test_like_a_list_that_is_searched(steps: list[tuple[bool, list[str]]]) -> None:
    index, model = NumberIndex(), dict[str, Identifier]()
    for is_added, texts in steps:
        if is_added:
            index.add(texts)
            model.update((text, Identifier.parse(text)) for text in texts if text in POOL)
        else:
            for text in set(texts) & set(POOL):
                assert index.discard(text) == (model.pop(text, None) is not None)
        assert len(index) == len(model)
    for text in POOL:
        parsed = Identifier.parse(text)
        assert (text in index) == (text in model)
        for number in (parsed.number, parsed.number_le):
            wanted = {
                held for held, found in model.items() if number in (found.number, found.number_le)
            }
            found_texts = [str(found) for found in index.find(number)]
            assert len(found_texts) == len(set(found_texts))
            assert set(found_texts) == wanted


def test_batches_larger_than_what_is_parsed_at_once() -> None:
    texts = some_ids(AT_ONCE + 1000)
    texts[0] = texts[AT_ONCE] = "nobody"
    index = NumberIndex()
    verdicts = index.add(texts)
    assert verdicts.counts() == {Code.OK: len(texts) - 2, Code.BAD_ADDRESS: 2}
    assert verdicts.reason(AT_ONCE) == "ID: not an ID: 'nobody'"
    assert len(index) == len(texts) - 2
    columns = parse_addresses([text.partition("@")[2] for text in texts[-500:]])
    for text, number in zip(texts[-500:], columns.number, strict=True):
        assert text in index.find(number)


def test_threads_share_an_index() -> None:
    index = NumberIndex()
    shared = some_ids(300)
    failures: list[str] = []

    def work(number: int) -> None:
        own = some_ids(300, seed=number + 10)
        for start in range(0, 300, 20):
            index.add(shared[start : start + 20], threads=1)
            index.add(own[start : start + 20], threads=1)
            for text in own[start : start + 20 : 5]:
                if text not in index.find(Identifier.parse(text).number):
                    failures.append(text)
            for text in own[start : start + 20 : 2]:
                if not index.discard(text):
                    failures.append(text)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures
    assert len(index) == 300 + 4 * 150
    assert all(text in index for text in shared)


def test_memory_of_an_id() -> None:
    """What number_index.py says of a million, held at a smaller size."""
    texts = some_ids(50_000)
    index = NumberIndex(texts[:100])  # the tiers load what they need
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        index.add(texts)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < 260 * len(texts)
