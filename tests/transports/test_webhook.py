"""The webhook transport against a real receiver."""

import asyncio
import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from simulator.core.chance import Stream
from simulator.core.errors import Mistake
from simulator.core.link import Hold
from simulator.transports._delivery.post import retry_after
from simulator.transports.webhook import Retry, Settings, WebhookTransport

FAST = {"first": "1ms", "max": "5ms"}


class Post:
    """One webhook endpoint, delivering."""

    def __init__(self, side: Any, url: str, **given: Any) -> None:
        self.side = side
        self.link = side.link("mes.events", "out")
        self.transport = WebhookTransport(side)
        settings = Settings.model_validate({"url": url, "retry": FAST, **given})
        self.transport.attach("mes.events", settings, side.contract, {"out": self.link})

    def say(self, *bodies: bytes) -> None:
        for body in bodies:
            self.side.say(self.link, body)


@pytest.fixture
async def post(side: Any, partner: Any) -> AsyncIterator[Any]:
    posts = []

    async def make(url: str = "", **given: Any) -> Post:
        made = Post(side, url or partner.url + "/events", **given)
        posts.append(made)
        await made.transport.start()
        return made

    yield make
    for made in posts:
        await made.transport.stop()


async def settled(post: Post) -> None:
    async with asyncio.timeout(10):
        await post.transport.settled()


