"""A measure and a seed come in; the bot is put through it, between a real wiki and IRC server; a verdict goes out.

`World` is all that stands around the bot; `ordeal` is what is done to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from tests.torture.past import OldLog, Past, make_past
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
MOVING, IDLE = 60.0, 3.0
"""Seconds that are waited, while nobody says anything, for old days on their way to an archive; and while nothing is to
be done at all."""
LOOK = 0.02
"""Seconds between two looks at how far they are."""
DRAIN = 1800.0
"""Seconds in which everything must be on the wiki once nothing goes wrong any more."""
ROUNDS = 4
"""So often somebody mends what keeps old days on their page, and has them moved again."""
LONG = 20
"""A run with so many kills is long: in one of them days must have stood on their page and in its archive."""
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
    "About {0}.\n\n== Documentation of {0} ==\nSee [[Help]].\n\n== {1} ==",
    "== Instances of {0} ==\n* {0}-01",
)
"""What stands above the log, and below it."""
CATEGORY = "SAL"
FILTER = f"""\
$wgHooks['EditFilterMergedContent'][] = function ($context, $content, $status) {{
    if (strpos($content->getText(), '{UNWANTED}') === false) return true;
    $status->fatal(new ApiMessage('rawmessage', 'abusefilter-disallowed'));
    return false;
}};"""
COPYING, REMOVING = "copying", "removing"
STAGES = {COPYING: "days were being copied", REMOVING: "days stood on their page and in its archive"}
"""How far a move is, as the journal has it, and what that means."""
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
      "{below}":
        page:
          title: "{below_title}"
          heading: "{heading}"
          archive: {{by: quarter, over: 10 KB, title: "{{page}}/{{year}}-Q{{quarter}}"}}
wiki:
  api: {api}
  user: {user}
  password: {{env: LABSBOT_WIKI_PASSWORD}}
  redirects: {{allow: "{shared}"}}
  largest_edit: 16 KB
projects: [{{list: [{projects}]}}]
page:
  title: "{own_title}"
  category: [{category}]
  archive: {{by: month, over: 10 KB, title: "{{page}}/{{year}}-{{month}}"}}
web:
  listen: unix:{folder}/web.sock
  url: http://127.0.0.1/
  tokens: {{deploy: {{sha256: {token}, projects: all}}}}
limit: {{lines: 999999, bytes: 999 MB}}
correct: 365d
late: 365d
"""
_ON_BOTH = re.compile(
    r"people have changed (\S+(?:, \S+)*) both on the page and in the archive (.+?): it stands on both"
)
_STANDS_ALREADY = re.compile(
    r"^(.+): nothing more moves: some of .+ stands in .+ already, and on the page$", re.MULTILINE
)
_KEPT = re.compile(r"^  (\S+) stays: ")
"""What ``labsbot archive`` says."""


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
    talking: asyncio.Event = field(default_factory=asyncio.Event)
    """People and programs say something."""
    past: Past | None = None
    wiki_kills: int = 0
    dead_in_moves: Counter[str] = field(default_factory=Counter)
    """So often the bot, or the wiki, was killed while days were on their way, by how far they were."""
    kept: set[tuple[str, str]] = field(default_factory=set)
    """Pages, and old days that stay there, for which ``labsbot archive`` tells why."""
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

    def pending(self) -> int:
        return self._count("SELECT count(*) FROM delivery WHERE state = 'pending'")

    def untold(self) -> int:
        return self._count("SELECT count(*) FROM delivery WHERE told NOT IN ('logged', 'never') AND state != 'dropped'")

    def moving(self) -> list[str]:
        """How far the days are that are on their way to an archive."""
        return [str(row[0]) for row in self._rows("SELECT stage FROM move WHERE ended IS NULL")]

    def moved(self, why: str = "cause IS NULL") -> int:
        """How often days were taken to an archive."""
        return self._count(f"SELECT count(*) FROM move WHERE ended IS NOT NULL AND {why}")

    async def kill(self) -> None:
        """The bot dies."""
        await self.bot.kill()
        self.dead_in_moves.update(f"kill -9 of the bot while {STAGES[stage]}" for stage in self.moving())

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
        homes = sorted(set(HOME.values()))
        archives = {title: sorted({archive_of(title), *self.editor.archives(title)}) for title in homes}
        titles = [REDIRECT, *homes, *(title for each in archives.values() for title in each)]
        everybody: list[Typist | Deploy] = [*self.typists, *self.deploys]
        said = [line for each in everybody for line in each.said] + (self.past.said if self.past else [])
        heard = (line.split(" ", 3) for line in self.witness.lines if line.startswith(f":{BOT}!"))
        return Evidence(
            accepted=checker.read_journal(self.journal),
            typed=frozenset(map(dataclasses.astuple, said)),
            regretted=[dataclasses.astuple(line) for each in everybody for line in each.regretted],
            heard=[(words[2], words[3].removeprefix(":")) for words in heard if words[1] == "PRIVMSG"],
            pages={title: checker.read_history(self.wiki.api, title) for title in titles},
            home=HOME,
            archives=archives,
            by_hand=self.editor.words | self.vandal.words | (self.past.words if self.past else {}),
            removed=self.editor.removed,
            bot=ACCOUNT,
            held_back=sorted(self.held_back),
            receipts=[dataclasses.astuple(held) for each in self.deploys for held in each.receipts],
            answered_wrong=[words for each in self.deploys for words in each.wrong],
            until=_old_until(datetime.now(UTC)) if self.past else {},
            kept=self.kept,
            category=f"[[Category:{CATEGORY}]]",
        )


