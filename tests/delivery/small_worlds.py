"""All that can go wrong with two entries and a correction on one page, one world after the other, up to a few mishaps.

A world is the real delivery, journal and folder wiki, and a story. Wherever something can go otherwise than well, it
asks what happens; a run repeats the answers of a beginning that it is given, goes well from there on, and says where it
could have gone otherwise. So all beginnings with no more than so many mishaps are tried, each once.

    python -m tests.delivery.small_worlds --mishaps 3
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import logging
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from unittest import mock

from labsbot.delivery import Deliverer
from labsbot.delivery.settle import GATEWAY
from labsbot.journal import Journal, schema, transactions, writer
from labsbot.model import Change, ChangeKind, DeliveryState, Edit, Entry, Saved, Unknown, WikiFailure
from labsbot.wiki.folder import FolderWiki
from tests.delivery.world import Killed, World
from tests.journal.bad_days import unsafe_but_fast
from tests.nouns import NOON

T = TypeVar("T")
MOST_STEPS = 400
"""A world that takes more does not come to rest."""
COARSE = 50.0
"""Seconds after which a delivery that rests is woken, at least: else most of a world would be waits."""
BY_HAND = " (by hand)"


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    page: str
    """What stands there before."""
    acts: tuple[str, ...]
    """What people say, each when all before is done, unless it comes earlier."""


A_DAY = "== 2026-11-22 ==\n* 09:00 bob: earlier\n\n== Kept =="
STORIES = (
    Story("taken back", A_DAY, ("log", "undo")),
    Story("taken back at once", A_DAY, ("log undo",)),
    Story("taken back on a new page", "", ("log", "undo")),
    Story("amended and back", A_DAY, ("log", "amend", "back")),
    Story("amended, then taken back", A_DAY, ("log", "amend", "undo")),
)


class WrongWorld(AssertionError):
    """The promise was broken in it."""


@dataclass(slots=True)
class Choices:
    """What happens in one run."""

    given: Sequence[int]
    met: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    """What was taken at each place, and what each possibility there costs."""
    said: list[str] = field(default_factory=list)

    def of(self, where: str, *possible: str, free: bool = False) -> str:
        """The first is what happens when all goes well; each other is a mishap, unless they are `free`."""
        number = self.given[len(self.met)] if len(self.met) < len(self.given) else 0
        self.met.append((number, (0, *[0 if free else 1] * (len(possible) - 1))))
        if number:
            self.said.append(f"{where}: {possible[number]}")
        return possible[number]

    def otherwise(self, most: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The beginnings that differ from this run in one more place behind what was given, and their mishaps."""
        taken = [number for number, _ in self.met]
        spent = sum(costs[number] for number, costs in self.met)
        for place in range(len(self.given), len(self.met)):
            for number, cost in enumerate(self.met[place][1]):
                if number and spent + cost <= most:
                    yield spent + cost, (*taken[:place], number)


