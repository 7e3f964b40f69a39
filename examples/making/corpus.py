"""The messages collected so far, each with the verdict that its making fixes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from making.spelling import Style, as_reference

Verdict = Literal[
    "OK",
    "TOO_LARGE",
    "MALFORMED",
    "BAD_ENCODING",
    "BAD_ADDRESS",
    "UNKNOWN_SENDER",
    "MISMATCH",
    "BAD_SIGNATURE_ENCODING",
    "BAD_SIGNATURE",
]


@dataclass(frozen=True)
class Example:
    line: bytes
    verdict: Verdict
    made: str


class Corpus:
    """Examples in the order of their making; written out shuffled, with a manifest beside them."""

    def __init__(self) -> None:
        self.examples: list[Example] = []

    def add(
        self,
        message: bytes | Mapping[str, Any],
        verdict: Verdict,
        made: str,
        style: Style = as_reference,
    ) -> None:
        line = message if isinstance(message, bytes) else style(message)
        if b"\n" in line or not line.strip():
            raise ValueError(f"not one line: {made}")
        self.examples.append(Example(line, verdict, made))

    def accept(
        self, message: bytes | Mapping[str, Any], made: str, style: Style = as_reference
    ) -> None:
        self.add(message, "OK", made, style)

    def write(self, messages: Path, manifest: Path, seed: int) -> None:
        """Shuffle with `seed` and write both files; `line` counts from 1."""
        shuffled = self.examples[:]
        random.Random(seed).shuffle(shuffled)
        with messages.open("wb") as lines, manifest.open("w", encoding="utf-8") as entries:
            for number, example in enumerate(shuffled, start=1):
                lines.write(example.line + b"\n")
                entry = {"line": number, "verdict": example.verdict, "made": example.made}
                entries.write(json.dumps(entry, ensure_ascii=False) + "\n")
