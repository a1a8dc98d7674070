"""One registration on a network as plain values: a line in, events out; no socket, no clock, no waiting.

Rules: RFC 1459 and 2812, modern.ircdocs.horse; IRCv3 *Capability Negotiation* 302, *SASL* 3.1 and 3.2, *batch*,
*message-tags*, *server-time*, *account-tag*, *account-notify*, *extended-join*, *Message IDs*, *Bot Mode*,
*echo-message*, *chathistory*; WHOX.
"""

from __future__ import annotations

import enum
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dateutil.parser import isoparse
from irc.client import NickMask
from irc.events import Command
from irc.features import FeatureSet

from labsbot import settings
from labsbot.irc import sasl
from labsbot.irc.events import (
    CaughtUp,
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

HISTORY = ("draft/chathistory", "chathistory")
ACCOUNTS = ("account-notify", "extended-join")
WANTED = ("server-time", "message-tags", "account-tag", *ACCOUNTS, "batch", "echo-message", *HISTORY, "draft/multiline")
REPLAYS = {"chathistory", "playback", "znc.in/playback"}
BOT_TAGS = {"bot", "draft/bot", "inspircd.org/bot"}
OPEN_BATCHES = 100
"""More than a server ever has open at once; beyond it the oldest is forgotten, and its lines are taken for old ones."""
PAGE = 100
"""Lines of history to ask for at once, where the server allows as many."""
OVERLAP = timedelta(minutes=2)
"""So much of what we know already is asked for again: the server's clock may differ from ours."""
OLD = timedelta(minutes=2)
"""Where there are no batches, a line that was said so long ago comes from a history."""
MARK = "caught up with "
WHOX = "%tna,354"
"""What WHO is to tell of each who is there: this number, the nick, the account."""
LONGEST_CHALLENGE = 8 * sasl.CHUNK
LONGEST_MESSAGE = 40_000
"""Characters of a message in several lines; what is more is left out."""


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
    newest: Line | None = None
    whole: Line | None = None
    """Of a message in several lines: the message, as far as it has come."""


@dataclass(slots=True)
class _CatchingUp:
    """On what we entered a channel; until the end of this, lines of its history may come."""

    asked: str = ""
    """After which line we asked the server to repeat; empty: it repeats what it likes."""
    repeated: bool = False


class Session:
    """What a network and we have agreed on so far, from the first line to the last of one connection."""

    def __init__(self, network: settings.Network, nonce: Callable[[], str] = secrets.token_urlsafe) -> None:
        """`nonce` makes something that nobody can guess."""
        self._network = network
        self._nonce = nonce
        self._logins: list[settings.Sasl] = []
        self._challenge = ""
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
        self._catching_up: dict[str, _CatchingUp] = {}
        self._accounts: dict[str, str] = {}
        self._whox = False
        self._page = PAGE
        self._refers_by_msgid = False
        # by the names of irc's table of numerics; what it does not name, by the number itself
        self._reactions: dict[str, Callable[[Line, datetime], Events]] = {
            "ping": self._ping,
            "pong": self._pong,
            "fail": self._failed,
            "cap": self._cap,
            "unknowncommand": self._unknown,
            "authenticate": self._authenticate,
            "saslsuccess": self._logged_in,
            "nicklocked": self._sasl_refused,
            "saslfail": self._sasl_refused,
            "sasltoolong": self._sasl_refused,
            "saslaborted": self._sasl_refused,
            "saslalready": self._sasl_refused,
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
            "whospcrpl": self._who,
            "account": self._account_changed,
            "batch": self._batch,
            "privmsg": self._privmsg,
        }

    def begin(self) -> Events:
        """What is sent first on a new connection."""
        password = self._network.password
        return [
            Send("CAP LS 302"),
            *([Send(f"PASS :{password.value}")] if password else []),
            Send(f"NICK {self.nick}"),
            Send(f"USER {user_name(self._network.nick)} 0 * :{self._network.realname}"),
        ]

    def hear(self, line: Line, now: datetime) -> Events:
        """Take one line from the server. A line that makes no sense changes nothing."""
        self._learn_userhost(line)
        self._count_in_batch(line)
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
            refused = self._sasl_missing()
            if refused:
                return [refused]
            requests.append("sasl")
        self._asked = wanted + ["sasl"] * bool(self._network.sasl)
        return [Send(f"CAP REQ :{names}") for names in requests] or self._end_negotiation()

    def _sasl_missing(self) -> Refused | None:
        """Which of our logins to try, in order; or why there is none."""
        if "sasl" not in self.offered:
            # services that are away for a while take the capability with them
            return Refused("it offers no SASL login now, and we are not to go on without", for_good=False)
        offered = self.offered["sasl"].upper()
        self._logins = [sasl for sasl in self._network.sasl if not offered or sasl.mechanism in offered.split(",")]
        if not self._logins:
            wanted = " or ".join(sasl.mechanism for sasl in self._network.sasl)
            return Refused(f"it offers no SASL {wanted} (only {shown(offered)})", for_good=True)
        return None

    def _answered(self, names: list[str]) -> Events:
        if not self._asked:
            return []
        self._asked = [name for name in self._asked if name not in names]
        if self._asked or self.phase is not Phase.NEGOTIATING:
            return []
        if self._network.sasl:
            self.phase = Phase.AUTHENTICATING
            return self._log_in()
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

    def _log_in(self) -> Events:
        """Begin the first of the logins that are left."""
        self._mechanism = sasl.mechanism(self._logins[0], self._nonce())
        self._challenge = ""
        return [Send(f"AUTHENTICATE {self._logins[0].mechanism}")]

    def _authenticate(self, line: Line, now: datetime) -> Events:
        if self.phase is not Phase.AUTHENTICATING:
            return []
        self._challenge += "" if line.last == "+" else line.last
        if len(line.last) == sasl.CHUNK and len(self._challenge) <= LONGEST_CHALLENGE:
            return []
        code, self._challenge = self._challenge, ""
        try:
            answer = self._mechanism.answer(sasl.challenge(code))
        except sasl.Distrusted as failure:
            # with another mechanism it would get the password that it failed to show it knows
            return [Send("AUTHENTICATE *"), Refused(shown(str(failure)), for_good=False)]
        return [Send(f"AUTHENTICATE {chunk}") for chunk in sasl.lines(answer)]

    def _logged_in(self, line: Line, now: datetime) -> Events:
        if self.phase is not Phase.AUTHENTICATING:
            return []
        if not self._mechanism.proven:
            return [Refused("it lets us in without having shown that it knows our password", for_good=False)]
        self._authenticated = True
        return self._end_negotiation()

    def _sasl_refused(self, line: Line, now: datetime) -> Events:
        if not self._network.sasl or self.phase is Phase.ONLINE:
            return []
        if line.command == "904" and self.phase is Phase.AUTHENTICATING and len(self._logins) > 1:
            del self._logins[0]
            return self._log_in()
        login = (self._logins or self._network.sasl)[0]
        who = f" as {login.account}" if login.account else ""
        why = f"it refuses our login{who}: {shown(line.last)} ({line.command})"
        return [Refused(why, for_good=line.command not in ("906", "907"))]

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
            elif most := re.fullmatch("(?:draft/)?CHATHISTORY=([0-9]{1,6})", token):
                self._page = min(int(most[1]) or PAGE, PAGE)
            elif token == "WHOX":
                self._whox = True
            elif token.startswith("MSGREFTYPES="):
                self._refers_by_msgid = "msgid" in token.partition("=")[2].split(",")
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
        self._know_account(line.param(0), self._accounts.pop(self._fold(old), ""))
        if self._same(old, self.nick):
            self.nick = line.param(0)
            return [Renamed(self.nick)]
        return self.reclaim() if self._same(old, self._network.nick) else []

    def _somebody_quit(self, line: Line, now: datetime) -> Events:
        self._know_account(NickMask(line.source).nick, "")
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
        return [*self._identify(), *(event for name in out for event in self.join(name))]

    def _identify(self) -> Events:
        """Log in with NickServ, once."""
        nickserv = self._network.nickserv
        if nickserv is None or self._authenticated:
            return []
        self._authenticated = True
        return [Send(f"PRIVMSG NickServ :IDENTIFY {nickserv.account} {nickserv.password.value}")]

    def _joined(self, line: Line, now: datetime) -> Events:
        nick = NickMask(line.source).nick
        if not self._same(nick, self.nick):
            if "extended-join" in self.caps:
                self._know_account(nick, line.param(1))
            return []
        channel = self._ours(line.param(0))
        if not channel:
            # a forward, or somebody's power to pull us in
            return [Send(f"PART {line.param(0)}", free=False)] if line.param(0) else []
        self._presence[channel] = Presence.IN
        who = [Send(f"WHO {channel} {WHOX}", free=False)] if self._whox and self._keeps_accounts else []
        return [Joined(channel, server_time(line.tags.get("time", "")) or now), *who]

    def _parted(self, line: Line, now: datetime) -> Events:
        self._know_account(NickMask(line.source).nick, "")
        if not self._same(NickMask(line.source).nick, self.nick):
            return []
        return self._gone(line.param(0), "we were made to leave")

    def _kicked(self, line: Line, now: datetime) -> Events:
        self._know_account(line.param(1), "")
        if not self._same(line.param(1), self.nick):
            return []
        return self._gone(line.param(0), f"{shown(NickMask(line.source).nick)} kicked us: {shown(line.param(2))}")

    def _gone(self, target: str, why: str) -> Events:
        channel = self._ours(target)
        if not self.present(channel):
            return []
        self._presence[channel] = Presence.OUT
        self._catching_up.pop(channel, None)
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

    # --- catching up with what was said while we were away

    def catch_up(self, channel: str, since: datetime | None) -> Events:
        """Having entered, learn what was said since then (None: nothing that we want); a CaughtUp ends it.

        A server that does not offer to be asked repeats on its own what it has, before it answers our PING.
        """
        self._catching_up[channel] = _CatchingUp()
        if since is not None and not self.caps.isdisjoint(HISTORY):
            return self._ask_for_history(channel, f"timestamp={stamp(since - OVERLAP)}")
        return [Send(f"PING :{MARK}{channel}")]

    def give_up_history(self, channel: str) -> Events:
        """The server does not end what it has to repeat."""
        return self._caught_up(channel, repeated=False)

    def _ask_for_history(self, channel: str, after: str) -> Events:
        self._catching_up[channel].asked = after
        return [Send(f"CHATHISTORY AFTER {channel} {after} {self._page}", free=False)]

    def _page_is_over(self, batch: _Batch) -> Events:
        """The next page; after one that brought nothing new we have caught up."""
        channel = self._ours(batch.target)
        catching_up = self._catching_up.get(channel)
        if catching_up is None or not catching_up.asked:
            return []
        references = self._references(batch.newest) if batch.newest else []
        further = [reference for reference in references if reference > catching_up.asked or "msgid" in reference]
        if not further or further[0] == catching_up.asked:
            return self._caught_up(channel, repeated=True)
        return self._ask_for_history(channel, further[0])

    def _references(self, line: Line) -> list[str]:
        """How CHATHISTORY refers to a line, the best first.

        Several lines can have one time, and the border of a page can be between them: so it is asked for once more.
        """
        if self._refers_by_msgid and line.tags.get("msgid"):
            return [f"msgid={line.tags['msgid']}"]
        said = server_time(line.tags.get("time", ""))
        before = [] if said is None else [said - timedelta(milliseconds=1), said]
        return [f"timestamp={stamp(moment)}" for moment in before]

    def _pong(self, line: Line, now: datetime) -> Events:
        channel = line.last.removeprefix(MARK)
        catching_up = self._catching_up.get(channel)
        if catching_up is None or catching_up.asked or not line.last.startswith(MARK):
            return []
        return self._caught_up(channel, catching_up.repeated)

    def _failed(self, line: Line, now: datetime) -> Events:
        """FAIL (IRCv3 *standard replies*): some servers do not say of which channel they speak."""
        asked = [channel for channel, catching_up in self._catching_up.items() if catching_up.asked]
        if line.param(0).upper() != "CHATHISTORY":
            return []
        meant = [channel for channel in asked if any(self._ours(word) == channel for word in line.params)] or asked
        return [event for channel in meant for event in self._caught_up(channel, repeated=False)]

    def _caught_up(self, channel: str, repeated: bool) -> Events:
        return [CaughtUp(channel, repeated)] if self._catching_up.pop(channel, None) else []

    # --- who is logged in as whom, where the lines themselves do not say (account-tag)

    @property
    def _keeps_accounts(self) -> bool:
        """We need to know accounts, and hear when they change."""
        return "account-tag" not in self.caps and "account-notify" in self.caps

    def _who(self, line: Line, now: datetime) -> Events:
        if line.param(1) == WHOX.rpartition(",")[2]:
            self._know_account(line.param(2), line.param(3).removeprefix("0"))
        return []

    def _account_changed(self, line: Line, now: datetime) -> Events:
        self._know_account(NickMask(line.source).nick, line.param(0))
        return []

    def _know_account(self, nick: str, account: str) -> None:
        """Who leaves one of our channels is forgotten: once out of sight, anybody may have the nick."""
        if not self._keeps_accounts or account in ("", "*"):
            self._accounts.pop(self._fold(nick), None)
        else:
            self._accounts[self._fold(nick)] = account

    # --- which channel, which nick

    def _ours(self, target: str) -> str:
        """The channel as the configuration spells it; empty: it is not one of ours."""
        folded = fold(target, self._casemapping)
        return next((name for name in self._presence if fold(name, self._casemapping) == folded), "")

    def _same(self, one: str, other: str) -> bool:
        return self._fold(one) == self._fold(other)

    def _fold(self, name: str) -> str:
        return fold(name, self._casemapping)

    # --- what is said

    def _batch(self, line: Line, now: datetime) -> Events:
        reference = line.param(0)
        if reference.startswith("+"):
            kind = line.param(1).lower().removeprefix("draft/")
            replay = kind in REPLAYS or ("batch" in line.tags and self._is_replayed(line, now))
            if len(self._batches) >= OPEN_BATCHES:
                del self._batches[next(iter(self._batches))]
            several = Line("PRIVMSG", (line.param(2), ""), line.source, line.tags) if kind == "multiline" else None
            self._batches[reference[1:]] = _Batch(line.param(2), replay, whole=several)
        elif reference.startswith("-"):
            batch = self._batches.pop(reference[1:], None)
            if batch and batch.whole:
                return self._privmsg(batch.whole, now)
            if batch and batch.replay:
                return [Replayed(shown(batch.target), batch.lines), *self._page_is_over(batch)]
        return []

    def _count_in_batch(self, line: Line) -> None:
        batch = self._batches.get(line.tags.get("batch", ""))
        if batch and batch.replay:
            batch.lines += line.command in ("PRIVMSG", "NOTICE")
            batch.newest = line

    def _is_replayed(self, line: Line, now: datetime) -> bool:
        """The line belongs to a replay, or to a batch of which we do not know that it is none, or it is simply old."""
        if "batch" in line.tags:
            batch = self._batches.get(line.tags["batch"])
            return batch is None or batch.replay
        said = server_time(line.tags.get("time", ""))
        return "batch" not in self.caps and said is not None and now - said > OLD

    def _put_together(self, batch: _Batch, whole: Line, line: Line) -> None:
        """IRCv3 *multiline*: a line goes on where the last one ended, or begins a new one of the same message."""
        said = whole.param(1)
        border = "\n" if said and "draft/multiline-concat" not in line.tags else ""
        if len(said) < LONGEST_MESSAGE:
            batch.whole = replace(whole, params=(whole.param(0), said + border + line.param(1)))

    def _privmsg(self, line: Line, now: datetime) -> Events:
        batch = self._batches.get(line.tags.get("batch", ""))
        if batch and batch.whole:
            self._put_together(batch, batch.whole, line)
            return []
        mask = NickMask(line.source)
        text = line.param(1)
        ctcp = text.startswith("\x01")
        if len(line.params) < 2 or not mask.nick or ctcp or self._same(mask.nick, self.nick):
            return []
        channel = self._ours(line.param(0))
        if not channel and not self._same(line.param(0), self.nick):
            return []
        replayed = self._is_replayed(line, now)
        privmsg = Privmsg(
            network=self._network.name,
            channel=channel or None,
            sender=self._sender(mask, line.tags, replayed),
            text=text,
            arrived=now,
            server_time=server_time(line.tags.get("time", "")),
            msgid=line.tags.get("msgid") or None,
            replayed=replayed,
        )
        if privmsg.replayed and channel in self._catching_up:
            self._catching_up[channel].repeated = True
        return [Heard(privmsg)]

    def _sender(self, mask: NickMask, tags: dict[str, str], replayed: bool) -> Sender:
        # who has the nick now says nothing about who had it then
        known = None if replayed or not self._keeps_accounts else self._accounts.get(self._fold(mask.nick))
        account = tags.get("account") or known
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
        return moment.astimezone(UTC) if moment.tzinfo and moment.year > 1970 else None
    except (ValueError, OverflowError):
        return None


def stamp(moment: datetime) -> str:
    """A time as IRCv3 *server-time* writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
