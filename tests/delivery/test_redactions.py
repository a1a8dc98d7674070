"""What is removed leaves its page, whatever people have made of it, and nothing sent earlier brings it back."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.delivery.settle import GATEWAY
from labsbot.desk.answer import Refusal
from labsbot.desk.redactions import Redactions
from labsbot.desk.scripts import Script
from labsbot.model import Change, DeliveryState, Entry, RefusedText, Via
from labsbot.settings import PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.test_corrections import ARCHIVE, day, edit, logged, plain, told
from tests.delivery.test_states import MortalWorld
from tests.delivery.world import TITLE, Killed, World
from tests.nouns import NOON

DELIVERED, PENDING, PARKED, LEFT = (
    DeliveryState.DELIVERED,
    DeliveryState.PENDING,
    DeliveryState.PARKED,
    DeliveryState.LEFT,
)
SECRET = "hunter2"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture(autouse=True)
def no_guard_is_needed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The guard around a batch hides faults of our own."""
    yield
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def stub(entry: Entry, redaction: Change) -> str:
    return f'{plain(entry, "removed by an operator")}<span id="{redaction.id}"></span>'


# --- a good day ---


async def test_a_stub_takes_the_place_of_the_text_and_all_else_stays(world: World) -> None:
    world.write(day("* 09:00 bob: earlier") + "\n\n[[Category:SAL]]")
    entry, other = await logged(world, SECRET), await logged(world, "two")
    page = world.page()
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == page.replace(plain(entry), stub(entry, redaction))
    assert await world.fates(entry, redaction) == [DELIVERED]
    assert plain(other) in world.page()
    assert world.wiki.history(TITLE)[0].summary.startswith("root: removed by an operator [b:")


async def test_what_was_amended_and_taken_back_says_nothing_any_more(world: World) -> None:
    entry = await logged(world, SECRET)
    await world.amend(entry, f"{SECRET} again")
    await world.deliver()
    await world.undo(entry, f"it said {SECRET}")
    await world.deliver()
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))


async def test_what_is_not_on_the_wiki_yet_arrives_as_a_stub(world: World) -> None:
    entry = await world.log(SECRET)
    await world.undo(entry, SECRET)
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))
    assert [SECRET in f"{each}" for each in world.wiki.edits] == [False]
    assert {each.state for each in await world.deliveries(entry)} == {DELIVERED}


async def test_what_is_parked_becomes_a_stub_too(world: World) -> None:
    world.wiki.unwelcome = SECRET
    entry = await world.log(SECRET)
    await world.deliver()
    assert await world.fates(entry) == [PARKED]
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))


async def test_an_amendment_that_is_parked_is_overtaken(world: World) -> None:
    entry = await logged(world)
    world.wiki.unwelcome = SECRET
    await world.amend(entry, SECRET)
    await world.deliver()
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))
    assert {each.state for each in await world.deliveries(entry)} == {DELIVERED}


async def test_of_several_logs_it_leaves_all(world: World) -> None:
    entry = await logged(world, SECRET, project="tools,bots")
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == world.page("Nova Resource:Bots/SAL") == day(stub(entry, redaction))


async def test_where_two_logs_are_one_page_it_is_one_edit(world: World) -> None:
    world.write(f"#REDIRECT [[{TITLE}]]", "Nova Resource:Bots/SAL")
    world.write("An intro.")
    entry = await logged(world, SECRET, project="tools,bots")
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == f"An intro.\n\n{day(stub(entry, redaction))}"
    assert len(world.wiki.edits) == 2


@pytest.mark.parametrize("form", ["{{{{SAL entry|{id}|{time}|{author}|{message}}}}}", "{time} {message} {id}"])
async def test_in_whatever_form_entries_are_written_nothing_of_the_text_stays(world: World, form: str) -> None:
    world.settings = PageSettings(entry=form.replace("{{{{", "{{").replace("}}}}}", "}}}"))
    if "{id}" in form and "SAL" not in form:
        world.settings = PageSettings(entry='{time} <span id="{id}"></span> {message} ({author})')
    entry = await logged(world, SECRET)
    assert SECRET in world.page()
    await world.redact(entry)
    await world.deliver()
    assert SECRET not in world.page()
    assert "removed by an operator" in world.page()


async def test_nobody_is_told_of_it_in_the_channel(world: World) -> None:
    entry = await logged(world, SECRET)
    await told(world)
    await world.redact(entry)
    await world.deliver()
    assert await told(world) == []


