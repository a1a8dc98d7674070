"""Which days move from a log's page to an archive, what is left, and how both look: nothing is lost or changed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsbot.model import Section
from labsbot.settings import ArchivedBy, ArchiveSettings, Order, PageSettings
from labsbot.wiki import sections as folder_sections
from labsbot.wikitext.archive import ArchivePlan, DayBlock, all_blocks, archive_title, plan_archive, without
from labsbot.wikitext.archive_page import (
    LIST,
    SectionText,
    archive_settings,
    is_archive,
    new_archive,
    side_by_side,
    stands_already,
    with_blocks,
    with_list,
)

TODAY = date(2026, 11, 22)
LOG = "Nova Resource:Tools/SAL"
LARGEST = 100_000
NOTHING = ArchivePlan((), (), date.min)


def settings_by(by: str = "year", over: int = 1, title: str = "{page}/{year}", **given: Any) -> PageSettings:
    return PageSettings(archive=ArchiveSettings(ArchivedBy(by), over, title), **given)


def counted(text: str) -> tuple[Section, ...]:
    return tuple(span.section for span in folder_sections.spans(text)[1:])


def put(text: str, changed: SectionText) -> str:
    """The page with one section replaced, as the wiki does it."""
    span = folder_sections.spans(text)[changed.section]
    assert text[span.start : span.end].rstrip() == changed.before.rstrip()
    return folder_sections.replaced(text, span, changed.text)


def planned(text: str, settings: PageSettings, **given: Any) -> ArchivePlan:
    return plan_archive(text, counted(text), settings, TODAY, LARGEST, **given)


def moved(
    text: str, settings: PageSettings, largest: int = LARGEST, pages: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All pages when everything has moved, the log's under its own title; `pages`: those that were there before."""
    pages = {**(pages or {}), LOG: text}
    while portions := plan_archive(pages[LOG], counted(pages[LOG]), settings, TODAY, largest).portions:
        blocks: Sequence[DayBlock] = portions[0].blocks
        number = 1
        while True:
            title = archive_title(settings, LOG, portions[0].day, number)
            if title not in pages:
                pages[title] = new_archive(settings, LOG, blocks)
                break
            blocks = side_by_side(pages[title], counted(pages[title]), settings, portions[0].blocks, TODAY)
            changed = with_blocks(pages[title], counted(pages[title]), settings, blocks, TODAY)
            if changed is not None:
                pages[title] = put(pages[title], changed)
                break
            number += 1
        pages[LOG] = without(pages[LOG], blocks)
    return pages


@pytest.mark.parametrize("order", Order)
def test_days_that_moved_before_stay_between_those_that_move_later(order: Order) -> None:
    """Somebody logs afterwards for days whose neighbours have gone."""
    settings = settings_by(order=order)

    def page(*days: int) -> str:
        each = sorted(days, reverse=order is Order.NEWEST)
        return "\n\n".join(f"== 2025-04-{day:02} ==\n* 09:00 bob: {day}" for day in each)

    title = f"{LOG}/2025"
    for there, more in (((21, 23), (19, 24)), ((20,), (19, 21, 22)), ((20, 22, 24), (19, 21, 23, 25)), ((), (1, 2))):
        pages = moved(page(*more), settings, pages={title: page(*there)} if there else {})
        assert [int(each[-2:]) for each in headings(pages[title])] == sorted(
            (*there, *more), reverse=order is Order.NEWEST
        )
        assert pages[LOG].strip() == ""


def lines(text: str) -> list[str]:
    """Those that are not blank; of blanks at the end of a text the wiki keeps none."""
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def headings(text: str) -> list[str]:
    return [section.heading for section in counted(text)]


PAGE = """The log of tools.

== 2026-11-22 ==
* 09:00 bob: today

== 2026-01-02 ==
* 09:00 bob: this year

== 2025-12-31 ==
* 23:00 bob: last year
* 09:00 alice: earlier

== 2025-12-30 ==
* 09:00 bob: the day before

== 2024-02-29 ==
* 09:00 bob: long ago

[[Category:SAL]]"""


def test_years_that_are_over_move_and_nothing_else_does() -> None:
    pages = moved(PAGE, settings_by())
    assert headings(pages[LOG]) == ["2026-11-22"]
    assert set(pages) == {LOG, f"{LOG}/2024", f"{LOG}/2025", f"{LOG}/2026"}
    assert headings(pages[f"{LOG}/2025"]) == ["2025-12-31", "2025-12-30"]


