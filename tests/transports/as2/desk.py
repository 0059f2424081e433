"""An AS2 endpoint, live, and the integration at its other end: its keys, and its own station."""

import asyncio
import functools
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from simulator.core.message import Message, Request
from simulator.transports._certificates import Issued, Subject, issue
from simulator.transports.as2 import As2Transport, Settings, mdn
from simulator.transports.as2.identity import Certificate, Identity, read_certificates
from simulator.transports.as2.message import Unwrapped, Wrapped, Wrapping, mic, unwrap, wrap

NAME = "edi.bearco"
ORDER = b"ISA*00*          *00*          *ZZ*GEARBOX~\r\nAn order, as far as AS2 cares.\n"
SIGNED = Wrapping(sign="sha256", encrypt="aes256")
OPTIONS = (
    "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256"
)


@functools.cache
def issued(name: str) -> Issued:
    """A key with its self-signed certificate, made once a session."""
    return issue(Subject(name), time.time())


def as_identity(one: Issued) -> Identity:
    return Identity(one.key, Certificate.of(one.certificate))


def ours() -> Identity:
    """The integration's."""
    return as_identity(issued("GEARBOX"))


@dataclass
class Got:
    """A message that the integration's station was sent."""

    headers: dict[str, str]
    body: bytes
    opened: Unwrapped


