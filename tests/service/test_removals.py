"""What is removed is in no file of ours any more: the journal's, what lies beside it, and a wiki's folder.

Every byte is looked at here, by other means than the command's own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import sqlite3
import unicodedata
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.delivery.settle import GATEWAY
from labsbot.edge import files
from labsbot.journal import Reading
from labsbot.model import DeliveryState, Edit, Entry, RefusedText, Saved
from labsbot.service import remains
from labsbot.service.removals import Removals
from labsbot.service.submissions import Peer
from labsbot.settings import Channel, FolderSettings, PageSettings, Settings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.archive_world import OLD, ArchiveWorld
from tests.delivery.test_corrections import edit
from tests.delivery.test_redactions import backed_up, put_back, under_way
from tests.delivery.world import TITLE, World
from tests.journal.reader import reader
from tests.nouns import NOON

SECRET = "the pass-word is Tr0ub4dor&3"
NEEDLES = (b"r0ub4dor", b"correct horse", b"spoken aloud")
"""Pieces of what is removed, small as in the index of words, in which the beginnings are left out that others have."""
US = Peer(1, files.user_name(os.geteuid()))


@pytest.fixture(params=["ON", "OFF"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "world").mkdir()
    made = World(tmp_path / "world")
    secure_delete(made, request.param)
    yield made
    made.journal.close()


def secure_delete(world: World, how: str) -> None:
    with world.journal._transactions._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA secure_delete={how}")


def everywhere(folder: Path) -> list[str]:
    """Every file in which any of it stands."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found
    return [path.name for path in found if any(needle in path.read_bytes().lower() for needle in NEEDLES)]


def removals(world: World) -> Removals:
    return Removals(world.journal, lambda log: world.settings_for(log))


async def remove(world: World, *entries: Entry, until: str = "empty") -> list[remains.OnPage]:
    """All that the command does; the texts have to be read before they are erased."""
    asked, ids = removals(world), [each.id for each in entries]
    reading = Reading(world.folder / "journal")
    texts = [text for each in ids for text in reading.texts(each)]
    told = await asked.answer("redact", {"ids": ids}, US)
    assert set(told["changes"]) == set(ids)  # type: ignore[call-overload]
    world.wall += timedelta(seconds=GATEWAY + 1)
    await world.deliver()
    assert await asked.answer("erase", {"ids": ids}, US) == {"done": sorted(ids)}
    assert await asked.answer("rewrite", {"ids": ids}, US) == {"done": True}
    if until == "empty":
        assert await asked.answer("empty", {"ids": ids}, US) == {"done": True}
    written = [each for entry_id in ids for each in reading.written(entry_id)]
    wanted = remains.wanted(texts, [world.settings])
    pages = [found for _, found in remains.on_pages(world.wiki, written, lambda log: world.settings, wanted)]
    archives = {title for each in written for title in reading.archives(each.log)}
    pages += [found for _, found in remains.in_archives(world.wiki, archives, wanted)]
    assert all(isinstance(each, remains.OnPage) for each in pages)
    return pages  # type: ignore[return-value]


async def test_nothing_of_it_is_left_in_any_file(world: World) -> None:
    entry, other = await world.log(SECRET), await world.log("kept")
    await world.deliver()
    assert everywhere(world.folder)
    (page,) = await remove(world, entry)
    assert everywhere(world.folder) == []
    assert (page.stands, page.texts, page.summaries) == (False, (), ())
    assert other.message in world.page()
    assert Reading(world.folder / "journal").texts(entry.id) == ["removed by an operator"]


async def test_the_index_of_words_has_it_too_and_loses_it(world: World) -> None:
    """What was amended and redacted is marked as gone in its parts, and leaves them when the file is written anew."""
    for number in range(20):
        await world.log(f"kept {number}")
    entry = await world.log(SECRET)
    await world.deliver()
    assert in_index(world)
    await world.amend(entry, "correct horse battery staple")
    await world.deliver()
    assert in_index(world)
    await remove(world, entry)
    assert not in_index(world)
    assert everywhere(world.folder) == []


def in_index(world: World) -> bool:
    with contextlib.closing(sqlite3.connect(world.folder / "journal")) as look:
        blocks = look.execute("SELECT block FROM words_data").fetchall()
    return any(b"r0ub4dor" in bytes(block) or b"battery" in bytes(block) for (block,) in blocks)


