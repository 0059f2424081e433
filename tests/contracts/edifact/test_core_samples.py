"""Real files that nobody here wrote: what they are, what is wrong with them, what they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.contracts.edifact import Edifact
from simulator.contracts.edifact.tokens import tokenise
from simulator.core.inspection import Inspection


def body(samples: Path, name: str) -> bytes:
    return (samples / "edi" / f"{name}.edi").read_bytes()


def inspected(samples: Path, name: str) -> Inspection:
    return Edifact.inspect(body(samples, name))


def wrong(one: Inspection) -> list[str]:
    return [flaw.name for flaw in one.flaws if not flaw.tolerated]


def said(one: Inspection) -> dict[str, Any]:
    (document,) = one.documents
    return document


def test_every_byte_comes_back(samples: Path) -> None:
    files = sorted((samples / "edi").glob("edifact-*"))
    assert len(files) >= 4
    for file in files:
        raw = file.read_bytes()
        assert Edifact.recognises(raw)
        assert Edifact.inspect(raw).readable
        assert b"".join(raw[one.start : one.end] for one in tokenise(raw)) == raw


def test_an_aperak_that_counts_wrong(samples: Path) -> None:
    one = inspected(samples, "edifact-aperak")
    assert "APERAK D96A" in one.summary
    assert wrong(one) == ["segment-count-wrong"]
    (flaw,) = [flaw for flaw in one.flaws if not flaw.tolerated]
    assert flaw.what == "UNT counts '8' segments, there are 7"
    assert (flaw.where, flaw.line) == ("message 1, segment 7 (UNT), element 1", 9)
    (answer,) = one.answers
    assert (answer.wire, answer.verdict, answer.codes) == ("CONTRL", "rejected", ("0085=29",))
    assert "'UCI+000000003+RECEIVERID+SENDERID+7'UCM+1+APERAK:D:96A:UN+4+29'" in answer.raw
    advice = said(one)
    assert (advice["document"], advice["verdict"]) == ("application-advice", "rejected")
    assert advice["notes"][0]["text"] == "Order rejected due to invalid product code"


def test_an_order_with_service_characters_of_its_own_that_counts_wrong(samples: Path) -> None:
    one = inspected(samples, "edifact-orders-d03b")
    assert "from TESTPLACE to DEP1: ORDERS D03B" in one.summary
    assert wrong(one) == ["segment-count-wrong"]
    (answer,) = one.answers
    assert (answer.verdict, answer.codes) == ("rejected", ("0085=29",))
    assert "'UCM+SSDD1+ORDERS:D:03B:UN+4+29'" in answer.raw
    order = said(one)
    assert order["number"] == "BKOD99"
    assert [line["quantity"] for line in order["lines"]] == ["25", "25", "16", "10"]
    assert order["lines"][0]["item"] == "0764569104"  # its zero kept
    assert order["lines"][0]["description"].endswith("special characters: !^\\~")


def test_an_invoice_that_is_folded(samples: Path) -> None:
    one = inspected(samples, "edifact-invoic-wrapped")
    assert "INVOIC D97B" in one.summary
    assert one.whole
    assert {flaw.name for flaw in one.flaws} == {"folded-lines", "unknown-unit"}
    (answer,) = one.answers
    assert (answer.verdict, answer.codes) == ("accepted", ())
    invoice = said(one)
    assert (invoice["total"], invoice["currency"]) == ("2137.58", "USD")
    assert [line["price"] for line in invoice["lines"]] == ["1.179", "20.5"]
    assert invoice["parties"][0]["name"] == "CUMMINS MID-RANGE ENGINE PLANT"  # across a fold


def test_a_receiving_advice_in_another_character_set(samples: Path) -> None:
    one = inspected(samples, "edifact-recadv-d01b")
    assert "RECADV D01B" in one.summary
    assert wrong(one) == ["charset-mismatch"]
    (answer,) = one.answers
    assert (answer.verdict, answer.codes) == ("rejected", ("0085=46",))
    assert "+4+46'UNT+3+1'" in answer.raw
    advice = said(one)
    assert advice["lines"][0]["lot"] == "U23362"
    assert (advice["lines"][0]["po"], advice["lines"][0]["po_line"]) == ("5502284066", "000010")
    assert advice["parties"][1]["name"].startswith("报文测试")
    assert advice["parties"][2]["name"].startswith("CSP test d'This")