async def test_messages_arrive_in_order_on_one_connection(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post(headers={"X-Plant": "gearbox"})
    bodies = [b"%d" % n for n in range(20)]
    one.say(*bodies)
    await settled(one)
    assert partner.bodies == bodies
    assert partner.connections == 1
    assert partner.got[0][0]["x-plant"] == "gearbox"
    assert set(partner.paths) == {"/events"}
    assert side.outcomes() == ["delivered"] * 20
    assert one.link.depth == 0


async def test_names_in_urls_and_headers_are_filled_in(side: Any, partner: Any, post: Any) -> None:
    side.targets = {"ERP_URL": partner.url, "TOKEN": "abc"}
    one = await post("${ERP_URL}/mes", headers={"authorization": "Bearer ${TOKEN}"})
    one.say(b"{}")
    await settled(one)
    assert partner.got[0][0]["authorization"] == "Bearer abc"
    assert one.transport.urls() == {"mes.events": partner.url + "/mes"}


async def test_an_unknown_name_or_a_bad_url_is_a_mistake(side: Any) -> None:
    with pytest.raises(Mistake):
        await Post(side, "${NOBODY}/x").transport.start()
    with pytest.raises(Mistake, match="no URL to deliver to"):
        Post(side, "erp:8000")


async def test_deliveries_are_signed_and_named_alike_over_retries(
    side: Any, partner: Any, post: Any
) -> None:
    secret = b"a secret of some length"
    one = await post(secret="whsec_" + base64.b64encode(secret).decode())
    partner.answers = [(503, {}), (200, {})]
    one.say(b'{"n":1}', b'{"n":2}')
    await settled(one)
    ids = [headers["webhook-id"] for headers, _ in partner.got]
    assert ids[0] == ids[1] != ids[2]
    headers, body = partner.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"


async def test_a_failing_message_blocks_those_behind_it(side: Any, partner: Any, post: Any) -> None:
    one = await post()
    partner.answers = [(500, {}), (429, {}), (200, {})]
    one.say(b"1", b"2")
    await settled(one)
    assert partner.bodies == [b"1", b"1", b"1", b"2"]
    first = next(side.journal.entries())
    assert (first["outcome"], first["attempts"], first["status"]) == ("delivered", 3, 200)


async def test_unordered_a_failing_message_is_retried_aside(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post(ordered=False, retry={"first": "50ms"})
    partner.answers = [(500, {})]
    one.say(b"1", b"2", b"3")
    await settled(one)
    assert partner.bodies == [b"1", b"2", b"3", b"1"]


async def test_attempts_end_as_a_dead_letter(side: Any, partner: Any, post: Any) -> None:
    one = await post(retry={"attempts": 3, **FAST})
    partner.answers = [(500, {})] * 3
    one.say(b"1", b"2")
    await settled(one)
    assert side.outcomes() == ["dead-letter", "delivered"]
    assert next(side.journal.entries())["attempts"] == 3


async def test_what_is_not_worth_a_retry_fails_at_once(side: Any, partner: Any, post: Any) -> None:
    one = await post()
    partner.answers = [(422, {})]
    one.say(b"1", b"2")
    await settled(one)
    assert side.outcomes() == ["failed", "delivered"]
    assert len(partner.got) == 2


async def test_a_partner_that_is_not_there_is_a_connection_failure(side: Any, post: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one = await post(
            f"http://127.0.0.1:{taken.getsockname()[1]}/", retry={"attempts": 2, **FAST}
        )
        one.say(b"1")
        await settled(one)
    entry = next(side.journal.entries())
    assert (entry["outcome"], entry["attempts"]) == ("dead-letter", 2)
    assert entry["error"]


async def test_a_partner_that_does_not_answer_is_a_timeout(
    side: Any, partner: Any, post: Any
) -> None:
    partner.gate = asyncio.Event()
    one = await post(timeout="50ms", retry={"attempts": 1})
    one.say(b"1")
    await settled(one)
    assert side.outcomes() == ["dead-letter"]
    assert "time" in next(side.journal.entries())["error"]


async def test_concurrency_overlaps_deliveries(side: Any, partner: Any, post: Any) -> None:
    partner.gate = asyncio.Event()
    one = await post(concurrency=4)
    one.say(*(b"%d" % n for n in range(8)))
    await partner.receives(4)
    assert one.link.depth == 8  # under way counts until it has an outcome
    assert len(one.link.under_way) == 4
    partner.gate.set()
    await settled(one)
    assert sorted(partner.bodies) == [b"%d" % n for n in range(8)]


async def test_stopping_leaves_the_backlog_on_the_link_in_order(
    side: Any, partner: Any, post: Any
) -> None:
    partner.gate = asyncio.Event()
    one = await post(concurrency=2)
    one.say(b"1", b"2", b"3")
    await partner.receives(2)
    saved = one.link.save()
    assert len(saved["ready"]) == 3
    await one.transport.stop()
    assert [message.request.body for message in one.link.ready] == [b"1", b"2", b"3"]
    assert side.outcomes() == ["None"] * 3
    partner.gate.set()
    partner.got.clear()
    await one.transport.start()
    await settled(one)
    assert sorted(partner.bodies) == [b"1", b"2", b"3"]


async def test_a_hold_takes_back_what_waits_for_its_retry(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post(ordered=False, retry={"first": "1h", "max": "1h"})
    partner.answers = [(500, {}), (500, {})]
    one.say(b"1", b"2", b"3")
    await side.entry(3, outcome={"exists": True})
    one.link.hold = Hold(5)
    one.link.changed()
    await settled(one)
    assert [message.request.body for _, message in one.link.queue] == [b"1", b"2"]
    one.link.hold = None
    one.link.ready.extend(message for _, message in one.link.queue)
    one.link.queue.clear()
    one.link.changed()
    await settled(one)
    assert partner.bodies == [b"1", b"2", b"3", b"1", b"2"]


# --- faults ---


async def test_connection_faults_are_failed_attempts(side: Any, partner: Any, post: Any) -> None:
    one = await post(timeout="20ms")
    for mode, words in (("refuse", "refused"), ("reset", "reset"), ("hang", "time")):
        side.apply(one.link, "outage", mode=mode)
        one.say(b"x")
        seq = len(side.journal)
        await side.entry(seq=seq, outcome="retrying", error={"contains": words})
        side.clear(one.link)
        await settled(one)
        assert side.journal.get(seq)["outcome"] == "delivered"
    assert len(partner.got) == 3


async def test_an_outage_outlasts_the_attempts(side: Any, partner: Any, post: Any) -> None:
    one = await post(retry={"attempts": 3, **FAST})
    active = side.apply(one.link, "outage", mode="refuse")
    one.say(b"1")
    await settled(one)
    entry = next(side.journal.entries())
    assert (entry["outcome"], entry["attempts"]) == ("dead-letter", 3)
    assert entry["faults"] == [active.id]
    assert partner.got == []


async def test_a_dropped_message_is_lost_and_a_lost_answer_makes_a_duplicate(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post()
    side.apply(one.link, "drop", first=1)
    one.say(b"1", b"2")
    await settled(one)
    assert side.outcomes() == ["dropped", "delivered"]
    assert partner.bodies == [b"2"]
    side.clear(one.link)
    side.apply(one.link, "drop", first=1, side="reply")
    one.say(b"3")
    await settled(one)
    assert partner.bodies == [b"2", b"3", b"3"]
    assert partner.got[1][0]["webhook-id"] == partner.got[2][0]["webhook-id"]


async def test_duplicates_share_their_id_and_are_journalled(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post()
    side.apply(one.link, "duplicate", copies=2, first=1)
    one.say(b"1", b"2")
    await settled(one)
    assert partner.bodies == [b"1", b"1", b"1", b"2"]
    assert len({headers["webhook-id"] for headers, _ in partner.got}) == 2
    assert side.outcomes() == ["delivered"] * 4


async def test_reorder_lets_so_many_later_ones_go_first(side: Any, partner: Any, post: Any) -> None:
    one = await post()
    side.apply(one.link, "reorder", by=2, patience="1h", first=1)
    one.say(b"1", b"2", b"3", b"4")
    await settled(one)
    assert partner.bodies == [b"2", b"3", b"1", b"4"]


async def test_reorder_gives_up_when_patience_ends_or_the_fault_is_cleared(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post()
    side.apply(one.link, "reorder", by=2, patience="20ms", first=1)
    one.say(b"1")
    await settled(one)
    side.clear(one.link)
    side.apply(one.link, "reorder", by=2, patience="1h", first=1)
    one.say(b"2")
    side.clear(one.link)
    await settled(one)
    assert partner.bodies == [b"1", b"2"]


async def test_truncate_cuts_the_body_and_breaks_the_signature(
    side: Any, partner: Any, post: Any
) -> None:
    one = await post()
    side.apply(one.link, "truncate", bytes=3)
    one.say(b"0123456789")
    await settled(one)
    assert partner.bodies == [b"012"]


async def test_a_delay_ends_when_its_fault_is_cleared(side: Any, partner: Any, post: Any) -> None:
    one = await post()
    active = side.apply(one.link, "latency", delay="1h")
    one.say(b"1")
    await side.until(lambda: active.touched == 1)
    side.clear(one.link)
    await settled(one)
    assert partner.bodies == [b"1"]


# --- retry rules ---


def test_waits_grow_are_bounded_and_respect_retry_after() -> None:
    stream = Stream(b"key")
    retry = Retry.model_validate({"first": "1s", "factor": 2, "max": "10s", "attempts": 1000})
    assert [retry.wait(n, stream) for n in (1, 2, 3, 4, 5, 999)] == [1, 2, 4, 8, 10, 10]
    assert retry.wait(1, stream, 7.0) == 7
    assert retry.wait(1, stream, 3600.0) == 10
    deaf = retry.model_copy(update={"retry_after": False, "jitter": 0.5})
    assert all(0.5 < deaf.wait(1, stream, 7.0) <= 1 for _ in range(100))


def test_what_is_worth_a_retry() -> None:
    retry = Retry.model_validate({"on": ["5xx", 429, "timeout"]})
    assert [retry.again(one) for one in ("500", "599", "429", "404", "timeout", "connection")] == [
        True, True, True, False, True, False,
    ]  # fmt: skip
    with pytest.raises(ValidationError, match="a status like 429"):
        Retry.model_validate({"on": ["sometimes"]})
    with pytest.raises(ValidationError, match="needs concurrency 1"):
        Settings.model_validate({"url": "http://x", "concurrency": 2, "ordered": True})


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("120", 120, 120), ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0), ("soon", None, None)],
)
def test_retry_after_is_read(value: str, least: float | None, most: float | None) -> None:
    asked = retry_after(value)
    assert asked is None if least is None or most is None else least <= (asked or 0) <= most
