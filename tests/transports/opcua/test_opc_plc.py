"""OPC-PLC's nodes file and scripted alarms, as its authors wrote them, on a server."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asyncua import ua

from tests.transports.opcua.hall import Heard

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "opcua"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="OPC-PLC's files are not on this machine"
)


async def test_its_nodes_are_there_by_their_ids(build: Any) -> None:
    file = SAMPLES / "opc-plc-nodesfile.json"
    hall = await build(plc={"import": [file.name], "tags": {}}, files=(file,))
    async with hall.client() as client:
        for name, kind in (
            (1023, "Int32"), ("1025", "Float"), (9999, "Int32"),
            (UUID("c6522393-5ca1-4547-9551-29d110ca4a3f"), "Int32"), ("aRMS", "Int32"),
        ):  # fmt: skip
            node = client.get_node(ua.NodeId(name, 2))
            assert (await node.read_display_name()).Text
            assert (await node.read_data_type_as_variant_type()).name == kind
            await node.read_value()
        written = client.get_node(ua.NodeId("1025", 2))
        await written.write_value(2.5, ua.VariantType.Float)
        await hall.settled()
        assert await written.read_value() == 2.5


async def test_its_alarms_come_by_the_script(build: Any) -> None:
    file = SAMPLES / "opc-plc-dalm001.json"
    hall = await build(plc={"alarm_script": file.name}, files=(file,))
    async with hall.client() as client:
        heard = Heard()
        subscription = await client.create_subscription(20, heard)
        kind = client.get_node(ua.NodeId(ua.ObjectIds.AlarmConditionType))
        await subscription.subscribe_alarms_and_conditions(evtypes=kind)
        await hall.step("2m")
        await heard.until(lambda: len(heard.events) >= 3)
    assert "VendingMachine1_DoorOpen" in {one.ConditionName for one in heard.events}
    assert any(getattr(one, "ActiveState/Id") for one in heard.events)
