"""Say what a build would do here: `python -m dimp_build plan`, or `requires` for what it needs."""

from __future__ import annotations

import sys

from . import ROOT, get_requires_for_build_wheel
from .plan import make_plan

if sys.argv[1:] == ["plan"]:
    print(make_plan(ROOT).banner())
elif sys.argv[1:] == ["requires"]:
    print("\n".join(get_requires_for_build_wheel()))
else:
    sys.exit("usage: python -m dimp_build plan|requires")
