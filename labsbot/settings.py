"""What an operator can set, checked and complete: frozen values that `config` makes and the other rooms are handed.

Names stay as they are typed; project names are compared after `folded`.
"""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or token. Its value does not appear in ``repr``, in a log line or in an error."""

    value: str = field(repr=False)


# --- IRC ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Tls:
    """How a TLS connection is verified: by authorities and with the host name, unless certificates are pinned."""

    ca: Path | None = None
    """A file of CA certificates instead of the system's."""
    certificate: Path | None = None
    """A client certificate with its key, PEM."""
    fingerprints: tuple[str, ...] = ()
    """SHA-256, 64 hexadecimal digits in lower case. If there are any, the server shows one of these certificates,
    and nothing else about it matters."""


@dataclass(frozen=True, slots=True)
class Sasl:
    """One way to log in to a services account."""

    mechanism: str
    """PLAIN, EXTERNAL or SCRAM-SHA-256."""
    account: str
    """Empty: the certificate says who we are (EXTERNAL)."""
    password: Secret | None = None
    authzid: str = ""
    """As whom to act, where that is another account; empty: as the account itself."""


@dataclass(frozen=True, slots=True)
class NickServ:
    """How to log in where there is no SASL."""

    account: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds between two attempts: at most `first`, then twice as much each time, never more than `most`."""

    first: float = 1.0
    most: float = 300.0


@dataclass(frozen=True, slots=True)
class Ping:
    """Seconds of silence after which the server is asked for a sign of life, and after which it is given up."""

    after: float = 60.0
    give_up: float = 120.0


@dataclass(frozen=True, slots=True)
class Network:
    name: str
    servers: tuple[Server, ...]
    tls: Tls | None
    """None: plain text."""
    nick: str
    realname: str
    channels: tuple[Channel, ...]
    proxy: str | None = None
    """The address of a SOCKS5 or HTTP proxy by which to connect."""
    password: Secret | None = None
    """What the server, or a bouncer, asks of everybody who connects (``PASS``)."""
    sasl: tuple[Sasl, ...] = ()
    """Tried in order. If there is one, the bot does not go on without a login."""
    nickserv: NickServ | None = None
    robots: tuple[str, ...] = ()
    """Services accounts that get no replies."""
    backoff: Backoff = Backoff()
    ping: Ping = Ping()
    catch_up: float = 86400.0
    """Seconds: what was said longer ago is not logged when the network repeats it."""
    tell_gaps: bool = False
    """Say it in the channel where what was said while we were away is not to be had."""


@dataclass(frozen=True, slots=True)
class Channel:
    name: str
    project: str | None
    """The one project of this channel; None: the project is named in each command."""
    page: PageSettings
    key: Secret | None = None
    """The channel's key (mode ``+k``), where it has one."""


# --- the wiki and its pages ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BotPassword:
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class OAuth1:
    """An owner-only OAuth 1.0a consumer."""

    consumer_token: str
    consumer_secret: Secret
    access_token: str
    access_secret: Secret


@dataclass(frozen=True, slots=True)
class OAuth2:
    """An owner-only OAuth 2 access token."""

    access_token: Secret


@dataclass(frozen=True, slots=True)
class MediaWikiSettings:
    api: str
    """The address of ``api.php``."""
    login: BotPassword | OAuth1 | OAuth2
    bot_flag: bool = False
    ca: Path | None = None
    """A file of CA certificates instead of the system's."""


@dataclass(frozen=True, slots=True)
class FolderSettings:
    folder: Path
    url: str | None
    """Where people can read the pages; None: the files themselves."""
    user: str = "labsbot"


class Order(enum.Enum):
    NEWEST = "newest"
    OLDEST = "oldest"


UTC = ZoneInfo("UTC")
DEFAULT_ENTRY = '<span id="{id}">[[#{id}|{time}]]</span> {author}: {message}'


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Which page a project's log is written to, and how."""

    title: str = "Nova Resource:{project}/SAL"
    heading: str | None = None
    """Write below this heading of the page; None: the page is the log's own."""
    order: Order = Order.NEWEST
    level: int = 2
    """Of a day's heading where the page has none yet: 2 on a page of its own, else one below the heading's."""
    date: str = "%Y-%m-%d"
    """How a new day's heading is written, as for strftime."""
    time_zone: ZoneInfo = UTC
    category: tuple[str, ...] = ()
    """Put on a page that the bot makes, without the namespace."""
    new_page: str = ""
    """What stands first on a page that the bot makes; may hold {project}."""
    entry: str = DEFAULT_ENTRY
    """One entry, without the bullet: {id} {time} {author} {message} {project}."""

    def title_for(self, project: str) -> str:
        return self.title.replace("{project}", project)


# --- projects, and all of it --------------------------------------------------------------------------------------


def folded(name: str) -> str:
    """A project name as it is compared: two names that fold to the same are one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    aliases: tuple[str, ...] = ()
    retired: str | None = None
    """What to do instead of logging here; None: it is in use."""


@dataclass(frozen=True, slots=True)
class Settings:
    journal: Path
    state: Path
    networks: tuple[Network, ...]
    wiki: MediaWikiSettings | FolderSettings
    page: PageSettings
    """What holds for entries whose channel is no longer in the configuration."""
    projects: tuple[Project, ...]
