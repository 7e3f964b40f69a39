"""What comes off the wire into dimples, and what becomes of the keys in it.

A frame is decoded by :func:`dimp_fast.decode`, so that everything that docs/semantics.md#json-1 to
#msg-4 refuse never becomes an object (D4, D5, D18, D19); signature and data go on in the one
spelling that base64 has, since others take their text for an identity. A content that is none is
``None`` (D22). The key of a message is kept after its content was read with it, and an encrypted
message has no ``PLAIN`` key (D23).

Not here: who may send what (``dropin.station``).
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from ... import Code, DimError, ReliableMessage, decode
from ...coding import base64_encode
from ...identity import ANYONE, EVERYONE, FOUNDER
from .._families import Family
from .._patches import Patches

__all__ = ["install"]

ALIASES = {
    "all": str(EVERYONE),
    "everyone": str(EVERYONE),
    "anyone": str(ANYONE),
    "owner": str(ANYONE),
    "founder": str(FOUNDER),
}
"""What dimples calls the constant IDs, also on the wire; no other alias counts there (D26)."""

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""As in docs/semantics.md#json-5."""

_RENAMED = (("command", "cmd"), ("did", "ID"))
_COMMANDS = frozenset(("136", "command"))


def read(frame: bytes) -> dict[str, Any] | None:
    """The fields of a frame, under their long names; ``None`` when it is none."""
    try:
        return fields_of(_decoded(frame))
    except DimError:
        return None


def _decoded(frame: bytes) -> ReliableMessage:
    try:
        return decode(frame)
    except DimError as error:
        named = without_aliases(frame, error.code)
        if named is None:
            raise
        return decode(named)


def without_aliases(frame: bytes, code: Code) -> bytes | None:
    """A frame that was refused with the constants by their own names; ``None`` when that changes
    nothing. Aliases are not signed.

    Args:
        code: why it was refused. A receiver that is no ID is not broadcast either, so that the text
            of a broadcast is no base64. With any other code the frame may not be JSON.
    """
    if code not in (Code.BAD_ADDRESS, Code.BAD_ENCODING):
        return None
    fields = json.loads(frame)
    named = {
        name: ALIASES[fields[name]]
        for name in ("receiver", "group", "R", "G")
        if isinstance(fields.get(name), str) and fields[name] in ALIASES
    }
    return json.dumps(fields | named).encode("ascii") if named else None


def fields_of(message: ReliableMessage) -> dict[str, Any]:
    """The fields of a message under their long names, signature and data in their one spelling."""
    fields = message.to_dict()
    fields["signature"] = _canonical(fields["signature"], message.signature)
    if not message.is_broadcast:
        fields["data"] = _canonical(fields["data"], message.data)
    return fields


def _canonical(text: str, data: bytes) -> str:
    """The one text of ``data``. What decoded strictly and has its length is that already."""
    return text if len(text) == (len(data) + 2) // 3 * 4 else base64_encode(data)


def extract_reliable_message(self: Any, data: bytes) -> dict[str, Any] | None:
    """In the place of the reference's; of bytes, and of nothing else."""
    return read(data) if isinstance(data, (bytes, bytearray)) else None


def _leniently(reference: Any) -> Any:
    def extract_reliable_message(self: Any, data: bytes) -> Any:
        """As the reference reads it, for ``mode="compat"``; ``None`` for what is no object, with
        ``-O`` and without."""
        if not isinstance(data, (bytes, bytearray)) or len(data) > MAX_FRAME_BYTES:
            return None
        try:
            fields = reference(self, data=data)
        except (AssertionError, AttributeError, TypeError, ValueError):
            return None
        return fields if isinstance(fields, MutableMapping) else None

    return extract_reliable_message


def _extract_content(reference: Any) -> Any:
    def extract_content(self: Any, data: bytes, key: Any) -> Any:
        """A JSON object with a name if it is a command; ``None`` otherwise."""
        content = reference(self, data=data, key=key)
        return content if isinstance(content, MutableMapping) else None

    return extract_content


