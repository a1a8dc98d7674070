"""The verbs of entries: a call comes in, the front desk is asked, and what became of it goes out.

201 and 200 say that it is on the wiki, 202 that it is kept; nothing else is ever said of what the journal has not got.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from labsbot.desk.answer import Receipt
from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Call, KeyReused, NotTheirs, Script, Scripts, one_line
from labsbot.formats import PageOf
from labsbot.journal import without_logs
from labsbot.model import REDACTED, ChangeKind, JournalFailure, Kept
from labsbot.text.visible_json import visible
from labsbot.web import cached
from labsbot.web.audience import Audiences
from labsbot.web.bodies import NewText, checked, entries_in, json_of
from labsbot.web.headers import bearer_token, idempotency_key, seconds_to_wait
from labsbot.web.problems import RETRY, HttpProblem, ProblemCause, of_outcome, retry_after
from labsbot.web.shown import EntriesShown, shown, state_of

log = logging.getLogger("labsbot.web.entries")

PATH = "/api/v1/entries"
STREAM = f"{PATH}.ndjson"
PROJECTS = "/api/v1/projects"
ANNOTATIONS = "/api/v1/annotations"
AT_ONCE = 64
"""So many calls are with the desk and the journal at once, where lines from IRC are too; others are to come again."""
LISTS = 4
"""Of those, so many may be lists, of which one is dealt with at a time."""
MOST_WAITING = 1000
"""For so many entries callers wait until they are on the wiki; others are answered at once."""


class ReadJournal(Protocol):
    async def kept(self, entry_ids: Sequence[str]) -> list[Kept]: ...


class Entries:
    """Answers what is asked about entries."""

    def __init__(
        self,
        scripts: Scripts,
        journal: ReadJournal,
        receipts: Receipts,
        url: str,
        audiences: Audiences,
        page_of: PageOf,
    ) -> None:
        """`url` is where people reach us."""
        self.audiences = audiences
        self.page_of = page_of
        self.stopping = asyncio.Event()
        """Nobody waits any more."""
        self._scripts = scripts
        self._journal = journal
        self._receipts = receipts
        self._url = url.rstrip("/")
        self._at_once = 0
        self._lists = 0
        self._one_list = asyncio.Lock()

    async def post(self, request: Request) -> Response:
        script = self._script(request)
        key = idempotency_key(request.headers)
        content = await json_of(request)
        calls = entries_in(content)
        if isinstance(content, list):
            receipts = await self._log_all(script, calls, key)
        else:
            receipts = [await self._log(script, calls[0], key)]
        ids = [receipt.entry.id for receipt in receipts]
        headers = await self._settled(request, ids)
        new = [without_logs(each.at_first, script.hidden) for each in receipts if each.at_first is not None]
        kept = new if len(new) == len(ids) and not headers else await self._in_order(ids, script)
        told = [shown(each, self.page_of) for each in kept]
        done = all(state_of(each, each.entry.id) == "delivered" for each in kept)
        status = 201 if done else 202
        if isinstance(content, list):
            return _json(EntriesShown(entries=told), status, headers)
        return _json(told[0], status, {**headers, "Location": f"{self._url}{PATH}/{ids[0]}"})

    async def get(self, request: Request) -> Response:
        audience = self.audiences.of(request)
        kept = await self._found(request, audience.hidden)
        _refuse_removed(kept)
        return cached.answer(
            request, audience, visible(shown(kept, self.page_of).model_dump_json()), "application/json"
        )

    async def patch(self, request: Request) -> Response:
        script, kept = await self._meant(request)
        text = checked(NewText, await json_of(request)).message
        await self._refuse_others(script, kept, "Not amended")
        if kept.struck:
            raise _taken_back(kept)
        if one_line(text) == kept.message:
            return await self._changed(request, script, kept, ChangeKind.AMEND)
        amend = functools.partial(self._scripts.amend, script, kept.entry.id, text)
        return await self._change(request, script, kept, ChangeKind.AMEND, amend)

    async def delete(self, request: Request) -> Response:
        script, kept = await self._meant(request)
        await self._refuse_others(script, kept, "Not taken back")
        if kept.struck:
            return await self._changed(request, script, kept, ChangeKind.STRIKE)
        undo = functools.partial(self._scripts.undo, script, kept.entry.id, request.query_params.get("reason", ""))
        return await self._change(request, script, kept, ChangeKind.STRIKE, undo)

    async def _refuse_others(self, script: Script, kept: Kept, outcome: str) -> None:
        """Even where nothing would change: the answer shows the entry as only those see it who may."""
        if refused := await self._scripts.not_theirs(script, kept.entry.id, outcome):
            raise of_outcome(refused)

    def _script(self, request: Request) -> Script:
        return self.audiences.tokens.whose(bearer_token(request.headers))

    async def _meant(self, request: Request) -> tuple[Script, Kept]:
        """Who asks, and about which entry, which still says something."""
        script = self._script(request)
        kept = await self._found(request, script.hidden)
        if not self._scripts.may_see(script, kept):
            raise HttpProblem(ProblemCause.NOT_YOURS, "this entry stands in none of your logs.")
        _refuse_removed(kept)
        return script, kept

    async def _found(self, request: Request, hidden: frozenset[str]) -> Kept:
        entry_id = request.path_params["id"]
        async with self._turn():
            found = await self._journal.kept([entry_id])
        kept = next((without_logs(each, hidden) for each in found if each.entry.id == entry_id), None)
        if kept is None or not kept.deliveries:
            raise HttpProblem(ProblemCause.NOT_FOUND, "I know no such entry.")
        return kept

    # --- to the desk ---

    async def _log(self, script: Script, call: Call, key: str | None) -> Receipt:
        async with self._turn():
            return _receipt(
                await self._scripts.log(script, Call(call.projects, call.message, call.author, call.at, key))
            )

    async def _log_all(self, script: Script, calls: Sequence[Call], key: str | None) -> Sequence[Receipt]:
        if self._lists >= LISTS:
            raise _busy()
        self._lists += 1
        try:
            async with self._turn(), self._one_list:
                outcome = await self._scripts.log_all(script, calls, key)
        finally:
            self._lists -= 1
        if not isinstance(outcome, tuple):
            raise of_outcome(outcome)
        return outcome

    async def _change(
        self,
        request: Request,
        script: Script,
        kept: Kept,
        kind: ChangeKind,
        ask: Callable[[], Awaitable[Receipt | KeyReused | NotTheirs | object]],
    ) -> Response:
        async with self._turn():
            outcome = await ask()
        if not isinstance(outcome, Receipt):
            (kept,) = await self._in_order([kept.entry.id], script)
            if kept.struck and kind is ChangeKind.STRIKE:  # by another call, just now
                return await self._changed(request, script, kept, kind)
            if kept.struck:
                raise _taken_back(kept)
        receipt = _receipt(outcome)
        assert receipt.change is not None, "it was asked for a change"
        return await self._changed(request, script, kept, kind, receipt.change.id)

    async def _changed(
        self, request: Request, script: Script, kept: Kept, kind: ChangeKind, change_id: str = ""
    ) -> Response:
        """What became of a change; without its id, of the last one of this kind, which was what is asked for now."""
        asked = change_id or next((each.id for each in reversed(kept.in_force) if each.kind is kind), kept.entry.id)
        headers = await self._settled(request, [asked])
        (kept,) = await self._in_order([kept.entry.id], script)
        state = state_of(kept, asked)
        if state == "left":
            done = "Not amended" if kind is ChangeKind.AMEND else "Not taken back"
            words = f"{done}: people have edited its line on the wiki, and it is left alone. Edit the page."
            raise HttpProblem(ProblemCause.EDITED_BY_PEOPLE, words)
        return _json(shown(kept, self.page_of), 200 if state == "delivered" else 202, headers)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._at_once >= AT_ONCE:
            raise _busy()
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1

    # --- and back ---

    async def _in_order(self, ids: Sequence[str], script: Script) -> list[Kept]:
        """What became of these, which are kept, as far as the script may know: where that cannot be read, the caller
        hears that they are."""
        try:
            found = {each.entry.id: each for each in await self._journal.kept(ids)}
        except JournalFailure as failure:
            log.error("what became of %s cannot be read: %s", ids[0], failure)
            words = f"It is kept ({ids[0]}{' and others' * (len(ids) > 1)}); what became of it cannot be read just now."
            raise HttpProblem(ProblemCause.JOURNAL, words, retry_after(RETRY)) from failure
        return [without_logs(found[each], script.hidden) for each in ids]

    async def _settled(self, request: Request, ids: Sequence[str]) -> dict[str, str]:
        """Wait as long as they prefer, unless they leave or we stop; what is to be said of that in the answer."""
        seconds = seconds_to_wait(request.headers)
        if not seconds or len(self._receipts) + len(ids) > MOST_WAITING:
            return {}
        settled = asyncio.gather(*(self._receipts.settled(each, seconds) for each in ids))
        ends: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(each) for each in (settled, self.stopping.wait(), _gone(request))
        ]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled(ends)
        return {"Preference-Applied": f"wait={seconds}"}


def _refuse_removed(kept: Kept) -> None:
    if kept.redaction is not None:
        raise HttpProblem(ProblemCause.REDACTED, f"{kept.entry.id} is {REDACTED}.")


async def _gone(request: Request) -> None:
    """Return when the caller has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cancelled(futures: Iterable[asyncio.Future[Any]]) -> None:
    for each in futures:
        each.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


def _receipt(outcome: object) -> Receipt:
    if isinstance(outcome, Receipt):
        return outcome
    raise of_outcome(outcome)  # type: ignore[arg-type]


def _taken_back(kept: Kept) -> HttpProblem:
    words = f"Not amended: {kept.entry.id} is taken back already. Log what is right as a new entry."
    return HttpProblem(ProblemCause.TAKEN_BACK, words)


def _busy() -> HttpProblem:
    return HttpProblem(ProblemCause.BUSY, "too many calls at once: try again.", retry_after(1))


def _json(content: BaseModel, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(visible(content.model_dump_json()), status, headers, "application/json")
