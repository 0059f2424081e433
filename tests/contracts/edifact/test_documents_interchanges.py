"""Every document, in a whole interchange, through bytes and back, by what a partner is like."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.contracts.edifact import Edifact
from simulator.core.errors import Mistake
from simulator.core.message import Request
from simulator.plant.trading import (
    AdviceNote,
    ApplicationAdvice,
    Enclosed,
    FunctionalAcknowledgement,
    Interchange,
    InterchangeAcknowledgement,
    Received,
    ShipmentStatus,
    TradingDocument,
)
from tests.contracts import strategies as some
from tests.contracts.edifact.exchange import (
    answered_rightly,
    contract,
    notice,
    order,
    profile,
    receive,
    written,
)
from tests.contracts.edifact.messages import again
from tests.contracts.trading import AT, interchange, names, verdicts

documents: st.SearchStrategy[TradingDocument] = st.one_of(
    some.purchase_orders, some.purchase_order_changes, some.purchase_order_responses,
    some.forecasts, some.call_offs, some.ship_notices, some.receiving_advices,
    some.application_advices, some.invoices, some.inventory_reports,
)  # fmt: skip
MARKS: list[dict[str, Any]] = [
    {},
    {"charset": "utf-8", "delimiters": {"line_end": "\r\n"}},
    {"charset": "latin-1", "delimiters": {"una": False}},
    {
        "charset": "utf-8",
        "delimiters": {
            "element": "*", "component": "=", "segment": "~", "release": "\\", "decimal": ",",
            "repetition": "^",
        },
    },
    {"charset": "utf-8", "delimiters": {"segment": "\n", "una": True}},
    {"version": "D97A", "charset": "utf-8"},
    {"version": "D.01B", "charset": "utf-8"},
]  # fmt: skip
CONTRACTS = [contract(**one) for one in MARKS]


def ours(document: TradingDocument) -> TradingDocument:
    return document.model_copy(update={"partner": "DICHTRING"})


@settings(max_examples=60, deadline=None)
@given(documents, st.sampled_from(CONTRACTS))
def test_there_and_back(given_: TradingDocument, by: Edifact) -> None:
    document = ours(given_)
    wrapped = interchange(document)
    try:
        body = written(wrapped, by)
    except Mistake as mistake:  # a character that the set does not have
        assert "character set" in mistake.what  # noqa: PT017
        return
    received = receive(body, by)
    assert {one.name for one in received.findings} <= {"carriage-returns", "newline-terminator"}
    assert verdicts(received) == ["accepted"]
    back = received.interchange
    (one,) = back.contents
    assert one.said == again(document)[0]
    assert (back.control, back.sender, back.at) == (wrapped.control, document.sender, AT)
    assert back.test  # nothing here is ever more than a test


def test_several_documents_of_several_kinds() -> None:
    first = notice()
    other = notice(number="LS-0816")
    received = receive(written(interchange(first, other)))
    assert [one.control for one in received.interchange.contents] == ["1", "2"]
    assert [one.said.number for one in received.interchange.contents] == ["LS-0815", "LS-0816"]


def test_controls_are_kept() -> None:
    enclosed = [Enclosed(said=notice(), control="0007"), Enclosed(said=notice(), control="SSDD1")]
    received = receive(written(interchange(notice(), contents=enclosed)))
    assert [one.control for one in received.interchange.contents] == ["0007", "SSDD1"]
    assert received.findings == []


def test_an_interchange_may_ask_to_be_acknowledged() -> None:
    received = receive(written(interchange(order(), wants_acknowledgement=True)))
    assert received.interchange.wants_acknowledgement
    assert [one.document for one in received.answers] == [
        "interchange-acknowledgement", "functional-acknowledgement",
    ]  # fmt: skip
    by = contract(acknowledge={"group": None, "interchange": "1m"})
    (only,) = receive(written(interchange(order()), by), by).answers
    assert (only.document, only.verdict) == ("interchange-acknowledgement", "accepted")
    silent = contract(acknowledge={"group": None})
    assert receive(written(interchange(order()), silent), silent).answers == []


ODD = ["segment-count-wrong", "group-count-wrong", "element-too-long", "missing-segment",
       "unknown-segment", "invalid-date", "truncated", "charset-mismatch"]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("sender", ["plant", "partner"])
def test_answers_go_back_and_are_understood(name: str, sender: str) -> None:
    """What answers an interchange is itself written, read by who sent that, and never answered."""
    document = order() if sender == "plant" else notice()
    sent = interchange(document, oddities={name: {}})
    asked = receive(written(sent))
    for answer in asked.answers:
        body = written(interchange(answer, control="77"))
        heard = receive(body)
        assert heard.findings == []
        assert heard.answers == []
        (one,) = heard.interchange.contents
        said = one.said
        assert isinstance(said, FunctionalAcknowledgement | InterchangeAcknowledgement)
        assert said.sender != sender
        assert said.acknowledges == sent.control
        assert said.verdict == "rejected"
        assert set(said.codes) <= set(answer.codes)
        assert answered_rightly(name, [said])
        assert set(said.reasons) or name == "charset-mismatch"


@pytest.mark.parametrize(
    ("charset", "text"), [("UNOA", "A??"), ("ascii", "a??"), ("latin-1", "aß?"), ("utf-8", "aß?")]
)
def test_what_an_answer_repeats_can_be_written(charset: str, text: str) -> None:
    """A reference may hold anything; a character that the partner's set lacks is replaced."""
    by = contract(charset=charset)
    said = FunctionalAcknowledgement(
        partner="DICHTRING", sender="plant", number="1", at=AT, acknowledges="aß\x9f" + "9" * 20,
        verdict="rejected", codes=["0085=13"],
    )  # fmt: skip
    heard = receive(written(interchange(said), by), by)
    assert heard.findings == []
    (one,) = heard.interchange.contents
    assert one.said.keys()["acknowledges"] == [text + "9" * 11]


