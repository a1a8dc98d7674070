"""The keys of the line port."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import BeforeValidator, Field

from labsbot.config.keys.irc import HostPort
from labsbot.config.keys.values import Keys, Line, found, several, wrong

Networks = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: object) -> object:
    if not isinstance(value, str):
        raise wrong(f"expected an address or a network such as 10.0.0.0/8, found {found(value)}")
    try:
        return ipaddress.ip_network(value)
    except ValueError as error:
        raise wrong(f"expected an address or a network such as 10.0.0.0/8: {error}") from None


class LinePortKeys(Keys):
    """Where lines are taken as the field's relays take them."""

    listen: HostPort
    allow: Annotated[list[Annotated[Networks, BeforeValidator(_network)]], BeforeValidator(several)] = Field(
        default_factory=lambda: [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")]
    )
    author: Line | None = Field(None, alias="as")
