"""Whatever a few mishaps make of a correction, the promise holds; without any one of its safeguards it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from labsbot import wikitext
from labsbot.delivery import plan
from labsbot.delivery.doubts import Doubts
from labsbot.delivery.settle import Settler
from labsbot.model import Delivery
from labsbot.settings import PageSettings
from labsbot.wiki.folder import FolderWiki
from tests.delivery.small_worlds import STORIES, explore

TAKEN_BACK = STORIES[:2]
MANY = 2000
BOUND = 3000
"""Worlds in which a missing safeguard must show."""


@pytest.mark.slow
def test_in_no_small_world_is_the_promise_broken() -> None:
    """All with one mishap, and a part of those with two; by command, all."""
    tried = list(explore(2, most=MANY))
    assert len(tried) == MANY
    assert "\n".join(str(each) for each in tried if each is not None) == ""


def nothing_is_waited_for(patched: pytest.MonkeyPatch) -> None:
    look_for = Settler._look_for

    async def at_once(self: Settler, attempt: Any, edit: Any, over: bool) -> Any:
        return await look_for(self, attempt, edit, over=True)

    patched.setattr(Settler, "_look_for", at_once)


def nothing_is_looked_up(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(FolderWiki, "find", lambda self, batch, edit: None)


def a_conflict_is_believed(patched: pytest.MonkeyPatch) -> None:
    async def nothing(self: Settler, batch: str, edit: Any) -> None:
        return None

    patched.setattr(Settler, "find_conflicting", nothing)


def nothing_is_in_doubt(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Doubts, "hold", lambda self, delivery: False)


def what_is_taken_back_is_dropped(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(plan, "_added", lambda carried: [each for each in carried if not each.changes])


def what_is_taken_back_arrives_as_it_was_said(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(plan, "_added", lambda carried: [replace(each, changes=()) for each in carried if not each.change])


Correct = Callable[[str, PageSettings, Sequence[Delivery], Mapping[str, str]], wikitext.Corrected]


def corrected(patched: pytest.MonkeyPatch, make: Callable[[Correct], Correct]) -> None:
    patched.setattr(wikitext, "correct", make(wikitext.correct))


def the_entrys_id_is_taken_for_its_changes(patched: pytest.MonkeyPatch) -> None:
    def make(correct: Correct) -> Correct:
        return lambda text, settings, due, unedited: wikitext.Corrected(
            text, tuple(each for each in due if each.entry.id in text), (), (), (), ()
        )

    corrected(patched, make)


def nobody_has_edited_a_line(patched: pytest.MonkeyPatch) -> None:
    def make(correct: Correct) -> Correct:
        def whatever_stands(text: str, settings: Any, due: Sequence[Delivery], unedited: Any) -> wikitext.Corrected:
            found = {each.entry.id: wikitext.line_of(text, settings, each.entry.id) for each in due}
            return correct(text, settings, due, {key: line for key, line in found.items() if line is not None})

        return whatever_stands

    corrected(patched, make)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("without", "mishaps"),
    [
        (nothing_is_waited_for, 2),
        (nothing_is_looked_up, 2),
        (a_conflict_is_believed, 1),
        (nothing_is_in_doubt, 2),
        (what_is_taken_back_is_dropped, 0),
        (what_is_taken_back_arrives_as_it_was_said, 0),
        (the_entrys_id_is_taken_for_its_changes, 0),
        (nobody_has_edited_a_line, 1),
    ],
)
def test_without_a_safeguard_it_is_broken_in_some_small_world(
    without: Callable[[pytest.MonkeyPatch], None], mishaps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch)
    assert any(explore(mishaps, TAKEN_BACK, BOUND))
