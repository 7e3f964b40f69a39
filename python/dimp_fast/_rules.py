"""Small rules that the public layer and the Python tier both apply, said once.

Not here: anything that a tier offers as an operation.
"""

from __future__ import annotations

ENTITY_TYPES = {0x08: 0, 0x10: 1, 0x30: 0x31, 0x88: 2, 0x76: 3, 0xC8: 4}
"""What network bytes of old generations stand for today; others stand for themselves (ID-4)."""

DOCUMENTS_HELD = 8
"""So many documents of an ID are held, and written to its folder (DOC-3)."""

_TRUE_TEXTS = frozenset(("1", "true", "yes", "on"))


def entity_type(network: int, *, is_named: bool, is_broadcast: bool) -> int:
    """The network byte of an ID in today's numbers; a user without a name, unless it is broadcast
    (docs/semantics.md#id-4)."""
    if not is_named and not is_broadcast:
        return 0
    return ENTITY_TYPES.get(network, network)


def is_true(flag: object) -> bool:
    """How the ``compressed`` of a key mapping is read (docs/semantics.md#key-4)."""
    if isinstance(flag, str):
        return flag.isascii() and flag.lower() in _TRUE_TEXTS
    return isinstance(flag, (bool, int, float)) and bool(flag)