def test_months_of_this_year_stay_where_the_page_is_small_without_the_years_that_are_over() -> None:
    pages = moved(PAGE, settings_by(over=170))
    assert headings(pages[LOG]) == ["2026-11-22", "2026-01-02"]


def test_a_page_that_is_not_over_its_size_is_left_alone() -> None:
    assert planned(PAGE, settings_by(over=1000)) == NOTHING


def test_never_is_never() -> None:
    assert planned(PAGE, settings_by("never"), until=TODAY) == NOTHING


def test_days_move_as_they_stand_and_what_belongs_to_the_page_stays() -> None:
    pages = moved(PAGE, settings_by())
    assert pages[LOG] == "The log of tools.\n\n== 2026-11-22 ==\n* 09:00 bob: today\n\n[[Category:SAL]]"
    assert pages[f"{LOG}/2025"] == (
        f"Archive of [[:{LOG}]].\n\n"
        "== 2025-12-31 ==\n* 23:00 bob: last year\n* 09:00 alice: earlier\n\n"
        "== 2025-12-30 ==\n* 09:00 bob: the day before"
    )


def test_an_archive_gets_the_category_of_the_log() -> None:
    pages = moved(PAGE, settings_by(category=("SAL",)))
    assert pages[f"{LOG}/2024"].startswith(f"Archive of [[:{LOG}]].\n\n[[Category:SAL]]\n\n== 2024-02-29 ==")


@pytest.mark.parametrize(
    ("by", "title", "expected"),
    [
        ("quarter", "{page}/{year} Q{quarter}", {"2024 Q1", "2025 Q4", "2026 Q1"}),
        ("month", "{page}/{year}-{month}", {"2024-02", "2025-12", "2026-01"}),
        ("month", "{page}/{year}", {"2024", "2025", "2026"}),
        ("year", "{page}/Archive {n}", {"Archive 1"}),
    ],
)
def test_archives_are_called_as_configured(by: str, title: str, expected: set[str]) -> None:
    pages = moved(PAGE, settings_by(by, title=title))
    assert {page.removeprefix(f"{LOG}/") for page in pages if page != LOG} == expected


def test_the_next_archive_of_a_name_is_numbered() -> None:
    assert archive_title(settings_by(), LOG, TODAY, 2) == f"{LOG}/2026 (2)"
    assert archive_title(settings_by(title="{page}/Archive {n}"), LOG, TODAY, 2) == f"{LOG}/Archive 2"


def test_oldest_first_the_top_of_the_page_moves_and_goes_to_the_end_of_the_archive() -> None:
    settings = settings_by(order=Order.OLDEST)
    page = "\n\n".join(reversed(PAGE.removesuffix("\n\n[[Category:SAL]]").split("\n\n")[1:]))
    pages = moved(f"Intro.\n\n{page}", settings, largest=50)
    assert headings(pages[LOG]) == ["2026-11-22"]
    assert headings(pages[f"{LOG}/2025"]) == ["2025-12-30", "2025-12-31"]


def test_below_a_heading_of_the_projects_page_only_the_logs_days_move() -> None:
    settings = replace(settings_by(heading="Server Admin Log", level=3), title="Nova Resource:{project}")
    page = (
        "= Tools =\nAbout.\n\n== 2020-01-01 ==\nNo log.\n\n== Server Admin Log ==\nWords.\n\n"
        "=== 2026-11-22 ===\n* 09:00 bob: today\n\n=== 2025-11-22 ===\n* 09:00 bob: then\n\n== Instances ==\n* db1"
    )
    pages = moved(page, settings)
    assert headings(pages[LOG]) == ["Tools", "2020-01-01", "Server Admin Log", "2026-11-22", "Instances"]
    assert pages[f"{LOG}/2025"].endswith("=== 2025-11-22 ===\n* 09:00 bob: then")


def test_days_below_a_months_heading_move_with_it() -> None:
    page = (
        "== November 2026 ==\n=== 2026-11-22 ===\n* 09:00 bob: today\n\n"
        "== December 2025 ==\nA quiet month.\n=== 2025-12-31 ===\n* 09:00 bob: x\n=== 2025-12-01 ===\n* 08:00 bob: y"
    )
    pages = moved(page, settings_by())
    assert headings(pages[LOG]) == ["November 2026", "2026-11-22"]
    assert headings(pages[f"{LOG}/2025"]) == ["December 2025", "2025-12-31", "2025-12-01"]


