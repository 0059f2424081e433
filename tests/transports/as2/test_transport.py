"""AS2 over real sockets: what comes, what goes, and what receipts prove."""

from typing import Any

from tests.transports.as2.desk import ORDER, Integration


async def test_a_message_is_taken_and_its_receipt_proves_it(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    wrapped = desk.wrapped()
    receipt = desk.receipt(await desk.post(wrapped, "<1@gearbox>"))
    assert receipt.disposition == "processed"
    assert receipt.signed
    assert receipt.original == "<1@gearbox>"
    assert receipt.vouches_for(wrapped.checked)
    assert [one.body for one in side.performed] == [ORDER]
    assert side.performed[0].headers["content-type"] == "application/edi-x12"


async def test_a_message_is_sent_and_its_receipt_is_checked(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    entry = await desk.delivered(desk.say())
    assert (entry["outcome"], entry["status"], entry["attempts"]) == ("delivered", 200, 1)
    got = integration.got[0]
    assert got.opened.failure is None
    assert got.opened.layers == ["encrypted", "signed"]
    assert got.opened.payload == ORDER
    assert 'filename="BEARCO-1.edi"' in got.opened.headers["content-disposition"]
    assert (got.headers["as2-from"], got.headers["as2-to"]) == ("BEARCO", "GEARBOX")
    assert entry["as2"]["message_id"] == got.headers["message-id"]
    assert entry["as2"]["receipt"] == "processed"
    assert entry["as2"]["mic"].endswith(", sha-256")
