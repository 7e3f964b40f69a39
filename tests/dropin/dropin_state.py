"""The state of a family of the reference in this process, for comparison: every attribute of its
modules, of their classes, of the objects that hold plug-ins, and every entry of the registries.

Imported in the environments of the families; knows nothing of what the drop-in replaces.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import types
import warnings
from typing import Any

PACKAGES = ("mkm", "dkd", "dimp", "dimsdk", "dimap", "dimax", "dimples", "dimplugins", "udp")
ALGORITHMS = ("RSA", "SHA256withRSA", "RSA/ECB/PKCS1Padding", "ECC", "SHA256withECDSA", "AES",
              "AES/CBC/PKCS7Padding", "PLAIN")  # fmt: skip
VERSIONS = ("1", "2", "4", "mkm", "btc", "eth", "MKM", "BTC", "ETH")
KINDS = ("*", "visa", "profile", "bulletin")


def import_all() -> None:
    """So that an import in between is no change."""
    for package in PACKAGES:
        try:
            found = importlib.import_module(package)
        except ImportError:
            continue
        for each in pkgutil.walk_packages(found.__path__, f"{package}."):
            try:
                importlib.import_module(each.name)
            except Exception as error:
                warnings.warn(f"{each.name}: {error}", stacklevel=1)


def snapshot() -> dict[str, Any]:
    """Place -> the object that is there."""
    state: dict[str, Any] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in PACKAGES:
            _take(state, name, module)
    _registries(state)
    return state


def _take(state: dict[str, Any], name: str, module: types.ModuleType) -> None:
    for attribute, value in list(vars(module).items()):
        state[f"{name}.{attribute}"] = value
        if isinstance(value, type) and value.__module__ == name:
            for inner, item in list(vars(value).items()):
                state[f"{name}.{attribute}.{inner}"] = item
        elif hasattr(value, "__dict__") and attribute.startswith("shared_"):
            for inner, item in vars(value).items():
                state[f"{name}.{attribute}.{inner}"] = item


def _registries(state: dict[str, Any]) -> None:
    import dimp

    for holder, keyword, names in (
        (dimp.PublicKey, "algorithm", ALGORITHMS),
        (dimp.PrivateKey, "algorithm", ALGORITHMS),
        (dimp.SymmetricKey, "algorithm", ALGORITHMS),
        (dimp.Meta, "version", VERSIONS),
        (dimp.Document, "doc_type", KINDS),
    ):
        for name in names:
            factory = holder.get_factory(**{keyword: name})
            state[f"{holder.__name__} {name}"] = factory
    for holder in (dimp.Address, dimp.ID, dimp.TransportableData, dimp.TransportableFile,
                   dimp.Envelope, dimp.InstantMessage, dimp.SecureMessage,
                   dimp.ReliableMessage):  # fmt: skip
        state[f"{holder.__name__}"] = holder.get_factory()


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The places whose object is another one, new or gone."""
    missing = object()
    return sorted(
        place
        for place in before.keys() | after.keys()
        if before.get(place, missing) is not after.get(place, missing)
    )
