"""Old days move from a log's page to its archives: every line stands on one page, whatever happens in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labsbot.delivery import moving
from labsbot.delivery.settle import GATEWAY
from labsbot.model import DeliveryState, Edit, Entry, Refused, RefusedText, Saved, Unavailable
from labsbot.settings import ArchivedBy, Order
from labsbot.wiki import folder
from labsbot.wiki.folder import FolderWiki
from labsbot.wikitext.archive_page import LIST
from tests.delivery.archive_world import OLD, SETTINGS, ArchiveWorld, by, log_page
from tests.delivery.world import TITLE, Killed
from tests.nouns import NOON


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ArchiveWorld]:
    made = ArchiveWorld(tmp_path)
    yield made
    made.journal.close()


def saves(world: ArchiveWorld, title: str) -> list[Edit]:
    return [edit for edit in world.wiki.edits if edit.title == title]


# --- in peace ---------------------------------------------------------------------------------------------------------


async def test_a_page_over_its_size_is_archived_when_it_is_quiet(world: ArchiveWorld) -> None:
    await world.grows()
    assert world.page() == (
        f"The log.\n\n{LIST} [[:{OLD}|2025]]\n\n== 2026-11-22 ==\n"
        + world.page().partition("== 2026-11-22 ==\n")[2].partition("\n")[0]
        + "\n\n== 2026-11-21 ==\n* 09:00 bob: this_year\n\n[[Category:Old]]"
    )
    assert world.page(OLD) == f"Archive of [[:{TITLE}]].\n\n[[Category:SAL]]\n\n{log_page(days=12)}"
    assert world.is_whole("hello")
    assert world.waited >= 50


async def test_a_page_that_is_small_is_not_read(world: ArchiveWorld) -> None:
    world.settings = by(over=100_000)
    await world.log("hello")
    await world.deliver()
    reads = world.wiki.reads
    await world.pass_time()
    assert world.wiki.reads == reads
    assert world.is_whole("hello")


async def test_the_size_of_a_page_is_asked_for_once_an_hour(world: ArchiveWorld) -> None:
    world.settings = by(over=100_000)
    asked: list[str] = []
    size = world.wiki.size
    world.wiki.size = lambda title: asked.append(title) or size(title)  # type: ignore[method-assign, func-returns-value]
    for number in range(10):
        await world.log(f"words{number}")
        await world.pass_time(300)
    assert len(asked) == 1
    await world.pass_time()
    assert len(asked) == 2


async def test_where_archives_are_not_wanted_nothing_moves(world: ArchiveWorld) -> None:
    world.settings = by(by=ArchivedBy.NEVER)
    await world.grows()
    assert world.page(OLD) == ""


async def test_months_of_this_year_move_where_it_alone_is_too_much(tmp_path: Path) -> None:
    page = "\n\n".join(
        f"== 2026-{month:02}-0{day} ==\n* 09:00 bob: {month}-{day}-{'x' * 60}"
        for month in range(11, 0, -1)
        for day in (2, 1)
    )
    world = ArchiveWorld(tmp_path, by(over=1000), page)
    await world.grows()
    assert len(world.page().encode()) <= 1300
    assert "== 2026-11-01 ==" in world.page()
    assert world.page(f"{TITLE}/2026").index("== 2026-02-01 ==") < world.page(f"{TITLE}/2026").index("== 2026-01-02")
    assert world.is_whole("hello")
    world.journal.close()


async def test_portions_are_bounded(world: ArchiveWorld) -> None:
    world.wiki.gateway = 700
    world.deliverer._archiver._mover._largest = 400
    await world.grows()
    assert world.is_whole("hello")
    assert len(saves(world, OLD)) == 3
    assert world.page(OLD).endswith(log_page(days=12))


async def test_a_log_below_a_heading_is_archived_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    settings = replace(SETTINGS, title="Nova Resource:{project}", heading="Server Admin Log", level=3)
    page = f"About.\n\n== Server Admin Log ==\n\n{log_page(days=12, level='===')}\n\n== Instances ==\n* db1"
    world = ArchiveWorld(tmp_path, settings, page, "Nova Resource:Tools")
    await world.grows()
    assert world.page("Nova Resource:Tools/2025").endswith(log_page(days=12, level="==="))
    left = world.page("Nova Resource:Tools")
    assert left.startswith(f"About.\n\n== Server Admin Log ==\n\n{LIST} [[:Nova Resource:Tools/2025|2025]]\n\n=== 2026")
    assert left.endswith("== Instances ==\n* db1")
    assert world.is_whole("hello")
    world.journal.close()


async def test_oldest_first_later_days_go_to_the_end_of_the_archive(tmp_path: Path) -> None:
    settings = replace(SETTINGS, order=Order.OLDEST)
    days = log_page(days=12).split("\n\n")
    world = ArchiveWorld(tmp_path, settings, "\n\n".join(reversed(days)))
    world.deliverer._archiver._mover._largest = 400
    await world.grows()
    assert world.page(OLD).endswith("\n\n".join(reversed(days)))
    assert world.is_whole("hello")
    world.journal.close()


async def test_what_is_too_large_beside_the_last_day_of_an_archive_goes_to_the_next_one(tmp_path: Path) -> None:
    settings = replace(SETTINGS, order=Order.OLDEST)
    newest, older, oldest, *_ = log_page(days=3, lines=8).split("\n\n")
    lines = {day: day.count("\n") for day in (oldest, older, newest)}
    world = ArchiveWorld(tmp_path, settings, "\n\n".join((oldest, older, newest)))
    world.wiki.gateway = 400
    world.deliverer._archiver._mover._largest = 100  # a day is larger, and goes alone
    await world.grows()
    assert set(lines.values()) == {8}
    assert world.page(OLD).endswith(oldest)
    assert world.page(f"{OLD} (2)").endswith(older)
    assert world.page(f"{OLD} (3)").endswith(newest)
    assert world.is_whole("hello")
    world.journal.close()


# --- pages that are there ---------------------------------------------------------------------------------------------


async def test_an_archive_that_people_have_made_goes_on(world: ArchiveWorld) -> None:
    world.write("Moved by hand.\n\n== 2025-06-01 ==\n* 09:00 bob: by_hand", OLD)
    await world.grows()
    assert world.page(OLD) == f"Moved by hand.\n\n{log_page(days=12)}\n\n== 2025-06-01 ==\n* 09:00 bob: by_hand"
    assert world.is_whole("hello", "by_hand")


async def test_a_page_that_is_no_archive_is_not_written_to(
    world: ArchiveWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world.write("Somebody's thoughts about 2025.", OLD)
    await world.grows()
    assert world.page(OLD) == "Somebody's thoughts about 2025."
    assert world.is_whole("hello")
    assert "no archive of it" in caplog.text


async def test_a_full_archive_goes_on_at_the_next_title(world: ArchiveWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "FULL", 500)
    world.deliverer._archiver._mover._largest = 400
    await world.grows()
    assert {OLD, f"{OLD} (2)"} <= {title for title, _ in world.wiki._pages()}
    assert world.is_whole("hello")
    assert f"[[:{OLD}|2025]]" in world.page()
    assert f"[[:{OLD} (2)|2025 (2)]]" in world.page()


async def test_days_that_cannot_be_told_apart_stay_and_the_operator_is_told(
    world: ArchiveWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world.write(
        world.page().replace("== 2025-12-31", "<div>\n== 2025-12-31").replace("[[Category", "</div>\n[[Category")
    )
    await world.grows()
    assert world.page(OLD) == ""
    assert "a box, a table, a comment" in caplog.text


# --- people meanwhile -------------------------------------------------------------------------------------------------


def before_removal(world: ArchiveWorld, act: Callable[[], object]) -> None:
    """Do something when the first edit takes days off the log's page."""
    save = world.wiki.save
    done: list[Edit] = []

    def saved(edit: Edit) -> Saved:
        if "archived to" in edit.summary and not done:
            done.append(edit)
            act()
        return save(edit)

    world.wiki.save = saved  # type: ignore[method-assign]


