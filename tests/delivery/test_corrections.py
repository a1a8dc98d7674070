"""What is taken back or amended is done to its line exactly once, and never to a line that people have edited."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.chat.announcer import Announcer
from labsbot.delivery.settle import GATEWAY
from labsbot.model import (
    Change,
    DeliveryState,
    Entry,
    Importance,
    Refused,
    Told,
)
from labsbot.settings import Order, PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.test_states import MortalWorld
from tests.delivery.world import TITLE, Killed, World
from tests.nouns import NOON, an_acceptance, an_entry

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DELIVERED, PENDING, PARKED, LEFT = (
    DeliveryState.DELIVERED,
    DeliveryState.PENDING,
    DeliveryState.PARKED,
    DeliveryState.LEFT,
)
ARCHIVE = "Nova Resource:Tools/SAL/Archive 1"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture(autouse=True)
def no_guard_is_needed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The guard around a batch hides faults of our own."""
    yield
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def plain(entry: Entry, message: str | None = None) -> str:
    link = f'<span id="{entry.id}">[[#{entry.id}|{entry.said:%H:%M}]]</span>'
    return f"* {link} alice: {entry.message if message is None else message}"


def struck(entry: Entry, undo: Change, message: str | None = None) -> str:
    reason = f": {undo.text}" if undo.text else ""
    text = f"<s>{entry.message if message is None else message}</s>"
    return f'{plain(entry, text)} <small id="{undo.id}">taken back 12:00 by alice{reason}</small>'


def amended(entry: Entry, change: Change) -> str:
    return f'{plain(entry, change.text)}<span id="{change.id}"></span>'


def day(*lines: str, heading: str = "2026-11-22") -> str:
    return "\n".join([f"== {heading} ==", *lines])


async def logged(world: World, message: str = "one", **given: object) -> Entry:
    entry = await world.log(message, **given)  # type: ignore[arg-type]
    await world.deliver()
    return entry


def edit(world: World, old: str, new: str, title: str = TITLE) -> None:
    """A person replaces something on the page."""
    assert old in world.page(title)
    world.write(world.page(title).replace(old, new, 1), title)


# --- a good day ---


async def test_what_was_taken_back_is_struck_where_it_stands(world: World) -> None:
    world.write(day("* 09:00 bob: earlier") + "\n\n[[Category:SAL]]")
    entry = await logged(world)
    undo = await world.undo(entry, "wrong host")
    await world.deliver()
    assert world.page() == day(struck(entry, undo), "* 09:00 bob: earlier") + "\n\n[[Category:SAL]]"
    assert await world.fates(entry, undo) == [DELIVERED]


async def test_what_was_amended_stands_as_it_was_amended_and_again(world: World) -> None:
    entry = await logged(world)
    await world.amend(entry, "two")
    await world.deliver()
    back = await world.amend(entry, "one")
    assert back.id not in world.page()
    await world.deliver()
    assert world.page() == day(amended(entry, back))
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == day(struck(entry, undo, "one"))


@pytest.mark.parametrize("bounded", ["in bytes", "in entries"])
async def test_what_was_changed_meanwhile_comes_with_its_entry_however_little_goes_at_once(
    world: World, bounded: str
) -> None:
    """Else people could move the line between the edit that shows the change and the one that would find it done."""
    first, second = await world.log("one"), await world.log("two", NOON + MINUTE)
    undo, amend, other = await world.undo(first), await world.amend(second, "three"), await world.undo(second)
    if bounded == "in bytes":
        world.deliverer._attempts._planner._largest = 1
    else:
        world.deliverer._memory.portions.at_most(TITLE, 1)
    await world.deliver(until=lambda: len(world.wiki.edits) == 1)
    assert await world.fates(first) == await world.fates(first, undo) == [DELIVERED]
    await world.deliver()
    assert len(world.wiki.edits) == 2
    assert [await world.fates(second, each) for each in (None, amend, other)] == [[DELIVERED]] * 3


