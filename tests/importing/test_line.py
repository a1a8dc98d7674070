"""Lines of logs, as bots and people have written them, and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from labsbot.importing.line import LineRead, Strike, begins_entry, read_line
from labsbot.importing.words import name, typed
from labsbot.settings import LinkPattern, PageSettings
from labsbot.text.patterns import Pattern
from labsbot.wikitext import inert, render
from tests.wikitext.typed import FRAGMENTS
from tests.wikitext.world import amended, delivery, struck

PLAIN = PageSettings()


def said(line: str, settings: PageSettings = PLAIN) -> tuple[str, str, str]:
    """The time as it is written, the author and the message."""
    found = read_line(line, settings)
    assert found is not None
    return found.written, found.author, found.message


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("04:26 tom: moved the mail to box4", ("04:26", "tom", "moved the mail to box4")),
        ("* 14:30 tom: restarted squid on sq7", ("14:30", "tom", "restarted squid on sq7")),
        ("*14:30 tom:restarted: all", ("14:30", "", "tom:restarted: all")),
        ("* 8:00 tom: early", ("8:00", "tom", "early")),
        ("* ~19:45 tom: about then", ("~19:45", "tom", "about then")),
        ("* ca. 19:45 tom: about then", ("ca. 19:45", "tom", "about then")),
        ("* 22:01-22:46: the wiki was slow", ("22:01-22:46", "", "the wiki was slow")),
        ("* 22:01 – 22:46 tom: it was slow", ("22:01 – 22:46", "tom", "it was slow")),
        ("* 4:22 tom : with a blank", ("4:22", "tom", "with a blank")),
        ("* 14:30 [[Tom Jones]]: linked", ("14:30", "Tom Jones", "linked")),
        ("* 14:30 [[User:Tom Jones|tom]]: linked", ("14:30", "tom", "linked")),
        ("* 14:30 <tom> : pasted", ("14:30", "tom", "pasted")),
        ("* 14:30 SPQR|Box: a nick with a bar", ("14:30", "SPQR|Box", "a nick with a bar")),
        ("* {{SAL entry|1=14:30 tom: with {{braces}} in it}}", ("14:30", "tom", "with {{braces}} in it")),
        ("* {{safesubst:SAL entry|1=14:30 tom: x = y}}", ("14:30", "tom", "x = y")),
        ("* {{SAL|14:30 tom: never closed", ("14:30", "tom", "never closed")),
        ("* '''14:30''' tom: bold", ("14:30", "tom", "bold")),
        ("* 14:30 UTC tom: zoned", ("14:30 UTC", "tom", "zoned")),
        ("* 14:30 tom: <nowiki>[[not a link]]</nowiki> &lt;b&gt;", ("14:30", "tom", "[[not a link]] <b>")),
        ("* 14:30", ("14:30", "", "")),
    ],
)
def test_a_line_says_when_who_and_what(line: str, expected: tuple[str, str, str]) -> None:
    assert said(line) == expected
    assert begins_entry(line)


@pytest.mark.parametrize(
    "line",
    [
        "* tom: no time",
        "text",
        "",
        "* 25:00 tom: no such time",
        "* 14:61 tom: no such time",
        "* 123:45 no",
        "== 14:30 ==",
    ],
)
def test_what_has_no_time_is_no_entry(line: str) -> None:
    assert read_line(line, PLAIN) is None
    assert not begins_entry(line)


@pytest.mark.parametrize(
    "line",
    [
        "* <s>14:30 tom: not so</s>",
        "* 14:30 tom: <s>not so</s>",
        "* 14:30 tom: <del>not so</del>",
        "* <s>14:30</s> tom: <s>not so</s>",
    ],
)
def test_what_people_have_struck_is_struck(line: str) -> None:
    found = read_line(line, PLAIN)
    assert found is not None
    assert (found.message, found.strike) == ("not so", Strike())


def test_what_is_struck_in_parts_stays_as_it_was_typed() -> None:
    found = read_line("* 14:30 tom: <s>db1</s> db2 <s>again</s>", PLAIN)
    assert found is not None
    assert (found.message, found.strike) == ("<s>db1</s> db2 <s>again</s>", None)


def test_a_second_is_kept_where_the_line_says_it() -> None:
    found = read_line("* 14:30:07 tom: exactly", PLAIN)
    assert found is not None
    assert (found.clock, found.second, found.author) == ("14:30", 7, "tom")


FORMS = [
    PLAIN.entry,
    "{{SAL entry|{id}|{time}|{author}|{message}}}",
    '<span id="{id}">{time} {author}: {message}</span>',
    "'''{author}''' ({time}): {message} <span id=\"{id}\"></span>",
]
MESSAGES = some.sampled_from(FRAGMENTS) | some.text(max_size=30)


@given(MESSAGES, some.sampled_from(FORMS), some.sampled_from(["alice", "Tom Jones", "a|b", "o:o", "[x]"]))
def test_what_we_have_written_is_read_back_whatever_was_typed(message: str, form: str, author: str) -> None:
    settings = replace(PLAIN, entry=form)
    sent = delivery("2026-11-22 14:30:01.500", f"a {message} z", author=author)
    found = read_line(render(settings, sent), settings)
    assert found is not None
    assert (found.id, found.clock, found.author) == (sent.entry.id, "14:30", author)
    assert found.said == datetime(2026, 11, 22, 14, 30, 1, 500_000, UTC)
    assert "".join(inert(found.message).split()) == "".join(inert(sent.entry.message).split())


@pytest.mark.parametrize("reason", ["", "wrong: host", "</small>", "- <b> [[x]]"])
@pytest.mark.parametrize("author", ["bob", "bob: x", "<nowiki/>", "2001:db8::1", "</small>", "-bob-", "b < c"])
def test_whoever_took_it_back_with_or_without_a_reason_it_is_taken_back(author: str, reason: str) -> None:
    sent = struck(delivery("2026-11-22 14:30:01", "restarted"), "2026-11-23 09:00", reason, author=author)
    found = read_line(render(PLAIN, sent), PLAIN)
    assert found is not None
    assert sent.change is not None
    assert (found.message, found.strike) == ("restarted", Strike(sent.change.id, author, reason))


@given(MESSAGES, MESSAGES, some.sampled_from(FORMS), some.sampled_from(["2026-11-22", "2026-11-23"]), some.booleans())
def test_a_line_of_ours_is_struck_if_and_only_if_we_have_struck_it(
    message: str, reason: str, form: str, day: str, first_amended: bool
) -> None:
    settings = replace(PLAIN, entry=form)
    sent = delivery("2026-11-22 14:30:01", f"a {message} z")
    if first_amended:
        sent = amended(sent, "2026-11-22 14:40", f"b {message} z")
    for each, is_struck in ((sent, False), (struck(sent, f"{day} 15:00", reason, author="bob"), True)):
        found = read_line(render(settings, each), settings)
        assert found is not None
        assert (found.strike is not None) is is_struck
        assert found.message.startswith("b " if first_amended else "a ")


def test_what_was_taken_back_is_read_with_who_and_why() -> None:
    sent = struck(delivery("2026-11-22 14:30:01", "restarted"), "2026-11-23 09:00", "wrong: host [b]", author="bob: x")
    found = read_line(render(PLAIN, sent), PLAIN)
    assert found is not None
    assert sent.change is not None
    assert found.message == "restarted"
    assert found.strike == Strike(sent.change.id, "bob: x", "wrong: host [b]")


@pytest.mark.parametrize("remark", [" really? ~bob", "<!-- x -->", " <small>(no, right. bob)</small>", "{{done}}"])
@pytest.mark.parametrize("reason", ["", "wrong: host", "</small>"])
@pytest.mark.parametrize("form", FORMS)
def test_what_people_remark_behind_a_line_of_ours_makes_nothing_else_of_it(form: str, reason: str, remark: str) -> None:
    settings = replace(PLAIN, entry=form)
    sent = delivery("2026-11-22 14:30:01", "restarted")
    undone = struck(sent, "2026-11-23 09:00", reason, author="bob")
    assert undone.change is not None
    found = read_line(render(settings, undone) + remark, settings)
    assert found is not None
    assert (found.message, found.strike) == ("restarted", Strike(undone.change.id, "bob", reason))
    found = read_line(render(settings, amended(undone, "2026-11-23 09:01", "started")) + remark, settings)
    assert found is not None
    assert found.message == "started"
    found = read_line(render(settings, amended(sent, "2026-11-22 14:31", "started")) + remark, settings)
    assert found is not None
    assert found.message == f"started {remark.strip()}"


@pytest.mark.parametrize(
    "reason", ["at 10:00 by root: he broke it", "10:00 by root", "wrong host 10:00 by root: drunk"]
)
@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-23"])
def test_no_reason_names_somebody_else_as_the_one_who_took_it_back(day: str, reason: str) -> None:
    sent = struck(delivery("2026-11-22 14:30:01", "restarted"), f"{day} 15:00", reason, author="mallory")
    found = read_line(render(PLAIN, sent), PLAIN)
    assert found is not None
    assert sent.change is not None
    assert found.strike == Strike(sent.change.id, "mallory", reason)


@pytest.mark.parametrize(
    "line",
    [
        "* <s>20:56 dave: text</s> (wrong node)",
        "* <del>20:56 dave: text</del> (wrong node)",
        '* <s><span id="sal-20261122205600-1967f3a">[[#x|20:56]]</span> dave: text</s> (wrong node)',
    ],
)
def test_what_people_put_behind_a_line_that_they_have_struck_is_their_reason(line: str) -> None:
    found = read_line(line, PLAIN)
    assert found is not None
    assert (found.author, found.message, found.strike) == ("dave", "text", Strike(reason="(wrong node)"))


def test_a_line_that_we_struck_is_struck_whatever_people_make_of_the_reason() -> None:
    sent = struck(delivery("2026-11-22 14:30:01", "restarted"), "2026-11-23 09:00", "wrong host", author="bob")
    found = read_line(render(PLAIN, sent).replace("taken back", "gone"), PLAIN)
    assert found is not None
    assert found.strike == Strike()


def test_what_was_amended_says_what_it_says_by_now() -> None:
    sent = amended(delivery("2026-11-22 14:30:01", "restarted"), "2026-11-22 14:31", "restarted db1")
    assert said(render(PLAIN, sent)) == ("14:30", "alice", "restarted db1")


def test_authors_lead_to_users_and_come_by_relays() -> None:
    sent = delivery("2026-11-22 14:30:01", author="Tom J", user="Tom", relay="bridge")
    found = read_line(render(PLAIN, sent), PLAIN)
    assert found is not None
    assert (found.author, found.user, found.relay) == ("Tom J", "Tom", "bridge")


def test_what_a_pattern_has_made_a_link_is_read_as_it_was_typed() -> None:
    pattern = LinkPattern(Pattern(r"T[0-9]+"), url="https://tasks.example/{0}")
    settings = replace(PLAIN, patterns=(pattern,))
    sent = delivery("2026-11-22 14:30", "see T123 and https://x.example/a?b=[c] [[Main Page|here]]")
    assert said(render(settings, sent), settings)[2] == sent.entry.message


def test_only_the_anchor_of_a_line_is_its_id() -> None:
    found = read_line('* 14:30 tom: see <span id="sal-20261122143001-7f3a">x</span>', PLAIN)
    assert isinstance(found, LineRead)
    assert found.id is None


def test_what_nobody_sees_between_blanks_leaves_one_blank_as_everywhere() -> None:
    assert typed("a \u202e rev\x07 \x9b31m  b") == "a rev 31m b"
    assert name(" to \u202e m ") == "to m"
