"""Companion specifications: NodeSet2 files, read in the order in which they need each other.

The project carries none of these files: they are the OPC Foundation's and their authors'. Where one
that is needed is missing, the error says where it is to be had.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from simulator.core.errors import Mistake, Mistakes
from simulator.transports.opcua.private import STANDARD, import_nodeset

log = logging.getLogger("stagefloor.opcua")

HOME = "https://github.com/OPCFoundation/UA-Nodeset"
LARGEST = 64 * 1024 * 1024  # bytes of one file
_NS = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"
_FOREIGN = re.compile(r"ns=(\d+);(.+)")
_TYPE_OF = {"UAObject": "UAObjectType", "UAVariable": "UAVariableType"}
_ABOVE = {
    "UAObjectType": "i=58", "UAVariableType": "i=62", "UADataType": "i=24",
    "UAReferenceType": "i=32",
}  # fmt: skip
"""What every type of a kind is below."""
_FOLDERS = {
    "AMLLibs": "AML", "BACnet_V2": "BACnet", "Dictionary": "PADIM", "Eumabois": "Woodworking",
    "FX": "UAFX", "ISA95-JOBCONTROL_V2": "ISA95-JOBCONTROL", "OPENSCS-SER": "OpenSCS",
    "WoT-Con": "WoT",
}  # fmt: skip
"""Folders of HOME that are not called as their models are."""


@dataclass
class NodeSet:
    """A file, the models that it has and needs, and which types of others it uses."""

    path: Path
    has: tuple[str, ...]
    needs: tuple[str, ...]
    uses: dict[str, dict[str, str]] = field(default_factory=dict)  # model -> node id -> its class
    text: str | None = None  # instead of the file's


def found(
    endpoint: str, places: Sequence[str], payloads: Path | None, *, stand_in: bool = False
) -> list[NodeSet]:
    """The files of the places that the plant file names, in an order that works. Raises Mistake.

    With `stand_in`, models that are missing are there as empty types.
    """
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
    sets = [_head(endpoint, one) for one in dict.fromkeys(files)]
    return _ordered(endpoint, [one for one in sets if STANDARD not in one.has], stand_in=stand_in)


async def load(endpoint: str, server: Any, sets: Sequence[NodeSet]) -> None:
    """Read nodesets into a server of asyncua's. Raises Mistake for one that cannot be."""
    for one in sets:
        try:
            await import_nodeset(server, one.text or one.path.read_text("utf-8-sig"))
        except Exception as error:  # noqa: BLE001 - asyncua raises whatever it stumbles on
            what = f"{endpoint}: {one.path} cannot be read in: {type(error).__name__}: {error}"
            raise Mistake(what, cure=f"take an unchanged file of {HOME}") from None


def _head(endpoint: str, path: Path) -> NodeSet:
    """What a file has and needs. Raises Mistake."""
    if path.stat().st_size > LARGEST:
        raise Mistake(f"{endpoint}: {path} has more than {LARGEST // 2**20} MB")
    try:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - a file that the user names
    except (ElementTree.ParseError, OSError) as error:
        raise Mistake(f"{endpoint}: {path} cannot be read: {error}") from None
    if not root.tag.endswith("UANodeSet"):
        what = f"{endpoint}: {path} is no NodeSet2: it begins with {root.tag[:60]}"
        raise Mistake(what, cure="a file like Opc.Ua.Di.NodeSet2.xml")
    uris = [one.text or "" for one in root.findall(f"{_NS}NamespaceUris/{_NS}Uri")]
    models = root.findall(f"{_NS}Models/{_NS}Model")
    has = [one.get("ModelUri", "") for one in models] or uris[:1]
    needs = [
        needed.get("ModelUri", "")
        for one in models
        for needed in one.findall(f"{_NS}RequiredModel")
    ]
    wanted = dict.fromkeys(one for one in needs if one != STANDARD and one not in has)
    return NodeSet(path, tuple(has), tuple(wanted), _used(root, uris, wanted))


