"""Partner profiles: how one trading partner speaks, what it forgives, and how fast it answers.

One YAML file each, in `payloads/partners/`. An endpoint names it (`partner: bearco`), and so do the
settings of the system `edi`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from simulator.core.durations import HOUR, MINUTE, Duration
from simulator.core.errors import Mistake, Mistakes, nearest
from simulator.core.ports import Strict
from simulator.core.yamlfile import Located, inside, read_yaml
from simulator.plant.trading.interchange import Standard
from simulator.plant.trading.rightness import RIGHT

FOLDER = "partners"


class Identifier(Strict):
    """How one side calls itself in envelopes."""

    id: str = Field(min_length=1, max_length=35, description="ISA06/08, or UNB 0004/0010")
    qualifier: str = Field("ZZ", max_length=4, description="ISA05/07, or UNB 0007")
    group: str = Field("", max_length=35, description="GS02/03; the id where empty")


class Identifiers(Strict):
    """Both sides' names in envelopes."""

    partner: Identifier
    plant: Identifier


class Delimiters(Strict):
    """Service characters. Those of the standard where empty."""

    element: str = Field("", max_length=1, description="X12 `*`, EDIFACT `+`")
    component: str = Field("", max_length=1, description="X12 `>`, EDIFACT `:`")
    segment: str = Field("", max_length=1, description="X12 `~`, EDIFACT `'`")
    repetition: str = Field("", max_length=1, description="X12 from 004020 on: `^`")
    release: str = Field("", max_length=1, description="EDIFACT `?`; X12 has none")
    decimal: str = Field("", max_length=1, description="EDIFACT decimal mark, `.`")
    line_end: Literal["", "\n", "\r\n"] = Field("", description="written after each terminator")
    una: bool = Field(True, description="EDIFACT: begin with UNA")


class Acknowledge(Strict):
    """What this partner acknowledges, and how fast. All plant time; null is never."""

    interchange: Duration | None = Field(None, description="TA1, or CONTRL 0083=8")
    group: Duration | None = Field(1 * MINUTE, description="997, or CONTRL")
    application: Duration | None = Field(5 * MINUTE, description="824 or APERAK, on bad content")
    accepted_content: bool = Field(False, description="824 or APERAK on good content too")
    receipt: Duration | None = Field(30 * MINUTE, description="861 or RECADV after arrival")


