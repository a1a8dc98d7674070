"""One request to a MediaWiki's API comes in; its answer comes back, or the failure that it means.

It logs in where it has to, and repeats nothing. mwclient is used for its requests alone: its pages read and save in a
way that loses other people's edits, and ours.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import math
import secrets
import time
import warnings
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import mwclient
import mwclient.errors
import requests
import urllib3.exceptions

from labsbot import __version__
from labsbot.edge import answers
from labsbot.model import Conflict, LoggedOut, Refused, Unavailable, WikiFailure
from labsbot.settings import BotPassword, MediaWikiSettings, OAuth1, OAuth2
from labsbot.text.loopback import is_loopback
from labsbot.wiki import outcomes, silence
from labsbot.wiki.http import HttpClient
from labsbot.wiki.outcomes import Asked, believable

MOST_COOKIES = 50  # a wiki sets about five; all of them are sent with each request
_OF_OUR_HEAD = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
LARGEST_COOKIES = 4096  # bytes; servers take heads of 8 KB
NOT_READ = "http-contenttoolarge"
"""PHP has read nothing of what was posted (its ``post_max_size``), so that the answer is not in the form asked for."""
Answer = dict[str, Any]

# What libraries have to say about an answer they say with what was in it, cookies too; we say it in our own words.
for library in ("mwclient", "urllib3"):
    logging.getLogger(library).setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", "http.cookiejar bug!")


class Api:
    """Of one wiki, as the account of the settings."""

    def __init__(self, settings: MediaWikiSettings, connect: float, read: float, total: float) -> None:
        """No I/O. Seconds that a connection, each read of an answer, and a request as a whole may take."""
        self.account: str | None = None
        """Who we are there; None: we are not logged in."""
        self.token = ""
        """What goes with an edit."""
        self._settings = settings
        self._total = total
        self._end = math.inf
        self._loopback = is_loopback(urlsplit(settings.api).hostname or "")
        self._site = _site(settings, (connect, read))
        self._line = HttpClient(self._site.connection)

    def allow(self, seconds: float) -> None:
        """So many seconds all requests from now on may take together."""
        self._end = time.monotonic() + seconds

    def login(self) -> None:
        """Raises Refused: it does not let us in."""
        self.account = None
        self._site.connection.cookies.clear()
        try:
            if isinstance(self._settings.login, BotPassword):
                self._log_in(self._settings.login)
            answer = self.ask(Asked.LOGIN, "GET", "query", meta="userinfo|tokens", type="csrf")
        except (LoggedOut, Conflict) as failure:
            raise Refused("it refuses our login", failure.code) from failure
        with believable(Asked.LOGIN):
            user, token = answer["query"]["userinfo"], answer["query"]["tokens"]["csrftoken"]
            if user.get("anon"):
                raise Refused("it refuses our login", "anonymous")
            self.account, self.token = answers.word(user["name"]), answers.word(token)

    def read(self, action: str, **parameters: Any) -> Answer:
        """Ask what changes nothing, and log in before if need be."""
        self.ready()
        return self.ask(Asked.READ, "GET", action, **parameters)

    def ready(self) -> None:
        """Log in if need be."""
        if self.account is None:
            try:
                self.login()
            except Refused as refusal:
                # It is we who are refused, not what was asked for: that can wait until somebody mends it.
                raise Unavailable(refusal.cause, refusal.code, refusal.retry_after) from refusal

    def ask(self, asked: Asked, method: str, action: str, **parameters: Any) -> Answer:
        """Send one request, whoever we are there. Raises WikiFailure."""
        # Only an answer that repeats this is one to this request: no cache's, no other request's on the connection.
        mark = secrets.token_hex(8)
        try:
            text = self._exchange(asked, method, action, {**parameters, "requestid": mark})
            if self._line.headers.get("MediaWiki-API-Error") == NOT_READ:
                raise outcomes.of_code(NOT_READ, asked)
            return _answer(text, asked, mark, self._line.retry_after)
        except LoggedOut:
            self.account = None
            raise
        finally:
            self._tend_cookies()

    def _log_in(self, login: BotPassword) -> None:
        answer = self.ask(Asked.LOGIN, "GET", "query", meta="tokens", type="login")
        with believable(Asked.LOGIN):
            token = answers.word(answer["query"]["tokens"]["logintoken"])
        # By default the reason is a sentence in the wiki's language, and a throttled login says so nowhere else.
        answer = self.ask(
            Asked.LOGIN,
            "POST",
            "login",
            lgname=login.user,
            lgpassword=login.password.value,
            lgtoken=token,
            errorformat="none",
        )
        with believable(Asked.LOGIN):
            result = answers.text(answer["login"]["result"])
            reason = answers.text(answer["login"].get("reason", {}).get("code", result))
        if result != "Success":
            failure = outcomes.of_login(reason)
            secure = any(cookie.secure for cookie in self._site.connection.cookies)
            if isinstance(failure, Unavailable) and secure and self._settings.api.startswith("http:"):
                raise Refused("its cookies are for https:// alone, and its address begins with http://", failure.code)
            raise failure

    def _tend_cookies(self) -> None:
        jar = self._site.connection.cookies
        size = sum(len(cookie.name) + len(cookie.value or "") for cookie in jar)
        if len(jar) > MOST_COOKIES or size > LARGEST_COOKIES or self._line.status in _OF_OUR_HEAD:
            jar.clear()  # with them goes our login; the wiki says so
        if self._loopback:
            # Nobody listens on the way, so that those for TLS alone may go as well; browsers do so, too.
            for cookie in jar:
                cookie.secure = False

    def _exchange(self, asked: Asked, method: str, action: str, parameters: dict[str, Any]) -> str:
        with self._line.hang_up_after(min(self._total, self._end - time.monotonic())):
            try:
                sent = _sent(action, parameters)
                how = {"data": {}, "files": _parts(sent)} if asked is Asked.SAVE else {"data": sent}
                text: str = self._site.raw_call("api", **how, retry_on_error=False, http_method=method)
                return text
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                mwclient.errors.MwClientError,
                OSError,
                ValueError,  # what a head that makes no sense leads to, somewhere in the libraries
            ) as error:
                failure = self._no_answer(error, asked)
        # Raised here and not above: the library's own errors hold what was sent, tokens and passwords too.
        raise failure

    def _no_answer(self, error: Exception, asked: Asked) -> WikiFailure:
        if self._line.status not in (None, 200):
            return outcomes.of_status(self._line.status, asked, self._line.retry_after, self._line.location)
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return outcomes.of_nonsense(asked)
        return outcomes.of_silence(silence.why_silent(error), asked, self._line.sent)


def _site(settings: MediaWikiSettings, timeout: tuple[float, float]) -> mwclient.Site:
    address = urlsplit(settings.api)
    path, _, script = address.path.rpartition("/")
    login = settings.login
    credentials: dict[str, Any] = {}
    if isinstance(login, OAuth1):
        credentials = {
            "consumer_token": login.consumer_token,
            "consumer_secret": login.consumer_secret.value,
            "access_token": login.access_token,
            "access_secret": login.access_secret.value,
        }
    elif isinstance(login, OAuth2):
        credentials = {"httpauth": _Bearer(login)}
    owner = f"; User:{login.user.partition('@')[0]}" if isinstance(login, BotPassword) else ""
    site = mwclient.Site(
        address.netloc,
        path=f"{path}/",
        ext=script.removeprefix("api"),
        scheme=address.scheme,
        max_retries=0,
        do_init=False,
        # A POST that follows a redirect becomes a GET, without what was posted.
        connection_options={"timeout": timeout, "allow_redirects": False},
        clients_useragent=f"labsbot/{__version__} (Server Admin Logs from IRC{owner})".encode(
            "ascii", "replace"
        ).decode(),
        **credentials,
    )
    site.connection.verify = str(settings.ca) if settings.ca else True
    return site


class _Bearer(requests.auth.AuthBase):
    """OAuth 2 (RFC 6750, 2.1)."""

    def __init__(self, login: OAuth2) -> None:
        self.token = login.access_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token.value}"
        return request


def _sent(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """What goes into a request; the token comes last, so that a request which was cut off does nothing."""
    sent = {"action": action, "format": "json", "formatversion": 2, **parameters}
    if "token" in sent:
        sent["token"] = sent.pop("token")
    return sent


def _parts(sent: dict[str, Any]) -> list[tuple[str, tuple[None, str]]]:
    """The same as parts of a body, in their order (RFC 7578): in a form of the other kind a bracket is three bytes, and
    a letter that is not of English six. Whoever wants a request in parts from the library hands in files; these have no
    names, and so are none."""
    return [(name, (None, str(value))) for name, value in sent.items()]


def _answer(text: str, asked: Asked, mark: str, retry_after: float | None) -> Answer:
    """The answer that a text is, to the request that was marked so. Raises the failure that it means, or is."""
    if text.startswith("MediaWiki API is not enabled"):
        raise outcomes.of_code("apidisabled", asked)
    with believable(asked):
        answer = answers.mapping(answers.parsed(text))
        if answer["requestid"] != mark:
            raise answers.WrongAnswer("expected the answer to this request")
    if code := _error_code(answer):
        raise outcomes.of_code(code, asked, retry_after)
    return answer


def _error_code(answer: Answer) -> str | None:
    """The code of the API's first error, in either of its forms; None: there is none."""
    with contextlib.suppress(LookupError, TypeError, ValueError):
        if "error" in answer:
            return answers.word(answer["error"]["code"])
        if "errors" in answer:
            return answers.word(answer["errors"][0]["code"])
        return None
    return "unknownerror"
