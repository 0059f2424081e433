"""The journal: bounded, loud, durable where it says so."""

import sqlite3

import pytest

from simulator.core.errors import CouldNotStart, JournalFull, Mistake
from simulator.core.journal import Journal, MemoryStore, SqliteStore, body_text
from simulator.core.match import Match


@pytest.fixture(params=["memory", "sqlite"])
def journal(request, tmp_path):
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "j")
    journal = Journal(store, limit=100)
    yield journal
    journal.close()


def entry(**fields):
    return {"kind": "message", "system": "wms", **fields}


def test_entries_come_back_in_order_and_completed(journal):
    first = journal.append(entry(operation="create_receipt"))
    second = journal.append(entry(operation="pick", keys={"lot": ["L1"]}))
    journal.complete(first, {"status": 201})
    assert (first, second) == (1, 2)
    assert [one["seq"] for one in journal.entries()] == [1, 2]
    assert journal.get(1)["status"] == 201
    assert [one["seq"] for one in journal.entries(Match({"lot": "L1"}))] == [2]
    assert [one["seq"] for one in journal.entries(Match({"status": "2xx"}))] == [1]


def test_a_completed_field_replaces_the_earlier_one(journal):
    seq = journal.append(entry(outcome="queued"))
    journal.complete(seq, {"outcome": "delivered"})
    assert journal.get(seq)["outcome"] == "delivered"
    assert [e["seq"] for e in journal.entries(Match({"outcome": "queued"}))] == []


def test_at_its_bound_it_refuses_and_keeps_the_evidence(journal):
    for _ in range(100):
        journal.append(entry())
    with pytest.raises(JournalFull):
        journal.append(entry())
    assert len(journal) == 100
    assert journal.refused == 1
    assert journal.get(1)["seq"] == 1


def test_pages(journal):
    for _ in range(10):
        journal.append(entry())
    assert [e["seq"] for e in journal.entries(after=3, limit=2)] == [4, 5]
    assert [e["seq"] for e in journal.entries(after=3, before=6)] == [4, 5]


async def test_wait_until_returns_when_the_entries_are_there(journal):
    import asyncio

    waiting = asyncio.ensure_future(journal.wait(Match({"status": 201}), count=2, timeout=30))
    for _ in range(2):
        seq = journal.append(entry())
        await asyncio.sleep(0)
        assert not waiting.done()
        journal.complete(seq, {"status": 201})
    assert [e["seq"] for e in await waiting] == [1, 2]


async def test_wait_until_gives_what_there_is_at_its_timeout(journal):
    journal.append(entry(status=201))
    assert len(await journal.wait(Match({"status": 201}), count=2, timeout=0.01)) == 1


async def test_what_was_committed_survives_without_closing(tmp_path):
    journal = Journal(SqliteStore(tmp_path / "j"))
    journal.append(entry(operation="x"))
    await journal.committed()
    other = sqlite3.connect(tmp_path / "j")  # as another process after a kill would
    try:
        assert other.execute("SELECT COUNT(*) FROM entry").fetchone() == (1,)
    finally:
        other.close()
    journal.close()


def test_a_journal_goes_on_where_it_ended(tmp_path):
    journal = Journal(SqliteStore(tmp_path / "j"))
    journal.append(entry())
    journal.close()
    again = Journal(SqliteStore(tmp_path / "j"))
    assert again.append(entry()) == 2
    again.close()


def test_a_journal_that_is_no_database_is_said_plainly(tmp_path):
    (tmp_path / "j").write_bytes(b"not a database at all, but long enough to be looked at" * 30)
    with pytest.raises(CouldNotStart, match="cannot be opened"):
        SqliteStore(tmp_path / "j")


def test_listeners_hear_arrivals_and_completions(journal):
    heard = []
    end = journal.listen(lambda one, completed: heard.append((one["seq"], completed)))
    seq = journal.append(entry())
    journal.complete(seq, {"status": 200})
    end()
    journal.append(entry())
    assert heard == [(1, False), (1, True)]


def test_bodies_are_cut_and_say_so():
    assert body_text(b"") == {}
    assert body_text(b"abc") == {"body": "abc"}
    assert body_text(b"\xff\x00") == {"body_hex": "ff00"}
    assert body_text(b"x" * 10, limit=4) == {"body": "xxxx", "body_bytes": 10}


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ({"operaton": "x"}, "did you mean 'operation'"),
        ({"status": {"above": 3}}, "unknown operator"),
        ({"path": {"matches": "("}}, "regular expression"),
    ],
)
def test_a_match_that_cannot_be_meant_is_refused(wanted, what):
    with pytest.raises(Mistake, match=what.replace("(", r"\(")):
        Match(wanted)


@pytest.mark.parametrize(
    ("wanted", "hits"),
    [
        ({"status": 201}, True),
        ({"status": "2xx"}, True),
        ({"status": "5xx"}, False),
        ({"status": {"gte": 200, "lt": 300}}, True),
        ({"status": [404, 201]}, True),
        ({"sscc": "A"}, True),
        ({"sscc": "C"}, False),
        ({"sscc": {"not": "C"}}, True),
        ({"document": {"exists": False}}, True),
        ({"headers.Content-Type": "application/json"}, True),
        ({"body.lines.0.item": "GB-100"}, True),
        ({"body.lines.7.item": "GB-100"}, False),
        ({"path": {"matches": "^/rec"}}, True),
        ({"fault": "outage-1"}, True),
    ],
)
def test_matching(wanted, hits):
    one = {
        "status": 201,
        "path": "/receipts",
        "keys": {"sscc": ["A", "B"]},
        "headers": {"content-type": "application/json"},
        "body": '{"lines": [{"item": "GB-100"}]}',
        "faults": ["outage-1"],
    }
    assert Match(wanted).hits(one) is hits
    assert bool(Match(wanted).differences(one)) is not hits
