"""Find a wiki's API: the address of any of its pages comes in, as somebody copied it, the address of api.php goes out.

A page names it (``<link rel="EditURI">``, Really Simple Discovery); else it is looked for where it usually is. Nothing
is sent that somebody on the way must not see, yet everything by https:, as the password will be.
https://www.mediawiki.org/wiki/API:Main_page#Endpoint
"""

from __future__ import annotations

import contextlib
import html
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import urllib3.exceptions

from labsbot import __version__
from labsbot.edge import answers
from labsbot.model import Refused, WikiFailure
from labsbot.text.loopback import is_loopback
from labsbot.wiki import outcomes, silence
from labsbot.wiki.http import HttpClient
from labsbot.wiki.outcomes import Asked

PATIENCE = 20.0
"""Seconds for one answer, with all that it redirects to."""
MOST_HOPS = 5
MOST_NAMED = 3
"""So many APIs that a page names are asked: a wiki's page names one."""
USUAL = ("/w/api.php", "/api.php", "/wiki/api.php")
"""Where a wiki's API is, at the host of its pages."""

_LINK = re.compile(r"<link\b[^<>]*>", re.IGNORECASE)
_RSD = re.compile(r"""\brel\s*=\s*["']?EditURI\b""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*["']([^"'<>\s]+)["']""", re.IGNORECASE)


def find_api(typed: str, ca: Path | None = None) -> str:
    """Ask around. `ca`: the authorities to trust instead of the system's.

    Raises WikiFailure: nobody answers there, or no MediaWiki does.
    """
    address = _address(typed)
    with requests.Session() as session:
        asking = _Asking(session, ca)
        try:
            page = asking.get(address)
        except WikiFailure as silent:
            if typed.strip().lower().startswith("http:") and not address.startswith("http:"):
                words = f"{silent.cause}; it was asked by https://, by which alone a password is sent"
                raise Refused(words, silent.code) from silent
            raise
        for candidate in dict.fromkeys(_candidates(address, page)):
            if asking.is_api(candidate):
                return candidate
    if not page.ok and page.status_code != 404:
        raise outcomes.of_status(page.status_code, Asked.READ)
    looked = ", ".join(USUAL)
    raise Refused(f"no MediaWiki answers there: the page names no API, and it is not at {looked} either")


def _address(typed: str) -> str:
    """What somebody typed, as an address; by https:, except to this machine."""
    seen = re.fullmatch(r"(?:([a-z]+)://)?([^\s\x00-\x1f]*)", typed.strip(), re.IGNORECASE)
    scheme, rest = (seen[1] or "http").lower() if seen else "", seen[2] if seen else ""
    try:
        parts = urlsplit(f"//{rest}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or scheme not in ("http", "https"):
        raise Refused("this is no address, expected one such as https://wiki.example.org/wiki/Main_Page")
    return f"{scheme if is_loopback(host) else 'https'}://{rest}"


def _candidates(address: str, page: requests.Response) -> Iterator[str]:
    """Where the API may be, the likeliest first."""
    for place in (address, page.url):
        if urlsplit(place).path.endswith("/api.php"):
            yield _plain(place)
    hrefs = (_HREF.search(link) for link in _LINK.findall(page.text) if _RSD.search(link))
    for found in itertools.islice(filter(None, hrefs), MOST_NAMED):
        # what is no address is passed over
        with contextlib.suppress(ValueError):
            yield _plain(_named(page.url, html.unescape(found[1])))
    for usual in USUAL:
        yield urljoin(page.url, usual)


def _named(at: str, href: str) -> str:
    """Where a page leads. A wiki may take itself for one by http: where it is behind a proxy that speaks TLS."""
    named, here = urlsplit(urljoin(at, href)), urlsplit(at)
    return urlunsplit(named._replace(scheme=here.scheme)) if named.hostname == here.hostname else named.geturl()


def _plain(address: str) -> str:
    """Without what is asked for there."""
    return urlunsplit(urlsplit(address)._replace(query="", fragment=""))


class _Asking:
    """One session; it sends no password and keeps no cookie for anybody."""

    def __init__(self, session: requests.Session, ca: Path | None) -> None:
        self._session = session
        self._line = HttpClient(session)
        session.verify = str(ca) if ca else True
        session.max_redirects = MOST_HOPS
        session.headers["User-Agent"] = f"labsbot/{__version__} (Server Admin Logs from IRC)"

    def get(self, address: str) -> requests.Response:
        """An answer, whatever its status. Raises WikiFailure where there is none, or it came by http: after all."""
        with self._line.hang_up_after(PATIENCE):
            try:
                answer = self._session.get(address, timeout=PATIENCE)
            except requests.TooManyRedirects:
                raise Refused("its address leads from one to another") from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise outcomes.of_silence(silence.why_silent(error), Asked.READ, self._line.sent) from error
        if _is_open(answer.url):
            raise Refused(f"it leads to {_plain(answer.url)}, and a password is sent by https:// alone")
        return answer

    def is_api(self, address: str) -> bool:
        """Whether a MediaWiki's API answers there; a private wiki's says no more than that."""
        if _is_open(address):
            return False
        try:
            answer = self.get(f"{address}?action=query&meta=siteinfo&format=json&formatversion=2")
            if answer.text.startswith("MediaWiki API is not enabled"):
                raise outcomes.of_code("apidisabled", Asked.READ)
            told = answers.mapping(answers.parsed(answer.text))
            if "error" in told:
                return answers.mapping(told["error"]).get("code") == "readapidenied"
            general = answers.mapping(answers.mapping(told.get("query")).get("general"))
            return answers.text(general.get("generator")).startswith("MediaWiki")
        except answers.WrongAnswer:
            return False


def _is_open(address: str) -> bool:
    """Whether what is sent there can be read on the way."""
    parts = urlsplit(address)
    return parts.scheme != "https" and not is_loopback(parts.hostname or "")
