"""Somebody in a channel, or behind a bridge, who says too much: under many names, or in few lines that grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.desk.flood import MOST_TOLD
from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Privmsg, Sender
from labsbot.service.logs import size_on_page
from labsbot.settings import Channel, Limit, PageSettings, Relay, RelayForm
from labsbot.wikitext import render
from tests.nouns import NOON, a_directory, a_front_desk, a_line

BRIDGE = Sender("br", "b", "bridge.example", "Bridge")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


def a_desk(journal: Journal, limit: Limit) -> IrcLines:
    channel = Channel("#cloud", None, PageSettings(), limit=limit)
    place = ChannelRules(channel, a_directory("tools"), (Relay("bridge", RelayForm.BRIDGE),))
    return a_front_desk(journal.entries, {("libera", "#cloud"): place}, "wiki", size=size_on_page)


def after(seconds: float, text: str, sender: Sender, replayed: bool = False) -> Privmsg:
    return a_line(text, sender=sender, arrived=NOON + timedelta(seconds=seconds), replayed=replayed)


async def answers(intake: IrcLines, lines: list[Privmsg]) -> list[str]:
    return [reply.text for line in lines if (reply := await intake.hear(line)) is not None]


@pytest.mark.slow
async def test_a_bridge_as_a_whole_does_not_flood_however_many_names_it_gives(journal: Journal) -> None:
    intake = a_desk(journal, Limit(lines=5, seconds=60, relay=20))
    lines = [after(n / 100, f"<name{n}> !log tools {n}", BRIDGE) for n in range(500)]
    refusals = await answers(intake, lines)
    assert len(refusals) == MOST_TOLD + 1
    assert refusals[0] == (
        "name20: Not logged: too many lines by way of br: at most 20 a minute here for everybody there together."
        " Try again in 60 s. I will not say so again."
    )
    assert refusals[-1].endswith("I will not say so again to anybody.")
    assert len(await journal.deliveries.pending()) == 20
    assert await answers(intake, [after(10, "!log tools x", Sender("alice", "a", "h"))]) == []
    assert await answers(intake, [after(70, "<name> !log tools x", BRIDGE)]) == []
    assert len(await journal.deliveries.pending()) == 22


async def test_a_few_loud_names_behind_a_bridge_silence_nobody_else_there(journal: Journal) -> None:
    """Lines that make no entry count as well: what they cost is read and answered."""
    intake = a_desk(journal, Limit(lines=60, seconds=60))
    await answers(intake, [after(n / 10, f"<loud{n % 4}> !log nosuch {n}", BRIDGE) for n in range(240)])
    assert await answers(intake, [after(30, "<bob> !log tools rebooted the database", BRIDGE)]) == []
    assert [each.entry.author for each in await journal.deliveries.pending()] == ["bob"]
    (refusal,) = await answers(intake, [after(n, "<bob> !log tools and again", BRIDGE) for n in range(31, 40)])
    assert refusal.startswith(
        "bob: Not logged: too many lines by way of br: at most 180 a minute here for everybody there "
    )


async def test_everybody_on_a_host_hears_that_others_there_have_used_up_its_limit(journal: Journal) -> None:
    intake = a_desk(journal, Limit(lines=3, seconds=60))
    loud, bob = Sender("loud", "a", "bastion.example"), Sender("bob", "b", "bastion.example")
    (told,) = await answers(intake, [after(n, f"!log tools {n}", loud) for n in range(6)])
    assert told.startswith("loud: Not logged: too many lines: at most 3 a minute here. Try again in ")
    assert await answers(intake, [after(n, "!log tools rebooted", bob) for n in range(7, 9)]) == [
        "bob: Not logged: too many lines from your host: at most 3 a minute here for everybody there without an"
        " account. Log in to services, or try again in 53 s. I will not say so again."
    ]
    assert await answers(intake, [after(9, "!log tools x", Sender("bob", "b", "bastion.example", "Bob"))]) == []
    assert [each.entry.message for each in await journal.deliveries.pending()] == ["0", "1", "2", "x"]


async def test_everybody_on_a_host_hears_that_others_there_have_filled_the_page(journal: Journal) -> None:
    intake = a_desk(journal, Limit(bytes=3_000))
    loud, bob = Sender("loud", "a", "bastion.example"), Sender("bob", "b", "bastion.example")
    lines = [after(n, f"!log tools {'[' * 400}", (loud, bob)[n // 5]) for n in range(10)]
    mine, ours = await answers(intake, lines)
    assert mine.startswith("loud: Not logged: too much text: at most 3 KB an hour on the page. Try again")
    assert ours.startswith(
        "bob: Not logged: too much text from your host: at most 3 KB an hour on the page for everybody there without"
    )


def test_a_bridge_may_say_more_than_a_person_by_default() -> None:
    assert Limit().relay_lines == 4 * Limit().lines
    assert Limit(lines=10).relay_lines == 40


async def test_another_ident_makes_nobody_another_sender(journal: Journal) -> None:
    intake = a_desk(journal, Limit(lines=2, seconds=60))
    lines = [after(n / 10, f"!log tools {n}", Sender(f"nick{n}", f"ident{n}", "host.example")) for n in range(20)]
    assert len(await answers(intake, lines)) == 18, "each nick may be another person, who hears it once"
    assert len(await journal.deliveries.pending()) == 2


async def test_what_grows_when_it_is_made_harmless_is_counted_as_it_stands_on_the_page(journal: Journal) -> None:
    """Of ``[`` each sign takes five bytes on the page: two dozen lines an hour, each within all limits of IRC."""
    intake = a_desk(journal, Limit(bytes=10_000))
    mallory = Sender("mallory", "m", "h")
    lines = [after(2 * n, f"!log tools {'[' * 400}", mallory) for n in range(30)]
    (refusal,) = await answers(intake, lines)
    assert refusal == (
        "mallory: Not logged: too much text: at most 10 KB an hour on the page. Try again in 60 min; a shorter one may"
        " fit now. I will not say so again."
    )
    page = sum(len(render(PageSettings(), each).encode()) + 1 for each in await journal.deliveries.pending())
    assert 7_500 < page <= 10_000
    assert await answers(intake, [after(61, "!log tools a short one", mallory)]) == []
    assert await answers(intake, [after(62, f"!log tools {'[' * 400}", Sender("bob", "b", "other"))]) == []
    assert await answers(intake, [after(3700, f"!log tools {'[' * 400}", mallory)]) == []
    messages = [each.entry.message for each in await journal.deliveries.pending()]
    assert len(messages) == len([words for words in messages if words.startswith("[")]) + 1


async def test_names_behind_a_bridge_share_what_it_may_put_on_the_page(journal: Journal) -> None:
    intake = a_desk(journal, Limit(bytes=3_000))
    lines = [after(n, f"<name{n}> !log tools {'[' * 400}", BRIDGE) for n in range(20)]
    refusals = await answers(intake, lines)
    assert len(refusals) == 15
    assert "by way of br: at most 12 KB an hour on the page for everybody there together." in refusals[0]
    assert len(await journal.deliveries.pending()) == 5


async def test_what_is_too_large_alone_is_refused_each_time_with_what_to_do(journal: Journal) -> None:
    intake = a_desk(journal, Limit(bytes=1_000))
    lines = [after(n, f"!log tools {'[' * 400}", Sender("alice", "a", "h")) for n in range(2)]
    refusals = await answers(intake, lines)
    assert len(refusals) == 2
    assert refusals[0].endswith("KB on the page, at most 1 KB an hour. Use fewer words.")


async def test_what_a_history_repeats_is_counted_by_nobody(journal: Journal) -> None:
    intake = a_desk(journal, Limit(lines=1, bytes=3_000, relay=1))
    lines = [after(n, f"!log tools {'[' * 400}", Sender("alice", "a", "h"), replayed=True) for n in range(5)]
    assert await answers(intake, lines) == []
    assert len(await journal.deliveries.pending()) == 5
