"""OpenAS2 at the other end: signed, encrypted and compressed, with receipts of both kinds."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from simulator.core.message import Message, Request
from simulator.transports.as2 import As2Transport, Settings
from simulator.transports.as2.identity import read_certificates
from tests.transports.as2.desk import ORDER, issued
from tests.transports.as2.openas2 import LIB, OpenAs2, Partner

pytestmark = [
    pytest.mark.needs_server("openas2"),
    pytest.mark.skipif(
        shutil.which("java") is None or not LIB.is_dir(),
        reason="OpenAS2 is missing: run .ci/install-openas2",
    ),
]

PARTNERS = {"BEARCO": "sync", "DICHTRING": "async"}
"""Who asks for which receipts; OpenAS2 asks each for the same kind."""


async def test_messages_and_receipts_cross_both_ways(side: Any, tmp_path: Path) -> None:
    openas2 = OpenAs2(tmp_path / "openas2", "GEARBOX", issued("GEARBOX"))
    theirs = tmp_path / "gearbox.pem"
    issued("GEARBOX").save(theirs, key=False, certificate=True)
    transport = As2Transport(side)
    for name, receipt in PARTNERS.items():
        settings = Settings.model_validate(
            {
                "name": name, "peer": "GEARBOX", "port": 0, "url": openas2.url,
                "certificate": str(theirs), "receipt": receipt, "retry": {"attempts": 1},
                "compress": "before-signing" if receipt == "sync" else "none",
            }
        )  # fmt: skip
        endpoint = f"edi.{name.lower()}"
        links: Any = {way: side.link(endpoint, way) for way in ("in", "out")}
        transport.attach(endpoint, settings, side.contract, links)
    await transport.start()
    try:
        for name, receipt in PARTNERS.items():
            endpoint = f"edi.{name.lower()}"
            (own,) = read_certificates((side.folder("as2") / f"{endpoint}.pem").read_bytes())
            url = transport.urls()[endpoint]
            openas2.partners.append(Partner(name, url, own, receipt == "async"))
        await openas2.start()

        for name in PARTNERS:
            openas2.send(name, f"{name}.edi", ORDER)
        await openas2.until(lambda: len(side.performed) == 2)
        await openas2.until(lambda: len(openas2.files("mdn")) == 2)
        assert [one.body for one in side.performed] == [ORDER, ORDER]
        for receipt in openas2.files("mdn"):
            assert "automatic-action/MDN-sent-automatically; processed" in receipt.read_text()
        # it keeps what is not proven: nothing waits, and nothing failed
        assert openas2.files("error") == openas2.files("resend") == []
        await openas2.until(lambda: openas2.files("pending-info") == [])

        # and it is not easily content
        side.apply(side.links["edi.bearco.in"], "receipt", mode="wrong-mic")
        openas2.send("BEARCO", "spoiled.edi", ORDER)
        await openas2.until(lambda: any("not matched" in line for line in openas2.said))
        side.clear(side.links["edi.bearco.in"])

        said = []
        for name in PARTNERS:
            headers = {"content-type": "application/edi-x12"}
            endpoint = f"edi.{name.lower()}"
            body = ORDER + name.encode()
            message = Message(endpoint, "out", Request("POST", f"{name}-1.edi", "", headers, body))
            message.seq = side.journal.append({"kind": "message"})
            side.links[f"{endpoint}.out"].put(message, 0)
            said.append((message, body))
        await transport.settled()
        for message, _ in said:
            entry = side.journal.get(message.seq)
            assert entry["outcome"] == "delivered", entry
            assert entry["as2"]["receipt"] == "processed"
            assert entry["as2"]["signed"] is True
            assert entry["as2"]["mic"]
        inbox = [one.read_bytes() for one in openas2.files("inbox")]
        assert sorted(inbox) == sorted(body for _, body in said)
    finally:
        await transport.stop()
        await openas2.stop()
