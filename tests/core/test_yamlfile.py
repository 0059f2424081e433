"""YAML with places: what is read is what stands there, and anything else is a Mistake."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field

from simulator.core.errors import Mistake, Mistakes, Place
from simulator.core.ports import Strict
from simulator.core.yamlfile import check_keys, collect, inside, parse_yaml, read_yaml

TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"])
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), TEXT)
TREES = st.recursive(
    PLAIN, lambda one: st.lists(one, max_size=4) | st.dictionaries(TEXT, one, max_size=4)
)


def dump(value) -> bytes:
    """As JSON, which is YAML 1.2 too, and which nobody here wrote."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


@settings(deadline=None)
@given(st.dictionaries(TEXT, TREES, min_size=1, max_size=4))
def test_what_was_written_is_read_and_every_value_has_a_place(tree):
    raw = dump(tree)
    located = parse_yaml(raw, "x.yaml")
    assert located.value == tree
    lines = raw.decode().splitlines()
    for path, place in located.values.items():
        value = located.value
        for step in path:
            value = value[step]
        assert 1 <= place.line <= len(lines)
        if type(value) is int:
            assert lines[place.line - 1][place.column - 1 :].startswith(str(value))


@settings(deadline=None, max_examples=100)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(str.encode),
        st.text("ab:-[]{}!&*#|>%@?, \n\t'\"0159.~_<=", max_size=40).map(str.encode),
    )
)
@example(b"a: !!bool maybe")
@example(b"a: !!int ''")
@example(b"a: !!int x")
@example(b"a: !!float x")
@example(b"a: !!binary x")
@example(b"a: !!timestamp x")
@example(b"a: !!python/object:os.system x")
@example(b"%YAML 1.1\n---\na: yes")
@example(b"a: " + b"9" * 5000)
@example(b"- &a [*a]")
@example(b"? [a]\n: b")
@example(b"<<: {a: 1}")
@example(b"a: 1\n---\nb: 2")
@example(b"a: 0x\n")
@example(b"a: 1_000_\n")
@example(b"a: 2026-02-31")
@example(b"!!set {a, b}")
@example(b"\x00")
@example(b"a: \xff")
@example(b"\xef\xbb\xbfa: 1")
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_are_a_value_or_a_mistake_with_a_place(raw):
    try:
        located = parse_yaml(raw, "x.yaml")
    except Mistake as mistake:
        place = mistake.place
    else:
        place = located.place(())
    assert place is not None
    assert place.file == "x.yaml"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: 1\nb: 2\na: 3", "x.yaml:3:1: the key 'a' stands twice (it is already on line 1)"),
        (b"a: [1", "x.yaml:1:6: not YAML"),
        (b"a: \xff", "x.yaml:1:4: not UTF-8: byte 0xff (save the file as UTF-8)"),
        (b"a: 1\nb: \x01", "x.yaml:2:4: not YAML: unacceptable character"),
        (b"", "the file is empty"),
        (b"a: &x\n  b: *x", "a cyclic anchor"),
        (b"a: &x {b: 1}\nc:\n  <<: *x", "x.yaml:3:3: merge keys"),
        (b"[a]: 1", "x.yaml:1:1: a key must be a plain word"),
    ],
    ids=["twice", "open", "bytes", "character", "empty", "cycle", "merge", "key"],
)
def test_mistakes_have_their_place(raw, message):
    with pytest.raises(Mistake) as caught:
        parse_yaml(raw, "x.yaml")
    assert message in str(caught.value)


def test_on_and_yes_are_words_and_times_of_day_are_text():
    value = parse_yaml(b"on: yes\nat: 06:00\nday: 2026-03-02", "x.yaml").value
    assert value == {"on": "yes", "at": "06:00", "day": "2026-03-02"}


def test_a_bomb_is_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Mistake, match="too many values"):
        parse_yaml("\n".join(lines).encode(), "x.yaml")
    with pytest.raises(Mistake, match=r"nested|deep"):
        parse_yaml(b"[" * 1000 + b"]" * 1000, "x.yaml")
    with pytest.raises(Mistake, match=r"nested deeper"):
        parse_yaml(b"[" * 80 + b"]" * 80, "x.yaml")


class Inner(Strict):
    number: int = Field(gt=0)


class Outer(Strict):
    name: str
    inner: list[Inner]


def test_validation_names_every_mistake_and_its_place():
    raw = b"nam: x\ninner:\n  - {number: 1}\n  - {number: -1, more: 2}\n"
    with pytest.raises(Mistakes) as caught:
        parse_yaml(raw, "x.yaml").validate(Outer)
    said = {str(one) for one in caught.value.mistakes}
    assert any(one.startswith("x.yaml:1:1: unknown key 'nam'") for one in said)
    assert any(one.startswith("x.yaml:4:18: unknown key 'more'") for one in said)
    assert any(one.startswith("x.yaml:4:14: inner.1.number:") for one in said)
    assert any("the key 'name' is missing" in one for one in said)


def test_a_part_is_validated_at_its_place():
    located = parse_yaml(b"a:\n  - {number: 1}\n  - {number: x}\n", "x.yaml")
    assert located.validate(Inner, ("a", 0)).number == 1
    with pytest.raises(Mistakes) as caught:
        located.validate(Inner, ("a", 1))
    assert caught.value.mistakes[0].place == Place("x.yaml", 3, 14)


def test_check_keys():
    located = parse_yaml(b"a: {speeed: 1, pause: 2}\nb: 3", "x.yaml")
    (found,) = check_keys(located, ("a",), ["speed", "pause"])
    assert str(found) == "x.yaml:1:5: unknown key 'speeed' (did you mean 'speed'?)"
    (found,) = check_keys(located, ("b",), ["speed"])
    assert "expected a mapping" in found.what


def test_the_place_of_what_is_not_there_is_its_parents():
    located = parse_yaml(b"a:\n  b: 1", "x.yaml")
    assert located.place(("a", "b", "c")) == Place("x.yaml", 2, 6)
    assert located.place(("a", "b"), of_key=True) == Place("x.yaml", 2, 3)


def test_files(tmp_path):
    with pytest.raises(Mistake, match="there is no file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(Mistake, match="is a folder"):
        read_yaml(tmp_path)
    (tmp_path / "big.yaml").write_bytes(b"#" * (8 * 1024 * 1024 + 1))
    with pytest.raises(Mistake, match="too large"):
        read_yaml(tmp_path / "big.yaml")
    (tmp_path / "some.yaml").write_text("a: 1")
    assert read_yaml(tmp_path / "some.yaml", "shown").file == "shown"
    assert inside(tmp_path, "some.yaml") == (tmp_path / "some.yaml").resolve()
    with pytest.raises(Mistake, match="leaves the folder"):
        inside(tmp_path, "../x")
    with pytest.raises(Mistake, match=r"did you mean 'some\.yaml'"):
        inside(tmp_path, "sone.yaml")


def test_collect():
    mistakes: list[Mistake] = []

    def bad():
        raise Mistakes([Mistake("one"), Mistake("two")])

    assert collect(mistakes, bad) is None
    assert collect(mistakes, lambda: 5) == 5
    assert [one.what for one in mistakes] == ["one", "two"]
