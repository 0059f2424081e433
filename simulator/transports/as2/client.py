"""One attempt to deliver a message by AS2, and whether its receipt proves that it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulator.core.durations import SECOND
from simulator.core.errors import JournalFull
from simulator.core.link import Treatment
from simulator.core.message import Message
from simulator.core.ports import Side
from simulator.core.timer import wall_clock
from simulator.transports._delivery import Attempt
from simulator.transports.as2 import mdn
from simulator.transports.as2.awaited import Awaited, Proof, Sent, judged
from simulator.transports.as2.failure import As2Failure, NotAs2, UnknownSigner
from simulator.transports.as2.identity import Identity
from simulator.transports.as2.keys import Theirs
from simulator.transports.as2.message import DIGEST_NAMES, Wrapped, unwrap, wrap
from simulator.transports.as2.receipts import VERSION, domain, quoted
from simulator.transports.as2.settings import RECEIPT, Settings
from simulator.transports.as2.web import Answer, Unavailable, Web

ID = "message_id"  # under which a message keeps its Message-ID
_SAID = 200  # characters of an error answer that are kept


class Client:
    """Sends one partner's messages to the integration."""

    def __init__(
        self,
        side: Side,
        settings: Settings,
        url: str | None,
        receipt_url: str,
        ours: Callable[[str], Identity],
        theirs: Theirs,
        awaited: Awaited,
        web: Web,
        number: Callable[[], int],
    ) -> None:
        self._side = side
        self._settings = settings
        self._url = url
        self._receipt_url = receipt_url
        self._ours = ours
        self._theirs = theirs
        self._awaited = awaited
        self._web = web
        self._number = number

    def identify(self, message: Message) -> None:
        """Give the message its Message-ID: the same for every attempt and every duplicate."""
        self._id(message)

    def _id(self, message: Message) -> str:
        given: str = message.extra.setdefault(
            ID, f"<{self._number()}.{message.seq}@{domain(self._settings.name)}>"
        )
        return given

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Deliver `body` (the message's, or what a fault left of it) once. Never raises."""
        if self._url is None:
            return Attempt("request", error="the endpoint has no url to deliver to")
        name = self._id(message)
        if message.attempts <= 1:
            keys = {**message.keys, ID: [name]}
            self._side.note(message, keys=keys, as2={ID: name})
        attempt = await self._attempt(message, name, body, treatment)
        if not attempt.failure or message.attempts >= self._settings.retry.attempts:
            self._awaited.forget(name)  # nothing more is sent, whatever comes
        return attempt

    async def _attempt(
        self, message: Message, name: str, body: bytes, treatment: Treatment
    ) -> Attempt:
        try:
            wrapped = await self._wrapped(message, name, body, treatment)
            # a Message-ID and control numbers that the other side remembers outlive a kill -9
            await self._side.secured()
            proof, status = await self._proof(message, name, wrapped)
        except Unavailable as unavailable:
            return Attempt(unavailable.failure, error=str(unavailable))
        except As2Failure as failure:
            return Attempt("request", error=str(failure))
        except JournalFull as full:
            return Attempt("connection", error=str(full))
        except _Refused as refused:
            answer = refused.answer
            return Attempt(str(answer.status), answer.status, str(refused), answer.retry_after)
        self._side.note(message, as2={ID: name, **proof.told})
        return Attempt(proof.failure, status, proof.error)

    async def _wrapped(
        self, message: Message, name: str, body: bytes, treatment: Treatment
    ) -> Wrapped:
        given = self._settings
        theirs = await self._theirs.for_encryption() if given.encrypt != "none" else None
        shown = treatment.extra.get("certificate") or {}
        request = message.request
        headers = {"Content-Type": request.headers.get("content-type", "application/octet-stream")}
        file = request.path.rpartition("/")[2]
        if file:
            headers["Content-Disposition"] = f'attachment; filename="{file}"'
        ours = self._ours(str(shown.get("mode", "")))
        return wrap(body, headers, given.wrapping, name, ours, theirs)

    def _headers(self, message: Message, name: str, wrapped: Wrapped) -> dict[str, str]:
        given = self._settings
        headers = {
            **wrapped.headers,
            "as2-version": VERSION,
            "as2-from": quoted(given.name),
            "as2-to": quoted(given.peer),
            "message-id": name,
            "mime-version": "1.0",
            "subject": message.document or "message",
        }
        if given.receipt != "none":
            headers["disposition-notification-to"] = f"edi@{domain(given.name)}"
            if given.signed_receipt:
                digest = "sha256" if given.sign == "none" else given.sign
                headers["disposition-notification-options"] = (
                    "signed-receipt-protocol=optional, pkcs7-signature; "
                    f"signed-receipt-micalg=optional, {DIGEST_NAMES[digest]}"
                )
        if given.receipt == "async":
            headers["receipt-delivery-option"] = self._receipt_url
        return headers

    async def _proof(self, message: Message, name: str, wrapped: Wrapped) -> tuple[Proof, int]:
        """Post, and see what the receipt proves. Raises Unavailable, or _Refused."""
        assert self._url is not None
        given = self._settings
        sent = Sent(name, wrapped.checked, given.signed_receipt)
        coming: asyncio.Future[Proof] | None = None
        if given.receipt == "async":
            coming = self._awaited.expect(sent)
            if coming.done() and not message.copy:  # it came after the last attempt had given up
                return coming.result(), 200
        answer = await self._web.post(
            self._url, self._headers(message, name, wrapped), wrapped.body
        )
        if not answer.good:
            raise _Refused(answer)
        if given.receipt == "none":
            return Proof(), answer.status
        if coming is None or answer.headers.get("content-type", "").startswith("multipart/"):
            return await self._judged(sent, answer), answer.status
        try:
            async with asyncio.timeout(given.receipt_timeout / SECOND):
                proof = await asyncio.shield(coming)
        except TimeoutError:
            raise Unavailable("no receipt came in time", "timeout") from None
        return proof, answer.status

    async def _judged(self, sent: Sent, answer: Answer) -> Proof:
        """What the receipt in an answer proves."""
        if not answer.body.strip():
            return Proof(RECEIPT, "there is no receipt in the answer")
        try:
            trusted = await self._theirs.fetched()
            opened = unwrap(answer.headers, answer.body, None, trusted, wall_clock(), mdn.LIMIT)
            if isinstance(opened.failure, UnknownSigner) and await self._theirs.asked_again():
                trusted = self._theirs.trusted
                opened = unwrap(answer.headers, answer.body, None, trusted, wall_clock(), mdn.LIMIT)
            found = mdn.receipt_in(opened, answer.headers, answer.body)
            if found is None:
                return Proof(
                    RECEIPT, f"the answer is no receipt: {opened.failure or 'another thing'}"
                )
            return judged(sent, mdn.from_report(found), found.failure)
        except NotAs2 as bad:
            return Proof(RECEIPT, f"the answer is no receipt: {bad}")

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()


class _Refused(Exception):
    """An answer whose status is no success."""

    def __init__(self, answer: Answer) -> None:
        said = answer.body[:_SAID].decode("utf-8", "replace").strip()
        super().__init__(f"answered {answer.status}" + (f": {said}" if said else ""))
        self.answer = answer