@dataclass
class Integration:
    """The integration's station: takes messages, answers each as `answers` has it, then well."""

    certificate: Any = None  # PEM of its certificate; changes when its key does
    identity: Identity = field(default_factory=ours)
    trusted: list[Certificate] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    receipts: list[mdn.Receipt] = field(default_factory=list)  # that came by themselves
    answers: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0  # how often for the certificate
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def has(self, *, messages: int = 0, receipts: int = 0) -> None:
        async with asyncio.timeout(30), self.arrived:
            await self.arrived.wait_for(
                lambda: len(self.got) >= messages and len(self.receipts) >= receipts
            )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                headers = {n.lower(): v for n, v in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, extra, answer = await self._answer(first, headers, body)
                if status == 0:
                    return
                said = "".join(f"{name}: {value}\r\n" for name, value in extra.items())
                line = f"HTTP/1.1 {status} X\r\n{said}content-length: {len(answer)}\r\n\r\n"
                writer.write(line.encode() + answer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(
        self, first: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if first.startswith("GET"):
            self.asked += 1
            return (200, {}, self.certificate) if self.certificate else (404, {}, b"")
        opened = unwrap(headers, body, self.identity, self.trusted or None, time.time(), 10**6)
        receipt = mdn.receipt_in(opened, headers, body)
        async with self.arrived:
            if receipt is not None:
                self.receipts.append(mdn.from_report(receipt))
            else:
                self.got.append(Got(headers, body, opened))
            self.arrived.notify_all()
        if receipt is not None:
            return 200, {}, b""
        return await self._acknowledge(headers, opened, self.answers.pop(0) if self.answers else {})

    async def _acknowledge(
        self, headers: dict[str, str], opened: Unwrapped, how: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        if "status" in how:
            return how["status"], how.get("headers", {}), b"later"
        asked = mdn.Asked.of(headers)
        if how.get("never") or not asked.wanted:
            return 200, {}, b""
        receipt_headers, raw = self.receipt(headers, opened, how)
        if asked.post_to:
            for _ in range(how.get("times", 1)):
                task = asyncio.ensure_future(self._post(asked.post_to, receipt_headers, raw))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            return 200, {}, b""
        return 200, receipt_headers, raw

    def receipt(
        self, headers: dict[str, str], opened: Unwrapped, how: dict[str, Any]
    ) -> tuple[dict[str, str], bytes]:
        digest, spelled = mdn.Asked.of(headers).digest(opened.digest)
        said = how.get("said", mdn.PROCESSED)
        value = how.get("mic", mic(opened.checked or b"", digest))
        original = how.get("original", headers["message-id"])
        made = mdn.Receipt(original, said, value, spelled, how.get("text", "Taken."), "GEARBOX")
        signed = mdn.Asked.of(headers).signed and not how.get("unsigned")
        by = how.get("by", self.identity) if signed else None
        found, raw = mdn.write(made, by, "sha256")
        names = {"as2-from": "GEARBOX", "as2-to": "BEARCO", "message-id": "<r@gearbox>"}
        return {**found, **names}, raw

    async def _post(self, url: str, headers: dict[str, str], raw: bytes) -> None:
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            await client.post(url, headers=headers, content=raw)


class Desk:
    """One endpoint on a FakeSide, and how the integration speaks with it."""

    def __init__(self, side: Any, integration: Integration, **settings: Any) -> None:
        self.side = side
        self.integration = integration
        integration.certificate = issued("GEARBOX").certificate_pem
        self.settings = {
            "name": "BEARCO", "peer": "GEARBOX", "port": 0, "url": integration.url + "/as2",
            "certificate": integration.url + "/as2/certificate.pem",
            "retry": {"first": "1ms", "attempts": 3}, **settings,
        }  # fmt: skip
        self.link_in, self.link_out = side.link(NAME, "in"), side.link(NAME, "out")
        self.transport = As2Transport(side)
        self.client = httpx.AsyncClient(trust_env=False, verify=False, timeout=30)
        self.sent = 0

    async def start(self) -> None:
        links: Any = {"in": self.link_in, "out": self.link_out}
        settings = Settings.model_validate(self.settings)
        self.transport.attach(NAME, settings, self.side.contract, links)
        await self.transport.start()
        found = await self.client.get(self.url + "/certificate.pem")
        self.integration.trusted = read_certificates(found.content)

    async def stop(self) -> None:
        await self.transport.stop()
        await self.client.aclose()

    @property
    def url(self) -> str:
        return self.transport.urls()[NAME]

    @property
    def theirs(self) -> Certificate:
        """The partner's certificate."""
        return self.integration.trusted[0]

    # --- the integration sends ---

    def wrapped(
        self, body: bytes = ORDER, how: Wrapping = SIGNED, by: Identity | None = None
    ) -> Wrapped:
        headers = {"Content-Type": "application/edi-x12"}
        return wrap(body, headers, how, "<b@x>", by or ours(), self.theirs)

    def headers(self, wrapped: Wrapped, message_id: str = "", **more: str | None) -> dict[str, str]:
        self.sent += 1
        given: dict[str, str | None] = {
            **wrapped.headers, "as2-version": "1.2", "as2-from": "GEARBOX", "as2-to": "BEARCO",
            "message-id": message_id or f"<{self.sent}@gearbox>",
            "disposition-notification-to": "edi@gearbox",
            "disposition-notification-options": OPTIONS,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}

    async def post(self, wrapped: Wrapped, message_id: str = "", **more: Any) -> httpx.Response:
        headers = self.headers(wrapped, message_id, **more)
        return await self.client.post(self.url, content=wrapped.body, headers=headers)

    def receipt(self, answer: httpx.Response) -> mdn.Receipt:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return mdn.read(headers, answer.content, [self.theirs], time.time())

    async def give(self, body: bytes = ORDER, **more: Any) -> mdn.Receipt:
        """Post an honest message and return its receipt."""
        return self.receipt(await self.post(self.wrapped(body), **more))

    # --- the partner sends ---

    def say(self, body: bytes = ORDER, name: str = "BEARCO-1.edi") -> Message:
        headers = {"content-type": "application/edi-x12"}
        message = Message(NAME, "out", Request("POST", name, "", headers, body))
        message.seq = self.side.journal.append({"kind": "message"})
        self.link_out.put(message, 0)
        return message

    async def delivered(self, message: Message) -> dict[str, Any]:
        """A message's entry once nothing is under way."""
        await self.transport.settled()
        entry: dict[str, Any] = self.side.journal.get(message.seq)
        return entry


def host(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0