async def test_what_people_change_between_copy_and_removal_is_in_the_archive(world: ArchiveWorld) -> None:
    before_removal(
        world, lambda: world.write(world.page().replace("2025-12-30-0", "2025-12-30-0\n* 08:30 eve: by_hand"))
    )
    await world.grows()
    assert "* 08:30 eve: by_hand" in world.page(OLD)
    assert "by_hand" not in world.page()
    assert world.is_whole("hello", "by_hand")


async def test_what_people_write_elsewhere_on_the_page_meanwhile_stays(world: ArchiveWorld) -> None:
    before_removal(world, lambda: world.write(world.page().replace("The log.", "The log.\n* by_hand")))
    await world.grows()
    assert world.page().startswith("The log.\n* by_hand")
    assert world.is_whole("hello", "by_hand")


async def test_what_people_change_in_the_archive_stays_and_the_days_leave_the_page(world: ArchiveWorld) -> None:
    before_removal(world, lambda: world.write(world.page(OLD).replace("2025-12-30-0", "2025-12-30-0\n* by_hand"), OLD))
    await world.grows()
    assert "* by_hand" in world.page(OLD)
    assert world.is_whole("hello", "by_hand")


async def test_what_people_have_changed_on_both_pages_stays_on_both_and_the_operator_is_told(
    world: ArchiveWorld, caplog: pytest.LogCaptureFixture
) -> None:
    def both() -> None:
        world.write(world.page().replace("2025-12-30-0", "2025-12-30-0\n* on_the_page"))
        world.write(world.page(OLD).replace("2025-12-30-0", "2025-12-30-0\n* in_the_archive"), OLD)

    before_removal(world, both)
    await world.grows()
    assert "on_the_page" in world.page()
    assert "in_the_archive" in world.page(OLD)
    assert "== 2025-12-31 ==" not in world.page()
    assert "people have changed 2025-12-30 both on the page and in the archive" in caplog.text


