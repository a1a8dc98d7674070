"""The keys of the wiki: a MediaWiki with a login, or a folder of pages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from labsbot.config.keys.values import (
    Keys,
    Line,
    SecretSource,
    Size,
    Url,
    one_line,
    password_safe,
    several,
    url,
    wrong,
)
from labsbot.settings import LARGEST_EDIT
from labsbot.text.names import title_flaw


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


def _title(text: str) -> str:
    if flaw := title_flaw(one_line(text)):
        raise wrong(f"{flaw}, write for example “Nova Resource:Toolforge/SAL”")
    return text


def _beginning(text: str) -> str:
    if flaw := title_flaw(f"{one_line(text)}x"):
        raise wrong(f"{flaw}, write for example “Nova Resource:”")
    return text


class RedirectsKeys(Keys):
    below: Annotated[str, AfterValidator(_beginning)] | None = None
    allow: Annotated[list[Annotated[str, AfterValidator(_title)]], BeforeValidator(several)] = Field(
        default_factory=list
    )


SMALLEST_EDIT = 16_000


def _large_enough(size: int) -> int:
    if size < SMALLEST_EDIT:
        raise wrong("expected a size of at least 16 KB, such as 512 KB or 1 MB")
    return size


class WikiKeys(Keys):
    api: Annotated[str, AfterValidator(_api)] | None = None
    user: Line | None = None
    password: SecretSource | None = None
    oauth: OAuthKeys | None = None
    bot_flag: bool = False
    ca: Line | None = None
    redirects: RedirectsKeys = RedirectsKeys()
    largest_edit: Annotated[Size, AfterValidator(_large_enough)] = LARGEST_EDIT
    folder: Line | None = None
    url: Url | None = None
