"""Answers over HTTP come in; no more of one than we want to hold gets through, counted after decompression.

An adapter for `requests`, for whoever speaks HTTP here. It repeats nothing, and what follows an answer is never taken
for the answer to the next question.
"""

from __future__ import annotations

import http.client
import zlib
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MOST = 16 * 1024 * 1024
"""Bytes of one answer: a page has 2 MB at most, and a list comes in parts of some hundred KB."""
MOST_HEAD = 64 * 1024
"""Bytes of its head."""
PIECE = 64 * 1024


class AnswerTooLarge(requests.RequestException):
    """There is more of an answer than we read."""


class _Final(http.client.HTTPResponse):
    """The answer to a request: what is said before it is passed over, and only after a good one the connection stays.

    http.client takes 102 and 103 for answers, so that the true one would be taken for that to the next request.
    """

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]  # or it takes itself for begun
            super().begin()
        if self.status != HTTPStatus.OK:
            self.will_close = True


class Http(HTTPConnection):
    response_class = _Final


class Https(HTTPSConnection):
    response_class = _Final


def pool_classes(plain: type[Http], tls: type[Https]) -> dict[str, type[HTTPConnectionPool]]:
    """What urllib3's manager of pools makes its connections from."""

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = plain

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = tls

    return {"http": HttpPool, "https": HttpsPool}


class Bounded(HTTPAdapter):
    """Reads at most `MOST` bytes of an answer; where there is more, raises AnswerTooLarge and ends the connection."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = pool_classes(Http, Https)

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        response = super().send(request, *arguments, **options)
        if sum(len(name) + len(value) for name, value in response.headers.items()) > MOST_HEAD:
            response.close()
            raise AnswerTooLarge(f"a head of more than {MOST_HEAD} bytes")
        response.raw = _Body(response.raw)
        # JSON is UTF-8 (RFC 8259, 8.1), and to guess takes minutes where an answer is long and names no encoding.
        response.encoding = "utf-8"
        return response


class _Body:
    """What `requests` reads a body from; for all else (its cookies, say) the answer as it is."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        try:
            yield from decompressed(self._pieces(), self._raw.headers.get("Content-Encoding", ""))
        finally:
            if not self._ended:
                self._raw.close()  # what is left of it belongs to no other answer

    def _pieces(self) -> Iterator[bytes]:
        # not urllib3's own stream(), which reads the line before a chunk without any bound
        while piece := self._raw.read(PIECE, decode_content=False):
            yield piece
        self._ended = True


def decompressed(pieces: Iterable[bytes], encoding: str, most: int = MOST) -> Iterator[bytes]:
    """The pieces, unpacked, as long as all together are no more than `most` bytes, packed or not; then AnswerTooLarge.

    What follows the end of what was packed is left unread.

    Raises ContentDecodingError for an encoding that was not asked for, such as several at once.
    """
    name = encoding.strip().lower()
    if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise requests.exceptions.ContentDecodingError("an encoding that nobody asked for")
    inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS) if name not in ("", "identity") else None
    left = left_packed = most
    for piece in pieces:
        if inflate and inflate.eof:
            return
        try:
            plain = inflate.decompress(piece, left + 1) if inflate else piece
        except zlib.error:
            raise requests.exceptions.ContentDecodingError("it cannot be unpacked") from None
        left -= len(plain)
        left_packed -= len(piece)
        if left < 0 or left_packed < 0:
            raise AnswerTooLarge(f"more than {most} bytes")
        yield plain
        if inflate and inflate.unused_data:
            return
    if inflate and not inflate.eof and left < most:
        raise requests.exceptions.ContentDecodingError("its end is missing")
