"""Entries that are taken back or amended: on the page once, as they were acknowledged last, whatever happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.delivery.planner import EDITED, GONE, REMOVED
from labsbot.delivery.settle import GATEWAY
from labsbot.model import Conflict, DeliveryState, Entry, Log, Unavailable
from labsbot.settings import PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.world import TITLE, Killed, World
from tests.nouns import NOON, an_acceptance, an_entry

MINUTE = timedelta(minutes=1)
DELIVERED = [(DeliveryState.DELIVERED, None)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


def lines(world: World, title: str = TITLE) -> list[str]:
    """The entries as a reader sees them."""
    shown = (re.sub("</?(?:span|small)[^>]*>", "", line) for line in world.page(title).splitlines())
    return [re.sub(r"\[\[#[^|]*\|([^]]*)\]\]", r"\1", line) for line in shown if line.startswith("*")]


async def test_what_is_taken_back_stays_readable_and_struck(world: World) -> None:
    one, two = await world.log("one"), await world.log("two", NOON + MINUTE)
    await world.deliver()
    before = world.page()
    undo = await world.undo(one, "wrong host")
    await world.deliver()
    assert lines(world) == ["* 12:01 alice: two", "* 12:00 alice: <s>one</s> taken back 12:06 by alice: wrong host"]
    assert await world.state(undo) == DELIVERED
    untouched = [line for line in before.splitlines() if one.id not in line]
    assert [line for line in world.page().splitlines() if one.id not in line] == untouched
    assert two.id in world.page()


async def test_another_text_takes_the_place_of_the_old_one(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    first, second = await world.amend(one, "two"), await world.amend(one, "three")
    await world.deliver()
    assert lines(world) == ["* 12:00 alice: three"]
    assert await world.state(first) == await world.state(second) == DELIVERED
    assert len(world.wiki.edits) == 2


async def test_what_is_not_on_the_wiki_yet_arrives_as_it_is_to_stand(world: World) -> None:
    one, two = await world.log("one"), await world.log("two", NOON + MINUTE)
    undo, amend = await world.undo(one), await world.amend(two, "three")
    await world.deliver()
    assert lines(world) == ["* 12:01 alice: three", "* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert await world.state(undo) == await world.state(amend) == DELIVERED
    assert len(world.wiki.edits) == 1


async def test_on_a_busy_day_a_correction_needs_no_read(world: World) -> None:
    await world.log("one")
    await world.deliver()
    two = await world.log("two", NOON + MINUTE)
    await world.deliver()
    reads = world.wiki.reads
    await world.undo(two)
    await world.deliver()
    assert "<s>two</s>" in world.page()
    assert world.wiki.reads == reads


async def test_what_people_have_edited_is_left_alone_and_said(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    edited = world.page().replace("alice: one", "alice: one (on web-1)")
    world.write(edited)
    undo = await world.undo(one)
    await world.deliver()
    assert world.page() == edited
    assert await world.state(undo) == [(DeliveryState.LEFT, EDITED)]


async def test_what_people_have_removed_stays_removed(world: World) -> None:
    one, _ = await world.log("one"), await world.log("two", NOON + MINUTE)
    await world.deliver()
    removed = "\n".join(line for line in world.page().splitlines() if one.id not in line)
    world.write(removed)
    undo = await world.undo(one)
    await world.deliver()
    assert world.page() == removed
    assert await world.state(undo) == [(DeliveryState.LEFT, REMOVED)]


async def test_a_page_that_was_deleted_is_not_made_again_for_a_correction(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    world.delete()
    undo = await world.undo(one)
    await world.deliver()
    assert world.page() == ""
    assert await world.state(undo) == [(DeliveryState.LEFT, GONE)]


async def test_a_line_that_was_moved_to_another_section_is_struck_there(world: World) -> None:
    one, _ = await world.log("one"), await world.log("two", NOON + MINUTE)
    await world.deliver()
    line = next(line for line in world.page().splitlines() if one.id in line)
    world.write(world.page().replace(f"{line}", "").rstrip() + f"\n\n== Doubtful ==\n{line}")
    undo = await world.undo(one)
    await world.deliver()
    assert world.page().index("== Doubtful ==") < world.page().index("<s>one</s>")
    assert await world.state(undo) == DELIVERED


async def test_of_a_line_that_people_copied_and_edited_elsewhere_the_one_as_we_left_it_is_struck(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    line = next(line for line in world.page().splitlines() if one.id in line)
    world.write(f"== Summary ==\n{line} (see mail)\n\n{world.page()}")
    undo = await world.undo(one)
    await world.deliver()
    assert lines(world) == ["* 12:00 alice: one (see mail)", "* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert await world.state(undo) == DELIVERED


async def test_a_changed_form_of_entries_is_no_edit_by_people(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    world.settings = replace(world.settings, entry='<span id="{id}">{time}</span> {message} ({author})')
    undo = await world.undo(one)
    await world.deliver()
    assert lines(world) == ["* 12:00 <s>one</s> (alice) taken back 12:06 by alice"]
    assert await world.state(undo) == DELIVERED


async def test_a_correction_whose_answer_is_lost_is_done_once(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    world.wiki.answers_lost = 1
    undo = await world.undo(one)
    await world.deliver()
    assert lines(world) == ["* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert await world.state(undo) == DELIVERED
    assert len(world.wiki.edits) == 2


async def test_a_correction_that_may_still_come_is_not_sent_again_before_the_gateway_has_given_it_up(
    world: World,
) -> None:
    one = await world.log("one")
    await world.deliver()
    world.wiki.posts_late = 1
    undo = await world.undo(one)
    sent = world.seconds
    await world.deliver(until=lambda: len(world.wiki.edits) == 3)
    assert world.seconds - sent > GATEWAY
    await world.deliver()
    assert await world.state(undo) == DELIVERED


async def test_a_late_strike_that_a_person_has_reverted_does_not_strike_again(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    before = world.page()
    world.wiki.posts_late = 1
    await world.undo(one)
    await world.deliver(until=lambda: world.wiki.on_the_way)
    FolderWiki.save(world.wiki, world.wiki.on_the_way[0][1])
    assert "<s>one</s>" in world.page()
    world.write(before)
    await world.deliver()
    assert world.page() == before


async def test_a_first_insertion_that_was_lost_does_not_stand_unstruck_when_it_comes_late(world: World) -> None:
    await world.log("zero")
    await world.deliver()
    world.wiki.posts_late = 1
    one = await world.log("one", NOON + MINUTE)
    await world.deliver(until=lambda: world.wiki.on_the_way)
    undo = await world.undo(one)
    await world.deliver()
    with pytest.raises(Conflict):
        FolderWiki.save(world.wiki, world.wiki.on_the_way[0][1])
    assert lines(world) == ["* 12:01 alice: <s>one</s> taken back 12:06 by alice", "* 12:00 alice: zero"]
    assert await world.state(undo) == DELIVERED


async def test_an_insertion_that_came_unstruck_is_struck(world: World) -> None:
    world.wiki.answers_lost = 1
    one = await world.log("one")
    await world.deliver(until=lambda: world.wiki.edits)
    undo = await world.undo(one)
    await world.deliver()
    assert lines(world) == ["* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert await world.state(undo) == DELIVERED


@pytest.mark.parametrize("verb", ["begin", "intend", "delivered"])
@pytest.mark.parametrize("before", [True, False])
async def test_wherever_the_bot_dies_it_is_struck_once(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: str, before: bool
) -> None:
    one = await world.log("one")
    await world.deliver()
    undo = await world.undo(one)
    done = getattr(world.journal, verb)

    async def dies(*given: object, **named: object) -> object:
        if not before:
            await done(*given, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(world.journal, verb, dies)
        with pytest.raises(Killed):
            await world.deliver()
    world.restart()
    await world.deliver()
    assert lines(world) == ["* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert await world.state(undo) == DELIVERED


async def test_an_entry_of_two_logs_is_struck_in_both(world: World) -> None:
    entry = an_entry("one")
    assert await world.journal.accept(an_acceptance(entry, "tools", "bots"))
    await world.deliver()
    undo = await world.undo(entry)
    await world.deliver()
    assert await world.state(undo) == DELIVERED * 2
    assert "<s>one</s>" in world.page()
    assert "<s>one</s>" in world.page("Nova Resource:Bots/SAL")


async def test_where_two_logs_are_one_page_it_stands_and_is_struck_once(world: World) -> None:
    world.settings_for = lambda log: PageSettings(title="Log")
    entry = an_entry("one")
    assert await world.journal.accept(an_acceptance(entry, "tools", "bots"))
    await world.deliver()
    undo = await world.undo(entry)
    await world.deliver()
    assert lines(world, "Log") == ["* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert await world.state(undo) == DELIVERED * 2


async def test_an_amendment_that_a_filter_refuses_is_parked_alone_and_an_undo_still_strikes(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    world.wiki.unwelcome = "pills"
    amend = await world.amend(one, "cheap pills")
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    assert lines(world) == ["* 12:01 alice: two", "* 12:00 alice: one"]
    assert [state for state, _ in await world.state(amend)] == [DeliveryState.PARKED]
    undo = await world.undo(one)
    await world.deliver()
    assert lines(world)[1] == "* 12:00 alice: <s>one</s> taken back 12:07 by alice"
    assert await world.state(undo) == DELIVERED


async def test_while_the_wiki_is_away_a_correction_waits_with_its_cause(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    undo = await world.undo(one)
    world.wiki.failures.append(Unavailable("it is read-only", "readonly"))
    await world.deliver(until=lambda: not world.wiki.failures)
    assert await world.state(undo) in ([(DeliveryState.PENDING, "it is read-only")], DELIVERED)
    await world.deliver()
    assert await world.state(undo) == DELIVERED


async def test_an_editors_word_that_it_is_struck_does_not_count_elsewhere_on_the_page(world: World) -> None:
    one = await world.log("one")
    await world.deliver()
    undo = await world.undo(one)
    world.write(f'* see <span id="{undo.id}">this</span>\n\n{world.page()}')
    await world.deliver()
    assert "<s>one</s>" in world.page()
    assert await world.state(undo) == DELIVERED


async def of_two(world: World) -> tuple[Entry, Entry]:
    return await world.log("one"), await world.log("two", NOON + MINUTE)


async def test_one_edit_corrects_all_that_is_due_in_a_section(world: World) -> None:
    one, two = await of_two(world)
    await world.deliver()
    await world.undo(one)
    await world.amend(two, "three")
    await world.deliver()
    assert lines(world) == ["* 12:01 alice: three", "* 12:00 alice: <s>one</s> taken back 12:06 by alice"]
    assert len(world.wiki.edits) == 2


async def test_an_entry_that_an_operator_drops_takes_its_corrections_with_it(world: World) -> None:
    one = await world.log("one")
    undo = await world.undo(one)
    assert await world.journal.drop([one.id]) == [one.id]
    await world.deliver()
    assert world.page() == ""
    assert [state for state, _ in await world.state(undo)] == [DeliveryState.DROPPED]
    assert Log("libera #cloud", "tools") not in [waiting.log for waiting in await world.journal.waiting()]
