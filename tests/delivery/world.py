"""A journal, a wiki that can be made to fail, and the deliverer between them, for tests of delivery."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from labsbot.delivery import Deliverer
from labsbot.delivery.settle import GATEWAY, EditWorker
from labsbot.desk.answer import Receipt
from labsbot.desk.redactions import Redactions
from labsbot.desk.scripts import Script
from labsbot.journal import Journal
from labsbot.model import (
    Change,
    Changed,
    ChangeKind,
    Delivery,
    DeliveryState,
    Edit,
    Entry,
    Found,
    Log,
    Page,
    RefusedText,
    Saved,
    Told,
    TooLarge,
    Unknown,
    Via,
    WikiFailure,
)
from labsbot.settings import FolderSettings, PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.nouns import NOON, a_change, a_key, an_acceptance, an_entry, keep, kept

T = TypeVar("T")
TITLE = "Nova Resource:Tools/SAL"
PATIENCE = 90.0


class Killed(BaseException):
    """The process died here."""


class FailingWiki(FolderWiki):
    """The folder wiki with bad days: failures to come, answers that are lost, somebody who edits just before us."""

    def __init__(self, settings: FolderSettings) -> None:
        super().__init__(settings)
        self.failures: deque[WikiFailure | Exception] = deque()
        """Each is raised by one save, which then does nothing."""
        self.answers_lost = 0
        """So many saves are done and not answered."""
        self.before_saving: Callable[[], object] = lambda: None
        self.looking_fails: deque[WikiFailure] = deque()
        self.finding_fails: deque[WikiFailure] = deque()
        self.logging_in_fails: deque[WikiFailure] = deque()
        self.unwelcome: str | None = None
        """A filter refuses each text with this in it."""
        self.finding: Callable[[int], object] = lambda looks: None
        """What happens before a look into the history (the how manieth it is)."""
        self.looks_back = 0
        self.posts_late = 0
        """So many saves are not done now: they stay on their way, in `on_the_way`."""
        self.on_the_way: list[tuple[float, Edit]] = []
        """Each with the second in which it was sent."""
        self.seconds: Callable[[], float] = lambda: 0.0
        self.gateway: int | None = None
        """A gateway before the wiki lets no text through that is longer."""
        self.deadly: str | None = None
        """Each save of a text with this in it ends our process."""
        self.reads = 0
        self.edits: list[Edit] = []

    def login(self) -> None:
        if self.logging_in_fails:
            raise self.logging_in_fails.popleft()

    def look(self, title: str, together: Sequence[str] = ()) -> Page:
        self.reads += 1
        if self.looking_fails:
            raise self.looking_fails.popleft()
        return super().look(title, together)

    def save(self, edit: Edit) -> Saved:
        self.edits.append(edit)
        if self.failures:
            raise self.failures.popleft()
        if self.deadly and self.deadly in edit.text:
            raise Killed
        if self.posts_late:
            self.posts_late -= 1
            self.on_the_way.append((self.seconds(), edit))
            raise Unknown("it is not answering")
        if self.unwelcome and self.unwelcome in edit.text:
            raise RefusedText("a filter of the wiki refuses it", "abusefilter-disallowed")
        if self.gateway and len(edit.text) > self.gateway:
            raise TooLarge("the page would be too large", "HTTP 413")
        before, self.before_saving = self.before_saving, lambda: None
        before()
        saved = super().save(edit)
        if self.answers_lost:
            self.answers_lost -= 1
            raise Unknown("it is not answering")
        return saved

    def find(self, batch: str, edit: Edit) -> Found | None:
        self.looks_back += 1
        self.finding(self.looks_back)
        if self.finding_fails:
            raise self.finding_fails.popleft()
        return super().find(batch, edit)


class OnTheSpot:
    """A worker without a thread: the verb is done where it is asked for."""

    async def call(self, verb: Callable[..., T], *args: Any, deadline: float) -> T:
        await asyncio.sleep(0)
        return verb(*args)


class World:
    """What a test of delivery sees and does."""

    def __init__(self, folder: Path, settings: PageSettings | None = None) -> None:
        self.settings = settings or PageSettings()
        self.settings_for: Callable[[Log], PageSettings] = lambda log: self.settings
        self.folder = folder
        self.seconds = 0.0
        self.tick = 1.0
        """Seconds by which each look at the clock finds it later: who waits without a rest has soon waited enough."""
        self.waited = 0.0
        """Seconds of them that passed while nothing was to be done."""
        self.wall = NOON
        self.journal = self.opened()
        self.wiki = FailingWiki(FolderSettings(folder / "pages", None))
        self.wiki.seconds = lambda: self.seconds
        self.deliverer = self.started()

    def opened(self) -> Journal:
        return Journal.open(self.folder / "journal")

    def restart(self) -> None:
        """The process died and starts again: all that is left is what is on disk."""
        self.journal.close()
        self.journal = self.opened()
        self.deliverer = self.started()

    def started(self) -> Deliverer:
        return Deliverer(
            self.around(self.journal),
            self.around(self.wiki),
            self.worker(),
            lambda log: self.settings_for(log),
            self.now,
            self.clock,
            self.jitter,
        )

    def around(self, thing: T) -> T:
        """What the deliverer gets for the journal or the wiki."""
        return thing

    def worker(self) -> EditWorker:
        return OnTheSpot()

    def jitter(self, limit: float) -> float:
        """How long is waited of the longest that may be."""
        return 0.0

    def now(self) -> datetime:
        return self.wall

    def clock(self) -> float:
        self.seconds += self.tick
        return self.seconds

    async def log(self, message: str, said: datetime = NOON, **given: object) -> Entry:
        projects = str(given.pop("project", "tools")).split(",")
        entry = an_entry(message, said, **given)
        assert await self.journal.entries.accept(an_acceptance(entry, *projects))
        return entry

    async def undo(self, entry: Entry, reason: str = "") -> Change:
        return await self._change(entry, ChangeKind.STRIKE, reason)

    async def amend(self, entry: Entry, message: str) -> Change:
        return await self._change(entry, ChangeKind.AMEND, message)

    async def redact(self, entry: Entry, by: str = "root") -> Change:
        redactions = Redactions(self.journal.erasures, self.now, timedelta(seconds=GATEWAY))
        outcome = await redactions.redact(Script(by, f"user {by}", Via.COMMAND), entry.id)
        assert isinstance(outcome, Receipt)
        assert outcome.change is not None
        return outcome.change

    async def _change(self, entry: Entry, kind: ChangeKind, text: str) -> Change:
        made = a_change(kind, text, entry.nick, self.now())
        assert await keep(self.journal, Changed(a_key(), entry.id, made, Told.NOTHING, self.now()))
        return made

    async def deliver(self, until: Callable[[], object] | None = None, patience: float = PATIENCE) -> None:
        """Let the deliverer run until nothing is under way any more (or until something is true)."""
        await self._run(until, patience)
        # What went through last may have freed what was parked.
        while until is None and await self._under_way():
            await self._run(until, patience)

    async def _run(self, until: Callable[[], object] | None, patience: float) -> None:
        news = self.journal.listen()
        running = asyncio.create_task(self.deliverer.run())
        try:
            async with asyncio.timeout(patience):
                while True:
                    news.clear()
                    if running.done() or (until() if until else not await self._under_way()):
                        break
                    ring = asyncio.create_task(news.wait())
                    # A journal that fails does not ring.
                    await asyncio.wait({ring, running}, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
                    ring.cancel()
        finally:
            self.deliverer.stop()
            await running
            self.deliverer._stopping = False

    async def quiet(self) -> None:
        """Let the deliverer run until there is nothing that it would do now."""
        resting = asyncio.Event()
        rest = self.deliverer._rest

        async def at_rest(seconds: float | None) -> None:
            resting.set()
            await rest(seconds)

        self.deliverer._rest = at_rest  # type: ignore[method-assign]
        await self.deliver(until=resting.is_set)
        self.deliverer._rest = rest  # type: ignore[method-assign]

    async def pass_time(self, most: float = 4000.0) -> None:
        """Let the bot go on until nothing is to be done for so long."""
        until = self.waited + most

        async def passes(seconds: float | None) -> None:
            if seconds is None or self.waited + seconds > until:
                self.deliverer.stop()
                return
            self.waited += seconds
            self.seconds += seconds

        self.deliverer._rest = passes  # type: ignore[method-assign]
        try:
            await self.deliverer.run()
        finally:
            self.deliverer._stopping = False

    async def _under_way(self) -> bool:
        """Whether something is due, or may be by now; what is changed about a parked entry waits with it."""
        carried = [each for attempt in await self.journal.attempts.open_attempts() for each in attempt.deliveries]
        return bool((await self.journal.deliveries.outstanding()).waiting) or any(
            each.state is DeliveryState.PENDING for each in carried
        )

    async def delivery(self, entry: Entry) -> Delivery:
        found = await self.journal.undelivered.find(entry.id)
        assert found is not None
        return found.delivery

    async def fates(self, entry: Entry, change: Change | None = None) -> list[DeliveryState]:
        """What became of an entry, or of a change of it, in each of its logs."""
        return [each.state for each in await self.deliveries(entry) if each.change == change]

    async def deliveries(self, entry: Entry) -> tuple[Delivery, ...]:
        """Of the entry and of its changes, to all its logs."""
        found = await kept(self.journal, entry.id)
        assert found is not None
        return found.deliveries

    def page(self, title: str = TITLE) -> str:
        return self.wiki.text(title)

    def write(self, text: str, title: str = TITLE) -> None:
        """Somebody changes the page by hand, as people do with files."""
        FolderWiki.login(self.wiki)  # makes the folder
        self.wiki._files.file(title).write_text(text)

    def delete(self, title: str = TITLE) -> None:
        self.wiki._files.file(title).unlink()

    def order_on_page(self, title: str = TITLE) -> list[str]:
        """The messages that stand on the page, from top to bottom (they are one word each)."""
        return [line.rpartition(" ")[2] for line in self.page(title).splitlines() if line.startswith("*")]


def days_before(days: int) -> datetime:
    return NOON - timedelta(days=days)
