"""What a line in a channel means."""

from __future__ import annotations

import pytest

from labsbot.desk.command import Ask, Log, Malformed, Reserved, asks_for_help, form, mentions, parse


@pytest.mark.parametrize(
    ("text", "project", "message"),
    [
        ("!log tools restarted the web service", "tools", "restarted the web service"),
        ("!LOG tools x", "tools", "x"),
        (" !log tools x", "tools", "x"),
        ("\t!log\ttools \t x", "tools", "x"),
        ("!log\N{NO-BREAK SPACE}tools\N{IDEOGRAPHIC SPACE}x", "tools", "x"),
        ("!log tools: x", "tools", "x"),
        ("!log <tools> x", "tools", "x"),
        ("!log <tools>: x", "tools", "x"),
        ("!log: tools x", "tools", "x"),
        ("\x02!log\x02 tools x", "tools", "x"),
        ("\x0304!log\x03 \x1dtools\x1d x", "tools", "x"),
        ("\x0304,12!log tools x", "tools", "x"),
        ("\x04ff0000!log tools x", "tools", "x"),
        ("!log \x02 \x02 tools x", "tools", "x"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}!log tools\N{ZERO WIDTH SPACE} x", "tools", "x"),
        ("!log help me", "help", "me"),
        ("!log helpdesk queue drained", "helpdesk", "queue drained"),
        ("!log tools.FooBar x", "tools.FooBar", "x"),
        ("!log Testlabs x", "Testlabs", "x"),
        ("!log 12:30:45 x", "12:30:45", "x"),
        ("!log 2012 x", "2012", "x"),
        ("!log user@host tools x", "user@host", "tools x"),
        ("!log [alice@host] x (T123)", "[alice@host]", "x (T123)"),
        ("!log tools 14:05 x", "tools", "14:05 x"),
        ("!log tools a, b", "tools", "a, b"),
        ("!log tools, restarted x", "tools", "restarted x"),
        ("!log tools,, x", "tools", "x"),
        ("!log tools : x", "tools", "x"),
        ("!log tools , x", "tools", "x"),
        ("!log tools ,x", "tools", ",x"),
        ("!log , tools x", "tools", "x"),
        ("!log - tools x", "tools", "x"),
        ("!log, tools x", "tools", "x"),
        ("!log. tools x", "tools", "x"),
        ("!log - tools: x", "tools", "x"),
        ("!log:tools x", "tools", "x"),
        ("!log,tools x", "tools", "x"),
        ("!log：tools x", "tools", "x"),
        ("! log tools x", "tools", "x"),
        ("!\N{NO-BREAK SPACE}log tools x", "tools", "x"),
        ("！log tools x", "tools", "x"),
        ("！ＬＯＧ\N{IDEOGRAPHIC SPACE}tools x", "tools", "x"),
    ],
)
def test_the_project_is_named_in_the_command(text: str, project: str, message: str) -> None:
    assert parse(text, bound=False) == Log(project, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!log restarted the web service", "restarted the web service"),
        ("!log tools x", "tools x"),
        ("!log <tools> x", "<tools> x"),
        ("!log: x", "x"),
        ("!log x", "x"),
        ("!log db1,db2 rebooted", "db1,db2 rebooted"),
        ("!log help me", "help me"),
        ("!log 14:05", "14:05"),
        ("!log \x02bold\x02 words", "\x02bold\x02 words"),
        ("!log a  b\tc ", "a  b\tc"),
    ],
)
def test_a_channel_with_a_project_of_its_own_logs_all_words(text: str, message: str) -> None:
    assert parse(text, bound=True) == Log(None, message)


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "!logs tools x",
        "!login",
        "!log:)",
        "!log:) nice",
        "!log:D",
        "!log;-)",
        "!log:/",
        "!logger tools x",
        "! logs tools x",
        "!log-rotate is broken",
        "!log.txt is gone",
        "!log/tools x",
        "!log=5",
        "!logtools x",
        "!log\x02tools x",
        "labsbot: !log tools x",
        "<alice> !log tools x",
        "\x01ACTION !log tools x\x01",
        "say !log tools x",
        "!!log tools x",
    ],
)
def test_what_was_not_said_to_the_bot_is_nothing(text: str, bound: bool) -> None:
    assert parse(text, bound) is None


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("!log help", Ask.HELP),
        ("!log HELP ", Ask.HELP),
        ("!log \x02help\x02", Ask.HELP),
        ("!LOG\thelp", Ask.HELP),
        ("!log: help!", Ask.HELP),
        ("!log he\N{ZERO WIDTH SPACE}lp", Ask.HELP),
        ("!log ?", Ask.HELP),
        ("!log?", Ask.HELP),
        ("!log projects", Ask.PROJECTS),
        ("!log list", Ask.PROJECTS),
        ("!log List  Projects.", Ask.PROJECTS),
        ("!log last", Ask.LAST),
        ("!log undo", Ask.CHANGE),
        ("!log amend", Ask.CHANGE),
    ],
)
def test_a_message_that_is_nothing_but_a_request_is_one(text: str, ask: Ask, bound: bool) -> None:
    assert parse(text, bound) is ask