def _old_until(now: datetime) -> dict[str, str]:
    """By page, which days are to be in archives: of months, or of quarters, that are over."""
    by_quarter = {title for (channel, _), title in HOME.items() if channel == BELOW}
    quarter = (now.month - 1) // 3 * 3 + 1
    return {title: f"{now.year}-{quarter if title in by_quarter else now.month:02}-01" for title in HOME.values()}


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
            wiki.edit_as_person(title, "\n\n".join(PROJECT_PAGE).format(project, HEADING))
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
                category=CATEGORY,
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


async def give_past(around: World, pages: Sequence[str], months: int, seed: int) -> None:
    """Write old days to these pages, as if the bot had run for long; nobody has started it yet. Who types has logged
    then, too."""
    logs = [OldLog(title, channel, project) for (channel, project), title in HOME.items() if channel and title in pages]
    around_days = {log.title: (f"The log of {log.project}.", "") for log in logs if log.channel == OWN}
    for log in logs:
        if log.channel == BELOW:
            above, below = (text.format(log.project, HEADING) for text in PROJECT_PAGE)
            around_days[log.title] = above, below
    hostmasks = {each.person.nick: _hostmask(each.person) for each in around.typists}
    hostmasks |= {} if hostmasks else {"dave": "dave!dave@left.example"}  # who is not there any more
    around.past = await make_past(around.wiki, around.journal, logs, around_days, hostmasks, months, seed)
    for typist in around.typists:
        typist.remembered, typist.days = around.past.ids.get(typist.person.nick, ()), around.past.days


def _hostmask(person: DemoPerson) -> str:
    """As others see it, and they themselves where they join."""
    joined = next(line for line in person.lines if line.startswith(f":{person.nick}!") and " JOIN " in line)
    return joined.partition(" ")[0].removeprefix(":")


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
    months: int
    """That are over, with days on most pages at the beginning."""


@dataclass(frozen=True, slots=True)
class Verdict:
    findings: list[Finding]
    figures: dict[str, object]
    faults: Counter[Fault]
    kills: Counter[Moment]
    missed: list[str]
    """What a long run is to meet, and did not."""


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
        # A log's page that nobody has made yet stays one.
        await give_past(around, sorted({*HOME.values()} - {HOME[OWN, "web"]}), measure.months, measure.seed)
        around.talking.set()
        busy = [asyncio.create_task(typist.type(around.talking)) for typist in around.typists]
        wiki_lives = asyncio.Lock()
        busy.append(asyncio.create_task(around.editor.edit(4.0, wiki_lives)))
        busy.append(asyncio.create_task(around.vandal.edit(5.0, wiki_lives)))
        busy.append(asyncio.create_task(_kill_the_wiki(around, Random(f"{measure.seed} wiki"), wiki_lives)))
        busy += [asyncio.create_task(deploy.work(around.talking)) for deploy in around.deploys]
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
            "edits by hand in archives of the bot": around.editor.in_archives,
            "portions of old days moved to archives": around.moved(),
            "given up on the way, and begun anew": around.moved("cause IS NOT NULL"),
            **dict(sorted(around.dead_in_moves.items())),
            "days that people had changed on the page and in the archive, put together": around.editor.merged,
            "old days that stay for a reason that was told": len(around.kept),
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
        missed = [] if measure.kills < LONG else list(_missed(around))
        return Verdict(checker.check(evidence), figures, around.proxy.counts, kills, missed)


def _missed(around: World) -> Iterator[str]:
    if not around.moved():
        yield "no old day has moved to an archive"
    if not around.dead_in_moves[f"kill -9 of the bot while {STAGES[REMOVING]}"]:
        yield f"the bot was never killed while {STAGES[REMOVING]}"


