"""Sparkplug payloads both ways with Eclipse Tahu's binding (.ci/install-oracles)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from simulator.contracts.sparkplug.payload import (
    ARRAYS,
    TYPES,
    Metric,
    Payload,
    historical,
    numbered,
    read,
    write,
)
from simulator.plant.tags import TagSpace
from tests.contracts.test_sparkplug import NCMD, Floor, _rendered

READER = Path(__file__).resolve().parents[2] / ".oracles" / "sparkplug" / "bin" / "python"
READ = """
import json, sys
from google.protobuf.json_format import MessageToDict
from tahutils.tahu import sparkplug_b_pb2 as tahu

print(json.dumps([
    MessageToDict(tahu.Payload.FromString(bytes.fromhex(one)), preserving_proto_field_name=True)
    for one in sys.stdin.read().split()
]))
"""
WRITE = """
import sys
from tahutils.tahu import sparkplug_b, sparkplug_b_pb2 as tahu

payload = tahu.Payload()
payload.timestamp = 5
for name, kind, value in [
    ("Recipe", sparkplug_b.MetricDataType.String, "Z9"),
    ("Signed", sparkplug_b.MetricDataType.Int8, -3),
]:
    sparkplug_b.addMetric(payload, name, None, kind, value)
print(payload.SerializeToString().hex())
"""
VALUES: dict[str, Any] = {
    "SByte": -5, "Int16": -300, "Int32": -70_000, "Int64": -(2**40), "Byte": 200,
    "UInt16": 60_000, "UInt32": 4_000_000_000, "UInt64": 2**63, "Float": 1.5, "Double": 2.25,
    "Boolean": True, "String": "Größe", "DateTime": 1_700_000_000_123_000, "Guid": "a-b",
    "ByteString": b"\x00\xff",
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "SByte": ("int_value", 2**32 - 5), "Int16": ("int_value", 2**32 - 300),
    "Int32": ("int_value", 2**32 - 70_000), "Int64": ("long_value", str(2**64 - 2**40)),
    "Byte": ("int_value", 200), "UInt16": ("int_value", 60_000),
    "UInt32": ("int_value", 4_000_000_000), "UInt64": ("long_value", str(2**63)),
    "Float": ("float_value", 1.5), "Double": ("double_value", 2.25),
    "Boolean": ("boolean_value", True), "String": ("string_value", "Größe"),
    "DateTime": ("long_value", "1700000000123"), "Guid": ("string_value", "a-b"),
    "ByteString": ("bytes_value", "AP8="),
}  # fmt: skip
"""What each value is in Tahu's JSON: negative ones as their two's complement, as Tahu has them."""


def tahu(script: str, given: str = "") -> str:
    if not READER.exists():
        pytest.skip("Tahu's binding is missing: .ci/install-oracles")
    done = subprocess.run(
        [READER, "-c", script], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def seen(*bodies: bytes) -> list[Any]:
    """The payloads as Tahu reads them."""
    found: list[Any] = json.loads(tahu(READ, " ".join(one.hex() for one in bodies)))
    return found


def test_every_type_is_read_as_it_is_meant() -> None:
    metrics = [Metric(kind, value, kind, 7) for kind, value in VALUES.items()]
    metrics.append(Metric("gone", None, "Double", quality=0))
    metrics.append(Metric("", 1, "Int32", alias=12, properties={"engUnit": "CEL"}))
    (payload,) = seen(numbered(write(Payload(1, metrics=metrics)), 200))
    assert (payload["timestamp"], payload["seq"]) == ("1", "200")
    *plain, gone, aliased = payload["metrics"]
    for metric in plain:
        field, value = FIELDS[metric["name"]]
        assert metric["datatype"] == TYPES[metric["name"]]
        assert metric[field] == value, metric
    assert gone["is_null"] is True
    assert gone["properties"] == {"keys": ["Quality"], "values": [{"type": 3, "int_value": 0}]}
    assert (aliased["alias"], "name" in aliased) == ("12", False)
    assert aliased["properties"]["values"] == [{"type": 12, "string_value": "CEL"}]


def test_arrays_and_history_are_read_as_they_are_meant() -> None:
    lists = Metric("list", [1, -2], "Int16", array=True)
    flags = Metric("flags", [True, False, True], "Boolean", array=True)
    (payload,) = seen(historical(write(Payload(1, metrics=[lists, flags]))))
    first, second = payload["metrics"]
    assert (first["datatype"], first["bytes_value"]) == (ARRAYS["Int16"][0], "AQD+/w==")
    assert (second["datatype"], second["bytes_value"]) == (ARRAYS["Boolean"][0], "AwAAAKA=")
    assert first["is_historical"] is second["is_historical"] is True


def test_a_birth_and_a_death_are_read_whole() -> None:
    floor = Floor(aliases=True)
    floor.desk.systems["plc"].introduce()
    (birth,) = floor.session.outgoing(_rendered(floor, TagSpace), stored=False, oddities={})
    born, died = seen(birth.body, floor.session.will.body)
    assert born["seq"] == "0"
    assert "seq" not in died
    metrics = {one["name"]: one for one in born["metrics"]}
    assert metrics["Node Control/Rebirth"] == {
        "name": "Node Control/Rebirth", "timestamp": metrics["Recipe"]["timestamp"],
        "datatype": TYPES["Boolean"], "boolean_value": False,
    }  # fmt: skip
    assert metrics["bdSeq"] == died["metrics"][0] | {
        "alias": "0", "timestamp": born["timestamp"]
    }  # fmt: skip
    assert metrics["Recipe"]["string_value"] == "A7"
    assert metrics["Recipe"]["alias"] != metrics["Signed"]["alias"]
    assert len(metrics) == len(born["metrics"]) == len(read(birth.body).metrics)


def test_a_command_that_tahu_writes_is_carried_out() -> None:
    floor = Floor()
    floor.introduce()
    payload = read(bytes.fromhex(tahu(WRITE).strip()))
    floor.ask(NCMD, *payload.metrics)
    floor.pass_on()
    assert (floor.host.values["CELL/Recipe"], floor.host.values["CELL/Signed"]) == ("Z9", -3)
