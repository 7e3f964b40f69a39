"""A big history, and what it takes to verify it.

    python benches/groups.py --blocks 10000 --voters 100

makes one, which takes a while, and prints how long it takes to parse, to verify all signatures in
batches, a part of them one by one, and the last block from a checkpoint, and the memory of each.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from dimp_fast import Code, Identifier, Keyring, Meta, PrivateKey, PublicKey
from dimp_fast.group import Checkpoint, History, sign_block, sign_operation

START = 1_750_000_000
CHATROOM = 0x31
NOW = START + 10**7


class Big(NamedTuple):
    """A history in which every member votes for every block, and the keys to check it with."""

    mapping: dict[str, Any]
    keyring: Keyring
    signatures: int


@cache
def big(blocks: int, voters: int, algorithm: str = "ECC") -> Big:
    """``blocks`` blocks with an operation each, and ``voters`` votes beside the recorder's.
    Two blocks more begin it, without votes."""
    keyring = Keyring()
    owner = PrivateKey.generate(algorithm)

    def account(name: str, key: PrivateKey, network: int = 0) -> Identifier:
        meta = Meta.generate(1, key, name)
        identifier = meta.generate_id(network)
        if keyring.add_meta(identifier, meta) is not Code.OK:
            raise RuntimeError(name)
        return identifier

    group, alice = account("big", owner, CHATROOM), account("alice", owner)
    keys = [PrivateKey.generate(algorithm) for _ in range(voters)]
    members = [account(f"member-{number}", key) for number, key in enumerate(keys)]
    history = History.found(group, alice, owner, time=START)
    entries = history.to_dict()["blocks"]
    head = history.verify(keyring, now=NOW).checkpoint
    if head is None:
        raise RuntimeError("the first block was refused")
    for first in range(0, voters, 250):
        events = [
            sign_operation("invite", group, alice, owner, head, one, time=head.time)
            for one in members[first : first + 250]
        ]
        head = _record(entries, group, head, events, alice, owner, keys[:first], members[:first])
    for number in range(blocks):
        event = sign_operation("name", group, alice, owner, head, name=str(number), time=head.time)
        head = _record(entries, group, head, [event], alice, owner, keys, members)
    mapping = {"version": 2, "ID": str(group), "blocks": entries}
    signatures = sum(1 + len(entry["events"]) + len(entry["votes"]) for entry in entries)
    return Big(mapping, keyring, signatures)


def _record(
    entries: list[dict[str, Any]],
    group: Identifier,
    head: Checkpoint,
    events: Sequence[str],
    recorder: Identifier,
    key: PrivateKey,
    keys: Sequence[PrivateKey],
    members: Sequence[Identifier],
) -> Checkpoint:
    """Add a block and its votes; what comes next stands on what this returns."""
    from base64 import b64encode

    entry = sign_block(group, head, events, recorder, key, head.time + 60)
    alone = {"version": 2, "ID": str(group), "blocks": [entry]}
    [block] = History.parse(alone).blocks
    ballot = block.header.ballot(block.name)
    entry["votes"] = {
        str(member): b64encode(voter.sign(ballot)).decode("ascii")
        for member, voter in zip(members, keys, strict=True)
    }
    entries.append(entry)
    return Checkpoint(2, block.name, block.header.height, block.header.time, (), head.state)


def one_by_one(
    keys: list[PublicKey | None], messages: list[bytes], signatures: list[bytes]
) -> list[int]:
    """What the batch verifier does, a signature at a time."""
    found = []
    for key, message, signature in zip(keys, messages, signatures, strict=True):
        is_right = key is not None and key.verify(message, signature)
        found.append(int(Code.OK if is_right else Code.BAD_SIGNATURE))
    return found


def by_pyca(
    keys: list[PublicKey | None], messages: list[bytes], signatures: list[bytes]
) -> list[int]:
    """The same with pyca/cryptography; keys of ECC."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    found = []
    for key, message, signature in zip(keys, messages, signatures, strict=True):
        try:
            _pyca_key(key).verify(signature, message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            found.append(int(Code.BAD_SIGNATURE))
        else:
            found.append(int(Code.OK))
    return found


@cache
def _pyca_key(key: PublicKey) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key.point)


def peak() -> int:
    """MiB that this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=10_000)
    parser.add_argument("--voters", type=int, default=100)
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--algorithm", choices=("ECC", "ED25519"), default="ECC", help="ED25519 is made sooner"
    )
    options = parser.parse_args()

    def timed(what: str, work: Any, items: int) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{what:<44} {wall:9.2f} s  {items / wall:12,.0f} /s  cpu {cpu:9.2f} s  "
              f"peak {peak()} MiB")  # fmt: skip
        return found

    made = timed(
        "made", lambda: big(options.blocks, options.voters, options.algorithm), options.blocks
    )
    text = json.dumps(made.mapping).encode("ascii")
    print(f"{made.signatures} signatures, {len(text) / 2**20:.0f} MiB of JSON")
    history = timed(
        "parsed, blocks", lambda: History.parse(made.mapping), len(made.mapping["blocks"])
    )
    verdict = timed(
        "verified in batches, signatures",
        lambda: history.verify(made.keyring, now=NOW, threads=options.threads),
        made.signatures,
    )
    if verdict.code is not Code.OK:
        raise SystemExit(verdict.reason)
    part = History.parse({**made.mapping, "blocks": made.mapping["blocks"][:200]})
    count = part.verify(made.keyring, now=NOW).signatures
    timed(
        "200 blocks one by one, signatures",
        lambda: part._verify(made.keyring, None, NOW, one_by_one, 1),
        count,
    )
    timed(
        "the same in batches, one thread",
        lambda: part.verify(made.keyring, now=NOW, threads=1),
        count,
    )
    before = History.parse({**made.mapping, "blocks": made.mapping["blocks"][:-1]})
    checkpoint = before.verify(made.keyring, now=NOW).checkpoint
    last = timed(
        "one block from a checkpoint, signatures",
        lambda: history.verify(made.keyring, checkpoint, now=NOW),
        2 + options.voters,
    )
    if last.checkpoint != verdict.checkpoint:
        raise SystemExit("the checkpoint leads elsewhere")


if __name__ == "__main__":
    main()
