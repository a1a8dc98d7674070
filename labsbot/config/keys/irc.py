"""The keys of a network and its channels: servers, logins, and what holds there."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr

from labsbot.config.keys.access import Account, GateKeys, Ignored, LimitKeys
from labsbot.config.keys.pages import PageKeys
from labsbot.config.keys.projects import SourceKeys
from labsbot.config.keys.values import (
    Duration,
    Keys,
    Line,
    Pattern,
    SecretSource,
    SeveralWords,
    UpToAYear,
    Word,
    found,
    nothing_set,
    several,
    wrong,
)
from labsbot.settings import RelayForm
from labsbot.text import patterns
from labsbot.text.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int | None

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def _address(value: object) -> object:
    if not isinstance(value, str):
        raise wrong(f"expected HOST:PORT, found {found(value)}")
    seen = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:/\[\]@#]+))(?::(\d+))?", value)
    if seen is None:
        if value.count(":") > 1 and "/" not in value and not value.startswith("["):
            raise wrong('expected HOST:PORT, an IPv6 address in brackets and quotes, such as "[2001:db8::1]:6697"')
        raise wrong("expected HOST:PORT, such as irc.libera.chat:6697")
    if seen[1]:
        try:
            ipaddress.IPv6Address(seen[1])
        except ValueError:
            raise wrong('expected an IPv6 address in the brackets, such as "[2001:db8::1]:6697"') from None
    port = int(seen[3]) if seen[3] else None
    if port is not None and not 1 <= port <= 65535:
        raise wrong("expected a port from 1 to 65535")
    return Address(seen[1] or seen[2], port)


HostPort = Annotated[Address, BeforeValidator(_address)]


def _nick(text: str) -> str:
    if re.search(r"[\s,!@#&:*?.$%+~\x00-\x1f]", text) or not text or re.match(r"[0-9-]", text) or len(text) > 30:
        raise wrong(
            "expected a nick: at most 30 letters, digits and [ ] { } | \\ ^ _ ` -, not beginning with a digit or -"
        )
    return text


def _channel(text: str) -> str:
    # RFC 2812 section 1.3; the length is that of most networks' CHANNELLEN
    if not re.fullmatch(r"[#&+!][^\s,\x00-\x1f\x7f]+", text) or len(text.encode()) > 200:
        raise wrong('expected a channel in quotes, such as "#labs", without blanks and commas')
    return text


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", plain):
        raise wrong("expected a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons")
    return plain


Fingerprints = Annotated[list[Annotated[str, AfterValidator(_fingerprint)]], BeforeValidator(several)]


class TlsKeys(Keys):
    ca: Line | None = None
    """A file of CA certificates, instead of the machine's."""
    certificate: Line | None = None
    """A client certificate with its key, PEM."""
    fingerprints: Fingerprints = Field(default_factory=list)
    """SHA-256 fingerprints of certificates, one or a list, with or without colons. The server must show one of
    them; who signed it, for which name and until when, does not matter then. (``openssl x509 -in FILE -noout
    -fingerprint -sha256``.)"""
    plain: bool = False
    """``true``: no TLS, to anywhere. All that is said, and the password, can be read and changed on the way. Warned
    of. A server that says that it wants TLS (IRCv3 STS) gets it all the same; the keys above say how it is verified
    then."""

    _off: bool = PrivateAttr(False)

    @property
    def off(self) -> bool:
        """``tls: false``: plain text, on loopback only."""
        return self._off


