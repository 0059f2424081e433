"""Which keys a model takes in a file: what was probably meant by one that it does not take."""

from __future__ import annotations

from typing import Any, get_args


def keys_of(model: Any) -> list[str]:
    """The keys of a model as they stand in a file; none for what is no model."""
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def keys_at(model: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys of the models nested at pydantic's `loc`, as far as annotations tell."""
    top = level = _models(model)
    for step in loc:
        inner = [
            found
            for one in level
            for name, field in one.model_fields.items()
            if step in (name, field.alias)
            for found in _models(field.annotation)
        ]
        level = inner or level
    found_none = bool(loc) and level is top
    return [] if found_none else [key for one in level for key in keys_of(one)]


def _models(annotation: Any) -> list[Any]:
    """The models in an annotation, those of a union or a container too."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [found for arg in get_args(annotation) for found in _models(arg)]
