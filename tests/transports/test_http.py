"""The HTTP transport over real sockets, without faults."""

import asyncio
import errno
import json
import socket
from typing import Any

import pytest

from simulator.core.errors import CouldNotStart, Mistake
from simulator.transports.http import HttpServer, HttpTransport, Settings


async def test_a_request_reaches_the_contract_below_its_base(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    urls = http.urls()
    assert urls["mes.http"].endswith("/gearbox/mes")
    assert urls["wms.http"].endswith("/gearbox/wms")
    wire = await dial(urls["mes.http"])
    wire.ask("POST", "/gearbox/mes/job%2Dorders/1?a=b&c", b'{"n": 1}', X_Trace="é")
    answer = await wire.answer()
    assert (answer.status, answer.body) == (200, b'{"n": 1}')
    assert answer.headers["content-type"] == "application/json"
    assert "date" in answer.headers
    request = side.performed[0]
    assert (request.method, request.path, request.query) == ("POST", "/job%2Dorders/1", "a=b&c")
    assert request.headers["x-trace"] == "é".encode().decode("latin-1")
    assert request.peer.startswith("127.0.0.1:")
    wire.ask("GET", "/gearbox/mes")  # the same connection
    assert (await wire.answer()).status == 200
    assert side.performed[1].path == "/"


async def test_refusals_come_from_the_contract_and_unknown_places_are_named(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["mes.http"])
    wire.ask("GET", "/gearbox/mes/missing")
    assert (await wire.answer()).status == 404
    wire.ask("GET", "/gearbox/mess/x")
    answer = await wire.answer()
    assert answer.status == 404
    assert "/gearbox/mes" in json.loads(answer.body)["detail"]
    assert side.shared("http", HttpServer).unknown == 1
    assert len(side.journal) == 1  # what belongs to no endpoint is in no journal


async def test_the_contract_s_openapi_is_served_and_not_journalled(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["mes.http"])
    wire.ask("GET", "/gearbox/mes/openapi.json")
    assert json.loads((await wire.answer()).body) == {"openapi": "3.1.0"}
    assert len(side.journal) == 0


async def test_head_is_get_without_the_body_and_options_says_what_is_allowed(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["mes.http"])
    wire.ask("HEAD", "/gearbox/mes/x")
    answer = await wire.answer(head=True)
    assert (answer.status, answer.headers["content-length"]) == (200, "2")
    wire.ask("OPTIONS", "/gearbox/mes/x")
    answer = await wire.answer()
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    methods = [entry["method"] for entry in side.journal.entries()]
    assert methods == ["HEAD", "OPTIONS"]


async def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["wms.http"])
    wire.send(b"POST /gearbox/wms/x HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\n")
    answer = await wire.answer()
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert json.loads(answer.body)["type"].endswith("content-too-large")
    assert await wire.rest() == b""
    assert side.outcomes() == ["too-large"]
    assert side.performed == []


