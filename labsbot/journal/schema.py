"""The tables of the journal, as SQLAlchemy Core metadata; how they came about is in `migrations`.

Entries are never changed or deleted; what happens to them is recorded beside them. The one thing that is forgotten of
an entry is the hostmask.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sql
from sqlalchemy import event

from labsbot.journal.sqlite import COUNT_OF_DAY_CHANGES, INDEX_OF_WORDS
from labsbot.model import RunState, Via

VERSION = "0016"
"""The newest migration: what a journal made by this release is stamped with."""


class UtcTime(sql.TypeDecorator[datetime]):
    """A moment, kept as ``2026-11-22T14:30:01.196000Z``: it reads well and sorts right in every database."""

    impl = sql.String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sql.Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: str | None, dialect: sql.Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Day(sql.TypeDecorator[date]):
    """A calendar day, kept as ``2026-11-22``."""

    impl = sql.String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: sql.Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: sql.Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


WAY = sql.Enum(Via, values_callable=lambda ways: [way.value for way in ways], native_enum=False, length=20)

metadata = sql.MetaData()

entry = sql.Table(
    "entry",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("id", sql.String, nullable=False, unique=True),
    sql.Column("network", sql.String, nullable=False),
    sql.Column("channel", sql.String, nullable=False),
    sql.Column("nick", sql.String, nullable=False),
    sql.Column("account", sql.String),
    sql.Column("author", sql.String, nullable=False),
    sql.Column("message", sql.String, nullable=False),
    sql.Column("said", UtcTime, nullable=False),
    sql.Column("accepted", UtcTime, nullable=False),
    sql.Column("user", sql.String),
    sql.Column("relay", sql.String),
    # By whom an entry without an account may be corrected; forgotten when that time is over.
    sql.Column("hostmask", sql.String),
    # It was logged afterwards, for a time that was named.
    sql.Column("late", sql.Boolean, nullable=False, server_default=sql.false()),
    # Where it stands among all others: microseconds of the time said since the epoch, made unique by adding.
    sql.Column("place", sql.Integer, nullable=False, server_default="0"),
    # The how manieth thing it was that was accepted, entries and changes counted together.
    sql.Column("sequence", sql.Integer, nullable=False, server_default="0"),
    # The way by which it came, and whether no person typed it.
    sql.Column("via", WAY, nullable=False, server_default=Via.IRC.value),
    sql.Column("robot", sql.Boolean, nullable=False, server_default=sql.false()),
    # Of what was read from the wiki: its time as it stands there, where the second is not known.
    sql.Column("time_written", sql.String),
)
sql.Index("entry_place", entry.c.place, unique=True)
sql.Index("entry_sequence", entry.c.sequence, unique=True)
# What came last in a channel, and whose hostmask is still to be forgotten.
sql.Index("entry_there", entry.c.network, entry.c.channel)
# What somebody logged, and what people typed: each is found without looking at all the others.
sql.Index("entry_author", sql.func.lower(entry.c.author), entry.c.place)
sql.Index("entry_typed", entry.c.place, sqlite_where=entry.c.robot.is_(sql.false()))
sql.Index("entry_hostmask", entry.c.accepted, sqlite_where=entry.c.hostmask.is_not(None))
sql.Index("entry_late", entry.c.accepted, entry.c.place, sqlite_where=entry.c.late.is_(sql.true()))

change = sql.Table(
    "change",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("id", sql.String, nullable=False, unique=True),
    sql.Column("entry", sql.ForeignKey("entry.number"), nullable=False, index=True),
    sql.Column("kind", sql.String, nullable=False),
    sql.Column("text", sql.String, nullable=False),
    sql.Column("author", sql.String, nullable=False),
    sql.Column("said", UtcTime, nullable=False),
    sql.Column("accepted", UtcTime, nullable=False),
    sql.Column("network", sql.String, nullable=False),
    sql.Column("channel", sql.String, nullable=False),
    sql.Column("nick", sql.String, nullable=False),
    sql.Column("account", sql.String),
    sql.Column("hostmask", sql.String),
    sql.Column("sequence", sql.Integer, nullable=False, unique=True),
    # People have made it on the page itself.
    sql.Column("by_hand", sql.Boolean, nullable=False, server_default=sql.false()),
)
sql.Index("change_hostmask", change.c.accepted, sqlite_where=change.c.hostmask.is_not(None))

# What an entry says by now, where that is something else than its message: by this it is found.
newest_text = sql.Table(
    "newest_text",
    metadata,
    sql.Column("entry", sql.ForeignKey("entry.number"), primary_key=True),
    # Nothing, where it is redacted.
    sql.Column("text", sql.String, nullable=False),
)

attempt = sql.Table(
    "attempt",
    metadata,
    sql.Column("batch", sql.String, primary_key=True),
    sql.Column("wiki", sql.String, nullable=False),
    sql.Column("title", sql.String, nullable=False),
    sql.Column("begun", UtcTime, nullable=False),
    # The exact POST as JSON, from before it is sent until its result is known beyond doubt.
    sql.Column("edit", sql.JSON(none_as_null=True)),
    sql.Column("ended", UtcTime),
    sql.Column("outcome", sql.String),
    # The deliveries that it carries: what it was given up for may be on its way again since, or be elsewhere.
    sql.Column("carried", sql.JSON(none_as_null=True)),
)
# One open intent per page: the database itself refuses a second.
sql.Index(
    "attempt_open_page",
    attempt.c.wiki,
    attempt.c.title,
    unique=True,
    sqlite_where=attempt.c.ended.is_(None),
)
# Few have an edit: those under way, and those given up that may still come.
sql.Index("attempt_edit", attempt.c.ended, sqlite_where=attempt.c.edit.is_not(None))

delivery = sql.Table(
    "delivery",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("entry", sql.ForeignKey("entry.number"), nullable=False),
    sql.Column("log_day", Day, nullable=False),
    sql.Column("clock", sql.String(5), nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("cause", sql.String),
    # How many attempts in a row were begun and never got any result.
    sql.Column("fruitless", sql.Integer, nullable=False),
    # The open attempt that carries it; while this is set nothing else may send it.
    sql.Column("batch", sql.ForeignKey("attempt.batch"), index=True),
    sql.Column("url", sql.String),
    sql.Column("revision", sql.Integer),
    sql.Column("delivered", UtcTime),
    sql.Column("told", sql.String, nullable=False),
    # For the operator: how many attempts were begun, what the last one met with, and about when the next one is.
    sql.Column("attempts", sql.Integer, nullable=False, server_default="0"),
    sql.Column("failure", sql.String),
    sql.Column("next_try", UtcTime),
    # What hinders what is parked and is tried again by itself at `next_try`, and how often it was hindered.
    sql.Column("hindrance", sql.String),
    sql.Column("refusals", sql.Integer, nullable=False, server_default="0"),
    # The log to which it goes: a place of the configuration, and a project.
    sql.Column("log", sql.String, nullable=False, server_default=""),
    sql.Column("project", sql.String, nullable=False, server_default=""),
    # What is owed: a change of the entry; NULL: the entry itself.
    sql.Column("change", sql.ForeignKey("change.number")),
    # The entry's own place: what was logged last in a project is found without looking at all the others.
    sql.Column("place", sql.Integer, nullable=False, server_default="0"),
    # It is not sent before then; NULL: it is due.
    sql.Column("due", UtcTime),
)
# Whatever is owed beside a delivery: for the same entry or change, and in the same log. SQLite knows nothing of how the
# values are spread: each index has to be the obvious one for what it is for, and useless for all else.
sql.Index("delivery_entry", delivery.c.entry, delivery.c.change, delivery.c.log, delivery.c.project)
sql.Index("delivery_change", delivery.c.change, sqlite_where=delivery.c.change.is_not(None))
sql.Index("delivery_newest", delivery.c.project, delivery.c.place, sqlite_where=delivery.c.change.is_(None))
sql.Index("delivery_newest_there", delivery.c.log, delivery.c.place, sqlite_where=delivery.c.change.is_(None))
# The days of a project, and of all: which there are, and what stands under each. They end with what is asked for, too,
# so that whoever counts needs nothing else.
sql.Index(
    "delivery_day_of_project",
    delivery.c.project,
    delivery.c.log_day,
    delivery.c.place,
    delivery.c.change,
    sqlite_where=delivery.c.change.is_(None),
)
sql.Index(
    "delivery_day",
    delivery.c.log_day,
    delivery.c.place,
    delivery.c.project,
    delivery.c.change,
    sqlite_where=delivery.c.change.is_(None),
)
# What is due and what is still to be told, found without reading the years that were told long ago.
sql.Index("delivery_state_told", delivery.c.state, delivery.c.told)
sql.Index("delivery_next_try", delivery.c.next_try, sqlite_where=delivery.c.hindrance.is_not(None))
sql.Index("delivery_due", delivery.c.due, sqlite_where=delivery.c.due.is_not(None))

# Of entries that are the beginning of something: what is known of its end.
run = sql.Table(
    "run",
    metadata,
    sql.Column("entry", sql.ForeignKey("entry.number"), primary_key=True),
    sql.Column("process", sql.String),
    sql.Column("state", sql.String, nullable=False),
)
sql.Index("run_running", run.c.entry, sqlite_where=run.c.state == RunState.RUNNING.value)

# Days on their way from a log's page to an archive, and where those are that went.
move = sql.Table(
    "move",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("wiki", sql.String, nullable=False),
    # By which the page is configured, as of a delivery.
    sql.Column("log", sql.String, nullable=False),
    sql.Column("project", sql.String, nullable=False),
    sql.Column("title", sql.String, nullable=False),
    sql.Column("archive", sql.String, nullable=False),
    sql.Column("first", Day, nullable=False),
    sql.Column("last", Day, nullable=False),
    # What is earlier is to move as well, portion by portion; NULL: that is done.
    sql.Column("until", Day),
    sql.Column("stage", sql.String, nullable=False),
    # What is on its way, as it stands in the archive; NULL once that is over.
    sql.Column("days", sql.JSON(none_as_null=True)),
    # The edit under way, exactly as it is sent, and what is on its way once it is saved.
    sql.Column("batch", sql.String),
    sql.Column("edit", sql.JSON(none_as_null=True)),
    sql.Column("after", sql.JSON(none_as_null=True)),
    sql.Column("begun", UtcTime, nullable=False),
    sql.Column("ended", UtcTime),
    # Why it ended before it was done.
    sql.Column("cause", sql.String),
)
sql.Index("move_open", move.c.wiki, move.c.title, unique=True, sqlite_where=move.c.ended.is_(None))
sql.Index("move_of_page", move.c.wiki, move.c.title, move.c.stage, move.c.archive)

# In which channels an entry is to be announced that came by another way than IRC.
announcement = sql.Table(
    "announcement",
    metadata,
    sql.Column("entry", sql.ForeignKey("entry.number"), primary_key=True),
    sql.Column("network", sql.String, primary_key=True),
    sql.Column("channel", sql.String, primary_key=True),
    # Since when it waits for that; NULL: it was announced, or nobody needs it any more.
    sql.Column("owed", UtcTime),
)
sql.Index(
    "announcement_owed",
    announcement.c.network,
    announcement.c.channel,
    announcement.c.owed,
    sqlite_where=announcement.c.owed.is_not(None),
)

handled = sql.Table(
    "handled",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("network", sql.String, nullable=False),
    sql.Column("channel", sql.String, nullable=False),
    sql.Column("msgid", sql.String),
    sql.Column("fingerprint", sql.String, nullable=False),
    sql.Column("entry", sql.ForeignKey("entry.number")),
    sql.Column("handled", UtcTime, nullable=False),
)
sql.Index("handled_msgid", handled.c.network, handled.c.channel, handled.c.msgid, unique=True)
sql.Index("handled_fingerprint", handled.c.network, handled.c.channel, handled.c.fingerprint)

# One row: when the bot was seen last, and what kept it from being of use then.
bot_status = sql.Table(
    "bot_status",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("noted", UtcTime, nullable=False),
    sql.Column("reasons", sql.JSON, nullable=False),
)

# What was heard of each channel: from when on, and until when.
presence = sql.Table(
    "presence",
    metadata,
    sql.Column("network", sql.String, primary_key=True),
    sql.Column("channel", sql.String, primary_key=True),
    sql.Column("since", UtcTime, nullable=False),
    sql.Column("until", UtcTime, nullable=False),
)

# How often anything changed of what stands under a day; the database counts by itself.
day_changes = sql.Table(
    "day_changes",
    metadata,
    sql.Column("log_day", Day, primary_key=True),
    sql.Column("number", sql.Integer, nullable=False),
)

for _each in (*INDEX_OF_WORDS, *COUNT_OF_DAY_CHANGES):
    event.listen(metadata, "after_create", sql.DDL(_each))  # type: ignore[no-untyped-call]
