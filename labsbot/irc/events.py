"""What a session says after each line that came in: one small value per event, for the stay to make true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from labsbot.model import Privmsg


@dataclass(frozen=True, slots=True)
class Send:
    """A line for the server."""

    line: str
    free: bool = True
    """It goes out at once; otherwise it waits for its turn."""


@dataclass(frozen=True, slots=True)
class Registered:
    nick: str
    server: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """We have another nick now."""

    nick: str


@dataclass(frozen=True, slots=True)
class Joined:
    channel: str
    at: datetime
    """By the server's clock, where it says."""


@dataclass(frozen=True, slots=True)
class HistoryEnded:
    """All that the network repeats of a channel's history has come."""

    channel: str
    repeated: bool
    """It keeps a history at all."""
    since: datetime | None = None
    """It goes back no further than this; None: to where we left."""


@dataclass(frozen=True, slots=True)
class Left:
    """We are no longer in a channel, and did not want to go."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class NotJoined:
    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    privmsg: Privmsg


@dataclass(frozen=True, slots=True)
class Replayed:
    """A batch of lines that were said earlier is over."""

    target: str
    lines: int


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody wants us in a channel of ours in which we are not."""

    channel: str


@dataclass(frozen=True, slots=True)
class Echoed:
    """The network has a message of ours."""

    line: str = ""
    """As we sent it, as far as the server did not change it; empty: only the label tells which it was."""
    label: str = ""
    """That of our line, where the server says it."""
    ago: timedelta | None = None
    """So long ago it was said: it comes from a history. None: just now."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The server refused to pass a line of ours on."""

    target: str
    why: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """All that a server says of somebody (WHOIS) was said."""

    nick: str


@dataclass(frozen=True, slots=True)
class ModesChanged:
    """Somebody changed the modes of a channel of ours."""

    channel: str


@dataclass(frozen=True, slots=True)
class Upgrade:
    """This server is to be spoken to by TLS, at that port (IRCv3 STS): nothing else is to be said here."""

    port: int


@dataclass(frozen=True, slots=True)
class Policy:
    """For so many seconds this server is to be spoken to by TLS only (IRCv3 STS); 0: it no longer cares."""

    seconds: int


@dataclass(frozen=True, slots=True)
class RegistrationRefused:
    """We must not or cannot go on here."""

    why: str
    for_good: bool
    """The same attempt will not do better later by itself."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The server says goodbye."""

    why: str


Event = (
    Send
    | Registered
    | Renamed
    | Joined
    | HistoryEnded
    | Left
    | NotJoined
    | Invited
    | Heard
    | Replayed
    | Echoed
    | Unsaid
    | LookedUp
    | ModesChanged
    | Upgrade
    | Policy
    | RegistrationRefused
    | Ended
)
Events = list[Event]
