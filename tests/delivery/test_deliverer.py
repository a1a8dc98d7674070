"""Delivery between a real journal and a wiki with bad days: each entry is on its page once, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from labsbot.delivery.rounds import PAGES
from labsbot.model import (
    Conflict,
    DeliveryState,
    Edit,
    Entry,
    Hindrance,
    JournalFailure,
    LoggedOut,
    Page,
    Refused,
    RefusedText,
    Saved,
    Told,
    Unavailable,
    Unknown,
    Warned,
)
from labsbot.settings import FolderSettings, Order, PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.world import TITLE, Killed, World
from tests.journal.bad_days import BadDay, full_disk, locked, read_only
from tests.nouns import NOON

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEB = "Nova Resource:Web/SAL"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


# --- a good day ---


async def test_an_entry_stands_under_its_days_heading_with_its_anchor(world: World) -> None:
    entry = await world.log("restarted")
    await world.deliver()
    assert world.page() == (f'== 2026-11-22 ==\n* <span id="{entry.id}">[[#{entry.id}|12:00]]</span> alice: restarted')
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.DELIVERED
    assert (delivery.url or "").endswith(f"SAL.wiki#{entry.id}")


async def test_all_that_is_due_for_a_page_is_one_edit(world: World) -> None:
    for number in range(5):
        await world.log(f"m{number}", NOON + number * MINUTE)
    await world.deliver()
    assert len(world.wiki.edits) == 1
    assert world.order_on_page() == ["m4", "m3", "m2", "m1", "m0"]


async def test_the_steady_state_reads_nothing_also_when_a_day_begins(world: World) -> None:
    world.write("The intro.\n\n== 2026-11-21 ==\n* 09:00 bob: earlier")
    await world.log("first")
    await world.deliver()
    reads = world.wiki.reads
    for number, said in enumerate([NOON + MINUTE, NOON + DAY, NOON + DAY + MINUTE, NOON + 3 * DAY]):
        await world.log(f"m{number}", said)
        await world.deliver()
    assert world.wiki.reads == reads
    assert world.order_on_page() == ["m3", "m2", "m1", "m0", "first", "earlier"]
    assert world.page().startswith("The intro.\n\n== 2026-11-25 ==")


async def test_the_summary_says_who_logged_what(world: World) -> None:
    await world.log("restarted")
    await world.deliver()
    (edit,) = world.wiki.edits
    assert re.fullmatch(r"alice: restarted \[b:[0-9a-f]{12}\]", edit.summary)


async def test_below_a_heading_everything_else_on_the_page_stays(world: World) -> None:
    world.settings = PageSettings(title="Nova Resource:{project}", heading="Server Admin Log", level=3)
    title = "Nova Resource:Tools"
    around = "Documentation.\n\n== Server Admin Log ==\n{}== Instances ==\n* i-0000a"
    world.write(around.format(""), title)
    entry = await world.log("restarted")
    await world.deliver()
    line = f'* <span id="{entry.id}">[[#{entry.id}|12:00]]</span> alice: restarted'
    assert world.page(title) == around.format(f"\n=== 2026-11-22 ===\n{line}\n\n")


async def test_a_late_entry_goes_under_its_own_day_in_its_place(world: World) -> None:
    for message, said in [("a", NOON), ("c", NOON + 2 * MINUTE), ("tomorrow", NOON + DAY)]:
        await world.log(message, said)
    await world.deliver()
    await world.log("b", NOON + MINUTE)
    await world.deliver()
    assert world.order_on_page() == ["tomorrow", "c", "b", "a"]


async def test_entries_of_several_days_that_waited_stand_each_under_its_own(world: World) -> None:
    world.write("== 2026-11-23 ==\n* 10:00 bob: between\n\n== 2026-11-20 ==\n* 10:00 bob: before")
    for message, said in [("old", NOON - 4 * DAY), ("sat", NOON - DAY), ("sun", NOON), ("tue", NOON + 2 * DAY)]:
        await world.log(message, said)
    await world.deliver()
    assert world.order_on_page() == ["tue", "between", "sun", "sat", "before", "old"]


async def test_oldest_first_is_an_equal(world: World) -> None:
    world.settings = PageSettings(order=Order.OLDEST)
    for number, said in enumerate([NOON, NOON + MINUTE, NOON + DAY, NOON + DAY + MINUTE]):
        await world.log(f"m{number}", said)
        await world.deliver()
    assert world.order_on_page() == ["m0", "m1", "m2", "m3"]


async def test_two_titles_that_are_one_page_do_not_conflict_with_each_other(world: World) -> None:
    world.write(f"#REDIRECT [[{TITLE}]]", "Nova Resource:Bots/SAL")
    world.write("== 2026-11-21 ==\n* 09:00 bob: earlier")
    await world.log("tools", NOON)
    await world.log("bots", NOON + MINUTE, project="bots")
    await world.deliver()
    assert world.order_on_page() == ["bots", "tools", "earlier"]
    assert len(world.wiki.edits) == 1


async def test_the_first_of_many_pages_does_not_wait_until_all_are_looked_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_before: list[int] = []
    look, save, looks = world.wiki.look, world.wiki.save, count()

    def counted_look(title: str, together: Sequence[str] = ()) -> Page:
        next(looks)
        return look(title, together)

    def noted_save(edit: Edit) -> Saved:
        looked_before.append(next(looks))
        return save(edit)

    monkeypatch.setattr(world.wiki, "look", counted_look)
    monkeypatch.setattr(world.wiki, "save", noted_save)
    for number in range(3 * PAGES):
        await world.log("x", NOON + number * MINUTE, project=f"p{number}")
    await world.deliver()
    assert len(world.wiki.edits) == 3 * PAGES
    assert looked_before[0] <= PAGES
    assert [edit.title for edit in world.wiki.edits[:3]] == [f"Nova Resource:P{each}/SAL" for each in range(3)]


@pytest.mark.parametrize("how", ["late", "another day", "other settings", "it led elsewhere before"])
async def test_a_page_spelt_otherwise_that_was_moved_since_is_found_and_holds_up_nobody(world: World, how: str) -> None:
    """Its project is called as the wiki does not spell it, and its title leads on from there."""
    other = PageSettings(entry='<span id="{id}">{time}</span> {author}: {message}')
    world.settings_for = lambda log: other if "#two" in log.place else world.settings
    project = "tools"
    if how == "it led elsewhere before":
        project = "old"
        world.write(f"#REDIRECT [[{TITLE}]]", "Nova Resource:Old/SAL")
    for message in ("one", "two"):
        await world.log(message, project=project)
        await world.deliver()
    world.write(world.page(), "Nova Resource:Tools/Log")
    world.write("#REDIRECT [[Nova Resource:Tools/Log]]")
    said = {"late": NOON - 3 * DAY, "another day": NOON + DAY}.get(how, NOON)
    await world.log("three", said, project=project, channel="#two" if how == "other settings" else "#cloud")
    await world.log("innocent", project="web")
    reads = world.wiki.reads
    await world.deliver()
    assert "three" in world.page("Nova Resource:Tools/Log")
    assert "innocent" in world.page(WEB)
    assert world.wiki.reads - reads <= 8


async def test_a_page_that_is_looked_at_in_vain_again_and_again_lets_others_go_between(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason may be: it leads elsewhere, and nothing is learnt by that."""
    monkeypatch.setattr(world.deliverer._memory.schedule, "_jitter", lambda limit: limit)
    look, learn = world.wiki.look, world.deliverer._memory.pages.looked

    def leads_on(title: str, together: Sequence[str] = ()) -> Page:
        page = look(title, together)
        return replace(page, redirected=page.redirected or "ools" in title)

    def forgets(asked: str, page: Page, now: float) -> None:
        if "ools" not in asked:
            learn(asked, page, now)

    monkeypatch.setattr(world.wiki, "look", leads_on)
    monkeypatch.setattr(world.deliverer._memory.pages, "looked", forgets)
    world.tick = 0.01
    await world.log("never")
    entry = await world.log("innocent", project="web")
    await world.deliver(until=lambda: len(world.wiki.edits) == 1, patience=10)
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_what_is_due_is_not_asked_for_again_before_each_of_many_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take the longer the more of them wait."""
    asked, looked = count(), list[Sequence[str]]()
    outstanding, look = world.journal.deliveries.outstanding, world.wiki.look

    def counted() -> Any:
        next(asked)
        return outstanding()

    def noted(title: str, together: Sequence[str] = ()) -> Page:
        looked.append(together)
        return look(title, together)

    monkeypatch.setattr(world.journal.deliveries, "outstanding", counted)
    monkeypatch.setattr(world.wiki, "look", noted)
    world.tick = 0.001
    await world.deliver()  # what waited before a start is looked for one by one
    for number in range(4 * PAGES):
        await world.log("x", NOON + number * MINUTE, project=f"p{number}")
    await world.deliver(until=lambda: len(world.wiki.edits) == 4 * PAGES)
    assert [edit.title for edit in world.wiki.edits] == [f"Nova Resource:P{each}/SAL" for each in range(4 * PAGES)]
    assert next(asked) <= 3 * 4  # to look at them, and to write to them
    assert [len(together) for together in looked] == 4 * [*range(PAGES, 0, -1)]


async def test_who_logs_meanwhile_is_there_after_those_who_waited_longer(world: World) -> None:
    world.tick = 0.001
    for number in range(3):
        await world.log("x", NOON + number * MINUTE, project=f"p{number}")
    later = world.log("late", NOON + 9 * MINUTE, project="p0")
    accepted = list[asyncio.Task[Entry]]()
    world.wiki.before_saving = lambda: accepted.append(asyncio.get_running_loop().create_task(later))
    await world.deliver(until=lambda: len(world.wiki.edits) == 4)
    await world.deliver()
    assert [edit.title for edit in world.wiki.edits] == [
        *(f"Nova Resource:P{each}/SAL" for each in range(3)),
        "Nova Resource:P0/SAL",
    ]


@pytest.mark.parametrize("written_before", [False, True])
async def test_a_page_that_fails_amid_others_ends_their_round_and_they_go_on(
    world: World, written_before: bool
) -> None:
    world.tick = 0.001
    entries = [await world.log("x", NOON + number * MINUTE, project=f"p{number}") for number in range(5)]
    if written_before:
        await world.deliver()
        entries = [await world.log("y", NOON + (9 + number) * MINUTE, project=f"p{number}") for number in range(5)]
    failure = Unavailable("it is too busy", "ratelimited")
    if not written_before:
        world.wiki.looking_fails.append(failure)
    world.wiki.failures.extend([failure, LoggedOut("it has ended our session"), Conflict("somebody"), Unknown("lost")])
    await world.deliver()
    for number, entry in enumerate(entries):
        assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
        assert world.page(f"Nova Resource:P{number}/SAL").count(f'id="{entry.id}"') == 1
    assert not world.wiki.failures
    assert not world.wiki.looking_fails


async def test_channels_with_other_settings_write_to_the_same_page(world: World) -> None:
    plain = PageSettings(entry="{id} {time} {author} {message}")
    world.settings_for = lambda log: plain if log.place == "libera #plain" else world.settings
    await world.log("one")
    await world.log("two", NOON + MINUTE, channel="#plain")
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]


# --- others on the page ---


async def test_an_edit_elsewhere_on_the_page_is_kept_and_seen(world: World) -> None:
    world.write("Intro.\n\n== 2026-11-22 ==\n* 09:00 bob: earlier\n\n== 2026-11-21 ==\n* 09:00 bob: past")
    await world.log("one")
    await world.deliver()
    world.write(world.page().replace("Intro.", "== New section ==\nA better intro."))
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    await world.log("three", NOON + 2 * MINUTE)
    await world.deliver()
    assert world.order_on_page() == ["three", "two", "one", "earlier", "past"]
    assert world.page().startswith("== New section ==\nA better intro.")


async def test_a_conflict_at_the_very_spot_is_read_again_and_nobodys_words_are_lost(world: World) -> None:
    await world.log("one")
    await world.deliver()
    world.wiki.before_saving = lambda: world.write(world.page().replace("one", "one, by_hand"))
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    assert world.order_on_page() == ["two", "by_hand"]


async def test_somebody_who_changes_the_spot_again_and_again_is_waited_for(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.extend([Conflict("somebody else is changing the page")] * 12)
    await world.deliver()
    assert world.order_on_page() == ["one"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_a_page_deleted_meanwhile_is_made_anew_with_what_is_due_alone(world: World) -> None:
    await world.log("one")
    await world.deliver()
    world.delete()
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    assert world.order_on_page() == ["two"]


async def test_a_page_that_became_a_redirect_is_followed(world: World) -> None:
    await world.log("one")
    await world.deliver()
    world.write(f"#REDIRECT [[Nova Resource:New home]]\n\n{world.page()}")
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    await world.log("three", NOON + 2 * MINUTE)
    await world.deliver()
    assert "three" in world.page("Nova Resource:New home")


async def test_a_log_that_was_moved_to_an_archive_by_hand_begins_again_in_place_of_the_redirect(world: World) -> None:
    world.settings = PageSettings(new_page="The log of {project}.")
    await world.log("one")
    await world.deliver()
    world.write(world.page(), f"{TITLE}/Archive 1")
    world.write(f"#REDIRECT [[{TITLE}/Archive 1]]")
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    await world.log("three", NOON + 2 * MINUTE)
    await world.deliver()
    assert world.order_on_page() == ["three", "two"]
    assert world.page().startswith("The log of tools.\n\n== 2026-11-22 ==")
    assert world.order_on_page(f"{TITLE}/Archive 1") == ["one"]


async def test_a_page_that_leads_where_it_may_not_is_waited_for(world: World) -> None:
    world.write("#REDIRECT [[Main Page]]")
    entry = await world.log("one")
    await world.deliver()
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.PARKED
    assert re.fullmatch(r"the page redirects to \S*Main_Page\S*, in another namespace", delivery.cause or "")
    world.write("A log of its own.")
    world.wall += 5 * MINUTE
    await world.quiet()
    assert world.order_on_page() == ["one"]
    assert world.page("Main Page") == ""


async def test_what_was_moved_by_hand_is_not_said_again_for_another_log_of_that_page(world: World) -> None:
    """The page of one project redirects to another's: an entry of both is one line."""
    world.settings = PageSettings(title="Nova Resource:{project}/SAL")
    world.write("A log.", "Nova Resource:Tools/SAL")
    world.write("#REDIRECT [[Main Page]]", "Nova Resource:Bots/SAL")
    entry = await world.log("one", project="tools,bots")
    await world.quiet()
    assert await world.fates(entry) == [DeliveryState.DELIVERED, DeliveryState.PARKED]
    world.write(world.page("Nova Resource:Tools/SAL"), "Nova Resource:Tools/SAL/Archive")
    world.write("A log.", "Nova Resource:Tools/SAL")
    world.write("#REDIRECT [[Nova Resource:Tools/SAL]]", "Nova Resource:Bots/SAL")
    world.wall += 5 * MINUTE
    await world.quiet()
    assert world.page("Nova Resource:Tools/SAL") == "A log."
    assert await world.fates(entry) == [DeliveryState.DELIVERED, DeliveryState.DELIVERED]
    await world.undo(entry)
    await world.quiet()
    # it is found where they have moved it, and done once
    assert await world.fates(entry, (await world.deliveries(entry))[-1].change) == [DeliveryState.DELIVERED] * 2
    assert world.page("Nova Resource:Tools/SAL/Archive").count("<s>one</s>") == 1
    assert world.page("Nova Resource:Tools/SAL") == "A log."


