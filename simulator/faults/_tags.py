"""What the faults of tags share: which tags they mean, and how what is said of them is altered.

One file serves OPC UA, Sparkplug and plain JSON, because a fault alters the document, and the
contract of the endpoint writes that.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from fnmatch import translate
from functools import cached_property
from typing import Any, ClassVar

from pydantic import Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer
from simulator.plant.tags import TagChange, TagSpace, TagValue


class TagFault(Fault):
    """A fault of what tags show."""

    layer: ClassVar[Layer] = "tag"
    directions: ClassVar[tuple[Direction, ...]] = ("out",)
    lasting: ClassVar[bool] = True

    tags: str | list[str] = Field(
        "*", description="their paths, with `*` for anything: TURN-1/Process/*"
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"document"})

    @cached_property
    def _wanted(self) -> re.Pattern[str]:
        patterns = [self.tags] if isinstance(self.tags, str) else self.tags
        return re.compile("|".join(translate(one) for one in patterns))

    def means(self, one: TagValue) -> bool:
        """Is this one of its tags?"""
        return self._wanted.match(one.path) is not None

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        said = message.said
        return isinstance(said, TagChange | TagSpace) and any(map(self.means, said.values))

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        said = treatment.document or message.said
        if not isinstance(said, TagChange | TagSpace):
            return False
        values = [self.alter(one, moment) if self.means(one) else one for one in said.values]
        if all(new is old for new, old in zip(values, said.values, strict=True)):
            return False
        treatment.document = said.model_copy(update={"values": values})
        return True

    @abstractmethod
    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        """What is said of a tag instead; itself where there is nothing to alter."""


def is_number(value: Any) -> bool:
    """Is it a number that can be calculated with?"""
    return isinstance(value, int | float) and not isinstance(value, bool)


def in_kind(number: float, shown: float) -> float:
    """A number of the kind that a tag shows: whole ones stay within 64 bits."""
    if isinstance(shown, float):
        return float(number)
    return int(min(max(number, -(2**63)), 2**63 - 1))
