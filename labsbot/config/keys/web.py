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
    """The SHA-256 of the token, 64 hexadecimal digits. The token itself stands nowhere."""
    projects: Annotated[list[Word], BeforeValidator(_projects)]
    """To whose logs it may log, one or a list, or ``all``: all but those that are private; ``[all, secret]``: to
    that one too. What else it may: :doc:`security`."""
    limit: LimitKeys | None = None
    """How much may be logged with it (Limit_). Default: that of the top. All names together have as much as one,
    unless ``relay`` says otherwise."""
    author: Line | None = Field(None, alias="as")
    """Who stands on the page. Default: the token's name. ``any``: each call may say it, and the page shows ``alice
    (via deploy)``."""
    announce: NamedChannel | None = None
    """A channel that hears what is logged with it, whatever the project, named as at the top (``announce`` in `The
    file`_)."""


def _from(value: object) -> object:
    return [] if value == SOCKET else several(value)


def _header(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9-]{1,60}", text):
        raise wrong("expected the name of a header, such as X-Remote-User")
    return text


class TrustedKeys(Keys):
    """Who says who asks."""

    origins: Annotated[list[NetworkRange], BeforeValidator(_from)] = Field(alias="from")
    """The addresses or networks of the proxy, one or a list: ``10.0.0.5``; or ``socket``: whoever may open the Unix
    socket at which we listen. An address of this machine itself is warned of: every account of it could name whom
    it likes."""
    header: Annotated[str, AfterValidator(_header)] = "X-Remote-User"
    """In which the name stands."""


class WebKeys(Keys):
    listen: Annotated[Server | Path | SystemdSocket, PlainValidator(_listen)]
    """Where to listen: ``127.0.0.1:8080``, ``"[::1]:8080"``, ``unix:/run/labsbot/web.sock`` (its group may write to
    it: the group ``labsbot``, where the bot belongs to that; its folder is there), or ``systemd``, for the first
    socket of a ``.socket`` unit. It speaks plain HTTP: an address that others can reach is warned of, because
    tokens come there. What changes here holds from the next start."""
    url: PasswordSafeUrl
    """Where people reach it, which is the address of the proxy that speaks TLS."""
    tokens: dict[Annotated[str, AfterValidator(_token_name)], TokenKeys] = Field(default_factory=dict)
    """Who may log: a name for each, and its keys (Token_). A changed list holds from SIGHUP on."""
    private: Annotated[list[Word], BeforeValidator(several)] = Field(default_factory=list)
    """Projects of which nothing is shown: no page, no entry, no count, not even that there are any. Everything else
    can be read by whoever reaches ``listen``. Private projects are shown to those whom a proxy names (``trusted``),
    and to tokens that name them. What stands in another log too is shown there. The wiki shows what it shows: this
    is about ``web``, and about ``announce: all``."""
    trusted: TrustedKeys | None = None
    """Which proxy is believed when it says who asks (`Trusted proxy`_). Whoever it names, and who calls from there
    for no one else, is also told the reasons of ``/readyz`` and the figures of ``/metrics``. Default: none."""
