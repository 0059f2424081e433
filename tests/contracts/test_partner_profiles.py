"""A partner's profile decides, in every standard: who it is, what it forgives, what is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.core.errors import Mistake, Refusal
from simulator.core.gs1 import sscc
from simulator.plant.trading.rightness import RIGHT
from tests.contracts.edifact import exchange as edifact
from tests.contracts.trading import codes, interchange, names, verdicts
from tests.contracts.x12 import interchanges as x12

BOTH = pytest.mark.parametrize("by", [x12, edifact], ids=["x12", "edifact"])


@pytest.mark.parametrize(
    ("by", "sender", "receiver", "speaks"),
    [
        (x12, "ZZBEARCO", "01GEARBOX", "partner"),
        (x12, "01GEARBOX", "ZZBEARCO", "plant"),
        (edifact, "4012345000023:14", "4012345000009:14", "partner"),
        (edifact, "4012345000009:14", "4012345000023:14", "plant"),
        (edifact, "4012345000023", "4012345000009", "partner"),
    ],
)
def test_who_speaks_is_told_by_the_envelope(
    by: Any, sender: str, receiver: str, speaks: str
) -> None:
    received = by.receive(by.headed(sender, receiver))
    assert names(received) == []
    assert received.interchange.sender == speaks
    assert {one.said.sender for one in received.interchange.contents} == {speaks}
    assert {one.sender for one in received.answers} == {"plant", "partner"} - {speaks}


@pytest.mark.parametrize(
    ("by", "sender", "receiver", "code"),
    [
        (x12, "ZZSOMEBODY", "01GEARBOX", "TA105=006"),
        (x12, "ZZBEARCO", "01SOMEBODY", "TA105=008"),
        (x12, "01BEARCO", "01GEARBOX", "TA105=006"),
        (x12, "ZZBEARCO", "ZZGEARBOX", "TA105=008"),
        (x12, "ZZBEARCO", "ZZBEARCO", "TA105=008"),
        (edifact, "4012345000030:14", "4012345000009:14", "0085=23"),
        (edifact, "4012345000023:14", "4012345000030:14", "0085=7"),
        (edifact, "4012345000023:ZZZ", "4012345000009:14", "0085=23"),
        (edifact, "4012345000023:14", "4012345000023:14", "0085=7"),
    ],
)
def test_somebody_else_is_refused(by: Any, sender: str, receiver: str, code: str) -> None:
    received = by.receive(by.headed(sender, receiver))
    assert "unknown-partner" in names(received)
    assert code in codes(received)
    assert by.answered_rightly("unknown-partner", received.answers)
    assert len(received.refused_sets) == 1


TOLERABLE = {
    "segment-count-wrong", "group-count-wrong", "control-mismatch-set", "element-too-long",
    "control-mismatch-interchange", "unknown-segment", "invalid-date", "missing-set-trailer",
    "nul-bytes", "charset-mismatch", "missing-interchange-trailer",
}  # fmt: skip
OF_GROUPS = {
    "set-count-wrong", "control-mismatch-group", "missing-group-trailer",
    "interchange-header-width",
}  # fmt: skip


@pytest.mark.parametrize(
    ("by", "name"),
    [*((edifact, one) for one in sorted(TOLERABLE)),
     *((x12, one) for one in sorted(TOLERABLE | OF_GROUPS))],
)  # fmt: skip
def test_what_is_tolerated_is_named_and_accepted(by: Any, name: str) -> None:
    odd = interchange(by.notice(), oddities={name: {}})
    assert verdicts(by.receive(by.written(odd))) == ["rejected"]
    lenient = by.contract(tolerates=[name])
    received = by.receive(by.written(odd, lenient), lenient)
    assert {one.name for one in received.findings if one.tolerated} >= {name}
    assert by.refusing(received) == []
    assert verdicts(received) == ["accepted"]
    assert received.refused_sets == []
    assert received.interchange.contents[0].said.document == "ship-notice"


@BOTH
def test_one_thing_that_is_tolerated_is_all_that_is_found(by: Any) -> None:
    odd = by.written(interchange(by.notice(), oddities={"segment-count-wrong": {}}))
    received = by.receive(odd, by.contract(tolerates=["segment-count-wrong"]))
    found = [(one.name, one.tolerated) for one in received.findings]
    assert found == [("segment-count-wrong", True)]
    assert verdicts(received) == ["accepted"]


@BOTH
def test_what_the_table_accepts_never_refuses(by: Any) -> None:
    contract = by.contract()
    accepted = [
        name
        for name, right in RIGHT.items()
        if name in contract.oddities
        and {one.verdict for one in right.answers[contract.kind]} == {"accepted"}
    ]
    assert len(accepted) >= 5
    for name in accepted:
        received = by.receive(by.written(interchange(by.notice(), oddities={name: {}})))
        assert name in [one.name for one in received.findings]
        assert by.refusing(received) == []
        assert set(verdicts(received)) == {"accepted"}


@BOTH
def test_content_that_can_be_read_is_left_to_an_application_advice(by: Any) -> None:
    good = sscc(1)
    bad = good[:-1] + str((int(good[-1]) + 1) % 10)
    body = by.written(interchange(by.notice())).replace(good.encode(), bad.encode())
    received = by.receive(body)
    assert names(received) == ["sscc-check-digit"]
    assert verdicts(received) == ["accepted"]
    assert received.refused_sets == []


@BOTH
@pytest.mark.parametrize("cut", [0, 3, 8, 20, 40])
def test_bytes_without_a_whole_header_are_refused(by: Any, cut: int) -> None:
    with pytest.raises(Refusal) as refused:
        by.receive(by.written(interchange(by.notice()))[:cut])
    assert (refused.value.code, refused.value.status) == ("unreadable", 422)


@BOTH
def test_what_is_for_another_partner_is_not_rendered(by: Any) -> None:
    assert by.contract().render(interchange(by.order(), partner="SOMEBODY")) is None
    assert by.contract().render(by.order()) is None


# --- inspecting by a profile ----------------------------------------------------------------------

FILES = {
    "bearco": """
