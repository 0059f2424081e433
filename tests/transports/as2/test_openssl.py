"""`openssl cms` at the other end: it reads what we write, and we read what it writes, BER too."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.transports.as2 import mdn, mime
from simulator.transports.as2.identity import Certificate
from simulator.transports.as2.message import Unwrapped, Wrapped, Wrapping, mic, unwrap, wrap
from tests.transports.as2.desk import as_identity, issued

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")

LIMIT = 1_000_000
BODY = b"ISA*00*~\r\nGS*PO~\nno line end here"
Run = Callable[..., bytes]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `openssl cms` with bytes in and bytes out; keys lie in the folder."""
    for name in ("ALICE", "BOB"):
        issued(name).save(tmp_path / f"{name}.key", key=True, certificate=False)
        issued(name).save(tmp_path / f"{name}.pem", key=False, certificate=True)

    def command(data: bytes, *arguments: str) -> bytes:
        done = subprocess.run(
            ["openssl", "cms", *arguments],
            input=data, capture_output=True, cwd=tmp_path, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return command


def written(how: Wrapping) -> Wrapped:
    headers = {"Content-Type": "application/edi-x12"}
    alice, bob = as_identity(issued("ALICE")), as_identity(issued("BOB"))
    return wrap(BODY, headers, how, "<1@alice>", alice, bob.certificate)


def read(headers: dict[str, str], body: bytes) -> Unwrapped:
    trusted = [Certificate.of(issued("ALICE").certificate)]
    return unwrap(headers, body, as_identity(issued("BOB")), trusted, time.time(), LIMIT)


# --- what we write ---


TRUST = ("-CAfile", "ALICE.pem", "-purpose", "any")


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("encoding", ["binary", "base64"])
def test_openssl_verifies_our_signatures(
    run: Run, tmp_path: Path, digest: Any, encoding: Any
) -> None:
    message = written(Wrapping(sign=digest, transfer_encoding=encoding))
    boundary = mime.media_type(message.headers["content-type"])[1]["boundary"]
    content, signature = mime.split(message.body, boundary)
    (tmp_path / "content").write_bytes(content)
    blob = mime.parse_part(signature).content
    found = run(blob, "-verify", "-binary", "-inform", "DER", "-content", "content", *TRUST)
    assert found == content == message.checked


def test_openssl_reads_the_whole_message(run: Run) -> None:
    message = written(Wrapping(sign="sha256", transfer_encoding="base64"))
    found = run(mime.entity(message.headers, message.body), "-verify", *TRUST)
    assert mime.parse_part(found).content == BODY


@pytest.mark.parametrize("cipher", ["3des", "aes128", "aes192", "aes256"])
@pytest.mark.parametrize("transport", ["pkcs1", "oaep"])
def test_openssl_decrypts_what_we_encrypt(run: Run, cipher: Any, transport: Any) -> None:
    message = written(Wrapping(encrypt=cipher, key_transport=transport))
    keys = ("-inkey", "BOB.key", "-recip", "BOB.pem")
    found = run(message.body, "-decrypt", "-inform", "DER", "-binary", *keys)
    assert mime.parse_part(found).content == BODY


@pytest.mark.parametrize("cipher", ["aes128-gcm", "aes256-gcm"])
def test_openssl_decrypts_authenticated_encryption(run: Run, cipher: Any) -> None:
    message = written(Wrapping(encrypt=cipher))
    keys = ("-inkey", "BOB.key", "-recip", "BOB.pem")
    found = run(message.body, "-decrypt", "-inform", "DER", "-binary", *keys)
    assert mime.parse_part(found).content == BODY


def test_openssl_verifies_our_receipts(run: Run, tmp_path: Path) -> None:
    receipt = mdn.Receipt("<1@bob>", mdn.PROCESSED, mic(BODY, "sha256"), "sha-256", "ok", "ALICE")
    headers, body = mdn.write(receipt, as_identity(issued("ALICE")), "sha256")
    found = run(mime.entity(headers, body), "-verify", *TRUST)
    assert b"Original-Message-ID: <1@bob>" in found


# --- what openssl writes ---

SIGN = ("-sign", "-signer", "ALICE.pem", "-inkey", "ALICE.key")
PART = b"Content-Type: application/edi-x12\r\n\r\n"


def parted(raw: bytes) -> tuple[dict[str, str], bytes]:
    part = mime.parse_part(raw)
    return dict(part.headers), part.body


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("form", ["binary", "text"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_we_verify_its_signatures_however_lines_end(
    run: Run, digest: str, form: str, end: bytes
) -> None:
    """Without -binary it digests lines as CRLF and sends them as it likes: where MICs go wrong."""
    inner = (PART + b"one\r\ntwo\r\n").replace(b"\r\n", end)
    how = ("-binary",) if form == "binary" else ()
    headers, body = parted(run(inner, *SIGN, "-md", digest, *how))
    found = read(headers, body)
    assert found.failure is None
    assert found.digest == digest
    assert found.checked is not None
    signed = inner if form == "binary" else mime.canonical(inner)
    assert mic(found.checked, digest) == mic(signed, digest)
    assert found.payload.replace(b"\r\n", b"\n") == b"one\ntwo\n"


def test_we_read_signatures_that_hold_their_content(run: Run) -> None:
    blob = run(PART + BODY, *SIGN, "-nodetach", "-binary", "-outform", "DER")
    found = read({"content-type": "application/pkcs7-mime; smime-type=signed-data"}, blob)
    assert (found.failure, found.payload) == (None, BODY)


@pytest.mark.parametrize("extra", [("-noattr",), ("-keyid",), ("-nocerts",), ("-nosmimecap",)])
def test_we_read_signatures_of_other_makes(run: Run, extra: tuple[str, ...]) -> None:
    headers, body = parted(run(PART + BODY, *SIGN, "-binary", *extra))
    found = read(headers, body)
    assert (found.failure, found.payload) == (None, BODY)


def test_we_read_probabilistic_signatures(run: Run) -> None:
    pss = ("-keyopt", "rsa_padding_mode:pss")
    headers, body = parted(run(PART + BODY, *SIGN, "-binary", *pss))
    assert read(headers, body).failure is None


ENCRYPT = ("-encrypt", "-aes128", "-binary", "-outform", "DER")
CIPHERS = ["-des3", "-aes128", "-aes192", "-aes256", "-aes-128-gcm", "-aes-256-gcm"]


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("extra", [(), ("-stream",), ("-keyid",)], ids=["der", "ber", "keyid"])
def test_we_decrypt_what_it_encrypts(run: Run, cipher: str, extra: tuple[str, ...]) -> None:
    """With -stream it writes BER: indefinite lengths, and content in chunks."""
    big = PART + BODY + b"x" * 20_000
    blob = run(big, "-encrypt", cipher, "-binary", "-outform", "DER", *extra, "BOB.pem")
    found = read({"content-type": "application/pkcs7-mime; smime-type=enveloped-data"}, blob)
    assert found.failure is None
    assert found.payload == BODY + b"x" * 20_000


def test_we_decrypt_its_oaep(run: Run) -> None:
    keys = (
        "-recip",
        "BOB.pem",
        "-keyopt",
        "rsa_padding_mode:oaep",
        "-keyopt",
        "rsa_oaep_md:sha256",
    )
    blob = run(PART + BODY, "-encrypt", "-aes128", "-binary", "-outform", "DER", *keys)
    found = read({"content-type": "application/pkcs7-mime"}, blob)
    assert (found.failure, found.payload) == (None, BODY)


def test_signed_then_encrypted_as_base64(run: Run) -> None:
    signed = run(PART + BODY, *SIGN, "-binary")
    whole = run(signed, "-encrypt", "-aes256", "-binary", "BOB.pem")
    headers, body = parted(whole)
    assert headers["content-transfer-encoding"] == "base64"
    found = read(headers, body)
    assert (found.failure, found.payload) == (None, BODY)
    assert found.layers == ["encrypted", "signed"]


def test_its_truncated_stream_is_refused(run: Run) -> None:
    blob = run(
        PART + BODY, "-encrypt", "-aes128", "-binary", "-outform", "DER", "-stream", "BOB.pem"
    )
    for keep in range(1, len(blob), 37):
        found = read({"content-type": "application/pkcs7-mime"}, blob[:keep])
        assert found.failure is not None
