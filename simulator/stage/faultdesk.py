"""Puts faults on links and lifts them: atomically, with an end, and undone with their run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.core.durations import Instant, show_instant
from simulator.core.errors import Mistake, UnknownName
from simulator.core.link import ActiveFault, Link
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.core.timer import monotonic

if TYPE_CHECKING:
    from simulator.stage.stage import Stage

MOST_FAULTS = 1000


class FaultDesk:
    """The faults in force on one stage, by id; one fault may act on several links."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.faults: dict[str, list[ActiveFault]] = {}
        self.applied = 0

    def targets(self, fault: Fault, on: str | list[str]) -> list[Link]:
        """The links on which a fault can act. Raises Mistake where there is none, saying why."""
        stage = self._stage
        names = [on] if isinstance(on, str) else on
        links = {link.name: link for name in names for link in stage.find_links(name)}
        fitting, reasons = [], []
        for link in links.values():
            if link.direction not in fault.directions:
                reasons.append(
                    f"{link.name}: {fault.kind} acts on {' and '.join(fault.directions)}"
                )
                continue
            reason = cannot(stage, link, fault)
            if reason is None:
                fitting.append(link)
            else:
                reasons.append(f"{link.name}: {reason}")
        if not fitting:
            what = f"the fault {fault.kind!r} cannot act on {', '.join(names)}"
            raise Mistake(what, cure="; ".join(reasons))
        return fitting

    def apply(
        self,
        fault: Fault,
        on: str | list[str],
        *,
        until: Instant | None = None,
        run: str | None = None,
        id: str | None = None,
    ) -> dict[str, Any]:
        """Put a fault on every link it can act on, or on none. Raises Mistake."""
        stage = self._stage
        links = self.targets(fault, on)
        if id in self.faults:
            raise Mistake(f"a fault {id!r} is already in force", cure="clear it first")
        if len(self.faults) >= MOST_FAULTS:
            raise Mistake(f"{MOST_FAULTS} faults are in force", cure="clear some first")
        self.applied += 1
        name = id or f"{fault.kind}-{self.applied}"
        self.faults[name] = [
            ActiveFault(
                id=name,
                fault=fault,
                link=link.name,
                since=stage.now,
                until=until,
                wall_since=monotonic(),
                stream=stage.chance.stream("fault", name, link.name),
                run=run,
                order=self.applied,
            )
            for link in links
        ]
        for link, active in zip(links, self.faults[name], strict=True):
            link.faults.append(active)
        if until is not None:
            stage.agenda.put(until, "stage.clear", fault=name, order=self.applied)
        stage.record(
            "fault.applied",
            fault=name,
            fault_kind=fault.kind,
            links=[link.name for link in links],
            until=until,
            run=run,
        )
        for link in links:
            link.changed()
        self._recall(fault, links)
        return self.describe(name)

    def clear(self, which: str, on: str | None = None) -> list[str]:
        """Lift a fault by id, all of a kind, or `all`. Raises UnknownName where nothing matches."""
        names = {link.name for link in self._stage.find_links(on)} if on else None
        ids = [
            name
            for name, parts in self.faults.items()
            if which in ("all", name, parts[0].fault.kind)
            and (names is None or any(part.link in names for part in parts))
        ]
        if not ids and which != "all":
            kinds = registry("faults", Fault).kinds()
            if which.replace("_", "-") not in kinds:
                raise UnknownName("fault", which, [*self.faults, *kinds, "all"])
        for name in ids:
            self._lift(name, names)
        return ids

    def expire(self, name: str, order: int) -> None:
        """Lift a fault whose time is over, unless it was lifted (and its name used) since."""
        parts = self.faults.get(name)
        if parts and parts[0].order == order:
            self._lift(name, None)

    def undo(self, run: str) -> None:
        """Lift every fault of a run."""
        for name in [n for n, parts in self.faults.items() if parts[0].run == run]:
            self._lift(name, None)

    def _lift(self, name: str, only: set[str] | None) -> None:
        stage = self._stage
        parts = self.faults[name]
        lifted = [part for part in parts if only is None or part.link in only]
        left = [part for part in parts if part not in lifted]
        if left:
            self.faults[name] = left
        else:
            del self.faults[name]
        for part in lifted:
            link = stage.links[part.link]
            link.faults.remove(part)
        stage.record(
            "fault.cleared",
            fault=name,
            fault_kind=parts[0].fault.kind,
            links=[part.link for part in lifted],
            touched=sum(part.touched for part in lifted),
            run=parts[0].run,
        )
        links = [stage.links[part.link] for part in lifted]
        for link in links:
            link.changed()
        self._recall(parts[0].fault, links)

    def _recall(self, fault: Fault, links: list[Link]) -> None:
        """Let the systems say how things stand, where a fault alters what is shown."""
        if fault.lasting:
            for kind in dict.fromkeys(link.endpoint.partition(".")[0] for link in links):
                self._stage.systems[kind].recall()

    def describe(self, name: str) -> dict[str, Any]:
        """One fault as people see it. Raises UnknownName."""
        if name not in self.faults:
            raise UnknownName("fault", name, self.faults)
        parts = self.faults[name]
        first = parts[0]
        return {
            "id": name,
            "kind": first.fault.kind,
            "links": [part.link for part in parts],
            "since": show_instant(first.since),
            "until": None if first.until is None else show_instant(first.until),
            "run": first.run,
            "seen": sum(part.seen for part in parts),
            "touched": sum(part.touched for part in parts),
            "parameters": first.fault.model_dump(mode="json", by_alias=True, exclude_unset=True),
        }

    def save(self) -> list[dict[str, Any]]:
        """The faults in force as JSON-able data."""
        return [
            {
                "id": part.id,
                "kind": part.fault.kind,
                "parameters": part.fault.model_dump(mode="json", by_alias=True, exclude_unset=True),
                "link": part.link,
                "since": part.since,
                "until": part.until,
                "run": part.run,
                "order": part.order,
                "seen": part.seen,
                "touched": part.touched,
                "memory": part.memory,
            }
            for parts in self.faults.values()
            for part in parts
        ]

    def restore(self, saved: list[dict[str, Any]], applied: int) -> None:
        """The inverse of `save`; wall time starts anew."""
        self.applied = applied
        for link in self._stage.links.values():
            link.faults.clear()
        self.faults.clear()
        for one in saved:
            given = dict(one)
            model = registry("faults", Fault).get(given.pop("kind"))
            fault = model.model_validate(given.pop("parameters"))
            stream = self._stage.chance.stream("fault", given["id"], given["link"])
            active = ActiveFault(fault=fault, stream=stream, wall_since=monotonic(), **given)
            self.faults.setdefault(active.id, []).append(active)
            self._stage.links[active.link].faults.append(active)


def cannot(stage: Stage, link: Link, fault: Fault) -> str | None:
    """Why a fault cannot act on a link; None where it can."""
    endpoint = stage.endpoints[link.endpoint]
    transport = stage.transports[endpoint.transport_kind]
    lacking = fault.needs - transport.can.get(link.direction, frozenset())
    if lacking:
        return f"{endpoint.transport_kind} cannot {', '.join(sorted(lacking))}"
    unwritten = fault.writes - endpoint.contract.oddities
    if unwritten:
        contract = endpoint.contract.kind
        return f"the contract {contract} cannot write {', '.join(sorted(unwritten))}"
    return None if endpoint.missing else transport.cannot(link.endpoint, link.direction, fault)
