"""What a session reports, or wants done, after each line of the server: one small value per event."""

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
    about: str = ""
    """While it waits, a newer line about the same replaces it; empty: only the same line does."""


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
    """By the server's clock, if it tells the time."""


@dataclass(frozen=True, slots=True)
class HistoryEnded:
    """All that the network repeats of a channel's history has arrived."""

    channel: str
    repeated: bool
    """The network keeps a history."""
    since: datetime | None = None
    """It goes back to this moment only; None: to when we left."""


@dataclass(frozen=True, slots=True)
class Left:
    """We are no longer in a channel, against our will."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class Departed:
    """We are out of a channel that is not configured any more."""

    channel: str


@dataclass(frozen=True, slots=True)
class NotJoined:
    """A channel refused our JOIN."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody said something."""

    privmsg: Privmsg


@dataclass(frozen=True, slots=True)
class Replayed:
    """A batch of lines from a history has ended."""

    target: str
    lines: int


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invites us to a channel of ours that we are not in."""

    channel: str


@dataclass(frozen=True, slots=True)
class Echoed:
    """The network has received a message of ours."""

    line: str = ""
    """As we sent it, unless the server changed it; empty: only the label tells which message it was."""
    label: str = ""
    """The label of our line, if the server sends it."""
    ago: timedelta | None = None
    """How long ago it was said, if it comes from a history; None: just now."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The server did not pass a message of ours on."""

    target: str
    why: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The answer to our WHOIS is complete."""

    nick: str


@dataclass(frozen=True, slots=True)
class ModesTold:
    """The answer to our question for the modes of a channel of ours."""

    channel: str
    modes: str
    """``+mnt``."""


@dataclass(frozen=True, slots=True)
class ModesChanged:
    """The modes of a channel of ours changed."""

    channel: str


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The server wants us to use TLS, at that port (IRCv3 STS): nothing more may be said on this connection."""

    port: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The server wants TLS only, for so many seconds (IRCv3 STS); 0: no longer."""

    seconds: int


@dataclass(frozen=True, slots=True)
class RegistrationRefused:
    """We cannot, or must not, finish the registration."""

    why: str
    for_good: bool
    """Trying again later will not help until somebody changes something."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The server is about to close the connection."""

    why: str


ChannelEvent = Joined | HistoryEnded | Left | Departed | NotJoined | Invited | Replayed
MessageEvent = Echoed | Unsaid | ModesChanged
Event = (
    Send
    | Registered
    | Renamed
    | Heard
    | ChannelEvent
    | MessageEvent
    | LookedUp
    | ModesTold
    | Upgrade
    | Policy
    | RegistrationRefused
    | Ended
)
Events = list[Event]
