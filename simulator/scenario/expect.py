"""Expectations: claims about the journal, as strict models.

Four forms, named by their first key: `each … leads_to …`, `of` (counts and rates), `never`, `ask`.
Durations are plant time, rates (`2/s`) wall time, because a rate is what the integration feels.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from simulator.core.durations import Duration, show_span
from simulator.core.errors import nearest
from simulator.core.match import Match
from simulator.core.ports import Strict
from simulator.scenario.figures import FIGURES

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|m|min|h)")
_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_VERBS = ("get", "post")


class Rate(NamedTuple):
    """So many messages in a unit of wall time (`unit` in wall seconds)."""

    number: float
    unit: float

    @property
    def per_second(self) -> float:
        """Messages per wall second."""
        return self.number / self.unit

    def __str__(self) -> str:
        name = {1.0: "s", 60.0: "m", 3600.0: "h"}[self.unit]
        return f"{self.number:g}/{name}"


Bound = int | Rate


def parse_bound(value: object) -> Bound:
    """Read `3` or `2/s`, `10/m`, `100/h` (wall time). Raises ValueError."""
    if isinstance(value, Rate):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        return Rate(float(found[1]), _UNITS[found[2]])
    raise ValueError(f"write a whole number like 3 or a rate like 2/s, got {value!r}")


_BOUND_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*/\s*(s|m|min|h)$", "examples": ["2/s"]},
    ],
    "description": "a number of messages, or a rate in wall time like 2/s",
}
Amount = Annotated[
    Bound,
    PlainValidator(parse_bound),
    PlainSerializer(lambda value: str(value) if isinstance(value, Rate) else value),
    WithJsonSchema(_BOUND_SCHEMA),
]
Whole = Annotated[int, Field(strict=True, ge=0)]
MatchMap = Annotated[dict[str, Any], Field(description="messages, by their fields in the journal")]


class Window(Strict):
    """A window of plant time, counted from the scenario's start."""

    from_: Duration = Field(alias="from", description="plant time since the start")
    to: Duration = Field(description="plant time since the start")

    @model_validator(mode="after")
    def _forward(self) -> Window:
        if self.to <= self.from_:
            raise ValueError("the window ends before it begins")
        return self


def _during_tag(value: object) -> str:
    return "window" if isinstance(value, dict | Window) else "name"


During = Annotated[
    Annotated[str, Tag("name")] | Annotated[Window, Tag("window")], Discriminator(_during_tag)
]


class Expectation(Strict):
    """What every form has."""

    form: ClassVar[str] = ""

    name: str | None = Field(None, min_length=1, description="how the verdict calls it")
    about: str = Field("", description="why it matters")

    @property
    def title(self) -> str:
        """Its name, or what it says in short."""
        return self.name or self.says()

    def says(self) -> str:
        """The claim in one line."""
        raise NotImplementedError

    def matches(self) -> dict[str, dict[str, Any]]:
        """Its matches by the key under which they stand in the file."""
        return {}


class Windowed(Expectation):
    """A claim about messages, perhaps only those of a window."""

    during: During | None = Field(
        None, description="while this fault, hold or step lasts (its kind, id or step name)"
    )
    after: Duration | None = Field(None, description="plant time since the start")
    before: Duration | None = Field(None, description="plant time since the start")

    @model_validator(mode="after")
    def _ordered(self) -> Windowed:
        if self.after is not None and self.before is not None and self.before <= self.after:
            raise ValueError("`before` must be later than `after`")
        return self

    def _when(self) -> str:
        parts = []
        if isinstance(self.during, str):
            parts.append(f" during {self.during}")
        elif self.during is not None:
            window = self.during
            parts.append(f" between {show_span(window.from_)} and {show_span(window.to)}")
        if self.after is not None:
            parts.append(f" after {show_span(self.after)}")
        if self.before is not None:
            parts.append(f" before {show_span(self.before)}")
        return "".join(parts)


