"""Which page is to be looked at for old days, and when."""

from __future__ import annotations

from datetime import date

import pytest

from labsbot.delivery.wishes import CHECKED, QUIET, REFUSED, WHATEVER, ArchiveWishes
from labsbot.model import Log
from tests.nouns import a_log

TOOLS, NEVER = a_log("tools"), a_log("never")


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wishes(clock: Clock) -> ArchiveWishes:
    def may(log: Log) -> bool:
        return log != NEVER

    return ArchiveWishes(may, clock)


def waits(wishes: ArchiveWishes) -> list[tuple[str, float]]:
    return [(title, wait) for title, _, wait in wishes.in_turn()]


def test_a_page_that_grows_is_looked_at_when_it_is_quiet_and_not_too_often(wishes: ArchiveWishes, clock: Clock) -> None:
    wishes.grown("SAL", TOOLS)
    assert waits(wishes) == [("SAL", QUIET)]
    wishes.checked("SAL")
    wishes.forget("SAL")
    clock.seconds += 10
    wishes.grown("SAL", TOOLS)
    assert waits(wishes) == [("SAL", CHECKED - 10)]


def test_what_somebody_waits_for_comes_first_and_at_once(wishes: ArchiveWishes) -> None:
    wishes.grown("Grown", TOOLS)
    assert wishes.asked("Asked", TOOLS)
    assert wishes.makes_room("Full", TOOLS)
    assert waits(wishes) == [("Asked", 0.0), ("Full", 0.0), ("Grown", QUIET)]
    assert set(wishes.full) == {"Full"}


def test_from_a_page_of_which_nothing_may_move_nothing_is_wished_for(wishes: ArchiveWishes) -> None:
    wishes.grown("SAL", NEVER)
    assert not wishes.makes_room("SAL", NEVER)
    assert not wishes.asked("SAL", NEVER)
    assert waits(wishes) == []


def test_a_page_that_is_left_makes_no_room_for_a_day_but_goes_on_with_what_has_begun(
    wishes: ArchiveWishes, clock: Clock
) -> None:
    wishes.makes_room("Whole", TOOLS)
    wishes.goes_on("Begun", TOOLS, date(2026, 1, 1))
    for title in ("Whole", "Begun"):
        wishes.leave(title, "it is protected")
    assert not wishes.full
    assert waits(wishes) == [("Begun", REFUSED)]
    assert not wishes.makes_room("Whole", TOOLS)
    clock.seconds += REFUSED
    assert wishes.makes_room("Whole", TOOLS)


def test_who_asked_for_a_page_hears_of_it_under_that_title_wherever_it_leads(wishes: ArchiveWishes) -> None:
    wishes.asked("Old", TOOLS)
    wishes.redirected("Old", "New")
    assert wishes.told == {"Old": None}
    ((title, wish, _),) = wishes.in_turn()
    assert (title, wish.until) == ("New", WHATEVER)
    wishes.tell("New", "")
    assert wishes.told == {"Old": ""}
