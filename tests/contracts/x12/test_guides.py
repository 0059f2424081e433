"""Guides of X12: every built-in one is sound, and a partner's own go before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.contracts.x12.check import check_set, uniform
from simulator.contracts.x12.envelope import Group, Set
from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.guide import FOLDER, codes, find_guide
from simulator.contracts.x12.mapping import mappings
from simulator.contracts.x12.segments import Segment, seg
from simulator.core.errors import Mistake
from tests.contracts.x12.sets import refused, segments

BUILT_IN = sorted(
    (one.parent.name, one.stem) for one in FOLDER.glob("*/*.yaml") if one.stem != "segments"
)
ORDER = "BEG*00*SA*4711**20260302\nREF*CT*C-7\nPO1*1*5*EA***BP*X"


def guide(folder: Path, version: str, code: str, **said: Any) -> None:
    """Put a guide of the partner's own into a folder."""
    file = folder / version / f"{code}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(said), "utf-8")


def found(text: str, own: Path, version: str = "004010") -> list[tuple[str, str]]:
    """What a partner's own guide for orders refuses."""
    known = find_guide("850", version, own)
    given = [Segment(one.tag, one.elements, index=n) for n, one in enumerate(segments(text), 2)]
    whole = Set(seg("ST", "850", "1"), Segment("SE"), given, [uniform(one) for one in given])
    findings = Found()
    check_set(whole, Group(seg("GS", "PO")), known, findings)
    return [(one.name, one.tag) for one in findings.findings if not one.tolerated]


@pytest.mark.parametrize(("version", "code"), BUILT_IN)
def test_every_built_in_guide_can_be_read_and_used(version: str, code: str) -> None:
    known = find_guide(code, version)
    assert known is not None
    assert (known.exact, known.version) == (True, version)
    assert known.group
    assert known.about
    assert known.root.loop
    assert known.root.loop[0].mandatory
    for definition in known.definitions.values():
        assert not definition.right.fullmatch("")


def test_every_set_has_a_guide_in_both_versions() -> None:
    sets = {one.code for one in mappings() if one.group}
    for version in ("004010", "005010"):
        assert sets <= set(codes(version))
        for one in mappings():
            if one.group:
                known = find_guide(one.code, version)
                assert known is not None
                assert known.group == one.group


def test_a_version_without_guides_is_read_leniently_by_the_one_before() -> None:
    known = find_guide("850", "004060")
    assert known is not None
    assert (known.version, known.exact) == ("004010", False)
    assert known.definitions["REF"].right.fullmatch(uniform(seg("REF", "CT", "7" * 40)))
    assert not known.definitions["BEG"].right.fullmatch(
        uniform(seg("BEG", "00", "SA", "1", "", "20260230"))
    )


def test_texts_became_others_in_005010() -> None:
    note = f"{ORDER.partition(chr(10))[0]}\nN9*L1*NOTE\n{{}}\nPO1*1*5*EA"
    for version, text, other in (
        ("004010", "MSG*HELLO", "MTX**HELLO"),
        ("005010", "MTX**HELLO", "MSG*HELLO"),
    ):
        assert refused("850", note.format(text), version) == []
        known = find_guide("850", version)
        assert known is not None
        assert text[:3] in known.tags
        assert other[:3] not in known.tags


def test_a_partners_own_guide_goes_before_the_built_in(tmp_path: Path) -> None:
    guide(tmp_path, "004010", "850", set="850", group="PO", closed=True,
          structure=["BEG M 1", {"PO1 M 2": ["PID O 1"]}],
          segments={"BEG": ["353 M ID 2/2 in 00 05", "..."]})  # fmt: skip
    assert found(ORDER, tmp_path) == [("unknown-segment", "REF")]
    assert found(ORDER.replace("BEG*00", "BEG*01").replace("REF*CT*C-7\n", ""), tmp_path) == [
        ("invalid-code", "BEG")
    ]
    three = "BEG*00\n" + "PO1*1*5*EA\n" * 3
    assert found(three, tmp_path) == [("too-many-segments", "PO1")]
    assert refused("850", ORDER) == []


def test_a_partners_own_guide_may_be_like_the_built_in(tmp_path: Path) -> None:
    guide(tmp_path, "004010", "850", like="004010", closed=True,
          segments={"REF": ["128 M ID 2/2 in CT", "127 M AN 1/4"]})  # fmt: skip
    assert found(ORDER, tmp_path) == []
    assert found(ORDER.replace("C-7", "C-7777"), tmp_path) == [("element-too-long", "REF")]
    assert found(ORDER.replace("REF*CT*C-7", "SPI*00"), tmp_path) == [("unknown-segment", "SPI")]


def test_what_a_partners_own_sets_share(tmp_path: Path) -> None:
    guide(tmp_path, "005010", "850", like="004010", instead={"REF": "N9"})
    (tmp_path / "005010" / "segments.yaml").write_text("segments: {N9: [128 M ID 2/2]}", "utf-8")
    assert found(ORDER.replace("REF*CT*C-7", "N9*CT"), tmp_path, "005010") == []
    assert found(ORDER.replace("REF*CT*C-7", "N9*CTX"), tmp_path, "005010") == [
        ("element-too-long", "N9")
    ]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"structure": ["BEG"]}, "cannot read 'BEG' in `structure`"),
        ({"structure": [{"BEG M 1": "REF O 1"}]}, "in `structure`"),
        ({"structure": "BEG M 1"}, "expected a list in `structure`"),
        ({"structure": ["BEG M 1"], "segments": {"BEG": ["353 2/2"]}}, "BEG: cannot read"),
        ({"structure": ["BEG M 1"], "segments": ["BEG"]}, "in `segments`"),
        ({"like": "003010"}, "there is no 003010/850.yaml to be like"),
        ({"like": "004010", "instead": ["MSG"]}, "in `instead`"),
    ],
)
def test_a_guide_that_is_wrong_says_where(tmp_path: Path, said: dict[str, Any], what: str) -> None:
    guide(tmp_path, "004010", "850", **said)
    with pytest.raises(Mistake) as caught:
        find_guide("850", "004010", tmp_path)
    assert "004010/850.yaml" in caught.value.what
    assert what in caught.value.what


@pytest.mark.parametrize(
    ("said", "what", "cure"),
    [
        ({"segmnts": {}}, "unknown key 'segmnts'", "did you mean 'segments'?"),
        ({"set": "856"}, "this is the guide of 850", ""),
    ],
)
def test_keys_that_a_guide_does_not_have(
    tmp_path: Path, said: dict[str, Any], what: str, cure: str
) -> None:
    guide(tmp_path, "004010", "850", **said)
    with pytest.raises(Mistake) as caught:
        find_guide("850", "004010", tmp_path)
    assert what in caught.value.what
    assert caught.value.cure == cure
    assert caught.value.place is not None


def test_guides_that_are_like_each_other_are_no_guides(tmp_path: Path) -> None:
    guide(tmp_path, "006010", "850", like="007010")
    guide(tmp_path, "007010", "850", like="006010")
    with pytest.raises(Mistake, match="to be like"):
        find_guide("850", "006010", tmp_path)