class Each(Windowed):
    """Every message of one kind leads to so many of another."""

    form: ClassVar[str] = "each"

    each: MatchMap
    leads_to: MatchMap
    same: list[str | Annotated[dict[str, str], Field(min_length=1, max_length=1)]] = Field(
        default_factory=list,
        description="the keys by which they belong together; the first is taken value by value. "
        "{group: acknowledges} is the subject's group, which the other acknowledges",
    )
    exactly: Whole | None = Field(None, description="how many; a later one counts too")
    at_least: Whole | None = Field(None, description="how many at the least (1 unless told)")
    at_most: Whole | None = Field(None, description="how many at the most, within `within`")
    within: Duration | None = Field(None, description="plant time")
    since: Literal["delivered", "sent"] = Field(
        "delivered", description="`within` counts from the delivery, or from the sending"
    )
    optional: bool = Field(False, description="kept, too, where nothing matches `each`")

    @model_validator(mode="after")
    def _sane(self) -> Each:
        _one_amount(self.exactly, self.at_least, self.at_most)
        if self.within == 0:
            raise ValueError("`within` must be longer than 0s")
        return self

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The keys of `same`: as the subject has each, and as its effect does."""
        return [
            (one, one) if isinstance(one, str) else next(iter(one.items())) for one in self.same
        ]

    @property
    def bounds(self) -> tuple[int, int | None]:
        """How many effects at the least and at the most."""
        if self.exactly is not None:
            return self.exactly, self.exactly
        least = self.at_least if self.at_least is not None else (1 if self.at_most is None else 0)
        return least, self.at_most

    def wanted(self) -> str:
        """`exactly 1`, `at least 1`, `1 to 3`."""
        return show_bounds(*self.bounds)

    def says(self) -> str:
        shared = ", ".join(mine if mine == its else f"{mine} as {its}" for mine, its in self.pairs)
        same = f" with the same {shared}" if shared else ""
        within = f" within {show_span(self.within)}" if self.within is not None else ""
        return (
            f"each {Match(self.each)} leads to {self.wanted()} "
            f"{Match(self.leads_to)}{same}{within}{self._when()}"
        )

    def matches(self) -> dict[str, dict[str, Any]]:
        return {"each": self.each, "leads_to": self.leads_to}


class Count(Windowed):
    """So many messages, or so many in a unit of wall time."""

    form: ClassVar[str] = "of"

    of: MatchMap
    exactly: Amount | None = None
    count: Amount | None = Field(None, description="the same as `exactly`")
    at_least: Amount | None = None
    at_most: Amount | None = None
    burst: Whole | None = Field(
        None, description="at most so many in any one unit of the rate `at_most` (wall time)"
    )

    @model_validator(mode="after")
    def _sane(self) -> Count:
        if self.exactly is not None and self.count is not None:
            raise ValueError("`count` and `exactly` are the same: write one of them")
        exact = self.exactly if self.exactly is not None else self.count
        if isinstance(exact, Rate):
            raise ValueError("a rate is never exact: use `at_most` or `at_least`")
        if exact is None and self.at_least is None and self.at_most is None:
            raise ValueError("how many? add `exactly`, `at_least` or `at_most`")
        _one_amount(exact, self.at_least, self.at_most)
        if self.burst is not None and not isinstance(self.at_most, Rate):
            raise ValueError("`burst` belongs to a rate: add `at_most` like 2/s")
        return self

    @property
    def exact(self) -> int | None:
        """The number of `exactly` or `count`."""
        exact = self.exactly if self.exactly is not None else self.count
        return exact if isinstance(exact, int) else None

    @property
    def rates(self) -> list[Rate]:
        """Its bounds that are rates."""
        return [one for one in (self.at_most, self.at_least) if isinstance(one, Rate)]

    def wanted(self) -> str:
        """`exactly 3`, `at most 2/s`."""
        if self.exact is not None:
            return f"exactly {self.exact}"
        parts = []
        if self.at_least is not None:
            parts.append(f"at least {self.at_least}")
        if self.at_most is not None:
            parts.append(f"at most {self.at_most}")
        if self.burst is not None:
            parts.append(f"never more than {self.burst} at once")
        return " and ".join(parts)

    def says(self) -> str:
        return f"{self.wanted()} of {Match(self.of)}{self._when()}"

    def matches(self) -> dict[str, dict[str, Any]]:
        return {"of": self.of}


class Never(Windowed):
    """No such message."""

    form: ClassVar[str] = "never"

    never: MatchMap

    def says(self) -> str:
        return f"never {Match(self.never)}{self._when()}"

    def matches(self) -> dict[str, dict[str, Any]]:
        return {"never": self.never}


class Request(Strict):
    """The question of an `ask` expectation: one HTTP request to the integration."""

    get: str | None = Field(None, description="the URL; ${NAME} comes from the variables")
    post: str | None = Field(None, description="the URL, to send `json` to")
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = Field(None, alias="json", description="what `post` sends")
    timeout: Duration = Field(10_000_000, description="wall time")

    @model_validator(mode="after")
    def _one(self) -> Request:
        if (self.get is None) == (self.post is None):
            raise ValueError("name one method and its URL, like {get: URL}")
        return self

    @property
    def method(self) -> str:
        """GET or POST."""
        return "GET" if self.get is not None else "POST"

    @property
    def url(self) -> str:
        """The URL as written, `${NAME}` and all."""
        return self.get or self.post or ""


class Ask(Expectation):
    """What the integration answers at a moment."""

    form: ClassVar[str] = "ask"

    ask: Request
    at: Duration | None = Field(None, description="plant time since the start; else at the end")
    within: Duration | None = Field(None, description="plant time to go on asking until it holds")
    equals: Any = Field(None, description=f"{', '.join(FIGURES)}, or the value itself")
    contains: str | None = Field(None, description="a piece of text in the answer")
    status: Any = Field(None, description="like 200, 2xx or [200, 204]; 2xx unless told")
    field: str | None = Field(None, description="a path into the answer's JSON, like items.0.id")

    @field_validator("status")
    @classmethod
    def _status(cls, value: Any) -> Any:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool) or not re.fullmatch(r"[1-5](\d\d|xx)", str(one)):
                raise ValueError(f"not a status: {one!r} (like 200 or 2xx)")
        return value

    @model_validator(mode="after")
    def _sane(self) -> Ask:
        if str(self.equals).startswith("plant.") and self.figures is None:
            raise ValueError(f"unknown {self.equals!r} ({nearest(str(self.equals), FIGURES)})")
        return self

    @property
    def figures(self) -> str | None:
        """The figures of the plant that the answer must equal; None for a value of its own."""
        return self.equals if isinstance(self.equals, str) and self.equals in FIGURES else None

    def says(self) -> str:
        what = [f"asked {self.ask.method} {self.ask.url}"]
        if "equals" in self.model_fields_set:
            what.append(f"equals {self.equals!r}")
        if self.contains is not None:
            what.append(f"contains {self.contains!r}")
        if self.status is not None:
            what.append(f"status {self.status!r}")
        return ", ".join(what)


FORMS: dict[str, type[Expectation]] = {one.form: one for one in (Each, Count, Never, Ask)}


def show_bounds(least: int, most: int | None) -> str:
    """`exactly 1`, `at least 1`, `at most 3`, `1 to 3`."""
    if least == most:
        return f"exactly {least}"
    if most is None:
        return f"at least {least}"
    return f"at most {most}" if least == 0 else f"{least} to {most}"


def _one_amount(exact: object, least: object, most: object) -> None:
    if exact is not None and (least is not None or most is not None):
        raise ValueError("`exactly` goes alone: leave out `at_least` and `at_most`")
    both_numbers = isinstance(least, int) and isinstance(most, int)
    if both_numbers and least > most:  # type: ignore[operator]  # both are whole numbers here
        raise ValueError(f"at least {least} and at most {most} cannot both be")
