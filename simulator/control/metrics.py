"""What Prometheus scrapes: the plants as they are at that moment, and the control plane's requests.

Each application has a registry of its own, so that two in one process (as in tests) never mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from simulator.control.tokens import EVERYTHING, Pass

if TYPE_CHECKING:
    from simulator.stage.site import Site
    from simulator.stage.stage import Stage

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one application."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._own = CollectorRegistry()
        self._requests = Counter(
            "stagefloor_control_requests",
            "Requests to the control plane",
            ["method", "route", "status"],
            registry=self._own,
        )
        self._seconds = Histogram(
            "stagefloor_control_request_seconds",
            "How long the control plane took (waits and streams included)",
            registry=self._own,
        )

    def answered(self, scope: Any, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        route = getattr(scope.get("route"), "path", "none")
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.observe(seconds)

    def text(self, who: Pass = EVERYTHING) -> bytes:
        """All that the caller may see, in Prometheus' text format."""
        plants = CollectorRegistry()
        plants.register(Plants([s for n, s in self._site.stages.items() if who.opens(n)]))
        own = generate_latest(self._own) if who.plants is None else b""
        return own + generate_latest(plants)


class Plants(Collector):
    """The plants' own figures, read when they are asked for."""

    def __init__(self, stages: Iterable[Stage]) -> None:
        self._stages = list(stages)

    def collect(self) -> Iterator[Metric]:
        yield from self._plants()
        yield from self._links()

    def _plants(self) -> Iterator[Metric]:
        ready = _gauge("plant_ready", "Is the plant ready?")
        time = _gauge("plant_time_seconds", "Plant time, in seconds since 1970")
        speed = _gauge("plant_speed", "Plant seconds per wall second; 0 while paused")
        agenda = _gauge("agenda_events", "Events that are to come")
        faults = _gauge("faults_active", "Faults in force", "kind")
        entries = _gauge("journal_entries", "Entries in the journal")
        limit = _gauge("journal_limit", "How many entries the journal may hold")
        refused = _counter("journal_refused", "Entries refused because the journal is full")
        median = _gauge("lateness_p50_seconds", "Half of the events were at most so late")
        tail = _gauge("lateness_p99_seconds", "99 % of the events were at most so late")
        worst = _gauge("lateness_worst_seconds", "The latest event")
        for stage in self._stages:
            name = [stage.name]
            ready.add_metric(name, float(stage.ready))
            time.add_metric(name, stage.now / 1_000_000)
            speed.add_metric(name, 0.0 if stage.clock.paused else stage.clock.speed)
            agenda.add_metric(name, len(stage.agenda))
            kinds: dict[str, int] = {}
            for fault in stage.describe_faults():
                kinds[fault["kind"]] = kinds.get(fault["kind"], 0) + 1
            for kind, count in sorted(kinds.items()):
                faults.add_metric([*name, kind], count)
            entries.add_metric(name, len(stage.journal))
            limit.add_metric(name, stage.journal.limit)
            refused.add_metric(name, stage.journal.refused)
            lateness = stage.lateness
            median.add_metric(name, lateness.p50)
            tail.add_metric(name, lateness.p99)
            worst.add_metric(name, lateness.worst)
        yield from (ready, time, speed, agenda, faults, entries, limit, refused)
        yield from (median, tail, worst)

    def _links(self) -> Iterator[Metric]:
        crossed = _counter("link_messages", "Messages that crossed a link", "link")
        depth = _gauge("link_depth", "Messages that wait on a link", "link")
        oldest = _gauge("link_oldest_seconds", "Plant time the oldest has waited", "link")
        open_ = _gauge("link_open", "1 open, 0 held or draining", "link")
        for stage in self._stages:
            for name, link in stage.links.items():
                labels = [stage.name, name]
                crossed.add_metric(labels, link.crossed)
                depth.add_metric(labels, link.depth)
                since = link.oldest
                waited = 0.0 if since is None else (stage.now - since) / 1_000_000
                oldest.add_metric(labels, waited)
                open_.add_metric(labels, float(link.state == "open"))
        yield from (crossed, depth, oldest, open_)


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"stagefloor_{name}", about, labels=["plant", *labels])


def _counter(name: str, about: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"stagefloor_{name}", about, labels=["plant", *labels])
