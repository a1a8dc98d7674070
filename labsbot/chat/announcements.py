"""Entries of scripts come in; the one line by which a channel hears of them goes out. Pure.

It begins with a word of ours, and what a script has said stands in quotes behind it: no other bot takes it for a
command. Authors are named so that nobody is woken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from labsbot.chat.words import LONGEST, Request, for_when, from_to
from labsbot.model import DeliveryState, Kept
from labsbot.text.formatting import cut, plain
from labsbot.text.names import unwaking

LONGEST_NAME = 60
"""Bytes of an author or a project."""
MOST_PROJECTS = 3
"""That are named."""
SHORTEST = 40
"""Bytes of a message: rather than less of it, the address is left out."""


def is_news(kept: Kept) -> bool:
    """Whether anybody needs to hear of it: it was not taken back, removed or given up meanwhile."""
    return not kept.struck and kept.redaction is None and bool(_request(kept))


def is_there(kept: Kept) -> bool:
    """Whether it is on the wiki, in all of its logs."""
    return all(each.state is DeliveryState.DELIVERED for each in _request(kept))


def announcement(entries: Sequence[Kept]) -> str:
    """What is said of these, all of which are news: either all of them are there, or none is."""
    return _of_one(entries[0]) if len(entries) == 1 else _of_many(entries)


def _request(kept: Kept) -> Request:
    """What is owed, of the entry itself."""
    return [each for each in kept.deliveries if each.change is None and each.state is not DeliveryState.DROPPED]


def _of_one(kept: Kept) -> str:
    request = _request(kept)
    head = f"{_logged([request])}{for_when(request)} by {_by([kept])}{_not_yet(kept)}: “"
    tail = _address("” ", kept, LONGEST - SHORTEST - len(head.encode())) or "”"
    words = " ".join(plain(kept.message).split())
    return f"{head}{cut(words, LONGEST - len((head + tail).encode()))}{tail}"


def _of_many(entries: Sequence[Kept]) -> str:
    requests = [_request(each) for each in entries]
    logged = _logged(requests, f" {len(entries)} entries ({from_to(requests)})")
    head = f"{logged} by {_by(entries)}{_not_yet(entries[-1])}"
    return head + _address(", the newest: ", entries[-1], LONGEST - len(head.encode()))


def _logged(requests: Sequence[Request], what: str = "") -> str:
    there = all(each.state is DeliveryState.DELIVERED for request in requests for each in request)
    projects = Counter(each.log.project for request in requests for each in request)
    named = [cut(project, LONGEST_NAME) for project, _ in projects.most_common(MOST_PROJECTS)]
    if others := len(projects) - len(named):
        named.append(f"{others} {'other' if others == 1 else 'others'}")
    where = " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    return f"{'Logged' if there else 'Saved'}{what} on {where}"


def _by(entries: Sequence[Kept]) -> str:
    authors = Counter(each.entry.author for each in entries)
    ((most, _),) = authors.most_common(1)
    others = len(authors) - 1
    more = f" and {others} {'other' if others == 1 else 'others'}" if others else ""
    return unwaking(cut(most, LONGEST_NAME)) + more


def _not_yet(kept: Kept) -> str:
    return "" if is_there(kept) else ", not on the wiki yet"


def _address(before: str, kept: Kept, room: int) -> str:
    """Where it stands, if that is known; not a part of an address where there is no room for all of it."""
    url = next((each.url for each in _request(kept) if is_there(kept) and each.url), None)
    words = "" if url is None else f"{before}{url}"
    return words if len(words.encode()) <= room else ""