class SmallWorld(World):
    def __init__(self, folder: Path, kept: Journal, story: Story, choices: Choices) -> None:
        """`kept` is an empty journal: to open one for each world would take longer than what happens there."""
        self.kept = kept
        self.story = story
        self.choices = choices
        self.acts = deque(story.acts)
        self.entries: list[Entry] = []
        self.changes: list[Change] = []
        self.late: list[tuple[float, Edit]] = []
        self.versions: list[str] = []
        """Of the first entry's line, as we wrote it."""
        self.seen: set[str] = set()
        """All anchors that were ever on the page."""
        self.touched = False
        """A person has edited, reverted or removed the first entry's line."""
        self.removed = False
        self.steps = 0
        self.finds = 0
        super().__init__(folder)
        if story.page:
            self.write(story.page)

    def opened(self) -> Journal:
        return self.kept

    def restart(self) -> None:
        """Nothing is kept but what is on disk: of the journal, nothing else matters."""
        self.kept._transactions._listeners.clear()
        self.deliverer = self.started()

    def started(self) -> Deliverer:
        started = super().started()
        started._rest = self.rest  # type: ignore[method-assign]
        return started

    def around(self, thing: T) -> T:
        return Committed(thing, self) if thing is self.journal else thing  # type: ignore[return-value]

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def worker(self) -> SmallWorld:
        return self

    def jitter(self, limit: float) -> float:
        return limit

    # --- what can happen

    async def rest(self, seconds: float | None) -> None:
        """Nobody sleeps here: the clock goes on."""
        await self.step("end" if seconds is None and not self.acts else "rest")
        if seconds is not None:
            self.seconds += max(seconds, COARSE)
        elif self.acts:
            await self.act()
        elif not self.deliverer._news.is_set():
            self.deliverer.stop()
        await asyncio.sleep(0)

    async def step(self, name: str) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise WrongWorld("it does not come to rest")
        if name in ("look", "save", "find") and self.acts:
            what = f"they say {self.acts[0]}"
            if self.choices.of(name, "later", what) == what:
                await self.act()
        self.finds = 0 if name == "save" else self.finds + (name == "find")
        if name in ("look", "section", "save", "end") or (name == "find" and self.finds == 1):
            self.somebody(name)
        self.late = [(sent, edit) for sent, edit in self.late if self.seconds - sent < GATEWAY]
        for each in self.late[:]:
            if self.choices.of(name, "nothing", "the late one arrives", free=True) != "nothing":
                self.late.remove(each)
                with contextlib.suppress(WikiFailure):
                    self.save(each[1], late=True)

    async def act(self) -> None:
        for what in self.acts.popleft().split():
            if what == "log":
                self.entries += [await self.log("one"), await self.log("two", NOON + timedelta(minutes=1))]
            elif what == "undo":
                self.changes.append(await self.undo(self.entries[0]))
            else:
                text = "one" if what == "back" else "three"
                self.changes.append(await self.amend(self.entries[0], text))

    def somebody(self, name: str, between: bool = False) -> None:
        """A person does something to the line of the first entry.

        `between` two copies of an edit it is no mishap more, and nobody reverts: nothing could hold up the second.
        """
        text = self.page()
        found = self.lines(text, self.entries[0]) if self.entries else []
        if len(found) != 1:
            return
        (line,) = found
        older = [each for each in self.versions if each != line]
        can = ["edits it", "removes it", "moves it", *["reverts it"] * bool(older and not between)]
        possible = ("nobody comes", *(f"somebody {each}" for each in can))
        what = self.choices.of(name, *possible, free=between).removeprefix("somebody ")
        others = text.replace(f"{line}\n", "", 1) if f"{line}\n" in text else text.replace(f"\n{line}", "", 1)
        if what == "edits it":
            self.write(text.replace(line, line + BY_HAND))
        elif what == "removes it":
            self.write(others)
            self.removed = True
        elif what == "moves it":
            self.write(f"{others}\n{line}")
        elif what == "reverts it":
            self.write(text.replace(line, older[-1]))
        self.touched |= what in ("edits it", "removes it", "reverts it")

    async def call(self, verb: Callable[..., T], *args: Any, deadline: float) -> T:
        """As the wiki's worker."""
        await self.step(verb.__name__)
        if verb.__name__ != "save":
            return verb(*args)
        possible = "well", "its answer is lost", "it is lost", "it is late", "we die behind it", "we die and it is late"
        what = self.choices.of("save", *possible, "a gateway sends it twice")
        (edit,) = args
        if "twice" in what:
            self.save(edit)
            self.somebody("sent twice", between=True)
            return self.save(edit, late=True)  # type: ignore[return-value]
        if "late" in what:
            self.late.append((self.seconds, edit))
        saved = self.save(edit) if what in ("well", "its answer is lost", "we die behind it") else None
        if "die" in what:
            raise Killed
        if what != "well":
            raise Unknown("it is not answering")
        return saved  # type: ignore[return-value]

    # --- what must not

    def save(self, edit: Edit, late: bool = False) -> Saved:
        before = self.page()
        saved = FolderWiki.save(self.wiki, edit)
        self.check_write(before, self.page(), late)
        return saved

    def check_write(self, before: str, after: str, late: bool) -> None:
        """What we may make of a page."""
        for entry in self.entries:
            old, new = self.lines(before, entry), self.lines(after, entry)
            must(len(new) <= 1, "an entry stands twice")
            must(bool(new) or not old, "we removed an entry")
            if old == new:
                continue
            may_be = self.forms(entry)
            must(new[0] in may_be, f"we wrote {new[0]!r}")
            must(not old or old[0] in may_be, f"we wrote over what a person made of it: {old!r}")
            anchors = [f'id="{each}"' for each in (entry.id, *(change.id for change in self.changes))]
            fresh = {each for each in anchors if each in new[0] and each not in "".join(old)}
            # One that arrives when it had been sent again and somebody has removed it: nobody could have held it up.
            must(not fresh & self.seen or (late and not old), "we did again what was done")
            self.seen |= fresh
            if entry == self.entries[0]:
                self.versions += new
        must(self.others(before) == self.others(after), "we changed what is not ours")

    async def check_end(self) -> None:
        """What a person finds at the end."""
        text = self.page()
        for entry in self.entries:
            found, touched = self.lines(text, entry), self.touched and entry == self.entries[0]
            if not touched:
                must(found == [self.forms(entry)[-1]], f"at the end {found!r} stands there")
            for each in await self.deliveries(entry):
                must(each.state in (DeliveryState.DELIVERED, DeliveryState.LEFT), f"{each.id} is {each.state}")
                if each.state is DeliveryState.LEFT:
                    must(
                        touched and f'id="{each.id}"' not in self.seen,
                        f"{each.id} was done, and left alone: {each.cause}",
                    )
                elif each.change is None:
                    must(f'id="{each.id}"' in self.seen, f"{each.id} was never written")
                else:
                    later = self.changes[self.changes.index(each.change) :]
                    must(any(f'id="{change.id}"' in self.seen for change in later), f"{each.id} was never done")

    def lines(self, text: str, entry: Entry) -> list[str]:
        return [line for line in text.split("\n") if f'id="{entry.id}"' in line]

    def others(self, text: str) -> list[str]:
        """What is not ours; a day's heading may come with it."""
        ours = [line for entry in self.entries for line in self.lines(text, entry)]
        return [line for line in text.split("\n") if line and line not in ours and line != "== 2026-11-22 =="]

    def forms(self, entry: Entry) -> list[str]:
        """As its line may stand, by what was acknowledged up to now; last, as it is to stand.

        What was left alone is no part of it, and only a person's edit is a reason for that.
        """
        changes = self.changes if entry == self.entries[0] else []
        prefixes = [changes[:number] for number in range(len(changes) + 1)]
        if self.touched:
            prefixes = [list(some) for number in range(len(changes) + 1) for some in combinations(changes, number)]
        return [line_of(entry, each) for each in prefixes]


