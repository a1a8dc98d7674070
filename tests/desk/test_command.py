"""What a line in a channel means."""

from __future__ import annotations

import pytest

from labsbot.desk.command import (
    Add,
    Amend,
    Ask,
    Form,
    Last,
    Malformed,
    Undo,
    Where,
    asks_for_help,
    explain,
    form,
    id_in,
    mentions,
    parse,
)
from labsbot.settings import USUAL_WORDS, Words
from labsbot.text.typed_time import Ago, WallClock

ID = "sal-20261121140500-7f3a"
LINK = f"https://wiki.example.org/wiki/Nova_Resource:Tools/SAL#{ID}"


def is_project(name: str) -> bool:
    """Whether it is one of those that the tests below take for known."""
    return name.casefold() in {"tools", "bots", "web", "mail", "14:05", "2012"}


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
        ("!log 2012 x", "2012", "x"),
        ("!log user@host tools x", "user@host", "tools x"),
        ("!log [alice@host] x (T123)", "[alice@host]", "x (T123)"),
        ("!log tools at 14:05 x", "tools", "at 14:05 x"),
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
    assert parse(text, bound=False) == Add((project,), message)


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
        ("!log \x02bold\x02 words", "\x02bold\x02 words"),
        ("!log a  b\tc ", "a  b\tc"),
    ],
)
def test_a_channel_with_a_project_of_its_own_logs_all_words(text: str, message: str) -> None:
    assert parse(text, bound=True) == Add((), message)


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
        ("!log undo", Ask.CHANGE),
        ("!log undo, please!", Ask.CHANGE),
        ("!log amend", Ask.CHANGE),
        (f"!log undo {ID}", Ask.CHANGE),
        (f"!log amend {LINK} other words", Ask.CHANGE),
        ("!undo help", Ask.CHANGE),
        ("!undo?", Ask.CHANGE),
        ("!amend ?", Ask.CHANGE),
        ("!log help undo", Ask.HELP_CHANGE),
        ("!log help !Amend", Ask.HELP_CHANGE),
        ("!log help late", Ask.HELP_LATE),
        ("!log help several logs", Ask.HELP_SEVERAL),
        ("!log help projects", Ask.PROJECTS),
        ("!log help last", Ask.HELP),
        ("!last help", Ask.HELP),
        ("!sal?", Ask.HELP),
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
    assert parse(f"!log {message}", bound=True) == Add((), message)


def test_a_command_said_to_the_bots_nick_is_helped() -> None:
    for text in (
        "labsbot: undo",
        "labsbot: !undo",
        "labsbot, last!",
        "@labsbot: AMEND",
        "labsbot: sal?",
        "labsbot: !undo wrong host",
        "labsbot: !last tools",
        "labsbot !amend other words",
    ):
        assert asks_for_help(text, "labsbot"), text
    for text in (
        "labsbot: !log",
        "labsbot: log",
        "labsbot: !log undo",
        "labsbot: undo the damage, please",
        "labsbot: last night you were slow",
        "labsbot: !lasting",
        "labsbot: ...",
        "labsbot: !",
        "labsbot:",
        "@: help",
        ": undo",
        "labsbotundo",
        "labsbot!undo",
        "other: undo",
    ):
        assert not asks_for_help(text, "labsbot"), text
    assert asks_for_help("labsbot: strike", "labsbot", Words(undo="!strike"))
    assert not asks_for_help("labsbot: undo", "labsbot", Words(undo="!strike"))
    assert not asks_for_help("labsbot: undo", "labsbot", Words(undo=None))


def test_help_is_asked_for_by_the_bots_nick_and_by_the_word_of_the_operators_choice() -> None:
    for text in (
        "labsbot: help",
        "Labsbot, help!",
        "@labsbot help",
        "\x02labsbot\x02: HELP",
        "labsbot: ?",
        "labsbot help",
    ):
        assert asks_for_help(text, "labsbot"), text
    assert asks_for_help(" !HELP", "labsbot", Words(help="!help"))
    for text in ("!help", "labsbot: help me", "labsbothelp", "labsbot_: help", "help", "labsbot: !log tools x"):
        assert not asks_for_help(text, "labsbot"), text
    assert not asks_for_help("!help me", "labsbot", Words(help="!help"))
    assert asks_for_help("!help Undo", "labsbot", Words(help="!help")) is Ask.HELP_CHANGE
    assert asks_for_help("labsbot: help late", "labsbot") is Ask.HELP_LATE
    assert asks_for_help("labsbot: !help several!", "labsbot") is Ask.HELP_SEVERAL
    assert not asks_for_help(": help", "")


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("x !log y", True),
        ("(!log)", True),
        ("！ｌｏｇ", True),
        ("!lo\x02g", True),
        ("x !UNDO", True),
        ("<a> b> !sal", True),
        ("!logs", False),
        ("!undone", False),
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


