"""The language of a user's contract: how a value is made from another. Never code.

- `$.a.b[0]` is a path into the body (or the result); `$path.x`, `$query.x`, `$header.x` into the
  request, `$given.x` into the operation's input; `$base` and `$system` name the endpoint.
- `$.a | number` converts; `$.a?` may be missing, null or empty.
- A mapping with `$` keys is computed: `$from` (with `$map`, `$default`), `$text` with holes in
  braces, `$each` with `$show`, `$shape` (with `$of`), `$value`; `$when` leaves it out.
- Anything else is itself: a mapping with its values, a list, a constant. `$$` is a dollar sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.contracts.custom import types
from simulator.contracts.custom.convert import CONVERSIONS, Conversion
from simulator.contracts.custom.paths import (
    MISSING,
    Read,
    Scope,
    Value,
    Wrong,
    body_schema,
    constant_schema,
    getter,
    reader,
    writer,
    written,
)
from simulator.core.errors import Mistake, nearest
from simulator.core.yamlfile import Located

At = tuple[str | int, ...]

_PATH = re.compile(r"\$([a-z]*)((?:\.[\w$-]+|\[\d+\])*)(\?)?")
_STEP = re.compile(r"\.([\w$-]+)|\[(\d+)\]")
_HOLE = re.compile(r"\{(\$[^{}]*)\}")
SPECS = {
    "$from": ("$map", "$default"), "$text": (), "$each": ("$show",), "$shape": ("$of",),
    "$value": (),
}  # fmt: skip


@dataclass(frozen=True)
class Language:
    """What a place in the file may use: its direction, its roots with their types, the shapes."""

    located: Located
    reading: bool  # from the wire (`take`), or to it
    roots: Mapping[str, Any]
    shapes: Mapping[str, Any] = field(default_factory=dict)
    inside: tuple[str, ...] = ()  # the shapes being compiled, against circles

    def wrong(self, what: str, at: At, cure: str = "") -> Mistake:
        """A mistake with its place."""
        return Mistake(what, cure=cure, place=self.located.place(at))

    def compile(self, spec: Any, at: At) -> Value:
        """Compile what stands at `at`. Raises Mistake."""
        if isinstance(spec, str):
            return self._string(spec, at)
        if isinstance(spec, dict):
            if any(str(key).startswith("$") and not str(key).startswith("$$") for key in spec):
                return self._spec(spec, at)
            return self._object(spec, at)
        if isinstance(spec, list):
            parts = [self.compile(one, (*at, i)) for i, one in enumerate(spec)]
            makes = [one.make for one in parts]

            def many(scope: Scope) -> list[Any]:
                made = [make(scope) for make in makes]
                return [one for one in made if one is not MISSING]

            reads = tuple(read for one in parts for read in one.reads)
            return Value(many, {"type": "array"}, reads, all(one.constant for one in parts))
        return Value(lambda scope: spec, constant_schema(spec), constant=True)

    def _object(self, spec: dict[str, Any], at: At) -> Value:
        parts = {
            key.replace("$$", "$", 1) if key.startswith("$$") else key: self.compile(
                one, (*at, key)
            )
            for key, one in spec.items()
        }
        makes = [(key, one.make) for key, one in parts.items()]

        def make(scope: Scope) -> dict[str, Any]:
            out = {}
            for key, one in makes:
                value = one(scope)
                if value is not MISSING:
                    out[key] = value
            return out

        reads = tuple(read for one in parts.values() for read in one.reads)
        properties = {key: one.schema for key, one in parts.items()}
        shape = {"type": "object", "properties": properties, "additionalProperties": False}
        return Value(make, shape, reads, all(one.constant for one in parts.values()))

    def _string(self, text: str, at: At) -> Value:
        if text.startswith("$$"):
            rest = text[1:]
            return Value(lambda scope: rest, {"const": rest}, constant=True)
        if not text.startswith("$"):
            return Value(lambda scope: text, {"const": text}, constant=True)
        return self._path(text, at)

    def _path(self, text: str, at: At, default: Any = MISSING) -> Value:
        head, *pipes = [part.strip() for part in text.split("|")]
        hit = _PATH.fullmatch(head)
        if not hit:
            cure = "a path is like $.Order.Quantity, $path.id or $.lines[0]"
            raise self.wrong(f"not a path: {head!r}", at, cure)
        root, steps_text, optional = hit[1], hit[2], bool(hit[3])
        if root not in self.roots:
            names = [f"${one}" if one else "$." for one in self.roots]
            raise self.wrong(f"nothing is called ${root} here", at, nearest(f"${root}", names))
        steps = tuple(int(n) if n else name for name, n in _STEP.findall(steps_text))
        kind = self._walk(self.roots[root], steps, head, at)
        chain = [self._conversion(name, at) for name in pipes]
        schema = chain[-1 if not self.reading else 0].schema if chain else types.schema(kind)
        if chain and not self.reading:
            schema = written(chain[-1], types.bare(kind)[1] or kind is Any)
        needed = not optional and default is MISSING
        reads = (Read(root, steps, needed, schema),)
        get = getter(root, steps)
        if self.reading:
            return Value(reader(get, reads[0], chain, default), schema, reads)
        return Value(writer(get, chain, default, optional), schema, reads)

    def _walk(self, kind: Any, steps: tuple[str | int, ...], path: str, at: At) -> Any:
        for step in steps:
            if isinstance(step, int):
                kind = types.entry(kind)
                continue
            known = types.fields(kind)
            if known is None:
                return Any
            if step not in known:
                raise self.wrong(f"{path}: there is no {step!r}", at, nearest(step, known))
            kind = known[step]
        return kind

    def _conversion(self, name: str, at: At) -> Conversion:
        if name not in CONVERSIONS:
            raise self.wrong(f"unknown conversion {name!r}", at, nearest(name, CONVERSIONS))
        return CONVERSIONS[name]

    # --- mappings with $ keys --------------------------------------------------------------------

    def _spec(self, spec: dict[str, Any], at: At) -> Value:
        kinds = [key for key in spec if key in SPECS]
        if len(kinds) != 1:
            odd = next((key for key in spec if key.startswith("$")), "")
            cure = nearest(odd, SPECS) if not kinds else "name one of them: " + ", ".join(kinds)
            raise self.wrong(
                "a computed mapping needs exactly one of " + ", ".join(SPECS), at, cure
            )
        kind = kinds[0]
        known = (kind, *SPECS[kind], "$when")
        for key in spec:
            if key not in known:
                place = self.located.place((*at, key), of_key=True)
                raise Mistake(f"unknown key {key!r}", cure=nearest(key, known), place=place)
        value: Value = getattr(self, "_" + kind[1:])(spec, at)
        if "$when" not in spec:
            return value
        when = self.compile(spec["$when"], (*at, "$when")).make
        make = value.make

        def if_so(scope: Scope) -> Any:
            found = when(scope)
            return MISSING if found is MISSING or found in (None, "", False) else make(scope)

        return Value(if_so, value.schema, value.reads)

    def _from(self, spec: dict[str, Any], at: At) -> Value:
        text = spec["$from"]
        if not isinstance(text, str) or not text.startswith("$"):
            raise self.wrong("$from takes a path", (*at, "$from"), "like $.Material")
        default = spec.get("$default", MISSING)
        table = spec.get("$map")
        if table is None:
            return self._path(text, (*at, "$from"), default)
        if not isinstance(table, dict):
            raise self.wrong("$map is a mapping of what is found to what is meant", (*at, "$map"))
        if not self.reading and default is MISSING:
            cure = "add $default for everything that it does not list"
            raise self.wrong("a $map needs a $default here", (*at, "$map"), cure)
        inner = self._path(text, (*at, "$from"), default)
        read = inner.reads[0]

        def mapped(scope: Scope) -> Any:
            found = inner.make(scope)
            if found is MISSING or found is default:
                return found
            name = str(found).lower() if isinstance(found, bool) else str(found)
            if name in table:
                return table[name]
            if default is not MISSING:
                return default
            known = ", ".join(table)
            raise Wrong(scope.pointer + read.pointer, f"{name[:40]!r} is none of {known}")

        if self.reading:
            schema: dict[str, Any] = {"enum": list(table)} if default is MISSING else {}
            reads = (Read(read.root, read.steps, read.required, schema),)
            return Value(mapped, schema, reads)
        seen = list(dict.fromkeys([*table.values(), default]))
        return Value(mapped, {"enum": seen}, inner.reads)

    def _text(self, spec: dict[str, Any], at: At) -> Value:
        text = spec["$text"]
        if not isinstance(text, str):
            raise self.wrong("$text takes text", (*at, "$text"))
        parts: list[str | Callable[[Scope], Any]] = []
        reads: tuple[Read, ...] = ()
        last = 0
        for hole in _HOLE.finditer(text):
            value = self._path(hole[1], (*at, "$text"))
            parts += [text[last : hole.start()], value.make]
            reads += value.reads
            last = hole.end()
        parts.append(text[last:])

        def make(scope: Scope) -> str:
            made = [one if isinstance(one, str) else one(scope) for one in parts]
            return "".join("" if one in (None, MISSING) else str(one) for one in made)

        return Value(make, {"type": "string"}, reads)

    def _each(self, spec: dict[str, Any], at: At) -> Value:
        if "$show" not in spec:
            raise self.wrong("$each needs $show: what each entry becomes", at)
        source = self._path(str(spec["$each"]), (*at, "$each"))
        read = source.reads[0]
        kind = self._walk(self.roots[read.root], read.steps, str(spec["$each"]), at)
        if types.is_list(kind) is False:
            raise self.wrong(f"{spec['$each']} is not a list", (*at, "$each"))
        inner = self._with(kind=types.entry(kind)).compile(spec["$show"], (*at, "$show"))
        make = inner.make

        def each(scope: Scope) -> Any:
            found = source.make(scope)
            if found is MISSING or found is None:
                return found
            place = scope.pointer + read.pointer
            if not isinstance(found, list):
                raise Wrong(place, "is not a list")
            return [
                make(Scope({**scope.roots, "": one}, f"{place}/{i}")) for i, one in enumerate(found)
            ]

        wire = {"type": "array"}
        items = body_schema(inner.reads, True) if self.reading else inner.schema
        outer = Read(read.root, read.steps, read.required, {**wire, "items": items})
        others = tuple(one for one in inner.reads if one.root)
        return Value(each, {**wire, "items": items}, (outer, *others))

    def _shape(self, spec: dict[str, Any], at: At) -> Value:
        name = spec["$shape"]
        if name not in self.shapes:
            raise self.wrong(f"unknown shape {name!r}", at, nearest(str(name), self.shapes))
        if name in self.inside:
            raise self.wrong(f"the shape {name!r} contains itself", at)
        source = self._path(str(spec.get("$of", "$")), (*at, "$of"))
        read = source.reads[0]
        kind = self._walk(self.roots[read.root], read.steps, str(spec.get("$of", "$")), at)
        inner = self._with(kind, (*self.inside, name)).compile(self.shapes[name], ("shapes", name))
        make = inner.make

        def shaped(scope: Scope) -> Any:
            found = source.make(scope)
            if found is MISSING or found is None:
                return found
            return make(Scope({**scope.roots, "": found}, scope.pointer))

        return Value(shaped, inner.schema, inner.reads)

    def _value(self, spec: dict[str, Any], at: At) -> Value:
        value = spec["$value"]
        return Value(lambda scope: value, constant_schema(value), constant=True)

    def _with(self, kind: Any, inside: tuple[str, ...] | None = None) -> Language:
        roots = {**self.roots, "": kind}
        return Language(
            self.located, self.reading, roots, self.shapes,
            self.inside if inside is None else inside,
        )  # fmt: skip
