"""What an operator can set, checked and complete: frozen values that `config` makes and the other rooms are handed.

Names stay as they are typed; project names are compared after `folded`.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from labsbot.text.formatting import without_unseen
from labsbot.text.patterns import Expression, Pattern


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or token. Its value does not appear in ``repr``, in a log line or in an error."""

    value: str = field(repr=False)


# --- who may log --------------------------------------------------------------------------------------------------


class Who(enum.Enum):
    """What a rule looks at."""

    ACCOUNT = "account"
    HOSTMASK = "hostmask"
    MEMBERS = "members"
    """Members of the project, as its source lists them."""
    OP = "op"
    """Operators of the channel, and whoever stands above them."""
    VOICE = "voice"
    """Who has voice in the channel, and whoever stands above them."""
    REGISTERED = "registered"
    """Everybody who is logged in to an account."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Some people."""

    who: Who
    name: str = ""
    """The account, or the hostmask with ``*`` and ``?``; empty for the others."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may log. A deny wins; an allow that is not empty keeps all others out."""

    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    refusal: str | None = None
    """What the others are told to do; None: what would help by these rules."""

    def within(self, outer: Access) -> Access:
        """These rules inside of `outer`: the nearer `allow` and `refusal` count, and every `deny`."""
        deny = tuple(dict.fromkeys((*outer.deny, *self.deny)))
        return Access(self.allow or outer.allow, deny, outer.refusal if self.refusal is None else self.refusal)


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one sender may log in one channel; what is beyond is refused."""

    lines: int = 60
    seconds: float = 60.0
    """Within which so many lines pass."""
    relay: int | None = None
    """So many lines pass of all those together for whom one relay speaks; None: OF_A_RELAY times `lines`."""
    bytes: int = 256_000
    """So much one sender's entries may take on the page within an hour."""

    @property
    def relay_lines(self) -> int:
        return self.relay or OF_A_RELAY * self.lines

    @property
    def relay_bytes(self) -> int:
        return OF_A_RELAY * self.bytes


OF_A_RELAY = 4
"""All those behind one relay are so many senders."""


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
    """PLAIN, EXTERNAL, SCRAM-SHA-256 or ECDSA-NIST256P-CHALLENGE."""
    account: str
    """Empty: the certificate says who we are (EXTERNAL)."""
    password: Secret | None = None
    authzid: str = ""
    """As whom to act, where that is another account; empty: as the account itself."""
    key: Path | None = None
    """A private key on the curve P-256, PEM, whose public key services know (ECDSA-NIST256P-CHALLENGE)."""


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
class Proxy:
    url: str
    """``socks5://HOST:PORT`` or ``http://HOST:PORT``."""
    user: str | None = None
    password: Secret | None = None


class Replies(enum.Enum):
    """By which command the bot speaks."""

    PRIVMSG = "privmsg"
    NOTICE = "notice"


class RelayForm(enum.Enum):
    """How a relay says who has logged."""

    BRIDGE = "bridge"
    """``<alice> !log …``, from another chat."""
    DEPLOY = "deploy"
    """``!log alice@host …``, from a script."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A services account that is trusted to say under which name it logs."""

    account: str
    form: RelayForm | Pattern
    """A pattern has two groups, ``name`` and ``text``."""


@dataclass(frozen=True, slots=True)
class Network:
    name: str
    servers: tuple[Server, ...]
    tls: Tls | None
    """None: plain text."""
    nick: str
    realname: str
    channels: tuple[Channel, ...]
    sts: Tls = Tls()
    """How a server is verified that was to be reached by plain text and asks for TLS (IRCv3 STS)."""
    proxy: Proxy | None = None
    password: Secret | None = None
    """What the server, or a bouncer, asks of everybody who connects (``PASS``)."""
    sasl: tuple[Sasl, ...] = ()
    """Tried in order. If there is one, the bot does not go on without a login."""
    nickserv: NickServ | None = None
    robots: tuple[str, ...] = ()
    """Services accounts that get no replies."""
    relays: tuple[Relay, ...] = ()
    replies: Replies = Replies.PRIVMSG
    backoff: Backoff = Backoff()
    ping: Ping = Ping()
    catch_up: float = 86400.0
    """Seconds: what was said longer ago is not logged when the network repeats it."""
    tell_gaps: bool = False
    """Say it in the channel where what was said while we were away is not to be had."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is typed for what in a channel. None: nothing is, so that other bots may use the word."""

    log: str | None = "!log"
    undo: str | None = "!undo"
    amend: str | None = "!amend"
    last: str | None = "!last"
    sal: str | None = "!sal"
    help: str | None = None
    """What else asks for help than ``!log help``."""

    @property
    def beside_log(self) -> tuple[str, ...]:
        """What is typed for the other commands, as far as they are taken."""
        return tuple(word for word in (self.undo, self.amend, self.last, self.sal) if word is not None)


