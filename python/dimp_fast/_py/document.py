"""Documents: visas, bulletins, profiles (docs/semantics.md#doc-1 to #doc-6).

Only the text of ``data`` is signed; nothing in the wrapper may be believed.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from ..verdict import Code
from . import base64, json
from .identity import Parsed as ParsedIdentifier
from .identity import parse as parse_identifier
from .meta import key_of
from .refusal import Refusal, Verdict, judge
from .verify import VerifyKey

MAX_FUTURE_SECONDS = 30 * 60

_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class Document(NamedTuple):
    """The form of a document (DOC-1); nothing about it has been proved yet."""

    identifier: ParsedIdentifier
    data: str
    signature: bytes
    type: str | None
    terminal: str | None


class Proved(NamedTuple):
    """What a verified document says."""

    type: str
    terminal: str | None
    data: str
    time: float | None
    key: VerifyKey | None

    @property
    def place(self) -> tuple[str, str | None]:
        """Type and terminal, of which one document is held."""
        return self.type, self.terminal


def parse(mapping: dict[str, Any]) -> Document:
    """DOC-1; raises ``Refusal``."""
    did = mapping.get("did")
    if did is None:
        did = mapping.get("ID")
    if not json.is_text(did):
        raise Refusal(Code.MALFORMED, "document: did is missing or not a text")
    data = _needed_text("data", mapping.get("data"))
    signature = base64.decode_transportable(_needed_text("signature", mapping.get("signature")))
    if not signature:
        raise Refusal(Code.BAD_ENCODING, "document: signature is not base64")
    identifier = parse_identifier(did)
    if identifier is None:
        raise Refusal(Code.BAD_ADDRESS, "document: did is not an ID")
    kind, terminal = mapping.get("type"), mapping.get("terminal")
    return Document(
        identifier,
        data,
        signature,
        kind if json.is_text(kind) and kind else None,
        terminal if json.is_text(terminal) else None,
    )


def _needed_text(name: str, value: Any) -> str:
    if not json.is_text(value) or not value:
        raise Refusal(Code.MALFORMED, f"document: {name} is missing or not a text")
    return str(value)


def prove(document: Document, key: VerifyKey, now: float) -> Proved:
    """DOC-2 to DOC-5 but for the age among others of its kind; raises ``Refusal``.

    ``key`` is the meta key of ``document.identifier``.
    """
    code = key.verify_wire(document.data.encode("utf-8"), document.signature)
    if code is not Code.OK:
        raise Refusal(code, "document: not signed by the meta key")
    try:
        properties = json.loads_text(document.data)
        time = parse_time(properties.get("time"))
    except Refusal as refusal:
        code = Code.TOO_LARGE if refusal.code is Code.TOO_LARGE else Code.MALFORMED
        raise Refusal(code, f"document: data: {refusal.reason}") from None
    if time is not None and time > now + MAX_FUTURE_SECONDS:
        raise Refusal(Code.EXPIRED, "document: time is in the future")
    kind, terminal = _place(document, properties)
    return Proved(kind, terminal, document.data, time, _verify_key(properties.get("key")))


def _place(document: Document, properties: dict[str, Any]) -> tuple[str, str | None]:
    """DOC-4: type and terminal."""
    kind = properties.get("type")
    if not json.is_text(kind) or not kind:
        kind = document.type or ("bulletin" if document.identifier.is_group else "visa")
    terminal = document.terminal
    if terminal is None:
        terminal = document.identifier.terminal
    return kind, None if terminal in (None, "", "*", "/") else terminal


def _verify_key(mapping: object) -> VerifyKey | None:
    if not isinstance(mapping, dict):
        return None
    try:
        return key_of(mapping)[0]
    except Refusal:
        return None  # DOC-5: a document may carry a key that is of no use here


def parse_time(value: Any) -> float | None:
    """MSG-2: seconds since the epoch; raises ``Refusal`` (MALFORMED)."""
    if value is None:
        return None
    if json.is_text(value) and _DECIMAL.fullmatch(value):
        value = float(value)
    elif not json.is_number(value):
        raise Refusal(Code.MALFORMED, "time: not a number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Refusal(Code.MALFORMED, "time: beyond 64 bits")
    time = float(value)
    if not 0 <= time < math.inf:
        raise Refusal(Code.MALFORMED, "time: negative or not finite")
    return time + 0.0  # no negative zero


def parse_document(document: bytes) -> tuple[str, str, str | None, float | None, str, bytes]:
    """Canonical ``did``, type, terminal, time, data and signature: DOC-1 and the claims of DOC-4,
    unproved; raises ``Refusal``. Where data says no time that can be read, it is ``None``."""
    form = parse(json.loads_object(document))
    properties, time = _claims(form.data)
    kind, terminal = _place(form, properties)
    return form.identifier.canonical, kind, terminal, time, form.data, form.signature


def _claims(data: str) -> tuple[dict[str, Any], float | None]:
    try:
        properties = json.loads_text(data)
    except Refusal:
        return {}, None
    try:
        return properties, parse_time(properties.get("time"))
    except Refusal:
        return properties, None


def prove_document(algorithm: str, data: bytes, document: bytes, now: float) -> Verdict:
    """DOC-1 to DOC-3 with that key, but for what is held and for whose document it is."""
    key = VerifyKey(algorithm, data)
    return judge(lambda: prove(parse(json.loads_object(document)), key, now))
