"""``dimp-fast id new``: a key, its meta, the ID, and a document that says how to write to it.

The private key goes into a file that only its owner reads, and nowhere else unless asked.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..accounts import AccountFolder
from ..document import Document
from ..identity import Identifier, check_name
from ..meta import Meta
from ..private_keys import PrivateKey
from ..verdict import Code, DimError
from ._entities import identifier_facts, network_byte
from ._options import Unusable, add_command, positive
from ._report import write_json
from ._table import write_fields
from ._text import complain

_EXAMPLE = """\
example:
  dimp-fast id new --seed alice --name Alice --accounts .dim
  dimp-fast id new --type eth --out alice.json

With --accounts DIR: private/<address>/secret.js and secret_keys.js (only the owner reads them),
public/<address>/meta.js and documents.js, as stations keep them. With --out alice.json: the
private key in that file, the meta in alice.meta.json, and with --visa or --name the visa in
alice.visa.json and its private key in alice.visa-key.json. Nothing is ever overwritten.

exit code: 0 made, 2 usage or files that cannot be written
"""

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "new",
        run,
        purpose="make a key, its meta and its ID",
        description="Make a private key, its meta and ID, and a visa.",
        example=_EXAMPLE,
    )
    parser.add_argument(
        "--type",
        choices=("mkm", "btc", "eth"),
        help="the type of the meta (default: mkm with --seed, eth without)",
    )
    parser.add_argument("--seed", metavar="NAME", help="the name of the ID, for type mkm")
    parser.add_argument(
        "--network",
        type=network_byte,
        default=0,
        metavar="N",
        help="0 to 255, or user, group, station, isp, bot (default: user)",
    )
    parser.add_argument(
        "--algorithm", choices=("ECC", "RSA", "ED25519"), default="ECC", help="(default: ECC)"
    )
    parser.add_argument("--bits", type=positive, metavar="N", help="of an RSA key (default: 2048)")
    parser.add_argument("--name", metavar="NICK", help="what its visa or bulletin calls it")
    parser.add_argument(
        "--visa", action="store_true", help="make a visa (always with --accounts or --name)"
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", metavar="FILE", help="where the private key goes")
    place.add_argument("--accounts", metavar="DIR", help="the account folder to put it in")
    parser.add_argument("--print-secret", action="store_true", help="show the private key too")


class Made(NamedTuple):
    """A new account."""

    key: PrivateKey
    meta: Meta
    identifier: Identifier
    document: Document | None
    visa_key: PrivateKey | None


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    kind = options.type or ("eth" if options.seed is None else "mkm")
    _check(options, kind)
    made = _make(options, kind)
    for warning in _warnings(made, options):
        complain(f"dimp-fast id new: {warning}")
    with NewFiles() as files:
        if options.out is not None:
            _save_beside(made, Path(options.out), files)
        else:
            save_account(made, Path(options.accounts), files)
    (_write_json if options.json else _write_text)(made, files.paths, options.print_secret)
    return 0


def _check(options: argparse.Namespace, kind: str) -> None:
    """Refuse what makes no ID, before a key is made."""
    if kind == "mkm" and options.seed is None:
        raise Unusable("--type mkm wants a --seed")
    if kind != "mkm" and options.seed is not None:
        raise Unusable(f"--type {kind} has no --seed")
    if kind == "eth" and options.network:
        raise Unusable("--type eth has network 0 only: give a --seed, or --type btc")
    if kind == "eth" and options.algorithm != "ECC":
        raise Unusable(f"--type eth wants a key of ECC, not {options.algorithm}")
    if options.bits is not None and options.algorithm != "RSA":
        raise Unusable("--bits goes with --algorithm RSA")
    if options.seed is not None:
        try:
            Identifier.create(options.seed, "anywhere")
        except DimError:
            raise Unusable("--seed: cannot be the name of an ID") from None
        if not options.seed:
            raise Unusable("--seed: empty")
    if options.name is not None and not _is_text(options.name):
        raise Unusable("--name: not text")
    if options.out == "-":
        raise Unusable("--out: a file is wanted; --print-secret shows the key")


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # bytes of the command line that were none
        return False
    return True


def _make(options: argparse.Namespace, kind: str) -> Made:
    try:
        bits = {} if options.bits is None else {"bits": options.bits}
        key = PrivateKey.generate(options.algorithm, **bits)
        meta = Meta.generate(kind, key, options.seed)
        identifier = meta.generate_id(options.network)
        if identifier.is_group and options.visa:
            raise Unusable("--visa: a group has none")
        document, visa_key = _make_document(identifier, key, options)
    except ValueError as error:
        raise Unusable(str(error)) from None
    return Made(key, meta, identifier, document, visa_key)


def _make_document(
    identifier: Identifier, key: PrivateKey, options: argparse.Namespace
) -> tuple[Document | None, PrivateKey | None]:
    """The visa of a user and its private key; the bulletin of a group, which has no such key."""
    properties: dict[str, Any] = {} if options.name is None else {"name": options.name}
    if identifier.is_group:
        if not properties:
            return None, None
        return Document.create(identifier, "bulletin", properties).sign(key), None
    if not (options.visa or properties or options.accounts is not None):
        return None, None
    visa_key = PrivateKey.generate("RSA")
    properties["key"] = visa_key.public_key.to_dict()
    return Document.create(identifier, "visa", properties).sign(key), visa_key


def _warnings(made: Made, options: argparse.Namespace) -> list[str]:
    warnings = []
    if options.seed is not None and not check_name(options.seed):
        warnings.append(
            "the white paper wants names of 2 to 32 ASCII letters, digits, '_', '-' and '.'"
        )
    if made.identifier.name is None and options.network:
        warnings.append("an ID without a name counts as a user, whatever its network is")
    if made.identifier.type & 0x80:
        warnings.append("other implementations take this ID for broadcast and do not encrypt to it")
    if made.meta.type == 2 and made.key.algorithm == "RSA":
        warnings.append("implementations differ in the addresses of type btc with RSA")
    if made.key.algorithm == "ED25519":
        warnings.append("the other implementations have no ED25519")
    return warnings


class NewFiles:
    """New files. What was written goes again when something fails before the end."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def __enter__(self) -> NewFiles:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            for path in self.paths.values():
                Path(path).unlink(missing_ok=True)

    def write(self, name: str, path: Path, value: object, mode: int) -> None:
        """Write JSON into a file that is not there yet, neither as a link."""
        content = json.dumps(value).encode("ascii") + b"\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        self.paths[name] = str(path)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are not there, for the owner alone."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(_PRIVATE_FOLDER, exist_ok=True)


