"""The keys of the line port come in; where it listens, and for whom, goes out."""

from __future__ import annotations

import ipaddress

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.settings import A_SCRIPT, LinePortSettings
from labsbot.text.names import as_speaker


def line_port(building: Building, lines: keys.LinePortKeys | None) -> LinePortSettings | None:
    """What anybody could reach is warned of: whoever can connect can log."""
    if lines is None:
        return None
    path = ("lines",)
    if lines.listen.port is None:
        building.wrong((*path, "listen"), "expected a port behind it, such as 127.0.0.1:9200")
    if not lines.allow:
        building.wrong((*path, "allow"), "is empty, expected a list of networks such as 10.0.0.0/8")
    if any(network.prefixlen == 0 for network in lines.allow):
        building.warn((*path, "allow"), "anybody who reaches this port can log, in any name")
    name = lines.author or A_SCRIPT
    if as_speaker(name) != name:
        building.wrong((*path, "as"), "expected a name that can stand before what is said, such as “deploy”")
    try:
        host = str(ipaddress.ip_address(lines.listen.host))
    except ValueError:
        building.wrong((*path, "listen"), "expected an address of this machine, such as 127.0.0.1:9200 or [::1]:9200")
        return None
    return LinePortSettings(host, lines.listen.port or 0, tuple(lines.allow), name)
