"""The ways in at a station: what a frame goes through, by us and by libraries put together by hand.

    python benches/ingress_ways.py WAY BATCH FILE

works once on the traffic of a file, in a process of its own, and prints by how many bytes its
resident memory grew: at the peak, over what frames and accounts took before. ``test_ingress`` runs
it and races the same calls.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ingress import SHARDS, Traffic

from dimp_fast import AccountFolder, Keyring, routing_columns, verify_messages

Way = Callable[[], int]
"""Works on all frames; how many were accepted and routed."""

PROCESS = Path("/proc/self")


def keyring(traffic: Traffic) -> Keyring:
    """One that holds every account."""
    found = Keyring()
    for sender in traffic.senders:
        found.add_meta(sender.identifier, sender.meta)
    return found


def ours(
    traffic: Traffic, batch: int, threads: int | None = 1, accounts: Path | None = None
) -> Way:
    """Decoded, verified and routed ``batch`` frames at a time.

    Args:
        accounts: a folder of them, read anew by each call as senders turn up; else all are held
            beforehand.
    """
    held = keyring(traffic) if accounts is None else None
    total = len(traffic.frames)

    def call() -> int:
        known = Keyring(loader=AccountFolder(accounts)) if held is None else held
        accepted = routed = 0
        for start in range(0, total, batch):
            messages, verdicts = verify_messages(
                traffic.frames[start : start + batch], known, threads=threads
            )
            good = verdicts.ok
            receivers = [text for text, ok in zip(messages.receiver, good, strict=True) if ok]
            routed += len(routing_columns(receivers, SHARDS).shard) if receivers else 0
            accepted += int(good.sum())
        return accepted if accepted == routed else -1

    return call


def by_hand(traffic: Traffic, batch: int = 1) -> Way:
    """orjson, pybase64, coincurve, pyca/cryptography and a dictionary of parsed keys, one by one
    whatever ``batch`` says."""
    import coincurve
    import orjson
    import pybase64
    import signatures
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    del batch
    padding, digest = PKCS1v15(), SHA256()
    checks: dict[str, Callable[[bytes, bytes], bool]] = {}
    for sender in traffic.senders:
        if sender.algorithm == "ECDSA":
            checks[sender.identifier] = coincurve.PublicKey(sender.public).verify
        else:
            key = signatures.pyca_key("RSA-1024")(sender.public)
            checks[sender.identifier] = lambda signature, message, key=key: (
                key.verify(signature, message, padding, digest) is None
            )

    def call() -> int:
        accepted = 0
        shards: list[list[bytes]] = [[] for _ in range(SHARDS)]
        for frame in traffic.frames:
            message = orjson.loads(frame)
            data = pybase64.b64decode(message["data"], validate=True)
            signature = pybase64.b64decode(message["signature"], validate=True)
            try:
                good = checks[message["sender"]](signature, data)
            except InvalidSignature:
                good = False
            if good:
                shards[hash(message["receiver"]) % SHARDS].append(frame)
                accepted += 1
        return accepted

    return call


WAYS: dict[str, Callable[[Traffic, int], Way]] = {"ours": ours, "by_hand": by_hand}


def peak_growth(way: str, batch: int, file: Path) -> int | None:
    """What :func:`main` prints, from a process of its own; None where the system does not count.

    Args:
        file: where :func:`write` put the traffic.
    """
    if not Path(PROCESS, "clear_refs").exists():
        return None
    command = [sys.executable, __file__, way, str(batch), str(file)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(run.stdout)


def write(traffic: Traffic, file: Path) -> Path:
    """The traffic without private keys."""
    people = tuple(sender._replace(private_key=None) for sender in traffic.senders)
    file.write_bytes(pickle.dumps(traffic._replace(senders=people)))
    return file


def main(way: str, batch: str, file: str) -> None:
    """Peak of the resident set while all frames go through four times, less that before. Several
    times, since what is kept for senders who come again is in it."""
    traffic: Traffic = pickle.loads(Path(file).read_bytes())
    call = WAYS[way](traffic, int(batch))
    Path(PROCESS, "clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before = _status("VmRSS")
    for _ in range(4):
        if call() != len(traffic.frames) - traffic.forged:
            raise SystemExit(f"{way}: a wrong answer")
    print(_status("VmHWM") - before)


def _status(name: str) -> int:
    """Bytes."""
    text = Path(PROCESS, "status").read_text(encoding="ascii")
    return 1024 * int(text.partition(f"{name}:")[2].split()[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
