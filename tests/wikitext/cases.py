"""The pages of pages.yaml, before and after."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from labsbot.model import Delivery
from labsbot.settings import Order, PageSettings
from labsbot.wikitext import render
from tests.vectors import vectors_in
from tests.wikitext.world import delivery

PAGES: list[dict[str, Any]] = vectors_in(__file__, "pages.yaml")


def settings_of(case: dict[str, Any]) -> PageSettings:
    configured = dict(case.get("settings", {}))
    if "order" in configured:
        configured["order"] = Order(configured["order"])
    if "time_zone" in configured:
        configured["time_zone"] = ZoneInfo(configured["time_zone"])
    return PageSettings(**configured)


def entries_of(case: dict[str, Any]) -> list[Delivery]:
    return [_entry(line, settings_of(case)) for line in case["entries"]]


def after_of(case: dict[str, Any]) -> str:
    settings = settings_of(case)
    line = re.compile(r"^\{([^{}\n]*\|[^{}\n]*)\}$", re.MULTILINE)
    return line.sub(lambda found: render(settings, _entry(found[1], settings)), case["after"]).strip()


def _entry(line: str, settings: PageSettings) -> Delivery:
    said, author, message = line.split(" | ")
    return delivery(said, message, author=author, settings=settings)