def _tls(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lower() not in ("true", "yes", "on", "false", "no", "off"):
        raise wrong("expected true, false, {ca: FILE, certificate: FILE, fingerprints: […]} or {plain: true}")
    keys = TlsKeys()
    keys._off = value.lower() in ("false", "no", "off")
    return keys


def _proxy(text: str) -> str:
    seen = re.fullmatch(r"(?:socks5|http)://(?:\[[0-9A-Fa-f:.]+\]|[^\s@/:\[\]]+):(\d{1,5})", text)
    if seen is None or not 1 <= int(seen[1]) <= 65535:
        raise wrong("expected socks5://HOST:PORT or http://HOST:PORT")
    return text


def _address_alone(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


class ProxyKeys(Keys):
    url: Annotated[str, AfterValidator(_proxy)]
    """``socks5://HOST:PORT`` or ``http://HOST:PORT``, without a user and password."""
    user: Line | None = None
    """The user, where the proxy asks for one."""
    password: SecretSource | None = None
    """The password, a Secret_. Both, or none of them."""


def _mechanism(text: str) -> str:
    if text not in ("PLAIN", "EXTERNAL", "SCRAM-SHA-256", "ECDSA-NIST256P-CHALLENGE"):
        raise wrong("expected PLAIN, EXTERNAL, SCRAM-SHA-256 or ECDSA-NIST256P-CHALLENGE")
    return text


class SaslKeys(Keys):
    mechanism: Annotated[str, AfterValidator(_mechanism)] = "PLAIN"
    """``PLAIN``; ``SCRAM-SHA-256``: the password is not sent, and the server has to show that it knows it;
    ``EXTERNAL``: the client certificate (``certificate`` in TLS_) says who we are; ``ECDSA-NIST256P-CHALLENGE``: a
    ``key`` does, for networks that offer nothing better (the extra ``ecdsa``)."""
    account: Word | None = None
    """The account's name. ``EXTERNAL`` can do without."""
    password: SecretSource | None = None
    """A Secret_. Not for ``EXTERNAL`` and ``ECDSA-NIST256P-CHALLENGE``."""
    key: Line | None = None
    """The file of a private key on the curve P-256 (PEM), for ``ECDSA-NIST256P-CHALLENGE`` only. Services have to
    know its public key: ``/msg NickServ SET PUBKEY`` and what ``openssl ec -in key.pem -pubout -conv_form
    compressed -outform DER | tail -c 33 | base64`` shows."""
    authzid: Word | None = None
    """The account as which to act, where that is another one than the one that logs in."""


class NickServKeys(Keys):
    account: Word | None = None
    """The account's name. Default: the nick."""
    password: SecretSource
    """A Secret_."""


class BackoffKeys(Keys):
    first: Duration = 1.0
    """At most so long before the second attempt, then twice as long each time. As long as nobody is there at all,
    the first twenty attempts are at most twice this apart: most breaks are short."""
    most: Duration = 300.0
    """Never longer than this."""


class PingKeys(Keys):
    after: Duration = 60.0
    """After so much silence the server is asked for a sign of life."""
    give_up: Duration = 120.0
    """After so much silence the connection is given up."""


def _form(pattern: patterns.Pattern) -> patterns.Pattern:
    if set(pattern.names) != {"name", "text"}:
        raise wrong("expected two named groups, (?P<name>…) for who said it and (?P<text>…) for what")
    return pattern


class RelayKeys(Keys):
    form: Annotated[Pattern, AfterValidator(_form)]
    """A pattern that fits the line as a whole, with two groups: ``(?P<name>…)`` for who says it and ``(?P<text>…)``
    for what. Colours and characters without width are taken out before."""

    _known: RelayForm | None = PrivateAttr(None)

    @property
    def known(self) -> RelayForm | None:
        """A form that has a name; None: the operator's own."""
        return self._known


def _known_form(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in [form.value for form in RelayForm]:
        raise wrong("expected bridge, deploy or {form: 'PATTERN'}")
    keys = RelayKeys.model_construct()
    keys._known = RelayForm(value)
    return keys


# --- networks and channels ----------------------------------------------------------------------------------------


def _word_or_none(text: str) -> str:
    """Empty: switched off."""
    if text.lower() in ("true", "yes", "on"):
        raise wrong("expected the word itself, such as “!slog”, or false")
    return "" if text.lower() in ("false", "no", "off") else text


def _command_word(text: str) -> str:
    """A word that begins what is said to the bot, and hardly anything else."""
    word = _word_or_none(text)
    if word and word[0].isalnum():
        raise wrong("many a sentence may begin so: expected a sign before the word, such as “!slog”, or false")
    if word.startswith("/"):
        raise wrong("clients keep what begins with / for themselves: expected another sign, such as “!slog”")
    if word and not any(map(str.isalnum, word)):
        raise wrong("expected a sign and a word, such as “!slog”")
    if word and not word[-1].isalnum():
        raise wrong("expected no punctuation at its end, such as “!slog”")
    return word


CommandWord = Annotated[Word, AfterValidator(_command_word)]


class CommandsKeys(Keys):
    """What is typed for what."""

    log: CommandWord | None = None
    """To log. Default ``"!log"``."""
    undo: CommandWord | None = None
    """To take an entry back. Default ``"!undo"``."""
    amend: CommandWord | None = None
    """To put another text in the place of an entry's. Default ``"!amend"``."""
    last: CommandWord | None = None
    """To read back what was logged last. Default ``"!last"``."""
    sal: CommandWord | None = None
    """To be told where the log is. Default ``"!sal"``."""
    help: Annotated[Word, AfterValidator(_word_or_none)] | None = None
    """What asks for help; it must be alone in its line. ``!log help`` and ``<nick>: help`` always do. Default
    ``false``."""


def _words_by_keys(value: object) -> object:
    if not isinstance(value, dict):
        raise wrong('expected words by their keys, such as {log: "!slog", undo: false}')
    return value


def _projects_with_others(value: object) -> object:
    if not isinstance(value, dict):
        raise wrong("expected projects with other ones, such as {web: [tools, mail]}")
    return value


def _off(value: object) -> bool:
    return isinstance(value, str) and value.lower() in ("false", "no", "off")


def _late(value: object) -> object:
    if _off(value):
        raise wrong("expected a duration such as 7d; to take no late entries, write late: 1s")
    return value


def _correct(value: object) -> object:
    if _off(value):
        raise wrong(
            "expected a duration such as 1h; to take no corrections, write commands: {undo: false, amend: false}"
        )
    return value


def _not_only_names(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, list) and value and all(isinstance(each, str) for each in value)):
        raise wrong("names of projects stand below “list”, write projects: {list: [web, mail]}")
    return value


class PlaceKeys(GateKeys):
    """What may stand at the top, in a network and in a channel."""

    commands: Annotated[CommandsKeys, BeforeValidator(_words_by_keys)] | None = None
    """What is typed for what (Commands_)."""
    late: Annotated[UpToAYear, BeforeValidator(_late)] | None = None
    """How long ago a late entry may be (``!log 14:05 tools restarted it``), such as ``36h``. Default ``7d``, at
    most ``365d``."""
    correct: Annotated[UpToAYear, BeforeValidator(_correct)] | None = None
    """How long after it was accepted an entry can be taken back (``!undo``) and amended (``!amend``). As long as
    that, the hostmask of somebody who is not logged in to services is kept with their entry. Default ``1h``, at
    most ``365d``."""
    ignore: Ignored = Field(default_factory=list)
    """Whose lines are nothing to the bot, one or a list, written as in `Who may log`_ (without ``members``): not
    even a refusal is said. Added to what is ignored farther up."""
    limit: LimitKeys | None = None
    """How much one sender may log in one channel (Limit_)."""
    projects: Annotated[list[SourceKeys], BeforeValidator(_not_only_names)] | None = None
    """Which projects exist: a list of sources (`Source of projects`_), asked in this order, or one alone. Nearer
    ones replace those farther up, they are not added. May be left out at the top where each network or channel has
    its own."""
    copies: Annotated[dict[str, SeveralWords], BeforeValidator(_projects_with_others)] = Field(default_factory=dict)
    """Entries of a project that go to the logs of other projects, too: ``{production: [releng]}``; one or a list, 9
    at most. An entry that came as a copy is not copied again. An empty list: none here, whatever is said farther
    up."""
    page: PageKeys = PageKeys()
    """Which page a project's log is on, and how it looks (Page_)."""


class ChannelKeys(PlaceKeys):
    project: Word | None = None
    """The one project of this channel: everything after ``!log`` is the message. Without: the first word after
    ``!log`` is the project."""
    key: SecretSource | None = None
    """The channel's key (mode ``+k``), a Secret_."""


class NetworkKeys(PlaceKeys):
    server: HostPort | None = None
    """The server's address. Without a port: 6697 with TLS, 6667 without."""
    servers: list[HostPort] | None = None
    """Instead of ``server``: a list of addresses, tried in turn."""
    tls: Annotated[TlsKeys, BeforeValidator(_tls)] = TlsKeys()
    """``true`` (default): verified with the machine's CA certificates. ``false``: plain text, to this machine only.
    Or keys (TLS_)."""
    nick: Annotated[str, AfterValidator(_nick)]
    """At most 30 characters."""
    realname: Line | None = None
    """What a ``/whois`` shows. Default: the nick and “logs what follows !log”."""
    proxy: Annotated[ProxyKeys, BeforeValidator(_address_alone)] | None = None
    """A proxy by which to connect, ``socks5://HOST:PORT`` or ``http://HOST:PORT``, or keys (Proxy_). TLS goes
    through it to the server."""
    password: SecretSource | None = None
    """The password that the server, or a bouncer, asks of everybody who connects (``PASS``), a Secret_."""
    sasl: list[SaslKeys] | None = None
    """The services account (SASL_); or a list of them, tried in order. If they are refused the bot does not go on
    without."""
    nickserv: NickServKeys | None = None
    """Where there is no SASL: the login that is sent to NickServ (NickServ_)."""
    channels: dict[Annotated[str, AfterValidator(_channel)], Annotated[ChannelKeys, BeforeValidator(nothing_set)]]
    """The channels: a name in quotes for each, and its keys (Channel_), which may be left empty. A plain list of
    names will do."""
    robots: SeveralWords = Field(default_factory=list)
    """Services accounts that get no replies; one or a list."""
    relays: dict[Account, Annotated[RelayKeys, BeforeValidator(_known_form)]] = Field(default_factory=dict)
    """Services accounts that log for others, and in which form they say for whom. ``bridge``: ``<alice> !log …``,
    from another chat, with or without a label such as ``[discord]`` before it. ``deploy``: ``!log alice@host …``,
    from a script. Or a form of your own (Relay_). They are trusted in this: whoever has such an account can log
    under any name."""
    replies: Literal["privmsg", "notice"] = "privmsg"
    """By which command the bot speaks: ``privmsg`` or ``notice``."""
    backoff: BackoffKeys = BackoffKeys()
    """How long to wait before the next connection (Backoff_)."""
    ping: PingKeys = PingKeys()
    """How long a server may be silent (Ping_)."""
    catch_up: Duration = 86400.0
    """What was said while the bot was away is logged, with its own time, where the network (or a bouncer) repeats
    it: history on join, ``CHATHISTORY``, playback. What was said longer ago than this is not."""
    tell_gaps: bool = False
    """``true``: where the network repeats nothing, the bot says in the channel from when to when it was away; and
    that somebody else stays logged in to its account. Else it stands in the bot's log alone."""
