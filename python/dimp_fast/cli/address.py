"""``dimp-fast address derive`` and ``check``: addresses of keys, and whether texts are any."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

from .._json import load_object
from ..address import Address, derive_addresses, derive_eth_addresses, parse_addresses
from ..keys import PublicKey
from ..verdict import Code, DimError
from ._entities import address_facts, network_byte
from ._items import Items, Judged, judge
from ._lines import Batch, batches_of, open_source
from ._options import Unusable, add_command, add_filters, add_threads
from ._progress import progress_bar
from ._report import Tally, tier_of, write_json, write_lines
from ._text import complain, printable

_DERIVE_EXAMPLE = """\
example:
  dimp-fast address derive --network station fingerprint.hex
  dimp-fast address derive --eth key.pem
  dimp-fast address derive --key 0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798

Each argument is hex, the JSON mapping of a key, a file, or - for standard input (the default).
A file is one key in PEM or JSON, or has hex or a mapping a line. Hex stands for the bytes that
are hashed: the fingerprint of a meta of type 1, the key data for type 2. With --key and with
--eth it is a key instead, a point of ECC; only --eth makes the addresses of type 4.

exit code: 0 fine, 1 something has no address, 2 usage or unreadable input
"""

_CHECK_EXAMPLE = """\
example:
  dimp-fast address check 4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj
  dimp-fast address check --refused addresses.txt

Each argument is an address, a file with an address a line, or - for standard input (the default).
What parses as an address is one, even where a file has that name: say ./NAME for the file.

