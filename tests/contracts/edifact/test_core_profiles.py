"""A partner's profile decides: who it is, what it speaks, what it forgives, how it is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.cli.inspect import Inspecting, look
from simulator.contracts.edifact import Edifact
from simulator.core.errors import Mistake
from simulator.core.gs1 import sscc
from simulator.plant.trading.rightness import RIGHT
from tests.contracts.edifact.exchange import (
    answered_rightly,
    codes,
    contract,
    interchange,
    message,
    names,
    notice,
    order,
    receive,
    verdicts,
    written,
)
from tests.contracts.edifact.test_core_guides import ORDER

HEAD = "UNB+UNOC:3+4012345000023:14+4012345000009:14+260302:0600+12"


def headed(sender: str, receiver: str) -> bytes:
    return message(ORDER, unb=f"UNB+UNOC:3+{sender}+{receiver}+260302:0600+12")


@pytest.mark.parametrize(
    ("sender", "receiver", "by"),
    [
        ("4012345000023:14", "4012345000009:14", "partner"),
        ("4012345000009:14", "4012345000023:14", "plant"),
        ("4012345000023", "4012345000009", "partner"),
    ],
)
def test_who_speaks_is_told_by_the_envelope(sender: str, receiver: str, by: str) -> None:
    received = receive(headed(sender, receiver))
    assert names(received) == []
    assert received.interchange.sender == by
    assert {one.said.sender for one in received.interchange.contents} == {by}
    assert {one.sender for one in received.answers} == {"plant", "partner"} - {by}


@pytest.mark.parametrize(
    ("sender", "receiver", "code"),
    [
        ("4012345000030:14", "4012345000009:14", "23"),
        ("4012345000023:14", "4012345000030:14", "7"),
        ("4012345000023:ZZZ", "4012345000009:14", "23"),
        ("4012345000023:14", "4012345000023:14", "7"),
    ],
)
def test_somebody_else_is_refused(sender: str, receiver: str, code: str) -> None:
    received = receive(headed(sender, receiver))
    assert "unknown-partner" in names(received)
    assert code in codes(received)
    assert answered_rightly("unknown-partner", received.answers)
    assert received.refused_sets == ["1"]


def test_mutually_defined_is_written_in_three_letters() -> None:
    """ZZ is X12's word for it; UN/EDIFACT's is ZZZ, and partners write both."""
    sides = {"partner": {"id": "DICHT", "qualifier": "ZZ"}, "plant": {"id": "WERK"}}
    by = contract(identifiers=sides)
    assert b"+DICHT:ZZZ+WERK:ZZZ+" in written(interchange(notice()), by)
    for qualifier in ("ZZ", "ZZZ"):
        body = headed(f"DICHT:{qualifier}", f"WERK:{qualifier}")
        assert names(receive(body, by)) == []


@pytest.mark.parametrize("agreed", ["D96A", "D.96A", "d96a"])
def test_versions_are_agreed_on(agreed: str) -> None:
    by = contract(version=agreed)
    assert names(receive(message(ORDER), by)) == []
    other = receive(message(ORDER, "ORDERS:D:97A:UN"), by)
    assert names(other) == ["unsupported-version"]
    assert codes(other) == {"17"}
    assert answered_rightly("unsupported-version", other.answers)
    assert other.refused_sets == ["1"]


def test_messages_are_agreed_on() -> None:
    received = receive(message("BGM+9+1+9", "PRICAT:D:96A:UN"))
    assert names(received) == ["unsupported-set"]
    assert answered_rightly("unsupported-set", received.answers)
    assert received.interchange.contents == []


TOLERABLE = {
    "segment-count-wrong", "group-count-wrong", "control-mismatch-set", "element-too-long",
    "control-mismatch-interchange", "unknown-segment", "invalid-date", "missing-set-trailer",
    "nul-bytes", "charset-mismatch", "missing-interchange-trailer",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TOLERABLE))
def test_what_is_tolerated_is_named_and_accepted(name: str) -> None:
    odd = interchange(notice(), oddities={name: {}})
    assert verdicts(receive(written(odd))) == ["rejected"]
    by = contract(tolerates=[name])
    received = receive(written(odd, by), by)
    assert {one.name for one in received.findings if one.tolerated} >= {name}
    assert names(received) == []
    assert verdicts(received) == ["accepted"]
    assert received.refused_sets == []
    assert received.interchange.contents[0].said.document == "ship-notice"


def test_too_many_elements_may_be_tolerated_whatever_the_reason() -> None:
    longer = message(ORDER.replace("UNS+S", "UNS+S+9"))
    assert names(receive(longer)) == ["too-many-elements", "delimiter-in-data"]
    assert verdicts(receive(longer, contract(tolerates=["too-many-elements"]))) == ["accepted"]


def test_what_the_table_accepts_is_always_tolerated() -> None:
    accepted = [
        name
        for name, right in RIGHT.items()
        if name in Edifact.oddities
        and {o.verdict for o in right.answers["edifact"]} == {"accepted"}
    ]
    assert len(accepted) >= 5
    for name in accepted:
        received = receive(written(interchange(notice(), oddities={name: {}})))
        assert names(received) == []
        assert verdicts(received) == ["accepted"]


def test_units_are_the_partners_own() -> None:
    by = contract(units={"pcs": "EA"})
    (order_,) = receive(message(ORDER.replace("PCE", "EA")), by).interchange.contents
    assert order_.said.lines[0].unit == "pcs"  # type: ignore[attr-defined]
    received = receive(message(ORDER.replace("PCE", "GRO")), by)
    assert [(one.name, one.level) for one in received.findings] == [("unknown-unit", "content")]
    assert verdicts(received) == ["rejected"]
    assert codes(received) == {"12"}


def test_content_that_can_be_read_is_left_to_an_application_advice() -> None:
    body = written(interchange(notice())).replace(b"GIN+BJ+0401234", b"GIN+BJ+9401234")
    received = receive(body)
    assert names(received) == ["sscc-check-digit"]
    assert verdicts(received) == ["accepted"]
    assert received.refused_sets == []


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ({"element": "*", "component": "=", "segment": "~", "release": "\\"}, b"UNA=*.\\ ~UNB*"),
        ({"decimal": ","}, b"UNA:+,? 'UNB+"),
        ({"line_end": "\n"}, b"UNA:+.? '\nUNB+"),
        ({"una": False}, b"UNB+UNOC:3+"),
        ({"una": False, "element": "*"}, b"UNA:*.? 'UNB*"),  # nobody could guess it
    ],
)
def test_service_characters_are_the_partners_own(marks: dict[str, Any], text: bytes) -> None:
    by = contract(delimiters=marks)
    body = written(interchange(notice()), by)
    assert body.startswith(text)
    assert names(receive(body, by)) == []
    if "line_end" in marks:
        assert body.endswith(b"'\n")


# --- inspecting by a profile ----------------------------------------------------------------------

PROFILE = """
partner: DICHTRING
standard: edifact
version: D96A
charset: UNOC
identifiers:
  partner: {id: "4012345000023", qualifier: "14"}
  plant: {id: "4012345000009", qualifier: "14"}
