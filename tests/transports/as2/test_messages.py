"""Messages and receipts as plain functions: what was wrapped is unwrapped, by whom it may be."""

import contextlib
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.transports._certificates import Issued, Subject, issue
from simulator.transports.as2 import cmswrite, mdn, mime
from simulator.transports.as2.der import OCTETS, SEQUENCE, integer, oid, tlv
from simulator.transports.as2.failure import As2Failure, NotAs2, UnknownSigner
from simulator.transports.as2.identity import Certificate, Identity
from simulator.transports.as2.message import Unwrapped, Wrapped, Wrapping, mic, unwrap, wrap
from tests.transports.as2.desk import as_identity, issued

LIMIT = 1_000_000
DIGESTS: Any = ["sha1", "sha256", "sha384", "sha512"]
CIPHERS: Any = ["3des", "aes128", "aes192", "aes256", "aes128-gcm", "aes192-gcm", "aes256-gcm"]


def alice() -> Identity:
    return as_identity(issued("ALICE"))


def bob() -> Identity:
    return as_identity(issued("BOB"))


def sent(how: Wrapping, body: bytes = b"some\ntext\r\n", by: Identity | None = None) -> Wrapped:
    headers = {"Content-Type": "application/edi-x12"}
    return wrap(body, headers, how, "<1@alice>", by or alice(), bob().certificate)


def opened(message: Wrapped, trusted: list[Certificate] | None = None, **given: Any) -> Unwrapped:
    known = {"ours": bob(), "wall": time.time(), "limit": LIMIT, **given}
    known["trusted"] = [alice().certificate] if trusted is None else trusted
    return unwrap(message.headers, message.body, **known)


# --- every way to make one ---

HOWS = [
    *[Wrapping(sign=digest) for digest in DIGESTS],
    *[Wrapping(encrypt=cipher) for cipher in CIPHERS],
    Wrapping(sign="sha256", encrypt="aes256", key_transport="oaep"),
    Wrapping(sign="sha256", encrypt="aes128", transfer_encoding="base64"),
    *[
        Wrapping(sign=sign, encrypt=encrypt, compress=compress)
        for sign in (None, "sha256")
        for encrypt in (None, "aes256")
        for compress in ("before-signing", "after-signing")
    ],
    Wrapping(),
]


@pytest.mark.parametrize("how", HOWS, ids=str)
def test_what_was_wrapped_is_unwrapped(how: Wrapping) -> None:
    message = sent(how)
    found = opened(message)
    assert found.failure is None
    assert found.payload == b"some\ntext\r\n"
    assert found.headers["content-type"] == "application/edi-x12"
    assert (found.signed, found.encrypted) == (how.sign is not None, how.encrypt is not None)
    assert found.checked == message.checked  # both take the MIC over the same bytes
    assert ("compressed" in found.layers) is (how.compress is not None)


@given(body=st.binary(max_size=300))
@settings(max_examples=25, deadline=None)
def test_any_payload_comes_through_unchanged(body: bytes) -> None:
    for how in (
        Wrapping(sign="sha256", encrypt="aes256"),
        Wrapping(sign="sha256", compress="before-signing"),
        Wrapping(sign="sha1", transfer_encoding="base64", compress="after-signing"),
        Wrapping(),
    ):
        message = sent(how, body)
        found = opened(message)
        assert (found.failure, found.payload) == (None, body)
        assert found.checked == message.checked


def test_line_ends_that_changed_on_the_way_are_forgiven_by_the_signature() -> None:
    """Relays that rewrite LF as CRLF, and signers that digest the canonical form."""
    message = sent(Wrapping(sign="sha256"), b"one\r\ntwo\r\n")
    found = unwrap(
        message.headers, message.body.replace(b"\r\n", b"\n"), bob(), [alice().certificate],
        time.time(), LIMIT,
    )  # fmt: skip
    assert found.failure is None
    assert found.checked == message.checked


# --- who may say and read what ---


def test_a_message_for_somebody_else_cannot_be_read() -> None:
    found = opened(sent(Wrapping(encrypt="aes256")), ours=alice())
    assert found.failure is not None
    assert found.failure.disposition == "decryption-failed"
    assert "not encrypted for our certificate" in str(found.failure)


def test_a_stranger_is_not_believed() -> None:
    message = sent(Wrapping(sign="sha256"), by=as_identity(issued("MALLORY")))
    found = opened(message)
    assert isinstance(found.failure, UnknownSigner)


def test_anybody_is_believed_where_nobody_is_pinned() -> None:
    message = sent(Wrapping(sign="sha256"), by=as_identity(issued("MALLORY")))
    found = unwrap(message.headers, message.body, bob(), None, time.time(), LIMIT)
    assert found.failure is None
    assert found.by is not None
    assert found.by.name == "CN=MALLORY"


