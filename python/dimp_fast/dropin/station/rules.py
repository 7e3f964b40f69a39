"""Whether a station may act on a message: the decision alone.

Pure logic on plain values. Not here: where messages come from, who verifies them, what a session
is. So the same rules serve the station's own pipeline and whatever else relays messages.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from ...identity import Identifier
from ...verdict import Code, DimError

__all__ = ["Decision", "DuplicateFilter", "judge", "may_log_in"]

HANDSHAKE_NOT_BOUND = "handshake_not_bound"
FALSE_ROUTE = "false_route"
"""Reasons of our own, beside the names of the codes."""


class Decision(NamedTuple):
    """Whether a message passes, and why or why not."""

    allowed: bool
    reason: str


def judge(
    code: Code,
    sender: str | None,
    session_user: str | None,
    fields: Mapping[str, Any],
    neighbours: Container[str] = (),
) -> Decision:
    """May this message be processed, forwarded and receipted?

    A message whose signature checks against the checked keys of its sender may. One whose sender
    has no known key may in two cases: in the session of that very user, which a handshake proved;
    and from a neighbour that vouches. A signature that is wrong is refused whoever brings it.

    Args:
        code: the verdict of :func:`dimp_fast.verify_messages`.
        sender: ID without its terminal, canonical; ``None`` when the frame has no good one.
        session_user: whom the handshake of this connection proved; likewise.
        fields: those of the message, for what says who it is from.
        neighbours: stations that vouch, IDs likewise. By default none does, whatever the type of
            its ID says: IDs of stations are free to make.
    """
    if code is Code.OK:
        decision = Decision(True, "verified")
    elif code is Code.UNKNOWN_SENDER and session_user is not None and session_user == sender:
        decision = Decision(True, "own_session")
    elif code is Code.UNKNOWN_SENDER and session_user is not None and session_user in neighbours:
        decision = Decision(True, "vouched")
    else:
        return Decision(False, code.name.lower())
    if sender is None or not _is_from(fields.get("from"), sender):
        return Decision(False, FALSE_ROUTE)
    return decision


def _is_from(source: Any, sender: str) -> bool:
    """Whether the unsigned ``from`` names a terminal of the sender, as whom receipts are sent."""
    if source is None or (isinstance(source, str) and source.startswith("/")):
        return True
    try:
        return str(Identifier.parse(source).without_terminal()) == sender
    except (DimError, TypeError):
        return False


def may_log_in(asked: str | None, sender: str) -> bool:
    """May ``sender`` take part in the handshake of a connection on which ``asked`` began one?

    A connection has one session key, so that it must never be told to one account and used by
    another: then whoever was asked could present a handshake that somebody else signed.
    """
    return asked is None or asked == sender


class DuplicateFilter:
    """Remembers which message went to which receiver. Bounded, and on a clock of its own. Safe to
    share between threads.

    The key is made of decoded bytes: neither another spelling of the base64 nor the other of the
    two signatures (r, s) and (r, n - s) makes a message a new one. What a message says of its own
    time and way has no part in it.

    Args:
        most: how many are remembered; the oldest are forgotten first.
        keep: seconds for which one is remembered.
    """

    def __init__(self, most: int = 200_000, keep: float = 5 * 3600.0) -> None:
        self._most = most
        self._keep = keep
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, signature: bytes, receiver: str, now: float) -> bool:
        """Whether this is the first time; it is remembered.

        Args:
            signature: decoded.
            receiver: for whom this copy is, with its terminal.
            now: seconds on a clock that does not go back.
        """
        key = hashlib.sha256(_canonical(signature) + receiver.encode()).digest()
        seen = self._seen
        with self._lock:
            while seen and (
                len(seen) >= self._most or next(iter(seen.values())) < now - self._keep
            ):
                seen.popitem(last=False)
            if key in seen:
                return False
            seen[key] = now
            return True

    def __len__(self) -> int:
        return len(self._seen)


_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the group of secp256k1 (SEC 2, section 2.4.1)."""

_MOST_DER = 72
"""Bytes of an ECDSA signature at most; those of RSA are longer."""


def _canonical(signature: bytes) -> bytes:
    """One form of a signature that verified: without leading zeros when it is one of RSA
    (docs/semantics.md#wire-1), with the lower s when it is one of ECDSA."""
    if len(signature) > _MOST_DER:
        return signature.lstrip(b"\0")
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return signature
    return b"%d,%d" % (r, min(s, _ORDER - s))
