"""All small worlds: two entries and one correction on one page, and all that can go wrong, so many times at most.

Each world is one list of choices: what becomes of a save, whether the bot dies at a verb of the journal, what a person
does. A world is lived by the real delivery code with the folder wiki; where it could have gone on otherwise is where
the next ones branch off. ``python -m tests.delivery.small_worlds --faults 3`` lives more of them than `make test` does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from labsbot.delivery.settle import GATEWAY
from labsbot.model import ChangeKind, Conflict, DeliveryState, Edit, Saved, Unknown
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.world import TITLE, FailingWiki, Killed, World
from tests.journal.bad_days import unsafe_but_fast
from tests.nouns import NOON

VERBS = {"begin", "intend", "delivered", "leave", "abandon", "withdraw", "doubt"}
"""At which the bot may die: those that change something."""
SHM = Path("/dev/shm")


@dataclass
class Choices:
    """What is to be chosen, and where else it could have been otherwise; beyond `given` the first is."""

    given: tuple[int, ...]
    made: list[tuple[int, int]] = field(default_factory=list)
    """How many ways there were, and which was taken."""
    ended: bool = False
    """Nothing goes wrong any more."""

    def choose(self, ways: int) -> int:
        if self.ended:
            return 0
        place = len(self.made)
        taken = self.given[place] if place < len(self.given) else 0
        self.made.append((ways, taken))
        return taken

    def others(self, faults: int) -> Iterator[tuple[int, ...]]:
        """The lists of choices that branch off behind what was given."""
        taken = [way for _, way in self.made]
        if sum(way > 0 for way in self.given) >= faults:
            return
        for place in range(len(self.given), len(self.made)):
            for way in range(1, self.made[place][0]):
                yield (*taken[:place], way)


class FatefulWiki(FailingWiki):
    """What becomes of each save is chosen; so is when what is late arrives, and what a person does."""

    fate: SmallWorld

    def look(self, title: str) -> Any:
        self.fate.meanwhile()
        return super().look(title)

    def save(self, edit: Edit) -> Saved:
        self.fate.meanwhile()
        self.edits.append(edit)
        match self.fate.choices.choose(4):
            case 1:
                FolderWiki.save(self, edit)
                raise Unknown("it is not answering")
            case 2:
                raise Unknown("it is not answering")
            case 3:
                self.on_the_way.append((self.fate.seconds, edit))
                raise Unknown("it is not answering")
        return FolderWiki.save(self, edit)


class Mortal:
    """A journal at whose verbs the bot may die."""

    def __init__(self, journal: object, choices: Choices) -> None:
        self._journal = journal
        self._choices = choices

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._journal, name)
        if name not in VERBS or not inspect.iscoroutinefunction(verb):
            return verb

        async def step(*given: Any, **named: Any) -> Any:
            fate = self._choices.choose(3)
            if fate == 1:
                raise Killed
            result = await verb(*given, **named)
            if fate == 2:
                raise Killed
            return result

        return step


class SmallWorld(World):
    """One life."""

    def __init__(self, folder: Path, choices: Choices, kind: ChangeKind) -> None:
        self.choices = choices
        self.kind = kind
        self.by_hand = False
        """A person has changed the line, or put it back."""
        self.to_stay = ""
        """What they have written, which nothing may take away again."""
        self.deaths = 0
        super().__init__(folder)

    def restart(self) -> None:
        if not isinstance(self.wiki, FatefulWiki):
            self.wiki = FatefulWiki(FolderSettings(self.folder / "pages", None))
            self.wiki.fate = self
        super().restart()
        unsafe_but_fast(self.journal)

    def around(self, thing: Any) -> Any:
        return Mortal(thing, self.choices) if thing is self.journal else thing

    def meanwhile(self) -> None:
        """What happens on the wiki while the bot is about to ask it something."""
        if self.wiki.on_the_way and self.choices.choose(2):
            self.arrive()
        line = next((line for line in self.page().splitlines() if self.one.id in line), None)
        if line is None or self.by_hand:
            return
        match self.choices.choose(3):
            case 1:  # edits the line
                self.by_hand = True
                self.to_stay = " (see mail)"
                self.write(self.page().replace(line, line + self.to_stay))
            case 2:  # puts back what stood there first
                self.by_hand = True
                if line != self.first_line and self.kind is ChangeKind.STRIKE:
                    self.to_stay = self.first_line
                self.write(self.page().replace(line, self.first_line))

    def arrive(self) -> None:
        """What is late arrives, unless the gateway has given it up."""
        sent, edit = self.wiki.on_the_way.pop(0)
        if self.seconds - sent < GATEWAY:
            with contextlib.suppress(Conflict):
                FolderWiki.save(self.wiki, edit)

    async def live(self) -> list[str]:
        """Live it to the end; what a person would complain of."""
        self.one = await self.log("one")
        self.first_line = f'* <span id="{self.one.id}">[[#{self.one.id}|12:00]]</span> alice: one'
        early = self.choices.choose(3)  # when the correction is said
        if early == 0:
            await self.survive()
        elif early == 1:
            await self.survive(lambda: self.wiki.edits)
        self.two = await self.log("two", NOON)
        self.last = await self.change(self.one, self.kind, "three")
        await self.survive()
        if self.kind is ChangeKind.AMEND and self.choices.choose(2):
            self.last = await self.amend(self.one, "one")
            await self.survive()
        while self.wiki.on_the_way:
            self.arrive()
        self.choices.ended = True
        await self.survive()
        return [words async for words in self.complaints()]

    async def survive(self, until: Callable[[], object] | None = None) -> None:
        while True:
            try:
                await self.deliver(until)
            except Killed:
                self.deaths += 1
                self.restart()
            else:
                return

    async def complaints(self) -> Any:
        lines = [line for line in self.page(TITLE).splitlines() if line.startswith("*")]
        for entry in (self.one, self.two):
            there = [line for line in lines if entry.id in line]
            if len(there) != 1:
                yield f"{entry.message} stands there {len(there)} times"
        struck = [line for line in lines if "<s>" in line]
        if any(self.two.id in line for line in struck):
            yield "what was not taken back is struck"
        kept = await self.journal.entry(self.one.id)
        assert kept is not None
        for each in kept.deliveries:
            if each.state not in (DeliveryState.DELIVERED, DeliveryState.LEFT):
                yield f"{each.id} is {each.state.value}: {each.cause}"
            if each.state is DeliveryState.LEFT and not self.by_hand:
                yield f"{each.id} is left alone, and nobody has edited it"
        line = next((line for line in lines if self.one.id in line), "")
        if self.to_stay not in line:
            yield f"what a person has written is gone: {line}"
        if not self.by_hand and not self._stands(line):
            yield f"it does not stand as it was acknowledged last: {line}"

    def _stands(self, line: str) -> bool:
        plain = re.sub("</?(?:span|small)[^>]*>", "", line)
        if self.kind is ChangeKind.STRIKE:
            return "<s>one</s>" in plain
        return plain.endswith(f": {self.last.text}")


def lives(
    faults: int, kind: ChangeKind, most: int | None = None, seed: int = 2012
) -> Iterator[tuple[tuple[int, ...], list[str]]]:
    """Live all worlds with at most so many things that go wrong: their choices, and what is wrong at the end.

    In an order of chance, so that the first `most` are like all of them.
    """
    dice = Random(seed)
    loop = asyncio.new_event_loop()
    where = SHM if SHM.is_dir() else None
    waiting: list[tuple[int, ...]] = [()]
    lived = 0
    try:
        while waiting and (most is None or lived < most):
            given = waiting.pop(dice.randrange(len(waiting)))
            folder = Path(tempfile.mkdtemp(prefix="labsbot-worlds-", dir=where))
            choices = Choices(given)
            world = SmallWorld(folder, choices, kind)
            try:
                complaints = loop.run_until_complete(world.live())
            finally:
                world.journal.close()
                shutil.rmtree(folder)
            waiting += choices.others(faults)
            lived += 1
            yield given, complaints
    finally:
        loop.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.small_worlds", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=2, help="things that go wrong in one world, at most (2)")
    parser.add_argument("--most", type=int, help="worlds of each kind, at most")
    given = parser.parse_args()
    logging.disable()
    for kind in ChangeKind:
        began, number, wrong = time.monotonic(), 0, 0
        for choices, complaints in lives(given.faults, kind, given.most):
            number += 1
            if complaints:
                wrong += 1
                print(f"{kind.value} {choices}: {'; '.join(complaints)}")
            if number % 500 == 0:
                print(f"{kind.value}: {number} worlds, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
        print(f"{kind.value}: {number} worlds in {time.monotonic() - began:.0f} s, {wrong} wrong")


if __name__ == "__main__":
    main()