USUAL_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Channel:
    name: str
    project: str | None
    """The one project of this channel; None: the project is named in each command."""
    page: PageSettings
    key: Secret | None = None
    """The channel's key (mode ``+k``), where it has one."""
    projects: tuple[Source, ...] = ()
    """The sources that are asked here, in this order."""
    access: Access = Access()
    """Who may log here, whatever the project; what is said farther up is in it."""
    ignore: tuple[Rule, ...] = ()
    """Whose lines are nothing to us."""
    limit: Limit = Limit()
    words: Words = USUAL_WORDS
    late: float = 604800.0
    """Seconds: a late entry is for no longer ago."""
    correct: float = 3600.0
    """Seconds after it was accepted within which an entry may be taken back or changed."""
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other projects to whose logs the entries of one go too; not the entries that only come there as copies."""


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
class Redirects:
    """Where entries may follow a redirect that stands at a log's title, beside what is always so."""

    below: str | None = None
    """Only to titles that begin so; None: to any in the same namespace."""
    allow: tuple[str, ...] = ()
    """To these pages in any case."""


LARGEST_EDIT = 512_000
"""Gateways often take 1 MB, and a day's section goes with what is new."""


@dataclass(frozen=True, slots=True)
class MediaWikiSettings:
    api: str
    """The address of ``api.php``."""
    login: BotPassword | OAuth1 | OAuth2
    bot_flag: bool = False
    ca: Path | None = None
    """A file of CA certificates instead of the system's."""
    redirects: Redirects = Redirects()
    largest_edit: int = LARGEST_EDIT
    """Bytes of new entries in one edit."""


@dataclass(frozen=True, slots=True)
class FolderSettings:
    folder: Path
    url: str | None
    """Where people can read the pages; None: the files themselves."""
    user: str = "labsbot"
    redirects: Redirects = Redirects()
    largest_edit: int = LARGEST_EDIT


class Order(enum.Enum):
    NEWEST = "newest"
    OLDEST = "oldest"


class Author(enum.Enum):
    """Who stands on the page as the one who logged."""

    NICK = "nick"
    ACCOUNT = "account"
    """The services account; the nick where there is none."""
    WIKI = "wiki"
    """The nick, linked to the wiki user whom `people` name; the plain nick where they name none."""


@dataclass(frozen=True, slots=True)
class LinkPattern:
    """Words that become a link: to an address, or to a page; exactly one of them is there.

    Both may hold ``{0}``, what was found, and ``{1}`` … for the groups of the pattern.
    """

    pattern: Pattern
    url: str | None = None
    page: str | None = None


UTC = ZoneInfo("UTC")
DEFAULT_ENTRY = '<span id="{id}">[[#{id}|{time}]]</span> {author}: {message}'


class ArchivedBy(enum.Enum):
    """What is moved from a log's page to an archive, once it is over."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """When days leave a log's page, and where they go."""

    by: ArchivedBy = ArchivedBy.YEAR
    over: int = 1_000_000
    """Bytes of a page that is large enough."""
    title: str = "{page}/{year}"
    """Of an archive: {page} {year} {quarter} {month}, and {n}, which is counted up when an archive is full."""


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
    author: Author = Author.NICK
    links: bool = True
    """``[[Page]]`` in a message is a link."""
    patterns: tuple[LinkPattern, ...] = ()
    """What else in a message becomes a link; the first that fits wins."""
    archive: ArchiveSettings = ArchiveSettings()

    def title_for(self, project: str) -> str:
        return self.title.replace("{project}", project)