def test_a_refusal_repeats_nothing_that_was_typed() -> None:
    hostile = "\N{REPLACEMENT CHARACTER}" * 300
    for text in (f"!log {hostile}", f"!log {hostile},,{hostile} x", f"!log 14:05 {hostile}", f"!undo {hostile}"):
        said = parse(text, bound=False)
        assert isinstance(said, Malformed)
        assert hostile[0] not in said.explanation
        assert len(said.explanation.encode()) < 300, "the reply must fit into a line"


UNSEEN = [
    *"\u200e\u200f\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c\u115f\u180e\u180f\u2066\ufe0f\ufff0\U000e0020\U000e01ef",
    "\u200b\u200e\x02",
]


@pytest.mark.parametrize("mark", UNSEEN, ids=ascii)
def test_marks_that_nobody_sees_are_dropped_around_and_inside_the_command_and_the_project(mark: str) -> None:
    for text in (f"{mark}!log tools x", f"!{mark}log tools x", f"!l{mark}og{mark} {mark}to{mark}ols{mark} x"):
        assert parse(text, bound=False) == Add(("tools",), "x"), ascii(text)
    assert parse(f"{mark} {mark}!log x", bound=True) == Add((), "x")
    assert isinstance(parse(f"!log tools {mark}", bound=False), Malformed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "lead", ["\x0311,12", "\x02", " ", "!log ", "\x04ffffff,ffffff", "\u200b", "!", ":", "-", ": ", ", ", "!\u200b"]
)
def test_a_line_made_to_be_slow_to_read_is_not(lead: str) -> None:
    """What took the square of its length would take minutes."""
    many = lead * (100_000 // len(lead))
    for text in (many, f"!log {many}", f"!log a{many}!", f"!log 14:05 {many}", f"!undo {many}", f"!amend {many}"):
        parse(text, bound=False)
        parse(text, bound=True)
        mentions(text)


# --- late entries -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "late"),
    [
        ("14:05", WallClock(14, 5)),
        ("9:05", WallClock(9, 5)),
        ("14:05:59", WallClock(14, 5, 59)),
        ("14:05Z", WallClock(14, 5, utc=True)),
        ("14:05z", WallClock(14, 5, utc=True)),
        ("14:05 UTC", WallClock(14, 5, utc=True)),
        ("14:05:", WallClock(14, 5)),
        ("14:05,", WallClock(14, 5)),
        ("14:05 :", WallClock(14, 5)),
        ("\x0214:05\x02", WallClock(14, 5)),
        ("14\N{ZERO WIDTH SPACE}:05", WallClock(14, 5)),
        ("-90s", Ago(90)),
        ("-15m", Ago(900)),
        ("-15M", Ago(900)),
        ("-15min", Ago(900)),
        ("-1h30m", Ago(5400)),
        ("-2d", Ago(172800)),
        ("\N{MINUS SIGN}2h", Ago(7200)),
        ("\N{EN DASH}2hours", Ago(7200)),
        ("2026-11-21 23:50", WallClock(23, 50, day=(2026, 11, 21))),
        ("2026-11-21  23:50:01", WallClock(23, 50, 1, day=(2026, 11, 21))),
        ("2026-11-21, 23:50", WallClock(23, 50, day=(2026, 11, 21))),
        ("2026-11-21 23:50 GMT", WallClock(23, 50, day=(2026, 11, 21), utc=True)),
        ("2026-11-21T23:50Z", WallClock(23, 50, day=(2026, 11, 21), utc=True)),
        ("2026-1-2t3:50", WallClock(3, 50, day=(2026, 1, 2))),
        # what is no time of any day is refused where it is looked at with the clock
        ("25:99", WallClock(25, 99)),
        ("24:00", WallClock(24, 0)),
        ("2026-13-32 23:50", WallClock(23, 50, day=(2026, 13, 32))),
        ("-0m", Ago(0)),
        ("-99999d", Ago(99999 * 86400)),
    ],
)
def test_a_time_before_an_entry_makes_it_a_late_one(typed: str, late: WallClock | Ago) -> None:
    assert parse(f"!log {typed} tools x", bound=False) == Add(("tools",), "x", late)
    assert parse(f"!log {typed} <tools>: x", False, USUAL_WORDS, "tools".__eq__) == Add(("tools",), "x", late)
    assert parse(f"!log {typed} tools,bots x", bound=False) == Add(("tools", "bots"), "x", late)
    assert parse(f"!log, {typed} tools x", bound=False) == Add(("tools",), "x", late)
    assert parse(f"!log {typed} rebooted a  b", bound=True) == Add((), "rebooted a  b", late)


