"""The keys of what is asked by HTTP: where to listen, which tokens may log what, and who sees what is private."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from labsbot.config.keys.access import LimitKeys
from labsbot.config.keys.announce import NamedChannel, projects_or_all
from labsbot.config.keys.values import (
    Keys,
    Line,
    NetworkRange,
    PasswordSafeUrl,
    Word,
    found,
    one_line,
    several,
    wrong,
)
from labsbot.settings import Server, SystemdSocket
from labsbot.text.names import web_token_flaw

UNIX = "unix:"
SYSTEMD = "systemd"
SOCKET = "socket"
ALL = "all"


def _listen(value: object) -> Server | Path | SystemdSocket:
    if not isinstance(value, str):
        raise wrong(f"expected an address such as 127.0.0.1:8080, found {found(value)}")
    if value == SYSTEMD:
        return SystemdSocket()
    if value.startswith(UNIX):
        return Path(one_line(value.removeprefix(UNIX)))
    seen = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):(\d{1,5})", value)
    if seen is None or not 1 <= int(seen[3]) <= 65535:
        raise wrong("expected an address with a port, such as 127.0.0.1:8080, unix:/run/labsbot/web.sock, or systemd")
    host = "127.0.0.1" if seen[2] == "localhost" else seen[1] or seen[2]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise wrong("expected an address of this machine in digits, such as 127.0.0.1:8080") from None
    return Server(host, int(seen[3]))


def _sha256(text: str) -> str:
    if not re.fullmatch("[0-9A-Fa-f]{64}", text):
        raise wrong("expected the SHA-256 of a token, 64 hexadecimal digits, as `labsbot token new` prints it")
    return text.lower()


def _token_name(text: str) -> str:
    if flaw := web_token_flaw(text):
        raise wrong(flaw)
    return text


def _projects(value: object) -> object:
    return [ALL] if value == ALL else projects_or_all("nothing could be logged")(value)


class TokenKeys(Keys):
    sha256: Annotated[str, AfterValidator(_sha256)]
    projects: Annotated[list[Word], BeforeValidator(_projects)]
    """With “all” among them: all, and of the private ones those that are named."""
    limit: LimitKeys | None = None
    author: Line | None = Field(None, alias="as")
    announce: NamedChannel | None = None


def _from(value: object) -> object:
    return [] if value == SOCKET else several(value)


def _header(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9-]{1,60}", text):
        raise wrong("expected the name of a header, such as X-Remote-User")
    return text


class TrustedKeys(Keys):
    """Who says who asks."""

    origins: Annotated[list[NetworkRange], BeforeValidator(_from)] = Field(alias="from")
    """Empty: whoever may open the Unix socket."""
    header: Annotated[str, AfterValidator(_header)] = "X-Remote-User"


class WebKeys(Keys):
    listen: Annotated[Server | Path | SystemdSocket, PlainValidator(_listen)]
    url: PasswordSafeUrl
    tokens: dict[Annotated[str, AfterValidator(_token_name)], TokenKeys] = Field(default_factory=dict)
    private: Annotated[list[Word], BeforeValidator(several)] = Field(default_factory=list)
    trusted: TrustedKeys | None = None
