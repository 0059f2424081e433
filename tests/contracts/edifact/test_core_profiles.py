"""A partner's profile decides: who it is, what it speaks, what it forgives, how it is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.cli.inspect import Inspecting, look
from simulator.contracts.edifact import Edifact
from simulator.core.errors import Mistake
from simulator.core.gs1 import sscc
from simulator.plant.trading import PartnerProfile
from tests.contracts.edifact.exchange import (
    ORDER,
    STRICT,
    WRONG_COUNT,
    answered_rightly,
    codes,
    contract,
    headed,
    message,
    notice,
    order,
    receive,
    written,
)
from tests.contracts.trading import interchange, names, verdicts


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


def test_too_many_elements_may_be_tolerated_whatever_the_reason() -> None:
    longer = message(ORDER.replace("UNS+S", "UNS+S+9"))
    assert names(receive(longer)) == ["too-many-elements", "delimiter-in-data"]
    assert verdicts(receive(longer, contract(tolerates=["too-many-elements"]))) == ["accepted"]


def test_units_are_the_partners_own() -> None:
    by = contract(units={"pcs": "EA"})
    (order_,) = receive(message(ORDER.replace("PCE", "EA")), by).interchange.contents
    assert order_.said.lines[0].unit == "pcs"  # type: ignore[attr-defined]
    received = receive(message(ORDER.replace("PCE", "GRO")), by)
    assert [(one.name, one.level) for one in received.findings] == [("unknown-unit", "content")]
    assert verdicts(received) == ["rejected"]
    assert codes(received) == {"12"}


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


# --- inspecting -----------------------------------------------------------------------------------


def test_a_profile_of_another_standard_is_a_mistake_of_stagefloor_inspect(tmp_path: Path) -> None:
    (tmp_path / "partners").mkdir()
    profile = PartnerProfile.model_validate(STRICT | {"standard": "x12", "version": "004010"})
    (tmp_path / "partners" / "mill.yaml").write_text(profile.model_dump_json(exclude_unset=True))
    file = tmp_path / "order.edi"
    file.write_bytes(WRONG_COUNT)
    asked = Inspecting([str(file)], partner="mill", payloads=tmp_path)
    with pytest.raises(Mistake, match="mill speaks x12"):
        look(str(file), asked)


def test_a_tree_shows_what_there_is() -> None:
    one = Edifact.inspect(written(interchange(notice())))
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
