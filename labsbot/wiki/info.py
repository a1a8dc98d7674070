"""What a MediaWiki says of pages as such: asked for several in one question, told one by one.

Of a thousand pages that wait, a question for each would take as long as half of its edit.
https://www.mediawiki.org/wiki/API:Info
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from labsbot.edge import answers
from labsbot.model import Refused, Unavailable
from labsbot.wiki import listing
from labsbot.wiki.listing import Answer, Read
from labsbot.wiki.outcomes import Asked, believable

LONGEST = 1000
"""Bytes of titles in one address, little more than one title may need: where that is refused, so is one alone."""
ALONE = 60.0
"""Seconds for which each is asked about alone after a question about several has failed."""
FRESH = 5.0
"""Seconds for which is kept what was said of pages that are looked at together. Whatever happens to one meanwhile, the
wiki sees by the base of the edit, as it does when it happens after a look."""


class PageInfo:
    """Of the pages of one wiki."""

    def __init__(self, read: Read, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._kept: dict[str, Answer] = {}
        self._until = 0.0
        self._alone_until = 0.0

    def of(self, title: str, together: Sequence[str] = ()) -> Answer:
        """The wiki's answer about one title, in which redirects are not followed.

        As it is now; where the title is one of those that are looked at `together`, perhaps as it was a moment ago,
        when another of them was asked about.
        """
        kept = self._kept.pop(title, None)
        if title not in together:
            return self._ask([title])
        if kept is not None and self._clock() < self._until:
            return kept
        asked = next(listing.portions([title, *(each for each in together if each != title)], LONGEST))
        if asked == [title] or self._clock() < self._alone_until:
            return self._ask([title])
        try:
            answer = self._ask(asked)
        except (Unavailable, Refused):
            # One of the others may be what it fails for.
            self._alone_until = self._clock() + ALONE
            return self._ask([title])
        self._kept = {each: about for each in asked if (about := _about(each, answer))}
        self._until = self._clock() + FRESH
        # What is missing there is no page of this wiki: what it is then, the answer about it alone says.
        return self._kept.pop(title, None) or self._ask([title])

    def after_redirects(self, title: str) -> Answer:
        """The wiki's answer about the page to which a title leads."""
        return self._ask([title], redirects=1)

    def _ask(self, titles: Sequence[str], **following: int) -> Answer:
        asked = "|".join(titles)
        return self._read("query", titles=asked, prop="info", inprop="url|protection", curtimestamp=1, **following)


def _about(title: str, answer: Answer) -> Answer | None:
    """What an answer about several titles says of one, as an answer about it alone would; None: nothing."""
    with believable(Asked.READ):
        query = answers.mapping(answer["query"])
        spelt = {how: answers.rows(query.get(how, [])) for how in ("normalized", "converted")}
        leads = {answers.word(step["from"]): answers.word(step["to"]) for steps in spelt.values() for step in steps}
        name = title
        for _ in leads:
            name = leads.get(name, name)
        pages = [page for page in answers.rows(query.get("pages", [])) if page.get("title") == name]
        return {**answer, "query": {**spelt, "pages": pages}} if pages else None
