"""Documents: nothing counts before the signature was verified (D24).

What came from a file is no better than what came from a peer: ``is_valid`` is said after a check
and never before. The time and the form of the signed text belong to the check.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from .._families import Family
from .._patches import Patches
from ._factories import replace

__all__ = ["install"]

NAMES = ("*", "visa", "profile", "bulletin")
_CLASSES = {"visa": "BaseVisa", "bulletin": "BaseBulletin"}


class DocumentMixin:
    """A document of the reference."""

    if TYPE_CHECKING:

        def get(self, name: str) -> Any: ...

        @property
        def time(self) -> Any: ...

    @property
    def properties(self) -> MutableMapping[str, Any] | None:
        """What is signed; ``None`` when it is no JSON object."""
        try:
            properties = super().properties  # type: ignore[misc]
        except AssertionError:
            return None
        return properties if isinstance(properties, MutableMapping) else None

    def verify(self, public_key: Any) -> bool:
        """Whether ``public_key`` signed the text, and the text is that of a document; never an
        exception."""
        if public_key is None or not isinstance(self.get("data"), str):
            return False
        properties = self.properties
        if properties is None or (properties.get("time") is not None and self.time is None):
            return False
        try:
            return bool(super().verify(public_key))  # type: ignore[misc]
        except (UnicodeEncodeError, AssertionError):
            return False


class VisaMixin(DocumentMixin):
    """A visa of the reference."""

    @property
    def public_key(self) -> Any:
        """The key to write to the user with; ``None`` when it is none."""
        try:
            return super().public_key  # type: ignore[misc]
        except AssertionError:
            return None

    @public_key.setter
    def public_key(self, key: Any) -> None:
        super(VisaMixin, type(self)).public_key.fset(self, key)  # type: ignore[misc]


class DocumentFactoryMixin:
    """Makes documents that have yet to be verified."""

    if TYPE_CHECKING:
        _family: Family

        @property
        def type(self) -> str: ...

    def parse_document(self, document: Mapping[str, Any]) -> Any:
        import dimp

        data, did = document.get("data"), document.get("did", document.get("ID"))
        if (
            not isinstance(data, str)
            or not data
            or (did is not None and dimp.ID.parse(did) is None)
        ):
            return None
        signature = document.get("signature")
        if not isinstance(signature, str) or dimp.TransportableData.parse(signature) is None:
            return None
        kind = document.get("type")
        if not isinstance(kind, str):
            kind = None if did is None else self._kind_for(dimp.ID.parse(did))
        return self._class(kind)(document=document)

    @staticmethod
    def _kind_for(did: Any) -> str:
        return "bulletin" if did.is_group else "visa"

    def _create_empty_document(self) -> Any:
        if self.type in _CLASSES:
            return self._class(self.type)()
        return self._class(self.type)(doc_type=self.type)

    def _create_valid_document(self, data: str, signature: Any) -> Any:
        """Its name is the reference's: whether it is valid will be seen."""
        fields = {"type": self.type, "data": data, "signature": signature.serialize()}
        return self._class(self.type)(document=fields)

    def _class(self, kind: str | None) -> Any:
        mixin = VisaMixin if kind == "visa" else DocumentMixin
        return self._family.subclass(mixin, _CLASSES.get(kind or "", "BaseDocument"))


def install(patches: Patches, family: Family) -> None:
    import dimp

    if getattr(dimp.shared_account_extensions, "doc_helper", None) is None:
        return

    def make(there: Any) -> Any:
        if not isinstance(there, family.get("GeneralDocumentFactory")):
            return there
        factory = family.subclass(DocumentFactoryMixin, type(there))(doc_type=there.type)
        factory._family = family
        return factory

    replace(patches, dimp.Document, "doc_type", NAMES, make)
    patches.attribute(family.get(family.account_helper), "get_document_type", _without_assertion)
    if family.has("CommonArchivist"):
        patches.attribute(family.get("CommonArchivist"), "_verify_document", _of_its_owner)


def _without_assertion(get_document_type: Any) -> Any:
    """A document that names neither type nor owner has no type, with ``-O`` and without."""

    def get(self: Any, document: Mapping[str, Any], default: str | None = None) -> Any:
        try:
            return get_document_type(self, document=document, default=default)
        except (AssertionError, AttributeError):
            return default

    return get


def _of_its_owner(verify: Any) -> Any:
    """A document is verified with the key of the ID that it is about."""

    async def verify_document(self: Any, document: Any, identifier: Any) -> Any:
        import dimp

        did = dimp.ID.parse(document.get("did", document.get("ID")))
        if did is None or not did.is_same_as(other=identifier):
            return False
        return await verify(self, document=document, identifier=identifier)

    return verify_document
