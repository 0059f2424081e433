"""A mailbox over real sockets: what is posted to it, and what is fetched from it or posted on."""

import asyncio
import base64
import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from simulator.core.errors import JournalFull, Mistake, invalid
from simulator.core.link import Hold
from simulator.core.message import Request
from simulator.core.ports import Call, Fault
from simulator.core.registry import registry
from simulator.transports.mailbox import Settings
from tests.transports.mailbox.desk import ANEW, NAME, ORDER, Desk

# --- what is posted ---


async def test_an_interchange_is_accepted_once_it_is_durable(side: Any, desk: Desk) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def secured() -> None:
        began.set()
        await go_on.wait()

    side.secured = secured
    posting = asyncio.ensure_future(desk.ask("POST", body=ORDER))
    await asyncio.wait_for(began.wait(), 5)
    assert [(one.method, one.path, one.body) for one in side.performed] == [("POST", "/", ORDER)]
    assert not posting.done()
    go_on.set()
    answer = await posting
    assert (answer.status_code, answer.content) == (202, ORDER)  # as the echo has it
    assert side.journal.get(1)["status"] == 202


async def test_what_cannot_be_kept_is_not_accepted(side: Any, desk: Desk) -> None:
    async def secured() -> None:
        raise JournalFull("the disk is full")

    side.secured = secured
    answer = await desk.ask("POST", body=ORDER)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("journal-full")


async def test_what_the_contract_refuses_is_answered_so(side: Any, desk: Desk) -> None:
    def refuse(request: Request) -> Call:
        raise invalid("no interchange")

    side.contract.decode = refuse
    assert (await desk.ask("POST", body=b"no interchange")).status_code == 422
    assert (await desk.ask("POST", body=bytes(9))).status_code == 422


