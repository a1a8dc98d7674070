"""An answer that its readers keep: its content comes in, and goes out with a tag, or not at all where they have it.

Caches may keep what anybody gets, and have to ask whether it still holds; what is for some is for their own alone. Who
asks so is answered without making it anew, as long as nothing was changed since of what it was made of.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from labsbot.web.audience import Audience

VARIES = "Authorization, Cookie"
"""By what answers differ, beside what a proxy adds on its own."""
MOST_KNOWN, LONGEST_KNOWN = 2000, 500
"""Answers of which we know that nothing was changed since, and the characters of an address that is remembered."""
_OF_CONTENT = ("content-length", "content-type")


def answer(
    request: Request, audience: Audience, content: str, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The content for whoever has not got it."""
    sent = content.encode("utf-8", "replace")
    tag = f'"{hashlib.sha256(sent).hexdigest()[:32]}"'
    kept = "no-cache" if audience.is_anybody else "private, no-cache"
    told = {"ETag": tag, "Cache-Control": kept, "Vary": VARIES, **(headers or {})}
    if _has(request, tag):
        return Response(None, 304, told)
    return Response(sent, 200, told, media_type)


def _has(request: Request, tag: str) -> bool:
    """By RFC 9110, section 13.1.2: a proxy that compresses may have made the tag a weak one."""
    shown = request.headers.getlist("if-none-match")
    tags = {each.strip().removeprefix("W/") for line in shown for each in line.split(",")}
    return tag in tags or "*" in tags


@dataclass(slots=True)
class _KnownAnswer:
    headers: dict[str, str]
    """Without those of the content."""
    state: Hashable
    """In which it was found to hold last."""
    part: Hashable


class KnownAnswers:
    """Knows of answers with which tag they went out. They depend on what is asked, for whom, and on the journal, and on
    nothing else: not on the hour."""

    def __init__(self, state: Callable[[], Awaitable[Hashable]]) -> None:
        """`state` tells what is the same as long as no answer changes."""
        self._state = state
        self._known: OrderedDict[Hashable, _KnownAnswer] = OrderedDict()

    async def answer(
        self,
        request: Request,
        audience: Audience,
        make: Callable[[], Awaitable[Response]],
        part: Callable[[], Awaitable[Hashable]] | None = None,
    ) -> Response:
        """What `make` answers, or that it is what they have. `part` tells what is the same as long as this one answer
        is, where that is known, and is asked when the state is another one."""
        # both before it is made: what changes meanwhile is found to be another state
        state = await self._state()
        asked = request.url.path, request.scope["query_string"], audience
        known = self._known.get(asked)
        if known is not None and not _has(request, known.headers["etag"]):
            known = None
        its_part = None if part is None or (known and known.state == state) else await part()
        if known is not None and (known.state == state or (its_part is not None and known.part == its_part)):
            known.state = state
            self._known.move_to_end(asked)
            return Response(None, 304, known.headers)
        made = await make()
        is_short = len(request.url.path) + len(request.scope["query_string"]) <= LONGEST_KNOWN
        if is_short and "etag" in made.headers:
            headers = {name: value for name, value in made.headers.items() if name not in _OF_CONTENT}
            self._known[asked] = _KnownAnswer(headers, state, its_part)
            self._known.move_to_end(asked)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return made
