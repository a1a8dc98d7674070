"""Whatever others may write, it is read in linear time: one line that hurts would hold up the whole bot.

A deadline would be no defence: an expression holds the interpreter, and nothing else runs until it is through.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date
from functools import partial
from itertools import chain

import pytest

from labsbot.desk import command, relays
from labsbot.desk import secrets as leaks
from labsbot.formats import EntryFormat, written
from labsbot.importing import read_page
from labsbot.importing.line import read_line
from labsbot.irc import lines, times
from labsbot.model import ChangeKind, Kept, Section, WikiFailure
from labsbot.people import persons as people
from labsbot.projects import wiki_lists as project_pages
from labsbot.settings import Order, PageSettings, RelayForm
from labsbot.text import hosts, irc_names, names, search
from labsbot.text.message import clean, parse
from labsbot.wiki import outcomes, sections, titles
from labsbot.wikitext import (
    compose,
    correct,
    create,
    days_of,
    heading_matches,
    ids_anchored,
    ids_standing,
    inert,
    inert_name,
    inert_summary,
    line_of,
    render,
    summary,
)
from labsbot.wikitext.days import _read
from tests.attacks.expressions import MIXES, UNITS, Expression, made_in_functions
from tests.attacks.growth import ROUNDS, too_steep
from tests.attacks.look_at_expressions import steep
from tests.formats.test_formats import seen
from tests.nouns import NOON, a_change, an_entry
from tests.wikitext.world import amended, day_of, delivery, place, struck

pytestmark = pytest.mark.slow
PATIENCE = 900
"""Seconds after which all expressions are waited for in vain; each alone is given up long before."""


def test_every_expression_takes_time_in_proportion_to_the_text() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tests.attacks.look_at_expressions"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    assert found.stdout.splitlines() == ["done"]


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:a+)+b", "match"),
        (r"[ \t]*(?:<noinclude>)?[ \t]*(?:</noinclude>)?[ \t]*", "fullmatch"),
        (r"<!--.*?-->", "sub"),
        (r"=[^\n]+=$", "search"),
        (r"x[a-z]*y", "search"),
        (r"(?P<first>[0-9]+)-(?P<last>[0-9]+)", "finditer"),
    ],
)
def test_an_expression_that_hurts_is_found(pattern: str, method: str) -> None:
    assert list(steep(Expression("here", pattern, 0, (method,)), 1))


def test_what_functions_put_together_is_known_here() -> None:
    assert made_in_functions() == {
        "labsbot.text.irc_names._pattern",
        "labsbot.desk.secrets._shape",  # all of its expressions are held by the module
        "labsbot.text.patterns._explained",  # what RE2 says of an operator's pattern
        "labsbot.projects.wiki_lists._regex",
        "labsbot.wikitext.days._style_of",
        "labsbot.importing.line._form",  # of a configured entry: all that is not written out has a bound, but one
    }


# --- scans ----------------------------------------------------------------------------------------------------------

PAGES = (*UNITS, *MIXES)
ID = "sal-20261122143000-7f3a"
AT = "2026-11-22 14:35"
ENTRY = delivery("2026-11-22 14:30", number=0x7F3A)
STRUCK = struck(ENTRY, AT)
DAY = date(2026, 11, 22)
HURTING = (
    *PAGES,
    *(
        "{|\n",
        "|}\n",
        "}}",
        "]]",
        "-->",
        "<!--x-->",
        "<nowiki>",
        "</nowiki>",
        "<pre>",
        "<div>",
        "</div>\n",
        "\n<div>\n",
    ),
    *(
        "<div style='display:none'>",
        "</div>",
        "<span style='display:none'>",
        "\n{{collapse top}}\n",
        "{{end}}\n",
        "{{{",
    ),
    *("\n== a ==\n", "\n=== 2026-11-22 ===\n", "=\n", "\n[[Category:X]]\n", "\n<!-- c -->\n", "\n{{Navbox}}\n", "\n\n"),
    *(f'\n* <span id="{ID}">14:30</span> x', f"id={ID} ", f"{{{{a|{ID}}}}}", f"<a id={ID}>", "\n* 10:00 x"),
    *(f'\n* <span id="{ID}">14:30</span> <small id="{STRUCK.id}">x</small>', f"* <a id={ID}>", f"<i id={STRUCK.id}>x"),
    "* sal-\n",
    *("http://x[", "[[a:", "[[:", "&#1", "\x0312", "\u0301", "é", "a" * 63 + " ", "<a@b> ", "!log ", "December 3 "),
)


def of(piece: str) -> Callable[[int], str]:
    """Repeated, and then an end at which what has tried to take it must fail."""
    return lambda size: piece * (size // len(piece)) + "\0"


def refusing(reads: Callable[[str], object]) -> Callable[[str], object]:
    """That it refuses the text is as well."""

    def either(text: str) -> None:
        with contextlib.suppress(WikiFailure):
            reads(text)

    return either


def composed(order: Order) -> Callable[[str], object]:
    settings = PageSettings(order=order)
    spot = place((Section(1, 2, "2026-11-22", 0),), settings, DAY)
    entries = [delivery("2026-11-22 14:30"), delivery("2026-11-23 10:00", number=2)]
    return lambda text: compose(f"== 2026-11-22 ==\n* 10:00 x\n{text}", spot, settings, entries)


def heading(text: str) -> object:
    _read.cache_clear()
    return days_of([text], PageSettings(), DAY)


def headings(text: str) -> object:
    _read.cache_clear()
    found = [Section(n, 2, line, n) for n, line in enumerate(text.split("\n"), 1)]
    return place(found, PageSettings(), DAY)


SPOT = place((Section(1, 2, "2026-11-22", 0),), PageSettings(), DAY)
A_SPAN = sections.SectionSpan(Section(1, 2, "a", 2), 2, 12)
SCANS: dict[str, Callable[[str], object]] = {
    "a section, newest first": composed(Order.NEWEST),
    "a section, oldest first": composed(Order.OLDEST),
    "a section without a day": lambda text: compose(
        text, place((), PageSettings(), DAY), PageSettings(), [delivery("2026-11-22 14:30")]
    ),
    "a new page": lambda text: create(
        PageSettings(new_page=text, heading="Log"), "tools", [delivery("2026-11-22 14:30")]
    ),
    "ids that stand": lambda text: ids_standing(text, PageSettings()),
    "ids anywhere": ids_anchored,
    "the line of an id": lambda text: line_of(text, PageSettings(), STRUCK.id),
    "an entry taken back": lambda text: correct(text, PageSettings(), [STRUCK], {STRUCK.entry.id: text}),
    "a change that is rendered": lambda text: correct(
        render(PageSettings(), ENTRY), PageSettings(), [struck(amended(ENTRY, AT, text), AT, text)], {}
    ),
    "a page that is imported": lambda text: read_page(
        f"== 2026-11-22 ==\n{text}", (Section(1, 2, "2026-11-22", 0),), PageSettings(), DAY
    ),
    "a line that is imported": lambda text: read_line(f"* 14:30 {text}", PageSettings()),
    "headings": headings,
    "a heading": heading,
    "the heading of a section": lambda text: heading_matches(f"== {text}", SPOT),
    "a message": inert,
    "a message that is read": parse,
    "a name": inert_name,
    "a message for a summary": inert_summary,
    "a summary": lambda text: summary("7f3a", [delivery("2026-11-22 14:30", text, author=text)]),
    "typed": clean,
    "a page of the folder wiki": sections.spans,
    "a category": lambda text: sections.in_category(text, "Category:Y"),
    "a page merged": lambda text: sections.merged(f"x\n== a ==\n{text}", f"y\n== a ==\n{text}", A_SPAN, "== a ==\nz"),
    "a title": lambda text: titles.spelt(text),
    "a code of the wiki": lambda text: outcomes.of_code(text, outcomes.Asked.READ),
    "a command": lambda text: command.parse(f"!log {text}", False),
    "a command behind it": lambda text: command.parse(text, True),
    "a late entry": lambda text: command.parse(f"!log 14:05 {text}", False, is_project=bool),
    "a list of logs": lambda text: command.parse(f"!log a,{text}", False, is_project=bool),
    "what is taken back": lambda text: command.parse(f"!undo {text}", True),
    "what is amended": lambda text: command.parse(f"!amend {text}", True),
    "what is searched for": lambda text: search.parse(text, UTC),
    "hosts": lambda text: list(hosts.find_hosts(text)),
    "an entry in Markdown": lambda text: list(written(EntryFormat.MARKDOWN, [seen(text)])),
    "an entry in JSON": lambda text: list(written(EntryFormat.JSON, [seen(text)])),
    "what is read back": lambda text: command.parse(f"!last {text}", True),
    "a command within": command.mentions,
    "a bridge": lambda text: relays.read_relayed(text, RelayForm.BRIDGE),
    "a deploy": lambda text: relays.read_relayed(text, RelayForm.DEPLOY),
    "secrets": lambda text: leaks.find_secret(text, leaks.KNOWN),
    "a line from a server": lines.parse,
    "tags of a line": lambda text: lines.parse(f"@a={text} :b PRIVMSG #c :x"),
    "a source": lines.hostmask,
    "bytes from a server": lambda text: list(lines.LineBuffer().feed(text.encode()) or ()),
    "a nick": lambda text: irc_names.fold(text, "rfc1459"),
    "an error of a server": lines.shown,
    "a time": times.server_time,
    "a page of people": people.parse_page,
    "a title, for a project": lambda text: project_pages.projects("N:{project}/SAL", [text], prefixed=True),
    "titles, for projects": lambda text: project_pages.projects("N:{project}/S", text.split(" "), prefixed=True),
    "a mask": lambda text: irc_names._pattern("*a*b*c*!*@*x*").match(text),
    "a configured date": lambda text: day_of(text, "%d-%m %Y (%A)"),
    "a flaw in a title": names.title_flaw,
    "a flaw in a name": names.typing_flaw,
}


@pytest.mark.parametrize("what", SCANS)
def test_every_scan_takes_time_in_proportion_to_the_text(what: str) -> None:
    reads = refusing(SCANS[what])
    hurt = []
    for piece in HURTING:
        if said := too_steep(reads, of(piece)):
            hurt.append(f"{piece!r} …: {said}")

    assert hurt == []


def least_seconds(does: Callable[[], object]) -> float:
    """Of the processor, of a few rounds: a busy machine is no reason."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        does()
        seconds.append(time.process_time() - begin)
    return min(seconds)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("line", ["* 10:00 bob: x", f'* <span id="{ID}">14:30</span> x'])
