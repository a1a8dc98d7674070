"""The statements of the journal, each built once, because building one costs more than running it.

Values come when one is run. In an update, those that are named like a column are what is set. A list comes as one
value: with a parameter for each of its members, each length would make a statement of its own, and the last 128 are
kept, which after an outage with thousands of entries was 40 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sql
from sqlalchemy import bindparam

from labsbot.journal.schema import (
    announcement,
    attempt,
    bot_status,
    change,
    day_changes,
    delivery,
    entry,
    handled,
    move,
    newest_text,
    run,
)
from labsbot.journal.sqlite import FINDABLE, WORDS, behind, has_words, members, numbered, part, unsearched
from labsbot.model import REDACTED, ChangeKind, DeliveryState, MoveStage, RunState, Told, Via

# --- what is accepted -------------------------------------------------------------------------------------------------

_KEY = numbered("keys")
_MSGID, _PRINT = part(_KEY.c.value, 2), part(_KEY.c.value, 3)
_SAME_PLACE = (handled.c.network == part(_KEY.c.value, 0), handled.c.channel == part(_KEY.c.value, 1))
HANDLED = sql.select(_KEY.c.key).where(
    sql.or_(
        sql.exists().where(*_SAME_PLACE, handled.c.msgid == _MSGID),
        sql.exists().where(
            *_SAME_PLACE, handled.c.fingerprint == _PRINT, sql.or_(handled.c.msgid.is_(None), _MSGID.is_(None))
        ),
    )
)
"""Which of the lines were here before: a copy that carries no msgid meets its like by the fingerprint, whichever of
them has one."""
NEW_HANDLED = handled.insert()
REPEATED = (
    sql.select(entry.c.id, handled.c.fingerprint)
    .join_from(handled, entry)
    .where(
        handled.c.network == bindparam("network"),
        handled.c.channel == bindparam("channel"),
        handled.c.msgid == bindparam("msgid"),
    )
)

_before, _behind = entry.alias(), entry.alias()
_WISH: sql.BindParameter[int] = bindparam("wish", type_=sql.Integer)
_FREE_PLACE = sql.case(
    (~sql.exists().where(_before.c.place == _WISH), _WISH),
    else_=sql.select(_before.c.place + 1)
    .where(_before.c.place >= _WISH, ~sql.exists().where(_behind.c.place == _before.c.place + 1))
    .order_by(_before.c.place)
    .limit(1)
    .scalar_subquery(),
)
"""The first that nothing has, from the one on that is wished for."""
_SEQUENCES = sql.union_all(
    sql.select(sql.func.max(entry.c.sequence).label("newest")), sql.select(sql.func.max(change.c.sequence))
).subquery()
_NEXT = sql.select(sql.func.coalesce(sql.func.max(_SEQUENCES.c.newest), 0) + 1).scalar_subquery()

TAKEN_IDS = sql.select(entry.c.id).where(entry.c.id.in_(sql.select(members("ids"))))
NEWEST_ENTRY = sql.select(sql.func.coalesce(sql.func.max(entry.c.number), 0))
FREE_PLACE = sql.select(_FREE_PLACE)
NEW_ENTRY = entry.insert().values(place=_FREE_PLACE, sequence=_NEXT)
NEW_ANNOUNCEMENT = announcement.insert().values(entry=bindparam("of"))
NEW_RUN = run.insert().values(entry=bindparam("of"), state=RunState.RUNNING.value)

CHANGE_OF_ID = sql.select(change.c.number).where(change.c.id == bindparam("id"))
NUMBER_OF_ID = sql.select(entry.c.number).where(entry.c.id == bindparam("id"))
NEW_CHANGE = change.insert().values(sequence=_NEXT).returning(change.c.number)
LOGS_OF_ENTRY = (
    sql.select(delivery.c.log, delivery.c.project, delivery.c.log_day, delivery.c.clock)
    .where(
        delivery.c.entry == bindparam("of"),
        delivery.c.change.is_(None),
        delivery.c.state != DeliveryState.DROPPED.value,
    )
    .order_by(delivery.c.number)
)

_PLACE_OF = sql.select(entry.c.place).where(entry.c.number == bindparam("of")).scalar_subquery()
NEW_DELIVERY = delivery.insert().values(
    entry=bindparam("of"), place=_PLACE_OF, state=DeliveryState.PENDING.value, fruitless=0
)

# --- what is read from the wiki ---------------------------------------------------------------------------------------

IMPORTED_DELIVERY = delivery.insert().values(
    entry=bindparam("of"), place=_PLACE_OF, state=DeliveryState.DELIVERED.value, told=Told.NEVER.value, fruitless=0
)
_WRITTEN_TO_LOG = (
    delivery.c.project == bindparam("in_project"),
    delivery.c.log == bindparam("of"),
    delivery.c.change.is_(None),
    delivery.c.revision.is_not(None),
)
REVISION_UNTIL = (
    sql.select(delivery.c.revision)
    .where(*_WRITTEN_TO_LOG, delivery.c.delivered < bindparam("until"))
    .order_by(delivery.c.place.desc())
    .limit(1)
)
OLDEST_REVISION = sql.select(sql.func.min(delivery.c.revision)).where(*_WRITTEN_TO_LOG)
READDRESS_ONE = (
    delivery.update()
    .where(
        delivery.c.entry == sql.select(entry.c.number).where(entry.c.id == bindparam("of_id")).scalar_subquery(),
        delivery.c.url == bindparam("before"),
    )
    .values(url=bindparam("after"))
)

# --- deliveries as they are read --------------------------------------------------------------------------------------

_other = delivery.alias()
_SAME_LOG = (
    _other.c.entry == delivery.c.entry,
    _other.c.log == delivery.c.log,
    _other.c.project == delivery.c.project,
)
_state = unsearched(_other.c.state)
_THERE = _state == DeliveryState.DELIVERED.value
_OF_ENTRY_ITSELF = (*_SAME_LOG, _other.c.change.is_(None))
_ADDED = sql.exists().where(*_OF_ENTRY_ITSELF, _THERE)
_FREE = sql.and_(_state == DeliveryState.PENDING.value, _other.c.batch.is_(None), _other.c.due.is_(None))
_HOLDS_UP = sql.select(_other.c.cause).where(*_OF_ENTRY_ITSELF, _state == DeliveryState.PARKED.value)
_ALSO_AT = sql.select(sql.func.aggregate_strings(_other.c.url, "\n")).where(
    _other.c.entry == delivery.c.entry, _other.c.change.is_(None), _THERE, _other.c.number != delivery.c.number
)
_WRITTEN = sql.select(_other.c.revision).where(*_SAME_LOG, _THERE).order_by(_other.c.number.desc()).limit(1)

PLACES_ON_WIKI = (
    sql.select(
        *(delivery.c[name] for name in ("log", "project", "log_day", "clock", "url")),
        # a change by hand leaves known by which revision we wrote the line
        _WRITTEN.scalar_subquery().label("revision"),
    )
    .where(
        delivery.c.entry == bindparam("of"),
        delivery.c.change.is_(None),
        delivery.c.state == DeliveryState.DELIVERED.value,
    )
    .order_by(delivery.c.number)
)

_KEPT = [column for column in entry.c if column.name not in ("number", "place", "sequence", "hostmask")]
_OF_DELIVERIES = sql.select(
    *(
        delivery.c[name]
        for name in (
            *("number", "log", "project", "log_day", "clock", "state", "url", "told"),
            *("hindrance", "next_try", "refusals"),
        )
    ),
    # what waits for its entry waits for the same
    sql.func.coalesce(delivery.c.cause, _HOLDS_UP.scalar_subquery()).label("cause"),
    delivery.c.change.label("change_number"),
    _ADDED.label("added"),
    _WRITTEN.scalar_subquery().label("revision"),
    _ALSO_AT.scalar_subquery().label("also_at"),
    delivery.c.entry.label("entry_number"),
).order_by(delivery.c.place, delivery.c.number)
OF_ENTRIES: sql.Select[Any] = _OF_DELIVERIES.where(delivery.c.entry.in_(sql.select(members("numbers"))))
_DELIVERIES = _OF_DELIVERIES.add_columns(*_KEPT).join_from(delivery, entry)
CHANGES_OF = (
    sql.select(change, delivery.c.log, delivery.c.project, delivery.c.state)
    .outerjoin_from(change, delivery, delivery.c.change == change.c.number)
    .where(change.c.entry.in_(sql.select(members("numbers"))))
    .order_by(change.c.number)
)

# --- what is due ------------------------------------------------------------------------------------------------------

_DUE = (
    delivery.c.state == DeliveryState.PENDING.value,
    delivery.c.batch.is_(None),
    delivery.c.due.is_(None),
    # a change waits for its entry, or comes along with it
    sql.or_(delivery.c.change.is_(None), sql.exists().where(*_OF_ENTRY_ITSELF, sql.or_(_THERE, _FREE))),
)
_LOG = (delivery.c.log, delivery.c.project)
_SENDER = sql.case(
    (entry.c.relay.is_not(None), entry.c.network + " relay " + entry.c.relay + " " + entry.c.nick),
    (sql.func.coalesce(entry.c.account, "") != "", entry.c.network + " account " + entry.c.account),
    else_=entry.c.network + " nick " + entry.c.nick,
)
"""As `Entry.sender`."""
WAITING = (
    sql.select(*_LOG, _SENDER)
    .join_from(delivery, entry)
    .where(*_DUE)
    .group_by(*_LOG, _SENDER)
    .order_by(sql.func.min(delivery.c.place), sql.func.min(delivery.c.number))
)
PENDING = _DELIVERIES.where(*_DUE).limit(bindparam("most"))
_EACH = members("logs")
_IN_THERE = sql.tuple_(*_LOG).in_(sql.select(*(part(_EACH, number) for number in range(len(_LOG)))))
PENDING_FROM = PENDING.where(_IN_THERE, _SENDER.not_in(sql.select(members("without"))))
PENDING_OF = PENDING.where(_IN_THERE, bindparam("sender") == _SENDER)
_OF_LAST = (_IN_THERE, entry.c.id == bindparam("id"), delivery.c.number > bindparam("number"))
PENDING_TOO = _DELIVERIES.where(*_DUE, *_OF_LAST)
"""What is due of an entry, after this delivery of it."""
CHANGES_WAITING = _DELIVERIES.where(
    *(delivery.c.state == DeliveryState.PENDING.value, delivery.c.batch.is_(None), delivery.c.change.is_not(None)),
    *_OF_LAST,
)
"""What was changed about one that is parked, and waits for it."""
NEXT_DUE = sql.select(sql.func.min(delivery.c.due, type_=delivery.c.due.type)).where(delivery.c.due.is_not(None))
COME_DUE = delivery.update().where(delivery.c.due <= bindparam("until")).values(due=None)
COUNTS = (
    sql.select(*_LOG, sql.func.count().label("number"))
    .where(delivery.c.state == DeliveryState.PENDING.value)
    .group_by(*_LOG)
)

_HINDERED = (
    delivery.c.state == DeliveryState.PARKED.value,
    delivery.c.hindrance.is_not(None),
    delivery.c.batch.is_(None),
)
NEXT_HINDERED = (
    _DELIVERIES.where(*_HINDERED, sql.or_(delivery.c.change.is_(None), _ADDED))
    .order_by(None)
    .order_by(delivery.c.next_try, delivery.c.number)
    .limit(1)
)
_HINDERED_BY = (*_HINDERED, delivery.c.hindrance == bindparam("by"))
HINDERED = sql.select(*_LOG).where(*_HINDERED_BY).distinct()
UPDATE_HINDERED = delivery.update().where(*_HINDERED_BY, _IN_THERE)
CARRIED = _DELIVERIES.where(delivery.c.batch == bindparam("carrier"))
_ON_ITS_WAY = [DeliveryState.PENDING.value, DeliveryState.PARKED.value]
_NOT_THERE = delivery.c.state.in_(_ON_ITS_WAY)
_QUEUED = _DELIVERIES.add_columns(
    delivery.c.attempts, delivery.c.failure, delivery.c.batch, delivery.c.due, attempt.c.title.label("carried_to")
).outerjoin(attempt, attempt.c.batch == delivery.c.batch)
QUEUE = _QUEUED.where(_NOT_THERE)
BACKLOG = (
    sql.select(delivery.c.state, sql.func.count().label("number"), sql.func.min(entry.c.accepted).label("oldest"))
    .join_from(delivery, entry)
    .where(_NOT_THERE)
    .group_by(delivery.c.state)
)
_CAUSE = sql.func.coalesce(delivery.c.failure, delivery.c.cause)
OBSTRUCTIONS = (
    sql.select(
        delivery.c.state,
        _CAUSE.label("cause"),
        sql.func.count().label("number"),
        sql.func.min(delivery.c.next_try, type_=delivery.c.next_try.type).label("next_try"),
    )
    .where(_NOT_THERE)
    .group_by(delivery.c.state, _CAUSE)
    .order_by(sql.func.count().desc(), _CAUSE)
    .limit(bindparam("most"))
)
OF_ID = _QUEUED.where(entry.c.id == bindparam("id"))
WHEN_ACCEPTED = (
    sql.select(sql.func.coalesce(change.c.accepted, entry.c.accepted, type_=entry.c.accepted.type))
    .select_from(delivery)
    .join(entry, entry.c.number == delivery.c.entry)
    .outerjoin(change, change.c.number == delivery.c.change)
    .where(delivery.c.number.in_(sql.select(members("numbers"))))
)

# --- how the bot is ---------------------------------------------------------------------------------------------------

BOT_STATUS = sql.select(bot_status.c.noted, bot_status.c.reasons)
NEW_BOT_STATUS = bot_status.insert().values(number=1)
UPDATE_BOT_STATUS = bot_status.update().where(bot_status.c.number == 1)

# --- what is to be told -----------------------------------------------------------------------------------------------

_SETTLED = {
    DeliveryState.PARKED: (Told.NOTHING, Told.LATE),
    DeliveryState.DELIVERED: (Told.NOTHING, Told.LATE, Told.PARKED),
    DeliveryState.LEFT: (Told.NOTHING, Told.LATE, Told.PARKED),
}


def _of_one_submission(sibling: sql.FromClause) -> tuple[sql.ColumnElement[bool], ...]:
    """What is told together."""
    return sibling.c.entry == delivery.c.entry, sibling.c.change.is_not_distinct_from(delivery.c.change)


_sibling, _unsettled = delivery.alias(), delivery.alias()
_STILL = delivery.c.state == DeliveryState.PENDING.value
_LATE = sql.and_(
    _STILL,
    delivery.c.told == Told.NOTHING.value,
    delivery.c.number <= bindparam("late"),
    delivery.c.due.is_(None),  # what waits for its end is not late
)
_NEWS = sql.and_(
    sql.or_(
        *(
            sql.and_(delivery.c.state == state.value, delivery.c.told.in_([each.value for each in told]))
            for state, told in _SETTLED.items()
        )
    ),
    ~sql.exists().where(*_of_one_submission(_unsettled), unsearched(_unsettled.c.state) == DeliveryState.PENDING.value),
)
_BY_PERSON = delivery.join(entry).outerjoin(change, change.c.number == delivery.c.change)
_PERSON = tuple(sql.func.coalesce(change.c[name], entry.c[name]).label(name) for name in ("network", "channel", "nick"))
_OF_PERSONS = sql.tuple_(*_PERSON).in_(bindparam("persons", expanding=True))
_FIRST = sql.func.min(delivery.c.number)
_TO_BE_TOLD = sql.union_all(sql.select(delivery.c.number).where(_LATE), sql.select(delivery.c.number).where(_NEWS))
TO_BE_TOLD = (
    sql.select(*_PERSON, _FIRST.label("first"))
    .select_from(_BY_PERSON)
    .where(delivery.c.number.in_(_TO_BE_TOLD), sql.tuple_(*_PERSON[:2]).in_(bindparam("places", expanding=True)))
    .group_by(*_PERSON)
    .having(bindparam("after") < _FIRST)
    .order_by(_FIRST)
    .limit(bindparam("people"))
)
_TO_TELL = sql.union_all(
    sql.select(delivery.c.number).select_from(_BY_PERSON).where(_LATE, _OF_PERSONS),
    sql.select(_sibling.c.number)
    .select_from(_BY_PERSON.join(_sibling, sql.and_(*_of_one_submission(_sibling))))
    .where(_NEWS, _OF_PERSONS, _sibling.c.state != DeliveryState.DROPPED.value),
)
TO_TELL = _DELIVERIES.where(delivery.c.number.in_(_TO_TELL)).limit(bindparam("most"))
UNDER_WAY = (
    sql.select(*_PERSON, delivery.c.told)
    .select_from(_BY_PERSON)
    .where(_STILL, delivery.c.told != Told.NEVER.value, _OF_PERSONS)
    .distinct()
)
NEWEST = sql.select(sql.func.max(delivery.c.number))

# --- what becomes of deliveries ---------------------------------------------------------------------------------------

_NUMBERS = sql.select(members("numbers"))
UPDATE_THESE = delivery.update().where(delivery.c.number.in_(_NUMBERS))
UNTELL_THESE = UPDATE_THESE.where(delivery.c.told == bindparam("was"))
UPDATE_CARRIED = delivery.update().where(delivery.c.batch == bindparam("carrier"))
HINDER_THESE = UPDATE_THESE.values(refusals=delivery.c.refusals + 1)
BEGIN_THESE = UPDATE_THESE.where(_NOT_THERE, delivery.c.batch.is_(None)).values(
    batch=bindparam("carrier"), fruitless=delivery.c.fruitless + 1, attempts=delivery.c.attempts + 1
)
RELEASE_ALL_BUT_THESE = UPDATE_CARRIED.where(delivery.c.number.not_in(_NUMBERS)).values(batch=None, fruitless=0)
TAKE_BACK = UPDATE_CARRIED.values(batch=None, fruitless=delivery.c.fruitless - 1)
MOST_FRUITLESS = sql.select(sql.func.max(delivery.c.fruitless)).where(delivery.c.batch == bindparam("carrier"))

NEW_ATTEMPT = attempt.insert()
OPEN_ATTEMPTS = attempt.select().where(attempt.c.ended.is_(None)).order_by(attempt.c.begun)
_GIVEN_UP = (attempt.c.edit.is_not(None), attempt.c.ended.is_not(None))
GIVEN_UP = attempt.select().where(*_GIVEN_UP).order_by(attempt.c.ended)
FORGET_GIVEN_UP = attempt.update().where(*_GIVEN_UP, attempt.c.ended < bindparam("before")).values(edit=None)
UPDATE_ATTEMPT = attempt.update().where(attempt.c.batch == bindparam("carrier"))

_IDS = sql.select(members("ids"))
_OF_IDS = sql.or_(
    delivery.c.entry.in_(sql.select(entry.c.number).where(entry.c.id.in_(_IDS))),
    delivery.c.change.in_(sql.select(change.c.number).where(change.c.id.in_(_IDS))),
)
RESOLVABLE: sql.Select[Any] = (
    sql.select(delivery.c.number, delivery.c.state, delivery.c.batch, entry.c.id, change.c.id.label("change_id"))
    .select_from(_BY_PERSON)
    .where(_NOT_THERE, _OF_IDS)
)

# --- what moves to archives -------------------------------------------------------------------------------------------

NEW_MOVE = move.insert().returning(move.c.number)
UPDATE_MOVE = move.update().where(move.c.number == bindparam("of"))
MOVE = move.select().where(move.c.number == bindparam("of"))
OPEN_MOVES = move.select().where(move.c.wiki == bindparam("in_wiki"), move.c.ended.is_(None)).order_by(move.c.number)
_UNFINISHED = (move.c.wiki == bindparam("in_wiki"), move.c.until.is_not(None))
UNFINISHED_MOVES = move.select().where(*_UNFINISHED).order_by(move.c.number)
FINISH_MOVES = move.update().where(*_UNFINISHED, move.c.title == bindparam("of")).values(until=None)
ARCHIVES = (
    sql.select(
        move.c.archive,
        sql.func.min(move.c.first, type_=move.c.first.type).label("first"),
        sql.func.max(move.c.last, type_=move.c.last.type).label("last"),
    )
    .where(
        move.c.wiki == bindparam("in_wiki"),
        move.c.title == bindparam("of"),
        move.c.stage == MoveStage.REMOVING.value,
    )
    .group_by(move.c.archive)
    .order_by(sql.func.max(move.c.last).desc(), move.c.archive.desc())
)

# --- what is removed for good -----------------------------------------------------------------------------------------

_MENTIONS = sql.func.instr(sql.cast(attempt.c.edit, sql.String), bindparam("id")) > 0
"""Whether what was sent by an attempt holds an entry, whoever it was sent for."""
NEWEST_GIVEN_UP = sql.select(sql.func.max(attempt.c.ended, type_=attempt.c.ended.type)).where(*_GIVEN_UP, _MENTIONS)
SENT_WITH = sql.select(attempt.c.batch, attempt.c.ended, attempt.c.edit).where(attempt.c.edit.is_not(None), _MENTIONS)
HOLD_BACK = (
    delivery.update()
    .where(delivery.c.entry == bindparam("of"), _NOT_THERE, delivery.c.batch.is_(None))
    .values(state=DeliveryState.PENDING.value, hindrance=None, next_try=None, refusals=0, fruitless=0)
)
REDACT_AGAIN = (
    delivery.update()
    .where(
        delivery.c.entry == bindparam("of"),
        delivery.c.change.in_(sql.select(change.c.number).where(change.c.kind == ChangeKind.REDACT.value)),
        delivery.c.batch.is_(None),
    )
    .values(state=DeliveryState.PENDING.value, cause=None)
)
_OF_REDACTED = sql.select(change.c.entry).where(change.c.kind == ChangeKind.REDACT.value)
REDACTED_SETTLED = sql.select(entry.c.number, entry.c.id).where(
    entry.c.id.in_(_IDS),
    entry.c.number.in_(_OF_REDACTED),
    ~sql.exists().where(delivery.c.entry == entry.c.number, _NOT_THERE),
    # what is on its way to an archive is kept as it was copied until it is there
    ~sql.exists().where(move.c.ended.is_(None), sql.func.instr(sql.cast(move.c.days, sql.String), entry.c.id) > 0),
)
TEXTS_OF = (
    sql.select(entry.c.message)
    .where(entry.c.id == bindparam("id"))
    .union_all(
        sql.select(change.c.text)
        .join_from(change, entry)
        .where(entry.c.id == bindparam("id"), change.c.kind != ChangeKind.REDACT.value)
    )
)
WRITTEN_OF: sql.Select[Any] = (
    sql.select(delivery.c.log, delivery.c.project, delivery.c.state, delivery.c.revision, delivery.c.url, change.c.kind)
    .select_from(_BY_PERSON)
    .where(entry.c.id == bindparam("id"))
    .order_by(delivery.c.number)
)
LOGS = (
    sql.select(delivery.c.log, delivery.c.project)
    .where(delivery.c.change.is_(None))
    .distinct()
    .order_by(delivery.c.project, delivery.c.log)
)
READDRESS = (
    delivery.update()
    .where(
        delivery.c.entry.in_(sql.select(entry.c.number).where(entry.c.id.in_(_IDS))),
        delivery.c.url == bindparam("before"),
    )
    .values(url=bindparam("after"))
)
_ON_PAGE = sql.cast(bindparam("before"), sql.String) + "#"
READDRESS_DAYS = (
    delivery.update()
    .where(
        delivery.c.log_day.between(bindparam("first"), bindparam("last")),
        sql.func.substr(delivery.c.url, 1, sql.func.length(_ON_PAGE)) == _ON_PAGE,
    )
    .values(url=bindparam("after") + "#" + sql.func.substr(delivery.c.url, sql.func.length(_ON_PAGE) + 1))
)
"""Of what was read on a page and has no anchor there, but its day's heading."""
ARCHIVES_OF_LOG = (
    sql.select(move.c.archive)
    .where(move.c.log == bindparam("of"), move.c.project == bindparam("in_project"))
    .distinct()
    .order_by(move.c.archive)
)
ERASE_ENTRIES = entry.update().where(entry.c.number.in_(_NUMBERS)).values(message=REDACTED)
ERASE_CHANGES = (
    change.update()
    .where(change.c.entry.in_(_NUMBERS))
    .values(text=sql.case((change.c.kind == ChangeKind.AMEND.value, REDACTED), else_=""))
)
ERASE_FAILURES = delivery.update().where(delivery.c.entry.in_(_NUMBERS)).values(failure=None)
ERASE_SENT = attempt.update().where(attempt.c.batch == bindparam("carrier"), *_GIVEN_UP)


