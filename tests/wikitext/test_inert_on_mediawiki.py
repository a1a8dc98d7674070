"""A real MediaWiki shows what was typed, as messages and as names, and does nothing else with it.

``TYPED_MIXTURES=100000`` makes the fuzz as long as one likes, ``TYPED_SEED=7`` another one.
"""

from __future__ import annotations

import html
import itertools
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from labsbot.model import Delivery, Edit
from labsbot.settings import LinkPattern, Order, PageSettings
from labsbot.text.message import clean
from labsbot.text.patterns import Pattern
from labsbot.wiki import open_wiki
from labsbot.wikitext import compose, create, inert, render, summary
from tests.servers.mediawiki import CODE, MediaWiki
from tests.wiki.conftest import settings_of
from tests.wikitext.faults import (
    BY_DEFAULT,
    BY_POSITION,
    EVERYTHING,
    PAGES,
    STYLES,
    Style,
    answered,
    fault_of,
    halved,
    parsed,
)
from tests.wikitext.rendered import Shown, added, plain
from tests.wikitext.typed import FRAGMENTS, SITE_LISTS, TOPICS, corpus, mixtures, of_site
from tests.wikitext.world import amended, day, delivery, place, struck

pytestmark = pytest.mark.servers

MIXTURES = int(os.environ.get("TYPED_MIXTURES", "2000"))
SEED = int(os.environ.get("TYPED_SEED", "1"))
MOST = 500
"""Entries to an edit."""
SETTINGS = PageSettings()
IN_FULL = ("as it is by default", "by position")
"""In these, all of the corpus is taken back."""


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaWiki]:
    """A wiki of our own: extensions make it read all its messages again, which others need not wait for."""
    with MediaWiki(tmp_path_factory.mktemp("mediawiki") / "wiki") as wiki:
        wiki.set("everything", EVERYTHING)
        for title, text in PAGES.items():
            wiki.edit_as_person(title, text)
        yield wiki


@pytest.fixture(scope="module")
def typed(wiki: MediaWiki) -> list[str]:
    return corpus(site_of(wiki))


def site_of(wiki: MediaWiki) -> dict[str, Any]:
    fields = {"action": "query", "meta": "siteinfo", "siprop": SITE_LISTS, "format": "json", "formatversion": "2"}
    site: dict[str, Any] = requests.get(wiki.api, params=fields, timeout=60).json()["query"]
    return site


def entries_of(texts: Sequence[str]) -> list[Delivery]:
    """Each text as a message, as an author's name and as a relay's."""
    return [
        delivery("2026-11-22 14:30", message=text, author=texts[number - 7], relay=texts[number - 13], number=number)
        for number, text in enumerate(texts)
    ]


def dealt(typed: Sequence[str], hand: int, hands: int) -> list[str]:
    """What was written by hand, and one of so many shares of all that was made: together the shares are all of it."""
    by_hand = frozenset(FRAGMENTS)
    made = [text for text in typed if text not in by_hand]
    return [*FRAGMENTS, *made[hand::hands]]


def taken_back(texts: Sequence[str]) -> list[Delivery]:
    """Each text as a message too that was taken back, as the reason, and as the name of whoever did it."""
    return [
        struck(entry, "2026-11-22 14:35", texts[number - 5], author=texts[number - 3], number=number)
        for number, entry in enumerate(entries_of(texts))
    ]


def faults(wiki: MediaWiki, style: Style, entries: Sequence[Delivery], settings: PageSettings = SETTINGS) -> list[str]:
    """What a reader would see of these entries, below the heading of a day, that was not typed."""
    settings = replace(settings, entry=style.entry)

    def fault(some: Sequence[Delivery]) -> str | None:
        text = "\n".join(["== 2026-11-22 ==", *(render(settings, entry) for entry in some)])
        return fault_of(parsed(wiki, text), style, settings, some)

    return halved(fault, entries, MOST)


def test_the_corpus_is_about_everything(typed: list[str]) -> None:
    assert len(typed) > 6000
    assert len(set(typed)) == len(typed)


# --- what is not made inert ---------------------------------------------------------------------------------------


def test_every_bundled_extension_that_adds_syntax_is_on_this_wiki(wiki: MediaWiki) -> None:
    """Tags and functions are added in the hook ParserFirstCallInit (Manual:Tag_extensions, Manual:Parser_functions)."""
    fields = {"action": "query", "meta": "siteinfo", "siprop": "extensions", "format": "json", "formatversion": "2"}
    loaded = {each["name"] for each in requests.get(wiki.api, params=fields, timeout=60).json()["query"]["extensions"]}
    bundled = [json.loads(path.read_text()) for path in CODE.glob("extensions/*/extension.json")]
    of_syntax = {each["name"] for each in bundled if "ParserFirstCallInit" in each.get("Hooks", {})}

    assert len(of_syntax) >= 10
    assert of_syntax <= loaded


