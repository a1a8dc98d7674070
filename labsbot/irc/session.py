"""One registration on a network as plain values: a line in, events out; no socket, no clock, no waiting.

Rules: RFC 1459 and 2812, modern.ircdocs.horse; IRCv3 *Capability Negotiation* 302, *SASL* 3.1 and 3.2, *batch*,
*message-tags*, *server-time*, *account-tag*, *Message IDs*, *Bot Mode*, *echo-message*.
"""

from __future__ import annotations

import base64
import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from dateutil.parser import isoparse
from irc.client import NickMask
from irc.events import Command
from irc.features import FeatureSet

from labsbot import settings
from labsbot.irc.events import (
    Ended,
    Event,
    Heard,
    Joined,
    Left,
    NotJoined,
    Refused,
    Registered,
    Renamed,
    Replayed,
    Send,
    Unsaid,
)
from labsbot.irc.lines import LONGEST_OUT, Line, cut, fold, sayable, shown
from labsbot.model import Privmsg, Sender

WANTED = ("server-time", "message-tags", "account-tag", "batch", "echo-message")
REPLAYS = {"chathistory", "playback", "znc.in/playback"}
BOT_TAGS = {"bot", "draft/bot", "inspircd.org/bot"}
OPEN_BATCHES = 100
"""More than a server ever has open at once; beyond it the oldest is forgotten, and its lines are taken for old ones."""
SASL_CHUNK = 400


class Phase(enum.Enum):
    """How far a session has come; the value completes *no end of …*."""

    NEGOTIATING = "negotiating capabilities"
    AUTHENTICATING = "logging in (SASL)"
    REGISTERING = "registering"
    ONLINE = "online"


class Presence(enum.Enum):
    OUT = "out"
    ASKED = "asked"
    IN = "in"


Events = list[Event]


@dataclass(slots=True)
class _Batch:
    target: str
    replay: bool
    lines: int = 0


