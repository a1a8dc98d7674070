"""What all pages share: a template with its values becomes an answer that readers keep, or there is no such page."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from labsbot.web import cached
from labsbot.web.audience import Audience
from labsbot.web.pages.addresses import Addresses
from labsbot.web.pages.lines import Place
from labsbot.web.pages.templates import SAFE, Templates
from labsbot.web.problems import HttpProblem, ProblemCause
from labsbot.web.reading import JournalReader, ReadingRules

HTML = "text/html"


class NotHere(HttpProblem):
    """There is no such page."""

    def __init__(self, detail: str, *ways: Place) -> None:
        """`ways`: what is near it."""
        super().__init__(ProblemCause.NOT_FOUND, detail)
        self.ways = ways


class PageMaker:
    def __init__(self, reader: JournalReader, url: str) -> None:
        """`url` is where people reach us."""
        self.reader = reader
        self.url = url
        self.addresses = Addresses.below(url)
        self.templates = Templates(self.addresses)

    @property
    def rules(self) -> ReadingRules:
        return self.reader.rules

    async def page(
        self, request: Request, audience: Audience, content: Callable[[], str], kind: str = HTML
    ) -> Response:
        return cached.answer(request, audience, await self.reader.make(content), kind, SAFE)
