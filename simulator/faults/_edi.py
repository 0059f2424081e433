"""What the faults of interchanges share: which messages they see, and how a document is altered.

A fault never changes a document: it puts an altered copy into the treatment, and the contract of
the endpoint writes it. What the other side owes for it stands in `plant.trading.rightness`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from simulator.core.durations import Instant
from simulator.core.link import Further, Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer
from simulator.plant.trading import (
    ACKNOWLEDGEMENTS,
    ApplicationAdvice,
    Interchange,
    TradingDocument,
)
from simulator.plant.trading.rightness import RIGHT

M = TypeVar("M", bound=BaseModel)
ANSWERS = (*ACKNOWLEDGEMENTS, ApplicationAdvice)  # nobody acknowledges these


class EdiFault(Fault):
    """A fault of outbound interchanges.

    It leaves those alone that carry nothing but answers, which nobody acknowledges, unless `match`
    asks for them by `document`.
    """

    layer: ClassVar[Layer] = "envelope"
    directions: ClassVar[tuple[Direction, ...]] = ("out",)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"match": {"document": "ship-notice"}, "first": 1}]}
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        kind = cls.__dict__.get("kind")
        if kind in RIGHT and "owing" not in cls.__dict__:
            cls.owing = (kind,)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"document"})

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        said = message.said
        return isinstance(said, Interchange) and self.concerns(said)

    def concerns(self, interchange: Interchange) -> bool:
        """Is it one that it could do something to?"""
        return "document" in self.match or not only_answers(interchange)

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        said = treatment.document or message.said
        if not isinstance(said, Interchange):
            return False
        altered = self.alter(said, treatment, moment)
        if altered is None:
            return False
        if altered is not said:
            treatment.document = altered
            owe(treatment, *self.owes(said))
        return True

    def owes(self, interchange: Interchange) -> tuple[str, ...]:
        """The findings that the other side has to answer where this one is altered."""
        return self.owing

    @abstractmethod
    def alter(
        self, interchange: Interchange, treatment: Treatment, moment: Moment
    ) -> Interchange | None:
        """The interchange as it is to be sent: another, or itself. None: nothing was done."""


class Oddity(EdiFault):
    """Writes the interchange with one deliberate breach, which the contract knows how to make."""

    @property
    def writes(self) -> frozenset[str]:
        return frozenset({self.kind})

    def alter(
        self, interchange: Interchange, treatment: Treatment, moment: Moment
    ) -> Interchange | None:
        return changed(interchange, oddities={**interchange.oddities, self.kind: self.given()})

    def owes(self, interchange: Interchange) -> tuple[str, ...]:
        return () if only_answers(interchange) else self.owing

    def given(self) -> dict[str, Any]:
        """The parameters of the breach, for the contract."""
        own = set(type(self).model_fields) - set(Fault.model_fields)
        return self.model_dump(mode="json", include=own, exclude_none=True)


class Flow(EdiFault):
    """A fault of documents of certain kinds: when they come, how often, and whether at all."""

    layer: ClassVar[Layer] = "flow"
    documents: ClassVar[tuple[type[TradingDocument], ...]]  # those that it is about

    def concerns(self, interchange: Interchange) -> bool:
        about_answers = any(issubclass(one, ANSWERS) for one in self.documents)
        return any(
            isinstance(one, self.documents) and (about_answers or not isinstance(one, ANSWERS))
            for one in interchange.documents()
        )


class Content(Flow):
    """Alters what documents say, before any contract writes them."""

    layer: ClassVar[Layer] = "content"

    def alter(
        self, interchange: Interchange, treatment: Treatment, moment: Moment
    ) -> Interchange | None:
        contents = []
        for one in interchange.contents:
            said = one.said
            if isinstance(said, self.documents):
                said = self.rewrite(said, moment)
            contents.append(one if said is one.said else changed(one, said=said))
        if all(new is old for new, old in zip(contents, interchange.contents, strict=True)):
            return None
        return changed(interchange, contents=contents)

    @abstractmethod
    def rewrite(self, said: Any, moment: Moment) -> TradingDocument:
        """The altered document; itself where there is nothing in it to alter."""


def owe(treatment: Treatment, *names: str) -> None:
    """From now on, the other side owes answers to these findings."""
    treatment.owes += [name for name in names if name in RIGHT and name not in treatment.owes]


def only_answers(interchange: Interchange) -> bool:
    """Does it carry nothing but acknowledgements and advices?"""
    return all(isinstance(one, ANSWERS) for one in interchange.documents())


def changed(one: M, **update: Any) -> M:
    """A copy with other values, which has forgotten how it was written."""
    copy = one.model_copy(update=update)
    copy.__dict__.pop("text", None)  # `Document.text` is remembered in the instance
    return copy


def rewritten(one: M, change: Callable[[BaseModel], Mapping[str, Any]]) -> M:
    """A copy in which `change` has altered each part, innermost first; itself where nothing is.

    `change` gives the new values of a part's fields, none where it is to stay.
    """
    update: dict[str, Any] = {}
    for name in type(one).model_fields:
        value = getattr(one, name)
        if isinstance(value, BaseModel):
            new: Any = rewritten(value, change)
            if new is not value:
                update[name] = new
        elif isinstance(value, list):
            new = [rewritten(x, change) if isinstance(x, BaseModel) else x for x in value]
            if any(mine is not old for mine, old in zip(new, value, strict=True)):
                update[name] = new
    if update:
        one = changed(one, **update)
    own = {k: v for k, v in change(one).items() if v != getattr(one, k)}
    return changed(one, **own) if own else one


def renumbered(interchange: Interchange, slot: int, **update: Any) -> Interchange:
    """The interchange under control numbers that nobody uses: those of `slot`, a fault's own."""
    contents = update.pop("contents", interchange.contents)
    contents = [
        changed(one, group=_other(one.group, slot)) if one.group else one for one in contents
    ]
    control = _other(interchange.control, slot)
    return changed(interchange, control=control, contents=contents, **update)


def _other(number: str, slot: int) -> str:
    """Far from where a partner's own counting is: 000000012 becomes 500000012."""
    if not number.isdigit():
        return f"{number[:12]}{slot}"
    return str((int(number) + 500_000_000 + slot * 20_000_000) % 1_000_000_000).zfill(len(number))


def share_of(quantity: Decimal, share: float) -> Decimal:
    """A share of a quantity, at least 1, and whole where the quantity is."""
    part = quantity * Decimal(str(share))
    if quantity == quantity.to_integral_value():
        return max(part.to_integral_value(), Decimal(1))
    return part


def postpone(
    treatment: Treatment, interchange: Interchange, until: Instant, owing: Iterable[str]
) -> None:
    """Drop the interchange now, and send it at a later moment of plant time."""
    treatment.cut, treatment.cut_side = "drop", "request"
    treatment.also.append(Further(interchange, [one for one in owing if one in RIGHT], until))
