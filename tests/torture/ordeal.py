"""A measure and a seed come in; the bot is put through it, between a real wiki and IRC server; a verdict goes out.

`World` is all that stands around the bot; `ordeal` is what is done to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from labsbot.demo.person import DemoPerson
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import BOT as ACCOUNT
from tests.servers.mediawiki import MediaWiki
from tests.torture import checker
from tests.torture.bot import Bot, behind
from tests.torture.checker import Evidence, Finding
from tests.torture.deploys import ANSWERED, BY_HTTP, BY_SOCKET, REFUSED, TOKEN_HASH, Deploy
from tests.torture.editor import Editor, archive_of
from tests.torture.people import BELOW, BOT, OWN, PROJECTS, UNWANTED, Typist, present
from tests.torture.plan import Fault, Life, Moment, Plan, Step
from tests.torture.proxy import FaultProxy
from tests.torture.vandal import Vandal
from tests.torture.written import AMEND, DROPPED, LEFT, STRIKE

READY = 30.0
"""Seconds in which a bot that was started must have joined."""
POST = 3.0
"""Seconds that are waited for an edit in the middle of which the bot is to be killed."""
LINES = 8.0
"""Lines a second that all people together type while the bot is there."""
WIKI_LIVES = 15.0
"""Seconds after which the wiki is killed, about."""
PAUSE = 0.7
"""Seconds between two calls of a program, at most."""
DRAIN = 600.0
"""Seconds in which everything must be on the wiki once nothing goes wrong any more."""
HEADING = "Server Admin Log"
OWN_TITLE, BELOW_TITLE = "Nova Resource:{}/SAL", "Nova Resource:{}"
HOME = {
    **{(OWN, project): OWN_TITLE.format(project.capitalize()) for project in PROJECTS},
    **{(BELOW, project): BELOW_TITLE.format(project.capitalize()) for project in PROJECTS},
    # Two projects that share a page, by way of a redirect.
    (OWN, "bots"): OWN_TITLE.format("Tools"),
}
# Programs log in no channel.
HOME |= {("", project): title for (channel, project), title in HOME.items() if channel == OWN}
REDIRECT = OWN_TITLE.format("Bots")
PROJECT_PAGE = (
    "About {0}.\n\n== Documentation of {0} ==\nSee [[Help]].\n\n== {1} ==\n\n== Instances of {0} ==\n* {0}-01"
)
FILTER = f"""\
$wgHooks['EditFilterMergedContent'][] = function ($context, $content, $status) {{
    if (strpos($content->getText(), '{UNWANTED}') === false) return true;
    $status->fatal(new ApiMessage('rawmessage', 'abusefilter-disallowed'));
    return false;
}};"""
UNWANTED_SHARE = 0.1
"""Of what one in three people says, so much is refused by the filter."""
CONFIGURATION = """\
journal: {folder}/journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{irc_port}
    tls: false
    nick: {nick}
    backoff: {{first: 100ms, most: 1s}}
    channels:
      "{own}": {{page: {{title: "{own_title}"}}}}
      "{below}": {{page: {{title: "{below_title}", heading: "{heading}"}}}}
wiki:
  api: {api}
  user: {user}
  password: {{env: LABSBOT_WIKI_PASSWORD}}
  redirects: {{allow: "{shared}"}}
projects: [{{list: [{projects}]}}]
page: {{title: "{own_title}"}}
web:
  listen: unix:{folder}/web.sock
  url: https://logs.example.org/
  tokens: {{deploy: {{sha256: {token}, projects: all}}}}
