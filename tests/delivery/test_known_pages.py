"""What is known of pages between two edits: what the wiki has confirmed, and of how many pages."""

from __future__ import annotations

from labsbot.delivery.known_pages import AROUND, MOST_COPIED, Copy, Pages
from labsbot.model import Page, Saved
from labsbot.settings import PageSettings
from labsbot.wikitext import InsertPoint
from tests.nouns import NOON

SETTINGS = PageSettings()
SEEN = "2026-11-22T12:00:00Z"


def a_page(title: str) -> Page:
    return Page(title, f"https://wiki.example/{title}", 7, SEEN)


MOST = MOST_COPIED // (100_000 + AROUND)


def save(pages: Pages, title: str) -> None:
    """An edit of the page's newest day, upon its revision 7, is confirmed."""
    place = InsertPoint(1, "2026-11-22", NOON.date(), newest=True, outermost=True, level=2, own=None, below=None)
    copy = Copy(a_page(title), SETTINGS, place, "== 2026-11-22 ==\n* one".ljust(100_000))
    pages.saved(copy, title, 7, Saved(title, 8, 7, SEEN))


def test_of_more_pages_than_are_kept_those_saved_longest_ago_are_read_again() -> None:
    pages = Pages()
    names = [f"P{number}" for number in range(MOST)]
    for title in (*names, "P0", *(f"Q{number}" for number in range(5))):
        save(pages, title)
    known = {title for title in (*names, *(f"Q{number}" for number in range(5))) if pages.known(title)}
    assert len(known) == MOST
    assert not known & {"P1", "P2", "P3", "P4", "P5"}
    assert {"P0", "P6", "Q0", "Q4"} <= known


def test_what_was_forgotten_or_is_saved_again_counts_once() -> None:
    pages = Pages()
    for _ in range(3):
        for number in range(MOST):
            save(pages, f"P{number}")
    for number in range(0, MOST, 2):
        pages.forget(f"P{number}")
    assert [number for number in range(MOST) if pages.known(f"P{number}")] == [*range(1, MOST, 2)]
    for number in range(0, MOST, 2):
        save(pages, f"P{number}")
    assert all(pages.known(f"P{number}") for number in range(MOST))


def test_a_day_that_is_larger_than_all_that_is_kept_is_read_again() -> None:
    pages = Pages()
    place = InsertPoint(1, "2026-11-22", NOON.date(), newest=True, outermost=True, level=2, own=None, below=None)
    copy = Copy(a_page("P"), SETTINGS, place, "x" * MOST_COPIED)
    pages.saved(copy, "P", 7, Saved("P", 8, 7, SEEN))
    assert pages.known("P") is None
    save(pages, "Q")
    assert pages.known("Q")


def test_a_page_that_was_only_looked_at_is_not_forgotten_for_others() -> None:
    # it is due: who forgot it would look at it again, and forget another one, for ever
    pages = Pages()
    pages.looked("Due", a_page("Due"), 0.0)
    for number in range(2 * MOST):
        save(pages, f"P{number}")
    assert pages.known("Due") == a_page("Due")
