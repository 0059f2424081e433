"""The examples in the docs work as they stand there."""

import asyncio
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from simulator.core.chance import Chance
from simulator.core.link import ActiveFault
from simulator.core.message import Message, Reply, Request

DOCS = Path(__file__).parents[2] / "docs"


def example(page: str, name: str) -> Any:
    text = (DOCS / page).read_text()
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    module = types.ModuleType(name)
    sys.modules[name] = module  # pydantic looks annotations up there
    exec(compile(code[1], page, "exec"), module.__dict__)
    return module


async def test_the_fault_in_the_docs(side: Any) -> None:
    module = example("adding-a-fault.md", "docs_stutter")
    link = side.link("wms.http", "in")
    given = module.Stutter.model_json_schema()["examples"][0]
    fault = module.Stutter.model_validate(given)
    stream = Chance(1, "gearbox").stream("fault")
    link.faults.append(ActiveFault("one", fault, link.name, 0, None, 0.0, stream))
    message = Message("wms.http", "in", Request("POST", "/"))
    treatments = [link.treat(message, {}, 0, 0.0) for _ in range(300)]
    assert [round(one.delay, 3) for one in treatments[:3]] == [0.01, 0.02, 0.03]
    assert treatments[-1].delay == 2


async def test_the_transport_in_the_docs(side: Any, dial: Any) -> None:
    module = example("adding-a-transport.md", "docs_line")
    transport = module.LineTransport(side)
    link = side.link("wms.lines", "in")
    settings = module.Settings()
    transport.attach("wms.lines", settings, side.contract, {"in": link})
    side.contract.decode = lambda request: None
    side.contract.encode = lambda call, result: _reply(result)
    await transport.start()
    wire = await dial(transport.urls()["wms.lines"])
    wire.send(b"hello\n")
    assert await asyncio.wait_for(wire.reader.readline(), 5) == b"hello\n"
    side.apply(link, "outage", mode="close")
    wire.send(b"hello\n")
    assert await wire.rest() == b""
    assert side.outcomes() == ["performed", "closed"]
    await transport.stop()


def _reply(body: bytes) -> Reply:
    return Reply(200, {}, body)


@pytest.fixture(autouse=True)
def _forget() -> Any:
    yield
    for name in ("docs_stutter", "docs_line"):
        sys.modules.pop(name, None)
