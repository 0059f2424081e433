"""The journal: query, wait until, follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from simulator.control import models
from simulator.control.access import StageHere, reply
from simulator.control.problems import Missing
from simulator.control.query import MOST, read_query
from simulator.control.reading import read, shown, wait
from simulator.core.durations import as_json
from simulator.core.errors import Mistake
from simulator.core.journal import Entry
from simulator.core.match import Match
from simulator.stage.stage import Stage

router = APIRouter(prefix="/control", tags=["journal"])

LONGEST_WAIT = 600.0
HEARTBEAT = 15.0
MOST_UNREAD = 10_000  # completions that a follower may be behind
FILTERS = {
    "parameters": [
        {
            "name": "filters",
            "in": "query",
            "description": (
                "any field of an entry: `system=wms`, `status=4xx`, `sscc=…`, `body.quantity=5`; "
                "twice is any of them; `field.not`, `.matches`, `.contains`, `.gt`, `.gte`, "
                "`.lt`, `.lte`, `.exists` are operators"
            ),
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        }
    ]
}


def _match(request: Request, *own: str) -> Match:
    """The filters of a query: whatever is not one of the route's own parameters."""
    return read_query((k, v) for k, v in request.query_params.multi_items() if k not in own)


@router.get(
    "/plants/{plant}/journal",
    response_model=models.Entries,
    summary="Query the journal",
    openapi_extra=FILTERS,
)
async def query_journal(
    request: Request,
    stage: StageHere,
    after: Annotated[int, Query(ge=0, description="entries numbered above this")] = 0,
    before: Annotated[int | None, Query(ge=1, description="entries numbered below this")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    sort: Literal["oldest", "newest"] = "oldest",
) -> Response:
    match = _match(request, "after", "before", "limit", "sort")
    stage.catch_up()
    newest = sort == "newest"
    found = await read(
        stage.journal, match, after=after, before=before, limit=limit + 1, newest_first=newest
    )
    more = len(found) > limit
    page = found[:limit]
    return reply(
        {
            "entries": [shown(entry) for entry in page],
            "next": page[-1]["seq"] if more else None,
            "size": len(stage.journal),
        }
    )


@router.get(
    "/plants/{plant}/journal/wait",
    response_model=models.Waited,
    summary="Wait until so many entries match, or the timeout",
    openapi_extra=FILTERS,
)
async def wait_for_entries(
    request: Request,
    stage: StageHere,
    count: Annotated[int, Query(ge=1, le=MOST)] = 1,
    timeout: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="wall seconds")] = 10.0,
    after: Annotated[int, Query(ge=0, description="entries numbered above this")] = 0,
) -> Response:
    match = _match(request, "count", "timeout", "after")
    stage.catch_up()
    found = await wait(stage.journal, match, count=count, after=after, timeout=timeout)
    entries = [shown(entry) for entry in found]
    return reply({"complete": len(entries) >= count, "entries": entries})


@router.get(
    "/plants/{plant}/journal/stream",
    summary="Follow the journal (server-sent events `entry` and `completed`)",
    openapi_extra=FILTERS,
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_journal(
    request: Request,
    stage: StageHere,
    after: Annotated[
        int | None, Query(ge=0, description="also those numbered above this; new ones only, else")
    ] = None,
) -> Response:
    match = _match(request, "after")
    last = request.headers.get("last-event-id", "")
    if last and not last.isdigit():
        raise Mistake(f"Last-Event-ID is not a number: {last!r}", cure="send it as it came")
    if last:
        after = int(last)
    begin = len(stage.journal) if after is None else after
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _events(stage, match, begin), headers=headers, media_type="text/event-stream"
    )


async def _events(stage: Stage, match: Match, cursor: int) -> AsyncIterator[bytes]:
    """Entries above `cursor` as they are added, and again as they are completed.

    Nothing is queued for a slow follower but the numbers of completed entries, and these to a
    bound: beyond it the stream says `behind` and ends, and the follower comes back with
    Last-Event-ID.
    """
    changed = asyncio.Event()
    completed: dict[int, None] = {}

    def heard(entry: Entry, done: bool) -> None:
        if done and len(completed) <= MOST_UNREAD:
            completed[entry["seq"]] = None
        changed.set()

    end = stage.journal.listen(heard)
    try:
        yield b": following\n\n"
        while True:
            changed.clear()
            late = [seq for seq in completed if seq <= cursor]
            behind = len(completed) > MOST_UNREAD
            completed.clear()
            for seq in late:
                entry = stage.journal.get(seq)
                if match.hits(entry):
                    yield _event("completed", entry)
            if behind:
                yield b"event: behind\ndata: {}\n\n"
                return
            size = len(stage.journal)
            while cursor < size:
                stop = min(cursor + MOST, size)
                for entry in await read(stage.journal, match, after=cursor, before=stop + 1):
                    yield _event("entry", entry)
                cursor = stop
            try:
                await asyncio.wait_for(changed.wait(), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        end()


def _event(name: str, entry: Entry) -> bytes:
    data = orjson.dumps(shown(entry), default=as_json)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry["seq"], name.encode(), data)


@router.get("/plants/{plant}/journal/{seq}", summary="One entry", response_model=dict[str, object])
async def get_entry(seq: int, stage: StageHere) -> Response:
    try:
        return reply(shown(stage.journal.get(seq)))
    except KeyError:
        raise Missing("entry", str(seq), ()) from None
