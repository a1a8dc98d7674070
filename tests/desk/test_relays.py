"""For whom a bridge or a script speaks."""

from __future__ import annotations

import pytest

from labsbot.desk.relays import Relayed, Unread, read_relayed
from labsbot.settings import RelayForm
from labsbot.text.patterns import Pattern


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("<alice> !log tools x", "alice", "!log tools x"),
        ("<alice> good morning", "alice", "good morning"),
        ("<alice> just type !log help", "alice", "just type !log help"),
        ("<alice>!log tools x", "alice", "!log tools x"),
        ("<alice>: !log tools x", "alice", "!log tools x"),
        ("<\x0306a\u200blice\x0f> !log tools x", "alice", "!log tools x"),
        ("\x0303<alice>\x03 \x02!log\x02 tools x", "alice", "!log\x02 tools x"),
        ("\u200b<Alice in Wonderland> !log tools x", "Alice in Wonderland", "!log tools x"),
        ("[discord] <dora> !log tools x", "dora", "!log tools x"),
        ("\x02[discord]\x02 \x02<dora>\x02 !log tools x", "dora", "!log tools x"),
        ("[discord][#general] <dora> !log tools x", "dora", "!log tools x"),
        ("(matrix) <dora> !log tools x", "dora", "!log tools x"),
        ("<discord/dora> !log tools x", "discord/dora", "!log tools x"),
        ("<dora[m]> !log tools x", "dora[m]", "!log tools x"),
        ("<@alice:example.org>  !log: tools x", "alice:example.org", "!log: tools x"),
        ("<alice (she/her)> !log tools x", "alice (she/her)", "!log tools x"),
        ("<🦄> !log tools x", "🦄", "!log tools x"),
        ("<Дора 🦄> ！log tools x", "Дора 🦄", "！log tools x"),
        ("<!log tools> !log tools x", "_!log tools", "!log tools x"),
        ("<\u202e\u2066bob> !log tools x", "bob", "!log tools x"),
        (f"<{'é' * 100}> !log tools x", f"{'é' * 57}…f42ec4", "!log tools x"),
        ("<alice> !log tools a > !log b", "alice", "!log tools a > !log b"),
        ("<alice> !log tools a -> b, x => y", "alice", "!log tools a -> b"),
        ("<alice> !log tools make 2>&1 x 2> /dev/null", "alice", "!log tools make"),
        ("<alice> !log tools <script> is taken out", "alice", "!log tools <script>"),
        ("<alice> !log tools mailed <bob@example.org> twice", "alice", "!log tools mailed"),
        ("<alice> !log tools MariaDB [metawiki]> drop table x", "alice", "!log tools MariaDB"),
        ("<alice> !log tools [23:57:09]  <+bob> !log stopped x", "alice", "!log tools [23:57:09]"),
        ("<alice> !log tools x\n!log tools y\n<bob> z", "alice", "!log tools x\n!log tools y\n<bob> z"),
        ("<labsbot> bob: Not logged: … Type !log <project> <message>", "labsbot", "bob: Not logged: …"),
    ],
)
def test_a_bridge_says_who_said_it(text: str, name: str, said: str) -> None:
    read = read_relayed(text, RelayForm.BRIDGE)
    assert isinstance(read, Relayed)
    assert (read.name, read.text[: len(said)]) == (name, said)


@pytest.mark.parametrize(
    "text",
    [
        "!log tools x",
        "<relay2> <dora> !log tools x",
        "[irc] <relay2> [matrix] <dora> !log tools x",
        "dora: !log tools x",
        "[dora] !log tools x",
        "* dora says !log tools x",
        "<> !log tools x",
        "<!!~.@> !log tools x",
        "<\u200b> !log tools x",
        "<a>b> !log tools x",
        "<a> b> !log tools x",
        "<a> !log tools I dropped the database> hi",
        "<a> !log tools I dropped it!>: hi",
        "<a> !log tools I dropped the database <x> hi",
        "<a> !log tools <b> I dropped the database> hi",
        "<a> !log tools I dropped it> !log tools x",
        "<a> \x02!log\x02 I dropped \x02it\x02\x0f> hi",
        f"<{'x' * 300}> !log tools x",
        "hello <dora> !log tools x",
        "\x0303**dora**\x03 ！log tools x",
    ],
)
def test_where_it_cannot_be_read_who_speaks_to_the_bot_that_is_said(text: str) -> None:
    assert read_relayed(text, RelayForm.BRIDGE) == Unread()


@pytest.mark.parametrize("text", ["", "hello", "* dora left", "[dora] has joined", "<> x", "dora: see the !logs"])
def test_what_a_bridge_says_beside_is_nothing(text: str) -> None:
    assert read_relayed(text, RelayForm.BRIDGE) is None


def test_an_operator_says_how_a_bridge_writes_names() -> None:
    form = Pattern(r"(?:\[\w+\] )?(?P<name>[^:]+): (?P<text>.*)")
    assert read_relayed("\x0303[irc]\x03 do\u200bra: !log tools x", form) == Relayed("dora", "!log tools x")
    assert read_relayed("dora: !log tools x\n- y", form) == Relayed("dora", "!log tools x\n- y")
    assert read_relayed("<dora> !log tools x", form) == Unread()
    assert read_relayed(".: !log tools x", form) == Unread()
    assert read_relayed("dora is away", form) is None


def test_a_form_that_takes_no_further_sign_leaves_no_doubt_who_speaks() -> None:
    form = Pattern(r"<(?P<name>[^<>]{1,64})> (?P<text>[^<>]*)")
    assert read_relayed("<dora> !log tools x", form) == Relayed("dora", "!log tools x")
    for text in ("<dora> !log tools I did ]> hi", "<dora> !log tools I did -> hi", "<dora> !log tools <b> !log x"):
        assert read_relayed(text, form) == Unread()


@pytest.mark.slow
def test_a_line_of_a_bridge_made_to_be_slow_to_read_is_not() -> None:
    """What took the square of its length would take minutes."""
    for lead in (
        "!log > ",
        "!log <x> ",
        "!log x ",
        "[x]",
        "(",
        "<",
        ">",
        "<a>",
        "[x] ",
        "\x0311,12",
        "!log ",
        "\u200b",
    ):
        read_relayed(lead * (400_000 // len(lead)), RelayForm.BRIDGE)
        read_relayed(f"<a> {lead * (400_000 // len(lead))}", RelayForm.BRIDGE)


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
    assert read_relayed(text, RelayForm.DEPLOY) == (Relayed(name, line) if name and line else None)
