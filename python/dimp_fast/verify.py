"""Many signatures at once (docs/semantics.md#sig-1)."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from . import _dispatch
from ._checks import same_length, sequence_of
from .keys import PublicKey
from .verdict import Verdicts

__all__ = ["verify_batch"]


def verify_batch(
    keys: Sequence[PublicKey | None] | PublicKey,
    messages: Sequence[bytes],
    signatures: Sequence[bytes],
    *,
    threads: int | None = None,
) -> Verdicts:
    """Verify each signature over its message with its key.

    Args:
        keys: one key an item (``None`` gives ``BAD_KEY``), or one key for all.
        messages: what was signed, before hashing.
        signatures: PKCS#1 v1.5 with the length of the modulus, strict DER ECDSA, or 64 bytes of
            Ed25519, as the key asks for.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread. The GIL
            is released while the native tier works.

    Returns:
        One verdict an item, in input order: ``OK``, ``BAD_KEY``, ``BAD_SIGNATURE_ENCODING`` or
        ``BAD_SIGNATURE``. A bad item never changes its neighbours.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: the sequences have unequal lengths.
    """
    count = announced(messages, threads)
    message_list = sequence_of(messages, bytes, "messages")
    signature_list = sequence_of(signatures, bytes, "signatures")
    handles: Any
    if isinstance(keys, PublicKey):
        same_length(messages=message_list, signatures=signature_list)
        handles = keys._verify_key() or [None] * len(message_list)
    else:
        key_list = list(keys)
        same_length(keys=key_list, messages=message_list, signatures=signature_list)
        handles = _handles(key_list)
    codes = _dispatch.operation("verify_batch")(handles, message_list, signature_list, count)
    return Verdicts(codes)


def announced(items: Sequence[bytes], threads: int | None) -> int:
    """``threads`` for a tier, which is told of the batch before anything else is done, so that its
    threads are awake when the items have been gathered."""
    count = _dispatch.thread_count(threads)
    if type(items) is list:
        _dispatch.operation("expect_batch")(len(items), count)
    return count


_HANDLE = attrgetter("_handle")


def _handles(keys: list[PublicKey | None]) -> list[Any]:
    """The handle of each key in the tier in use, or None."""
    # The usual case without a loop in Python: keys that have been used before.
    try:
        handles = list(map(_HANDLE, keys))
    except AttributeError:  # None, or no key
        handles = [None] * len(keys)
    if _dispatch.operation("uniform")(handles, _dispatch.operation("VerifyKey")):
        return handles
    return [_handle(index, key) for index, key in enumerate(keys)]


def _handle(index: int, key: PublicKey | None) -> Any:
    if key is None:
        return None
    if not isinstance(key, PublicKey):
        raise TypeError(f"keys[{index}]: PublicKey or None is wanted, not {type(key).__name__}")
    return key._verify_key()
