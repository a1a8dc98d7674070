"""Delivery to a real MediaWiki: a journal, the deliverer, the wiki's own thread, and a page that no other test uses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from labsbot.delivery.settle import EditWorker
from labsbot.model import Edit, Entry, Saved, Unknown
from labsbot.settings import PageSettings
from labsbot.wiki.mediawiki import MediaWiki
from labsbot.wiki.worker import Worker
from tests.delivery.archive_world import SETTINGS, log_page
from tests.delivery.world import Killed, World
from tests.nouns import NOON
from tests.servers.mediawiki import MediaWiki as Server
from tests.wiki.conftest import settings_of

_numbers = itertools.count(1)
MINUTE = timedelta(minutes=1)
YEAR = log_page(days=12)


class Mishap(MediaWiki):
    """The real wiki's edge, at which an edit can be lost, can come late, or can be the end of the process."""

    before: Callable[[Edit], object] = staticmethod(lambda edit: None)
    after: Callable[[Edit], object] = staticmethod(lambda edit: None)
    sent: list[Edit]

    def save(self, edit: Edit) -> Saved:
        before, self.before = self.before, lambda edit: None
        after, self.after = self.after, lambda edit: None
        before(edit)
        self.sent.append(edit)
        saved = super().save(edit)
        after(edit)
        return saved


class Edge:
    """A session with the wiki, and the thread on which it is used."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.wiki = Mishap(settings_of(server))
        self.worker = Worker(self.wiki)


class RealWorld(World):
    def __init__(self, folder: Path, edge: Edge, settings: PageSettings | None = None) -> None:
        self.edge = edge
        self.server = edge.server
        self.project = f"real{next(_numbers)}"
        self.real = edge.wiki
        self.real.sent = []
        super().__init__(folder, settings)
        self.title = self.settings.title_for(self.project.capitalize())

    def around(self, thing: Any) -> Any:
        return thing if thing is self.journal else self.real

    def worker(self) -> EditWorker:
        return self.edge.worker

    async def logged(self, *messages: str, minute: int = 0) -> list[Entry]:
        """Say these, a minute apart, and let them be delivered."""
        entries = [
            await self.log(message, NOON + (minute + number) * MINUTE, project=self.project)
            for number, message in enumerate(messages)
        ]
        await self.deliver()
        return entries

    def page(self, title: str | None = None) -> str:
        return self.server.text(title or self.title) or ""

    def write(self, text: str, title: str | None = None) -> None:
        self.server.edit_as_person(title or self.title, text)

    def operator(self, action: str, **parameters: Any) -> None:
        self.server.person("Operator").post(action, **parameters)

    def move(self, to: str, *, redirect: bool) -> None:
        self.operator("move", **{"from": self.title, "to": to} | ({} if redirect else {"noredirect": 1}))

    def order_on_page(self, title: str | None = None) -> list[str]:
        return [line.rpartition(" ")[2] for line in self.page(title).splitlines() if line.startswith("*")]

    def under(self, heading: str, title: str | None = None) -> list[str]:
        """The messages below a heading, from top to bottom."""
        parts = re.split(r"^==+ *(.*?) *==+$", self.page(title), flags=re.MULTILINE)
        place = parts.index(heading)
        return [line.rpartition(" ")[2] for line in parts[place + 1].splitlines() if line.startswith("*")]


class ArchivingWorld(RealWorld):
    """A log on the real wiki that has grown."""

    def __init__(self, folder: Path, edge: Edge) -> None:
        super().__init__(folder, edge, SETTINGS)
        self.archive = f"{self.title}/2025"

    def jitter(self, limit: float) -> float:
        return limit

    async def archived(self, text: str = f"Intro.\n\n{YEAR}\n\n[[Category:Old]]") -> str:
        """Write a page, log something, and let it be archived; the page as it is then."""
        self.write(text)
        await self.logged("hello")
        await self.pass_time()
        return self.page()


def lose(edit: Edit) -> None:
    """The connection is cut here."""
    raise Unknown("it is not answering")


def die(edit: Edit) -> None:
    raise Killed
