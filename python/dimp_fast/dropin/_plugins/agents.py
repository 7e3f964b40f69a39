"""Which of an account's keys verify, which are written to, and where it is logged in.

A visa counts when the meta key signed it (D14, D24): the store may hold what an earlier process
believed. A user without a terminal is logged in once, not a second time at ``/`` (D28).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._families import Family
from .._patches import Patches

__all__ = ["install"]

_NO_TERMINAL = frozenset(("/", "*"))


class VisaAgentMixin:
    """The visa agent of the reference."""

    def get_verify_keys(self, meta: Any, documents: Iterable[Any]) -> Any:
        """Keys of verified documents, then the meta key."""
        return super().get_verify_keys(  # type: ignore[misc]
            meta=meta, documents=verified(meta, documents)
        )

    def encrypt_bundle(self, data: bytes, meta: Any, documents: Iterable[Any]) -> Any:
        """The data for each terminal with a verified document, or for the meta key."""
        return super().encrypt_bundle(  # type: ignore[misc]
            data=data, meta=meta, documents=verified(meta, documents)
        )

    def get_terminals(self, documents: Iterable[Any]) -> set[str]:
        """Where the user is; the empty text is no place in particular."""
        found = super().get_terminals(documents=documents)  # type: ignore[misc]
        return {"" if terminal in _NO_TERMINAL else terminal for terminal in found}


def verified(meta: Any, documents: Iterable[Any]) -> list[Any]:
    """Those that the meta key signed; each is checked once."""
    key = meta.public_key
    return [document for document in documents if document.is_valid or document.verify(key)]


def install(patches: Patches, family: Family) -> None:
    import dimp

    if not family.has("DefaultVisaAgent"):
        return
    extensions = dimp.shared_account_extensions
    agent = family.get("DefaultVisaAgent")
    family.replace_kind(patches, extensions, "visa_agent", agent, VisaAgentMixin)
