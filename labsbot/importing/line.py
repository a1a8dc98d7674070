"""One line of a log comes in, or several that are one entry; the entry that it stands for goes out.

Read is what bots and people have written since 2006: with or without a bullet, an anchor, a template around it or a
link to the author; times by hand (``8:00``, ``~19:45``, ``22:01-22:46``); what was struck.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from labsbot.importing import words
from labsbot.settings import LinkPattern, PageSettings
from labsbot.wikitext.entry import ANCHOR, ITEM

_CLOCK = r"(?<![0-9:])(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?![0-9])"
_TIME = (
    rf"(?P<time>(?:(?:~|ca\.?|c\.)[ \t]*+)?{_CLOCK}"
    r"(?P<until>[ \t]*+[-–—][ \t]*+~?[0-9]{1,2}:[0-9]{2}(?![0-9]))?(?:[ \t]*+(?:UTC\b|Z\b))?)"
)
_BULLETS = r"[*#:;]*+[ \t]*+"
_TEMPLATE = r"(?P<template>\{\{[^{}|\n]*+\|[ \t]*+(?:1[ \t]*+=[ \t]*+)?)?"
_AROUND = r"(?:<(?:span|s|del|strike|small|b|i|u|code|tt)\b[^<>\n]*+>|'{2,5}|\[\[#[^\[\]|\n]*+\||\()"
_BEHIND = r"(?:</(?:span|s|del|strike|small|b|i|u|code|tt)[ \t]*+>|'{2,5}|\]\]|\))"
_HEAD = re.compile(rf"{_BULLETS}{_TEMPLATE}(?P<around>{_AROUND}{{0,8}}){_TIME}(?P<behind>{_BEHIND}{{0,8}})[ \t]*+")
_SEPARATOR = re.compile(r"(?:[:,–—-][ \t]++)?")
_AUTHOR = re.compile(
    r"(?:\[\[(?P<page>:?(?:[Uu]ser(?:[ _][Tt]alk)?:)?[^\[\]|\n]{1,200})(?:\|(?P<label>[^\[\]\n]{1,200}))?\]\]"
    r"|<(?P<said>[^<>\s]{1,64})>|(?P<nick>[^\s:]{1,64}))"
    r"(?:[ \t]*+\(via (?P<relay>[^()\n]{1,100})\))?[ \t]*+:(?=\s|\Z)\s*+"
)
_WITH_RELAY = re.compile(r"(?P<who>.*) \(via (?P<relay>[^()]*+)\)")
_USER = re.compile(r":?user(?:[ _]talk)?:", re.IGNORECASE)
_STRUCK = re.compile(r"<(s|del|strike)\b[^<>]*+>(?P<inside>.*)</\1[ \t]*+>\s*+\Z", re.DOTALL | re.IGNORECASE)
_STRUCK_BEFORE = re.compile(
    r"<(s|del|strike)\b[^<>]*+>(?P<inside>[^<]*+)</\1[ \t]*+>(?P<remark>.*)\Z", re.DOTALL | re.IGNORECASE
)
_OPENED = re.compile(r"<(?P<tag>[a-z]++)", re.IGNORECASE)
_CLOSED = re.compile("</([a-z]++)")
_CLOSING = re.compile(r"</(?P<tag>[a-z]++)[ \t]*+>\s*+\Z", re.IGNORECASE)
_OPENS_STRIKE = re.compile(r"<(?:s|del|strike)\b", re.IGNORECASE)
_CLOSES_STRIKE = re.compile(r"</(?:s|del|strike)\b", re.IGNORECASE)
_END_OF_STRIKE = re.compile(r"</(?:s|del|strike)\b[^<>]*+>", re.IGNORECASE)
_ID = re.compile(ANCHOR)
# What we put behind an entry that was changed (see `labsbot.wikitext.entry`), and what people have put behind that.
_OUR_MARKS = re.compile(
    r'(?:<small id="(?P<id>undo-[0-9]{14}-[0-9a-f]+)">taken back (?:[^<>]{0,60}? )??[0-9]{2}:[0-9]{2} by '
    r"(?P<author>(?:[^:<]|<(?!/small>))*+)(?:: (?P<reason>(?:[^<]|<(?!/small>))*+))?</small>)?"
    r'(?:<span id="(?:amend|redact)-[0-9]{14}-[0-9a-f]+"></span>)?(?P<remark>.*)\Z',
    re.DOTALL,
)
_OUR_MARK = re.compile('<small id="undo-|<span id="(?:amend|redact)-')

_FIELD = re.compile(r"\{(id|time|author|message|project)\}")
_FIELDS = {
    "id": r"sal-[0-9]{14}-[0-9a-f]+",
    "time": r"[0-9]{1,2}:[0-9]{2}",
    "author": r"[^\n]{0,300}?",
    "message": r".*",
    "project": r"[^\n]{0,300}?",
}


@dataclass(frozen=True, slots=True)
class Strike:
    """That an entry is struck."""

    id: str | None = None
    """Of the change, where the bot has written it; None: people have struck the line, and nothing else is known."""
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineRead:
    """What a line says."""

    clock: str
    """``HH:MM``."""
    written: str
    """The time as it stands there."""
    second: int | None
    """None: it does not say."""
    author: str
    """Empty: it does not say."""
    message: str
    user: str | None = None
    """The wiki user to whose page the author leads."""
    relay: str | None = None
    id: str | None = None
    strike: Strike | None = None

    @property
    def said(self) -> datetime | None:
        """When it was, by its id."""
        if self.id is None:
            return None
        _, moment, token = self.id.split("-")
        part = f"{int(token[:3], 16) % 1000:03}" if len(token) in (7, 15) else "000"
        try:
            return datetime.strptime(f"{moment}{part}000", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
        except ValueError:
            return None


def begins_entry(line: str) -> bool:
    """Whether a line is the first of an entry: it begins with a time."""
    head = _HEAD.match(line)
    return head is not None and _is_clock(head)


def shows_time(line: str) -> bool:
    """Whether a line begins as an entry does, also with a time that there is not, such as 25:10."""
    return _HEAD.match(line) is not None


def read_line(text: str, settings: PageSettings) -> LineRead | None:
    """Read an entry; None: it has no time."""
    marked = _OUR_MARK.search(text)
    marks = _OUR_MARKS.match(text, marked.start()) if marked else None
    if marked is None or marks is None:
        return _read(text, settings)
    read = _read(text[: marked.start()].rstrip(), settings)
    if read is None:
        return None
    if marks["id"]:  # what is remarked behind that is about the strike, and no part of what was logged
        reason = words.typed(marks["reason"] or "", settings.patterns)
        return replace(read, strike=Strike(marks["id"], words.name(marks["author"]), reason))
    remark = words.typed(marks["remark"], settings.patterns)
    return replace(read, message=f"{read.message} {remark}".rstrip())


def _read(text: str, settings: PageSettings) -> LineRead | None:
    return _read_ours(text, settings) or _read_any(text, settings.patterns)


def _read_ours(text: str, settings: PageSettings) -> LineRead | None:
    """Read an entry as it is written by the configuration, whatever form that is."""
    found = _form(settings.entry).fullmatch(text.strip())
    if found is None:
        return None
    fields = found.groupdict()
    if not fields.get("time"):
        return None
    hour, minute = fields["time"].split(":")
    author, user, relay = _our_author(fields.get("author") or "")
    message, struck = _struck(fields.get("message") or "")
    return LineRead(
        f"{int(hour):02}:{minute}",
        fields["time"],
        None,
        author,
        words.typed(message, settings.patterns),
        user,
        relay,
        fields["id"],
        Strike() if struck else None,
    )


@lru_cache(maxsize=64)
def _form(entry: str) -> re.Pattern[str]:
    """What reads what the configured entry writes."""
    pattern, seen = re.escape(ITEM.strip()) + r"\s*", set[str]()
    end = 0
    for field in _FIELD.finditer(entry.strip()):
        pattern += re.escape(entry.strip()[end : field.start()])
        pattern += f"(?P={field[1]})" if field[1] in seen else f"(?P<{field[1]}>{_FIELDS[field[1]]})"
        seen.add(field[1])
        end = field.end()
    return re.compile(pattern + re.escape(entry.strip()[end:]), re.DOTALL)


def _read_any(text: str, patterns: Sequence[LinkPattern]) -> LineRead | None:
    head = _HEAD.match(text)
    if head is None or not _is_clock(head):
        return None
    rest = text[head.end() :]
    if head["template"]:
        end = rest.rfind("}}")
        rest = rest[:end] + rest[end + len("}}") :] if end >= 0 else rest
    anchor = _ID.search(head["around"])
    around, behind = head["around"], head["behind"]
    opened = _OPENS_STRIKE.search(around) is not None and _CLOSES_STRIKE.search(behind) is None
    rest, remark = _up_to_end_of_strike(rest) if opened else (rest, "")
    rest = _without_closings(rest, around, behind)
    author, user, relay, rest = _author_of(rest[_end_of_separator(rest) :])
    message, struck = _struck(rest)
    is_exact = head["second"] is not None and head["time"][0].isdigit() and not head["until"]
    return LineRead(
        f"{int(head['hour']):02}:{head['minute']}",
        " ".join(head["time"].split()),
        int(head["second"]) if is_exact and int(head["second"]) < 60 else None,
        author,
        words.typed(message, patterns),
        user,
        relay,
        anchor["id"] if anchor else None,
        Strike(reason=words.typed(remark, patterns)) if struck or opened else None,
    )


def _up_to_end_of_strike(rest: str) -> tuple[str, str]:
    """What is struck from before the time on, and what people have remarked behind it."""
    end = _END_OF_STRIKE.search(rest)
    return (rest[: end.end()], rest[end.end() :]) if end else (rest, "")


def _is_clock(head: re.Match[str]) -> bool:
    return int(head["hour"]) < 24 and int(head["minute"]) < 60


def _end_of_separator(rest: str) -> int:
    separator = _SEPARATOR.match(rest)
    return separator.end() if separator else 0


def _without_closings(rest: str, around: str, behind: str) -> str:
    """What was opened before the time, and is closed behind it or at the end of the line, is no part of the message."""
    for opened in reversed(_OPENED.findall(around.lower())):
        closing = None if opened in _CLOSED.findall(behind.lower()) else _CLOSING.search(rest)
        rest = rest[: closing.start()] if closing and closing["tag"].lower() == opened else rest
    return rest


def _author_of(rest: str) -> tuple[str, str | None, str | None, str]:
    """The author, the wiki user to whom the name leads, the relay, and the message behind."""
    found = _AUTHOR.match(rest)
    if found is None:
        return "", None, None, rest
    relay = words.name(found["relay"]) if found["relay"] else None
    behind = rest[found.end() :]
    if found["page"] is None:
        return words.name(found["said"] or found["nick"]), None, relay, behind
    leads = _USER.match(found["page"])
    target = words.name(found["page"][leads.end() if leads else 0 :].lstrip(":"))
    return words.name(found["label"] or target), target if leads else None, relay, behind


def _our_author(text: str) -> tuple[str, str | None, str | None]:
    """The author as we write them, whose name may hold whatever a name can."""
    found = _WITH_RELAY.fullmatch(text)
    who, relay = (found["who"], words.name(found["relay"])) if found else (text, None)
    author, user, _, behind = _author_of(f"{who}:")
    return (author, user, relay) if author and not behind else (words.name(who), None, relay)


def struck_before(message: str, text: str) -> str | None:
    """What people have put behind a message that they have struck: `text` and nothing else is. None: they have not."""
    found = _STRUCK_BEFORE.match(message)
    return found["remark"].strip() if found and " ".join(found["inside"].split()) == text else None


def _struck(message: str) -> tuple[str, bool]:
    """The message, and whether all of it is struck."""
    found = _STRUCK.match(message.strip())
    if found is None or "</" + found[1] in found["inside"]:
        return message, False
    return found["inside"], True
