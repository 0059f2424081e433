"""What faults do on the wire: receipts, certificates, connections, doubled and lost messages."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from simulator.core.link import Hold
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.transports.as2 import mdn
from simulator.transports.as2.failure import As2Failure
from tests.transports.as2.desk import NAME, ORDER, Integration

TAKEN, AGAIN = "processed", "processed/warning: duplicate-document"


# --- receipts ---


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "unsigned"}, "processed"),
        ({"mode": "wrong-mic"}, "processed"),
        ({"mode": "wrong-message-id"}, "processed"),
        ({"mode": "error", "error": "integrity-check-failed"},
         "processed/error: integrity-check-failed"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_spoiled_receipt_is_spoiled_in_one_way_only(
    side: Any, open_desk: Any, integration: Integration, given: dict[str, Any], said: str, how: str
) -> None:
    desk = await open_desk()
    active = side.apply(desk.link_in, "receipt", first=1, **given)
    more = {"receipt_delivery_option": integration.url} if how == "async" else {}
    wrapped = desk.wrapped()

    async def receipt(number: int) -> mdn.Receipt:
        answer = await desk.post(wrapped, "<1@x>", **more)
        if how == "sync":
            return desk.receipt(answer)  # type: ignore[no-any-return]
        await integration.has(receipts=number)
        return integration.receipts[number - 1]

    first = await receipt(1)
    assert first.disposition == said
    assert first.signed is (given["mode"] != "unsigned")
    assert first.vouches_for(wrapped.checked) is (given["mode"] != "wrong-mic")
    assert (first.original == "<1@x>") is (given["mode"] != "wrong-message-id")
    assert side.performed[0].body == ORDER  # the message itself was taken
    entry = side.journal.get(1)
    assert entry["faults"] == [active.id]
    assert entry["as2"]["receipt"] == said
    # sent again, it is not done twice, and its receipt is good
    second = await receipt(2)
    assert (second.disposition, second.signed, second.original) == (AGAIN, True, "<1@x>")
    assert len(side.performed) == 1


async def test_a_receipt_that_never_comes(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "receipt", mode="never", first=2)
    answer = await desk.post(desk.wrapped(), "<1@x>")
    assert (answer.status_code, answer.content) == (200, b"")
    answer = await desk.post(desk.wrapped(), "<2@x>", receipt_delivery_option=integration.url)
    assert (answer.status_code, answer.content) == (200, b"")
    await desk.transport.settled()
    assert integration.receipts == []
    assert (await desk.give(message_id="<1@x>")).disposition == AGAIN


async def test_a_receipt_cut_off_is_lost_after_the_message_was_taken(
    side: Any, open_desk: Any
) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "receipt", mode="cut", first=1)
    with pytest.raises(httpx.ReadError):
        await desk.post(desk.wrapped(), "<1@x>")
    assert side.outcomes() == ["reply-reset"]
    assert (await desk.give(message_id="<1@x>")).disposition == AGAIN
    assert len(side.performed) == 1


@pytest.mark.parametrize("how", ["sync", "async"])
async def test_a_late_receipt_waits_and_comes_once_the_fault_is_cleared(
    side: Any, open_desk: Any, integration: Integration, how: str
) -> None:
    desk = await open_desk()
    active = side.apply(desk.link_in, "receipt", mode="late", delay="1h")
    more = {"receipt_delivery_option": integration.url} if how == "async" else {}
    posting = asyncio.ensure_future(desk.post(desk.wrapped(), **more))
    await side.until(lambda: active.touched == 1 and len(side.performed) == 1)
    assert integration.receipts == []
    side.clear(desk.link_in)
    answer = await posting
    if how == "sync":
        assert desk.receipt(answer).disposition == TAKEN
    else:
        await integration.has(receipts=1)
        assert integration.receipts[0].disposition == TAKEN


async def test_a_late_receipt_is_late_by_so_much(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "receipt", mode="late", delay="100ms")
    began = time.monotonic()
    assert (await desk.give()).disposition == TAKEN
    assert time.monotonic() - began >= 0.1


async def test_a_receipt_that_comes_twice(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "receipt", mode="twice")
    await desk.post(desk.wrapped(), receipt_delivery_option=integration.url)
    await integration.has(receipts=2)
    assert integration.receipts[0] == integration.receipts[1]


async def test_late_receipts_do_not_outlive_the_endpoint(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "receipt", mode="late", delay="1h")
    await desk.post(desk.wrapped(), receipt_delivery_option=integration.url)
    await desk.transport.stop()
    await desk.transport.settled()
    assert integration.receipts == []


# --- certificates ---


@pytest.mark.parametrize(
    "mode", ["expired", "not-yet-valid", "wrong-host", "untrusted", "unknown-signer"]
)
async def test_messages_signed_with_a_certificate_that_must_not_be_trusted(
    side: Any, open_desk: Any, integration: Integration, mode: str
) -> None:
    desk = await open_desk()
    integration.answers = [{"said": "processed/error: authentication-failed"}]
    side.apply(desk.link_out, "certificate", mode=mode, first=1)
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 2)
    first, second = integration.got
    assert first.opened.failure is not None
    assert first.opened.failure.disposition == "authentication-failed"
    assert second.opened.failure is None


async def test_receipts_signed_by_a_stranger(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "certificate", mode="unknown-signer", first=1)
    answer = await desk.post(desk.wrapped(), "<1@x>")
    with pytest.raises(As2Failure, match="not trusted"):
        desk.receipt(answer)
    assert (await desk.give(message_id="<1@x>")).disposition == AGAIN


# --- messages and connections ---


@pytest.mark.parametrize(
    ("kind", "given", "status"),
    [("outage", {"status": 503, "retry_after": "1s"}, 503), ("error-rate", {"status": 500}, 500)],
)
async def test_errors_in_the_stations_stead(
    side: Any, open_desk: Any, kind: str, given: dict[str, Any], status: int
) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, kind, first=1, **given)
    assert (await desk.post(desk.wrapped(), "<1@x>")).status_code == status
    assert side.performed == []
    assert (await desk.give(message_id="<1@x>")).disposition == TAKEN


async def test_refused_connections_on_its_own_port(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    url = desk.url
    side.apply(desk.link_in, "outage", mode="refuse")
    async with httpx.AsyncClient(trust_env=False) as another:
        with pytest.raises(httpx.ConnectError):
            await another.post(url, content=b"x")
    side.clear(desk.link_in)
    assert (await desk.give()).disposition == TAKEN


async def test_the_integrations_port_is_refused_without_one_of_its_own(
    side: Any, open_desk: Any
) -> None:
    desk = await open_desk(port=None)
    refusing = registry("faults", Fault).get("outage").model_validate({"mode": "refuse"})
    assert "port of its own" in (desk.transport.cannot(NAME, "in", refusing) or "")
    assert desk.transport.cannot(NAME, "out", refusing) is None
    side.apply(desk.link_out, "outage", mode="refuse", first=1)
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 2)


async def test_a_doubled_message_reaches_the_system_twice(side: Any, open_desk: Any) -> None:
    """As behind a queue that delivers at least once: there the control number has to help."""
    desk = await open_desk()
    side.apply(desk.link_in, "duplicate", first=1)
    assert (await desk.give()).disposition == TAKEN
    assert [one.body for one in side.performed] == [ORDER, ORDER]


async def test_a_lost_answer_does_nothing_twice(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, "drop", side="reply", first=1)
    with pytest.raises(httpx.TimeoutException):
        await desk.client.post(
            desk.url, content=(wrapped := desk.wrapped()).body,
            headers=desk.headers(wrapped, "<1@x>"), timeout=0.2,
        )  # fmt: skip
    assert (await desk.give(message_id="<1@x>")).disposition == AGAIN
    assert len(side.performed) == 1


@pytest.mark.parametrize(
    ("kind", "given"), [("truncate", {"fraction": 0.5}), ("slow-body", {"pace": 1})]
)
async def test_receipts_that_do_not_arrive_whole(
    side: Any, open_desk: Any, kind: str, given: dict[str, Any]
) -> None:
    desk = await open_desk()
    side.apply(desk.link_in, kind, **given)
    wrapped = desk.wrapped()
    with pytest.raises((httpx.RemoteProtocolError, httpx.TimeoutException)):
        await desk.client.post(
            desk.url, content=wrapped.body, headers=desk.headers(wrapped), timeout=0.3
        )
    assert len(side.performed) == 1


async def test_faults_of_what_is_sent(side: Any, open_desk: Any, integration: Integration) -> None:
    desk = await open_desk()
    side.apply(desk.link_out, "duplicate", first=1)
    assert (await desk.delivered(desk.say(b"twice")))["outcome"] == "delivered"
    first, second = integration.got
    assert first.headers["message-id"] == second.headers["message-id"]
    side.clear(desk.link_out)
    side.apply(desk.link_out, "truncate", bytes=5, first=1)
    assert (await desk.delivered(desk.say(b"0123456789")))["outcome"] == "delivered"
    assert integration.got[-1].opened.payload == b"01234"
    side.clear(desk.link_out)
    side.apply(desk.link_out, "drop", first=1)
    assert (await desk.delivered(desk.say(b"lost")))["outcome"] == "dropped"
    side.clear(desk.link_out)
    side.apply(desk.link_out, "outage", mode="reset", first=1)
    entry = await desk.delivered(desk.say(b"later"))
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 2)
    assert len(integration.got) == 4


async def test_messages_overtake_each_other(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    side.apply(desk.link_out, "reorder", by=1, first=1)
    desk.link_out.hold = Hold(0)
    for body in (b"one", b"two"):
        desk.say(body)
    desk.link_out.ready.extend(message for _, message in desk.link_out.queue)
    desk.link_out.queue.clear()
    desk.link_out.hold = None
    desk.link_out.changed()
    await desk.transport.settled()
    assert [one.opened.payload for one in integration.got] == [b"two", b"one"]