async def test_the_operator_is_told_of_all_days_that_stay_on_both_pages(
    world: ArchiveWorld, caplog: pytest.LogCaptureFixture
) -> None:
    def both() -> None:
        for title, hand in ((None, "on_the_page"), (OLD, "in_the_archive")):
            text = world.page(title) if title else world.page()
            for day in ("2025-12-30-0", "2025-12-31-0"):
                text = text.replace(day, f"{day}\n* {hand}")
            world.write(text, *filter(None, [title]))

    before_removal(world, both)
    await world.grows()
    assert "people have changed 2025-12-31, 2025-12-30 both on the page and in the archive" in caplog.text


async def test_what_is_taken_out_of_the_archive_stays_on_the_page(
    world: ArchiveWorld, caplog: pytest.LogCaptureFixture
) -> None:
    def take_out() -> None:
        world.delete(OLD)
        world.write(world.page() + "\nx")

    before_removal(world, take_out)
    await world.grows()
    assert world.is_whole("hello")
    assert world.page(OLD) == ""
    assert "taken out of the archive" in caplog.text


async def test_a_list_that_people_moved_is_gone_on_with(world: ArchiveWorld) -> None:
    world.write(world.page().replace("The log.", f"The log.\n\n{{|\n|\n{LIST} see below\n|}}"))
    await world.grows()
    assert f"{LIST} [[:{OLD}|2025]] · see below\n|}}" in world.page()


async def test_an_entry_goes_first(world: ArchiveWorld) -> None:
    """Also where the page waits for its removal, or nobody knows what became of that."""
    before_removal(world, lambda: setattr(world.wiki, "posts_late", 1))
    await world.log("hello")
    await world.pass_time(90)
    assert world.wiki.on_the_way
    entry = await world.log("soon")
    await world.pass_time(0)
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    await world.pass_time()
    assert world.is_whole("hello", "soon")
    for text in ("== 2025", "sal-2025"):
        assert text not in world.page().replace(f"[[:{OLD}|2025]]", "")


# --- accidents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(4))
async def test_an_answer_that_is_lost_doubles_nothing(world: ArchiveWorld, number: int) -> None:
    await world.log("hello")
    await world.deliver()
    lose_answer_of_save(world, number)
    await world.pass_time()
    assert world.is_whole("hello")
    assert world.page(OLD).endswith(log_page(days=12))
    assert "2025-12" not in world.page()


