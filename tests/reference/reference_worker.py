"""The reference stack in a process of its own: requests in, answers out, one JSON object a line.

    python reference_worker.py < requests

Started by ``conftest.py``. It imports ``dimples`` and nothing of dimp_fast:
what it says of an account is the reference's opinion, made with the reference's classes. Loading
the reference's plug-ins changes its process for good, which is why it has one.
"""

from __future__ import annotations

from collections.abc import Callable

from answering import Answer, serve
from dimsdk import ID, Document, Meta, PrivateKey


def make_account(request: Answer) -> Answer:
    """An account that the reference makes: key, meta, ID, and a document signed by the key."""
    key = PrivateKey.generate(algorithm=request["algorithm"])
    meta = Meta.generate(version=request["type"], private_key=key, seed=request.get("seed"))
    identifier = meta.generate_id(network=request["network"])
    document = Document.create(doc_type=request["document"])
    document.set_string(key="did", value=identifier)
    document.set_property(name="name", value=request["name"])
    if request["document"] == "visa":
        document.public_key = PrivateKey.generate(algorithm="RSA").public_key
    signature = document.sign(private_key=key)
    return {
        "id": str(identifier),
        "meta": meta.to_map(),
        "document": document.to_map(),
        "private_key": key.to_map(),
        "signed": signature is not None,
    }


def judge_account(request: Answer) -> Answer:
    """What the reference thinks of somebody's account."""
    identifier = ID.parse(identifier=request["id"])
    meta = Meta.parse(meta=request["meta"])
    if identifier is None or meta is None:
        return {"id": identifier is not None, "meta": meta is not None}
    made = meta.generate_id(network=identifier.address.network)
    document = Document.parse(document=request["document"])
    return {
        "id": True,
        "meta": meta.is_valid,
        "same": made.address == identifier.address and made.name == identifier.name,
        "document": document is not None and document.verify(public_key=meta.public_key),
        "did": document is not None and str(document.get("did")) == request["id"],
        "name": document.get_property(name="name") if document is not None else None,
    }


def verify(request: Answer) -> Answer:
    """Whether a key of the reference, public half of a private one given, verifies."""
    key = PrivateKey.parse(key=request["private_key"])
    data = bytes.fromhex(request["data"])
    theirs = key.public_key.verify(data=data, signature=bytes.fromhex(request["signature"]))
    return {"verifies": theirs, "signature": key.sign(data=data).hex()}


def client(request: Answer) -> Answer:
    """What a whole client of the reference does; it is started by the first such request."""
    from reference_client import ask

    return ask(request)


OPERATIONS: dict[str, Callable[[Answer], Answer]] = {
    "make_account": make_account,
    "judge_account": judge_account,
    "verify": verify,
    "client": client,
}


if __name__ == "__main__":
    serve(OPERATIONS)
