"""Whose private keys are here: who seals, and who opens.

Not here: what is done with them (``sealing``, ``opening``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .identity import Identifier
from .private_keys import PrivateKey
from .verdict import Code, DimError

__all__ = ["LocalUser"]


class LocalUser:
    """An ID with its private keys. Immutable; may be shared between threads, and is not pickled.

    Args:
        identifier: the ID, of which the meta key is the public half of ``private_key``. With a
            terminal, it is this login point of the user only.
        private_key: the identity key: it signs, and decrypts too when it is one of RSA.
        decrypt_keys: the RSA keys of its visas, alone or as ``(terminal, key)``.

    Raises:
        DimError: ``BAD_ADDRESS``, ``identifier`` is no ID of a user; ``UNSUPPORTED``, a decryption
            key is not one of RSA.
        TypeError: an argument is of a wrong type; the message names the index.
    """

    __slots__ = ("_decrypt_keys", "_identifier", "_private_key")

    def __init__(
        self,
        identifier: Identifier | str,
        private_key: PrivateKey,
        decrypt_keys: Iterable[PrivateKey | tuple[str | None, PrivateKey]] = (),
    ) -> None:
        self._identifier = Identifier.parse(identifier)
        if self._identifier.is_group or self._identifier.is_broadcast:
            raise DimError(Code.BAD_ADDRESS, f"identifier: {self._identifier} is no user")
        if not isinstance(private_key, PrivateKey):
            raise TypeError(f"private_key: PrivateKey is wanted, not {type(private_key).__name__}")
        self._private_key = private_key
        keys = [_with_terminal(item, index) for index, item in enumerate(decrypt_keys)]
        if private_key.algorithm == "RSA":
            keys.append((None, private_key))
        self._decrypt_keys = tuple(keys)

    @property
    def identifier(self) -> Identifier:
        """The ID."""
        return self._identifier

    @property
    def private_key(self) -> PrivateKey:
        """The identity key."""
        return self._private_key

    def decrypt_keys(self, terminal: str | None) -> Iterator[PrivateKey]:
        """All keys that may open something for ``terminal``, each once, those of that terminal
        first."""
        seen: list[PrivateKey] = []
        for wanted in (True, False):
            for owner, key in self._decrypt_keys:
                if (owner == terminal) is wanted and not any(key is known for known in seen):
                    seen.append(key)
                    yield key

    def __repr__(self) -> str:
        return f"<LocalUser {self._identifier}, {len(self._decrypt_keys)} keys that decrypt>"


def _with_terminal(
    item: PrivateKey | tuple[str | None, PrivateKey], index: int
) -> tuple[str | None, PrivateKey]:
    terminal, key = item if isinstance(item, tuple) and len(item) == 2 else (None, item)
    if not isinstance(key, PrivateKey) or not isinstance(terminal, (str, type(None))):
        raise TypeError(
            f"decrypt_keys[{index}]: PrivateKey or (terminal, PrivateKey) is wanted, "
            f"not {type(item).__name__}"
        )
    if key.algorithm != "RSA":
        reason = f"decrypt_keys[{index}]: {key.algorithm} keys do not decrypt"
        raise DimError(Code.UNSUPPORTED, reason)
    return terminal or None, key