def lose_answer_of_save(world: ArchiveWorld, number: int) -> None:
    sent = len(world.wiki.edits)

    def save(edit: Edit) -> Saved:
        world.wiki.answers_lost = int(len(world.wiki.edits) == sent + number)
        return type(world.wiki).save(world.wiki, edit)

    world.wiki.save = save  # type: ignore[method-assign]


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("arrives", [False, True])
async def test_what_is_on_its_way_is_not_sent_again_before_it_can_come_no_more(
    world: ArchiveWorld, number: int, arrives: bool
) -> None:
    await world.log("hello")
    await world.deliver()
    sent = len(world.wiki.edits)
    times: list[tuple[float, Edit]] = []

    def save(edit: Edit) -> Saved:
        times.append((world.seconds, edit))
        world.wiki.posts_late = int(len(world.wiki.edits) == sent + number)
        return type(world.wiki).save(world.wiki, edit)

    world.wiki.save = save  # type: ignore[method-assign]
    await world.pass_time(110)
    ((lost, edit),) = world.wiki.on_the_way
    if arrives:
        FolderWiki.save(world.wiki, edit)
    await world.pass_time()
    again = [when for when, each in times if each.text == edit.text and when > lost]
    assert again == [] if arrives else all(when - lost > GATEWAY for when in again)
    assert world.is_whole("hello")
    assert "2025-12" not in world.page()


@pytest.mark.parametrize("failure", [RefusedText("a filter"), Refused("protected")])
async def test_a_copy_that_is_refused_changes_nothing_and_is_told(
    world: ArchiveWorld, failure: Refused, caplog: pytest.LogCaptureFixture
) -> None:
    await world.log("hello")
    await world.deliver()
    world.wiki.failures.append(failure)
    await world.pass_time()
    assert world.page(OLD) == ""
    assert failure.cause in caplog.text
    assert await world.journal.moves.open_moves(world.wiki.name) == []


async def test_where_a_filter_refuses_that_much_is_removed_the_days_leave_one_by_one(world: ArchiveWorld) -> None:
    save = world.wiki.save

    def filtered(edit: Edit) -> Saved:
        if edit.title == TITLE and edit.section is None and len(edit.text) < len(world.page()) / 2:
            raise RefusedText("a filter of the wiki refuses it", "abusefilter-disallowed")
        return save(edit)

    world.wiki.save = filtered  # type: ignore[method-assign]
    await world.grows()
    assert world.is_whole("hello")
    assert len(saves(world, TITLE)) == 1 + 1 + 12
    assert world.page().endswith("* 09:00 bob: this_year\n\n[[Category:Old]]")


async def test_what_is_copied_is_removed_once_the_page_can_be_written_again(world: ArchiveWorld) -> None:
    before_removal(world, lambda: world.wiki.failures.extend([Refused("protected"), Unavailable("read-only")]))
    await world.grows()
    await world.pass_time(20_000)
    assert world.is_whole("hello")
    assert "2025-12" not in world.page()


