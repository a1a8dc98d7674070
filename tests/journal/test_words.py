"""What an index of words has to do, whatever the database: found is what people mean, by what is said by now.

It is asked through the journal and `Reading` alone; only the last part looks at SQLite's own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sql
from alembic import command

from labsbot.journal import EntryQuery, Journal, Reading, entries, sqlite, writer
from labsbot.journal.upgrade import steps
from labsbot.model import Changed, ChangeKind, Entry, Told
from labsbot.text import search
from tests.nouns import NOON, a_change, a_key, an_acceptance, an_entry, keep
from tests.wikitext.typed import FRAGMENTS, odd_characters, pairs_of_signs

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def accept(journal: Journal, message: str, minute: int = 0, *projects: str, **given: object) -> Entry:
    entry = an_entry(message, NOON + minute * MINUTE, **given)
    assert await journal.entries.accept(an_acceptance(entry, *projects))
    return entry


async def change(journal: Journal, entry: Entry, kind: ChangeKind, text: str = "") -> str:
    made = a_change(kind, text)
    assert await keep(journal, Changed(a_key(), entry.id, made, Told.NOTHING, NOON))
    return made.id


def found(path: Path, typed: str, **asked: object) -> list[str]:
    """What is found, the newest first; as the words alone say, and page by page."""
    meant = search.parse(typed, UTC)
    query = EntryQuery(**{"projects": meant.projects or None, **asked}).narrowed(meant)  # type: ignore[arg-type]
    told = [each.message for each in Reading(path).entries(query)]
    pages, before = [], None
    while True:
        page = Reading(path).page(query, before, 2)
        pages += [each.message for each in page.entries]
        if (before := page.older) is None:
            break
    assert pages == told
    return told


# --- words ------------------------------------------------------------------------------------------------------------

SAID = (
    "restarted nginx on db1.eqiad.wmnet",
    "tools-web-7: kernel panic, see T123",
    "panic in the Kernel of db1001",
    "Überprüfung der Dateien in /srv/log",
    "перезапуск сервера db2",
    "it is up",
)


@pytest.fixture
async def filled(journal: Journal, path: Path) -> Path:
    for minute, message in enumerate(SAID):
        await accept(journal, message, minute)
    return path


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("db1", [0]),
        ("DB1.eqiad.wmnet", [0]),
        ("db1.eqiad", [0]),
        ("eqiad nginx", [0]),
        ("kernel panic", [2, 1]),
        ('"kernel panic"', [1]),
        ("“KERNEL,  panic”", [1]),
        ("tools-web-7", [1]),
        ("web", [1]),
        ("t123", [1]),
        ("uberprufung", [3]),
        ("ÜBERPRÜFUNG srv/log", [3]),
        ("ПЕРЕЗАПУСК", [4]),
        ("db*", [4, 2, 0]),
        ("db1*", [2, 0]),
        ("tools-we*", [1]),
        ("db* -db1001", [4, 0]),
        ('db* -"restarted nginx" -db2', [2]),
        ("it is up", [5]),
        ("up is it", [5]),
        ("alice up", [5]),
        ("bob", []),
        ("kern", []),
        ("panic - kernel & !", [2, 1]),
        ("host:db1 restarted", [0]),
        ("host:alice", []),
        ("task:T123", [1]),
        ("-host:db1 restarted", []),
        ("-panic", [5, 4, 3, 0]),
        ("-panic -db*", [5, 3]),
        ("from:ALICE up", [5]),
        ("from:bob up", []),
        ("-from:alice", []),
        ("project:tools up", [5]),
        ("project:bots up", []),
        ("after:2026-11-22 up", [5]),
        ("before:2026-11-22 up", []),
        ("after:2026-11-22T12:03:00Z", [5, 4, 3]),
        ("before:2026-11-22T12:01:00Z", [0]),
        ("", [5, 4, 3, 2, 1, 0]),
        ("***", []),
        ("-", []),
    ],
)
async def test_found_is_what_people_mean(filled: Path, typed: str, numbers: list[int]) -> None:
    assert found(filled, typed) == [SAID[number] for number in numbers]


async def test_what_one_cannot_be_asked_for_is_words(journal: Journal, path: Path) -> None:
    await accept(journal, "an hour after noon, robots maybe")
    assert found(path, "after:noon") == found(path, "robots:maybe") == ["an hour after noon, robots maybe"]


async def test_of_what_people_typed_alone(journal: Journal, path: Path) -> None:
    await accept(journal, "deployed a", 0, robot=True)
    await accept(journal, "deployed b", 1)
    assert found(path, "deployed robots:no") == ["deployed b"]
    assert found(path, "deployed robots:yes") == ["deployed b", "deployed a"]


async def test_several_names_of_which_one_fits(journal: Journal, path: Path) -> None:
    for minute, (author, project) in enumerate((("alice", "tools"), ("bob", "bots"), ("carol", "a b"))):
        await accept(journal, f"{author}'s", minute, project, author=author)
    assert found(path, "s from:Bob from:alice") == ["bob's", "alice's"]
    assert found(path, 's project:"a b" project:tools') == ["carol's", "alice's"]
    assert found(path, "s from:bob", authors=("BOB", "alice")) == ["bob's"]
    assert found(path, "s", hidden=frozenset({"bots"})) == ["carol's", "alice's"]
    assert found(path, "-alice", hidden=frozenset({"bots"})) == ["carol's"]


async def test_projects_are_no_words_of_an_entry(journal: Journal, path: Path) -> None:
    """Whoever does not know of a project must not find out by words what stands in its log."""
    await accept(journal, "restarted", 0, "tools", "secret")
    assert found(path, "secret", hidden=frozenset({"secret"})) == found(path, "secret") == []


async def test_only_the_newest_is_read_of_what_many_entries_say(journal: Journal, path: Path) -> None:
    for minute in range(7):
        await accept(journal, f"m{minute} {'odd' if minute % 2 else 'even'}", minute)
    assert found(path, "even") == ["m6 even", "m4 even", "m2 even", "m0 even"]
    page = Reading(path).page(EntryQuery().narrowed(search.parse("even", UTC)), None, 1)
    assert [each.message for each in page.entries] == ["m6 even"]


# --- what is said by now ----------------------------------------------------------------------------------------------


async def test_amended_text_is_found_by_its_newest_words_alone(journal: Journal, path: Path) -> None:
    entry = await accept(journal, "restarted nginx")
    await change(journal, entry, ChangeKind.AMEND, "restarted apache")
    await change(journal, entry, ChangeKind.AMEND, "restarted lighttpd")
    assert found(path, "lighttpd") == found(path, "-nginx -apache") == ["restarted lighttpd"]
    assert found(path, "nginx") == found(path, "apache") == []


async def test_a_change_that_came_to_nothing_leaves_what_was_said_before(journal: Journal, path: Path) -> None:
    entry = await accept(journal, "restarted nginx")
    first = await change(journal, entry, ChangeKind.AMEND, "restarted apache")
    assert await journal.undelivered.drop([first]) == [first]
    assert found(path, "nginx") == ["restarted nginx"]
    assert found(path, "apache") == []
    await change(journal, entry, ChangeKind.AMEND, "restarted lighttpd")
    (known,) = await journal.entries.kept([entry.id])
    (delivery,) = [each for each in known.deliveries if each.change == known.changes[-1]]
    await journal.attempts.begin("b", "wiki", "page", [delivery], NOON)
    await journal.attempts.leave("b", [delivery], "edited", "https://wiki.example/", NOON)
    assert found(path, "nginx") == ["restarted nginx"]
    assert found(path, "lighttpd") == []


async def test_an_undone_entry_is_found_and_known_as_taken_back(journal: Journal, path: Path) -> None:
    entry = await accept(journal, "restarted nginx")
    await change(journal, entry, ChangeKind.STRIKE, "wrong host")
    (there,) = Reading(path).entries(EntryQuery().narrowed(search.parse("nginx", UTC)))
    assert there.struck


async def test_what_is_redacted_is_found_by_nothing_that_it_ever_said(journal: Journal, path: Path) -> None:
    entry = await accept(journal, "the password is hunter2")
    await change(journal, entry, ChangeKind.AMEND, "the password is hunter3")
    await change(journal, entry, ChangeKind.REDACT)
    assert found(path, "hunter2") == found(path, "hunter3") == found(path, "hunter*") == []
    assert found(path, "from:alice alice") == ["removed by an operator"]


async def test_what_was_logged_late_is_found_by_either_time(journal: Journal, path: Path) -> None:
    late = an_entry("restarted late", NOON - 2 * DAY, late=True)
    assert await journal.entries.accept(an_acceptance(late, now=NOON))
    early = an_entry("restarted then", NOON - 2 * DAY)
    assert await journal.entries.accept(an_acceptance(early, now=NOON - 2 * DAY))
    await accept(journal, "restarted now")
    for words in ("restarted", "", "-nosuch", "from:alice", "project:tools"):
        assert found(path, f"{words} after:2026-11-22") == ["restarted now", "restarted late"], words
        assert found(path, f"{words} before:2026-11-22") == ["restarted then", "restarted late"], words
        assert found(path, f"{words} after:2026-11-21 before:2026-11-22") == []
    assert found(path, "from:bob after:2026-11-22") == found(path, "then after:2026-11-22") == []


async def test_what_is_logged_meanwhile_moves_nothing_from_one_page_to_another(journal: Journal, path: Path) -> None:
    for minute in range(4):
        await accept(journal, f"m{minute} word", minute)
    query = EntryQuery().narrowed(search.parse("word", UTC))
    first = Reading(path).page(query, None, 2)
    await asyncio.wait_for(accept(journal, "newer word", 9), 5)
    await accept(journal, "late word", 0)
    older = Reading(path).page(query, first.older, 9)
    assert [each.message for each in (*first.entries, *older.entries)] == [
        *("m3 word", "m2 word", "m1 word"),
        *("late word", "m0 word"),
    ]


# --- whatever is typed ------------------------------------------------------------------------------------------------

HOSTILE = (
    *('"', '""', '"""', "'", "*", "* *", '"*', "a*b*", "^a", "a^", "AND", "OR", "NOT", "NEAR", "AND (", "a AND", "("),
    *(")", "{message} : a", "message:a", "a + b", "a NEAR(b, 2)", "-", "--", "- -", "-*", '-"', "a:", ":a", "from:"),
    *("from:*", "host:", 'host:"', "after:", "after:x", "\x00", "a\x00b", "\ud800", "\ufffe", "%00"),
    *("'; DROP TABLE words; --", "x" * 10_000, "x " * 5000, '"' * 5000, "a* " * 300, "-a " * 300, "from:a " * 300),
    *("(" * 5000, "🔥", "𞤀", "\ue000", "host:- x", "from:- x", "project:- x", "a b\u202ec"),
)


