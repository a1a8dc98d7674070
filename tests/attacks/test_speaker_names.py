"""Somebody in a channel, or behind a bridge, whose name is the attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Sender
from labsbot.settings import Author, Channel, PageSettings, Relay, RelayForm
from labsbot.text.names import as_speaker
from labsbot.wikitext import render
from tests.nouns import a_directory, a_front_desk, a_line

BRIDGE = Sender("br", "b", "bridge.example", "Bridge")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


def a_desk(journal: Journal, author: Author = Author.NICK) -> IrcLines:
    relays = (Relay("bridge", RelayForm.BRIDGE), Relay("script", RelayForm.DEPLOY))
    place = ChannelRules(Channel("#cloud", None, PageSettings(author=author)), a_directory("tools"), relays)
    return a_front_desk(journal.entries, {("libera", "#cloud"): place}, "wiki")


async def on_the_page(journal: Journal) -> str:
    (delivery,) = await journal.deliveries.pending()
    return render(PageSettings(entry="{author}: {message} {id}"), delivery).partition(" sal-")[0]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("bob: I dropped the database", "bob I dropped the database"),
        ("bob:", "bob"),
        ("bob : x", "bob x"),
        ("bob\N{FULLWIDTH COLON} x", "bob x"),
        ("bob\N{RATIO} x", "bob x"),
        ("bob\N{MODIFIER LETTER COLON}x", "bob x"),
        ("bob\N{SYRIAC SUPRALINEAR COLON} x", "bob x"),
        *(
            (f"bob{chr(code)} x", "bob x")
            for code in (0x903, 0xA83, 0x1803, 0x2982, 0x1361, 0x17D6, 0x2237, 0xA6F4, 0x706)
        ),
        ("bob\N{MANICHAEAN PUNCTUATION TWO DOTS} x", "bob x"),
        ("bob\N{DEVANAGARI SIGN VISARGA}I dropped it", "bob I dropped it"),
        ("राम\N{DEVANAGARI SIGN VISARGA} x", "राम x"),
        ("b\u200bob:\u200b x", "bob x"),
        ("bob (via irc)", "bob via irc)"),
        ("bob \N{FULLWIDTH LEFT PARENTHESIS}VIA br", "bob VIA br"),
        ("bob (v\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}a br", "bob vіa br"),
        ("bob ( \N{GREEK SMALL LETTER NU}\N{COMBINING DOT ABOVE}i\N{CYRILLIC SMALL LETTER A} br", "bob ν̇iа br"),
        ("bob (\N{MATHEMATICAL BOLD SMALL V}lA br", "bob 𝐯lA br"),
        ("bob\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} x", "bob x"),
        ("bob\N{FULLWIDTH GREATER-THAN SIGN} x", "bob x"),
    ],
)
async def test_a_name_behind_a_bridge_does_not_look_as_if_it_ended_before_its_end(
    journal: Journal, name: str, shown: str
) -> None:
    intake = a_desk(journal)
    assert await intake.hear(a_line(f"<{name}> !log tools x", sender=BRIDGE)) is None
    assert await on_the_page(journal) == f"* {shown} (via br): x"
    refusal = await intake.hear(a_line(f"<{name}> !log nosuch x", sender=BRIDGE))
    assert refusal is not None
    assert refusal.text.startswith(f"{shown}: Not logged: "), "nobody else is addressed"


async def test_a_script_that_is_started_by_a_strange_name_says_no_more_than_that(journal: Journal) -> None:
    script = Sender("br", "b", "bridge.example", "script")
    assert await a_desk(journal).hear(a_line("!log bob:@host tools x", sender=script)) is None
    assert await on_the_page(journal) == "* bob@host (via br): x"


@pytest.mark.parametrize("author", [Author.NICK, Author.ACCOUNT])
async def test_no_nick_or_account_looks_as_if_it_ended_before_its_end(journal: Journal, author: Author) -> None:
    odd = "bob\N{FULLWIDTH COLON}I_dropped_it"
    await a_desk(journal, author=author).hear(a_line("!log tools x", sender=Sender(odd, "u", "h", odd)))
    assert await on_the_page(journal) == "* bob I_dropped_it: x"


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "Alice Smith",
        "alice:example.org",
        "discord/dora",
        "dora[m]",
        "a|b`c^{d}\\_-",
        "Дора 🦄",
        "दुःख",
        "राम रामः",
        "Bob (Виа)",
        "Ann (viaduct)",
        "₡ Bob",
    ],
)
def test_names_that_people_have_stay_as_they_are(name: str) -> None:
    assert as_speaker(name) == name


async def test_a_name_of_nothing_but_signs_is_answered_and_not_logged(journal: Journal) -> None:
    for name in (":", "(via", "\N{FULLWIDTH COLON}\u200b", "!!~."):
        reply = await a_desk(journal).hear(a_line(f"<{name}> !log tools x", sender=BRIDGE, msgid=name))
        assert reply is not None or name == "(via", name
    assert [delivery.entry.author for delivery in await journal.deliveries.pending()] == ["via"]


async def test_two_people_whom_only_unicode_takes_for_one_are_two(journal: Journal) -> None:
    """On a network that folds ASCII only, or as RFC 1459 does."""
    intake = a_desk(journal)
    for nick in ("strasse", "stra\N{LATIN SMALL LETTER SHARP S}e"):
        await intake.hear(a_line("!log tools x", sender=Sender(nick, "u", "h", folded=nick), replayed=True))
    assert [delivery.entry.nick for delivery in await journal.deliveries.pending()] == ["strasse", "straße"]