UNREADABLE_TIMES = [
    "\u0663:\u0660\u0665",
    "14\N{FULLWIDTH COLON}05",
    "14:05:",
    "14:05pm",
    "2:05 pm",
    "14:05CET",
    "14:05 CEST",
    "14:05+01:00",
    "14:05.123",
    "-1h30",
    "2026-11-21T23",
    "2026-11-21T23:50+01:00",
]


@pytest.mark.parametrize("typed", [typed for typed in UNREADABLE_TIMES if typed != "14:05:"])
def test_what_can_only_be_a_time_is_never_a_word_of_the_message(typed: str) -> None:
    for bound in (True, False):
        said = parse(f"!log {typed} tools x", bound)
        assert isinstance(said, Malformed)
        assert said.form is Form.LATE
        assert "!log 14:05 " in explain(said, bound)


@pytest.mark.parametrize(
    "typed",
    [
        *("-5", "+5m", "-5w", "--5m"[1:], "14.05", "14h05", "14h", "2pm", "3:1", "14:5", "16:900", "[14:05]"),
        *(
            "<14:05>",
            "(14:05:30)",
            "~14:05",
            "@14:05",
            "14:05-15:30",
            "2026-11-21",
            "21.11.2026",
            "2026/11/21",
            "11/21/26",
        ),
        "-1234567890d",
    ],
)
def test_what_looks_like_a_time_is_never_taken_for_a_project(typed: str) -> None:
    said = parse(f"!log {typed} tools x", bound=False)
    assert isinstance(said, Malformed) or (isinstance(said, Add) and said.late is not None)
    assert isinstance(said, Add) is (typed == "-5m")


@pytest.mark.parametrize("text", ["-5 degrees", "14.04 is installed", "3:1 for us", "2026-11-21 was bad", "2pm: lunch"])
def test_where_no_project_is_named_a_message_may_begin_with_such_a_word(text: str) -> None:
    assert parse(f"!log {text}", bound=True) == Add((), text)


