"""Metas: does an ID belong to a key? (docs/semantics.md#meta-1 to #meta-4)

Both halves are checked here, the address and the fingerprint signature; one alone binds nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..verdict import Code
from . import address, base64, json, keys
from .identity import Parsed as ParsedIdentifier
from .identity import parse as parse_identifier
from .refusal import Refusal
from .verify import VerifyKey

MKM, BTC, ETH = 1, 2, 4

_TYPE_NAMES = {
    "1": MKM, "mkm": MKM, "MKM": MKM,
    "2": BTC, "btc": BTC, "BTC": BTC,
    "4": ETH, "eth": ETH, "ETH": ETH,
}  # fmt: skip


class Meta(NamedTuple):
    """The form of a meta (META-1, META-2); nothing about it has been proved yet."""

    type: int | None
    """``None`` for a type that nobody has implemented."""
    key: dict[str, Any]
    seed: str | None
    fingerprint: bytes | None


def parse(mapping: dict[str, Any]) -> Meta:
    """META-1 and META-2; raises ``Refusal``."""
    meta_type = _parse_type(mapping)
    key = mapping.get("key")
    if not isinstance(key, dict):
        raise Refusal(Code.MALFORMED, "meta: key is not an object")
    seed, fingerprint = mapping.get("seed"), mapping.get("fingerprint")
    if meta_type is None:
        return Meta(None, key, None, None)
    if meta_type != MKM:
        if seed is not None or fingerprint is not None:
            raise Refusal(Code.MALFORMED, f"meta: type {meta_type} has no seed and no fingerprint")
        return Meta(meta_type, key, None, None)
    if not json.is_text(seed) or not seed or not json.is_text(fingerprint):
        raise Refusal(Code.MALFORMED, "meta: type 1 needs the texts seed and fingerprint")
    if not fingerprint:
        raise Refusal(Code.MALFORMED, "meta: fingerprint is empty")
    decoded = base64.decode_transportable(fingerprint)
    if not decoded:
        raise Refusal(Code.BAD_ENCODING, "meta: fingerprint is not base64")
    return Meta(MKM, key, seed, decoded)


def _parse_type(mapping: dict[str, Any]) -> int | None:
    value = mapping.get("type")
    if value is None:
        value = mapping.get("version")
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise Refusal(Code.MALFORMED, "meta: type is neither a number nor a text")
    if isinstance(value, json.InfiniteNumber):
        raise Refusal(Code.MALFORMED, "meta: type is out of range")
    return _TYPE_NAMES.get(str(value))


def key_of(mapping: dict[str, Any]) -> tuple[VerifyKey, bytes]:
    """The key of a DIM mapping, and its data as the protocol hashes it (KEY-4)."""
    algorithm, data = mapping.get("algorithm"), mapping.get("data")
    if not json.is_text(algorithm) or not json.is_text(data):
        raise Refusal(Code.BAD_KEY, "key: algorithm or data is missing")
    family, canonical, _ = keys.parse_public_key_mapping(algorithm, data)
    key = VerifyKey(family, canonical)
    if family == keys.ECC and is_compressed(mapping.get("compressed")):
        return key, keys.compressed_point(canonical)
    return key, canonical


def is_compressed(flag: object) -> bool:
    """KEY-4: how a mapping's ``compressed`` is read."""
    if json.is_text(flag):
        return flag.lower() in _TRUE_TEXTS
    return isinstance(flag, (bool, int, float)) and bool(flag)


_TRUE_TEXTS = frozenset(("1", "true", "yes", "on"))


def prove(identifier: ParsedIdentifier, meta: Meta) -> VerifyKey:
    """META-3: the key that ``identifier`` is proved to belong to; raises ``Refusal``."""
    if identifier.is_broadcast:
        raise Refusal(Code.MISMATCH, "ID: a broadcast ID has no meta")
    if meta.type is None:
        raise Refusal(Code.UNSUPPORTED, "meta: type is not 1, 2 or 4")
    if (identifier.name or "") != (meta.seed or ""):
        raise Refusal(Code.MISMATCH, "ID: the name is not the seed of the meta")
    if meta.type == MKM:
        assert meta.fingerprint is not None  # by parse(), like the seed
        assert meta.seed is not None
        _same_address(identifier, meta.fingerprint)
        key, _ = key_of(meta.key)
        code = key.verify_wire(meta.seed.encode("utf-8"), meta.fingerprint)
        if code is not Code.OK:
            raise Refusal(code, "meta: fingerprint is not the key's signature of the seed")
        return key
    key, data = key_of(meta.key)
    if meta.type == BTC:
        _same_address(identifier, data)
    elif len(data) != 65 or identifier.address != address.derive_eth_address(data[1:]):
        raise Refusal(Code.MISMATCH, "ID: the address is not made of this key")
    return key


def _same_address(identifier: ParsedIdentifier, source: bytes) -> None:
    if identifier.address != address.derive_address(source, identifier.network):
        raise Refusal(Code.MISMATCH, "ID: the address is not made of this meta")


def check(identifier: str, mapping: dict[str, Any]) -> tuple[ParsedIdentifier, Meta, VerifyKey]:
    """Everything about a meta and an ID; raises ``Refusal`` by VERDICT-2."""
    meta = parse(mapping)
    parsed = parse_identifier(identifier)
    if parsed is None:
        raise Refusal(Code.BAD_ADDRESS, "ID: not an ID")
    return parsed, meta, prove(parsed, meta)


def check_meta(identifier: str, meta: bytes) -> tuple[int, str]:
    """The verdict on a meta for an ID, with its reason."""
    try:
        check(identifier, json.loads_object(meta))
    except Refusal as refusal:
        return refusal.code, refusal.reason
    return Code.OK, ""
