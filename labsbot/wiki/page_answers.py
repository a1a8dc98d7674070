"""What a MediaWiki answers about pages comes in, values go out; what cannot be true is a WrongAnswer.

What the answer as a whole means, `api` has read before.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from labsbot.edge import answers
from labsbot.model import Conflict, Edit, Refused, Saved, Section, Unknown
from labsbot.wiki import outcomes, redirects, titles
from labsbot.wiki.api import Answer
from labsbot.wiki.outcomes import Asked

LONGEST_URL = 300  # an address goes into an IRC line of 512 bytes, with a greeting before it and an anchor behind
LONGEST_TITLE = 1024  # bytes; a title has 255, and the name of its namespace


def saved(answer: Answer, edit: Edit) -> Saved:
    """Read a confirmation; only ``Success`` is one. https://www.mediawiki.org/wiki/API:Edit"""
    result = answer["edit"]
    if result["result"] != "Success":
        raise outcomes.of_code("captcha" if "captcha" in result else str(result.get("code", "hookaborted")), Asked.SAVE)
    title = answers.word(result["title"])
    if title != edit.title and not _same_title(title, edit.title):
        raise Unknown("it says that it wrote to another page", "wrong title")
    if result.get("nochange"):
        return Saved(title, None, None, time_of(answer["curtimestamp"]))
    new = answers.number(result["newrevid"], least=1)
    return Saved(title, new, revision_number(result["oldrevid"]), time_of(result["newtimestamp"]))


def redirect_end(page: Answer) -> redirects.RedirectEnd:
    protection = answers.rows(page.get("protection", []))
    needed = frozenset(answers.text(each["level"]) for each in protection if each["type"] == "edit")
    return redirects.RedirectEnd(title_of(page), address(page), str(answers.number(page["ns"], least=-2)), needed)


def content(revision: Answer) -> str:
    slot = revision["slots"]["main"]
    if slot.get("texthidden") or slot.get("textmissing"):
        raise Refused("the page's text is hidden there")
    if slot.get("nosuchsection"):
        raise Conflict("somebody else is changing the page", "nosuchsection")
    return answers.text(slot["content"])


def same_page(query: Answer, asked: str, found: Answer) -> None:
    """Raise WrongAnswer where it is not the asked title, spelt by the wiki or redirected, that the answer is about."""
    leads = {
        answers.word(unquote(step["from"]) if step.get("fromencoded") else step["from"]): answers.word(step["to"])
        for how in ("normalized", "converted", "redirects")
        for step in answers.rows(query.get(how, []))
    }
    title = asked
    for _ in range(len(leads)):
        title = leads.get(title, title)
    if title_of(found) != title and not _same_title(title_of(found), title):
        raise answers.WrongAnswer("expected the page that was asked for")


def _same_title(one: str, other: str) -> bool:
    try:
        return titles.spelt(one) == titles.spelt(other)
    except Refused:
        return False


def title_of(page: Answer) -> str:
    """How the wiki spells a page's title; what could be none is none of a wiki."""
    title = answers.word(page["title"])
    if len(title.encode()) > LONGEST_TITLE:
        raise answers.WrongAnswer("expected a title")
    return title


def address(page: Answer) -> str:
    """Where people read a page; the short form where the name alone would fill an IRC line."""
    url = answers.address(page.get("canonicalurl") or page["fullurl"])
    if len(url) > LONGEST_URL and page.get("pageid"):
        return f"{answers.address(page['editurl']).partition('?')[0]}?curid={answers.number(page['pageid'])}"
    return url


def sections(listed: Any, level: str, offset: str) -> tuple[Section, ...]:
    """Read a list of sections. What is empty may be left out; offsets are in characters, whatever they are called."""
    # What a template brings (T-1) or an extension makes up ("") is nothing that could be edited here.
    return tuple(
        _section(section, section[level], section.get(offset))
        for section in answers.rows(listed)
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


def revision_number(number: Any) -> int | None:
    """The number of a revision; None: 0, there is none."""
    return answers.number(number) or None


def time_of(found: Any) -> str:
    """A time of the wiki's clock that may be kept, and sent back to it later."""
    return stamp(answers.moment(found))


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
