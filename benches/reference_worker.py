"""The reference stack in a process of its own, timed there: requests in, answers out, one JSON
object a line.

    python reference_worker.py [--drop-in] < requests

It imports ``dimples`` and, but for the drop-in, nothing of dimp_fast. Loading the reference's
plug-ins changes a process for good, and in its own environment the reference has the libraries that
it asks for. A request prepares items, another one works on all of them, one after the other, as the
reference does; how long that took is in the answer.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from dimax.mkm import BTCAddress, ETHAddress
from dimples.client.compat import ClientLibraryLoader
from dimsdk import ID, Meta, PrivateKey, PublicKey, ReliableMessage

Work = Callable[[], int]
"""Works on the prepared items; how many came out right."""


def match_metas(pairs: list[Any]) -> Work:
    """``Meta.parse``, ``is_valid``, ``generate_id``."""

    def work() -> int:
        matched = 0
        for text, mapping in pairs:
            identifier = ID.parse(identifier=text)
            meta = Meta.parse(meta=mapping)
            if meta is None or not meta.is_valid:
                continue
            made = meta.generate_id(network=identifier.address.network)
            matched += made.address == identifier.address and made.name == identifier.name
        return matched

    return work


def verify(items: list[Any]) -> Work:
    """``PublicKey.verify`` with key objects made beforehand."""
    keys = {json.dumps(key): PublicKey.parse(key=key) for key, _, _ in items}
    prepared = [
        (keys[json.dumps(key)], bytes.fromhex(data), bytes.fromhex(signature))
        for key, data, signature in items
    ]
    return lambda: sum(
        key.verify(data=data, signature=signature) for key, data, signature in prepared
    )


def sign(items: list[Any]) -> Work:
    """``PrivateKey.sign`` with key objects made beforehand."""
    prepared = [(PrivateKey.parse(key=key), bytes.fromhex(data)) for key, data in items]
    return lambda: sum(bool(key.sign(data=data)) for key, data in prepared)


def derive_btc(items: list[Any]) -> Work:
    """``BTCAddress.from_data``."""
    prepared = [bytes.fromhex(item) for item in items]
    return lambda: sum(bool(BTCAddress.from_data(fingerprint=item, network=0)) for item in prepared)


def derive_eth(items: list[Any]) -> Work:
    """``ETHAddress.from_data``."""
    prepared = [bytes.fromhex(item) for item in items]
    return lambda: sum(bool(ETHAddress.from_data(fingerprint=item)) for item in prepared)


def parse_btc(items: list[Any]) -> Work:
    """``BTCAddress.from_str``."""
    return lambda: sum(BTCAddress.from_str(address=item) is not None for item in items)


def decode(items: list[Any]) -> Work:
    """From bytes to a ``ReliableMessage`` whose fields were read."""
    frames = [item.encode("utf-8") for item in items]

    def work() -> int:
        found = 0
        for frame in frames:
            message = ReliableMessage.parse(msg=json.loads(frame.decode("utf-8")))
            fields = message.sender, message.receiver, message.time, message.data, message.signature
            found += all(field is not None for field in fields)
        return found

    return work


def read_and_verify(items: list[Any]) -> Work:
    """From bytes to a ``ReliableMessage``, then ``PublicKey.verify``; key objects made
    beforehand."""
    keys = {json.dumps(key): PublicKey.parse(key=key) for _, key in items}
    prepared = [(text.encode("utf-8"), keys[json.dumps(key)]) for text, key in items]

    def work() -> int:
        accepted = 0
        for frame, key in prepared:
            message = ReliableMessage.parse(msg=json.loads(frame.decode("utf-8")))
            data, signature = message.data.to_bytes(), message.signature.to_bytes()
            accepted += key.verify(data=data, signature=signature)
        return accepted

    return work


OPERATIONS: dict[str, Callable[[list[Any]], Work]] = {
    work.__name__: work
    for work in (
        match_metas,
        verify,
        sign,
        derive_btc,
        derive_eth,
        parse_btc,
        decode,
        read_and_verify,
    )
}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # the reference prints
    logging.disable(logging.CRITICAL)
    ClientLibraryLoader().run()
    if "--drop-in" in sys.argv[1:]:
        from dimp_fast import dropin

        dropin.install()
    prepared: list[Work] = []
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            prepared.append(OPERATIONS[request["prepare"]](request["items"]))
            answer = {"number": len(prepared) - 1}
        else:
            wall, cpu = time.perf_counter_ns(), time.process_time_ns()
            done = prepared[request["run"]]()
            answer = {
                "done": done,
                "wall": time.perf_counter_ns() - wall,
                "cpu": time.process_time_ns() - cpu,
            }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
