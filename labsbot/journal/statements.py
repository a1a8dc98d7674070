"""The statements of the journal, each built once, because building one costs more than running it.

Values come when one is run. In an update, those that are named like a column are what is set. A list comes as one
value: with a parameter for each of its members, each length would make a statement of its own, and the last 128 are
kept, which after an outage with thousands of entries was 40 MB.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sql
from sqlalchemy import bindparam

from labsbot.journal.schema import attempt, delivery, entry, handled
from labsbot.model import DeliveryState, Told


def _members(name: str) -> sql.ColumnElement[Any]:
    """The members of a list that is handed in by this name (https://sqlite.org/json1.html#jeach)."""
    return sql.func.json_each(bindparam(name, type_=sql.JSON)).table_valued("value").c.value


NEW_ENTRY = entry.insert().returning(entry.c.number)
NEW_DELIVERY = delivery.insert()
NEW_HANDLED = handled.insert()
NEW_ATTEMPT = attempt.insert()

NUMBER_OF_ID = sql.select(entry.c.number).where(entry.c.id == bindparam("id"))

_SAME_PLACE = (
    sql.select(handled.c.number)
    .where(handled.c.network == bindparam("network"), handled.c.channel == bindparam("channel"))
    .limit(1)
)
_PRINT = handled.c.fingerprint == bindparam("fingerprint")
HANDLED_WITHOUT_MSGID = _SAME_PLACE.where(_PRINT)
"""A copy that carries no msgid meets its like by the fingerprint, whichever of them has one."""
HANDLED_WITH_MSGID = _SAME_PLACE.where(
    sql.or_(handled.c.msgid == bindparam("msgid"), sql.and_(handled.c.msgid.is_(None), _PRINT))
)

_DELIVERIES = (
    sql.select(
        *(
            delivery.c[name]
            for name in (
                *("number", "log", "project", "log_day", "clock", "state", "cause", "url", "told"),
                *("hindrance", "next_try", "refusals"),
            )
        ),
        *(column for column in entry.c if column.name not in ("number", "hostmask")),
    )
    .join_from(delivery, entry)
    .order_by(entry.c.said, delivery.c.number)
)

_DUE = (delivery.c.state == DeliveryState.PENDING.value, delivery.c.batch.is_(None))
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
    .order_by(sql.func.min(entry.c.said), sql.func.min(delivery.c.number))
)
PENDING = _DELIVERIES.where(*_DUE).limit(bindparam("most"))
_EACH = _members("logs")
_LOGS = sql.select(*(sql.func.json_extract(_EACH, f"$[{place}]") for place in range(len(_LOG))))
_IN_THERE = sql.tuple_(*_LOG).in_(_LOGS)
PENDING_FROM = PENDING.where(_IN_THERE, _SENDER.not_in(sql.select(_members("without"))))
PENDING_OF = PENDING.where(_IN_THERE, bindparam("sender") == _SENDER)
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
NEXT_HINDERED = _DELIVERIES.where(*_HINDERED).order_by(None).order_by(delivery.c.next_try, delivery.c.number).limit(1)
_HINDERED_BY = (*_HINDERED, delivery.c.hindrance == bindparam("by"))
HINDERED = sql.select(*_LOG).where(*_HINDERED_BY).distinct()
UPDATE_HINDERED = delivery.update().where(*_HINDERED_BY, _IN_THERE)
CARRIED = _DELIVERIES.where(delivery.c.batch == bindparam("carrier"))
_NOT_THERE = delivery.c.state.in_([DeliveryState.PENDING.value, DeliveryState.PARKED.value])
_QUEUED = _DELIVERIES.add_columns(
    delivery.c.attempts, delivery.c.failure, delivery.c.batch, attempt.c.title.label("carried_to")
).outerjoin(attempt, attempt.c.batch == delivery.c.batch)
QUEUE = _QUEUED.where(_NOT_THERE)
BACKLOG = (
    sql.select(delivery.c.state, sql.func.count().label("number"), sql.func.min(entry.c.accepted).label("oldest"))
    .join_from(delivery, entry)
    .where(_NOT_THERE)
    .group_by(delivery.c.state)
)
OF_ID = _QUEUED.where(entry.c.id == bindparam("id"))