@pytest.mark.parametrize(
    "typed",
    [
        *("yesterday", "Today", "earlier", "last night", "this morning", "15m ago", "15 min ago", "2 hours ago"),
        *("an hour ago", "half an hour ago", "a few minutes ago", "two days ago", "at 14:06", "around 2pm", "2 pm"),
        *("monday 14:06", "14h05", "14：05", "2pm"),
    ],
)
def test_a_time_in_words_is_told_the_forms_that_are_read(typed: str) -> None:
    said = parse(f"!log {typed} tools x", False, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    assert "!log 14:05 <project> <message> (or -15m" in explain(said, bound=False)


@pytest.mark.parametrize("typed", ["yesterday", "15m ago", "an hour ago", "at 14:05", "2 pm"])
def test_where_no_project_is_named_a_time_in_words_is_a_part_of_the_message(typed: str) -> None:
    assert parse(f"!log {typed} the disk failed", bound=True) == Add((), f"{typed} the disk failed")


@pytest.mark.parametrize(
    ("text", "project"),
    [("!log yesterday x", "yesterday"), ("!log last night was long", "last"), ("!log monday x", "monday")],
)
def test_a_project_that_is_called_like_such_a_word_wins(text: str, project: str) -> None:
    said = parse(text, False, USUAL_WORDS, project.__eq__)
    assert isinstance(said, Add)
    assert said.projects == (project,)


@pytest.mark.parametrize(
    "time", ["00:05", "14:05:09:", "14:05Z", "-15m", "2026-11-21 23:50", "14:06 CET", "[14:05] <bob>"]
)
def test_a_time_behind_the_project_is_told_to_stand_before_it(time: str) -> None:
    for project in ("tools", "tools:", "tools,web", "nosuch"):
        said = parse(f"!log {project} {time} x", False, USUAL_WORDS, is_project)
        assert isinstance(said, Malformed), project
        assert "!log 14:05 <project> <message>" in explain(said, bound=False)


@pytest.mark.parametrize(
    "message", ["2026-11-21 was bad", "14.04 is installed", "-5 degrees", "yesterday it rained", "14:05 is my name"]
)
def test_behind_the_project_only_a_time_is_one(message: str) -> None:
    assert parse(f"!log tools {message}", False, USUAL_WORDS, is_project) == Add(("tools",), message)
    late = WallClock(14, 6)
    assert parse(f"!log 14:06 tools {message}", False, USUAL_WORDS, is_project) == Add(("tools",), message, late)


def test_behind_a_time_and_a_project_another_time_is_a_part_of_the_message() -> None:
    assert parse("!log 14:06 tools 15:00 x", False, USUAL_WORDS, is_project) == Add(
        ("tools",), "15:00 x", WallClock(14, 6)
    )


def test_a_project_that_is_called_like_a_time_wins() -> None:
    assert parse("!log 14:05 x", False, USUAL_WORDS, is_project) == Add(("14:05",), "x")
    assert parse("!log 14:05Z 14:05 x", False, USUAL_WORDS, is_project) == Add(
        ("14:05",), "x", WallClock(14, 5, utc=True)
    )
    assert parse("!log 14:06 tools x", False, USUAL_WORDS, is_project) == Add(("tools",), "x", WallClock(14, 6))
    assert parse("!log 14:05 x", True, USUAL_WORDS, is_project) == Add((), "x", WallClock(14, 5))
    assert parse("!log 14:06 UTC x", False, USUAL_WORDS, "UTC".__eq__) == Add(("UTC",), "x", WallClock(14, 6))


@pytest.mark.parametrize("text", ["!log 14:05", "!log 14:05 \x02", "!log -15m", "!log 2026-11-21 23:50"])
@pytest.mark.parametrize("bound", [True, False])
def test_a_time_alone_is_no_entry(text: str, bound: bool) -> None:
    said = parse(text, bound)
    assert isinstance(said, Malformed)
    assert said.form is Form.LATE


def test_a_time_and_a_project_alone_are_no_entry() -> None:
    said = parse("!log 14:05 tools", bound=False)
    assert isinstance(said, Malformed)
    assert said.form is Form.LATE


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        "15:03 <+nick> !log tools x",
        "15:03 <nick> x",
        "15:03:22 <@nick> !log tools x",
        "[15:03] <nick> !log tools x",
        "[2026-11-21 15:03:22] <nick> !log tools x",
        "(15:03:22) nick: !log tools x",
        "15:03:22 nick | !log tools x",
        "15:03 < nick> !log tools x",
        "<nick> !log tools x",
        "nick: !log tools x",
    ],
)
def test_a_line_that_is_copied_from_a_client_is_answered_and_never_moved(line: str, bound: bool) -> None:
    said = parse(f"!log {line}", bound, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    assert "copied" in said.explanation
    assert "!log 14:05 " in explain(said, bound)


def test_a_project_in_angle_brackets_is_no_copied_line() -> None:
    for project in ("<tools>", "<tools>:", "tools:"):
        assert parse(f"!log {project} !log is here", False, USUAL_WORDS, is_project) == Add(("tools",), "!log is here")
    assert parse("!log 14:06 <tools> x", False, USUAL_WORDS, is_project) == Add(("tools",), "x", WallClock(14, 6))
    assert parse("!log told bob: !log works", bound=True) == Add((), "told bob: !log works")


# --- several logs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "projects"),
    [
        ("!log tools,bots x", ("tools", "bots")),
        ("!log <tools,bots> x", ("tools", "bots")),
        ("!log <tools>,<bots> x", ("tools", "bots")),
        ("!log tools,bots: x", ("tools", "bots")),
        ("!log tools,bots, x", ("tools", "bots")),
        ("!log tools，bots x", ("tools", "bots")),
        ("!log tools,Tools x", ("tools",)),
        ("!log tools,bots,tools x", ("tools", "bots")),
        ("!log to\N{ZERO WIDTH SPACE}ols,tools x", ("tools",)),
        ("!log tools, restarted x"[:10] + " x", ("tools",)),
    ],
)
def test_one_message_goes_to_several_logs(text: str, projects: tuple[str, ...]) -> None:
    assert parse(text, False, USUAL_WORDS, is_project) == Add(projects, "x")


