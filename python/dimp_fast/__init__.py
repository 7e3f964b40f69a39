"""Fast, trustworthy backend for stations of the DIM network.

Batch signature verification, addresses and IDs, the envelope codec and the pipeline that joins
them, in Rust where it can, in Cython or Python where it cannot, with the same verdicts.
docs/semantics.md says what is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .address import (
    AddressColumns,
    RoutingColumns,
    derive_addresses,
    derive_eth_addresses,
    parse_addresses,
    routing_columns,
)
from .identity import EntityType, Identifier
from .keyring import Keyring, Loader, OnRefused
from .keys import PublicKey
from .message import (
    MessageBatch,
    ReliableMessage,
    decode,
    decode_batch,
    encode,
    verify_messages,
)
from .verdict import Code, DimError, Verdicts
from .verify import verify_batch

if TYPE_CHECKING:
    from ._info import backend_info
    from .accounts import AccountFolder, LoadReport, RefusedAccount, UnreadableAccount

__all__ = [
    "AccountFolder",
    "AddressColumns",
    "Code",
    "DimError",
    "EntityType",
    "Identifier",
    "Keyring",
    "LoadReport",
    "Loader",
    "MessageBatch",
    "OnRefused",
    "PublicKey",
    "RefusedAccount",
    "ReliableMessage",
    "RoutingColumns",
    "UnreadableAccount",
    "Verdicts",
    "__version__",
    "backend_info",
    "decode",
    "decode_batch",
    "derive_addresses",
    "derive_eth_addresses",
    "encode",
    "parse_addresses",
    "routing_columns",
    "verify_batch",
    "verify_messages",
]

_LAZY = {
    "backend_info": "_info",
    "AccountFolder": "accounts",
    "LoadReport": "accounts",
    "RefusedAccount": "accounts",
    "UnreadableAccount": "accounts",
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
