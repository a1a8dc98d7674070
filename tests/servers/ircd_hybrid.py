"""A real ircd-hybrid (Debian's) on loopback: few capabilities, and a flood limit for all whose user is not ``exempt``.

It cannot be installed beside ngIRCd, so it runs from where it is unpacked, in a mount namespace in which its modules
are where it wants them, and in a user namespace in which it is not root, which it refuses to be.
"""

from __future__ import annotations

from tests.servers.process import ServerProcess
from tests.servers.unpacked import unpacked

CONFIGURATION = """
serverinfo {{
    name = "hybrid.test"; sid = "0HY"; description = "ircd-hybrid of the tests"; network_name = "Testnet"; hub = no;
    default_max_clients = 512; max_nick_length = 15;
}};
admin {{ name = "tests"; description = "tests"; email = "<tests@localhost>"; }};
class {{
    name = "users"; ping_time = 90 seconds; number_per_ip_local = 100; number_per_ip_global = 100; max_number = 100;
    sendq = 1 megabytes; recvq = 2560 bytes;
}};
listen {{ host = "{host}"; port = {port}; }};
auth {{ user = "*exempt@*"; class = "users"; flags = exceed_limit, can_flood; }};
auth {{ user = "*@*"; class = "users"; flags = exceed_limit; }};
channel {{ max_channels = 50; default_join_flood_count = 0; disable_fake_channels = no; }};
general {{
    disable_auth = yes; throttle_count = 1000; throttle_time = 1 second; anti_nick_flood = no; pace_wait = 0;
    pace_wait_simple = 0; default_floodcount = 0; invisible_on_connect = no; max_targets = 20; ping_cookie = no;
    anti_spam_exit_message_time = 0;
}};
modules {{ path = "/usr/lib/ircd-hybrid/modules"; path = "/usr/lib/ircd-hybrid/modules/autoload"; }};
log {{ use_logging = no; }};
"""
IN_NAMESPACES = 'mount -t overlay ircd -o "lowerdir=$0/usr/lib:/usr/lib" /usr/lib && exec unshare --map-user=1 "$@"'


class IrcdHybrid(ServerProcess):
    binary = "/usr/bin/unshare"

    def write(self) -> None:
        (self.folder / "configfile").write_text(CONFIGURATION.format(host=self.host, port=self.port))

    def command(self) -> list[str]:
        files = unpacked("ircd-hybrid")
        ircd = [str(files / "usr/sbin/ircd-hybrid"), "-foreground"]
        for option in ("configfile", "klinefile", "dlinefile", "xlinefile", "resvfile", "logfile", "pidfile"):
            ircd += [f"-{option}", str(self.folder / option)]
        return [self.binary, "--mount", "--map-root-user", "sh", "-c", IN_NAMESPACES, str(files), *ircd]
