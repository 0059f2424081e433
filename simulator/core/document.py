"""Typed business objects that systems exchange, and how a saved one comes back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from simulator.core.errors import UnknownName

_KINDS: dict[str, type[Document]] = {}


class Document(BaseModel):
    """A typed business object that systems exchange. Documents live in `plant`."""

    # Built when first made or read: nobody waits for the many that a plant never says.
    model_config = ConfigDict(frozen=True, defer_build=True)
    document: ClassVar[str]  # its name on links and in expectations: ship-notice, confirmation …
    telemetry: ClassVar[bool] = False
    """Said so often that an entry each would fill the journal: it has one only where something
    befalls it (a fault, a failed delivery); the others are counted on their link."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        name = cls.__dict__.get("document")
        if name is not None:
            _KINDS[name] = cls

    @property
    def said_as(self) -> str:
        """What the journal calls it: its name, unless it is an envelope around others."""
        return self.document

    @classmethod
    def names(cls) -> set[str]:
        """Every name under which the journal may know it."""
        return {cls.document}

    @cached_property
    def text(self) -> str:
        """The document as JSON, written once: its feed, its identity and its snapshot share it."""
        return self.__pydantic_serializer__.to_json(self).decode()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; it is written anew, never as what it was copied from."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("text", None)
        return copied

    def keys(self) -> dict[str, list[str]]:
        """Its business keys, for the journal and for expectations."""
        raise NotImplementedError


def revive(name: str, data: dict[str, Any]) -> Document:
    """A document from its name and its JSON-able data. Raises UnknownName."""
    if name not in _KINDS:
        raise UnknownName("document", name, _KINDS)
    return _KINDS[name].model_validate({k: v for k, v in data.items() if k != "document"})