async def test_asked_again_it_is_looked_at_again(world: World) -> None:
    """Whoever reverts the edit puts the text back, and nobody has to know."""
    entry = await logged(world, SECRET)
    redaction = await world.redact(entry)
    await world.deliver()
    edit(world, stub(entry, redaction), plain(entry))
    assert (await world.redact(entry)).id == redaction.id
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))
    edits = len(world.wiki.edits)
    await world.redact(entry)
    await world.deliver()
    assert len(world.wiki.edits) == edits
    assert await world.fates(entry, redaction) == [DELIVERED]


async def test_what_is_not_there_cannot_be_removed(world: World) -> None:
    redactions = Redactions(world.journal.erasures, world.now, timedelta(seconds=GATEWAY))
    outcome = await redactions.redact(Script("root", "user root", Via.COMMAND), "sal-20261122143001-7f3a")
    assert isinstance(outcome, Refusal)
    assert outcome.text.startswith("Not removed: I know no such entry")


# --- people ---


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("{line}, by hand: hunter2", "{stub}"),
        ("*{line} hunter2", "*{stub}"),
        ("* hunter2: <b>{bare}</b>", "{stub}"),
        ("{line} {other}", "{stub} {other}"),
        ("* {other} {bare}", "* {other} {barestub}"),
        ("{line}\n{line} (copied)", "{stub}\n{stub}"),
    ],
    ids=["added to", "nested", "within", "before another", "behind another", "copied"],
)
async def test_what_people_have_made_of_the_line_goes_with_it(world: World, line: str, after: str) -> None:
    entry, other = await logged(world, SECRET), await logged(world, "two")
    redaction_place = world.page()
    assert plain(entry) in redaction_place
    others = plain(other).removeprefix("* ")
    parts = {"line": plain(entry), "bare": plain(entry).removeprefix("* "), "other": others}
    world.write(day("* 13:00 bob: above", line.format(**parts), "* 09:00 bob: below"))
    redaction = await world.redact(entry)
    await world.deliver()
    made = stub(entry, redaction)
    expected = after.format(stub=made, barestub=made.removeprefix("* "), other=others)
    assert world.page() == day("* 13:00 bob: above", expected, "* 09:00 bob: below")
    assert await world.fates(entry, redaction) == [DELIVERED]


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        (lambda world, line: world.write(day("* 09:00 bob: else")), "people have moved or removed it there meanwhile"),
        (lambda world, line: world.delete(), "its page is not there any more"),
        (
            lambda world, line: (world.write(world.page(), ARCHIVE), world.write(f"#REDIRECT [[{ARCHIVE}]]")),
            "people have moved or removed it there meanwhile",
        ),
        (
            lambda world, line: edit(world, line, f"<!-- {line} -->"),
            "it stands there in a form that labsbot does not change",
        ),
        (
            lambda world, line: edit(world, line, f"{line} {{{{note|\nwhy}}}}"),
            "people have edited it there meanwhile",
        ),
    ],
    ids=["removed", "deleted", "archived", "commented out", "goes on in another line"],
)
async def test_where_the_line_is_not_found_that_is_said_and_nothing_is_broken(
    world: World, what: Callable[[World, str], object], cause: str
) -> None:
    entry = await logged(world, SECRET)
    what(world, plain(entry))
    page = world.page()
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == page
    assert await world.fates(entry, redaction) == [LEFT]
    (left,) = [each for each in await world.deliveries(entry) if each.change == redaction]
    assert left.cause == cause
    assert left.url is not None


async def test_what_was_not_found_is_looked_for_when_it_is_asked_again(world: World) -> None:
    entry = await logged(world, SECRET)
    page = world.page()
    world.write("")
    redaction = await world.redact(entry)
    await world.deliver()
    world.write(page)
    await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))


async def test_somebody_who_edits_the_line_just_before_us_is_met(world: World) -> None:
    entry = await logged(world, SECRET)
    redaction = await world.redact(entry)
    world.wiki.before_saving = lambda: edit(world, SECRET, f"{SECRET}, by hand")
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))


# --- what was sent earlier ---


async def under_way(world: World, message: str = SECRET) -> Entry:
    """An entry that was sent and not answered, and of which nobody has asked yet what became of it."""
    entry = await world.log(message)
    world.wiki.posts_late = 1
    await world.deliverer._next()
    await world.deliverer._next()
    assert world.wiki.on_the_way
    return entry


@pytest.mark.parametrize("restarted", [False, True])
async def test_while_it_may_be_on_its_way_no_stub_is_sent(world: World, restarted: bool) -> None:
    world.write(day("* 09:00 bob: earlier"))
    entry = await under_way(world)
    redaction = await world.redact(entry)
    if restarted:
        world.restart()
    begun = world.seconds
    await world.deliver(until=lambda: world.seconds > begun + GATEWAY - 20)
    assert len(world.wiki.edits) == 1
    FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])
    await world.deliver()
    assert world.page() == day(stub(entry, redaction), "* 09:00 bob: earlier")