@pytest.mark.parametrize(
    "text",
    ["!log ,tools x", "!log tools,,bots x", "!log <,tools> x", f"!log {','.join('abcdefghijk')} x"],
)
def test_a_list_of_projects_that_is_none_is_answered(text: str) -> None:
    said = parse(text, False, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    assert "!log <project>,<project> <message>" in explain(said, bound=False)


@pytest.mark.parametrize(
    "text",
    ["!log tools,15:05 x", "!log 14:05 15:05 x", "!log 14:05 -15m tools x", "!log -15m 2026-11-21 x", "!log …14:05 x"],
)
def test_a_second_time_is_no_project(text: str) -> None:
    said = parse(text, bound=False)
    assert isinstance(said, Malformed)
    assert said.form is Form.LATE


@pytest.mark.parametrize(
    "text", ["!log web, mail x", "!log web , mail x", "!log web ,mail x", "!log web, <Mail>: x", "!log web, mail"]
)
def test_of_a_second_project_behind_a_blank_it_is_asked_whether_it_is_meant(text: str) -> None:
    said = parse(text, False, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    assert "for web alone, or for web,mail?" in said.explanation.lower()


@pytest.mark.parametrize("between", ["/", "+", ";", "&", "|", "；"])
def test_projects_that_something_else_joins_are_told_the_comma(between: str) -> None:
    said = parse(f"!log <web{between}mail>: x", False, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    assert "web,mail" in explain(said, bound=False)
    assert parse(f"!log web{between}x y", False, USUAL_WORDS, is_project) == Add((f"web{between}x",), "y")


@pytest.mark.parametrize("between", [" / ", " + ", " & ", "& ", " and ", " AND ", "; ", " ; "])
def test_of_a_second_project_behind_another_joint_it_is_asked_too(between: str) -> None:
    said = parse(f"!log web{between}mail x", False, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    assert "for web alone, or for web,mail?" in said.explanation
    said = parse(f"!log web{between}disks x", False, USUAL_WORDS, is_project)
    assert isinstance(said, Add)


def test_a_project_that_is_called_like_two_joined_ones_wins() -> None:
    known = {"web", "mail", "web/mail", "c++"}.__contains__
    assert parse("!log web/mail x", False, USUAL_WORDS, known) == Add(("web/mail",), "x")
    assert parse("!log c++ mail x", False, USUAL_WORDS, known) == Add(("c++",), "mail x")
    said = parse("!log c++, mail x", False, USUAL_WORDS, known)
    assert isinstance(said, Malformed)
    assert "for c++ alone, or for c++,mail?" in said.explanation


def test_a_comma_with_no_project_behind_it_is_punctuation() -> None:
    assert parse("!log web, restarted mail", False, USUAL_WORDS, is_project) == Add(("web",), "restarted mail")
    assert parse("!log web: mail restarted", False, USUAL_WORDS, is_project) == Add(("web",), "mail restarted")
    assert parse("!log web mail, restarted", False, USUAL_WORDS, is_project) == Add(("web",), "mail, restarted")
    assert parse("!log web, mail x", True, USUAL_WORDS, is_project) == Add((), "web, mail x")


# --- corrections and questions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("!undo", Undo(None)),
        (" !UNDO ", Undo(None)),
        ("!undo.", Undo(None)),
        ("\x0304!un\x02do\x03", Undo(None)),
        ("！undo", Undo(None)),
        ("！ＵＮＤＯ", Undo(None)),
        ("!un\N{ZERO WIDTH SPACE}do \N{ZERO WIDTH SPACE}", Undo(None)),
        (f"!undo {ID}", Undo(ID)),
        (f"!undo: {ID.upper()}", Undo(ID)),
        (f"!undo <{ID}>: wrong  host", Undo(ID, "wrong  host")),
        (f"!undo #{ID}, wrong host", Undo(ID, "wrong host")),
        (f"!undo {ID} \x02", Undo(ID)),
        (f"!undo {LINK}", Undo(LINK)),
        (f"!undo ({LINK}) wrong host", Undo(LINK, "wrong host")),
        ("!amend restarted the other one", Amend(None, "restarted the other one")),
        ("!amend: a  b ", Amend(None, "a  b")),
        (f"!amend {ID} other words", Amend(ID, "other words")),
        (f"!Amend {LINK}: other words", Amend(LINK, "other words")),
        ("!amend https://x.example is down", Amend(None, "https://x.example is down")),
        ("!amend sal-web1 is down", Amend(None, "sal-web1 is down")),
        ("!amend i-20261121140500 is down", Amend(None, "i-20261121140500 is down")),
        ("!last", Last(None)),
        ("!last tools", Last("tools")),
        ("!last <tools> 3", Last("tools", 3)),
        ("!last 2 tools", Last("tools", 2)),
        ("!LAST 3", Last(None, 3)),
        ("!last 2012", Last("2012")),
        ("!last 2012 2", Last("2012", 2)),
        ("!log last", Last(None)),
        ("!sal", Where(None)),
        ("!sal tools.", Where("tools.")),
        ("!sal sal-20261122143001-1967f3a.", Where(None, "sal-20261122143001-1967f3a")),
        (
            "!sal <https://w.example/T#sal-20261122143001-1967f3a>",
            Where(None, "https://w.example/T#sal-20261122143001-1967f3a"),
        ),
        ("!Sal: \x02tools\x02", Where("tools")),
    ],
)
def test_corrections_and_questions_are_read_like_entries(
    text: str, command: Undo | Amend | Last | Where, bound: bool
) -> None:
    assert parse(text, bound, USUAL_WORDS, is_project) == command


HABITS = ["s/web-1/web-2/", "s/web-1/web-2", "%s/a b/c d/g", "s|a|b|", "s,a,b,", "*web-2", "*restarted web", "web-2*"]
"""How people correct themselves in talk."""


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("!undo please", "!undo <id"),
        ("!undo that", "!undo <id"),
        ("!undo tools", "!undo <id"),
        ("!undo the last one", "!undo <id"),
        ("!undo sal-2026-7f3a", "!undo <id"),
        (f"!undo x{ID}", "!undo <id"),
        (f"!undo ftp://x/#{ID}", "!undo <id"),
        (f"!undo {LINK}?x", "!undo <id"),
        ("!undo sal-\u0662\u0660261121140500-7f3a", "!undo <id"),
        ("!undo undo-20261121140500-7f3a", "!undo <id"),
        ("!amend", "!amend <new text>"),
        ("!amend \x02\N{ZERO WIDTH SPACE}", "!amend <new text>"),
        (f"!amend {ID}", "!amend <new text>"),
        (f"!amend {LINK} \x02", "!amend <new text>"),
        ("!amend sal-2026 other words", "!amend <new text>"),
        (f"!amend {ID.removeprefix('s')} other words", "!amend <new text>"),
        (f"!amend x{ID} other words", "!amend <new text>"),
        ("!amend sal- other words", "!amend <new text>"),
        ("!amend SAL-x other words", "!amend <new text>"),
        ("!amend amend-20261121140500-7f3a other words", "!amend <new text>"),
        ("!amend https://x.example/SAL#sal-2026 other words", "!amend <new text>"),
        *((f"!amend {habit}", "!amend <new text>") for habit in HABITS),
        (f"!amend {ID} s/web-1/web-2/", "!amend <new text>"),
        ("!amend 14:06 tools other words", "!amend <new text>"),
        ("!amend -15m other words", "!amend <new text>"),
        ("!last 4", "!last <project> <number"),
        ("!last 0", "!last <project> <number"),
        ("!last tools 99999999999999999999", "!last <project> <number"),
        ("!last tools bots", "!last <project> <number"),
        ("!last tools,bots", "!last <project> <number"),
        ("!last one out turns off the light", "!last <project> <number"),
        ("!sal tools bots", "!sal <project>"),
        ("!sal is nice", "!sal <project>"),
        ("!sal sal-20261122143001-1967f3a sal-20261122143001-1967f3b", "!sal <id>"),
    ],
)
def test_what_is_none_of_them_is_told_what_to_type(text: str, typed: str, bound: bool) -> None:
    said = parse(text, bound, USUAL_WORDS, is_project)
    assert isinstance(said, Malformed)
    answer = explain(said, bound)
    assert typed in answer
    assert len(answer) < 300


