"""A log that a wiki already has is read into the journal: once, as it stands there, and nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from labsbot.formats import EntryFormat, view, written
from labsbot.journal import EntryQuery, Reading, imports
from labsbot.model import DeliveryState, Edit, Kept, Log
from labsbot.service import remains
from labsbot.service.importing import TOGETHER, PageImported, import_log, read_log, with_history, would_import
from labsbot.service.removals import Removals
from labsbot.service.submissions import Peer
from labsbot.service.verifying import DifferenceKind, verify
from labsbot.settings import UTC
from labsbot.text import search
from tests.delivery.archive_world import OLD, ArchiveWorld
from tests.delivery.world import TITLE
from tests.nouns import NOON

LOG = Log("libera #cloud", "tools")
ARCHIVE = f"{TITLE}/Archive 1"
PAGE = """\
What is done here.

== 2026-11-20 ==
* 14:31 tom: moved the mail
* ~14:30 ann: [[Main Page|here]] &lt;b&gt;
** and there
* 14:30 ann: equal
* 14:30 ann: equal
* {{SAL entry|1=09:00 tom: <s>taken back</s>}}

Not an entry at all.
"""
OLD_PAGE = f"""\
Archive of [[:{TITLE}]].

=== 2015 July 8 ===
* 22:01-22:46: the wiki was slow
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ArchiveWorld]:
    made = ArchiveWorld(tmp_path)
    made.write(PAGE)
    made.write(OLD_PAGE, ARCHIVE)
    yield made
    made.journal.close()


async def imported(world: ArchiveWorld, now: datetime = NOON) -> list[PageImported]:
    reading = Reading(world.folder / "journal")
    read = read_log(world.wiki, reading, [LOG], world.settings, now)
    return await import_log(world.journal, with_history(world.wiki, reading, read, now), now)


def counts(found: list[PageImported]) -> list[tuple[str, int, int, int, int]]:
    return [(each.title, each.new, each.changed, each.known, len(each.unread)) for each in found]


def entries(world: ArchiveWorld) -> list[Kept]:
    """The newest first."""
    return list(Reading(world.folder / "journal").entries(EntryQuery()))


def text(world: ArchiveWorld) -> list[str]:
    views = (view(kept, lambda log: world.settings) for kept in entries(world))
    return "".join(written(EntryFormat.TEXT, views)).splitlines()


async def test_a_log_and_its_archives_are_imported_once_and_shown_as_they_stand_there(world: ArchiveWorld) -> None:
    before = world.page(), world.page(ARCHIVE)
    assert counts(await imported(world)) == [(ARCHIVE, 1, 0, 0, 0), (TITLE, 5, 0, 0, 1)]
    assert text(world) == [
        "2026-11-20 14:31  tools  tom: moved the mail",
        "2026-11-20 ~14:30  tools  ann: [[Main Page|here]] <b> · and there",
        "2026-11-20 14:30  tools  ann: equal",
        "2026-11-20 14:30  tools  ann: equal",
        "2026-11-20 09:00  tools  tom: taken back (taken back by ?)",
        "2015-07-08 22:01-22:46  tools  ?: the wiki was slow",
    ]
    assert counts(await imported(world)) == [(ARCHIVE, 0, 0, 1, 0), (TITLE, 0, 0, 5, 1)]
    await world.deliver()
    assert (world.page(), world.page(ARCHIVE)) == before


async def test_what_is_imported_is_owed_to_no_page_and_told_to_nobody(world: ArchiveWorld) -> None:
    await imported(world)
    deliveries = [each for kept in entries(world) for each in kept.deliveries]
    assert {each.state for each in deliveries} == {DeliveryState.DELIVERED}
    assert await world.journal.undelivered.queue() == []
    assert (await world.journal.tellings.untold(10**9, [("", ""), ("libera", "#cloud")])).tellings == ()
    await world.deliver()
    assert world.wiki.edits == []