async def test_what_was_changed_about_one_that_is_parked_comes_with_it_or_goes_on_waiting(world: World) -> None:
    protected = Refused("the page is protected", "protectedpage")
    entry = await world.log("one")
    world.wiki.failures.append(protected)
    await world.deliver()
    undo = await world.undo(entry)
    for _ in range(2):
        assert (await world.fates(entry), await world.fates(entry, undo)) == ([PARKED], [PENDING])
        world.wiki.failures.append(protected)
        world.wall += 30 * MINUTE
        await world.quiet()
    assert len(world.wiki.edits) == 3
    world.wiki.failures.clear()
    world.wall += 60 * MINUTE
    await world.quiet()
    assert len(world.wiki.edits) == 4
    assert await world.fates(entry) == await world.fates(entry, undo) == [DELIVERED]


async def test_a_busy_days_corrections_need_no_read(world: World) -> None:
    first, second = await logged(world), await logged(world, "two")
    reads = world.wiki.reads
    undo, amend = await world.undo(first), await world.amend(second, "three")
    await world.deliver()
    third = await logged(world, "four")
    assert world.page() == day(plain(third), amended(second, amend), struck(first, undo))
    assert (world.wiki.reads, len(world.wiki.edits)) == (reads, 4)


async def test_what_is_taken_back_before_it_was_written_arrives_struck_in_one_edit(world: World) -> None:
    entry = await world.log("one")
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == day(struck(entry, undo))
    assert len(world.wiki.edits) == 1
    assert await world.fates(entry) == await world.fates(entry, undo) == [DELIVERED]


async def test_what_is_amended_and_taken_back_meanwhile_is_one_edit(world: World) -> None:
    entry = await logged(world)
    amend, undo = await world.amend(entry, "two"), await world.undo(entry)
    await world.deliver()
    assert world.page() == day(struck(entry, undo, "two"))
    assert len(world.wiki.edits) == 2
    assert await world.fates(entry, amend) == await world.fates(entry, undo) == [DELIVERED]


async def test_corrections_of_two_days_are_an_edit_each_and_all_else_stays(world: World) -> None:
    old, new = await logged(world, "old", said=NOON - DAY), await logged(world, "new")
    kept = await logged(world, "kept")
    edit(world, "== 2026-11-22", "An intro.  \n\n\n== 2026-11-22")
    page = world.page()
    undone, too = await world.undo(new), await world.undo(old)
    await world.deliver()
    assert plain(kept) in page
    line = struck(old, too).replace("taken back 12:00", "taken back 2026-11-22 12:00")
    assert world.page() == page.replace(plain(new), struck(new, undone)).replace(plain(old), line)
    assert len(world.wiki.edits) == 5


@pytest.mark.parametrize("order", Order)
async def test_of_two_entries_only_the_one_that_was_taken_back_is_touched(world: World, order: Order) -> None:
    world.settings = PageSettings(order=order)
    entries = [await world.log(message) for message in ("one", "two", "three")]
    await world.deliver()
    before = world.page()
    undo = await world.undo(entries[1])
    await world.deliver()
    assert world.page() == before.replace(plain(entries[1]), struck(entries[1], undo))


async def test_a_day_can_begin_with_what_was_taken_back(world: World) -> None:
    first = await logged(world)
    entry = await world.log("two", NOON + DAY)
    undo = await world.undo(entry)
    await world.deliver()
    line = struck(entry, undo).replace("taken back 12:00", "taken back 2026-11-22 12:00")
    assert world.page() == f"{day(line, heading='2026-11-23')}\n\n{day(plain(first))}"


async def test_an_entry_of_two_logs_is_struck_on_both(world: World) -> None:
    entry = await logged(world, project="tools,bots")
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == world.page("Nova Resource:Bots/SAL") == day(struck(entry, undo))
    assert await world.fates(entry, undo) == [DELIVERED, DELIVERED]


