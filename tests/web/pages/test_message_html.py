"""Whatever people type, a page shows it and does nothing else; what leads somewhere does so."""

from __future__ import annotations

import html5lib
import pytest

from labsbot.settings import LinkPattern, PageSettings
from labsbot.text.message import clean, parse
from labsbot.text.patterns import Pattern
from labsbot.web.pages.addresses import Addresses
from labsbot.web.pages.lines import LineWriter, Place
from labsbot.web.pages.message_html import message_html
from labsbot.web.pages.templates import Templates
from tests.formats.test_formats import HOSTILE, seen
from tests.web.pages.reading import HTML, alive, elements, parsed
from tests.wikitext.typed import FRAGMENTS, entities, mixtures, odd_characters, pairs_of_signs

PAGE = PageSettings(patterns=(LinkPattern(Pattern(r"\bT[0-9]+\b"), "https://tasks.example/{0}"),))
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "https://evil.example/\"onmouseover='alert(1)'",
    "https://evil.example/'onmouseover=alert(1)",
    "javascript:alert(1)",
    "JaVaScRiPt://evil.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript://x",
    'T1" onclick=alert(1)',
    "[[<script>|x]] [[Page|<b>x</b>]]",
    "</title></style></textarea><svg/onload=alert(1)>",
    "<!--<script>",
    "]]><![CDATA[",
    "{{ 7*7 }} {% raw %} {# x #}",
    "&lt;script&gt; &#60;script&#62;",
    "\u202e<script>",
)
TYPED = list(dict.fromkeys([*ATTACKS, *HOSTILE, *FRAGMENTS, *pairs_of_signs(), *odd_characters(), *entities()]))


def wiki_page(title: str) -> str:
    return f"https://wiki.example/index.php?title={title}"


def of_host(name: str) -> str:
    return f"/search?q=host:{name}"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see T1 & https://a.example/b?c&d.", 'see <a href="https://tasks.example/T1" rel="nofollow noreferrer">T1</a>'
         ' &amp; <a href="https://a.example/b?c&amp;d" rel="nofollow noreferrer">https://a.example/b?c&amp;d</a>.'),
        ("[[A page|words]]",
         '<a href="https://wiki.example/index.php?title=A page" rel="nofollow noreferrer">words</a>'),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("db1 & <db2>: T1", '<a href="/search?q=host:db1">db1</a> &amp; &lt;'
         '<a href="/search?q=host:db2">db2</a>&gt;: '
         '<a href="https://tasks.example/T1" rel="nofollow noreferrer">T1</a>'),
        ("", ""),
    ],
)  # fmt: skip
def test_links_lead_somewhere_and_all_else_is_text(text: str, html: str) -> None:
    assert message_html(text, PAGE, wiki_page, of_host) == html


def test_a_page_of_a_wiki_whose_addresses_nobody_knows_is_its_words() -> None:
    assert message_html("see [[A page|<words>]]", PAGE, lambda title: None, of_host) == "see &lt;words&gt;"


@pytest.mark.slow
def test_of_all_that_people_type_nothing_but_links_is_alive_and_nothing_is_lost() -> None:
    typed = [*TYPED, *mixtures(TYPED, 2000, 1)]
    assert len(typed) > 6000
    for text in typed:
        tree = html5lib.parseFragment(str(message_html(text, PAGE, wiki_page, of_host)))
        assert {each.tag for each in tree.iter()} <= {"DOCUMENT_FRAGMENT", f"{HTML}a"}, text
        assert list(alive(tree)) in ([], ["DOCUMENT_FRAGMENT"]), text
        shown = "".join(each.label or each.page or each.typed for each in parse(clean(text), True, PAGE.patterns))
        assert "".join(tree.itertext()) == shown.replace("\r", "\n"), text


@pytest.mark.slow
def test_a_whole_page_of_it_holds_as_many_entries_and_nothing_else() -> None:
    writer = LineWriter(Addresses(""), wiki_page, None)
    views = [seen(text, author=text[:40] or "x") for text in TYPED if clean(text)]
    content = Templates(Addresses("")).fill(
        "log",
        title=ATTACKS[0],
        log=Place(ATTACKS[1], "/all"),
        when=ATTACKS[0],
        zone=ATTACKS[1],
        wiki=None,
        project=None,
        here="/all",
        entries=ATTACKS[2],
        days=writer.days(views),
        earlier=None,
        later=None,
        author=ATTACKS[2],
        robots=True,
        formats=[],
        calendar=None,
        live="",
        feeds=[Place("x", "/x")],
    )
    tree = parsed(content)
    assert list(alive(tree)) == []
    assert len([each for each in elements(tree, "li") if each.attrib.get("id")]) == len(views)
