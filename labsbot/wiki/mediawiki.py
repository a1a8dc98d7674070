"""The verbs of a wiki come in; questions to a MediaWiki's API go out, and values or failures come back.

It repeats nothing and never waits for a better hour. How a request goes, and how we are let in, stands in `api`; what
an answer says of pages, in `page_answers`; what a failure means, in `outcomes`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from labsbot.edge import answers
from labsbot.model import Conflict, Edit, Found, Page, PageRevision, PageSize, Refused, Saved, Section, Unknown
from labsbot.settings import MediaWikiSettings
from labsbot.wiki import listing, marks, page_answers, redirects, rights, titles
from labsbot.wiki.api import Answer, Api
from labsbot.wiki.info import PageInfo
from labsbot.wiki.outcomes import Asked, believable

CLOCKS_DISAGREE = timedelta(minutes=5)
MAXLAG = 5  # seconds; https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
_CONTENTS = "tocdata|sections"  # what lists a page's sections: a wiki before 1.43 knows only the second
_DELETED = "the page was deleted just then, perhaps with it"


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
        self._redirects = settings.redirects
        self._bot_flag = settings.bot_flag
        self._other_log = other_log
        self._api = Api(settings, connect, read, total)
        self._info = PageInfo(self._api.read)
        self._contents = _CONTENTS

    def allow(self, seconds: float) -> None:
        self._api.allow(seconds)

    def login(self) -> None:
        self._api.login()

    def look(self, title: str, together: Sequence[str] = ()) -> Page:
        titles.spelt(title)
        query, found, seen = _page_of(title, self._info.of(title, together))
        redirected = bool(found.get("redirect"))
        if redirected:
            # The wiki follows it, but then says nothing of where it stands: that was asked first.
            asked = found
            query, found, seen = _page_of(title, self._info.after_redirects(title))
            with believable(Asked.READ):
                between = [answers.word(hop["from"]) for hop in query.get("redirects", ())[1:]]
                ends = page_answers.redirect_end(asked), between, page_answers.redirect_end(found)
                followed = redirects.leads_on(*ends, self._redirects, self._other_log)
                page = Page(
                    page_answers.title_of(asked),
                    page_answers.address(asked),
                    page_answers.revision_number(asked["lastrevid"]),
                    seen,
                    to_be_replaced=True,
                )
            if not followed:
                redirects.may_be_replaced(self._wikitext(page), ends[2].url)
                return page
        with believable(Asked.READ):
            revision = page_answers.revision_number(found.get("lastrevid", 0))
            page = Page(
                page_answers.title_of(found), page_answers.address(found), revision, seen, redirected=redirected
            )
        if page.revision is None:
            return page
        return dataclasses.replace(page, sections=self._sections(page.revision))

    def _sections(self, revision: int) -> tuple[Section, ...]:
        # The first time for both lists, then for the one that this wiki has; a wiki that became another is asked anew.
        contents, self._contents = self._contents, _CONTENTS
        answer = self._api.read("parse", oldid=revision, prop=contents)
        with believable(Asked.READ):
            if "tocdata" in answer["parse"]:
                sections = page_answers.sections(answer["parse"]["tocdata"]["sections"], "hLevel", "codepointOffset")
                self._contents = "tocdata"
            else:
                sections = page_answers.sections(answer["parse"]["sections"], "level", "byteoffset")
                self._contents = "sections"
        return sections

    def size(self, title: str) -> PageSize:
        titles.spelt(title)
        answer = self._api.read("query", titles=title, prop="info")
        with believable(Asked.READ):
            page = answer["query"]["pages"][0]
            page_answers.same_page(answer["query"], title, page)
            if page.get("missing"):
                return PageSize(None, 0)
            return PageSize(page_answers.revision_number(page["lastrevid"]), answers.number(page["length"]))

    def newest(self, titles: Sequence[str]) -> dict[str, int]:
        return listing.newest(titles, self._api.read)

    def section(self, page: Page, number: int) -> str:
        return "" if page.revision is None else self._wikitext(page, rvsection=number)

    def text_at(self, page: Page) -> str:
        return "" if page.revision is None else self._wikitext(page)

    def _wikitext(self, page: Page, **part: int) -> str:
        answer = self._api.read(
            "query", revids=page.revision, prop="revisions", rvprop="content", rvslots="main", **part
        )
        with believable(Asked.READ):
            found = answer["query"].get("pages", [{}])[0]
            if found.get("title") != page.title:
                raise Conflict("somebody else is changing the page", "moved or deleted")
            return page_answers.content(found["revisions"][0])

    def save(self, edit: Edit) -> Saved:
        self._api.ready()
        parameters: dict[str, Any] = {
            "title": edit.title,
            "text": edit.text,
            "summary": edit.summary,
            "starttimestamp": edit.seen,
            "watchlist": "nochange",
            "assertuser": self._api.account,
            "maxlag": MAXLAG,
            "curtimestamp": 1,
            "token": self._api.token,
        }
        if edit.base is None:
            parameters["createonly"] = 1
        else:
            parameters |= {"baserevid": edit.base, "nocreate": 1}
            parameters |= {} if edit.section is None else {"section": edit.section}
        if self._bot_flag:
            parameters["bot"] = 1
        answer = self._api.ask(Asked.SAVE, "POST", "edit", **parameters)
        with believable(Asked.SAVE):
            return page_answers.saved(answer, edit)

    def find(self, batch: str, edit: Edit) -> Found | None:
        self._api.ready()
        try:
            # The wiki's own clock at the base: ours may be hours off. Its servers may disagree by a little.
            start = page_answers.stamp(answers.moment(edit.seen) - CLOCKS_DISAGREE)
        except answers.WrongAnswer as wrong:
            raise Unknown("nobody knows since when to look for it", "no time") from wrong
        ours = {
            "list": "usercontribs",
            "ucuser": self._api.account,
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
        answer = self._api.read(
            "query", list="logevents", letype="delete", letitle=title, ledir="newer", lestart=start, leprop="type"
        )
        with believable(Asked.READ):
            return any(event["action"] == "delete" for event in answer["query"]["logevents"])

    def title_of(self, revision: int) -> str | None:
        answer = self._api.read("query", revids=revision, prop="info")
        with believable(Asked.READ):
            pages = answer["query"].get("pages", [])
            return page_answers.title_of(pages[0]) if pages else None

    def text(self, title: str) -> str:
        titles.spelt(title)
        answer = self._api.read("query", titles=title, prop="revisions", rvprop="content", rvslots="main")
        with believable(Asked.READ):
            page = answer["query"]["pages"][0]
            page_answers.same_page(answer["query"], title, page)
            return "" if page.get("missing") else page_answers.content(page["revisions"][0])

    def revisions(self, title: str, since: int = 1) -> tuple[PageRevision, ...]:
        titles.spelt(title)
        asked = {"titles": title, "prop": "revisions", "rvprop": "ids|comment|sha1|timestamp|user", "rvdir": "newer"}
        first = {"rvstartid": since} if since > 1 else {}  # there need not be a revision 1
        found = self._revisions(**asked, **first, rvlimit="max")
        with believable(Asked.READ):
            return tuple(
                PageRevision(
                    answers.number(each["revid"], least=1),
                    answers.text(each.get("comment", "")),
                    not each.get("sha1hidden", False),
                    answers.moment(each["timestamp"]),
                    answers.text(each.get("user", "")),
                )
                for each in found
            )

    def forget(self, title: str, texts: Collection[int], summaries: Collection[int]) -> bool:
        return False  # to hide revisions is a right that our account has no other use for

    def titles(self, prefix: str) -> tuple[str, ...]:
        return listing.beginning(prefix, self._api.read)

    def category(self, name: str) -> tuple[str, ...]:
        return listing.category(name, self._api.read)

    def obstacles(self, title: str, archive: str) -> tuple[str, ...]:
        asked = tuple(map(titles.spelt, (title, archive)))
        answer = self._api.read(
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
            found = rights.missing_rights(user, installed, self._bot_flag)
            told = bool(found)
            for page in pages:
                name = page_answers.title_of(page)
                if page.get("missing"):
                    found += rights.of_page(name, page, "create", told)
                elif name == asked[0]:
                    found += rights.of_page(name, page, "edit", told)
        return tuple(dict.fromkeys(found))

    def time(self) -> datetime | None:
        # The one query that a private wiki answers to everybody.
        answer = self._api.ask(Asked.READ, "GET", "query", meta="tokens", type="login", curtimestamp=1)
        with believable(Asked.READ):
            return answers.moment(answer["curtimestamp"])

    def _revisions(self, **parameters: Any) -> Iterator[Answer]:
        for query in listing.whole(self._api.read, **parameters):
            with believable(Asked.READ):
                found = answers.rows(query.get("usercontribs", [])) + [
                    revision
                    for page in answers.rows(query.get("pages", []))
                    for revision in answers.rows(page.get("revisions", []))
                ]
            yield from found

    def _where(self, revision: int) -> Found:
        answer = self._api.read("query", revids=revision, prop="info", inprop="url")
        with believable(Asked.READ):
            pages = answer["query"].get("pages", [])
            if not pages:
                raise Unknown(_DELETED, "deleted")
            return Found(page_answers.title_of(pages[0]), page_answers.address(pages[0]), revision)


def _page_of(title: str, answer: Answer) -> tuple[Answer, Answer, str]:
    """What the wiki says of a title: all of it, its page, and when that was."""
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
        page_answers.same_page(query, title, found)
        if found.get("contentmodel", "wikitext") != "wikitext":
            raise Refused("the page is not of wikitext", "contentmodel")
        return query, found, page_answers.time_of(answer["curtimestamp"])
