"""From a plant file's `systems:` to systems, contracts, transports and links."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from simulator.core.errors import Mistake, Mistakes, Place, UnknownName, nearest
from simulator.core.link import QUEUE_LIMIT, Link
from simulator.core.message import Direction
from simulator.core.ports import Call, Contract, Document, Operation, System, Transport
from simulator.core.registry import registry
from simulator.plant import PlantModel

OWN_KEYS = ("transport", "contract", "says", "queue")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(eq=False)
class Endpoint:
    """A system reachable under a contract over a transport."""

    name: str  # system.endpoint
    system: str
    transport_kind: str
    contract: Contract
    settings: Any
    links: dict[Direction, Link]
    says: frozenset[str]
    calls: dict[str, tuple[Callable[..., Any], bool]]  # operation -> (method, takes an input)
    missing: str | None = None  # the variable that keeps it from being connected
    alterable: bool = False  # may faults alter the documents that it says?

    def perform(self, call: Call) -> Any:
        """Do the operation. Raises Refusal."""
        method, takes = self.calls[call.operation]
        return method(call.input) if takes else method()


def variables_in(value: Any) -> list[str]:
    """The names of every `${NAME}` in a value of plain data."""
    if isinstance(value, str):
        return _VARIABLE.findall(value)
    if isinstance(value, dict):
        return [name for one in value.values() for name in variables_in(one)]
    if isinstance(value, list):
        return [name for one in value for name in variables_in(one)]
    return []


def fill(text: str, variables: dict[str, str]) -> str:
    """Fill each `${NAME}`. Raises Mistake for one that nothing sets."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in variables:
            target = name.removesuffix("_URL").lower()
            cure = f"pass --target {target}=URL, or set {name} in the environment"
            raise Mistake(f"nothing sets ${{{name}}}", cure=cure)
        return variables[name]

    return _VARIABLE.sub(value, text)


class Wiring:
    """Builds the endpoints of one plant, collecting every mistake on the way."""

    def __init__(self, model: PlantModel, payloads: Path, variables: dict[str, str]) -> None:
        self._model = model
        self._payloads = payloads
        self._variables = variables
        self.mistakes: list[Mistake] = []

    def place(self, *path: str) -> Place:
        """Where in the plant file."""
        return self._model.located.place(path)

    def system_class(self, kind: str) -> type[System[Any]] | None:
        """The class of a system, and its settings checked."""
        try:
            return registry("systems", System).get(kind)
        except Mistake as mistake:
            place = self._model.located.place(("systems", kind), of_key=True)
            self.mistakes.append(mistake.at(place))
            return None

    def settings(self, model: type[BaseModel], given: dict[str, Any], *path: str) -> Any:
        """Validate settings against their model, noting mistakes with their places."""
        try:
            return model.model_validate(given, context={"payloads": self._payloads})
        except ValidationError as error:
            self.mistakes.extend(self._model.located.explain(error, path, model))
        except Mistakes as many:
            self.mistakes.extend(many.mistakes)
        except Mistake as mistake:
            self.mistakes.append(mistake.at(self.place(*path)))
        return None

    def endpoint(
        self, kind: str, system: System[Any], name: str, raw: dict[str, Any]
    ) -> Endpoint | None:
        """One endpoint, or None where something about it is wrong."""
        path = ("systems", kind, "endpoints", name)
        found = {}
        for key, family, port in (
            ("transport", "transports", Transport),
            ("contract", "contracts", Contract),
        ):
            if key not in raw:
                what = f"the endpoint {kind}.{name} has no {key}"
                self.mistakes.append(Mistake(what, place=self.place(*path)))
                return None
            try:
                found[key] = registry(family, port).get(str(raw[key]))
            except Mistake as mistake:
                self.mistakes.append(mistake.at(self.place(*path, key)))
                return None
        carries, speaks = found["transport"], found["contract"]
        rest = {key: value for key, value in raw.items() if key not in OWN_KEYS}
        shaping = {key: rest.pop(key) for key in speaks.Settings.model_fields if key in rest}
        self._unknown(rest, carries, speaks, path)
        settings = self.settings(carries.Settings, rest, *path)
        shape = self.settings(speaks.Settings, shaping, *path)
        documents = {one.document: one for one in system.says}
        says = self._says(raw, documents, path)
        if settings is None or shape is None or says is None:
            return None
        operations = type(system).operations()
        base = raw.get("path") or default_path(self._model.name, kind, name)
        try:
            contract = speaks(kind, operations, documents, shape, base, self._payloads)
        except Mistakes as many:
            self.mistakes.extend(many.mistakes)
            return None
        except Mistake as mistake:
            self.mistakes.append(mistake.at(self.place(*path)))
            return None
        full = f"{kind}.{name}"
        limit = raw.get("queue", QUEUE_LIMIT)
        links = {way: Link(full, way, limit) for way in carries.directions}
        unset = [one for one in variables_in(rest) if one not in self._variables]
        return Endpoint(
            full, kind, str(raw["transport"]), contract, settings, links, says,
            _calls(system, operations), unset[0] if unset else None,
            "document" in carries.can.get("out", ()),
        )  # fmt: skip

    def _unknown(self, rest: dict[str, Any], carries: Any, speaks: Any, path: Any) -> None:
        known = [*OWN_KEYS, *carries.Settings.model_fields, *speaks.Settings.model_fields]
        known += [f.alias for f in carries.Settings.model_fields.values() if f.alias]
        for key in [key for key in rest if key not in known]:
            rest.pop(key)
            place = self._model.located.place((*path, key), of_key=True)
            self.mistakes.append(
                Mistake(f"unknown key {key!r}", cure=nearest(key, known), place=place)
            )

    def _says(
        self, raw: dict[str, Any], documents: dict[str, type[Document]], path: Any
    ) -> frozenset[str] | None:
        if "says" not in raw:
            return frozenset(documents)
        wanted = raw["says"]
        if not isinstance(wanted, list):
            what = f"says: a list of documents, got {wanted!r:.60}"
            self.mistakes.append(Mistake(what, place=self.place(*path, "says")))
            return None
        for one in wanted:
            if one not in documents:
                place = self.place(*path, "says")
                self.mistakes.append(UnknownName("document", str(one), documents, place=place))
                return None
        return frozenset(wanted)


def default_path(plant: str, system: str, endpoint: str) -> str:
    """Where an endpoint stands on the shared port."""
    return f"/{plant}/{system}" if endpoint == "http" else f"/{plant}/{system}/{endpoint}"


def _calls(
    system: System[Any], operations: dict[str, Operation]
) -> dict[str, tuple[Callable[..., Any], bool]]:
    return {
        name: (getattr(system, name), takes_input(getattr(system, name))) for name in operations
    }


def takes_input(method: Callable[..., Any]) -> bool:
    """Does an operation's method take an input model?"""
    return method.__code__.co_argcount > 1
