"""What the rooms count stands in a file that Prometheus can read, and is told to whoever asks."""

from __future__ import annotations

import logging
import os
import platform
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from labsbot import __version__
from labsbot.desk.answer import RefusalCause
from labsbot.irc import Counts
from labsbot.journal import Journal
from labsbot.service.counted import Counted
from labsbot.service.metrics import Ages, Durations, Figures, MetricsFile, exposed
from tests.neighbour import mode
from tests.nouns import NOON, a_key, an_acceptance, an_entry


class Rooms:
    """All that is counted, by hand."""

    def __init__(self) -> None:
        self.gaps = Counter({("libera", "#cloud"): 2})
        self.failures = {"readonly": 3}

    def counts(self) -> dict[str, Counts]:
        return {"libera": Counts(lines=7, said=3)}

    def online(self) -> dict[str, bool]:
        return {"libera": True, "oftc": False}

    def presences(self) -> dict[tuple[str, str], bool]:
        return {("libera", "#cloud"): True, ("libera", "#ops"): False}

    believed = True

    def offsets(self) -> dict[str, float]:
        return {"libera": 10800.5, "the wiki": 10800.0}

    def ages(self) -> Ages:
        return {"projects": {'ldap "ldap://h"': timedelta(minutes=2), "file p": None}, "people": {}}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


def figures(journal: Journal) -> Figures:
    rooms, durations = Rooms(), Durations()
    journal.attempts.on_page = durations.on_page
    durations.wiki("save", 0.7)
    refused = Counter({RefusalCause.ACCESS: 2})
    counted = Counted(NOON, Counter({"refused": 4, "note": 1}), refused, Counter({200: 5, 404: 1}))
    return Figures(
        rooms, rooms, rooms, rooms.ages, journal, rooms, counted, durations, lambda: ["no network has been online"]
    )


def metrics(path: Path, journal: Journal) -> MetricsFile:
    return MetricsFile(path, figures(journal).families)


class Exposed:
    """What Prometheus reads in a file."""

    def __init__(self, path: Path) -> None:
        families = text_string_to_metric_families(path.read_text("utf-8"))
        self.values = {
            (each.name, *sorted(each.labels.values())): each.value for family in families for each in family.samples
        }

    def __getitem__(self, key: tuple[str, ...]) -> float:
        name, *labels = key
        return self.values[name, *sorted(labels)]


async def test_what_the_rooms_count_stands_in_the_file(tmp_path: Path, journal: Journal) -> None:
    for said in (NOON + timedelta(minutes=1), NOON):
        entry = an_entry(said=said)
        await journal.entries.accept(an_acceptance(entry, now=said))
    await metrics(tmp_path / "labsbot.prom", journal).write()
    found = Exposed(tmp_path / "labsbot.prom")
    assert found["labsbot_irc_total", "libera", "lines"] == 7
    assert found["labsbot_irc_total", "libera", "said"] == 3
    assert found["labsbot_channel_present", "libera", "#cloud"] == 1
    assert found["labsbot_channel_present", "libera", "#ops"] == 0
    assert found["labsbot_gaps_total", "libera", "#cloud"] == 2
    assert found["labsbot_gaps_total", "libera", "#ops"] == 0
    assert found["labsbot_clock_offset_seconds", "libera"] == 10800.5
    assert found["labsbot_clock_overruled",] == 1
    assert found["labsbot_source_age_seconds", "projects", 'ldap "ldap://h"'] == 120
    assert found["labsbot_source_age_seconds", "projects", "file p"] == float("inf")
    assert found["labsbot_deliveries", "pending"] == 2
    assert found["labsbot_deliveries", "parked"] == 0
    assert found["labsbot_oldest_delivery_timestamp_seconds", "pending"] == NOON.timestamp()
    assert found["labsbot_start_time_seconds",] == NOON.timestamp()
    assert found["labsbot_build_info", __version__, platform.python_version()] == 1
    assert found["labsbot_answered_total", "refused"] == 4
    assert found["labsbot_refused_total", "access"] == 2
    assert found["labsbot_refused_total", "secret"] == 0
    assert found["labsbot_wiki_errors_total", "readonly"] == 3
    assert found["labsbot_wiki_seconds_bucket", "save", "1.0"] == 1
    assert found["labsbot_wiki_seconds_bucket", "save", "0.5"] == 0
    assert found["labsbot_network_online", "libera"] == 1
    assert found["labsbot_network_online", "oftc"] == 0
    assert found["labsbot_ready",] == 0
    assert found["labsbot_web_requests_total", "404"] == 1


