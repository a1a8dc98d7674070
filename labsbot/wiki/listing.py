"""What pages a MediaWiki has: a beginning of titles or a category comes in, titles go out, through reads handed in.

A read is ``action=query`` with these parameters, and gives the API's answer or raises a failure. Lists come in several
answers (https://www.mediawiki.org/wiki/API:Continue); all of them are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from urllib.parse import quote_plus

from labsbot.edge import answers
from labsbot.model import Refused, Unavailable
from labsbot.wiki import outcomes, titles
from labsbot.wiki.outcomes import Asked, believable

Answer = dict[str, Any]

MOST_PAGES = 200_000
"""A list that is longer is more than projects can be, and than we want to hold."""
MOST_ASKED = 50
"""Titles in one question, for who has no higher limits."""
MOST_ADDRESS = 4000
"""Bytes of them in an address."""
MOST_BYTES = 16 * 1024 * 1024
"""The same for its titles, of which each has 255 bytes and a namespace."""


class Read(Protocol):
    def __call__(self, action: str, **parameters: Any) -> Answer: ...


def beginning(prefix: str, read: Read) -> tuple[str, ...]:
    """The pages whose titles begin so. https://www.mediawiki.org/wiki/API:Allpages"""
    some = f"{prefix}x"  # a prefix alone is seldom a title
    titles.spelt(some)
    answer = read("query", titles=some)
    with believable(Asked.READ):
        pages = answer["query"].get("pages", [])
        if not pages or pages[0].get("invalid") or answers.number(pages[0]["ns"], least=-2) < 0:
            raise Refused(titles.NOT_ALLOWED, "invalidtitle")
        # The namespace as the wiki spells it, of which there is one more than ours.
        namespace, title = answers.number(pages[0]["ns"]), answers.word(pages[0]["title"])
        rest = title.partition(":")[2] if namespace else title
    listed = {"list": "allpages", "apnamespace": namespace, "apprefix": rest[:-1], "apfilterredir": "nonredirects"}
    return _sorted(page for query in whole(read, **listed, aplimit="max") for page in query["allpages"])


def category(name: str, read: Read) -> tuple[str, ...]:
    """The pages in a category. https://www.mediawiki.org/wiki/API:Categorymembers"""
    title = f"Category:{name.removeprefix('Category:')}"
    titles.spelt(title)
    listed = whole(read, generator="categorymembers", gcmtitle=title, gcmtype="page", gcmlimit="max", prop="info")
    return _sorted(page for query in listed for page in query.get("pages", ()) if not page.get("redirect"))


def newest(asked: Iterable[str], read: Read) -> dict[str, int]:
    """The current revisions of pages, by the titles that were asked for. https://www.mediawiki.org/wiki/API:Info"""
    found: dict[str, int] = {}
    for some in portions(asked):
        query = read("query", titles="|".join(some), prop="info")["query"]
        with believable(Asked.READ):
            spelt = {answers.word(each["from"]): answers.word(each["to"]) for each in query.get("normalized", [])}
            current = {answers.word(page["title"]): page for page in query.get("pages", ())}
            for title in some:
                page = current.get(spelt.get(title, title), {})
                if page.get("lastrevid"):
                    found[title] = answers.number(page["lastrevid"], least=1)
    return found


def portions(asked: Iterable[str], longest: int = MOST_ADDRESS) -> Iterator[list[str]]:
    """As many titles as the wiki answers at once, in an address that every proxy takes; `longest`: bytes of them."""
    portion: list[str] = []
    size = 0
    for title in asked:
        try:
            titles.spelt(title)
        except Refused:
            continue
        needed = len(quote_plus(title))
        if portion and (len(portion) == MOST_ASKED or size + needed > longest):
            yield portion
            portion, size = [], 0
        portion.append(title)
        size += needed
    if portion:
        yield portion


def _sorted(pages: Iterable[Answer]) -> tuple[str, ...]:
    found: list[str] = []
    left = MOST_BYTES
    with believable(Asked.READ):
        for page in pages:
            found.append(answers.word(page["title"]))
            left -= len(found[-1].encode())
            if len(found) > MOST_PAGES or left < 0:
                raise Unavailable("its list of pages is too long")
    return tuple(sorted(found))


def whole(read: Read, **parameters: Any) -> Iterator[Answer]:
    """What all answers to a query hold as ``query``. Raises Unavailable where they would go round in a circle."""
    more: dict[str, Any] = {}
    while True:
        answer = read("query", **{**parameters, **more})
        with believable(Asked.READ):
            before, more = more, _continued(answer)
            if more and more == before:
                raise outcomes.of_nonsense(Asked.READ)
            query = answers.mapping(answer.get("query", {}))
        yield query
        if not more:
            return


def _continued(answer: Answer) -> dict[str, Any]:
    """With what to ask for the rest; empty: there is none. Only where to go on is in it, not what is asked."""
    more = answers.mapping(answer.get("continue", {}))
    if not all(map(_CONTINUE.fullmatch, more)):
        raise answers.WrongAnswer("expected the names of a continuation")
    return {name: answers.word(str(value) if isinstance(value, int) else value) for name, value in more.items()}


_CONTINUE = re.compile("[a-z]{0,20}continue")
