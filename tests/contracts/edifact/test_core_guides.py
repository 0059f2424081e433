"""What messages are held to: the directory's own guide, any directory's, or a partner's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.contracts.edifact import Edifact
from simulator.contracts.edifact.guide import GUIDES, find_guide
from simulator.contracts.edifact.mapping import mappings
from simulator.core.errors import Mistake
from simulator.core.gs1 import sscc
from tests.contracts.edifact.exchange import ORDER, codes, contract, message, profile, receive
from tests.contracts.trading import names

NOTICE = f"""
    BGM+351+LS-1+9
    DTM+137:20260302:102
    CPS+1
    CPS+2+1
    PAC+1++PX
    PCI+33E
    GIN+BJ+{sscc(1)}
    LIN+1++SEAL:IN
    QTY+12:40:PCE
    CNT+2:1
"""


def found(body: bytes, **changes: Any) -> tuple[list[str], set[str]]:
    received = receive(body, contract(**changes))
    return names(received), codes(received)


@pytest.mark.parametrize("code", sorted({one.code for one in mappings()}))
def test_every_message_that_is_read_has_a_guide(code: str) -> None:
    guide = find_guide(code, "D96A")
    assert guide is not None
    assert guide.closed
    assert guide.places is not None
    written_by_all = {"LIN", "QTY"} if "LIN" in guide.tags else set()
    assert written_by_all <= set(guide.rules)


def test_every_file_is_a_guide() -> None:
    files = sorted(GUIDES.glob("*/*.yaml"))
    assert files
    for file in files:
        if file.name != "segments.yaml":
            guide = find_guide(file.stem, file.parent.name)
            assert guide is not None
            assert guide.code == file.stem


def test_honest_messages_have_nothing_wrong() -> None:
    assert found(message(ORDER)) == ([], set())
    assert found(message(NOTICE, "DESADV:D:96A:UN")) == ([], set())


WRONG = [
    ("BGM+220+PO-4711+9", "", "missing-segment", "13"),
    ("UNS+S", "", "missing-segment", "13"),
    ("DTM+137:20260302:102", "", "missing-segment", "13"),
    ("LIN+1++SEAL:IN", "LIN+1234567++SEAL:IN", "element-too-long", "39"),
    ("BGM+220+PO-4711+9", "BGM+220+" + "9" * 36, "element-too-long", "39"),
    ("QTY+21:40:PCE", "QTY+21:4O:PCE", "invalid-character", "37"),
    ("QTY+21:40:PCE", "QTY+21", "missing-element", "13"),
    ("QTY+21:40:PCE", "QTY+21:40:PCE:9", "too-many-elements", "16"),
    ("DTM+137:20260302:102", "DTM+137:20260230:102", "invalid-date", "12"),
    ("DTM+137:20260302:102", "DTM+137:260302:102", "invalid-date", "12"),
    ("DTM+137:20260302:102", "DTM+137:202603022560:203", "invalid-time", "12"),
    ("DTM+137:20260302:102", "DTM+137:20260302:777", "invalid-code", "12"),
    ("UNS+S", "UNS+X", "invalid-code", "12"),
    ("UNS+S", "UNS+S\nXYZ+1", "unknown-segment", "15"),
    ("UNS+S", "UNS+S\nCPS+1", "unknown-segment", "15"),
    ("CNT+2:1", "CNT+2:1\nNAD+DP+1::9", "unknown-segment", "15"),
    ("NAD+BY+4012345000009::9", "LIN+9++RING:IN\nQTY+21:1\nNAD+BY+1::9\nCUX+2:EUR:9",
     "unknown-segment", "15"),
    ("UNS+S", "UNS+S\nUNS+S", "too-many-segments", "35"),
    ("CNT+2:1", "CNT+2:3", "line-count-wrong", "29"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "name", "code"), WRONG)
def test_a_wrong_message_is_refused(right: str, wrong: str, name: str, code: str) -> None:
    assert right in ORDER
    received = receive(message(ORDER.replace(right, wrong)))
    assert name in names(received)
    assert code in codes(received)
    assert [one.verdict for one in received.answers] == ["rejected"]
    assert received.refused_sets == ["1"]


def test_a_segment_is_named_by_its_place() -> None:
    received = receive(message(ORDER.replace("40:PCE", "4O:PCE")))
    (one,) = received.findings
    assert (one.tag, one.segment, one.element, one.component) == ("QTY", 7, 1, 2)
    assert one.set_control == "1"


@pytest.mark.parametrize("version", ["D93A", "D95B", "D97A", "D98B", "D01B", "D03B", "D10A"])
def test_other_directories_are_held_to_what_any_allows(version: str) -> None:
    kind = f"ORDERS:{version[0]}:{version[1:]}:UN:EAN008"
    newer = ORDER.replace("BGM+220+PO-4711+9", "BGM+220::9+PO-4711:1+9++9").replace(
        "LIN+1++SEAL:IN", "LIN+1++SEAL:IN\nGEI+PM\nIMD+F+ANM:9:9+:::a seal"
    )
    assert found(message(newer, kind), version=version) == ([], set())
    without = message(newer.replace("BGM+", "RFF+"), kind)
    assert "missing-segment" in found(without, version=version)[0]
    long = message(newer.replace("PO-4711", "9" * 71), kind)
    assert found(long, version=version) == (["element-too-long"], {"39"})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("IFTSTA:D:00B:UN", "BGM+23+1+9\nDTM+9:202603020600:203\nCNI+1+1\nSTS+1+31\nRFF+BM:1"),
        ("PAXLST:D:03B:UN", "BGM+745\nNAD+FL+++DOE:JANE\nATT+2++F\nDTM+329:19350919:102"),
        ("MSCONS:D:04B:UN:2.4c", "BGM+7+1+9\nDTM+137:202603020600?+00:303\nLIN+1\nQTY+220:1"),
        ("PAORES:93:1:IA", "MSG+1:45\nIFT+3:XYZ\nERC+A7V:1:AMD\nODI\nTVL+240493:1000::1220+FRA"),
        ("AUTACK:D:94A:UN", "USH+1+1+3\nUSA+1\nUSC+1\nUSB+1\nUSX+1\nUSY+1\nUST+1"),
        ("MEDRPT:1:901:UN", "S01+01\nXYZ+a:b:c:d+++e"),
    ],
)
def test_messages_that_nobody_reads_raise_no_alarm(kind: str, body: str) -> None:
    inspection = Edifact.inspect(message(body, kind))
    assert inspection.flaws == []
    assert [one.verdict for one in inspection.answers] == ["accepted"]


def test_and_are_refused_where_they_are_not_agreed_on() -> None:
    assert found(message("BGM+23+1+9", "IFTSTA:D:96A:UN")) == (["unsupported-set"], {"14"})


def test_of_what_nobody_agreed_on_the_order_is_not_judged() -> None:
    """A misplaced FII is refused by the profile; without one it is only named."""
    body = message(ORDER.replace("LIN", "RFF+ON:1\nFII+BF+1\nLIN"))
    assert found(body) == (["unknown-segment"], {"15"})
    inspection = Edifact.inspect(body)
    assert inspection.whole
    assert [one.name for one in inspection.flaws] == ["unknown-segment"]


# --- a partner's own ------------------------------------------------------------------------------


def own(folder: Path, **files: str) -> Edifact:
    for name, text in files.items():
        version, _, code = name.partition("_")
        (folder / "dichtring" / version).mkdir(parents=True, exist_ok=True)
        (folder / "dichtring" / version / f"{code}.yaml").write_text(text)
    settings = Edifact.Settings(partner=profile(guide="dichtring", version="D97A"))
    return Edifact("edi", {}, {}, settings, payloads=folder)


STRUCTURE = """
message: ORDERS
closed: true
structure:
  - BGM M 1
  - DTM M 5
  - SG1 C 9: [LIN M 1, QTY M 1]
  - UNS M 1
  - CNT C 1
