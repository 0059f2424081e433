"""`stagefloor journal`: query a saved journal (SQLite), or that of a running plant."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from simulator.cli.show import entry_line
from simulator.control.query import MOST, read_query, split_filters
from simulator.core.errors import CouldNotStart, Mistake, UnknownName
from simulator.core.match import Match

SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Query:
    """The options of `journal`."""

    words: list[str]
    url: str | None
    token: str | None
    limit: int
    newest: bool
    as_json: bool


def query(options: Query) -> None:
    """Print the entries that match. Raises Mistake, CouldNotStart."""
    words = list(options.words)
    file: Path | None = None
    if options.url is None:
        if not words or ("=" in words[0] and not Path(words[0]).exists()):
            raise Mistake("which journal?", cure="name its file, or --url of a running plant")
        file = Path(words.pop(0))
    pairs = split_filters(words)
    match = read_query(pairs)
    if file is not None:
        found = _saved(file, match, options)
    else:
        assert options.url is not None
        found = _running(options.url, pairs, options)
    count = 0
    for entry in found:
        count += 1
        if options.as_json:
            sys.stdout.buffer.write(orjson.dumps(entry) + b"\n")
        else:
            sys.stdout.write(entry_line(entry) + "\n")
    sys.stdout.flush()
    if count == 0:
        sys.stderr.write("no entry matches\n")


def _saved(file: Path, match: Match, options: Query) -> Iterator[dict[str, Any]]:
    """The entries of a file, which is opened for reading only."""
    if not is_sqlite(file):
        cure = "name a file that --journal or --data wrote"
        raise Mistake(f"{file} is not a saved journal", cure=cure)
    order = "DESC" if options.newest else "ASC"
    try:
        db = sqlite3.connect(f"file:{file.resolve()}?mode=ro", uri=True)
        try:
            left = options.limit
            for (raw,) in db.execute(f"SELECT raw FROM entry ORDER BY seq {order}"):  # noqa: S608
                entry = orjson.loads(raw)
                if match.hits(entry):
                    yield entry
                    left -= 1
                    if left == 0:
                        return
        finally:
            db.close()
    except sqlite3.Error as error:
        raise Mistake(f"{file} is not a journal: {error}") from None


def is_sqlite(file: Path) -> bool:
    """Is it an SQLite file, by its first bytes? Raises Mistake where it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(SQLITE)) == SQLITE
    except OSError as error:
        raise Mistake(f"{file} cannot be read: {error.strerror}", cure="check the path") from None


def _running(url: str, pairs: list[tuple[str, str]], options: Query) -> Iterator[dict[str, Any]]:
    """The entries of a running plant, page by page."""
    import httpx

    headers = {"authorization": f"Bearer {options.token}"} if options.token else {}
    try:
        with httpx.Client(headers=headers, timeout=30.0, trust_env=False) as client:
            address = _journal_url(client, url)
            cursor: dict[str, str] = {}
            left = options.limit
            while left > 0:
                page = _get(
                    client,
                    address,
                    [
                        *pairs,
                        *cursor.items(),
                        ("limit", str(min(left, MOST))),
                        ("sort", "newest" if options.newest else "oldest"),
                    ],
                )
                yield from page["entries"]
                left -= len(page["entries"])
                if page["next"] is None:
                    return
                cursor = {"before" if options.newest else "after": str(page["next"])}
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CouldNotStart(f"{url} does not answer: {error}") from None


def _journal_url(client: Any, url: str) -> str:
    """The journal's address from that of a plant, or of a server with one plant."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Mistake(f"--url: not a URL: {url!r}", cure="like http://127.0.0.1:8080")
    host = f"{parts.scheme}://{parts.netloc}"
    steps = [step for step in parts.path.split("/") if step]
    if steps[:2] == ["control", "plants"] and len(steps) > 2:
        return f"{host}/control/plants/{steps[2]}/journal"
    names = [one["name"] for one in _get(client, f"{host}/control/plants", [])]
    if steps and steps[0] != "control":
        if steps[0] not in names:
            raise UnknownName("plant", steps[0], names)
        return f"{host}/control/plants/{steps[0]}/journal"
    if len(names) != 1:
        cure = "give --url as " + " or ".join(f"{host}/{name}" for name in names)
        raise Mistake(f"{host} has {len(names)} plants: which one?", cure=cure)
    return f"{host}/control/plants/{names[0]}/journal"


def _get(client: Any, url: str, parameters: list[tuple[str, str]]) -> Any:
    reply = client.get(url, params=parameters)
    try:
        answer = orjson.loads(reply.content)
    except orjson.JSONDecodeError:
        raise Mistake(f"{url} is no control plane", cure="give the address of `serve`") from None
    if reply.status_code >= 400:
        cure = answer.get("cure", "")
        raise Mistake(f"{url} answers {reply.status_code}: {answer.get('detail')}", cure=cure)
    return answer
