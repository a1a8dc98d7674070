"""The verbs of a wiki come in; requests to a MediaWiki's API go out through mwclient, and values or failures come back.

It repeats nothing and never waits for a better hour. What an answer means stands in `outcomes`. mwclient is used for
its requests alone: its pages read and save in a way that loses other people's edits, and ours.
"""

from __future__ import annotations

import contextlib
import html
import http.client
import logging
import re
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import mwclient
import mwclient.errors
import requests
import urllib3.exceptions

from labsbot import __version__
from labsbot.model import (
    Conflict,
    Edit,
    Found,
    LoggedOut,
    Page,
    Refused,
    Saved,
    Section,
    Unavailable,
    Unknown,
    WikiFailure,
)
from labsbot.settings import BotPassword, MediaWikiSettings, OAuth1, OAuth2
from labsbot.wiki import listing, outcomes, titles
from labsbot.wiki.line import Line
from labsbot.wiki.outcomes import Asked, believable

MOST_REDIRECTS = 3
CLOCKS_DISAGREE = timedelta(minutes=5)
LONGEST_URL = 300  # an address goes into an IRC line of 512 bytes, with a greeting before it and an anchor behind
MAXLAG = 5  # seconds; https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
_CONTENTS = "tocdata|sections"  # what lists a page's sections: a wiki before 1.43 knows only the second
_DELETED = "the page was deleted just then, perhaps with it"
Answer = dict[str, Any]

# What mwclient has to say about an answer it logs with the answer's text; we say it in our own words, without.
logging.getLogger("mwclient").setLevel(logging.ERROR)


