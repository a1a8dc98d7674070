"""What the other rooms count comes in; a text file for Prometheus goes out, written anew every few seconds.

The format is that of https://prometheus.io/docs/instrumenting/exposition_formats; it is usually read by the node
exporter's textfile collector. Nothing is counted here.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from labsbot import __version__
from labsbot.edge import files
from labsbot.model import DeliveryState, JournalCounts, JournalFailure

log = logging.getLogger("labsbot.service.metrics")

EVERY = 15.0
"""Seconds between two writings: as often as Prometheus usually looks."""
FOR_ALL = 0o644
"""The exporter is another user, and what it tells is for everybody who may ask it."""

Backlog = Mapping[DeliveryState, tuple[int, datetime]]
"""What is not on the wiki: how many deliveries, and when the oldest was accepted."""


class NetworkFigures(Protocol):
    def counts(self) -> Mapping[str, object]:
        """What happened on each network since the start; a dataclass of figures."""

    def presences(self) -> Mapping[tuple[str, str], bool]:
        """Whether we are in each channel, by network and channel."""


class GapFigures(Protocol):
    @property
    def gaps(self) -> Mapping[tuple[str, str], int]:
        """How often what was said in a channel was missed, by network and channel."""


class ClockFigures(Protocol):
    @property
    def believed(self) -> bool:
        """Other clocks are, and ours is not."""

    def offsets(self) -> Mapping[str, float]:
        """Seconds by which each outside clock is ahead of ours."""


Ages = Mapping[str, Mapping[str, timedelta | None]]
"""By the kind and the name of each source: how old the answer is that serves; None: there was none ever."""


class JournalFigures(Protocol):
    @property
    def counts(self) -> JournalCounts: ...
    async def backlog(self) -> Backlog: ...


class WikiFigures(Protocol):
    @property
    def failures(self) -> Mapping[str, int]:
        """How often the wiki failed us since the start, by its own code."""


class Metrics:
    def __init__(
        self,
        path: Path,
        networks: NetworkFigures,
        catch_up: GapFigures,
        clocks: ClockFigures,
        ages: Callable[[], Ages],
        journal: JournalFigures,
        wiki: WikiFigures,
        answered: Mapping[str, int],
        started: datetime,
    ) -> None:
        """`path` is the file to write; `answered`: how many lines that made no entry, by the kind of the answer."""
        self._path = path
        self._networks = networks
        self._catch_up = catch_up
        self._clocks = clocks
        self._ages = ages
        self._journal = journal
        self._wiki = wiki
        self._answered = answered
        self._started = started
        self._failing = False

    async def run(self) -> None:
        """Write every fifteen seconds, until cancelled. A file that cannot be written ends nothing."""
        while True:
            await self.write()
            await asyncio.sleep(EVERY)

    async def write(self) -> None:
        """Write once. The file is whole at any time."""
        try:
            backlog = await self._journal.backlog()
            families = [
                *self._of_us(),
                *self._of_irc(),
                *self._of_clocks(),
                *self._of_entries(),
                *self._of_sources(),
                *_of_journal(backlog),
            ]
            text = exposed(families)
            await asyncio.to_thread(files.replace, self._path, text, permissions=FOR_ALL, durable=False)
        except (OSError, JournalFailure) as failure:
            if not self._failing:
                log.warning("%s cannot be written: %s", self._path, failure)
            self._failing = True
        else:
            self._failing = False

    def _of_us(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "labsbot_build", "What runs.", {"version": __version__, "python": platform.python_version()}
        )
        yield GaugeMetricFamily("labsbot_start_time_seconds", "When it was started.", self._started.timestamp())

    def _of_entries(self) -> Iterator[Metric]:
        counts = self._journal.counts
        yield CounterMetricFamily("labsbot_accepted", "Entries accepted since the start.", counts.accepted)
        yield CounterMetricFamily("labsbot_delivered", "Deliveries that came to their page.", counts.delivered)
        yield CounterMetricFamily("labsbot_parked", "How often a delivery was parked.", counts.parked)
        if counts.last_delivered is not None:
            at = counts.last_delivered.timestamp()
            yield GaugeMetricFamily("labsbot_last_delivery_timestamp_seconds", "When something last did.", at)
        answered = CounterMetricFamily("labsbot_answered", "Lines answered that made no entry.", labels=("kind",))
        for kind, number in self._answered.items():
            answered.add_metric((kind,), number)
        yield answered
        failures = CounterMetricFamily(
            "labsbot_wiki_errors", "How often the wiki failed, by its code.", labels=("code",)
        )
        for code, number in self._wiki.failures.items():
            failures.add_metric((code,), number)
        yield failures

    def _of_irc(self) -> Iterator[Metric]:
        happened = CounterMetricFamily("labsbot_irc", "What happened on a network since the start.", labels=_IRC)
        for network, counts in self._networks.counts().items():
            for what, number in asdict(counts).items():  # type: ignore[call-overload]
                happened.add_metric((network, what), number)
        yield happened
        present = GaugeMetricFamily("labsbot_channel_present", "1: we are in the channel.", labels=_PLACE)
        for place, is_present in self._networks.presences().items():
            present.add_metric(place, is_present)
        yield present
        gaps = CounterMetricFamily(
            "labsbot_gaps", "How often what was said in a channel while we were away was missed.", labels=_PLACE
        )
        for place in self._networks.presences():
            gaps.add_metric(place, self._catch_up.gaps.get(place, 0))
        yield gaps

    def _of_clocks(self) -> Iterator[Metric]:
        offsets = GaugeMetricFamily(
            "labsbot_clock_offset_seconds", "How far a clock is ahead of this machine's.", labels=("clock",)
        )
        for clock, offset in self._clocks.offsets().items():
            offsets.add_metric((clock,), offset)
        yield offsets
        yield GaugeMetricFamily(
            "labsbot_clock_overruled",
            "1: entries get the time of these clocks, not this machine's.",
            self._clocks.believed,
        )

    def _of_sources(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "labsbot_source_age_seconds",
            "How old the answer of a source is; +Inf: there was none ever.",
            labels=_SOURCE,
        )
        for kind, sources in self._ages().items():
            for source, age in sources.items():
                family.add_metric((kind, source), float("inf") if age is None else age.total_seconds())
        yield family


_IRC = ("network", "what")
_PLACE = ("network", "channel")
_SOURCE = ("kind", "source")


def _of_journal(backlog: Backlog) -> Iterator[Metric]:
    number = GaugeMetricFamily("labsbot_deliveries", "What is accepted and not on the wiki.", labels=("state",))
    oldest = GaugeMetricFamily(
        "labsbot_oldest_delivery_timestamp_seconds", "When the oldest of them was accepted.", labels=("state",)
    )
    for state in (DeliveryState.PENDING, DeliveryState.PARKED):
        count, since = backlog.get(state, (0, None))
        number.add_metric((state.value,), count)
        if since is not None:
            oldest.add_metric((state.value,), since.timestamp())
    yield number
    yield oldest


class _Gathered(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def exposed(families: Iterable[Metric]) -> bytes:
    """These families as text."""
    registry = CollectorRegistry()
    registry.register(_Gathered(list(families)))
    return generate_latest(registry)
