"""The verbs of a wiki come in; requests to a MediaWiki's API go out through mwclient, and values or failures come back.

It repeats nothing and never waits for a better hour. What an answer means stands in `outcomes`. mwclient is used for
its requests alone: its pages read and save in a way that loses other people's edits, and ours.
"""

from __future__ import annotations

import contextlib
import dataclasses
import html
import http.client
import logging
import math
import re
import secrets
import time
import warnings
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import mwclient
import mwclient.errors
import requests
import urllib3.exceptions

from labsbot import __version__
from labsbot.edge import answers
from labsbot.model import (
    Conflict,
    Edit,
    Found,
    LoggedOut,
    Page,
    PageRevision,
    PageSize,
    Refused,
    Saved,
    Section,
    Unavailable,
    Unknown,
    WikiFailure,
)
from labsbot.settings import BotPassword, MediaWikiSettings, OAuth1, OAuth2
from labsbot.text.loopback import is_loopback
from labsbot.wiki import listing, marks, outcomes, redirects, rights, silence, titles
from labsbot.wiki.http import HttpClient
from labsbot.wiki.outcomes import Asked, believable

CLOCKS_DISAGREE = timedelta(minutes=5)
LONGEST_URL = 300  # an address goes into an IRC line of 512 bytes, with a greeting before it and an anchor behind
MOST_COOKIES = 50  # a wiki sets about five; all of them are sent with each request
_OF_OUR_HEAD = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
LARGEST_COOKIES = 4096  # bytes; servers take heads of 8 KB
LONGEST_TITLE = 1024  # bytes; a title has 255, and the name of its namespace
MAXLAG = 5  # seconds; https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
_CONTENTS = "tocdata|sections"  # what lists a page's sections: a wiki before 1.43 knows only the second
_DELETED = "the page was deleted just then, perhaps with it"
Answer = dict[str, Any]

# What libraries have to say about an answer they say with what was in it, cookies too; we say it in our own words.
for library in ("mwclient", "urllib3"):
    logging.getLogger(library).setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", "http.cookiejar bug!")


