"""What can be asked of the running bot from this machine: a question comes in, values for JSON go out.

Each verb is one function. How a question came and who asks is known to the `door`, what is done to the rooms.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from labsbot import __version__
from labsbot.desk.receipts import Receipts
from labsbot.edge import answers, door
from labsbot.model import DeliveryState, JournalCounts, Obstruction
from labsbot.service.archiving import ARCHIVING, Archiving
from labsbot.service.removals import REMOVALS, Removals
from labsbot.service.submissions import SUBMISSIONS, Peer, Submissions, Told

MOST_IDS = 1000
"""Entries of one question."""

MOST_WAITING = 150
"""So many questions wait at once for something to become of an entry; others are to ask again."""


MOST_OBSTRUCTIONS = 10
"""Of so many it is told why something is not on the wiki; who wants more asks for the queue."""


class NotUnderstood(Exception):
    """What is asked is nothing that we know; it says what is."""


class AskedQueue(Protocol):
    async def backlog(self) -> Mapping[DeliveryState, tuple[int, datetime]]: ...
    async def obstructions(self, most: int) -> Sequence[Obstruction]: ...
    async def retry(self, entry_ids: Sequence[str]) -> list[str]: ...
    async def drop(self, entry_ids: Sequence[str]) -> list[str]: ...


class AskedJournal(Protocol):
    @property
    def counts(self) -> JournalCounts: ...
    @property
    def undelivered(self) -> AskedQueue: ...
    def ring(self) -> None: ...


class AskedNetworks(Protocol):
    def online(self) -> Mapping[str, bool]: ...
    def presences(self) -> Mapping[tuple[str, str], bool]: ...


class AskedWiki(Protocol):
    @property
    def failures(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class Verbs:
    """Answers by what the rooms say now."""

    journal: AskedJournal
    networks: AskedNetworks
    wiki: AskedWiki
    wiki_name: str
    started: datetime
    submissions: Submissions
    removals: Removals
    archiving: Archiving
    receipts: Receipts
    ages: Callable[[], Mapping[str, Mapping[str, timedelta | None]]]
    """How old the answers of the sources are, by kind and name; None: there was none ever."""
    reasons: Callable[[], Sequence[str]]
    """Why the bot is not of use; empty: it is."""

    async def answer(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        """Do what is asked. Raises NotUnderstood, and JournalFailure."""
        verbs: Mapping[str, Callable[[Mapping[str, Any], Peer], Awaitable[Told]]] = {
            "status": self._status,
            "wake": self._wake,
            "retry": self._retry,
            "drop": self._drop,
            **{verb: functools.partial(self.submissions.answer, verb) for verb in SUBMISSIONS},
            **{verb: functools.partial(self.removals.answer, verb) for verb in REMOVALS},
            **{verb: functools.partial(self.archiving.answer, verb) for verb in ARCHIVING},
            "wait": self._wait,
        }
        verb = verbs.get(str(asked.get("verb")))
        if verb is None:
            raise NotUnderstood(f"unknown verb, expected one of {', '.join(verbs)}")
        try:
            return await verb(asked, peer)
        except answers.WrongAnswer as failure:
            raise NotUnderstood(f"{asked.get('verb')}: {failure}") from None

    async def _status(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        backlog = await self.journal.undelivered.backlog()
        obstructions = await self.journal.undelivered.obstructions(MOST_OBSTRUCTIONS)
        return {
            "version": __version__,
            "pid": os.getpid(),
            "since": _moment(self.started),
            "reasons": list(self.reasons()),
            "networks": {
                name: {
                    "online": online,
                    "channels": {
                        channel: present
                        for (network, channel), present in self.networks.presences().items()
                        if network == name
                    },
                }
                for name, online in self.networks.online().items()
            },
            "waiting": _waiting(backlog, obstructions, DeliveryState.PENDING),
            "parked": _waiting(backlog, obstructions, DeliveryState.PARKED),
            "wiki": {
                "name": self.wiki_name,
                "last_delivery": _moment(self.journal.counts.last_delivered),
                "failures": dict(self.wiki.failures),
            },
            "sources": {
                kind: {name: None if age is None else round(age.total_seconds()) for name, age in sources.items()}
                for kind, sources in self.ages().items()
            },
        }

    async def _wake(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        """Somebody else has written into the journal."""
        self.journal.ring()
        return {}

    async def _retry(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        return {"done": await self.journal.undelivered.retry(_ids(asked))}

    async def _drop(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        return {"done": await self.journal.undelivered.drop(_ids(asked))}

    async def _wait(self, asked: Mapping[str, Any], peer: Peer) -> Told:
        """What became of what was accepted, as soon as something did, or as it is after so many seconds."""
        seconds = answers.number(asked.get("seconds"), most=int(door.LONGEST_WAIT))
        became = None
        if len(self.receipts) < MOST_WAITING:
            became = await self.receipts.settled(answers.word(asked.get("id")), seconds)
        if became is None:
            return {"state": DeliveryState.PENDING.value, "urls": [], "causes": []}
        return {"state": became.state.value, "urls": became.urls, "causes": became.causes}


def _waiting(
    backlog: Mapping[DeliveryState, tuple[int, datetime]], obstructions: Sequence[Obstruction], state: DeliveryState
) -> Told:
    number, since = backlog.get(state, (0, None))
    why = [
        {"cause": each.cause, "number": each.number, "next_try": _moment(each.next_try)}
        for each in obstructions
        if each.state is state
    ]
    return {"number": number, "since": _moment(since), "why": why}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _ids(asked: Mapping[str, Any]) -> list[str]:
    try:
        ids = [answers.word(each) for each in answers.rows(asked.get("ids"))]
    except answers.WrongAnswer:
        ids = []
    if not 0 < len(ids) <= MOST_IDS:
        raise NotUnderstood(f"expected “ids”: a list of 1 to {MOST_IDS} ids of entries")
    return ids
