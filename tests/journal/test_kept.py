"""Entries are found again: by their id, as somebody's last one, as a project's newest, each in its place in time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from labsbot.journal import Journal
from labsbot.model import Change, Changed, ChangeKind, Entry, LastOf, Told
from tests.nouns import NOON, a_key, an_acceptance, an_entry, keep, kept

MINUTE = timedelta(minutes=1)
MASK = "alice!user@host.example"


async def accept(
    journal: Journal,
    message: str,
    now: datetime = NOON,
    hostmask: str | None = MASK,
    said: datetime | None = None,
    **given: str,
) -> Entry:
    entry = an_entry(message, said or now, **given)
    assert await journal.entries.accept(an_acceptance(entry, now=now, hostmask=hostmask))
    return entry


async def strike(journal: Journal, entry: Entry, now: datetime = NOON, hostmask: str | None = MASK) -> Change:
    made = Change(f"undo-{entry.id}", ChangeKind.STRIKE, "", "alice", now, "libera", "#cloud", "alice")
    assert await keep(journal, Changed(a_key(), entry.id, made, Told.NOTHING, now, hostmask))
    return made


async def last(
    journal: Journal,
    account: str | None = None,
    nick: str = "alice",
    hostmask: str = MASK,
    relayed: bool = False,
) -> str | None:
    found = await kept(journal, LastOf("libera", "#cloud", account, nick, hostmask, relayed))
    return None if found is None else found.entry.message


# --- by its id --------------------------------------------------------------------------------------------------------


async def test_an_entry_is_found_with_its_logs_and_all_that_was_changed(journal: Journal) -> None:
    entry = an_entry()
    await journal.entries.accept(an_acceptance(entry, "tools", "bots", hostmask=MASK))
    struck = await strike(journal, entry)
    found = await kept(journal, entry.id)
    assert found is not None
    assert (found.entry, found.accepted, found.hostmask, found.changes) == (entry, NOON, MASK, (struck,))
    owed = [(each.log.project, each.change) for each in found.deliveries]
    assert owed == [("tools", None), ("bots", None), ("tools", struck), ("bots", struck)]
    assert await kept(journal, "sal-unheard-of") is None


# --- somebody's last --------------------------------------------------------------------------------------------------


ELSEWHERE = "other!somebody@elsewhere"


async def test_who_has_an_account_is_known_by_it_whatever_their_nick(journal: Journal) -> None:
    await accept(journal, "mine", account="Alice", nick="alice_")
    await accept(journal, "another's", NOON + MINUTE, account="Bob", nick="alice")
    assert await last(journal, account="Alice", nick="renamed", hostmask=ELSEWHERE) == "mine"
    assert await last(journal, account="aLICE", nick="renamed", hostmask=ELSEWHERE) == "mine"
    assert await last(journal, account="Carol") is None


async def test_what_may_be_somebodys_is_found_rather_than_an_older_one_that_surely_is(journal: Journal) -> None:
    await accept(journal, "logged in", account="Alice")
    await accept(journal, "services were away", NOON + MINUTE)
    assert await last(journal, account="Alice") == "services were away"
    await accept(journal, "logged in again", NOON + 2 * MINUTE, account="Alice")
    assert await last(journal) == "logged in again"
    await accept(journal, "by another nick", NOON + 3 * MINUTE, nick="alice_", hostmask="alice_!user@host.example")
    assert await last(journal) == "by another nick"
    await accept(journal, "from before hostmasks were kept", NOON + 4 * MINUTE, hostmask=None)
    assert await last(journal) == "from before hostmasks were kept"


async def test_who_shares_neither_account_nor_nick_nor_host_is_somebody_else(journal: Journal) -> None:
    await accept(journal, "mine")
    assert await last(journal, nick="bob", hostmask=ELSEWHERE) is None
    assert await last(journal, nick="Alice", hostmask=ELSEWHERE) == "mine"


async def test_behind_a_relay_nobody_is_taken_for_a_native_of_that_name_nor_the_other_way_round(
    journal: Journal,
) -> None:
    await accept(journal, "native")
    await accept(journal, "relayed", NOON + MINUTE, relay="matrix", account="matrix")
    await accept(journal, "by another relay", NOON + MINUTE, relay="discord", account="discord")
    assert await last(journal, relayed=True, account="matrix") == "relayed"
    assert await last(journal) == "native"
    assert await last(journal, account="matrix", nick="matrix", hostmask=ELSEWHERE) is None


async def test_the_last_is_that_which_was_accepted_last_in_this_channel_whatever_the_clock_said(
    journal: Journal,
) -> None:
    assert await last(journal) is None
    await accept(journal, "first")
    await accept(journal, "late, of an hour ago", NOON + MINUTE, said=NOON - 60 * MINUTE)
    await accept(journal, "elsewhere", NOON + 2 * MINUTE, channel="#tech")
    assert await last(journal) == "late, of an hour ago"
    await accept(journal, "by a clock that was set back", NOON - 24 * 60 * MINUTE)
    assert await last(journal) == "by a clock that was set back"


async def test_what_was_taken_back_is_still_somebodys_last(journal: Journal) -> None:
    await accept(journal, "before")
    struck = await strike(journal, await accept(journal, "taken back", NOON + MINUTE), NOON + 2 * MINUTE)
    found = await kept(journal, LastOf("libera", "#cloud", None, "alice", MASK))
    assert found is not None
    assert (found.entry.message, found.changes) == ("taken back", (struck,))


async def test_whose_entry_it_was_is_forgotten_when_nobody_may_correct_it_any_more(
    journal: Journal, path: Path
) -> None:
    old, young = await accept(journal, "old"), await accept(journal, "young", NOON + MINUTE)
    await strike(journal, old, NOON)
    await journal.upkeep.forget(NOON, NOON + MINUTE, NOON)
    found = [await kept(journal, each.id) for each in (old, young)]
    assert [each and each.hostmask for each in found] == [None, MASK]
    with closing(sqlite3.connect(path)) as look:
        assert look.execute("SELECT hostmask FROM change").fetchall() == [(None,)]


# --- a project's newest -----------------------------------------------------------------------------------------------


async def test_a_projects_newest_are_those_said_last_wherever_and_whenever_they_were_accepted(journal: Journal) -> None:
    await accept(journal, "one", NOON)
    await accept(journal, "late", NOON + 9 * MINUTE, said=NOON - MINUTE)
    await accept(journal, "elsewhere", NOON + MINUTE, channel="#tech")
    given_up = await accept(journal, "given up", NOON + 2 * MINUTE)
    other = an_entry("another project's", NOON + 2 * MINUTE)
    await journal.entries.accept(an_acceptance(other, "bots"))
    await journal.undelivered.drop([given_up.id])
    assert [each.entry.message for each in await journal.entries.last("tools", 2)] == ["elsewhere", "one"]
    assert [each.entry.message for each in await journal.entries.last("tools", 9)] == ["elsewhere", "one", "late"]
    assert await journal.entries.last("unheard of", 9) == []


# --- places in time ---------------------------------------------------------------------------------------------------


async def test_each_has_a_place_of_its_own_by_the_time_said_and_then_by_arrival(journal: Journal, path: Path) -> None:
    micro = timedelta(microseconds=1)
    said = [NOON, NOON + micro, NOON, NOON, NOON - MINUTE, NOON + 2 * micro]
    for number, moment in enumerate(said):
        await accept(journal, f"m{number}", said=moment)
    assert [each.entry.message for each in await journal.deliveries.pending()] == ["m4", "m0", "m1", "m2", "m3", "m5"]
    with closing(sqlite3.connect(path)) as look:
        places = [place for (place,) in look.execute("SELECT place FROM entry ORDER BY number")]
    noon = int(NOON.timestamp()) * 1_000_000
    assert [place - noon for place in places] == [0, 1, 2, 3, -60_000_000, 4]


async def test_entries_and_changes_are_counted_together_as_they_are_accepted(journal: Journal, path: Path) -> None:
    one = await accept(journal, "one")
    await strike(journal, one)
    await accept(journal, "two", said=NOON - MINUTE)
    with closing(sqlite3.connect(path)) as look:
        counted = look.execute("SELECT id, sequence FROM entry UNION SELECT id, sequence FROM change ORDER BY 2")
        assert [sequence for _, sequence in counted] == [1, 2, 3]