async def test_whoever_asks_gets_openmetrics_unless_only_the_older_format_is_accepted(journal: Journal) -> None:
    families = figures(journal).families
    for accept in ("", "*/*", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"):
        content, media_type = await exposed(families, accept)
        assert media_type.startswith("application/openmetrics-text")
        told = {each.name: each for each in open_metrics(content.decode())}  # it is strict
        assert told["labsbot_wiki_seconds"].type == "histogram"
    content, media_type = await exposed(families, "text/plain;version=0.0.4,*/*;q=0.1")
    assert media_type.startswith("text/plain")
    assert {each.name for each in text_string_to_metric_families(content.decode())} >= {"labsbot_accepted"}


async def test_no_label_names_a_person_or_an_entry(journal: Journal) -> None:
    await journal.entries.accept(an_acceptance(an_entry(nick="mallory", author="mallory", account="mallory")))
    content, _ = await exposed(figures(journal).families, "")
    labels = {name for each in open_metrics(content.decode()) for sample in each.samples for name in sample.labels}
    assert labels == {
        *("cause", "channel", "clock", "code", "kind", "le", "network", "python", "source", "state", "status"),
        *("verb", "version", "what"),
    }
    assert b"mallory" not in content


async def test_what_became_of_entries_is_counted_from_the_start_on(tmp_path: Path, journal: Journal) -> None:
    file, path = metrics(tmp_path / "labsbot.prom", journal), tmp_path / "labsbot.prom"
    await file.write()
    assert Exposed(path)["labsbot_accepted_total",] == 0
    assert ("labsbot_last_delivery_timestamp_seconds",) not in Exposed(path).values
    for key in (first := a_key(), a_key(), a_key(), first):  # the last one is a copy
        entry = an_entry()
        await journal.entries.accept(an_acceptance(entry, key=key))
    stuck, *due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", "Tools/SAL", due, NOON)
    await journal.attempts.delivered("b1", due, "https://wiki/Tools/SAL", 2, NOON + timedelta(seconds=45))
    await journal.attempts.begin("b2", "wiki", "Tools/SAL", [stuck], NOON)
    await journal.attempts.park("b2", [stuck], "the page is protected", NOON)
    await file.write()
    found = Exposed(path)
    assert (found["labsbot_accepted_total",], found["labsbot_delivered_total",]) == (3, 2)
    assert found["labsbot_parked_total",] == 1
    assert found["labsbot_last_delivery_timestamp_seconds",] == NOON.timestamp() + 45
    assert found["labsbot_entry_to_page_seconds_bucket", "60.0"] == 2
    assert found["labsbot_entry_to_page_seconds_bucket", "30.0"] == 0
    assert found["labsbot_entry_to_page_seconds_sum",] == 90


@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_the_exporter_can_read_the_file_under_any_umask(tmp_path: Path, journal: Journal, umask: int) -> None:
    before = os.umask(umask)
    await metrics(tmp_path / "labsbot.prom", journal).write()
    os.umask(before)
    assert oct(mode(tmp_path / "labsbot.prom")) == "0o644"


async def test_a_file_that_cannot_be_written_is_told_once_and_ends_nothing(
    tmp_path: Path, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "later" / "labsbot.prom"
    file = metrics(path, journal)
    for _ in range(2):
        await file.write()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    path.parent.mkdir()
    await file.write()
    assert [each.name for each in path.parent.iterdir()] == ["labsbot.prom"]
