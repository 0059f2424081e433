"""What a partner sends: made as its settings say, and sent again until a receipt proves it."""

import asyncio
from typing import Any

import pytest

from simulator.core.message import Message
from simulator.transports.as2 import mdn
from tests.transports.as2.desk import ORDER, Integration, as_identity, issued


async def test_a_message_is_sent_and_its_receipt_is_checked(
    open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["status"], entry["attempts"]) == ("delivered", 200, 1)
    got = integration.got[0]
    assert got.opened.failure is None
    assert got.opened.layers == ["encrypted", "signed"]
    assert got.opened.payload == ORDER
    assert got.opened.headers["content-type"] == "application/edi-x12"
    assert 'filename="BEARCO-1.edi"' in got.opened.headers["content-disposition"]
    assert (got.headers["as2-from"], got.headers["as2-to"]) == ("BEARCO", "GEARBOX")
    assert entry["as2"]["message_id"] == got.headers["message-id"]
    assert entry["keys"]["message_id"] == [got.headers["message-id"]]
    assert entry["as2"]["receipt"] == "processed"
    assert entry["as2"]["mic"].endswith(", sha-256")


@pytest.mark.parametrize(
    ("settings", "layers"),
    [
        ({"sign": "none", "encrypt": "none"}, []),
        ({"sign": "sha1", "encrypt": "3des"}, ["encrypted", "signed"]),
        ({"sign": "sha512", "encrypt": "aes192", "key_transport": "oaep"},
         ["encrypted", "signed"]),
        ({"sign": "sha384", "encrypt": "aes256-gcm", "compress": "before-signing"},
         ["encrypted", "signed", "compressed"]),
        ({"compress": "after-signing", "transfer_encoding": "base64"},
         ["encrypted", "compressed", "signed"]),
        ({"encrypt": "none", "signed_receipt": False}, ["signed"]),
    ],
    ids=str,
)  # fmt: skip
async def test_messages_are_made_as_set(
    open_desk: Any, integration: Integration, settings: dict[str, Any], layers: list[str]
) -> None:
    desk = await open_desk(**settings)
    entry = await desk.delivered(desk.say())
    assert entry["outcome"] == "delivered"
    assert integration.got[0].opened.layers == layers
    assert integration.got[0].opened.payload == ORDER
    assert entry["as2"]["signed"] is settings.get("signed_receipt", True)


# --- receipts that prove nothing ---


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"never": True}, "no receipt in the answer"),
        ({"unsigned": True}, "not signed"),
        ({"mic": "AAAA"}, "MIC"),
        ({"mic": ""}, "MIC"),
        ({"original": "<other@x>"}, "is for <other@x>"),
        ({"by": as_identity(issued("MALLORY"))}, "does not hold"),
        ({"said": "processed/error: decryption-failed", "text": "no key"},
         "says processed/error: decryption-failed: no key"),
        ({"said": "failed/failure: unsupported format"}, "failed/failure"),
        ({"status": 503}, "answered 503: later"),
    ],
    ids=[
        "never", "unsigned", "another-mic", "no-mic", "another-message", "another-signer",
        "an-error", "a-failure", "refused",
    ],
)  # fmt: skip
async def test_the_same_message_is_sent_again_until_a_receipt_proves_it(
    side: Any, open_desk: Any, integration: Integration, answer: dict[str, Any], says: str
) -> None:
    integration.answers = [answer]
    seen: list[dict[str, Any]] = []
    side.journal.listen(lambda entry, completed: seen.append(dict(entry)))
    desk = await open_desk()
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 2)
    first, second = integration.got
    assert first.headers["message-id"] == second.headers["message-id"]
    assert first.opened.payload == second.opened.payload == ORDER
    assert first.opened.checked == second.opened.checked
    retrying = next(one for one in seen if one.get("outcome") == "retrying")
    assert says in retrying["error"]


async def test_a_warning_is_a_receipt(open_desk: Any, integration: Integration) -> None:
    integration.answers = [{"said": mdn.DUPLICATE}]
    desk = await open_desk()
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 1)
    assert entry["as2"]["receipt"] == mdn.DUPLICATE


