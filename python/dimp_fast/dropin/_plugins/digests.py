"""SHA-256, Keccak-256 and RIPEMD-160, the last one also where OpenSSL has left it out.

MD5 and SHA-1, which dimples registers too, are of the standard library as they are.
"""

from __future__ import annotations

from ... import coding
from .._families import Family
from .._patches import Patches

__all__ = ["install"]


class SHA256Digester:
    """SHA-256."""

    def digest(self, data: bytes) -> bytes:
        return coding.sha256(data)


class KECCAK256Digester:
    """Keccak-256, with the padding of the original submission."""

    def digest(self, data: bytes) -> bytes:
        return coding.keccak256(data)


class RIPEMD160Digester:
    """RIPEMD-160."""

    def digest(self, data: bytes) -> bytes:
        return coding.ripemd160(data)


def install(patches: Patches, family: Family) -> None:
    import dimp

    for holder, mixin in (
        (dimp.SHA256, SHA256Digester),
        (dimp.KECCAK256, KECCAK256Digester),
        (dimp.RIPEMD160, RIPEMD160Digester),
    ):
        family.replace_object(patches, holder, "digester", mixin.__name__, mixin)