async def test_nor_of_what_it_was_amended_to_or_why_it_was_taken_back(world: World) -> None:
    entry = await world.log(SECRET)
    await world.deliver()
    await world.amend(entry, "correct horse battery staple")
    await world.deliver()
    await world.undo(entry, "it was spoken aloud")
    await world.deliver()
    await remove(world, entry)
    assert everywhere(world.folder) == []


async def test_nor_of_what_is_long_and_stands_in_several_places(world: World) -> None:
    entry = await world.log(f"{'x' * 3000} {SECRET} {'é&<' * 3000} {SECRET}", project="tools,bots")
    await world.deliver()
    assert len(everywhere(world.folder)) > 3
    await remove(world, entry)
    assert everywhere(world.folder) == []


async def test_nor_of_what_was_on_its_way(world: World) -> None:
    world.write("== 2026-11-22 ==\n* 09:00 bob: earlier")
    entry = await under_way(world, SECRET)
    asked = removals(world)
    await asked.answer("redact", {"ids": [entry.id]}, US)
    assert await asked.answer("erase", {"ids": [entry.id]}, US) == {"done": []}
    assert any(SECRET in f"{each.edit}" for each in await world.journal.erasures.sent_with([entry.id]))
    await remove(world, entry)
    assert everywhere(world.folder) == []


async def test_nor_of_what_was_given_up_and_is_looked_for_still(world: World) -> None:
    world.write("== 2026-11-22 ==\n* 09:00 bob: earlier")
    entry = await world.log(SECRET)
    world.wiki.posts_late = 1
    await world.deliver()
    (given_up,) = await world.journal.erasures.sent_with([entry.id])
    assert SECRET.encode() in f"{given_up.edit.text}".replace("&amp;", "&").encode()
    await remove(world, entry)
    assert everywhere(world.folder) == []
    (scrubbed,) = await world.journal.erasures.sent_with([entry.id])
    assert (scrubbed.batch, scrubbed.edit.base, scrubbed.edit.title) == (
        given_up.batch,
        given_up.edit.base,
        given_up.edit.title,
    )


async def test_what_was_given_up_is_found_though_it_says_nothing_any_more(world: World) -> None:
    """It came after all, and somebody has moved it elsewhere: it is not sent again."""
    world.write("== 2026-11-22 ==\n* 09:00 bob: earlier")
    entry = await world.log(SECRET)
    await world.deliver()
    other = await under_way(world, "two")
    world.wiki.failures.append(RefusedText("a filter of the wiki refuses it", "abusefilter-disallowed"))
    await world.deliver()
    FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])
    (line,) = [each for each in world.page().splitlines() if other.id in each]
    edit(world, f"{line}\n", "")
    await remove(world, entry)
    (scrubbed,) = await world.journal.erasures.sent_with([other.id])
    assert "two" not in scrubbed.edit.text
    await world.journal.undelivered.retry([other.id])
    await world.deliver()
    assert await world.fates(other) == [DeliveryState.DELIVERED]
    assert other.id not in world.page()


async def test_while_somebody_reads_an_old_state_it_is_not_done(world: World) -> None:
    entry = await world.log(SECRET)
    await world.deliver()
    async with reader(world.folder / "journal"):
        await remove(world, entry, until="rewrite")
        assert await removals(world).answer("empty", {"ids": []}, US) == {"done": False}
        assert everywhere(world.folder)
        assert await world.log("others write meanwhile")
    assert await removals(world).answer("empty", {"ids": []}, US) == {"done": True}
    assert everywhere(world.folder) == []


async def test_nor_where_it_is_removed_from_a_backup_that_was_put_back(world: World, tmp_path: Path) -> None:
    entry = await world.log(SECRET)
    await world.deliver()
    await backed_up(world, tmp_path / "backup")
    await remove(world, entry)
    put_back(world, tmp_path / "backup")
    await world.deliver()
    assert SECRET not in world.page()
    assert everywhere(world.folder)
    await remove(world, entry)
    assert everywhere(world.folder) == []


