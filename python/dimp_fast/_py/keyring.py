"""Checked accounts, and the verdicts on messages (docs/semantics.md#msg-6 to #msg-10).

Keys go in through checks only: a meta that matches its ID, documents that this meta's key signed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .._rules import DOCUMENTS_HELD
from ..verdict import Code
from . import document, json, meta
from .identity import Parsed as ParsedIdentifier
from .identity import parse as parse_identifier
from .keys import RSA
from .message import Message, MessageTable
from .refusal import ADMITTED, Refusal, Verdict, columns, judge
from .verify import VerifyKey

StoredAccount = tuple[str, bytes, list[bytes]]
"""(address, meta JSON, documents JSON), as they lie in an account folder."""


class Account(NamedTuple):
    """An ID that is proved to belong to a key. Immutable: changes make a new one."""

    address: str
    seed: str
    key: VerifyKey
    documents: tuple[document.Proved, ...] = ()

    def is_named(self, identifier: ParsedIdentifier) -> bool:
        return (identifier.name or "") == self.seed

    def is_keyed(self, key: VerifyKey) -> bool:
        return (self.key.algorithm, self.key.data) == (key.algorithm, key.data)

    def document_keys(self) -> list[VerifyKey]:
        found: list[VerifyKey] = []
        known = {(self.key.algorithm, self.key.data)}
        for held in self.documents:
            key = held.key
            if key is not None and (key.algorithm, key.data) not in known:
                known.add((key.algorithm, key.data))
                found.append(key)
        return found

    def encryption_keys(self) -> list[tuple[str | None, VerifyKey]]:
        """SEAL-3: the RSA keys of documents by terminal, newest first, one a terminal; the meta
        key when there is none, if it is one of RSA."""
        found: dict[str | None, VerifyKey] = {}
        for held in self.documents:
            if held.key is not None and held.key.algorithm == RSA:
                found.setdefault(self._login_point(held.terminal), held.key)
        if not found and self.key.algorithm == RSA:
            found[None] = self.key
        return list(found.items())

    def _login_point(self, terminal: str | None) -> str | None:
        """The terminal, if the ID with it is one: the wrapper may name anything."""
        name = f"{self.seed}@" if self.seed else ""
        parsed = parse_identifier(f"{name}{self.address}/{terminal or ''}")
        return None if parsed is None else parsed.terminal

    def is_past(self, proved: document.Proved) -> bool:
        """Whether a newer document is held. Of any terminal: that is not signed, so that an old
        document could be put under another. No time is older than any."""
        return any(_in_order(proved) < _in_order(held) for held in self.documents)

    def with_document(self, proved: document.Proved) -> Account:
        """DOC-3; raises ``Refusal`` when a newer one is held."""
        elsewhere = [held for held in self.documents if held.place != proved.place]
        if any(held.data == proved.data for held in self.documents):
            # The wrapper is not signed: whoever brought it first may have named another place.
            kept = [
                held
                for held in self.documents
                if held in elsewhere or _in_order(held) >= _in_order(proved)
            ]
            return self._replace(documents=tuple(kept))
        if self.is_past(proved):
            raise Refusal(Code.EXPIRED, "document: older than one that is held")
        newest_first = sorted([proved, *elsewhere], key=_in_order, reverse=True)
        return self._replace(documents=tuple(newest_first[:DOCUMENTS_HELD]))

    def with_documents(
        self, documents: list[document.Proved | Refusal]
    ) -> tuple[Account, list[Verdict]]:
        """Add documents oldest first, so that none is refused for another one of them; the
        verdicts are in the order that was given."""
        account, verdicts = self, [ADMITTED] * len(documents)
        for index, proved in sorted(enumerate(documents), key=lambda row: _in_order(row[1])):
            try:
                if isinstance(proved, Refusal):
                    raise proved
                account = account.with_document(proved)
            except Refusal as refusal:
                verdicts[index] = refusal.verdict
        return account, verdicts


def _in_order(document_or_not: document.Proved | Refusal) -> float:
    """A time to sort by; none comes before all others."""
    if isinstance(document_or_not, Refusal) or document_or_not.time is None:
        return -1.0
    return document_or_not.time


class Checked(NamedTuple):
    """An account from a folder: what its meta proves, and what its documents do."""

    account: Account
    documents: list[document.Proved | Refusal]


def _check(stored: StoredAccount, now: float) -> Checked:
    """The ID is the meta's seed and the address; raises ``Refusal``."""
    address, meta_text, documents = stored
    mapping = json.loads_object(meta_text)
    seed = meta.parse(mapping).seed or ""
    parsed, _, key = meta.check(f"{seed}@{address}" if seed else address, mapping)
    account = Account(parsed.address, seed, key)
    proved: list[document.Proved | Refusal] = []
    for text in documents:
        try:
            form = document.parse(json.loads_object(text))
            proved.append(_prove_document(account, form, now))
        except Refusal as refusal:
            proved.append(refusal)
    return Checked(account, proved)


