"""Companion specifications: NodeSet2 files, read in the order in which they need each other.

The project carries none of these files: they are the OPC Foundation's and their authors'. Where one
that is needed is missing, the error says where it is to be had.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from simulator.core.errors import Mistake
from simulator.transports.opcua.private import no_collection

log = logging.getLogger("stagefloor.opcua")

HOME = "https://github.com/OPCFoundation/UA-Nodeset"
_STANDARD = "http://opcfoundation.org/UA/"
_FOLDERS = {
    "http://opcfoundation.org/UA/DI/": "DI", "http://opcfoundation.org/UA/IA/": "IA",
    "http://opcfoundation.org/UA/Machinery/": "Machinery",
    "http://opcfoundation.org/UA/PackML/": "PackML",
    "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/": "ISA95-JOBCONTROL",
}  # fmt: skip
_NS = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"
LARGEST = 64 * 1024 * 1024  # bytes of one file


@dataclass(frozen=True)
class NodeSet:
    """A file, and the models that it has and needs."""

    path: Path
    has: tuple[str, ...]
    needs: tuple[str, ...]


def found(endpoint: str, places: Sequence[str], payloads: Path | None) -> list[NodeSet]:
    """The files of the places that the plant file names, in an order that works. Raises Mistake."""
    files: list[Path] = []
    for place in places:
        path = Path(place).expanduser()
        if not path.is_absolute() and payloads is not None:
            path = payloads / path
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.name.lower().endswith("nodeset2.xml"))
            if not inside:
                what = f"{endpoint}: nodesets: {place} has no *.NodeSet2.xml"
                raise Mistake(what, cure=f"they are at {HOME}")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            what = f"{endpoint}: nodesets: there is no {place}"
            raise Mistake(what, cure=f"a file or folder; companion specifications are at {HOME}")
    return _ordered(endpoint, [_head(endpoint, one) for one in dict.fromkeys(files)])


def _head(endpoint: str, path: Path) -> NodeSet:
    """The models of a file. Raises Mistake."""
    if path.stat().st_size > LARGEST:
        raise Mistake(f"{endpoint}: {path} has more than {LARGEST // 2**20} MB")
    try:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - a file that the user names
    except (ElementTree.ParseError, OSError) as error:
        raise Mistake(f"{endpoint}: {path} cannot be read: {error}") from None
    if not root.tag.endswith("UANodeSet"):
        what = f"{endpoint}: {path} is no NodeSet2: it begins with {root.tag[:60]}"
        raise Mistake(what, cure="a file like Opc.Ua.Di.NodeSet2.xml")
    models = root.findall(f"{_NS}Models/{_NS}Model")
    has = [one.get("ModelUri", "") for one in models]
    needs = [
        needed.get("ModelUri", "")
        for one in models
        for needed in one.findall(f"{_NS}RequiredModel")
    ]
    if not models:
        has = [one.text or "" for one in root.findall(f"{_NS}NamespaceUris/{_NS}Uri")]
    wanted = dict.fromkeys(one for one in needs if one != _STANDARD and one not in has)
    return NodeSet(path, tuple(has), tuple(wanted))


def _ordered(endpoint: str, sets: list[NodeSet]) -> list[NodeSet]:
    ordered: list[NodeSet] = []
    have: set[str] = set()
    left = [one for one in sets if _STANDARD not in one.has]
    while left:
        ready = [one for one in left if have.issuperset(one.needs)]
        if not ready:
            _missing(endpoint, left, have)
        for one in ready:
            left.remove(one)
            if have.issuperset(one.has) and one.has:
                continue  # the same model twice
            ordered.append(one)
            have.update(one.has)
    return ordered


def _missing(endpoint: str, left: list[NodeSet], have: set[str]) -> None:
    there = have.union(*(one.has for one in left))
    for one in left:
        for needed in one.needs:
            if needed not in there:
                folder = _FOLDERS.get(needed)
                where = f"{HOME}/tree/latest/{folder}" if folder else HOME
                what = f"{endpoint}: {one.path.name} needs the model {needed}, which is missing"
                raise Mistake(what, cure=f"put its NodeSet2 file beside it; it is at {where}")
    names = ", ".join(one.path.name for one in left)
    raise Mistake(f"{endpoint}: these nodesets need each other in a circle: {names}")


async def load(endpoint: str, server: Any, sets: Sequence[NodeSet]) -> None:
    """Read nodesets into a server of asyncua's. Raises Mistake for one that cannot be."""
    with no_collection():
        for one in sets:
            try:
                await server.import_xml(path=one.path)
            except Exception as error:  # noqa: BLE001 - asyncua raises whatever it stumbles on
                what = f"{endpoint}: {one.path} cannot be read in: {type(error).__name__}: {error}"
                raise Mistake(what, cure=f"take an unchanged file of {HOME}") from None
            log.info("%s: %s", endpoint, one.path.name)
