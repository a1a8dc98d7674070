"""What is on its way from a log's page to an archive, and to which archives days of a page have moved.

A move is kept before anything is sent for it, stage by stage, so that whoever starts anew goes on with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sql

from labsbot.journal import rows
from labsbot.journal import statements as st
from labsbot.journal.transactions import JournalPart, news, question, verb
from labsbot.model import Archived, Edit, Log, Move, MovedDay, MoveStage


class KeptMoves(JournalPart):
    """A page has one at a time."""

    @question
    def open_moves(self, connection: sql.Connection, wiki: str) -> list[Move]:
        """What is on its way from a log's page to an archive, the oldest first."""
        return [rows.move(row) for row in connection.execute(st.OPEN_MOVES, {"in_wiki": wiki})]

    @question
    def archives(self, connection: sql.Connection, wiki: str, title: str) -> list[Archived]:
        """The archives to which we have moved days of a log's page, those of the youngest days first."""
        return [Archived(*row) for row in connection.execute(st.ARCHIVES, {"in_wiki": wiki, "of": title})]

    @question
    def unfinished_moves(self, connection: sql.Connection, wiki: str) -> dict[str, tuple[Log, date]]:
        """By page, of which log it is and up to which day days are to move from it, of which some did."""
        found = connection.execute(st.UNFINISHED_MOVES, {"in_wiki": wiki})
        return {row.title: (Log(row.log, row.project), row.until) for row in found}

    @verb
    def finish_moves(self, connection: sql.Connection, wiki: str, title: str) -> None:
        """All that was to move from a page did."""
        connection.execute(st.FINISH_MOVES, {"in_wiki": wiki, "of": title})

    @verb
    def begin_move(
        self,
        connection: sql.Connection,
        wiki: str,
        log: Log,
        archive: str,
        title: str,
        days: Sequence[MovedDay],
        until: date,
        batch: str,
        edit: Edit,
        now: datetime,
    ) -> Move:
        """Say that days of the page `title` are about to be copied to an archive by just this edit.

        What is earlier than `until` is to follow them.
        """
        begun = {
            "wiki": wiki,
            "log": log.place,
            "project": log.project,
            "title": title,
            "archive": archive,
            "first": min(each.first for each in days),
            "last": max(each.last for each in days),
            "until": until,
            "stage": MoveStage.COPYING.value,
            "days": rows.as_kept(days),
            "batch": batch,
            "edit": dataclasses.asdict(edit),
            "begun": now,
        }
        number = connection.execute(st.NEW_MOVE, begun).scalar_one()
        return rows.move(connection.execute(st.MOVE, {"of": number}).one())

    @verb
    def intend_move(
        self, connection: sql.Connection, move: Move, batch: str, edit: Edit, after: Sequence[MovedDay] | None = None
    ) -> Move:
        """Keep exactly what is about to be sent for days that are copied, and how they stand when it is saved."""
        sent = {
            "batch": batch,
            "edit": dataclasses.asdict(edit),
            "after": None if after is None else rows.as_kept(after),
        }
        return _updated_move(connection, move, **sent)

    @verb
    def move_on(self, connection: sql.Connection, move: Move) -> Move:
        """The edit under way is saved: the days stand in the archive, and as it was kept of them."""
        days = move.days if move.after is None else move.after
        there = {"stage": MoveStage.REMOVING.value, "days": rows.as_kept(days)}
        return _updated_move(connection, move, **there, **_NOTHING_SENT)

    @verb
    def not_moved(self, connection: sql.Connection, move: Move) -> Move:
        """The edit under way was not saved, and never will be."""
        return _updated_move(connection, move, **_NOTHING_SENT)

    @news
    def end_move(self, connection: sql.Connection, move: Move, now: datetime, cause: str | None = None) -> None:
        """It is over; `cause`: why it was given up before it was done. The days' texts are forgotten."""
        over = {"ended": now, "cause": cause, "days": None, **_NOTHING_SENT}
        connection.execute(st.UPDATE_MOVE, {"of": move.number, **over})

    @verb
    def readdress(
        self,
        connection: sql.Connection,
        days: Sequence[MovedDay],
        entry_ids: Collection[str],
        before: str,
        after: str,
    ) -> None:
        """These entries, and what of these days was read on the page, stand at another page than before; both are
        addresses without an anchor."""
        addresses = {"before": before, "after": after}
        connection.execute(st.READDRESS, {"ids": list(entry_ids), **addresses})
        for day in days:
            connection.execute(st.READDRESS_DAYS, {"first": day.first, "last": day.last, **addresses})


_NOTHING_SENT = {"batch": None, "edit": None, "after": None}


def _updated_move(connection: sql.Connection, move: Move, **values: object) -> Move:
    connection.execute(st.UPDATE_MOVE, {"of": move.number, **values})
    return rows.move(connection.execute(st.MOVE, {"of": move.number}).one())