def line_of(entry: Entry, changes: Sequence[Change]) -> str:
    """An entry with what was changed about it, as the documentation says that it stands."""
    texts = [entry.message, *(each.text for each in changes if each.kind is ChangeKind.AMEND)]
    strike = next((each for each in changes if each.kind is ChangeKind.STRIKE), None)
    link = f'* <span id="{entry.id}">[[#{entry.id}|{entry.said:%H:%M}]]</span> alice: '
    if strike is None:
        return f"{link}{texts[-1]}" + (f'<span id="{changes[-1].id}"></span>' if changes else "")
    return f'{link}<s>{texts[-1]}</s> <small id="{strike.id}">taken back {strike.said:%H:%M} by alice</small>'


def must(holds: bool, what: str) -> None:
    if not holds:
        raise WrongWorld(what)


class Committed:
    """A journal behind whose every commit of ours the process may die."""

    _COMMITS = frozenset({"begin", "intend", "delivered", "leave", "postpone", "abandon", "withdraw", "doubt", "park"})

    def __init__(self, journal: object, world: SmallWorld) -> None:
        self._journal = journal
        self._world = world

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._journal, name)
        if name == "attempts":
            return Committed(verb, self._world)
        if name not in self._COMMITS:
            return verb

        async def committed(*given: Any, **named: Any) -> Any:
            result = await verb(*given, **named)
            if self._world.choices.of(name, "well", "we die behind it") != "well":
                raise Killed
            return result

        return committed


