"""An answer that its readers keep: its content comes in, and goes out with a tag, or not at all where they have it.

Caches may keep what anybody gets, and have to ask whether it still holds; what is for some is for their own alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from labsbot.web.audience import Audience

VARIES = "Authorization, Cookie"
"""By what answers differ, beside what a proxy adds on its own."""


def answer(
    request: Request, audience: Audience, content: str, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The content for whoever has not got it."""
    sent = content.encode("utf-8", "replace")
    tag = f'"{hashlib.sha256(sent).hexdigest()[:32]}"'
    kept = "no-cache" if audience.is_anybody else "private, no-cache"
    told = {"ETag": tag, "Cache-Control": kept, "Vary": VARIES, **(headers or {})}
    if _has(request.headers.getlist("if-none-match"), tag):
        return Response(None, 304, told)
    return Response(sent, 200, told, media_type)


def _has(shown: list[str], tag: str) -> bool:
    """By RFC 9110, section 13.1.2: a proxy that compresses may have made the tag a weak one."""
    tags = {each.strip().removeprefix("W/") for line in shown for each in line.split(",")}
    return tag in tags or "*" in tags
