"""asyncua's client at the other end: browse, read, write, call, and what is refused."""

from typing import Any

import pytest
from asyncua import Client, ua

from simulator.core.errors import Mistake
from tests.transports.opcua.hall import Hall


async def names(node: Any) -> list[str]:
    return [(await one.read_browse_name()).Name for one in await node.get_children()]


async def test_what_a_plc_introduces_is_there_to_browse(hall: Hall) -> None:
    async with hall.client() as client:
        assert await client.get_namespace_array() == [
            "http://opcfoundation.org/UA/", "urn:stagefloor:hall:plc:opcua",
            "urn:stagefloor:hall:plc",
        ]  # fmt: skip
        assert "CELL" in await names(client.nodes.objects)
        assert await names(hall.node(client, "Coolant")) == ["Temperature", "Setpoint", "Name"]
        temperature = hall.node(client, "Coolant/Temperature")
        assert await temperature.read_type_definition() == ua.NodeId(ua.ObjectIds.AnalogItemType)
        assert await names(temperature) == ["EURange", "EngineeringUnits"]
        unit = await (await temperature.get_child("0:EngineeringUnits")).read_value()
        assert (unit.UnitId, unit.DisplayName.Text) == (4408652, "CEL")
        path = ["0:Objects", "2:CELL", "2:TURN-1", "2:Status", "2:StateCurrentName"]
        state = await client.nodes.root.get_child(path)
        assert await state.read_value() == "Resetting"
        assert await (await state.get_parent()).get_path(as_string=True) == [
            "0:Root", "0:Objects", "2:CELL", "2:TURN-1", "2:Status"
        ]  # fmt: skip


async def test_values_have_their_types_their_quality_and_the_plants_time(hall: Hall) -> None:
    hall.do("force", tag="Coolant/Temperature", value=55.5, status="UncertainSensorNotAccurate")
    hall.do("force", tag="Door", value=True, status="BadSensorFailure")
    await hall.settled()
    async with hall.client() as client:
        node = hall.node(client, "Coolant/Temperature")
        shown = await node.read_data_value(raise_on_bad_status=False)
        assert shown.Value == ua.Variant(55.5, ua.VariantType.Double)
        assert shown.StatusCode.name == "UncertainSensorNotAccurate"
        assert ua.datetime_to_win_epoch(shown.SourceTimestamp) == (
            hall.stage.now * 10 + 116_444_736_000_000_000
        )
        door = await hall.node(client, "Door").read_data_value(raise_on_bad_status=False)
        assert (door.StatusCode.name, door.Value.Value) == ("BadSensorFailure", None)
        assert await hall.node(client, "Vector").read_value() == [1.0, 2.0, 3.0]
        assert await client.get_node("ns=2;i=1023").read_value() == 7
        part = await hall.node(client, "Vector").read_attribute(ua.AttributeIds.Value, "1:2")
        assert part.Value.Value == [2.0, 3.0]


REFUSED = [
    ("Coolant/Setpoint", ua.Variant("hot", ua.VariantType.String), "BadTypeMismatch"),
    ("Coolant/Setpoint", ua.Variant(1, ua.VariantType.Int32), "BadTypeMismatch"),
    ("Coolant/Setpoint", ua.Variant([1.0], ua.VariantType.Double), "BadTypeMismatch"),
    ("Coolant/Setpoint", ua.Variant(None), "BadTypeMismatch"),
    ("Coolant/Temperature", ua.Variant(1.0, ua.VariantType.Double), "BadNotWritable"),
    ("TURN-1/Command/UnitMode", ua.Variant(77, ua.VariantType.Int32), "BadInvalidArgument"),
    ("Nowhere", ua.Variant(1.0, ua.VariantType.Double), "BadNodeIdUnknown"),
    ("Coolant", ua.Variant(1.0, ua.VariantType.Double), "BadAttributeIdInvalid"),
]


async def test_a_write_that_cannot_be_is_refused_by_its_status(hall: Hall) -> None:
    async with hall.client() as client:
        for path, value, status in REFUSED:
            with pytest.raises(ua.UaStatusCodeError) as refused:
                await hall.node(client, path).write_value(ua.DataValue(value))
            assert ua.StatusCode(refused.value.code).name == status, path


