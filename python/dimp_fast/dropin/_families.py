"""The families of the reference that the drop-in knows, and whether the one that is installed is
like it knows it.

Not here: what is replaced in them (``_plugins``).
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from ._patches import Patches

__all__ = ["Family", "Fit", "find"]

WHOLE, KEYS, NOTHING = "whole", "keys", "nothing"


@dataclass(frozen=True)
class Fit:
    """How much of the drop-in fits."""

    level: str
    """``"whole"``; ``"keys"``: keys, digests and randomness only, which is what stops forgeries and
    stands by itself; ``"nothing"``."""
    reason: str
    """Why it is not the whole; empty when it is."""

    @property
    def is_whole(self) -> bool:
        return self.level == WHOLE


@dataclass(frozen=True, eq=False)
class Family:
    """A generation of the reference."""

    name: str
    """The package that it is known by."""
    known: Mapping[str, tuple[str, str]]
    """Distribution -> the first version that is known, and the first one that is not."""
    homes: Mapping[str, str]
    """Class or function of the reference -> the module that has it."""
    optional: frozenset[str]
    """Packages that need not be there: a program may do without."""
    seams: Mapping[str, tuple[str, ...]]
    """``Class.method`` -> the names of its parameters, as callers pass them."""
    loading: tuple[str, ...]
    """Names of the loaders, in ``homes``."""
    account_helper: str
    """The class, in ``homes``, that has the registries of accounts."""
    eth_is_everywhere: bool
    """Whether an ETH address is made for every type of entity, or for users only."""

    def get(self, name: str) -> Any:
        """A class or function of the reference.

        Raises:
            ImportError, AttributeError: it is not there.
        """
        try:
            return getattr(self.module(name), name)
        except KeyError:
            raise ImportError(f"{self.name} has no {name}") from None

    def subclass(self, mixin: type, base: str | type) -> Any:
        """A class of the reference with ``mixin`` in front of it, under its own name; the same one
        each time."""
        reference = self.get(base) if isinstance(base, str) else base
        return _subclass(mixin, reference)

    def factory(self, reference: str, mixin: type, **attributes: Any) -> Callable[[Any], Any]:
        """What to put in the place of a factory: the same with ``mixin`` in front, and some
        attributes. One that is not of the class ``reference`` is somebody's own, and stays."""

        def make(there: Any) -> Any:
            if not isinstance(there, self.get(reference)):
                return there
            made = self.subclass(mixin, type(there))()
            for name, value in attributes.items():
                setattr(made, name, value)
            return made

        return make

    def replace_kind(
        self, patches: Patches, holder: Any, name: str, reference: type, mixin: type
    ) -> None:
        """Replace an object of the class ``reference``, or of one that is based on it, that lies
        in ``holder.name``. An empty place stays so: the host has not loaded its plug-ins."""

        def make(there: Any) -> Any:
            return self.subclass(mixin, type(there))() if isinstance(there, reference) else there

        patches.attribute(holder, name, make)

    def replace_object(
        self, patches: Patches, holder: Any, name: str, reference: str, mixin: type
    ) -> None:
        """As :meth:`replace_kind`, of a class in ``homes`` and of no other."""
        wanted = self.get(reference)

        def make(there: Any) -> Any:
            return self.subclass(mixin, wanted)() if type(there) is wanted else there

        patches.attribute(holder, name, make)

    def replace_class(self, patches: Patches, user: str, reference: str, mixin: type) -> None:
        """Replace a class where the module ``user`` looks for it."""
        if self.has(reference) and importlib.util.find_spec(user.partition(".")[0]) is not None:
            made = self.subclass(mixin, reference)
            patches.attribute(importlib.import_module(user), reference, lambda _: made)

    def has(self, name: str) -> bool:
        """Whether a class or function of the reference is there."""
        try:
            self.get(name)
        except (ImportError, AttributeError):
            return False
        return True

    def module(self, name: str) -> ModuleType:
        """The module that has a class or function."""
        return importlib.import_module(self.homes[name])

    def has_station(self) -> bool:
        """Whether the station of this family is there."""
        return self is DIMPLES and importlib.util.find_spec("dimples") is not None

    def loaders(self) -> list[type]:
        """The classes whose ``load`` registers plug-ins."""
        return [self.get(name) for name in self.loading if self.has(name)]

    def versions(self) -> dict[str, str]:
        """Distribution -> version, of those that are installed."""
        found = {}
        for distribution in self.known:
            try:
                found[distribution] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
        return found

    def fit(self) -> Fit:
        """Compare what is installed with what is known. Imports the reference."""
        for part in (self.key_seams(), self.seams):
            wrong = [found for seam, names in part.items() if (found := self._differs(seam, names))]
            if wrong:
                level = NOTHING if part is not self.seams else KEYS
                return Fit(level, f"{self.name}: {wrong[0]}, {_ADVICE[level]}")
        for distribution, version in self.versions().items():
            first, beyond = self.known[distribution]
            if not _numbers(first) <= _numbers(version) < _numbers(beyond):
                known = f"{first} up to, not including, {beyond}"
                reason = f"{distribution} {version} is not known ({known} are), {_ADVICE[KEYS]}"
                return Fit(KEYS, reason)
        return Fit(WHOLE, "")

    def key_seams(self) -> Mapping[str, tuple[str, ...]]:
        """Those that the smallest level needs."""
        return {seam: names for seam, names in self.seams.items() if "Key" in seam.split(".")[0]}

    def _differs(self, seam: str, names: tuple[str, ...]) -> str:
        """What is different about a seam; empty when it is as it is known."""
        owner, _, method = seam.partition(".")
        package = self.homes[owner].partition(".")[0]
        if package in self.optional and importlib.util.find_spec(package) is None:
            return ""
        try:
            found = inspect.signature(getattr(self.get(owner), method))
        except (ImportError, AttributeError):
            return f"{seam} is not there"
        if tuple(found.parameters) != names:
            return f"{seam} takes {', '.join(found.parameters)}"
        return ""