def test_what_stands_between_days_stays() -> None:
    page = PAGE.replace("== 2025-12-30 ==", "== Information ==\nRead this.\n\n== 2025-12-30 ==")
    pages = moved(page, settings_by())
    assert headings(pages[LOG]) == ["2026-11-22", "Information"]
    assert headings(pages[f"{LOG}/2025"]) == ["2025-12-31", "2025-12-30"]


def test_days_out_of_order_move_by_their_date_and_keep_their_order() -> None:
    page = PAGE.replace("== 2025-12-31 ==", "== 2025-12-29 ==\n* 10:00 bob: late\n\n== 2025-12-31 ==")
    pages = moved(page, settings_by())
    assert headings(pages[f"{LOG}/2025"]) == ["2025-12-29", "2025-12-31", "2025-12-30"]


TORN_PAGES = {
    "a folded box over several days": PAGE.replace("\n== 2025-12-31", "\n{{collapse top}}\n== 2025-12-31").replace(
        "* 09:00 bob: the day before", "* 09:00 bob: the day before\n{{collapse bottom}}"
    ),
    "an element that ends a day later": PAGE.replace("last year", 'last year <div class="x">').replace(
        "the day before", "the day before </div>"
    ),
    "a comment that is never closed": PAGE.replace("last year", "last year <!-- to do"),
    "a table that is never closed": PAGE.replace("* 23:00 bob: last year", "{| class=x\n|-\n| last year"),
}


@pytest.mark.parametrize("page", TORN_PAGES.values(), ids=TORN_PAGES.keys())
def test_a_day_that_something_spans_is_kept_and_said_so(page: str) -> None:
    plan = planned(page, settings_by(over=170))
    stays = without(page, [block for portion in plan.portions for block in portion.blocks])
    assert "last year" in stays
    assert "2025-12-31" in [each.heading for each in plan.kept if "a box, a table, a comment" in each.why]


def test_a_day_without_a_year_is_kept_unless_our_entries_say_the_year() -> None:
    ours = '* <span id="sal-20251230090000-0a1b">[[#sal-20251230090000-0a1b|09:00]]</span> bob: x'
    page = f"== 2026-11-22 ==\n* 09:00 bob: y\n\n== December 30 ==\n{ours}\n\n== December 29 ==\n* 09:00 bob: z"
    plan = planned(page, settings_by())
    assert [block.heading for portion in plan.portions for block in portion.blocks] == ["December 30"]
    assert [(each.heading, each.why) for each in plan.kept] == [("December 29", "its heading does not say the year")]


def test_a_heading_that_the_wiki_dates_is_no_day() -> None:
    page = PAGE.replace("== 2025-12-31 ==", "== 2025-12-{{#expr:30+1}} ==")
    assert "last year" in moved(page, settings_by())[LOG]


def test_a_day_with_days_of_another_archive_in_it_is_kept() -> None:
    page = "== 2026-11-22 ==\n* y\n\n== 2025-12-31 ==\n* 09:00 bob: x\n=== 2024-07-10 ===\n* 08:00 bob: z"
    plan = planned(page, settings_by())
    assert not plan.portions
    assert [each.heading for each in plan.kept] == ["2025-12-31"]


def test_a_deeper_day_never_becomes_a_part_of_the_day_above_it_in_the_archive() -> None:
    page = (
        "== 2026-11-22 ==\n* y\n\n== 2025-12-31 ==\n* 09:00 bob: x\n\n== Notes ==\n=== 2025-07-10 ===\n* 08:00 bob: z"
    )
    pages = moved(page, settings_by())
    assert headings(pages[f"{LOG}/2025"]) == ["2025-07-10"]
    assert headings(pages[f"{LOG}/2025 (2)"]) == ["2025-12-31"]


def test_portions_are_bounded_and_the_oldest_come_first() -> None:
    days = [date(2025, 12, 31) - timedelta(days=number) for number in range(40)]
    page = "\n\n".join(f"== {day} ==\n" + "\n".join(f"* 09:0{n} bob: words" for n in range(9)) for day in days)
    plan = plan_archive(page, counted(page), settings_by(), TODAY, 1000)
    assert all(sum(len(block.text.encode()) for block in portion.blocks) <= 1000 for portion in plan.portions)
    assert [block.first for portion in plan.portions for block in reversed(portion.blocks)] == days[::-1]


