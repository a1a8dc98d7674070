"""What people have made of the lines of known entries, as changes: a line and what is known of it come in. Pure.

Who asked for nothing gets no answer: such a change is owed to no page, for it stands there. A line counts as edited
where it says something else than its entry does in this log, and is not the one that we would write. See the decision
"What people make of a page is what readers see".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from labsbot.desk.correcting import change_id
from labsbot.importing import PageEntry, Strike, as_typed, struck_before
from labsbot.model import Change, ChangeKind, Delivery, DeliveryState, Entry, Kept, Log, Via
from labsbot.settings import PageSettings
from labsbot.wikitext import inert, render, rewritten


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page of some logs as it was read."""

    logs: Collection[Log]
    settings: PageSettings
    revision: int | None
    editor: str
    """Who has edited it, as far as that is known."""
    now: datetime


def changes_of_line(page: PageSeen, line: PageEntry, kept: Kept, own: Delivery) -> Iterator[Change]:
    """What people have made of the line of an entry; `own` is the entry's delivery to the page."""
    if kept.redaction is not None or not _is_settled(page, kept, own):
        return
    changes = kept.changes_in(page.logs)
    if any(each.kind is ChangeKind.REMOVE for each in changes):
        yield _by_hand(ChangeKind.RESTORE, "", page)
    if kept.entry.via is not Via.WIKI and rewritten(page.settings):
        return  # only the wiki knows what it makes of the line as we write it
    text, is_struck = _text(kept.entry, changes), any(each.kind is ChangeKind.STRIKE for each in changes)
    line = _with_strike(line, text, page.settings)
    if is_struck and line.strike is None:
        yield _by_hand(ChangeKind.RESTORE, "", page)
    if not _says(line, text, own, page.settings):
        yield _by_hand(ChangeKind.AMEND, line.message, page)
    if line.strike is not None and not is_struck:
        yield strike_of(line.strike, page)


def removal(page: PageSeen, kept: Kept, own: Delivery) -> Change | None:
    """That people have taken its line out; None: it never stood on this page as it was read, or that is known."""
    if kept.redaction is not None or not stood_there(page, kept, own):
        return None
    if any(each.kind is ChangeKind.REMOVE for each in kept.changes_in(page.logs)):
        return None
    return _by_hand(ChangeKind.REMOVE, "", page)


def stood_there(page: PageSeen, kept: Kept, own: Delivery) -> bool:
    """Whether the page as it was read would hold an entry, had nobody taken it out."""
    is_known = kept.entry.via is Via.WIKI or own.revision is not None
    return own.state is DeliveryState.DELIVERED and is_known and _is_settled(page, kept, own)


def strike_of(strike: Strike, page: PageSeen) -> Change:
    """By which a line is struck there: by the bot, if it has an id, and else by people."""
    made = _by_hand(ChangeKind.STRIKE, strike.reason, page)
    if strike.id is None:
        return made
    try:
        said = datetime.strptime(strike.id.split("-")[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:  # somebody has made it up
        return made
    return replace(made, id=strike.id, said=said, author=strike.author or page.editor, by_hand=False)


def _is_settled(page: PageSeen, kept: Kept, own: Delivery) -> bool:
    """Whether the page as it was read has all that it is to have of an entry: nothing waits, or came later."""
    on_its_way = (DeliveryState.PENDING, DeliveryState.PARKED)
    waits = any(each.state in on_its_way for each in kept.deliveries if each.log in page.logs)
    return not waits and (own.revision is None or page.revision is None or own.revision <= page.revision)


def _text(entry: Entry, changes: Sequence[Change]) -> str:
    return next((each.text for each in reversed(changes) if each.kind is ChangeKind.AMEND), entry.message)


def _says(line: PageEntry, text: str, own: Delivery, settings: PageSettings) -> bool:
    """Whether a line says this text: as it was typed, or as we write it, from which not every text can be told."""
    if line.message in _readings(text, settings):
        return True
    return text == _text(own.entry, own.changes) and line.text.rstrip() == render(settings, own).rstrip()


def _readings(text: str, settings: PageSettings) -> tuple[str, str]:
    """What may be read where a text stands: as it was typed, and as we write it."""
    return " ".join(text.split()), as_typed(inert(text, settings.links, settings.patterns), settings.patterns)


_AS_WORDS = re.compile("<nowiki|&lt;|&#", re.IGNORECASE)


def _with_strike(line: PageEntry, text: str, settings: PageSettings) -> PageEntry:
    """The line as one that people have struck, where all that it said is and they have put something behind it."""
    if _AS_WORDS.search(line.text):
        return line  # what looks like a tag may be words there
    for each in _readings(text, settings):
        if line.strike is None and (remark := struck_before(line.message, each)) is not None:
            return replace(line, message=each, strike=Strike(reason=remark))
    return line


def _by_hand(kind: ChangeKind, text: str, page: PageSeen) -> Change:
    """Nobody knows when it was: by `now` it is."""
    made = change_id(kind, page.now)
    return Change(made, kind, text, page.editor, page.now, "", "", page.editor, by_hand=True)
