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
    certificate: Line | None = None
    fingerprints: Fingerprints = Field(default_factory=list)
    plain: bool = False

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
    user: Line | None = None
    password: SecretSource | None = None


def _mechanism(text: str) -> str:
    if text not in ("PLAIN", "EXTERNAL", "SCRAM-SHA-256", "ECDSA-NIST256P-CHALLENGE"):
        raise wrong("expected PLAIN, EXTERNAL, SCRAM-SHA-256 or ECDSA-NIST256P-CHALLENGE")
    return text


class SaslKeys(Keys):
    mechanism: Annotated[str, AfterValidator(_mechanism)] = "PLAIN"
    account: Word | None = None
    password: SecretSource | None = None
    key: Line | None = None
    authzid: Word | None = None


class NickServKeys(Keys):
    account: Word | None = None
    password: SecretSource


class BackoffKeys(Keys):
    first: Duration = 1.0
    most: Duration = 300.0


class PingKeys(Keys):
    after: Duration = 60.0
    give_up: Duration = 120.0


def _form(pattern: patterns.Pattern) -> patterns.Pattern:
    if set(pattern.names) != {"name", "text"}:
        raise wrong("expected two named groups, (?P<name>…) for who said it and (?P<text>…) for what")
    return pattern


class RelayKeys(Keys):
    form: Annotated[Pattern, AfterValidator(_form)]

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
    undo: CommandWord | None = None
    amend: CommandWord | None = None
    last: CommandWord | None = None
    sal: CommandWord | None = None
    help: Annotated[Word, AfterValidator(_word_or_none)] | None = None


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
    late: Annotated[UpToAYear, BeforeValidator(_late)] | None = None
    correct: Annotated[UpToAYear, BeforeValidator(_correct)] | None = None
    ignore: Ignored = Field(default_factory=list)
    limit: LimitKeys | None = None
    projects: Annotated[list[SourceKeys], BeforeValidator(_not_only_names)] | None = None
    copies: Annotated[dict[str, SeveralWords], BeforeValidator(_projects_with_others)] = Field(default_factory=dict)
    page: PageKeys = PageKeys()


class ChannelKeys(PlaceKeys):
    project: Word | None = None
    key: SecretSource | None = None


class NetworkKeys(PlaceKeys):
    server: HostPort | None = None
    servers: list[HostPort] | None = None
    tls: Annotated[TlsKeys, BeforeValidator(_tls)] = TlsKeys()
    nick: Annotated[str, AfterValidator(_nick)]
    realname: Line | None = None
    proxy: Annotated[ProxyKeys, BeforeValidator(_address_alone)] | None = None
    password: SecretSource | None = None
    sasl: list[SaslKeys] | None = None
    nickserv: NickServKeys | None = None
    channels: dict[Annotated[str, AfterValidator(_channel)], Annotated[ChannelKeys, BeforeValidator(nothing_set)]]
    robots: SeveralWords = Field(default_factory=list)
    relays: dict[Account, Annotated[RelayKeys, BeforeValidator(_known_form)]] = Field(default_factory=dict)
    replies: Literal["privmsg", "notice"] = "privmsg"
    backoff: BackoffKeys = BackoffKeys()
    ping: PingKeys = PingKeys()
    catch_up: Duration = 86400.0
    tell_gaps: bool = False
