"""Fast, trustworthy backend for stations of the DIM network.

Batch signature verification, addresses and IDs, the envelope codec and the pipeline that joins
them, in Rust where it can, in Cython or Python where it cannot, with the same verdicts.
docs/semantics.md says what is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .address import (
    Address,
    AddressColumns,
    RoutingColumns,
    derive_addresses,
    derive_eth_addresses,
    format_addresses,
    join_identifiers,
    number_texts,
    parse_addresses,
    routing_columns,
)
from .document import Document, verify_documents
from .identity import (
    ANY_STATION,
    ANYONE,
    EVERY_STATION,
    EVERYONE,
    FOUNDER,
    SERVICE_PROVIDERS,
    EntityType,
    Identifier,
    check_name,
    parse_identifiers,
)
from .keyring import Keyring, Loader, OnRefused
from .keys import PublicKey
from .message import (
    MessageBatch,
    ReliableMessage,
    decode,
    decode_batch,
    encode,
    retarget,
    retarget_batch,
    verify_messages,
)
from .meta import Meta, match_metas
from .verdict import Code, DimError, Verdicts
from .verify import verify_batch

if TYPE_CHECKING:
    from ._info import backend_info
    from .accounts import AccountFolder, LoadReport, RefusedAccount, UnreadableAccount
    from .cipher_keys import CipherKeys
    from .levels import Envelope, InstantMessage, SecureMessage
    from .local_user import LocalUser
    from .number_index import NumberIndex
    from .opening import open_batch, open_message
    from .private_keys import PrivateKey
    from .sealing import seal, seal_batch
    from .splitting import split_for_members, split_for_terminals
    from .symmetric import SymmetricKey

__all__ = [
    "ANYONE",
    "ANY_STATION",
    "EVERYONE",
    "EVERY_STATION",
    "FOUNDER",
    "SERVICE_PROVIDERS",
    "AccountFolder",
    "Address",
    "AddressColumns",
    "CipherKeys",
    "Code",
    "DimError",
    "Document",
    "EntityType",
    "Envelope",
    "Identifier",
    "InstantMessage",
    "Keyring",
    "LoadReport",
    "Loader",
    "LocalUser",
    "MessageBatch",
    "Meta",
    "NumberIndex",
    "OnRefused",
    "PrivateKey",
    "PublicKey",
    "RefusedAccount",
    "ReliableMessage",
    "RoutingColumns",
    "SecureMessage",
    "SymmetricKey",
    "UnreadableAccount",
    "Verdicts",
    "__version__",
    "backend_info",
    "check_name",
    "decode",
    "decode_batch",
    "derive_addresses",
    "derive_eth_addresses",
    "encode",
    "format_addresses",
    "join_identifiers",
    "match_metas",
    "number_texts",
    "open_batch",
    "open_message",
    "parse_addresses",
    "parse_identifiers",
    "retarget",
    "retarget_batch",
    "routing_columns",
    "seal",
    "seal_batch",
    "split_for_members",
    "split_for_terminals",
    "verify_batch",
    "verify_documents",
    "verify_messages",
]

_LAZY = {
    "backend_info": "_info",
    "AccountFolder": "accounts",
    "CipherKeys": "cipher_keys",
    "Envelope": "levels",
    "InstantMessage": "levels",
    "LoadReport": "accounts",
    "LocalUser": "local_user",
    "NumberIndex": "number_index",
    "PrivateKey": "private_keys",
    "RefusedAccount": "accounts",
    "SecureMessage": "levels",
    "SymmetricKey": "symmetric",
    "UnreadableAccount": "accounts",
    "open_batch": "opening",
    "open_message": "opening",
    "seal": "sealing",
    "seal_batch": "sealing",
    "split_for_members": "splitting",
    "split_for_terminals": "splitting",
}
"""What few programs need: imported when it is asked for."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