partner: BEARCO
standard: x12
version: "004010"
identifiers:
  partner: {id: BEARCO, qualifier: ZZ}
  plant: {id: GEARBOX, qualifier: "01"}
tolerates: [segment-count-wrong]
""",
    "dichtring": """
partner: DICHTRING
standard: edifact
version: D96A
charset: UNOC
identifiers:
  partner: {id: "4012345000023", qualifier: "14"}
  plant: {id: "4012345000009", qualifier: "14"}
tolerates: [segment-count-wrong]
""",
    "broken": "partner: [",
}
OWN = {"x12": "bearco", "edifact": "dichtring"}
NOBODY = {"x12": ("ZZSOMEBODY", "ZZELSE"), "edifact": ("SOMEBODY:14", "ELSE:14")}


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    folder = tmp_path / "payloads" / "partners"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / f"{name}.yaml").write_text(text)
    for name in OWN.values():
        guided = FILES[name] + "guide: guides/none\n"
        (folder / f"guideless-{name}.yaml").write_text(guided)
    return tmp_path / "payloads"


@BOTH
def test_a_file_is_judged_by_the_profile_that_its_envelope_names(by: Any, payloads: Path) -> None:
    contract = by.contract()
    assert not contract.inspect(by.WRONG_COUNT).whole
    assert contract.inspect(by.WRONG_COUNT, payloads).whole
    strange = by.headed(*NOBODY[contract.kind])
    assert contract.inspect(strange, payloads).whole  # nobody knows what was agreed on


@BOTH
def test_or_by_the_one_that_is_asked_for(by: Any, payloads: Path) -> None:
    contract = by.contract()
    partner = OWN[contract.kind]
    assert contract.inspect(by.WRONG_COUNT, payloads, partner=partner).whole
    strange = contract.inspect(by.headed(*NOBODY[contract.kind]), payloads, partner=partner)
    assert {one.name for one in strange.flaws} == {"unknown-partner"}
    assert not strange.whole


@BOTH
def test_a_profile_that_cannot_be_used_is_a_mistake(by: Any, payloads: Path) -> None:
    contract = by.contract()
    kind = contract.kind
    (other,) = set(OWN) - {kind}
    for name, words in (
        (OWN[other], f"{OWN[other]} speaks {other}, and this is {kind}"),
        ("nobody", "there is no partner profile payloads/partners/nobody.yaml"),
        ("broken", "not YAML"),
        (f"guideless-{OWN[kind]}", "guides/none"),
    ):
        with pytest.raises(Mistake, match=words):
            contract.inspect(by.WRONG_COUNT, payloads, partner=name)


@BOTH
def test_a_folder_of_guides_must_be_there(by: Any, payloads: Path) -> None:
    settings = by.contract(guide="guides/none").settings
    with pytest.raises(Mistake, match="guides/none"):
        type(by.contract())("edi", {}, {}, settings, "", payloads)
