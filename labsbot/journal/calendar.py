"""The days on which something was logged, for people who leaf through a log: each question costs what it shows.

Projects come in as they are spelt in the journal; None: all there are. What stands in several logs counts for each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sql

from labsbot.journal import questions
from labsbot.journal import statements as st
from labsbot.journal.entries import said, without_logs
from labsbot.model import Kept
from labsbot.settings import folded

Projects = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class CountedLogs:
    """The logs in which is counted."""

    projects: Projects
    hidden: frozenset[str] = frozenset()
    """Of all there are, without these (`folded`)."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The days with entries next to a day."""

    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class ProjectOverview:
    """A project as it is seen among all others."""

    project: str
    newest: Kept
    """The entry said last."""
    days: Mapping[date, int]
    """How many entries there are on each day, of those that were asked for."""


def neighbours(connection: sql.Connection, projects: Projects, day: date) -> Neighbours:
    """Between which days with entries a day is, whether it has any itself or not."""
    given = {"day": day}
    if projects is None:
        return Neighbours(connection.scalar(st.DAY_BEFORE, given), connection.scalar(st.DAY_AFTER, given))
    given_with = {**given, "projects": list(projects)}
    return Neighbours(connection.scalar(st.DAY_BEFORE_OF, given_with), connection.scalar(st.DAY_AFTER_OF, given_with))


def counts(connection: sql.Connection, logs: CountedLogs, first: date, last: date, most: int) -> dict[date, int]:
    """How many entries stand under each day from the first to the last, at most so many of each: more are not counted.
    Days without any are not there."""
    days = [date.fromordinal(each).isoformat() for each in range(first.toordinal(), last.toordinal() + 1)]
    found: Counter[date] = Counter()
    statements = (st.COUNTS_OF_DAYS, st.COUNTS_OF_PROJECTS_DAYS)
    for row in _counted(connection, logs, statements, {"days": days, "most": most}):
        found[row.log_day] += row.number
    return {day: min(number, most) for day, number in found.items() if number}


def hours(connection: sql.Connection, logs: CountedLogs, first: date, last: date, most: int) -> dict[int, int]:
    """How many entries of these days were said in which hour, by the clock of their page: of the newest, so many of
    each project, or of all together."""
    given = {"first": first, "last": last, "most": most}
    found: Counter[int] = Counter()
    for row in _counted(connection, logs, (st.HOURS, st.HOURS_OF_PROJECT), given):
        found[int(row.hour)] += row.number
    return dict(found)


def _counted(
    connection: sql.Connection,
    logs: CountedLogs,
    statements: tuple[sql.Select[Any], sql.Select[Any]],
    given: Mapping[str, object],
) -> Iterator[sql.Row[Any]]:
    """What is counted of all logs but the hidden ones, or else of each project."""
    of_all, of_project = statements
    if logs.projects is None:
        without = [each for each in connection.scalars(st.PROJECTS) if folded(each) in logs.hidden]
        yield from connection.execute(of_all, {**given, "without": without})
        return
    for project in logs.projects:
        yield from connection.execute(of_project, {**given, "project": project})


def newest(connection: sql.Connection, projects: Sequence[str]) -> dict[str, datetime]:
    """When something was said last in each of these projects."""
    return {row.project: said(row.place) for row in connection.execute(st.NEWEST_PLACES, {"projects": list(projects)})}


def overview(
    connection: sql.Connection, projects: Sequence[str], first: date, last: date, most: int
) -> tuple[list[ProjectOverview], list[str]]:
    """The projects in which something was said last, at most so many, with what happened on the days from the first to
    the last; and the names of the others."""
    rows = connection.execute(st.NEWEST_PLACES, {"projects": list(projects)}).all()
    newest = sorted(rows, key=lambda row: row.place, reverse=True)
    shown = newest[:most]
    by_project: dict[str, dict[date, int]] = defaultdict(dict)
    for row in shown:
        for day in _of_project(connection, row.project, first, last):
            by_project[row.project][day.log_day] = day.number
    by_place = dict(connection.execute(st.IDS_AT_PLACES, {"places": [row.place for row in shown]}).all())
    kept = questions.kept(connection, st.AT_PLACES, {"places": [row.place for row in shown]})
    by_id = {each.entry.id: without_logs(each, frozenset()) for each in kept}
    found = [ProjectOverview(row.project, by_id[by_place[row.place]], by_project[row.project]) for row in shown]
    return found, sorted(row.project for row in newest[most:])


def _of_project(connection: sql.Connection, project: str, first: date, last: date) -> Sequence[sql.Row[date, int]]:
    given = {"project": project, "first": first, "last": last}
    return connection.execute(st.DAYS_OF_PROJECT, given).all()
