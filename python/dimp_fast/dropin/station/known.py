"""The station as it is known: where it is changed, and how callers use these places.

A station that differs in one of them stays as it is. Not here: the plug-ins (``_families``).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

__all__ = ["SEAMS", "difference"]

SEAMS: Mapping[str, tuple[str, ...]] = {
    "dimples.server:ServerMessenger.process_package": ("self", "data"),
    "dimples.server:ServerMessenger.process_reliable_message": ("self", "msg"),
    "dimples.server:ServerMessenger.serialize_message": ("self", "msg"),
    "dimples.server:ServerMessenger._split_personal_message": (
        "self", "msg", "receiver", "terminals",
    ),
    "dimples.server:ServerMessagePacker._is_trusted": ("self", "sender"),
    "dimples.server.processor:_is_duplicated": ("msg", "node"),
    "dimples.server.cpu.handshake:HandshakeCommandProcessor.process_content": (
        "self", "content", "r_msg",
    ),
    "dimples.server:ServerSession.__init__": ("self", "remote", "sock", "database"),
    "dimples.server:ServerSession._create_gate": ("self", "remote", "sock"),
    "dimples.server:ServerSession._idle": ("self",),
    "dimples.server:ServerSession._queue_append": ("self", "msg", "ship"),
    "dimples.server:ServerSession.queue_message_package": ("self", "msg", "data", "priority"),
    "dimples.server:ServerSession.porter_sent": ("self", "ship", "porter"),
    "dimples.server:ServerSession.set_active": ("self", "active", "when"),
    "dimples.server:SessionCenter.add_session": ("self", "session"),
    "dimples.server:SessionCenter.remove_session": ("self", "session"),
    "dimples.server.trace:TraceNode.create": ("identifier", "when"),
    "dimples.database:AccountDatabase.save_meta": ("self", "meta", "identifier"),
    "dimples.database:AccountDatabase.save_document": ("self", "document", "identifier"),
    "dimples.conn:MessageWrapper.__init__": ("self", "msg", "ship"),
    "dimples.common.compat:Compatible.fix_meta_attachment": ("msg",),
    "dimples.common.compat:Compatible.fix_visa_attachment": ("msg",),
    "dimples.station.shared:create_messenger": ("facebook", "database", "session"),
    "dimples.station.start:ThreadingTCPServer.serve_forever": ("self", "poll_interval"),
    "dimples.station.start:init_logger": ("name", "level", "show_location", "directory"),
    "dimples.database.redis:MessageCache.save_reliable_message": ("self", "msg", "receiver"),
    "dimples.database.redis:MessageCache.remove_reliable_message": ("self", "msg", "receiver"),
    "dimples.common:CommonFacebook.get_meta": ("self", "identifier"),
    "dimples.common:CommonFacebook.get_documents": ("self", "identifier"),
    "dimax.ext.account:GeneralAccountHelper.parse_id": ("self", "identifier"),
    "dimples.utils:Config.load": ("self", "path"),
    "small.lock.lock:_ThreadingLock.acquire": ("self", "blocking", "timeout"),
    "small.lock.lock:_ThreadingLock._executor.submit": ("fn", "args", "kwargs"),
}  # fmt: skip


def difference(seams: Mapping[str, tuple[str, ...]] = SEAMS) -> str:
    """What is different about the station that is installed; empty when it is as it is known."""
    for seam, names in seams.items():
        module, _, path = seam.partition(":")
        try:
            found: Any = importlib.import_module(module)
            for name in path.split("."):
                found = getattr(found, name)  # singletons of the reference pass on what they lack
            parameters = inspect.signature(found).parameters
        except (ImportError, AttributeError, TypeError):
            return f"{seam} is not there"
        if tuple(parameters) != names:
            return f"{seam} takes {', '.join(parameters)}"
    return ""
