"""Log in by SASL: the server's lines go in, our lines come out. Pure (IRCv3 *SASL* 3.1 and 3.2).

Several logins are tried in order, without those that the server does not offer. Mechanisms are left to `sasl`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labsbot.irc import sasl
from labsbot.irc.events import Events, RegistrationRefused, Send
from labsbot.irc.lines import Line, shown
from labsbot.settings import Sasl

LONGEST_CHALLENGE = 8 * sasl.CHUNK


class Login:
    def __init__(self, logins: Sequence[Sasl], nonce: Callable[[], str]) -> None:
        """`nonce` returns something that nobody can guess."""
        self._all = logins
        self._left: list[Sasl] = []
        self._offered = ""
        self._nonce = nonce
        self._challenge = ""
        self.done = False
        """We are logged in."""

    @property
    def wanted(self) -> bool:
        return bool(self._all)

    def offered(self, mechanisms: str | None) -> bool:
        """Take the mechanisms that the server offers (empty: it does not say which); False: it offers no login."""
        if mechanisms is None:
            return False
        self._offered = mechanisms.upper()
        named = self._offered.split(",")
        self._left = [login for login in self._all if not self._offered or login.mechanism in named]
        return True

    def begin(self) -> Events:
        """Begin the first of the remaining logins, or refuse to go on if there is none."""
        if not self._left:
            wanted = " or ".join(login.mechanism for login in self._all)
            return [RegistrationRefused(f"it offers no SASL {wanted} (only {shown(self._offered)})", for_good=True)]
        self._mechanism = sasl.mechanism(self._left[0], self._nonce())
        self._challenge = ""
        return [Send(f"AUTHENTICATE {self._left[0].mechanism}")]

    def challenged(self, line: Line) -> Events:
        self._challenge += "" if line.last == "+" else line.last
        if len(line.last) == sasl.CHUNK and len(self._challenge) <= LONGEST_CHALLENGE:
            return []
        code, self._challenge = self._challenge, ""
        try:
            answer = self._mechanism.answer(sasl.challenge(code))
        except sasl.Distrusted as failure:
            # no other mechanism is tried: that might give our password to a server that could not prove to know it
            return [Send("AUTHENTICATE *"), RegistrationRefused(shown(str(failure)), for_good=False)]
        return [Send(f"AUTHENTICATE {chunk}") for chunk in sasl.lines(answer)]

    def succeeded(self) -> Events:
        """The server accepts our login; returns nothing if that can be believed."""
        if not self._mechanism.proven:
            return [
                RegistrationRefused("it accepts our login without a proof that it knows our password", for_good=False)
            ]
        self.done = True
        return []

    def refused(self, line: Line, under_way: bool) -> Events:
        """The server refuses our login: begin the next one, if there is one."""
        if line.command == "904" and under_way and len(self._left) > 1:
            del self._left[0]
            return self.begin()
        login = (self._left or self._all)[0]
        who = f" as {login.account}" if login.account else ""
        why = f"it refuses our login{who}: {shown(line.last)} ({line.command})"
        return [RegistrationRefused(why, for_good=line.command not in ("906", "907"))]