@pytest.mark.parametrize(("days", "says"), [(4000, "expired on"), (-100, "is not valid before")])
def test_a_certificate_out_of_its_time_proves_nothing(days: int, says: str) -> None:
    found = opened(sent(Wrapping(sign="sha256")), wall=time.time() + days * 86_400)
    assert found.failure is not None
    assert found.failure.disposition == "authentication-failed"
    assert says in str(found.failure)


def test_the_old_and_the_new_key_hold_while_they_roll_over() -> None:
    new = as_identity(issued("ALICE-2"))
    both = [alice().certificate, new.certificate]
    for by in (alice(), new):
        found = opened(sent(Wrapping(sign="sha256"), by=by), both)
        assert found.failure is None


def as_issuer(one: Identity) -> Issued:
    return Issued(one.key, one.certificate.parsed)


def test_an_authority_vouches_for_whom_it_issued() -> None:
    now = time.time()
    root = issue(Subject("Root", authority=True), now)
    leaf = as_identity(issue(Subject("LEAF"), now, by=root))
    trusted = [Certificate.of(root.certificate)]
    message = sent(Wrapping(sign="sha256"), by=leaf)
    assert opened(message, trusted).failure is None
    other = [Certificate.of(issue(Subject("Root", authority=True), now).certificate)]
    assert isinstance(opened(message, other).failure, UnknownSigner)
    # a leaf is no authority, whoever it signs for
    below = as_identity(issue(Subject("BELOW"), now, by=as_issuer(leaf)))
    message = sent(Wrapping(sign="sha256"), by=below)
    assert isinstance(opened(message, [leaf.certificate]).failure, UnknownSigner)


@pytest.mark.parametrize("where", ["content", "signature", "digest"])
def test_what_was_changed_is_noticed(where: str) -> None:
    message = sent(Wrapping(sign="sha256"), b"pay 100 EUR")
    if where == "content":
        body, says = message.body.replace(b"100", b"900"), "integrity-check-failed"
    elif where == "signature":
        at = message.body.rindex(b"\r\n--") - 60  # in its last bytes, as base64
        flipped = b"A" if message.body[at : at + 1] != b"A" else b"B"
        body, says = message.body[:at] + flipped + message.body[at + 1 :], "failed"
    else:
        other = sent(Wrapping(sign="sha256"), b"pay 900 EUR").body
        head, mark, _ = message.body.rpartition(b"Content-Type: application/pkcs7-signature")
        body, says = head + mark + other.rpartition(mark)[2], "integrity-check-failed"
    found = opened(replace(message, body=body))
    assert found.failure is not None
    assert says in found.failure.disposition


# --- receipts ---


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("digest", DIGESTS)
def test_a_receipt_says_what_was_written(digest: Any, signed: bool) -> None:
    said = mdn.Receipt("<1@a>", mdn.DUPLICATE, mic(b"x", digest), digest, "It came.", "BOB")
    headers, raw = mdn.write(said, bob() if signed else None, digest)
    found = mdn.read(headers, raw, [bob().certificate], time.time())
    assert found == replace(said, signed=signed)
    assert found.positive
    assert found.vouches_for(b"x")
    assert not found.vouches_for(b"y")


@pytest.mark.parametrize(
    ("options", "signed", "trouble", "digest"),
    [
        ("", False, "", ("sha1", "sha1")),
        ("signed-receipt-protocol=optional, pkcs7-signature", True, "", ("sha1", "sha1")),
        (
            'signed-receipt-protocol=required,"pkcs7-signature"; '
            "signed-receipt-micalg = required, md5, SHA256, sha1",
            True, "", ("sha256", "SHA256"),
        ),
        ("signed-receipt-protocol=required, pgp", False, "unsupported format", ("sha1", "sha1")),
        (
            "signed-receipt-protocol=optional,pkcs7-signature;signed-receipt-micalg=required,md5",
            True, "unsupported MIC-algorithms", ("sha1", "sha1"),
        ),
        (";;= ,;signed-receipt-micalg", False, "", ("sha1", "sha1")),
    ],
)  # fmt: skip
def test_what_a_sender_asks_for(
    options: str, signed: bool, trouble: str, digest: tuple[str, str]
) -> None:
    headers = {"disposition-notification-to": "x", "disposition-notification-options": options}
    asked = mdn.Asked.of(headers)
    assert (asked.wanted, asked.signed, asked.trouble) == (True, signed, trouble)
    assert asked.digest(None) == digest


def test_what_is_no_receipt_is_named() -> None:
    with pytest.raises(NotAs2, match="multipart/report"):
        mdn.read({"content-type": "text/html"}, b"<p>ok</p>", None, time.time())
    kind = 'multipart/report; boundary="b"'
    with pytest.raises(NotAs2, match="no disposition"):
        mdn.read({"content-type": kind}, b"--b\r\n\r\nhello\r\n--b--\r\n", None, time.time())
    headers, raw = mdn.write(mdn.Receipt("<1@a>"), bob(), "sha256")
    with pytest.raises(As2Failure, match="not trusted"):
        mdn.read(headers, raw, [alice().certificate], time.time())


