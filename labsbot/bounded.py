"""Answers over HTTP come in; no more of one than we want to hold gets through, counted after decompression.

An adapter for `requests`, for whoever speaks HTTP here. It repeats nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter

MOST = 16 * 1024 * 1024
"""Bytes of one answer: a page has 2 MB at most, and a list comes in parts of some hundred KB."""
MOST_HEAD = 64 * 1024
"""Bytes of its head."""
PIECE = 64 * 1024


class TooLarge(requests.RequestException):
    """There is more of an answer than we read."""


class Bounded(HTTPAdapter):
    """Reads at most `MOST` bytes of an answer; where there is more, raises TooLarge and ends the connection."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        response = super().send(request, *arguments, **options)
        if sum(len(name) + len(value) for name, value in response.headers.items()) > MOST_HEAD:
            response.close()
            raise TooLarge(f"a head of more than {MOST_HEAD} bytes")
        response.raw = _Body(response.raw)
        # JSON is UTF-8 (RFC 8259, 8.1), and to guess takes minutes where an answer is long and names no encoding.
        response.encoding = "utf-8"
        return response


class _Body:
    """What `requests` reads a body from; for all else (its cookies, say) the answer as it is."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        try:
            yield from decompressed(self._pieces(), self._raw.headers.get("Content-Encoding", ""))
        except BaseException:
            self._raw.close()  # what is left of it belongs to no other answer
            raise

    def _pieces(self) -> Iterator[bytes]:
        # not urllib3's own stream(), which reads the line before a chunk without any bound
        while piece := self._raw.read(PIECE, decode_content=False):
            yield piece


def decompressed(pieces: Iterable[bytes], encoding: str, most: int = MOST) -> Iterator[bytes]:
    """The pieces, unpacked, as long as all together are no more than `most` bytes; then TooLarge.

    Raises ContentDecodingError for an encoding that was not asked for, such as several at once.
    """
    name = encoding.strip().lower()
    if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise requests.exceptions.ContentDecodingError("an encoding that nobody asked for")
    inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS) if name not in ("", "identity") else None
    left = most
    for piece in pieces:
        try:
            plain = inflate.decompress(piece, left + 1) if inflate else piece
        except zlib.error:
            raise requests.exceptions.ContentDecodingError("it cannot be unpacked") from None
        left -= len(plain)
        if left < 0:
            raise TooLarge(f"more than {most} bytes")
        yield plain
    if inflate and not inflate.eof and left < most:
        raise requests.exceptions.ContentDecodingError("its end is missing")
