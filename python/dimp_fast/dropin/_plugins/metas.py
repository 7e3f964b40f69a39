"""Metas, checked by :class:`dimp_fast.Meta`.

A meta that the factories give out is valid: form, key, and for type 1 the fingerprint, which a
broken RSA check let anybody copy (D1, D2). Stored metas are parsed by the same factories, so that
old forgeries are found when they are read. What is no meta is ``None`` (D9, D22).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import Meta
from ...verdict import DimError
from .._families import Family
from .._patches import Patches
from ._factories import replace

__all__ = ["install"]

NAMES = ("1", "2", "4", "mkm", "btc", "eth", "MKM", "BTC", "ETH")
_CLASSES = {1: "DefaultMeta", 2: "BTCMeta", 4: "ETHMeta"}
_ETH = 4


class MetaMixin:
    """A meta of the reference."""

    if TYPE_CHECKING:
        _dimp_fast: Meta
        _family: Family

        def to_map(self) -> Mapping[str, Any]: ...

    @property
    def known(self) -> Meta:
        """Itself, in our terms.

        Raises:
            DimError: it has not the form of a meta.
        """
        try:
            return self._dimp_fast
        except AttributeError:
            self._dimp_fast = Meta.parse(self.to_map())
            return self._dimp_fast

    @property
    def is_valid(self) -> bool:
        try:
            return self.known.is_valid
        except DimError:
            return False

    def generate_address(self, network: int | None = None) -> Any:
        """The address on a network.

        Raises:
            ValueError: there is none.
        """
        import dimp

        if network is None:
            raise ValueError("network: a number is wanted")
        if self.known.type == _ETH and self._family.eth_is_everywhere:
            network = 0  # the reference makes the same address for every type of entity
        address = self.known.generate_id(int(network)).address
        return dimp.Address.parse(address)


class MetaFactoryMixin:
    """Makes metas that are valid."""

    if TYPE_CHECKING:
        _family: Family

        @property
        def type(self) -> str: ...

    def parse_meta(self, meta: Mapping[str, Any]) -> Any:
        try:
            known = Meta.parse(meta)
        except (DimError, TypeError):
            return None
        if known.type not in _CLASSES or not known.is_valid:
            return None
        made = self._class(known.type)(meta=meta)
        made._dimp_fast = known
        return made

    def create_meta(self, public_key: Any, seed: str | None, fingerprint: Any) -> Any:
        """A new meta.

        Raises:
            ValueError: it would not be valid.
        """
        number = int(self.type)
        parts = {"version": self.type, "public_key": public_key}
        if number == 1:
            parts |= {"seed": seed, "fingerprint": fingerprint}
        made = self._class(number)(**parts)
        if not made.is_valid:
            raise ValueError("key, seed and fingerprint make no valid meta")
        return made

    def _class(self, number: int) -> Any:
        made = self._family.subclass(MetaMixin, _CLASSES[number])
        made._family = self._family
        return made


def install(patches: Patches, family: Family) -> None:
    import dimp

    if getattr(dimp.shared_account_extensions, "meta_helper", None) is None:
        return

    def make(there: Any) -> Any:
        if not isinstance(there, family.get("BaseMetaFactory")):
            return there
        factory = family.subclass(MetaFactoryMixin, type(there))(version=there.type)
        factory._family = family
        return factory

    replace(patches, dimp.Meta, "version", NAMES, make)