def test_many_entries_into_a_long_day_take_no_pass_of_their_own(order: Order, line: str) -> None:
    settings = PageSettings(order=order)
    text = "\n".join(["== 2026-11-22 ==", *[line] * 20_000])
    entries = [
        delivery(f"2026-11-22 {number // 60 % 24:02}:{number % 60:02}", number=number) for number in range(1, 501)
    ]

    few, many = (least_seconds(partial(compose, text, SPOT, settings, entries[:most])) for most in (50, 500))

    assert many < 3 * few


@pytest.mark.parametrize("apart", ["\n", " "], ids=["each on its line", "all on one line"])
def test_many_changes_of_a_long_day_take_no_pass_of_their_own(apart: str) -> None:
    entries = [delivery(f"2026-11-22 {n // 60 % 24:02}:{n % 60:02}", number=n) for n in range(1, 2_001)]
    text = "* " + apart.join([render(PageSettings(), entry) for entry in entries] * 4)
    changes = [struck(entry, "2026-11-22 23:59") for entry in entries]

    few, many = (least_seconds(partial(correct, text, PageSettings(), changes[:most], {})) for most in (200, 2_000))

    assert many < 10 * few


def test_a_line_that_people_take_out_and_put_back_for_years_is_read_in_proportion() -> None:
    def toggled(times: int) -> Kept:
        pairs = ((a_change(ChangeKind.REMOVE), a_change(ChangeKind.RESTORE)) for _ in range(times))
        return Kept(an_entry(), NOON, changes=tuple(chain.from_iterable(pairs)))

    few, many = (least_seconds(partial(getattr, toggled(times), "in_force")) for times in (500, 5_000))

    assert many < 30 * few
