"""Who reads: a call comes in, and which projects are hidden from its caller goes out.

Everybody reads what is not private. Whoever shows a token reads the private projects that it names; whoever a trusted
proxy names reads all.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from starlette.requests import Request

from labsbot.settings import TrustedProxy
from labsbot.web.headers import bearer_token
from labsbot.web.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom something is written."""

    hidden: frozenset[str]
    """Projects (`folded`) that there are not, as far as they know."""
    is_anybody: bool
    """They have not said who they are: what they get may be kept for others."""


@dataclass(frozen=True, slots=True)
class Audiences:
    """Knows callers by what the configuration says."""

    tokens: Tokens
    trusted: TrustedProxy | None

    def of(self, request: Request) -> Audience:
        """Raises HttpProblem: a token is shown that is none."""
        if self._is_named(request):
            return Audience(frozenset(), is_anybody=False)
        if "authorization" in request.headers:
            return Audience(self.tokens.whose(bearer_token(request.headers)).hidden, is_anybody=False)
        return Audience(self.tokens.private, is_anybody=True)

    def of_person(self, request: Request) -> Audience:
        """The same of a page: what a browser shows there is for whoever stands before us."""
        named = self._is_named(request)
        return Audience(frozenset() if named else self.tokens.private, is_anybody=not named)

    def is_near(self, request: Request) -> bool:
        """Whether it comes from this machine or from where we trust whoever calls, and is not merely handed on there by
        a proxy for somebody else whom nobody has named."""
        if self._is_named(request):
            return True
        if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
            return False
        host = request.client.host if request.client else None
        return not host or _is_this_machine(host) or (self.trusted is not None and self.trusted.is_at(host))

    def _is_named(self, request: Request) -> bool:
        """Whether a proxy that is believed says who asks. Twice said is not said: one of both may be the caller's."""
        if self.trusted is None or not self.trusted.is_at(request.client.host if request.client else None):
            return False
        names = request.headers.getlist(self.trusted.header)
        return len(names) == 1 and bool(names[0].strip())


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