_ADVICE = {
    KEYS: "so only keys, digests and randomness are served",
    NOTHING: "so nothing is served",
}


def _numbers(version: str) -> tuple[int, ...]:
    """``2.1.1`` as numbers, up to what is none."""
    numbers = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


@cache
def _subclass(mixin: type, reference: type) -> Any:
    def describe(namespace: dict[str, Any]) -> None:
        namespace["__doc__"] = mixin.__doc__
        namespace["__module__"] = mixin.__module__

    return types.new_class(reference.__name__, (mixin, reference), exec_body=describe)


def _homes(table: Mapping[str, str]) -> dict[str, str]:
    return {name: module for module, names in table.items() for name in names.split()}


_KEY_SEAMS = {
    "RSAPublicKey.verify": ("self", "data", "signature"),
    "RSAPublicKey.encrypt": ("self", "plaintext", "extra"),
    "RSAPrivateKey.sign": ("self", "data"),
    "RSAPrivateKey.decrypt": ("self", "ciphertext", "params"),
    "RSAPrivateKey.new_key": ("bits",),
    "ECCPublicKey.verify": ("self", "data", "signature"),
    "ECCPrivateKey.sign": ("self", "data"),
    "AESKey.encrypt": ("self", "plaintext", "extra"),
    "AESKey.decrypt": ("self", "ciphertext", "params"),
    "AESKey.new_key": ("size",),
    "AESKeyFactory.parse_symmetric_key": ("self", "key"),
    "PlainKeyFactory.parse_symmetric_key": ("self", "key"),
    "RSAPublicKeyFactory.parse_public_key": ("self", "key"),
    "ECCPublicKeyFactory.parse_public_key": ("self", "key"),
    "RSAPrivateKeyFactory.parse_private_key": ("self", "key"),
    "ECCPrivateKeyFactory.parse_private_key": ("self", "key"),
}

