"""Journal, delivery and a wiki, with everything that can go wrong between any two steps: what a person finds there."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labsbot.delivery.settle import GATEWAY
from labsbot.journal import Journal
from labsbot.journal.transactions import JournalPart
from labsbot.model import (
    Change,
    ChangeKind,
    Conflict,
    Delivery,
    DeliveryState,
    Entry,
    LoggedOut,
    Refused,
    RefusedText,
    Telling,
    TooLarge,
    Unavailable,
    Unknown,
    WikiFailure,
)
from labsbot.settings import Order, PageSettings
from labsbot.wiki.folder import FolderWiki
from labsbot.wikitext import render
from tests.delivery.world import Killed, World
from tests.journal.bad_days import unsafe_but_fast
from tests.nouns import NOON

HEADING = re.compile(r"(=+) (.*?) \1\s*$")
ENTRY = re.compile(r'<span id="(sal-[0-9a-f-]+)">')
PROJECTS = st.sampled_from(["tools", "bots"])
MINUTES = st.sampled_from([0, 1, 1, 5, 60, 24 * 60, -1, -30, -26 * 60])
LAYOUTS = {
    "newest": PageSettings(),
    "oldest": PageSettings(order=Order.OLDEST),
    "heading": PageSettings(title="Nova Resource:{project}", heading="Server Admin Log", level=3),
}


class Fuse:
    """Burns by one at each step of ours; at its end the process dies."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.behind: str | None = None
        """Or it dies when this verb is done."""

    def burn(self, done: str | None = None) -> None:
        if done and done == self.behind:
            self.behind = None
            raise Killed
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


class Mortal:
    """Something whose every verb is a step, at the beginning and at the end of which the process may die."""

    def __init__(self, thing: object, fuse: Fuse) -> None:
        self._thing = thing
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._thing, name)
        if isinstance(verb, JournalPart):
            return Mortal(verb, self._fuse)
        if not callable(verb) or name in ("listen", "ring"):
            return verb
        if inspect.iscoroutinefunction(verb):

            async def step(*given: Any, **named: Any) -> Any:
                self._fuse.burn()
                result = await verb(*given, **named)
                self._fuse.burn(name)
                return result

            return step

        def step_at_once(*given: Any, **named: Any) -> Any:
            self._fuse.burn()
            result = verb(*given, **named)
            self._fuse.burn(name)
            return result

        return step_at_once


class MortalWorld(World):
    def __init__(self, folder: Path, settings: PageSettings) -> None:
        self.fuse = Fuse()
        super().__init__(folder, settings)

    def opened(self) -> Journal:
        self.fuse.left = self.fuse.behind = None
        journal = super().opened()
        unsafe_but_fast(journal)
        return journal

    def around(self, thing: Any) -> Any:
        return Mortal(thing, self.fuse)


