"""npm's libas2 at the other end: it encrypts for us, and reads what we send.

Node decrypts OAEP only, and libas2 cannot sign with what it is given there.
"""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.transports.as2 import mdn, mime
from simulator.transports.as2.message import Wrapping, mic, unwrap, wrap
from tests.transports.as2.desk import as_identity, issued

MODULES = Path(__file__).parents[3] / ".oracles" / "node" / "node_modules"
SCRIPT = Path(__file__).with_name("libas2.js")
BODY = b"ISA*00*~\r\nan order\r\n"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "libas2").is_dir(),
    reason="libas2 is missing: run .ci/install-oracles",
)


def libas2(do: str, **job: Any) -> Any:
    said = subprocess.run(
        ["node", str(SCRIPT)],
        input=json.dumps({"do": do, **job}).encode(), capture_output=True, timeout=60, check=False,
        env={**os.environ, "NODE_PATH": str(MODULES)},
    )  # fmt: skip
    assert said.returncode == 0, said.stderr.decode()
    return json.loads(said.stdout)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("encryption", ["aes128-CBC", "aes256-CBC", "des-EDE3-CBC"])
def test_we_decrypt_what_it_encrypts(encryption: str) -> None:
    cert = issued("BOB").certificate_pem.decode()
    done = libas2("encrypt", payload=text(BODY), cert=cert, encryption=encryption)
    whole = mime.parse_part(base64.b64decode(done["raw"]))
    bob = as_identity(issued("BOB"))
    found = unwrap(whole.headers, whole.body, bob, None, time.time(), 1_000_000)
    assert (found.failure, found.payload, found.layers) == (None, BODY, ["encrypted"])


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        (Wrapping(encrypt="aes256", key_transport="oaep"), ["encrypted"]),
        (Wrapping(sign="sha256", transfer_encoding="base64"), ["signed"]),
        (Wrapping("sha1", "aes128", key_transport="oaep", transfer_encoding="base64"),
         ["encrypted", "signed"]),
    ],
    ids=str,
)  # fmt: skip
def test_it_reads_what_we_send(how: Wrapping, seen: list[str]) -> None:
    alice, bob = as_identity(issued("ALICE")), as_identity(issued("BOB"))
    kind = {"Content-Type": "application/edi-x12"}
    message = wrap(BODY, kind, how, "<1@alice>", alice, bob.certificate)
    done = libas2(
        "open",
        raw=text(mime.entity(message.headers, message.body)),
        cert=issued("BOB").certificate_pem.decode(),
        key=issued("BOB").key_pem.decode(),
        signer=issued("ALICE").certificate_pem.decode(),
    )
    assert done["seen"] == seen
    assert base64.b64decode(done["payload"]).strip() == BODY.strip()


@pytest.mark.parametrize("signed", [True, False])
def test_it_reads_our_receipts(signed: bool) -> None:
    said = mdn.Receipt("<1@bob>", mdn.PROCESSED, mic(BODY, "sha256"), "sha-256", "ok", "ALICE")
    headers, body = mdn.write(said, as_identity(issued("ALICE")) if signed else None, "sha256")
    signer = issued("ALICE").certificate_pem.decode()
    done = libas2("receipt", raw=text(mime.entity(headers, body)), signer=signer)
    notification = done["notification"]
    assert notification["originalMessageId"] == "<1@bob>"
    assert notification["disposition"]["processed"] is True
    assert notification["receivedContentMic"]["mic"] == said.mic
