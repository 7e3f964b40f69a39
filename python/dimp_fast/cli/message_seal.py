"""``dimp-fast message seal``: encrypt a content, sign it, and print what goes out."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import encode, seal
from .._json import load_object
from ..accounts import AccountFolder
from ..content import Content, TextContent
from ..identity import Identifier
from ..message import ReliableMessage
from ..user_folder import load_user
from ..verdict import Code, DimError
from ._entities import identifier
from ._lines import MAX_FRAME_BYTES, open_source
from ._messages import keyring_of
from ._options import Unusable, add_command
from ._report import write_json
from ._text import complain

_EXAMPLE = """\
example:
  dimp-fast message seal --accounts .dim --from alice@... --to bob@... --text "Hello" > message.json
  dimp-fast message seal --accounts .dim --from alice@... --to anyone@anywhere --content hello.json

The folder has the accounts of the receivers in public/ and the private key of the sender in
private/, as id new writes them. To several receivers, --group names their group. A content in a
file is sealed as it is there; what --text makes has a number, the time, and the group.

exit code: 0 sealed, 1 refused, such as for a receiver without a key, 2 usage or unreadable input
"""


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands,
        "seal",
        run,
        purpose="encrypt and sign a message",
        description="Encrypt a content for its receivers, sign it, and print the message.",
        example=_EXAMPLE,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--content", metavar="FILE", help="the JSON of a content; - is standard input"
    )
    what.add_argument("--text", metavar="TEXT", help="make a content of this text")
    parser.add_argument("--accounts", required=True, metavar="DIR", help="the account folder")
    parser.add_argument(
        "--from", dest="sender", required=True, type=identifier, metavar="ID", help="who signs"
    )
    parser.add_argument(
        "--to",
        dest="receivers",
        required=True,
        action="append",
        type=identifier,
        metavar="ID",
        help="a receiver, again for more",
    )
    parser.add_argument(
        "--group", type=identifier, metavar="ID", help="the group that is written to"
    )
    parser.add_argument(
        "--old-names", action="store_true", help="write old names beside new ones in --content"
    )
    parser.add_argument(
        "--attach", action="store_true", help="attach the sender's meta and visa, for first contact"
    )
    parser.add_argument("--short", action="store_true", help="use the short names of the envelope")


def run(options: argparse.Namespace) -> int:
    """The subcommand; returns the exit code."""
    keyring = keyring_of(options.accounts)
    try:
        sender = load_user(options.accounts, options.sender, keyring)
        content = _content(options)
    except DimError as error:
        raise Unusable(str(error)) from None
    try:
        message = seal(
            content,
            sender=sender,
            receivers=options.receivers,
            group=options.group,
            keyring=keyring,
            attachments=_attachments(options, sender.identifier),
        )
    except DimError as error:
        return _refused(options, error)
    _write(options, message)
    return 0


def _content(options: argparse.Namespace) -> dict[str, Any]:
    """What is sealed; raises ``DimError`` for what is no content."""
    if options.text is not None:
        group = {} if options.group is None else {"group": options.group}
        return TextContent.create(text=options.text, **group).to_wire()
    with open_source(options.content) as file:
        text = file.read(MAX_FRAME_BYTES + 1)
    if len(text) > MAX_FRAME_BYTES:
        raise DimError(Code.TOO_LARGE, f"content: more than {MAX_FRAME_BYTES} bytes")
    content = Content.parse(load_object(text))
    return content.to_wire() if options.old_names else content.to_dict()


def _attachments(options: argparse.Namespace, sender: Identifier) -> dict[str, Any]:
    """The meta of the sender and the newest of its visas, for the receiver to check."""
    if not options.attach or (found := AccountFolder(options.accounts)(sender.address)) is None:
        return {}
    meta, documents = found
    attached = {"meta": load_object(meta)}
    for document in documents:
        mapping = load_object(document)
        if mapping.get("type") == "visa":
            attached["visa"] = mapping
            break
    return attached


def _refused(options: argparse.Namespace, error: DimError) -> int:
    if options.json:
        write_json({"verdict": error.code.name, "reason": error.reason, "message": None})
    else:
        complain(f"dimp-fast message seal: {error}")
    return 1


def _write(options: argparse.Namespace, message: ReliableMessage) -> None:
    frame = encode(message, short=options.short)
    if options.json:
        write_json({"verdict": Code.OK.name, "reason": "", "message": load_object(frame)})
    else:
        sys.stdout.write(frame.decode("ascii") + "\n")