async def _kill_the_wiki(around: World, chance: Random, wiki_lives: asyncio.Lock) -> None:
    """With -9, in the middle of whatever it does, again and again until cancelled; those who edit by hand wait then."""
    while True:
        await asyncio.sleep(chance.uniform(0, 2 * WIKI_LIVES))
        async with wiki_lives:
            around.wiki.kill()
            around.wiki_kills += 1
            around.dead_in_moves.update(f"kill -9 of the wiki while {STAGES[stage]}" for stage in around.moving())
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
    if life.is_quiet:
        around.talking.clear()
    await around.start(behind(life.days, life.before_midnight))
    if life.is_quiet:
        await around.ready()
        kills[await _kill_in_a_move(around, life.end)] += 1
        around.talking.set()
        return
    if life.seconds < 0:
        await asyncio.sleep(-life.seconds)
        await around.kill()
        kills[Moment.ANY] += 1
        return
    await around.ready()
    await asyncio.sleep(life.seconds)
    if life.end is Moment.ANY:
        await around.kill()
        kills[Moment.ANY] += 1
    else:
        kills[await _kill_in_an_edit(around, life.end)] += 1


async def _kill_in_a_move(around: World, moment: Moment) -> Moment:
    """Kill it while days are on their way to an archive, or after a while where none are; the moment that it was."""
    stages = {REMOVING} if moment is Moment.DAYS_COPIED else {COPYING, REMOVING}
    idle = 0.0
    try:
        async with asyncio.timeout(MOVING):
            while stages.isdisjoint(around.moving()) and idle < IDLE:
                await asyncio.sleep(LOOK)
                idle = 0.0 if around.moving() or around.pending() else idle + LOOK
    except TimeoutError:
        idle = IDLE
    if idle >= IDLE:
        moment = Moment.ANY
    if moment in (Moment.EDIT_BEGUN, Moment.EDIT_SAVED):
        return await _kill_in_an_edit(around, moment)
    await around.kill()
    return moment


async def _kill_in_an_edit(around: World, moment: Moment) -> Moment:
    """Kill it at that moment of its next edit, or after a while where there is none; the moment that it was."""
    killed = asyncio.Event()

    async def kill(now: Moment) -> None:
        if now is moment and not killed.is_set():
            killed.set()
            await around.kill()

    around.proxy.meanwhile = kill
    try:
        async with asyncio.timeout(POST):
            await killed.wait()
    except TimeoutError:
        if not killed.is_set():
            killed.set()
            await around.kill()
            return Moment.ANY
    finally:
        killed.set()  # where the torture ends meanwhile, its last life is left in peace
    return moment


async def come_to_rest(around: World) -> int:
    """With no more faults, start the bot anew and wait until all is on the wiki and told.

    Parked entries are sent again, as an operator does, and those given up that a filter refuses; returns how many were
    sent again. Then all old days are moved. Raises TimeoutError with what is left if it takes too long.
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
    if around.past:
        await _archive(around)
    await around.bot.stop()
    return len(again)


async def _archive(around: World) -> None:
    """Have all old days moved, as an operator does, who mends what keeps one on its page; what stays is remembered."""
    command = "archive", "-c", str(around.bot.configuration)
    status = 1
    for _ in range(ROUNDS):
        status, said = await around.bot.command(*command, "--timeout", f"{DRAIN:.0f}")
        if status == 0 or not await asyncio.to_thread(_mend, around, said):
            break
    if status != 0:
        _, shown = await around.bot.command(*command, "--dry-run")
        around.kept |= _kept(shown)


def _mend(around: World, said: str) -> bool:
    """Put days together that people have changed on the page and in the archive, as the bot told; and where something
    of a day is said to be in the archive already, take away what only mentions an entry. Whether there was anything."""
    log = around.bot.log.read_text(errors="replace")
    homes = sorted(set(HOME.values()), key=len)
    mended = False
    told = {(day, archive) for days, archive in _ON_BOTH.findall(log) for day in days.split(", ")}
    for day, archive in sorted(told):
        home = next(title for title in reversed(homes) if archive.startswith(f"{title}/"))
        mended |= around.editor.merge(home, archive, day)
    for title in _STANDS_ALREADY.findall(said):
        mended |= around.vandal.clean_page(title, set(around.ids()))
    return mended


def _kept(shown: str) -> set[tuple[str, str]]:
    """By what ``labsbot archive --dry-run`` shows, pages with days that stay there."""
    kept: set[tuple[str, str]] = set()
    title = ""
    for line in shown.split("\n"):
        if day := _KEPT.match(line):
            kept.add((title, day[1]))
        elif not line.startswith(" "):
            title = line.rpartition(" (")[0]
    return kept


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