exit code: 0 all are addresses, 1 something is none, 2 usage or unreadable input
"""

MAX_KEY_BYTES = 64 * 1024
"""A longer line or key file is refused."""

_HEX = re.compile("(?:[0-9A-Fa-f]{2})+")
_PEM = ("-----BEGIN", "ssh-rsa ")


def add_parsers(commands: Any) -> None:
    derive = add_command(
        commands,
        "derive",
        run_derive,
        purpose="make addresses of fingerprints and keys",
        description="Make addresses of fingerprints and public keys, one a line.",
        example=_DERIVE_EXAMPLE,
    )
    derive.add_argument(
        "inputs", nargs="*", default=["-"], metavar="SOURCE", help="hex, a mapping, a file, or -"
    )
    derive.add_argument(
        "--network",
        type=network_byte,
        default=0,
        metavar="N",
        help="0 to 255, or user, group, station, isp, bot (default: user)",
    )
    derive.add_argument("--eth", action="store_true", help="ETH style, of ECC keys")
    derive.add_argument("--key", action="store_true", help="hex is a key, not what is hashed")
    add_threads(derive)
    check = add_command(
        commands,
        "check",
        run_check,
        purpose="check addresses and take them apart",
        description="Check addresses; show their canonical spelling, network and search numbers.",
        example=_CHECK_EXAMPLE,
    )
    check.add_argument(
        "inputs", nargs="*", default=["-"], metavar="ADDRESS", help="an address, a file, or -"
    )
    add_filters(check)
    add_threads(check)


def run_derive(options: argparse.Namespace) -> int:
    """``address derive``; returns the exit code."""
    if options.eth and options.network:
        raise Unusable("--eth has network 0 only")
    items = Items(options.inputs, lambda text: bool(_HEX.fullmatch(text)) or "{" in text, _read)
    total = refused = 0
    with progress_bar("addresses", size=items.size(), scrolls=True) as advance:
        for batch in items.batches():
            for judged in judge(batch, lambda texts: _derive(texts, options), MAX_KEY_BYTES):
                if isinstance(judged.value, DimError):
                    refused += 1
                    _write_refused(judged, options)
                elif options.json:
                    write_json(judged.row(address_facts(judged.value)))
                else:
                    write_lines([judged.value.text])
            total += len(batch.items)
            advance(batch.position, total)
    return 1 if refused else 0


def _write_refused(judged: Judged[Address], options: argparse.Namespace) -> None:
    # Never what was given: it may be a private key, by mistake.
    if options.json:
        write_json(judged.row())
    else:
        complain(f"{judged.place}: {judged.code.name} {judged.reason}")


def _read(source: str) -> Iterator[Batch]:
    """One key that fills the file, or lines."""
    with open_source(source) as file:
        first = file.readline(MAX_KEY_BYTES + 2)
        start = first.strip()
        if start.startswith(b"-----BEGIN") or (start[:1] == b"{" and start[-1:] != b"}"):
            content = first + file.read(MAX_KEY_BYTES + 1)
            yield Batch(source, [1], [content], len(content))
        elif first:
            yield from batches_of(source, file, MAX_KEY_BYTES, first)


def _derive(texts: list[str], options: argparse.Namespace) -> list[Address | DimError]:
    found = [_material(text.strip(), options) for text in texts]
    good = [material for material in found if not isinstance(material, DimError)]
    if options.eth:
        derived = derive_eth_addresses(good, threads=options.threads)
    else:
        derived = derive_addresses(good, options.network, threads=options.threads)
    addresses = iter(parse_addresses(derived, threads=options.threads))
    return [
        material if isinstance(material, DimError) else _there(next(addresses))
        for material in found
    ]


def _there(address: Address | None) -> Address:
    assert address is not None, "an address made here is one"
    return address


def _material(text: str, options: argparse.Namespace) -> bytes | DimError:
    """What the address is made of: the bytes that are hashed, or X | Y of a point."""
    try:
        if text.startswith("{"):
            key = PublicKey.parse(load_object(text))
        elif options.eth or options.key or text.startswith(_PEM):
            key = PublicKey.parse(text)
        elif _HEX.fullmatch(text):
            return bytes.fromhex(text)
        else:
            return DimError(Code.BAD_ENCODING, "fingerprint: not hex")
    except DimError as error:
        return error
    if not options.eth:
        return key.data
    if key.algorithm != "ECC" or len(key.data) != 65:
        return DimError(
            Code.BAD_KEY, f"key: ETH addresses are of uncompressed ECC keys, not {key.algorithm}"
        )
    return key.point


def run_check(options: argparse.Namespace) -> int:
    """``address check``; returns the exit code."""
    items = Items(options.inputs, lambda text: not isinstance(_parse([text], 1)[0], DimError))
    tally = Tally()
    write = _write_json if options.json else _write_text
    bar = progress_bar("addresses", size=items.size(), scrolls=not options.quiet)
    with bar as advance:
        for batch in items.batches():
            for judged in judge(batch, lambda texts: _parse(texts, options.threads)):
                code = judged.code
                tally.codes[code] += 1
                if not options.quiet and not (options.refused and code is Code.OK):
                    write(judged)
            advance(batch.position, tally.total)
    if options.json:
        write_json({"summary": tally.facts("parse_addresses")})
    else:
        tier = f"tier: {tier_of('parse_addresses')}"
        write_lines([*tally.lines("addresses"), f"{tally.speed('addresses')}, {tier}"])
    return 0 if tally.all_ok else 1


def _parse(texts: list[str], threads: int | None) -> list[Address | DimError]:
    """Each address, or why it is none."""
    return [
        DimError(Code.BAD_ADDRESS, f"address: not an address: {text[:60]!r}")
        if address is None
        else address
        for text, address in zip(texts, parse_addresses(texts, threads=threads), strict=True)
    ]


def _write_json(judged: Judged[Address]) -> None:
    facts = {} if isinstance(judged.value, DimError) else address_facts(judged.value)
    write_json(judged.row({"text": judged.text} | facts))


def _write_text(judged: Judged[Address]) -> None:
    if isinstance(judged.value, DimError):
        text = f"{judged.code.name:<12} {judged.reason}"
    else:
        facts = address_facts(judged.value)
        text = (
            f"OK           {facts['address']:<42} network {facts['network']:<3} "
            f"{facts['kind']:<8} {facts['number_text']} {facts['number_le']:>10}"
        )
    write_lines([printable(f"{judged.place}: {text}")])
