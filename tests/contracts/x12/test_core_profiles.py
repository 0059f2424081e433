"""A partner's profile decides: who it is, what it speaks, what it forgives, how it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.contracts.x12 import X12
from simulator.contracts.x12.scan import scan
from simulator.core.errors import Mistake
from simulator.core.gs1 import sscc
from simulator.core.message import Request
from simulator.core.ports import Glance
from simulator.plant.trading import Enclosed
from tests.contracts.trading import codes, interchange, names, verdicts
from tests.contracts.x12.interchanges import (
    answered_rightly,
    contract,
    enveloped,
    notice,
    order,
    receive,
    refusing,
    written,
)


def test_versions_are_agreed_on() -> None:
    for version in ("004010", "004010VICS", "004010ED0040"):
        assert names(receive(enveloped(version=version))) == []
    other = receive(enveloped(version="005010"))
    assert names(other) == ["unsupported-version"]
    assert codes(other) == {"AK905=2"}
    assert answered_rightly("unsupported-version", other.answers)
    assert other.refused_sets == ["0001"]


def test_sets_are_agreed_on() -> None:
    received = receive(enveloped("BPR*I*100*C*CHK", "835", "HP"))
    assert names(received) == ["unsupported-set"]
    assert codes(received) == {"AK502=1"}
    assert answered_rightly("unsupported-set", received.answers)
    assert received.interchange.contents == []
    assert received.refused_sets == ["0001"]


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["003040", "004010", "004060", "005010"])
@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"element": "|", "component": ":", "segment": "!"},
        {"segment": "\n"},
        {"line_end": "\r\n"},
        {"element": "\x1d", "component": "\x1f", "segment": "\x1c", "repetition": "\x1e"},
        {"segment": "'", "line_end": "\n"},
    ],
)
@pytest.mark.parametrize("charset", ["ascii", "latin-1", "utf-8"])
def test_an_honest_interchange_is_whole(version: str, marks: dict[str, Any], charset: str) -> None:
    by = contract(version=version, delimiters=marks, charset=charset)
    given = interchange(notice(note="Größe | 5 > 4 * ~ ' ^ !"))
    body = written(given, by)
    received = receive(body, by)
    assert refusing(received) == []
    assert verdicts(received) == ["accepted"]
    (one,) = received.interchange.contents
    assert one.said.document == "ship-notice"
    assert (one.control, one.group, one.code) == ("0001", "12", "856")
    (found,) = scan(body)
    assert found.header.regular
    end = marks.get("segment", "~") + marks.get("line_end", "")
    assert body.decode(charset).endswith(f"IEA{marks.get('element', '*')}1"
                                         f"{marks.get('element', '*')}000000012{end}")  # fmt: skip


def test_what_the_character_set_lacks_is_written_without_accents() -> None:
    said = notice(note="Größe")
    assert b"Gro?e" in written(interchange(said))
    assert "Größe".encode("latin-1") in written(interchange(said), contract(charset="latin-1"))
    assert "Größe".encode() in written(interchange(said), contract(charset="utf-8"))


def test_envelopes_count_and_name() -> None:
    body = written(interchange(order(), order("PO-2"), order("PO-3")),
                   contract(one_per_group=False)).decode()  # fmt: skip
    assert body.startswith(
        "ISA*00*          *00*          *01*GEARBOX        *ZZ*BEARCO         "
        "*260302*0600*U*00401*000000012*0*T*>~"
        "GS*PO*GEARBOX-EDI*BEARCO*20260302*0600*12*X*004010~ST*850*0001~BEG"
    )
    assert [body.count(f"ST*850*000{number}~") for number in (1, 2, 3)] == [1, 1, 1]
    assert body.endswith("*0003~GE*3*12~IEA*1*000000012~")


def test_one_set_a_group() -> None:
    body = written(interchange(order(), order("PO-2"))).decode()
    assert "~GE*1*12~GS*PO*GEARBOX-EDI*BEARCO*20260302*0600*13*X*004010~ST*850*0002~" in body
    assert body.endswith("~GE*1*13~IEA*2*000000012~")
    received = receive(body.encode())
    assert names(received) == []
    assert [(one.acknowledges, one.verdict) for one in received.answers] == [
        ("12", "accepted"), ("13", "accepted"),
    ]  # fmt: skip


def test_control_numbers_that_somebody_chose_are_kept() -> None:
    contents = [
        Enclosed(said=order("PO-1"), control="77001", group="77"),
        Enclosed(said=order("PO-2"), control="77002", group="77"),
        Enclosed(said=notice(), control="780001", group="000000078"),
    ]
    given = interchange(order(), contents=contents, control="999999999")
    received = receive(written(given))
    assert names(received) == []
    assert received.interchange.control == "999999999"
    assert [(one.group, one.control) for one in received.interchange.contents] == [
        ("77", "77001"), ("77", "77002"), ("78", "780001"),
    ]  # fmt: skip


def test_test_and_wish_for_an_acknowledgement_are_kept() -> None:
    given = interchange(order(), wants_acknowledgement=True, test=True)
    back = receive(written(given)).interchange
    assert (back.test, back.wants_acknowledgement, back.at) == (True, True, given.at)


CANNOT: list[tuple[dict[str, Any], str]] = [
    ({"delimiters": {"element": "*", "segment": "*"}}, "cannot be the delimiters"),
    ({"delimiters": {"element": "A"}}, "cannot be the delimiters"),
    ({"identifiers": {"partner": {"id": "B" * 16}, "plant": {"id": "G"}}}, "does not fit into ISA"),
    ({"identifiers": {"partner": {"id": "B"}, "plant": {"id": "G", "qualifier": "ZZZ"}}}, "fit"),
]


@pytest.mark.parametrize(("changes", "words"), CANNOT)
def test_a_profile_that_cannot_be_written_is_a_mistake(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Mistake, match=words):
        written(interchange(order()), contract(**changes))
    with pytest.raises(Mistake, match="at most 9 digits"):
        written(interchange(order(), control="1234567890"))


def test_a_glance_sees_what_a_fault_selects_by() -> None:
    by = contract()
    seen = by.glance(Request(body=written(interchange(notice()))))
    assert seen.document == "ship-notice"
    assert seen.keys == {"partner": ["BEARCO"], "control": ["000000012"], "asn": ["SN-0815"]}
    mixed = by.glance(Request(body=written(interchange(notice(), order()))))
    assert mixed.document == "interchange"
    assert mixed.keys["po"] == ["PO-4711"]
    assert by.glance(Request(body=b"hello")) == Glance()


# --- inspecting -----------------------------------------------------------------------------------


def test_a_tree_shows_what_there_is() -> None:
    one = X12.inspect(written(interchange(notice())))
    assert one.kind == "x12"
    assert one.summary == "X12 interchange 000000012 from BEARCO to GEARBOX: 856 004010"
    (root,) = one.tree
    assert (root.label, root.value, root.offset, root.line) == ("interchange", "000000012", 0, 1)
    shown = {node.label: node.value for node in root.children}
    assert shown["sender"] == "BEARCO (ZZ)"
    assert shown["date"] == "2026-03-02T06:00:00.000Z"
    assert shown["delimiters"] == "* > ~"
    assert shown["usage"] == "test"
    group = root.children[-1]
    assert (group.label, group.value) == ("group SH", "12")
    asn = group.children[-1]
    assert (asn.label, asn.value) == ("856 004010", "0001")
    assert {node.label: node.value for node in asn.children}["number"] == "SN-0815"
    (shipment,) = [node for node in asn.children if node.label == "shipment"]
    pallet = shipment.children[-1].children[-1]
    carton = pallet.children[-1]
    assert [node.label for node in (pallet, carton, carton.children[-1])] == [
        "pallet", "carton", "item",
    ]  # fmt: skip
    assert pallet.children[0].value.endswith(sscc(2))
    (document,) = one.documents
    assert document["document"] == "ship-notice"


def test_an_answer_goes_back_to_who_sent_it() -> None:
    (answer,) = X12.inspect(written(interchange(order()))).answers
    assert (answer.wire, answer.verdict) == ("997", "accepted")
    assert "*ZZ*BEARCO         *01*GEARBOX        *" in answer.raw
    assert "~GS*FA*BEARCO*GEARBOX-EDI*" in answer.raw
    assert "~AK1*PO*12~AK2*850*0001~AK5*A~AK9*A*1*1*1~" in answer.raw
    assert X12.inspect(answer.raw.encode()).whole
