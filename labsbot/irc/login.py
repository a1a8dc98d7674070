"""A server's part in our SASL login goes in, our part comes out; pure (IRCv3 *SASL* 3.1 and 3.2).

Several logins are tried in order, those that are not offered left out. What a mechanism says is `sasl`'s.
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
        """`nonce` makes something that nobody can guess."""
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
        """Take in which mechanisms the server offers, if it says (empty: it does not); False: it offers no login."""
        if mechanisms is None:
            return False
        self._offered = mechanisms.upper()
        named = self._offered.split(",")
        self._left = [login for login in self._all if not self._offered or login.mechanism in named]
        return True

    def begin(self) -> Events:
        """Begin the first of the logins that are left; or say that there is none."""
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
            # with another mechanism it would get the password that it failed to show it knows
            return [Send("AUTHENTICATE *"), RegistrationRefused(shown(str(failure)), for_good=False)]
        return [Send(f"AUTHENTICATE {chunk}") for chunk in sasl.lines(answer)]

    def succeeded(self) -> Events:
        """It says that we are in; nothing is left to say if that is true."""
        if not self._mechanism.proven:
            return [
                RegistrationRefused("it lets us in without having shown that it knows our password", for_good=False)
            ]
        self.done = True
        return []

    def refused(self, line: Line, under_way: bool) -> Events:
        """It does not take our login: the next one is begun, if there is one."""
        if line.command == "904" and under_way and len(self._left) > 1:
            del self._left[0]
            return self.begin()
        login = (self._left or self._all)[0]
        who = f" as {login.account}" if login.account else ""
        why = f"it refuses our login{who}: {shown(line.last)} ({line.command})"
        return [RegistrationRefused(why, for_good=line.command not in ("906", "907"))]
