"""What faults do on an HTTP endpoint, as a client on a raw socket sees it."""

import asyncio
import errno
from typing import Any

import pytest

from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.core.timer import monotonic
from simulator.transports.http import HttpTransport

PATH = "/gearbox/wms/x"


@pytest.fixture
def link(side: Any, http: HttpTransport) -> Any:
    return side.links["wms.http.in"]


@pytest.fixture
async def wire(http: HttpTransport, dial: Any) -> Any:
    return await dial(http.urls()["wms.http"])


async def test_a_delay_is_waited_and_the_message_acted_on_after_it(
    side: Any, link: Any, wire: Any
) -> None:
    active = side.apply(link, "latency", delay="60ms")
    began = monotonic()
    wire.ask("POST", PATH, b"{}")
    assert (await wire.answer()).status == 200
    assert 0.06 <= monotonic() - began < 1
    assert next(side.journal.entries())["faults"] == [active.id]


async def test_a_delay_of_the_reply_comes_after_the_deed(side: Any, link: Any, wire: Any) -> None:
    side.apply(link, "latency", delay="1h", side="reply")
    wire.ask("POST", PATH, b"{}")
    await side.entry(outcome="performed")
    side.clear(link)
    assert (await wire.answer()).status == 200


async def test_a_body_drips_until_the_fault_is_cleared(side: Any, link: Any, wire: Any) -> None:
    active = side.apply(link, "slow-body", pace=1)
    wire.ask("POST", PATH, b"{}")
    head = await wire.reader.readuntil(b"\r\n\r\n")
    first = await wire.reader.read(100)
    assert first == b"{"
    assert (await side.entry(outcome="performed"))["faults"] == [active.id]
    side.clear(link)
    length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
    assert await wire.reader.readexactly(length - 1) == b"}"
    wire.ask("POST", PATH, b"{}")
    assert (await wire.answer()).status == 200  # on the same connection


async def test_a_client_that_loses_patience_with_a_slow_body_is_named(
    side: Any, link: Any, wire: Any
) -> None:
    side.apply(link, "slow-body", pace=1)
    wire.ask("POST", PATH, b"{}")
    await wire.reader.readuntil(b"{")
    await wire.close()
    await side.entry(outcome="reply-unread")


async def test_clearing_a_fault_ends_the_waits_it_caused_and_no_others(
    side: Any, link: Any, http: HttpTransport, dial: Any
) -> None:
    side.apply(link, "latency", delay="1h", match={"path": "/long"})
    other = side.apply(link, "latency", delay="100ms")
    wires = [await dial(http.urls()["wms.http"]) for _ in range(2)]
    for wire, path in zip(wires, ("long", "short"), strict=True):
        wire.ask("POST", f"/gearbox/wms/{path}", b"{}")
    began = monotonic()
    assert (await wires[1].answer()).status == 200
    link.faults = [other]
    link.changed()
    assert (await wires[0].answer()).status == 200
    assert monotonic() - began < 5


async def test_a_thousand_delays_at_once_end_when_they_are_due(
    side: Any, link: Any, http: HttpTransport, dial: Any
) -> None:
    side.apply(link, "latency", delay="200ms")
    wires = [await dial(http.urls()["wms.http"]) for _ in range(200)]
    for wire in wires:
        wire.ask("POST", PATH, b"{}")
    began = monotonic()
    await asyncio.gather(*(wire.answer() for wire in wires))
    assert monotonic() - began < 2


async def test_refuse_closes_the_port_until_the_fault_is_cleared(
    side: Any, link: Any, wire: Any, http: HttpTransport, dial: Any
) -> None:
    url = http.urls()["wms.http"]
    wire.ask("GET", PATH)
    await wire.answer()
    side.apply(link, "outage", mode="refuse")
    with pytest.raises(ConnectionResetError):
        await wire.rest()  # kept-alive connections are gone too
    with pytest.raises(OSError, match=r".") as caught:
        await dial(url)
    assert caught.value.errno == errno.ECONNREFUSED
    side.clear(link)
    again = await dial(url)
    again.ask("GET", PATH)
    assert (await again.answer()).status == 200
    assert http.urls()["wms.http"] == url


def test_refuse_on_the_shared_port_is_refused_with_the_cure(http: HttpTransport) -> None:
    fault = registry("faults", Fault).get("outage").model_validate({"mode": "refuse"})
    assert http.cannot("wms.http", "in", fault) is None
    assert "port: 8091" in str(http.cannot("mes.http", "in", fault))
    reset = registry("faults", Fault).get("outage").model_validate({"mode": "reset"})
    assert http.cannot("mes.http", "in", reset) is None


async def test_reset_resets(side: Any, link: Any, wire: Any) -> None:
    side.apply(link, "outage", mode="reset")
    wire.ask("POST", PATH, b"{}")
    with pytest.raises(ConnectionResetError):
        await wire.rest()
    assert side.outcomes() == ["reset"]
    assert side.performed == []


async def test_close_ends_in_good_order_without_a_byte(side: Any, link: Any, wire: Any) -> None:
    side.apply(link, "outage", mode="close")
    wire.ask("POST", PATH, b"{}")
    assert await wire.rest() == b""
    assert side.outcomes() == ["closed"]