async def test_a_chunked_body_beyond_the_limit_is_refused_while_it_streams(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["wms.http"])
    wire.send(b"POST /gearbox/wms/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    wire.send((b"%x\r\n" % 600 + b"a" * 600 + b"\r\n") * 20)  # never ends
    assert (await wire.answer()).status == 413
    assert side.performed == []


async def test_a_chunked_body_within_the_limit_arrives_whole(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["wms.http"])
    wire.send(b"POST /gearbox/wms/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    wire.send(b"3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n0\r\n\r\n")
    assert (await wire.answer()).body == b"abcdefghi"


async def test_a_client_that_asks_first_is_told_to_continue(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["wms.http"])
    head = b"POST /gearbox/wms/x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
    wire.send(head + b"content-length: 2\r\n\r\n")
    assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.send(b"{}")
    assert (await wire.answer()).body == b"{}"
    wire.send(head + b"content-length: 5000\r\n\r\n")
    assert (await wire.answer()).status == 413


async def test_pipelined_requests_are_answered_in_order(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    side.apply(side.links["mes.http.in"], "latency", delay="20ms", match={"path": "/0"})
    wire = await dial(http.urls()["mes.http"])
    for n in range(50):
        wire.ask("POST", f"/gearbox/mes/{n}", str(n).encode())
    assert [(await wire.answer()).body for _ in range(50)] == [b"%d" % n for n in range(50)]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01 not http at all\r\n\r\n",
        b"GET /gearbox/mes/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET nonsense HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /gearbox/mes/x HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /gearbox/mes/x HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_answered_400(
    side: Any, http: HttpTransport, dial: Any, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await dial(http.urls()["mes.http"])
    wire.send(raw)
    assert (await wire.answer()).status == 400
    assert await wire.rest() == b""
    assert all(record.exc_info is None for record in caplog.records)


async def test_bytes_that_are_no_text_pass_unharmed(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    wire = await dial(http.urls()["mes.http"])
    body = bytes(range(256))
    wire.ask("POST", "/gearbox/mes/%ff%fe?q=%ff", body)
    assert (await wire.answer()).body == body


async def test_an_offer_of_h2c_is_passed_over(side: Any, http: HttpTransport, dial: Any) -> None:
    wire = await dial(http.urls()["mes.http"])
    for _ in range(2):
        wire.ask(
            "POST", "/gearbox/mes/x", b"{}",
            Connection="Upgrade, HTTP2-Settings", Upgrade="h2c", HTTP2_Settings="AAMAAABk",
        )  # fmt: skip
        assert (await wire.answer()).body == b"{}"


async def test_a_defect_behind_the_door_answers_500(
    side: Any, http: HttpTransport, dial: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(arrival: Any) -> None:
        raise RuntimeError("a defect")

    side.on_perform = broken
    wire = await dial(http.urls()["mes.http"])
    wire.ask("GET", "/gearbox/mes/x")
    assert (await wire.answer()).status == 500
    assert "a defect" in caplog.text


async def test_a_full_journal_refuses_loudly(side: Any, http: HttpTransport, dial: Any) -> None:
    side.journal.limit = 1
    wire = await dial(http.urls()["mes.http"])
    wire.ask("POST", "/gearbox/mes/x", b"{}")
    assert (await wire.answer()).status == 200
    wire.ask("POST", "/gearbox/mes/x", b"{}")
    answer = await wire.answer()
    assert (answer.status, json.loads(answer.body)["type"]) == (
        503,
        "urn:stagefloor:problem:journal-full",
    )
    assert len(side.performed) == 1


async def test_nothing_is_acknowledged_before_it_is_durable(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    side.durable = True
    wire = await dial(http.urls()["mes.http"])
    wire.ask("POST", "/gearbox/mes/x", b"{}")
    assert (await wire.answer()).status == 200
    assert side.commits == 1


async def test_one_connection_too_many_is_answered_503(side: Any, dial: Any) -> None:
    server = HttpServer(port=0, connections=1)
    side.objects["http"] = server
    transport = HttpTransport(side)
    links = {"in": side.link("mes.http", "in")}
    transport.attach("mes.http", Settings(), side.contract, links)
    await transport.start()
    first, second = await dial(server.url), await dial(server.url)
    first.ask("GET", "/gearbox/mes/x")
    assert (await first.answer()).status == 200
    second.ask("GET", "/gearbox/mes/x")
    answer = await second.answer()
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert await second.rest() == b""
    assert server.refused == 1
    await transport.stop()


async def test_a_port_in_use_is_said_plainly(side: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        transport = HttpTransport(side)
        links = {"in": side.link("wms.http", "in")}
        transport.attach("wms.http", Settings(port=port), side.contract, links)
        with pytest.raises(CouldNotStart, match=f"port {port} of 127.0.0.1 is in use"):
            await transport.start()
        await transport.stop()


async def test_a_refusing_port_stays_its_own_and_listens_again(side: Any, dial: Any) -> None:
    server = HttpServer(port=0)
    await server.start()
    port = server.port
    for _ in range(3):
        server.pause()
        with pytest.raises(OSError, match=r".") as caught:
            await dial(server.url)
        assert caught.value.errno == errno.ECONNREFUSED
        server.resume()
        wire = await dial(server.url)  # at once
        wire.ask("GET", "/")
        assert (await wire.answer()).status == 404
    assert server.port == port
    await server.stop()
    await server.stop()


async def test_plants_share_a_server_and_leave_it_one_by_one(side: Any, dial: Any) -> None:
    server = side.shared("http", HttpServer)
    other = type(side)("pumps")
    other.objects = side.objects
    transports = []
    for one in (side, other):
        transport = HttpTransport(one)
        links = {"in": one.link("mes.http", "in")}
        transport.attach("mes.http", Settings(), one.contract, links)
        await transport.start()
        transports.append(transport)
    wire = await dial(server.url)
    for plant in ("gearbox", "pumps"):
        wire.ask("GET", f"/{plant}/mes/x")
        assert (await wire.answer()).status == 200
    assert [len(side.performed), len(other.performed)] == [1, 1]
    await transports[0].stop()
    wire.ask("GET", "/gearbox/mes/x")
    assert (await wire.answer()).status == 404
    wire.ask("GET", "/pumps/mes/x")
    assert (await wire.answer()).status == 200
    await transports[1].stop()


async def test_an_asgi_application_shares_port_and_connection(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        seen.append((scope["path"], event["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"control"})

    server = side.shared("http", HttpServer)
    server.mount("/control", app)
    with pytest.raises(Mistake):
        server.mount("/control", app)
    wire = await dial(server.url)
    for _ in range(2):
        wire.ask("POST", "/control/faults/1", b"abc")
        head = await wire.reader.readuntil(b"\r\n\r\n")
        assert b"200" in head.splitlines()[0]
        assert await wire.reader.readuntil(b"0\r\n\r\n") == b"7\r\ncontrol\r\n0\r\n\r\n"
        wire.ask("POST", "/gearbox/mes/x", b"{}")
        assert (await wire.answer()).body == b"{}"
    assert seen == [("/control/faults/1", b"abc")] * 2
    server.unmount("/control")


def test_the_longest_prefix_wins() -> None:
    server = HttpServer(port=0)
    doors: dict[str, Any] = {p: object() for p in ("/a/b", "/a/b/c", "/a/b/c/d/e")}
    for prefix, door in doors.items():
        server.open(prefix, door)
    for path, prefix, rest in (
        ("/a/b", "/a/b", "/"),
        ("/a/b/", "/a/b", "/"),
        ("/a/b/x/c", "/a/b", "/x/c"),
        ("/a/bc", None, "/a/bc"),
        ("/a/b/c", "/a/b/c", "/"),
        ("/a/b/c/d", "/a/b/c", "/d"),
        ("/a/b/c/d/e/f", "/a/b/c/d/e", "/f"),
        ("/a", None, "/a"),
        ("/", None, "/"),
    ):
        found = server.find(path)
        assert found is not None
        assert found[1] == rest
        assert (found[0] is doors[prefix]) if prefix else (found[0] not in doors.values())


@pytest.mark.parametrize("path", ["wms", "/", "/a//b", "/a?b"])
def test_a_path_that_cannot_be_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="a path starts with one /"):
        Settings(path=path)


async def test_two_endpoints_at_one_place_are_a_mistake(side: Any) -> None:
    transport = HttpTransport(side)
    for endpoint in ("mes.http", "mes.other"):
        side.link(endpoint, "in")
    links = {"in": side.links["mes.http.in"]}
    transport.attach("mes.http", Settings(), side.contract, links)
    with pytest.raises(Mistake, match="two endpoints stand at '/gearbox/mes'"):
        transport.attach("mes.other", Settings(path="/gearbox/mes"), side.contract, links)
    transport.attach("mes.other", Settings(), side.contract, links)
    assert transport.urls()["mes.other"].endswith("/gearbox/mes/other")


async def test_a_client_that_reads_nothing_does_not_fill_the_memory(
    side: Any, http: HttpTransport, dial: Any
) -> None:
    body = b"x" * 900
    wire = await dial(http.urls()["wms.http"])
    count = 3000
    for _ in range(count):
        wire.ask("POST", "/gearbox/wms/x", body)
    for _ in range(count):
        assert (await wire.answer()).body == body
    await asyncio.wait_for(wire.writer.drain(), 5)


async def test_stopping_ends_an_application_that_waits_without_a_traceback(
    side: Any, dial: Any, caplog: pytest.LogCaptureFixture
) -> None:
    entered = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        entered.set()
        await asyncio.Event().wait()

    server = side.shared("http", HttpServer)
    server.mount("/control", app)
    await server.start()
    wire = await dial(server.url)
    wire.ask("GET", "/control/journal/wait")
    await entered.wait()
    await server.stop()
    with pytest.raises(OSError, match=r"."):
        await dial(server.url)
    assert caplog.records == []