@pytest.mark.parametrize(
    "text",
    [
        "s/web-1/web-2/ in haproxy.cfg",
        "s/he has left",
        "*important* restarted web",
        "* restarted web",
        "*.example.org has a new certificate",
        "removed web-1*, web-2*",
        "php8.1 -> php8.3",
        "2026-11-21 was bad",
    ],
)
def test_a_text_that_only_resembles_a_habit_is_a_new_text(text: str) -> None:
    assert parse(f"!amend {text}", bound=True) == Amend(None, text)


def test_whoever_gives_words_where_an_id_belongs_is_told_where_a_reason_stands() -> None:
    said = parse("!undo wrong host", bound=False)
    assert isinstance(said, Malformed)
    assert explain(said, bound=False) == (
        "Not taken back: that is not an entry's id, and a reason comes after the id. Type !undo alone for your last"
        " entry here, !undo <id or link> <reason> for another (!last 3 shows ids)"
    )
    assert "shows ids" not in form(False, which=Form.UNDO, words=Words(last=None))


@pytest.mark.parametrize(
    "text", ["!undone", "!undo-it", "!undo/redo", "!amendment", "!lasting", "!salt", "!sal-x", "say !undo", "!last:)"]
)
def test_other_words_are_no_corrections(text: str) -> None:
    assert parse(text, bound=True) is None