def test_what_was_begun_is_finished_whatever_the_size_is_by_then() -> None:
    plan = planned(PAGE, settings_by(over=100))
    assert (plan.until, len(plan.portions)) == (date(2026, 2, 1), 3)
    rest = without(PAGE, plan.portions[0].blocks)
    again = plan_archive(rest, counted(rest), settings_by(over=1000), TODAY, LARGEST, until=plan.until)
    assert [portion.day.year for portion in again.portions] == [2025, 2026]


# --- the archive's page and the log's --------------------------------------------------------------------------------


def test_a_page_of_days_or_one_that_says_so_is_an_archive_and_no_other() -> None:
    settings = settings_by()
    day = "== 2025-12-31 ==\n* 09:00 bob: x"
    for text, expected in (
        (day, True),
        (f"Moved here by hand.\n\n{day}", True),
        (f"Archive of [[:{LOG}]].\n\n== Notes ==\n\n{day}", True),
        (f"See [[{LOG.replace(' ', '_')}|the log]].", True),
        (f"== Notes ==\n[[{LOG}]]\n\n{day}", False),
        ("Somebody's page.", False),
        (f"<!-- [[:{LOG}]] -->\nSomebody's page.", False),
        (f"<nowiki>[[{LOG}]]</nowiki> is how to link there.", False),
        ("", False),
    ):
        assert is_archive(text, counted(text), settings, LOG, TODAY) is expected, text


def test_what_stands_there_already_is_seen() -> None:
    (block,) = all_blocks(PAGE, counted(PAGE), settings_by(), TODAY)[-1:]
    assert stands_already(new_archive(settings_by(), LOG, [block]), [block.text])
    assert not stands_already("== 2024-02-29 ==\n* 09:00 bob: something else", [block.text])


def test_a_list_of_archives_is_put_above_the_days_and_stays_where_people_put_it() -> None:
    def listed(text: str, *archives: str) -> str:
        changed = with_list(text, counted(text), settings_by(), LOG, archives, TODAY)
        return text if changed is None else put(text, changed)

    page = listed(PAGE, f"{LOG}/2024")
    assert page.startswith(f"The log of tools.\n\n{LIST} [[:{LOG}/2024|2024]]\n\n== 2026-11-22 ==")
    page = page.replace(f"{LIST} [[:{LOG}/2024|2024]]\n\n", "").replace(
        "The log of tools.", f"The log of tools.\n\n* {LIST} [[:{LOG}/2024|2024]] (by hand)"
    )
    page = listed(page, f"{LOG}/2025", f"{LOG}/2024")
    assert f"* {LIST} [[:{LOG}/2025|2025]] · [[:{LOG}/2024|2024]] (by hand)\n" in page
    assert listed(page, f"{LOG}/2025", f"{LOG}/2024") == page
    assert listed("Intro.", f"{LOG}/2025") == f"Intro.\n\n{LIST} [[:{LOG}/2025|2025]]"


@pytest.mark.parametrize(
    ("above", "section", "before"),
    [("", 0, ""), ("Intro.\n\n", 0, "Intro.\n\n"), ("Intro.\n== Notes ==\nSome.\n\n", 1, "== Notes ==\nSome.\n\n")],
)
def test_a_list_is_put_above_the_days_without_any_of_them(above: str, section: int, before: str) -> None:
    text = f"{above}== 2026-11-22 ==\n* 09:00 bob: x\n\n== 2024-01-01 ==\n* 09:00 bob: y"
    changed = with_list(text, counted(text), settings_by(), LOG, [f"{LOG}/2024"], TODAY)
    assert changed is not None
    assert (changed.section, changed.before) == (section, before)
    assert changed.text == f"{before}{LIST} [[:{LOG}/2024|2024]]"


def test_a_list_below_the_logs_own_heading_is_put_into_the_first_day() -> None:
    text = "Intro.\n== Server Admin Log ==\n=== 2026-11-22 ===\n* 09:00 bob: x"
    settings = replace(settings_by(), heading="Server Admin Log")
    changed = with_list(text, counted(text), settings, LOG, [f"{LOG}/2024"], TODAY)
    assert changed is not None
    assert changed.section == 2
    assert changed.text.startswith(f"{LIST} [[:{LOG}/2024|2024]]\n\n=== 2026-11-22 ===")