_SEAMS = {
    "Base64Coder.encode": ("self", "data"),
    "Base64Coder.decode": ("self", "string"),
    "Base58Coder.decode": ("self", "string"),
    "HexCoder.decode": ("self", "string"),
    "JSONCoder.encode": ("self", "container"),
    "JSONCoder.decode": ("self", "string"),
    "UTF8Coder.encode": ("self", "string"),
    "UTF8Coder.decode": ("self", "data"),
    "SHA256Digester.digest": ("self", "data"),
    "BaseNetworkDataFactory.parse_transportable_data": ("self", "ted"),
    "ThanosCache.get": ("self", "key"),
    "ThanosCache.put": ("self", "key", "value"),
    "BTCAddress.__init__": ("self", "address", "network"),
    "ETHAddress.__init__": ("self", "address"),
    "BaseAddressFactory.parse_address": ("self", "address"),
    "BaseAddressFactory._parse": ("self", "address"),
    "Identifier.__init__": ("self", "identifier", "name", "address", "terminal"),
    "GeneralIdentifierFactory.parse_id": ("self", "identifier"),
    "GeneralIdentifierFactory._new_id": ("self", "identifier", "name", "address", "terminal"),
    "GeneralIdentifierFactory._parse": ("self", "identifier"),
    "DefaultMeta.generate_address": ("self", "network"),
    "BTCMeta.generate_address": ("self", "network"),
    "ETHMeta.generate_address": ("self", "network"),
    "BaseMetaFactory.parse_meta": ("self", "meta"),
    "BaseMetaFactory.create_meta": ("self", "public_key", "seed", "fingerprint"),
    "BaseDocument.verify": ("self", "public_key"),
    "BaseVisa.__init__": ("self", "document", "data", "signature"),
    "BaseBulletin.__init__": ("self", "document", "data", "signature"),
    "GeneralDocumentFactory.parse_document": ("self", "document"),
    "GeneralDocumentFactory._create_empty_document": ("self",),
    "GeneralDocumentFactory._create_valid_document": ("self", "data", "signature"),
}

_DIMPLES_SEAMS = {
    "NetworkMessage.__init__": ("self", "msg"),
    "GeneralReliableMessageFactory.parse_reliable_message": ("self", "msg"),
    "Messenger.deserialize_key": ("self", "data", "msg"),
    "Messenger.deserialize_content": ("self", "data", "password", "msg"),
    "Messenger.cache_decrypt_key": ("self", "key", "msg"),
    "DefaultVisaAgent.encrypt_bundle": ("self", "data", "meta", "documents"),
    "DefaultVisaAgent.get_verify_keys": ("self", "meta", "documents"),
    "DefaultVisaAgent.get_terminals": ("self", "documents"),
    "ANSFactory.__init__": ("self", "factory", "ans"),
    "EntityIDFactory._parse": ("self", "identifier"),
    "EntityID.__init__": ("self", "identifier", "name", "address", "terminal"),
    "UnknownAddress.__init__": ("self", "address"),
    "CompatibleCompressor.extract_reliable_message": ("self", "data"),
    "CompatibleCompressor.extract_content": ("self", "data", "key"),
    "CompatibleIncoming.fix_content": ("content",),
    "CommonArchivist._verify_document": ("self", "document", "identifier"),
    "FrequencyChecker.is_expired": ("self", "key", "now", "force"),
    "RecentTimeChecker.is_expired": ("self", "key", "now"),
    "RecentTimeChecker.set_last_time": ("self", "key", "now"),
}

DIMPLES = Family(
    name="dimples",
    known={
        "dimples": ("2.1", "2.2"),
        "dimsdk": ("2.5", "2.6"),
        "dimax": ("2.5", "2.6"),
        "dimap": ("2.5", "2.6"),
        "dimp": ("2.5", "2.6"),
        "dkd": ("2.5", "2.6"),
        "mkm": ("2.5", "2.6"),
    },
    homes=_homes(
        {
            "dimap.crypto.rsa": "RSAPublicKey RSAPrivateKey "
            "RSAPublicKeyFactory RSAPrivateKeyFactory",
            "dimap.crypto.ecc": "ECCPublicKey ECCPrivateKey "
            "ECCPublicKeyFactory ECCPrivateKeyFactory",
            "dimap.crypto.aes": "AESKey AESKeyFactory",
            "dimap.crypto.plain": "PlainKey PlainKeyFactory",
            "dimap.format.coder": "Base64Coder Base58Coder HexCoder JSONCoder UTF8Coder",
            "dimap.crypto.digest": "SHA256Digester KECCAK256Digester RIPEMD160Digester",
            "dimap.format.factories": "BaseNetworkDataFactory",
            "dimap.plugin_loader": "PluginLoader",
            "dimax.ext.account": "GeneralAccountHelper",
            "dimax.mem.cache": "ThanosCache",
            "dimax.mkm.address_btc": "BTCAddress",
            "dimax.mkm.address_eth": "ETHAddress",
            "dimax.mkm.address_factory": "BaseAddressFactory",
            "dimax.mkm.id_factory": "GeneralIdentifierFactory",
            "dimax.mkm.meta_factory": "DefaultMeta BTCMeta ETHMeta BaseMetaFactory",
            "dimax.mkm.document": "BaseDocument",
            "dimax.mkm.docs": "BaseVisa BaseBulletin",
            "dimax.mkm.doc_factory": "GeneralDocumentFactory",
            "dimax.msg.msg_facts": "GeneralReliableMessageFactory",
            "dimp.dkd.reliable": "NetworkMessage",
            "dimsdk.base.messenger": "Messenger",
            "dimsdk.crypto.agent": "DefaultVisaAgent",
            "dimples.common.ans": "ANSFactory",
            "dimples.common.archivist": "CommonArchivist",
            "dimples.common.facebook": "CommonFacebook",
            "dimples.common.compat.address": "UnknownAddress",
            "dimples.common.compat.compatible": "CompatibleIncoming",
            "dimples.common.compat.compressor": "CompatibleCompressor",
            "dimples.common.compat.entity": "EntityID EntityIDFactory",
            "dimples.utils.checker": "FrequencyChecker RecentTimeChecker",
            "mkm.protocol.broadcast": "Identifier",
            "dimax.ext_loader": "ExtensionLoader",
            "dimples.common.compat.loader": (
                "LibraryLoader CommonExtensionLoader CommonPluginLoader"
            ),
            "dimples.client.compat.loader": "ClientLibraryLoader ClientExtensionLoader",
        }
    ),
    optional=frozenset(("dimples", "dimsdk")),
    seams=_KEY_SEAMS | _SEAMS | _DIMPLES_SEAMS,
    loading=(
        "PluginLoader",
        "ExtensionLoader",
        "CommonPluginLoader",
        "CommonExtensionLoader",
        "LibraryLoader",
        "ClientExtensionLoader",
        "ClientLibraryLoader",
    ),
    account_helper="GeneralAccountHelper",
    eth_is_everywhere=True,
)

