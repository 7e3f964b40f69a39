"""What must not change: behaviours that others rely on, the classes of objects, vectors of the
reference, and messages between a process with the drop-in and one without."""

from __future__ import annotations

from typing import Any

import pytest
from dropin_frames import HULK

import data_sets

Start = Any
VECTORS = {vector.id: vector for vector in data_sets.dim_vectors()}


@pytest.mark.parametrize("mode", ["secure", "compat"])
@pytest.mark.parametrize("optimised", [False, True])
def test_behaviours_that_stay(worker: Start, family: str, mode: str, optimised: bool) -> None:
    plain = worker(family, "plain", optimised=optimised).ask("kept")
    assert worker(family, mode, optimised=optimised).ask("kept") == plain
    assert plain["RSA of 1024 bits"] == 128
    assert plain["zero IV when absent"] == "hello"


@pytest.mark.parametrize("early", [False, True])
def test_objects_are_of_the_classes_that_callers_ask_for(
    worker: Start, family: str, early: bool
) -> None:
    ours = worker(family, "secure", early=early).ask("classes")
    assert ours == worker(family, "plain").ask("classes")


def test_vectors_of_bundles(worker: Start) -> None:
    encode, decode = VECTORS["keys.bundle.encode"], VECTORS["keys.bundle.decode"]
    ours = worker("dimples", "secure")
    arguments = {"bundle": encode.input["bundle"], "receiver": encode.input["receiver"]}
    assert ours.ask("vector_bundle_encode", **arguments) == encode.output
    found = ours.ask("vector_bundle_decode", keys=decode.input, receiver=HULK)
    assert found == decode.output


def test_vectors_of_the_older_family(worker: Start) -> None:
    ours = worker("dimplugins", "secure")
    bundle = VECTORS["v243.bundle.encode"]
    arguments = {"bundle": bundle.input, "receiver": HULK}
    assert ours.ask("vector_bundle_encode", **arguments) == bundle.output
    short = VECTORS["v243.short.msg"]
    assert ours.ask("vector_short", message=short.input) == short.output


def test_vectors_that_the_drop_in_answers_otherwise(worker: Start) -> None:
    """D22: today's answer instead of an exception, in the older family too."""
    ours, plain = worker("dimplugins", "secure"), worker("dimplugins", "plain")
    text = VECTORS["v243.utf8"]
    assert plain.ask("vector_utf8", data=text.input) == text.output["raises"]
    assert ours.ask("vector_utf8", data=text.input) is None
    texts = VECTORS["v243.hex"]
    assert plain.ask("vector_hex", texts=texts.input) == ["ValueError", "ValueError"]
    assert ours.ask("vector_hex", texts=texts.input) == ["0abc", None]
