"""Errors that a person can read: what is wrong, where, and the cure.

Two families. `Mistake` is a user's error in a file, a flag or a request to the control plane; the
command line prints it without a traceback and exits with 2, the control plane answers 4xx.
`Refusal` is a stand-in's business answer to an integration (not found, conflict, invalid …); a
contract turns it into the shape its peers know, RFC 9457 problem details for plain HTTP.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: 1-based line and column, as editors count them."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class StagefloorError(Exception):
    """The root of every error raised on purpose."""


class Mistake(StagefloorError):
    """A user's mistake, with its place (where there is one) and its cure (where it is known)."""

    def __init__(self, what: str, *, cure: str = "", place: Place | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure
        self.place = place
        self.path: tuple[str | int, ...] = ()  # the key that is wrong, inside what was read

    def at(self, place: Place | None) -> Mistake:
        """Return this mistake with its place filled in, unless it already has one."""
        if self.place is None:
            self.place = place
        return self

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{where}{self.what}{cure}"


class Mistakes(Mistake):
    """Several mistakes found in one pass over a file; each keeps its own place and cure."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes[0].what, cure=mistakes[0].cure, place=mistakes[0].place)
        # two settings that name one file find the same things wrong with it
        self.mistakes = tuple({(str(one), one.path): one for one in mistakes}.values())

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


class CouldNotStart(StagefloorError):
    """The stand-in cannot be started: a port in use, a folder that cannot be written (exit 3)."""


class JournalFull(StagefloorError):
    """The journal reached its bound. Nothing more is acknowledged: evidence is never evicted."""


class QueueFull(StagefloorError):
    """A link's queue reached its bound."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say what was probably meant: `did you mean 'x'?`, else the list of what is known."""
    names = sorted(set(known))
    folded = {one.lower().replace("_", "-"): one for one in names}
    close = difflib.get_close_matches(name.lower().replace("_", "-"), list(folded), n=1, cutoff=0.6)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    if not names:
        return "there are none"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"known: {shown}"


class UnknownName(Mistake):
    """A name that nothing answers to: an operation, endpoint, fault, item, key …"""

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, place: Place | None = None
    ) -> None:
        super().__init__(f"unknown {kind} {name!r}", cure=nearest(name, known), place=place)
        self.kind = kind
        self.name = name


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is wrong in a request: a JSON pointer (RFC 6901) and a sentence."""

    pointer: str
    detail: str


@dataclass(eq=False)
class Refusal(StagefloorError):
    """A stand-in's "no" to an operation.

    `code` is a stable, machine-readable slug (it becomes the problem type), `status` the HTTP
    status that a good API would answer with; other contracts map `code` to their own answers.
    """

    detail: str
    code: str = "invalid"
    status: int = 422
    violations: list[Violation] = field(default_factory=list)
    retry_after: float | None = None  # wall seconds

    def __post_init__(self) -> None:
        super().__init__(self.detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def not_found(kind: str, name: str) -> Refusal:
    """The answer when a resource does not exist (404)."""
    return Refusal(f"there is no {kind} {name!r}", code="not-found", status=404)


def conflict(detail: str, code: str = "conflict") -> Refusal:
    """The answer when the state of a resource forbids what was asked (409)."""
    return Refusal(detail, code=code, status=409)


def stale(detail: str) -> Refusal:
    """The answer when If-Match names another version than the current one (412)."""
    return Refusal(detail, code="precondition-failed", status=412)


def invalid(detail: str, *violations: Violation) -> Refusal:
    """The answer to input that is well-formed but wrong (422)."""
    return Refusal(detail, violations=list(violations))
