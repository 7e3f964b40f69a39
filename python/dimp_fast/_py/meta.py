"""Metas: does an ID belong to a key? (docs/semantics.md#meta-1 to #meta-7)

Both halves are checked here, the address and the fingerprint signature; one alone binds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from .. import _rules, registry
from ..verdict import Code
from . import address, base64, extension, json, keys
from .identity import Parsed as ParsedIdentifier
from .identity import parse as parse_identifier
from .refusal import Refusal, columns, judge
from .verify import VerifyKey

Key = tuple[VerifyKey, bytes]
"""A key, and its data as the protocol hashes it (KEY-4)."""


class Type(NamedTuple):
    """How a type of meta binds an ID to a key."""

    number: int
    names: tuple[str, ...]
    has_seed: bool
    address: Callable[[Callable[[], Key], bytes, int], str | None]
    """The address made of key, fingerprint and network byte. The key is asked for where it goes
    into the address: then it is wrong before the address is (META-3)."""


def _mkm_address(key: Callable[[], Key], fingerprint: bytes, network: int) -> str:
    return address.derive_address(fingerprint, network)


def _btc_address(key: Callable[[], Key], fingerprint: bytes, network: int) -> str:
    return address.derive_address(key()[1], network)


def _eth_address(key: Callable[[], Key], fingerprint: bytes, network: int) -> str | None:
    verify_key, data = key()
    if verify_key.algorithm != keys.ECC or len(data) != 65:
        return None
    return address.derive_eth_address(data[1:])


TYPES = (
    Type(1, ("mkm", "MKM"), True, _mkm_address),
    Type(2, ("btc", "BTC"), False, _btc_address),
    Type(4, ("eth", "ETH"), False, _eth_address),
)
"""What is built in; `registry.META_TYPES` has the others."""

_BY_NAME = {name: row for row in TYPES for name in (str(row.number), *row.names)}


def _type_named(name: str) -> Type | None:
    built_in = _BY_NAME.get(name)
    row = registry.META_TYPES.get(name)
    if built_in is not None or row is None:
        return built_in

    def made_of(key: Callable[[], Key], fingerprint: bytes, network: int) -> str | None:
        data = key()[1]  # outside: what is wrong with the key is not the row's doing
        return extension.ask(row, _address_as, data, fingerprint, network)

    return Type(row.number, row.names, row.has_seed, made_of)


def _address_as(
    row: registry.MetaType, data: bytes, fingerprint: bytes, network: int
) -> str | None:
    made = row.address(data, fingerprint, network)
    if made is not None and not isinstance(made, str):
        raise TypeError(f"address: str or None is wanted, not {type(made).__name__}")
    return made


class Meta(NamedTuple):
    """The form of a meta (META-1, META-2); nothing about it has been proved yet."""

    type: Type | None
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
    number = meta_type.number
    if not meta_type.has_seed:
        if seed is not None or fingerprint is not None:
            raise Refusal(Code.MALFORMED, f"meta: type {number} has no seed and no fingerprint")
        return Meta(meta_type, key, None, None)
    if not json.is_text(seed) or not seed or not json.is_text(fingerprint):
        raise Refusal(Code.MALFORMED, f"meta: type {number} needs the texts seed and fingerprint")
    if not fingerprint:
        raise Refusal(Code.MALFORMED, "meta: fingerprint is empty")
    decoded = base64.decode_transportable(fingerprint)
    if not decoded:
        raise Refusal(Code.BAD_ENCODING, "meta: fingerprint is not base64")
    return Meta(meta_type, key, seed, decoded)


def _parse_type(mapping: dict[str, Any]) -> Type | None:
    value = mapping.get("type")
    if value is None:
        value = mapping.get("version")
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise Refusal(Code.MALFORMED, "meta: type is neither a number nor a text")
    if isinstance(value, json.InfiniteNumber):
        raise Refusal(Code.MALFORMED, "meta: type is out of range")
    return _type_named(str(value))


def key_of(mapping: dict[str, Any]) -> Key:
    """The key of a DIM mapping; raises ``Refusal``."""
    algorithm, data = mapping.get("algorithm"), mapping.get("data")
    if not json.is_text(algorithm) or not json.is_text(data):
        raise Refusal(Code.BAD_KEY, "key: algorithm or data is missing")
    family, canonical, _ = keys.parse_public_key_mapping(algorithm, data)
    key = VerifyKey(family, canonical)
    if family == keys.ECC and _rules.is_true(mapping.get("compressed")):
        return key, keys.compressed_point(canonical)
    return key, canonical


def prove(identifier: ParsedIdentifier, meta: Meta) -> VerifyKey:
    """META-3: the key that ``identifier`` is proved to belong to; raises ``Refusal``."""
    if identifier.is_broadcast:
        raise Refusal(Code.MISMATCH, "ID: a broadcast ID has no meta")
    if meta.type is None:
        raise Refusal(Code.UNSUPPORTED, "meta: type is not implemented")
    if (identifier.name or "") != (meta.seed or ""):
        raise Refusal(Code.MISMATCH, "ID: the name is not the seed of the meta")

    @cache
    def key() -> Key:
        return key_of(meta.key)

    fingerprint = meta.fingerprint or b""
    if identifier.address != meta.type.address(key, fingerprint, identifier.network):
        raise Refusal(Code.MISMATCH, "ID: the address is not made of this meta")
    verify_key, _ = key()
    if meta.seed is not None:
        code = verify_key.verify_wire(meta.seed.encode("utf-8"), fingerprint)
        if code is not Code.OK:
            raise Refusal(code, "meta: fingerprint is not the key's signature of the seed")
    return verify_key


def check(identifier: str, mapping: dict[str, Any]) -> tuple[ParsedIdentifier, Meta, VerifyKey]:
    """Everything about a meta and an ID; raises ``Refusal`` by VERDICT-2."""
    meta = parse(mapping)
    parsed = parse_identifier(identifier)
    if parsed is None:
        raise Refusal(Code.BAD_ADDRESS, "ID: not an ID")
    return parsed, meta, prove(parsed, meta)


def parse_meta(meta: bytes) -> tuple[int | None, str | None, bytes | None]:
    """Type, seed and fingerprint by META-1 and META-2; raises ``Refusal``.

    The type is ``None`` when nobody implements it."""
    form = parse(json.loads_object(meta))
    return None if form.type is None else form.type.number, form.seed, form.fingerprint


def meta_address(meta: bytes, network: int) -> str | None:
    """The address that a meta makes on a network; ``None`` when there is none. Nothing is proved;
    raises ``Refusal``."""
    form = parse(json.loads_object(meta))
    if form.type is None:
        raise Refusal(Code.UNSUPPORTED, "meta: type is not implemented")
    made = form.type.address(lambda: key_of(form.key), form.fingerprint or b"", network)
    found = None if made is None else address.parse_address(made)
    # An ID of another network than was asked for would be somebody else's.
    return made if found is not None and found[1] == network else None


def match_metas(
    identifiers: Sequence[str], metas: Sequence[bytes], threads: int = 1
) -> tuple[bytes, dict[int, str]]:
    """META-3 for each pair: codes, and the reasons of those refused. `threads` is not used."""
    return columns(
        [
            judge(_match, identifier, meta)
            for identifier, meta in zip(identifiers, metas, strict=True)
        ]
    )


def _match(identifier: str, meta: bytes) -> None:
    check(identifier, json.loads_object(meta))