# --- whatever stands there -------------------------------------------------------------------------------------------

STYLES = ("{:%Y-%m-%d}", "{:%Y %B %d}", "{:%d %B %Y}", "{:%B %d}")
ODD = st.sampled_from(
    [
        *("{{collapse top}}", "{{collapse bottom}}", "<div>", "</div>", "<!-- x", "-->", "{|", "|}", "<nowiki>"),
        *("[[Category:SAL]]", "__NOTOC__", "{{navbox}}", "----", "  ", "== Information ==", "=== Notes ===", "= A ="),
        *("* no time", ":* 09:00 x", "<small>", "</small>", "{{", "}}", "<pre>", "</pre>", "== 2025 ==", "====="),
    ]
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)


@st.composite
def pages(draw: st.DrawFn) -> str:
    day = TODAY
    found = []
    for _ in range(draw(st.integers(0, 7))):
        day += timedelta(days=draw(st.sampled_from([-1, -1, -1, -40, -200, -400, 2, 0])))
        level = "=" * draw(st.sampled_from([2, 2, 2, 2, 3, 4]))
        blank = draw(st.sampled_from([" ", "", "  "]))
        found.append(f"{level}{blank}{draw(st.sampled_from(STYLES)).format(day)}{blank}{level}")
        found += draw(st.lists(st.one_of(ODD, WORDS.map(lambda words: f"* 09:00 bob: {words}"), WORDS), max_size=4))
        found += [""] * draw(st.integers(0, 2))
    return folder_sections.tidy("\n".join([*draw(st.lists(ODD, max_size=2)), *found]))


LAYOUTS = st.builds(
    lambda by, order, title: settings_by(by, title=title, order=order),
    st.sampled_from(["year", "quarter", "month"]),
    st.sampled_from(list(Order)),
    st.sampled_from(["{page}/{year}", "{page}/Archive {n}", "{page}/{year}/{month}"]),
)


@pytest.mark.slow
@given(pages(), LAYOUTS, st.sampled_from([1, 60, 400, LARGEST]))
def test_archives_and_what_is_left_are_what_was_line_by_line(page: str, settings: PageSettings, largest: int) -> None:
    after = moved(page, settings, largest)
    left = lines(after[LOG])
    there = [line for title in after if title != LOG for line in lines(after[title])[1:]]
    assert Counter([*left, *there]) == Counter(lines(page))
    assert is_within(left, lines(page))
    for title in after:
        if title != LOG:
            assert is_archive(after[title], counted(after[title]), settings, LOG, TODAY)


@pytest.mark.slow
@given(pages(), LAYOUTS)
def test_a_day_is_the_same_day_in_its_archive(page: str, settings: PageSettings) -> None:
    for portion in planned(page, settings).portions:
        text = new_archive(settings, LOG, portion.blocks)
        there = all_blocks(text, counted(text), archive_settings(settings), TODAY)
        assert [(block.first, block.last) for block in there] == [(block.first, block.last) for block in portion.blocks]
        assert [block.text.rstrip() for block in there] == [block.text.rstrip() for block in portion.blocks]


def is_within(part: list[str], whole: list[str]) -> bool:
    """Whether lines stand in the same order in more lines."""
    rest = iter(whole)
    return all(line in rest for line in part)


def test_nothing_is_planned_twice() -> None:
    pages = moved(PAGE, settings_by())
    again = plan_archive(pages[LOG], counted(pages[LOG]), settings_by(), TODAY, LARGEST)
    assert (again.portions, again.kept) == ((), ())


@pytest.mark.slow
def test_a_page_of_many_days_takes_time_in_proportion() -> None:
    def archive_of_days(number: int) -> float:
        text, day = "== 2025-01-02 ==\n* x\n" * number, len("== 2025-01-02 ==\n* x\n")
        found = [Section(each + 1, 2, "2025-01-02", each * day) for each in range(number)]
        begin = time.process_time()
        assert is_archive(text, found, settings_by(), LOG, TODAY)
        return time.process_time() - begin

    few, many = (min(archive_of_days(number) for _ in range(2)) for number in (500, 5000))
    assert many < 30 * few  # by all sections for each it is more than 50 times