@pytest.mark.parametrize("target", ["Main Page", f"{TITLE} of others"])
async def test_while_the_page_leads_elsewhere_what_is_copied_is_left_and_then_it_is_removed(
    world: ArchiveWorld, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.write("other words", f"{TITLE} of others")
    before_removal(world, lambda: world.write(f"#REDIRECT [[{target}]]\n\n{world.page()}"))
    await world.grows()
    await world.pass_time(200_000)
    assert caplog.text.count(f"2025-12-31 stands on {TITLE!r} and in {OLD!r}: ") in range(5, 8)
    assert "2025-12-31-0" in world.page()
    world.write(world.page().partition("\n\n")[2])
    await world.pass_time(100_000)
    assert "2025-12" not in world.page()
    assert world.page(OLD).count("2025-12-31-0") == 1


async def test_the_rest_of_a_year_follows_once_what_kept_it_is_mended(world: ArchiveWorld) -> None:
    world.deliverer._archiver._mover._largest = 500
    world.settings = by(over=900)
    save, notes = world.wiki.save, "== Notes ==\nnot only an archive\n\n"

    def used_for_more(edit: Edit) -> Saved:
        saved = save(edit)
        if "archived to" in edit.summary and notes not in world.page(OLD):
            world.write(notes + world.page(OLD), OLD)
        return saved

    world.wiki.save = used_for_more  # type: ignore[method-assign]
    await world.grows()
    assert "2025-12" in world.page()
    assert len(world.page()) < 900
    world.wiki.save = save  # type: ignore[method-assign]
    world.write(world.page(OLD).removeprefix(notes), OLD)
    await world.pass_time(100_000)
    assert "2025-12" not in world.page()
    assert world.is_whole("hello")


async def test_an_entry_that_a_day_only_mentions_keeps_its_address(world: ArchiveWorld) -> None:
    stays = await world.log("now")
    await world.deliver()
    comment = f'* 08:30 eve: by_hand <!-- <span id="{stays.id}"></span> -->'
    world.write(world.page().replace("2025-12-30-0", f"2025-12-30-0\n{comment}"))
    await world.grows()
    assert comment in world.page(OLD)
    assert (await world.delivery(stays)).url == f"{world.wiki.look(TITLE).url}#{stays.id}"


async def test_what_was_begun_and_never_sent_is_planned_anew(world: ArchiveWorld) -> None:
    world.wiki.deadly = "Archive of"
    with pytest.raises(Killed):
        await world.grows()
    world.wiki.deadly = None
    world.restart()
    world.write(world.page().replace("2025-12-30-0", "changed"))
    await world.pass_time()
    assert world.page(OLD).endswith(log_page(days=12).replace("2025-12-30-0", "changed"))
    assert "2025-12" not in world.page()


async def test_a_page_that_is_as_large_as_the_wiki_allows_makes_room_for_what_waits(
    world: ArchiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "LARGEST_PAGE", len(world.page().encode()) + 30)
    entry = await world.log("hello")
    await world.pass_time(0)
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert world.is_whole("hello")
    assert "2025-12" not in world.page()


async def test_where_no_room_can_be_made_it_is_parked_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "== 2026-11-21 ==\n" + "\n".join(f"* 09:00 bob: {number}-{'x' * 50}" for number in range(20))
    monkeypatch.setattr(folder, "LARGEST_PAGE", len(page) + 30)
    world = ArchiveWorld(tmp_path, page=page)
    entry = await world.log("hello", NOON)
    await world.pass_time(0)
    assert (await world.delivery(entry)).state is DeliveryState.PARKED
    assert world.entries() == Counter({f"{number}-{'x' * 50}": 1 for number in range(20)})
    world.journal.close()


# --- entries whose day is in an archive -------------------------------------------------------------------------------

AN_OLD_DAY = NOON.replace(year=2025, month=12, day=24)
ITS_HEADING = "== 2025-12-24 ==\n"


async def archived(world: ArchiveWorld) -> Entry:
    """An entry of a day that went to an archive."""
    entry = await world.log("of_old", AN_OLD_DAY)
    await world.deliver()
    await world.grows()
    assert "of_old" in world.page(OLD)
    assert "of_old" not in world.page()
    return entry


async def test_a_late_entry_goes_to_its_day_in_the_archive(world: ArchiveWorld) -> None:
    await archived(world)
    entry = await world.log("late", AN_OLD_DAY.replace(minute=30))
    await world.deliver()
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.DELIVERED
    assert "2025" in (delivery.url or "")
    assert world.page(OLD).partition(ITS_HEADING)[2].partition("\n")[0].endswith("alice: late")
    assert ITS_HEADING not in world.page()
    await world.log("now")
    await world.deliver()
    assert world.is_whole("hello", "of_old", "late", "now")


async def test_what_is_taken_back_or_amended_is_found_in_the_archive(world: ArchiveWorld) -> None:
    entry = await archived(world)
    amended = await world.amend(entry, "other_words")
    await world.deliver()
    assert f'other_words<span id="{amended.id}"></span>' in world.page(OLD)
    undone = await world.undo(entry)
    await world.deliver()
    assert f'<s>other_words</s> <small id="{undone.id}">' in world.page(OLD)
    assert await world.fates(entry, undone) == [DeliveryState.DELIVERED]


async def test_the_address_of_what_went_to_an_archive_is_there(world: ArchiveWorld) -> None:
    stays = await world.log("now")
    entry = await archived(world)
    archive, page = (world.wiki.look(title).url for title in (OLD, TITLE))
    assert (await world.delivery(entry)).url == f"{archive}#{entry.id}"
    assert (await world.delivery(stays)).url == f"{page}#{stays.id}"


@pytest.mark.parametrize("name", ["November", "2025", "Archive 7", "old/2025-12"])
async def test_what_people_have_taken_to_an_archive_of_theirs_is_corrected_there(
    world: ArchiveWorld, name: str
) -> None:
    world.settings = by(over=10**6)
    entry = await world.log("of_old", AN_OLD_DAY)
    await world.deliver()
    line = next(each for each in world.page().splitlines() if "of_old" in each)
    world.write(world.page().replace(f"{line}\n", ""))
    for number in range(4):
        world.write("notes", f"{TITLE}/Z{number}")
    world.write(f"Archive of [[:{TITLE}]].\n\n{ITS_HEADING}{line}", f"{TITLE}/{name}")
    undone = await world.undo(entry)
    await world.deliver()
    assert f'<s>of_old</s> <small id="{undone.id}">' in world.page(f"{TITLE}/{name}")
    assert await world.fates(entry, undone) == [DeliveryState.DELIVERED]


async def test_a_page_that_became_a_redirect_with_its_text_left_below_is_not_read_in_circles(
    world: ArchiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settings = by(over=10**6)
    entry = await world.log("moved")
    await world.deliver()
    other = "Nova Resource:Tools/Log"
    world.write(f"#REDIRECT [[{other}]]\n\n{world.page()}")
    world.write("A log.", other)
    monkeypatch.setattr(world.wiki, "title_of", lambda revision: TITLE)  # as a MediaWiki says
    world.restart()
    reads = world.wiki.reads
    undone = await world.undo(entry)
    await world.deliver()
    assert world.wiki.reads - reads <= 10
    assert await world.fates(entry, undone) == [DeliveryState.PARKED]


@pytest.mark.parametrize("copy", ["Why was this removed?\n\n{}\n: because --Bob", "<nowiki>{}</nowiki>", "<!-- {} -->"])
async def test_a_page_that_only_quotes_a_line_is_not_written_to_and_hides_no_archive(
    world: ArchiveWorld, copy: str
) -> None:
    world.settings = by(over=10**6)
    entry = await world.log("moved")
    await world.deliver()
    line = next(each for each in world.page().splitlines() if "moved" in each)
    world.write(world.page().replace(f"{line}\n", ""))
    quote = copy.format(line)
    world.write(quote, f"{TITLE}/2026 talk")
    undone = await world.undo(entry)
    await world.deliver()
    assert await world.fates(entry, undone) == [DeliveryState.LEFT]
    world.write(f"== 2026-11-22 ==\n{line}", f"{TITLE}/2026")
    amended = await world.amend(entry, "again")
    await world.deliver()
    assert world.page(f"{TITLE}/2026 talk") == quote
    assert amended.id in world.page(f"{TITLE}/2026")


async def test_what_people_have_made_of_a_line_in_an_archive_of_theirs_stays(world: ArchiveWorld) -> None:
    world.settings = by(over=10**6)
    entry = await world.log("moved")
    await world.deliver()
    line = next(each for each in world.page().splitlines() if "moved" in each)
    world.write(world.page().replace(f"{line}\n", ""))
    revision = (await world.delivery(entry)).revision  # the folder counts them page by page: the same there is no other
    assert revision is not None
    for number in range(1, revision):
        world.write(f"x{number}", f"{TITLE}/2026")
        world.wiki.look(f"{TITLE}/2026")
    world.write(f"== 2026-11-22 ==\n{line} KEEP MY WORDS", f"{TITLE}/2026")
    assert world.wiki.look(f"{TITLE}/2026").revision == revision
    amended = await world.amend(entry, "x")
    await world.deliver()
    assert await world.fates(entry, amended) == [DeliveryState.LEFT]
    assert "KEEP MY WORDS" in world.page(f"{TITLE}/2026")


async def test_what_people_have_taken_out_of_the_archive_is_not_found(world: ArchiveWorld) -> None:
    entry = await archived(world)
    world.write("\n".join(line for line in world.page(OLD).splitlines() if "of_old" not in line), OLD)
    undone = await world.undo(entry)
    await world.deliver()
    assert await world.fates(entry, undone) == [DeliveryState.LEFT]


async def test_what_a_journal_from_a_backup_takes_for_waiting_is_found_in_the_archive(world: ArchiveWorld) -> None:
    entry = await archived(world)
    with world.journal._transactions._engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE delivery SET state = 'pending' WHERE entry = (SELECT number FROM entry WHERE id = ?)", (entry.id,)
        )
    world.restart()
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert world.is_whole("hello", "of_old")