def _known(account: Account | None) -> Account:
    if account is None:
        raise Refusal(Code.UNKNOWN_SENDER, "document: no checked meta for its ID")
    return account


def _form(text: bytes) -> document.Document | Refusal:
    try:
        return document.parse(json.loads_object(text))
    except Refusal as refusal:
        return refusal.with_traceback(None)


def _verify_document(
    held: Mapping[str, Account | None], form: document.Document | Refusal, now: float
) -> None:
    if isinstance(form, Refusal):
        raise form
    account = _known(held[form.identifier.address])
    account.with_document(_prove_document(account, form, now))


def _prove_document(account: Account, form: document.Document, now: float) -> document.Proved:
    if form.identifier.address != account.address or not account.is_named(form.identifier):
        raise Refusal(Code.MISMATCH, "document: did is another ID")
    return document.prove(form, account.key, now)


class KeyStore:
    """Accounts by canonical address, the least recently used leaving first when ``evict``."""

    def __init__(self, max_accounts: int | None, evict: bool) -> None:
        self._max_accounts = max_accounts
        self._evict = evict
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._accounts)

    def addresses(self) -> list[str]:
        with self._lock:
            return list(self._accounts)

    def contains(self, address: str) -> bool:
        return address in self._accounts

    def discard(self, address: str) -> bool:
        with self._lock:
            return self._accounts.pop(address, None) is not None

    def add_meta(self, identifier: str, meta_text: bytes) -> Verdict:
        try:
            parsed, form, key = meta.check(identifier, json.loads_object(meta_text))
        except Refusal as refusal:
            return refusal.verdict
        held = self.admit(Account(parsed.address, form.seed or "", key), [])[0]
        return ADMITTED if isinstance(held, Account) else held.verdict

    def add_document(self, text: bytes, now: float) -> Verdict:
        return judge(self._add_document, text, now)

    def _add_document(self, text: bytes, now: float) -> None:
        form = document.parse(json.loads_object(text))
        account = _known(self.get(form.identifier.address))
        self.hold_document(account, _prove_document(account, form, now))

    def verify_documents(
        self, documents: list[bytes], now: float, threads: int
    ) -> tuple[bytes, dict[int, str]]:
        """DOC-8: what ``add_document`` would have said of each as the call began."""
        forms = [_form(text) for text in documents]
        owners = {form.identifier.address for form in forms if isinstance(form, document.Document)}
        with self._lock:
            held = {address: self._accounts.get(address) for address in owners}
        return columns([judge(_verify_document, held, form, now) for form in forms])

    def keys_for(self, identifier: str) -> list[tuple[str, bytes, int]]:
        account = self._find(identifier)
        found = () if account is None else (*account.document_keys(), account.key)
        return [(key.algorithm, key.data, key.bits) for key in found]

    def encryption_keys(self, identifier: str) -> list[tuple[str | None, str, bytes, int]]:
        account = self._find(identifier)
        found = [] if account is None else account.encryption_keys()
        return [(terminal, key.algorithm, key.data, key.bits) for terminal, key in found]

    def _find(self, identifier: str) -> Account | None:
        """The account of an ID, under its name."""
        parsed = parse_identifier(identifier)
        account = None if parsed is None else self.get(parsed.address)
        if parsed is None or account is None or not account.is_named(parsed):
            return None
        return account

    def load(
        self, accounts: Iterable[StoredAccount], now: float, threads: int
    ) -> list[tuple[Verdict, list[Verdict]]]:
        return self.load_each(accounts, now, lambda account: None)

    def load_each(
        self, accounts: Iterable[StoredAccount], now: float, found: Callable[[Account], None]
    ) -> list[tuple[Verdict, list[Verdict]]]:
        """As ``load``; tells ``found`` what is held at an address then."""
        reports: list[tuple[Verdict, list[Verdict]]] = []
        for stored in accounts:
            try:
                account, documents = _check(stored, now)
            except Refusal as refusal:
                reports.append((refusal.verdict, []))
                continue
            held, verdicts = self.admit(account, documents)
            if isinstance(held, Account):
                found(held)
                reports.append((ADMITTED, verdicts))
            else:
                reports.append((held.verdict, []))
        return reports

    def resolve(self, table: MessageTable) -> Resolution:
        return Resolution(self, table)

    def get(self, address: str) -> Account | None:
        with self._lock:
            account = self._accounts.get(address)
            if account is not None:
                self._accounts.move_to_end(address)
            return account

    def admit(
        self, account: Account, documents: list[document.Proved | Refusal]
    ) -> tuple[Account | Refusal, list[Verdict]]:
        """Add an account with its documents, or its documents to the account that is there: in
        one step, so that nothing can leave in between."""
        with self._lock:
            held = self._accounts.get(account.address)
            if held is not None:
                if not held.is_keyed(account.key):
                    return Refusal(Code.MISMATCH, "meta: another key is held for the ID"), []
                account = held
            elif self._max_accounts is not None and len(self._accounts) >= self._max_accounts:
                if not self._evict:
                    raise OverflowError("the keyring is full")
                self._accounts.popitem(last=False)
            account, verdicts = account.with_documents(documents)
            self._accounts[account.address] = account
            self._accounts.move_to_end(account.address)
            return account, verdicts

    def hold_document(self, account: Account, proved: document.Proved) -> None:
        """Add a document that was proved with the key of ``account`` to what is held by now;
        raises ``Refusal``."""
        with self._lock:
            held = self._accounts.get(account.address)
            if held is not None and held.is_keyed(account.key):
                self._accounts[account.address] = held.with_document(proved)