class MediaWiki:
    """A MediaWiki, 1.35 or later. It logs in before the first verb that needs it."""

    def __init__(
        self,
        settings: MediaWikiSettings,
        name: str = "wiki",
        *,
        connect: float = 5.0,
        read: float = 30.0,
        total: float = 60.0,
    ) -> None:
        """No I/O. Seconds that a connection, each read of an answer, and a request as a whole may take."""
        self.name = name
        self._settings = settings
        self._total = total
        self._site = _site(settings, (connect, read))
        self._line = Line(self._site.connection)
        self._account: str | None = None
        self._token = ""
        self._contents = _CONTENTS

    def login(self) -> None:
        self._account = None
        self._site.connection.cookies.clear()
        try:
            if isinstance(self._settings.login, BotPassword):
                self._log_in(self._settings.login)
            answer = self._ask(Asked.LOGIN, "GET", "query", meta="userinfo|tokens", type="csrf")
        except (LoggedOut, Conflict) as failure:
            raise Refused("it refuses our login", failure.code) from failure
        with believable(Asked.LOGIN):
            user, token = answer["query"]["userinfo"], answer["query"]["tokens"]["csrftoken"]
            if user.get("anon"):
                raise Refused("it refuses our login", "anonymous")
            self._account, self._token = str(user["name"]), str(token)

    def look(self, title: str) -> Page:
        titles.spelt(title)
        answer = self._read("query", titles=title, redirects=1, prop="info", inprop="url", curtimestamp=1)
        with believable(Asked.READ):
            query = answer["query"]
            if len(query.get("redirects", ())) > MOST_REDIRECTS:
                raise Refused("the page redirects too often")
            if query.get("interwiki"):
                raise Refused("the page is on another wiki")
            if not query.get("pages"):
                raise Refused("the page redirects in a circle" if query.get("redirects") else titles.NOT_ALLOWED)
            found = query["pages"][0]
            if found.get("invalid") or found.get("special") or found["ns"] < 0:
                raise Refused(titles.NOT_ALLOWED, "invalidtitle")
            if found.get("contentmodel", "wikitext") != "wikitext":
                raise Refused("the page is not of wikitext", "contentmodel")
            page = Page(found["title"], _url(found), found.get("lastrevid") or None, answer["curtimestamp"])
        if page.revision is None:
            return page
        sections = self._sections(page.revision)
        return Page(page.title, page.url, page.revision, page.seen, sections)

    def _sections(self, revision: int) -> tuple[Section, ...]:
        # The first time for both lists, then for the one that this wiki has; a wiki that became another is asked anew.
        contents, self._contents = self._contents, _CONTENTS
        answer = self._read("parse", oldid=revision, prop=contents)
        with believable(Asked.READ):
            if "tocdata" in answer["parse"]:
                sections = _listed(answer["parse"]["tocdata"]["sections"], "hLevel", "codepointOffset")
                self._contents = "tocdata"
            else:
                sections = _listed(answer["parse"]["sections"], "level", "byteoffset")
                self._contents = "sections"
        return sections

    def section(self, page: Page, number: int) -> str:
        if page.revision is None:
            return ""
        answer = self._read(
            "query", revids=page.revision, prop="revisions", rvprop="content", rvslots="main", rvsection=number
        )
        with believable(Asked.READ):
            found = answer["query"].get("pages", [{}])[0]
            if found.get("title") != page.title:
                raise Conflict("somebody else is changing the page", "moved or deleted")
            return _content(found["revisions"][0])

    def save(self, edit: Edit) -> Saved:
        self._ready()
        parameters: dict[str, Any] = {
            "title": edit.title,
            "text": edit.text,
            "summary": edit.summary,
            "starttimestamp": edit.seen,
            "watchlist": "nochange",
            "assertuser": self._account,
            "maxlag": MAXLAG,
            "curtimestamp": 1,
            "token": self._token,
        }
        if edit.base is None:
            parameters["createonly"] = 1
        else:
            parameters |= {"section": edit.section, "baserevid": edit.base, "nocreate": 1}
        if self._settings.bot_flag:
            parameters["bot"] = 1
        answer = self._ask(Asked.SAVE, "POST", "edit", **parameters)
        with believable(Asked.SAVE):
            return _saved(answer, edit)

    def find(self, batch: str, edit: Edit) -> Found | None:
        self._ready()
        # The wiki's own clock at the base: ours may be hours off. Its servers may disagree by a little.
        start = f"{datetime.fromisoformat(edit.seen) - CLOCKS_DISAGREE:%Y-%m-%dT%H:%M:%SZ}"
        ours = {
            "list": "usercontribs",
            "ucuser": self._account,
            "ucprop": "ids|comment",
            "ucdir": "newer",
            "ucstart": start,
        }
        theirs = {
            "titles": edit.title,
            "prop": "revisions",
            "rvprop": "ids|user|comment",
            "rvdir": "newer",
            "rvstart": start,
        }
        hidden = False
        for found in (self._revisions(**ours, uclimit="max"), self._revisions(**theirs, rvlimit="max")):
            for revision in found:
                if f"[b:{batch}]" in revision.get("comment", ""):
                    return self._where(int(revision["revid"]))
                if {"commenthidden", "userhidden"} & revision.keys() and int(revision["revid"]) > (edit.base or 0):
                    hidden = True
        if hidden:
            raise Unknown("the wiki hides who changed the page just then", "hidden revision")
        if self._deleted(edit.title, start):
            raise Unknown(_DELETED, "deleted")
        return None

    def _deleted(self, title: str, start: str) -> bool:
        """Whether the page was deleted since then, and with it perhaps what would show that an edit was saved."""
        answer = self._read(
            "query", list="logevents", letype="delete", letitle=title, ledir="newer", lestart=start, leprop="type"
        )
        with believable(Asked.READ):
            return any(event["action"] == "delete" for event in answer["query"]["logevents"])

    def text(self, title: str) -> str:
        titles.spelt(title)
        answer = self._read("query", titles=title, prop="revisions", rvprop="content", rvslots="main")
        with believable(Asked.READ):
            page = answer["query"]["pages"][0]
            return "" if page.get("missing") else _content(page["revisions"][0])

    def titles(self, prefix: str) -> tuple[str, ...]:
        return listing.beginning(prefix, self._read)

    def category(self, name: str) -> tuple[str, ...]:
        return listing.category(name, self._read)

    def _revisions(self, **parameters: Any) -> Iterator[Answer]:
        for query in listing.whole(self._read, **parameters):
            with believable(Asked.READ):
                found = query.get("usercontribs", []) + [
                    r for p in query.get("pages", []) for r in p.get("revisions", [])
                ]
            yield from found

    def _where(self, revision: int) -> Found:
        answer = self._read("query", revids=revision, prop="info", inprop="url")
        with believable(Asked.READ):
            pages = answer["query"].get("pages", [])
            if not pages:
                raise Unknown(_DELETED, "deleted")
            return Found(pages[0]["title"], _url(pages[0]), revision)

    # --- one request ----------------------------------------------------------------------------------------------

    def _read(self, action: str, **parameters: Any) -> Answer:
        self._ready()
        return self._ask(Asked.READ, "GET", action, **parameters)

    def _ready(self) -> None:
        if self._account is None:
            try:
                self.login()
            except Refused as refusal:
                # It is we who are refused, not what was asked for: that can wait until somebody mends it.
                raise Unavailable(refusal.cause, refusal.code, refusal.retry_after) from refusal

    def _log_in(self, login: BotPassword) -> None:
        answer = self._ask(Asked.LOGIN, "GET", "query", meta="tokens", type="login")
        with believable(Asked.LOGIN):
            token = answer["query"]["tokens"]["logintoken"]
        # By default the reason is a sentence in the wiki's language, and a throttled login says so nowhere else.
        answer = self._ask(
            Asked.LOGIN,
            "POST",
            "login",
            lgname=login.user,
            lgpassword=login.password.value,
            lgtoken=token,
            errorformat="none",
        )
        with believable(Asked.LOGIN):
            result = str(answer["login"]["result"])
            reason = str(answer["login"].get("reason", {}).get("code", result))
        if result != "Success":
            raise outcomes.of_login(reason)

    def _ask(self, asked: Asked, method: str, action: str, **parameters: Any) -> Answer:
        failure: WikiFailure
        with self._line.hang_up_after(self._total):
            try:
                answer = self._site.raw_api(action, method, retry_on_error=False, formatversion=2, **parameters)
            except mwclient.errors.InvalidResponse:
                failure = outcomes.of_nonsense(asked)
            except mwclient.errors.APIDisabledError:
                failure = outcomes.of_code("apidisabled", asked)
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                mwclient.errors.MwClientError,
                OSError,
            ) as error:
                failure = self._no_answer(error, asked)
            else:
                if not isinstance(answer, dict):
                    failure = outcomes.of_nonsense(asked)
                elif code := _error_code(answer):
                    failure = outcomes.of_code(code, asked, self._line.retry_after)
                else:
                    return answer
        if isinstance(failure, LoggedOut):
            self._account = None
        # Raised here and not above: the library's own errors hold what was sent, tokens and passwords too.
        raise failure

    def _no_answer(self, error: Exception, asked: Asked) -> WikiFailure:
        if self._line.status not in (None, 200):
            return outcomes.of_status(self._line.status, asked, self._line.retry_after)
        return outcomes.of_silence(_why_silent(error), asked, self._line.sent)


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
        self._token = login.access_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request


