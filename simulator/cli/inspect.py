"""`stagefloor inspect`: what is in a file, what is wrong with it, and how to answer it."""

from __future__ import annotations

import inspect as signatures
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer

from simulator.cli.errors import say
from simulator.core.durations import as_json
from simulator.core.errors import Mistake
from simulator.core.inspection import Answered, Flaw, Inspection, Node
from simulator.core.ports import Contract
from simulator.core.registry import registry

if TYPE_CHECKING:
    from rich.tree import Tree

log = logging.getLogger("stagefloor")
STDIN = "-"
LONGEST_LINE = 100_000  # characters
MOST_BYTES = 256 * 1024 * 1024  # of one file: what an interchange can be, and a machine can hold


class Found(IntEnum):
    """What a file turned out to be: the command's exit code is the worst of them."""

    WHOLE = 0
    FAULTY = 1
    UNREADABLE = 2


@dataclass(frozen=True, slots=True)
class Inspecting:
    """What the command was asked."""

    files: list[str]
    as_json: bool = False
    answers: bool = False  # with their raw text
    partner: str | None = None
    payloads: Path | None = None


@dataclass(slots=True)
class Looked:
    """One file, and what was seen in it; `error` where it could not be read at all."""

    file: str
    inspection: Inspection | None = None
    error: str = ""
    cure: str = ""
    size: int = 0
    known: list[str] = field(default_factory=list)

    @property
    def found(self) -> Found:
        """Whole, faulty or unreadable."""
        if self.inspection is None or not self.inspection.readable:
            return Found.UNREADABLE
        return Found.WHOLE if self.inspection.whole else Found.FAULTY


def inspect_files(asked: Inspecting) -> int:
    """Look at each file, and print what is in it. The worst of `Found`.

    Raises Mistake for a partner's profile that is not there.
    """
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    worst = Found.WHOLE
    for name in asked.files:
        looked = look(name, asked)
        worst = max(worst, looked.found)
        if asked.as_json:
            sys.stdout.buffer.write(_line(looked))
            sys.stdout.flush()
        elif looked.inspection is None:
            say("error", f"{clean(looked.file)}: {looked.error}", looked.cure)
        else:
            _show(looked, looked.inspection, asked)
    return int(worst)


def look(name: str, asked: Inspecting) -> Looked:
    """One file. Raises Mistake only for what was asked wrongly."""
    looked = Looked("(stdin)" if name == STDIN else name)
    try:
        body = _read(name)
    except OSError as error:
        looked.error = (error.strerror or str(error)).lower()
        return looked
    looked.size = len(body)
    if len(body) > MOST_BYTES:
        looked.error = f"it is longer than {MOST_BYTES >> 20} MiB"
        return looked
    if not body.strip():
        looked.error = "it is empty"
        return looked
    contract = _contract(body, looked)
    if contract is None:
        looked.error = "no contract recognises it"
        looked.cure = "inspected can be: " + ", ".join(looked.known)
        return looked
    payloads = asked.payloads or _payloads_near(name)
    more = {} if asked.partner is None else _partner(asked.partner, contract, payloads)
    try:
        looked.inspection = contract.inspect(body, payloads, **more)
    except Mistake:
        raise  # the partner's profile is another standard's, or its guides are wrong
    except Exception as error:
        log.debug("the contract %s failed on %s", contract.kind, name, exc_info=True)
        looked.error = f"the contract {contract.kind} failed on it: {type(error).__name__}"
        looked.cure = "that is a defect of the contract"
    return looked