async def test_nor_of_what_the_wiki_refused_and_said_about_it(world: World) -> None:
    world.wiki.failures.append(RefusedText(f"a spam list is against it: {SECRET}", f"blacklisted {SECRET}"))
    entry = await world.log(SECRET)
    await world.deliver()
    await remove(world, entry)
    assert everywhere(world.folder) == []


async def test_what_is_interrupted_between_two_steps_is_done_by_asking_again(world: World) -> None:
    entry = await world.log(SECRET)
    await world.deliver()
    for step in ("redact", "erase", "rewrite"):
        await removals(world).answer(step, {"ids": [entry.id]}, US)
        await world.deliver()
        world.restart()
    assert {*everywhere(world.folder)} & {"journal", "journal-wal"} == set()
    assert await removals(world).answer("empty", {"ids": []}, US) == {"done": True}
    await remove(world, entry)
    assert {*everywhere(world.folder)} <= {"1", "log"}


async def test_what_is_erased_while_another_waits_for_the_file_is_not_taken_for_rewritten(world: World) -> None:
    """The other has given up waiting, and what it asked for was done before."""
    first, second = await world.log("one"), await world.log(f"{SECRET} " * 500)
    await world.deliver()
    asked = removals(world)
    for entry in (first, second):
        await asked.answer("redact", {"ids": [entry.id]}, US)
        await world.deliver()
    await asked.answer("erase", {"ids": [first.id]}, US)
    asked._rewriting = asyncio.create_task(world.journal.erasures.rewrite())
    await asked._rewriting
    await asked.answer("erase", {"ids": [second.id]}, US)
    assert await asked.answer("rewrite", {"ids": [second.id]}, US) == {"done": True}
    assert await asked.answer("empty", {"ids": []}, US) == {"done": True}
    assert {*everywhere(world.folder)} & {"journal", "journal-wal"} == set()


async def test_what_waits_for_its_page_is_not_erased(world: World) -> None:
    """Else nobody could look for what is left, and it would still stand on the page."""
    entry = await world.log(SECRET)
    await world.deliver()
    asked = removals(world)
    await asked.answer("redact", {"ids": [entry.id]}, US)
    assert await asked.answer("erase", {"ids": [entry.id]}, US) == {"done": []}
    assert Reading(world.folder / "journal").texts(entry.id) == [SECRET]


async def test_what_nobody_redacted_is_not_erased(world: World) -> None:
    entry = await world.log(SECRET)
    await world.deliver()
    assert await removals(world).answer("erase", {"ids": [entry.id]}, US) == {"done": []}
    assert Reading(world.folder / "journal").texts(entry.id) == [SECRET]


async def test_only_the_bots_user_may_ask(world: World) -> None:
    told = await removals(world).answer("redact", {"ids": ["sal-1"]}, Peer(1, "mallory"))
    assert told == {"refused": {"": "only root and the user of the bot may remove what was said"}}


# --- what is left ---


async def test_others_who_say_the_same_are_named_and_stay(world: World) -> None:
    entry, other = await world.log(SECRET), await world.log(f"why did you say {SECRET}?")
    await world.deliver()
    texts = Reading(world.folder / "journal").texts(entry.id)
    (page,) = await remove(world, entry)
    assert page.stands
    wanted = remains.wanted(texts, [world.settings])
    assert remains.said_elsewhere(Reading(world.folder / "journal"), wanted).entries == (other.id,)
    assert "Tr0ub4dor" in world.page()


@pytest.mark.parametrize(
    "said",
    [
        "plain words here",
        "a & b <b>{{x}}</b> [[Main Page|home]] ''it''",
        "see https://x.example/?password=a[b] now",
        unicodedata.normalize("NFC", "passwörter sind für ümläute"),
        unicodedata.normalize("NFD", "passwörter sind für ümläute"),
        'quote " and \\ back\\slash',
        "x" * 500 + "&" * 200,
        "日本語の秘密です",
        "emoji 🔑 is four bytes",
    ],
)
async def test_it_is_found_in_whatever_form_we_have_written_it(world: World, said: str) -> None:
    entry = await world.log(said)
    world.wiki.posts_late = 1
    await world.deliver(until=lambda: world.wiki.on_the_way)
    await world.deliver()
    folder, top = world.folder, Channel("", None, PageSettings())
    settings = Settings(folder / "journal", folder / "nowhere", (), FolderSettings(folder / "pages", None), top)
    wanted = remains.wanted([entry.message], [world.settings])
    held = {path.name for path in remains.holding(remains.our_files(settings), wanted)}
    assert {"Nova_Resource:Tools%2FSAL.wiki", "log", "1"} <= held
    assert held & {"journal", "journal-wal"}
    assert wanted.stand_in(world.page())
    assert remains.said_elsewhere(Reading(world.folder / "journal"), wanted).entries == (entry.id,)


