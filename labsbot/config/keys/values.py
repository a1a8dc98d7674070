"""One value of the configuration comes in as text, a checked one goes out: lines, durations, addresses, patterns.

All scalars arrive as they were typed, so that a name stays what it is (``no``, ``2012``). What belongs to one kind of
place only is beside that place's keys.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainValidator, PrivateAttr
from pydantic_core import PydanticCustomError

from labsbot.settings import Secret
from labsbot.text import patterns
from labsbot.text.loopback import is_loopback


class Keys(BaseModel):
    """The keys of one place in the file; any other is a mistake."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # the whole file's keys are made ready once, not each place's beside them
    )


def wrong(words: str) -> PydanticCustomError:
    """A mistake in plain words."""
    return PydanticCustomError("labsbot", "{words}", {"words": words})


def found(value: object) -> str:
    """What kind of thing was found, never the thing itself: it may be a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    return "a list" if isinstance(value, list) else "a text"


def meant(near: list[str]) -> str:
    return f"did you mean “{near[0]}”?" if near else ""


# --- texts, numbers and addresses -------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    if not text.strip():
        raise wrong("expected a text, found an empty one")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise wrong("expected one line, without tabs and control characters")
    return text


def _word(text: str) -> str:
    if re.search(r"[\s,]", one_line(text)):
        raise wrong("expected one word, without blanks and commas")
    return text


def several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _network(value: object) -> object:
    if not isinstance(value, str):
        raise wrong(f"expected an address or a network such as 10.0.0.0/8, found {found(value)}")
    try:
        return ipaddress.ip_network(value)
    except ValueError as error:
        raise wrong(f"expected an address or a network such as 10.0.0.0/8: {error}") from None


NetworkRange = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network)]

ONE_WORD_OR_SEVERAL = "expected one word, or several in brackets, such as [tools, mail]"


def _several_words(value: object) -> object:
    if isinstance(value, str) and re.search(r"\S[\s,]+\S", value):
        raise wrong(ONE_WORD_OR_SEVERAL)
    return several(value)


def nothing_set(value: object) -> object:
    return {} if value is None else value


_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    expected = "expected a duration above zero, such as 500ms, 30s, 5m, 2h or 7d"
    if not isinstance(value, str):
        raise wrong(f"{expected}, found {found(value)}")
    seen = re.fullmatch(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d)", value)
    if seen is None or (seconds := float(seen[1]) * _SECONDS[seen[2]]) <= 0:
        raise wrong(expected)
    return seconds


_A_YEAR = 365 * 86400.0


def _within_a_year(seconds: float) -> float:
    if seconds > _A_YEAR:
        raise wrong("expected 365d at most")
    return seconds


def _count(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[1-9]\d{0,5}", value):
        raise wrong("expected a number from 1 to 999999")
    return value


_BYTES = {"": 1, "KB": 1000, "MB": 1_000_000}


def _size(value: object) -> object:
    expected = "expected a size, such as 64 KB or 1.5 MB"
    if not isinstance(value, str):
        raise wrong(f"{expected}, found {found(value)}")
    given = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?(KB|MB|)", value)
    if given is None or (size := int(float(given[1]) * _BYTES[given[2]])) < 1:
        raise wrong(expected)
    return size


def url(text: str) -> str:
    try:
        address = urlsplit(text)
    except ValueError:
        raise wrong("this is no address, expected one that begins with https://") from None
    if address.scheme not in ("http", "https") or not address.hostname or re.search(r"\s", text):
        raise wrong("expected an address that begins with https://")
    if address.username is not None or address.password is not None:
        raise wrong("expected an address without a user and password in it")
    return text


def password_safe(text: str) -> str:
    """An address to which a password is sent."""
    address = urlsplit(url(text))
    if address.scheme == "http" and not is_loopback(address.hostname or ""):
        raise wrong("http would send the password in plain text, expected https:// (http only to this machine)")
    return text


def _pattern(value: object) -> patterns.Pattern:
    if not isinstance(value, str):
        raise wrong(f"expected a regular expression, found {found(value)}")
    if re.search(r"[\x00-\x1f]", value):
        raise wrong("a backslash in \"…\" means something else in YAML: use '…' around the pattern")
    try:
        pattern = patterns.Pattern(value)
    except patterns.Unusable as error:
        raise wrong(f"this is no regular expression for RE2: {error}") from None
    if any(pattern.fits_nothing_in(probe) for probe in ("", "a", "A 1")):
        raise wrong("the pattern fits where nothing stands, expected one that fits at least one character")
    return pattern


Line = Annotated[str, AfterValidator(one_line)]
Word = Annotated[str, AfterValidator(_word)]
SeveralWords = Annotated[list[Word], BeforeValidator(_several_words)]
Count = Annotated[int, BeforeValidator(_count)]
Size = Annotated[int, BeforeValidator(_size)]
Duration = Annotated[float, BeforeValidator(_duration)]
UpToAYear = Annotated[Duration, AfterValidator(_within_a_year)]
Url = Annotated[str, AfterValidator(url)]
PasswordSafeUrl = Annotated[str, AfterValidator(password_safe)]
Pattern = Annotated[patterns.Pattern, PlainValidator(_pattern)]


# --- secrets ----------------------------------------------------------------------------------------------------------


class SecretKeys(Keys):
    """Where a secret is found. Exactly one of the two, or the secret itself in plain text."""

    env: Word | None = None
    """The name of an environment variable."""
    file: Line | None = None
    """A file with the secret in its one line. A name without a slash is looked for in systemd's credentials
    directory first (``LoadCredential=wiki-password:/etc/labsbot/wiki-password`` and ``{file: wiki-password}``). One
    that every user of the machine can read is warned of."""

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
