"""A small Sparkplug host: reads what edge nodes say, and names each rule that they break."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.contracts.sparkplug.payload import Metric, read


@dataclass
class EdgeNode:
    """What a host knows of one edge node."""

    alive: bool = False
    bd_seq: int | None = None
    seq: int = 0  # of the last message
    devices: set[str] = field(default_factory=set)
    unborn: set[str] = field(default_factory=set)  # heard of without a birth; "" is the node
    names: dict[int, str] = field(default_factory=dict)  # by alias
    last: tuple[str, bytes] = ("", b"")


class Host:
    """Hears every message of a group, in the order in which the broker passed them on."""

    def __init__(self) -> None:
        self.nodes: dict[str, EdgeNode] = {}
        self.breaches: list[str] = []
        self.kinds: list[str] = []
        self.values: dict[str, Any] = {}  # node/device/metric: what it shows now
        self.history: list[tuple[str, Metric]] = []  # what was said late

    def hear(self, topic: str, body: bytes, *, retain: bool = False) -> None:
        """Take in one message."""
        _, _, kind, name, *rest = topic.split("/")
        device = rest[0] if rest else ""
        if not body:
            return  # somebody removes a retained message
        if retain:
            self.breaches.append("retained-ghost")
            return
        self.kinds.append(f"{kind} {device}".rstrip())
        node = self.nodes.setdefault(name, EdgeNode())
        payload = read(body)
        metrics = {one.name: one for one in payload.metrics}
        if kind == "NDEATH":
            self._dies(node, payload, metrics)
            return
        if kind == "NBIRTH":
            self._is_born(node, payload, metrics)
        else:
            if (topic, body) == node.last:
                self.breaches.append("duplicate")
                return
            self._follows(node, payload)
            if kind == "DBIRTH":
                if not node.alive:
                    node.unborn.add("")
                self._appears(node, device)
            elif not node.alive or (device and device not in node.devices):
                node.unborn.add(device if node.alive else "")
        node.last = (topic, body)
        self._shows(name, device, node, payload.metrics)

    def end(self) -> list[str]:
        """Every breach: what was never born is known only now."""
        found = list(self.breaches)
        found += ["missing-birth" for node in self.nodes.values() for _ in node.unborn]
        return found

    def _is_born(self, node: EdgeNode, payload: Any, metrics: dict[str, Metric]) -> None:
        if payload.seq != 0:
            self.breaches.append("birth-seq")
        control = metrics.get("Node Control/Rebirth")
        if control is None or control.value is not False or control.type != "Boolean":
            self.breaches.append("no-rebirth-control")
        number = metrics["bdSeq"]
        if number.type != "Int64" or not 0 <= number.value <= 255:
            self.breaches.append("bdseq-value")
        if node.bd_seq is not None:
            expected = node.bd_seq if node.alive else (node.bd_seq + 1) % 256
            if number.value != expected:
                self.breaches.append("stale-bdseq")
        if "" in node.unborn:
            self.breaches.append("data-before-birth")
        node.alive, node.bd_seq, node.seq = True, number.value, 0
        node.devices.clear()
        node.unborn.discard("")
        node.names.clear()

    def _appears(self, node: EdgeNode, device: str) -> None:
        if device in node.unborn:
            self.breaches.append("data-before-birth")
            node.unborn.discard(device)
        node.devices.add(device)

    def _dies(self, node: EdgeNode, payload: Any, metrics: dict[str, Metric]) -> None:
        if payload.seq is not None:
            self.breaches.append("death-seq")
        if node.bd_seq is not None and metrics["bdSeq"].value != node.bd_seq:
            self.breaches.append("stale-bdseq")
        node.bd_seq = metrics["bdSeq"].value
        node.alive = False
        node.devices.clear()

    def _follows(self, node: EdgeNode, payload: Any) -> None:
        if node.alive and payload.seq != (node.seq + 1) % 256:
            self.breaches.append("sequence-gap")
        node.seq = payload.seq

    def _shows(self, name: str, device: str, node: EdgeNode, metrics: list[Metric]) -> None:
        for one in metrics:
            known = one.name or node.names.get(one.alias or 0, "")
            if one.alias is not None and node.names.setdefault(one.alias, known) != known:
                self.breaches.append("alias-twice")
            place = "/".join(part for part in (name, device, known) if part)
            if one.historical:
                self.history.append((place, one))
            else:
                self.values[place] = one.value
