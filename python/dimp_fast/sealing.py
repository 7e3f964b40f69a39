"""From a content to a reliable message: encrypt, then sign (docs/semantics.md#seal-1 to #seal-6).

Not here: the way back (``opening``), and copies of what is sealed (``splitting``). Private keys and
ciphers are those of ``cryptography``, which holds the GIL for all that it does here: threads would
win nothing.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from . import _dispatch
from ._checks import same_length
from ._json import emit
from ._py.json import MAX_DEPTH, is_too_deep
from .cipher_keys import CipherKeys
from .identity import Identifier
from .keyring import Keyring
from .keys import PublicKey
from .levels import SEALED, Envelope
from .local_user import LocalUser
from .message import ReliableMessage, decode, decode_batch, encode
from .symmetric import SymmetricKey
from .verdict import Code, DimError, Verdicts

__all__ = ["seal", "seal_batch"]

MAX_ENTRIES = 4096
"""Of ``keys``, the digest included (docs/semantics.md#json-5)."""

Receivers = Identifier | str | Sequence[Identifier | str]

_OF_THE_SEALER = SEALED | {"sender", "receiver", "time", "group", "type", "content", "data"}
_SHORT = frozenset("FRWTGKDV")


def seal(
    content: Any,
    *,
    sender: LocalUser,
    receivers: Receivers,
    keyring: Keyring,
    group: Identifier | str | None = None,
    cipher_keys: CipherKeys | None = None,
    time: float | None = None,
    attachments: Mapping[str, Any] | None = None,
) -> ReliableMessage:
    """Encrypt a content for its receivers and sign it; a broadcast is signed only.

    Args:
        content: a mapping, or an object with ``to_dict()``.
        sender: who signs.
        receivers: an ID or several. Several need ``group``; the message is addressed to that then,
            has the keys of all of them, and the sender is left out.
        keyring: checked accounts of the receivers; its loader is asked for those not held.
        group: names the group openly. A broadcast group makes the message a broadcast.
        cipher_keys: lets a key serve a direction more than once (docs/semantics.md#seal-4). Send
            what is sealed with it in order: only the first message of a key carries it.
        time: seconds since the epoch; ``None`` is now.
        attachments: further fields such as ``meta`` and ``visa``, JSON values or objects with
            ``to_dict()``. They are not signed.

    Raises:
        DimError: ``MALFORMED``, JSON cannot say it; ``TOO_LARGE``; ``BAD_ADDRESS``, an ID that is
            none, or receivers that cannot be written to in one message; ``BAD_KEY``, nothing can
            be sealed for a receiver, who is named in the reason.
        TypeError: an argument is of a wrong type.
        ValueError: an attachment has the name of a field that is made here.
    """
    sealer = _Sealer(sender, keyring, cipher_keys, time)
    return decode(sealer.seal(_mapping(content, "content"), receivers, group, attachments))


def seal_batch(
    contents: Sequence[Any],
    *,
    sender: LocalUser,
    receivers: Sequence[Receivers],
    keyring: Keyring,
    groups: Sequence[Identifier | str | None] | None = None,
    cipher_keys: CipherKeys | None = None,
    time: float | None = None,
    attachments: Sequence[Mapping[str, Any] | None] | None = None,
    threads: int | None = None,
) -> tuple[list[ReliableMessage | None], Verdicts]:
    """Seal many contents of one sender, each on its own; see :func:`seal`.

    Args:
        contents: as of :func:`seal`, one a message.
        receivers: as of :func:`seal`, one or several IDs a message.
        groups, attachments: one a message, or ``None`` for none at all.
        threads: how many threads at most read the messages again; ``None`` is all, 1 stays on the
            calling thread. Encryption and signatures are made on the calling thread.

    Returns:
        The messages in input order, ``None`` where one could not be sealed, and the verdicts.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: the sequences are of unequal length, or as of :func:`seal`.
    """
    if isinstance(receivers, (str, Identifier)):
        raise TypeError("receivers: one or several IDs a message are wanted")
    listed = [_mapping(content, f"contents[{i}]") for i, content in enumerate(contents)]
    groups = [None] * len(listed) if groups is None else list(groups)
    attachments = [None] * len(listed) if attachments is None else list(attachments)
    same_length(contents=listed, receivers=receivers, groups=groups, attachments=attachments)
    _dispatch.thread_count(threads)
    sealer = _Sealer(sender, keyring, cipher_keys, time)
    codes, reasons = bytearray(len(listed)), dict[int, str]()
    frames: dict[int, bytes] = {}
    rows = zip(listed, receivers, groups, attachments, strict=True)
    for index, (content, to, group, attached) in enumerate(rows):
        try:
            frames[index] = sealer.seal(content, to, group, attached, f"[{index}]")
        except DimError as refusal:
            codes[index] = refusal.code
            reasons[index] = refusal.reason
    messages: list[ReliableMessage | None] = [None] * len(listed)
    batch = decode_batch(list(frames.values()), threads=threads)
    for index, message in zip(frames, batch, strict=True):
        messages[index] = message
    return messages, Verdicts(bytes(codes), reasons.get)


class _Entry(NamedTuple):
    """A place in ``keys``: its name, and whose key it is sealed with."""

    name: str
    key: PublicKey


class _Sealer:
    """Seals for one sender, by the keyring as it answers now."""

    def __init__(
        self,
        sender: LocalUser,
        keyring: Keyring,
        cipher_keys: CipherKeys | None,
        time: float | None,
    ) -> None:
        _expect(sender, LocalUser, "sender")
        _expect(keyring, Keyring, "keyring")
        if cipher_keys is not None:
            _expect(cipher_keys, CipherKeys, "cipher_keys")
        if time is not None and (isinstance(time, bool) or not isinstance(time, (int, float))):
            raise TypeError(f"time: int or float is wanted, not {type(time).__name__}")
        self._sender = sender
        self._keyring = keyring
        self._cipher_keys = cipher_keys
        self._time = time
        self._entries: dict[Identifier, list[_Entry]] = {}

    def seal(
        self,
        content: Mapping[str, Any],
        receivers: Receivers,
        group: Identifier | str | None,
        attachments: Mapping[str, Any] | None,
        place: str = "",
    ) -> bytes:
        """The frame of one message; raises ``DimError``. ``place`` is for errors of the caller."""
        attached = _attached(attachments, f"attachments{place}")
        parsed = _identifiers(receivers, f"receivers{place}")
        text = _content_text(content)
        envelope, readers = self._address(parsed, None if group is None else _parse(group, "group"))
        fields = envelope.to_dict()
        if envelope.is_broadcast:
            fields["data"] = text
            return self._sign(fields, text.encode("ascii"), content, attached)
        entries = [entry for reader in readers for entry in self._entries_of(reader)]
        if len(entries) >= MAX_ENTRIES:
            raise DimError(Code.TOO_LARGE, f"keys: more than {MAX_ENTRIES} entries")
        key, keys, keep = self._key_for(envelope, entries)
        data = fields["data"] = key.encrypt(text.encode("ascii"), fields)
        fields["keys"] = keys
        frame = self._sign(fields, data, content, attached)
        keep()  # a key that has not gone out must not be used again
        return frame

    def _address(
        self, receivers: list[Identifier], group: Identifier | None
    ) -> tuple[Envelope, list[Identifier]]:
        """The envelope, and who has to get the key."""
        sender = self._sender.identifier
        time = clock.time() if self._time is None else self._time
        if group is not None and not group.is_group:
            raise DimError(Code.BAD_ADDRESS, f"group: {group} is no group")
        if group is not None and group.is_broadcast:
            to = receivers[0] if len(receivers) == 1 else group
            return Envelope(sender, to, time=time, group=group), []
        readers = list({reader.without_terminal(): reader for reader in receivers}.values())
        if group is not None:
            readers = [reader for reader in readers if not reader.is_same_as(sender)]
        if not readers:
            raise DimError(Code.BAD_ADDRESS, "receivers: there is nobody to write to")
        if len(readers) > 1 and group is None:
            raise DimError(Code.BAD_ADDRESS, "receivers: several of them need a group")
        to = readers[0] if len(readers) == 1 or group is None else group
        if to.is_broadcast and group is None:
            return Envelope(sender, to, time=time), []
        for reader in readers:
            if reader.is_group or reader.is_broadcast:
                raise DimError(Code.BAD_ADDRESS, f"receivers: {reader} is no user with a key")
        return Envelope(sender, to, time=time, group=group), readers

    def _entries_of(self, reader: Identifier) -> list[_Entry]:
        """SEAL-3: first the bare ID, for those who read nothing else."""
        bare = reader.without_terminal()
        if bare not in self._entries:
            found = self._keyring.encryption_keys(bare)
            if not found:
                raise DimError(Code.BAD_KEY, f"receiver: no key to seal anything for {bare}")
            by_terminal = {None: found[0][1]} | dict(found)
            self._entries[bare] = [
                _Entry(f"{bare}/{terminal}" if terminal else str(bare), key)
                for terminal, key in by_terminal.items()
            ]
        return self._entries[bare]

    def _key_for(
        self, envelope: Envelope, entries: list[_Entry]
    ) -> tuple[SymmetricKey, dict[str, bytes | str], Callable[[], None]]:
        """SEAL-4: the key, what ``keys`` says of it, and what to do once that went out."""
        store = self._cipher_keys
        if store is None:
            key = SymmetricKey.generate()
            return key, dict(_wrapped(key, entries)), lambda: None
        direction, readers = envelope.direction, _readers(entries)
        reused = store._reuse(direction, readers)
        if reused is not None:
            return reused, {"digest": reused.digest}, lambda: None
        key = SymmetricKey.generate()
        keys = _wrapped(key, entries) | {"digest": key.digest}
        return key, keys, lambda: store._went_out(direction, readers, key)

    def _sign(
        self,
        fields: dict[str, Any],
        data: bytes,
        content: Mapping[str, Any],
        attached: dict[str, Any],
    ) -> bytes:
        kind = content.get("type")
        if isinstance(kind, (int, str)) and not isinstance(kind, bool):
            fields["type"] = kind
        fields["signature"] = self._sender.private_key.sign(data)
        return encode(fields | attached)


def _wrapped(key: SymmetricKey, entries: list[_Entry]) -> dict[str, bytes | str]:
    """``keys``: the key sealed for each entry; once for all that have one public key."""
    text = emit(key.to_dict(secret=True)).encode("ascii")
    sealed = {public: public.encrypt(text) for public in {entry.key for entry in entries}}
    return {name: sealed[public] for name, public in entries}


def _readers(entries: list[_Entry]) -> bytes:
    """Stands for who got a key: for others, and for new keys of theirs, it takes a new one."""
    digest = sha256()
    for name, key in sorted(entries, key=lambda entry: entry.name):
        digest.update(sha256(name.encode("utf-8")).digest() + sha256(key.data).digest())
    return digest.digest()


def _content_text(content: Mapping[str, Any]) -> str:
    """JSON-6, when it can be read again."""
    text = emit(content)
    # Nothing else than its depth can be wrong with what was written just now.
    if is_too_deep(text):
        raise DimError(Code.TOO_LARGE, f"content: nested deeper than {MAX_DEPTH}")
    return text


def _mapping(content: Any, name: str) -> Mapping[str, Any]:
    # A content of ours is written with old and new names (CONTENT-2), a mapping as it is.
    written = getattr(content, "to_wire", None) or getattr(content, "to_dict", None)
    mapping = content if written is None else written()
    if not isinstance(mapping, Mapping):
        raise TypeError(
            f"{name}: a mapping or an object with to_dict() is wanted, not {type(content).__name__}"
        )
    return mapping


def _identifiers(receivers: Receivers, name: str) -> list[Identifier]:
    if isinstance(receivers, (str, Identifier)):
        return [_parse(receivers, name)]
    if not isinstance(receivers, Sequence):
        raise TypeError(f"{name}: IDs are wanted, not {type(receivers).__name__}")
    return [_parse(receiver, name) for receiver in receivers]


def _parse(identifier: Identifier | str, name: str) -> Identifier:
    if not isinstance(identifier, (str, Identifier)):
        raise TypeError(f"{name}: Identifier or str is wanted, not {type(identifier).__name__}")
    return Identifier.parse(identifier)


def _attached(attachments: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    if attachments is None:
        return {}
    if not isinstance(attachments, Mapping):
        raise TypeError(f"{name}: a mapping is wanted, not {type(attachments).__name__}")
    for field in attachments:
        if field in _OF_THE_SEALER or field in _SHORT:
            raise ValueError(f"{name}: {field} is not attached, but made")
    return {
        field: value.to_dict() if hasattr(value, "to_dict") else value
        for field, value in attachments.items()
    }


def _expect(value: object, wanted: type, name: str) -> None:
    if not isinstance(value, wanted):
        raise TypeError(f"{name}: {wanted.__name__} is wanted, not {type(value).__name__}")