async def test_an_id_that_stands_there_already_is_not_inserted_again(world: World) -> None:
    entry = await world.log("one")
    world.write(f'== 2026-11-22 ==\n* <span id="{entry.id}">12:00</span> alice: one')
    await world.deliver()
    assert world.wiki.edits == []
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


# --- the wiki's bad days ---


async def test_a_wiki_that_is_away_loses_nothing_and_the_cause_is_known(world: World) -> None:
    entry = await world.log("one")
    world.wiki.looking_fails.extend([Unavailable("it is read-only")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.looking_fails) < 1000)
    assert (await world.delivery(entry)).cause == "it is read-only"
    world.wiki.looking_fails.clear()
    await world.deliver()
    assert world.order_on_page() == ["one"]
    assert (await world.delivery(entry)).cause is None


async def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(world: World) -> None:
    entry = await world.log("one")
    world.wiki.answers_lost = 1
    await world.deliver()
    assert world.order_on_page() == ["one"]
    assert len(world.wiki.edits) == 1
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_an_unknown_result_that_never_was_saved_is_sent_again(world: World) -> None:
    await world.log("one")
    world.wiki.failures.append(Unknown("it is not answering"))
    await world.deliver()
    assert world.order_on_page() == ["one"]


async def test_while_nobody_knows_nothing_else_is_sent_to_that_page_but_to_others(world: World) -> None:
    first = await world.log("one")
    world.wiki.answers_lost = 1
    world.wiki.finding_fails.extend([Unavailable("it is not answering")] * 3)
    other = await world.log("elsewhere", project="bots")
    second = await world.log("two", NOON + MINUTE)
    await world.deliver()
    assert [len(edit.text.splitlines()) for edit in world.wiki.edits if edit.title == TITLE] == [3]
    for entry in (first, second, other):
        assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_what_a_person_removed_while_the_answer_was_lost_stays_removed(world: World) -> None:
    entry = await world.log("secret")
    world.wiki.answers_lost = 1
    world.wiki.finding_fails.extend([Unavailable("it is not answering")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.finding_fails) < 1000)
    world.wiki.finding_fails.clear()
    world.write("== 2026-11-22 ==\n")
    await world.deliver()
    assert "secret" not in world.page()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_a_lost_session_is_logged_in_again_and_the_entry_goes_on(world: World) -> None:
    await world.log("one")
    world.wiki.failures.append(LoggedOut("it has ended our session"))
    await world.deliver()
    assert world.order_on_page() == ["one"]