def _holds(*columns: sql.ColumnElement[Any]) -> sql.ColumnElement[bool]:
    """Whether one of some pieces of a text stands in one of these."""
    piece = members("pieces")
    return sql.or_(*(sql.exists(sql.select(piece).where(sql.func.instr(column, piece) > 0)) for column in columns))


ENTRIES_HOLDING = (
    sql.select(entry.c.id)
    .where(
        sql.or_(
            _holds(entry.c.message, entry.c.author),
            sql.exists().where(change.c.entry == entry.c.number, _holds(change.c.text)),
            sql.exists().where(delivery.c.entry == entry.c.number, _holds(delivery.c.cause, delivery.c.failure)),
        )
    )
    .order_by(entry.c.number)
)
ATTEMPTS_HOLDING = sql.select(attempt.c.batch).where(_holds(sql.cast(attempt.c.edit, sql.String)))

# --- what was begun ---------------------------------------------------------------------------------------------------

_RUNS = sql.select(entry.c.id, entry.c.accepted, entry.c.account, run.c.process, run.c.state).join_from(run, entry)
RUN = _RUNS.where(entry.c.id == bindparam("id"))
# written out, for of a parameter SQLite does not see that an index of just these is enough
_RUNS_ON = run.c.state == sql.literal_column(f"'{RunState.RUNNING.value}'")
RUNNING = _RUNS.where(_RUNS_ON).order_by(run.c.entry)
_BEFORE = {RunState.UNKNOWN: (RunState.RUNNING,), RunState.ENDED: (RunState.RUNNING, RunState.UNKNOWN)}
END_RUN = {
    state: run.update()
    .where(run.c.entry == bindparam("of"), run.c.state.in_([each.value for each in before]))
    .values(state=state.value)
    for state, before in _BEFORE.items()
}
"""Each once, and what is known is not forgotten again."""
DUE_NOW = delivery.update().where(delivery.c.entry == bindparam("of"), delivery.c.due.is_not(None)).values(due=None)