def test_every_tag_of_this_wiki_acts_when_it_is_written_as_it_is(wiki: MediaWiki) -> None:
    tags = [tag.strip("<>") for tag in site_of(wiki)["extensiontags"]]
    assert len(tags) > 15
    for tag in tags:
        raw = f"<{tag}>x</{tag}>"
        assert Shown(parsed(wiki, f"* {raw}")["text"]).lines[0].text != raw


@pytest.mark.parametrize(
    "raw",
    ["{{#invoke:Evil|run}}", "{{Evil}}", "{{safesubst:#invoke:Evil|run}}", "{{subst:Evil}}"],
)
def test_so_does_a_module(wiki: MediaWiki, raw: str) -> None:
    page = parsed(wiki, f"* {raw}")
    assert raw in TOPICS["modules"]
    assert [category["category"] for category in page["categories"]] == ["Evil"]
    assert [section["line"] for section in page["sections"]] == ["Evil"]
    assert "notoc" in page["properties"]
    assert "reference" in page["text"]


def test_a_module_may_undo_what_was_done(wiki: MediaWiki) -> None:
    """What a wiki's own modules decode is for those who write them: nothing that labsbot writes could withstand."""
    page = parsed(wiki, "{{#invoke:Evil|echo|&#91;[Category:X]]}}")
    assert [category["category"] for category in page["categories"]] == ["X"]


# --- by the parser ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_an_entry_is_shown_as_typed_and_does_nothing_else(wiki: MediaWiki, typed: list[str], style: Style) -> None:
    assert faults(wiki, style, entries_of(typed)) == []


@pytest.mark.parametrize("name", STYLES)
def test_so_is_an_entry_that_was_taken_back_with_whoever_did_it_and_why(
    wiki: MediaWiki, typed: list[str], name: str
) -> None:
    """All of it in two styles, and dealt out among the others: that each shows all of it was seen above."""
    others = [each for each in STYLES if each not in IN_FULL]
    texts = typed if name in IN_FULL else dealt(typed, others.index(name), len(others))
    assert faults(wiki, STYLES[name], taken_back(texts)) == []


@pytest.mark.parametrize("style", ["as it is by default", "by position", "by a template's module"])
def test_so_is_any_mixture_that_was_taken_back(wiki: MediaWiki, typed: list[str], style: str) -> None:
    mixed = mixtures(typed, MIXTURES, SEED)[list(STYLES).index(style) % 3 :: 3]
    assert faults(wiki, STYLES[style], taken_back(mixed)) == []


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_what_was_taken_back_is_struck_and_readers_see_the_last_text_alone(wiki: MediaWiki, style: Style) -> None:
    settings = PageSettings(entry=style.entry)
    entry = amended(delivery("2026-11-22 14:30", "first"), "2026-11-22 14:34", "</s> second")
    back = struck(entry, "2026-11-22 14:35", "</small></s> why")
    page = parsed(wiki, "\n".join(render(settings, each) for each in (entry, back)))

    amendment, strike = Shown(page["text"]).lines
    assert "</s> second" in plain(amendment.text)
    assert entry.id in amendment.ids
    assert plain(strike.text).endswith("taken back 14:35 by alice: </small></s> why")
    assert re.findall(r"<s>(.*?)</s>", page["text"]) == ["&lt;/s&gt; second"]
    assert "first" not in page["text"]
    assert amendment.elements[-1] == "span id"


@pytest.mark.parametrize("style", ["as it is by default", "by position", "by a template's module"])
def test_so_is_any_mixture(wiki: MediaWiki, typed: list[str], style: str) -> None:
    assert faults(wiki, STYLES[style], entries_of(mixtures(typed, MIXTURES, SEED))) == []


def test_so_are_messages_in_which_links_are_off(wiki: MediaWiki) -> None:
    assert faults(wiki, BY_DEFAULT, entries_of(FRAGMENTS), PageSettings(links=False)) == []


@pytest.mark.parametrize("language", ["de", "cy", "hr", "tr", "zh", "sr"])
def test_so_it_is_on_a_wiki_in_another_language(wiki: MediaWiki, language: str) -> None:
    """With its own words, its variants (``-{…}-``), its names for the files themselves."""
    with wiki.setting("language", f"$wgLanguageCode = '{language}';"):
        fragments = [*of_site(site_of(wiki)), *TOPICS["links"], *TOPICS["signs"], *TOPICS["magic-words"]]

        assert faults(wiki, BY_DEFAULT, entries_of(list(dict.fromkeys(fragments)))) == []