async def test_hang_answers_nothing_until_the_fault_is_cleared(
    side: Any, link: Any, wire: Any
) -> None:
    side.apply(link, "outage", mode="hang")
    wire.ask("POST", PATH, b"{}")
    await side.entry(outcome="hung")
    waiting = asyncio.ensure_future(wire.rest())
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    side.clear(link)
    assert await waiting == b""
    assert side.performed == []


async def test_hang_ends_when_the_client_goes(
    side: Any, link: Any, wire: Any, http: HttpTransport
) -> None:
    side.apply(link, "outage", mode="hang")
    wire.ask("POST", PATH, b"{}")
    await side.entry(outcome="hung")
    await wire.close()
    door = http._places._stands["wms.http"].door
    await side.until(lambda: not door._waiting)


async def test_status_and_maintenance_answer_in_the_system_s_stead(
    side: Any, link: Any, wire: Any
) -> None:
    side.apply(link, "outage", mode="status", status=502, retry_after="90s")
    wire.ask("POST", PATH, b"{}")
    answer = await wire.answer()
    assert (answer.status, answer.headers["retry-after"]) == (502, "90")
    assert answer.headers["content-type"] == "application/problem+json"
    side.clear(link)
    side.apply(link, "outage", mode="maintenance")
    wire.ask("POST", PATH, b"{}")
    answer = await wire.answer()
    assert (answer.status, answer.body[:15]) == (503, b"<!doctype html>")
    assert side.outcomes() == ["answered", "answered"]
    assert side.performed == []


async def test_a_dropped_request_is_not_acted_on(side: Any, link: Any, wire: Any) -> None:
    side.apply(link, "drop")
    wire.ask("POST", PATH, b"{}")
    await side.entry(outcome="dropped")
    side.clear(link)
    waiting = asyncio.ensure_future(wire.rest())
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done  # lost is lost
    waiting.cancel()
    assert side.performed == []


async def test_a_dropped_reply_was_acted_on(side: Any, link: Any, wire: Any) -> None:
    side.apply(link, "drop", side="reply")
    wire.ask("POST", PATH, b"{}")
    entry = await side.entry(outcome="reply-dropped")
    assert entry["status"] == 200
    assert len(side.performed) == 1


async def test_a_duplicate_is_acted_on_twice_and_answered_once(
    side: Any, link: Any, wire: Any
) -> None:
    side.apply(link, "duplicate", copies=2, first=1)
    for n in range(2):
        wire.ask("POST", PATH, b"%d" % n)
        assert (await wire.answer()).body == b"%d" % n
    assert [request.body for request in side.performed] == [b"0", b"0", b"0", b"1"]
    assert [entry.get("copy") for entry in side.journal.entries()] == [None, 1, 2, None]


async def test_reorder_lets_so_many_later_ones_go_first(
    side: Any, link: Any, http: HttpTransport, dial: Any
) -> None:
    side.apply(link, "reorder", by=2, patience="1h", first=1)
    wires = [await dial(http.urls()["wms.http"]) for _ in range(4)]
    for n, wire in enumerate(wires):
        wire.ask("POST", PATH, b"%d" % n)
        await side.journal.wait(_any(), count=n + 1)
    await asyncio.gather(*(wire.answer() for wire in wires))
    assert [request.body for request in side.performed][:2] == [b"1", b"2"]


async def test_reorder_has_patience_only_for_so_long(side: Any, link: Any, wire: Any) -> None:
    side.apply(link, "reorder", by=5, patience="30ms")
    wire.ask("POST", PATH, b"{}")
    assert (await wire.answer()).status == 200


async def test_a_truncated_reply_promises_more_than_it_brings(
    side: Any, link: Any, wire: Any
) -> None:
    side.apply(link, "truncate", fraction=0.5)
    wire.ask("POST", PATH, b"0123456789")
    raw = await wire.rest()
    assert b"content-length: 10\r\n" in raw
    assert raw.endswith(b"\r\n\r\n01234")


async def test_a_client_that_gave_up_is_said_so(
    side: Any, link: Any, http: HttpTransport, dial: Any
) -> None:
    side.apply(link, "latency", delay="1h")
    wire = await dial(http.urls()["wms.http"])
    wire.ask("POST", PATH, b"{}")
    await side.journal.wait(_any())
    await wire.close()
    connections = http._places._stands["wms.http"].own._state.connections
    await side.until(lambda: not connections)
    side.clear(link)
    await side.entry(outcome="reply-unread")
    assert len(side.performed) == 1  # the bytes had arrived: it was acted on all the same


async def test_stopping_ends_what_waits(
    side: Any, link: Any, wire: Any, http: HttpTransport
) -> None:
    side.apply(link, "latency", delay="1h")
    wire.ask("POST", PATH, b"{}")
    await side.journal.wait(_any())
    await http.stop()
    assert await wire.rest() == b""
    assert side.performed == []


def _any() -> Any:
    from simulator.core.match import Match

    return Match({})
