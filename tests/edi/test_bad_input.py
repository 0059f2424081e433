"""A live plant is sent a thousand spoiled interchanges, with good ones among them.

Each spoiled one ends in a negative acknowledgement or an error that has a name, and what is
accepted is whole. The good ones are acknowledged, and counted once. Memory stays bounded, and the
control plane answers all the while.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncssh
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulator.plant.trading import Standard
from simulator.testing import RunningPlant, RunningSite
from tests.edi import integration as edi
from tests.edi.mutations import Mutation, mutations, right_codes

PARTNERS: dict[str, str] = {"x12": "BEARCO", "edifact": "DICHTRING"}
AS2 = (
    "{transport: as2, contract: %s, partner: %s, name: THEM, peer: US, require: [], encrypt: none}"
)
SFTP = "{transport: sftp, contract: %s, partner: %s, password: open, delivered: placed}"
GOOD_FROM = 770_000_001  # control numbers that no spoiled digit leads to
EXAMPLES, BATCH = 50, 10  # so many of each line
GROWTH = 150 * 1024 * 1024  # bytes that the process may grow by


def resident() -> int:
    """Bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Line:
    """One partner's line to a live plant, and what was sent over it."""

    site: RunningSite
    plant: RunningPlant
    standard: Standard
    partner: str
    good: dict[int, str] = field(default_factory=dict)  # control number -> purchase order
    controls: Iterator[int] = field(default_factory=lambda: count(1000))
    goods: Iterator[int] = field(default_factory=lambda: count(GOOD_FROM))
    began: int = field(default_factory=resident)
    seen: int = 0  # journal entries
    answers: int = 0  # that were promised

    def send(self, body: bytes) -> None:
        """Give the bytes to the partner, and wait until it has said what it has to say."""
        raise NotImplementedError

    def sound(self, control: int) -> bytes:
        """An honest order under this control number."""
        order = edi.order(self.partner, f"PO-{control}")
        return edi.interchange(self.standard, self.partner, control, order)

    def send_good(self) -> None:
        control = next(self.goods)
        self.good[control] = f"PO-{control}"
        self.send(self.sound(control))

    def entry(self) -> dict[str, Any]:
        """What the journal has of the last message that came in."""
        found = self.plant.journal(after=self.seen, direction="in", system="edi")
        self.seen = max([self.seen, *(one["seq"] for one in found)])
        assert len(found) == 1, found
        return found[0]

    def url(self) -> Any:
        return urlsplit(self.plant.url(f"edi.{self.partner.lower()}"))


class As2Line(Line):
    """Plain AS2 messages on one connection that is kept."""

    connection: http.client.HTTPConnection | None = None

    def send(self, body: bytes) -> None:
        url = self.url()
        if self.connection is None:
            self.connection = http.client.HTTPConnection(url.netloc, timeout=30)
        headers = {
            "AS2-From": "US", "AS2-To": "THEM", "Message-ID": f"<{next(self.controls)}@us>",
            "Content-Type": "application/octet-stream", "Disposition-Notification-To": "us",
        }  # fmt: skip
        self.connection.request("POST", url.path, body, headers)
        answer = self.connection.getresponse()
        receipt = answer.read()
        assert answer.status == 200
        assert b"Disposition: automatic-action/" in receipt

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()


class SftpLine(Line):
    """Files in one session."""

    loop: asyncio.Runner | None = None
    session: tuple[Any, asyncssh.SFTPClient] | None = None

    def send(self, body: bytes) -> None:
        self.loop = self.loop or asyncio.Runner()
        self.loop.run(self._put(body))

    async def _put(self, body: bytes) -> None:
        if self.session is None:
            url = self.url()
            connection = await asyncssh.connect(
                url.hostname, url.port, username=self.partner.lower(), password="open",
                known_hosts=None, config=None, client_keys=None,
            )  # fmt: skip
            self.session = connection, await connection.start_sftp_client()
        async with self.session[1].open(f"in/{next(self.controls)}.edi", "wb") as file:
            await file.write(body)

    def close(self) -> None:
        if self.loop is not None:
            if self.session is not None:
                self.session[0].abort()
                self.loop.run(self.session[0].wait_closed())
            self.loop.close()


@pytest.fixture(
    params=[("x12", As2Line, AS2), ("edifact", SftpLine, SFTP)],
    ids=["x12 over AS2", "edifact over SFTP"],
)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    standard, kind, endpoint = request.param
    partner = PARTNERS[standard]
    payloads = tmp_path / "payloads"
    edi.make(payloads, standard, partner, endpoint % (standard, partner.lower()))
    with RunningSite(payloads) as site:
        plant = site.add("border", start="2026-03-02T07:00", paused=True)
        line = kind(site, plant, standard, partner)
        yield line
        line.close()


def judge(line: Line, mutation: Mutation, sent: bytes, honest: bytes) -> None:
    """Refused by name, or whole and used."""
    entry = line.entry()
    if entry["status"] != 200:
        assert 400 <= entry["status"] < 500, entry
        assert entry["error"] not in ("", "internal"), entry
        return
    said = json.loads(entry["reply_body"])
    for one in [said, *said.get("more", [])]:
        refusing = [a for a in one["answers"] if a["verdict"] != "accepted"]
        accepting = [a for a in one["answers"] if a["verdict"] == "accepted"]
        assert refusing or accepting or not one["documents"], one
        names = {finding["name"] for finding in one["findings"]}
        right = {code for name in names for code in right_codes(name, line.standard)}
        for answer in refusing:
            assert "" in right or set(answer["codes"]) & right, one  # without a code: any
        line.answers += len(one["answers"])
    codes = {code for one in said["answers"] for code in one["codes"]}
    if mutation.finding and sent != honest:
        assert all(one["verdict"] != "accepted" for one in said["answers"]), said
        if mutation.finding != "truncated":  # it may also be the set that has no end
            assert codes & right_codes(mutation.finding, line.standard), said


@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(data=st.data())
def spoil(line: Line, data: st.DataObject) -> None:
    """A batch of spoiled interchanges, and a good one."""
    for mutation in data.draw(st.lists(mutations(line.standard), min_size=BATCH, max_size=BATCH)):
        honest = line.sound(next(line.controls))
        sent = mutation.apply(honest)
        line.send(sent)
        judge(line, mutation, sent, honest)
    line.send_good()
    entry = line.entry()
    assert entry["status"] == 200
    line.answers += len(json.loads(entry["reply_body"])["answers"])
    with urllib.request.urlopen(f"{line.site.url}/control/health", timeout=10) as health:
        assert json.loads(health.read())["status"] == "ok"
    assert line.plant.stage.failures == []
    assert resident() - line.began < GROWTH


def test_whatever_comes_is_refused_by_name_or_whole_and_the_good_ones_count_once(
    line: Line,
) -> None:
    spoil(line)
    assert len(line.good) >= EXAMPLES
    line.plant.step("10s")
    assert len(line.plant.journal(direction="out", system="edi")) == line.answers
    for control, order in line.good.items():
        told = {"partner": line.partner, "control": str(control)}
        there = line.plant.do("edi.get_interchange", way="in", **told)
        assert [(one["number"], one["used"]) for one in there["documents"]] == [(order, True)]
        (talk,) = line.plant.do("edi.list_conversations", po=order)["items"]
        assert [one["document"] for one in talk["said"]].count("purchase-order") == 1
        names = {"x12": str(control), "edifact": f"{control:09d}"}
        answers = line.plant.journal(direction="out", acknowledges=names[line.standard])
        assert [one["keys"]["answer"] for one in answers] == [["accepted"]]
