"""YAML files with positions: every mistake can name its line and column.

YAML 1.2 (so that `on:` is a key, not a boolean), read with bounds: size, depth, and how much
anchors may expand, so that a cyclic or billion-laughs file is refused and not run out of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from simulator.core.adapters import adapter_of
from simulator.core.errors import Mistake, Mistakes, Place, nearest
from simulator.core.keys import keys_at

T = TypeVar("T")
Path_ = tuple[str | int, ...]

MOST_BYTES = 8 * 1024 * 1024
MOST_VALUES = 500_000
DEEPEST = 60
SMALL = 32 * 1024  # characters: nodes of files up to here are kept, as one command reads them twice


@dataclass(frozen=True)
class Located:
    """The value of a YAML file together with the place of every key and value in it."""

    file: str
    value: Any
    values: Mapping[Path_, Place]
    keys: Mapping[Path_, Place]

    def place(self, path: Sequence[str | int], *, of_key: bool = False) -> Place:
        """The place of the value (or the key) at `path`, or of its nearest known parent."""
        at = tuple(path)
        if of_key and at in self.keys:
            return self.keys[at]
        while at and at not in self.values:
            at = at[:-1]
        return self.values.get(at, Place(self.file))

    def validate(self, model: type[T] | TypeAdapter[T], path: Path_ = (), context: Any = None) -> T:
        """Validate the value at `path` as `model`. Raises Mistakes, one for each thing wrong."""
        adapter = model if isinstance(model, TypeAdapter) else adapter_of(model)
        value = self.value
        for step in path:
            value = value[step]
        try:
            return adapter.validate_python(value, context=context)
        except ValidationError as error:
            raise Mistakes(self.explain(error, path, model)) from None

    def explain(self, error: ValidationError, path: Path_ = (), model: Any = None) -> list[Mistake]:
        """Turn pydantic's findings about `model` into mistakes with places."""
        found = []
        for one in error.errors(include_url=False):
            at = self._known(path, one["loc"])
            found.append(self._mistake(dict(one), at, model))
        return found

    def _known(self, path: Path_, loc: tuple[int | str, ...]) -> Path_:
        """Follow pydantic's loc, leaving out the names of union branches."""
        at = path
        for step in loc:
            if (*at, step) in self.values or (*at, step) in self.keys:
                at = (*at, step)
        return at

    def _mistake(self, one: dict[str, Any], at: Path_, model: Any) -> Mistake:
        kind, loc = one["type"], one["loc"]
        name = ".".join(str(step) for step in at) or "the file"
        if kind == "extra_forbidden":
            known = keys_at(model, loc[:-1])
            cure = nearest(str(loc[-1]), known) if known else ""
            place = self.place(at, of_key=True)
            return Mistake(f"unknown key {str(loc[-1])!r}", cure=cure, place=place)
        if kind == "missing":
            what = f"the key {str(loc[-1])!r} is missing"
            return Mistake(what + (f" in {name}" if at else ""), place=self.place(at))
        if kind == "value_error":
            return Mistake(f"{name}: {one['ctx']['error']}", place=self.place(at))
        return Mistake(f"{name}: {one['msg']}, got {_short(one['input'])}", place=self.place(at))


def check_keys(located: Located, path: Path_, known: Sequence[str]) -> list[Mistake]:
    """The unknown keys of the mapping at `path`, each with what was probably meant."""
    value = located.value
    for step in path:
        value = value[step]
    if not isinstance(value, dict):
        what = f"expected a mapping with keys, got {_short(value)}"
        return [Mistake(what, place=located.place(path))]
    return [
        Mistake(
            f"unknown key {key!r}",
            cure=nearest(str(key), known),
            place=located.place((*path, key), of_key=True),
        )
        for key in value
        if key not in known
    ]


def read_yaml(path: Path, shown: str | None = None) -> Located:
    """Read a YAML file. Raises Mistake: missing, too large, not UTF-8, not YAML, cyclic, bomb."""
    name = shown or str(path)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            cure = f"a file may have {MOST_BYTES} bytes, this one has {size}"
            raise Mistake("the file is too large", cure=cure, place=Place(name))
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Mistake(f"there is no file {name}", cure="check the path") from None
    except IsADirectoryError:
        raise Mistake(f"{name} is a folder", cure="name a file in it") from None
    except OSError as error:
        raise Mistake(f"{name} cannot be read: {error.strerror}") from None
    return parse_yaml(raw, name)


