"""From a reliable message to its content: verified, then decrypted (docs/semantics.md#open-1 to
#open-4).

Whatever goes wrong after the signature looks the same: one code, one reason. How long it took may
still tell something, so whoever answers peers should not answer at once that a message could not be
read. Not here: the way there (``sealing``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ._py import base64, json
from ._py.refusal import Refusal
from .cipher_keys import CipherKeys
from .identity import parse_identifiers
from .keyring import Keyring
from .levels import SEALED, Envelope, InstantMessage, plain_copy
from .local_user import LocalUser
from .message import ReliableMessage, encode, verify_messages
from .symmetric import PLAIN, SymmetricKey
from .verdict import Code, DimError, Verdicts

__all__ = ["open_batch", "open_message"]

MAX_TRIED = 16
"""So many sealed keys of a message are tried at most: nobody signs them, and each costs as much as
making a signature."""

CONTENT_NAMES = {"T": "type", "N": "sn", "W": "time", "G": "group", "C": "command"}
KEY_NAMES = {"A": "algorithm", "D": "data", "I": "iv"}

Users = LocalUser | Sequence[LocalUser]
Source = ReliableMessage | Mapping[str, Any] | bytes

_REASON = "content: not to be read with the keys at hand"


def open_message(
    message: Source,
    *,
    users: Users,
    keyring: Keyring,
    cipher_keys: CipherKeys | None = None,
) -> InstantMessage:
    """Verify one message and decrypt it.

    Args:
        message: a decoded message, its fields, or the frame as it came.
        users: who may read here.
        keyring: checked accounts of senders; its loader is asked for those not held.
        cipher_keys: keys that came before, for messages without one of their own. The key of a
            message that was read is put there.

    Raises:
        DimError: the code by :func:`dimp_fast.verify_messages`, or ``UNREADABLE``: the sender
            signed it, and it cannot be read with the keys of ``users``.
        TypeError: an argument is of a wrong type.
    """
    [opened], verdicts = open_batch(
        [message], users=users, keyring=keyring, cipher_keys=cipher_keys, threads=1
    )
    if opened is None:
        raise DimError(verdicts[0], verdicts.reason(0))
    return opened


def open_batch(
    messages: Sequence[Source],
    *,
    users: Users,
    keyring: Keyring,
    cipher_keys: CipherKeys | None = None,
    threads: int | None = None,
) -> tuple[list[InstantMessage | None], Verdicts]:
    """Verify and decrypt messages, each on its own; see :func:`open_message`.

    Messages with a key of their own are opened first, so that one which uses a key again is read
    wherever in the batch that key came. All signatures are verified in one native pass without the
    GIL; decryption stays on the calling thread.

    Returns:
        The messages in input order, ``None`` for those refused, and the verdicts.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
    """
    opener = _Opener(users, cipher_keys)
    if isinstance(messages, (bytes, Mapping, ReliableMessage)):
        raise TypeError(f"messages: a sequence is wanted, not one {type(messages).__name__}")
    frames, reasons = _frames(messages)
    batch, verdicts = verify_messages(frames, keyring, threads=threads)
    codes = bytearray(int(code) for code in verdicts)
    for index, refusal in reasons.items():
        codes[index] = refusal.code
    opened: list[InstantMessage | None] = [None] * len(frames)
    accepted = (index for index, code in enumerate(codes) if code == int(Code.OK))
    verified = [opener.take(index, batch[index]) for index in accepted]
    for message in sorted(verified, key=lambda message: not message.attempts):
        opened[message.index] = opener.open(message)
        if opened[message.index] is None:
            codes[message.index] = Code.UNREADABLE

    def reason(index: int) -> str | None:
        if codes[index] == int(Code.UNREADABLE):
            return _REASON
        return reasons[index].reason if index in reasons else verdicts.reason(index)

    return opened, Verdicts(bytes(codes), reason)


def _frames(messages: Sequence[Source]) -> tuple[list[bytes], dict[int, DimError]]:
    """The frames, and which mappings make none."""
    frames: list[bytes] = []
    refused: dict[int, DimError] = {}
    for index, message in enumerate(messages):
        if isinstance(message, bytes):
            frames.append(message)
        elif isinstance(message, ReliableMessage):
            frames.append(message.frame)
        elif isinstance(message, Mapping):
            try:
                frames.append(encode(message))
            except DimError as refusal:
                refused[index] = refusal
                frames.append(b"")
        else:
            raise TypeError(
                f"messages[{index}]: ReliableMessage, a mapping or bytes is wanted, "
                f"not {type(message).__name__}"
            )
    return frames, refused


class _Verified:
    """A message whose signature is right, taken apart once: ``readers`` are the users whom it may
    be for, ``attempts`` the sealed keys in it that they try."""

    readers: Sequence[LocalUser] = ()
    attempts: Sequence[tuple[str, LocalUser]] = ()

    def __init__(self, index: int, message: ReliableMessage) -> None:
        self.index = index
        self.envelope = Envelope.of(message)
        self.fields = message.to_dict()
        self.data = message.data
        keys: dict[str, str] = self.fields.get("keys") or {}
        self.digest = keys.get("digest")
        self.named: dict[str, list[tuple[str | None, str]]] = {}
        identifiers, _ = parse_identifiers(list(keys), threads=1)
        for identifier, sealed in zip(identifiers, keys.values(), strict=True):
            if identifier is not None:
                bare = str(identifier.without_terminal())
                self.named.setdefault(bare, []).append((identifier.terminal, sealed))

    def entries(self, user: LocalUser) -> list[str]:
        """OPEN-1: the sealed keys that a user tries, in this order."""
        bare, terminal = str(user.identifier.without_terminal()), user.identifier.terminal
        named = self.named.get(bare, [])
        if terminal is None:
            found = sorted(named, key=lambda entry: entry[0] is not None)
        else:
            found = [entry for place in (terminal, None) for entry in named if entry[0] == place]
        old = [] if self.fields.get("key") is None else [self.fields["key"]]
        return [sealed for _, sealed in found][: MAX_TRIED - len(old)] + old


class _Opener:
    """Opens for some users."""

    def __init__(self, users: Users, cipher_keys: CipherKeys | None) -> None:
        listed = [users] if isinstance(users, LocalUser) else list(users)
        for index, user in enumerate(listed):
            if not isinstance(user, LocalUser):
                raise TypeError(f"users[{index}]: LocalUser is wanted, not {type(user).__name__}")
        if cipher_keys is not None and not isinstance(cipher_keys, CipherKeys):
            raise TypeError(
                f"cipher_keys: CipherKeys or None is wanted, not {type(cipher_keys).__name__}"
            )
        self._cipher_keys = cipher_keys
        self._users: dict[str, list[LocalUser]] = {}
        for user in listed:
            self._users.setdefault(str(user.identifier.without_terminal()), []).append(user)

    def take(self, index: int, message: ReliableMessage) -> _Verified:
        """The message, and who tries what to read it; nothing is decrypted yet."""
        taken = _Verified(index, message)
        if not taken.envelope.is_broadcast:
            taken.readers = self._readers(taken)
            tried = ((sealed, user) for user in taken.readers for sealed in taken.entries(user))
            taken.attempts = list(islice(tried, MAX_TRIED))
        return taken

    def open(self, message: _Verified) -> InstantMessage | None:
        """The message with its content, or ``None`` for whatever is wrong."""
        content = self._content(message)
        if content is None:
            return None
        # Whoever forwards a message can put a field "content" into it, which nobody signed.
        fields = {
            "content" if name == "data" else name: content if name == "data" else value
            for name, value in message.fields.items()
            if name not in SEALED and name != "content"
        }
        return InstantMessage._of(message.envelope, fields)

    def _content(self, message: _Verified) -> dict[str, Any] | None:
        if message.envelope.is_broadcast:
            return _content(message.data)
        for key in self._keys(message):
            content = _content(key.decrypt(message.data, message.fields))
            if content is None:
                continue
            if self._cipher_keys is not None and message.attempts:
                self._cipher_keys._hold(message.envelope.direction, key)
            return content
        return None

    def _keys(self, message: _Verified) -> Iterator[SymmetricKey]:
        """The keys that may open it: those in it, and only where there are none those that came
        before."""
        for sealed, user in message.attempts:
            yield from _unwrapped(sealed, user)
        if not message.attempts and message.readers and self._cipher_keys is not None:
            yield from self._cipher_keys._held(message.envelope.direction, message.digest)

    def _readers(self, message: _Verified) -> list[LocalUser]:
        """Who it may be for: the receiver; of a group those who are named, else everybody."""
        receiver = message.envelope.receiver
        if not receiver.is_group:
            return self._users.get(str(receiver.without_terminal()), [])
        named = [user for name in message.named for user in self._users.get(name, [])]
        return named or [user for users in self._users.values() for user in users]


def _unwrapped(sealed: str, user: LocalUser) -> Iterator[SymmetricKey]:
    """What the keys of a user make of a sealed key, as far as it is one that keeps a secret."""
    ciphertext = base64.decode_transportable(sealed)
    if not ciphertext:
        return
    for private in user.decrypt_keys(user.identifier.terminal):
        mapping = _object(private.decrypt(ciphertext))
        if mapping is None:
            continue
        try:
            key = SymmetricKey.parse(_long(mapping, KEY_NAMES, "algorithm"))
        except DimError:
            continue  # most of what a wrong private key makes of it has been no JSON before
        if key.algorithm != PLAIN:
            yield key


def _content(plaintext: bytes | None) -> dict[str, Any] | None:
    mapping = _object(plaintext)
    return None if mapping is None else _long(mapping, CONTENT_NAMES, "type")


def _object(text: bytes | None) -> dict[str, Any] | None:
    """The JSON object that a text is, if it is one."""
    if text is None:
        return None
    try:
        mapping: dict[str, Any] = plain_copy(json.loads_object(text))
    except Refusal:
        return None
    return mapping


def _long(mapping: dict[str, Any], names: Mapping[str, str], sure: str) -> dict[str, Any]:
    """Long names instead of short ones, where ``sure`` does not say that they are long."""
    if sure in mapping:
        return mapping
    return {names.get(name, name): value for name, value in mapping.items()}
