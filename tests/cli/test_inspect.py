"""`stagefloor inspect`, with a small contract of somebody else's that reads `TOY:` files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

TOY = '''
"""Toy interchanges: the word TOY, and then what is wrong with them, by name."""
from typing import ClassVar
from simulator.core.inspection import Answered, Flaw, Inspection, Node
from simulator.core.ports import Contract


class Toy(Contract):
    kind: ClassVar[str] = "toy"

    def decode(self, request): ...
    def encode(self, call, result): ...
    def refuse(self, request, refusal): ...
    def render(self, document): ...

    @classmethod
    def recognises(cls, body):
        return body.startswith(b"TOY")

    @classmethod
    def inspect(cls, body, payloads=None, partner=None):
        said = body.decode("latin-1").removeprefix("TOY").split()
        if "BUG" in said:
            raise RuntimeError("a defect")
        one = Inspection("toy", f"a toy judged by {partner or 'its envelope'} in {payloads}")
        one.tree.append(Node("control", "7\\x1b[31m", 0, 1, [Node("856", "0001"), Node("empty")]))
        one.documents.append({"document": "ship-notice", "odd": "\\udce4" if "ODD" in said else ""})
        one.readable = "NOTHING" not in said
        for name in said:
            if name.islower():
                where = "set 0001, segment 2 (LIN)"
                one.flaws.append(Flaw(name, "it is wrong", where, 12, 3, name == "folded-lines"))
        if one.flaws:
            raw = "ISA*7~AK5*R*4~" if "ONE-LINE" in said else "UCI+7+it?'s'UCM+4'"
            codes = ("AK502=4",)
            one.answers.append(
                Answered("functional-acknowledgement", "997", "rejected", codes, raw)
            )
        return one
'''


@pytest.fixture
def inspect(tmp_path: Path, environment, warm):
    """Run the command in a folder with a partner's profile, where toys can be read."""
    package = tmp_path / "toys" / "contracts"
    package.mkdir(parents=True)
    (tmp_path / "toys" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "toy.py").write_text(TOY)
    partners = tmp_path / "payloads" / "partners"
    partners.mkdir(parents=True)
    (partners / "mill.yaml").write_text(
        "partner: MILL\nstandard: x12\nversion: '004010'\n"
        "identifiers: {partner: {id: MILL}, plant: {id: PLANT}}\n"
    )

    def run(*words: str, toys: dict[str, str] | None = None, stdin: bytes = b""):
        for name, content in (toys or {}).items():
            (tmp_path / name).write_bytes(content.encode("latin-1"))
        path = f"{environment['PYTHONPATH']}{os.pathsep}{tmp_path}"
        more = {"PYTHONPATH": path, "STAGEFLOOR_PLUGINS": "toys"}
        return warm.run(("inspect", *words), tmp_path, {**environment, **more}, stdin)

    return run


def test_a_whole_file(inspect):
    code, out, err = inspect("a.toy", toys={"a.toy": "TOY"})
    assert code == 0
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "a.toy  whole"
    assert "toy: a toy judged by its envelope in " in lines[1]
    assert lines[1].endswith("/payloads")
    assert "├── control  7\\x1b[31m" in lines  # no file paints the terminal
    assert "│   ├── 856  0001" in lines
    assert lines[-1] == "└── nothing is to be answered"


def test_flaws_by_name_and_place_and_the_right_answer(inspect):
    toys = {"b.toy": "TOY folded-lines segment-count-wrong"}
    code, out, _ = inspect("b.toy", toys=toys)
    assert code == 1
    assert "b.toy  faulty" in out
    assert "1 flaw, 1 read past" in out
    where = "(set 0001, segment 2 (LIN), line 3, byte 12)"
    assert f"read past: folded-lines: it is wrong {where}" in out
    assert f"── segment-count-wrong: it is wrong {where}" in out
    assert "997 rejected AK502=4  (functional-acknowledgement)" in out
    assert "UCM+4" not in out


def test_what_is_only_read_past_is_whole(inspect):
    code, out, _ = inspect("c.toy", toys={"c.toy": "TOY folded-lines"})
    assert (code, "c.toy  whole" in out) == (0, True)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("TOY nul-bytes", ["UCI+7+it?'s'", "UCM+4'"]),
        ("TOY ONE-LINE nul-bytes", ["ISA*7~", "AK5*R*4~"]),
    ],
)
def test_answers_as_they_go_over_the_wire(inspect, content, lines):
    _, out, _ = inspect("a.toy", "--answers", toys={"a.toy": content})
    assert [line.split("── ")[-1] for line in out.splitlines()[-len(lines) :]] == lines


def test_json_lines(inspect):
    toys = {"a.toy": "TOY", "b.toy": "TOY nul-bytes", "c.toy": "TOY ODD", "d.toy": "?"}
    code, out, err = inspect("--json", *toys, "nowhere", toys=toys)
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert err == ""
    assert [one["file"] for one in told] == [*toys, "nowhere"]
    found = ["whole", "faulty", "whole", "unreadable", "unreadable"]
    assert [one["found"] for one in told] == found
    assert told[1]["flaws"][0]["name"] == "nul-bytes"
    assert told[1]["answers"][0]["codes"] == ["AK502=4"]
    assert told[1]["answers"][0]["raw"].startswith("UCI")
    assert told[2]["documents"] == [{"document": "ship-notice", "odd": "\udce4"}]
    assert told[3]["error"] == "no contract recognises it"
    assert told[4]["error"] == "no such file or directory"


def test_standard_input(inspect):
    code, out, _ = inspect("-", stdin=b"TOY nul-bytes")
    assert code == 1
    assert out.startswith("(stdin)  faulty")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nowhere.toy", None, "nowhere.toy: no such file or directory"),
        ("toys", None, "toys: is a directory"),
        ("e.toy", "", "e.toy: it is empty"),
        ("e.toy", " \r\n", "e.toy: it is empty"),
        ("e.toy", "\x00\xff\x80", "e.toy: no contract recognises it"),
        ("e.toy", "TOY BUG", "e.toy: the contract toy failed on it: RuntimeError"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_goes_on(inspect, name, content, says):
    toys = {"a.toy": "TOY"} | ({name: content} if content is not None else {})
    code, out, err = inspect(name, "a.toy", toys=toys)
    assert code == 2
    assert f"error: {says}" in err
    assert "a.toy  whole" in out


def test_an_interchange_in_which_nothing_can_be_read(inspect):
    code, out, _ = inspect("a.toy", toys={"a.toy": "TOY NOTHING truncated"})
    assert code == 2
    assert "a.toy  unreadable" in out


def test_a_partners_profile(inspect):
    toys = {"a.toy": "TOY"}
    _, out, _ = inspect("a.toy", "--partner", "mill", toys=toys)
    assert "a toy judged by mill" in out
    code, out, err = inspect("a.toy", "--partner", "mil", toys=toys)
    assert (code, out) == (2, "")
    assert "there is no partner profile payloads/partners/mil.yaml" in err
    assert "did you mean 'mill'?" in err