def parse_yaml(raw: bytes, name: str) -> Located:
    """Read YAML from bytes; `name` is how mistakes call it. Raises Mistake."""
    if len(raw) > MOST_BYTES:
        raise Mistake("the file is too large", place=Place(name))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        what = f"not UTF-8: byte 0x{raw[error.start]:02x}"
        cure = "save the file as UTF-8"
        raise Mistake(what, cure=cure, place=Place(name, line, column)) from None
    try:
        root = _composed(text) if len(text) <= SMALL else _compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise Mistake(f"not YAML: {what}", place=place) from None
    except RecursionError:
        raise Mistake("nested too deeply", place=Place(name)) from None
    except (YAMLError, ValueError) as error:
        place = Place(name)
        if isinstance(error, ReaderError):  # a character that YAML does not know
            before = text[: error.position].split("\n")
            place = Place(name, len(before), len(before[-1]) + 1)
        raise Mistake(f"not YAML: {str(error).splitlines()[0]}", place=place) from None
    if root is None:
        raise Mistake("the file is empty", place=Place(name))
    if _expanded(root, {}) > MOST_VALUES:
        cure = f"at most {MOST_VALUES} values, aliases expanded"
        raise Mistake("the file expands to too many values", cure=cure, place=Place(name))
    builder = _Builder(name)
    value = builder.build(root, (), frozenset())
    return Located(name, value, builder.values, builder.keys)


def _compose(text: str) -> Node | None:
    root: Node | None = YAML(typ="safe", pure=True).compose(text)
    return root


_composed = lru_cache(maxsize=16)(_compose)  # nobody changes a node


def _expanded(node: Node, known: dict[int, int]) -> int:
    """How many values a node stands for, aliases expanded: counted without expanding them."""
    if isinstance(node, ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = 1  # what contains itself is refused when it is built
        inside = node.value
        if isinstance(node, MappingNode):
            inside = [value for _, value in node.value]
        known[id(node)] = 1 + sum(_expanded(one, known) for one in inside)
    return known[id(node)]


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path_, Place] = {}
        self.keys: dict[Path_, Place] = {}
        self._constructor = YAML(typ="safe", pure=True).constructor

    def _place(self, node: Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def build(self, node: Node, path: Path_, above: frozenset[int]) -> Any:
        place = self._place(node)
        if id(node) in above:
            cure = "an alias may not contain itself"
            raise Mistake("a cyclic anchor", cure=cure, place=place)
        if len(path) > DEEPEST:
            raise Mistake(f"nested deeper than {DEEPEST} levels", place=place)
        self.values[path] = place
        if isinstance(node, ScalarNode):
            return self._scalar(node, place)
        inside = above | {id(node)}
        if isinstance(node, SequenceNode):
            return [self.build(one, (*path, i), inside) for i, one in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return self._mapping(node, path, inside)

    def _mapping(self, node: MappingNode, path: Path_, inside: frozenset[int]) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, ScalarNode):
                raise Mistake("a key must be a plain word", place=place)
            if str(key_node.tag).endswith(":merge"):
                cure = "write the keys out, or alias a whole value"
                raise Mistake("merge keys (<<) are not YAML 1.2", cure=cure, place=place)
            key = key_node.value
            if key in out:
                first = self.keys[(*path, key)]
                cure = f"it is already on line {first.line}"
                raise Mistake(f"the key {key!r} stands twice", cure=cure, place=place)
            self.keys[(*path, key)] = place
            out[key] = self.build(value_node, (*path, key), inside)
        return out

    def _scalar(self, node: ScalarNode, place: Place) -> Any:
        if str(node.tag).endswith(":timestamp"):
            return node.value  # moments are read by whoever knows the plant's zone
        try:
            return self._constructor.construct_object(node)
        except (YAMLError, ValueError, LookupError, ArithmeticError):
            raise Mistake(f"cannot read {_short(node.value)} as {node.tag}", place=place) from None


def _short(value: object, most: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def collect(mistakes: list[Mistake], work: Callable[[], T]) -> T | None:
    """Run `work`; put a Mistake it raises into `mistakes` and return None."""
    try:
        return work()
    except Mistakes as many:
        mistakes.extend(many.mistakes)
    except Mistake as one:
        mistakes.append(one)
    return None


def inside(root: Path, name: str, place: Place | None = None, *, folder: bool = False) -> Path:
    """Resolve `name` under `root`: a file, or a folder where that is asked for.

    Raises Mistake where it is missing or leaves the folder.
    """
    target = (root / name).resolve()
    if not target.is_relative_to(root.resolve()):
        cure = f"files must lie under {root.name}/"
        raise Mistake(f"{name!r} leaves the folder {root.name}/", cure=cure, place=place)
    if not (target.is_dir() if folder else target.is_file()):
        siblings = [p.name for p in target.parent.iterdir()] if target.parent.is_dir() else []
        what = "folder" if folder else "file"
        cure = nearest(target.name, siblings)
        raise Mistake(f"there is no {what} {name!r} in {root.name}/", cure=cure, place=place)
    return target
