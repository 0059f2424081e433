"""A mailbox, live, and the integration at its other end."""

import asyncio
from typing import Any

import httpx

from simulator.core.message import Message, Request
from simulator.core.ports import Call
from simulator.transports.mailbox import MailboxTransport, Settings

NAME = "edi.bearco"
PATH = "/gearbox/edi/bearco"
ORDER = b"ISA*00*an order~"
ANEW = httpx.Limits(max_keepalive_connections=0)  # each request on a connection of its own


class Desk:
    """One mailbox, live, and the integration at its other end."""

    def __init__(self, side: Any, **settings: Any) -> None:
        self.side = side
        self.settings = {"port": 0, **settings}
        self.link_in = side.link(NAME, "in")
        self.link_out = side.link(NAME, "out")
        self.transport = MailboxTransport(side)
        self.client = httpx.AsyncClient(trust_env=False, timeout=10, limits=ANEW)
        side.contract.decode = lambda request: Call("receive", None, {}, context=request)
        side.durable = True

    async def start(self) -> None:
        links: dict[Any, Any] = {"in": self.link_in, "out": self.link_out}
        settings = Settings.model_validate(self.settings)
        self.transport.attach(NAME, settings, self.side.contract, links)
        await self.transport.start()

    @property
    def url(self) -> str:
        return self.transport.urls()[NAME]

    async def ask(self, method: str, path: str = "", body: bytes = b"", **more: Any) -> Any:
        return await self.client.request(method, self.url + path, content=body, **more)

    async def names(self) -> list[str]:
        return [one["name"] for one in (await self.ask("GET")).json()["items"]]

    def say(self, body: bytes, name: str = "ASN.edi") -> Message:
        headers = {"content-type": "application/edi-x12"}
        message = Message(NAME, "out", Request("POST", name, "", headers, body))
        message.seq = self.side.journal.append({"kind": "message", "file": name})
        self.link_out.put(message, 0)
        return message

    async def lies(self, body: bytes = b"ASN", name: str = "ASN.edi") -> Message:
        """The partner says something, and it lies in the mailbox."""
        message = self.say(body, name)
        await self.there(str(message.extra.get("file", name)))
        return message

    async def there(self, name: str = "ASN.edi") -> None:
        async with asyncio.timeout(5):
            while name not in await self.names():
                pass

    async def stop(self) -> None:
        await self.transport.stop()
        await self.client.aclose()