@pytest.mark.parametrize(
    "text", ["!log tools undo", f"!log tools undo {ID}", "!log 14:05 tools: undo!", "!log tools amend"]
)
def test_an_entry_that_only_says_undo_is_a_request(text: str) -> None:
    assert parse(text, bound=False) is Ask.CHANGE
    assert parse("!log tools undo the change of yesterday", bound=False) == Add(
        ("tools",), "undo the change of yesterday"
    )
    assert parse("!log undo the change", False, USUAL_WORDS, "undo".__eq__) == Add(("undo",), "the change")


def test_an_id_is_found_in_a_link() -> None:
    assert id_in(LINK) == id_in(ID) == id_in(f"https://logs.example/entry/{ID}") == ID


def test_the_readers_page_of_an_entry_names_it() -> None:
    page = f"https://logs.example/entry/{ID}"
    assert parse(f"!undo <{page}>", False) == Undo(page)
    assert parse(f"!amend {page} x", False) == Amend(page, "x")
    assert isinstance(parse(f"!undo {page[:-6]}-", False), Malformed)


# --- other words --------------------------------------------------------------------------------------------------


def test_other_words_can_be_typed_instead() -> None:
    words = Words(log=".slog", undo="zurück!", amend="ß-amend", last="¡last", sal="log2", help="?")
    assert parse(".SLOG tools x", False, words) == Add(("tools",), "x")
    assert parse(". slog: tools x", False, words) == Add(("tools",), "x")
    assert parse("ZURÜCK!", False, words) == Undo(None)
    assert parse("ß-amend x", False, words) == Amend(None, "x")
    assert parse("¡last", False, words) == Last(None)
    assert parse("l\x02og2 tools", False, words) == Where("tools")
    for text in ("!log tools x", "!undo", "!amend x", "!last", "!sal", ".slogs x", "log 2", "log22"):
        assert parse(text, False, words) is None, text
    assert form(bound=False, words=words).startswith(".slog <project>")
    said = parse("zurück! x", False, words)
    assert isinstance(said, Malformed)
    assert "Type zurück! alone for your last entry" in explain(said, False, words=words)
    assert mentions("x .slog y", words)
    assert not mentions("x !log y", words)


def test_a_word_that_is_switched_off_is_left_to_other_bots() -> None:
    words = Words(log=None, undo=None, amend=None, last=None, sal=None)
    for text in ("!log tools x", "!undo", "!amend x", "!last", "!sal", "None x"):
        assert parse(text, False, words) is None
        assert not mentions(text, words)
    assert "no entries" in form(bound=False, words=words)
