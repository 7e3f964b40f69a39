"""A family of the reference in a process of its own, plain or with the drop-in.

    python [-O] dropin_worker.py plain|secure|compat [early] < requests

Run with the Python of the family's environment, by ``conftest.py``. A request is one JSON line:
``{"case": name of a function in dropin_cases.py, "arguments": {...}}``; the answer is
``{"value": ...}``, or ``{"raises": name of the class, "text": ...}`` for what the case let through.
With ``early`` the drop-in is installed before the plug-ins of the family are loaded, else after.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import warnings

warnings.simplefilter("ignore")  # the reference's own, of its syntax

import dropin_cases as cases  # noqa: E402 - lies beside this file


def main(mode: str, early: bool) -> None:
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr  # the reference prints
    if mode != "plain" and early:
        install(mode)
    cases.load()
    if mode != "plain" and not early:
        install(mode)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": getattr(cases, request["case"])(**request["arguments"])}
        except Exception as error:
            traceback.print_exc()
            answer = {"raises": type(error).__name__, "text": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


def install(mode: str) -> None:
    from dimp_fast import dropin

    with warnings.catch_warnings():
        warnings.simplefilter("error", dropin.DropinWarning)
        dropin.install(mode)


if __name__ == "__main__":
    main(sys.argv[1], "early" in sys.argv[2:])
