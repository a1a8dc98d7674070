"""What a MediaWiki answered comes in; the failure it means comes out, with its cause in words for people.

This is the only table of it. It decides nothing about repeating: `delivery` does. A cause completes the sentence
*Saved, not on the wiki yet: <cause>*; it is always ours, so that nothing a server says reaches a channel.
Codes: https://www.mediawiki.org/wiki/API:Errors_and_warnings, and what 1.39, 1.43 and their usual extensions answer.
"""

from __future__ import annotations

import contextlib
import enum
import re
from collections.abc import Iterator

from labsbot.model import (
    Conflict,
    LoggedOut,
    Refused,
    RefusedText,
    TooLarge,
    Unavailable,
    Unknown,
    Warned,
    WikiFailure,
)


class Asked(enum.Enum):
    """What the wiki was asked for: only a save can have happened although nobody heard so."""

    READ = "read"
    LOGIN = "login"
    SAVE = "save"


_CHANGED = (Conflict, "somebody else is changing the page")
_LOGGED_OUT = (LoggedOut, "it has ended our session")
_READ_ONLY = (Unavailable, "it is read-only")
_BUSY = (Unavailable, "it is too busy")
_BROKEN = (Unknown, "it has an internal error")
_PROTECTED = (Refused, "the page is protected")
_BLOCKED = (Refused, "our account is blocked there")
_RIGHTS = (Refused, "our account may not do that there")
_FILTER = (RefusedText, "a filter of the wiki refuses it")
_SPAM = (RefusedText, "a spam list of the wiki refuses it")
_TITLE = (Refused, "the page's title is not allowed")
_TOO_LARGE = (TooLarge, "the page would be too large")
_CAPTCHA = (RefusedText, "it asks for a captcha")
_REFUSES_REQUEST = "it refuses our request"
_NO_API = (Refused, "its API is switched off")

CODES: dict[str, tuple[type[WikiFailure], str]] = {
    "editconflict": _CHANGED,
    "nosuchsection": _CHANGED,
    "articleexists": _CHANGED,
    "missingtitle": _CHANGED,
    "pagedeleted": _CHANGED,
    "edit-gone-missing": _CHANGED,
    "edit-conflict": _CHANGED,
    "edit-already-exists": _CHANGED,
    "nosuchrevid": _CHANGED,
    "nosuchpageid": _CHANGED,
    "badtoken": _LOGGED_OUT,
    "notoken": _LOGGED_OUT,
    "assertuserfailed": _LOGGED_OUT,
    "assertbotfailed": _LOGGED_OUT,
    "assertnameduserfailed": _LOGGED_OUT,
    "readapidenied": _LOGGED_OUT,
    "mwoauth-invalid-authorization": _LOGGED_OUT,
    "readonly": _READ_ONLY,
    "internal_api_error_DBReadOnlyError": _READ_ONLY,
    "maxlag": _BUSY,
    "ratelimited": _BUSY,
    "actionthrottledtext": _BUSY,
    "concurrency-limit": _BUSY,
    "unknownerror": _BROKEN,
    "protectedpage": _PROTECTED,
    "cascadeprotected": _PROTECTED,
    "protectednamespace": _PROTECTED,
    "protectednamespace-interface": _PROTECTED,
    "protectedtitle": _PROTECTED,
    "mycustomjsprotected": _PROTECTED,
    "mycustomcssprotected": _PROTECTED,
    "customjsprotected": _PROTECTED,
    "customcssprotected": _PROTECTED,
    "titleprotected": _PROTECTED,
    "blocked": _BLOCKED,
    "autoblocked": _BLOCKED,
    "systemblocked": _BLOCKED,
    "noedit": _RIGHTS,
    "noedit-anon": _RIGHTS,
    "cantcreate": _RIGHTS,
    "cantcreate-anon": _RIGHTS,
    "nocreate-loggedin": _RIGHTS,
    "permissiondenied": _RIGHTS,
    "writeapidenied": _RIGHTS,
    "confirmemail": (Refused, "our account has to confirm an e-mail address there"),
    "writerequired": _RIGHTS,
    "spamblacklist": _SPAM,
    "spamdetected": _SPAM,
    "spamprotectionmatch": _SPAM,
    "invalidtitle": _TITLE,
    "contenttoobig": _TOO_LARGE,
    "http-contenttoolarge": _TOO_LARGE,
    "hookaborted": _FILTER,
    "edit-hook-aborted": _FILTER,
    "abusefilter-warning": (Warned, "a filter of the wiki warns of it, and refuses it again"),
    "captcha": _CAPTCHA,
    "captcha-edit-fail": _CAPTCHA,
    "noapiwrite": _NO_API,
    "apidisabled": _NO_API,
}
FAMILIES: dict[str, tuple[type[WikiFailure], str]] = {
    "internal_api_error_": _BROKEN,
    "mwoauth-": _LOGGED_OUT,
    "abusefilter-": _FILTER,
    "titleblacklist-": _TITLE,
    "globalblocking-": _BLOCKED,
}

