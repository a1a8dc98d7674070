"""What a page holds is compared with what is known: nothing is imported twice, and no line passes for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from itertools import count

from hypothesis import given
from hypothesis import strategies as some

from labsbot.importing import Compared, PageEntry, compare
from labsbot.importing.comparing import KnownEntry
from labsbot.model import ChangeKind, Delivery, DeliveryState, Kept, Log, Via
from labsbot.settings import UTC
from tests.nouns import NOON, a_change, an_entry

DAY = date(2026, 11, 22)
_numbers = count(1)


def line(clock: str, author: str, message: str, its_id: str | None = None, day: date = DAY) -> PageEntry:
    return PageEntry(day, f"{day}", 1, clock, clock, author, message, None, id=its_id)


def known(entry: PageEntry, via: Via = Via.WIKI, *kinds: ChangeKind) -> KnownEntry:
    """It as it is known after it was imported, or logged."""
    said = datetime.combine(entry.day, time.fromisoformat(entry.clock), UTC)
    made = an_entry(entry.message, said, author=entry.author or "bob", via=via)
    made = replace(made, id=entry.id or made.id)
    delivery = Delivery(next(_numbers), made, Log("", "tools"), entry.day, entry.clock, DeliveryState.DELIVERED)
    return Kept(made, NOON, changes=tuple(map(a_change, kinds)), deliveries=(delivery,)), delivery


def compared(lines: Sequence[PageEntry], there: Sequence[KnownEntry], ids: Sequence[str] = ()) -> Compared:
    return compare(lines, there, ids, lambda delivery: True)


def shown(found: Compared) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """What is new, what was known as what, and what is missing."""
    return (
        [each.message for each in found.new],
        [(each.message, kept.entry.message) for each, (kept, _) in found.known],
        [kept.entry.message for kept, _ in found.missing],
    )


LINE = some.builds(
    line,
    some.sampled_from(["14:30", "14:31"]),
    some.sampled_from(["a", "b", ""]),
    some.sampled_from(["x", "y", "z"]),
    some.sampled_from([None, None, "sal-20261122143001-7f3a", "sal-20261122143001-7f3b"]),
    some.sampled_from([DAY, date(2026, 11, 21)]),
)


@given(some.lists(LINE, max_size=10))
def test_what_was_imported_is_known_and_nothing_of_it_is_new_or_missing(lines: list[PageEntry]) -> None:
    first = compared(lines, [])
    imported = [known(each) for each in first.new]
    again = compared(lines, imported, [kept.entry.id for kept, _ in imported])
    assert (again.new, again.missing) == ((), ())
    assert len(again.known) + again.elsewhere == len(lines)


@given(some.lists(LINE, max_size=8), some.lists(LINE, max_size=4))
def test_what_is_added_is_new_as_often_as_it_is_there(lines: list[PageEntry], more: list[PageEntry]) -> None:
    lines, more = ([replace(each, id=None, author="a") for each in given] for given in (lines, more))
    found = compared([*lines, *more], [known(each, Via.IRC) for each in lines])
    assert Counter(found.new) == Counter(more)


def test_two_equal_lines_in_a_minute_are_two_entries() -> None:
    lines = [line("14:30", "a", "x"), line("14:30", "a", "x")]
    assert shown(compared(lines, [known(lines[0])])) == (["x"], [("x", "x")], [])


def test_an_id_says_more_than_words() -> None:
    logged = known(line("14:30", "a", "x", "sal-20261122143001-7f3a"), Via.IRC)
    edited = line("14:35", "b", "y", "sal-20261122143001-7f3a")
    assert shown(compared([edited], [logged])) == ([], [("y", "x")], [])
    assert shown(compared([edited], [], ["sal-20261122143001-7f3a"])) == ([], [], [])


def test_a_line_whose_id_was_taken_away_is_known_by_its_words() -> None:
    logged = known(line("14:30", "a", "x", "sal-20261122143001-7f3a"), Via.IRC)
    assert shown(compared([line("14:30", "a", "x")], [logged])) == ([], [("x", "x")], [])


def test_a_line_that_people_have_edited_is_known_by_what_they_left() -> None:
    there = [known(line("14:30", "a", "one")), known(line("14:31", "b", "two")), known(line("14:32", "c", "three"))]
    lines = [line("14:30", "a", "uno"), line("14:41", "b", "two"), line("14:32", "d", "three")]
    assert shown(compared(lines, there)) == ([], [("uno", "one"), ("two", "two"), ("three", "three")], [])


def test_or_by_its_neighbours() -> None:
    there = [known(line(f"14:3{number}", "a", word)) for number, word in enumerate(("one", "two", "three"))]
    lines = [line("14:30", "a", "one"), line("14:31", "b", "dos"), line("14:32", "a", "three")]
    assert shown(compared(lines, there))[1] == [("one", "one"), ("dos", "two"), ("three", "three")]
    between = [lines[0], line("14:39", "a", "all new"), lines[2]]
    assert shown(compared(between, there))[1] == [("one", "one"), ("all new", "two"), ("three", "three")]
    elsewhere = [lines[0], lines[2], line("14:39", "a", "all new")]
    assert shown(compared(elsewhere, there)) == (["all new"], [("one", "one"), ("three", "three")], ["two"])


def test_a_line_that_is_new_is_not_taken_for_one_that_is_gone() -> None:
    there = [known(line("14:30", "a", "one"))]
    assert shown(compared([line("15:00", "b", "two")], there)) == (["two"], [], ["one"])


def test_what_the_bot_has_logged_is_no_line_that_people_have_edited() -> None:
    there = [known(line("14:30", "a", "x", "sal-20261122143001-7f3a"), Via.IRC)]
    assert shown(compared([line("14:30", "a", "y")], there)) == (["y"], [], ["x"])


def test_nor_is_what_stands_on_another_page() -> None:
    there = [known(line("14:30", "a", "x"))]
    found = compare([line("14:30", "a", "y")], there, (), lambda delivery: False)
    assert shown(found) == (["y"], [], ["x"])


def test_what_was_redacted_never_comes_back() -> None:
    secret, other = line("14:30", "a", "hunter2"), line("14:30", "a", "x")
    there = [known(secret, Via.WIKI, ChangeKind.REDACT), known(other)]
    assert shown(compared([secret, other], there)) == ([], [("hunter2", "hunter2"), ("x", "x")], [])
    assert shown(compared([line("14:30", "", "hunter2")], there[:1])) == ([], [("hunter2", "hunter2")], [])
    # nor beside the line that says that it was removed
    stub = line("14:30", "a", "removed by an operator", "sal-20261122143001-7f3a")
    redacted = [known(replace(secret, id=stub.id), Via.IRC, ChangeKind.REDACT)]
    assert compared([stub, secret, replace(secret, author="")], redacted).new == ()
    assert compared([stub, line("14:31", "a", "x")], redacted).new == (line("14:31", "a", "x"),)


def test_a_line_without_an_author_is_that_of_whoever_was_found_out() -> None:
    there = [known(line("14:30", "", "x"))]
    assert there[0][0].entry.author == "bob"
    assert shown(compared([line("14:30", "", "x")], there)) == ([], [("x", "x")], [])
