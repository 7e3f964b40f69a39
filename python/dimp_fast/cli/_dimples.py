"""What the launchers share: the reference must be there, and a new station needs a home."""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path
from typing import NamedTuple

from ..document import Document
from ..meta import Meta
from ..private_keys import PrivateKey
from ._options import Unusable
from .id_new import Made, NewFiles, save_account

STATION = 2
"""The network of station IDs."""

DEFAULT_PORT = 9394

_CONFIG = """\
; Made by dimp-fast station. The station, and dimp-fast station, read it.

[database]
root = {root}
public = {root}/public
protected = {root}/protected
private = {root}/private

[redis]
; Without Redis, messages for users who are not online are not kept.
enable = false

[station]
id = {identifier}
host = 127.0.0.1
port = {port}
"""


def require_dimples() -> None:
    """Say how to get the reference, when it is not there."""
    if importlib.util.find_spec("dimples") is None:
        raise Unusable(
            "dimples, the station, is not installed here: pip install 'dimp-fast[station]'"
        )


class Home(NamedTuple):
    """Where a station lives that was made here."""

    config: Path
    made: dict[str, str]
    """What was made just now, by name; empty when it was there."""


def default_home() -> Path:
    """A folder of the user's."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join("~", ".local", "share")
    return Path(data).expanduser() / "dimp-fast" / "station"


def find_home(folder: Path, port: int | None = None) -> Home:
    """The station of ``folder``; a new one, with an account of its own, when there is none."""
    config = folder / "config.ini"
    if config.is_file():
        return Home(config, {})
    if folder.is_dir() and any(folder.iterdir()):
        raise Unusable(f"{folder}: there is something in it, but no config.ini")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = port or _free_port()
    made = _make_station(port)
    with NewFiles() as files:
        save_account(made, folder, files)
        (folder / "protected").mkdir(exist_ok=True)
        config.write_text(
            _CONFIG.format(root=folder.resolve(), identifier=made.identifier, port=port),
            encoding="utf-8",
        )
    return Home(
        config,
        {"ID": str(made.identifier), "address": f"127.0.0.1:{port}", "folder": str(folder)},
    )


def _make_station(port: int) -> Made:
    key, inbox = PrivateKey.generate("ECC"), PrivateKey.generate("RSA")
    meta = Meta.generate("mkm", key, "station")
    identifier = meta.generate_id(STATION)
    properties = {"name": "Station", "host": "127.0.0.1", "port": port}
    visa = Document.create(
        identifier, "visa", properties | {"key": inbox.public_key.to_dict()}
    ).sign(key)
    return Made(key, meta, identifier, visa, inbox)


def _free_port() -> int:
    """The port that stations have, else one that is free."""
    for port in (DEFAULT_PORT, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unusable("no free port on the loopback")