# --- bad bytes ---


def enveloped() -> bytes:
    return sent(Wrapping(sign="sha256", encrypt="aes256")).body


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_mutated_messages_end_in_a_named_failure(data: st.DataObject) -> None:
    how = data.draw(st.sampled_from(HOWS))
    message = sent(how)
    body = bytearray(message.body)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "drop"]))
        if kind == "flip" and body:
            body[at] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del body[at:]
        elif kind == "insert":
            body[at:at] = data.draw(st.binary(max_size=8))
        else:
            del body[at : at + data.draw(st.integers(1, 40))]
    try:
        found = opened(replace(message, body=bytes(body)))
    except NotAs2:
        return
    if found.failure is None and found.signed:
        assert found.payload == b"some\ntext\r\n"  # what holds is what was signed


@given(st.binary(max_size=200), st.sampled_from(["multipart/signed", "application/pkcs7-mime"]))
@settings(max_examples=60, deadline=None)
def test_random_bytes_end_in_a_named_failure(body: bytes, kind: str) -> None:
    try:
        found = unwrap(
            {"content-type": f"{kind}; boundary=b"}, body, bob(), None, time.time(), LIMIT
        )
    except NotAs2:
        return
    assert found.failure is not None


def pkcs7(blob: bytes) -> Unwrapped:
    headers = {"content-type": "application/pkcs7-mime"}
    return unwrap(headers, blob, bob(), None, time.time(), LIMIT)


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = cmswrite.compress(b"\r\n" + b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    failure = pkcs7(bomb).failure
    assert failure is not None
    assert failure.disposition == "decompression-failed"
    assert "unpacks to more than 1000000 bytes" in str(failure)


def test_layers_have_an_end() -> None:
    part = mime.entity({"Content-Type": "text/plain"}, b"core")
    for _ in range(20):
        headers = {"Content-Type": "application/pkcs7-mime"}
        part = mime.entity(headers, cmswrite.compress(part))
    failure = pkcs7(mime.parse_part(part).body).failure
    assert failure is not None
    assert "more than 6 layers" in str(failure)


@pytest.mark.parametrize(
    "blob",
    [
        b"\x30\x80" * 5000,
        b"\x24\x80" * 5000,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80" + b"\x30\x80" * 2000,
        tlv(SEQUENCE, oid("1.2.840.113549.1.7.3"), tlv(0xA0, b"\x24\x80" * 3000)),
        tlv(SEQUENCE, oid("1.2.840.113549.1.7.3"), tlv(0xA0, tlv(SEQUENCE, integer(0)))),
        tlv(SEQUENCE, oid("1.2.840.113549.1.7.6"), tlv(0xA0, tlv(OCTETS, b"x"))),
        b"\x30\x80" + b"\x05\x00" * 1_000_000,
        tlv(SEQUENCE, oid("1.2.840.113549.1.7.2"), tlv(0xA0, tlv(SEQUENCE, b"\x05\x00" * 10**6))),
        b"\x04\x80\x00\x00",
        b"",
    ],
    ids=[
        "nested",
        "chunks",
        "length",
        "indefinite",
        "deep",
        "hollow",
        "other",
        "many",
        "crowded",
        "endless",
        "empty",
    ],
)
def test_structures_that_lie_are_refused(blob: bytes) -> None:
    failure = pkcs7(blob).failure
    assert failure is not None
    assert str(failure)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_truncated_messages_are_refused(keep: float) -> None:
    whole = enveloped()
    failure = pkcs7(whole[: int(len(whole) * keep)]).failure
    assert failure is not None


# --- MIME ---


def test_parts_keep_their_exact_bytes() -> None:
    raw = b"--b\r\nA: 1\r\n\r\n one \n\r\n--bc\r\n--b \r\n\n\ntwo\n--b--\nrest"
    assert mime.split(raw, "b") == [b"A: 1\r\n\r\n one \n\r\n--bc", b"\n\ntwo"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"no boundary at all", "no closing boundary"),
        (b"--b", "ends in a boundary line"),
        (b"--b\r\n" * 30, "no closing boundary"),
        (b"--b\n\nx\n" * 200 + b"--b--", "more than 100 parts"),
    ],
)
def test_what_is_no_multipart_is_named(raw: bytes, says: str) -> None:
    with pytest.raises(mime.BadMime, match=says):
        mime.split(raw, "b")


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_mime_reads_anything_or_says_why(raw: bytes) -> None:
    with contextlib.suppress(mime.BadMime):
        part = mime.parse_part(raw)
        assert part.raw == raw
        assert all(piece in raw for piece in mime.split(raw, "b"))
