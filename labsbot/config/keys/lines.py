"""The keys of the line port."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import BeforeValidator, Field

from labsbot.config.keys.irc import HostPort
from labsbot.config.keys.values import Keys, Line, NetworkRange, several


class LinePortKeys(Keys):
    """Where lines are taken as the field's relays take them."""

    listen: HostPort
    """An address of this machine with its port, such as ``127.0.0.1:9200`` or ``"[::1]:9200"``."""
    allow: Annotated[list[NetworkRange], BeforeValidator(several)] = Field(
        default_factory=lambda: [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")]
    )
    """The networks from which. Default: this machine."""
    author: Line | None = Field(None, alias="as")
    """Who stands on the page where a line names nobody. Default ``script``."""
