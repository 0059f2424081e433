"""Pages of long lists, and the bounded feed of what a system said.

A page goes on after a cursor; a feed forgets its oldest entries beyond its bound, and says so: a
reader whose cursor fell off gets 410 `cursor-expired`, never a silent gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from pydantic import Field

from simulator.core.durations import Instant
from simulator.core.errors import Refusal
from simulator.core.fields import Id, Limit
from simulator.core.ports import Document, Strict

T = TypeVar("T")
V = TypeVar("V")

PAGE = 100
KEPT = 10_000


@dataclass(slots=True)
class Page(Generic[T]):
    """Some entries of a list; `next` is the cursor of the following page, None at the end."""

    items: list[T]
    next: str | None


class Paged(Strict):
    """The input of an operation that lists: where to go on, and how many at the most."""

    after: Id | None = Field(None, description="the cursor `next` of the page before")
    limit: Limit = Field(PAGE, description="how many entries, 1 to 500")


class FeedSettings(Strict):
    """Settings of a system that keeps a feed."""

    feed: int = Field(
        KEPT, ge=1, le=1_000_000, description="how many of the last documents its feed keeps"
    )


def expired(cursor: str) -> Refusal:
    """The answer to a cursor that leads nowhere (410)."""
    detail = f"nothing is known after the cursor {cursor!r}; read again from the start"
    return Refusal(detail, code="cursor-expired", status=410)


def page_in_order(
    entries: Sequence[T],
    asked: Paged,
    name: Callable[[T], str],
    view: Callable[[T], V],
    keep: Callable[[T], bool] | None = None,
) -> Page[V]:
    """A page of entries that stand in the order they came; the cursor is an entry's name.

    `entries` are all there are, and `keep` filters: an entry that was the last of a page may no
    longer be one of those asked for. Searched from the end, because who polls asks for the newest.
    Raises Refusal 410.
    """
    start, after = 0, asked.after
    if after is not None:
        start = next((i + 1 for i in reversed(range(len(entries))) if name(entries[i]) == after), 0)
        if not start:
            raise expired(after)
    rest = (one for one in islice(entries, start, None) if keep is None or keep(one))
    chosen = list(islice(rest, asked.limit))
    more = next(rest, None) is not None
    return Page([view(one) for one in chosen], name(chosen[-1]) if more else None)


@dataclass(slots=True)
class Said:
    """One thing that a system said: its place in the feed, when, and the document as JSON."""

    cursor: int
    at: Instant
    document: str
    json: str


@dataclass(slots=True)
class Feed:
    """The last things that a system said, in order, as plain data."""

    said: deque[Said] = field(default_factory=deque)
    last: int = 0  # the cursor of the newest; counts on when entries are forgotten

    def add(self, document: Document, at: Instant, bound: int) -> None:
        """Put a document down, forgetting the oldest beyond `bound`."""
        self.last += 1
        self.said.append(Said(self.last, at, document.document, document.text))
        while len(self.said) > bound:
            self.said.popleft()


@dataclass(slots=True)
class Entry:
    """One entry of a feed as it is read: the document is whole again."""

    cursor: str
    at: Instant
    document: Document


@dataclass(slots=True)
class FeedPage:
    """Some entries of a feed. `next` is where to go on, also when nothing new is there yet."""

    items: list[Entry]
    next: str | None
    oldest: str | None  # the cursor of the oldest entry that is kept
    kept: int  # the bound: how many entries are kept at the most


def read_feed(
    feed: Feed, says: Iterable[type[Document]], after: str | None, limit: int, bound: int
) -> FeedPage:
    """A page of a feed. Raises Refusal 410 where what follows `after` is no longer kept."""
    first = feed.last - len(feed.said) + 1
    start = 0
    if after is not None:
        if not (after.isascii() and after.isdigit()) or not first - 1 <= int(after) <= feed.last:
            raise expired(after)
        start = int(after) + 1 - first
    known = {one.document: one for one in says}
    entries = [
        Entry(str(said.cursor), said.at, known[said.document].model_validate_json(said.json))
        for said in islice(feed.said, start, start + limit)
    ]
    following = entries[-1].cursor if entries else after
    return FeedPage(entries, following, str(first) if feed.said else None, bound)
