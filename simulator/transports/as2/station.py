"""The door of one partner's AS2 station: messages in, receipts back, and receipts that come late.

A message counts once its receipt has left, and what the receipt vouches for is on disk by then:
the plant, what was done to it, and the Message-ID are saved in one piece. Killed before that, none
of it has happened, and the sender sends again; killed after it, the message sent again is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import orjson

from simulator.core.errors import JournalFull, Refusal, Violation
from simulator.core.link import Link
from simulator.core.message import Reply, Request
from simulator.core.ports import Arrival, Contract, Side
from simulator.core.routes import problem
from simulator.core.timer import wall_clock
from simulator.transports.as2 import mdn
from simulator.transports.as2.awaited import Awaited
from simulator.transports.as2.failure import As2Failure, NotAs2, UnknownSigner
from simulator.transports.as2.identity import Certificate, Identity
from simulator.transports.as2.keys import Theirs, certificate_pem
from simulator.transports.as2.message import Unwrapped, unwrap
from simulator.transports.as2.receipts import Postman, Receipts, Taken, unquoted
from simulator.transports.as2.settings import Settings
from simulator.transports.as2.web import Unavailable
from simulator.transports.http.endpoint import HttpEndpoint, journal_full
from simulator.transports.http.wire import Wire

CERTIFICATE = "/certificate.pem"
_LONGEST_ID = 998  # characters of a Message-ID: a line of a message (RFC 5322 2.1.1)
_TAKEN = "as2"  # under which a message keeps what it is


class Station(HttpEndpoint):
    """Serves one partner's URL."""

    def __init__(
        self,
        name: str,
        side: Side,
        contract: Contract,
        link: Link,
        settings: Settings,
        ours: Callable[[str], Identity],
        awaited: Awaited,
        receipts: Receipts,
    ) -> None:
        super().__init__(name, side, contract, link, settings.body_limit)
        self._settings = settings
        self._ours = ours
        self._awaited = awaited
        self._receipts = receipts
        self.theirs: Theirs | None = None  # while started
        self.postman: Postman | None = None  # likewise

    def changed(self) -> None:
        super().changed()
        if self.postman is not None:
            self.postman.changed()

    async def stop(self) -> None:
        """End the requests that still wait, and the receipts that have not left."""
        await super().stop()
        if self.postman is not None:
            await self.postman.stop()

    # --- what comes ---

    def serve(self, wire: Wire, request: Request) -> Coroutine[Any, Any, None] | None:
        if request.method in ("GET", "HEAD") and request.path == CERTIFICATE:
            pem = certificate_pem(self._ours(""))
            wire.send(Reply(200, {"content-type": "application/x-pem-file"}, pem))
            return None
        if request.method != "POST":
            detail = "messages are posted here; GET certificate.pem is the partner's certificate"
            allowed = [Violation("", "POST")]
            wire.send(problem(Refusal(detail, "method-not-allowed", 405, allowed), request.path))
            return None
        assert self.theirs is not None
        if self.theirs.complete:
            return self._take(wire, request, self.theirs.trusted)
        return self._fetch_and_take(wire, request)

    async def _fetch_and_take(self, wire: Wire, request: Request) -> None:
        """The certificate of the integration has to be fetched first."""
        assert self.theirs is not None
        try:
            trusted = await self.theirs.fetched()
        except Unavailable as unavailable:
            detail = f"the sender's certificate is not to be had: {unavailable}"
            self._refuse(wire, request, Refusal(detail, code="no-certificate", status=503))
            return
        rest = self._take(wire, request, trusted)
        if rest is not None:
            await rest

    def _take(
        self,
        wire: Wire,
        request: Request,
        trusted: list[Certificate] | None,
        *,
        for_good: bool = False,
    ) -> Coroutine[Any, Any, None] | None:
        """Take a message's layers off and see what it is."""
        lacking = [
            one for one in ("as2-from", "as2-to", "message-id") if one not in request.headers
        ]
        try:
            if lacking:
                raise NotAs2(f"an AS2 message has the header {lacking[0]}")
            if len(request.headers["message-id"]) > _LONGEST_ID:
                raise NotAs2(f"a Message-ID is at most {_LONGEST_ID} characters long")
            opened = unwrap(
                request.headers, request.body, self._ours(""), trusted, wall_clock(),
                self.body_limit,
            )  # fmt: skip
        except NotAs2 as bad:
            self._refuse(wire, request, Refusal(str(bad), code="not-as2", status=400))
            return None
        if isinstance(opened.failure, UnknownSigner) and not for_good:
            return self._ask_again(wire, request)
        receipt = mdn.receipt_in(opened, request.headers, request.body)
        if receipt is not None:
            self._receipt(wire, request, receipt)
            return None
        taken = Taken(
            request.headers["message-id"].strip(), opened, mdn.Asked.of(request.headers),
            self._failure(request.headers, opened),
        )  # fmt: skip
        return self._converse(wire, _inner(request, opened), **{_TAKEN: taken})

    async def _ask_again(self, wire: Wire, request: Request) -> None:
        """The sender may have a new certificate."""
        assert self.theirs is not None
        await self.theirs.asked_again()
        rest = self._take(wire, request, self.theirs.trusted, for_good=True)
        if rest is not None:
            await rest

    def _failure(self, headers: Mapping[str, str], opened: Unwrapped) -> As2Failure | None:
        """Why a message cannot be taken, before anybody looks at its payload."""
        given = self._settings
        names = (unquoted(headers["as2-from"]), unquoted(headers["as2-to"]))
        if names != (given.peer, given.name):
            what = f"here {given.name} hears {given.peer}, not {names[1]} {names[0]}"
            return As2Failure("unknown-trading-relationship", what[:200])
        if opened.failure is not None:
            return opened.failure
        for layer in given.require:
            if layer not in opened.layers:
                return As2Failure("insufficient-message-security", f"it is not {layer}")
        return None

    def _refuse(self, wire: Wire, request: Request, refusal: Refusal) -> None:
        """No AS2 message: answered as HTTP is."""
        reply = problem(refusal, request.path)
        try:
            arrival = self._side.arrive(self.name, request)
            self._side.finish(arrival, "refused", reply)
            self._side.note(arrival.message, error=str(refusal))
        except JournalFull as full:
            reply = journal_full(full, request)
        wire.send(reply)

    # --- a message ---

    def _perform(self, arrival: Arrival) -> Reply:
        taken: Taken = arrival.message.extra[_TAKEN]
        failure, outcome = taken.failure, "refused"
        said, text = mdn.PROCESSED, "The message was taken."
        if failure is None and taken.asked.wanted and taken.asked.trouble:
            said, text = f"failed/failure: {taken.asked.trouble}", "no such receipt can be given"
        elif failure is None and not arrival.message.copy and (before := self._before(taken)):
            if before != _digest(taken):
                what = "this Message-ID was used for another message"
                failure = As2Failure("unexpected-processing-error", what)
            else:
                outcome = "replayed"  # nothing is done again
                if self._settings.duplicates == "warning":
                    said, text = mdn.DUPLICATE, "The message was taken before."
        elif failure is None:
            outcome = ""  # the system says what came of it
            failure = _refused(super()._perform(arrival))
            if failure is None:
                self._remember(taken)
        if failure is not None:
            said, text = f"processed/error: {failure.disposition}", failure.what
        good = failure is None and not said.startswith("failed")
        reply = self._answer(arrival, taken, said, text, good=good)
        if outcome:
            self._side.finish(arrival, outcome, reply)
        keys = {**arrival.message.keys, "message_id": [taken.id]}
        self._side.note(arrival.message, keys=keys)
        if not good:
            self._side.note(arrival.message, error=f"{said}: {text}")
        return reply

    def _answer(self, arrival: Arrival, taken: Taken, said: str, text: str, *, good: bool) -> Reply:
        """The HTTP answer; receipts that travel by themselves are laid ready."""
        known: dict[str, Any] = {"message_id": taken.id, "layers": taken.opened.layers}
        if taken.opened.by is not None:
            known["signer"] = taken.opened.by.name
        if not taken.asked.wanted:
            self._side.note(arrival.message, as2={**known, "receipt": said, "how": "not-asked-for"})
            if good:
                return Reply(200)
            refusal = Refusal(text, code=said.rpartition(" ")[2], status=400)
            return problem(refusal, arrival.message.request.path)
        leaving, told = self._receipts.write(taken, arrival.treatment, said, text)
        self._side.note(arrival.message, as2={**known, **told})
        if taken.asked.post_to:
            taken.posts = leaving
        elif leaving:
            return Reply(200, dict(leaving[0].headers), leaving[0].body)
        return Reply(200)

    async def _kept(self) -> None:
        await self._side.secured()

    async def _dawdle(self, arrival: Arrival) -> None:
        await super()._dawdle(arrival)
        taken: Taken | None = arrival.message.extra.get(_TAKEN)
        if taken is not None and not taken.asked.post_to and self.postman is not None:
            await self.postman.dawdle(arrival.treatment, taken)

    def _answered(self, arrival: Arrival) -> None:
        taken: Taken | None = arrival.message.extra.get(_TAKEN)
        if taken is not None and taken.posts and self.postman is not None:
            self.postman.send(arrival.message, arrival.treatment, taken)

    # --- Message-IDs ---

    def _seen(self) -> dict[str, str]:
        seen: dict[str, str] = self._side.memory(self.name).setdefault("seen", {})
        return seen

    def _before(self, taken: Taken) -> str:
        """The digest of what came under this Message-ID before; empty where nothing did."""
        return self._seen().get(taken.id, "")

    def _remember(self, taken: Taken) -> None:
        seen = self._seen()
        seen[taken.id] = _digest(taken)
        while len(seen) > self._settings.remembers:
            seen.pop(next(iter(seen)))

    # --- receipts that come by themselves ---

    def _receipt(self, wire: Wire, request: Request, opened: Unwrapped) -> None:
        """A receipt for something that was sent from here."""
        trouble = self._awaited.came(opened)
        if trouble:
            try:
                arrival = self._side.arrive(self.name, request)
                self._side.finish(arrival, "unexpected-receipt", Reply(200))
                self._side.note(arrival.message, error=trouble)
            except JournalFull as full:
                wire.send(journal_full(full, request))
                return
        wire.send(Reply(200))


def _inner(request: Request, opened: Unwrapped) -> Request:
    """A message as its contract sees it: the payload under its own Content-Type."""
    if opened.failure is not None:
        return request
    outer = {
        name: value for name, value in request.headers.items() if not name.startswith("content-")
    }
    own = {name: value for name, value in opened.headers.items() if name.startswith("content-")}
    own.pop("content-transfer-encoding", None)
    return replace(request, headers={**outer, **own}, body=opened.payload)


def _digest(taken: Taken) -> str:
    return hashlib.blake2b(taken.opened.payload, digest_size=12).hexdigest()


def _refused(reply: Reply) -> As2Failure | None:
    """What the system says no to, as a receipt says it."""
    if reply.status < 400:
        return None
    text = f"refused ({reply.status})"
    try:
        said = orjson.loads(reply.body)
        text = str(said["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    return As2Failure("unexpected-processing-error", text[:300])
