"""Templates in the values of steps: sandboxed Jinja, and an undefined name is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from simulator.core.errors import Mistake

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
LONGEST = 64 * 1024


def render(value: Any, names: Mapping[str, Any]) -> Any:
    """Fill every template in a value of plain data. Raises Mistake.

    A string that is one whole expression (`"{{ n }}"`) keeps its number, so that a quantity stays
    a quantity.
    """
    if isinstance(value, str):
        return _text(value, names) if "{{" in value or "{%" in value else value
    if isinstance(value, Mapping):
        return {key: render(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [render(one, names) for one in value]
    return value


def _text(text: str, names: Mapping[str, Any]) -> Any:
    try:
        stripped = text.strip()
        if stripped.startswith("{{") and stripped.endswith("}}") and stripped.count("{{") == 1:
            expression = _ENVIRONMENT.compile_expression(stripped[2:-2], undefined_to_none=False)
            result = expression(**names)
            if not isinstance(result, StrictUndefined):
                return result
        filled = _ENVIRONMENT.from_string(text).render(**names)
    except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
        cure = "known: " + ", ".join(sorted(names))
        raise Mistake(f"the template {text!r} fails: {error}", cure=cure) from None
    if len(filled) > LONGEST:
        raise Mistake(f"the template {text[:60]!r} makes more than {LONGEST} characters")
    return filled
