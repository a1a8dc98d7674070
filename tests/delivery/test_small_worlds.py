"""Small worlds in which things go wrong end well, all of them; without any of the safeguards, some do not.

Here are those with one such thing; `python -m tests.delivery.small_worlds` lives those with more.
"""

from __future__ import annotations

from typing import Any

import pytest

from labsbot import wikitext
from labsbot.delivery import plan, planner
from labsbot.model import ChangeKind
from tests.delivery.small_worlds import FatefulWiki, lives

MOST = 200
"""Worlds with two faults that are lived here, at most."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("faults", [1, 2])
def test_whatever_goes_wrong_each_entry_stands_once_and_as_it_was_acknowledged_last(
    kind: ChangeKind, faults: int
) -> None:
    ended = list(lives(faults, kind, MOST))
    assert len(ended) >= (50 if faults == 1 else MOST)
    assert [(choices, complaints) for choices, complaints in ended if complaints] == []


def never_looked_up(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(FatefulWiki, "find", lambda self, batch, edit: None)


def arrives_as_if_nothing_was_changed(patched: pytest.MonkeyPatch) -> None:
    def without(batch: str, page: Any, settings: Any, due: Any) -> Any:
        return _new_page(batch, page, settings, [each for each in due if each.change is None])

    _new_page = plan.new_page
    patched.setattr(wikitext.entry, "_strike", lambda delivery: None)
    patched.setattr(planner, "new_page", without)


def edited_lines_are_not_known(patched: pytest.MonkeyPatch) -> None:
    correct = wikitext.correct

    def whatever_stands(text: str, settings: Any, due: Any, unedited: Any) -> Any:
        found = {each.entry.id: wikitext.line_of(text, settings, each.entry.id) for each in due}
        return correct(text, settings, due, {key: line for key, line in found.items() if line is not None})

    patched.setattr(wikitext, "correct", whatever_stands)


@pytest.mark.slow
@pytest.mark.parametrize("without", [never_looked_up, arrives_as_if_nothing_was_changed, edited_lines_are_not_known])
def test_without_a_safeguard_some_small_world_ends_badly(without: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    assert any(complaints for _, complaints in lives(2, ChangeKind.STRIKE))
