"""Decide whether other settings of a network need another connection: both in, what they differ in out. Pure."""

from __future__ import annotations

import dataclasses

from labsbot.settings import Network

WHILE_CONNECTED = {"channels", "relays", "robots", "replies", "catch_up", "tell_gaps"}
"""What can change on a connection that goes on."""
CONNECTED_WITH = {
    field.name: {"servers": "server", "sts": "tls"}.get(field.name, field.name)
    for field in dataclasses.fields(Network)
    if field.name not in WHILE_CONNECTED
}
"""What a connection is made and kept with: each with its key in the file."""


def connected_otherwise(before: Network, now: Network) -> list[str]:
    """The keys of all that a connection would be made with and that has changed; none: it can go on."""
    changed = (key for field, key in CONNECTED_WITH.items() if getattr(before, field) != getattr(now, field))
    return list(dict.fromkeys(changed))
