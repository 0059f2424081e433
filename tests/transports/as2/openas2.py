"""OpenAS2 in a process of its own: its files, and what went in and out of them."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from simulator.transports._certificates import Issued
from simulator.transports.as2.identity import Certificate

LIB = Path(__file__).parents[3] / ".oracles" / "openas2" / "lib"
_PASSWORD = "open"
_LOG = "-Dorg.apache.commons.logging.Log=org.openas2.logging.Log"
_STARTED = re.compile(r"OpenAS2 Server v\S+ started")
_FACTORY = "org.openas2.cert.PKCS12CertificateFactory"


@dataclass
class Partner:
    """Somebody that OpenAS2 trades with."""

    as2_id: str
    url: str
    certificate: Certificate
    asynchronous: bool = False


@dataclass
class OpenAs2:
    """One server, with its home folder."""

    home: Path
    as2_id: str
    issued: Issued
    partners: list[Partner] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.port, self.mdn_port = _free_port(), _free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- its files ---

    def _write(self) -> None:
        config = self.home / "config"
        config.mkdir(parents=True)
        for partner in self.partners:
            (self.home / "data" / f"to-{partner.as2_id}").mkdir(parents=True)
        (config / "certs.p12").write_bytes(self._key_store())
        (config / "partnerships.xml").write_text(self._partnerships())
        (config / "commands.xml").write_text("<commands/>")
        (config / "config.xml").write_text(self._config())

    def _key_store(self) -> bytes:
        how = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(1000)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())
            .build(_PASSWORD.encode())
        )
        others = [
            pkcs12.PKCS12Certificate(one.certificate.parsed, one.as2_id.lower().encode())
            for one in self.partners
        ]
        name = self.as2_id.lower().encode()
        return pkcs12.serialize_key_and_certificates(
            name, self.issued.key, self.issued.certificate, others, how
        )

    def _partnerships(self) -> str:
        lines = ["<partnerships>"]
        lines += [
            f'<partner name="{name}" as2_id="{name}" x509_alias="{name.lower()}" '
            f'email="edi@{name.lower()}.example"/>'
            for name in (self.as2_id, *(one.as2_id for one in self.partners))
        ]
        for one in self.partners:
            options = "signed-receipt-protocol=required, pkcs7-signature; "
            options += "signed-receipt-micalg=required, sha256"
            given = {
                "protocol": "as2", "content_transfer_encoding": "binary", "as2_url": one.url,
                "as2_mdn_to": "edi@gearbox.example", "as2_mdn_options": options,
                "encrypt": "AES256", "sign": "SHA256", "subject": "interchange",
                "resend_max_retries": "0",
                # over the exact bytes, not over their canonical form
                "prevent_canonicalization_for_mic": "false",
            }  # fmt: skip
            if one.asynchronous:
                given["as2_receipt_option"] = f"http://127.0.0.1:{self.mdn_port}"
            else:
                given["compression_type"] = "ZLIB"
            for sender, receiver in ((self.as2_id, one.as2_id), (one.as2_id, self.as2_id)):
                lines.append(f'<partnership name="{sender}-to-{receiver}">')
                lines.append(f'<sender name="{sender}"/><receiver name="{receiver}"/>')
                lines += [
                    f"<attribute name={quoteattr(name)} value={quoteattr(value)}/>"
                    for name, value in given.items()
                ]
                lines.append("</partnership>")
        return "\n".join([*lines, "</partnerships>"])

    def _config(self) -> str:
        data = self.home / "data"

        def module(name: str, **given: object) -> str:
            attributes = " ".join(f"{k}={quoteattr(str(v))}" for k, v in given.items())
            return f'<module enabled="true" classname="org.openas2.processor.{name}" {attributes}/>'

        modules = [
            module("sender.AS2SenderModule"),
            module("sender.MDNSenderModule"),
            module(
                "storage.MDNFileModule", protocol="as2", tempdir=data / "temp",
                filename=data / "mdn" / "$mdn.msg.sender.as2_id$-$mdn.msg.headers.message-id$",
            ),
            module(
                "storage.MessageFileModule", protocol="as2", tempdir=data / "temp",
                filename=data / "inbox" / "$msg.sender.as2_id$-$msg.headers.message-id$",
            ),
            module(
                "receiver.AS2ReceiverModule", port=self.port, address="127.0.0.1",
                errordir=data / "error", errorformat="sender.as2_id, headers.message-id",
            ),
            module("receiver.AS2MDNReceiverModule", port=self.mdn_port, address="127.0.0.1"),
            *(
                module(
                    "receiver.AS2DirectoryPollingModule", outboxdir=data / f"to-{one.as2_id}",
                    errordir=data / "error", interval=1, sendfilename="true",
                    mimetype="application/EDI-X12",
                    defaults=f"sender.as2_id={self.as2_id}, receiver.as2_id={one.as2_id}",
                )
                for one in self.partners
            ),
            module(
                "resender.DirectoryResenderModule", resenddir=data / "resend",
                errordir=data / "error", resenddelay=3600,
            ),
        ]  # fmt: skip
        return "\n".join(
            [
                "<openas2>",
                f'<certificates classname="{_FACTORY}" filename="%home%/certs.p12" '
                f'password="{_PASSWORD}" interval="300"/>',
                '<partnerships classname="org.openas2.partner.XMLPartnershipFactory" '
                'filename="%home%/partnerships.xml"/>',
                '<loggers><logger enabled="true" classname="org.openas2.logging.ConsoleLogger"/>',
                "</loggers>",
                '<commands classname="org.openas2.cmd.XMLCommandRegistry" '
                'filename="%home%/commands.xml"/>',
                "<commandProcessors/>",
                '<processor classname="org.openas2.processor.DefaultProcessor" '
                f'pendingMDN="{data}/pending" pendingMDNinfo="{data}/pending-info">',
                *modules,
                "</processor>",
                "</openas2>",
            ]
        )

    # --- its life ---

    async def start(self) -> None:
        self._write()
        self.process = await asyncio.create_subprocess_exec(
            "java", "-Xmx128m", "-XX:TieredStopAtLevel=1", _LOG, "-cp", f"{LIB}/*",
            "org.openas2.app.OpenAS2Server", str(self.home / "config" / "config.xml"),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, cwd=self.home,
        )  # fmt: skip
        self._reading = asyncio.ensure_future(self._read())
        await self.until(lambda: any(_STARTED.search(line) for line in self.said))

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode("utf-8", "replace").rstrip())

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
            await self._reading

    async def until(self, condition: object, seconds: float = 30) -> None:
        """Wait until something shows in its files or words."""
        assert callable(condition)
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    assert self.process is not None
                    assert self.process.returncode is None, "\n".join(self.said)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError("\n".join(self.said)) from None

    # --- what went in and out ---

    def send(self, partner: str, name: str, body: bytes) -> None:
        """Have it send a file."""
        fresh = self.home / name
        fresh.write_bytes(body)
        fresh.rename(self.home / "data" / f"to-{partner}" / name)

    def files(self, folder: str) -> list[Path]:
        """What lies in one of its folders."""
        found = self.home / "data" / folder
        return sorted(one for one in found.rglob("*") if one.is_file()) if found.is_dir() else []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
