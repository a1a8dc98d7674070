"""The days of a log: which there are, and how much happened on each; hidden projects leave no trace in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sql

from labsbot.journal import CountedLogs, EntryQuery, Journal, Neighbours, Reading, sqlite
from labsbot.journal import statements as st
from tests.nouns import NOON, an_acceptance, an_entry

DAY = timedelta(days=1)
D19, D20, D21, D22 = (NOON.date() - back * DAY for back in (3, 2, 1, 0))


@pytest.fixture
async def reading(tmp_path: Path) -> AsyncIterator[Reading]:
    journal = Journal.open(tmp_path / "journal.sqlite3")
    for back, projects in ((3, ("tools",)), (3, ("tools", "secret")), (1, ("secret",)), (0, ("bots",))):
        assert await journal.entries.accept(an_acceptance(an_entry(f"{back}", NOON - back * DAY), *projects))
    yield Reading(tmp_path / "journal.sqlite3")
    journal.close()


def test_a_day_lies_between_two_days_that_have_entries(reading: Reading) -> None:
    assert reading.neighbours(None, D20) == Neighbours(D19, D21)
    assert reading.neighbours(None, D22) == Neighbours(D21, None)
    assert reading.neighbours(("tools", "bots"), D20) == Neighbours(D19, D22)
    assert reading.neighbours(("tools",), D19) == Neighbours(None, None)
    assert reading.neighbours((), D20) == Neighbours(None, None)


def test_how_many_entries_a_day_has_is_counted_and_days_without_any_are_not_there(reading: Reading) -> None:
    assert reading.counts(CountedLogs(("tools",)), D19, D22, 9) == {D19: 2}
    assert reading.counts(CountedLogs(("tools", "bots", "secret")), D19, D22, 9) == {D19: 3, D21: 1, D22: 1}
    assert reading.counts(CountedLogs(None), D20, D22, 9) == {D21: 1, D22: 1}
    assert reading.counts(CountedLogs(None, frozenset({"secret"})), D19, D22, 9) == {D19: 2, D22: 1}


def test_of_a_full_day_no_more_is_counted_than_was_asked_for(reading: Reading) -> None:
    assert reading.counts(CountedLogs(None), D19, D22, 2) == {D19: 2, D21: 1, D22: 1}
    assert reading.counts(CountedLogs(("tools", "secret")), D19, D19, 1) == {D19: 1}


async def test_the_hours_of_the_newest_entries_are_counted_by_the_clock_of_their_pages(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite3")
    owed = ((0, "09:59", "tools"), (1, "23:00", "tools"), (2, "23:59", "secret"), (3, "08:00", "tools"))
    for back, clock, project in owed:
        entry = an_entry(f"{back}", NOON - back * DAY)
        made = an_acceptance(entry, project)
        assert await journal.entries.accept(replace(made, owed=tuple(replace(each, clock=clock) for each in made.owed)))
    journal.close()
    reading = Reading(tmp_path / "journal.sqlite3")
    assert reading.hours(CountedLogs(None), D20, D22, 9) == {9: 1, 23: 2}
    assert reading.hours(CountedLogs(None, frozenset({"secret"})), D19, D22, 2) == {9: 1, 23: 1}
    assert reading.hours(CountedLogs(("tools", "secret")), D19, D22, 9) == {8: 1, 9: 1, 23: 2}


def test_projects_come_with_their_newest_entry_and_the_others_by_name(reading: Reading) -> None:
    found, others = reading.overview(("tools", "bots", "secret"), D19, D22, 2)
    assert [(each.project, each.newest.entry.message, each.days) for each in found] == [
        ("bots", "0", {D22: 1}),
        ("secret", "1", {D19: 1, D21: 1}),
    ]
    assert others == ["tools"]


PLANS = {
    "DAY_BEFORE": "delivery_day",
    "DAY_AFTER": "delivery_day",
    "DAY_BEFORE_OF": "delivery_day_of_project",
    "DAY_AFTER_OF": "delivery_day_of_project",
    "DAYS_OF_PROJECT": "delivery_day_of_project",
    "COUNTS_OF_DAYS": "delivery_day",
    "COUNTS_OF_PROJECTS_DAYS": "delivery_day_of_project",
    "HOURS": "delivery_day",
    "HOURS_OF_PROJECT": "delivery_day_of_project",
    "NEWEST_PLACES": "delivery_newest",
    "PLACES": "entry_place",
    "PLACES_TYPED": "entry_typed",
    "PLACES_OF_AUTHOR": "entry_author",
    "PLACES_OF_PROJECT": "delivery_newest",
    "PLACES_OF_DAY": "delivery_day",
    "PLACES_OF_PROJECTS_DAY": "delivery_day_of_project",
    "AMONG": "entry_place",
    "NEWEST_ACCEPTED": "entry_sequence",
    "ACCEPTED_AFTER": "entry_sequence",
    "ACCEPTED_AS": "sqlite_autoindex_entry_1",
    "AT_PLACES": "entry_place",
    "IDS_AT_PLACES": "entry_place",
}
"""By which index each question of readers is answered."""


@pytest.mark.parametrize("name", PLANS)
def test_no_question_of_readers_goes_through_a_whole_table_or_sorts_what_is_ordered(tmp_path: Path, name: str) -> None:
    Journal.open(tmp_path / "journal.sqlite3").close()
    engine = sqlite.on(tmp_path / "journal.sqlite3", "mode=rw", poolclass=sql.NullPool)
    given = {"since": 0, "before": 9, "most": 5, "project": "p", "author": "a", "day": date(2026, 1, 1)}
    given |= {"first": date(2026, 1, 1), "last": date(2026, 1, 1), "robots": True, "places": [1], "projects": ["p"]}
    given |= {"days": ["2026-01-01"], "without": ["p"], "after": 0, "id": "x"}
    given |= {"authors": [], "any_author": True, "any_project": True}
    statement = getattr(st, name)
    compiled = statement.compile(engine)
    asked = compiled.construct_params({key: value for key, value in given.items() if key in compiled.params})
    values = tuple(
        (compiled._bind_processors.get(key) or (lambda value: value))(asked[key]) for key in compiled.positiontup or ()
    )
    with engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled.string}", values)]
    engine.dispose()
    assert any(f"INDEX {PLANS[name]} " in step or step.endswith(f"INDEX {PLANS[name]}") for step in plan), plan
    assert not [step for step in plan if re.match("SCAN (entry|delivery|change)", step) and "INDEX" not in step], plan
    # what is asked by a list of places is a page at most, and there are 24 hours
    if name not in ("AMONG", "AT_PLACES", "IDS_AT_PLACES", "HOURS", "HOURS_OF_PROJECT"):
        assert not any("TEMP B-TREE" in step for step in plan), plan


# --- what is asked together -------------------------------------------------------------------------------------------


@pytest.fixture
async def mixed(tmp_path: Path) -> AsyncIterator[Reading]:
    journal = Journal.open(tmp_path / "journal.sqlite3")
    for minute, (author, robot, projects) in enumerate(
        [
            ("alice", False, ("tools",)),
            ("Alice", True, ("tools", "secret")),
            ("bob", False, ("secret",)),
            ("bob", False, ("bots",)),
            ("alice", True, ("bots",)),
        ]
    ):
        entry = an_entry(f"m{minute}", NOON + minute * timedelta(minutes=1), author=author, robot=robot)
        assert await journal.entries.accept(an_acceptance(entry, *projects))
    yield Reading(tmp_path / "journal.sqlite3")
    journal.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (EntryQuery(authors=("ALICE",)), "m4 m1 m0"),
        (EntryQuery(authors=("alice", "bob")), "m4 m3 m2 m1 m0"),
        (EntryQuery(authors=("nobody",)), ""),
        (EntryQuery(authors=()), ""),
        (EntryQuery(robots=False), "m3 m2 m0"),
        (EntryQuery(authors=("alice",), robots=False), "m0"),
        (EntryQuery(authors=("alice",), projects=("tools",)), "m1 m0"),
        (EntryQuery(projects=("tools",), robots=False), "m0"),
        (EntryQuery(day=D22), "m4 m3 m2 m1 m0"),
        (EntryQuery(day=D21), ""),
        (EntryQuery(day=D22, projects=("tools",)), "m1 m0"),
        (EntryQuery(day=D22, authors=("bob",), projects=("bots",)), "m3"),
        (EntryQuery(day=D22, robots=False), "m3 m2 m0"),
        (EntryQuery(hidden=frozenset({"secret"})), "m4 m3 m1 m0"),
        (EntryQuery(hidden=frozenset({"secret"}), robots=False), "m3 m0"),
        (EntryQuery(hidden=frozenset({"secret"}), authors=("bob",)), "m3"),
        (EntryQuery(hidden=frozenset({"secret"}), day=D22), "m4 m3 m1 m0"),
        (EntryQuery(hidden=frozenset({"secret"}), projects=("secret",)), ""),
        (EntryQuery(hidden=frozenset({"secret"}), projects=("secret", "tools")), "m1 m0"),
    ],
)
def test_all_that_is_said_of_a_query_holds(mixed: Reading, query: EntryQuery, found: str) -> None:
    entries = list(mixed.entries(query))
    assert " ".join(each.message for each in entries) == found
    logs = {each.log.project for kept in entries for each in kept.deliveries}
    assert logs.isdisjoint(query.hidden)
    assert [each.message for each in mixed.entries(query, 1)] == found.split()[:1]
