"""How we become known to a server, and under which nick; lines in, events out. Pure.

Rules: RFC 2812, modern.ircdocs.horse; IRCv3 *STS*. Capabilities and SASL are told apart by their own modules; here
their results meet: what comes next, and whether we may go on.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from datetime import datetime

from labsbot import settings
from labsbot.irc import sts
from labsbot.irc.capabilities import Capabilities, Step
from labsbot.irc.events import Events, Policy, Registered, RegistrationRefused, Renamed, Send, Upgrade
from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import Line, hostmask, shown, shown_error
from labsbot.irc.login import Login
from labsbot.irc.sts import Link

Reaction = Callable[[Line, datetime], Events]

LOGIN_REFUSED = ("nicklocked", "saslfail", "sasltoolong", "saslaborted", "saslalready")
NICK_REFUSED = ("nicknameinuse", "erroneusnickname", "nickcollision", "unavailresource")
BANNED = ("nopermforhost", "passwdmismatch", "yourebannedcreep")
NICKS = 10
"""So many nicks are tried."""


class Phase(enum.Enum):
    """How far a session has come; the value completes *no end of …*."""

    NEGOTIATING = "negotiating capabilities"
    AUTHENTICATING = "logging in (SASL)"
    REGISTERING = "registering"
    ONLINE = "online"


class Registration:
    def __init__(
        self, network: settings.Network, link: Link, isupport: Isupport, capabilities: Capabilities, login: Login
    ) -> None:
        self._network = network
        self._link = link
        self._isupport = isupport
        self._capabilities = capabilities
        self._login = login
        self.phase = Phase.NEGOTIATING
        self.nick = network.nick
        self.userhost = ""
        """``user@host``, as others see us; empty: not known."""
        self._introduced = False
        self._nicks_tried = 0
        self._identified = False
        # by the names of irc's table of numerics; what it does not name, by the number itself
        self.reactions: dict[str, Reaction] = {
            "cap": self._cap,
            "unknowncommand": self._unknown,
            "authenticate": self._authenticate,
            "saslsuccess": self._logged_in,
            **dict.fromkeys(LOGIN_REFUSED, self._sasl_refused),
            **dict.fromkeys(NICK_REFUSED, self._nick_refused),
            **dict.fromkeys(BANNED, self._banned),
            "welcome": self._welcome,
            "396": self._host_changed,
        }

    def begin(self) -> Events:
        """What is sent first on a new connection; where TLS may be asked for, nothing that would betray us."""
        return [Send("CAP LS 302"), *([] if self._link is Link.OPEN else self.introduce())]

    def introduce(self) -> Events:
        """Say who we are, if we have not: when we know what the server offers, or it seems that it does not tell."""
        if self._introduced:
            return []
        self._introduced = True
        password = self._network.password
        return [
            *([Send(f"PASS :{password.value}")] if password else []),
            Send(f"NICK {self.nick}"),
            Send(f"USER {user_name(self._network.nick)} 0 * :{self._network.realname}"),
        ]

    # --- capabilities

    def _cap(self, line: Line, now: datetime) -> Events:
        match self._capabilities.hear(line):
            case Step.LISTED if self.phase is Phase.NEGOTIATING:
                return self._upgrade() or [*self._policy(), *self.introduce(), *self._ask()]
            case Step.MORE:
                more = [Send(request) for request in self._capabilities.ask_for_more()]
                return self._upgrade() or [*self._policy(), *more]
            case Step.SETTLED if self.phase is Phase.NEGOTIATING:
                if not self._login.wanted:
                    return self._end_negotiation()
                self.phase = Phase.AUTHENTICATING
                return self._login.begin()
            case Step.NO_LOGIN:
                return [RegistrationRefused("it refuses to let us log in (SASL)", for_good=False)]
        return []

    def _upgrade(self) -> Events:
        port = sts.upgrade_port(self._capabilities.offered.get("sts")) if self._link is Link.OPEN else None
        return [Upgrade(port)] if port else []

    def _policy(self) -> Events:
        seconds = sts.duration(self._capabilities.offered.get("sts")) if self._link is Link.SECURE else None
        return [] if seconds is None else [Policy(seconds)]

    def _ask(self) -> Events:
        if self._login.wanted and not self._login.offered(self._capabilities.offered.get("sasl")):
            # services that are away for a while take the capability with them
            return [RegistrationRefused("it offers no SASL login now, and we are not to go on without", for_good=False)]
        requests = self._capabilities.ask(self._login.wanted)
        return [Send(request) for request in requests] or self._end_negotiation()

    def _end_negotiation(self) -> Events:
        self.phase = Phase.REGISTERING
        return [Send("CAP END")]

    def _unknown(self, line: Line, now: datetime) -> Events:
        """A server that does not know CAP registers us without; where SASL is wanted, `_welcome` refuses that."""
        if line.param(1).upper() != "CAP" or self.phase is not Phase.NEGOTIATING:
            return []
        self.phase = Phase.REGISTERING
        return self.introduce()

    def error(self) -> Events:
        """An error that says nothing to us; before anything was negotiated it shows that CAP is not known."""
        return self.introduce() if self.phase is Phase.NEGOTIATING else []

    # --- login

    def _authenticate(self, line: Line, now: datetime) -> Events:
        return self._login.challenged(line) if self.phase is Phase.AUTHENTICATING else []

    def _logged_in(self, line: Line, now: datetime) -> Events:
        if self.phase is not Phase.AUTHENTICATING:
            return []
        return self._login.succeeded() or self._end_negotiation()

    def _sasl_refused(self, line: Line, now: datetime) -> Events:
        if not self._login.wanted or self.phase is Phase.ONLINE:
            return []
        return self._login.refused(line, self.phase is Phase.AUTHENTICATING)

    def identify(self) -> Events:
        """Log in with NickServ, once."""
        nickserv = self._network.nickserv
        if nickserv is None or self._login.done or self._identified:
            return []
        self._identified = True
        return [Send(f"PRIVMSG NickServ :IDENTIFY {nickserv.account} {nickserv.password.value}")]

    # --- in, or not

    def _banned(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            return []
        return [RegistrationRefused(f"it refuses us: {shown_error(line)}", for_good=True)]

    def _welcome(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            return []
        if self._login.wanted and not self._login.done:
            return [RegistrationRefused("it lets us in without SASL login, and we are not to go on so", for_good=False)]
        self.phase = Phase.ONLINE
        self.nick = line.param(0) or self.nick
        return [Registered(self.nick, shown(line.source))]

    # --- who we are

    def is_us(self, nick: str) -> bool:
        return self._isupport.same(nick, self.nick)

    def _nick_refused(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            # a nick that we wanted back is asked for again later
            return []
        self._nicks_tried += 1
        if self._nicks_tried >= NICKS:
            return [RegistrationRefused(f"it lets us have none of ten nicks: {shown_error(line)}", for_good=False)]
        self.nick = other_nick(self._network.nick, self._nicks_tried)
        return [Send(f"NICK {self.nick}")]

    def reclaim(self) -> Events:
        """Ask for the nick that we want, if we have another."""
        if self.phase is not Phase.ONLINE or self.is_us(self._network.nick):
            return []
        return [Send(f"NICK {self._network.nick}", free=False)]

    def renamed(self, old: str, new: str) -> Events:
        """Somebody has another nick now: we, or one who has left the nick that we want."""
        if self.is_us(old):
            self.nick = new
            return [Renamed(new)]
        return self.left(old)

    def left(self, nick: str) -> Events:
        """Nobody has this nick any more."""
        return self.reclaim() if self._isupport.same(nick, self._network.nick) else []

    def learn_userhost(self, line: Line) -> None:
        """What others see of us before each line of ours takes room in it."""
        if line.source.startswith(self.nick):
            mask = hostmask(line.source)
            if mask.user and mask.host and mask.nick == self.nick:
                self.userhost = f"{mask.user}@{mask.host}"

    def _host_changed(self, line: Line, now: datetime) -> Events:
        """396: we look otherwise from now on; the next line that shows our hostmask says how."""
        self.userhost = ""
        return []


def user_name(nick: str) -> str:
    """A user name from a nick: servers refuse there some signs that nicks may have."""
    return re.sub("[^A-Za-z0-9]", "", nick) or "labsbot"


def other_nick(nick: str, attempt: int) -> str:
    """The nick to try when that many were refused: ``nick_``, ``nick__``; then shorter ones, for strict servers."""
    if attempt == 0:
        return nick
    return f"{nick}{'_' * attempt}" if attempt <= 4 else f"{nick[:7]}_{attempt}"