async def test_a_time_is_no_more_exact_than_the_page_and_a_link_leads_to_its_day(world: ArchiveWorld) -> None:
    await imported(world)
    _, about, *_, slow = entries(world)
    assert (about.entry.time_written, about.entry.said) == ("~14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
    assert (slow.entry.time_written, slow.deliveries[0].clock) == ("22:01-22:46", "22:01")
    assert slow.deliveries[0].url == f"{world.wiki.look(ARCHIVE).url}#2015_July_8"


async def test_what_the_bot_has_logged_is_known_and_what_its_lost_journal_knew_is_exact(world: ArchiveWorld) -> None:
    await world.log("of today")
    await world.deliver()
    lost = "sal-20261120101112-abc7f3a"
    world.write(f'{world.page()}\n* <span id="{lost}">[[#{lost}|10:11]]</span> ann: &#91;x]')
    assert counts(await imported(world)) == [(ARCHIVE, 1, 0, 0, 0), (TITLE, 6, 0, 1, 1)]
    (found,) = [kept for kept in entries(world) if kept.entry.id == lost]
    assert (found.entry.message, found.entry.time_written, found.is_unmarked) == ("[x]", None, False)
    assert found.entry.said == datetime(2026, 11, 20, 10, 11, 12, 0xABC * 1000 % 10**6, tzinfo=UTC)
    assert found.deliveries[0].url == f"{world.wiki.look(TITLE).url}#{lost}"


async def test_the_history_says_in_which_second_a_line_was_saved(world: ArchiveWorld) -> None:
    page = world.wiki.look(TITLE)
    world.wiki.save(Edit(TITLE, None, page.revision, page.seen, "x", "ann: hello world"))
    at = world.wiki.revisions(TITLE)[-1].time
    assert at is not None
    world.write(f"== {at:%Y-%m-%d} ==\n* {at:%H:%M} hello world")
    await imported(world, at)
    entry = entries(world)[0].entry
    assert (entry.said, entry.author, entry.time_written) == (at, "ann", None)


async def test_a_line_that_people_edit_or_strike_stays_the_entry_and_says_what_it_says_there(
    world: ArchiveWorld,
) -> None:
    await imported(world)
    first = entries(world)[0].entry.id
    edited = PAGE.replace("moved the mail", "moved all mail").replace("* 14:30 ann: equal\n", "", 1)
    world.write(edited.replace("* 14:30 ann: equal", "* <s>14:30 ann: equal</s>"))
    assert counts(await imported(world))[1] == (TITLE, 0, 2, 2, 1)
    assert text(world)[0] == "2026-11-20 14:31  tools  tom: moved all mail (amended by ?)"
    assert sorted(text(world)[2:4]) == [
        "2026-11-20 14:30  tools  ann: equal",
        "2026-11-20 14:30  tools  ann: equal (taken back by ?)",
    ]
    assert entries(world)[0].entry.id == first
    assert counts(await imported(world))[1] == (TITLE, 0, 0, 4, 1)
    await world.deliver()
    assert world.wiki.edits == []


async def test_it_is_found_by_what_it_says_by_now(world: ArchiveWorld) -> None:
    await imported(world)
    world.write(PAGE.replace("moved the mail", "moved the calendar"))
    await imported(world)
    reading = Reading(world.folder / "journal")

    def found(words: str) -> list[str]:
        return [kept.entry.author for kept in reading.entries(EntryQuery().narrowed(search.parse(words, UTC)))]

    assert (found("calendar"), found("slow"), found("equal"), found("absent")) == (["tom"], ["?"], ["ann"] * 2, [])


async def test_a_day_that_moves_to_an_archive_is_found_there(world: ArchiveWorld) -> None:
    await imported(world)
    days = PAGE.partition("\n\n")[2]
    world.write(f"{OLD_PAGE}\n{days}", ARCHIVE)
    assert counts(await imported(world)) == [(ARCHIVE, 0, 0, 6, 1), (TITLE, 0, 0, 5, 1)]
    world.write("What is done here.")
    assert counts(await imported(world)) == [(ARCHIVE, 0, 0, 6, 1), (TITLE, 0, 0, 0, 0)]
    assert {each.url and each.url.partition("#")[0] for kept in entries(world) for each in kept.deliveries} == {
        world.wiki.look(ARCHIVE).url
    }


async def test_a_page_below_the_log_that_is_no_archive_is_not_read(world: ArchiveWorld) -> None:
    world.write("== Help ==\nHow to log.\n== 2026-11-21 ==\n* 14:30 tom: an example", f"{TITLE}/Help")
    assert [each.title for each in await imported(world)] == [ARCHIVE, TITLE]


async def test_what_would_be_imported_is_counted_and_not_kept(world: ArchiveWorld) -> None:
    reading = Reading(world.folder / "journal")
    read = read_log(world.wiki, reading, [LOG], world.settings, NOON)
    expected = [(ARCHIVE, 1, 0, 0, 0), (TITLE, 5, 0, 0, 1)]
    assert counts(list(would_import(reading, read, NOON))) == expected
    assert entries(world) == []


async def test_what_was_redacted_never_comes_back_though_its_line_still_stands(world: ArchiveWorld) -> None:
    await imported(world)
    secret = entries(world)[0].entry
    texts = Reading(world.folder / "journal").texts(secret.id)
    removals, us = Removals(world.journal, lambda log: world.settings), Peer(7, "root")
    told = await removals.answer("redact", {"ids": [secret.id]}, us)
    assert set(told["changes"]) == {secret.id}  # type: ignore[call-overload]
    await world.deliver()
    assert await removals.answer("erase", {"ids": [secret.id]}, us) == {"done": [secret.id]}
    assert counts(await imported(world, NOON + timedelta(days=1)))[1] == (TITLE, 0, 0, 5, 1)
    assert text(world)[0] == "2026-11-20 14:31  tools  tom: removed by an operator"
    reading = Reading(world.folder / "journal")
    wanted = remains.wanted(texts, [world.settings])
    ((_, page),) = remains.on_pages(world.wiki, reading.written(secret.id), lambda log: world.settings, wanted)
    assert isinstance(page, remains.OnPage)
    assert page.stands


async def test_who_compares_the_journal_with_the_wiki_finds_what_was_imported(world: ArchiveWorld) -> None:
    await imported(world)
    reading = Reading(world.folder / "journal")
    assert verify(world.wiki, reading, [LOG], world.settings, NOON).differences == ()
    world.write(PAGE.replace("moved the mail", "moved all mail").replace("* 14:30 ann: equal\n", "", 1))
    found = verify(world.wiki, reading, [LOG], world.settings, NOON).differences
    assert [(each.kind, each.words) for each in found] == [
        (DifferenceKind.CHANGED, "14:31 tom: moved all mail"),
        (DifferenceKind.MISSING, "ann: equal"),
    ]


async def test_however_many_are_of_one_minute_a_place_is_looked_for_once_each_time(
    world: ArchiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    place = imports._place

    def counted(connection: Connection, wished: int, free: dict[int, int]) -> int:
        looked.extend([wished] * (wished not in free))
        return place(connection, wished, free)

    monkeypatch.setattr(imports, "_place", counted)
    lines = [f"one {number}" for number in range(300)]
    world.write("== 2026-11-20 ==\n" + "\n".join(f"* 10:00 ann: {each}" for each in reversed(lines)))
    world.delete(ARCHIVE)
    await imported(world)
    assert [each.message for each in reversed(entries(world))] == lines
    assert len(looked) <= 300 / TOGETHER + 1


async def test_what_was_imported_is_found_in_the_archive_to_which_its_day_went(tmp_path: Path) -> None:
    world = ArchiveWorld(tmp_path)
    await imported(world)
    page, archive = (world.wiki.look(title).url for title in (TITLE, OLD))
    read = {each.entry.message: each.deliveries[0].url for each in entries(world)}
    assert read["2025-12-24-0"] == f"{page}#2025-12-24"
    await world.grows()
    assert "2025-12-24" not in world.page()
    shown = {each.entry.message: each.deliveries[0].url for each in entries(world)}
    assert shown["2025-12-24-0"] == f"{archive}#2025-12-24"
    assert shown["this_year"] == f"{page}#2026-11-21"
    assert {each.changed for each in await imported(world)} == {0}
    assert {each.entry.message: each.deliveries[0].url for each in entries(world)} == shown
    world.journal.close()


async def test_what_people_have_taken_to_an_archive_of_theirs_is_found_there(tmp_path: Path) -> None:
    world = ArchiveWorld(tmp_path)
    entry = await world.log("moved by hand")
    stays = await world.log("stays", NOON + timedelta(minutes=1))
    await world.deliver()
    line = next(each for each in world.page().splitlines() if "moved by hand" in each)
    world.write(world.page().replace(f"{line}\n", ""))
    theirs = f"{TITLE}/November"
    world.write(f"Archive of [[:{TITLE}]].\n\n== 2026-11-22 ==\n{line}", theirs)
    verified = verify(world.wiki, Reading(tmp_path / "journal"), [LOG], world.settings, NOON)
    assert verified.differences == ()
    assert verified.pages == 2
    await imported(world)
    page, archive = (world.wiki.look(title).url for title in (TITLE, theirs))
    assert (await world.delivery(entry)).url == f"{archive}#{entry.id}"
    assert (await world.delivery(stays)).url == f"{page}#{stays.id}"
    assert {each.changed for each in await imported(world)} == {0}
    world.journal.close()
