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
    """OAuth 1."""
    consumer_secret: SecretSource | None = None
    """OAuth 1."""
    access_token: SecretSource
    """OAuth 1 and 2."""
    access_secret: SecretSource | None = None
    """OAuth 1."""


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
    """Follow only to titles that begin so: ``"Nova Resource:"``. Default: any in the same namespace."""
    allow: Annotated[list[Annotated[str, AfterValidator(_title)]], BeforeValidator(several)] = Field(
        default_factory=list
    )
    """Titles to which redirects are followed in any case; one or a list."""


SMALLEST_EDIT = 16_000


def _large_enough(size: int) -> int:
    if size < SMALLEST_EDIT:
        raise wrong("expected a size of at least 16 KB, such as 512 KB or 1 MB")
    return size


class WikiKeys(Keys):
    api: Annotated[str, AfterValidator(_api)] | None = None
    """The address of ``api.php``. Plain ``http`` to this machine only."""
    user: Line | None = None
    """The name of a BotPassword (``Special:BotPasswords``), such as ``Labsbot@labsbot``. Another name is warned of.
    The grants it needs: basic, high-volume editing, edit existing pages, create, edit and move pages."""
    password: SecretSource | None = None
    """Its password, a Secret_."""
    oauth: OAuthKeys | None = None
    """Instead of user and password (OAuth_)."""
    bot_flag: bool = False
    """``true``: mark the edits as those of a bot, which hides them from watchlists."""
    ca: Line | None = None
    """A file of CA certificates, instead of the machine's."""
    redirects: RedirectsKeys = RedirectsKeys()
    """Where entries may follow a redirect that stands at a log's title (Redirects_)."""
    largest_edit: Annotated[Size, AfterValidator(_large_enough)] = LARGEST_EDIT
    """How much one edit may add, as a request sends it: ``512 KB``, ``1 MB``. A gateway before the
    wiki must take twice that."""
    folder: Line | None = None
    """A folder in which pages are files. They can be read by all who may read the folder, and written by its group
    where it may write there; one that is made by the bot is for the bot's user alone."""
    url: Url | None = None
    """With ``folder``: where people can read the pages. Default: the files themselves."""
