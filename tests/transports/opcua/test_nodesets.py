"""Companion specifications: the OPC Foundation's files are read in, in whatever order they lie."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua

from simulator.core.errors import Mistake
from simulator.transports.opcua import nodesets
from tests.transports.opcua.hall import Hall

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "opcua"

foundation = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the OPC Foundation's NodeSet2 files are not on this machine"
)
SET = """<?xml version="1.0" encoding="utf-8"?>
<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
  <NamespaceUris><Uri>{uri}</Uri></NamespaceUris>
  <Models><Model ModelUri="{uri}">{needs}</Model></Models>
  <Aliases><Alias Alias="HasSubtype">i=45</Alias></Aliases>
  <UAObjectType NodeId="ns=1;i=1001" BrowseName="1:{name}">
    <DisplayName>{name}</DisplayName>
    <References>
      <Reference ReferenceType="HasSubtype" IsForward="false">i=58</Reference>
    </References>
  </UAObjectType>
</UANodeSet>
"""


def nodeset(folder: Path, name: str, *needs: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    required = "".join(f'<RequiredModel ModelUri="urn:set:{one}"/>' for one in needs)
    path = folder / f"{name}.NodeSet2.xml"
    path.write_text(SET.format(uri=f"urn:set:{name}", name=name, needs=required))
    return path


def test_they_are_read_in_the_order_in_which_they_need_each_other(tmp_path: Path) -> None:
    nodeset(tmp_path, "A", "B", "C")
    nodeset(tmp_path, "B", "C")
    nodeset(tmp_path, "C")
    found = nodesets.found("plc.opcua", ["."], tmp_path)
    assert [one.path.name[0] for one in found] == ["C", "B", "A"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda at: nodeset(at, "A", "B"), "needs the model urn:set:B"),
        (lambda at: (nodeset(at, "A", "B"), nodeset(at, "B", "A")), "in a circle"),
        (lambda at: (at / "X.NodeSet2.xml").write_text("<a/>"), "is no NodeSet2"),
        (lambda at: (at / "X.NodeSet2.xml").write_text("<a"), "cannot be read"),
        (lambda at: None, r"has no \*\.NodeSet2\.xml"),
        (shutil.rmtree, "there is no sets"),
    ],
)
def test_what_is_wrong_with_them_is_said(tmp_path: Path, make: Any, said: str) -> None:
    folder = tmp_path / "sets"
    folder.mkdir()
    make(folder)
    with pytest.raises(Mistake, match=said):
        nodesets.found("plc.opcua", ["sets"], tmp_path)


def test_a_missing_one_of_the_foundation_comes_with_its_address(tmp_path: Path) -> None:
    path = nodeset(tmp_path, "A")
    di = '<RequiredModel ModelUri="http://opcfoundation.org/UA/DI/"/>'
    path.write_text(SET.format(uri="urn:set:A", name="A", needs=di))
    with pytest.raises(Mistake) as missing:
        nodesets.found("plc.opcua", [str(path)], None)
    assert "https://github.com/OPCFoundation/UA-Nodeset/tree/latest/DI" in missing.value.cure


async def test_a_small_one_works(build: Any, tmp_path: Path) -> None:
    path = nodeset(tmp_path, "Own")
    hall = await build(endpoint={"nodesets": [str(path)]})
    async with hall.client() as client:
        index = await client.get_namespace_index("urn:set:Own")
        kind = client.get_node(ua.NodeId(1001, index))
        assert (await kind.read_browse_name()).Name == "Own"
        assert (await kind.get_parent()).nodeid == ua.NodeId(ua.ObjectIds.BaseObjectType)


@foundation
async def test_those_of_the_foundation_work_and_give_machines_packmls_types(build: Any) -> None:
    hall: Hall = await build(
        endpoint={"nodesets": [str(SAMPLES)], "layout": "packml", "missing_models": "stand-in"}
    )
    async with hall.client() as client:
        found = await client.get_namespace_array()
        for uri in ("DI", "IA", "Machinery", "Machinery/ProcessValues", "PackML",
                    "ISA95-JOBCONTROL_V2"):  # fmt: skip
            assert f"http://opcfoundation.org/UA/{uri}/" in found
        machine = hall.node(client, "TURN-1")
        kind = client.get_node(await machine.read_type_definition())
        assert (await kind.read_browse_name()).Name == "PackMLBaseObjectType"
        status = hall.node(client, "TURN-1/Status")
        kind = client.get_node(await status.read_type_definition())
        assert (await kind.read_browse_name()).Name == "PackMLStatusObjectType"
        state = hall.node(client, "TURN-1/Status/StateCurrent")
        assert isinstance(await state.read_value(), int)
        packml = found.index("http://opcfoundation.org/UA/PackML/")
        speed = hall.node(client, "TURN-1/Status/CurMachSpeed")
        assert (await speed.read_browse_name()).NamespaceIndex == packml
        machinery = found.index("http://opcfoundation.org/UA/Machinery/")
        machines = client.get_node(ua.NodeId(1001, machinery))
        assert machine.nodeid in [one.nodeid for one in await machines.get_children()]
        types = await client.load_data_type_definitions()
        assert types
        job = found.index("http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/")
        assert any(one.nodeid.NamespaceIndex == job
                   for one in await client.nodes.base_object_type.get_children())  # fmt: skip


async def test_packmls_shape_needs_no_file(build: Any) -> None:
    hall = await build(endpoint={"layout": "packml"})
    async with hall.client() as client:
        kind = await hall.node(client, "TURN-1").read_type_definition()
        assert kind == ua.NodeId(ua.ObjectIds.FolderType)