@pytest.mark.parametrize("style", ["as it is by default", "by position", "bold and italic"])
def test_whoever_has_a_page_on_the_wiki_is_a_link_to_it_under_any_name(wiki: MediaWiki, style: str) -> None:
    entries = [
        delivery("2026-11-22 14:30", "done", author=name, user="Al (b)/c", number=number)
        for number, name in enumerate(FRAGMENTS)
    ]
    assert faults(wiki, STYLES[style], entries) == []

    settings = PageSettings(entry=STYLES[style].entry)
    page = parsed(wiki, "\n".join(render(settings, entry) for entry in entries))
    for entry, line in zip(entries, Shown(page["text"]).lines, strict=True):
        leads = [href for _, href in line.links if "User:Al_(b)/c" in unquote(href)]
        assert len(leads) == bool(clean(entry.entry.author)), entry.entry.author


@pytest.mark.parametrize(
    "around",
    ["\n{}\n", "\n {}", "\n*{}\n:{}", "\n{{|\n|-\n|{}\n| {}\n!{}!!{}\n|}}\n"],
    ids=["at the beginning of a line", "preformatted", "in lists", "in a table"],
)
def test_a_template_may_put_it_anywhere(wiki: MediaWiki, typed: list[str], around: str) -> None:
    texts = [text for text in dict.fromkeys(map(clean, typed)) if text]
    times = around.count("{}")
    for start in range(0, len(texts), MOST):
        some = texts[start : start + MOST]
        blocks = (around.format(*[inert(text, links=False)] * times) for text in some)
        page = parsed(wiki, "\n".join(f"<div>{block}</div>\n" for block in blocks))

        lines = Shown(page["text"].partition(">")[2], "div").lines
        assert [plain(line.text) for line in lines] == [plain(" ".join([text] * times)) for text in some]
        assert added(page) == dict.fromkeys(added(page), 0)


def test_no_value_acts_together_with_its_neighbours(wiki: MediaWiki, typed: list[str]) -> None:
    style = Style(
        '{author}<span id="{id}">{message}</span>{message}{author}', shown="{author}{message}{message}{author}"
    )
    # An address would go on in what stands beside it, as in every text.
    alone = [text for text in typed if ":" not in text]
    assert len(alone) > 3000
    entries = [replace(entry, entry=replace(entry.entry, relay=None)) for entry in entries_of(alone)]

    assert faults(wiki, style, entries) == []


# --- saved --------------------------------------------------------------------------------------------------------

PROJECT = """About [[Main Page|it]].

== Server Admin Log ==
Not here: __NOTOC__ {{SAL entry|said|00:00|bob|before}}

== Instances ==
{{SAL entry|last|00:00|bob|after}} [[Category:Kept]]"""


@pytest.mark.parametrize(
    ("settings", "before", "has"),
    [
        (PageSettings(), None, {}),
        (
            PageSettings(heading="Server Admin Log", order=Order.OLDEST),
            PROJECT,
            {"sections": 3, "templates": 1, "categories": 1, "properties": 1},
        ),
    ],
    ids=["on a page of its own", "below a heading"],
)
def test_saved_on_a_page_it_changes_nothing_else_there(
    wiki: MediaWiki, typed: list[str], settings: PageSettings, before: str | None, has: dict[str, int]
) -> None:
    numbers = itertools.count(1)

    def fault(some: Sequence[Delivery]) -> str | None:
        title = f"Nova Resource:Saved {settings.order.value} {next(numbers)}/SAL"
        if before:
            wiki.edit_as_person(title, before)
        middle = len(some) // 2
        for half in (some[:middle], some[middle:]):
            save(wiki, title, settings, half)
        in_order = some[::-1] if settings.order is Order.NEWEST else some
        return fault_of(answered(wiki, page=title), BY_DEFAULT, settings, in_order, has)

    texts = dealt(typed, 0, 4) if before else typed  # by the place on the page, no text is shown otherwise
    assert halved(fault, entries_of(texts), 2 * MOST) == []


def save(wiki: MediaWiki, title: str, settings: PageSettings, entries: Sequence[Delivery]) -> None:
    """One edit of what labsbot composes, through its own edge."""
    edge = open_wiki(settings_of(wiki))
    page = edge.look(title)
    if page.revision is None:
        edit = Edit(page.title, None, None, page.seen, create(settings, "tools", entries).text, "made")
    else:
        spot = place(page.sections, settings, day("2026-11-22"))
        text = compose(edge.section(page, spot.section), spot, settings, entries).text
        edit = Edit(page.title, spot.section, page.revision, page.seen, text, summary("7f3a", entries[:9]))
    edge.save(edit)