@pytest.mark.slow
async def test_no_input_is_an_error(filled: Path) -> None:
    ways = [way.format(each) for each in HOSTILE for way in ("{0}", "{0} up", 'up -"{0}"', "from:{0}")]
    typed = [*ways, *FRAGMENTS[::7], *list(pairs_of_signs())[::7], *list(odd_characters())[::7]]
    engine = sqlite.on(filled, "mode=ro", poolclass=sql.StaticPool)
    with engine.connect() as connection:
        for each in typed:
            entries.page(connection, EntryQuery().narrowed(search.parse(each, UTC)), None, 50)
    engine.dispose()


# --- SQLite's own -----------------------------------------------------------------------------------------------------


def terms(path: Path) -> set[str]:
    """What is in the index, which is also asked whether it agrees with the tables."""
    with closing(sqlite3.connect(path)) as look:
        look.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
        look.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, 'row')")
        return {row[0] for row in look.execute("SELECT term FROM terms")}


async def test_the_index_agrees_with_what_is_said_whatever_was_changed(journal: Journal, path: Path) -> None:
    first = await accept(journal, "one one")
    second = await accept(journal, "two", 1, "tools", "bots")
    await change(journal, first, ChangeKind.AMEND, "three")
    await change(journal, first, ChangeKind.REDACT)
    await change(journal, second, ChangeKind.STRIKE)
    dropped = await change(journal, second, ChangeKind.AMEND, "four")
    await journal.undelivered.drop([dropped])
    assert {"two", "alice", "tools", "bots"} <= terms(path)
    assert await journal.erasures.erase([first.id], {}) == frozenset()
    await journal.erasures.rewrite()
    assert terms(path) == {"two", "alice", "tools", "bots"}


