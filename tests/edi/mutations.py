"""Ways in which an interchange can be spoiled, and what may not come of it.

A mutation is bytes to bytes. `codes` are what a right counterparty may say to it; without any, it
is only held to what every interchange is: refused by name, or whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from simulator.plant.trading import Standard
from simulator.plant.trading.rightness import RIGHT


@dataclass(frozen=True)
class Mutation:
    """How bytes are spoiled; `finding` is what that is, where there is but one name for it."""

    name: str
    apply: Callable[[bytes], bytes]
    finding: str = ""

    def __repr__(self) -> str:
        return self.name


SERVICE = {  # control segments: (header, trailer) of set, group and interchange; the terminator
    "x12": {"set": (b"ST", b"SE"), "group": (b"GS", b"GE"), "interchange": (b"ISA", b"IEA")},
    "edifact": {"set": (b"UNH", b"UNT"), "interchange": (b"UNB", b"UNZ")},
}
MARKS = {"x12": (b"*", b"~"), "edifact": (b"+", b"'")}


def _element(
    standard: Standard, tag: bytes, element: int, change: Callable[[bytes], bytes]
) -> Callable[[bytes], bytes]:
    """Change one element of a control segment."""
    mark, end = MARKS[standard]

    def apply(raw: bytes) -> bytes:
        def altered(found: re.Match[bytes]) -> bytes:
            parts = found[0][:-1].split(mark)
            parts[element] = change(parts[element])
            return mark.join(parts) + end

        pattern = rb"\b" + tag + re.escape(mark) + rb"[^" + end + rb"]*" + end
        return re.sub(pattern, altered, raw, count=1)

    return apply


def _without(standard: Standard, tag: bytes) -> Callable[[bytes], bytes]:
    mark, end = MARKS[standard]
    pattern = rb"\b" + tag + re.escape(mark) + rb"[^" + end + rb"]*" + end
    return lambda raw: re.sub(pattern, b"", raw, count=1)


def known(standard: Standard) -> list[Mutation]:
    """Those of which everybody says the same."""
    found = []
    counts = {"set": "segment-count-wrong", "group": "set-count-wrong",
              "interchange": "group-count-wrong"}  # fmt: skip
    for level, (_, trailer) in SERVICE[standard].items():
        more = _element(standard, trailer, 1, lambda old: b"%d" % (int(old) + 1))
        other = _element(standard, trailer, 2, lambda old: b"7" * max(len(old), 4))
        found += [
            Mutation(f"{level} miscounted", more, counts[level]),
            Mutation(f"{level} under another number", other, f"control-mismatch-{level}"),
            Mutation(f"{level} without its trailer", _without(standard, trailer),
                     f"missing-{level}-trailer"),
        ]  # fmt: skip
    return found


def cut(standard: Standard) -> st.SearchStrategy[Mutation]:
    """An end anywhere before the last trailer."""
    _, trailer = SERVICE[standard]["interchange"]

    def at(share: float) -> Mutation:
        def apply(raw: bytes) -> bytes:
            return raw[: int(raw.rindex(trailer) * share)]

        return Mutation(f"cut at {share:.3f}", apply, "truncated")

    return st.floats(0, 1, exclude_max=True).map(at)


def noise(standard: Standard) -> st.SearchStrategy[Mutation]:
    """Bytes that are other than they were: anything may come of it, but nothing unnamed."""
    mark, end = MARKS[standard]
    odd = st.one_of(
        st.sampled_from([mark, end, b"\0", b"\r\n", b"\n", b" ", b"?", b":", b">", b"\x1d", b"\xff",
                         b"\xef\xbb\xbf", b"ISA", b"UNB+", b"IEA*", b"UNZ+", mark * 40, end * 40]),
        st.binary(max_size=12),
        st.integers(1, 3).map(lambda n: b"x" * 40_000 * n),
    )  # fmt: skip
    share = st.floats(0, 1)

    def insert(where: float, what: bytes) -> Mutation:
        def apply(raw: bytes) -> bytes:
            at = int(len(raw) * where)
            return raw[:at] + what + raw[at:]

        return Mutation(f"{what[:12]!r} at {where:.3f}", apply)

    def replace(where: float, what: bytes) -> Mutation:
        def apply(raw: bytes) -> bytes:
            at = int(len(raw) * where)
            return raw[:at] + what + raw[at + len(what) :]

        return Mutation(f"{what[:12]!r} instead at {where:.3f}", apply)

    def take(start: float, length: int) -> Mutation:
        def apply(raw: bytes) -> bytes:
            at = int(len(raw) * start)
            return raw[:at] + raw[at + length :]

        return Mutation(f"without {length} at {start:.3f}", apply)

    def twist(start: float, length: int, to: float) -> Mutation:
        def apply(raw: bytes) -> bytes:
            at = int(len(raw) * start)
            piece, rest = raw[at : at + length], raw[:at] + raw[at + length :]
            there = int(len(rest) * to)
            return rest[:there] + piece + rest[there:]

        return Mutation(f"{length} from {start:.3f} to {to:.3f}", apply)

    return st.one_of(
        st.builds(insert, share, odd),
        st.builds(replace, share, odd),
        st.builds(take, share, st.integers(1, 60)),
        st.builds(twist, share, st.integers(1, 60), share),
    )


def garbage(standard: Standard) -> st.SearchStrategy[Mutation]:
    """What never was an interchange, or only looks like the beginning of one."""
    heads = {
        "x12": [b"", b"ISA", b"ISA*00*", b"GS*PO*", b"ST*850*0001~"],
        "edifact": [b"", b"UNA", b"UNA:+.? '", b"UNB+UNOC:3+", b"UNB+UNOC:3'", b"UNH+1+"],
    }

    def make(head: bytes, tail: bytes) -> Mutation:
        return Mutation(f"garbage {head + tail[:10]!r}", lambda raw: head + tail)

    return st.builds(make, st.sampled_from(heads[standard]), st.binary(max_size=300))


def mutations(standard: Standard) -> st.SearchStrategy[Mutation]:
    """All of them, those that are least foreseen most often."""
    return st.one_of(
        st.sampled_from(known(standard)), cut(standard), noise(standard), noise(standard),
        garbage(standard),
    )  # fmt: skip


def right_codes(finding: str, standard: Standard) -> set[str]:
    """What may be said to a finding; nothing to what is only taken note of."""
    return {one.code for one in RIGHT[finding].answers[standard]} if finding in RIGHT else set()
