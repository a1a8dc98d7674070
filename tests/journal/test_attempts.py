"""What is being sent is known before and after, whatever comes between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from labsbot.journal import Journal
from labsbot.model import DeliveryState, Edit, GivenUp, JournalFailure, Told
from tests.journal.accepting import accepted
from tests.nouns import NOON, a_log

EDIT = Edit("Nova Resource:Tools/SAL", 1, 42, "2026-11-22T12:00:00Z", "== 2026-11-22 ==\n* …", "[b:00] alice: …")


async def test_however_many_entries_an_attempt_carries_its_statements_are_the_same(journal: Journal) -> None:
    # the last 128 different ones are kept: with thousands of parameters in each, that was most of our memory
    statements: set[str] = set()
    for engine in (journal._transactions._engine, journal._transactions._beside):
        event.listen(engine, "before_cursor_execute", lambda *given: statements.add(given[2]))
    await accepted(journal, *(f"m{number}" for number in range(30)))
    due = await journal.deliveries.pending()

    async def carry(number: int) -> None:
        batch, some = f"b{number}", due[:number]
        await journal.attempts.begin(batch, "wiki", EDIT.title, some, NOON)
        await journal.attempts.intend(batch, EDIT, some)
        await journal.attempts.postpone(batch, some, "it is not answering", NOON)
        await journal.tellings.tell(some, Told.LATE)
        await journal.undelivered.retry([each.entry.id for each in some])
        await journal.deliveries.pending([a_log("tools", f"#{each}") for each in range(number)])

    await carry(1)
    of_one = set(statements)
    for number in (2, 7, 30):
        await carry(number)
    assert statements == of_one


async def test_an_attempt_carries_its_deliveries_until_it_has_a_result(journal: Journal) -> None:
    await accepted(journal, "one", "two")
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, due, NOON)
    assert await journal.deliveries.pending() == []
    await journal.attempts.intend("b1", EDIT, due[:1])
    assert [delivery.entry.message for delivery in await journal.deliveries.pending()] == ["two"]
    (attempt,) = await journal.attempts.open_attempts()
    assert (attempt.batch, attempt.wiki, attempt.title, attempt.begun) == ("b1", "wiki", EDIT.title, NOON)
    assert attempt.edit == EDIT
    assert [delivery.entry.message for delivery in attempt.deliveries] == ["one"]

    await journal.attempts.delivered("b1", due[:1], "https://wiki/Tools/SAL", 43, NOON)
    assert await journal.attempts.open_attempts() == []
    found = await journal.undelivered.find(due[0].entry.id)
    assert found is not None
    assert found.delivery.state is DeliveryState.DELIVERED
    assert found.delivery.url == f"https://wiki/Tools/SAL#{due[0].entry.id}"


async def test_an_intent_outlives_the_process(journal: Journal, path: Path) -> None:
    await accepted(journal, "one")
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, due, NOON)
    await journal.attempts.intend("b1", EDIT, due)
    journal.close()
    again = Journal.open(path)
    assert [attempt.edit for attempt in await again.attempts.open_attempts()] == [EDIT]
    assert await again.deliveries.pending() == []
    again.close()


async def test_a_page_has_one_open_attempt_at_most(journal: Journal) -> None:
    await accepted(journal, "one", "two")
    one, two = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, [one], NOON)
    with pytest.raises(JournalFailure):
        await journal.attempts.begin("b2", "wiki", EDIT.title, [two], NOON)
    await journal.attempts.begin("b3", "wiki", "Another page", [two], NOON)
    await journal.attempts.postpone("b1", [one], None, NOON)
    await journal.attempts.begin("b4", "wiki", EDIT.title, [one], NOON)


async def test_a_postponed_delivery_is_pending_with_its_cause(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, due, NOON)
    await journal.attempts.postpone("b1", due, "it is read-only", NOON)
    assert [delivery.cause for delivery in await journal.deliveries.pending()] == ["it is read-only"]


async def test_a_doubtful_attempt_stays_open_and_says_why(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", EDIT.title, due, NOON)
    await journal.attempts.intend("b1", EDIT, due)
    await journal.attempts.doubt("b1", "it is not answering")
    (attempt,) = await journal.attempts.open_attempts()
    assert [delivery.cause for delivery in attempt.deliveries] == ["it is not answering"]


async def test_attempts_without_a_result_are_counted_and_a_result_ends_the_count(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.deliveries.pending()
    for number in (1, 2, 3):
        assert await journal.attempts.begin(f"b{number}", "wiki", EDIT.title, due, NOON) == number
        await journal.attempts.abandon(f"b{number}", NOON, may_come=False)
    assert await journal.attempts.begin("b4", "wiki", EDIT.title, due, NOON) == 4
    await journal.attempts.postpone("b4", due, None, NOON)
    assert await journal.attempts.begin("b5", "wiki", EDIT.title, due, NOON) == 1


async def test_what_an_abandoned_attempt_sent_stays_known_where_it_may_still_come(journal: Journal) -> None:
    await accepted(journal, "one")
    due = await journal.deliveries.pending()
    carried = frozenset(each.number for each in due)
    for batch, may_come, minute in (("b1", True, 0), ("b2", False, 1), ("b3", True, 2)):
        await journal.attempts.begin(batch, "wiki", EDIT.title, due, NOON)
        await journal.attempts.intend(batch, EDIT, due)
        ended = NOON + timedelta(minutes=minute)
        await (journal.attempts.abandon if minute else journal.attempts.withdraw)(batch, ended, may_come)
    assert await journal.attempts.given_up(before=NOON) == [
        GivenUp("b1", EDIT.title, NOON, EDIT, carried),
        GivenUp("b3", EDIT.title, NOON + timedelta(minutes=2), EDIT, carried),
    ]
    assert [each.batch for each in await journal.attempts.given_up(before=NOON + timedelta(minutes=1))] == ["b3"]
    assert [each.batch for each in await journal.attempts.given_up(before=NOON)] == ["b3"]