def _used(root: Any, uris: list[str], wanted: dict[str, None]) -> dict[str, dict[str, str]]:
    """The nodes of other models that a file needs to be there, with their classes."""
    aliases = {one.get("Alias"): one.text or "" for one in root.findall(f"{_NS}Aliases/{_NS}Alias")}
    used: dict[str, dict[str, str]] = {uri: {} for uri in wanted}

    def note(target: str, kind: str) -> None:
        foreign = _FOREIGN.fullmatch(aliases.get(target, target).strip())
        if foreign is not None and 0 < int(foreign[1]) <= len(uris):
            uri = uris[int(foreign[1]) - 1]
            if uri in used and kind:
                used[uri].setdefault(foreign[2], kind)

    for node in root:
        kind = node.tag.removeprefix(_NS)
        for one in node.findall(f"{_NS}References/{_NS}Reference"):
            by, forward = one.get("ReferenceType", ""), one.get("IsForward") != "false"
            note(by, "UAReferenceType")
            if by in ("HasTypeDefinition", "i=40"):
                note(one.text or "", _TYPE_OF.get(kind, ""))
            elif by in ("HasSubtype", "i=45") and not forward:
                note(one.text or "", kind)
            elif by in ("HasInterface", "i=17603"):
                note(one.text or "", "UAObjectType")
        note(node.get("DataType", ""), "UADataType")
    return used


def _ordered(endpoint: str, sets: list[NodeSet], *, stand_in: bool) -> list[NodeSet]:
    ordered: list[NodeSet] = []
    have: set[str] = set()
    left = list(sets)
    while left:
        ready = [one for one in left if have.issuperset(one.needs)]
        if not ready:
            if not stand_in:
                _missing(endpoint, left, have)
            stubs = _stubs(left, have)
            if not stubs:
                _missing(endpoint, left, have)
            ordered += stubs
            have.update(one.has[0] for one in stubs)
            continue
        for one in ready:
            left.remove(one)
            if one.has and have.issuperset(one.has):
                continue  # the same model twice
            ordered.append(one)
            have.update(one.has)
    return ordered


def _missing(endpoint: str, left: list[NodeSet], have: set[str]) -> None:
    """Say which models are missing, and where they are to be had. Raises Mistake."""
    there = have.union(*(one.has for one in left))
    missing = {needed: one.path.name for one in left for needed in one.needs if needed not in there}
    if missing:
        raise Mistakes([_wanted(endpoint, file, model) for model, file in missing.items()])
    names = ", ".join(one.path.name for one in left)
    raise Mistake(f"{endpoint}: these nodesets need each other in a circle: {names}")


def _wanted(endpoint: str, file: str, model: str) -> Mistake:
    cure = f"put its NodeSet2 file beside it; it is at {address(model)}"
    return Mistake(
        f"{endpoint}: {file} needs the model {model}, which is missing",
        cure=f"{cure}, or set missing_models: stand-in",
    )


def address(model: str) -> str:
    """Where the NodeSet2 of a model is to be had, as far as that can be known."""
    if not model.startswith(STANDARD):
        return f"its author's, or {HOME}"
    folder = model.removeprefix(STANDARD).strip("/").partition("/")[0]
    return f"{HOME}/tree/latest/{_FOLDERS.get(folder, folder)}"


# --- standing in ----------------------------------------------------------------------------------


def _stubs(left: list[NodeSet], have: set[str]) -> list[NodeSet]:
    """Empty types for what is used of models that nobody has."""
    there = have.union(*(one.has for one in left))
    wanted: dict[str, dict[str, str]] = {}
    for one in left:
        for uri in one.needs:
            if uri not in there:
                wanted.setdefault(uri, {}).update(one.uses.get(uri, {}))
                where = address(uri)
                log.warning("%s needs %s: empty types stand in; %s", one.path.name, uri, where)
    return [NodeSet(Path(uri), (uri,), (), text=_stub(uri, used)) for uri, used in wanted.items()]


def _stub(uri: str, used: dict[str, str]) -> str:
    shown = [
        f"<{kind} NodeId={quoteattr(f'ns=1;{node}')} BrowseName={quoteattr(f'1:{node}')}>"
        f"<DisplayName>{node}</DisplayName><References>"
        f'<Reference ReferenceType="i=45" IsForward="false">{_ABOVE[kind]}</Reference>'
        f"</References></{kind}>"
        for node, kind in used.items()
        if kind in _ABOVE
    ]
    return (
        '<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">'
        f"<NamespaceUris><Uri>{uri}</Uri></NamespaceUris>"
        f'<Models><Model ModelUri={quoteattr(uri)} Version="0.0"'
        ' PublicationDate="2000-01-01T00:00:00Z"/></Models>' + "".join(shown) + "</UANodeSet>"
    )