class Life(RuleBasedStateMachine):
    """One bot, two projects, people who type, people who edit, and bad luck."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="labsbot-states-"))
        self.wall = NOON
        self.accepted: dict[str, Entry] = {}
        self.projects: dict[str, str] = {}
        self.order: dict[str, int] = {}
        self.removed: set[str] = set()
        """A person has taken these off their page, or away from their day."""
        self.gone: set[str] = set()
        """Of these: off their page."""
        self.touched: set[str] = set()
        """Of these a person has edited the line, or put back an earlier one; or nobody knows how it came back."""
        self.changes: dict[str, list[Change]] = {}
        """What was acknowledged to be changed about an entry."""
        self.parked: set[str] = set()
        """These were parked for a while."""
        self.by_hand: Counter[str] = Counter()
        self.words = 0

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.peace()
            finally:
                self.world.journal.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def peace(self) -> None:
        """Nothing goes wrong any more, and an operator sends again what is parked."""
        wiki = self.world.wiki
        wiki.failures.clear()
        wiki.finding_fails.clear()
        wiki.answers_lost = wiki.posts_late = 0
        wiki.unwelcome = None
        self.a_late_edit_arrives()
        self.world.restart()
        self.deliver()
        self.retry()
        self.deliver()
        self.no_entry_stands_twice()
        self.nothing_is_struck_that_was_not_taken_back()
        assert self.queue() == []

    def do(self, verb: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(verb)

    @initialize(layout=st.sampled_from(sorted(LAYOUTS)))
    def begin(self, layout: str) -> None:
        self.world = MortalWorld(self.folder, LAYOUTS[layout])

    # --- people who type ---

    @rule(lines=st.lists(st.tuples(PROJECTS, MINUTES), min_size=1, max_size=4), delivered=st.booleans())
    def say(self, lines: list[tuple[str, int]], delivered: bool = False) -> None:
        """The clock goes on, or somebody sets it; midnight passes now and then."""
        for project, minutes in lines:
            self.wall += timedelta(minutes=minutes)
            entry = self.do(self.world.log(self.word(), self.wall, project=project))
            self.accepted[entry.id] = entry
            self.projects[entry.id] = project
            self.order[entry.id] = len(self.order)
        if delivered:
            self.deliver()

    @rule(data=st.data(), take_back=st.lists(st.booleans(), min_size=1, max_size=4), delivered=st.booleans())
    def change_their_minds(self, data: st.DataObject, take_back: list[bool], delivered: bool) -> None:
        """They take back what they have said, or amend it; what was taken back stays so."""
        for takes_back in take_back:
            may_be = [each for each in self.accepted if not self.is_struck(each) and not self.is_dropped(each)]
            if not may_be:
                self.say([("tools", 1)])
                may_be = list(self.accepted)[-1:]
            entry = self.accepted[data.draw(st.sampled_from(may_be))]
            made = self.do(self.world.undo(entry) if takes_back else self.world.amend(entry, self.word()))
            self.changes.setdefault(entry.id, []).append(made)
        if delivered:
            self.deliver()

    def is_struck(self, entry_id: str) -> bool:
        return any(each.kind is ChangeKind.STRIKE for each in self.changes.get(entry_id, ()))

    def is_dropped(self, entry_id: str) -> bool:
        return bool(self.do(self.world.delivery(self.accepted[entry_id])).state is DeliveryState.DROPPED)

    def word(self) -> str:
        self.words += 1
        return f"w{self.words}"

    # --- the bot and its luck ---

    @rule()
    def deliver(self) -> None:
        self.do(self.world.deliver())
        self.nothing_is_missing()

    @rule(steps=st.integers(0, 40))
    def deliver_and_die(self, steps: int) -> None:
        self.world.fuse.left = steps
        with contextlib.suppress(Killed):
            self.do(self.world.deliver())
        self.world.restart()

    @rule(
        verb=st.sampled_from(["save", "begin", "intend", "find", "delivered"]),
        cleared=st.one_of(st.none(), PROJECTS),
    )
    def deliver_and_die_behind(self, verb: str, cleared: str | None) -> None:
        """And perhaps somebody clears a page away before it lives again."""
        self.world.fuse.behind = verb
        with contextlib.suppress(Killed):
            self.do(self.world.deliver())
        if cleared:
            self.somebody_empties_the_page(cleared)
        self.world.restart()

    @rule(lost=st.integers(0, 2), late=st.integers(0, 2), blind=st.integers(0, 3))
    def lose(self, lost: int, late: int, blind: int) -> None:
        """Answers that do not come, edits that come late, a history that cannot be asked."""
        self.world.wiki.answers_lost = lost
        self.world.wiki.posts_late = late
        self.world.wiki.finding_fails.extend([Unavailable("it is not answering")] * blind)

    @rule(
        failures=st.lists(
            st.sampled_from(
                [
                    Conflict("somebody else is changing the page"),
                    LoggedOut("it has ended our session"),
                    Unavailable("it is read-only"),
                    Unknown("it is not answering"),
                    Refused("the page is protected"),
                    RefusedText("a filter of the wiki refuses it"),
                    TooLarge("the page would be too large"),
                ]
            ),
            max_size=4,
        )
    )
    def refuse(self, failures: list[WikiFailure]) -> None:
        self.world.wiki.failures.extend(failures)

    @rule(words=st.one_of(st.none(), st.integers(1, 30)))
    def a_filter_is_switched(self, words: int | None) -> None:
        """It refuses some of what is said here, and all that stands beside it; or nothing any more."""
        self.world.wiki.unwelcome = None if words is None else f"w{words}"

    @rule(minutes=st.sampled_from([5, 60, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        """So that what is parked is tried again. What is on its way by then never arrives."""
        self.world.wall += timedelta(minutes=minutes)
        self.world.seconds += minutes * 60

    @rule()
    def a_late_edit_arrives(self) -> None:
        wiki = self.world.wiki
        for sent, edit in wiki.on_the_way:
            if self.world.seconds - sent < GATEWAY:
                with contextlib.suppress(WikiFailure):
                    FolderWiki.save(wiki, edit)
                    self.touched |= self.gone
                    self.gone.clear()  # what it brings back nobody could have held up
        wiki.on_the_way.clear()

    @rule(verb=st.sampled_from(["find", "abandon", "look"]), project=PROJECTS)
    def an_edit_comes_between_two_tries_and_is_cleared_away(self, verb: str, project: str) -> None:
        """The bot dies while it looks for it, or having given it up; then it comes, and somebody clears it away."""
        self.do(self.world.deliver())
        self.say([(project, 0)])
        self.world.wiki.posts_late = 1
        self.world.fuse.behind = verb
        with contextlib.suppress(Killed):
            self.do(self.world.deliver())
        self.a_late_edit_arrives()
        self.somebody_empties_the_page(project)
        self.world.restart()

    @rule()
    def retry(self) -> None:
        self.do(self.world.journal.undelivered.retry(list(self.accepted)))

    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        parked = [each.delivery.entry.id for each in self.queue() if each.delivery.state is DeliveryState.PARKED]
        if not parked:
            return
        chosen = data.draw(st.sampled_from(parked))
        self.do(self.world.journal.undelivered.drop([chosen]))

    # --- people who edit ---

    @rule(project=PROJECTS, data=st.data())
    def somebody_writes_a_line(self, project: str, data: st.DataObject) -> None:
        lines = self.lines(project)
        words = f"* 09:00 bob: {self.word()}"
        self.by_hand[words] += 1
        lines.insert(data.draw(st.integers(0, len(lines))), words)
        self.save(project, lines)

    @rule(project=PROJECTS, data=st.data(), puts_back=st.booleans())
    def somebody_edits_an_entry(self, project: str, data: st.DataObject, puts_back: bool) -> None:
        """A word more; or the line as it would be if nothing had been changed."""
        lines = self.lines(project)
        ours = [number for number, line in enumerate(lines) if ENTRY.search(line)]
        if not ours:
            return
        number = data.draw(st.sampled_from(ours))
        (found,) = ENTRY.findall(lines[number])
        delivery = self.do(self.world.delivery(self.accepted[found]))
        plain = render(self.world.settings, replace(delivery, changes=()))
        lines[number] = plain if puts_back else f"{lines[number]} {self.word()}"
        self.touched.add(found)
        self.save(project, lines)

    @rule(project=PROJECTS, data=st.data())
    def somebody_removes_an_entry(self, project: str, data: st.DataObject) -> None:
        lines = self.lines(project)
        ours = [number for number, line in enumerate(lines) if ENTRY.search(line)]
        if not ours:
            return
        line = lines.pop(data.draw(st.sampled_from(ours)))
        self.removed.update(ENTRY.findall(line))
        self.gone.update(ENTRY.findall(line))
        self.save(project, lines)

    @rule(project=PROJECTS, data=st.data())
    def somebody_moves_an_entry_to_another_section(self, project: str, data: st.DataObject) -> None:
        lines = self.lines(project)
        ours = [number for number, line in enumerate(lines) if ENTRY.search(line)]
        if not ours:
            return
        line = lines.pop(data.draw(st.sampled_from(ours)))
        self.removed.update(ENTRY.findall(line))
        self.save(project, ["== Kept ==", line, "", *lines])

    @rule(project=PROJECTS, data=st.data())
    def somebody_renames_a_heading(self, project: str, data: st.DataObject) -> None:
        lines = self.lines(project)
        headings = [number for number, line in enumerate(lines) if re.match("=+ 20[0-9]{2}-", line)]
        if not headings:
            return
        number = data.draw(st.sampled_from(headings))
        following = [place for place in range(number + 1, len(lines)) if HEADING.match(lines[place])]
        for line in lines[number : following[0] if following else None]:
            self.removed.update(ENTRY.findall(line))
        lines[number] = lines[number].replace("20", "of old 20", 1)
        self.save(project, lines)

    @rule(project=PROJECTS)
    def somebody_puts_a_section_above(self, project: str) -> None:
        words = f"Read this first: {self.word()}"
        self.by_hand[words] += 1
        self.save(project, ["== Notice ==", words, "", *self.lines(project)])

    @rule(project=PROJECTS)
    def somebody_deletes_the_page(self, project: str) -> None:
        self.clear_away(project)
        with contextlib.suppress(FileNotFoundError):
            self.world.delete(self.title(project))

    @rule(project=PROJECTS)
    def somebody_empties_the_page(self, project: str) -> None:
        """If there is one."""
        self.clear_away(project)
        self.save(project, [])

    def clear_away(self, project: str) -> None:
        for line in self.lines(project):
            self.removed.update(ENTRY.findall(line))
            self.gone.update(ENTRY.findall(line))
            self.by_hand.pop(line, None)

    def title(self, project: str) -> str:
        return self.world.settings.title_for(project.capitalize())

    def lines(self, project: str) -> list[str]:
        return self.world.page(self.title(project)).splitlines()

    def save(self, project: str, lines: list[str]) -> None:
        self.world.write("\n".join(lines), self.title(project))

    # --- what a person finds ---

    def queue(self) -> list[Telling]:
        found: list[Telling] = self.do(self.world.journal.undelivered.queue())
        return found

    @invariant()
    def no_entry_stands_twice(self) -> None:
        if hasattr(self, "world"):
            standing = Counter(found for page in ("tools", "bots") for found in ENTRY.findall(self.text(page)))
            assert [twice for twice, times in standing.items() if times > 1] == []

    @invariant()
    def nothing_is_struck_that_was_not_taken_back(self) -> None:
        if hasattr(self, "world"):
            struck = [line for page in ("tools", "bots") for line in self.lines(page) if "<s>" in line]
            assert [line for line in struck if not all(map(self.is_struck, ENTRY.findall(line)))] == []

    @invariant()
    def what_a_person_removed_stays_removed(self) -> None:
        if hasattr(self, "world"):
            standing = {found for page in ("tools", "bots") for found in ENTRY.findall(self.text(page))}
            assert standing & self.gone == set()

    @invariant()
    def no_words_of_a_person_are_lost(self) -> None:
        if hasattr(self, "world"):
            standing = Counter(line for page in ("tools", "bots") for line in self.lines(page))
            assert {words: standing[words] for words in self.by_hand} == dict(self.by_hand)

    @invariant()
    def each_stands_under_its_day_and_in_order(self) -> None:
        if not hasattr(self, "world"):
            return
        waiting = (telling.delivery for telling in self.queue())
        self.parked |= {each.entry.id for each in waiting if each.state is DeliveryState.PARKED}
        for project in ("tools", "bots"):
            day, held = "", list[str]()
            for line in [*self.lines(project), "== end =="]:
                if heading := HEADING.match(line):
                    if self.world.settings.order is Order.NEWEST:
                        held.reverse()
                    assert all(map(self.may_follow, held, held[1:])), f"the order under {day}: {held}"
                    day, held = heading[2], []
                for found in ENTRY.findall(line):
                    if found not in self.removed:
                        assert f"{self.accepted[found].said:%Y-%m-%d}" == day
                        assert self.projects[found] == project
                        held.append(found)

    def may_follow(self, upper: str, lower: str) -> bool:
        """Whether an entry may stand behind another, the oldest first.

        What was parked comes when others of the same second stand there, and ids without milliseconds do not say how
        they belong.
        """
        said = self.accepted[upper].said, self.accepted[lower].said
        if said[0] == said[1] and (self.was_parked(upper) or self.was_parked(lower)):
            return True
        return (said[0], self.order[upper]) < (said[1], self.order[lower])

    def was_parked(self, entry_id: str) -> bool:
        return entry_id in self.parked or self.do(self.world.journal.undelivered.find(entry_id)).delivery.refusals > 0

    def nothing_is_missing(self) -> None:
        """After delivery came to rest, and the wiki did what it was asked."""
        parked = {each.delivery.entry.id for each in self.queue() if each.delivery.state is DeliveryState.PARKED}
        for each in self.queue():
            waits_with_it = each.delivery.change is not None and each.delivery.entry.id in parked
            assert each.delivery.state is DeliveryState.PARKED or waits_with_it
        for entry_id, entry in self.accepted.items():
            added, *changes = self.do(self.world.deliveries(entry))
            if added.state is DeliveryState.DELIVERED and entry_id not in self.removed:
                there = [line for line in self.lines(self.projects[entry_id]) if entry_id in line]
                assert len(there) == 1, f"{entry.message} was logged and is not there"
                if entry_id not in self.touched:
                    self.stands_as_it_was_changed(there[0], added, changes)

    def stands_as_it_was_changed(self, line: str, added: Delivery, changes: Sequence[Delivery]) -> None:
        """What a filter has refused is not there yet, or went with its entry."""
        assert DeliveryState.LEFT not in {each.state for each in changes}, "nobody has edited it"
        done = [each for each in changes if each.state is DeliveryState.DELIVERED]
        if len(done) == len(changes):
            made = tuple(self.changes.get(added.entry.id, ()))
            assert line == render(self.world.settings, replace(added, changes=made))

    def text(self, project: str) -> str:
        return self.world.page(self.title(project))


@pytest.fixture(autouse=True)
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug here; what is on disk when is for the tests of the journal and the folder."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(logging.getLogger("labsbot"), "disabled", True)


class _NoFault(logging.Handler):
    """The guard around a batch hides faults of our own: here they end the test."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            raise AssertionError(record.getMessage()) from record.exc_info[1]


@pytest.fixture(autouse=True)
def no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    log = logging.getLogger("labsbot.delivery")
    for name, value in {"level": logging.ERROR, "propagate": False, "handlers": [_NoFault()]}.items():
        monkeypatch.setattr(log, name, value)
    log.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_whatever_happens_each_entry_stands_once_under_its_day_in_order(request: pytest.FixtureRequest) -> None:
    """The same lives each time; others by ``--hypothesis-seed``."""
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=settings().max_examples * 6 // 10,  # 60, or 12 in make test-quick
            database=None,
            derandomize=request.config.getoption("--hypothesis-seed") is None,
            phases=[Phase.generate],  # to shrink a life takes longer than to read it
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
