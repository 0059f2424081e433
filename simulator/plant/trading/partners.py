"""Partner profiles: how one trading partner speaks, what it forgives, and how fast it answers.

One YAML file each, in `payloads/partners/`. An endpoint names it (`partner: bearco`), and so do the
settings of the system `edi`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from simulator.core.durations import HOUR, MINUTE, SECOND, Duration
from simulator.core.errors import Mistake, nearest
from simulator.core.ports import Strict
from simulator.core.yamlfile import inside, read_yaml
from simulator.plant.trading.interchange import Standard

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

LEAST_PATIENCE = 10 * SECOND


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
    return read_yaml(path, shown).validate(PartnerProfile)


def _loaded(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    payloads = (info.context or {}).get("payloads")
    if payloads is None:
        raise ValueError("a partner's profile can be named only where there is a folder payloads/")
    return load_partner(value, payloads)


Partner = Annotated[PartnerProfile, BeforeValidator(_loaded)]
"""In settings: the name of a profile's file, or the profile itself."""