# --- all of them


@dataclass(frozen=True, slots=True)
class Wrong:
    """A world in which the promise was broken."""

    story: Story
    mishaps: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        return f"{self.story.name}: {self.what}\n" + "\n".join(f"  {each}" for each in self.mishaps)


def explore(
    mishaps: int, stories: Sequence[Story] = STORIES, most: int | None = None, seed: int = 2012
) -> Iterator[Wrong | None]:
    """Try the worlds of these stories with at most so many mishaps, the fewest first: what is wrong with each.

    Among those with equally many the order is one of chance, so that the first `most` are like all of them.
    """
    dice = Random(seed)
    with _fast_and_strict(), asyncio.Runner() as runner, tempfile.TemporaryDirectory(dir=_in_memory()) as name:
        folder = Path(name)
        kept = Journal.open(folder / "journal")
        unsafe_but_fast(kept)
        waiting = [(0, dice.random(), story, tuple[int, ...]()) for story in stories]
        tried = 0
        while waiting and (most is None or tried < most):
            *_, story, beginning = heapq.heappop(waiting)
            choices = Choices(beginning)
            tried += 1
            _emptied(kept, folder / "pages")
            wrong = None
            try:
                runner.run(_live(folder, kept, story, choices))
            except WrongWorld as failure:
                wrong = Wrong(story, tuple(choices.said), str(failure))
            for spent, other in choices.otherwise(mishaps):
                heapq.heappush(waiting, (spent, dice.random(), story, other))
            yield wrong
        kept.close()


async def _live(folder: Path, kept: Journal, story: Story, choices: Choices) -> None:
    world = SmallWorld(folder, kept, story, choices)
    await world.act()
    while True:
        try:
            await world.deliverer.run()
            break
        except Killed:
            world.restart()
    await world.check_end()


def _emptied(kept: Journal, pages: Path) -> None:
    kept._transactions._listeners.clear()
    with kept._transactions._engine.begin() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(table.delete())
    shutil.rmtree(pages, ignore_errors=True)


class _AtOnce(Executor):
    """A thread that is none: to wake one takes longer than what it does here."""

    def __init__(self, *given: object) -> None:
        pass

    def submit(self, verb: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(verb(*given, **named))
        except Exception as failure:  # noqa: BLE001
            done.set_exception(failure)
        return done


def _in_memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class _NoFault(logging.Handler):
    """The guard around a batch hides faults of our own: here they make the world wrong."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            raise WrongWorld(f"{record.getMessage()}: {record.exc_info[1]!r}") from record.exc_info[1]


@contextlib.contextmanager
def _fast_and_strict() -> Iterator[None]:
    """Nobody pulls the plug here."""
    log = logging.getLogger("labsbot")
    strict = {"level": logging.ERROR, "propagate": False, "handlers": [_NoFault()], "disabled": False}
    with contextlib.ExitStack() as changed:
        changed.enter_context(mock.patch.object(os, "fsync", return_value=None))
        for module in (transactions, writer):
            changed.enter_context(mock.patch.object(module, "ThreadPoolExecutor", _AtOnce))
        for name, value in strict.items():
            changed.enter_context(mock.patch.object(log, name, value))
        log.manager._clear_cache()  # type: ignore[attr-defined]
        yield
    log.manager._clear_cache()  # type: ignore[attr-defined]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.delivery.small_worlds", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--mishaps", type=int, default=2, help="in one world, at most (default: 2)")
    parser.add_argument("--most", type=int, help="worlds, at most")
    parser.add_argument("--seed", type=int, default=2012, help="for the order of worlds with equally many mishaps")
    given = parser.parse_args()
    begun = time.monotonic()
    tried = wrong = 0
    for tried, found in enumerate(explore(given.mishaps, most=given.most, seed=given.seed), 1):
        if found is not None:
            wrong += 1
            print(found, flush=True)
        if tried % 1000 == 0:
            print(f"{tried} worlds in {time.monotonic() - begun:.0f} s, {wrong} wrong", flush=True)
    print(f"All: {tried} worlds in {time.monotonic() - begun:.0f} s, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