limit: {{lines: 999999, bytes: 999 MB}}
correct: 100d
"""


@dataclass(frozen=True, slots=True)
class Parked:
    """An entry that waits for an operator, or what was to be changed about one."""

    id: str
    nick: str
    message: str
    cause: str

    @property
    def unwanted(self) -> bool:
        return UNWANTED in self.message

    @property
    def filtered(self) -> bool:
        return "filter" in self.cause


@dataclass
class World:
    """What stands around the bot."""

    folder: Path
    wiki: MediaWiki
    proxy: FaultProxy
    bot: Bot
    witness: DemoPerson
    """Somebody who is in both channels and only listens."""
    editor: Editor
    vandal: Vandal
    typists: list[Typist] = field(default_factory=list)
    deploys: list[Deploy] = field(default_factory=list)
    wiki_kills: int = 0
    held_back: set[str] = field(default_factory=set)
    """What was seen parked by the filter, and has nothing in it that the filter would refuse."""
    _before: int = 0
    """So many lines had the witness heard when the bot was last started."""

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite3"

    @property
    def web(self) -> Path:
        return self.folder / "web.sock"

    def calls(self) -> int:
        """How many calls of programs have been answered by now."""
        return sum(each.calls[ANSWERED] + each.calls[REFUSED] for each in self.deploys)

    def accepted(self) -> int:
        """How many entries the journal holds by now."""
        return self._count("SELECT count(*) FROM entry")

    def untold(self) -> int:
        return self._count("SELECT count(*) FROM delivery WHERE told NOT IN ('logged', 'never') AND state != 'dropped'")

    def ids(self, of: str = "entry") -> list[str]:
        """Of all entries, or changes, that were accepted by now."""
        return [str(row[0]) for row in self._rows(f"SELECT id FROM {of}")]

    def parked(self) -> list[Parked]:
        amended = "SELECT a.text FROM change a WHERE a.entry = e.number AND a.kind = 'amend' ORDER BY a.number DESC"
        columns = f"coalesce(c.id, e.id), e.nick, coalesce(({amended}), e.message), d.cause"
        tables = "delivery d JOIN entry e ON d.entry = e.number LEFT JOIN change c ON d.change = c.number"
        return [Parked(*row) for row in self._rows(f"SELECT {columns} FROM {tables} WHERE d.state = 'parked'")]

    def _count(self, asked: str) -> int:
        return int(next(iter(self._rows(asked)), (0,))[0])

    def _rows(self, asked: str) -> list[tuple[Any, ...]]:
        if not self.journal.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)) as journal:
            try:
                return journal.execute(asked).fetchall()
            except sqlite3.OperationalError as failure:
                if "no such table" not in str(failure):
                    raise
                return []  # it has just been made

    async def start(self, behind: timedelta = timedelta(0)) -> None:
        """Start the bot, with its clock so far behind."""
        self._before = len(self.witness.lines)
        await self.bot.start(behind)

    async def ready(self) -> None:
        """Return when the bot has joined both channels. Raises AssertionError with its last words if it does not.

        It is the life begun last that is waited for: that one before is gone may be heard only later.
        """
        for channel in (OWN, BELOW):
            try:
                await until(partial(self._joined, channel), self.witness, READY)
            except TimeoutError:
                raise AssertionError(f"the bot has not joined {channel}:\n{self.bot.last_words()}") from None

    def _joined(self, channel: str) -> bool:
        return present(self.witness.lines[self._before :], channel)

    def evidence(self) -> Evidence:
        titles = sorted({REDIRECT, *HOME.values()})
        archives = {title: archive_of(title) for title in sorted(set(HOME.values()))}
        pages = {title: checker.read_history(self.wiki.api, title) for title in [*titles, *archives.values()]}
        everybody: list[Typist | Deploy] = [*self.typists, *self.deploys]
        said = (line for each in everybody for line in each.said)
        heard = (line.split(" ", 3) for line in self.witness.lines if line.startswith(f":{BOT}!"))
        return Evidence(
            accepted=checker.read_journal(self.journal),
            typed=frozenset(map(dataclasses.astuple, said)),
            regretted=[dataclasses.astuple(line) for each in everybody for line in each.regretted],
            heard=[(words[2], words[3].removeprefix(":")) for words in heard if words[1] == "PRIVMSG"],
            pages=pages,
            home=HOME,
            archives=archives,
            by_hand=self.editor.words | self.vandal.words,
            removed=self.editor.removed,
            bot=ACCOUNT,
            held_back=sorted(self.held_back),
            receipts=[dataclasses.astuple(held) for each in self.deploys for held in each.receipts],
            answered_wrong=[words for each in self.deploys for words in each.wrong],
        )


async def until(condition: Callable[[], bool], person: DemoPerson, patience: float) -> None:
    """Return when a condition holds that may change with each line that a person hears. Raises TimeoutError."""
    async with asyncio.timeout(patience):
        while not condition():
            await person.heard(lambda line: True, patience, since=len(person.lines))


async def asked_until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds of which one only hears by asking."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def world(
    folder: Path,
    wiki: MediaWiki,
    irc: InspIRCd,
    plan: Callable[[bool], Step],
    seed: int = 0,
    mutant: str = "none",
) -> AsyncIterator[World]:
    """A wiki with the pages as they are at the beginning, the proxy before it, and a bot that is not started yet."""
    for (channel, project), title in HOME.items():
        if channel == BELOW:
            wiki.edit_as_person(title, PROJECT_PAGE.format(project, HEADING))
    wiki.edit_as_person(REDIRECT, f"#REDIRECT [[{HOME[OWN, 'bots']}]]")
    wiki.set("filter", FILTER)
    async with contextlib.AsyncExitStack() as doors:
        proxy = await doors.enter_async_context(FaultProxy(wiki.port, plan))
        witness = await doors.enter_async_context(await DemoPerson.connect("127.0.0.1", irc.port, "witness"))
        for channel in (OWN, BELOW):
            await witness.join(channel)
        path = folder / "labsbot.yaml"
        path.write_text(
            CONFIGURATION.format(
                folder=folder,
                irc_port=irc.port,
                nick=BOT,
                own=OWN,
                own_title=OWN_TITLE.format("{project}"),
                below=BELOW,
                below_title=BELOW_TITLE.format("{project}"),
                heading=HEADING,
                api=proxy.api,
                user=wiki.bot_user,
                shared=HOME[OWN, "bots"],
                projects=", ".join(PROJECTS),
                token=TOKEN_HASH,
            )
        )
        bot = Bot(path, wiki.bot_password, mutant)
        doors.push_async_callback(bot.kill)
        titles = sorted(set(HOME.values()))
        around = World(folder, wiki, proxy, bot, witness, Editor(wiki, titles, seed), Vandal(wiki, titles, seed))
        around.vandal.ids = around.ids
        yield around


# --- what is done to it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of it."""

    entries: int
    kills: int
    people: int
    programs: int
    """That log by HTTP and by the bot's own socket."""
    calls: int
    """At least so many of theirs are answered."""
    seed: int
    seconds: float
    """No longer than this, whatever has come of it by then; what follows is bounded by itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    findings: list[Finding]
    figures: dict[str, object]
    faults: Counter[Fault]
    kills: Counter[Moment]


async def ordeal(folder: Path, wiki: MediaWiki, irc: InspIRCd, measure: Measure, say: Callable[[str], None]) -> Verdict:
    """Torture the bot, let it come to rest, and look at what came of it."""
    plan = Plan(measure.seed, measure.kills)
    began = time.monotonic()
    kills: Counter[Moment] = Counter()
    async with contextlib.AsyncExitStack() as doors:
        around = await doors.enter_async_context(world(folder, wiki, irc, plan.step, measure.seed))
        pause = measure.people / LINES * 2
        for number in range(measure.people):
            person = await doors.enter_async_context(await DemoPerson.connect("127.0.0.1", irc.port, f"person{number}"))
            for channel in (OWN, BELOW):
                await person.join(channel)
            around.typists.append(Typist(person, measure.seed, pause, 0.0 if number % 3 else UNWANTED_SHARE))
        for number in range(measure.programs):
            name = BY_SOCKET if number % 3 == 2 else BY_HTTP
            around.deploys.append(Deploy(name, number, measure.seed, around.journal, around.web, PAUSE))
        busy = [asyncio.create_task(typist.type()) for typist in around.typists]
        wiki_lives = asyncio.Lock()
        busy.append(asyncio.create_task(around.editor.edit(4.0, wiki_lives)))
        busy.append(asyncio.create_task(around.vandal.edit(5.0, wiki_lives)))
        busy.append(asyncio.create_task(_kill_the_wiki(around, Random(f"{measure.seed} wiki"), wiki_lives)))
        busy += [asyncio.create_task(deploy.work()) for deploy in around.deploys]
        torture = asyncio.create_task(_torture(around, plan, kills, measure, say))
        # Somebody who fails while they are at it is a fault of the torture, and ends it.
        done, _ = await asyncio.wait([*busy, torture], timeout=measure.seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in [torture, *busy]:
            each.cancel()
        await asyncio.gather(*busy, torture, return_exceptions=True)
        for each in done:
            each.result()
        say("… and now it is left in peace")
        tortured = time.monotonic() - began
        retried = await come_to_rest(around)
        rested = time.monotonic() - began - tortured
        log = around.bot.log.read_text(errors="replace")
        evidence = await asyncio.to_thread(around.evidence)
        accepted = evidence.accepted
        changed = [each for entry in accepted for each in entry.corrections]
        figures: dict[str, object] = {
            "seed": measure.seed,
            "entries accepted": len(accepted),
            "lines typed": len(evidence.typed),
            **{f"calls by programs: {what}": number for what, number in sorted(_calls(around).items())},
            "receipts": len(evidence.receipts),
            "log days": len({entry.log_day for entry in accepted}),
            "kill -9": kills.total(),
            "kill -9 of the wiki": around.wiki_kills,
            "requests": around.proxy.counts.total(),
            "faults": around.proxy.counts.total() - around.proxy.counts[Fault.NONE],
            "edits by the bot": sum(each.user == ACCOUNT for page in evidence.pages.values() for each in page),
            "edits by hand": len(evidence.by_hand),
            "days moved to an archive by hand": around.editor.archived,
            **{f"by a vandal: {what}": number for what, number in sorted(around.vandal.done.items())},
            "logged afterwards": sum(entry.late for entry in evidence.accepted),
            "logged to several projects": sum(len(entry.states) > 1 for entry in evidence.accepted),
            "taken back": sum(each.kind == STRIKE for each in changed),
            "amended": sum(each.kind == AMEND for each in changed),
            "of these, left alone for what people did": sum(LEFT in each.states.values() for each in changed),
            "lines of the bot changed by hand": around.editor.remarks,
            "lines of the bot taken out by hand": len(around.editor.removed),
            "entries that a filter refused, given up": sum(DROPPED in each.states.values() for each in accepted),
            "entries that were parked for another reason and sent again": retried,
            "unexpected failures in the bot's log": log.count("Traceback"),
            "addresses told": sum(": Logged " in text for _, text in evidence.heard),
            "seconds of torture": round(tortured),
            "seconds until all was on the wiki": round(rested),
        }
        return Verdict(checker.check(evidence), figures, around.proxy.counts, kills)


async def _kill_the_wiki(around: World, chance: Random, wiki_lives: asyncio.Lock) -> None:
    """With -9, in the middle of whatever it does, again and again until cancelled; those who edit by hand wait then."""
    while True:
        await asyncio.sleep(chance.uniform(0, 2 * WIKI_LIVES))
        async with wiki_lives:
            around.wiki.kill()
            around.wiki_kills += 1
            try:
                await asyncio.sleep(chance.uniform(0, 1.0))
            finally:
                around.wiki.start()


def _calls(around: World) -> Counter[str]:
    return sum((each.calls for each in around.deploys), Counter[str]())


async def _torture(
    around: World, plan: Plan, kills: Counter[Moment], measure: Measure, say: Callable[[str], None]
) -> None:
    for life in plan.lives:
        await _live(around, life, kills)
        if kills.total() % 10 == 0:
            counts = f"{around.accepted()} entries, {around.calls()} calls, {around.proxy.counts.total()} requests"
            say(f"{kills.total()} kills, {counts}")
    await around.start()
    await around.ready()
    await asked_until(lambda: around.accepted() >= measure.entries and around.calls() >= measure.calls)


async def _live(around: World, life: Life, kills: Counter[Moment]) -> None:
    await around.start(behind(life.days, life.before_midnight))
    if life.seconds < 0:
        await asyncio.sleep(-life.seconds)
        await around.bot.kill()
        kills[Moment.ANY] += 1
        return
    await around.ready()
    await asyncio.sleep(life.seconds)
    if life.end is Moment.ANY:
        await around.bot.kill()
        kills[Moment.ANY] += 1
    else:
        kills[await _kill_in_an_edit(around, life.end)] += 1


async def _kill_in_an_edit(around: World, moment: Moment) -> Moment:
    """Kill it at that moment of its next edit, or after a while where there is none; the moment that it was."""
    killed = asyncio.Event()

    async def kill(now: Moment) -> None:
        if now is moment and not killed.is_set():
            killed.set()
            await around.bot.kill()

    around.proxy.meanwhile = kill
    try:
        async with asyncio.timeout(POST):
            await killed.wait()
    except TimeoutError:
        if not killed.is_set():
            killed.set()
            await around.bot.kill()
            return Moment.ANY
    finally:
        killed.set()  # where the torture ends meanwhile, its last life is left in peace
    return moment


async def come_to_rest(around: World) -> int:
    """With no more faults, start the bot anew and wait until all is on the wiki and told.

    Parked entries are sent again, as an operator does, and those given up that a filter refuses; returns how many were
    sent again. Raises TimeoutError with what is left if it takes too long.
    """
    around.proxy.plan = lambda save: Step()
    await around.proxy.settle()
    await around.bot.kill()
    await around.start()
    await around.ready()
    again: set[str] = set()
    left = ""
    try:
        async with asyncio.timeout(DRAIN):
            status = -1
            while status != 0:
                status, left = await around.bot.queue()
                await _look_after(around, around.parked(), again)
            await asked_until(lambda: not around.untold())
    except TimeoutError:
        raise TimeoutError(f"after {DRAIN:.0f} s in peace this is left:\n{left}\n{around.bot.last_words()}") from None
    await around.bot.stop()
    return len(again)


async def _look_after(around: World, parked: Sequence[Parked], again: set[str]) -> None:
    """What an operator does with what is parked: gives up what the filter refuses, sends all else again."""
    around.held_back |= {
        f"{each.id} {each.nick}: {each.message}" for each in parked if each.filtered and not each.unwanted
    }
    hopeless = [each.id for each in parked if each.unwanted and each.filtered]
    if hopeless:
        await around.bot.queue("drop", *hopeless)
    others = {each.id for each in parked} - set(hopeless)
    if others & again:  # sent again already, and parked again: something on the page stands in the way
        await asyncio.to_thread(around.vandal.clean, others)
    if others:
        again |= others
        await around.bot.queue("retry", *others)
