"""Plug-ins are found by kind, never named.

A family is a package (`simulator.systems`, `simulator.faults` …) whose members are folders or
files named after their kind, `-` written as `_`. Members also come from other packages: an entry
point in the group `stagefloor.<family>`, or a package named in STAGEFLOOR_PLUGINS that has a
sub-package called like the family. Finding a kind imports nothing; using it does.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import pkgutil
from functools import cache
from typing import Any, Generic, TypeVar

from simulator.core.errors import Mistake, UnknownName

T = TypeVar("T")
PLUGINS = "STAGEFLOOR_PLUGINS"


class Registry(Generic[T]):
    """The members of one family: kind -> class, imported when first asked for."""

    def __init__(self, family: str, port: type[T]) -> None:
        self.family = family
        self.port = port
        self._modules = self._find()
        self._classes: dict[str, type[T]] = {}

    def kinds(self) -> list[str]:
        """Every kind there is, sorted."""
        return sorted(self._modules)

    def get(self, kind: str) -> type[T]:
        """The class for `kind` (`_` reads as `-`).

        Raises UnknownName, or Mistake where the libraries of that kind are not installed.
        """
        kind = kind.replace("_", "-")
        if kind not in self._classes:
            if kind not in self._modules:
                raise UnknownName(self.family.rstrip("s"), kind, self._modules)
            self._classes[kind] = self._load(kind)
        return self._classes[kind]

    def _load(self, kind: str) -> type[T]:
        try:
            module = importlib.import_module(self._modules[kind])
        except ModuleNotFoundError as error:
            if (error.name or "").startswith(self._modules[kind].partition(".")[0]):
                raise
            what = f"{self.family.rstrip('s')} {kind!r} needs the library {error.name!r}"
            raise Mistake(what, cure=f"pip install 'stagefloor[{kind}]'") from None
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, self.port)
                and getattr(value, "kind", None) == kind
            ):
                return value
        what = f"{module.__name__} has no {self.port.__name__} whose kind is {kind!r}"
        raise Mistake(what, cure=f"set kind = {kind!r} on the class")

    def _find(self) -> dict[str, str]:
        found: dict[str, str] = {}

        def add(kind: str, module: str) -> None:
            if found.get(kind, module) != module:
                what = f"two {self.family} are called {kind!r}: {found[kind]} and {module}"
                raise Mistake(what, cure="rename one of them")
            found[kind] = module

        packages = ["simulator", *filter(None, os.environ.get(PLUGINS, "").split(","))]
        for package in packages:
            name = f"{package.strip()}.{self.family}"
            try:
                spec = importlib.util.find_spec(name)
            except ModuleNotFoundError:
                if package != "simulator" and importlib.util.find_spec(package.strip()) is None:
                    cure = "is it on PYTHONPATH?"
                    raise Mistake(f"{PLUGINS}: no package {package!r}", cure=cure) from None
                continue
            for member in pkgutil.iter_modules(spec.submodule_search_locations if spec else None):
                if spec is not None and not member.name.startswith("_"):
                    add(member.name.replace("_", "-"), f"{name}.{member.name}")
        for entry in importlib.metadata.entry_points(group=f"stagefloor.{self.family}"):
            add(entry.name, entry.value)
        return found


_REGISTRIES: dict[tuple[str, str], Registry[Any]] = {}


def registry(family: str, port: Any) -> Registry[Any]:
    """The registry of a family; built anew when STAGEFLOOR_PLUGINS changes."""
    key = (family, os.environ.get(PLUGINS, ""))
    if key not in _REGISTRIES:
        _REGISTRIES[key] = Registry(family, port)
    return _REGISTRIES[key]


def plugged(name: str) -> tuple[str, ...]:
    """The modules of the sub-package `name` of each package in STAGEFLOOR_PLUGINS, sorted in each.

    For what belongs to a plug-in without being one: the mappings of a contract's documents, say.
    """
    return _plugged(name, os.environ.get(PLUGINS, ""))


@cache
def _plugged(name: str, packages: str) -> tuple[str, ...]:
    found: list[str] = []
    for package in filter(None, (one.strip() for one in packages.split(","))):
        inner = f"{package}.{name}"
        try:
            spec = importlib.util.find_spec(inner)
        except ModuleNotFoundError:
            continue  # a registry says so where it is the package that is missing
        places = spec.submodule_search_locations if spec is not None else None
        members = sorted(one.name for one in pkgutil.iter_modules(places or []))
        found.extend(f"{inner}.{one}" for one in members if not one.startswith("_"))
    return tuple(found)