def _fix_content(reference: Any) -> Any:
    fix = reference.__func__

    def fix_content(cls: Any, content: MutableMapping[str, Any]) -> None:
        """As the reference, whose assertions go with ``-O``; the new of two names counts."""
        for new, old in _RENAMED:
            if content.get(new) is not None and old in content:
                content[old] = content[new]
        is_nameless = not isinstance(content.get("command", content.get("cmd")), str)
        if is_nameless and str(content.get("type")) in _COMMANDS:
            return  # it parses to nothing
        fix(cls, content)

    return classmethod(fix_content)


class NetworkMessageMixin:
    """A message whose fields may be missing; what does not decode is ``None``."""

    @property
    def data(self) -> Any:
        return _or_none(lambda: super(NetworkMessageMixin, self).data)  # type: ignore[misc]

    @property
    def signature(self) -> Any:
        return _or_none(lambda: super(NetworkMessageMixin, self).signature)  # type: ignore[misc]

    @property
    def encrypted_keys(self) -> Any:
        found = _or_none(lambda: super(NetworkMessageMixin, self).encrypted_keys)  # type: ignore[misc]
        return found if isinstance(found, MutableMapping) else None


def _or_none(ask: Any) -> Any:
    try:
        return ask()
    except AssertionError:
        return None


class MessageFactoryMixin:
    """Makes reliable messages of mappings that have the fields of one."""

    _family: Family

    def parse_reliable_message(self, msg: Any) -> Any:
        import dimp

        if not all(isinstance(msg.get(name), str) for name in ("sender", "data", "signature")):
            return None
        if dimp.ID.parse(msg["sender"]) is None:
            return None
        return self._family.subclass(NetworkMessageMixin, "NetworkMessage")(msg=msg)


def _deserialize_key(reference: Any) -> Any:
    async def deserialize_key(self: Any, data: bytes | None, msg: Any) -> Any:
        """The key that came with a message, which is not believed yet, or the one that is held."""
        if data is None:
            return await self.get_decrypt_key(msg=msg)
        from dimsdk.core.transformer import Transformer

        key = await Transformer.deserialize_key(self, data=data, msg=msg)
        if key is None or key.get("algorithm") == "PLAIN":
            return None
        msg._dimp_fast_key = key
        return key

    return deserialize_key


def _deserialize_content(reference: Any) -> Any:
    async def deserialize_content(self: Any, data: bytes, password: Any, msg: Any) -> Any:
        """The content; a key that came with it and could read it is kept."""
        content = await reference(self, data=data, password=password, msg=msg)
        if content is not None and getattr(msg, "_dimp_fast_key", None) is password:
            await self.cache_decrypt_key(key=password, msg=msg)
        return content

    return deserialize_content


def install(patches: Patches, family: Family, mode: str) -> None:
    import dimp

    if not family.has("CompatibleCompressor"):
        return
    compressor, messenger = family.get("CompatibleCompressor"), family.get("Messenger")
    strict = mode != "compat"
    patches.attribute(
        compressor,
        "extract_reliable_message",
        lambda reference: extract_reliable_message if strict else _leniently(reference),
    )
    patches.attribute(compressor, "extract_content", _extract_content)
    patches.attribute(family.get("CompatibleIncoming"), "fix_content", _fix_content)
    patches.attribute(messenger, "deserialize_key", _deserialize_key)
    patches.attribute(messenger, "deserialize_content", _deserialize_content)
    if getattr(dimp.shared_message_extensions, "reliable_helper", None) is not None:
        patches.entry(
            "ReliableMessage",
            lambda: dimp.ReliableMessage.get_factory(),
            lambda factory: dimp.ReliableMessage.set_factory(factory=factory),
            family.factory("GeneralReliableMessageFactory", MessageFactoryMixin, _family=family),
        )
