"""What the journal knows of days on their way to an archive: a process that dies at any step finds where it was."""

from __future__ import annotations

from datetime import date

import pytest

from labsbot.journal import Journal
from labsbot.model import Archived, Edit, JournalFailure, Log, Move, MovedDay, MoveStage
from tests.nouns import NOON

LOG = Log("net #c", "tools")
DAYS = (
    MovedDay("2025-12-31", date(2025, 12, 31), date(2025, 12, 31), "== 2025-12-31 ==\n* a\n\n"),
    MovedDay("2025-12-30", date(2025, 12, 30), date(2025, 12, 30), "== 2025-12-30 ==\n* b"),
)
UNTIL = date(2026, 1, 1)
EDIT = Edit("SAL/2025", None, None, "2026-11-22T12:00:00Z", "text", "archived [b:1]")


async def begun(journal: Journal, title: str = "SAL", archive: str = "SAL/2025") -> Move:
    return await journal.moves.begin_move("wiki", LOG, archive, title, DAYS, UNTIL, "1", EDIT, NOON)


async def test_a_move_is_kept_with_what_is_about_to_be_sent(journal: Journal) -> None:
    move = await begun(journal)
    assert move == Move(move.number, LOG, "SAL", "SAL/2025", MoveStage.COPYING, DAYS, "1", EDIT)
    assert await journal.moves.open_moves("wiki") == [move]
    assert await journal.moves.open_moves("another") == []
    assert await journal.moves.archives("wiki", "SAL") == []


async def test_what_is_copied_is_to_be_removed_and_its_archive_is_known(journal: Journal) -> None:
    move = await journal.moves.move_on(await begun(journal))
    assert (move.stage, move.edit, move.days) == (MoveStage.REMOVING, None, DAYS)
    assert await journal.moves.archives("wiki", "SAL") == [Archived("SAL/2025", date(2025, 12, 30), date(2025, 12, 31))]


async def test_days_that_are_amended_stand_so_when_that_is_saved(journal: Journal) -> None:
    move = await journal.moves.move_on(await begun(journal))
    sent = await journal.moves.intend_move(move, "2", EDIT, DAYS[:1])
    assert (sent.batch, sent.edit, sent.days, sent.after) == ("2", EDIT, DAYS, DAYS[:1])
    assert (await journal.moves.not_moved(sent)).days == DAYS
    assert (await journal.moves.move_on(sent)).days == DAYS[:1]


async def test_a_move_that_is_over_is_forgotten_but_for_where_its_days_are(journal: Journal) -> None:
    await journal.moves.end_move(await journal.moves.move_on(await begun(journal)), NOON)
    assert await journal.moves.open_moves("wiki") == []
    assert [archive.title for archive in await journal.moves.archives("wiki", "SAL")] == ["SAL/2025"]


async def test_a_page_has_one_move_at_a_time(journal: Journal) -> None:
    move = await begun(journal)
    with pytest.raises(JournalFailure):
        await begun(journal)
    await begun(journal, title="Other", archive="Other/2025")
    await journal.moves.end_move(move, NOON, "somebody was faster")
    await begun(journal)
    assert [each.title for each in await journal.moves.open_moves("wiki")] == ["Other", "SAL"]


async def test_what_is_to_follow_is_known_until_all_of_it_has_moved(journal: Journal) -> None:
    await journal.moves.end_move(await begun(journal), NOON, "it was not saved")
    await begun(journal, title="Other", archive="Other/2025")
    await journal.moves.finish_moves("wiki", "Other")
    assert await journal.moves.unfinished_moves("wiki") == {"SAL": (LOG, UNTIL)}
    assert await journal.moves.unfinished_moves("another") == {}