# --- projects -----------------------------------------------------------------------------------------------------


def folded(name: str) -> str:
    """A project name as it is compared: two names that fold to the same are one, and so are two that look the same but
    for marks that nobody sees."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", without_unseen(name)).casefold())


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    aliases: tuple[str, ...] = ()
    retired: str | None = None
    """What to do instead of logging here; None: it is in use."""
    members: frozenset[str] | None = None
    """Who belongs to it, as its source calls them; None: nobody says."""
    access: Access = Access()
    """Who may log to it, wherever that is said."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Projects that stand in the configuration."""

    projects: tuple[Project, ...]


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A YAML or JSON file with what may stand under ``list``; it is read again when it changes."""

    path: Path


@dataclass(frozen=True, slots=True)
class WikiPages:
    """Pages of the wiki: one for each project."""

    title: str
    """With ``{project}`` where the name stands."""
    category: str | None = None
    """Only pages that are in this category; None: every page with such a title."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of this machine's name service (NSS), with their members."""

    pattern: str
    """Which of them, with ``*`` and ``?``."""


@dataclass(frozen=True, slots=True)
class Ldap:
    """Groups in an LDAP directory, with their members."""

    url: str
    """``ldaps://HOST``, ``ldap://HOST`` or ``ldapi://…``."""
    base: str
    filter: str = "(|(objectClass=groupOfNames)(objectClass=posixGroup))"
    name: str = "cn"
    """The attribute that names the project."""
    members: tuple[str, ...] = ("member", "memberUid")
    """The attributes that name its members; of a distinguished name, its first value counts."""
    user: str | None = None
    """The distinguished name to log in with; None: anonymous."""
    password: Secret | None = None
    start_tls: bool = True
    """With ``ldap://``: go on encrypted."""
    ca: Path | None = None
    """A file of CA certificates instead of the system's."""


@dataclass(frozen=True, slots=True)
class Keystone:
    """Projects and role assignments of an OpenStack identity service, by its v3 API."""

    url: str
    user: str
    password: Secret
    user_domain: str = "Default"
    project: str | None = None
    """The project in whose name to ask; None: the whole system's."""
    project_domain: str = "Default"
    domain: str | None = None
    """Only projects of this domain (its id); None: of all."""
    ca: Path | None = None
    """A file of CA certificates instead of the system's."""


@dataclass(frozen=True, slots=True)
class AnyName:
    """Every name that fits is a project, as it was typed in lower case."""

    pattern: Expression


Origin = Listed | ProjectFile | WikiPages | Groups | Ldap | Keystone | AnyName


@dataclass(frozen=True, slots=True)
class Source:
    """Where projects come from, and what they are called here."""

    origin: Origin
    strip: str = ""
    """Taken off the front of each name that begins with it; a name that does not is none of ours."""
    prefix: str = ""
    """Then put in front of each name."""
    access: Access = Access()
    """Around what each project says itself."""
    refresh: float = 300.0
    """Seconds after which it is asked again."""


# --- people -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """What else somebody is called."""

    who: Rule
    """An account or a hostmask."""
    wiki: str | None = None
    """The wiki user, without namespace."""
    member: str | None = None
    """Their name in the lists of members; None: as their account."""


@dataclass(frozen=True, slots=True)
class ListedPeople:
    """People who stand in the configuration."""

    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A YAML or JSON file with what may stand under ``list``; it is read again when it changes."""

    path: Path


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of the wiki that people edit themselves: ``* account: Wiki user``. It makes nobody a member."""

    title: str


@dataclass(frozen=True, slots=True)
class PeopleSource:
    origin: ListedPeople | PeopleFile | PeoplePage
    refresh: float = 300.0
    """Seconds after which it is asked again."""


