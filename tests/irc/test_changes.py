from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from labsbot.irc.changes import connected_otherwise
from labsbot.settings import Channel, Network, PageSettings, Ping, Relay, RelayForm, Replies, Secret, Server, Tls

NET = Network("net", (Server("irc.example", 6697),), Tls(), "labsbot", "labsbot", ())
GOES_ON = {
    "channels": (Channel("#new", None, PageSettings(), key=Secret("k")),),
    "relays": (Relay("bridge", RelayForm.BRIDGE),),
    "robots": ("bot",),
    "replies": Replies.NOTICE,
    "catch_up": 1.0,
    "tell_gaps": True,
}


@pytest.mark.parametrize("change", [{field: value} for field, value in GOES_ON.items()], ids=str)
def test_who_may_do_what_and_in_which_channels_changes_on_the_same_connection(change: dict[str, Any]) -> None:
    assert connected_otherwise(NET, dataclasses.replace(NET, **change)) == []


def test_what_a_connection_is_made_with_is_named_as_the_file_calls_it() -> None:
    other = dataclasses.replace(
        NET, servers=(Server("other", 1),), tls=None, sts=Tls(fingerprints=("00",)), password=Secret("x"), ping=Ping(1)
    )
    assert connected_otherwise(NET, other) == ["server", "tls", "password", "ping"]
