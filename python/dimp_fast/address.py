"""Addresses: make them, check them, take them apart (docs/semantics.md#address-1 to #address-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from . import _dispatch
from ._checks import sequence_of
from ._columns import column
from .keys import PublicKey

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "AddressColumns",
    "RoutingColumns",
    "derive_addresses",
    "derive_eth_addresses",
    "parse_addresses",
    "routing_columns",
]


class AddressColumns:
    """Parsed addresses as columns, in input order; refused items have zeros. Read-only."""

    __slots__ = ("_canonical", "_codes", "_digests", "_networks", "_numbers", "_numbers_le")

    def __init__(
        self,
        codes: bytes,
        networks: bytes,
        digests: bytes,
        numbers: bytes,
        numbers_le: bytes,
        canonical: list[str | None],
    ) -> None:
        self._codes = codes
        self._networks = networks
        self._digests = digests
        self._numbers = numbers
        self._numbers_le = numbers_le
        self._canonical = canonical

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """``Code.OK`` or ``Code.BAD_ADDRESS``, shape ``(n,)``."""
        return column(self._codes, "<u1")

    @property
    def network(self) -> npt.NDArray[np.uint8]:
        """The raw network byte, shape ``(n,)``: 0 for ETH, 0x80 and 0x81 for broadcast."""
        return column(self._networks, "<u1")

    @property
    def digest(self) -> npt.NDArray[np.uint8]:
        """The 20 bytes of the address, shape ``(n, 20)``; zeros for broadcast."""
        return column(self._digests, "<u1").reshape(len(self), 20)

    @property
    def number(self) -> npt.NDArray[np.uint32]:
        """The search number by today's definition, shape ``(n,)``."""
        return column(self._numbers, "<u4")

    @property
    def number_le(self) -> npt.NDArray[np.uint32]:
        """The search number by the original definition, shape ``(n,)``."""
        return column(self._numbers_le, "<u4")

    def text(self) -> list[str | None]:
        """The canonical spellings; ``None`` where an item was refused."""
        return list(self._canonical)

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        refused = len(self) - self._codes.count(0)
        return f"<AddressColumns of {len(self)}, {refused} refused>"


class RoutingColumns:
    """Where messages for some IDs belong, as columns in input order. Read-only."""

    __slots__ = ("_codes", "_networks", "_numbers", "_shards")

    def __init__(self, codes: bytes, networks: bytes, numbers: bytes, shards: bytes) -> None:
        self._codes = codes
        self._networks = networks
        self._numbers = numbers
        self._shards = shards

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """``Code.OK`` or ``Code.BAD_ADDRESS``, shape ``(n,)``."""
        return column(self._codes, "<u1")

    @property
    def network(self) -> npt.NDArray[np.uint8]:
        """The raw network byte, shape ``(n,)``."""
        return column(self._networks, "<u1")

    @property
    def number(self) -> npt.NDArray[np.uint32]:
        """The search number, shape ``(n,)``."""
        return column(self._numbers, "<u4")

    @property
    def shard(self) -> npt.NDArray[np.uint32]:
        """``number % shards``, shape ``(n,)``; 0 for broadcast and for refused items."""
        return column(self._shards, "<u4")

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        return f"<RoutingColumns of {len(self)}>"


def derive_addresses(
    fingerprints: Sequence[bytes],
    network: int | Sequence[int] = 0,
    *,
    threads: int | None = None,
) -> list[str]:
    """BTC-style addresses (docs/semantics.md#address-1).

    Args:
        fingerprints: for metas of type 1 the fingerprint, for type 2 the key data; any length.
        network: the network byte, 0 to 255; one for all, or one an item.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: a network is not in 0..255, or the sequences have unequal lengths.
    """
    items = sequence_of(fingerprints, bytes, "fingerprints")
    return _derived(items, _networks(network, len(items)), threads)


def _derived(items: list[bytes], networks: bytes, threads: int | None) -> list[str]:
    count = _dispatch.thread_count(threads)
    addresses: list[str] = _dispatch.operation("derive_addresses")(items, networks, count)
    return addresses


def _networks(network: int | Sequence[int], count: int) -> bytes:
    if isinstance(network, int) and not isinstance(network, bool):
        if not 0 <= network <= 255:
            raise ValueError(f"network: 0 to 255 is wanted, not {network}")
        return bytes((network,))
    if isinstance(network, bool) or not isinstance(network, Iterable):
        raise TypeError(
            f"network: int or a sequence of int is wanted, not {type(network).__name__}"
        )
    found = list(network)
    if len(found) != count:
        raise ValueError(
            f"sequences of unequal length: fingerprints has {count}, network has {len(found)}"
        )
    for index, item in enumerate(found):
        # NumPy's integers are none of Python's, and welcome.
        if type(item) is not int and (isinstance(item, bool) or not hasattr(item, "__index__")):
            raise TypeError(f"network[{index}]: int is wanted, not {type(item).__name__}")
        if not 0 <= item <= 255:
            raise ValueError(f"network[{index}]: 0 to 255 is wanted, not {item}")
    return bytes(found)


def derive_eth_addresses(
    public_keys: Sequence[bytes | PublicKey], *, threads: int | None = None
) -> list[str]:
    """ETH-style addresses in EIP-55 spelling (docs/semantics.md#address-2).

    Args:
        public_keys: points of 64 bytes (X | Y) or 65 (04 | X | Y), or ECC keys. That a point is
            on the curve is not checked here.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: an item is not such a point; the message names its index.
    """
    points = [_point(index, key) for index, key in enumerate(public_keys)]
    count = _dispatch.thread_count(threads)
    addresses: list[str] = _dispatch.operation("derive_eth_addresses")(points, count)
    return addresses


def _point(index: int, key: bytes | PublicKey) -> bytes:
    if isinstance(key, PublicKey):
        if key.algorithm != "ECC":
            raise ValueError(f"public_keys[{index}]: a key of {key.algorithm} is not a point")
        return key.point[1:]
    if not isinstance(key, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"public_keys[{index}]: bytes or PublicKey is wanted, not {type(key).__name__}"
        )
    point = bytes(key)
    if len(point) == 65 and point[0] == 4:
        return point[1:]
    if len(point) != 64:
        raise ValueError(f"public_keys[{index}]: {len(point)} bytes are not X | Y or 04 | X | Y")
    return point


def parse_addresses(texts: Sequence[str], *, threads: int | None = None) -> AddressColumns:
    """Check addresses and take them apart (docs/semantics.md#address-1 to #address-4).

    Bad text gets ``BAD_ADDRESS`` in its place.

    Raises:
        TypeError: an item is not a ``str``; the message names its index.
    """
    items = sequence_of(texts, str, "texts")
    columns = _dispatch.operation("parse_addresses")(items, _dispatch.thread_count(threads))
    return AddressColumns(*columns)


def routing_columns(identifiers: Sequence[str], shards: int = 1) -> RoutingColumns:
    """Network byte, search number and shard of each ID, for a station that routes by columns.

    Args:
        identifiers: ID texts, with or without name and terminal.
        shards: how many shards there are, 1 to 2^32 - 1.

    Raises:
        TypeError: an item is not a ``str``; the message names its index.
        ValueError: ``shards`` is out of range.
    """
    if not 1 <= shards < 1 << 32:
        raise ValueError(f"shards: 1 to 2^32 - 1 is wanted, not {shards}")
    items = sequence_of(identifiers, str, "identifiers")
    return RoutingColumns(*_dispatch.operation("route")(items, shards))
