"""Tags from files that other tools wrote: OPC-PLC's nodes file, and tables (CSV).

Both become what a plant file would say of the tags: `{path: {type: …, value: …}}`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import orjson

from simulator.core.errors import Mistake, nearest
from simulator.core.yamlfile import inside
from simulator.plant.tags import TagType

Tags = dict[str, dict[str, Any]]
MOST_TAGS = 100_000
MOST_LONG = 1_000_000  # elements of an array
DEFAULT_TYPE = "Int32"  # of a node that says none, as OPC-PLC has it
COLUMNS = (
    "path", "type", "value", "description", "unit", "low", "high", "access", "history", "node",
)  # fmt: skip
_TYPES: tuple[str, ...] = get_args(TagType)
_ZERO: dict[str, Any] = {"Boolean": False, "String": "", "Guid": "", "ByteString": ""}


def tags_from(file: str, payloads: Path) -> Tags:
    """The tags of one file under payloads/. Raises Mistake that names the place."""
    path = inside(payloads, file)
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise Mistake(f"{file} cannot be read: {why}", cure="name a file under payloads/") from None
    if path.suffix.lower() == ".json":
        found = _nodes_file(raw, file)
    elif path.suffix.lower() == ".csv":
        found = _table(raw, file)
    else:
        raise Mistake(f"{file}: neither .json nor .csv", cure="OPC-PLC's nodes file, or a table")
    if len(found) > MOST_TAGS:
        raise Mistake(f"{file} has {len(found)} tags, at most {MOST_TAGS}")
    return found


# --- OPC-PLC --------------------------------------------------------------------------------------


def _nodes_file(raw: bytes, file: str) -> Tags:
    try:
        root = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Mistake(f"{file}: no JSON: {error}") from None
    found: Tags = {}
    for one in root if isinstance(root, list) else [root]:
        _folder(one, "", file, found)
    return found


def _folder(folder: Any, above: str, file: str, found: Tags) -> None:
    if not isinstance(folder, dict) or not isinstance(folder.get("Folder"), str):
        raise Mistake(f"{file}: a folder has a name under `Folder`, got {str(folder)[:60]}")
    here = above + folder["Folder"].replace("/", "_") + "/"
    for one in folder.get("NodeList") or ():
        path, tag = _node(one, here, file)
        if path in found:
            raise Mistake(f"{file}: two nodes stand at {path}", cure="give one another Name")
        found[path] = tag
    for one in folder.get("FolderList") or ():
        _folder(one, here, file, found)


def _node(node: Any, here: str, file: str) -> tuple[str, dict[str, Any]]:
    given = node.get("NodeId") if isinstance(node, dict) else None
    if isinstance(given, bool) or not isinstance(given, int | str) or given == "":
        raise Mistake(f"{file}: a node has a `NodeId`, got {str(node)[:60]} in {here}")
    name = str(node.get("Name") or given)
    kind = str(node.get("DataType") or DEFAULT_TYPE)
    if kind not in _TYPES:
        what = f"{file}: {here}{name}: no data type {kind!r}"
        raise Mistake(what, cure=nearest(kind, _TYPES) or "one of " + ", ".join(_TYPES))
    value = node.get("Value")
    if value is None:
        zero = _ZERO.get(kind, 0)
        length = _length(node, f"{file}: {here}{name}")
        value = zero if length is None else [zero] * length
    tag: dict[str, Any] = {
        "type": kind, "value": value, "description": str(node.get("Description") or "")[:400],
        "node": _identifier(given),
        "access": "write" if "Write" in str(node.get("AccessLevel", "")) else "read",
    }  # fmt: skip
    return here + name.replace("/", "_"), tag


def _length(node: dict[str, Any], where: str) -> int | None:
    """How long the array of a node is that has no value; None where it is none."""
    rank, sizes = node.get("ValueRank", -1), node.get("ArrayDimensions") or [0]
    first = sizes[0] if isinstance(sizes, list) else None
    if not isinstance(rank, int) or not isinstance(first, int) or not 0 <= first <= MOST_LONG:
        what = f"{where}: ValueRank {rank!r:.20} with ArrayDimensions {sizes!r:.40}"
        raise Mistake(what, cure=f"numbers, of at most {MOST_LONG} elements")
    return first if rank >= 1 else None


def _identifier(given: int | str) -> str:
    """OPC-PLC's reading: a number is numeric, a text that is a GUID one, any other text a text."""
    if isinstance(given, int):
        return f"i={given}"
    try:
        return f"g={UUID(given)}"
    except ValueError:
        return f"s={given}"


# --- tables ---------------------------------------------------------------------------------------


def _table(raw: bytes, file: str) -> Tags:
    try:
        reader = csv.DictReader(raw.decode("utf-8-sig").splitlines())
        columns = reader.fieldnames or ()
        if unknown := [one for one in columns if one not in COLUMNS]:
            cure = nearest(str(unknown[0]), COLUMNS) or "known: " + ", ".join(COLUMNS)
            raise Mistake(f"{file}:1: unknown column {unknown[0]!r}", cure=cure)
        if "path" not in columns:
            raise Mistake(f"{file}:1: no column `path`", cure="begin with path,type,value")
        found: Tags = {}
        for row in reader:
            where = f"{file}:{reader.line_num}"
            if None in row:
                raise Mistake(f"{where}: more values than columns")
            given = {key: value for key, value in row.items() if value not in (None, "")}
            path = given.pop("path", None)
            if path is None:
                raise Mistake(f"{where}: no path")
            if path in found:
                raise Mistake(f"{where}: {path} stands twice")
            found[path] = _row(given, where)
    except UnicodeDecodeError:
        raise Mistake(f"{file} is not UTF-8") from None
    except csv.Error as error:
        raise Mistake(f"{file} cannot be read: {error}") from None
    return found


def _row(given: dict[str, Any], where: str) -> dict[str, Any]:
    kind = given.get("type", "Double")
    if kind not in _TYPES:
        cure = nearest(kind, _TYPES) or "one of " + ", ".join(_TYPES)
        raise Mistake(f"{where}: no data type {kind!r}", cure=cure)
    text = given.get("value")
    try:
        value = _ZERO.get(kind, 0) if text is None else _read(text, kind)
    except ValueError:
        raise Mistake(f"{where}: {text!r} is no {kind}") from None
    return {**given, "type": kind, "value": value}


def _read(text: str, kind: str) -> Any:
    if kind == "Boolean":
        if text.lower() not in ("true", "false", "0", "1"):
            raise ValueError
        return text.lower() in ("true", "1")
    if kind in ("Float", "Double"):
        return float(text)
    if kind in ("String", "Guid", "ByteString", "DateTime"):
        return text
    return int(text)
