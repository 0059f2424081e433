"""The bridge does its work, survives its peers, and survives being killed."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from examples.bridge import webhooks
from tests.examples.fakes import (
    Bridge,
    FakePlant,
    Seen,
    completion,
    confirmation,
    staged,
    stock_change,
)

Stage = tuple[FakePlant, Bridge]

ORDER = {"ManufacturingOrder": "1000007", "Material": "GEARBOX", "TotalQuantity": "5"}
ASN = {
    "asn": "ASN-1", "supplier": "BEARCO", "po": "4500001",
    "lines": [
        {"line": 10, "item": "BEARING", "quantity": 40, "lot": "B1", "sscc": "340123450000000016"},
        {"line": 20, "item": "SEAL", "quantity": 2.5, "sscc": "340123450000000023"},
    ],
}  # fmt: skip


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "bridge.sqlite") as both:
        yield both


async def test_an_order_goes_to_the_mes_and_its_lot_into_the_wms(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    await bridge.post("/production-orders", ORDER)
    await plant.until(lambda: "1000007" in plant.orders)
    assert plant.orders["1000007"] == {
        "ID": "1000007", "WorkMasterID": "GEARBOX", "Quantity": {"Value": 5},
        "Command": "StoreAndStart", "ExternalReference": "1000007",
    }  # fmt: skip
    await bridge.post("/mes/events", confirmation("1000007", "C1"))
    await bridge.post("/mes/events", confirmation("1000007", "C2", Final=True))
    await bridge.post("/mes/events", completion("1000007"))
    await plant.until(lambda: bool(plant.receipts))
    await bridge.idle()
    assert plant.receipts == [
        {
            "item": "GEARBOX", "quantity": 5, "lot": "L1",
            "reference": {"type": "production-order", "id": "1000007"},
        }
    ]  # fmt: skip
    order = await bridge.get("/orders/1000007")
    assert (order["status"], order["good"], order["lot"]) == ("received", 5, "L1")
    booked = (await bridge.get("/confirmations?OrderID=1000007"))["d"]["results"]
    assert [one["ConfirmationCount"] for one in booked] == ["1", "2"]
    assert [one["FinalConfirmationType"] for one in booked] == ["", "X"]
    assert {one["ConfirmationGroup"] for one in booked} == {"1"}
    assert booked[0]["ConfirmationYieldQuantity"] == "5"
    assert booked[0]["ConfirmationScrapQuantity"] == "1"


async def test_what_the_wms_received_by_itself_is_not_received_again(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    for number, order in (("1", "77"), ("2", "78")):
        event = stock_change(number, "GEARBOX", 3) | {"type": "wms.goods-receipt"}
        event["data"] |= {"lot": "L1", "reference": order}
        await bridge.post("/wms/events", event)
    await bridge.idle()
    await bridge.post("/mes/events", completion("77", good=3))
    await bridge.post("/mes/events", completion("78", good=5))
    await plant.until(lambda: bool(plant.receipts))
    await bridge.idle()
    assert [(one["reference"]["id"], one["quantity"]) for one in plant.receipts] == [("78", 2)]


async def test_a_ship_notice_becomes_a_delivery_and_a_receipt_for_each_line(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    assert (await bridge.post("/asns", ASN)).status_code == 202
    again = await bridge.post("/asns", ASN)
    assert (again.status_code, again.json()["known"]) == (200, True)
    await plant.until(lambda: len(plant.receipts) == 2)
    await bridge.eventually("/asns", lambda found: found["asns"][0]["status"] == "received")
    assert list(plant.deliveries) == ["ASN-1"]
    assert [one["handling_unit"] for one in plant.receipts] == [
        "340123450000000016",
        "340123450000000023",
    ]
    assert [one["delivery"] for one in plant.receipts] == ["ASN-1", "ASN-1"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda row: row,
        lambda row: [row],
        lambda row: {"message": [row]},
        lambda row: {"d": row},
        lambda row: {"d": {"results": [row]}},
        lambda row: {"value": [row]},
    ],
    ids=["row", "list", "message", "d", "results", "value"],
)
async def test_every_envelope_is_understood(stage: Stage, wrap: Any) -> None:
    plant, bridge = stage
    await bridge.start()
    dates = {
        "MfgOrderPlannedStartDate": "/Date(1772409600000)/",
        "MfgOrderPlannedStartTime": "PT06H30M00S",
        "MfgOrderPlannedEndDate": "2026-03-03T09:00:00+09:00",
    }
    await bridge.post("/production-orders", wrap(ORDER | dates))
    await plant.until(lambda: bool(plant.orders))
    assert plant.orders["1000007"]["StartTime"] == "2026-03-02T06:30:00+00:00"
    assert plant.orders["1000007"]["EndTime"] == "2026-03-03T00:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TotalQuantity": "five"}, "TotalQuantity 'five' is not a number"),
        ({"TotalQuantity": "0"}, "is not above zero"),
        ({"Material": ""}, "order 1000007: Material is missing"),
        ({"MfgOrderPlannedStartDate": "soon"}, "is no date"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_whole(
    stage: Stage, change: dict[str, str], said: str
) -> None:
    _, bridge = stage
    await bridge.start()
    good = ORDER | {"ManufacturingOrder": "1000006"}
    answer = await bridge.client.post("/production-orders", json=[good, ORDER | change])
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert (await bridge.get("/orders"))["orders"] == []


async def test_what_a_peer_refuses_is_parked_and_can_be_sent_again(stage: Stage) -> None:
    plant, bridge = stage

    async def refuse(seen: Seen) -> Response | None:
        return JSONResponse({"detail": "no such item"}, 422) if seen.method == "POST" else None

    plant.answer = refuse
    await bridge.start()
    await bridge.post("/production-orders", ORDER)
    order = await bridge.eventually("/orders/1000007", lambda found: found["status"] == "refused")
    assert order["detail"] == "422: no such item"
    assert (await bridge.get("/health"))["outbox"] == {"pending": 0, "parked": 1}
    plant.answer = None
    await bridge.post("/retry", {})
    await plant.until(lambda: bool(plant.orders))


async def test_an_order_that_the_mes_has_already_is_not_refused(stage: Stage) -> None:
    """The MES forgot the idempotency key, or never knew it; the order is ours all the same."""
    plant, bridge = stage
    plant.orders["1000007"] = {"ID": "1000007", "WorkMasterID": "GEARBOX"}
    plant.orders["1000008"] = {"ID": "1000008", "WorkMasterID": "SOMETHING-ELSE"}
    await bridge.start()
    await bridge.post("/production-orders", [ORDER, ORDER | {"ManufacturingOrder": "1000008"}])
    await bridge.eventually("/orders/1000007", lambda found: found["status"] == "released")
    await bridge.eventually("/orders/1000008", lambda found: found["status"] == "refused")


# --- outages -----------------------------------------------------------------------------------


async def test_an_outage_is_waited_out_at_less_than_a_request_a_second(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    await bridge.eventually("/health", lambda found: found["stock_loaded"])
    down = True

    async def out(seen: Seen) -> Response | None:
        return Response(status_code=503) if down and "/wms/" in seen.path else None

    plant.answer = out
    for number in range(12):
        await bridge.post("/asns", ASN | {"asn": f"ASN-{number}", "lines": ASN["lines"][:1]})
    await plant.until(lambda: len(_attempts(plant)) >= 5)
    times = [one.at for one in _attempts(plant)][:5]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:])]
    assert min(gaps) > 1.0, gaps
    down = False
    await plant.until(lambda: len(plant.receipts) == 12)
    await bridge.idle()
    assert len({one["reference"]["id"] for one in plant.receipts}) == 12


def _attempts(plant: FakePlant) -> list[Seen]:
    return [one for one in plant.seen if one.method == "POST" and "/wms/" in one.path]


async def test_refused_connections_lose_nothing(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    await plant.down()
    await bridge.post("/production-orders", [ORDER | {"ManufacturingOrder": n} for n in "123"])
    await bridge.post("/asns", ASN)
    await bridge.eventually("/health", lambda found: found["peers"]["mes"] != "ok")
    await plant.up()
    await plant.until(lambda: len(plant.orders) == 3 and len(plant.receipts) == 2)


async def test_retry_after_is_honoured(stage: Stage) -> None:
    plant, bridge = stage
    asked: list[float] = []

    async def busy(seen: Seen) -> Response | None:
        if seen.path != "/mes/job-orders":
            return None
        asked.append(seen.at)
        return Response(status_code=429, headers={"retry-after": "2"}) if len(asked) == 1 else None

    plant.answer = busy
    await bridge.start()
    await bridge.post("/production-orders", ORDER)
    await plant.until(lambda: bool(plant.orders))
    assert asked[1] - asked[0] >= 2.0


async def test_a_maintenance_page_is_not_taken_for_an_answer(stage: Stage) -> None:
    plant, bridge = stage
    pages = 1

    async def page(seen: Seen) -> Response | None:
        nonlocal pages
        if seen.path != "/mes/job-orders" or not pages:
            return None
        pages -= 1
        return PlainTextResponse("<h1>Back soon</h1>")

    plant.answer = page
    await bridge.start()
    await bridge.post("/production-orders", ORDER)
    await plant.until(lambda: bool(plant.orders))
    assert len({one.key for one in plant.posts("/mes/job-orders")}) == 1


# --- duplicates --------------------------------------------------------------------------------


@pytest.mark.parametrize("same", ["webhook-id", "business id"])
async def test_a_doubled_completion_leads_to_one_receipt(stage: Stage, same: str) -> None:
    plant, bridge = stage
    await bridge.start()
    second = "w1" if same == "webhook-id" else "w2"
    await bridge.post("/mes/events", completion("77"), **{"webhook-id": "w1"})
    answer = await bridge.post("/mes/events", completion("77"), **{"webhook-id": second})
    assert answer.json() == {"kept": 0, "known": 1}
    await bridge.post("/mes/events", completion("78", "L2"), **{"webhook-id": "w3"})
    await plant.until(lambda: len(plant.receipts) == 2)
    await bridge.idle()
    assert [one["lot"] for one in plant.receipts] == ["L1", "L2"]


async def test_without_dedupe_a_doubled_completion_is_received_twice(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start("--no-dedupe")
    for _ in range(2):
        await bridge.post("/mes/events", completion("77"), **{"webhook-id": "w1"})
        await bridge.post("/mes/events", confirmation("77"), **{"webhook-id": "w2"})
    await plant.until(lambda: len(plant.receipts) == 2)
    await bridge.idle()
    assert [one["lot"] for one in plant.receipts] == ["L1", "L1"]
    assert {one.key for one in plant.posts("/wms/receipts")} == {None}
    assert len((await bridge.get("/confirmations"))["d"]["results"]) == 2


async def test_a_lost_answer_does_not_double_a_receipt(stage: Stage) -> None:
    """The WMS books it and its answer is lost: the second attempt carries the same key."""
    plant, bridge = stage
    lost = 1

    async def lose(seen: Seen) -> None:
        nonlocal lost
        if seen.path == "/wms/receipts" and lost:
            lost -= 1
            raise ConnectionResetError

    plant.after = lose
    await bridge.start()
    await bridge.post("/mes/events", completion("77"))
    await plant.until(lambda: len(plant.posts("/wms/receipts")) == 2)
    await bridge.idle()
    assert len(plant.receipts) == 1
    assert {one.key for one in plant.posts("/wms/receipts")} == {"receipt/production-order/77/L1"}


# --- killed ------------------------------------------------------------------------------------


async def test_kill_loses_nothing_that_was_acknowledged(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    reached = asyncio.Event()
    forever = asyncio.Event()

    async def hang_after_the_third(seen: Seen) -> None:
        if len(plant.orders) >= 3:
            reached.set()
            await forever.wait()  # booked over there, and never answered

    plant.after = hang_after_the_third
    names = [str(1000 + n) for n in range(20)]
    await bridge.post("/production-orders", [ORDER | {"ManufacturingOrder": n} for n in names])
    await reached.wait()
    for lot in ("L1", "L2"):
        await bridge.post("/mes/events", completion("1000", lot))
    await bridge.kill()
    plant.after = None
    forever.set()
    await bridge.start()
    await plant.until(lambda: len(plant.orders) == 20 and len(plant.receipts) == 2)
    await bridge.idle()
    assert sorted(plant.orders) == names
    keys = [one.key for one in plant.posts("/mes/job-orders")]
    assert set(keys) == {f"job-order/{name}" for name in names}
    assert sorted(one["lot"] for one in plant.receipts) == ["L1", "L2"]
    health = await bridge.get("/health")
    assert health["outbox"] == {"pending": 0, "parked": 0}


async def test_terminating_it_is_quick_and_clean(stage: Stage) -> None:
    _, bridge = stage
    await bridge.start()
    begun = time.monotonic()
    await bridge.kill(signal.SIGTERM)
    assert time.monotonic() - begun < 5


# --- stock -------------------------------------------------------------------------------------


async def test_stock_is_loaded_page_by_page_then_follows_events(stage: Stage) -> None:
    plant, bridge = stage
    plant.stock = [{"item": "BEARING", "bin": f"A{n}", "quantity": 10 * n} for n in range(1, 5)] + [
        {"item": "SEAL", "bin": "B1", "quantity": 2.5}
    ]
    plant.movements = [{"id": "M1", "item": "BEARING"}]
    await bridge.start()
    await bridge.eventually("/health", lambda found: found["stock_loaded"])
    assert await bridge.get("/stock") == {"BEARING": 100, "SEAL": 2.5}
    events = [
        stock_change("M1", "BEARING", 40),  # part of what was loaded: it was under way
        stock_change("M2", "SEAL", 1),
        stock_change("M2", "SEAL", 1),  # delivered twice
        stock_change("M3", "SEAL", 1, from_bin="A1"),  # only moved
        stock_change("M4", "BEARING", 5, from_bin="A1", to_bin=None),
    ]
    for event in events[:3]:
        await bridge.post("/wms/events", event)
    await bridge.post("/wms/events", events[3:])
    await bridge.idle()
    assert await bridge.get("/stock") == {"BEARING": 95, "SEAL": 3.5}


async def test_reconciling_mends_what_a_lost_event_left_behind(stage: Stage) -> None:
    plant, bridge = stage
    plant.stock = [{"item": "SEAL", "bin": "B1", "quantity": 2}]
    await bridge.start("--reconcile-every", "3600")
    await bridge.eventually("/health", lambda found: found["stock_loaded"])
    plant.stock[0]["quantity"] = 9
    assert await bridge.get("/stock") == {"SEAL": 2}
    answer = await bridge.post("/reconcile", {})
    assert answer.json() == {"items": 1, "corrected": {"SEAL": {"was": 2, "is": 9}}}
    assert await bridge.get("/stock") == {"SEAL": 9}


async def test_a_movement_during_a_reconciliation_counts_once(stage: Stage) -> None:
    """Its event is booked while the reading, made just before it, is still on its way here."""
    plant, bridge = stage
    plant.stock = [{"item": "SEAL", "bin": "B1", "quantity": 2}]
    await bridge.start("--reconcile-every", "3600")
    await bridge.eventually("/health", lambda found: found["stock_loaded"])
    looks = 0

    async def move_after_the_last_look(seen: Seen) -> None:
        nonlocal looks
        looks += seen.path == "/wms/movements"
        if looks == 2:
            looks += 1
            await bridge.post("/wms/events", stock_change("M1", "SEAL", 5))
            await bridge.idle()

    plant.after = move_after_the_last_look
    assert (await bridge.post("/reconcile", {})).json()["corrected"] == {}
    assert await bridge.get("/stock") == {"SEAL": 7}
    plant.stock[0]["quantity"] = 7
    plant.movements = [{"id": "M1", "item": "SEAL"}]
    assert (await bridge.post("/reconcile", {})).json()["corrected"] == {}
    assert await bridge.get("/stock") == {"SEAL": 7}


async def test_a_wms_that_was_set_back_is_read_afresh(stage: Stage) -> None:
    plant, bridge = stage
    plant.movements = [{"id": f"M{n}", "item": "SEAL"} for n in range(1, 6)]
    await bridge.start("--reconcile-every", "3600")
    await bridge.eventually("/health", lambda found: found["stock_loaded"])
    plant.movements = []
    plant.stock = [{"item": "SEAL", "bin": "B1", "quantity": 4}]
    answer = await bridge.client.post("/reconcile")
    assert answer.status_code == 503
    await bridge.eventually("/stock", lambda found: found == {"SEAL": 4})
    await bridge.post("/wms/events", stock_change("M1", "SEAL", 2, change=-2))
    await bridge.eventually("/stock", lambda found: found == {"SEAL": 2})


async def test_it_reconciles_by_itself(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start("--reconcile-every", "0.2")
    await bridge.eventually("/health", lambda found: found["stock_loaded"])
    plant.stock = [{"item": "SEAL", "bin": "B1", "quantity": 9}]
    await bridge.eventually("/stock", lambda found: found == {"SEAL": 9})


async def test_stock_that_was_never_read_is_not_called_empty(stage: Stage) -> None:
    plant, bridge = stage
    await plant.down()
    await bridge.start()
    answer = await bridge.client.get("/stock")
    assert answer.status_code == 503
    await plant.up()
    await bridge.eventually("/health", lambda found: found["stock_loaded"])


# --- signatures and events that cannot be used -------------------------------------------------


async def test_only_genuine_deliveries_are_taken(stage: Stage) -> None:
    _, bridge = stage
    secret = "whsec_c3RhZ2VmbG9vci1icmlkZ2U="
    await bridge.start("--webhook-secret", secret)
    body = b'{"Noun": "EquipmentState", "DataArea": {}}'
    stamp = str(int(time.time()))
    signed = "v1," + webhooks.signature(secret, "w1", stamp, body)
    headers = {"webhook-id": "w1", "webhook-timestamp": stamp, "webhook-signature": signed}

    async def status(**change: str) -> int:
        changed = headers | {name.replace("_", "-"): value for name, value in change.items()}
        return (await bridge.client.post("/mes/events", content=body, headers=changed)).status_code

    assert await status() == 200
    assert await status(webhook_signature=f"v1,b2xk {signed}") == 200
    assert await status(webhook_id="w2") == 401
    assert await status(webhook_signature="v1,AAAA") == 401
    assert await status(webhook_timestamp=str(int(stamp) - 3600)) == 401
    assert (await bridge.client.post("/mes/events", content=body)).status_code == 401


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the Standard Webhooks libraries test themselves with."""
    given = webhooks.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert given == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_an_event_that_cannot_be_used_stops_nothing(stage: Stage) -> None:
    plant, bridge = stage
    await bridge.start()
    await bridge.post("/mes/events", {"Noun": "JobResponse"}, **{"webhook-id": "w1"})
    await bridge.post("/mes/events", completion("77", good="many"))  # type: ignore[arg-type]
    await bridge.post("/wms/events", stock_change("M1", "SEAL", 1) | {"data": 5})
    await bridge.post("/mes/events", completion("78"))
    await plant.until(lambda: bool(plant.receipts))
    await bridge.idle()
    assert (await bridge.get("/health"))["inbox"]["failed"] == 3


# --- documents ---------------------------------------------------------------------------------


async def test_orders_as_a_real_system_showed_them(stage: Stage, samples: Path) -> None:
    plant, bridge = stage
    await bridge.start()
    document = (samples / "sap" / "production-order-01-general.json").read_bytes()
    answer = await bridge.client.post("/production-orders", content=document)
    assert answer.json() == {"accepted": ["1000000"], "known": []}
    await plant.until(lambda: bool(plant.orders))
    order = plant.orders["1000000"]
    assert (order["WorkMasterID"], order["Quantity"]) == (
        "MZ-FG-R10",
        {"Value": 500, "UnitOfMeasure": "PC"},
    )
    assert order["StartTime"] == "2017-06-06T00:00:00+00:00"