# --- reading an answer --------------------------------------------------------------------------------------------


def _error_code(answer: Answer) -> str | None:
    """The code of the API's first error, in either of its forms; None: there is none."""
    with contextlib.suppress(KeyError, IndexError, TypeError):
        if "error" in answer:
            return str(answer["error"]["code"])
        if "errors" in answer:
            return str(answer["errors"][0]["code"])
        return None
    return "unknownerror"


def _why_silent(error: Exception) -> str:
    """Say why there was no answer; a wrong certificate and an unknown name are worth a word of their own."""
    if isinstance(error, requests.exceptions.SSLError | ssl.SSLError):
        return "its certificate is not one to trust"
    if "NameResolutionError" in repr(error):
        return "its address is not known"
    return "it is not answering"


def _saved(answer: Answer, edit: Edit) -> Saved:
    """Read a confirmation; only ``Success`` is one. https://www.mediawiki.org/wiki/API:Edit"""
    result = answer["edit"]
    if result["result"] != "Success":
        raise outcomes.of_code("captcha" if "captcha" in result else str(result.get("code", "hookaborted")), Asked.SAVE)
    if titles.spelt(result["title"]) != titles.spelt(edit.title):
        raise Unknown("it says that it wrote to another page", "wrong title")
    if result.get("nochange"):
        return Saved(result["title"], None, None, answer["curtimestamp"])
    return Saved(result["title"], int(result["newrevid"]), int(result["oldrevid"]) or None, result["newtimestamp"])


def _content(revision: Answer) -> str:
    slot = revision["slots"]["main"]
    if slot.get("texthidden") or slot.get("textmissing"):
        raise Refused("the page's text is hidden there")
    if slot.get("nosuchsection"):
        raise Conflict("somebody else is changing the page", "nosuchsection")
    return str(slot["content"])


def _listed(sections: list[Answer], level: str, offset: str) -> tuple[Section, ...]:
    """Read a list of sections. What is empty may be left out; offsets are in characters, whatever they are called."""
    # What a template brings (T-1) or an extension makes up ("") is nothing that could be edited here.
    return tuple(
        Section(int(section["index"]), int(section[level]), _heading(section.get("line", "")), section.get(offset))
        for section in sections
        if section.get("index", "").isdecimal()
    )


def _heading(line: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", line)).strip()


def _url(page: Answer) -> str:
    """Where people read a page; the short form where the name alone would fill an IRC line."""
    url = str(page.get("canonicalurl") or page["fullurl"])
    if len(url) > LONGEST_URL and page.get("pageid"):
        return f"{page['editurl'].partition('?')[0]}?curid={page['pageid']}"
    return url