async def test_a_body_too_large_is_refused(desks: Any) -> None:
    desk = await desks(body_limit=10)
    assert (await desk.ask("POST", body=bytes(11))).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/x", "GET, HEAD, DELETE, OPTIONS"),
        ("GET", "/x/taken", "POST, OPTIONS"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    desk: Desk, method: str, path: str, allow: str
) -> None:
    answer = await desk.ask(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    answer = await desk.ask("OPTIONS", path)
    assert (answer.status_code, answer.headers["allow"]) == (204, allow)


@pytest.mark.parametrize("path", ["/x", "/x/y", "/x/taken/y", "//", "//taken"])
async def test_nothing_else_is_there(desk: Desk, path: str) -> None:
    for method in ("GET", "DELETE", "POST"):
        assert (await desk.ask(method, path)).status_code in (404, 405)


# --- what is fetched ---


async def test_a_file_lies_there_until_it_is_taken(side: Any, desk: Desk) -> None:
    message = await desk.lies(b"ISA*00*a notice~")
    await desk.transport.settled()
    (item,) = (await desk.ask("GET")).json()["items"]
    assert item.pop("since").endswith("+00:00")
    assert item == {"name": "ASN.edi", "size": 16}
    for number in (1, 2):
        answer = await desk.ask("GET", "/ASN.edi")
        assert (answer.status_code, answer.content) == (200, b"ISA*00*a notice~")
        assert answer.headers["content-type"] == "application/edi-x12"
        assert side.journal.get(message.seq)["fetched"] == number
    head = await desk.ask("HEAD", "/ASN.edi")
    assert (head.headers["content-length"], head.content) == ("16", b"")
    assert side.journal.get(message.seq)["fetched"] == 2
    assert desk.link_out.depth == 1
    before = side.secures
    assert (await desk.ask("DELETE", "/ASN.edi")).status_code == 204
    assert side.secures == before + 1
    await side.entry(outcome="delivered")
    assert desk.link_out.depth == 0
    assert await desk.names() == []
    assert (await desk.ask("GET", "/ASN.edi")).status_code == 404
    assert (await desk.ask("DELETE", "/ASN.edi")).status_code == 404


async def test_a_client_that_cannot_delete_says_so_by_post(side: Any, desk: Desk) -> None:
    await desk.lies()
    assert (await desk.ask("POST", "/ASN.edi/taken")).status_code == 204
    await side.entry(outcome="delivered")


async def test_the_oldest_file_comes_first_and_names_are_unique(desk: Desk) -> None:
    for name in ("B.edi", "A.edi", "B.edi", "../no such/folder"):
        desk.say(b"x", name)
    await desk.there("folder")
    assert await desk.names() == ["B.edi", "A.edi", "B-2.edi", "folder"]


async def test_files_are_placed_again_under_their_names(side: Any, desk: Desk) -> None:
    for body in (b"first", b"second"):
        await desk.lies(body)
        await desk.there()
    await desk.there("ASN-2.edi")
    listing = (await desk.ask("GET")).json()
    await desk.transport.stop()
    saved = orjson.loads(orjson.dumps(desk.link_out.save()))
    desk.link_out.ready.clear()
    desk.link_out.restore(saved)
    await desk.transport.start()
    await desk.there("ASN-2.edi")
    assert (await desk.ask("GET")).json() == listing
    assert (await desk.ask("GET", "/ASN-2.edi")).content == b"second"


async def test_what_was_taken_before_a_kill_is_not_placed_again(side: Any, desk: Desk) -> None:
    message = await desk.lies()
    saved: list[Any] = []

    async def secured() -> None:
        saved.append(orjson.loads(orjson.dumps(desk.link_out.save())))

    side.secured = secured
    await desk.ask("DELETE", "/ASN.edi")
    await desk.transport.stop()
    side.journal.complete(message.seq, {"outcome": ""})  # as if its outcome had been lost
    desk.link_out.restore(saved[-1])
    await desk.transport.start()
    await side.entry(outcome="delivered")
    assert await desk.names() == []


async def test_what_nobody_takes_in_time_has_failed(side: Any, desks: Any) -> None:
    desk = await desks(wait="50ms")
    desk.say(b"ASN")
    entry = await side.entry(outcome="failed")
    assert entry["error"] == "nobody picked the file up in time"
    assert await desk.names() == []


async def test_a_held_link_places_nothing(side: Any, desk: Desk) -> None:
    desk.link_out.hold = Hold(0)
    desk.say(b"ASN")
    assert await desk.names() == []
    desk.link_out.hold = None
    desk.link_out.ready.append(desk.link_out.queue.popleft()[1])
    desk.link_out.changed()
    await desk.there()


# --- what is posted on ---


async def test_what_the_partner_says_is_posted_with_a_key(
    side: Any, desks: Any, partner: Any
) -> None:
    side.targets["BRIDGE"] = partner.url
    side.targets["SECRET"] = "open"
    partner.answers = [(503, {}), (200, {})]
    desk = await desks(
        url="${BRIDGE}/edi/inbox",
        headers={"Authorization": "Bearer ${SECRET}"},
        retry={"first": "1ms"},
    )
    desk.say(b"ISA*00*a notice~")
    await side.entry(outcome="delivered")
    assert partner.paths == ["/edi/inbox"] * 2
    assert partner.bodies == [b"ISA*00*a notice~"] * 2
    (first, _), (second, _) = partner.got
    assert first["content-disposition"] == 'attachment; filename="ASN.edi"'
    assert first["authorization"] == "Bearer open"
    assert first["content-type"] == "application/edi-x12"
    assert first["idempotency-key"] == second["idempotency-key"]
    desk.say(b"ISA*00*a notice~")
    await partner.receives(3)
    assert partner.got[2][0]["idempotency-key"] != first["idempotency-key"]
    answer = await desk.ask("GET")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert "posted on" in answer.json()["detail"]


async def test_a_duplicate_is_posted_under_the_same_key(
    side: Any, desks: Any, partner: Any
) -> None:
    desk = await desks(url=partner.url)
    side.apply(desk.link_out, "duplicate")
    desk.say(b"ASN")
    await partner.receives(2)
    await desk.transport.settled()
    assert len({headers["idempotency-key"] for headers, _ in partner.got}) == 1


async def test_what_is_refused_for_good_is_not_sent_again(
    side: Any, desks: Any, partner: Any
) -> None:
    partner.answers = [(422, {})]
    desk = await desks(url=partner.url)
    desk.say(b"ASN")
    await side.entry(outcome="failed")
    assert len(partner.got) == 1


# --- who may use it ---


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("settings", "good", "challenge"),
    [
        ({"token": "${T}"}, ["Bearer s3cret", "bearer  s3cret"], 'Bearer realm="edi.bearco"'),
        (
            {"user": "gearbox", "password": "${T}"},
            [basic("gearbox", "s3cret")],
            'Basic realm="edi.bearco", charset="UTF-8"',
        ),
        (
            {"user": "gearbox", "password": "ü", "token": "s3cret"},
            ["Bearer s3cret", basic("gearbox", "ü")],
            'Bearer realm="edi.bearco", Basic realm="edi.bearco", charset="UTF-8"',
        ),
    ],
    ids=["token", "password", "either"],
)
async def test_only_those_who_may_are_served(
    side: Any, desks: Any, settings: dict[str, str], good: list[str], challenge: str
) -> None:
    side.targets["T"] = "s3cret"
    desk = await desks(**settings)
    bad = [None, "Bearer", "Bearer wrong", basic("gearbox", "wrong"), "Basic gearbox", "s3cret"]
    requests = [("POST", ""), ("GET", ""), ("GET", "/x"), ("DELETE", "/x"), ("POST", "/x/taken")]
    for shown in bad:
        headers = {} if shown is None else {"authorization": shown}
        for method, path in requests:
            answer = await desk.ask(method, path, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)
    assert side.performed == []
    assert set(side.outcomes()) == {"refused"}  # what was posted stands in the journal
    for shown in good:
        answer = await desk.ask("POST", body=ORDER, headers={"authorization": shown})
        assert answer.status_code == 202


# --- faults ---


