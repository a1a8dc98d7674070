"""What in a message becomes a link, who stands beside it, and what is taken for a secret: right and wrong."""

from __future__ import annotations

import pytest

from labsbot.settings import Author, LinkPattern, SecretShape
from labsbot.text.patterns import Pattern

from .conftest import RIGHT, Read, Refused, channel

TASK = LinkPattern(Pattern(r"\bT\d+\b"), url="https://tracker.example.org/{0}")
CHANGE = LinkPattern(Pattern(r"\bgerrit:(\d+)"), page="gerrit:{1}")

PATTERNS = r"""
  patterns:
    - {match: '\bT\d+\b', url: "https://tracker.example.org/{0}"}
    - {match: '\bgerrit:(\d+)', page: "gerrit:{1}"}
"""


def test_words_become_links_to_addresses_and_pages(read: Read) -> None:
    assert read(f"{RIGHT}page:{PATTERNS}").settings.top.page.patterns == (TASK, CHANGE)


def test_nearer_patterns_links_and_author_hold_instead(read: Read) -> None:
    text = channel("page: {author: account, links: false, patterns: [{match: x, page: X}]}")
    settings = read(f"{text}page:\n  author: nick{PATTERNS}").settings
    (near,) = settings.networks[0].channels
    assert (settings.top.page.author, settings.top.page.links) == (Author.NICK, True)
    assert (near.page.author, near.page.links) == (Author.ACCOUNT, False)
    assert near.page.patterns == (LinkPattern(Pattern("x"), page="X"),)
    assert (
        read(channel("page: {patterns: []}") + f"page:{PATTERNS}").settings.networks[0].channels[0].page.patterns == ()
    )


@pytest.mark.parametrize(
    ("pattern", "column", "words"),
    [
        ("{match: x}", 14, ": has none of “url” and “page”, expected one"),
        ("{match: x, page: X, url: 'https://x/'}", 14, ": has both of “url” and “page”, expected one"),
        ("{url: 'https://x/'}", 14, ".match: is missing"),
        ("{match: '(', page: X}", 22, ".match: this is no regular expression for RE2: missing ): (; …"),
        ("{match: 'x*', page: X}", 22, ".match: the pattern fits where nothing stands, …"),
        (r"{match: '(?<=T)\d', page: X}", 22, ".match: this is no regular expression for RE2: …"),
        ('{match: "\\bx", page: X}', 22, '.match: a backslash in "…" means something else in YAML: …'),
        (
            "{match: x, page: 'X:{1}'}",
            31,
            ".page: {1} is a group of the pattern that is not there: it has none, {0} is what was found",
        ),
        (
            "{match: '(x)', url: 'https://x/{1}/{2}'}",
            34,
            ".url: {2} is a group of the pattern that is not there: it has only 1, {0} is what was found",
        ),
        ("{match: x, page: 'X|{0}'}", 31, ".page: | cannot stand in a page's title, write for example “phab:{0}”"),
        ("{match: x, page: 'X{y}'}", 31, ".page: { cannot stand in a page's title, write for example “phab:{0}”"),
        ("{match: x, url: 'ftp://x/{0}'}", 30, ".url: expected an address that begins with https://"),
        ("{match: x, url: '//x/{0}'}", 30, ".url: expected an address that begins with https://"),
        ("{match: x, url: 'https://x/ {0}'}", 30, ".url: expected an address that begins with https://"),
        (
            "{match: x, url: 'https://{0}.example.org/'}",
            30,
            ".url: what was typed would say to which server the link goes, expected a fixed host",
        ),
        ("{match: x, url: 'https://x:{0}/'}", 30, ".url: what was typed would say to which server the link goes, …"),
        ("{match: x, url: 'https://u:p@x/{0}'}", 30, ".url: expected an address without a user and password in it"),
    ],
)
def test_a_mistake_in_a_pattern_is_named_with_its_place(
    refused: Refused, pattern: str, column: int, words: str
) -> None:
    (problem,) = refused(f"{RIGHT}page:\n  patterns: [{pattern}]\n")
    expected = f"13:{column}: page.patterns[0]{words}"
    if words.endswith("…"):
        assert problem.startswith(expected.removesuffix("…"))
    else:
        assert problem == expected


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("author: me", "13:11: page.author: expected nick, account or wiki"),
        ("links: perhaps", "13:10: page.links: expected true or false"),
        ("patterns: {match: x, page: X}", "13:3: page.patterns: expected a list, found keys with values"),
    ],
)
def test_other_values_are_refused(refused: Refused, page: str, problem: str) -> None:
    assert refused(f"{RIGHT}page:\n  {page}\n") == [problem]


# --- secrets in messages ------------------------------------------------------------------------------------------


def test_what_secrets_look_like_is_known_and_may_be_added_to(read: Read) -> None:
    settings = read(RIGHT + "secrets: {known: false, patterns: {a token of ours: 'ours_[a-z0-9]{20}'}}\n").settings
    assert settings.known_secrets is False
    assert settings.secrets == (SecretShape("a token of ours", Pattern("ours_[a-z0-9]{20}")),)


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        ("{patterns: {x: 'a('}}", "12:25: secrets.patterns.x: this is no regular expression for RE2: …"),
        ("{patterns: {x: 'a?'}}", "12:25: secrets.patterns.x: the pattern fits where nothing stands, …"),
        ("{patterns: ['a']}", "12:21: secrets.patterns: expected keys with values, found a list"),
        ("{patterns: {'': a}}", "12:22: secrets.patterns: expected a name as key"),
        ("{known: perhaps}", "12:18: secrets.known: expected true or false"),
        ("[x]", "12:10: secrets: expected keys with values, found a list"),
    ],
)
def test_a_mistake_about_secrets_is_named_with_its_place(refused: Refused, secrets: str, problem: str) -> None:
    (found,) = refused(f"{RIGHT}secrets: {secrets}\n")
    if problem.endswith("…"):
        assert found.startswith(problem.removesuffix("…"))
    else:
        assert found == problem