# --- what is to be announced ------------------------------------------------------------------------------------------

_IN_CHANNEL = (announcement.c.network == bindparam("on"), announcement.c.channel == bindparam("there"))
_TO_ANNOUNCE = (*_IN_CHANNEL, announcement.c.owed.is_not(None))
_UNSETTLED = sql.exists().where(
    delivery.c.entry == announcement.c.entry, delivery.c.change.is_(None), unsearched(delivery.c.state).in_(_ON_ITS_WAY)
)
NEWS_TO_ANNOUNCE = (
    sql.select(announcement.c.entry)
    .where(*_TO_ANNOUNCE, sql.or_(announcement.c.owed <= bindparam("late"), ~_UNSETTLED))
    .order_by(announcement.c.entry)
    .limit(bindparam("most"))
)
NEXT_TO_ANNOUNCE = sql.select(sql.func.min(announcement.c.owed, type_=announcement.c.owed.type)).where(
    *_TO_ANNOUNCE, announcement.c.owed > bindparam("late")
)
_ANNOUNCEMENTS = announcement.update().where(
    *_IN_CHANNEL, announcement.c.entry.in_(sql.select(entry.c.number).where(entry.c.id.in_(sql.select(members("ids")))))
)
ANNOUNCED = _ANNOUNCEMENTS.values(owed=None)
NOT_ANNOUNCED = _ANNOUNCEMENTS.values(
    owed=sql.select(entry.c.accepted).where(entry.c.number == announcement.c.entry).scalar_subquery()
)
FORGET_ANNOUNCEMENTS = announcement.update().where(announcement.c.owed < bindparam("before")).values(owed=None)

