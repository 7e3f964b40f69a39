"""A worker with the reference stack, from its own side. It imports nothing of dimp_fast."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from dimples.client.compat import ClientLibraryLoader

Answer = dict[str, Any]


def serve(operations: Mapping[str, Callable[[Answer], Answer]]) -> None:
    """Answer each request, a JSON object a line, by the operation that its ``op`` names."""
    answers, sys.stdout = sys.stdout, sys.stderr  # the reference prints
    logging.disable(logging.CRITICAL)
    ClientLibraryLoader().run()
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(operations[request["op"]](request)), file=answers, flush=True)