def test_an_advice_in_capitals() -> None:
    by = contract(charset="UNOA")
    said = ApplicationAdvice(
        partner="DICHTRING", sender="plant", number="V-1", at=AT, about="ship-notice",
        about_number="LS-1", verdict="rejected",
        notes=[AdviceNote(reason="unknown-order", text="there is no order Ä-1")],
    )  # fmt: skip
    (one,) = receive(written(interchange(said), by), by).interchange.contents
    assert isinstance(one.said, ApplicationAdvice)
    (note,) = one.said.notes
    assert (note.reason, note.text) == ("unknown-order", "THERE IS NO ORDER ?-1")
    assert one.said.about.lower() == "ship-notice"


def test_an_answer_names_segment_and_element() -> None:
    asked = receive(written(interchange(notice(), oddities={"element-too-long": {}})))
    (finding,) = asked.findings
    body = written(interchange(asked.answers[0]))
    assert b"'UCS+2'UCD+39+3'UNT+" in body  # BGM 1004: the tag is the first element
    (heard,) = receive(body).interchange.contents
    assert isinstance(heard.said, FunctionalAcknowledgement)
    (note,) = heard.said.sets
    (segment,) = note.segments
    (element,) = segment.elements
    assert (note.code, note.control) == ("DESADV", "1")
    assert segment.position == finding.segment
    assert (element.position, element.component or 1) == (finding.element, finding.component or 1)
    assert element.codes == ["39"]


@settings(max_examples=60, deadline=None)
@given(
    documents,
    st.sampled_from(sorted(set(ODD) - {"charset-mismatch"})),
    st.sampled_from([CONTRACTS[1], *CONTRACTS[5:]]),
)
def test_whatever_it_carries_a_breach_is_found(
    given_: TradingDocument, name: str, by: Edifact
) -> None:
    received = receive(written(interchange(ours(given_), oddities={name: {}}), by), by)
    assert name in names(received)
    assert answered_rightly(name, received.answers)


def test_an_interchange_of_somebody_else_is_not_written() -> None:
    strange = interchange(notice(), partner="MILL")
    assert contract().render(strange) is None
    assert contract().render(notice()) is None


def test_what_the_set_has_no_character_for_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="not in the character set UNOA"):
        written(interchange(notice()), contract(charset="UNOA"))
    status = ShipmentStatus(partner="DICHTRING", sender="partner", number="1", at=AT)
    with pytest.raises(Mistake, match="no EDIFACT message for shipment-status"):
        written(interchange(status))


def test_a_glance_sees_what_it_carries() -> None:
    by = contract()
    glance = by.glance(Request(body=written(interchange(notice()), by)))
    assert glance.document == "ship-notice"
    assert glance.keys == {
        "partner": ["DICHTRING"], "control": ["000000012"], "asn": ["LS-0815"],
    }  # fmt: skip
    assert by.glance(Request(body=b"junk")).document is None
    assert by.peek(Request()) == "receive"


def test_a_call_carries_keys_and_document() -> None:
    call = contract().decode(Request(body=written(interchange(notice()))))
    assert (call.operation, call.document) == ("receive", "ship-notice")
    assert call.keys["asn"] == ["LS-0815"]
    assert isinstance(call.input, Received)
    assert isinstance(call.input.interchange, Interchange)


def test_profiles_without_a_qualifier_take_any() -> None:
    body = written(interchange(notice())).replace(b"4012345000023:14", b"4012345000023")
    assert names(receive(body)) == []
    assert profile().identifiers.partner.qualifier == "14"
