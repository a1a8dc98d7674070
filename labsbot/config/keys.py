"""Which keys there are and what may stand in each: plain values of one file come in, checked ones go out.

Each rule here looks at one value; what depends on several keys, on the environment or on files is looked at in
`load`. All scalars arrive as text, as they were typed, so that a name stays what it is (``no``, ``2012``).
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, PrivateAttr
from pydantic_core import PydanticCustomError

from labsbot.settings import Secret


class Keys(BaseModel):
    """The keys of one place in the file; any other is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)

    later: ClassVar[Mapping[str, str]] = {}
    """Keys that will exist, and what serves until then."""


def wrong(words: str, at: str | None = None) -> PydanticCustomError:
    """A mistake in plain words; `at`: the key below, where that is the place."""
    return PydanticCustomError("labsbot", "{words}", {"words": words, "at": at})


# --- one value ----------------------------------------------------------------------------------------------------


def _one_line(text: str) -> str:
    if not text.strip():
        raise wrong("expected a text, found an empty one")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise wrong("expected one line, without tabs and control characters")
    return text


def _word(text: str) -> str:
    if re.search(r"[\s,]", _one_line(text)):
        raise wrong("expected one word, without blanks and commas")
    return text


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _nothing_set(value: object) -> object:
    return {} if value is None else value


_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    seen = re.fullmatch(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d)", value)
    if seen is None or (seconds := float(seen[1]) * _SECONDS[seen[2]]) <= 0:
        raise wrong("expected a duration above zero, such as 500ms, 1s, 5m or 2h")
    return seconds


Line = Annotated[str, AfterValidator(_one_line)]
Word = Annotated[str, AfterValidator(_word)]
Words = Annotated[list[Word], BeforeValidator(_several)]
Duration = Annotated[float, BeforeValidator(_duration)]


class SecretKeys(Keys):
    """Where a secret is found. Exactly one of the two, or the secret itself in plain text."""

    env: Word | None = None
    file: Line | None = None

    _plain: Secret | None = PrivateAttr(None)

    @property
    def plain(self) -> Secret | None:
        return self._plain


def _secret(value: object) -> object:
    if not isinstance(value, str):
        return value
    keys = SecretKeys()
    keys._plain = Secret(value)
    return keys


SecretSource = Annotated[SecretKeys, BeforeValidator(_secret)]


# --- IRC ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int | None

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


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


def _proxy(text: str) -> str:
    address = urlsplit(text)
    if not re.fullmatch(r"(socks5|http)://([^\s@/]+):\d{1,5}", text) or not address.hostname:
        raise wrong("expected socks5://HOST:PORT or http://HOST:PORT")
    return text


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", plain):
        raise wrong("expected a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons")
    return plain


class TlsKeys(Keys):
    ca: Line | None = None
    certificate: Line | None = None
    fingerprints: Annotated[list[Annotated[str, AfterValidator(_fingerprint)]], BeforeValidator(_several)] = []
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


def _mechanism(text: str) -> str:
    if text not in ("PLAIN", "EXTERNAL", "SCRAM-SHA-256"):
        raise wrong("expected PLAIN, EXTERNAL or SCRAM-SHA-256")
    return text


class SaslKeys(Keys):
    mechanism: Annotated[str, AfterValidator(_mechanism)] = "PLAIN"
    account: Word | None = None
    password: SecretSource | None = None
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


# --- pages --------------------------------------------------------------------------------------------------------


def title_flaw(title: str) -> str | None:
    """What makes `title` no title on a MediaWiki, or None (https://www.mediawiki.org/wiki/Manual:Page_title)."""
    if bad := re.search(r"[#<>\[\]|{}]", title):
        return f"{bad[0]} cannot stand in a page's title"
    if re.search(r"[\x00-\x1f\x7f\ufffd]", title):
        return "control characters cannot stand in a page's title"
    if not title.strip(" _") or title != title.strip(" _") or title.startswith(":"):
        return "a page's title neither is empty nor begins or ends with a blank, _ or begins with a colon"
    if re.search(r"(^|/)\.{1,2}(/|$)|~~~|%[0-9A-Fa-f]{2}|&(#\d+|#x[0-9A-Fa-f]+|\w+);", title):
        return "“./”, “../”, “~~~”, “%41” and “&amp;” cannot stand in a page's title"
    if len(title.encode()) > 255:
        return f"a page's title has at most 255 bytes, this would be {len(title.encode())}"
    return None


def _title(text: str) -> str:
    if flaw := title_flaw(text.replace("{project}", "x")):
        raise wrong(f"{flaw}, expected such as “Nova Resource:{{project}}/SAL”")
    return text


def _heading(text: str) -> str:
    if text != text.strip(" =") or not _one_line(text):
        raise wrong("expected the words of the heading alone, such as “Server Admin Log”, without =")
    return text


def _level(value: object) -> object:
    if isinstance(value, str) and value not in ("1", "2", "3", "4", "5", "6"):
        raise wrong("expected a number from 1 to 6: how many = stand on either side of a day's heading")
    return value