def _save_beside(made: Made, out: Path, files: NewFiles) -> None:
    _make_private(out.parent)
    files.write("private key", out, made.key.to_dict(secret=True), _PRIVATE_FILE)
    files.write("meta", out.with_suffix(f".meta{out.suffix}"), made.meta.to_dict(), 0o666)
    if made.document is not None:
        name = made.document.type
        place = out.with_suffix(f".{name}{out.suffix}")
        files.write(name, place, made.document.to_dict(), 0o666)
    if made.visa_key is not None:
        place = out.with_suffix(f".visa-key{out.suffix}")
        files.write("visa key", place, made.visa_key.to_dict(secret=True), _PRIVATE_FILE)


def save_account(made: Made, root: Path, files: NewFiles) -> None:
    folder = AccountFolder(root, create=True)
    if not (root / "public").is_dir():
        if next(folder.addresses(), None) is not None:
            # Private keys do not belong between the folders that are handed out.
            raise Unusable(f"{root}: accounts without a folder public/ around them")
        (root / "public").mkdir()
        folder = AccountFolder(root)
    address = made.identifier.address
    private = root / "private" / address
    _make_private(private)
    secret = made.key.to_dict(secret=True)
    files.write("private key", private / "secret.js", secret, _PRIVATE_FILE)
    if made.visa_key is not None:
        keys = [made.visa_key.to_dict(secret=True)]
        files.write("visa key", private / "secret_keys.js", keys, _PRIVATE_FILE)
    _saved(folder.save_meta(made.identifier, made.meta))
    files.paths["meta"] = folder.path(address, "meta.js")
    if made.document is not None:
        _saved(folder.save_document(made.document))
        files.paths[made.document.type] = folder.path(address, "documents.js")


def _saved(code: Code) -> None:
    if code is not Code.OK:
        raise Unusable(f"the account folder refused it: {code.name}")


def _write_json(made: Made, paths: Mapping[str, str], print_secret: bool) -> None:
    row: dict[str, Any] = identifier_facts(made.identifier) | {
        "algorithm": made.key.algorithm,
        "bits": made.key.bits,
        "meta": made.meta.to_dict(),
        "documents": [] if made.document is None else [made.document.to_dict()],
        "files": {name.replace(" ", "_"): path for name, path in paths.items()},
    }
    if print_secret:
        row["secret"] = made.key.to_dict(secret=True)
    write_json(row)


def _write_text(made: Made, paths: Mapping[str, str], print_secret: bool) -> None:
    facts = identifier_facts(made.identifier)
    told = {
        "ID": facts["id"],
        "number": f"{facts['number_text']} (originally {facts['number_le']})",
        "kind": f"{facts['kind']}, network {facts['network']}",
        "meta": f"type {made.meta.type}, key {made.key.algorithm} of {made.key.bits} bits",
    } | {f"{name} file": path for name, path in paths.items()}
    if print_secret:
        told["private key"] = json.dumps(made.key.to_dict(secret=True))
    write_fields(told.items())
