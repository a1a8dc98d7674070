"""What was begun waits a while for its end, and each end is kept once, with what the entry says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from labsbot.journal import Journal, Reading
from labsbot.model import Begun, Changed, ChangeKind, Entry, Outstanding, Run, RunState, Told
from tests.nouns import NOON, a_change, an_acceptance, an_entry, keep

SOON = NOON + timedelta(seconds=10)


async def begin(
    journal: Journal, *projects: str, account: str = "user root", process: str | None = None, now: datetime = NOON
) -> Entry:
    entry = an_entry("upgrading", account=account)
    accepted = replace(an_acceptance(entry, *projects, now=now), begun=Begun(now + (SOON - NOON), process))
    assert await journal.entries.accept(accepted)
    return entry


async def change(journal: Journal, entry: Entry, text: str, ends: RunState | None = None) -> bool:
    made = a_change(ChangeKind.AMEND, text)
    return await keep(journal, Changed(None, entry.id, made, Told.NEVER, NOON, ends=ends))


async def test_a_beginning_is_not_due_before_its_time_and_then_it_is(journal: Journal) -> None:
    entry = await begin(journal)
    assert (await journal.deliveries.outstanding(), await journal.deliveries.pending()) == (
        Outstanding((), SOON, None),
        [],
    )
    await journal.deliveries.come_due(SOON - timedelta(microseconds=1))
    assert await journal.deliveries.pending() == []
    await journal.deliveries.come_due(SOON)
    assert [each.entry.id for each in await journal.deliveries.pending()] == [entry.id]
    assert (await journal.deliveries.outstanding()).next_due is None


async def test_what_is_changed_about_it_waits_with_it(journal: Journal) -> None:
    entry = await begin(journal)
    assert await change(journal, entry, "upgrading all")
    assert await journal.deliveries.pending() == []
    await journal.deliveries.come_due(SOON)
    assert [each.change and each.change.text for each in await journal.deliveries.pending()] == [None, "upgrading all"]


async def test_its_end_makes_it_due_in_all_its_logs_and_nothing_else(journal: Journal) -> None:
    entry, other = await begin(journal, "tools", "bots"), await begin(journal)
    assert await change(journal, entry, "upgrading → done", RunState.ENDED)
    due = await journal.deliveries.pending()
    assert {each.entry.id for each in due} == {entry.id}
    assert sorted((each.log.project, each.change is None) for each in due) == [
        ("bots", False),
        ("bots", True),
        ("tools", False),
        ("tools", True),
    ]
    assert (await journal.deliveries.outstanding()).next_due == SOON
    assert [each.entry_id for each in await journal.runs.running()] == [other.id]


async def test_each_end_is_kept_once_and_what_is_known_is_not_forgotten(journal: Journal) -> None:
    entry = await begin(journal)
    assert await change(journal, entry, "unknown", RunState.UNKNOWN)
    assert not await change(journal, entry, "unknown again", RunState.UNKNOWN)
    assert await change(journal, entry, "done", RunState.ENDED)
    assert not await change(journal, entry, "failed", RunState.ENDED)
    assert not await change(journal, entry, "unknown after all", RunState.UNKNOWN)
    (kept,) = await journal.entries.kept([entry.id])
    assert [each.text for each in kept.changes] == ["unknown", "done"]


async def test_what_is_no_beginning_has_no_end(journal: Journal) -> None:
    entry = an_entry()
    await journal.entries.accept(an_acceptance(entry))
    assert not await change(journal, entry, "done", RunState.ENDED)
    assert await journal.runs.run(entry.id) is None
    assert await journal.runs.run("sal-none") is None


async def test_what_runs_is_known_with_who_began_it_and_when(journal: Journal) -> None:
    mine = await begin(journal, process="me")
    other = await begin(journal, account="user bob", now=SOON)
    assert await journal.runs.running() == [
        Run(mine.id, "user root", NOON, "me", RunState.RUNNING),
        Run(other.id, "user bob", SOON, None, RunState.RUNNING),
    ]
    await journal.runs.give_up_run(mine.id)
    assert [each.entry_id for each in await journal.runs.running()] == [other.id]
    assert await journal.runs.run(mine.id) == Run(mine.id, "user root", NOON, "me", RunState.ENDED)


async def test_what_is_given_up_comes_due_no_more(journal: Journal) -> None:
    entry = await begin(journal)
    assert await journal.undelivered.drop([entry.id]) == [entry.id]
    assert (await journal.deliveries.outstanding()).next_due is None


async def test_whoever_looks_sees_until_when_it_waits_and_nobody_is_told_that_it_is_late(
    journal: Journal, path: Path
) -> None:
    await begin(journal)
    (queued,) = Reading(path).queue()
    assert queued.due == SOON
    place = [("libera", "#cloud")]
    assert (await journal.tellings.untold(100, place)).tellings == ()
    await journal.deliveries.come_due(SOON)
    assert len((await journal.tellings.untold(100, place)).tellings) == 1
