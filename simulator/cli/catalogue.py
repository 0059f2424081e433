"""`stagefloor docs faults`: the catalogue of faults, written from the code that makes them.

Nothing in it is told twice: summaries, parameters and examples are the models' own, the cells of
each table follow from what a fault needs and what transports and contracts can, and the right
answers are those by which a verdict judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from simulator.cli.parameters import own_rows, shared_rows
from simulator.cli.tables import members, parameters, row
from simulator.core.message import Direction
from simulator.core.ports import Contract, Fault, Layer, Transport
from simulator.plant.trading import Standard
from simulator.plant.trading.rightness import RIGHT, Expected

HEAD = """\
# Faults

<!-- Written by `make docs` from the code: change it there. -->

Every kind of fault that there is, layer by layer. [scenarios.md](scenarios.md) says how a step puts
one on a link and for how long; [adding-a-fault.md](adding-a-fault.md) how to make another.

In the tables ✓ is: it works. What stands after *not* are the values that do not, after *lacks* what
the transport cannot do to a message, and – means that the fault acts in the other direction only.
`in` is what the integration sends us, `out` what it gets from us; where none of a chapter's faults
acts there is no column. Some need more of an endpoint, a port of its own for instance:
`stagefloor check` says what is missing before anything starts.
"""
CHAPTERS: dict[Layer, tuple[str, str]] = {
    "connection": ("Connections", "What a network, a proxy or a certificate does."),
    "message": ("Messages", "What becomes of whole messages, whatever is in them."),
    "envelope": (
        "Envelopes",
        "Interchanges whose bytes or envelopes are not as they should be. The contract writes them "
        "so on purpose. Only interchanges are touched, and answers (997, CONTRL, 824 …) only where "
        "`match` asks for them.",
    ),
    "content": (
        "Content",
        "Interchanges that can be opened, and say what cannot be right.",
    ),
    "flow": ("Flow", "Documents that come too late, twice, in the wrong order or not at all."),
    "receipt": ("Receipts", "What AS2 partners do with the receipt (MDN) for a message."),
    "file": ("Files", "What goes wrong where files are put down and picked up."),
    "tag": ("Tags", "What PLCs show, whatever the wire: qualities, times and values."),
    "session": (
        "Sessions",
        "Rules of brokers' clients that are broken on purpose: births, numbers, deaths. The "
        "contract writes them so.",
    ),
}
WIRE = {
    "interchange-acknowledgement": {"x12": "TA1", "edifact": "CONTRL"},
    "functional-acknowledgement": {"x12": "997", "edifact": "CONTRL"},
    "application-advice": {"x12": "824", "edifact": "APERAK"},
    "receiving-advice": {"x12": "861", "edifact": "RECADV"},
    "nothing": {"x12": "no answer", "edifact": "no answer"},
    "again": {"x12": "the same once more", "edifact": "the same once more"},
}
STANDARDS: dict[Standard, str] = {"x12": "X12", "edifact": "EDIFACT"}


def fault_catalogue() -> str:
    """The whole page, in Markdown."""
    faults = members("faults", Fault)
    lines = [HEAD]
    for layer in get_args(Layer):
        title, about = CHAPTERS[layer]
        mine = {kind: model for kind, model in faults.items() if model.layer == layer}
        lines += [f"## {title}", "", about, ""]
        lines += _matrix(mine)
        for kind, model in mine.items():
            lines += _section(kind, model)
    lines += ["## Which messages", "", "Every fault takes these, too.", ""]
    lines += parameters(shared_rows())
    return "\n".join(lines).rstrip() + "\n"


# --- one fault ---------------------------------------------------------------------------------


def _section(kind: str, model: type[Fault]) -> list[str]:
    about = " ".join((model.__doc__ or "").split())
    lines = [f"### {kind}", "", f"*{model.summary}*. {about}", ""]
    lines += parameters(own_rows(model))
    lines.append("```yaml")
    begin = {"at": "5m", "fault": kind, "on": "…"}
    lines += [f"- {{{_flow({**begin, **one})}}}" for one in _examples(model)]
    lines += ["```", ""]
    if model.owing:
        lines += ["| the other side owes for | X12 | EDIFACT |", "|---|---|---|"]
        for name in model.owing:
            answers = (_answers(name, standard) for standard in STANDARDS)
            lines.append(row(f"`{name}`: {RIGHT[name].what}", *answers))
        lines.append("")
    return lines


def _examples(model: type[Fault]) -> list[dict[str, Any]]:
    """In the order in which they were written, which a schema does not keep."""
    extra: Any = model.model_config.get("json_schema_extra")
    return list(extra["examples"])


def _flow(value: Any) -> str:
    """A mapping as YAML writes it in one line, without its outer braces."""
    return ", ".join(f"{name}: {_value(one)}" for name, one in value.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{_flow(value)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    plain = isinstance(value, str) and not value.startswith("*")  # which YAML takes for an alias
    return value if plain else json.dumps(value)


def _answers(name: str, standard: Standard) -> str:
    """The right answers, those that differ only in their code together."""
    codes: dict[str, list[str]] = {}
    for one in RIGHT[name].answers[standard]:
        codes.setdefault(_said(one, standard), []).extend([f"`{one.code}`"] if one.code else [])
    return " or ".join(f"{said} {' '.join(some)}".strip() for said, some in codes.items())


def _said(one: Expected, standard: Standard) -> str:
    return f"{WIRE[one.document][standard]} {one.verdict}".strip()


# --- where they work ---------------------------------------------------------------------------


def _matrix(faults: Mapping[str, type[Fault]]) -> list[str]:
    """A row a kind, a column a direction of a transport, and one a contract that is asked."""
    acting = {direction for model in faults.values() for direction in model.directions}
    places = [
        (transport, direction)
        for transport in members("transports", Transport).values()
        for direction in sorted(acting.intersection(transport.directions))
    ]
    writers = [one for one in members("contracts", Contract).values() if one.oddities]
    asked = any(fault.writes for kind in faults.values() for fault in _variants(kind))
    columns = [f"{transport.kind} {direction}" for transport, direction in places]
    columns += [f"written as {one.kind}" for one in writers if asked]
    lines = [row("", *columns), "|---" * (len(columns) + 1) + "|"]
    for kind, model in faults.items():
        cells = [_cell(model, transport, direction) for transport, direction in places]
        cells += [_written(model, one) for one in writers if asked]
        lines.append(row(f"[{kind}](#{kind})", *cells))
    return [*lines, ""]


def _cell(model: type[Fault], transport: type[Transport], direction: Direction) -> str:
    if direction not in model.directions:
        return "–"
    variants = _variants(model)
    lacking = [fault.needs - transport.can[direction] for fault in variants]
    if not any(lacking):
        return "✓"
    if all(lacking):
        none = frozenset[str]()
        return f"lacks {_listed(lacking[0].intersection(*lacking) or none.union(*lacking))}"
    return f"✓ not {_listed(_unlike(variants, lacking))}"


def _written(model: type[Fault], contract: type[Contract]) -> str:
    missing = {name for fault in _variants(model) for name in fault.writes - contract.oddities}
    return "cannot" if missing else "✓"


def _variants(model: type[Fault]) -> list[Fault]:
    """The examples, and each of them with every other value of its fields that have a few."""
    found: list[Fault] = []
    choices = [
        {name: value}
        for name, field in model.model_json_schema()["properties"].items()
        for value in field.get("enum", [])
    ]
    for example in _examples(model):
        for choice in ({}, *choices):
            try:
                fault = model.model_validate({**example, **choice})
            except ValueError:
                try:  # other fields of the example may not go with it
                    fault = model.model_validate(choice)
                except ValueError:
                    continue
            if fault not in found:
                found.append(fault)
    return found


def _unlike(variants: list[Fault], lacking: list[frozenset[str]]) -> list[str]:
    """The values by which the variants that do not work differ from those that do."""
    for name, field in type(variants[0]).model_json_schema()["properties"].items():
        if "enum" not in field:
            continue
        values: dict[bool, set[str]] = {True: set(), False: set()}
        for one, lack in zip(variants, lacking, strict=True):
            values[bool(lack)].add(str(getattr(one, name)))
        if not values[True] & values[False]:
            return sorted(values[True])
    return []


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