_UNTOLD = {
    DeliveryState.PENDING: (Told.NOTHING,),
    DeliveryState.PARKED: (Told.NOTHING, Told.LATE),
    DeliveryState.DELIVERED: (Told.NOTHING, Told.LATE, Told.PARKED),
}
_NEWS = sql.or_(
    *(
        sql.and_(delivery.c.state == state.value, delivery.c.told.in_([each.value for each in told]))
        for state, told in _UNTOLD.items()
    )
)
_STILL = delivery.c.state == DeliveryState.PENDING.value
_TO_TELL = (_NEWS, sql.or_(~_STILL, delivery.c.number <= bindparam("late")))
_PERSON = (entry.c.network, entry.c.channel, entry.c.nick)
_FIRST = sql.func.min(delivery.c.number)
TO_BE_TOLD = (
    sql.select(*_PERSON, _FIRST.label("first"))
    .join_from(delivery, entry)
    .where(*_TO_TELL, sql.tuple_(entry.c.network, entry.c.channel).in_(bindparam("places", expanding=True)))
    .group_by(*_PERSON)
    .having(bindparam("after") < _FIRST)
    .order_by(_FIRST)
    .limit(bindparam("people"))
)
TO_TELL = _DELIVERIES.where(*_TO_TELL, sql.tuple_(*_PERSON).in_(bindparam("persons", expanding=True))).limit(
    bindparam("most")
)
UNDER_WAY = (
    sql.select(*_PERSON, delivery.c.told)
    .join_from(delivery, entry)
    .where(_STILL, delivery.c.told != Told.NEVER.value, sql.tuple_(*_PERSON).in_(bindparam("persons", expanding=True)))
    .distinct()
)
NEWEST = sql.select(sql.func.max(delivery.c.number))

_NUMBERS = sql.select(_members("numbers"))
UPDATE_THESE = delivery.update().where(delivery.c.number.in_(_NUMBERS))
UNTELL_THESE = UPDATE_THESE.where(delivery.c.told == bindparam("was"))
UPDATE_CARRIED = delivery.update().where(delivery.c.batch == bindparam("carrier"))
PARK_THESE = UPDATE_THESE.where(delivery.c.state != DeliveryState.DROPPED.value)
HINDER_THESE = PARK_THESE.values(refusals=delivery.c.refusals + 1)
BEGIN_THESE = UPDATE_THESE.where(_NOT_THERE, delivery.c.batch.is_(None)).values(
    batch=bindparam("carrier"), fruitless=delivery.c.fruitless + 1, attempts=delivery.c.attempts + 1
)
RELEASE_ALL_BUT_THESE = UPDATE_CARRIED.where(delivery.c.number.not_in(_NUMBERS)).values(batch=None, fruitless=0)
TAKE_BACK = UPDATE_CARRIED.values(batch=None, fruitless=delivery.c.fruitless - 1)
MOST_FRUITLESS = sql.select(sql.func.max(delivery.c.fruitless)).where(delivery.c.batch == bindparam("carrier"))

OPEN_ATTEMPTS = attempt.select().where(attempt.c.ended.is_(None)).order_by(attempt.c.begun)
_GIVEN_UP = (attempt.c.edit.is_not(None), attempt.c.ended.is_not(None))
GIVEN_UP = attempt.select().where(*_GIVEN_UP).order_by(attempt.c.ended)
FORGET_GIVEN_UP = attempt.update().where(*_GIVEN_UP, attempt.c.ended < bindparam("before")).values(edit=None)
UPDATE_ATTEMPT = attempt.update().where(attempt.c.batch == bindparam("carrier"))

RESOLVABLE_OF_IDS = (
    sql.select(delivery.c.number, entry.c.id)
    .join_from(delivery, entry)
    .where(
        delivery.c.state.in_(sql.select(_members("states"))),
        delivery.c.batch.is_(None),
        entry.c.id.in_(sql.select(_members("ids"))),
    )
)

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
)
