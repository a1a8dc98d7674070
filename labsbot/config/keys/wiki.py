"""The keys of the wiki: a MediaWiki with a login, or a folder of pages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from labsbot.config.keys.values import Keys, Line, SecretSource, Url, password_safe, url, wrong


def _api(text: str) -> str:
    address = urlsplit(url(text))
    if not address.path.endswith("/api.php") or address.query or address.fragment:
        raise wrong("expected the address of the wiki's api.php, such as https://wiki.example.org/w/api.php")
    return password_safe(text)


class OAuthKeys(Keys):
    consumer_token: SecretSource | None = None
    consumer_secret: SecretSource | None = None
    access_token: SecretSource
    access_secret: SecretSource | None = None


class WikiKeys(Keys):
    api: Annotated[str, AfterValidator(_api)] | None = None
    user: Line | None = None
    password: SecretSource | None = None
    oauth: OAuthKeys | None = None
    bot_flag: bool = False
    ca: Line | None = None
    folder: Line | None = None
    url: Url | None = None