async def test_parts_of_the_index_are_joined_in_quiet_moments_alone(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an entry is added to it that would be waited for."""
    monkeypatch.setattr(writer, "QUIET", 60)
    for minute in range(12):
        await accept(journal, f"word{minute}", minute)
    assert parts(path) == 12
    monkeypatch.setattr(writer, "QUIET", 0)
    await accept(journal, "word12", 12)
    at_work = journal._transactions.writer._at_work
    assert at_work is not None
    await at_work
    assert parts(path) == 1
    assert {f"word{number}" for number in range(13)} < terms(path)


def parts(path: Path) -> int:
    with closing(sqlite3.connect(path)) as look:
        number: int = look.execute("SELECT count(DISTINCT segid) FROM words_idx").fetchone()[0]
    return number


async def test_the_index_of_an_older_journal_is_made_of_what_is_said_by_now(tmp_path: Path) -> None:
    """Its entries are those of this release, without what this schema has added."""
    made, path = tmp_path / "made", tmp_path / "journal.sqlite3"
    journal = Journal.open(made)
    told = [await accept(journal, f"old{number}", number, late=number == 1) for number in range(6)]
    for number in (1, 2, 3):
        await change(journal, told[number], ChangeKind.AMEND, f"new{number}")
    await change(journal, told[2], ChangeKind.REDACT)
    given_up = await change(journal, told[3], ChangeKind.AMEND, "newest3")
    await journal.undelivered.drop([given_up])
    await change(journal, told[4], ChangeKind.STRIKE)
    journal.close()
    engine = sql.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(steps(connection), "0009")
    engine.dispose()
    with closing(sqlite3.connect(path)) as older, older:
        older.execute("ATTACH ? AS made", (str(made),))
        for table in ("entry", "change", "delivery", "handled"):
            names = ", ".join(row[1] for row in older.execute(f"PRAGMA table_info({table})"))
            older.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM made.{table}")
    Journal.open(path).close()
    assert terms(path) == terms(made) == {"old0", "new1", "new3", "old4", "old5", "alice", "tools"}
    with closing(sqlite3.connect(path)) as upgraded, closing(sqlite3.connect(made)) as fresh:
        both = [each.execute("SELECT * FROM newest_text ORDER BY entry").fetchall() for each in (upgraded, fresh)]
        shapes = [
            each.execute("SELECT name, sql FROM sqlite_master WHERE name IN ('words', 'findable')").fetchall()
            for each in (upgraded, fresh)
        ]
    assert both[0] == both[1]
    assert [" ".join(made.split()) for _, made in sorted(shapes[0])] == [
        " ".join(made.split()) for _, made in sorted(shapes[1])
    ]