async def test_where_two_logs_are_one_page_it_is_struck_once(world: World) -> None:
    world.write(f"#REDIRECT [[{TITLE}]]", "Nova Resource:Bots/SAL")
    world.write("An intro.")
    entry = await logged(world, project="tools,bots")
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == f"An intro.\n\n{day(struck(entry, undo))}"
    assert await world.fates(entry, undo) == [DELIVERED, DELIVERED]
    assert len(world.wiki.edits) == 2


async def test_what_a_robot_has_logged_can_be_taken_back(world: World) -> None:
    entry = an_entry("one")
    assert await world.journal.entries.accept(an_acceptance(entry, told=Told.NEVER))
    await world.deliver()
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == day(struck(entry, undo))


async def test_a_line_is_known_again_when_it_would_be_written_otherwise_now(world: World) -> None:
    entry = await logged(world)
    world.settings = PageSettings(entry='{time} <span id="{id}"></span> {message} ({author})')
    undo = await world.undo(entry)
    await world.deliver()
    assert await world.fates(entry, undo) == [DELIVERED]
    assert f'<s>one</s> (alice) <small id="{undo.id}">' in world.page()


# --- people ---


async def test_a_line_that_people_have_edited_is_left_alone_and_that_is_said(world: World) -> None:
    entry = await logged(world)
    edit(world, "one", "one, by hand")
    undo = await world.undo(entry)
    page = world.page()
    await world.deliver()
    assert world.page() == page
    assert await world.fates(entry, undo) == [LEFT]
    assert len(world.wiki.edits) == 1
    (said,) = [line for line in await told(world) if "Not" in line]
    assert said.startswith("#cloud alice: Not taken back: people have edited it there meanwhile: file:///")
    assert said.endswith(f"#{entry.id}")


async def told(world: World) -> list[str]:
    """What the channel hears."""
    said: list[str] = []

    class Channels:
        def places(self) -> list[tuple[str, str]]:
            return [("libera", "#cloud")]

        def takes(self, network: str, channel: str) -> bool:
            return True

        def say(
            self, network: str, target: str, text: str, importance: Importance, became: Callable[[bool], None]
        ) -> bool:
            said.append(f"{target} {text}")
            return True

    await Announcer(world.journal.tellings, Channels(), lambda: 1000.0).tell()
    return said


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        (lambda world, line: world.write(day("* 09:00 bob: else")), "people have moved or removed it there meanwhile"),
        (lambda world, line: world.write(""), "people have moved or removed it there meanwhile"),
        (lambda world, line: world.delete(), "its page is not there any more"),
        (
            lambda world, line: (world.write(world.page(), ARCHIVE), world.write(f"#REDIRECT [[{ARCHIVE}]]")),
            "people have moved or removed it there meanwhile",
        ),
        (
            lambda world, line: edit(world, line, f"<!-- {line} -->"),
            "it stands there in a form that labsbot does not change",
        ),
    ],
    ids=["removed", "emptied", "deleted", "archived", "commented out"],
)
async def test_a_line_that_is_gone_stays_gone(world: World, what: Callable[[World, str], object], cause: str) -> None:
    entry = await logged(world)
    what(world, plain(entry))
    page = world.page()
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == page
    assert await world.fates(entry, undo) == [LEFT]
    assert [each.cause for each in await world.deliveries(entry) if each.change] == [cause]


async def test_a_line_that_was_moved_to_another_section_is_struck_there(world: World) -> None:
    entry, other = await logged(world), await logged(world, "two")
    world.write(f"{day(plain(other))}\n\n== Kept ==\n{plain(entry)}\n\n=== Deeper ===\nwords")
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == f"{day(plain(other))}\n\n== Kept ==\n{struck(entry, undo)}\n\n=== Deeper ===\nwords"


