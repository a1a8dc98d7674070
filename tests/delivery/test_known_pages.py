"""What is known of pages between two edits: what the wiki has confirmed, and of how many pages."""

from __future__ import annotations

from labsbot.delivery.known_pages import MOST_COPIES, Copy, Pages
from labsbot.model import Page, Saved
from labsbot.settings import PageSettings
from labsbot.wikitext import InsertPoint
from tests.nouns import NOON

SETTINGS = PageSettings()
SEEN = "2026-11-22T12:00:00Z"


def a_page(title: str) -> Page:
    return Page(title, f"https://wiki.example/{title}", 7, SEEN)


def save(pages: Pages, title: str) -> None:
    """An edit of the page's newest day, upon its revision 7, is confirmed."""
    place = InsertPoint(1, "2026-11-22", NOON.date(), newest=True, outermost=True, level=2, own=None, below=None)
    copy = Copy(a_page(title), SETTINGS, place, "== 2026-11-22 ==\n* one")
    pages.saved(copy, title, 7, Saved(title, 8, 7, SEEN))


def test_of_more_pages_than_are_kept_those_saved_longest_ago_are_read_again() -> None:
    pages = Pages()
    for number in range(MOST_COPIES):
        save(pages, f"P{number}")
    save(pages, "P0")
    for number in range(5):
        save(pages, f"Q{number}")
    known = {
        title for title in [f"P{n}" for n in range(MOST_COPIES)] + [f"Q{n}" for n in range(5)] if pages.known(title)
    }
    assert len(known) == MOST_COPIES
    assert not known & {"P1", "P2", "P3", "P4", "P5"}
    assert {"P0", "P6", "Q0", "Q4"} <= known


def test_a_page_that_was_only_looked_at_is_not_forgotten_for_others() -> None:
    # it is due: who forgot it would look at it again, and forget another one, for ever
    pages = Pages()
    pages.looked("Due", a_page("Due"), 0.0)
    for number in range(2 * MOST_COPIES):
        save(pages, f"P{number}")
    assert pages.known("Due") == a_page("Due")