LONGEST_CODE = 120
LOGIN_AGAIN = 60.0
"""Seconds between refused logins: a wiki that sees many refuses the right password, too.

https://www.mediawiki.org/wiki/Manual:$wgPasswordAttemptThrottle
"""
_NO_SESSION = (Unavailable, "it keeps no sessions at the moment")
LOGINS: dict[str, tuple[type[WikiFailure], str]] = {
    "login-throttled": (Unavailable, "it has seen too many logins and wants us to wait"),
    "Throttled": (Unavailable, "it has seen too many logins and wants us to wait"),
    "sessionlost": _NO_SESSION,
    "authpage-cannot-login-continue": _NO_SESSION,
    # A second factor, or a password that has to be changed: a bot password needs neither.
    "api-login-fail-aborted": (Refused, "it wants more than a password of our account"),
    "NeedToken": _NO_SESSION,
    "WrongToken": _NO_SESSION,
}

_TOO_MANY = (Unavailable, "it is too busy")
STATUSES: dict[int, tuple[type[WikiFailure], str]] = {
    401: (Unavailable, "it wants another password before it listens to us"),
    403: (RefusedText, _REFUSES_REQUEST),
    404: (Unavailable, "there is no wiki at its address"),
    407: (Unavailable, "a proxy before it refuses us"),
    408: (Unknown, "it is not answering"),
    413: _TOO_LARGE,
    414: _TOO_LARGE,
    421: (Unavailable, "its server is not set up for it"),
    425: _TOO_MANY,
    429: _TOO_MANY,
    431: (Unavailable, _REFUSES_REQUEST),
}


def of_code(code: str, asked: Asked, retry_after: float | None = None) -> WikiFailure:
    """Name the failure that an API error code stands for; one that nobody knows is a refusal."""
    kind, cause = CODES.get(code) or next(
        (row for beginning, row in FAMILIES.items() if code.startswith(beginning)), (RefusedText, "it refuses it")
    )
    return _failure(kind, cause, code, asked, retry_after)


def of_login(reason: str) -> WikiFailure:
    """Name the failure of a login: the code of the reason, or the result where there is none.

    https://www.mediawiki.org/wiki/API:Login
    """
    kind, cause = LOGINS.get(reason, (Refused, "it refuses our user name or password"))
    return _failure(kind, cause, reason, Asked.LOGIN, None if (kind, cause) == _NO_SESSION else LOGIN_AGAIN)


def of_status(status: int, asked: Asked, retry_after: float | None = None, location: str = "") -> WikiFailure:
    """Name the failure that an HTTP status other than 200 stands for (RFC 9110, RFC 6585).

    A gateway says 5xx also when the wiki behind it has saved the edit and was only late to say so; nor is whatever is
    below 400 a no. `location`: where a redirect leads, without what is asked for there.
    """
    kind, cause = STATUSES.get(status, (RefusedText, _REFUSES_REQUEST))
    if status < 400:
        kind, cause = Unknown, "its address leads elsewhere" if status >= 300 else "it answers only half"
    elif status >= 500:
        kind, cause = Unknown, "it is not answering" if status in (502, 503, 504) else "it has an internal error"
    if issubclass(kind, Refused) and asked is not Asked.SAVE:
        kind, cause = Unavailable, _REFUSES_REQUEST
    code = f"HTTP {status} to {location}" if status < 400 and location else f"HTTP {status}"
    return _failure(kind, cause, code, asked, retry_after)


def of_silence(cause: str, asked: Asked, sent: bool) -> WikiFailure:
    """Name the failure of a request that got no whole answer; `sent`: the wiki may have heard of it."""
    return _failure(Unknown if sent else Unavailable, cause, "", asked)


def of_nonsense(asked: Asked) -> WikiFailure:
    """Name the failure of an answer with status 200 that is not the API's."""
    return _failure(Unknown, "it answers with something else than a wiki", "", asked)


@contextlib.contextmanager
def believable(asked: Asked) -> Iterator[None]:
    """Within the block an answer is taken apart; where it is not shaped as the API's are, it is not believed."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise of_nonsense(asked) from error


def _failure(
    kind: type[WikiFailure], cause: str, code: str, asked: Asked, retry_after: float | None = None
) -> WikiFailure:
    code = re.sub(r"[^\w .:/-]", "", code)[:LONGEST_CODE]
    if kind is Unknown and asked is not Asked.SAVE:
        kind = Unavailable
    if issubclass(kind, RefusedText | TooLarge) and asked is not Asked.SAVE:
        kind = Refused
    return kind(cause, code, retry_after)