@pytest.mark.parametrize(
    "message",
    [
        "rebooted",
        "undo the change of yesterday",
        "last night's backup ran",
        "list of hosts updated",
        "help me",
        "revert",
    ],
)
def test_a_message_that_begins_like_a_request_is_an_entry(message: str) -> None:
    assert parse(f"!log {message}", bound=True) == Log(None, message)


def test_help_is_asked_for_by_the_bots_nick_and_by_the_word_of_the_operators_choice() -> None:
    for text in (
        "labsbot: help",
        "Labsbot, help!",
        "@labsbot help",
        "\x02labsbot\x02: HELP",
        "labsbot: ?",
        "labsbot help",
    ):
        assert asks_for_help(text, "labsbot", None), text
    assert asks_for_help(" !HELP", "labsbot", "!help")
    for text in ("!help", "labsbot: help me", "labsbothelp", "labsbot_: help", "help", "labsbot: !log tools x"):
        assert not asks_for_help(text, "labsbot", None), text
    assert not asks_for_help("!help me", "labsbot", "!help")
    assert not asks_for_help(": help", "", None)


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("x !log y", True),
        ("(!log)", True),
        ("！ｌｏｇ", True),
        ("!lo\x02g", True),
        ("!logs", False),
        ("a!log b", False),
    ],
)
def test_that_the_command_stands_somewhere_is_seen(text: str, does: bool) -> None:
    assert mentions(text) is does


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    "text", ["!log", "!log ", "!log:", "!log \x02\x02", "!log \t\N{NO-BREAK SPACE}", "!log \x0304"]
)
def test_an_empty_command_is_told_what_is_missing(text: str, bound: bool) -> None:
    said = parse(text, bound)
    assert isinstance(said, Malformed)
    assert "missing" in said.explanation


def test_the_form_names_a_project_only_where_one_is_known() -> None:
    assert form(bound=True, example="tools") == "!log <message>, for example: !log restarted the web service"
    assert form(bound=False, example="mail").endswith("for example: !log mail restarted the web service")
    assert form(bound=False) == "!log <project> <message>"


@pytest.mark.parametrize(
    "text",
    [
        "!log tools",
        "!log tools ",
        "!log tools:",
        "!log tools \x02\x0f",
        "!log tools \N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}",
        "!log tools \x07",
        "!log tools \N{HANGUL FILLER}",
        "!log : x",
        "!log <> x",
    ],
)
def test_half_an_entry_is_told_what_is_missing(text: str) -> None:
    assert isinstance(parse(text, bound=False), Malformed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!log 14:05 tools x", "late"),
        ("!log 9:05 tools x", "late"),
        ("!log -15m tools x", "late"),
        ("!log -2H tools x", "late"),
        ("!log \x0214:05\x02 tools x", "late"),
        ("!log tools,bots x", "several"),
        ("!log <tools,bots> x", "several"),
        ("!log tools,bots: x", "several"),
        ("!log, 14:05 tools x", "late"),
    ],
)
def test_forms_that_will_mean_something_later_are_refused_by_name(text: str, words: str) -> None:
    said = parse(text, bound=False)
    assert isinstance(said, Reserved)
    assert words in said.explanation


def test_a_late_entry_is_refused_in_a_channel_with_a_project_of_its_own_too() -> None:
    assert isinstance(parse("!log 14:05 rebooted", bound=True), Reserved)
    assert isinstance(parse("!log -15m rebooted", bound=True), Reserved)


def test_a_refusal_repeats_nothing_that_was_typed() -> None:
    hostile = "\N{REPLACEMENT CHARACTER}" * 300
    for text in (f"!log {hostile}", f"!log {hostile},{hostile} x"):
        said = parse(text, bound=False)
        assert isinstance(said, Malformed | Reserved)
        assert hostile[0] not in said.explanation
        assert len(said.explanation.encode()) < 300, "the reply must fit into a line"


UNSEEN = [
    *"\u200e\u200f\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c\u115f\u180e\u180f\u2066\ufe0f\ufff0\U000e0020\U000e01ef",
    "\u200b\u200e\x02",
]


@pytest.mark.parametrize("mark", UNSEEN, ids=ascii)
def test_marks_that_nobody_sees_are_dropped_around_and_inside_the_command_and_the_project(mark: str) -> None:
    for text in (f"{mark}!log tools x", f"!{mark}log tools x", f"!l{mark}og{mark} {mark}to{mark}ols{mark} x"):
        assert parse(text, bound=False) == Log("tools", "x"), ascii(text)
    assert parse(f"{mark} {mark}!log x", bound=True) == Log(None, "x")
    assert isinstance(parse(f"!log tools {mark}", bound=False), Malformed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "lead", ["\x0311,12", "\x02", " ", "!log ", "\x04ffffff,ffffff", "\u200b", "!", ":", "-", ": ", ", ", "!\u200b"]
)
def test_a_line_made_to_be_slow_to_read_is_not(lead: str) -> None:
    """What took the square of its length would take minutes."""
    many = lead * (400_000 // len(lead))
    for text in (many, f"!log {many}", f"!log a{many}!"):
        parse(text, bound=False)