_YEAR, _MONTH, _DAY = ("%Y", "%y"), ("%m", "%-m", "%B", "%b"), ("%d", "%-d", "%e")
_WEEKDAY = ("%A", "%a")
_OF_NO_FIXED_WIDTH = ("%-m", "%-d", "%e")
_IN_DIGITS = ("%Y", "%y", "%m", "%d", *_OF_NO_FIXED_WIDTH)


def _date(text: str) -> str:
    """A heading that is read as the same day again, whoever wrote it."""
    if _one_line(text) != text.strip(" =") or re.search(r"[#<>\[\]|{}]|''", text):
        raise wrong("expected the words of the heading alone, without markup, such as %Y-%m-%d")
    directives = re.findall(r"%-?.?", text)
    known = (*_YEAR, *_MONTH, *_DAY, *_WEEKDAY)
    if unknown := [directive for directive in directives if directive not in known]:
        raise wrong(f"{unknown[0]} cannot be used here, expected year, month and day from {' '.join(known)}")
    for kind, needed in (("year", _YEAR), ("month", _MONTH), ("day", _DAY)):
        if sum(directive in needed for directive in directives) != 1:
            raise wrong(f"the {kind} must be in it once ({' '.join(needed)}), expected such as %Y-%m-%d")
    for one, next_one in re.findall(r"(?=(%-?.)(%-?.))", text):
        if one in _IN_DIGITS and next_one in _IN_DIGITS and {one, next_one} & set(_OF_NO_FIXED_WIDTH):
            raise wrong(f"{one}{next_one} cannot be read back, expected something between them, such as %Y-%m-%d")
    return text


def _zone(value: object) -> zoneinfo.ZoneInfo:
    if not isinstance(value, str):
        raise wrong(f"expected a time zone such as UTC or Europe/Berlin, found {found(value)}")
    try:
        return zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(value, zoneinfo.available_timezones(), 1)
        raise wrong(f"unknown time zone, {meant(near) or 'expected such as UTC or Europe/Berlin'}") from None


def _category(text: str) -> str:
    if text.lower().startswith("category:"):
        raise wrong("expected the category's name without “Category:”")
    if flaw := title_flaw(text):
        raise wrong(f"{flaw}, expected the name of a category")
    return text


ENTRY_FIELDS = ("id", "time", "author", "message", "project")


