"""What the other rooms count comes in; figures for Prometheus go out, in a file and to whoever asks for them.

The formats are those of https://prometheus.io/docs/instrumenting/exposition_formats and https://openmetrics.io. The
file is usually read by the node exporter's textfile collector. How long something took is gathered here (`Durations`);
else nothing is counted. No label ever names a person.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from prometheus_client import Histogram
from prometheus_client import exposition as plain
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector, CollectorRegistry

from labsbot import __version__
from labsbot.desk.answer import RefusalCause
from labsbot.edge import files
from labsbot.model import DeliveryState, JournalCounts, JournalFailure
from labsbot.service.counted import Counted
from labsbot.service.heartbeat import Backlog, BacklogJournal

log = logging.getLogger("labsbot.service.metrics")

EVERY = 15.0
"""Seconds between two writings: as often as Prometheus usually looks."""
FOR_ALL = 0o644
"""The exporter is another user, and what it tells is for everybody who may ask it."""

Families = Callable[[], Awaitable[Sequence[Metric]]]
"""Gathers all figures. Raises JournalFailure."""


class NetworkFigures(Protocol):
    def online(self) -> Mapping[str, bool]:
        """Whether we are registered with each network."""

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
    @property
    def undelivered(self) -> BacklogJournal: ...


class WikiFigures(Protocol):
    @property
    def failures(self) -> Mapping[str, int]:
        """How often the wiki failed us since the start, by its own code."""


class Durations:
    """How long things took since the start; whoever does them says so, on any thread."""

    def __init__(self) -> None:
        self._to_page = Histogram(
            "labsbot_entry_to_page_seconds",
            "How long it took from the acceptance of what is delivered until it was on its page.",
            registry=None,
            buckets=(0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400),
        )
        self._wiki = Histogram(
            "labsbot_wiki_seconds",
            "How long the wiki took for each thing that it was asked.",
            ("verb",),
            registry=None,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )

    def on_page(self, waited: timedelta) -> None:
        """Something came to its page."""
        self._to_page.observe(max(waited.total_seconds(), 0.0))

    def wiki(self, verb: str, seconds: float) -> None:
        """The wiki has done a verb, or failed to."""
        self._wiki.labels(verb).observe(seconds)

    def families(self) -> Iterator[Metric]:
        yield from self._to_page.collect()
        yield from self._wiki.collect()


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is to be known of a bot that runs."""

    networks: NetworkFigures
    catch_up: GapFigures
    clocks: ClockFigures
    ages: Callable[[], Ages]
    journal: JournalFigures
    wiki: WikiFigures
    counted: Counted
    durations: Durations
    reasons: Callable[[], Sequence[str]]
    """Why the bot is not of use; empty: it is."""

    async def families(self) -> Sequence[Metric]:
        """All of them. Raises JournalFailure."""
        backlog = await self.journal.undelivered.backlog()
        return [
            *_of_process(self.counted, self.reasons()),
            *self._of_irc(),
            *self._of_clocks(),
            *self._of_entries(),
            *self.durations.families(),
            *self._of_sources(),
            *_of_journal(backlog),
        ]

    def _of_entries(self) -> Iterator[Metric]:
        counts = self.journal.counts
        yield CounterMetricFamily("labsbot_accepted", "Entries accepted since the start.", counts.accepted)
        yield CounterMetricFamily("labsbot_delivered", "Deliveries that came to their page.", counts.delivered)
        yield CounterMetricFamily("labsbot_parked", "How often a delivery was parked.", counts.parked)
        if counts.last_delivered is not None:
            at = counts.last_delivered.timestamp()
            yield GaugeMetricFamily("labsbot_last_delivery_timestamp_seconds", "When something last did.", at)
        answered = CounterMetricFamily("labsbot_answered", "Lines answered that made no entry.", labels=("kind",))
        for kind, number in self.counted.answered.items():
            answered.add_metric((kind,), number)
        yield answered
        yield from _of_refusals(self.counted)
        failures = CounterMetricFamily(
            "labsbot_wiki_errors", "How often the wiki failed, by its code.", labels=("code",)
        )
        for code, number in self.wiki.failures.items():
            failures.add_metric((code,), number)
        yield failures

    def _of_irc(self) -> Iterator[Metric]:
        happened = CounterMetricFamily("labsbot_irc", "What happened on a network since the start.", labels=_IRC)
        for network, counts in self.networks.counts().items():
            for what, number in asdict(counts).items():  # type: ignore[call-overload]
                happened.add_metric((network, what), number)
        yield happened
        online = GaugeMetricFamily("labsbot_network_online", "1: we are registered with it.", labels=("network",))
        for network, is_online in self.networks.online().items():
            online.add_metric((network,), is_online)
        yield online
        present = GaugeMetricFamily("labsbot_channel_present", "1: we are in the channel.", labels=_PLACE)
        for place, is_present in self.networks.presences().items():
            present.add_metric(place, is_present)
        yield present
        gaps = CounterMetricFamily(
            "labsbot_gaps", "How often what was said in a channel while we were away was missed.", labels=_PLACE
        )
        for place in self.networks.presences():
            gaps.add_metric(place, self.catch_up.gaps.get(place, 0))
        yield gaps

    def _of_clocks(self) -> Iterator[Metric]:
        offsets = GaugeMetricFamily(
            "labsbot_clock_offset_seconds", "How far a clock is ahead of this machine's.", labels=("clock",)
        )
        for clock, offset in self.clocks.offsets().items():
            offsets.add_metric((clock,), offset)
        yield offsets
        yield GaugeMetricFamily(
            "labsbot_clock_overruled",
            "1: entries get the time of these clocks, not this machine's.",
            self.clocks.believed,
        )

    def _of_sources(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "labsbot_source_age_seconds",
            "How old the answer of a source is; +Inf: there was none ever.",
            labels=_SOURCE,
        )
        for kind, sources in self.ages().items():
            for source, age in sources.items():
                family.add_metric((kind, source), float("inf") if age is None else age.total_seconds())
        yield family