# --- entries with all that is known of them ---------------------------------------------------------------------------

_ENTRIES = sql.select(entry.c.number, entry.c.hostmask, *_KEPT)
ENTRIES_OF_NUMBERS = _ENTRIES.where(entry.c.number.in_(_NUMBERS))
ENTRIES_TO_ANNOUNCE = _ENTRIES.where(entry.c.number.in_(NEWS_TO_ANNOUNCE)).order_by(entry.c.place)
ENTRY = _ENTRIES.where(entry.c.id == bindparam("id"))
ENTRIES_OF_IDS: sql.Select[Any] = _ENTRIES.where(
    sql.or_(
        entry.c.id.in_(sql.select(members("ids"))),
        entry.c.number.in_(sql.select(change.c.entry).where(change.c.id.in_(sql.select(members("ids"))))),
    )
)
ENTRIES_OF_LOGS_BETWEEN = _ENTRIES.where(
    entry.c.number.in_(
        sql.select(delivery.c.entry).where(
            delivery.c.change.is_(None),
            delivery.c.project.in_(sql.select(members("projects"))),
            delivery.c.log_day >= bindparam("first"),
            delivery.c.log_day <= bindparam("last"),
            _IN_THERE,
        )
    )
).order_by(entry.c.place)
RECENT = 500
"""Entries of a channel among which somebody's last is looked for, so that it takes no longer where they have none."""
_THERE_LATELY = (
    sql.select(entry.c.number)
    .where(entry.c.network == bindparam("network"), entry.c.channel == bindparam("channel"))
    .order_by(entry.c.number.desc())
    .limit(RECENT)
)
_LAST_THERE = _ENTRIES.where(entry.c.number.in_(_THERE_LATELY)).order_by(entry.c.number.desc()).limit(1)
_SAME_ACCOUNT = sql.func.lower(entry.c.account) == sql.func.lower(bindparam("account"))
LAST_RELAYED = _LAST_THERE.where(entry.c.relay.is_not(None), _SAME_ACCOUNT, entry.c.nick == bindparam("nick"))
# Two accounts are two people. Where one of both is not known, a nick or a host in common may be one person: whether it
# is, others decide, and no older entry is taken instead.
LAST_NATIVE = _LAST_THERE.where(
    entry.c.relay.is_(None),
    sql.case(
        (sql.and_(entry.c.account.is_not(None), bindparam("account").is_not(None)), _SAME_ACCOUNT),
        else_=sql.or_(
            sql.func.lower(entry.c.nick) == sql.func.lower(bindparam("nick")),
            behind(entry.c.hostmask, "!") == bindparam("userhost"),
        ),
    ),
)