def _entry(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise wrong("expected one line, without a line break")
    for field in ("id", "message"):
        if f"{{{field}}}" not in text:
            raise wrong(f"{{{field}}} is missing, expected an entry that holds {{id}} and {{message}}")
    left = re.sub(rf"\{{(?:{'|'.join(ENTRY_FIELDS)})\}}", "", text)
    if unknown := re.search(r"(?<!\{)\{(\w+)\}(?!\})", left):
        near = meant(get_close_matches(unknown[1], ENTRY_FIELDS, 1))
        raise wrong(f"unknown field {unknown[0]}, {near or 'expected {id} {time} {author} {message} {project}'}")
    if re.match(r"\s*[*#:;]", text):
        raise wrong("expected an entry without its bullet, which is put there anyway")
    if inside := re.search(r"<[^<>]*(\{(?:author|message|project)\})[^<>]*>", text):
        raise wrong(f"{inside[1]} stands inside <…>, where it could do harm, expected it outside")
    if "<!--" in text:
        raise wrong("<!-- would hide what follows, expected no comment")
    if not re.search(r"\bid[ \t]*=[ \t]*[\"\']?\{id\}|\{\{[^{}\[\]\n]*\|[ \t]*\{id\}", text):
        raise wrong('the entry could not be found again, expected id="{id}", or {id} as the first value of a template')
    return text


class PageKeys(Keys):
    title: Annotated[Line, AfterValidator(_title)] | None = None
    heading: Annotated[str, AfterValidator(_heading)] | None = None  # nothing is an answer here: no heading
    order: Literal["newest", "oldest"] | None = None
    level: Annotated[int, BeforeValidator(_level)] | None = None
    date: Annotated[str, AfterValidator(_date)] | None = None
    time_zone: Annotated[zoneinfo.ZoneInfo, PlainValidator(_zone)] | None = None
    category: Annotated[list[Annotated[str, AfterValidator(_category)]], BeforeValidator(_several)] | None = None
    new_page: str | None = None
    entry: Annotated[str, AfterValidator(_entry)] | None = None


# --- channels and networks ----------------------------------------------------------------------------------------

_NOT_YET_ACCESS = {
    "allow": "everybody in the channel may log",
    "deny": "everybody in the channel may log",
    "projects": "the projects at the top hold for every channel",
}


class ChannelKeys(Keys):
    later: ClassVar[Mapping[str, str]] = _NOT_YET_ACCESS

    project: Word | None = None
    page: PageKeys = PageKeys()
    key: SecretSource | None = None


class NetworkKeys(Keys):
    later: ClassVar[Mapping[str, str]] = _NOT_YET_ACCESS

    server: Annotated[Address, BeforeValidator(_address)] | None = None
    servers: list[Annotated[Address, BeforeValidator(_address)]] | None = None
    tls: Annotated[TlsKeys, BeforeValidator(_tls)] = TlsKeys()
    nick: Annotated[str, AfterValidator(_nick)]
    realname: Line | None = None
    proxy: Annotated[str, AfterValidator(_proxy)] | None = None
    password: SecretSource | None = None
    sasl: list[SaslKeys] | None = None
    nickserv: NickServKeys | None = None
    channels: dict[Annotated[str, AfterValidator(_channel)], Annotated[ChannelKeys, BeforeValidator(_nothing_set)]]
    robots: Words = []
    page: PageKeys = PageKeys()
    backoff: BackoffKeys = BackoffKeys()
    ping: PingKeys = PingKeys()
    catch_up: Duration = 86400.0
    tell_gaps: bool = False


# --- the wiki -----------------------------------------------------------------------------------------------------


def _url(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname or re.search(r"\s", text):
        raise wrong("expected an address that begins with https://")
    if address.username is not None or address.password is not None:
        raise wrong("expected an address without a user and password in it")
    return text


def _api(text: str) -> str:
    address = urlsplit(_url(text))
    if not address.path.endswith("/api.php") or address.query or address.fragment:
        raise wrong("expected the address of the wiki's api.php, such as https://wiki.example.org/w/api.php")
    if address.scheme == "http" and not is_loopback(address.hostname or ""):
        raise wrong("http would send the password in plain text, expected https:// (http only to this machine)")
    return text


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
    url: Annotated[str, AfterValidator(_url)] | None = None


# --- projects -----------------------------------------------------------------------------------------------------


def _name(text: str) -> str:
    """A name as it can be typed after ``!log``: one word that is not read as something else there."""
    if text.startswith("<") or text.endswith((":", ">")) or re.fullmatch(r"\d{1,2}:\d{2}|-\d+[smhd]", _word(text)):
        raise wrong("cannot be typed after !log: expected no time, no <…> and no colon at its end")
    return text


def _project(text: str) -> str:
    if flaw := title_flaw(_name(text)):
        raise wrong(f"{flaw}, and the log's title holds the project's name")
    return text


class ProjectKeys(Keys):
    aliases: Annotated[list[Annotated[str, AfterValidator(_name)]], BeforeValidator(_several)] = []
    retired: Line | None = None


class SourceKeys(Keys):
    later: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("file", "ldap", "category", "keystone", "any"), "write the projects under “list”"
    )

    names: (
        dict[Annotated[str, AfterValidator(_project)], Annotated[ProjectKeys, BeforeValidator(_nothing_set)]] | None
    ) = Field(None, alias="list")


# --- the file -----------------------------------------------------------------------------------------------------


class FileKeys(Keys):
    later: ClassVar[Mapping[str, str]] = {
        "allow": _NOT_YET_ACCESS["allow"],
        "deny": _NOT_YET_ACCESS["deny"],
        "web": "there are no web pages",
    }

    journal: Line | None = None
    state: Line | None = None
    irc: dict[Word, NetworkKeys] | None = None
    wiki: WikiKeys | None = None
    page: PageKeys = PageKeys()
    projects: list[SourceKeys] | None = None


REQUIRED = ("journal", "irc", "wiki", "projects")
"""Of FileKeys. `load` asks for them, so that what else is wrong is seen although one is missing."""


# --- looking at the above -----------------------------------------------------------------------------------------


def names(keys: type[Keys]) -> dict[str, Any]:
    """The keys of one place with the type of each."""
    return {field.alias or name: field.annotation for name, field in keys.model_fields.items()}


def at(path: tuple[str | int, ...]) -> type[Keys] | None:
    """The keys that belong to the place at the end of `path`, None where it has no fixed ones."""
    here: Any = FileKeys
    for step in path:
        if isinstance(here, type) and issubclass(here, Keys):
            here = names(here).get(str(step))
        else:
            here = get_args(here)[-1] if get_args(here) else None
        here = _without_none(here)
    return here if isinstance(here, type) and issubclass(here, Keys) else None


def may_be_nothing(path: tuple[str | int, ...]) -> bool:
    """Whether the value at `path` may be left empty: a channel or project without settings, and no heading."""
    if not path or isinstance(path[-1], int):
        return False
    return at(path) in (ChannelKeys, ProjectKeys) or (at(path[:-1]) is PageKeys and path[-1] == "heading")


def _without_none(kind: Any) -> Any:
    while get_origin(kind) not in (list, dict, Literal) and get_args(kind):
        kind = get_args(kind)[0]
    return kind


def found(value: object) -> str:
    """What kind of thing was found, never the thing itself: it may be a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    return "a list" if isinstance(value, list) else "a text"


def meant(near: list[str]) -> str:
    return f"did you mean “{near[0]}”?" if near else ""
