"""What pages a MediaWiki has: a beginning of titles or a category comes in, titles go out, through reads handed in.

A read is ``action=query`` with these parameters, and gives the API's answer or raises a failure. Lists come in several
answers (https://www.mediawiki.org/wiki/API:Continue); all of them are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from labsbot.model import Refused
from labsbot.wiki import outcomes, titles
from labsbot.wiki.outcomes import Asked, believable

Answer = dict[str, Any]


class Read(Protocol):
    def __call__(self, action: str, **parameters: Any) -> Answer: ...


def beginning(prefix: str, read: Read) -> tuple[str, ...]:
    """The pages whose titles begin so. https://www.mediawiki.org/wiki/API:Allpages"""
    some = f"{prefix}x"  # a prefix alone is seldom a title
    titles.spelt(some)
    answer = read("query", titles=some)
    with believable(Asked.READ):
        pages = answer["query"].get("pages", [])
        if not pages or pages[0].get("invalid") or pages[0]["ns"] < 0:
            raise Refused(titles.NOT_ALLOWED, "invalidtitle")
        # The namespace as the wiki spells it, of which there is one more than ours.
        namespace, title = pages[0]["ns"], pages[0]["title"]
        rest = title.partition(":")[2] if namespace else title
    listed = {"list": "allpages", "apnamespace": namespace, "apprefix": rest[:-1], "apfilterredir": "nonredirects"}
    with believable(Asked.READ):
        return tuple(
            sorted(page["title"] for query in whole(read, **listed, aplimit="max") for page in query["allpages"])
        )


def category(name: str, read: Read) -> tuple[str, ...]:
    """The pages in a category. https://www.mediawiki.org/wiki/API:Categorymembers"""
    title = f"Category:{name.removeprefix('Category:')}"
    titles.spelt(title)
    listed = whole(read, generator="categorymembers", gcmtitle=title, gcmtype="page", gcmlimit="max", prop="info")
    with believable(Asked.READ):
        pages = [page for query in listed for page in query.get("pages", [])]
        return tuple(sorted(page["title"] for page in pages if not page.get("redirect")))


def whole(read: Read, **parameters: Any) -> Iterator[Answer]:
    """What all answers to a query hold as ``query``. Raises Unavailable where they would go round in a circle."""
    more: dict[str, Any] = {}
    while True:
        answer = read("query", **parameters, **more)
        with believable(Asked.READ):
            if more and answer.get("continue") == more:
                raise outcomes.of_nonsense(Asked.READ)
            query, more = answer.get("query", {}), answer.get("continue", {})
        yield query
        if not more:
            return
