"""A wiki's API is found from what people copy: the address of any page, whole or not."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from labsbot.model import WikiFailure
from labsbot.wiki import silence
from labsbot.wiki.discovery import find_api
from tests.servers.http import serving

API = json.dumps({"query": {"general": {"generator": "MediaWiki 1.43.9"}}})
PRIVATE = json.dumps({"error": {"code": "readapidenied", "info": "…"}})
Site = Callable[[dict[str, str | int]], str]


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site of these paths: each has a text, a status, or leads to another address."""
    paths: dict[str, str | int] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = paths.get(urlsplit(self.path).path, 404)
            leads = isinstance(found, str) and found.startswith(("http:", "/"))
            self.send_response(found if isinstance(found, int) else 302 if leads else 200)
            if leads:
                self.send_header("Location", str(found))
            self.end_headers()
            self.wfile.write(b"" if leads else str(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    with serving(Pages) as address:

        def has(pages: dict[str, str | int]) -> str:
            paths.update(pages)
            return address

        yield has


def naming(api: str) -> str:
    return f'<html><link rel="stylesheet" href="/x.css"/><link rel="EditURI" type="a" href="{api}?action=rsd"/></html>'


@pytest.mark.parametrize(
    ("pages", "api"),
    [
        ({"/wiki/A": naming("/deep/api.php"), "/deep/api.php": API}, "/deep/api.php"),
        ({"/wiki/A": naming("/deep/api.php"), "/deep/api.php": PRIVATE}, "/deep/api.php"),
        ({"/wiki/A": naming("http://[x"), "/w/api.php": API}, "/w/api.php"),
        ({"/wiki/A": naming("/gone/api.php"), "/w/api.php": API}, "/w/api.php"),
        ({"/wiki/A": "<p>A page", "/api.php": API}, "/api.php"),
        ({"/wiki/A": 403, "/w/api.php": PRIVATE}, "/w/api.php"),
        ({"/wiki/A": "/wiki/B", "/wiki/B": naming("../x/api.php"), "/x/api.php": API}, "/x/api.php"),
    ],
)
def test_it_is_found_from_a_page(site: Site, pages: dict[str, str | int], api: str) -> None:
    address = site(pages)
    assert find_api(f"{address}/wiki/A?action=edit#top") == address + api
    assert find_api(f" {address.removeprefix('http://')}/wiki/A ") == address + api


def test_its_own_address_is_fine_too(site: Site) -> None:
    address = site({"/x/api.php": API})
    assert find_api(f"{address}/x/api.php?action=help") == f"{address}/x/api.php"


def test_a_page_that_names_many_has_few_of_them_asked(site: Site) -> None:
    many = "".join(naming(f"/{number}/api.php") for number in range(9))
    address = site({"/wiki/A": many, "/2/api.php": API, "/3/api.php": API})
    assert find_api(f"{address}/wiki/A") == f"{address}/2/api.php"
    site({"/2/api.php": 404, "/w/api.php": API})
    assert find_api(f"{address}/wiki/A") == f"{address}/w/api.php"


def test_a_wiki_that_takes_its_address_for_another_scheme_is_believed_in_the_rest(site: Site) -> None:
    address = site({})
    site({"/wiki/A": naming(f"{address.replace('http:', 'https:')}/x/api.php"), "/x/api.php": API})
    assert find_api(f"{address}/wiki/A") == f"{address}/x/api.php"


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ({"/": "<p>Something else", "/w/api.php": "<p>nor this"}, "no MediaWiki answers there: the page names no API"),
        ({}, "no MediaWiki answers there"),
        ({"/": 403}, r"it refuses our request \(HTTP 403\)"),
        ({"/": 502}, r"it is not answering \(HTTP 502\)"),
        ({"/": "/"}, "its address leads from one to another"),
        ({"/w/api.php": "MediaWiki API is not enabled for this site."}, "its API is switched off"),
    ],
)
def test_where_there_is_none_the_reason_is_told(site: Site, pages: dict[str, str | int], words: str) -> None:
    with pytest.raises(WikiFailure, match=words):
        find_api(site(pages))


@pytest.mark.parametrize("typed", ["", "ftp://wiki.example.org", "our wiki", "https://", "http://[::1", "x:y/z"])
def test_what_is_no_address_is_told(typed: str) -> None:
    with pytest.raises(WikiFailure, match="this is no address, expected one such as https://"):
        find_api(typed)


def test_where_nobody_listens_that_is_told() -> None:
    with pytest.raises(WikiFailure, match="it is not answering"):
        find_api("127.0.0.1:1")


def test_by_http_nothing_is_asked_but_this_machine(site: Site) -> None:
    # what resolvers take for 127.0.0.1, and we do not
    elsewhere = site({"/w/api.php": API}).replace("127.0.0.1", "127.1")
    with pytest.raises(WikiFailure, match="it was asked by https://, by which alone a password is sent"):
        find_api(elsewhere)


def test_whoever_leads_to_http_is_not_followed(site: Site) -> None:
    address = site({"/w/api.php": API})
    site({"/": f"{address.replace('127.0.0.1', '127.1')}/w/api.php"})
    with pytest.raises(WikiFailure, match=r"it leads to http://127\.1:\d+/w/api\.php, and a password"):
        find_api(address)


def test_an_authority_that_is_named_is_trusted_instead(tmp_path: Path) -> None:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(API.encode())

        def log_message(self, *_: object) -> None:
            pass

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serving(Api, context) as address:
        with pytest.raises(WikiFailure, match=silence.UNTRUSTED):
            find_api(address)
        assert find_api(address, tmp_path / "ca.pem") == f"{address}/w/api.php"
