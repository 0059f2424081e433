"""`stagefloor docs transports`: what each transport is, can, and lets an endpoint set.

What a transport is stands in the docstring of its package, its settings in their descriptions.
Settings that several transports have, word for word, are told once.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any, get_args

from simulator.cli.parameters import Row, rows
from simulator.cli.tables import members, parameters, row
from simulator.core.ports import Capability, Transport

HEAD = """\
# Transports

<!-- Written by `make docs` from the code: change it there. -->

What carries messages between the plant's systems and the integration. A system's endpoint names its
transport and its contract in the plant file, and beside them what the transport lets it set:

```yaml
systems:
  wms:
    endpoints:
      http: {transport: http, contract: rest, port: 8091}
      events: {transport: webhook, contract: rest, url: "${ERP_URL}/wms/events"}
```

`in` is what the integration sends us, `out` what it gets from us. `${NAME}` is filled in from a
run's targets and the environment. [adding-a-transport.md](adding-a-transport.md) says how to make
another one.

## What can be done to a message

[faults.md](faults.md) says which fault needs which of these.
"""
MEANS: dict[Capability, str] = {
    "delay": "it waits, or its answer does",
    "refuse": "connections are refused",
    "reset": "the connection is reset",
    "hang": "there is never an answer",
    "close": "the connection is closed without an answer",
    "answer": "something else answers, in the system's stead",
    "drop": "it is lost, or its answer is",
    "duplicate": "it comes more than once",
    "reorder": "later ones go first",
    "truncate": "the end of what leaves us is missing",
    "pace": "an answer comes slowly",
    "document": "it says something else, or is written otherwise",
    "receipt": "its receipt is missing, late or wrong",
    "file": "its file is not as it should be",
    "certificate": "a bad certificate is shown",
    "session": "births, deaths and numbers of a session are wrong",
    "subscription": "what a client subscribed to is lost",
    "service": "a service of the protocol fails by its own codes",
    "history": "what is shown is not kept",
}
SHARED = """\
## Settings of several transports

They mean the same wherever they are.
"""


def transport_page() -> str:
    """The whole page, in Markdown."""
    transports: dict[str, type[Transport]] = members("transports", Transport)
    fields = {kind: rows(one.Settings) for kind, one in transports.items()}
    common = _common(fields)
    lines = [HEAD, *_capabilities(transports)]
    for kind, one in transports.items():
        lines += [f"## {kind}", "", _about(one), ""]
        lines += parameters([field for field in fields[kind] if field not in common])
        also = [f"`{field.name}`" for field in fields[kind] if _told(field, common)]
        if also:
            where = "[settings of several transports](#settings-of-several-transports)"
            lines += [f"And of the {where}: {', '.join(also)}.", ""]
    lines += [SHARED, *parameters(common)]
    return "\n".join(lines).rstrip() + "\n"


def _common(fields: dict[str, list[Row]]) -> list[Row]:
    """What at least two transports have, word for word; what a mapping has comes after it."""
    every = [field for mine in fields.values() for field in mine]
    found = [field for field in dict.fromkeys(every) if every.count(field) > 1]
    order = list(dict.fromkeys(field.name.partition(".")[0] for field in found))
    return sorted(
        found, key=lambda field: (order.index(field.name.partition(".")[0]), "." in field.name)
    )


def _told(field: Row, common: list[Row]) -> bool:
    """Is it one of the shared ones, and no part of another?"""
    return field in common and "." not in field.name


def _about(transport: type[Transport]) -> str:
    """The docstring of the transport's package."""
    name = transport.__module__
    module: Any = sys.modules[name]
    if not hasattr(module, "__path__"):  # defined in a module of its package
        module = sys.modules.get(name.rpartition(".")[0], module)
    return inspect.cleandoc(module.__doc__ or transport.summary)


def _capabilities(transports: dict[str, type[Transport]]) -> list[str]:
    places = [(kind, way) for kind, one in transports.items() for way in one.directions]
    lines = [row("", "", *(f"{kind} {way}" for kind, way in places))]
    lines.append("|---" * (len(places) + 2) + "|")
    for capability in get_args(Capability):
        cells = ("✓" if capability in transports[kind].can[way] else "" for kind, way in places)
        lines.append(row(f"`{capability}`", MEANS[capability], *cells))
    return [*lines, ""]
