"""An answer that is sent piece by piece, and of which there are only so many at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class CountedStream(StreamingResponse):
    """Says when it is over, however that comes about, and whether or not anything was read."""

    def __init__(
        self, pieces: AsyncIterator[bytes], headers: Mapping[str, str], media_type: str, over: Callable[[], None]
    ) -> None:
        super().__init__(pieces, 200, headers, media_type)
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._over()