class Resolution:
    """The senders of one table, held on to: eviction never hurts a batch in flight."""

    def __init__(self, store: KeyStore, table: MessageTable) -> None:
        self._store = store
        self._table = table
        self._accounts: dict[str, Account | None] = {}
        for index in range(len(table)):
            item = table.item(index)
            if isinstance(item, Message) and item.sender.address not in self._accounts:
                self._accounts[item.sender.address] = store.get(item.sender.address)

    def missing(self) -> list[str]:
        return [address for address, account in self._accounts.items() if account is None]

    def load(
        self, accounts: Iterable[StoredAccount], now: float, threads: int
    ) -> list[tuple[Verdict, list[Verdict]]]:
        def found(account: Account) -> None:
            if account.address in self._accounts:
                self._accounts[account.address] = account

        return self._store.load_each(accounts, now, found)

    def verify(self, now: float, threads: int) -> tuple[bytes, dict[int, str]]:
        """One code a message, and the reasons of those that were refused here."""
        codes = bytearray(self._table.codes())
        reasons: dict[int, str] = {}
        for index in range(len(codes)):
            item = self._table.item(index)
            if isinstance(item, Refusal):
                continue
            try:
                self._verify(item, now)
            except Refusal as refusal:
                codes[index] = refusal.code
                reasons[index] = refusal.reason
        return bytes(codes), reasons

    def _verify(self, message: Message, now: float) -> None:
        account = self._accounts[message.sender.address]
        if account is None:
            account = _account_from_attachments(message)
        elif not account.is_named(message.sender):
            raise Refusal(Code.MISMATCH, "sender: the name is not the seed of its meta")
        visa_key = _key_from_visa(message, account, now)
        if visa_key is not None and _verifies(visa_key, message):
            return
        if any(_verifies(key, message) for key in account.document_keys()):
            return
        code = account.key.verify_wire(message.data, message.signature)
        if code is Code.BAD_SIGNATURE:
            raise Refusal(code, "signature: not made over data by a key of the sender")
        if code is not Code.OK:
            raise Refusal(code, "signature: cannot be a signature of the sender's key")

    def learn(self, codes: bytes, now: float, threads: int) -> None:
        """MSG-9: keep the attachments of the messages that verified."""
        for index, code in enumerate(codes):
            item = self._table.item(index)
            if code != Code.OK or isinstance(item, Refusal):
                continue
            meta_mapping, visa_mapping = item.fields.get("meta"), item.fields.get("visa")
            if meta_mapping is not None and not self._store.contains(item.sender.address):
                try:
                    self._store.admit(_account_from_attachments(item), [])
                except (OverflowError, Refusal):
                    continue  # MSG-9: a full keyring learns nothing; the sender may have left it
            account = self._store.get(item.sender.address)
            if visa_mapping is not None and account is not None:
                try:
                    proved = _prove_document(account, document.parse(visa_mapping), now)
                    self._store.hold_document(account, proved)
                except Refusal:
                    continue  # MSG-8: a visa that does not verify is ignored


def _verifies(key: VerifyKey, message: Message) -> bool:
    return key.verify_wire(message.data, message.signature) is Code.OK


def _account_from_attachments(message: Message) -> Account:
    mapping: dict[str, Any] | None = message.fields.get("meta")
    if mapping is None:
        raise Refusal(Code.UNKNOWN_SENDER, "sender: no checked key")
    try:
        form = meta.parse(mapping)
        key = meta.prove(message.sender, form)
    except Refusal as refusal:
        reason = f"meta: not proved to be the sender's: {refusal.reason}"
        raise Refusal(Code.MISMATCH, reason) from None
    return Account(message.sender.address, form.seed or "", key)


def _key_from_visa(message: Message, account: Account, now: float) -> VerifyKey | None:
    mapping: dict[str, Any] | None = message.fields.get("visa")
    if mapping is None:
        return None
    try:
        proved = _prove_document(account, document.parse(mapping), now)
    except Refusal:
        return None  # MSG-8: a visa that does not verify is ignored
    return None if account.is_past(proved) else proved.key