@pytest.mark.parametrize(
    ("on", "outcome", "attempts"),
    [(["receipt"], "dead-letter", 3), (["5xx"], "failed", 1)],
)
async def test_patience_ends_as_the_rules_have_it(
    open_desk: Any, integration: Integration, on: list[str], outcome: str, attempts: int
) -> None:
    integration.answers = [{"never": True}] * 9
    desk = await open_desk(retry={"first": "1ms", "attempts": 3, "on": on})
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == (outcome, attempts)
    assert len(integration.got) == attempts


async def test_no_receipt_is_asked_for_where_none_is_wanted(
    open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk(receipt="none")
    assert (await desk.delivered(desk.say()))["outcome"] == "delivered"
    assert not any("disposition" in name for name in integration.got[0].headers)


# --- receipts that come by themselves ---


async def test_an_asynchronous_receipt_is_waited_for(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk(receipt="async")
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 1)
    assert entry["as2"]["receipt"] == "processed"
    assert integration.got[0].headers["receipt-delivery-option"] == desk.url
    assert len(side.journal) == 1  # a receipt that was awaited is no message of its own


async def test_without_one_the_same_message_goes_again(
    open_desk: Any, integration: Integration
) -> None:
    integration.answers = [{"never": True}, {"mic": "AAAA"}]
    desk = await open_desk(receipt="async", receipt_timeout="50ms")
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 3)
    assert len({one.headers["message-id"] for one in integration.got}) == 1


async def test_a_receipt_that_comes_late_spares_the_next_attempt(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    integration.answers = [{"never": True}]
    desk = await open_desk(
        receipt="async", receipt_timeout="10ms", retry={"first": "300ms", "attempts": 3}
    )
    message = desk.say()
    await side.entry(outcome="retrying")
    got = integration.got[0]
    headers, raw = integration.receipt(got.headers, got.opened, {})
    assert (await desk.client.post(desk.url, content=raw, headers=headers)).status_code == 200
    entry = await desk.delivered(message)
    assert (entry["outcome"], entry["attempts"]) == ("delivered", 2)
    assert len(integration.got) == 1  # it was not sent again


async def test_a_receipt_for_nothing_is_recorded(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk(receipt="async")
    await desk.delivered(desk.say())
    got = integration.got[0]
    headers, raw = integration.receipt(got.headers, got.opened, {"original": "<other@x>"})
    assert (await desk.client.post(desk.url, content=raw, headers=headers)).status_code == 200
    entry = await side.entry(outcome="unexpected-receipt")
    assert "for <other@x>, which was not awaited" in entry["error"]
    assert side.performed == []


# --- what stands in the way ---


async def test_without_a_url_nothing_can_be_delivered(open_desk: Any) -> None:
    desk = await open_desk(url=None)
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("failed", 1)
    assert "no url" in entry["error"]


async def test_a_certificate_that_cannot_be_had_is_a_reason_to_try_again(
    open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk(retry={"first": "1ms", "attempts": 2})
    integration.certificate = None
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["attempts"]) == ("dead-letter", 2)
    assert "answers 404, not a certificate" in entry["error"]


async def test_nothing_leaves_before_its_number_is_safe(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    gate, waiting = asyncio.Event(), asyncio.Event()

    async def secured() -> None:
        waiting.set()
        await gate.wait()

    side.secured = secured
    message: Message = desk.say()
    await waiting.wait()
    assert message.save()["extra"]["message_id"]  # saved with the message that waits
    assert integration.got == []
    gate.set()
    assert (await desk.delivered(message))["outcome"] == "delivered"


async def test_what_is_under_way_when_it_stops_goes_out_later_under_the_same_id(
    open_desk: Any, integration: Integration
) -> None:
    integration.answers = [{"never": True}]
    desk = await open_desk(receipt="async", receipt_timeout="1h")
    message = desk.say()
    await integration.has(messages=1)
    await desk.transport.stop()
    assert list(desk.link_out.ready) == [message]
    await desk.transport.start()
    assert (await desk.delivered(message))["outcome"] == "delivered"
    assert len({one.headers["message-id"] for one in integration.got}) == 1
