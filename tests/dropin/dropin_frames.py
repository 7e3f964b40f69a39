"""IDs and frames that the tests of the drop-in share."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

HULK = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj"
MOKI = "moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk"
ETH = "0x" + "ab" * 20
ETH_EIP55 = "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"


def frame(**changes: Any) -> str:
    """A message on the wire, from hulk to moki; its signature is of no interest here."""
    fields = {
        "sender": HULK,
        "receiver": MOKI,
        "time": 1_750_000_000.5,
        "data": b64encode(b"ciphertext").decode(),
        "signature": b64encode(b"signature").decode(),
    }
    return json.dumps(fields | changes)


def hostile_frames() -> dict[str, str]:
    """By what is wrong with them; the reference accepts each, or lets an exception through."""
    good = frame()
    return {
        "duplicates": good[:-1] + f', "sender": "{MOKI}"}}',
        "NaN": frame(time="TIME").replace('"TIME"', "NaN"),
        "no object": "[1, 2]",
        "no JSON": good[:-1],
        "sender": frame(sender=f"x@{HULK}"),
        "sender of another type": frame(sender=[HULK]),
        "signature of another type": frame(signature=True),
        "surrogate": frame(note="SAY").replace("SAY", "\\ud800"),
        "depth": frame(note="DEEP").replace('"DEEP"', "[" * 80 + "]" * 80),
        "keys": frame(keys=[1]),
        "signature": frame(signature="c2ln=bmF0dXJl"),
    }