segments:
  QTY:
    - C186 M: [6063 M an..3 in 21 131, 6060 M n..6, 6411 M an..3]
"""


def test_a_partners_guide_comes_first(tmp_path: Path) -> None:
    by = own(tmp_path, D97A_ORDERS=STRUCTURE)
    kind = "ORDERS:D:97A:UN"
    short = ORDER.replace("NAD+BY+4012345000009::9", "").replace("NAD+SE+4012345000023::9", "")
    assert names(receive(message(short, kind), by)) == []
    assert names(receive(message(ORDER, kind), by)) == ["unknown-segment"]
    other = short.replace("QTY+21:", "QTY+12:")
    assert names(receive(message(other, kind), by)) == ["invalid-code"]
    without = short.replace(":PCE", "")
    assert names(receive(message(without, kind), by)) == ["missing-element"]


def test_a_guide_may_be_like_another(tmp_path: Path) -> None:
    like = "message: ORDERS\nlike: D96A\nsegments: {LIN: [1082 M n..3]}\n"
    by = own(tmp_path, D97A_ORDERS=like)
    kind = "ORDERS:D:97A:UN"
    assert names(receive(message(ORDER.replace("++SEAL:IN", ""), kind), by)) == []
    assert names(receive(message(ORDER.replace("UNS+S", "UNS+S\nNAD+BY"), kind), by)) != []
    assert "too-many-elements" in names(receive(message(ORDER, kind), by))


def test_segments_may_be_shared(tmp_path: Path) -> None:
    by = own(
        tmp_path,
        D97A_ORDERS="message: ORDERS\nlike: D96A\n",
        D97A_segments="BGM: [1001 M an..3 in 220, 1004 M an..8, 1225 C an..3]\n",
    )
    assert names(receive(message(ORDER, "ORDERS:D:97A:UN"), by)) == []
    other = message(ORDER.replace("PO-4711", "PO-471100"), "ORDERS:D:97A:UN")
    assert names(receive(other, by)) == ["element-too-long"]


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("structure: []", "`message: DESADV`", 1),
        ("message: ORDERS\nshape: []", "unknown key 'shape'", 2),
        ("message: ORDERS\nstructure:\n  - BGM 1", "'BGM 1' is no place", 3),
        ("message: ORDERS\nstructure:\n  - SG1 M 1: []", "the group SG1 is empty", 3),
        ("message: ORDERS\nsegments:\n  BGM:\n    - 1004 an..35", "no element", 4),
        ("message: ORDERS\nsegments:\n  BGM:\n    - C002 M an: [1004 C an..35]", "no composite", 4),
        ("message: ORDERS\nlike: D95A", "no D95A/ORDERS.yaml", 2),
        ("message: ORDERS\nclosed: perhaps", "true or false", 2),
        ("message: [", "not YAML", 2),
    ],
)
def test_a_wrong_guide_is_a_mistake_with_its_place(
    tmp_path: Path, text: str, what: str, line: int
) -> None:
    with pytest.raises(Mistake, match=what) as wrong:
        own(tmp_path, D97A_ORDERS=text + "\n")
    assert wrong.value.place is not None
    assert wrong.value.place.file == "D97A/ORDERS.yaml"
    assert wrong.value.place.line == line


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    settings = Edifact.Settings(partner=profile(guide="nowhere"))
    with pytest.raises(Mistake, match="there is no folder"):
        Edifact("edi", {}, {}, settings, payloads=tmp_path)
