"""A journal that cannot be written says so, keeps nothing by halves, and goes on when the disk does."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Edit, JournalFailure
from labsbot.settings import Channel, PageSettings
from tests.journal.bad_days import (
    BadDay,
    full_disk,
    led_elsewhere,
    locked,
    newest_taken_away,
    read_only,
    spoil,
    taken_away,
)
from tests.nouns import NOON, a_directory, a_front_desk, a_line, an_acceptance, an_entry

BAD_DAYS = [
    pytest.param(full_disk, "full", id="full disk"),
    pytest.param(read_only, "readonly", id="read-only"),
    pytest.param(locked, "locked", id="locked"),
    pytest.param(taken_away, "was removed", id="taken away"),
    pytest.param(newest_taken_away, "was removed", id="newest taken away"),
    pytest.param(led_elsewhere, "was removed", id="led elsewhere"),
]
HUGE = "x" * 20_000
"""More than one page of the file."""


async def accept(journal: Journal, message: str) -> bool:
    entry = an_entry(message)
    return await journal.entries.accept(an_acceptance(entry)) is not None


@pytest.mark.parametrize(("bad_day", "word"), BAD_DAYS)
async def test_an_entry_is_kept_whole_or_not_at_all(journal: Journal, bad_day: BadDay, word: str) -> None:
    await accept(journal, "before")
    with bad_day(journal), pytest.raises(JournalFailure, match=word):
        await accept(journal, HUGE)
    assert [delivery.entry.message for delivery in await journal.deliveries.pending()] == ["before"]
    await accept(journal, "after")
    assert [delivery.entry.message for delivery in await journal.deliveries.pending()] == ["before", "after"]


@pytest.mark.parametrize(("bad_day", "word"), BAD_DAYS)
async def test_an_intent_is_kept_whole_or_not_at_all(journal: Journal, bad_day: BadDay, word: str) -> None:
    await accept(journal, "one")
    due = await journal.deliveries.pending()
    await journal.attempts.begin("b1", "wiki", "Tools/SAL", due, NOON)
    edit = Edit("Tools/SAL", 1, 42, "2026-11-22T12:00:00Z", HUGE, "[b:b1] alice")
    with bad_day(journal), pytest.raises(JournalFailure, match=word):
        await journal.attempts.intend("b1", edit, due)
    (attempt,) = await journal.attempts.open_attempts()
    assert attempt.edit is None
    await journal.attempts.intend("b1", edit, due)
    (attempt,) = await journal.attempts.open_attempts()
    assert attempt.edit == edit


@pytest.mark.parametrize(("bad_day", "word"), BAD_DAYS)
async def test_the_channel_hears_that_it_was_not_logged_and_then_it_can_be_said_again(
    journal: Journal, bad_day: BadDay, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = ChannelRules(Channel("#cloud", None, PageSettings()), a_directory("tools"))
    intake = a_front_desk(journal.entries, {("libera", "#cloud"): desk}, "the wiki")
    with bad_day(journal):
        reply = await intake.hear(a_line(f"!log tools {HUGE}"))
    assert reply is not None
    assert reply.text == "alice: Not logged: the journal cannot be written. Tell an operator, then say it again."
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert word in line
    assert str(journal._path) in line
    assert await intake.hear(a_line("!log tools again")) is None
    assert [delivery.entry.message for delivery in await journal.deliveries.pending()] == ["again"]


def test_a_broken_file_is_named_when_it_is_opened(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(JournalFailure, match=f"{path} is no journal: file is not a database"):
        Journal.open(path)


async def test_a_file_that_is_broken_within_is_named_too(journal: Journal, path: Path) -> None:
    for number in range(50):
        await accept(journal, f"{number} {'x' * 500}")
    journal.close()
    spoil(path)
    with pytest.raises(
        JournalFailure, match=rf"{path} is damaged \(database disk image is malformed\): `labsbot restore`"
    ):
        Journal.open(path)


def test_a_folder_where_no_journal_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalFailure, match=f"{tmp_path}/file"):
        Journal.open(tmp_path / "file" / "journal")
