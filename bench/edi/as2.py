"""AS2 in one process and on one core: `python as2.py FILE SECONDS`. Prints one JSON object.

`send` signs (SHA-256) and encrypts (AES-128) the bytes of a file; `receive` decrypts, verifies, and
writes the signed receipt. RSA keys of 2,048 bits. No socket, no journal.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from rate import rate

from simulator import __version__
from simulator.transports._certificates.make import Issued, Subject, issue
from simulator.transports.as2 import mdn
from simulator.transports.as2.identity import Certificate, Identity
from simulator.transports.as2.message import Wrapping, mic, unwrap, wrap

LIMIT = 10_000_000


def identity(name: str) -> Identity:
    made: Issued = issue(Subject(name), time.time())
    return Identity(made.key, Certificate.of(made.certificate))


def main(file: Path, seconds: float) -> None:
    payload = file.read_bytes()
    ours, theirs = identity("GEARBOX"), identity("BEARCO")
    how = Wrapping(sign="sha256", encrypt="aes128")
    headers = {"Content-Type": "application/edi-x12"}

    def send() -> tuple[dict[str, str], bytes]:
        made = wrap(payload, headers, how, "<1@bench>", theirs, ours.certificate)
        return made.headers, made.body

    titles, body = send()
    now = time.time()

    def receive() -> bytes:
        opened = unwrap(titles, body, ours, [theirs.certificate], now, LIMIT)
        assert opened.signed
        assert opened.encrypted
        assert opened.payload == payload
        assert opened.checked is not None
        receipt = mdn.Receipt(
            "<1@bench>", mic=mic(opened.checked, "sha256"), algorithm="sha-256", recipient="GEARBOX"
        )
        return mdn.write(receipt, ours, "sha256")[1]

    print(json.dumps({
        "side": f"stagefloor {__version__}",
        "rates": {"send": rate(send, seconds), "receive": rate(receive, seconds)},
        "found": [],
    }))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