def _read(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _contract(body: bytes, looked: Looked) -> type[Contract] | None:
    contracts = registry("contracts", Contract)
    for kind in contracts.kinds():
        try:
            contract: type[Contract] = contracts.get(kind)
        except Mistake:
            continue  # its libraries are not installed
        if "inspect" in vars(contract):
            looked.known.append(kind)
        if contract.recognises(body):
            return contract
    return None


def _payloads_near(name: str) -> Path | None:
    """The `payloads` nearest above the file, or above where we are."""
    here = Path.cwd()
    file = here if name == STDIN else Path(name).resolve()
    for folder in (*file.parents, here, *here.parents):
        if (folder / "payloads").is_dir():
            return folder / "payloads"
    return None


def _partner(partner: str, contract: type[Contract], payloads: Path | None) -> dict[str, Any]:
    """The extra argument of `inspect`. Raises Mistake where it cannot be had."""
    if payloads is None:
        raise Mistake("--partner needs the folder of its profile", cure="name it with --payloads")
    if "partner" not in signatures.signature(contract.inspect).parameters:
        raise Mistake(f"the contract {contract.kind!r} knows no partners' profiles")
    from simulator.plant.trading import load_partner

    load_partner(partner, payloads)  # says what is wrong with it, before anything is read by it
    return {"partner": partner}


# --- for machines ---------------------------------------------------------------------------------


def _line(looked: Looked) -> bytes:
    """One JSON object on one line."""
    told: dict[str, Any] = {"file": looked.file, "found": looked.found.name.lower()}
    if looked.inspection is None:
        told["error"] = looked.error
    else:
        one = looked.inspection
        told |= {
            "kind": one.kind, "summary": one.summary, "flaws": one.flaws, "answers": one.answers,
            "documents": one.documents, "tree": one.tree,
        }  # fmt: skip
    try:
        return orjson.dumps(told, default=as_json) + b"\n"
    except TypeError:  # text that is no Unicode: bytes of an unknown character set
        plain = json.dumps(told, default=_plain, ensure_ascii=True)
        return plain.encode() + b"\n"


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return as_json(value)


# --- for people -----------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Text of a file without what a terminal would obey."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _show(looked: Looked, one: Inspection, asked: Inspecting) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    # a file or a pipe has no width: nothing is cut or wrapped there
    console = Console(highlight=False, width=None if sys.stdout.isatty() else LONGEST_LINE)
    colour = {Found.WHOLE: "green", Found.FAULTY: "yellow", Found.UNREADABLE: "red"}[looked.found]
    head = Text.assemble((clean(looked.file), "bold"), "  ", (looked.found.name.lower(), colour))
    root = Tree(head, guide_style="dim")
    root.add(Text(f"{one.kind}: {clean(one.summary)}"))
    for node in one.tree:
        _grow(root, node)
    if one.flaws:
        branch = root.add(Text(_count(one.flaws), style="bold"))
        for flaw in one.flaws:
            branch.add(Text(_flaw(flaw), style="dim" if flaw.tolerated else colour))
    if one.answers:
        branch = root.add(Text("a right counterparty answers", style="bold"))
        for answer in one.answers:
            leaf = branch.add(Text(_answer(answer)))
            for line in _wire(answer) if asked.answers else ():
                leaf.add(Text(line, style="cyan"))
    elif looked.found is not Found.UNREADABLE:
        root.add(Text("nothing is to be answered", style="dim"))
    console.print(root)


def _grow(tree: Tree, node: Node) -> None:
    from rich.text import Text

    parts = [clean(node.label), clean(node.value)]
    branch = tree.add(Text("  ".join(part for part in parts if part)))
    for child in node.children:
        _grow(branch, child)


def _count(flaws: list[Flaw]) -> str:
    bad = sum(not one.tolerated for one in flaws)
    read_past = len(flaws) - bad
    parts = [f"{bad} flaw" + ("s" if bad != 1 else "")] if bad else []
    parts += [f"{read_past} read past"] if read_past else []
    return ", ".join(parts)


def _flaw(one: Flaw) -> str:
    place = [clean(one.where)] if one.where else []
    place += [f"line {one.line}"] if one.line is not None else []
    place += [f"byte {one.offset}"] if one.offset is not None else []
    where = f" ({', '.join(place)})" if place else ""
    mark = "read past: " if one.tolerated else ""
    return f"{mark}{one.name}: {clean(one.what)}{where}"


def _answer(one: Answered) -> str:
    codes = f" {' '.join(one.codes)}" if one.codes else ""
    return clean(f"{one.wire} {one.verdict}{codes}  ({one.document})")


def _wire(one: Answered) -> Iterator[str]:
    """The raw text, line by line; where it has no lines, a segment a line."""
    raw = one.raw
    if "\n" not in raw.strip():
        for end in ("~", "'"):
            if raw.rstrip().endswith(end):
                raw = raw.replace(end, f"{end}\n").replace(f"?{end}\n", f"?{end}")
                break
    for line in raw.splitlines():
        if line.strip():
            yield clean(line)


def command(asked: Inspecting) -> None:
    """Do it, and leave with its exit code."""
    raise typer.Exit(inspect_files(asked))