def _newest(there: sql.ColumnElement[bool]) -> sql.Select[Any]:
    newest = (
        sql.select(delivery.c.place, delivery.c.entry)
        .where(there, delivery.c.change.is_(None), delivery.c.state != DeliveryState.DROPPED.value)
        .distinct()
        .order_by(delivery.c.place.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    return _ENTRIES.where(entry.c.number.in_(sql.select(newest.c.entry))).order_by(entry.c.place.desc())


NEWEST_OF_PROJECT = _newest(delivery.c.project == bindparam("project"))
NEWEST_OF_PLACE = _newest(delivery.c.log == bindparam("place"))

# --- what people read -------------------------------------------------------------------------------------------------


def _places(place: sql.ColumnElement[int], *there: sql.ColumnElement[bool]) -> sql.Select[Any]:
    """The newest within a time: each is taken from the end of an index, and none is looked at in vain."""
    within = (place >= bindparam("since"), place < bindparam("before"))
    return sql.select(place).where(*there, *within).distinct().order_by(place.desc()).limit(bindparam("most"))


_OF_AN_ENTRY = delivery.c.change.is_(None)
_OF_PROJECT = (delivery.c.project == bindparam("project"), _OF_AN_ENTRY)
_OF_DAY = delivery.c.log_day == bindparam("day")
PLACES = _places(entry.c.place)
PLACES_TYPED = _places(entry.c.place, entry.c.robot.is_(sql.false()))
PLACES_OF_AUTHOR = _places(entry.c.place, sql.func.lower(entry.c.author) == sql.func.lower(bindparam("author")))
PLACES_OF_PROJECT = _places(delivery.c.place, *_OF_PROJECT)
PLACES_OF_DAY = _places(delivery.c.place, _OF_DAY, _OF_AN_ENTRY)
PLACES_OF_PROJECTS_DAY = _places(delivery.c.place, *_OF_PROJECT, _OF_DAY)
_AT_PLACES = entry.c.place.in_(sql.select(members("places")))
IDS_AT_PLACES = sql.select(entry.c.place, entry.c.id).where(_AT_PLACES)
AT_PLACES = _ENTRIES.where(_AT_PLACES).order_by(entry.c.place.desc())
_its_log = delivery.alias()
_IN_THEM = sql.exists().where(
    _its_log.c.entry == entry.c.number,
    _its_log.c.change.is_(None),
    _its_log.c.project.in_(sql.select(members("projects"))),
)
_BY_THEM = sql.func.lower(entry.c.author).in_(sql.select(sql.func.lower(members("authors"))))
AMONG = (
    sql.select(entry.c.place)
    .where(
        _AT_PLACES,
        sql.or_(bindparam("robots", type_=sql.Boolean), entry.c.robot.is_(sql.false())),
        sql.or_(bindparam("any_author", type_=sql.Boolean), _BY_THEM),
        sql.or_(bindparam("any_project", type_=sql.Boolean), _IN_THEM),
    )
    .order_by(entry.c.place.desc())
)
"""Which of the entries at these places are by one of these authors and of one of these projects."""
_project = delivery.alias()
_FIRST_PROJECT = sql.select(sql.func.min(_project.c.project)).where(_project.c.change.is_(None))
_each = _FIRST_PROJECT.cte("each_project", recursive=True)
_each = _each.union_all(
    sql.select(_FIRST_PROJECT.where(_project.c.project > _each.c[0]).scalar_subquery()).where(_each.c[0].is_not(None))
)
PROJECTS = sql.select(_each.c[0]).where(_each.c[0].is_not(None))
"""Every project that has entries: from one to the next within the index, as SQLite would not by itself."""
PROJECTS_SINCE = sql.select(delivery.c.project).where(delivery.c.number > bindparam("number")).distinct()

# --- words of what people look for ------------------------------------------------------------------------------------

_FOUND_BY = [FINDABLE.c[name] for name in ("place", "message", "author", "projects")]
_OF_NUMBERS = FINDABLE.c.number.in_(_NUMBERS)
_COLUMNS = ["rowid", "message", "author", "projects"]
FIND_BY_WORDS = WORDS.insert().from_select(
    _COLUMNS, sql.select(*_FOUND_BY).where(_OF_NUMBERS).order_by(FINDABLE.c.place)
)
LOSE_BY_WORDS = WORDS.insert().from_select(
    ["words", *_COLUMNS], sql.select(sql.literal_column("'delete'"), *_FOUND_BY).where(_OF_NUMBERS)
)
FORGET_NEWEST_TEXTS = newest_text.delete().where(newest_text.c.entry.in_(_NUMBERS))
NEW_NEWEST_TEXT = newest_text.insert().values(
    entry=sql.select(entry.c.number).where(entry.c.id == bindparam("of")).scalar_subquery()
)
PLACES_WITH_WORDS = (
    sql.select(WORDS.c.rowid)
    .where(has_words("match"), WORDS.c.rowid >= bindparam("since"), WORDS.c.rowid < bindparam("before"))
    .order_by(WORDS.c.rowid.desc())
    .limit(bindparam("most"))
)
"""Taken from the end of what the index has for these words: asked for no row twice, it makes no list of all of them."""
AMONG_WITH_WORDS = PLACES_WITH_WORDS.where(
    # of a sum SQLite does not ask the index: that would be asked once for each place
    (WORDS.c.rowid + 0).in_(sql.select(members("places")))
)
_LOGGED_LATE = (
    entry.c.late.is_(sql.true()),
    entry.c.accepted >= bindparam("logged_since", type_=entry.c.accepted.type),
    entry.c.accepted < bindparam("logged_before", type_=entry.c.accepted.type),
)
PLACES_LATE = _places(entry.c.place, *_LOGGED_LATE)
PLACES_LATE_WITH_WORDS = _places(
    entry.c.place, *_LOGGED_LATE, sql.exists().where(WORDS.c.rowid == entry.c.place, has_words("match"))
)
ENTRIES_OF_DELIVERIES = sql.select(delivery.c.entry).where(delivery.c.number.in_(_NUMBERS)).distinct()

NEWEST_ACCEPTED = sql.select(sql.func.max(_SEQUENCES.c.newest))
ACCEPTED_AS = sql.select(entry.c.sequence).where(entry.c.id == bindparam("id"))
_IN_ANY_OF_THEM = sql.or_(bindparam("any_project", type_=sql.Boolean), _IN_THEM)


def _accepted(sequence: sql.ColumnElement[int], *news: sql.ColumnElement[bool], is_change: bool) -> sql.Select[Any]:
    within = (sequence > bindparam("after"), sequence <= bindparam("until"))
    kind: sql.Label[Any] = sql.literal_column(str(int(is_change))).label("is_change")
    return sql.select(sequence.label("sequence"), entry.c.place, entry.c.id, kind).where(
        *within, *news, _IN_ANY_OF_THEM
    )


_ACCEPTED = (
    _accepted(entry.c.sequence, entry.c.via != Via.WIKI.value, is_change=False),
    _accepted(
        change.c.sequence,
        change.c.entry == entry.c.number,
        # how its line stood when it was read from the wiki is no news either
        sql.or_(entry.c.via != Via.WIKI.value, change.c.accepted > entry.c.accepted),
        is_change=True,
    ),
)
ACCEPTED_BETWEEN = sql.union_all(*_ACCEPTED).order_by("sequence").limit(bindparam("most"))

# --- days of what people read -----------------------------------------------------------------------------------------

_asked = numbered("projects")
_of_asked = delivery.alias()
_DAYS_OF_ASKED = sql.select(_of_asked.c.log_day).where(
    _of_asked.c.project == _asked.c.value, _of_asked.c.change.is_(None)
)
_DAYS = sql.select(delivery.c.log_day).where(_OF_AN_ENTRY)
_DAY: sql.BindParameter[Any] = bindparam("day", type_=delivery.c.log_day.type)


def _next_to(days: sql.Select[Any], day: sql.ColumnElement[Any], back: bool) -> sql.Select[Any]:
    """The last day before that, or the first after it."""
    there = days.where(day < _DAY if back else day > _DAY)
    return there.order_by(day.desc() if back else day).limit(1)


DAY_BEFORE = _next_to(_DAYS, delivery.c.log_day, back=True)
DAY_AFTER = _next_to(_DAYS, delivery.c.log_day, back=False)


def _next_of_any(end: Callable[..., Any], back: bool) -> sql.Select[Any]:
    of_each = _next_to(_DAYS_OF_ASKED, _of_asked.c.log_day, back).correlate(_asked).scalar_subquery()
    return sql.select(sql.type_coerce(end(of_each), _DAY.type)).select_from(_asked)


DAY_BEFORE_OF = _next_of_any(sql.func.max, back=True)
DAY_AFTER_OF = _next_of_any(sql.func.min, back=False)
"""The same of these projects: each is asked for its own, within its index."""
DAY_CHANGES = sql.select(day_changes.c.number).where(day_changes.c.log_day == _DAY)
_FROM_TO = (delivery.c.log_day >= bindparam("first"), delivery.c.log_day <= bindparam("last"))
DAYS_OF_PROJECT = (
    sql.select(delivery.c.log_day, sql.func.count().label("number"))
    .where(*_OF_PROJECT, *_FROM_TO)
    .group_by(delivery.c.log_day)
    .order_by(delivery.c.log_day)
)
"""How many stand under each of the days from the first to the last."""
NEWEST_PLACES = sql.select(
    _asked.c.value.label("project"),
    sql.select(sql.func.max(_of_asked.c.place))
    .where(_of_asked.c.project == _asked.c.value, _of_asked.c.change.is_(None))
    .scalar_subquery()
    .label("place"),
)


def _counts(*there: sql.ColumnElement[bool]) -> sql.Select[Any]:
    """How many stand under each of some days, at most so many of each: no day costs more, however full it is. What
    stands in two logs counts twice."""
    day = numbered("days")
    each: sql.Select[Any] = sql.select(sql.literal_column("1"))
    there_then = each.where(*there, _OF_AN_ENTRY, delivery.c.log_day == day.c.value)
    counted = there_then.limit(bindparam("most")).correlate(day).subquery()
    number = sql.select(sql.func.count()).select_from(counted).scalar_subquery()
    return sql.select(sql.type_coerce(day.c.value, _DAY.type).label("log_day"), number.label("number"))


_VISIBLE = delivery.c.project.not_in(sql.select(members("without")))
COUNTS_OF_DAYS = _counts(_VISIBLE)
COUNTS_OF_PROJECTS_DAYS = _counts(delivery.c.project == bindparam("project"))


def _hours(*there: sql.ColumnElement[bool]) -> sql.Select[Any]:
    """How many of the newest of a time were said in which hour of the day, by the clock of their pages."""
    newest_first = (delivery.c.log_day.desc(), delivery.c.place.desc())
    newest = sql.select(delivery.c.clock).where(*there, _OF_AN_ENTRY, *_FROM_TO).order_by(*newest_first)
    hour = sql.func.substr(newest.limit(bindparam("most")).subquery().c.clock, 1, 2).label("hour")
    return sql.select(hour, sql.func.count().label("number")).group_by(hour)


HOURS = _hours(_VISIBLE)
HOURS_OF_PROJECT = _hours(delivery.c.project == bindparam("project"))

# --- what is forgotten ------------------------------------------------------------------------------------------------

_STEP = (
    sql.select(handled.c.number)
    .where(
        handled.c.number > bindparam("after"),
        handled.c.number <= sql.select(sql.func.max(handled.c.number)).scalar_subquery() - bindparam("spared"),
    )
    .order_by(handled.c.number)
    .limit(bindparam("most"))
    .subquery()
)
END_OF_STEP = sql.select(sql.func.count().label("lines"), sql.func.max(_STEP.c.number).label("last"))
FORGET_LINES = handled.delete().where(
    handled.c.number > bindparam("after"),
    handled.c.number <= bindparam("last"),
    handled.c.handled < bindparam("before"),
    # what scripts have called by a key is theirs for good
    handled.c.network != "",
)


def _forget_hostmasks(table: sql.Table) -> sql.Update:
    old = sql.select(table.c.number).where(table.c.hostmask.is_not(None), table.c.accepted < bindparam("before"))
    return table.update().where(table.c.number.in_(old.limit(bindparam("most")))).values(hostmask=None)


FORGET_HOSTMASKS = tuple(map(_forget_hostmasks, (entry, change)))
