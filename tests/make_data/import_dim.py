"""Bring protocol vectors and interoperability cases into tests/data/dim and tests/data/interop.

    python import_dim.py --vectors dim-vectors.json --java java-made.json --python python-made.json

The sources are the collections that were recorded from the reference packages and SDKs (which and
in what version each case says itself, in ``produced_by`` and ``made_by``). Every case is taken over
unchanged but for two things: vectors that quote keys which other projects published in their
repositories stay out, and remarks are reworded where they name a document that a reader of this
repository does not have.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from case_file import check_unique, read, write

QUOTED_KEYS = ("keys.published", "meta.history.")
NOTE = (
    "One vector a line: id, kind, description, produced_by, input, output. All private keys in "
    "here are test keys. Where a secure reader must differ from the reference implementation the "
    'vector says so in "required". See README.md.'
)
REMARKS = (  # pattern, replacement: what points at papers that are not part of this repository
    (re.compile(r"\bpolicy of \S+\.md [\d.]+; "), "strict ID policy; "),
    (re.compile(r" \(p\d+\)$"), ""),
)


def reworded(text: str) -> str:
    for pattern, replacement in REMARKS:
        text = pattern.sub(replacement, text)
    return text


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--vectors", type=Path, required=True)
    options.add_argument("--java", type=Path, required=True)
    options.add_argument("--python", type=Path, required=True)
    given = options.parse_args()

    vectors = [
        vector | {"produced_by": reworded(vector["produced_by"])}
        for vector in read(given.vectors)["vectors"]
        if not vector["id"].startswith(QUOTED_KEYS)
    ]
    check_unique(vectors)
    write("dim/vectors.json", {"note": NOTE, "vectors": vectors})

    for name, source in (("java", given.java), ("python", given.python)):
        cases = [case | {"note": reworded(case["note"])} for case in read(source)]
        check_unique(cases)
        write(f"interop/{name}.json", cases)


if __name__ == "__main__":
    main()