class MediaWiki:
    """A MediaWiki, 1.35 or later. It logs in before the first verb that needs it."""

    def __init__(
        self,
        settings: MediaWikiSettings,
        name: str = "wiki",
        other_log: redirects.OtherLog = redirects.no_other_log,
        *,
        connect: float = 5.0,
        read: float = 30.0,
        total: float = 60.0,
    ) -> None:
        """No I/O. Seconds that a connection, each read of an answer, and a request as a whole may take.

        What all requests of a verb may take together says `allow`.
        """
        self.name = name
        self._settings = settings
        self._other_log = other_log
        self._total = total
        self._end = math.inf
        self._loopback = is_loopback(urlsplit(settings.api).hostname or "")
        self._site = _site(settings, (connect, read))
        self._line = HttpClient(self._site.connection)
        self._account: str | None = None
        self._token = ""
        self._contents = _CONTENTS

    def allow(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

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
            self._account, self._token = answers.word(user["name"]), answers.word(token)

    def look(self, title: str) -> Page:
        titles.spelt(title)
        query, found, seen = self._info(title)
        redirected = bool(found.get("redirect"))
        if redirected:
            # The wiki follows it, but then says nothing of where it stands: that was asked first.
            asked = found
            query, found, seen = self._info(title, redirects=1)
            with believable(Asked.READ):
                between = [answers.word(hop["from"]) for hop in query.get("redirects", ())[1:]]
                ends = _end(asked), between, _end(found)
                followed = redirects.leads_on(*ends, self._settings.redirects, self._other_log)
                page = Page(_title(asked), _url(asked), _revision(asked["lastrevid"]), seen, to_be_replaced=True)
            if not followed:
                redirects.may_be_replaced(self._wikitext(page), ends[2].url)
                return page
        with believable(Asked.READ):
            revision = _revision(found.get("lastrevid", 0))
            page = Page(_title(found), _url(found), revision, seen, redirected=redirected)
        if page.revision is None:
            return page
        return dataclasses.replace(page, sections=self._sections(page.revision))

    def _info(self, title: str, **following: int) -> tuple[Answer, Answer, str]:
        """What the wiki says of a title: the whole answer, its page, and when that was."""
        answer = self._read("query", titles=title, prop="info", inprop="url|protection", curtimestamp=1, **following)
        with believable(Asked.READ):
            query = answer["query"]
            if len(query.get("redirects", ())) > redirects.MOST:
                raise Refused(redirects.TOO_MANY)
            if query.get("interwiki"):
                raise Refused("the page is on another wiki")
            if not query.get("pages"):
                raise Refused("the page redirects in a circle" if query.get("redirects") else titles.NOT_ALLOWED)
            found = query["pages"][0]
            if found.get("invalid") or found.get("special") or answers.number(found["ns"], least=-2) < 0:
                raise Refused(titles.NOT_ALLOWED, "invalidtitle")
            _same_page(query, title, found)
            if found.get("contentmodel", "wikitext") != "wikitext":
                raise Refused("the page is not of wikitext", "contentmodel")
            return query, found, _time(answer["curtimestamp"])

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

    def size(self, title: str) -> PageSize:
        titles.spelt(title)
        answer = self._read("query", titles=title, prop="info")
        with believable(Asked.READ):
            page = answer["query"]["pages"][0]
            _same_page(answer["query"], title, page)
            if page.get("missing"):
                return PageSize(None, 0)
            return PageSize(_revision(page["lastrevid"]), answers.number(page["length"]))

    def section(self, page: Page, number: int) -> str:
        return "" if page.revision is None else self._wikitext(page, rvsection=number)

    def text_at(self, page: Page) -> str:
        return "" if page.revision is None else self._wikitext(page)

    def _wikitext(self, page: Page, **part: int) -> str:
        answer = self._read("query", revids=page.revision, prop="revisions", rvprop="content", rvslots="main", **part)
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
            parameters |= {"baserevid": edit.base, "nocreate": 1}
            parameters |= {} if edit.section is None else {"section": edit.section}
        if self._settings.bot_flag:
            parameters["bot"] = 1
        answer = self._ask(Asked.SAVE, "POST", "edit", **parameters)
        with believable(Asked.SAVE):
            return _saved(answer, edit)

    def find(self, batch: str, edit: Edit) -> Found | None:
        self._ready()
        try:
            # The wiki's own clock at the base: ours may be hours off. Its servers may disagree by a little.
            start = _stamp(answers.moment(edit.seen) - CLOCKS_DISAGREE)
        except answers.WrongAnswer as wrong:
            raise Unknown("nobody knows since when to look for it", "no time") from wrong
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
                with believable(Asked.READ):
                    number = answers.number(revision["revid"], least=1)
                    ours_it_is = marks.carries(answers.text(revision.get("comment", "")), batch)
                    hidden |= bool({"commenthidden", "userhidden"} & revision.keys()) and number > (edit.base or 0)
                if ours_it_is:
                    return self._where(number)
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
            _same_page(answer["query"], title, page)
            return "" if page.get("missing") else _content(page["revisions"][0])

    def revisions(self, title: str, since: int) -> tuple[PageRevision, ...]:
        titles.spelt(title)
        asked = {"titles": title, "prop": "revisions", "rvprop": "ids|comment|sha1", "rvdir": "newer"}
        found = self._revisions(**asked, rvstartid=since, rvlimit="max")
        with believable(Asked.READ):
            return tuple(
                PageRevision(
                    answers.number(each["revid"], least=1),
                    answers.text(each.get("comment", "")),
                    not each.get("sha1hidden", False),
                )
                for each in found
            )

    def forget(self, title: str, texts: Collection[int], summaries: Collection[int]) -> bool:
        return False  # to hide revisions is a right that our account has no other use for

    def titles(self, prefix: str) -> tuple[str, ...]:
        return listing.beginning(prefix, self._read)

    def category(self, name: str) -> tuple[str, ...]:
        return listing.category(name, self._read)

    def obstacles(self, title: str, archive: str) -> tuple[str, ...]:
        asked = tuple(map(titles.spelt, (title, archive)))
        answer = self._read(
            "query",
            titles="|".join(asked),
            prop="info",
            intestactions="edit|create",
            intestactionsdetail="full",
            errorformat="none",
            meta="userinfo|siteinfo",
            uiprop="rights|blockinfo|groups",
            siprop="extensions",
        )
        with believable(Asked.READ):
            user, pages = answers.mapping(answer["query"]["userinfo"]), answers.rows(answer["query"]["pages"])
            extensions = answers.rows(answer["query"].get("extensions", []))
            installed = {answers.text(each.get("name", "")) for each in extensions}
            found = rights.missing_rights(user, installed, self._settings.bot_flag)
            told = bool(found)
            for page in pages:
                name = _title(page)
                if page.get("missing"):
                    found += rights.of_page(name, page, "create", told)
                elif name == asked[0]:
                    found += rights.of_page(name, page, "edit", told)
        return tuple(dict.fromkeys(found))

    def time(self) -> datetime | None:
        # The one query that a private wiki answers to everybody.
        answer = self._ask(Asked.READ, "GET", "query", meta="tokens", type="login", curtimestamp=1)
        with believable(Asked.READ):
            return answers.moment(answer["curtimestamp"])

    def _revisions(self, **parameters: Any) -> Iterator[Answer]:
        for query in listing.whole(self._read, **parameters):
            with believable(Asked.READ):
                found = answers.rows(query.get("usercontribs", [])) + [
                    revision
                    for page in answers.rows(query.get("pages", []))
                    for revision in answers.rows(page.get("revisions", []))
                ]
            yield from found

    def _where(self, revision: int) -> Found:
        answer = self._read("query", revids=revision, prop="info", inprop="url")
        with believable(Asked.READ):
            pages = answer["query"].get("pages", [])
            if not pages:
                raise Unknown(_DELETED, "deleted")
            return Found(_title(pages[0]), _url(pages[0]), revision)

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
            token = answers.word(answer["query"]["tokens"]["logintoken"])
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

    def _ask(self, asked: Asked, method: str, action: str, **parameters: Any) -> Answer:
        # Only an answer that repeats this is one to this request: no cache's, no other request's on the connection.
        mark = secrets.token_hex(8)
        try:
            text = self._exchange(asked, method, action, {**parameters, "requestid": mark})
            return _read(text, asked, mark, self._line.retry_after)
        except LoggedOut:
            self._account = None
            raise
        finally:
            self._tend_cookies()

    def _exchange(self, asked: Asked, method: str, action: str, parameters: dict[str, Any]) -> str:
        with self._line.hang_up_after(min(self._total, self._end - time.monotonic())):
            try:
                text: str = self._site.raw_call(
                    "api", _sent(action, parameters), retry_on_error=False, http_method=method
                )
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
        self._token = login.access_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request


# --- reading an answer --------------------------------------------------------------------------------------------


def _sent(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """What goes into a request; the token comes last, so that a request which was cut off does nothing."""
    last = {name: parameters[name] for name in ("token",) if name in parameters}
    return {"action": action, "format": "json", "formatversion": 2, **parameters} | last


def _read(text: str, asked: Asked, mark: str, retry_after: float | None) -> Answer:
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


def _saved(answer: Answer, edit: Edit) -> Saved:
    """Read a confirmation; only ``Success`` is one. https://www.mediawiki.org/wiki/API:Edit"""
    result = answer["edit"]
    if result["result"] != "Success":
        raise outcomes.of_code("captcha" if "captcha" in result else str(result.get("code", "hookaborted")), Asked.SAVE)
    title = answers.word(result["title"])
    if title != edit.title and not _same_title(title, edit.title):
        raise Unknown("it says that it wrote to another page", "wrong title")
    if result.get("nochange"):
        return Saved(title, None, None, _time(answer["curtimestamp"]))
    new = answers.number(result["newrevid"], least=1)
    return Saved(title, new, _revision(result["oldrevid"]), _time(result["newtimestamp"]))


def _end(page: Answer) -> redirects.RedirectEnd:
    protection = answers.rows(page.get("protection", []))
    needed = frozenset(answers.text(each["level"]) for each in protection if each["type"] == "edit")
    return redirects.RedirectEnd(_title(page), _url(page), str(answers.number(page["ns"], least=-2)), needed)


def _content(revision: Answer) -> str:
    slot = revision["slots"]["main"]
    if slot.get("texthidden") or slot.get("textmissing"):
        raise Refused("the page's text is hidden there")
    if slot.get("nosuchsection"):
        raise Conflict("somebody else is changing the page", "nosuchsection")
    return answers.text(slot["content"])


def _title(page: Answer) -> str:
    """How the wiki spells a page's title; what could be none is none of a wiki."""
    title = answers.word(page["title"])
    if len(title.encode()) > LONGEST_TITLE:
        raise answers.WrongAnswer("expected a title")
    return title


def _same_page(query: Answer, asked: str, found: Answer) -> None:
    """Raise WrongAnswer where it is not the asked title, spelt by the wiki or redirected, that the answer is about."""
    leads = {
        answers.word(unquote(step["from"]) if step.get("fromencoded") else step["from"]): answers.word(step["to"])
        for how in ("normalized", "converted", "redirects")
        for step in answers.rows(query.get(how, []))
    }
    title = asked
    for _ in range(len(leads)):
        title = leads.get(title, title)
    if _title(found) != title and not _same_title(_title(found), title):
        raise answers.WrongAnswer("expected the page that was asked for")


def _same_title(one: str, other: str) -> bool:
    try:
        return titles.spelt(one) == titles.spelt(other)
    except Refused:
        return False


def _revision(number: Any) -> int | None:
    """The number of a revision; None: 0, there is none."""
    return answers.number(number) or None


def _time(stamp: Any) -> str:
    """A time of the wiki's clock that may be kept, and sent back to it later."""
    return _stamp(answers.moment(stamp))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _listed(sections: Any, level: str, offset: str) -> tuple[Section, ...]:
    """Read a list of sections. What is empty may be left out; offsets are in characters, whatever they are called."""
    # What a template brings (T-1) or an extension makes up ("") is nothing that could be edited here.
    return tuple(
        _section(section, section[level], section.get(offset))
        for section in answers.rows(sections)
        if answers.text(section.get("index", "")).isdecimal()
    )


def _section(section: Answer, level: Any, offset: Any) -> Section:
    return Section(
        answers.number(section["index"], least=1),
        answers.number(level, least=1, most=9),
        _heading(answers.text(section.get("line", ""))),
        None if offset is None else answers.number(offset),
    )


def _heading(line: str) -> str:
    return html.unescape(re.sub(r"<[^<>]*+>", "", line)).strip()


def _url(page: Answer) -> str:
    """Where people read a page; the short form where the name alone would fill an IRC line."""
    url = answers.address(page.get("canonicalurl") or page["fullurl"])
    if len(url) > LONGEST_URL and page.get("pageid"):
        return f"{answers.address(page['editurl']).partition('?')[0]}?curid={answers.number(page['pageid'])}"
    return url