DIMPLUGINS = Family(
    name="dimplugins",
    known={
        "dimplugins": ("2.4.3", "2.5"),
        "dimp": ("2.4.3", "2.5"),
        "dkd": ("2.4.3", "2.5"),
        "mkm": ("2.4.3", "2.5"),
    },
    homes=_homes(
        {
            "dimplugins.crypto.rsa": "RSAPublicKey RSAPrivateKey "
            "RSAPublicKeyFactory RSAPrivateKeyFactory",
            "dimplugins.crypto.ecc": "ECCPublicKey ECCPrivateKey "
            "ECCPublicKeyFactory ECCPrivateKeyFactory",
            "dimplugins.crypto.aes": "AESKey AESKeyFactory",
            "dimplugins.crypto.plain": "PlainKey PlainKeyFactory",
            "dimplugins.format.coder": "Base64Coder Base58Coder HexCoder JSONCoder UTF8Coder",
            "dimplugins.crypto.digest": "SHA256Digester KECCAK256Digester RIPEMD160Digester",
            "dimplugins.format.trans": "BaseNetworkDataFactory",
            "dimplugins.plugin_loader": "PluginLoader",
            "dimplugins.ext.account": "AccountGeneralFactory",
            "dimplugins.mem.cache": "ThanosCache",
            "dimplugins.mkm.btc": "BTCAddress",
            "dimplugins.mkm.eth": "ETHAddress",
            "dimplugins.mkm.address": "BaseAddressFactory",
            "dimplugins.mkm.identifier": "GeneralIdentifierFactory",
            "dimplugins.mkm.meta": "DefaultMeta BTCMeta ETHMeta BaseMetaFactory",
            "dimplugins.mkm.docs": "GeneralDocumentFactory",
            "dimp.mkm.document": "BaseDocument",
            "dimp.mkm.docs": "BaseVisa BaseBulletin",
            "mkm.protocol.broadcast": "Identifier",
            "dimplugins.ext_loader": "ExtensionLoader",
        }
    ),
    optional=frozenset(),
    seams=_KEY_SEAMS | _SEAMS,
    loading=("PluginLoader", "ExtensionLoader"),
    account_helper="AccountGeneralFactory",
    eth_is_everywhere=False,
)


def find() -> Family:
    """The family that is installed; ``dimples`` when both are.

    Raises:
        ImportError: there is none.
    """
    for package, family in (("dimap", DIMPLES), ("dimplugins", DIMPLUGINS)):
        if importlib.util.find_spec(package) is not None:
            return family
    raise ImportError(
        "the drop-in serves the reference stack, and there is none in this environment: "
        "pip install 'dimples>=2.1,<2.2'"
    )
