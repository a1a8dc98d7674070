"""Pages before and after, as files; what holds for every page, as properties."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import wikitextparser
from hypothesis import example, given
from hypothesis import strategies as st

from labsbot.model import Section
from labsbot.settings import Order, PageSettings
from labsbot.wikitext import compose, create, heading_matches, ids_anchored, render, takes, together
from tests.wikitext.cases import PAGES, after_of, entries_of, settings_of
from tests.wikitext.world import day, delivery, place, replaced, section_text, sections_of, written


@pytest.mark.parametrize("case", PAGES, ids=[case["name"] for case in PAGES])
def test_a_page_before_and_after(case: dict[str, Any]) -> None:
    settings = settings_of(case)
    assert written(case["before"].strip(), settings, entries_of(case)) == after_of(case)


@pytest.mark.parametrize("case", PAGES, ids=[case["name"] for case in PAGES])
def test_nothing_is_inserted_twice(case: dict[str, Any]) -> None:
    settings = settings_of(case)
    entries = entries_of(case)
    once = written(case["before"].strip(), settings, entries)
    if settings.heading is None and "oops" not in once:
        assert written(once, settings, entries) == once

    spot = place(sections_of(once), settings, entries[0].log_day)
    text = section_text(once, spot.section)
    assert compose(text, spot, settings, entries[:1]).text == text
    assert compose(text, spot, settings, entries[:1]).left == (entries[0],)


def test_due_days_of_one_place_are_one_edit_and_the_oldest_comes_first() -> None:
    sections = sections_of("== 2026-11-22 ==\n\n== 2026-11-20 ==\n")
    due = [day("2026-11-23"), day("2026-11-22"), day("2026-11-21"), day("2026-11-24")]

    found = [(spot.section, days) for spot, days in together(sections, PageSettings(), due)]

    assert found == [(2, (due[2],)), (1, (due[1], due[0], due[3]))]


def test_nothing_due_is_no_edit() -> None:
    assert together(sections_of("== 2026-11-22 =="), PageSettings(), []) == []


def test_a_kept_place_takes_its_own_day_and_younger_ones_only() -> None:
    spot = place(sections_of("== 2026-11-22 ==\n\n== 2026-11-20 ==\n"), PageSettings(), day("2026-11-22"))

    assert [takes(spot, day(f"2026-11-{number}")) for number in (20, 21, 22, 23)] == [False, False, True, True]


def test_where_days_are_out_of_order_a_younger_day_is_not_taken_by_the_newest() -> None:
    spot = place(sections_of("== 2026-11-21 ==\n\n== 2026-11-22 ==\n"), PageSettings(), day("2026-11-22"))

    assert takes(spot, day("2026-11-22"))
    assert not takes(spot, day("2026-11-23"))


def test_a_heading_that_comes_from_a_template_is_no_place() -> None:
    sections = (Section(1, 2, "2026-11-22", None), Section(2, 2, "2026-11-22", 40))

    assert place(sections, PageSettings(), day("2026-11-22")).section == 2


def test_two_deliveries_of_one_entry_to_one_page_are_one_line() -> None:
    twice = [delivery("2026-11-22 14:30"), replace(delivery("2026-11-22 14:30"), number=2)]

    assert written("intro", PageSettings(), twice) == written("intro", PageSettings(), twice[:1])


def test_a_text_the_wiki_rewrites_is_not_kept() -> None:
    settings = PageSettings(entry="{{safesubst:SAL entry|id={id}|1={time} {author}: {message}}}")
    spot = place(sections_of("== 2026-11-22 =="), settings, day("2026-11-22"))

    composed = compose("== 2026-11-22 ==", spot, settings, [delivery("2026-11-22 14:30")])

    assert composed.kept is None
    assert "{{safesubst:SAL entry|id=sal-20261122143000-0001|1=14:30 alice: hello}}" in composed.text


def test_the_heading_line_is_kept_as_it_is() -> None:
    text = "==  2026-11-22==  <!-- a day\nof two lines -->\n* 09:00 bob: x"
    spot = place((Section(1, 2, "2026-11-22", 0),), PageSettings(), day("2026-11-22"))

    composed = compose(text, spot, PageSettings(), [delivery("2026-11-22 14:30"), delivery("2026-11-22 08:30")])

    lines = composed.text.split("\n")
    assert lines[:2] == ["==  2026-11-22==  <!-- a day", "of two lines -->"]
    assert lines[3] == "* 09:00 bob: x"
    assert len(lines) == 5


def test_a_comment_without_an_end_beside_the_heading_comes_after_the_entries() -> None:
    spot = place((Section(1, 2, "2026-11-22", 0),), PageSettings(), day("2026-11-22"))

    text = compose("== 2026-11-22 == <!-- oops\nx", spot, PageSettings(), [delivery("2026-11-22 14:30")]).text

    assert heading_matches(text, spot)
    assert text.index("hello") < text.index("<!--")


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("==2026-11-22==\n* x", "2026-11-22"),
        ("== 2026-11-22 ==   <!-- c -->", "2026-11-22"),
        ("== 2026-11-22 == <!-- never closed\nx", "2026-11-22"),
        ("== <!-- c --> ''Server'' [[Help:Admin|Admin]]&nbsp;Log ==", "Server Admin Log"),
        ("== a = b ==", "a = b"),
        ("== {{day|2026|11|22}} ==", "22 November 2026"),
    ],
)
def test_the_text_of_the_section_that_was_looked_up_is_recognised(text: str, heading: str) -> None:
    spot = place((Section(1, 2, heading, 0),), PageSettings(heading=heading), day("2026-11-22"))

    assert heading_matches(text, spot)


@pytest.mark.parametrize("text", ["", "* 09:00 x", "intro\n== 2026-11-22 ==", "== 2026-11-21 ==", "== Information =="])
def test_the_text_of_another_section_is_not_taken_for_it(text: str) -> None:
    assert not heading_matches(text, place((Section(1, 2, "2026-11-22", 0),), PageSettings(), day("2026-11-22")))


def test_a_section_whose_subsection_is_not_where_the_wiki_said_is_not_taken_for_it() -> None:
    sections = (Section(1, 2, "2026-11-22", 0), Section(2, 3, "x", 20))
    spot = place(sections, PageSettings(), day("2026-11-22"))

    assert heading_matches("== 2026-11-22 ==\n\n\n=== x ===", spot) is False
    assert heading_matches("== 2026-11-22 ==\n* \n=== x ===", replace(spot, own=20)) is True


def test_a_new_page_has_its_text_the_days_and_the_categories() -> None:
    settings = PageSettings(new_page="Log of {project}.\n", category=("SAL", "Projects"))
    entries = [delivery("2026-11-22 14:30"), delivery("2026-11-23 00:30"), delivery("2026-11-22 15:30")]
    lines = [render(settings, entry) for entry in entries]

    assert create(settings, "tools", entries).text == (
        f"Log of tools.\n\n== 2026-11-23 ==\n{lines[1]}\n\n== 2026-11-22 ==\n{lines[2]}\n{lines[0]}\n\n"
        "[[Category:SAL]]\n[[Category:Projects]]"
    )


def test_a_new_page_of_the_other_layout_has_our_heading_once() -> None:
    settings = PageSettings(heading="Server Admin Log")
    written_by_operator = replace(settings, new_page="== Docs ==\n=== server admin log ===")

    assert create(settings, "tools", [delivery("2026-11-22 14:30")]).text.startswith(
        "== Server Admin Log ==\n\n=== 2026-11-22 ===\n* <span"
    )
    assert create(written_by_operator, "tools", [delivery("2026-11-22 14:30")]).text.startswith(
        "== Docs ==\n=== server admin log ===\n\n==== 2026-11-22 ====\n* <span"
    )


# --- what holds for every page ------------------------------------------------------------------------------------

MINUTES = st.builds(
    lambda number, hour, minute: f"2026-11-{number:02} {hour:02}:{minute:02}",
    st.integers(18, 24),
    st.integers(0, 23),
    st.integers(0, 59),
)
LINES = st.one_of(
    st.builds(
        lambda said, text: f"* {said[11:]} bob: {text}", MINUTES, st.sampled_from(["x", "<!-- c -->", "{{t|a}}", "é"])
    ),
    st.sampled_from(["** more", "", "text", "* 99:99 odd", "* <nowiki>09:00</nowiki> x", "[[Category:X]]"]),
    st.sampled_from(["<!--\n* 10:00 x\n-->", "{{box|\n* 11:00 x\n}}", "{|\n|\n* 12:00\n|}", "<pre>\n* 10:00\n</pre>"]),
    st.sampled_from(["}}", "-->", "{{", "<div>", "<ref>"]),
)
DAYS = st.lists(
    st.tuples(
        st.sampled_from(["2026-11-18", "2026-11-20", "2026-11-21", "2026-11-23", "Information", "2025", "November 19"]),
        st.sampled_from([2, 2, 2, 3]),
        st.lists(LINES, max_size=6),
    ),
    max_size=5,
)
MONTHS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["October 2026", "November 2026", "2026-12", "Nov 2025"]), st.just(2), st.just([])),
        st.tuples(
            st.sampled_from(["2026-10-01", "2026-11-18", "November 20", "2026-11-21", "2026-12-01", "9999-01-01"]),
            st.sampled_from([3, 3, 3, 4]),
            st.lists(LINES, max_size=2),
        ),
    ),
    max_size=6,
)
ORDERS = st.sampled_from(Order)
HEADINGS = st.sampled_from([None, "Information", "Server Admin Log"])


def page_of(parts: list[tuple[str, int, list[str]]]) -> str:
    blocks = ["\n".join(["=" * level + f" {heading} " + "=" * level, *lines]) for heading, level, lines in parts]
    return "\n\n".join(["intro", *blocks]).rstrip()


@given(st.one_of(DAYS, MONTHS), st.lists(MINUTES, min_size=1, max_size=8), ORDERS, HEADINGS)
# the newest day stands below a month and without one: the page's next day must be placed as if it were read anew
@example(
    [("2026-11-18", 3, []), ("October 2026", 2, []), ("2026-11-18", 3, [])], ["2026-11-19 00:00"], Order.OLDEST, None
)
def test_all_else_stays_and_each_id_stands_once(
    parts: list[tuple[str, int, list[str]]], minutes: list[str], order: Order, heading: str | None
) -> None:
    settings = PageSettings(order=order, heading=heading)
    before = page_of(parts)
    entries = [delivery(said, number=number) for number, said in enumerate(minutes, 1)]

    after = written(before, settings, entries)

    ours = {render(settings, entry) for entry in entries}
    lines = [line for line in after.split("\n") if line.strip()]
    assert sorted(line for line in lines if line in ours) == sorted(ours)
    rest = [line for line in lines if line not in ours]
    was = [line for line in before.split("\n") if line.strip()]
    new_headings = list(rest)
    for line in was:
        new_headings.remove(line)
    assert all(
        re.fullmatch(r"(=+) (2026-11-\d\d|2026-11|Nov(?:ember)? 2026|Information|Server Admin Log) \1", line)
        for line in new_headings
    )
    remaining = iter(rest)
    assert all(line in remaining for line in was), "what stood there changed its order"


@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 1439), min_size=1, max_size=6), ORDERS)
def test_without_our_lines_an_existing_day_is_what_it_was_to_the_byte(
    lines: list[str], minutes: list[int], order: Order
) -> None:
    settings = PageSettings(order=order)
    text = "\n".join(["== 2026-11-22 ==", *lines]).rstrip()
    spot = place((Section(1, 2, "2026-11-22", 0),), settings, day("2026-11-22"))
    entries = [
        delivery(f"2026-11-22 {minute // 60:02}:{minute % 60:02}", number=number)
        for number, minute in enumerate(minutes, 1)
    ]

    after = compose(text, spot, settings, entries).text

    for entry in entries:
        line = render(settings, entry)
        assert after.count(line) == 1
        after = after.replace(line + "\n", "", 1) if line + "\n" in after else after.replace("\n" + line, "", 1)
    assert after == text
    assert ids_anchored(after) == set()


ODD_HEADINGS = st.sampled_from(
    ["December 9999", "9999-12", "0001-01", "January 0001", "9999-12-31", "0001-01-01", "2026-13", "2026-11", "x"]
)


@given(
    st.lists(st.tuples(st.one_of(ODD_HEADINGS, st.dates().map(str)), st.integers(1, 6)), max_size=6),
    ORDERS,
    st.lists(MINUTES, min_size=1, max_size=3),
)
def test_no_heading_of_others_is_too_much(headings: list[tuple[str, int]], order: Order, minutes: list[str]) -> None:
    settings = PageSettings(order=order)
    entries = [delivery(said, number=number) for number, said in enumerate(minutes, 1)]

    page = written(page_of([(heading, level, ["text"]) for heading, level in headings]), settings, entries)

    assert all(page.count(render(settings, entry)) == 1 for entry in entries)


BORDERS = [
    ("<!--", "-->"),
    ("{{box|", "}}"),
    ("* 11:00 {{box|", "}} x"),
    ("{|\n|", "|}"),
    ("<ref>", "</ref>"),
    ("<pre>", "</pre>"),
    ("* 10:30 <nowiki>", "</nowiki>"),
    ("<gallery>", "</gallery> x"),
]
NESTED = st.recursive(
    st.sampled_from(["* 10:00 bob: x", "* 12:00 bob: x\n** y", "text", "* 09:00 {{t|a}} <!-- c -->"]),
    lambda inner: st.builds(
        lambda border, lines: "\n".join([border[0], *lines, border[1]]),
        st.sampled_from(BORDERS),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


@given(st.lists(NESTED, max_size=4), st.lists(MINUTES, min_size=1, max_size=4), ORDERS)
def test_nothing_is_put_inside_anything(lines: list[str], minutes: list[str], order: Order) -> None:
    settings = PageSettings(order=order)
    text = "\n".join(["== 2026-11-22 ==", *lines])
    spot = place((Section(1, 2, "2026-11-22", 0),), settings, day("2026-11-22"))
    entries = [delivery(f"2026-11-22 {said[11:]}", number=number) for number, said in enumerate(minutes, 1)]

    parsed = wikitextparser.parse(compose(text, spot, settings, entries).text)

    tags = [tag for tag in parsed.get_tags() if tag.name != "span"]
    inside = [str(part) for part in (*parsed.comments, *parsed.templates, *parsed.tables, *tags)]
    assert not [part for part in inside if "sal-" in part]


@given(st.permutations(range(12)), ORDERS)
def test_our_own_entries_stand_in_the_order_in_which_they_were_said_whatever_order_they_came_in(
    arrival: list[int], order: Order
) -> None:
    settings = PageSettings(order=order)
    entries = [delivery(f"2026-11-{21 + number // 6} 10:0{number % 6}", number=number) for number in range(12)]
    page = "intro"
    for number in arrival:
        page = written(page, settings, [entries[number]])

    found = re.findall(r'id="sal-(\d{14})', page)
    assert found == sorted(found, reverse=order is Order.NEWEST)
    assert written("intro", settings, entries) == page


@given(st.permutations(range(6)), ORDERS)
def test_entries_of_one_second_stand_in_the_order_in_which_they_were_said(arrival: list[int], order: Order) -> None:
    settings = PageSettings(order=order)
    page = "intro"
    for number in arrival:
        entry = delivery(f"2026-11-22 10:00:00.{number}50", message=f"said {number}", number=number)
        page = written(page, settings, [entry])

    found = re.findall("said ([0-9])", page)
    assert found == sorted(found, reverse=order is Order.NEWEST)


def test_what_says_no_part_of_its_second_was_said_after_what_stands_already() -> None:
    page = written("", PageSettings(), [delivery("2026-11-22 10:00:00.750", message="heard", number=1)])
    page = written(page, PageSettings(), [delivery("2026-11-22 10:00:00", message="missed", number=2)])

    assert re.findall("heard|missed", page) == ["missed", "heard"]


@given(
    st.permutations(range(8)),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["00:24", "10:03", "23:59"])), max_size=8),
    ORDERS,
)
def test_our_own_entries_stand_in_order_whatever_people_write_between_them(
    arrival: list[int], by_hand: list[tuple[int, str]], order: Order
) -> None:
    settings = PageSettings(order=order)
    lines = ["== 2026-11-22 =="]
    for number, among in zip(arrival, [*by_hand, *[None] * 8], strict=False):
        text = written("\n".join(lines), settings, [delivery(f"2026-11-22 10:0{number}", number=number)])
        lines = text.split("\n")
        if among:
            lines.insert(1 + among[0] % len(lines), f"* {among[1]} bob: by hand")

    found = re.findall(r'id="sal-(\d{14})', "\n".join(lines))
    assert found == sorted(found, reverse=order is Order.NEWEST)


@given(st.lists(MINUTES, min_size=1, max_size=6), ORDERS)
def test_one_save_with_everything_is_the_same_as_one_save_for_each(minutes: list[str], order: Order) -> None:
    settings = PageSettings(order=order)
    entries = sorted(
        (delivery(said, number=number) for number, said in enumerate(minutes, 1)),
        key=lambda entry: (entry.entry.said, entry.number),
    )
    page = "intro"
    for entry in entries:
        page = written(page, settings, [entry])

    assert written("intro", settings, entries) == page


def test_a_save_in_the_middle_of_the_page_is_joined_as_before() -> None:
    page = "== 2026-11-22 ==\n* 09:00 x\n\n== 2026-11-20 ==\n* 09:00 x"
    spot = place(sections_of(page), PageSettings(), day("2026-11-22"))
    new = compose(section_text(page, 1), spot, PageSettings(), [delivery("2026-11-22 14:30")]).text

    assert replaced(page, 1, new).split("\n")[3:] == page.split("\n")[2:]