async def test_where_the_page_leads_elsewhere_for_a_while_it_is_waited_for(world: World) -> None:
    """Nobody has taken the line off a page on which it never was."""
    entry = await logged(world)
    text = world.page()
    world.write("A log.\n\n== 2026-11-22 ==\n* 09:00 bob: else", "Nova Resource:Other")
    world.write("#REDIRECT [[Nova Resource:Other]]")
    world.restart()
    undo = await world.undo(entry)
    await world.quiet()
    (found,) = [each for each in await world.deliveries(entry) if each.change]
    assert (found.state, found.cause) == (
        PARKED,
        "its line is not on “Nova Resource:Other”, and was written on another page",
    )
    world.write(text)
    world.restart()
    world.wall += 5 * MINUTE
    await world.quiet()
    assert await world.fates(entry, undo) == [DELIVERED]
    assert world.page() == day(struck(entry, undo))


async def test_a_page_that_was_renamed_is_followed(world: World) -> None:
    entry = await logged(world)
    world.write(world.page(), "Nova Resource:New home")
    world.write("#REDIRECT [[Nova Resource:New home]]")
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page("Nova Resource:New home") == day(struck(entry, undo))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("heading", ["", "\n\n== Quoted ==", "\n\n=== Quoted ==="])
async def test_of_copies_the_one_that_is_as_we_left_it_is_struck(
    world: World, first: bool, alone: bool, heading: str
) -> None:
    entry, other = await logged(world), await logged(world, "two")
    copy = f"{plain(entry)} (see there)"
    lines = [plain(entry), copy] if first else [copy, plain(entry)]
    text = f"{day(plain(other), lines[0])}{heading}\n{lines[1]}"
    world.write(text)
    undo = await world.undo(entry)
    done = text
    if not alone:
        too = await world.undo(other)
        done = text.replace(f"\n{plain(other)}\n", f"\n{struck(other, too)}\n")
    await world.deliver()
    expected = "\n".join(struck(entry, undo) if line == plain(entry) else line for line in done.split("\n"))
    assert world.page() == expected
    assert await world.fates(entry, undo) == [DELIVERED]


async def test_an_old_copy_beside_another_that_is_struck_stays(world: World) -> None:
    entry, other = await logged(world), await logged(world, "two")
    amend = await world.amend(entry, "three")
    await world.deliver()
    world.write(f"== Quoted ==\n{plain(entry)}\n{plain(other)}\n\n{day(amended(entry, amend))}")
    undo, too = await world.undo(entry), await world.undo(other)
    await world.deliver()
    ours = day(struck(entry, undo, "three"))
    assert world.page() == f"== Quoted ==\n{plain(entry)}\n{struck(other, too)}\n\n{ours}"


async def test_a_mention_of_the_line_farther_up_is_no_hindrance(world: World) -> None:
    entry = await logged(world)
    quoted = f"== Talk ==\n<pre>\n{plain(entry)}\n</pre>\n\n"
    world.write(quoted + world.page())
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == quoted + day(struck(entry, undo))


async def test_a_strike_that_people_revert_is_not_repeated(world: World) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)
    await world.deliver()
    world.write(day(plain(entry)))
    await logged(world, "two")
    assert undo.id not in world.page()
    assert len(world.wiki.edits) == 3


async def test_what_people_had_edited_before_it_was_found_is_theirs(world: World) -> None:
    """After a backup of the journal it is found where it stands; what stands there is not as we wrote it."""
    entry = await world.log("one")
    world.write(day(plain(entry, "one, by hand")))
    await world.deliver()
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == day(plain(entry, "one, by hand"))
    assert await world.fates(entry, undo) == [LEFT]


async def test_what_was_left_alone_does_not_come_with_a_later_change(world: World) -> None:
    entry = await logged(world)
    edit(world, "one", "one, by hand")
    amend = await world.amend(entry, "two")
    await world.deliver()
    edit(world, "one, by hand", "one")
    undo = await world.undo(entry)
    await world.deliver()
    assert await world.fates(entry, amend) == [LEFT]
    assert world.page() == day(struck(entry, undo, "one"))