async def test_when_no_gateway_can_hold_it_the_stub_is_sent(world: World) -> None:
    world.write(day("* 09:00 bob: earlier"))
    entry = await under_way(world)
    redaction = await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction), "* 09:00 bob: earlier")
    assert await world.journal.erasures.sent_with([entry.id]) == []


async def test_what_was_given_up_and_may_come_is_waited_for(world: World) -> None:
    """It was sent again at once, which is sure only as long as nobody takes the second away."""
    world.write(day("* 09:00 bob: earlier"))
    entry = await world.log(SECRET)
    world.wiki.posts_late = 1
    await world.deliver()
    assert [len(world.wiki.edits), len(world.wiki.on_the_way)] == [2, 1]
    redaction = await world.redact(entry)
    await world.quiet()
    assert SECRET in world.page()
    edit(world, f"{plain(entry)}\n", "")
    FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])
    assert SECRET in world.page()
    world.wall = NOON + timedelta(seconds=GATEWAY + 1)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction), "* 09:00 bob: earlier")


async def test_a_stub_whose_answer_was_lost_is_found_and_sent_once(world: World) -> None:
    entry = await logged(world, SECRET)
    redaction = await world.redact(entry)
    world.wiki.answers_lost = 1
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))
    assert len(world.wiki.edits) == 2


async def test_a_stub_that_never_came_is_sent_again(world: World) -> None:
    entry = await logged(world, SECRET)
    redaction = await world.redact(entry)
    world.wiki.posts_late = 1
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))
    with contextlib.suppress(Exception):
        FolderWiki.save(world.wiki, world.wiki.on_the_way.pop()[1])
    assert world.page() == day(stub(entry, redaction))


async def test_a_protected_page_is_waited_for(world: World) -> None:
    entry = await logged(world, SECRET)
    redaction = await world.redact(entry)
    world.wiki.failures.append(RefusedText("a filter of the wiki refuses it", "abusefilter-disallowed"))
    await world.deliver()
    assert await world.fates(entry, redaction) == [PARKED]
    await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, redaction))


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False])
async def test_a_process_that_dies_between_any_two_steps_does_it_once(tmp_path: Path, first: bool) -> None:
    """`first`: before the entry was written at all."""
    step, died = 0, True
    while died:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        world = MortalWorld(folder, PageSettings())
        entry = await world.log(SECRET)
        if not first:
            await world.deliver()
        redaction = await world.redact(entry)
        world.fuse.left = step
        try:
            await world.deliver()
            died = False
        except Killed:
            world.restart()
            await world.deliver()
        assert world.page() == day(stub(entry, redaction))
        assert len(world.wiki.history(TITLE)) == 2 - first
        world.journal.close()
    assert step > 4


# --- a backup that is put back ---


async def backed_up(world: World, folder: Path) -> None:
    world.journal.close()
    shutil.copytree(world.folder, folder, ignore=shutil.ignore_patterns("pages"))
    world.journal = world.opened()
    world.deliverer = world.started()


def put_back(world: World, folder: Path) -> None:
    world.journal.close()
    shutil.copytree(folder, world.folder, dirs_exist_ok=True)
    world.journal = world.opened()
    world.deliverer = world.started()


@pytest.mark.parametrize("was", ["delivered", "pending", "amended", "taken back", "under way"])
async def test_a_backup_that_is_put_back_does_not_bring_it_back(world: World, tmp_path: Path, was: str) -> None:
    world.write(day("* 09:00 bob: earlier"))
    entry = await world.log(SECRET)
    if was == "under way":
        world.wiki.answers_lost = 1
        await world.deliverer._next()
        await world.deliverer._next()
        assert await world.journal.attempts.open_attempts()
    elif was != "pending":
        await world.deliver()
    if was == "amended":
        await world.amend(entry, f"{SECRET} again")
    if was == "taken back":
        await world.undo(entry, SECRET)
    await backed_up(world, tmp_path / "backup")
    redaction = await world.redact(entry)
    await world.deliver()
    page = world.page()
    assert page == day(stub(entry, redaction), "* 09:00 bob: earlier")
    put_back(world, tmp_path / "backup")
    await world.deliver()
    assert world.page() == page
    again = await world.redact(entry)
    await world.deliver()
    assert world.page() == day(stub(entry, again), "* 09:00 bob: earlier")
    assert again.id != redaction.id
