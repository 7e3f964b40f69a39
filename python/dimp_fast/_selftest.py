"""Known-answer tests, run when an operation is first selected. Each has an answer that must come
out and one that must not: a verifier that says yes to everything fails here.

The answers are those of the reference stack and of RFC 8032. Small on purpose: a few milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .verdict import Code


class SelfTestFailure(Exception):
    """A tier gave a wrong answer."""


_MOKI = "moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk"
_MOKI_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGJAoGBALQOcgxhhV0XiHELKYdG587Tup261qQ3ahAGPuifZvxHXTq+GgulEyXiovwrVjpz7rKXn+16HgspLHpp5agv"
    "0WsSn6k2MnQGk5RFXuilbFr/C1rEX2X7uXlUXDMpsriKFndoB1lz9P3E8FkM5ycG84hejcHB+R5yzDa4KbGeOc0tAgMB"
    "AAE=\n-----END PUBLIC KEY-----"
)
_MOKI_FINGERPRINT = (
    "ld68TnzYqzFQMxeJ6N+aZa2jRf9d4zVx4BUiBlmur67ne8YZF08plhCiIhfyYDIwwW7KLaAHvK8gJbp0pPIzLR4bhzu6"
    "zRpDLzUQsq6bXgMp+WAiZtFm6IHWNUwUEYcr3iSvTn5L1HunRt7kBglEjv8RKtbNcK0t1Xto375kMlo="
)
_MOKI_META = {
    "version": 1,
    "key": {"algorithm": "RSA", "data": _MOKI_PEM},
    "seed": "moki",
    "fingerprint": _MOKI_FINGERPRINT,
}
_BROADCAST = {
    "sender": _MOKI,
    "receiver": "everyone@everywhere",
    "time": 1700000003.5,
    "data": '{"type": "136", "sn": 1025, "time": 1700000001.123456, "command": "handshake", '
    '"title": "Hello world!", "message": "Hello world!"}',
    "signature": "aQnN8UpS+V2KnatZapARHzRQ2JKlu+qtGx5+QprAhrT/1O4ztArqTkj1Bl5WoQNMJbMGsTXulA/NS8"
    "FWQT8ZI/4f0LAP1KinfdGFNmWpybFwqU0IJkORLdreBGWm3z0pK48xwGhXnXR61RMC53EQLx/U1JOulJJT6ql6opPJ1BI=",
}
_POINT = (
    "0450863ad64a87ae8a2fe83c1af1a8403cb53f53e486d8511dad8a04887e5b2352"
    "2cd470243453a299fa9e77237716103abc11a1df38855ed6f2ee187e9c582ba6"
)
_ETH_ADDRESS = "0x3E9003153d9A39D3f57B126b0c38513D5e289c3E"
# One signature and its other-S twin over b"moky": both must be accepted (ECDSA-2).
_ECDSA = (
    "304502207d8c63f3d171d11a1ea3a58b2f175c7486b627d0155f433185ed63e5487fe4370221"
    "00acbc1d9bdaa992d2c611015aa9c3d63084444b153ea762466c6790aba70af9e8",
    "304402207d8c63f3d171d11a1ea3a58b2f175c7486b627d0155f433185ed63e5487fe4370220"
    "5343e26425566d2d39eefea5563c29ce366a91d170a13df5536acde1292b4759",
)
_DOCUMENT_SIGNATURE = (
    "30450220768d896534e5d54948b8cdce980ea10777a13eced3cef6433c6a00ee99355ede0221"
    "0096a11dce80798c68b7f004b1fac4fd11e32d87d9ca2ca8cb98e2da754b856db1"
)
_DOCUMENT = {
    "data": '{"type": "visa", "time": 1700000000, "name": "Moky"}',
    "signature": "MEUCIHaNiWU05dVJSLjNzpgOoQd3oT7O0872QzxqAO6ZNV7eAiEAlqEdzoB5jGi38ASx+sT9"
    "EeMth9nKLKjLmOLadUuFbbE=",
}
# RFC 8032 section 7.1, test 2.
_ED25519_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
_ED25519_SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
# Data, SHA-256, Keccak-256, RIPEMD-160. The second fills a block of Keccak.
_DIGESTS = (
    (
        b"moky",
        "cb98b739dd699aa44bb6ebba128d20f2d1e10bb3b4aa5ff4e79295b47e9ed76d",
        "96b07f3103d45cc7df2dd6e597922a17f48c86257dffe790d442bbd1ff46514d",
        "44bd174123aee452c6ec23a6ab7153fa30fa3b91",
    ),
    (
        bytes(136),
        "b707241545a346265aab1ffb32ff64b55bf8f8dc1b56a46ef33ce3d15db11d33",
        "3a5912a7c5faa06ee4fe906253e339467a9ce87d533c65be3c15cb231cdb25f9",
        "02beb53db1b7cd5f6069f352b6c952835c4af8b9",
    ),
)


def run(unit: str, tier: ModuleType) -> None:
    """Run the known-answer test of ``unit``; raises :class:`SelfTestFailure`."""
    try:
        _TESTS[unit](tier)
    except SelfTestFailure:
        raise
    except Exception as error:
        raise SelfTestFailure(f"{type(error).__name__}: {error}") from error


def _expect(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise SelfTestFailure(f"{what}: {_short(found)} instead of {_short(wanted)}")


def _refuses(what: str, code: Code, call: Callable[[], Any]) -> None:
    try:
        found = call()
    except ValueError as error:
        _expect(what, error.args[0], int(code))
    else:
        raise SelfTestFailure(f"{what}: {_short(found)} instead of {code.name}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _uniform(tier: Any) -> None:
    rows = [b"1", b"22", b"333"]
    for items, kind, size, wanted in (
        (rows, bytes, None, True),
        (rows, bytes, 1, False),
        (rows[:1], bytes, 1, True),
        ([*rows, None], bytes, None, False),
        ([1, True], int, None, False),
    ):
        _expect("uniform", tier.uniform(items, kind, size), wanted)


def _derive_addresses(tier: Any) -> None:
    from base64 import b64decode

    fingerprint = b64decode(_MOKI_FINGERPRINT)
    # More items than any lane count, so that a vector path and its tail both run.
    found = tier.derive_addresses([fingerprint, b"", fingerprint] * 7, b"\x08", 1)
    wanted = [_MOKI[5:], "4W9wqLQgN6VfegBfzyeaKAo5QNZfZLbsH5", _MOKI[5:]] * 7
    _expect("derive_addresses", found, wanted)


def _derive_eth_addresses(tier: Any) -> None:
    found = tier.derive_eth_addresses([bytes.fromhex(_POINT)[1:]] * 17, 1)
    _expect("derive_eth_addresses", found, [_ETH_ADDRESS] * 17)


def _parse_addresses(tier: Any) -> None:
    texts = [_MOKI[5:], _MOKI[5:-1] + "m", _ETH_ADDRESS, _ETH_ADDRESS.lower(), "Anywhere", ""]
    codes, networks, digests, numbers, numbers_le, canonical = tier.parse_addresses(texts, 1)
    bad = int(Code.BAD_ADDRESS)
    _expect("parse_addresses", codes, bytes((0, bad, 0, 0, 0, bad)))
    _expect("parse_addresses", networks, b"\x08\0\0\0\x80\0")
    _expect("parse_addresses", digests[40:60].hex(), _ETH_ADDRESS[2:].lower())
    _expect("parse_addresses", numbers[:4], (1744549997).to_bytes(4, "little"))
    _expect("parse_addresses", numbers_le[:4], (1840839527).to_bytes(4, "little"))
    wanted = [_MOKI[5:], None, _ETH_ADDRESS, _ETH_ADDRESS, "anywhere", None]
    _expect("parse_addresses", canonical, wanted)


def _format_addresses(tier: Any) -> None:
    digest = bytes.fromhex("b526c79b2abc32a3974a71317413ff12589ad248")
    _expect("format_addresses", tier.format_addresses(digest * 17, b"\x08"), [_MOKI[5:]] * 17)
    found = tier.format_addresses(digest + bytes(20), b"\x08\0")
    _expect("format_addresses", found, [_MOKI[5:], "1111111111111111111114oLvT2"])


_PARSED = ("a@anywhere/pad", "a", "anywhere", "pad", 0x80)


def _parse_identifier(tier: Any) -> None:
    _expect("parse_identifier", tier.parse_identifier("a@ANYWHERE/pad"), _PARSED)
    _expect("parse_identifier", tier.parse_identifier(f"a@{_MOKI}"), None)


def _parse_identifiers(tier: Any) -> None:
    texts = ["a@ANYWHERE/pad", f"a@{_MOKI}", _ETH_ADDRESS.lower(), _MOKI] * 5
    eth = (_ETH_ADDRESS, None, _ETH_ADDRESS, None, 0)
    moki = (_MOKI, "moki", _MOKI[5:], None, 8)
    _expect("parse_identifiers", tier.parse_identifiers(texts, 1), [_PARSED, None, eth, moki] * 5)


def _join_identifiers(tier: Any) -> None:
    found = tier.join_identifiers(["a", None, ""], ["anywhere"] * 3, ["pad", "x", None])
    _expect("join_identifiers", found, ["a@anywhere/pad", "anywhere/x", "anywhere"])


def _number_texts(tier: Any) -> None:
    numbers = b"".join(number.to_bytes(4, "little") for number in (1744549997, 7, 2**32 - 1))
    wanted = ["174-454-9997", "000-000-0007", "429-496-7295"]
    _expect("number_texts", tier.number_texts(numbers), wanted)


def _route(tier: Any) -> None:
    number = 1744549997
    wanted = (
        bytes((0, int(Code.BAD_ADDRESS))),
        b"\x08\0",
        number.to_bytes(4, "little") + bytes(4),
        (number % 7).to_bytes(4, "little") + bytes(4),
    )
    _expect("route", tier.route([_MOKI, "nobody"], 7), wanted)


def _parse_public_key(tier: Any) -> None:
    algorithm, data, bits = tier.parse_public_key(_MOKI_PEM)
    _expect("parse_public_key", (algorithm, bits, len(data)), ("RSA", 1024, 162))
    found = tier.parse_public_key_mapping("ECC", "02" + _POINT[2:66])
    _expect("parse_public_key_mapping", found, ("ECC", bytes.fromhex(_POINT), 256))
    _refuses(
        "parse_public_key_mapping",
        Code.BAD_KEY,
        lambda: tier.parse_public_key_mapping("ECC", _MOKI_PEM),
    )


def _verify_batch(tier: Any) -> None:
    from base64 import b64decode

    rsa = tier.VerifyKey("RSA", tier.parse_public_key(_MOKI_PEM)[1])
    ecc = tier.VerifyKey("ECC", bytes.fromhex(_POINT))
    ed25519 = tier.VerifyKey("ED25519", bytes.fromhex(_ED25519_KEY))
    fingerprint, seed = b64decode(_MOKI_FINGERPRINT), b"moki"
    ecdsa, twin = map(bytes.fromhex, _ECDSA)
    strict = bytes.fromhex(_ED25519_SIGNATURE)
    bad, encoding = Code.BAD_SIGNATURE, Code.BAD_SIGNATURE_ENCODING
    cases: list[tuple[Any, bytes, bytes, Code]] = [
        (rsa, seed, fingerprint, Code.OK),
        (rsa, b"hulk", fingerprint, bad),
        (rsa, seed, bytes(128), bad),
        (rsa, seed, fingerprint[1:], encoding),
        (ecc, b"moky", ecdsa, Code.OK),
        (ecc, b"moky", twin, Code.OK),
        (ecc, b"moki", ecdsa, bad),
        (ecc, b"moky", ecdsa + b"\0", encoding),
        (ed25519, b"\x72", strict, Code.OK),
        (ed25519, b"\x73", strict, bad),
        (ed25519, b"\x72", strict[1:], encoding),
        (None, b"", b"", Code.BAD_KEY),
    ]
    keys, messages, signatures, wanted = (list(column) for column in zip(*cases, strict=True))
    tier.expect_batch(len(messages), 1)
    found = tier.verify_batch(keys, messages, signatures, 1)
    _expect("verify_batch", list(found), [int(code) for code in wanted])


_GENERATOR = (
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
"""The public key of the secret 1."""

_RFC_6979 = (
    "3045022100934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
    "02202442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
)
"""Its signature of "Satoshi Nakamoto"."""


def _ecdsa_signer(tier: Any) -> None:
    signature = tier.EcdsaSigner((1).to_bytes(32, "big")).sign(b"Satoshi Nakamoto")
    if signature.hex() == _RFC_6979:
        return
    # An old OpenSSL draws the nonce.
    key = tier.VerifyKey("ECC", bytes.fromhex(_GENERATOR))
    _expect("EcdsaSigner", key.verify(b"Satoshi Nakamoto", signature), int(Code.OK))


def _match_metas(tier: Any) -> None:
    from base64 import b64decode

    meta = json.dumps(_MOKI_META).encode("ascii")
    stolen = json.dumps({**_MOKI_META, "key": {"algorithm": "ECC", "data": _POINT}}).encode("ascii")
    other = f"moki@{_ETH_ADDRESS}"
    codes, reasons = tier.match_metas(
        [_MOKI, _MOKI, other, "moki", _MOKI], [meta, stolen, meta, meta, b"{}"], 1
    )
    wanted = [Code.OK, Code.BAD_SIGNATURE_ENCODING, Code.MISMATCH, Code.BAD_ADDRESS, Code.MALFORMED]
    _expect("match_metas", list(codes), [int(code) for code in wanted])
    _expect("match_metas", sorted(reasons), [1, 2, 3, 4])
    _expect("parse_meta", tier.parse_meta(meta), (1, "moki", b64decode(_MOKI_FINGERPRINT)))
    _refuses("parse_meta", Code.MALFORMED, lambda: tier.parse_meta(b"{}"))
    _expect("meta_address", tier.meta_address(meta, 8), _MOKI[5:])
    eth = json.dumps({"type": 4, "key": {"algorithm": "ECC", "data": _POINT}}).encode("ascii")
    _expect("meta_address", tier.meta_address(eth, 0), _ETH_ADDRESS)
    _expect("meta_address", tier.meta_address(eth, 8), None)


def _prove_document(tier: Any) -> None:
    document = json.dumps({"did": _ETH_ADDRESS, **_DOCUMENT}).encode("ascii")
    claims = (_ETH_ADDRESS, "visa", None, 1700000000.0, _DOCUMENT["data"])
    found = tier.parse_document(document)
    _expect("parse_document", found, (*claims, bytes.fromhex(_DOCUMENT_SIGNATURE)))
    _refuses("parse_document", Code.MALFORMED, lambda: tier.parse_document(b"{}"))
    point = bytes.fromhex(_POINT)
    code = tier.prove_document("ECC", point, document, 1700000000.0)[0]
    _expect("prove_document", code, int(Code.OK))
    code = tier.prove_document("ECC", point, document, 1600000000.0)[0]
    _expect("prove_document", code, int(Code.EXPIRED))
    forged = document.replace(b"Moky", b"Hulk")
    code = tier.prove_document("ECC", point, forged, 1700000000.0)[0]
    _expect("prove_document", code, int(Code.BAD_SIGNATURE))


def _decode_batch(tier: Any) -> None:
    meta = json.dumps(_MOKI_META).encode("ascii")
    frames = [
        json.dumps(_BROADCAST).encode("ascii"),
        json.dumps({**_BROADCAST, "data": "{}"}).encode("ascii"),
        json.dumps({**_BROADCAST, "sender": "moki@anywhere"}).encode("ascii"),
        b'{"sender": 1}',
    ]
    store = tier.KeyStore(None, False)
    _expect("KeyStore", store.add_meta(_MOKI, meta)[0], int(Code.OK))
    [(terminal, algorithm, _, bits)] = store.encryption_keys(_MOKI)
    _expect("encryption_keys", (terminal, algorithm, bits), (None, "RSA", 1024))
    table = tier.decode_batch(frames, 1)
    _expect("decode_batch", table.codes(), bytes((0, 0, 0, int(Code.MALFORMED))))
    _expect("decode_batch", table.message(0, {}).to_dict(), _BROADCAST)
    codes, _ = store.resolve(table).verify(1700000000.0, 1)
    wanted = [Code.OK, Code.BAD_SIGNATURE, Code.UNKNOWN_SENDER, Code.MALFORMED]
    _expect("verify", list(codes), [int(code) for code in wanted])


def _encode(tier: Any) -> None:
    message = {**_BROADCAST, "x": ["\u5b5f\U0001f600\x7f/", 1e16, 1e-7, -0.0, 10**20, None, True]}
    wanted = json.dumps(message).encode("ascii")
    _expect("encode", tier.encode(message, False), wanted)
    _expect("encode", tier.encode(message, True)[:7], b'{"F": "')


# Two frames of MTP, one of Mars with a line for its serial number.
_MTP = "44494d42000000010000000200000002" + "7b7d"
_MTP_FRAGMENT = "44494d6a00000001000000020000000300000001" + "00000001" + "7b"
_MARS = "00000014000000c8000027110000000000000013" + "4d61727320534e3a4141414142773d3d0a7b7d"


def _framing(tier: Any) -> None:
    sn, mars_sn = bytes.fromhex("0000000100000002"), b"\0\0\0\7"
    message = ("mtp", 2, sn, b"{}", 1, 0, 0, b"")
    fragment = ("mtp", 10, sn, b"{", 3, 1, 0, b"")
    push = ("mars", 10001, mars_sn, b"{}", 1, 0, 0, b"")
    mtp, piece, mars = map(bytes.fromhex, (_MTP, _MTP_FRAGMENT, _MARS))
    _expect("encode_mtp", tier.encode_mtp(2, sn, b"{}", 1, 0, True), mtp)
    _expect("encode_mtp", tier.encode_mtp(10, sn, b"{", 3, 1, True), piece)
    _expect("encode_mars", tier.encode_mars(10001, 0, mars_sn, b"{}", b""), mars)
    _expect("decode_datagram", tier.decode_datagram(b"DIM\x32" + sn + b"{}", 2), message)
    _expect("decode_datagram", tier.decode_datagram(b"DIM\x32" + sn + b"{}", 1), None)
    # Garbage, false headers, a type that does not exist, a body beyond the limit.
    garbage = b"DIMDIM\x24\0\0\0\1DIM\x42" + sn + b"\0\0\1\1\0\0\0\x14\0\0\0\xc9\xff\xff"
    for kind, stream, wanted in (
        (None, garbage + mtp + garbage + piece + mars, [message, fragment]),
        (None, garbage + mars + mtp + mars, [push, push]),
        ("mars", mtp + mars, [push]),
    ):
        for size in (1, 7, len(stream)):
            decoder = tier.FrameDecoder(kind, 256)
            found = [
                frame
                for at in range(0, len(stream), size)
                for frame in decoder.feed(stream[at : at + size])
            ]
            _expect("FrameDecoder", found, wanted)
            _expect("FrameDecoder", decoder.kind(), wanted[0][0])


def _retarget(tier: Any) -> None:
    frame = b'{ "F" : "moki@anywhere", "D":"{}","V":"AAAA", "x":1 , "rcpt":null}'
    fields = {"rcpt": "a", "x": None, "receiver": "everyone@everywhere"}
    _expect(
        "retarget",
        tier.retarget(frame, fields),
        b'{ "F" : "moki@anywhere", "D":"{}","V":"AAAA" , "rcpt":"a", "R": "everyone@everywhere"}',
    )
    _refuses("retarget", Code.MALFORMED, lambda: tier.retarget(frame + b",", fields))
    changed, (codes, _) = tier.retarget_batch([frame, b"{}"], {"x": 2}, 1)
    wanted = [frame.replace(b"1", b"2"), None], bytes((0, int(Code.MALFORMED)))
    _expect("retarget_batch", (changed, codes), wanted)


def _digests(tier: Any) -> None:
    for data, sha256, keccak256, ripemd160 in _DIGESTS:
        _expect("sha256", tier.sha256(data).hex(), sha256)
        _expect("keccak256", tier.keccak256(data).hex(), keccak256)
        _expect("ripemd160", tier.ripemd160(data).hex(), ripemd160)


def _merkle_roots(tier: Any) -> None:
    from hashlib import sha256

    def twice(data: bytes) -> bytes:
        return sha256(sha256(data).digest()).digest()

    a, b, c = map(twice, (b"a", b"b", b"c"))
    three = twice(twice(a + b) + twice(c + c))
    leaves = [b"a", b"a", b"b", b"a", b"b", b"c"] * 7
    _expect(
        "merkle_roots", tier.merkle_roots(leaves, [1, 2, 3] * 7, 1), (a + twice(a + b) + three) * 7
    )


def _base58(tier: Any) -> None:
    for data, text in ((b"", ""), (b"\0\0\xff", "115Q"), (b"\x08\0\1\2\3", "uMFyn2")):
        _expect("base58_encode", tier.base58_encode(data), text)
        _expect("base58_decode", tier.base58_decode(text), data)
    for text in ("0", "115Q ", "l", "\u4e16"):
        _expect("base58_decode", tier.base58_decode(text), None)


def _base64(tier: Any) -> None:
    from base64 import b64encode

    # All bytes, in more than one step of any kernel and a rest.
    every = bytes(range(256))
    long = (every, b64encode(every).decode("ascii"))
    for data, text in ((b"", ""), (b"\0", "AA=="), (b"\xfb\xff", "+/8="), long):
        _expect("base64_encode", tier.base64_encode(data), text)
        _expect("base64_decode", tier.base64_decode(text), data)
    _expect("base64_decode", tier.base64_decode("A A\n=="), b"\0")
    for text in ("AA", "AB==", "-_8=", "AA==AA==", "AA==\0", "-" + long[1][1:]):
        _expect("base64_decode", tier.base64_decode(text), None)


_TESTS: dict[str, Callable[[Any], None]] = {
    "uniform": _uniform,
    "derive_addresses": _derive_addresses,
    "derive_eth_addresses": _derive_eth_addresses,
    "parse_addresses": _parse_addresses,
    "format_addresses": _format_addresses,
    "parse_identifier": _parse_identifier,
    "parse_identifiers": _parse_identifiers,
    "join_identifiers": _join_identifiers,
    "number_texts": _number_texts,
    "route": _route,
    "parse_public_key": _parse_public_key,
    "verify_batch": _verify_batch,
    "ecdsa_signer": _ecdsa_signer,
    "match_metas": _match_metas,
    "prove_document": _prove_document,
    "decode_batch": _decode_batch,
    "encode": _encode,
    "retarget": _retarget,
    "framing": _framing,
    "digests": _digests,
    "merkle_roots": _merkle_roots,
    "base58": _base58,
    "base64": _base64,
}