async def test_somebody_who_edits_the_line_just_before_us_has_edited_it(world: World) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)
    world.wiki.before_saving = lambda: edit(world, "one", "one, by hand")
    await world.deliver()
    assert world.page() == day(plain(entry, "one, by hand"))
    assert await world.fates(entry, undo) == [LEFT]


async def test_somebody_who_moves_the_line_just_before_us_has_moved_it(world: World) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)
    world.wiki.before_saving = lambda: world.write(f"== Kept ==\n{plain(entry)}")
    await world.deliver()
    assert world.page() == f"== Kept ==\n{struck(entry, undo)}"


async def test_what_was_known_of_a_page_is_not_believed_after_a_line_was_left_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    entry = await logged(world)
    edit(world, "one", "one, by hand")
    amend = await world.amend(entry, "two")
    await world.deliver()
    world.write(f"== Above ==\nwords\n\n== Beside ==\nwords\n\n{day(plain(entry))}")
    await world.undo(entry)
    await world.deliver()
    assert await world.fates(entry, amend) == [LEFT]
    assert len(world.wiki.edits) == 2
    assert "trying again" not in caplog.text


# --- answers that are lost, edits that are late ---


async def test_a_strike_whose_answer_was_lost_is_found_and_done_once(world: World) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)
    world.wiki.answers_lost = 1
    await world.deliver()
    assert world.page() == day(struck(entry, undo))
    assert len(world.wiki.edits) == 2
    assert await world.fates(entry, undo) == [DELIVERED]


async def test_a_strike_that_never_came_is_sent_again_when_no_gateway_can_hold_it(world: World) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)
    world.wiki.posts_late = 1
    await world.deliver(until=lambda: world.wiki.on_the_way)
    (sent, _) = world.wiki.on_the_way[0]
    later = await world.amend(entry, "two")
    await world.deliver()
    assert world.seconds - sent > GATEWAY
    assert [len(world.wiki.edits), world.page()] == [3, day(amended_and_struck(entry, undo, later))]


def amended_and_struck(entry: Entry, undo: Change, amend: Change) -> str:
    return f'{struck(entry, undo, amend.text)}<span id="{amend.id}"></span>'


async def test_a_strike_that_a_gateway_sends_twice_is_done_whatever_somebody_makes_of_the_line_in_between(
    world: World,
) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)

    def it_came_and_the_line_was_removed() -> None:
        FolderWiki.save(world.wiki, world.wiki.edits[-1])
        edit(world, struck(entry, undo), "")

    world.wiki.before_saving = it_came_and_the_line_was_removed
    await world.deliver()
    assert await world.fates(entry, undo) == [DELIVERED]
    assert entry.id not in world.page()


@pytest.mark.parametrize("restarted", [False, True])
async def test_no_other_change_of_the_entry_is_composed_before(world: World, restarted: bool) -> None:
    entry = await logged(world)
    await world.amend(entry, "two")
    world.wiki.posts_late = 1
    await world.deliver(until=lambda: world.wiki.on_the_way)
    undo = await world.undo(entry)
    if restarted:
        world.restart()
    ((_, late),) = world.wiki.on_the_way
    begun = world.seconds
    await world.deliver(until=lambda: world.seconds > begun + GATEWAY - 20)
    assert len(world.wiki.edits) == 2
    FolderWiki.save(world.wiki, late)
    await world.deliver()
    assert world.page() == day(struck(entry, undo, "two"))