tolerates: [segment-count-wrong]
"""


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    folder = tmp_path / "payloads" / "partners"
    folder.mkdir(parents=True)
    (folder / "dichtring.yaml").write_text(PROFILE)
    (folder / "mill.yaml").write_text(PROFILE.replace("edifact", "x12").replace("D96A", "'004010'"))
    (folder / "broken.yaml").write_text("partner: [")
    return tmp_path / "payloads"


WRONG_COUNT = message(ORDER, unt="UNT+99+1")


def test_a_file_is_judged_by_the_profile_that_its_envelope_names(payloads: Path) -> None:
    assert not Edifact.inspect(WRONG_COUNT).whole
    assert Edifact.inspect(WRONG_COUNT, payloads).whole
    strange = headed("SOMEBODY:14", "ELSE:14")
    assert Edifact.inspect(strange, payloads).whole  # nobody knows what was agreed on


def test_or_by_the_one_that_is_asked_for(payloads: Path) -> None:
    assert Edifact.inspect(WRONG_COUNT, payloads, partner="dichtring").whole
    strange = Edifact.inspect(headed("SOMEBODY:14", "ELSE:14"), payloads, partner="dichtring")
    assert {one.name for one in strange.flaws} == {"unknown-partner"}
    assert not strange.whole


def test_a_profile_that_cannot_be_used_is_a_mistake(payloads: Path) -> None:
    with pytest.raises(Mistake, match="mill speaks x12"):
        Edifact.inspect(WRONG_COUNT, payloads, partner="mill")
    with pytest.raises(Mistake, match="nobody"):
        Edifact.inspect(WRONG_COUNT, payloads, partner="nobody")
    with pytest.raises(Mistake, match="not YAML"):
        Edifact.inspect(WRONG_COUNT, payloads, partner="broken")


def test_and_stagefloor_inspect_says_so(payloads: Path) -> None:
    file = payloads / "order.edi"
    file.write_bytes(WRONG_COUNT)
    asked = Inspecting([str(file)], partner="mill", payloads=payloads)
    with pytest.raises(Mistake, match="mill speaks x12"):
        look(str(file), asked)


def test_a_tree_shows_what_there_is(payloads: Path) -> None:
    one = Edifact.inspect(written(interchange(notice())), payloads)
    assert one.kind == "edifact"
    assert one.summary == (
        "EDIFACT interchange 000000012 from 4012345000023 to 4012345000009: DESADV D96A"
    )
    (root,) = one.tree
    assert (root.label, root.value, root.offset, root.line) == ("interchange", "000000012", 9, 1)
    shown = {node.label: node.value for node in root.children}
    assert shown["sender"] == "4012345000023 (14)"
    assert shown["date"] == "2026-03-02T06:00:00.000Z"
    assert shown["syntax"] == "UNOC:3"
    assert shown["test indicator"] == "1"
    (desadv,) = [node for node in root.children if node.label == "DESADV D96A"]
    leaves = {node.label: node.value for node in desadv.children}
    assert leaves["document"] == "ship-notice"
    assert leaves["number"] == "LS-0815"
    assert (leaves["line 1"], leaves["line 2"]) == ("SEAL", "RING")
    assert leaves["identity BJ"] == sscc(2)
    (document,) = one.documents
    assert document["document"] == "ship-notice"
    (answer,) = one.answers
    assert (answer.wire, answer.verdict) == ("CONTRL", "accepted")
    assert "'UCI+000000012+4012345000023:14+4012345000009:14+7'" in answer.raw


def test_an_order_of_the_plant_is_answered_by_the_partner() -> None:
    (answer,) = Edifact.inspect(written(interchange(order()))).answers
    assert "+4012345000023:14+4012345000009:14+" in answer.raw
    assert "'UCI+000000012+4012345000009:14+4012345000023:14+7'" in answer.raw
