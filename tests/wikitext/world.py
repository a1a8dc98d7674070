"""What the tests of this room share: deliveries by their time, sections as a wiki counts them, odd things to type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from labsbot.model import CHANGE_WORDS, Change, ChangeKind, Delivery, Entry, Log, Section
from labsbot.settings import PageSettings
from labsbot.text.message import clean
from labsbot.wikitext import InsertPoint, compose, days_of, heading_matches, inert, together

_HEADING = re.compile(r"^(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*$", re.MULTILINE)


def delivery(
    said: str,
    message: str = "hello",
    *,
    author: str = "alice",
    number: int = 1,
    settings: PageSettings | None = None,
    user: str | None = None,
    relay: str | None = None,
) -> Delivery:
    """A delivery said at ``2026-11-22 14:30[:01[.500]]`` UTC."""
    settings = settings or PageSettings()
    moment = datetime.fromisoformat(said).replace(tzinfo=UTC)
    local = moment.astimezone(settings.time_zone)
    entry = Entry(
        id=f"sal-{moment:%Y%m%d%H%M%S}-{f'{moment.microsecond // 1000:03x}' * bool(moment.microsecond)}{number:04x}",
        network="net",
        channel="#c",
        nick=author,
        account=None,
        author=author,
        message=message,
        said=moment,
        user=user,
        relay=relay,
    )
    return Delivery(number, entry, Log("net #c", "tools"), local.date(), f"{local:%H:%M}")


def struck(delivery: Delivery, at: str, reason: str = "", *, author: str = "alice", number: int = 1) -> Delivery:
    """The delivery by which an entry is taken back, at ``2026-11-22 14:35`` UTC."""
    return _changed(delivery, ChangeKind.STRIKE, at, reason, author, number)


def amended(delivery: Delivery, at: str, text: str, *, author: str = "alice", number: int = 1) -> Delivery:
    """The delivery by which an entry gets another text."""
    return _changed(delivery, ChangeKind.AMEND, at, text, author, number)


def redacted(delivery: Delivery, at: str) -> Delivery:
    """The delivery by which all that an entry ever said is removed."""
    return _changed(delivery, ChangeKind.REDACT, at, "", "root", 1)


def _changed(delivery: Delivery, kind: ChangeKind, at: str, text: str, author: str, number: int) -> Delivery:
    said = datetime.fromisoformat(at).replace(tzinfo=UTC)
    made = Change(
        f"{CHANGE_WORDS[kind]}-{said:%Y%m%d%H%M%S}-{number:04x}", kind, text, author, said, "net", "#c", author
    )
    return replace(delivery, number=delivery.number + 1, change=made, changes=(*delivery.changes, made))


def sections_of(page: str) -> tuple[Section, ...]:
    """The sections of a page that holds no construct in which a heading could hide."""
    return tuple(
        Section(number, len(found[1]), found[2], found.start())
        for number, found in enumerate(_HEADING.finditer(page), 1)
    )


def section_text(page: str, number: int) -> str:
    """One section with its subsections, trimmed as MediaWiki does."""
    start, end = _borders(page, number)
    return page[start:end].strip()


def replaced(page: str, number: int, text: str) -> str:
    """The page after a save of one section, joined as MediaWiki joins."""
    start, end = _borders(page, number)
    above, below = page[:start], page[end:]
    return f"{above}{text.rstrip()}\n\n{below}".rstrip()


def _borders(page: str, number: int) -> tuple[int, int]:
    sections = sections_of(page)
    if number == 0:
        return 0, sections[0].offset or 0 if sections else len(page)
    section = sections[number - 1]
    after = [other for other in sections[number:] if other.level <= section.level]
    return section.offset or 0, (after[0].offset or 0) if after else len(page)


def day(text: str) -> date:
    return date.fromisoformat(text)


def day_of(heading: str, date_format: str = PageSettings().date, today: date = date(2026, 11, 22)) -> date | None:
    """The day of one heading alone."""
    return days_of([heading], PageSettings(date=date_format), today)[0]


def place(sections: Sequence[Section], settings: PageSettings, log_day: date) -> InsertPoint:
    """Where the entries of one day go."""
    ((spot, _),) = together(sections, settings, {log_day})
    return spot


def written(page: str, settings: PageSettings, deliveries: list[Delivery]) -> str:
    """The page after all deliveries have been taken to it, one save per place; what is kept is checked at each."""
    days = {delivery.log_day for delivery in deliveries}
    while days:
        spot, held = together(sections_of(page), settings, days)[0]
        text = section_text(page, spot.section)
        assert heading_matches(text, spot)
        composed = compose(text, spot, settings, [delivery for delivery in deliveries if delivery.log_day in held])
        page = replaced(page, spot.section, composed.text)
        if composed.kept is not None:
            kept, kept_text = composed.kept
            assert kept.day is not None
            assert kept == place(sections_of(page), settings, kept.day)
            assert kept_text == section_text(page, kept.section)
        days -= set(held)
    return page


def as_shown(typed: str, links: bool = True) -> str:
    """The text with the links that come through replaced by what is shown of them."""
    parts = re.split(r"(\[\[[^\[\]]*\]\])", clean(typed))
    for index in range(1, len(parts) if links else 0, 2):
        alive = inert(parts[index])
        if alive.startswith("[[:"):
            target, _, label = parts[index][2:-2].partition("|")
            parts[index] = label.strip() or re.sub(r"^[\s:\u180e]+", "", target).strip()
    return "".join(parts)