async def test_a_late_strike_that_people_reverted_is_not_sent_again(world: World) -> None:
    entry = await logged(world)
    undo = await world.undo(entry)
    world.wiki.posts_late = 1

    def arrives_and_is_reverted(looks: int) -> None:
        if looks == 2:
            FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])
            world.write(day(plain(entry)))

    world.wiki.finding = arrives_and_is_reverted
    await world.deliver()
    assert world.page() == day(plain(entry))
    assert await world.fates(entry, undo) == [DELIVERED]
    assert len(world.wiki.edits) == 2


async def test_an_entry_that_was_lost_and_taken_back_arrives_struck_and_the_late_one_changes_nothing(
    world: World,
) -> None:
    world.write(day("* 09:00 bob: earlier"))
    entry = await world.log("one")
    world.wiki.posts_late = 1
    await world.deliver(until=lambda: world.wiki.on_the_way)
    undo = await world.undo(entry)
    await world.deliver()
    assert world.page() == day(struck(entry, undo), "* 09:00 bob: earlier")
    with contextlib.suppress(Exception):
        FolderWiki.save(world.wiki, world.wiki.on_the_way[0][1])
    assert world.page() == day(struck(entry, undo), "* 09:00 bob: earlier")
    assert await world.fates(entry) == await world.fates(entry, undo) == [DELIVERED]


async def test_an_entry_that_came_late_after_all_is_struck_where_it_stands(world: World) -> None:
    world.write(day("* 09:00 bob: earlier"))
    entry = await world.log("one")
    world.wiki.posts_late = 1
    await world.deliver(until=lambda: world.wiki.on_the_way)
    undo = await world.undo(entry)
    world.wiki.before_saving = lambda: FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])
    await world.deliver()
    assert world.page() == day(struck(entry, undo), "* 09:00 bob: earlier")


@pytest.mark.parametrize("behind", ["begin", "intend", "save", "find", "delivered", "leave", "look", "text", "section"])
@pytest.mark.parametrize("edited", [False, True])
async def test_whenever_the_process_dies_a_strike_is_done_once(tmp_path: Path, behind: str, edited: bool) -> None:
    world = MortalWorld(tmp_path, PageSettings())
    entry, other = await logged(world), await logged(world, "two")
    world.restart()
    undo = await world.undo(entry)
    if edited:
        edit(world, "one", "one, by hand")
    page = world.page()
    world.fuse.behind = behind
    with contextlib.suppress(Killed):
        await world.deliver()
    world.restart()
    await world.deliver()
    assert world.page() == (page if edited else day(plain(other), struck(entry, undo)))
    assert await world.fates(entry, undo) == [LEFT if edited else DELIVERED]
    assert len(world.wiki.edits) == (2 if edited else 3)
    world.journal.close()


# --- filters ---


async def test_an_amendment_that_a_filter_refuses_is_parked_alone(world: World) -> None:
    entry, other = await logged(world), await logged(world, "two", nick="bob", author="bob")
    amend, fine = await world.amend(entry, "viagra"), await world.amend(other, "three")
    world.wiki.unwelcome = "viagra"
    third = await world.log("four")
    await world.deliver()
    assert await world.fates(entry, amend) == [PARKED]
    assert await world.fates(other, fine) == await world.fates(third) == await world.fates(entry) == [DELIVERED]
    undo = await world.undo(entry)
    await world.deliver()
    assert struck(entry, undo, "one") in world.page().split("\n")
    assert await world.fates(entry, amend) == [PARKED]


async def test_a_reason_that_a_filter_refuses_keeps_back_no_other_change(world: World) -> None:
    entry = await logged(world)
    amend, undo = await world.amend(entry, "two"), await world.undo(entry, "viagra")
    world.wiki.unwelcome = "viagra"
    await world.deliver()
    assert await world.fates(entry, amend) == [DELIVERED]
    assert await world.fates(entry, undo) == [PARKED]
    assert world.page() == day(amended(entry, amend))
    world.wiki.unwelcome = None
    world.wall += 61 * MINUTE
    await world.quiet()
    assert await world.fates(entry, undo) == [DELIVERED]
