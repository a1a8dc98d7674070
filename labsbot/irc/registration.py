"""Register with a server: negotiate, log in, get a nick. Lines in, events out. Pure.

`capabilities`, `login` and `own_nick` know the details; here it is decided what comes next, and whether to go on.
Rules: RFC 2812, modern.ircdocs.horse; IRCv3 *STS*.
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
from labsbot.irc.lines import Line, shown, shown_error
from labsbot.irc.login import Login
from labsbot.irc.own_nick import OwnNick
from labsbot.irc.sts import Link

Reaction = Callable[[Line, datetime], Events]

LOGIN_REFUSED = ("nicklocked", "saslfail", "sasltoolong", "saslaborted", "saslalready")
NICK_REFUSED = ("nicknameinuse", "erroneusnickname", "nickcollision", "unavailresource")
BANNED = ("nopermforhost", "passwdmismatch", "yourebannedcreep")


class Phase(enum.Enum):
    """How far a session has come; the value completes *… took longer than*."""

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
        self.own = OwnNick(network.nick, isupport)
        self._introduced = False
        self._identified = False
        # by the names in irc's table of numerics; a number where that has no name
        self.reactions: dict[str, Reaction] = {
            "cap": self._cap,
            "unknowncommand": self._unknown,
            "authenticate": self._authenticate,
            "saslsuccess": self._logged_in,
            **dict.fromkeys(LOGIN_REFUSED, self._sasl_refused),
            **dict.fromkeys(NICK_REFUSED, self._nick_refused),
            **dict.fromkeys(BANNED, self._banned),
            "welcome": self._welcome,
            "396": self.own.host_changed,
        }

    def begin(self) -> Events:
        """What is sent first; where the server may still ask for TLS, nothing that says who we are."""
        return [Send("CAP LS 302"), *([] if self._link is Link.OPEN else self.introduce())]

    def introduce(self) -> Events:
        """Say who we are, unless that was done: as soon as we know what the server offers, or it does not answer."""
        if self._introduced:
            return []
        self._introduced = True
        password = self._network.password
        return [
            *([Send(f"PASS :{password.value}")] if password else []),
            Send(f"NICK {self.own.nick}"),
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
                return [RegistrationRefused("it refuses SASL logins", for_good=False)]
        return []

    def _upgrade(self) -> Events:
        port = sts.upgrade_port(self._capabilities.offered.get("sts")) if self._link is Link.OPEN else None
        return [Upgrade(port)] if port else []

    def _policy(self) -> Events:
        seconds = sts.duration(self._capabilities.offered.get("sts")) if self._link is Link.SECURE else None
        return [] if seconds is None else [Policy(seconds)]

    def _ask(self) -> Events:
        if self._login.wanted and not self._login.offered(self._capabilities.offered.get("sasl")):
            # while services are down, the capability is withdrawn
            return [RegistrationRefused("it offers no SASL login now, and one is configured", for_good=False)]
        requests = self._capabilities.ask(self._login.wanted)
        return [Send(request) for request in requests] or self._end_negotiation()

    def _end_negotiation(self) -> Events:
        self.phase = Phase.REGISTERING
        return [Send("CAP END")]

    def _unknown(self, line: Line, now: datetime) -> Events:
        """A server without CAP registers us as well; where SASL is configured, `_welcome` refuses that."""
        if line.param(1).upper() != "CAP" or self.phase is not Phase.NEGOTIATING:
            return []
        self.phase = Phase.REGISTERING
        return self.introduce()

    def error(self) -> Events:
        """An unknown error: before anything was negotiated, it means that the server does not know CAP."""
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
        """Log in with NickServ, if that is configured and was not done."""
        nickserv = self._network.nickserv
        if nickserv is None or self._login.done or self._identified:
            return []
        self._identified = True
        return [Send(f"PRIVMSG NickServ :IDENTIFY {nickserv.account} {nickserv.password.value}")]

    # --- accepted, or refused

    def _banned(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            return []
        return [RegistrationRefused(f"it refuses us: {shown_error(line)}", for_good=True)]

    def _welcome(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            return []
        if self._login.wanted and not self._login.done:
            return [RegistrationRefused("it skips the SASL login that is configured", for_good=False)]
        self.phase = Phase.ONLINE
        self.own.nick = line.param(0) or self.own.nick
        return [Registered(self.own.nick, shown(line.source))]

    # --- the nick

    def _nick_refused(self, line: Line, now: datetime) -> Events:
        if self.phase is Phase.ONLINE:
            # `reclaim` asks again later for the nick that we want
            return []
        if not self.own.take_another():
            return [RegistrationRefused(f"it refused all ten nicks that we tried: {shown_error(line)}", for_good=False)]
        return [Send(f"NICK {self.own.nick}")]

    def reclaim(self) -> Events:
        """Ask for the configured nick, if we have another one."""
        if self.phase is not Phase.ONLINE or self.own.is_us(self._network.nick):
            return []
        return [Send(f"NICK {self._network.nick}", free=False)]

    def renamed(self, old: str, new: str) -> Events:
        """Somebody changed their nick: we did, or it is free now."""
        if self.own.is_us(old):
            self.own.nick = new
            return [Renamed(new)]
        return self.left(old)

    def left(self, nick: str) -> Events:
        """A nick is free now."""
        return self.reclaim() if self._isupport.same(nick, self._network.nick) else []


def user_name(nick: str) -> str:
    """A user name from a nick: servers refuse there some signs that nicks may have."""
    return re.sub("[^A-Za-z0-9]", "", nick) or "labsbot"