class PartnerProfile(Strict):
    """How one trading partner speaks EDI."""

    partner: str = Field(description="the supplier or customer of the plant")
    about: str = ""
    standard: Standard
    version: str = Field(description="004010, 005010 …; D96A …")
    identifiers: Identifiers
    delimiters: Delimiters = Delimiters()
    charset: Literal["ascii", "latin-1", "utf-8", "UNOA", "UNOB", "UNOC", "UNOY"] = "ascii"
    test: bool = Field(False, description="ISA15 is T, or UNB 0035 is 1")
    one_per_group: bool = Field(True, description="one transaction set a group and interchange")
    wants_acknowledgement: bool = Field(
        False, description="its interchanges ask for a TA1 or CONTRL (ISA14, UNB 0031)"
    )
    ship_notice: Literal["0001", "0002", "0004"] = Field(
        "0001", description="856: pallets and cartons (S/O/T/P/I), cartons (S/O/P/I), none (S/O/I)"
    )
    units: dict[str, str] = Field(
        default_factory=dict, description="the plant's unit to the partner's: {pcs: EA, kg: KG}"
    )
    tolerates: list[str] = Field(
        default_factory=list, description="findings that are read past, by name"
    )
    duplicates: Literal["refuse", "ignore", "process"] = Field(
        "refuse", description="an interchange control number that was used before"
    )
    acknowledge: Acknowledge = Acknowledge()
    overdue: Duration = Field(
        4 * HOUR, description="how long it waits for an acknowledgement (plant time)"
    )
    guide: str | None = Field(
        None, description="a folder of the partner's own guides under payloads/, over the built-in"
    )
    company_prefix: str = Field("4012345", pattern=r"^\d{4,12}$", description="GS1, for its SSCCs")

    @field_validator("version", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if isinstance(value, int):
            raise ValueError(f'quote the version: "{value:06d}"')
        return value

    def unit(self, plant_unit: str) -> str:
        """The partner's code for a unit of the plant."""
        return self.units.get(plant_unit, UNITS[self.standard].get(plant_unit, plant_unit.upper()))

    def plant_unit(self, code: str) -> str | None:
        """The plant's unit for the partner's code; None where it is not one of theirs."""
        for known in (self.units, UNITS[self.standard]):
            for ours, theirs in known.items():
                if theirs == code:
                    return ours
        return None


UNITS: dict[str, dict[str, str]] = {
    "x12": {"pcs": "EA", "kg": "KG", "l": "LT", "m": "MR"},
    "edifact": {"pcs": "PCE", "kg": "KGM", "l": "LTR", "m": "MTR"},
}
"""Units where a profile says nothing."""

VERSIONS = {
    "x12": (re.compile(r"\d{6}"), '"004010"'),
    "edifact": (re.compile(r"[A-Z]\d\d[A-Z]"), "D96A"),
}
"""How a version is written, and one for an example."""
LONGEST_ID = {"x12": 15, "edifact": 35}
USUAL_MARKS = {
    "x12": {"element": "*", "component": ">", "segment": "~"},
    "edifact": {"element": "+", "component": ":", "segment": "'", "release": "?"},
}
"""Service characters where a profile names none."""
REPEATS_FROM = "004020"  # X12 has a repetition separator since then
SPARED = ("repetition", "release")  # a space says that there is none, in UNA


def load_partner(name: str, payloads: Path) -> PartnerProfile:
    """Read `payloads/partners/{name}.yaml`. Raises Mistake or Mistakes that name the place."""
    file = name if name.endswith((".yaml", ".yml")) else f"{FOLDER}/{name}.yaml"
    if not (payloads / file).is_file():
        known = sorted(one.stem for one in (payloads / FOLDER).glob("*.yaml"))
        what = f"there is no partner profile {payloads.name}/{file}"
        raise Mistake(what, cure=nearest(name, known))
    path = inside(payloads, file)
    known_as = path.stat()
    return _read(path, f"{payloads.name}/{file}", known_as.st_mtime_ns, known_as.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, shown: str, changed: int, size: int) -> PartnerProfile:
    """The profile in a file, which several settings name; read anew once the file has changed."""
    located = read_yaml(path, shown)
    profile = located.validate(PartnerProfile)
    wrong = [*_off_standard(profile, located), *_unclear(profile.delimiters, profile, located)]
    if wrong:
        raise Mistakes(wrong)
    return profile


def _off_standard(profile: PartnerProfile, located: Located) -> Iterator[Mistake]:
    """What the profile's standard has no room for, and findings that nobody makes."""
    form, example = VERSIONS[profile.standard]
    if not form.fullmatch(profile.version):
        what = f"version: {profile.version!r} is no version of {profile.standard}"
        yield Mistake(what, cure=f"write it like {example}", place=located.place(("version",)))
    longest = LONGEST_ID[profile.standard]
    for side in ("partner", "plant"):
        said: Identifier = getattr(profile.identifiers, side)
        for key in ("id", "group"):
            if len(getattr(said, key)) > longest:
                what = f"identifiers.{side}.{key}: longer than the {longest} characters it may have"
                yield Mistake(what, place=located.place(("identifiers", side, key)))
    for at, name in enumerate(profile.tolerates):
        if name not in RIGHT:
            cure = nearest(name, RIGHT)
            place = located.place(("tolerates", at))
            yield Mistake(f"tolerates: unknown finding {name!r}", cure=cure, place=place)


def _unclear(given: Delimiters, profile: PartnerProfile, located: Located) -> Iterator[Mistake]:
    """Service characters that cannot be told from data, or from each other."""
    usual = dict(USUAL_MARKS[profile.standard])
    if profile.standard == "x12" and profile.version >= REPEATS_FROM:
        usual["repetition"] = "^"
    used: dict[str, str] = {}
    for role in ("element", "component", "segment", "repetition", "release", "decimal"):
        own: str = getattr(given, role)
        mark = own or usual.get(role, "")
        place = located.place(("delimiters", role))
        if not mark or (mark == " " and role in SPARED):
            continue
        if mark.isalnum() or mark == " ":
            cure = "choose a character that is no letter, digit or space"
            yield Mistake(f"delimiters.{role}: {mark!r} stands in data", cure=cure, place=place)
        elif mark in used:
            what = f"delimiters.{role}: {mark!r} is delimiters.{used[mark]}, too"
            yield Mistake(what, cure="each needs a character of its own", place=place)
        used.setdefault(mark, role)


def _loaded(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    payloads = (info.context or {}).get("payloads")
    if payloads is None:
        raise ValueError("a partner's profile can be named only where there is a folder payloads/")
    return load_partner(value, payloads)


Partner = Annotated[PartnerProfile, BeforeValidator(_loaded)]
"""In settings: the name of a profile's file, or the profile itself."""
