"""Lines of entries are struck and amended in place; what people have edited stays as they left it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.model import Delivery
from labsbot.settings import Order, PageSettings
from labsbot.wikitext import compose, correct, ids_standing, line_of, render, summary
from tests.wikitext.test_entry import FORMS
from tests.wikitext.world import amended, day, delivery, place, redacted, sections_of, struck

SETTINGS = PageSettings()
FIRST = delivery("2026-11-22 14:30", "restarted")
SECOND = delivery("2026-11-22 14:40", "rebooted", author="bob", number=2)
STRUCK = struck(FIRST, "2026-11-22 14:35", "wrong host")
AMENDED = amended(FIRST, "2026-11-22 14:33", "restarted twice")
BOTH = struck(AMENDED, "2026-11-22 14:36", "no")


def page(*lines: str) -> str:
    return "\n".join(["== 2026-11-22 ==", *lines, "", "[[Category:SAL]]"])


def shown(delivery: Delivery, settings: PageSettings = SETTINGS) -> str:
    return render(settings, delivery)


def test_an_entry_is_struck_where_it_stands_and_all_else_stays() -> None:
    found = correct(page("* 15:00 by hand", shown(SECOND), shown(FIRST), "  "), SETTINGS, [STRUCK], {})

    assert found.text == page("* 15:00 by hand", shown(SECOND), shown(STRUCK), "  ")
    assert found.done == found.carried == (STRUCK,)
    assert (found.edited, found.missing) == ((), ())


def test_several_entries_of_one_text_are_corrected_at_once() -> None:
    new = amended(SECOND, "2026-11-22 14:41", "stopped", author="bob")
    for several in ([STRUCK, new], [new, STRUCK]):
        for lines in ([FIRST, SECOND], [SECOND, FIRST]):
            found = correct(page(*map(shown, lines)), SETTINGS, several, {})

            after = {FIRST: STRUCK, SECOND: new}
            assert found.text == page(*(shown(after[line]) for line in lines))
            assert set(found.done) == {STRUCK, new}


@pytest.mark.parametrize("before", [FIRST, AMENDED])
def test_a_line_with_only_some_of_the_changes_of_its_entry_gets_the_others(before: Delivery) -> None:
    for several in ([BOTH], [AMENDED, BOTH], [BOTH, AMENDED]):
        found = correct(page(shown(before)), SETTINGS, several, {})

        assert found.text == page(shown(BOTH))
        assert set(found.done) == set(several)
        assert AMENDED not in found.carried or before is FIRST


def test_what_another_log_of_the_page_lacks_has_its_own_turn() -> None:
    """In each of two logs another change was parked, and they are one page by now."""
    one, other = AMENDED, amended(FIRST, "2026-11-22 14:34", "stopped", number=2)
    found = correct(page(shown(FIRST)), SETTINGS, [one, other], {})

    assert (found.text, found.done, found.edited) == (page(shown(one)), (one,), ())


def test_a_change_alone_brings_none_that_came_later() -> None:
    earlier = replace(BOTH, change=BOTH.changes[0])
    found = correct(page(shown(FIRST)), SETTINGS, [earlier], {})

    assert (found.text, found.done) == (page(shown(AMENDED)), (earlier,))


def test_what_stands_already_is_done_whatever_people_have_made_of_the_line() -> None:
    for line in (shown(STRUCK), shown(STRUCK) + " and a note", shown(STRUCK).replace("restarted", "x")):
        found = correct(page(line), SETTINGS, [STRUCK], {})
        assert (found.text, found.done, found.carried, found.edited) == (page(line), (STRUCK,), (), ())


def test_a_change_is_done_where_a_later_one_of_its_entry_stands() -> None:
    known = [AMENDED, BOTH]  # the amendment is asked about again
    found = correct(page(shown(BOTH)), SETTINGS, known, {})

    assert (found.text, found.done, found.carried) == (page(shown(BOTH)), (AMENDED, BOTH), ())


@pytest.mark.parametrize(
    "line",
    [
        shown(FIRST) + " (not true)",
        shown(FIRST).replace("restarted", "restarted all"),
        shown(FIRST).replace("* ", "** "),
        f"{shown(FIRST)} {shown(SECOND)[2:]}",
        shown(FIRST).replace("restarted", "<s>restarted</s>"),
        shown(AMENDED).replace("twice", "thrice"),
    ],
)
def test_a_line_that_people_have_edited_is_left_alone(line: str) -> None:
    found = correct(page(line), SETTINGS, [BOTH], {})

    assert (found.text, found.edited, found.done) == (page(line), (BOTH,), ())


def test_blanks_behind_a_line_and_its_bullet_are_nobodys_edit() -> None:
    found = correct(page("*" + shown(FIRST)[2:] + " \t", "*   " + shown(SECOND)[2:]), SETTINGS, [STRUCK], {})

    assert found.text == page(shown(STRUCK), "*   " + shown(SECOND)[2:])


@pytest.mark.parametrize(
    "text",
    [
        page("* 15:00 by hand"),
        page(f"* see {FIRST.id} and [[#{FIRST.id}]]"),
        page(f"<!-- {shown(FIRST)} -->"),
        page("<!--", shown(FIRST), "-->"),
        page(f"<nowiki>{shown(FIRST)}</nowiki>"),
        page(shown(FIRST)[2:]),
        "",
    ],
)
def test_an_entry_that_stands_nowhere_here_is_missing(text: str) -> None:
    found = correct(text, SETTINGS, [STRUCK], {})

    assert (found.text, found.missing, found.done, found.edited) == (text, (STRUCK,), (), ())


def test_a_line_that_people_moved_is_found_where_it_is() -> None:
    text = page("* 15:00 by hand", ": a word", shown(FIRST), "=== below ===", shown(SECOND))
    moved = page("* 15:00 by hand", ": a word", "=== below ===", shown(SECOND), shown(FIRST))

    for each in (text, moved):
        assert correct(each, SETTINGS, [STRUCK], {}).text == each.replace(shown(FIRST), shown(STRUCK))


def test_of_copies_the_first_that_is_as_we_left_it_is_ours() -> None:
    copied = page(shown(FIRST) + " (copied)", shown(FIRST), "* 15:00 by hand", shown(FIRST))
    after = page(shown(FIRST) + " (copied)", shown(STRUCK), "* 15:00 by hand", shown(FIRST))

    found = correct(copied, SETTINGS, [STRUCK], {})
    assert (found.text, found.done) == (after, (STRUCK,))
    assert correct(after, SETTINGS, [STRUCK], {}).text == after, "the other copy is not struck the next time"


def test_of_copies_the_one_that_carries_our_last_change_is_ours() -> None:
    copied = page(shown(FIRST), shown(AMENDED))

    assert correct(copied, SETTINGS, [BOTH], {}).text == page(shown(FIRST), shown(BOTH))
    edited = page(shown(FIRST), shown(AMENDED) + " (no)")
    for stored in ({}, {FIRST.entry.id: shown(FIRST)}):
        assert correct(edited, SETTINGS, [BOTH], stored).edited == (BOTH,), "the copy is not struck for it"


def test_two_entries_on_one_line_are_left_alone_since_whenever_they_stand_there() -> None:
    line = f"{shown(FIRST)} {shown(SECOND)[2:]}"
    new = amended(SECOND, "2026-11-22 14:41", "stopped", author="bob")

    found = correct(page(line), SETTINGS, [STRUCK, new], {FIRST.entry.id: line, SECOND.entry.id: line})
    assert (found.text, found.edited) == (page(line), (STRUCK, new))


def test_a_line_is_as_we_left_it_where_the_wiki_stored_another_text() -> None:
    settings = PageSettings(entry="{{safesubst:SAL entry|{id}|{time}|{author}|{message}}}")
    stored = f'* <span id="{FIRST.id}">14:30</span> alice – restarted'

    assert correct(page(stored), settings, [STRUCK], {}).edited == (STRUCK,)
    found = correct(page(stored + " "), settings, [STRUCK], {FIRST.id: stored})
    assert found.text == page(shown(STRUCK, settings))
    edited = correct(page(stored + "!"), settings, [STRUCK], {FIRST.id: stored})
    assert (edited.text, edited.edited) == (page(stored + "!"), (STRUCK,))


def test_the_line_of_an_id_is_the_one_in_which_it_stands() -> None:
    text = page(f"<!-- {shown(FIRST)} -->", f"* see {FIRST.id}", shown(SECOND), shown(BOTH), shown(FIRST))

    assert line_of(text, SETTINGS, SECOND.entry.id) == shown(SECOND)
    assert line_of(text, SETTINGS, FIRST.entry.id) == line_of(text, SETTINGS, BOTH.id) == shown(BOTH)
    assert line_of(text, SETTINGS, AMENDED.id) is None
    assert line_of("", SETTINGS, FIRST.entry.id) is None
    assert line_of(shown(FIRST), SETTINGS, FIRST.entry.id) == shown(FIRST)


@pytest.mark.parametrize("entry", FORMS)
def test_every_form_of_entry_is_corrected(entry: str) -> None:
    settings = PageSettings(entry=entry)
    text = page(shown(SECOND, settings), shown(FIRST, settings))
    for steps in ([STRUCK], [AMENDED, BOTH], [BOTH]):
        after = text
        for each in steps:
            found = correct(after, settings, [each], {})
            assert found.carried == (each,)
            after = found.text
        assert after == page(shown(SECOND, settings), shown(steps[-1], settings))
        assert {steps[-1].id, FIRST.entry.id, SECOND.entry.id} <= ids_standing(after, settings)


# --- among the entries of a day -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", Order)
def test_what_was_changed_about_entries_moves_none(order: Order) -> None:
    """Changes carry a later time than the entries that come between."""
    settings = PageSettings(order=order)
    said = ["14:30", "14:32", "14:34"]
    plain = [delivery(f"2026-11-22 {clock}", clock, number=number) for number, clock in enumerate(said, 1)]
    for kinds in itertools.product((None, struck, amended), repeat=2):
        first, last = (
            kind(each, "2026-11-22 23:00", "x") if kind else each for kind, each in zip(kinds, plain[::2], strict=True)
        )
        lines = [first, last] if order is Order.OLDEST else [last, first]
        text = page(*(shown(each) for each in lines))
        spot = place(sections_of(text), settings, day("2026-11-22"))
        lines.insert(1, plain[1])
        assert compose(text, spot, settings, [plain[1]]).text == page(*(shown(each) for each in lines))


def test_an_entry_that_was_taken_back_before_it_was_written_arrives_struck_once() -> None:
    text = page()
    spot = place(sections_of(text), SETTINGS, day("2026-11-22"))
    for several in ([FIRST, STRUCK], [STRUCK, FIRST], [STRUCK]):
        composed = compose(text, spot, SETTINGS, several)
        assert composed.text == page(shown(STRUCK))
        assert compose(composed.text, spot, SETTINGS, several).left == tuple(sorted(several, key=lambda d: d.number))


def test_a_change_of_an_entry_that_stands_already_is_not_said_to_stand() -> None:
    text = page(shown(FIRST))
    spot = place(sections_of(text), SETTINGS, day("2026-11-22"))

    composed = compose(text, spot, SETTINGS, [FIRST, STRUCK])
    assert (composed.text, composed.left, composed.uncorrected) == (text, (FIRST,), (STRUCK,))


def test_of_the_changes_of_an_entry_each_stands_from_its_own_anchor_on() -> None:
    amendment = replace(AMENDED, changes=BOTH.changes)
    for line, left in ((AMENDED, (amendment,)), (BOTH, (amendment, BOTH))):
        text = page(shown(line))
        spot = place(sections_of(text), SETTINGS, day("2026-11-22"))

        composed = compose(text, spot, SETTINGS, [amendment, BOTH])
        assert composed.text == text
        assert composed.left == left
        assert set(composed.uncorrected) == {amendment, BOTH} - set(left)


def test_the_anchor_of_a_change_stands_in_no_template() -> None:
    settings = PageSettings(entry="{{safesubst:SAL entry|{id}|{time}|{message}}}")
    text = page(shown(FIRST, settings), f"* {{{{SAL entry|id={STRUCK.id}|x}}}}")

    assert ids_standing(text, settings) == {FIRST.entry.id}


# --- whatever is typed --------------------------------------------------------------------------------------------


@given(st.text(), st.text(), st.text())
def test_whatever_is_typed_it_is_struck_and_amended_and_known_again(message: str, new: str, reason: str) -> None:
    entry = delivery("2026-11-22 14:30", message, author=reason)
    changed = amended(entry, "2026-11-22 14:33", new, author=new)
    back = struck(changed, "2026-11-22 14:35", reason, author=message)
    text = page(shown(SECOND), shown(entry))

    first = correct(text, SETTINGS, [changed], {})
    second = correct(first.text, SETTINGS, [back], {})
    assert second.text == page(shown(SECOND), shown(back))
    assert (first.carried, second.carried) == ((changed,), (back,))
    assert correct(second.text, SETTINGS, [changed, back], {}).carried == ()


# --- what is removed ---

REDACTED = redacted(BOTH, "2026-11-22 14:50")


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_was_ever_said_is_in_the_line_of_what_is_removed(form: str) -> None:
    settings = PageSettings(entry=form)
    line = render(settings, REDACTED)
    assert not any(word in line for word in ("restarted", "twice", "<s>", "taken back"))
    assert "removed by an operator" in line
    for before in (FIRST, STRUCK, AMENDED, BOTH):
        found = correct(render(settings, before), settings, [REDACTED], {})
        if FIRST.entry.id in ids_standing(render(settings, before), settings):
            assert found.text == line


def test_its_summary_says_nothing_of_it_either() -> None:
    said = summary("b1", [REDACTED])
    assert said == "root: removed by an operator [b:b1]"
    assert summary("b1", [replace(REDACTED, change=None)]) == "alice: removed by an operator [b:b1]"


def test_it_is_done_once_and_the_same_when_it_is_done_again() -> None:
    first = correct(page(shown(BOTH)), SETTINGS, [REDACTED], {})
    again = correct(first.text, SETTINGS, [REDACTED], {})
    assert (again.text, again.carried, again.done) == (first.text, (), (REDACTED,))


@pytest.mark.parametrize(
    "behind", ["{{note|", "<!-- and", "[[File:x.png|", "<nowiki>"], ids=lambda behind: behind.strip("{<[|!- ")
)
def test_a_line_that_goes_on_in_others_is_left_as_it_is(behind: str) -> None:
    text = page(f"{shown(FIRST)} {behind}", "more", "}} --> ]] |} </nowiki>")
    found = correct(text, SETTINGS, [REDACTED], {})
    assert found.text == text
    assert REDACTED in (*found.edited, *found.missing)


def test_of_two_entries_in_one_line_the_other_stays() -> None:
    both = f"{shown(FIRST)}; {shown(SECOND).removeprefix('* ')} (see above)"
    found = correct(page(both), SETTINGS, [REDACTED], {})
    assert found.text == page(f"{shown(REDACTED)} {shown(SECOND).removeprefix('* ')} (see above)")
    both = f"{shown(SECOND)}; {shown(FIRST).removeprefix('* ')} (see above)"
    found = correct(page(both), SETTINGS, [REDACTED], {})
    assert found.text == page(f"{shown(SECOND)}; {shown(REDACTED).removeprefix('* ')}")
