"""Whether what is heard is dealt with is seen from outside."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from labsbot.chat.networks import Networks
from labsbot.model import Importance
from labsbot.settings import Channel, Network, PageSettings, Server
from tests.nouns import NOON, a_line


async def test_lines_are_held_up_from_the_first_that_waits_or_the_last_that_was_dealt_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    networks = Networks((), lambda: None, lambda: NOON, lambda network, channel: None, Path())
    now = 100.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    assert networks.held_up() == 0
    first, second = a_line("!log tools one"), a_line("!log tools two")
    networks._hear(first)
    now = 110
    networks._hear(second)
    assert networks.held_up() == 10
    networks.done(networks.heard.get_nowait())
    now = 113
    assert networks.held_up() == 3
    networks.done(networks.heard.get_nowait())
    now = 500
    assert networks.held_up() == 0


@pytest.mark.parametrize("target", ["#gone", "#cloud"])
async def test_what_is_owed_where_we_are_no_longer_comes_back_at_once(target: str) -> None:
    """The announcer records that something is told before it has it said: it must hear that it was not."""
    cloud = Network(
        "libera", (Server("127.0.0.1", 1),), None, "labsbot", "x", (Channel("#cloud", None, PageSettings()),)
    )
    networks = Networks((cloud,), lambda: None, lambda: NOON, lambda network, channel: None, Path())
    networks.take_up(() if target == "#cloud" else (cloud,))
    became: list[bool] = []
    assert not networks.say("libera", target, "alice: Logged at …", Importance.OUTCOME, became.append)
    assert became == [False]
