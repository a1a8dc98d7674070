"""What is changed about an entry: owed to each of its logs, due when the entry stands there, and told as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from labsbot.journal import Journal
from labsbot.model import (
    Change,
    Changed,
    ChangeKind,
    Delivery,
    DeliveryState,
    Entry,
    Hindrance,
    Kept,
    LineKey,
    Told,
)
from tests.nouns import NOON, a_key, a_log, an_acceptance, an_entry, keep, kept

MINUTE = timedelta(minutes=1)
TITLE = "Nova Resource:Tools/SAL"
_numbers = count(1)


async def accept(journal: Journal, *projects: str, said: datetime = NOON) -> Entry:
    entry = an_entry(said=said)
    assert await journal.entries.accept(an_acceptance(entry, *projects))
    return entry


async def change(
    journal: Journal,
    entry: Entry,
    text: str | None = None,
    nick: str = "alice",
    change_id: str | None = None,
    key: LineKey | None = None,
) -> Change:
    """Strike an entry, or amend it with a text."""
    kind = ChangeKind.STRIKE if text is None else ChangeKind.AMEND
    change_id = change_id or f"undo-20261122121500-{next(_numbers):04x}"
    made = Change(change_id, kind, text or "", nick, NOON + 15 * MINUTE, "libera", "#cloud", nick)
    assert await keep(journal, Changed(key or a_key(), entry.id, made, Told.NOTHING, NOON + 15 * MINUTE))
    return made


async def carried(journal: Journal, *due: Delivery) -> str:
    batch = f"b{next(_numbers)}"
    await journal.attempts.begin(batch, "wiki", f"{TITLE} {batch}", due, NOON)
    return batch


async def deliver(journal: Journal, *due: Delivery, revision: int = 7) -> None:
    await journal.attempts.delivered(await carried(journal, *due), due, "https://wiki/SAL", revision, NOON)


async def park(journal: Journal, *due: Delivery, hindrance: Hindrance | None = None) -> None:
    next_try = NOON + MINUTE if hindrance else None
    await journal.attempts.park(
        await carried(journal, *due), due, "a filter is against it", NOON, None, hindrance, next_try
    )


async def due(journal: Journal) -> list[tuple[str, str]]:
    """What is due: its project and its id."""
    return [(each.log.project, each.id) for each in await journal.deliveries.pending()]


async def told(journal: Journal, late: int = 0) -> list[tuple[str, str, DeliveryState]]:
    """What is to be told: project, id and state."""
    tellings = (await journal.tellings.untold(late, [("libera", "#cloud")])).tellings
    return [(each.delivery.log.project, each.delivery.id, each.delivery.state) for each in tellings]


# --- what is owed -----------------------------------------------------------------------------------------------------


async def test_a_change_is_owed_to_each_log_of_its_entry_under_the_entrys_day_and_clock(
    journal: Journal,
) -> None:
    entry = await accept(journal, "tools", "bots")
    await deliver(journal, *await journal.deliveries.pending())
    strike = await change(journal, entry)
    tools, bots = await journal.deliveries.pending()
    assert (tools.log, bots.log) == (a_log("tools"), a_log("bots"))
    assert (tools.clock, bots.clock) == ("12:00", "12:00")
    assert (tools.change, tools.entry, tools.log_day, tools.id) == (strike, entry, NOON.date(), strike.id)
    assert (tools.changes, tools.added, tools.revision) == ((strike,), True, 7)


async def test_a_line_is_to_stand_with_all_that_was_changed_in_the_order_in_which_it_was(journal: Journal) -> None:
    entry = await accept(journal)
    (added,) = await journal.deliveries.pending()
    assert (added.change, added.changes, added.added, added.revision) == (None, (), False, None)
    amended, struck = await change(journal, entry, "restarted it twice"), await change(journal, entry)
    assert [each.changes for each in await journal.deliveries.pending()] == [(amended, struck)] * 3
    assert (amended.kind, amended.text) == (ChangeKind.AMEND, "restarted it twice")


async def test_the_revision_is_that_by_which_the_line_was_written_last(journal: Journal) -> None:
    entry = await accept(journal)
    await deliver(journal, *await journal.deliveries.pending(), revision=7)
    for revision in (8, 9):
        await change(journal, entry, "anew")
        (owed,) = await journal.deliveries.pending()
        assert owed.revision == revision - 1
        await deliver(journal, owed, revision=revision)


async def test_of_a_line_that_was_handled_before_no_change_is_kept(journal: Journal) -> None:
    entry, key = await accept(journal), a_key("m1")
    made = await change(journal, entry, key=key)
    again = Changed(key, entry.id, made, Told.NOTHING, NOON)
    assert not await keep(journal, again)
    assert len(await due(journal)) == 2


async def test_whose_id_is_taken_is_asked_for_another(journal: Journal) -> None:
    entry = await accept(journal)
    made = await change(journal, entry)
    ids = iter([made.id, made.id, "undo-another"])

    def decide(_: Kept | None) -> tuple[Changed, str]:
        another = replace(made, id=next(ids))
        return Changed(a_key(), entry.id, another, Told.NOTHING, NOON), another.id

    assert await journal.entries.correct(entry.id, decide) == ("undo-another", True)
    assert [each.change and each.change.id for each in await journal.deliveries.pending()] == [
        None,
        made.id,
        "undo-another",
    ]


# --- what is due ------------------------------------------------------------------------------------------------------


async def test_a_change_comes_along_with_its_entry_or_waits_until_that_is_there(journal: Journal) -> None:
    entry = await accept(journal)
    strike = await change(journal, entry)
    assert await due(journal) == [("tools", entry.id), ("tools", strike.id)]
    added, _ = await journal.deliveries.pending()
    batch = await carried(journal, added)
    assert await due(journal) == []
    assert (await journal.deliveries.outstanding()).waiting == ()
    await journal.attempts.postpone(batch, [added], None, NOON)
    assert len(await due(journal)) == 2
    await deliver(journal, added)
    assert await due(journal) == [("tools", strike.id)]


async def test_a_change_waits_while_its_entry_is_parked_and_says_why(journal: Journal) -> None:
    entry = await accept(journal, "tools", "bots")
    tools, bots = await journal.deliveries.pending()
    await park(journal, tools)
    await deliver(journal, bots)
    strike = await change(journal, entry)
    assert await due(journal) == [("bots", strike.id)]
    found = await kept(journal, entry.id)
    assert found is not None
    causes = [(each.log.project, each.cause) for each in found.deliveries if each.change]
    assert causes == [("tools", "a filter is against it"), ("bots", None)]
    assert await journal.undelivered.retry([entry.id]) == [entry.id]
    assert await due(journal) == [("tools", entry.id), ("tools", strike.id), ("bots", strike.id)]


async def test_what_is_parked_with_its_entry_is_not_tried_again_before_that(journal: Journal) -> None:
    entry = await accept(journal)
    strike = await change(journal, entry)
    both = await journal.deliveries.pending()
    await park(journal, *both, hindrance=Hindrance.TEXT)
    await journal.deliveries.put_off(Hindrance.TEXT, [a_log()], NOON)
    again = (await journal.deliveries.outstanding()).hindered
    assert again is not None
    assert (again[0].id, again[0].changes) == (entry.id, (strike,)), "it does not arrive as if it were not struck"
    await deliver(journal, again[0])
    again = (await journal.deliveries.outstanding()).hindered
    assert again is not None
    assert again[0].id == strike.id


async def test_what_the_wiki_refused_keeps_no_other_change_from_a_line_that_is_there(journal: Journal) -> None:
    entry = await accept(journal)
    await deliver(journal, *await journal.deliveries.pending())
    spam = await change(journal, entry, "buy")
    await park(journal, *await journal.deliveries.pending())
    strike = await change(journal, entry)
    (owed,) = await journal.deliveries.pending()
    assert owed.changes == (strike,)
    assert await journal.undelivered.retry([spam.id]) == [spam.id]
    assert [each.changes for each in await journal.deliveries.pending()] == [(spam, strike)] * 2


# --- what an operator gives up ----------------------------------------------------------------------------------------


async def test_with_an_entry_its_changes_are_given_up_and_later_ones_are_owed_to_the_other_logs_alone(
    journal: Journal,
) -> None:
    entry = await accept(journal, "tools", "bots")
    await deliver(journal, (await journal.deliveries.pending())[1])
    await change(journal, entry)
    await deliver(journal, *[each for each in await journal.deliveries.pending() if each.log.project == "bots"])
    assert await journal.undelivered.drop([entry.id]) == [entry.id]
    assert await due(journal) == []
    later = await change(journal, entry, "no, it was another one")
    assert await due(journal) == [("bots", later.id)]


async def test_a_change_that_is_given_up_is_no_part_of_the_line(journal: Journal) -> None:
    entry = await accept(journal)
    await deliver(journal, *await journal.deliveries.pending())
    spam = await change(journal, entry, "buy")
    assert await journal.undelivered.drop([spam.id, "undo-unheard-of"]) == [spam.id]
    later = await change(journal, entry)
    (owed,) = await journal.deliveries.pending()
    assert owed.changes == (later,)


async def test_an_entry_of_which_something_is_on_its_way_is_given_up_in_none_of_its_logs(journal: Journal) -> None:
    entry = await accept(journal, "tools", "bots")
    tools = (await journal.deliveries.pending())[0]
    batch = await carried(journal, tools)
    assert await journal.undelivered.drop([entry.id]) == []
    assert await due(journal) == [("bots", entry.id)]
    await journal.attempts.park(batch, [tools], "a filter is against it", NOON)
    assert await journal.undelivered.drop([entry.id]) == [entry.id]
    assert await due(journal) == []


# --- what is told -----------------------------------------------------------------------------------------------------


async def test_what_became_of_an_entry_is_told_when_all_its_logs_have_it_and_then_at_once(journal: Journal) -> None:
    entry = await accept(journal, "tools", "bots")
    tools, bots = await journal.deliveries.pending()
    await deliver(journal, tools)
    assert await told(journal) == []
    assert await told(journal, late=9) == [("bots", entry.id, DeliveryState.PENDING)]
    await park(journal, bots)
    assert await told(journal) == [
        ("tools", entry.id, DeliveryState.DELIVERED),
        ("bots", entry.id, DeliveryState.PARKED),
    ]


async def test_of_a_submission_of_which_there_is_news_all_is_said_anew(journal: Journal) -> None:
    entry = await accept(journal, "tools", "bots")
    tools, bots = await journal.deliveries.pending()
    await deliver(journal, tools)
    await park(journal, bots)
    await journal.tellings.tell([tools], Told.LOGGED)
    await journal.tellings.tell([bots], Told.PARKED)
    assert await told(journal) == []
    await journal.undelivered.retry([entry.id])
    await deliver(journal, bots)
    assert await told(journal) == [(each, entry.id, DeliveryState.DELIVERED) for each in ("tools", "bots")]


async def test_a_change_is_told_to_who_made_it_beside_the_entry(journal: Journal) -> None:
    entry = await accept(journal)
    strike = await change(journal, entry, nick="op")
    added, struck = await journal.deliveries.pending()
    untold = await journal.tellings.untold(0, [("libera", "#cloud")])
    assert untold.tellings == ()
    await deliver(journal, added)
    untold = await journal.tellings.untold(9, [("libera", "#cloud")])
    assert untold.under_way == {("libera", "#cloud", "op", Told.NOTHING)}
    assert [each.delivery.id for each in untold.tellings] == [entry.id, strike.id]
    await deliver(journal, struck)
    assert await told(journal) == [
        ("tools", entry.id, DeliveryState.DELIVERED),
        ("tools", strike.id, DeliveryState.DELIVERED),
    ]


async def test_what_people_have_changed_on_the_page_is_left_and_that_is_told_once(journal: Journal) -> None:
    entry = await accept(journal)
    await deliver(journal, *await journal.deliveries.pending())
    (telling,) = (await journal.tellings.untold(0, [("libera", "#cloud")])).tellings
    await journal.tellings.tell([telling.delivery], Told.LOGGED)
    strike = await change(journal, entry)
    (owed,) = await journal.deliveries.pending()
    await journal.attempts.leave(await carried(journal, owed), [owed], "it was edited there", "https://wiki/SAL", NOON)
    assert await due(journal) == []
    assert await journal.attempts.open_attempts() == []
    (telling,) = (await journal.tellings.untold(0, [("libera", "#cloud")])).tellings
    left = telling.delivery
    assert (left.id, left.state, left.cause) == (strike.id, DeliveryState.LEFT, "it was edited there")
    assert left.url == f"https://wiki/SAL#{entry.id}"
    await journal.tellings.tell([left], Told.LOGGED)
    assert await told(journal) == []


async def test_a_portion_of_what_is_told_ends_between_two_submissions(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.journal.tellings.PORTION", 3)
    one, two = await accept(journal, "tools", "bots"), await accept(journal, "tools", "bots", said=NOON + MINUTE)
    await deliver(journal, *await journal.deliveries.pending())
    assert [each[1] for each in await told(journal)] == [one.id, one.id]
    await journal.tellings.tell(
        [each.delivery for each in (await journal.tellings.untold(0, [("libera", "#cloud")])).tellings], Told.LOGGED
    )
    assert [each[1] for each in await told(journal)] == [two.id, two.id]
