"""A log of a real MediaWiki is imported: it counts the sections, lists the archives, and knows who saved what when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labsbot.journal import EntryQuery, Reading
from labsbot.model import Log
from labsbot.service.importing import import_log, read_log, with_history
from tests.delivery.real import Edge, RealWorld
from tests.servers.mediawiki import MediaWiki as Server

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def edge(mediawiki: Server) -> Iterator[Edge]:
    made = Edge(mediawiki)
    yield made
    made.worker.close()


@pytest.fixture
def world(tmp_path: Path, edge: Edge) -> Iterator[RealWorld]:
    made = RealWorld(tmp_path, edge)
    yield made
    made.journal.close()


async def imported(world: RealWorld) -> list[tuple[str, int, int, int]]:
    now = datetime.now(UTC)  # the wiki's revisions are of today
    reading = Reading(world.folder / "journal")
    read = read_log(world.real, reading, [Log("", world.project)], world.settings, now)
    found = await import_log(world.journal, with_history(world.real, reading, read, now), now)
    return [(each.title, each.new, each.known, len(each.unread)) for each in found]


async def test_a_log_is_imported_once_with_its_archives_and_what_its_history_says(world: RealWorld) -> None:
    world.server.edit_as_person(world.title, "x", "Bob", summary="restarted squid")
    saved = datetime.fromisoformat(world.server.history(world.title)[0]["timestamp"])
    world.write(f"== {saved:%Y-%m-%d} ==\n* {saved:%H:%M} restarted squid\n<!--\n== 2001-01-01 ==\n-->\n* no time")
    archive = f"{world.title}/2015"
    world.write(f"Archive of [[:{world.title}]].\n=== July 8 ===\n* 09:00 tom: <nowiki>{{{{x}}}}</nowiki>", archive)
    assert await imported(world) == [(archive, 1, 0, 0), (world.title, 1, 0, 1)]
    new, old = Reading(world.folder / "journal").entries(EntryQuery())
    assert (new.entry.author, new.entry.said, new.entry.time_written) == ("Bob", saved.astimezone(UTC), None)
    assert (old.entry.message, old.entry.said) == ("{{x}}", datetime(2015, 7, 8, 9, tzinfo=UTC))
    assert old.deliveries[0].url == f"{world.server.page_url(archive)}#July_8"
    assert await imported(world) == [(archive, 0, 1, 0), (world.title, 0, 1, 1)]
