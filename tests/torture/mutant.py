"""The name of a mutant comes in, with labsbot's own arguments behind it; labsbot runs without one of its safeguards.

``python -m tests.torture.mutant no-look-up run -c …``. That the torture finds each of them shows that it can. ``none``
has all its safeguards. Each reckons with gateways that hold a request for seconds, not minutes, and takes a moment for
a quiet minute, so that time is short.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import requests

from labsbot import wikitext
from labsbot.cli.main import main as cli
from labsbot.delivery import archiver, plan, settle, wishes
from labsbot.delivery.archiver import Archiver
from labsbot.journal.attempts import KeptAttempts
from labsbot.model import ChangeKind, Delivery, Edit, Move, MoveStage
from labsbot.wiki.mediawiki import MediaWiki

GATEWAY = 1.5
"""Seconds; the proxy holds no request longer than `plan.LATEST`, and the wiki needs some time for it."""
QUIET, DOUBTED, HINDERED = 0.3, 0.5, 2.0
"""Seconds, of what archiving reckons with: instead of a minute, a quarter of one, and an hour."""


def none() -> None:
    """As it is."""


def no_look_up() -> None:
    """What became of an edit is never looked up in the wiki's history: it was not saved."""
    MediaWiki.find = lambda self, *asked: None  # type: ignore[method-assign]


def no_patience() -> None:
    """An edit that begins a day is sent again although the first one may still be on its way."""

    async def is_safe(self: settle.Settler, edit: Edit) -> bool:
        return False

    settle.Settler._begins_a_day = is_safe  # type: ignore[method-assign]


def no_intent() -> None:
    """What is about to be sent is not stored: after a crash nothing is known of it."""

    async def forget(self: KeptAttempts, *intent: object) -> None:
        pass

    KeptAttempts.intend = forget  # type: ignore[method-assign, assignment]


def base_timestamp() -> None:
    """Edits rely on the time of the base revision, as mwclient's own do, instead of on its number."""
    _change_edits(keep_revision=False)


def base_timestamp_too() -> None:
    """Edits send the time of the base revision beside its number."""
    _change_edits(keep_revision=True)


def no_struck() -> None:
    """An entry that is taken back before it is on the wiki is dropped, as if nobody had ever said it."""
    added = plan._added

    def without_struck(carried: Sequence[Delivery]) -> list[Delivery]:
        return [each for each in added(carried) if not any(made.kind is ChangeKind.STRIKE for made in each.changes)]

    plan._added = without_struck


def no_copy_first() -> None:
    """Days are removed from a log's page before they are copied to its archive."""
    send = Archiver._send

    async def remove_and_send(self: Archiver, move: Move, edit: Edit, is_list: bool = False) -> None:
        if move.stage is MoveStage.COPYING:
            page = self._wiki.look(move.title)
            text, settings = self._wiki.text_at(page), self._settings_for(move.log)
            copied = {day.text for day in move.days}
            blocks = wikitext.all_blocks(text, page.sections, settings, self._now().date())
            left = wikitext.without(text, [block for block in blocks if block.text in copied])
            self._wiki.save(Edit(page.title, None, page.revision, page.seen, left, "archived"))
        await send(self, move, edit, is_list)

    Archiver._send = remove_and_send  # type: ignore[method-assign]


MUTANTS = {
    "none": none,
    "no-look-up": no_look_up,
    "no-patience": no_patience,
    "no-intent": no_intent,
    "no-struck": no_struck,
    "no-copy-first": no_copy_first,
    "base-timestamp": base_timestamp,
    "base-timestamp-too": base_timestamp_too,
}


def _change_edits(keep_revision: bool) -> None:
    send = requests.Session.request

    def request(self: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        edit = {name: value for name, (_, value) in options.get("files") or ()}
        if edit.get("action") == "edit" and "baserevid" in edit:
            asked = {
                "action": "query",
                "format": "json",
                "formatversion": 2,
                "prop": "revisions",
                "rvprop": "timestamp",
            }
            page = requests.get(url, params={**asked, "revids": edit["baserevid"]}, timeout=30).json()
            edit["basetimestamp"] = page["query"]["pages"][0]["revisions"][0]["timestamp"]
            if not keep_revision:
                del edit["baserevid"]
            options["files"] = [(name, (None, value)) for name, value in edit.items()]
        return send(self, method, url, **options)

    requests.Session.request = request  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    settle.GATEWAY = archiver.GATEWAY = GATEWAY  # type: ignore[attr-defined]
    wishes.QUIET, archiver.DOUBTED, archiver.HINDERED = QUIET, DOUBTED, HINDERED
    MUTANTS[sys.argv.pop(1)]()
    cli.main()
