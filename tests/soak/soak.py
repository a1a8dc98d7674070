"""The bot on a real server over a bad line, while people type; what came of it as a verdict and figures.

The bot is a process of its own. Troubles come by turns (`plan`); after each it is waited until what is typed then is on
a page. What was heard on the server goes into a ledger (`ledger`), which says what must be there at the end; that each
entry stands as it was said, or last changed, the torture's checker says (`tests/torture/checker.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path

from bench.world import resident
from labsbot.model import Conflict, Edit
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from tests.servers.inspircd import InspIRCd
from tests.soak.figures import Bout, Figures, Sample
from tests.soak.ledger import Gap, Verdict, judge
from tests.soak.people import CHANNELS, Talker, Witness, word_of
from tests.soak.plan import DEATHS, Trouble, rounds
from tests.soak.wire import HOST, Wire
from tests.torture.bot import Bot
from tests.torture.checker import TOLD_TWICE, Evidence, Revision, check, read_journal
from tests.torture.people import BOT, PROJECTS
from tests.torture.written import DELIVERED, LEFT

TALKERS = ("alice", "bob", "carol")
PAUSE = 1.0
"""Seconds between two lines of a talker, on the average."""
REST = 0.3
"""Seconds between two troubles."""
BACK = 30.0
"""Seconds within which the bot must be back after a trouble, and within which all must be on the pages at the end."""
HELD = 240.0
"""The same where something waits: of a correction that was on its way when the bot was killed nobody knows for three
minutes whether it comes."""
STAYING = 50
"""Lines that stay on a page when somebody moves the older ones away, as people do; it would only grow."""
LIVES = 1 / 3
"""The part of the time in which the bot is also stopped and killed; then it lives on, and its memory is looked at."""
CONFIGURATION = """\
journal: journal.sqlite3
irc:
  net:
    server: {host}:{port}
    tls: false
    nick: {nick}
    channels: {{{channels}}}
    backoff: {{first: 100ms, most: 500ms}}
    ping: {{after: 500ms, give_up: 1500ms}}
