"""AS2 over sockets: `python station.py FILE SECONDS`. Prints one JSON object.

A plant is served by a process of its own; four connections post signed and encrypted ship notices,
each under its own Message-ID and control number, and wait for the signed receipt of each. `on disk`
the plant has a data folder, and a receipt leaves only when the message, what was done to it and the
journal are there.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

from as2 import identity
from cryptography.hazmat.primitives.serialization import Encoding
from notice import interchange, profile

from simulator import __version__
from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.transports.as2.identity import Identity, read_certificates
from simulator.transports.as2.message import Wrapping, wrap

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 4
MOST = 3000  # messages that are made ready
PLANT = """\
plant: bench
items: {BRG-6204: {bin: A-01, supplier: BEARCO}}
suppliers: {BEARCO: {}}
warehouses: {MAIN: {bins: [A-01, {id: REC, kind: receiving}]}}
systems:
  edi:
    settings: {partners: [bearco]}
    endpoints:
      bearco: {transport: as2, contract: x12, partner: bearco, name: THEM, peer: US,
               certificate: "${US_PEM}"}
"""


def main(seconds: float) -> None:
    us = identity("US")
    rates = {}
    for name in ("in memory", "on disk"):
        with tempfile.TemporaryDirectory() as folder:
            rates[name] = _measure(Path(folder), us, seconds, on_disk=name == "on disk")
    print(json.dumps({"side": f"stagefloor {__version__}", "rates": rates, "found": []}))


def _measure(folder: Path, us: Identity, seconds: float, *, on_disk: bool) -> float:
    served = _serve(folder, us, on_disk=on_disk)
    try:
        url = _url(served)
        with urllib.request.urlopen(f"{url}/certificate.pem", timeout=10) as answer:
            them = read_certificates(answer.read())[0]
        ready = deque(_messages(url, us, them))
        asyncio.run(_post(url, ready, 0.2 * seconds))
        begun = time.perf_counter()
        done = asyncio.run(_post(url, ready, seconds))
        return done / (time.perf_counter() - begun)
    finally:
        served.kill()
        served.wait()


def _serve(folder: Path, us: Identity, *, on_disk: bool) -> subprocess.Popen[str]:
    payloads = folder / "payloads"
    for name in ("plants", "partners"):
        (payloads / name).mkdir(parents=True)
    pem = payloads / "us.pem"
    pem.write_bytes(us.certificate.parsed.public_bytes(Encoding.PEM))
    (payloads / "plants" / "bench.yaml").write_text(PLANT)
    (payloads / "partners" / "bearco.yaml").write_text(profile("x12").model_dump_json())
    command = [str(Path(sys.executable).parent / "stagefloor"), "serve", "bench", "--port", "0"]
    command += ["--data", "data"] if on_disk else []
    return subprocess.Popen(
        command, cwd=folder, env=os.environ | {"US_PEM": str(pem)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _url(served: subprocess.Popen[str]) -> str:
    assert served.stdout is not None
    said = ""
    for line in served.stdout:
        said += line
        if line.startswith("ready in"):
            found = re.search(r"edi\.bearco .* (http://\S+)", said)
            assert found is not None, said
            return found[1]
    sys.exit(f"the plant did not start:\n{said}")


def _messages(url: str, us: Identity, them: object) -> list[bytes]:
    model = registry("contracts", Contract).get("x12")
    settings = model.Settings.model_construct(partner=profile("x12"))
    contract = model("edi", {}, {}, settings)
    honest, place = interchange(), urlsplit(url)
    how = Wrapping(sign="sha256", encrypt="aes128")
    raw = contract.render(honest.model_copy(update={"sender": "plant"})).body
    made = []
    for number in range(1, MOST + 1):
        body = raw.replace(b"000000012", b"%09d" % number)
        name = f"<{number}@us>"
        one = wrap(body, {"Content-Type": "application/edi-x12"}, how, name, us, them)
        titles = {
            **one.headers, "host": place.netloc, "as2-from": "US", "as2-to": "THEM",
            "message-id": name, "disposition-notification-to": "us",
            "disposition-notification-options": "signed-receipt-protocol=required, "
            "pkcs7-signature; signed-receipt-micalg=required, sha-256",
            "content-length": str(len(one.body)),
        }  # fmt: skip
        head = "".join(f"{title}: {value}\r\n" for title, value in titles.items())
        made.append(f"POST {place.path} HTTP/1.1\r\n{head}\r\n".encode() + one.body)
    return made


async def _post(url: str, ready: deque[bytes], seconds: float) -> int:
    """How many were answered with a good receipt in so many seconds."""
    place, until = urlsplit(url), time.perf_counter() + seconds

    async def converse() -> int:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        done = 0
        while time.perf_counter() < until and ready:
            writer.write(ready.popleft())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            receipt = await reader.readexactly(int(length[1]))
            assert b"automatically; processed\r\n" in receipt, receipt
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(converse() for _ in range(CONNECTIONS))))


if __name__ == "__main__":
    main(float(sys.argv[2]))