async def test_a_login_that_is_refused_parks_nothing(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.append(LoggedOut("it has ended our session"))
    world.wiki.logging_in_fails.extend([Refused("it refuses our user name or password")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.logging_in_fails) < 1000)
    delivery = await world.delivery(entry)
    assert (delivery.state, delivery.cause) == (DeliveryState.PENDING, "it refuses our user name or password")
    world.wiki.logging_in_fails.clear()
    await world.deliver()
    assert world.order_on_page() == ["one"]


async def test_an_edit_that_a_filter_warns_of_is_sent_once_more(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.append(Warned("a filter of the wiki warns of it", "abusefilter-warning"))
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_an_edit_that_a_filter_warns_of_again_and_again_is_parked(world: World) -> None:
    entry = await world.log("one")
    for _ in range(2):
        world.wiki.failures.append(Warned("a filter of the wiki warns of it", "abusefilter-warning"))
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.PARKED


async def test_a_refusal_for_good_parks_the_entry_with_its_cause_and_a_retry_sends_it(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.append(Refused("the page is protected", "protectedpage"))
    await world.deliver()
    delivery = await world.delivery(entry)
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, "the page is protected")
    await world.journal.undelivered.retry([entry.id])
    await world.deliver()
    assert world.order_on_page() == ["one"]


async def test_a_page_that_is_stuck_holds_back_no_other(world: World) -> None:
    await world.log("stuck")
    await world.log("fine", project="bots")
    world.wiki.looking_fails.append(Unavailable("it is not answering"))
    world.deliverer._memory.schedule._jitter = lambda limit: 3600.0

    def fine() -> bool:
        return any(edit.title == "Nova Resource:Bots/SAL" for edit in world.wiki.edits)

    await world.deliver(until=fine)
    assert "fine" in world.page("Nova Resource:Bots/SAL")


# --- our own bad days ---


@pytest.mark.parametrize("sent", [True, False], ids=["sent", "not sent"])
async def test_a_crash_after_the_intent_is_settled_at_the_next_start(world: World, sent: bool) -> None:
    entry = await world.log("one")
    world.wiki.answers_lost = 1 if sent else 0
    if not sent:
        world.wiki.failures.append(Unknown("it is not answering"))
    world.wiki.finding_fails.extend([Unavailable("it is not answering")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.finding_fails) < 1000)
    world.wiki.finding_fails.clear()
    world.restart()
    await world.deliver()
    assert world.order_on_page() == ["one"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_a_crash_before_the_intent_is_only_an_attempt_more(world: World) -> None:
    await world.log("one")
    await world.journal.attempts.begin("b1", "wiki", TITLE, await world.journal.deliveries.pending(), NOON)
    world.restart()
    await world.deliver()
    assert world.order_on_page() == ["one"]


async def test_what_kills_the_process_again_and_again_is_parked(world: World) -> None:
    entry = await world.log("one")
    for number in range(4):
        await world.journal.attempts.begin(f"b{number}", "wiki", TITLE, await world.journal.deliveries.pending(), NOON)
        await world.journal.attempts.abandon(f"b{number}", NOON, may_come=False)
    await world.deliver()
    delivery = await world.delivery(entry)
    assert (delivery.state, world.wiki.edits) == (DeliveryState.PARKED, [])


async def test_a_fault_of_our_own_in_one_batch_leaves_the_others_alone(world: World) -> None:
    stuck = await world.log("stuck")
    await world.log("stuck_too", NOON + MINUTE)
    fine = await world.log("fine", project="bots")
    world.settings_for = lambda log: _Broken() if log.project == "tools" else world.settings
    await world.deliver()
    assert (await world.delivery(stuck)).state is DeliveryState.PARKED
    assert (await world.delivery(fine)).state is DeliveryState.DELIVERED


class _Broken(PageSettings):
    """Settings that only a fault of ours could make."""

    def __init__(self) -> None:
        super().__init__(entry=None)  # type: ignore[arg-type]


async def test_an_attempt_at_a_wiki_that_is_configured_no_more_is_parked(world: World) -> None:
    entry = await world.log("one")
    world.wiki.answers_lost = 1
    world.wiki.finding_fails.extend([Unavailable("it is not answering")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.finding_fails) < 1000)
    world.wiki.finding_fails.clear()
    world.wiki.name = "another wiki"
    await world.deliver()
    delivery = await world.delivery(entry)
    assert delivery.state is DeliveryState.PARKED
    assert "is not configured any more" in (delivery.cause or "")


async def test_a_journal_that_fails_after_the_save_does_not_log_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await world.log("one")
    record = world.journal.attempts.delivered
    failing = [True]

    async def full(*given: object) -> None:
        if failing:
            failing.pop()
            raise JournalFailure("disk is full")
        await record(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(world.journal.attempts, "delivered", full)
    monkeypatch.setattr("labsbot.delivery.deliverer.RECORD", 0.0)
    await world.deliver()
    assert world.order_on_page() == ["one"]
    assert len(world.wiki.edits) == 1
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_pending_entries_follow_a_changed_title(world: World) -> None:
    await world.log("one")
    world.settings = PageSettings(title="Logs/{project}")
    await world.deliver()
    assert "one" in world.page("Logs/tools")
    assert FolderWiki(FolderSettings(world.folder / "pages", None)).text(TITLE) == ""


# --- one entry among many ---


async def test_a_filter_that_refuses_one_entry_of_many_parks_that_one_alone(world: World) -> None:
    entries = [await world.log(f"m{number}", NOON + number * MINUTE) for number in range(40)]
    world.wiki.unwelcome = "m17"
    await world.deliver()
    states = [(await world.delivery(entry)).state for entry in entries]
    assert [number for number, state in enumerate(states) if state is DeliveryState.PARKED] == [17]
    assert world.order_on_page() == [f"m{number}" for number in reversed(range(40)) if number != 17]
    assert len(world.wiki.edits) < 20


@pytest.mark.slow
async def test_several_culprits_are_parked_and_all_others_pass(world: World) -> None:
    for number in range(40):
        await world.log(f"bad{number}" if number in (0, 13, 39) else f"m{number}", NOON + number * MINUTE)
    world.wiki.unwelcome = "bad"
    await world.deliver()
    assert len(world.order_on_page()) == 37
    assert [telling.delivery.entry.message for telling in await world.journal.undelivered.queue()] == [
        "bad0",
        "bad13",
        "bad39",
    ]


@pytest.mark.slow
async def test_a_wiki_that_refuses_everything_is_asked_with_pauses_and_meanwhile_other_pages_go_on(
    world: World,
) -> None:
    for number in range(200):
        await world.log(f"m{number}", NOON + number * MINUTE, nick=f"nick{number}")
    world.wiki.unwelcome = "alice: m"
    world.deliverer._memory.schedule._jitter = lambda limit: 3600.0 * limit
    await world.log("fine", NOON + DAY, project="bots")
    await world.deliver(until=lambda: world.page("Nova Resource:Bots/SAL"))
    assert len(world.wiki.edits) < 30
    states = [telling.delivery.state for telling in await world.journal.undelivered.queue()]
    assert 1 <= states.count(DeliveryState.PARKED) < 10


@pytest.mark.slow
async def test_what_a_wiki_refused_altogether_is_parked_one_by_one(world: World) -> None:
    entries = [await world.log(f"m{number}", NOON + number * MINUTE) for number in range(20)]
    world.wiki.unwelcome = "alice"
    await world.deliver()
    assert {(await world.delivery(entry)).state for entry in entries} == {DeliveryState.PARKED}
    assert world.page() == ""


async def test_a_page_that_refuses_one_day_alone_leaves_the_other_days_alone(world: World) -> None:
    world.write("== 2026-11-22 ==\n* 10:00 bob: a\n\n== 2026-11-21 ==\n\n== 2026-11-20 ==\n* 10:00 bob: c")
    late = await world.log("late", NOON - 2 * DAY)
    await world.log("today")
    world.wiki.unwelcome = "late"
    await world.deliver()
    assert (await world.delivery(late)).state is DeliveryState.PARKED
    assert world.order_on_page() == ["today", "a", "c"]


# --- a pile that is too large ---


async def test_an_edit_is_no_larger_than_a_gateway_takes(world: World) -> None:
    world.deliverer._attempts._planner._largest = 2000
    for number in range(40):
        await world.log(f"{'[[x]] ' * 20}m{number}", NOON + number * MINUTE)
    await world.deliver()
    assert len(world.order_on_page()) == 40
    added = [len(edit.text.encode()) - len(before.text.encode()) for before, edit in pairwise(world.wiki.edits)]
    assert max(added) <= 2000
    assert len(added) >= 4


async def test_an_edit_that_is_too_large_is_sent_in_halves_and_only_what_is_too_large_alone_is_parked(
    world: World,
) -> None:
    entries = [await world.log(f"m{number}", NOON + number * MINUTE) for number in range(60)]
    huge = await world.log("x" * 9000, NOON + DAY)
    bob = await world.log("short", NOON + DAY + MINUTE, nick="bob")
    world.wiki.gateway = 8000
    await world.deliver()
    assert (await world.delivery(huge)).state is DeliveryState.PARKED
    assert {(await world.delivery(entry)).state for entry in [*entries, bob]} == {DeliveryState.DELIVERED}


async def test_however_much_is_due_a_log_line_names_a_few_and_says_how_many_more(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for number in range(62):
        await world.log(f"m{number}", NOON + number * MINUTE)
    await world.deliver()
    assert "… and 57 more" in caplog.text
    assert max(len(record.getMessage()) for record in caplog.records) < 300


# --- parked, and tried again by itself ---


async def parked(
    world: World, message: str = "one", said: datetime = NOON, cause: Refused | None = None, project: str = "tools"
) -> Entry:
    entry = await world.log(message, said, project=project)
    world.wiki.failures.append(cause or Refused("the page is protected", "protectedpage"))
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.PARKED
    return entry


async def test_what_is_parked_by_what_can_pass_is_tried_again_by_itself(world: World) -> None:
    entry = await parked(world)
    world.wall += 5 * MINUTE
    await world.deliver(until=lambda: world.page())
    assert world.order_on_page() == ["one"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


@pytest.mark.slow
async def test_it_is_tried_ever_more_seldom_over_restarts_and_at_most_once_an_hour(world: World) -> None:
    await parked(world)
    tries = []
    for _ in range(12 * 4):
        world.restart()
        world.wall += 5 * MINUTE
        before = len(world.wiki.edits)
        world.wiki.failures.append(Refused("the page is protected", "protectedpage"))
        await world.quiet()
        tries.append(len(world.wiki.edits) - before)
    assert [number for number, count in enumerate(tries) if count] == [0, 2, 6, 14, 26, 38]
    assert set(tries) == {0, 1}


@pytest.mark.slow
async def test_one_try_stands_for_all_that_are_parked_at_its_page(world: World) -> None:
    for number in range(30):
        await parked(world, f"m{number}", said=NOON + number * MINUTE)
    before = len(world.wiki.edits)
    world.wiki.failures.append(Refused("the page is protected", "protectedpage"))
    world.wall += 6 * MINUTE
    await world.quiet()
    assert len(world.wiki.edits) == before + 1
    world.wiki.failures.clear()
    world.wall += 60 * MINUTE
    await world.deliver(until=lambda: len(world.order_on_page()) == 30)
    assert len(world.wiki.edits) < before + 6


async def test_when_a_new_entry_of_its_page_goes_through_it_goes_at_once(world: World) -> None:
    entry = await parked(world)
    elsewhere = await parked(world, "elsewhere", project="bots")
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    await world.quiet()
    assert world.order_on_page() == ["two", "one"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert (await world.delivery(elsewhere)).state is DeliveryState.PARKED


async def test_that_others_go_through_says_nothing_of_a_text_that_was_refused(world: World) -> None:
    await parked(world, cause=RefusedText("a filter of the wiki refuses it"))
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    assert len(world.wiki.edits) == 2
    world.wall += 59 * MINUTE
    await world.quiet()
    assert world.order_on_page() == ["two"]
    world.wall += MINUTE
    await world.quiet()
    assert world.order_on_page() == ["two", "one"]


@pytest.mark.slow
async def test_once_a_filter_lets_one_through_all_that_it_had_refused_there_go(world: World) -> None:
    for number in range(10):
        await world.log(f"m{number}", NOON + number * MINUTE)
    world.wiki.unwelcome = "alice"
    await world.deliver()
    world.wiki.unwelcome = None
    world.wall += 60 * MINUTE
    before = len(world.wiki.edits)
    await world.deliver(until=lambda: len(world.order_on_page()) == 10)
    assert len(world.wiki.edits) < before + 8
    await world.quiet()
    assert await world.journal.undelivered.queue() == []


@pytest.mark.slow
async def test_what_is_parked_for_good_is_left_to_the_operator(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.extend([ValueError("a fault of ours")] * 4)
    await world.deliver()
    world.wall += 30 * DAY
    await world.quiet()
    assert (await world.delivery(entry)).state is DeliveryState.PARKED


async def test_a_lost_answer_of_a_try_does_not_log_twice(world: World) -> None:
    entry = await parked(world)
    world.wiki.answers_lost = 1
    world.wall += 5 * MINUTE
    await world.deliver(until=lambda: world.wiki.looks_back)
    await world.quiet()
    assert world.order_on_page() == ["one"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_what_is_being_tried_cannot_be_dropped_and_can_be_when_that_is_over(world: World) -> None:
    entry = await parked(world)
    (delivery,) = [telling.delivery for telling in await world.journal.undelivered.queue()]
    await world.journal.attempts.begin("b1", "wiki", TITLE, [delivery], NOON)
    assert await world.journal.undelivered.drop([entry.id]) == []
    await world.journal.attempts.park("b1", [delivery], "the page is protected", NOON, None, Hindrance.PAGE, NOON)
    assert await world.journal.undelivered.drop([entry.id]) == [entry.id]
    assert (await world.delivery(entry)).state is DeliveryState.DROPPED


@pytest.mark.slow
async def test_people_hear_once_that_it_is_parked_and_then_that_it_is_logged(world: World) -> None:
    entry = await parked(world)
    await world.journal.tellings.tell([await world.delivery(entry)], Told.PARKED)
    for _ in range(3):
        world.wall += 60 * MINUTE
        world.wiki.failures.append(Refused("the page is protected", "protectedpage"))
        await world.quiet()
        assert (await world.journal.tellings.untold(1000, [(entry.network, entry.channel)])).tellings == ()
    world.wall += 60 * MINUTE
    await world.quiet()
    (telling,) = (await world.journal.tellings.untold(1000, [(entry.network, entry.channel)])).tellings
    assert telling.delivery.state is DeliveryState.DELIVERED


# --- what the operator reads ---


@pytest.mark.slow
async def test_an_outage_is_one_warning_when_it_begins_and_one_when_it_ends(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for number in range(20):
        await world.log(f"m{number}", NOON + number * MINUTE, project=f"p{number % 5}")
    world.wiki.looking_fails.extend([Unavailable("it is not answering")] * 40)
    await world.deliver()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 2
    assert warnings[0].startswith("nothing goes through to 'Nova Resource:p0/SAL': it is not answering")
    assert "20 entries have waited" in warnings[1]


async def test_what_is_parked_and_tried_during_an_outage_is_no_warning(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await parked(world)
    world.wall += 5 * MINUTE
    world.wiki.looking_fails.extend([Unavailable("it is not answering")] * 20)
    await world.deliver(until=lambda: len(world.wiki.looking_fails) < 15)
    assert (await world.delivery(entry)).cause == "the page is protected"
    await world.deliver(until=lambda: world.page())
    await world.quiet()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


@pytest.mark.slow
async def test_an_outage_that_lasts_is_a_warning_every_ten_minutes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.log("one")
    world.wiki.looking_fails.extend([Unavailable("it is not answering")] * 400)
    began = world.seconds
    await world.deliver()
    minutes = (world.seconds - began) / 60
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert minutes > 20
    assert 2 <= len(warnings) - 2 <= minutes / 10
    assert "for 10 min now" in warnings[1]


# --- ids that stand somewhere else ---


async def test_an_entry_that_the_page_has_elsewhere_is_not_inserted_by_a_journal_from_a_backup(world: World) -> None:
    entry = await world.log("one")
    await world.log("two", NOON + MINUTE)
    world.write(f'== Kept ==\n* <span id="{entry.id}">x</span> one\n\n== 2026-11-22 ==\n* 10:00 bob: a')
    await world.deliver()
    assert world.order_on_page() == ["one", "two", "a"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_a_journal_from_a_backup_doubles_nothing_also_where_one_edit_does_not_take_it_all(world: World) -> None:
    await world.log("one")
    entry = await world.log("two", NOON + MINUTE)
    world.write(f'== Kept ==\n* <span id="{entry.id}">x</span> two\n\n== 2026-11-22 ==\n* 10:00 bob: a')
    world.deliverer._attempts._planner._largest = 1
    await world.deliver()
    assert world.order_on_page() == ["two", "one", "a"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_an_entry_moved_on_its_page_while_the_answer_was_late_is_not_doubled(world: World) -> None:
    """The history is of no help here: an import or a merge has lost our summary."""
    entry = await world.log("one")
    await world.deliver()
    second = await world.log("two", NOON + MINUTE)
    moved = f'== Kept ==\n* <span id="{second.id}">x</span> two\n\n{world.page()}'
    world.wiki.before_saving = lambda: world.write(moved)
    world.wiki.failures.append(Unknown("it is not answering"))
    world.write(moved)
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert (await world.delivery(second)).state is DeliveryState.DELIVERED
    assert entry.id in world.page()


async def test_of_an_entry_that_was_sent_before_the_history_says_what_its_id_elsewhere_means(world: World) -> None:
    """It came late, and people have moved it into a table before anybody saw it."""
    entry = await world.log("one")
    world.wiki.posts_late = 1
    world.wiki.finding = lambda looks: None
    await world.deliver(lambda: world.wiki.looks_back > 0)
    for _, edit in world.wiki.on_the_way:
        with contextlib.suppress(Conflict):
            FolderWiki.save(world.wiki, edit)
    world.write(f"{{|\n| <span id={entry.id}>12:00</span> || one\n|}}")
    await world.deliver()

    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert world.page().count(entry.id) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("configured", "line"),
    [
        ("{{SAL entry|id={id}|1={time} {author}: {message}}}", "* {{SAL_entry |id=ID|1=12:00 alice: one}}"),
        ("{{SAL entry|{id}|{time}|{author}|{message}}}", "* {{SAL entry|ID|12:00|alice|one}}"),
        ("{{safesubst:SAL entry|id={id}|1={message}}}", "* {{SAL entry|id=ID|1=one}}"),
        ("{{safesubst:SAL entry|id={id}|1={message}}}", "* <span id='ID'>12:00</span> alice: one"),
        ("{{subst:SAL entry|{id}|{message}}}", "* {{SAL line|ID|one}}"),
        ("{{anchor|{id}}} {time} {message}", "** {{Anchor|ID}} 12:00 one"),
        ("{{anchor|{id}}} {time} {message}", '* <span id="ID">12:00</span> alice: one'),
        ("{{box|{{anchor|{id}}} {message}}}", "* {{box|{{anchor|ID}} one}}"),
        (PageSettings().entry, '# <s><span class=x id="ID">12:00</span> alice: one</s> <!-- wrong host -->'),
        (PageSettings().entry, '<noinclude>\n* <span id="ID">12:00</span> alice: one\n</noinclude>'),
        (PageSettings().entry, '<div class="mw-collapsible">\n* <span id="ID">12:00</span> alice: one\n</div>'),
        (PageSettings().entry, '{{collapse top}}\n: <span id="ID">12:00</span> alice: one\n{{collapse bottom}}'),
        ('<span id="{id}" style="display:none"></span>{message}', '* <span id="ID" style="display:none"></span>one'),
    ],
)
async def test_what_people_have_made_of_an_entry_still_stands(world: World, configured: str, line: str) -> None:
    world.settings = PageSettings(entry=configured)
    entry = await world.log("one")
    world.write(f"== Elsewhere ==\n{line}".replace("ID", entry.id))

    await world.deliver()

    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert world.wiki.edits == []


# --- an edit that comes late ---


async def lose_an_edit(world: World) -> None:
    """It was sent and nobody knows what became of it; the wiki has not got it."""
    world.wiki.failures.append(Unknown("it is not answering"))
    world.wiki.finding_fails.extend([Unavailable("it is not answering")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.finding_fails) < 1000)
    world.wiki.finding_fails.clear()


async def test_an_edit_that_arrives_after_it_was_sent_again_changes_nothing(world: World) -> None:
    await world.log("one")
    await world.deliver()
    await world.log("two", NOON + MINUTE)
    world.wiki.failures.append(Unknown("it is not answering"))
    await world.deliver()
    late = world.wiki.edits[-2]
    await world.log("three", NOON + 2 * MINUTE)
    await world.deliver()
    with contextlib.suppress(Conflict):
        world.wiki.save(late)
    assert world.order_on_page() == ["three", "two", "one"]


async def test_nothing_goes_to_another_page_while_the_edit_may_still_come_to_the_old_one(world: World) -> None:
    entry = await world.log("one")
    await world.deliver()
    second = await world.log("two", NOON + MINUTE)
    await lose_an_edit(world)
    world.settings = PageSettings(title="Logs/{project}")
    world.restart()
    start = world.wiki.looks_back
    world.wiki.finding = lambda looks: looks == start + 3 and FolderWiki.save(world.wiki, world.wiki.edits[-1])
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert world.page("Logs/tools") == ""
    for each in (entry, second):
        assert (await world.delivery(each)).state is DeliveryState.DELIVERED


async def test_a_day_is_not_begun_again_while_the_edit_that_begins_it_may_still_come(world: World) -> None:
    """MediaWiki can merge two edits that begin the same day, around the blank line before it: both would stand."""
    await world.log("one")
    await world.deliver()
    await world.log("two", NOON + timedelta(days=1))
    world.wiki.failures.append(Unknown("it is not answering"))
    world.wiki.finding = lambda looks: looks == 3 and FolderWiki.save(world.wiki, world.wiki.edits[-1])
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert len(world.wiki.edits) == 2


async def test_the_first_day_is_not_begun_again_while_the_edit_that_begins_it_may_still_come(world: World) -> None:
    """Where somebody puts a section of the same name above, diff3 takes one for the other: both days would stand."""
    world.write("== Notice ==\nRead this.")
    await world.log("one")
    await world.log("two", NOON + MINUTE)
    world.wiki.posts_late = 1

    def comes(looks: int) -> None:
        if looks == 3:
            world.write(f"== Notice ==\nAnd this.\n\n{world.page()}")
            FolderWiki.save(world.wiki, world.wiki.on_the_way[0][1])

    world.wiki.finding = comes
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert len(world.wiki.edits) == 1


async def test_an_edit_that_begins_a_day_is_not_sent_again_while_it_may_still_come(world: World) -> None:
    await world.log("one")
    await world.deliver()
    entry = await world.log("two", NOON + DAY)
    await lose_an_edit(world)
    start = world.wiki.looks_back
    world.wiki.finding = lambda looks: looks == start + 3 and FolderWiki.save(world.wiki, world.wiki.edits[-1])
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert len(world.wiki.edits) == 2
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_an_edit_that_never_came_goes_to_the_other_page_in_the_end(world: World) -> None:
    await world.log("one")
    await lose_an_edit(world)
    world.settings = PageSettings(title="Logs/{project}")
    world.restart()
    await world.deliver()
    assert "one" in world.page("Logs/tools")
    assert world.page() == ""


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True])
async def test_an_edit_that_came_late_and_was_moved_to_an_archive_since_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    await world.log("one")
    await world.deliver()
    entry = await world.log("two")
    world.wiki.posts_late = 1
    abandon = world.journal.attempts.abandon

    async def and_then_it_comes(*given: object) -> None:
        await abandon(*given)  # type: ignore[arg-type]
        ((_, edit),) = world.wiki.on_the_way
        FolderWiki.save(world.wiki, edit)
        world.write(world.page(), f"{TITLE}/Archive")
        world.write("== Archives ==\n")
        if killed:
            raise Killed

    monkeypatch.setattr(world.journal.attempts, "abandon", and_then_it_comes)
    with pytest.raises(Killed) if killed else contextlib.nullcontext():
        await world.deliver()
    if killed:
        world.restart()
        await world.deliver()
    assert world.order_on_page(f"{TITLE}/Archive") == ["two", "one"]
    assert world.order_on_page() == []
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_what_came_late_to_one_log_is_not_taken_for_the_other_logs_of_its_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.log("one")
    await world.deliver()
    entry = await world.log("two", NOON + MINUTE, project="tools,web")
    save, abandon = world.wiki.save, world.journal.attempts.abandon
    world.wiki.posts_late = 1

    def not_to_web(edit: Edit) -> Saved:
        if edit.title.casefold() == WEB.casefold():
            raise Unavailable("it is away")
        return save(edit)

    async def and_then_it_comes(*given: object) -> None:
        await abandon(*given)  # type: ignore[arg-type]
        ((_, edit),) = world.wiki.on_the_way
        FolderWiki.save(world.wiki, edit)
        raise Killed

    monkeypatch.setattr(world.wiki, "save", not_to_web)
    monkeypatch.setattr(world.journal.attempts, "abandon", and_then_it_comes)
    with pytest.raises(Killed):
        await world.deliver()
    monkeypatch.undo()
    world.restart()
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert world.order_on_page(WEB) == ["two"]
    assert await world.fates(entry) == [DeliveryState.DELIVERED] * 2


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("lost", [0, 1])
async def test_what_conflicts_with_its_own_edit_that_came_just_before_is_not_sent_again(
    world: World, lost: int, archived: bool
) -> None:
    """With one that was thought lost, or with itself: a gateway that hears no answer may send a request twice."""
    await world.log("one")
    await world.deliver()
    entry = await world.log("two", NOON + MINUTE)
    world.wiki.posts_late = lost

    def it_came_and_somebody_changed_the_spot() -> None:
        FolderWiki.save(world.wiki, world.wiki.edits[-1 - lost])
        if archived:
            world.write(world.page(), f"{TITLE}/Archive")
            world.write("== Archives ==\n")
        else:
            world.write(world.page().replace("two", "two, by_hand"))

    world.wiki.before_saving = it_came_and_somebody_changed_the_spot
    await world.deliver()
    assert world.order_on_page(f"{TITLE}/Archive" if archived else TITLE) == ["two" if archived else "by_hand", "one"]
    assert (world.order_on_page() == []) is archived
    assert len(world.wiki.edits) == 2 + lost
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_where_the_wiki_cannot_say_what_an_edit_conflicts_with_it_is_asked_again(world: World) -> None:
    await world.log("one")
    await world.deliver()
    entry = await world.log("two", NOON + MINUTE)

    def it_came_and_was_removed() -> None:
        before = world.page()
        FolderWiki.save(world.wiki, world.wiki.edits[-1])
        world.write(f"{before}\n* 09:00 bob: earlier")
        world.wiki.finding_fails.append(Unavailable("it is not answering"))

    world.wiki.before_saving = it_came_and_was_removed
    await world.deliver()
    assert world.order_on_page() == ["one", "earlier"]
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_an_edit_that_may_still_come_keeps_its_entries_from_another_page_that_is_well_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = PageSettings(title="Logs/{project}")
    world.settings_for = lambda log: logs if log.place == "libera #elsewhere" else world.settings
    await world.log("one")
    for word in ("a", "b"):
        await world.log(word, channel="#elsewhere")
        await world.deliver()
    await world.log("two", NOON + MINUTE)
    world.wiki.posts_late = 1
    abandon = world.journal.attempts.abandon

    async def and_the_title_is_changed(*given: object) -> None:
        await abandon(*given)  # type: ignore[arg-type]
        world.settings = logs

    monkeypatch.setattr(world.journal.attempts, "abandon", and_the_title_is_changed)
    await world.deliver(until=lambda: world.wiki.looks_back > 2)
    FolderWiki.save(world.wiki, world.wiki.on_the_way[0][1])
    await world.deliver()
    assert world.order_on_page("Logs/tools") == ["b", "a"]
    assert world.order_on_page() == ["two", "one"]


async def an_edit_comes_late_and_we_die(world: World, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """It was given up, and comes when this was done; somebody takes the entry off the page, and we restart."""
    world.wiki.posts_late = 1
    done = getattr(world.journal.attempts, verb)

    async def and_then_it_comes(*given: object) -> None:
        await done(*given)
        if not world.wiki.on_the_way:
            return
        before = world.page()
        ((_, edit),) = world.wiki.on_the_way
        FolderWiki.save(world.wiki, edit)
        world.write(before)
        raise Killed

    monkeypatch.setattr(world.journal.attempts, verb, and_then_it_comes)
    with pytest.raises(Killed):
        await world.deliver()
    world.restart()


async def test_what_came_late_and_was_removed_stays_removed_also_where_others_go_before_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.log("one")
    await world.deliver()
    removed = await world.log("three", NOON + 2 * MINUTE)
    await an_edit_comes_late_and_we_die(world, monkeypatch, "abandon")
    await world.log("two", NOON + MINUTE)
    world.deliverer._attempts._planner._largest = 1
    await world.deliver()
    assert world.order_on_page() == ["two", "one"]
    assert (await world.delivery(removed)).state is DeliveryState.DELIVERED


async def test_what_came_late_while_it_was_parked_and_was_removed_stays_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it matter that it was parked in an earlier life, and the page is well known in this one."""
    await world.log("one")
    await world.deliver()
    removed = await world.log("two", NOON + MINUTE)
    refused = Refused("the page is protected", "protectedpage")
    world.wiki.finding = lambda looks: world.wiki.failures.extend([refused] * (looks == 1))
    await an_edit_comes_late_and_we_die(world, monkeypatch, "park")
    assert (await world.delivery(removed)).state is DeliveryState.PARKED
    await world.log("three", NOON + 2 * MINUTE)
    await world.deliver()
    await world.quiet()
    assert world.order_on_page() == ["three", "one"]
    assert (await world.delivery(removed)).state is DeliveryState.DELIVERED


async def test_after_a_restart_an_edit_that_may_still_come_keeps_its_entries_from_another_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.log("one")
    await world.deliver()
    await world.log("two")
    world.wiki.posts_late = 1
    abandon = world.journal.attempts.abandon

    async def and_die(*given: object) -> None:
        await abandon(*given)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(world.journal.attempts, "abandon", and_die)
    with pytest.raises(Killed):
        await world.deliver()
    world.settings = PageSettings(title="Logs/{project}")
    world.restart()
    reads = world.wiki.looks_back
    await world.deliver(until=lambda: world.wiki.looks_back > reads + 2)
    assert world.page("Logs/tools") == ""
    FolderWiki.save(world.wiki, world.wiki.on_the_way[0][1])
    await world.deliver()
    assert world.page("Logs/tools") == ""
    assert world.order_on_page() == ["two", "one"]


async def test_where_nobody_will_ever_know_an_operator_is_asked(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.append(Unknown("it is not answering"))
    world.wiki.finding_fails.extend([Unknown("the page was deleted just then, perhaps with it")] * 1000)
    await world.deliver()
    delivery = await world.delivery(entry)
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, "the page was deleted just then, perhaps with it")
    await world.journal.undelivered.retry([entry.id])
    await world.deliver()
    assert world.order_on_page() == ["one"]


async def test_a_hidden_history_does_not_matter_where_the_entry_stands_on_the_page(world: World) -> None:
    entry = await world.log("one")
    world.wiki.answers_lost = 1
    world.wiki.finding_fails.append(Unknown("the wiki hides who changed the page just then"))
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert len(world.wiki.edits) == 1


# --- what is cached ---


async def test_a_title_that_is_no_redirect_any_more_gets_its_own_entries_again(world: World) -> None:
    elsewhere = "Nova Resource:Elsewhere"
    world.write(f"#REDIRECT [[{elsewhere}]]")
    await world.log("one")
    await world.deliver()
    assert "one" in world.page(elsewhere)
    world.write("A log of its own.")
    world.seconds += 600
    await world.log("two", NOON + MINUTE)
    await world.deliver()
    assert world.order_on_page() == ["two"]
    assert "two" not in world.page(elsewhere)


# --- the session ---


async def test_a_wiki_that_forgets_us_at_once_is_not_asked_for_a_login_again_and_again(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.extend([LoggedOut("it has ended our session")] * 1000)
    await world.deliver(until=lambda: len(world.wiki.failures) < 998)
    assert (await world.delivery(entry)).cause == "it has ended our session"
    world.wiki.failures.clear()
    await world.deliver()
    assert world.order_on_page() == ["one"]


# --- deaths ---


async def _die(world: World, deaths: int) -> None:
    for _ in range(deaths):
        with pytest.raises(Killed):
            await world.deliver()
        world.restart()


@pytest.mark.slow
async def test_an_entry_that_kills_the_process_while_it_is_sent_is_parked(world: World) -> None:
    entry = await world.log("one")
    world.wiki.deadly = "one"
    await _die(world, 4)
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.PARKED


@pytest.mark.slow
async def test_of_several_that_were_on_their_way_only_the_culprit_is_parked(world: World) -> None:
    entries = [await world.log(word, NOON + number * MINUTE) for number, word in enumerate(["a", "deadly", "b", "c"])]
    world.wiki.deadly = "deadly"
    await _die(world, 4)
    await world.deliver()
    assert world.order_on_page() == ["c", "b", "a"]
    states = [(await world.delivery(entry)).state for entry in entries]
    assert states == [DeliveryState.DELIVERED, DeliveryState.PARKED, *[DeliveryState.DELIVERED] * 2]


@pytest.mark.slow
async def test_who_is_killed_by_chance_again_and_again_parks_nothing(world: World) -> None:
    for number in range(200):
        await world.log(f"m{number}", NOON + number * timedelta(seconds=1))
    world.wiki.deadly = "m"
    await _die(world, 2)
    world.wiki.deadly = None
    before = len(world.wiki.edits)
    await world.deliver()
    assert len(world.order_on_page()) == 200
    assert len(world.wiki.edits) - before < 10


@pytest.mark.slow
async def test_who_is_killed_by_chance_in_a_small_company_too_is_sent_alone(world: World) -> None:
    for number in range(70):
        await world.log(f"m{number}", NOON + number * timedelta(seconds=1))
    world.wiki.deadly = "m"
    await _die(world, 3)
    world.wiki.deadly = None
    before = len(world.wiki.edits)
    await world.deliver()
    assert len(world.order_on_page()) == 70
    assert 32 <= len(world.wiki.edits) - before < 40


@pytest.mark.slow
async def test_answers_that_are_lost_again_and_again_are_no_deaths(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.extend([Unknown("it is not answering")] * 10)
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED


async def test_a_fault_of_our_own_in_the_sending_is_parked_too(world: World) -> None:
    entry = await world.log("one")
    world.wiki.failures.extend([ValueError("a fault of ours")] * 10)
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.PARKED
    assert len(world.wiki.edits) == 4


@pytest.mark.slow
@pytest.mark.parametrize("bad_day", [full_disk, read_only, locked])
async def test_a_journal_that_fails_between_two_steps_is_nobodys_fault(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, bad_day: BadDay
) -> None:
    entry = await world.log("x" * 9000)
    monkeypatch.setattr("labsbot.delivery.deliverer.RECORD", 0.0)
    for _ in range(5):
        begin = world.journal.attempts.begin

        async def fails_after(*given: Any, begin: Any = begin) -> Any:
            count = await begin(*given)
            days.enter_context(bad_day(world.journal))
            return count

        with contextlib.ExitStack() as days, monkeypatch.context() as once:
            once.setattr(world.journal.attempts, "begin", fails_after)
            await world.deliver(until=lambda: "nothing can be delivered" in caplog.text)
        caplog.clear()
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert len(world.order_on_page()) == 1


async def test_a_journal_that_fails_for_long_leaves_nothing_behind_in_memory(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*given: Any) -> int:
        raise JournalFailure("database or disk is full")

    entry = await world.log("restarted")
    monkeypatch.setattr("labsbot.delivery.deliverer.RECORD", 0.0)
    caplog.set_level("DEBUG", "labsbot.delivery")
    with monkeypatch.context() as disk:
        disk.setattr(world.journal.attempts, "begin", fails)
        await world.deliver(until=lambda: caplog.text.count("nothing can be delivered") >= 20)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    await world.deliver()
    assert (await world.delivery(entry)).state is DeliveryState.DELIVERED
    assert len(world.deliverer._outcomes._unrecorded) <= 1