async def test_a_lost_answer_is_sent_again_by_the_integration(side: Any, desk: Desk) -> None:
    side.apply(desk.link_in, "drop", side="reply", first=1)
    with pytest.raises(httpx.ReadTimeout):
        await desk.ask("POST", body=ORDER, timeout=0.2)
    await side.entry(outcome="reply-dropped")
    assert (await desk.ask("POST", body=ORDER)).status_code == 202
    assert side.outcomes() == ["reply-dropped", "performed"]
    assert len(side.performed) == 2


async def test_duplicates_on_the_way_in_are_performed(side: Any, desk: Desk) -> None:
    side.apply(desk.link_in, "duplicate")
    assert (await desk.ask("POST", body=ORDER)).status_code == 202
    assert [one.body for one in side.performed] == [ORDER, ORDER]


async def test_faults_come_before_the_password(side: Any, desks: Any) -> None:
    desk = await desks(token="s3cret")
    active = side.apply(desk.link_in, "outage", mode="status")
    assert (await desk.ask("POST", body=ORDER)).status_code == 503
    assert (await side.entry(outcome="answered"))["faults"] == [active.id]


async def test_a_refusing_mailbox_keeps_its_files(side: Any, desk: Desk) -> None:
    await desk.lies()
    side.apply(desk.link_in, "outage", mode="refuse")
    with pytest.raises(httpx.ConnectError):
        await desk.ask("GET")
    side.clear(desk.link_in)
    assert await desk.names() == ["ASN.edi"]


async def test_while_the_partner_is_down_it_places_nothing(side: Any, desk: Desk) -> None:
    active = side.apply(desk.link_out, "latency", delay="1h")
    desk.say(b"ASN")
    await side.until(lambda: active.touched == 1)
    assert await desk.names() == []
    side.clear(desk.link_out)
    await desk.there()


async def test_a_truncated_file_lies_there_so(side: Any, desk: Desk) -> None:
    side.apply(desk.link_out, "truncate", bytes=3)
    await desk.lies(b"ASN and more")
    assert (await desk.ask("GET", "/ASN.edi")).content == b"ASN"


async def test_a_duplicate_lies_there_once_the_first_was_taken(side: Any, desk: Desk) -> None:
    side.apply(desk.link_out, "duplicate", first=1)
    desk.say(b"ASN")
    for _ in range(2):
        await desk.there()
        assert (await desk.ask("DELETE", "/ASN.edi")).status_code == 204
    await desk.transport.settled()
    await side.entry(copy=1, outcome="delivered")
    assert side.outcomes() == ["delivered", "delivered"]


async def test_bad_certificates_are_refused_and_https_is_spoken(side: Any, desks: Any) -> None:
    pytest.importorskip("cryptography")
    desk = await desks(tls=True)
    trusting = ssl.create_default_context(cafile=str(side.folder("tls") / "ca.pem"))
    async with httpx.AsyncClient(verify=trusting, trust_env=False, limits=ANEW) as client:
        url = desk.url.replace("127.0.0.1", "localhost")
        assert (await client.post(url, content=ORDER)).status_code == 202
        side.apply(desk.link_in, "certificate", mode="expired")
        with pytest.raises(httpx.ConnectError, match="expired"):
            await client.post(url, content=ORDER)
        side.clear(desk.link_in)
        assert (await client.get(url)).status_code == 200


def test_faults_that_could_do_nothing_are_refused(side: Any) -> None:
    desk = Desk(side)
    settings = Settings()
    desk.transport.attach(NAME, settings, side.contract, {"in": desk.link_in})
    kinds = registry("faults", Fault)
    expired = kinds.get("certificate").model_validate({"mode": "expired"})
    assert "tls: true" in (desk.transport.cannot(NAME, "in", expired) or "")
    refusing = kinds.get("outage").model_validate({"mode": "refuse"})
    assert "port of its own" in (desk.transport.cannot(NAME, "in", refusing) or "")
    assert desk.transport.cannot(NAME, "out", refusing) is None


# --- settings ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user": "gearbox"}, "belong together"),
        ({"password": "x"}, "belong together"),
        ({"user": "a:b", "password": "x"}, "user"),
        ({"retry": {"attempts": 2}}, "'retry' means nothing without url"),
        ({"url": "http://x", "wait": "1h"}, "'wait' means nothing with url"),
        ({"tls": True}, "port of its own"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings.model_validate(given)


@pytest.mark.parametrize("url", ["ftp://x", "nowhere", "${GONE}/x"])
async def test_a_url_that_leads_nowhere_is_a_mistake(desks: Any, url: str) -> None:
    with pytest.raises(Mistake):
        await desks(url=url)


async def test_without_a_port_it_stands_on_the_shared_one(side: Any, desks: Any) -> None:
    desk = await desks(port=None, path="/partners/bearco")
    assert urlsplit(desk.url).path == "/partners/bearco"
    assert (await desk.ask("POST", body=ORDER)).status_code == 202
    assert (await desk.ask("POST", "/", body=ORDER)).status_code == 202