class Session:
    """What a network and we have agreed on so far, from the first line to the last of one connection."""

    def __init__(self, network: settings.Network) -> None:
        self._network = network
        self.phase = Phase.NEGOTIATING
        self.nick = network.nick
        self._nicks_tried = 0
        self._userhost = ""
        self._features = FeatureSet()
        self._casemapping = "rfc1459"
        self.offered: dict[str, str] = {}
        self.caps: set[str] = set()
        self._asked: list[str] = []
        self._authenticated = False
        self._presence = {channel.name: Presence.OUT for channel in network.channels}
        self._batches: dict[str, _Batch] = {}
        # by the names of irc's table of numerics; what it does not name, by the number itself
        self._reactions: dict[str, Callable[[Line, datetime], Events]] = {
            "ping": self._ping,
            "cap": self._cap,
            "unknowncommand": self._unknown,
            "authenticate": self._authenticate,
            "saslsuccess": self._logged_in,
            "nicklocked": self._sasl_refused,
            "saslfail": self._sasl_refused,
            "sasltoolong": self._sasl_refused,
            "saslaborted": self._sasl_refused,
            "nicknameinuse": self._nick_refused,
            "erroneusnickname": self._nick_refused,
            "nickcollision": self._nick_refused,
            "unavailresource": self._nick_refused,
            "nopermforhost": self._banned,
            "passwdmismatch": self._banned,
            "yourebannedcreep": self._banned,
            "error": self._error,
            "welcome": self._welcome,
            "featurelist": self._isupport,
            "endofmotd": self._joins,
            "nomotd": self._joins,
            "396": self._host_changed,
            "nick": self._renamed,
            "join": self._joined,
            "part": self._parted,
            "kick": self._kicked,
            "quit": self._somebody_quit,
            "cannotsendtochan": self._cannot_send,
            "batch": self._batch,
            "privmsg": self._privmsg,
        }

    def begin(self) -> Events:
        """What is sent first on a new connection."""
        return [
            Send("CAP LS 302"),
            Send(f"NICK {self.nick}"),
            Send(f"USER {user_name(self._network.nick)} 0 * :{self._network.realname}"),
        ]

    def hear(self, line: Line, now: datetime) -> Events:
        """Take one line from the server. A line that makes no sense changes nothing."""
        self._learn_userhost(line)
        reaction = self._reactions.get(str(Command.lookup(line.command)))
        if reaction is not None:
            return reaction(line, now)
        return self._join_refused(line) if re.fullmatch("[45][0-9][0-9]", line.command) else []

    def _ping(self, line: Line, now: datetime) -> Events:
        return [Send(f"PONG :{line.param(0)}")]

    # --- capabilities

    def _cap(self, line: Line, now: datetime) -> Events:
        verb = line.param(1).upper()
        names = [name for name in line.last.split(" ") if name] if len(line.params) > 2 else []
        match verb:
            case "LS":
                self.offered.update(_offers(names))
                if self.phase is not Phase.NEGOTIATING or line.param(2) == "*":
                    return []
                return self._ask()
            case "NEW":
                self.offered.update(_offers(names))
                new = [name for name in WANTED if name in _offers(names)]
                return [Send(f"CAP REQ :{' '.join(new)}")] if new else []
            case "DEL":
                self.caps.difference_update(names)
                for name in names:
                    self.offered.pop(name, None)
            case "ACK":
                for name in names:
                    if name.startswith("-"):
                        self.caps.discard(name[1:])
                    else:
                        self.caps.add(name)
                return self._answered(names)
            case "NAK":
                if "sasl" in names and "sasl" in self._asked:
                    return [Refused("it refuses to let us log in (SASL)", for_good=False)]
                return self._answered(names)
        return []

    def _ask(self) -> Events:
        """Ask for what we want of what is offered: one line for all that we can do without, one for SASL."""
        wanted = [name for name in WANTED if name in self.offered]
        requests = [" ".join(wanted)] if wanted else []
        if self._network.sasl:
            refused = self._sasl_missing(self._network.sasl)
            if refused:
                return [refused]
            requests.append("sasl")
        self._asked = wanted + ["sasl"] * bool(self._network.sasl)
        return [Send(f"CAP REQ :{names}") for names in requests] or self._end_negotiation()

    def _sasl_missing(self, sasl: settings.Sasl) -> Refused | None:
        if "sasl" not in self.offered:
            # services that are away for a while take the capability with them
            return Refused("it offers no SASL login now, and we are not to go on without", for_good=False)
        mechanisms = self.offered["sasl"].upper()
        if mechanisms and sasl.mechanism.upper() not in mechanisms.split(","):
            why = f"it offers no SASL {sasl.mechanism} (only {shown(mechanisms)})"
            return Refused(why, for_good=True)
        return None

    def _answered(self, names: list[str]) -> Events:
        if not self._asked:
            return []
        self._asked = [name for name in self._asked if name not in names]
        if self._asked or self.phase is not Phase.NEGOTIATING:
            return []
        if self._network.sasl:
            self.phase = Phase.AUTHENTICATING
            return [Send(f"AUTHENTICATE {self._network.sasl.mechanism.upper()}")]
        return self._end_negotiation()

    def _end_negotiation(self) -> Events:
        self.phase = Phase.REGISTERING
        return [Send("CAP END")]

    def _unknown(self, line: Line, now: datetime) -> Events:
        """A server that does not know CAP registers us without; where SASL is wanted, `_welcome` refuses that."""
        if line.param(1).upper() == "CAP" and self.phase is Phase.NEGOTIATING:
            self.phase = Phase.REGISTERING
        return []

    # --- SASL

    def _authenticate(self, line: Line, now: datetime) -> Events:
        sasl = self._network.sasl
        if sasl is None or self.phase is not Phase.AUTHENTICATING or line.last != "+":
            return []
        plain = f"\0{sasl.account}\0{sasl.password.value}".encode()
        code = base64.b64encode(plain).decode("ascii")
        chunks = [code[start : start + SASL_CHUNK] for start in range(0, len(code), SASL_CHUNK)]
        if len(chunks[-1]) == SASL_CHUNK:
            chunks.append("+")
        return [Send(f"AUTHENTICATE {chunk}") for chunk in chunks]

    def _logged_in(self, line: Line, now: datetime) -> Events:
        if self.phase is not Phase.AUTHENTICATING:
            return []
        self._authenticated = True
        return self._end_negotiation()

    def _sasl_refused(self, line: Line, now: datetime) -> Events:
        if self._network.sasl is None or self.phase is Phase.ONLINE:
            return []
        why = f"it refuses our login as {self._network.sasl.account}: {shown(line.last)} ({line.command})"
        aborted = line.command == "906"
        return [Refused(why, for_good=not aborted)]

    # --- registration

    def _nick_refused(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            # 437 stands for a nick or a channel; a nick that we wanted back is asked for again later
            return self._join_refused(line)
        self._nicks_tried += 1
        if self._nicks_tried > 9:
            return [Refused(f"it lets us have none of ten nicks: {shown(line.last)} ({line.command})", for_good=False)]
        self.nick = other_nick(self._network.nick, self._nicks_tried)
        return [Send(f"NICK {self.nick}")]

    def _banned(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            return []
        return [Refused(f"it refuses us: {shown(line.last)} ({line.command})", for_good=True)]

    def _error(self, line: Line, now: datetime) -> Events:
        return [Ended(f"the server ended it: {shown(line.last)}")]

    def _welcome(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            return []
        if self._network.sasl and not self._authenticated:
            return [Refused("it lets us in without SASL login, and we are not to go on so", for_good=False)]
        self.phase = Phase.ONLINE
        self.nick = line.param(0) or self.nick
        return [Registered(self.nick, shown(line.source))]

    def _isupport(self, line: Line, now: datetime) -> Events:
        for token in line.params[1:-1]:
            if token.startswith("CASEMAPPING="):
                self._features.load_feature(token)
                self._casemapping = str(self._features.casemapping).lower()
        return []

    def _host_changed(self, line: Line, now: datetime) -> Events:
        """396: we look otherwise from now on; the next line that shows our hostmask says how."""
        self._userhost = ""
        return []

    # --- nick

    def reclaim(self) -> Events:
        """Ask for the nick that we want, if we have another."""
        if self.phase is not Phase.ONLINE or self._same(self.nick, self._network.nick):
            return []
        return [Send(f"NICK {self._network.nick}", free=False)]

    def _renamed(self, line: Line, now: datetime) -> Events:
        old = NickMask(line.source).nick
        if not line.param(0) or not old:
            return []
        if self._same(old, self.nick):
            self.nick = line.param(0)
            return [Renamed(self.nick)]
        return self.reclaim() if self._same(old, self._network.nick) else []

    def _somebody_quit(self, line: Line, now: datetime) -> Events:
        return self.reclaim() if self._same(NickMask(line.source).nick, self._network.nick) else []

    def _learn_userhost(self, line: Line) -> None:
        """What others see of us before each line of ours takes room in it."""
        mask = NickMask(line.source)
        if mask.user and mask.host and self._same(mask.nick, self.nick):
            self._userhost = f"{mask.user}@{mask.host}"

    # --- channels

    def present(self, channel: str) -> bool:
        return self._presence.get(self._ours(channel)) is Presence.IN

    def join(self, channel: str) -> Events:
        """Ask to be let into one of our channels."""
        self._presence[channel] = Presence.ASKED
        key = next((c.key for c in self._network.channels if c.name == channel and c.key), None)
        return [Send(f"JOIN {channel} {key.value}" if key else f"JOIN {channel}", free=False)]

    def _joins(self, line: Line, now: datetime) -> Events:
        """The message of the day is over, and with it all that 005 had to say: now names can be compared."""
        out = [name for name, presence in self._presence.items() if presence is Presence.OUT]
        if self.phase is not Phase.ONLINE:
            return []
        return [event for name in out for event in self.join(name)]

    def _joined(self, line: Line, now: datetime) -> Events:
        if not self._same(NickMask(line.source).nick, self.nick):
            return []
        channel = self._ours(line.param(0))
        if not channel:
            # a forward, or somebody's power to pull us in
            return [Send(f"PART {line.param(0)}", free=False)] if line.param(0) else []
        self._presence[channel] = Presence.IN
        return [Joined(channel)]

    def _parted(self, line: Line, now: datetime) -> Events:
        if not self._same(NickMask(line.source).nick, self.nick):
            return []
        return self._gone(line.param(0), "we were made to leave")

    def _kicked(self, line: Line, now: datetime) -> Events:
        if not self._same(line.param(1), self.nick):
            return []
        return self._gone(line.param(0), f"{shown(NickMask(line.source).nick)} kicked us: {shown(line.param(2))}")

    def _gone(self, target: str, why: str) -> Events:
        channel = self._ours(target)
        if not self.present(channel):
            return []
        self._presence[channel] = Presence.OUT
        return [Left(channel, why)]

    def _join_refused(self, line: Line) -> Events:
        """Any error that names a channel which we asked to enter: there are more of them than any list has."""
        channel = self._ours(line.param(1))
        if self._presence.get(channel) is not Presence.ASKED:
            return []
        self._presence[channel] = Presence.OUT
        return [NotJoined(channel, f"{shown(line.last)} ({line.command})")]

    def _cannot_send(self, line: Line, now: datetime) -> Events:
        return [Unsaid(shown(line.param(1)), f"{shown(line.last)} ({line.command})")]

    def _ours(self, target: str) -> str:
        """The channel as the configuration spells it; empty: it is not one of ours."""
        folded = fold(target, self._casemapping)
        return next((name for name in self._presence if fold(name, self._casemapping) == folded), "")

    def _same(self, one: str, other: str) -> bool:
        return fold(one, self._casemapping) == fold(other, self._casemapping)

    # --- what is said

    def _batch(self, line: Line, now: datetime) -> Events:
        reference = line.param(0)
        if reference.startswith("+"):
            kind = line.param(1).lower().removeprefix("draft/")
            replay = kind in REPLAYS or self._is_old(line)
            if len(self._batches) >= OPEN_BATCHES:
                del self._batches[next(iter(self._batches))]
            self._batches[reference[1:]] = _Batch(shown(line.param(2)), replay)
        elif reference.startswith("-"):
            batch = self._batches.pop(reference[1:], None)
            if batch and batch.replay:
                return [Replayed(batch.target, batch.lines)]
        return []

    def _is_old(self, line: Line) -> bool:
        """The line belongs to a replay, or to a batch of which we do not know that it is none."""
        if "batch" not in line.tags:
            return False
        batch = self._batches.get(line.tags["batch"])
        return batch is None or batch.replay

    def _privmsg(self, line: Line, now: datetime) -> Events:
        mask = NickMask(line.source)
        text = line.param(1)
        if self._is_old(line):
            batch = self._batches.get(line.tags["batch"])
            if batch:
                batch.lines += 1
            return []
        ctcp = text.startswith("\x01")
        if len(line.params) < 2 or not mask.nick or ctcp or self._same(mask.nick, self.nick):
            return []
        channel = self._ours(line.param(0))
        if not channel and not self._same(line.param(0), self.nick):
            return []
        privmsg = Privmsg(
            network=self._network.name,
            channel=channel or None,
            sender=self._sender(mask, line.tags),
            text=text,
            arrived=now,
            server_time=server_time(line.tags.get("time", "")),
            msgid=line.tags.get("msgid") or None,
        )
        return [Heard(privmsg)]

    def _sender(self, mask: NickMask, tags: dict[str, str]) -> Sender:
        account = tags.get("account") or None
        listed = account is not None and any(self._same(account, robot) for robot in self._network.robots)
        robot = listed or not BOT_TAGS.isdisjoint(tags)
        return Sender(mask.nick, mask.user or "", mask.host or "", account, robot)

    def privmsg(self, target: str, text: str) -> Send | None:
        """The line that says `text` to a channel of ours or to a nick, cut to fit; None: it cannot be said now.

        Others get the line with our hostmask in front, and that too counts against its length.
        """
        channel = self._ours(target)
        there = self.present(target) if channel else NICK.fullmatch(target) is not None
        words = sayable(text)
        if self.phase is not Phase.ONLINE or not there or not words.strip():
            return None
        head = f"PRIVMSG {channel or target} :"
        prefix = f":{self.nick}!{self._userhost or LONGEST_USERHOST} "
        return Send(head + cut(words, LONGEST_OUT - len(f"{prefix}{head}\r\n".encode())), free=False)


NICK = re.compile(r"[^\s\x00-\x1f!@#&+$%~:,*?][^\s\x00-\x1f!@,*?]*")
LONGEST_USERHOST = f"{'u' * 12}@{'h' * 64}"
"""As long as networks allow, for as long as we do not know our own."""


def _offers(names: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (offer.partition("=") for offer in names)}


def user_name(nick: str) -> str:
    """A user name from a nick: servers refuse there some signs that nicks may have."""
    return re.sub("[^A-Za-z0-9]", "", nick) or "labsbot"


def other_nick(nick: str, attempt: int) -> str:
    """The nick to try when that many were refused: ``nick_``, ``nick__``; then shorter ones, for strict servers."""
    return f"{nick}{'_' * attempt}" if attempt <= 4 else f"{nick[:7]}_{attempt}"


def server_time(tag: str) -> datetime | None:
    """The time (UTC) in a ``time`` tag; None: there is none that can be believed.

    A leap second (``23:59:60``) is legal there and no datetime; it becomes the second before it.
    """
    try:
        moment = isoparse(re.sub(r"(T\d\d:\d\d):60", r"\1:59", tag))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
