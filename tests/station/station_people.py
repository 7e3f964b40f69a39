"""New accounts at a station, and clients for them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from real_client import RealClient
from station_accounts import Account, make_account
from station_process import Station
from wire_client import WireClient

from dimp_fast import AccountFolder, Keyring


class People:
    """New accounts at a station, and clients for them."""

    def __init__(self, station: Station, folder: Path) -> None:
        self.station = station
        self.keyring = Keyring()
        """Everybody's keys: what a client would have asked the station for."""
        station.account.introduce(self.keyring)
        self._folder = folder
        self._open = ExitStack()

    def account(self, name: str, algorithm: str = "ECC") -> Account:
        account = make_account(name, algorithm=algorithm)
        account.introduce(self.keyring)
        return account

    def wire(self, who: str | Account) -> WireClient:
        """A connection that has not logged in."""
        account = self.account(who) if isinstance(who, str) else who
        return self._open.enter_context(WireClient(self.station.port, account, self.keyring))

    def join(self, who: str | Account) -> WireClient:
        """A client on the wire that has logged in."""
        client = self.wire(who)
        client.login()
        return client

    def real(self, name: str, *known: Account) -> RealClient:
        """A real client, not logged in yet, that knows the station and these accounts."""
        folder = self._folder / name
        account = make_account(name, folder / "dim")
        account.introduce(self.keyring)
        client = RealClient(folder, account)
        self._open.callback(client.close)
        introduce(folder / "dim", self.station.account, *known)
        return client

    def close(self) -> None:
        self._open.close()


def introduce(root: Path, *accounts: Account) -> None:
    """Put accounts, without their private keys, into a folder."""
    folder = AccountFolder(root)
    for account in accounts:
        folder.save_meta(account.identifier, account.meta)
        folder.save_document(account.visa)