def test_a_text_of_three_letters_is_not_looked_for() -> None:
    assert remains.wanted(["ok"], [PageSettings()]) == remains.Wanted((), 1)
    assert remains.wanted(["", "removed by an operator"], [PageSettings()]) == remains.Wanted((), 0)


async def test_a_part_of_a_long_text_is_found(world: World) -> None:
    words = " ".join(f"word{number}" for number in range(200))
    wanted = remains.wanted([words], [PageSettings()])
    assert wanted.stand_in(f"… {words[300:500]} …")
    assert not wanted.stand_in("word1 word2")


async def test_the_history_of_a_folder_is_cleaned_and_still_one(world: World) -> None:
    entry = await world.log(SECRET)
    await world.deliver()
    await world.log("two")
    await world.deliver()
    before = world.wiki.history(TITLE)
    await remove(world, entry)
    after = world.wiki.history(TITLE)
    assert [each.revision for each in after][1:] == [each.revision for each in before]
    assert after[-1].summary == f"removed by an operator {before[-1].summary[-16:]}"
    assert after[-2].summary == before[-2].summary
    await world.log("three")
    await world.deliver()
    assert world.order_on_page()[:2] == ["three", "two"]


# --- what is, or goes, in an archive ---


@pytest.fixture
async def large(tmp_path: Path) -> AsyncIterator[ArchiveWorld]:
    (tmp_path / "world").mkdir()
    made = ArchiveWorld(tmp_path / "world")
    yield made
    made.journal.close()


AN_OLD_TIME = NOON.replace(year=2025, month=12, day=30)


async def test_nothing_of_it_is_left_where_its_day_went_to_an_archive(large: ArchiveWorld) -> None:
    entry = await large.log(SECRET, AN_OLD_TIME)
    await large.deliver()
    await large.grows()
    assert "Tr0ub4dor" in large.page(OLD)
    pages = await remove(large, entry)
    assert "removed by an operator" in large.page(OLD)
    assert everywhere(large.folder) == []
    assert [(each.stands, each.texts) for each in pages] == [(False, ())] * 2


async def test_nor_where_it_was_logged_afterwards_for_a_day_that_was_there_already(large: ArchiveWorld) -> None:
    await large.grows()
    entry = await large.log(SECRET, AN_OLD_TIME)
    await large.deliver()
    assert "Tr0ub4dor" in large.page(OLD)
    assert "log" in everywhere(large.folder)  # the summary, too
    await remove(large, entry)
    assert everywhere(large.folder) == []


async def test_nor_where_it_is_removed_while_its_day_is_on_its_way(large: ArchiveWorld) -> None:
    entry = await large.log(SECRET, AN_OLD_TIME)
    await large.deliver()
    asked = removals(large)
    save = large.wiki.save

    def redacted_before_the_removal(edit: Edit) -> Saved:
        saved = save(edit)
        if edit.title == OLD and not redacting:
            redacting.append(asyncio.run_coroutine_threadsafe(redact(), loop))
        return saved

    async def redact() -> None:
        assert (await asked.answer("redact", {"ids": [entry.id]}, US))["changes"]
        # its day is kept as it was copied, until it is there
        assert await asked.answer("erase", {"ids": [entry.id]}, US) == {"done": []}

    redacting: list[concurrent.futures.Future[None]] = []
    loop = asyncio.get_running_loop()
    large.wiki.save = redacted_before_the_removal  # type: ignore[method-assign]
    await large.grows()
    large.wall += timedelta(seconds=GATEWAY + 1)
    await large.pass_time()
    redacting[0].result()
    await remove(large, entry)
    assert "removed by an operator" in large.page(OLD)
    assert entry.id not in large.page()
    assert everywhere(large.folder) == []
