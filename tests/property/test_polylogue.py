"""Client-kept polylogues against a small model, and in any order (docs/semantics.md#poly-4 to
#poly-9)."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from polylogues import administrators, bulletin, fresh, members, pending, say

from dimp_fast import Code
from dimp_fast.group import Polylogue

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
STAFF = ("bob", "carol")


class Sentence(NamedTuple):
    """Who said what, when; in the order in which sentences count."""

    at: int
    is_no_reset: bool
    what: str
    who: str
    about: tuple[str, ...]


Counts = Callable[[int], bool]


class Model:
    """A group as questions about the past: each is answered by looking back, nothing is kept but
    what was said."""

    def __init__(self) -> None:
        self.start: Sentence | None = None
        self.helpers: tuple[float, str, tuple[str, ...]] = (-1, "", ())
        self.said: list[Sentence] = []
        self.of_helpers: set[Sentence] = set()

    def hear(self, sentence: Sentence) -> Code:
        if sentence == self.start:
            return Code.OK
        helps = sentence.who in self.helpers[2]
        if sentence not in self.said:
            if self._is_late(sentence):
                return Code.EXPIRED
            self.said = sorted({*self.said, sentence})
            self.of_helpers.discard(sentence)
        elif self._counting()(self.said.index(sentence)):
            helps = False  # heard already
        if helps:
            self.of_helpers.add(sentence)
        counts = self._counting()
        code = Code.OK if counts(self.said.index(sentence)) else Code.FORBIDDEN
        self._begin_anew()
        return code

    def post(self, at: float, text: str, helpers: tuple[str, ...]) -> Code:
        if (at, text) < self.helpers[:2]:
            return Code.EXPIRED
        self.helpers = (at, text, helpers)
        self._forget()
        self._begin_anew()
        return Code.OK

    def _begin_anew(self) -> None:
        counts = self._counting()
        resets = [s for i, s in enumerate(self.said) if s.what == "reset" and counts(i)]
        if resets:
            self.start = resets[-1]
            self._forget()

    def _forget(self) -> None:
        self.said = [s for s in self.said if not self._is_late(s) and s != self.start]

    def _is_late(self, sentence: Sentence) -> bool:
        if sentence.what == "resign":
            return sentence.at < self.helpers[0]
        if self.start is None:
            return False
        if sentence.what == "reset":
            return sentence < self.start
        return sentence.at < self.start.at

    def _counting(self) -> Counts:
        """Whether the sentence at a place counts."""
        said = self.said

        @cache
        def counts(place: int) -> bool:
            _, _, what, who, about = said[place]
            helps = self._helped(place, counts)
            if what == "reset":
                staff = {name for name in STAFF if self._helps(name, place, counts)}
                leads = who == "alice" or (helps and who in staff)
                return leads and about[0] == "alice" and staff <= set(about)
            is_in = self._inside(who, place, counts)
            if what == "resign":
                return helps
            if what == "invite":
                return is_in
            is_plain = who != "alice" and not helps
            return is_plain and (is_in if what == "quit" else not is_in)

        return counts

    def _left(self, who: str, place: int, counts: Counts) -> bool:
        return any(s.what == "resign" and s.who == who and counts(i) for i, s in self._up_to(place))

    def _helps(self, who: str, place: int, counts: Counts) -> bool:
        """By the bulletin of today."""
        return who in self.helpers[2] and not self._left(who, place, counts)

    def _helped(self, place: int, counts: Counts) -> bool:
        """Whether the speaker was a helper when this was heard."""
        sentence = self.said[place]
        return sentence in self.of_helpers and not self._left(sentence.who, place, counts)

    def _lets_in(self, who: str, place: int, counts: Counts) -> bool:
        _, _, what, by, about = self.said[place]
        may = by == "alice" or self._helped(place, counts)
        return what == "invite" and who in about and may and counts(place)

    def _inside(self, who: str, place: int, counts: Counts) -> bool:
        for i, (_, _, what, by, about) in reversed(self._up_to(place)):
            if what == "reset" and counts(i):
                return who in about
            if what == "quit" and by == who and counts(i):
                return False
            if self._lets_in(who, i, counts):
                return True
        return who in (("alice",) if self.start is None else self.start.about)

    def _up_to(self, place: int) -> list[tuple[int, Sentence]]:
        return list(enumerate(self.said[:place]))

    def answers(self) -> tuple[set[str], set[str], set[tuple[str, str]]]:
        counts, end = self._counting(), len(self.said)
        return (
            {who for who in PEOPLE if self._inside(who, end, counts)},
            {who for who in STAFF if self._helps(who, end, counts)},
            {(who, by) for who in PEOPLE if (by := self._first_to_ask_for(who, end, counts))},
        )

    def _first_to_ask_for(self, who: str, end: int, counts: Counts) -> str | None:
        """Since he was let in last, while he was not in."""
        first = None
        for i, (_, _, what, by, about) in reversed(self._up_to(end)):
            names = about if what == "invite" else (by,) if what == "join" else ()
            if who not in names or not counts(i):
                continue
            if self._lets_in(who, i, counts):
                break
            if not self._inside(who, i, counts):
                first = by
        return first


@st.composite
def sentences(draw: st.DrawFn) -> Sentence:
    what = draw(st.sampled_from(("reset", "invite", "invite", "join", "quit", "quit", "resign")))
    who = draw(st.sampled_from(STAFF if what == "resign" else PEOPLE))
    about: tuple[str, ...] = ()
    if what in ("reset", "invite"):
        others = st.lists(st.sampled_from(PEOPLE[1:]), unique=True, max_size=4, min_size=1)
        about = tuple(draw(others))
        if what == "reset" and draw(st.integers(0, 9)):
            about = ("alice", *about)
    return Sentence(draw(st.integers(1, 12)), what != "reset", what, who, about)


def tell(group: Polylogue, sentence: Sentence) -> Code:
    return say(group, sentence.who, sentence.what, *sentence.about, at=sentence.at)


def answers(group: Polylogue) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    return set(members(group)), set(administrators(group)), set(pending(group))


class Life(RuleBasedStateMachine):
    """Whatever is said, in whatever order, codes and state are those of the model."""

    @initialize(helpers=st.sets(st.sampled_from(STAFF)))
    def begin(self, helpers: set[str]) -> None:
        self.group, self.model = fresh(), Model()
        self.heard: list[Sentence] = []
        self.post(0, helpers)

    @rule(sentence=sentences())
    def say(self, sentence: Sentence) -> None:
        self.heard.append(sentence)
        assert tell(self.group, sentence) is self.model.hear(sentence)

    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        if self.heard:
            sentence = data.draw(st.sampled_from(self.heard))
            assert tell(self.group, sentence) is self.model.hear(sentence)

    @rule(at=st.integers(0, 12), helpers=st.sets(st.sampled_from(STAFF)))
    def post(self, at: int, helpers: set[str]) -> None:
        document = bulletin(*sorted(helpers), at=at)
        text = document.to_dict()["data"]
        code = self.group.apply(document)
        assert code is self.model.post(at, text, tuple(helpers))

    @invariant()
    def is_as_the_model_says(self) -> None:
        if hasattr(self, "model"):
            assert answers(self.group) == self.model.answers()


Life.TestCase.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)
TestPoly4To9ALifeOfAGroup = Life.TestCase


def acts_after_resigning(said: list[Sentence]) -> bool:
    """docs/semantics.md#poly-9: what the order of arrival may decide."""
    left = {one.who: one.at for one in sorted(said, reverse=True) if one.what == "resign"}
    return any(one.what == "reset" and one.at >= left.get(one.who, 99) for one in said)


@settings(max_examples=200, deadline=None)
@given(
    said=st.lists(sentences(), max_size=12).filter(lambda said: not acts_after_resigning(said)),
    helpers=st.sets(st.sampled_from(STAFF)),
    seed=st.integers(0, 2**32),
)
def test_poly_8_any_order_comes_to_the_same(
    said: list[Sentence], helpers: set[str], seed: int
) -> None:
    found = []
    notice = bulletin(*sorted(helpers))
    for order in (sorted(said), random.Random(seed).sample(said, len(said)), said + said):
        group = fresh()
        assert group.apply(notice) is Code.OK
        for sentence in order:
            tell(group, sentence)
        found.append((members(group), administrators(group), pending(group)))
    assert found[0] == found[1] == found[2]