_IRC = ("network", "what")
_PLACE = ("network", "channel")
_SOURCE = ("kind", "source")


@dataclass(frozen=True, slots=True)
class WebFigures:
    """What is to be known where only calls by HTTP are taken."""

    counted: Counted
    backlog: Callable[[], Backlog]
    """May wait for the disk. Raises JournalFailure."""
    reasons: Callable[[], Sequence[str]]
    """As of `Figures`."""

    async def families(self) -> Sequence[Metric]:
        """All of them. Raises JournalFailure."""
        backlog = await asyncio.to_thread(self.backlog)
        return [*_of_process(self.counted, self.reasons()), *_of_refusals(self.counted), *_of_journal(backlog)]


def _of_process(counted: Counted, reasons: Sequence[str]) -> Iterator[Metric]:
    """What there is to be known of any process of ours."""
    yield InfoMetricFamily("labsbot_build", "What runs.", {"version": __version__, "python": platform.python_version()})
    yield GaugeMetricFamily("labsbot_start_time_seconds", "When it was started.", counted.started.timestamp())
    yield GaugeMetricFamily("labsbot_ready", "1: the bot is of use, as /readyz says.", not reasons)
    answered = CounterMetricFamily("labsbot_web_requests", "Calls answered by HTTP, by status.", labels=("status",))
    for status, number in sorted(counted.requests.items()):
        answered.add_metric((str(status),), number)
    yield answered


def _of_refusals(counted: Counted) -> Iterator[Metric]:
    family = CounterMetricFamily("labsbot_refused", "How often something was not logged, by why.", labels=("cause",))
    for cause in RefusalCause:
        family.add_metric((cause.value,), counted.refused[cause])
    yield family


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


class MetricsFile:
    """A file that is written again and again."""

    def __init__(self, path: Path, families: Families) -> None:
        self._path = path
        self._families = families
        self._failing = False

    async def run(self) -> None:
        """Write every fifteen seconds, until cancelled. A file that cannot be written ends nothing."""
        while True:
            await self.write()
            await asyncio.sleep(EVERY)

    async def write(self) -> None:
        """Write once. The file is whole at any time."""
        try:
            content = plain.generate_latest(_registry(await self._families()))
            await asyncio.to_thread(files.replace, self._path, content, permissions=FOR_ALL, durable=False)
        except (OSError, JournalFailure) as failure:
            if not self._failing:
                log.warning("%s cannot be written: %s", self._path, failure)
            self._failing = True
        else:
            self._failing = False


async def exposed(families: Families, accept: str) -> tuple[bytes, str]:
    """All figures for whoever accepts such media types, and of which type they are: OpenMetrics, unless only the older
    format is asked for. Raises JournalFailure."""
    found = _registry(await families())
    if "text/plain" in accept and "openmetrics" not in accept:
        return plain.generate_latest(found), plain.CONTENT_TYPE_LATEST
    return openmetrics.generate_latest(found), openmetrics.CONTENT_TYPE_LATEST  # type: ignore[no-untyped-call]


class _Gathered(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _registry(families: Iterable[Metric]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Gathered(list(families)))
    return registry