wiki: {{folder: pages, url: "http://soak.example/wiki"}}
projects: {{list: [{projects}]}}
limit: {{lines: 999999, bytes: 999 MB}}
"""
_GAP = re.compile(r"missed what was said in (\S+) from (\S+Z) to (\S+Z): ")
_FAILED = re.compile(r"^.* (?:ERROR|CRITICAL) .*$|^Traceback.*$", re.MULTILINE)


def title(channel: str, project: str) -> str:
    """The page of one project in one channel."""
    return f"{project.capitalize()} in {channel.removeprefix('#')}"


HOME = {(channel, project): title(channel, project) for channel in CHANNELS for project in PROJECTS}


class Soak:
    def __init__(self, folder: Path, server: InspIRCd, wire: Wire, seed: int) -> None:
        self._server = server
        self._wire = wire
        self._seed = seed
        pages = ", ".join(
            f'"{channel}": {{page: {{title: "{{project}} in {channel.removeprefix("#")}"}}}}' for channel in CHANNELS
        )
        path = folder / "labsbot.yaml"
        path.write_text(
            CONFIGURATION.format(host=HOST, port=wire.port, nick=BOT, channels=pages, projects=", ".join(PROJECTS))
        )
        self._bot = Bot(path)
        self._life = 0
        self.wiki = FolderWiki(FolderSettings(folder / "pages", None))
        self._moved: dict[str, list[str]] = {page: [] for page in HOME.values()}
        """What was moved away from each page, as it stood there, newest first, each time with its day above it."""
        self._journal = folder / "journal.sqlite3"
        self._witness = Witness(server.port)
        self._begin = asyncio.Event()
        events = (self._witness.listening, self._begin)
        self._talkers = [Talker(server.port, nick, seed, PAUSE, *events) for nick in TALKERS]

    async def run(self, seconds: float, say: Callable[[str], None]) -> Figures:
        """For so long let people talk and make trouble, at least one round; then wait for the pages, and judge."""
        began = time.monotonic()
        bouts: list[Bout] = []
        memory: list[Sample] = []
        async with contextlib.AsyncExitStack() as doors:
            doors.push_async_callback(self._bot.kill)
            people = [asyncio.create_task(who) for who in (self._witness.listen(), *(t.talk() for t in self._talkers))]
            doors.push_async_callback(_ended, people)
            await self._witness.until(self._witness.listening.is_set, BACK)
            await self._start()
            await self._witness.until(lambda: all(map(self._witness.present, CHANNELS)), BACK)
            # what was said before the bot first came is not its business, and a history has whole seconds
            await asyncio.sleep(1.1)
            self._begin.set()
            for number, troubles in enumerate(rounds(self._seed), start=1):
                lives_on = number > 1 and time.monotonic() - began > seconds * LIVES
                for trouble in troubles:
                    if not (lives_on and trouble in DEATHS):
                        bouts.append(await self._bout(trouble))
                        await asyncio.sleep(REST)
                for page in HOME.values():
                    self._move_away(page)
                memory.append(Sample(self._life, time.monotonic() - began, resident(self._bot.pid)))
                say(f"round {number}: {self._typed()} lines typed, {memory[-1].megabytes:.1f} MB")
                if time.monotonic() - began >= seconds:
                    break
            await _ended(people[1:])
            verdict = await self._come_to_rest()
            await self._bot.stop()
        log = self._bot.log.read_text(errors="replace")
        return Figures(
            verdict=verdict,
            seconds=time.monotonic() - began,
            rounds=number,
            typed=self._typed(),
            accepted=read_journal(self._journal),
            findings=self.findings(),
            failures=_FAILED.findall(log),
            bouts=bouts,
            memory=memory,
            gaps=len(_GAP.findall(log)),
        )

    def _typed(self) -> int:
        return sum(len(talker.typed) for talker in self._talkers)

    def verdict(self) -> Verdict:
        """What is wrong now."""
        gaps = [
            Gap(channel, datetime.fromisoformat(start), datetime.fromisoformat(end))
            for channel, start, end in _GAP.findall(self._bot.log.read_text(errors="replace"))
        ]
        typed = {word for talker in self._talkers for word in talker.typed}
        said = {entry.id: word_of(entry.message) for entry in read_journal(self._journal)}
        pages = [[said.get(entry, entry) for entry in self._ids(page)] for page in HOME.values()]
        return judge(self._witness.heard, typed, pages, gaps)

    def _ids(self, page: str) -> list[str]:
        """The entries that stand on a page, or stood there, from the oldest to the newest."""
        return re.findall(r'^\* <span id="(.*?)">', f"{self.wiki.text(page)}\n{self._older(page)}", re.MULTILINE)[::-1]

    def _older(self, page: str) -> str:
        """What people have moved away from a page."""
        return "\n".join(self._moved[page])

    def findings(self) -> list[str]:
        """What is wrong with the entries that were accepted. What was said once more as its connection had ended may be
        heard twice: nobody can help that.
        """
        typists = [talker.typist for talker in self._talkers if talker.typist]
        pages: dict[str, list[Revision]] = {}
        for page in HOME.values():
            now, older = self.wiki.text(page), self._older(page)
            # The bot wrote all of it, then people took the older lines away.
            pages |= {file_of(page): [Revision(BOT, "", f"{now}\n{older}"), Revision("", "", now)]}
            pages |= {file_of(older_than(page)): [Revision("", "", older)]}
        evidence = Evidence(
            accepted=read_journal(self._journal),
            typed=frozenset(dataclasses.astuple(line) for each in typists for line in each.said),
            regretted=[dataclasses.astuple(line) for each in typists for line in each.regretted],
            heard=self._witness.told,
            pages=pages,
            home={of: file_of(page) for of, page in HOME.items()},
            archives={file_of(page): (file_of(older_than(page)),) for page in HOME.values()},
            by_hand={},
            removed=set(),
            bot=BOT,
        )
        return [f"{each.kind}: {each.words}" for each in check(evidence) if each.kind != TOLD_TWICE]

    def _move_away(self, page: str) -> None:
        found = self.wiki.look(page)
        lines = self.wiki.section(found, 1).splitlines()
        older = lines[1 + STAYING :]
        if not older:
            return
        edit = Edit(page, 1, found.revision, found.seen, "\n".join(lines[: 1 + STAYING]), "older lines moved away")
        with contextlib.suppress(Conflict):  # the bot was quicker: another time
            self.wiki.save(edit)
            self._moved[page].insert(0, "\n".join([lines[0], *older]))

    # --- waiting

    async def _is_back(self, trouble: Trouble) -> float:
        """Wait until something has arrived that was typed after the trouble, in each channel; the seconds it took."""
        began = time.monotonic()
        marks = [len(talker.typed) for talker in self._talkers]
        waiting = set(CHANNELS)
        try:
            async with asyncio.timeout(BACK):
                while waiting:
                    await asyncio.sleep(0.1)
                    new = {
                        word for talker, mark in zip(self._talkers, marks, strict=True) for word in talker.typed[mark:]
                    }
                    waiting -= {channel for channel in waiting if not new.isdisjoint(self._arrived(channel))}
        except TimeoutError:
            words = f"not back within {BACK:.0f} s after “{trouble.value}” in {', '.join(sorted(waiting))}"
            raise AssertionError(f"{words}:\n{self._bot.last_words()}") from None
        return time.monotonic() - began

    def _arrived(self, channel: str) -> set[str]:
        """What is on a channel's pages; and what is accepted for one that is held, for nobody knows yet what became of
        an edit that was on its way when the bot was killed."""
        pages = {title(channel, project): project for project in PROJECTS}
        there = set().union(*(shown(self.wiki.text(page)) for page in pages))
        with contextlib.closing(sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)) as journal:
            held = {page for (page,) in journal.execute("SELECT title FROM attempt WHERE ended IS NULL")}
        projects = {pages[page] for page in held & pages.keys()}
        owed = [each for each in read_journal(self._journal) if each.channel == channel] if projects else []
        return there | {word_of(each.message) for each in owed if not projects.isdisjoint(each.states)}

    async def _come_to_rest(self) -> Verdict:
        """The verdict as soon as nothing is missing or pending any more, or after a while."""
        began = time.monotonic()
        while True:
            verdict, pending = self.verdict(), self._pending()
            rested = time.monotonic() - began
            if rested > (HELD if pending else BACK) or not (verdict.missing or pending):
                return verdict
            await asyncio.sleep(0.2)

    def _pending(self) -> bool:
        """Something that was accepted is not on its page yet."""
        accepted = read_journal(self._journal)
        owed = [entry.states for entry in accepted] + [each.states for entry in accepted for each in entry.corrections]
        return any(state not in (DELIVERED, LEFT) for states in owed for state in states.values())

    # --- troubles

    async def _bout(self, trouble: Trouble) -> Bout:
        outs = self._witness.outs
        await self._make(trouble)
        back = await self._is_back(trouble)
        return Bout(trouble, self._witness.outs - outs, back)

    async def _make(self, trouble: Trouble) -> None:
        """Make that trouble, and end it."""
        match trouble:
            case Trouble.CUT:
                self._wire.cut()
            case Trouble.INTERRUPTED:
                # longer than the bot waits for a sign of life
                self._wire.through.clear()
                await asyncio.sleep(2.5)
                self._wire.cut()
                self._wire.through.set()
            case Trouble.SLOWED:
                self._wire.slow = True
                await asyncio.sleep(2)
                self._wire.slow = False
            case Trouble.FROZEN:
                with self._server.frozen():
                    await asyncio.sleep(2)
            case Trouble.KICKED:
                self._witness.kick()
            case Trouble.RESTARTED:
                await self._restart_server(talk_before=0, talk_behind=0)
            case Trouble.FORGOTTEN:
                self._wire.down = True
                self._wire.cut()
                await self._restart_server(talk_before=2, talk_behind=1)
            case Trouble.STOPPED:
                await self._bot.stop()
                await asyncio.sleep(1)
                await self._start()
            case Trouble.KILLED:
                await self._bot.kill()
                await asyncio.sleep(1)
                await self._start()

    async def _restart_server(self, talk_before: float, talk_behind: float) -> None:
        """Let people talk for so many seconds before it ends, and when it is back, before the bot gets through."""
        await asyncio.sleep(talk_before)
        await asyncio.to_thread(self._server.stop)
        self._wire.down = True
        await asyncio.to_thread(self._server.start)
        await self._witness.until(self._witness.listening.is_set, BACK)
        await asyncio.sleep(talk_behind)
        self._wire.down = False

    async def _start(self) -> None:
        self._life += 1
        await self._bot.start()


def shown(text: str) -> set[str]:
    """The first word of each entry on a page, as it is shown now."""
    return set(re.findall(r": (?:<s>)?(\S+-\d+) ", text))


def older_than(page: str) -> str:
    """The page to which what is older goes."""
    return f"{page} before"


def file_of(page: str) -> str:
    """As its file is called, to which an address leads."""
    return f"{page}.wiki"


async def _ended(people: Sequence[asyncio.Task[None]]) -> None:
    """End them; whoever failed by themselves is a fault of the soak."""
    for each in people:
        each.cancel()
    for outcome in await asyncio.gather(*people, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


@contextlib.asynccontextmanager
async def soak(folder: Path, seed: int = 0) -> AsyncIterator[Soak]:
    with InspIRCd(default_modes="notH 1000:1h", longest_history=1000) as server:
        async with Wire(server.port) as wire:
            yield Soak(folder, server, wire, seed)
