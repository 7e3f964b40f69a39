"""Addresses and IDs, parsed by :class:`dimp_fast.Identifier` and :class:`dimp_fast.Address`.

One spelling for one ID (D5), no address without its check code (D6), broadcast for the two constant
addresses only, and old network bytes in today's numbers, in both families (D7); what is none is
``None``, with ``python -O`` and without (D9). An ID without a name stays what the family takes it
for (D8), and names of the address name service stay what a configuration may use (D26).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import Address, Identifier
from ..._rules import entity_type
from ...address import BROADCAST
from ...verdict import DimError
from .._families import Family
from .._patches import Patches

__all__ = ["install"]

_ETH_SIZE = 42
_LEAST_UNKNOWN, _MOST_UNKNOWN = 4, 64


class AddressFactoryMixin:
    """Parses addresses strictly."""

    if TYPE_CHECKING:
        _family: Family

    def parse_address(self, address: str) -> Any:
        if not isinstance(address, str):
            return None
        return super().parse_address(address)  # type: ignore[misc]

    def _parse(self, address: str) -> Any:
        import dimp

        try:
            known = Address.parse(address)
        except DimError:
            return None
        if known.text in BROADCAST:
            return dimp.ANYWHERE if known.text == "anywhere" else dimp.EVERYWHERE
        if len(known.text) == _ETH_SIZE:
            return self._family.get("ETHAddress")(address=known.text)
        return self._family.get("BTCAddress")(address=known.text, network=known.network)


class CompatAddressFactoryMixin(AddressFactoryMixin):
    """As strict about what is an address; what is none is an unknown one in dimples, as before. It
    is not held: nobody can prove that it is theirs, and there are as many as anybody likes."""

    def parse_address(self, address: str) -> Any:
        known = super().parse_address(address)
        if known is not None or not isinstance(address, str):
            return known
        if self._family.has("UnknownAddress") and _LEAST_UNKNOWN <= len(address) <= _MOST_UNKNOWN:
            return self._family.get("UnknownAddress")(address=address)
        return None


class IdentifierMixin:
    """An ID of the reference, with the type and the predicates of docs/semantics.md#id-3 and
    #id-4, but for IDs without a name."""

    if TYPE_CHECKING:
        _nameless_are_users: bool

        @property
        def name(self) -> str | None: ...

        @property
        def address(self) -> Any: ...

    @property
    def type(self) -> int:
        return entity_type(
            self.address.network,
            is_named=bool(self.name) or not self._nameless_are_users,
            is_broadcast=self.is_broadcast,
        )

    @property
    def is_broadcast(self) -> bool:
        is_named = bool(self.name) or not self._nameless_are_users
        return is_named and str(self.address) in BROADCAST


class IdentifierFactoryMixin:
    """Parses IDs strictly, and gives them their canonical text."""

    if TYPE_CHECKING:
        _makes: type

    def parse_id(self, identifier: str) -> Any:
        if not isinstance(identifier, str):
            return None
        return super().parse_id(identifier)  # type: ignore[misc]

    def _new_id(self, identifier: str, name: str | None, address: Any, terminal: str | None) -> Any:
        made: Any = self._makes
        return made(identifier=identifier, name=name, address=address, terminal=terminal)

    def _parse(self, identifier: str) -> Any:
        import dimp

        try:
            known = Identifier.parse(identifier)
        except DimError:
            return None
        if known.is_broadcast:
            return self._parsed(str(known))
        address = dimp.Address.parse(known.address)
        if address is None:  # of a type that only dimp_fast knows
            return None
        return self._new_id(str(known), known.name, address, known.terminal)

    def _parsed(self, text: str) -> Any:
        """By the reference, which has constants of its own; it asserts what it should check."""
        try:
            return super()._parse(text)  # type: ignore[misc]
        except AssertionError:
            return None


class CompatIdentifierFactoryMixin(IdentifierFactoryMixin):
    """Takes odd spellings as the reference does."""

    def _parse(self, identifier: str) -> Any:
        known = super()._parse(identifier)
        return self._parsed(identifier) if known is None else known


def install(patches: Patches, family: Family, mode: str) -> None:
    import dimp

    if getattr(dimp.shared_account_extensions, "id_helper", None) is None:
        return
    compat = mode == "compat"
    addresses = CompatAddressFactoryMixin if compat else AddressFactoryMixin
    patches.entry(
        "Address",
        lambda: dimp.Address.get_factory(),
        lambda factory: dimp.Address.set_factory(factory=factory),
        family.factory("BaseAddressFactory", addresses, _family=family),
    )
    patches.entry(
        "ID",
        lambda: dimp.ID.get_factory(),
        lambda factory: dimp.ID.set_factory(factory=factory),
        lambda there: _factory(family, there, compat),
    )


def _factory(family: Family, there: Any, compat: bool) -> Any:
    mixin = CompatIdentifierFactoryMixin if compat else IdentifierFactoryMixin
    named = family.has("ANSFactory") and type(there) is family.get("ANSFactory")
    kind = family.get("EntityIDFactory") if named else type(there)
    if not issubclass(kind, family.get("GeneralIdentifierFactory")) or issubclass(kind, mixin):
        return there
    made = family.subclass(mixin, kind)()
    made._makes = family.subclass(IdentifierMixin, "EntityID" if named else "Identifier")
    made._makes._nameless_are_users = named
    if not named:
        return made
    return family.get("ANSFactory")(factory=made, ans=family.get("CommonFacebook").ans)
