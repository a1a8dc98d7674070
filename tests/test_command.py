"""What a line in a channel means."""

from __future__ import annotations

import pytest

from labsbot.command import Help, Log, Malformed, Relayed, Reserved, form, parse, relayed
from labsbot.settings import RelayForm


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
        "!logtools x",
        "!log\x02tools x",
        "labsbot: !log tools x",
        "<alice> !log tools x",
        "\x01ACTION !log tools x\x01",
        "say !log tools x",
        "! log tools x",
        "!!log tools x",
    ],
)
def test_what_was_not_said_to_the_bot_is_nothing(text: str, bound: bool) -> None:
    assert parse(text, bound) is None


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize("text", ["!log help", "!log HELP ", "!log \x02help\x02", "!LOG\thelp"])
def test_help_alone_asks_for_help(text: str, bound: bool) -> None:
    assert parse(text, bound) == Help()


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(
    "text", ["!log", "!log ", "!log:", "!log \x02\x02", "!log \t\N{NO-BREAK SPACE}", "!log \x0304"]
)
def test_an_empty_command_is_told_the_form_with_an_example(text: str, bound: bool) -> None:
    said = parse(text, bound)
    assert isinstance(said, Malformed)
    assert "missing" in said.explanation
    assert form(bound) in said.explanation


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
def test_half_an_entry_is_told_the_form_with_an_example(text: str) -> None:
    said = parse(text, bound=False)
    assert isinstance(said, Malformed)
    assert "!log tools restarted the web service" in said.explanation


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!log 14:05 tools x", "late"),
        ("!log 9:05 tools x", "late"),
        ("!log -15m tools x", "late"),
        ("!log -2H tools x", "late"),
        ("!log \x0214:05\x02 tools x", "late"),
        ("!log tools,bots x", "several"),
        ("!log tools, bots x", "several"),
        ("!log <tools,bots> x", "several"),
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


@pytest.mark.parametrize("lead", ["\x0311,12", "\x02", " ", "!log ", "\x04ffffff,ffffff"])
def test_a_line_made_to_be_slow_to_read_is_not(lead: str) -> None:
    """What took the square of its length would take minutes."""
    many = lead * (400_000 // len(lead))
    for text in (many, f"!log {many}", f"!log a{many}!"):
        parse(text, bound=False)


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("<alice> !log tools x", "alice", "!log tools x"),
        ("<alice> !LOG tools x", "alice", "!log tools x"),
        ("<alice> !log", "alice", "!log "),
        ("<\x0306a\u200blice\x0f> !log tools x", "alice", "!log tools x"),
        ("\u200b<Alice in Wonderland> \x02!log\x02 tools x", "Alice in Wonderland", "!log tools x"),
        ("<@alice:example.org>  !log: tools x", "alice:example.org", "!log tools x"),
        ("<!log tools> !log tools x", "log tools", "!log tools x"),
        ("<!!~.@> !log tools x", None, None),
        ("<\u202e\u2066bob> !log tools x", "bob", "!log tools x"),
        (f"<{'é' * 100}> !log tools x", "é" * 64, "!log tools x"),
        ("<alice> hello", None, None),
        ("<alice> !logs x", None, None),
        ("<alice>!log tools x", "alice", "!log tools x"),
        ("<> !log tools x", None, None),
        ("alice: !log tools x", None, None),
        ("!log tools x", None, None),
    ],
)
def test_a_bridge_says_who_said_it(text: str, name: str | None, line: str | None) -> None:
    assert relayed(text, RelayForm.BRIDGE) == (Relayed(name, line) if name and line else None)


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("!log alice@deploy1 x", "alice@deploy1", "!log x"),
        ("!log alice@deploy1 tools x", "alice@deploy1", "!log tools x"),
        ("!log alice@deploy1: x", "alice@deploy1", "!log x"),
        ("!log [alice@deploy1] x (T123)", "alice@deploy1", "!log x (T123)"),
        ("!log alice@deploy1", "alice@deploy1", "!log "),
        ("!log tools x", None, None),
        ("!log tools alice@deploy1 x", None, None),
        ("<alice> !log alice@deploy1 x", None, None),
    ],
)
def test_a_script_says_who_started_it(text: str, name: str | None, line: str | None) -> None:
    assert relayed(text, RelayForm.DEPLOY) == (Relayed(name, line) if name and line else None)