# --- what scripts log ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Announced:
    """That a channel hears what scripts log."""

    network: str
    channel: str
    projects: tuple[str, ...] | None = None
    """Of which projects; None: of all."""
    private: frozenset[str] = frozenset()
    """Of these (`folded`) only where they are named: nothing of them is shown (`WebSettings.private`)."""


# --- addresses --------------------------------------------------------------------------------------------------------


def is_within(networks: Sequence[IPv4Network | IPv6Network], address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is of one of these networks, however it is written."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in networks)


# --- by HTTP ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WebToken:
    """Who may log by HTTP: whoever shows a token that has this hash."""

    name: str
    sha256: str
    """Of the token, 64 hexadecimal digits in lower case."""
    projects: tuple[str, ...] | None = None
    """To whose logs they may log; None: to all, but those that are private."""
    limit: Limit | None = None
    """None: that of the configuration's top."""
    author: str | None = None
    """Who stands on the page; None: the token's name."""
    any_author: bool = False
    """Each call may say in whose name it is."""
    private: tuple[str, ...] = ()
    """Private projects to whose logs they may log too, where `projects` is None."""
    announced: Announced | None = None
    """Where what they log is announced, beside what is announced anyway."""


@dataclass(frozen=True, slots=True)
class SystemdSocket:
    """A socket that systemd has opened and hands over (sd_listen_fds(3))."""


@dataclass(frozen=True, slots=True)
class TrustedProxy:
    """Who is believed when they say who asks."""

    networks: tuple[IPv4Network | IPv6Network, ...]
    socket: bool
    """Whoever may open the Unix socket at which we listen."""
    header: str = "X-Remote-User"
    """In which the name stands."""

    def is_at(self, host: str | None) -> bool:
        """Whether a call from there is one of theirs; None: it came by a Unix socket."""
        if host is None:
            return self.socket
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return is_within(self.networks, address)


@dataclass(frozen=True, slots=True)
class WebSettings:
    listen: Server | Path | SystemdSocket
    """Where: an address of this machine, or the path of a Unix socket."""
    url: str
    """Where people reach it, with a slash at its end."""
    tokens: tuple[WebToken, ...] = ()
    private: tuple[str, ...] = ()
    """Projects of which nothing is shown, but to those whom a trusted proxy names."""
    trusted: TrustedProxy | None = None
    """None: nobody is believed."""


# --- and all of it ------------------------------------------------------------------------------------------------


LONGEST_QUICK = 600.0
"""Seconds for which an entry waits for its end at most."""


@dataclass(frozen=True, slots=True)
class During:
    """What is logged in two steps: its beginning, and how it ended."""

    quick: float = 10.0
    """Seconds: what ends within them is one line, and is written once."""
    unknown_after: float = 86400.0
    """Seconds after which the entry of what has not ended says that no end is known."""


@dataclass(frozen=True, slots=True)
class SecretShape:
    """What secrets of one kind look like, so that one that is typed by accident goes no further."""

    name: str
    """For people: ``a private key``."""
    pattern: Expression


A_SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class LinePortSettings:
    """Where lines are taken as the field's relays take them."""

    host: str
    port: int
    allow: tuple[IPv4Network | IPv6Network, ...]
    """From where."""
    name: str = A_SCRIPT
    """Who stands on the page, unless the line names somebody."""

    def lets_in(self, address: IPv4Address | IPv6Address) -> bool:
        return is_within(self.allow, address)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    journal: Path
    state: Path
    networks: tuple[Network, ...]
    wiki: MediaWikiSettings | FolderSettings
    top: Channel
    """What holds where no channel is: for what scripts log, and for entries whose channel is configured no longer."""
    people: tuple[PeopleSource, ...] = ()
    """Asked in this order; whoever is found first counts."""
    known_secrets: bool = True
    """The shapes that labsbot knows itself are refused too."""
    secrets: tuple[SecretShape, ...] = ()
    operator: str | None = None
    """Who is named where one has to look; None: “an operator”."""
    metrics: Path | None = None
    """The file in which figures for Prometheus are written."""
    lines: LinePortSettings | None = None
    web: WebSettings | None = None
    """None: nothing is taken by HTTP."""
    during: During = During()
    announced: tuple[Announced, ...] = ()