async def test_a_write_is_an_operation_of_the_system(hall: Hall) -> None:
    async with hall.client() as client:
        setpoint = hall.node(client, "Coolant/Setpoint")
        await setpoint.write_value(33.25)
        await hall.settled()
        assert await setpoint.read_value() == 33.25
    [entry] = hall.entries(direction="in", operation="write")
    assert (entry["outcome"], entry["status"], entry["body"]) == ("answered", 200, "33.25")
    assert entry["keys"]["tag"] == ["Coolant/Setpoint"]


async def call(client: Client, hall: Hall, path: str, *given: Any) -> Any:
    owner, _, name = path.rpartition("/")
    return await hall.node(client, owner).call_method(f"2:{name}", *given)


async def test_a_call_is_an_operation_and_its_refusal_a_status(hall: Hall) -> None:
    async with hall.client() as client:
        await call(client, hall, "TURN-1/Command/Stop")
        with pytest.raises(ua.uaerrors.BadInvalidState):
            await call(client, hall, "TURN-1/Command/Hold")
        with pytest.raises(ua.uaerrors.BadArgumentsMissing):
            await call(client, hall, "TURN-1/Command/SetUnitMode")
        with pytest.raises(ua.uaerrors.BadTooManyArguments):
            await call(client, hall, "TURN-1/Command/Stop", 1)
        with pytest.raises(ua.uaerrors.BadInvalidArgument):
            await call(client, hall, "TURN-1/Command/SetUnitMode", "three")
        method = ua.NodeId("CELL/TURN-2/Command/Stop", 2)
        with pytest.raises(ua.uaerrors.BadMethodInvalid):
            await hall.node(client, "TURN-1/Command").call_method(method)
        item = ua.Variant("GEAR", ua.VariantType.String)
        order = ua.Variant("PO-7", ua.VariantType.String)
        quantity = ua.Variant(5.0, ua.VariantType.Double)
        state = await call(
            client, hall, "TURN-1/JobOrderControl/StoreAndStart", order, item, quantity
        )
    assert state in ("AllowedToStart", "Running")
    assert [one["status"] for one in hall.entries(direction="in", operation="command")] == [
        200,
        409,
    ]


async def test_the_server_says_what_it_is(hall: Hall) -> None:
    async with hall.client() as client:
        status = await client.nodes.server.get_child("0:ServerStatus")
        shown = await status.read_value()
        assert shown.State == ua.ServerState.Running
        assert shown.BuildInfo.ProductName == "Stagefloor"
        assert await client.get_node(ua.ObjectIds.Server_ServiceLevel).read_value() == 255
        [read] = await client.read_values(
            [client.get_node(
                ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead
            )]
        )  # fmt: skip
        assert read == 10_000


async def test_a_stopped_transport_has_let_go_of_its_port(hall: Hall) -> None:
    url = hall.url
    await hall.close()
    with pytest.raises(OSError):  # noqa: PT011 - refused, by whatever name
        await Client(url, timeout=2).connect()


async def test_with_a_journal_on_disk_a_write_is_answered_once_it_is_there(build: Any) -> None:
    hall = await build(data=True)
    assert hall.stage.gate.durable
    async with hall.client() as client:
        setpoint = hall.node(client, "Coolant/Setpoint")
        for value in (1.0, 2.0, 3.0):
            await setpoint.write_value(value)
        await hall.settled()
        assert await setpoint.read_value() == 3.0
    written = hall.entries(direction="in", operation="write")
    assert [one["outcome"] for one in written] == ["answered"] * 3


async def test_a_full_journal_refuses_what_acts_and_goes_on_showing(hall: Hall) -> None:
    async with hall.client() as client:
        setpoint = hall.node(client, "Coolant/Setpoint")
        hall.stage.journal.limit = len(hall.stage.journal)
        with pytest.raises(ua.uaerrors.BadOutOfMemory):
            await setpoint.write_value(1.0)
        assert await setpoint.read_value() == 21.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"anonymous": False}, "nobody could log in"),
        ({"anonymous": False, "user_certificates": True, "policies": ["None"]}, "nobody"),
        ({"nodesets": ["no/such/folder"]}, "there is no no/such/folder"),
        ({"certificate": "no/such.pem"}, "cannot be read"),
        ({"limits": {"reads": 0}}, "greater than or equal to 1"),
        ({"policies": ["Basic128"]}, "Input should be"),
    ],
)
async def test_settings_that_cannot_work_are_a_mistake(
    build: Any, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(Mistake, match=said):
        await build(endpoint=given)
