"""Addresses: make them, check them, take them apart (docs/semantics.md#address-1 to #address-4),
and the texts that columns of them are made into.

Not here: whose an address is. Only a meta can prove that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from . import _dispatch
from ._checks import integer, matrix, packed, same_length, sequence_of, text
from ._columns import Columns, column
from .keys import PublicKey
from .verdict import Code, DimError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "Address",
    "AddressColumns",
    "RoutingColumns",
    "derive_addresses",
    "derive_eth_addresses",
    "format_addresses",
    "join_identifiers",
    "number_texts",
    "parse_addresses",
    "routing_columns",
]

BROADCAST = frozenset(("anywhere", "everywhere"))
"""The broadcast addresses, in canonical spelling (ADDRESS-3)."""

DIGEST_SIZE = 20
POINT_SIZE = 64
"""X | Y of secp256k1."""

_MOST_NUMBER = (1 << 32) - 1


class Address:
    """A parsed address, immutable and hashable.

    Equal to another address, and to a ``str``, with the same canonical text; ``str()`` gives that
    text.
    """

    __slots__ = ("_digest", "_network", "_number", "_number_le", "_text")

    _text: str
    _network: int
    _digest: bytes
    _number: int
    _number_le: int

    def __init__(self) -> None:
        raise TypeError("use Address.parse() or Address.derive()")

    @classmethod
    def _of(cls, text: str, network: int, digest: bytes, number: int, number_le: int) -> Address:
        address = object.__new__(cls)
        address._text = text
        address._network = network
        address._digest = digest
        address._number = number
        address._number_le = number_le
        return address

    @classmethod
    def parse(cls, source: str | Address) -> Address:
        """Parse an address strictly (docs/semantics.md#address-1 to #address-3).

        Raises:
            DimError: ``BAD_ADDRESS``, the text is no address.
            TypeError: ``source`` is not a ``str``.
        """
        if isinstance(source, Address):
            return source
        spelling = text(source, "source")
        found = parse_addresses([spelling], threads=1)[0]
        if found is None:
            raise DimError(Code.BAD_ADDRESS, f"address: not an address: {spelling[:60]!r}")
        return found

    @classmethod
    def derive(cls, fingerprint: bytes, network: int = 0) -> Address:
        """The BTC-style address of a fingerprint, or of key data, as :func:`derive_addresses`.

        Raises:
            TypeError: an argument is of a wrong type.
            ValueError: ``network`` is not in 0..255.
        """
        return cls.parse(derive_addresses([fingerprint], network, threads=1)[0])

    @property
    def text(self) -> str:
        """The canonical spelling."""
        return self._text

    @property
    def network(self) -> int:
        """The raw network byte: 0 for ETH, 0x80 and 0x81 for broadcast."""
        return self._network

    @property
    def digest(self) -> bytes:
        """The 20 bytes of the address; zeros for broadcast."""
        return self._digest

    @property
    def number(self) -> int:
        """The search number by today's definition (docs/semantics.md#address-4)."""
        return self._number

    @property
    def number_le(self) -> int:
        """The search number by the original definition."""
        return self._number_le

    @property
    def number_text(self) -> str:
        """``number`` as people read it: ``ddd-ddd-dddd``."""
        return number_texts((self._number,))[0]

    @property
    def is_broadcast(self) -> bool:
        """Whether this is ``anywhere`` or ``everywhere``; no network byte makes a broadcast."""
        return self._text in BROADCAST

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Address({self._text!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Address):
            return self._text == other._text
        return self._text == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Address.parse, (self._text,)


class AddressColumns(Columns):
    """Parsed addresses as columns, in input order; refused items have zeros. Read-only.

    ``columns[i]`` is the :class:`Address` of item ``i``, ``None`` when it was refused.
    """

    __slots__ = ("_canonical", "_digests", "_numbers_le")

    def __init__(
        self,
        codes: bytes,
        networks: bytes,
        digests: bytes,
        numbers: bytes,
        numbers_le: bytes,
        canonical: list[str | None],
    ) -> None:
        super().__init__(codes, networks, numbers)
        self._digests = digests
        self._numbers_le = numbers_le
        self._canonical = canonical

    @property
    def digest(self) -> npt.NDArray[np.uint8]:
        """The 20 bytes of the address, shape ``(n, 20)``; zeros for broadcast."""
        return column(self._digests, "<u1").reshape(len(self), DIGEST_SIZE)

    @property
    def number_le(self) -> npt.NDArray[np.uint32]:
        """The search number by the original definition, shape ``(n,)``."""
        return column(self._numbers_le, "<u4")

    def text(self) -> list[str | None]:
        """The canonical spellings; ``None`` where an item was refused."""
        return list(self._canonical)

    def __getitem__(self, index: int) -> Address | None:
        if isinstance(index, slice):
            raise TypeError("AddressColumns: an index is wanted, not a slice; slice the columns")
        index = range(len(self))[index]
        canonical = self._canonical[index]
        if canonical is None:
            return None
        return Address._of(
            canonical,
            self._networks[index],
            self._digests[DIGEST_SIZE * index : DIGEST_SIZE * (index + 1)],
            int.from_bytes(self._numbers[4 * index : 4 * index + 4], "little"),
            int.from_bytes(self._numbers_le[4 * index : 4 * index + 4], "little"),
        )

    def __iter__(self) -> Iterator[Address | None]:
        return map(self.__getitem__, range(len(self)))


class RoutingColumns(Columns):
    """Where messages for some IDs belong, as columns in input order. Read-only."""

    __slots__ = ("_shards",)

    def __init__(self, codes: bytes, networks: bytes, numbers: bytes, shards: bytes) -> None:
        super().__init__(codes, networks, numbers)
        self._shards = shards

    @property
    def shard(self) -> npt.NDArray[np.uint32]:
        """``number % shards``, shape ``(n,)``; 0 for broadcast and for refused items."""
        return column(self._shards, "<u4")


def derive_addresses(
    fingerprints: Sequence[bytes] | npt.NDArray[np.uint8],
    network: int | Sequence[int] | npt.NDArray[np.uint8] = 0,
    *,
    threads: int | None = None,
) -> list[str]:
    """BTC-style addresses (docs/semantics.md#address-1).

    Args:
        fingerprints: for metas of type 1 the fingerprint, for type 2 the key data; any length. Or
            a ``uint8`` array of shape (n, width), or another buffer of bytes with two dimensions.
        network: the network byte, 0 to 255; one for all, or one an item.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: a network is not in 0..255, or the sequences have unequal lengths.
    """
    items = sequence_of(fingerprints, bytes, "fingerprints")
    networks = _networks(network, len(items), "fingerprints")
    count = _dispatch.thread_count(threads)
    addresses: list[str] = _dispatch.operation("derive_addresses")(items, networks, count)
    return addresses


def _networks(network: Any, count: int, name: str) -> bytes:
    """One network byte, or as many as there are items in the sequence called ``name``."""
    if not isinstance(network, Iterable) or getattr(network, "ndim", 1) == 0:
        return bytes((integer(network, "network", 0, 255),))
    networks = packed(network, 1, "network")
    same_length(**{name: range(count), "network": networks})
    return networks


def derive_eth_addresses(
    public_keys: Sequence[bytes | PublicKey] | npt.NDArray[np.uint8],
    *,
    threads: int | None = None,
) -> list[str]:
    """ETH-style addresses in EIP-55 spelling (docs/semantics.md#address-2).

    Args:
        public_keys: points of 64 bytes (X | Y) or 65 (04 | X | Y), or ECC keys; or a ``uint8``
            array of such points, one a row. That a point is on the curve is not checked here.
        threads: how many threads at most; ``None`` is all, 1 stays on the calling thread.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: an item is not such a point; the message names its index.
    """
    rows = matrix(public_keys, "public_keys")
    keys = list(public_keys) if rows is None else rows.rows()
    # The usual case without a loop in Python.
    usual = _dispatch.operation("uniform")(keys, bytes, POINT_SIZE)
    points = keys if usual else [_point(index, key) for index, key in enumerate(keys)]
    count = _dispatch.thread_count(threads)
    addresses: list[str] = _dispatch.operation("derive_eth_addresses")(points, count)
    return addresses


def _point(index: int, key: Any) -> bytes:
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
    if len(point) != POINT_SIZE:
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


def format_addresses(
    digests: Sequence[bytes] | npt.NDArray[np.uint8] | bytes,
    network: int | Sequence[int] | npt.NDArray[np.uint8] = 0,
) -> list[str]:
    """BTC-style addresses of digests that are known already: the way back from the columns
    ``digest`` and ``network`` of :class:`AddressColumns` (docs/semantics.md#address-1).

    ETH-style and broadcast addresses have no digest of this kind: what comes out for a row of
    theirs is an address of nobody.

    Args:
        digests: a ``uint8`` array of shape (n, 20), 20 n bytes in one ``bytes``, or a sequence of
            20 bytes each.
        network: the network byte, 0 to 255; one for all, or one an item.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: a digest has not 20 bytes, a network is not in 0..255, or the lengths differ.
    """
    data = _digests(digests)
    networks = _networks(network, len(data) // DIGEST_SIZE, "digests")
    addresses: list[str] = _dispatch.operation("format_addresses")(data, networks)
    return addresses


def _digests(digests: Any) -> bytes:
    if (rows := matrix(digests, "digests")) is not None:
        if rows.width != DIGEST_SIZE:
            raise ValueError(f"digests: shape (n, 20) is wanted, not ({rows.height}, {rows.width})")
        return rows.data
    if isinstance(digests, (bytes, bytearray, memoryview)):
        if len(data := bytes(digests)) % DIGEST_SIZE:
            raise ValueError(f"digests: {len(data)} bytes are no multiple of 20")
        return data
    items = sequence_of(digests, bytes, "digests")
    for index, item in enumerate(items):
        if len(item) != DIGEST_SIZE:
            raise ValueError(f"digests[{index}]: 20 bytes are wanted, not {len(item)}")
    return b"".join(items)


def join_identifiers(
    names: Sequence[str | None],
    addresses: Sequence[str],
    terminals: Sequence[str | None] | None = None,
) -> list[str]:
    """ID texts of their parts, ``[name@]address[/terminal]``; nothing is checked or made canonical.

    :func:`~dimp_fast.parse_identifiers` says whether what comes out are IDs.

    Args:
        names, terminals: ``None`` and the empty text are none. Without ``terminals`` nobody has
            one.

    Raises:
        TypeError: an item is of a wrong type; the message names its index.
        ValueError: the sequences have unequal lengths.
    """
    columns = {
        "names": sequence_of(names, str, "names", optional=True),
        "addresses": sequence_of(addresses, str, "addresses"),
    }
    if terminals is not None:
        columns["terminals"] = sequence_of(terminals, str, "terminals", optional=True)
    same_length(**columns)
    columns.setdefault("terminals", [None] * len(columns["names"]))
    joined: list[str] = _dispatch.operation("join_identifiers")(*columns.values())
    return joined


def number_texts(numbers: Sequence[int] | npt.NDArray[np.uint32]) -> list[str]:
    """Search numbers as people read them, ``ddd-ddd-dddd`` (docs/semantics.md#address-4).

    Args:
        numbers: 0 to 2^32 - 1 each; an array may have any integer type.

    Raises:
        TypeError: an item is no integer; the message names its index.
        ValueError: an item is out of range; the message names its index.
    """
    texts: list[str] = _dispatch.operation("number_texts")(packed(numbers, 4, "numbers"))
    return texts


def routing_columns(identifiers: Sequence[str], shards: int = 1) -> RoutingColumns:
    """Network byte, search number and shard of each ID, for a station that routes by columns.

    Args:
        identifiers: ID texts, with or without name and terminal.
        shards: how many shards there are, 1 to 2^32 - 1.

    Raises:
        TypeError: an item is not a ``str``; the message names its index.
        ValueError: ``shards`` is out of range.
    """
    divisor = integer(shards, "shards", 1, _MOST_NUMBER)
    items = sequence_of(identifiers, str, "identifiers")
    return RoutingColumns(*_dispatch.operation("route")(items, divisor))