# --- what is alive ------------------------------------------------------------------------------------------------

PATTERNS = (
    LinkPattern(Pattern(r"\bT\d+\b"), url="https://phab.example.org/{0}"),
    LinkPattern(Pattern(r"\bI[0-9a-f]{8,40}\b"), url="https://gerrit.example.org/q/{0}?x=y&z"),
    LinkPattern(Pattern(r"\b[Bb]ug (\d+)"), page="phab:T{1}"),
    LinkPattern(Pattern(r"\s#(\S+)"), url="https://tracker.example.org/?q={1}"),
    LinkPattern(Pattern(r"\bpage:(.+?);"), page="{1}"),
)


def test_what_patterns_find_is_shown_as_typed_too(wiki: MediaWiki, typed: list[str]) -> None:
    settings = PageSettings(patterns=PATTERNS)
    around = ["T12{}", "{}T12", "T1 {} I0123abcd", "x #{}", "page:{};", "Bug 7{}", "bug 7 {} T1"]
    texts = [around[number % len(around)].format(text) for number, text in enumerate(typed)]

    for style in (BY_DEFAULT, BY_POSITION):
        assert faults(wiki, style, entries_of(texts), settings) == []
    assert faults(wiki, BY_POSITION, entries_of(mixtures(texts, MIXTURES, SEED)), settings) == []


@pytest.mark.parametrize(
    ("message", "leads"),
    [
        ("T1, (T2)", ["https://phab.example.org/T1", "https://phab.example.org/T2"]),
        ("xT1 T1x T", []),
        ("bug 77", ["https://phab.example.org/T77"]),
        ("x #a?b&c=[d]|e/../f%20", ["https://tracker.example.org/?q=a%3Fb%26c%3D%5Bd%5D%7Ce/../f%2520"]),
        ("page:de:x;", ["https://de.example.org/x"]),
        ("page:Media:x; page:a|b; page:Category:C;", ["/index.php?title=Category:C&action=edit&redlink=1"]),
        ("https://[::1]/T1 [[Main Page|T2]]", ["https://[::1]/T1", "/wiki/Main_Page"]),
        ("I0123abcd", ["https://gerrit.example.org/q/I0123abcd?x=y&z"]),
        ("http://example.org/a?b=c&d=e.", ["http://example.org/a?b=c&d=e"]),
        ("http://example.org/__NOTOC__", ["http://example.org/__NOTOC__"]),
        (
            "http://example.org/a[1], [http://example.org/b|c d]",
            ["http://example.org/a%5B1%5D", "http://example.org/b%7Cc"],
        ),
        ("http://example.org/''a''", ["http://example.org/''a''"]),
        ("(http://example.org/a.png)", ["http://example.org/a.png"]),
        ("[[phab:T1]] [[:de:x|y]]", ["https://phab.example.org/T1", "https://de.example.org/x"]),
        ("irc://irc.example.org/a mailto:a@b.c ssh://x/[1]", ["irc://irc.example.org/a", "mailto:a@b.c"]),
    ],
)
def test_what_is_alive_leads_where_it_says(wiki: MediaWiki, message: str, leads: list[str]) -> None:
    for style in (BY_DEFAULT, BY_POSITION):
        line = render(PageSettings(patterns=PATTERNS, entry=style.entry), delivery("2026-11-22 14:30", message))
        shown = Shown(parsed(wiki, line)["text"])
        assert [href for _, href in shown.lines[0].links if not href.startswith("#sal-")] == leads


def test_a_summary_is_shown_as_typed_and_holds_no_link(wiki: MediaWiki) -> None:
    fields = {"action": "parse", "prop": "", "format": "json", "formatversion": "2"}
    with requests.Session() as session:
        for several in zip(*[iter(FRAGMENTS)] * 8, strict=False):
            message, author = " ".join(several), several[0]
            said = summary("7f3a", [delivery("2026-11-22 14:30", message, author=author)])
            answer = session.post(wiki.api, data={**fields, "summary": said}, timeout=60).json()

            shown = answer["parse"]["parsedsummary"]
            assert "<" not in shown
            seen = html.unescape(shown).replace("\u2060", "")
            whole = f"{clean(author)}: {clean(message)}".replace("\u2060", "")
            assert seen.endswith(" [b:7f3a]")
            words = seen.removesuffix(" [b:7f3a]")
            assert words == whole or (len(said) == 500 and whole.startswith(words.removesuffix("…")))
