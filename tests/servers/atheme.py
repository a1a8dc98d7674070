"""Real services (Debian's Atheme), linked to our InspIRCd: NickServ with its enforcement, three kinds of SASL."""

from __future__ import annotations

from tests.servers.process import ServerProcess

CONFIGURATION = """
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/pbkdf2v2";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/cert";
loadmodule "modules/nickserv/set_core";
loadmodule "modules/nickserv/enforce";
loadmodule "modules/nickserv/set_enforcetime";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
loadmodule "modules/saslserv/external";
loadmodule "modules/saslserv/ecdsa-nist256p-challenge";
loadmodule "modules/nickserv/set_pubkey";
serverinfo {{
    name = "services.test"; desc = "Services of the tests"; numeric = "00A"; recontime = 1; netname = "Testnet";
    hidehostsuffix = "users.test"; adminname = "tests"; adminemail = "tests@localhost";
    registeremail = "noreply@localhost"; auth = none; loglevel = {{ error; info; }};
    maxlogins = 50; maxusers = 0; maxnicks = 50; maxchans = 50; mdlimit = 30; emaillimit = 100; emailtime = 300;
    casemapping = rfc1459;
}};
uplink "irc.test" {{ host = "{host}"; port = {port}; send_password = "link"; receive_password = "link"; }};
nickserv {{ nick = "NickServ"; user = "NickServ"; host = "services.test"; real = "Nicks"; }};
saslserv {{ nick = "SaslServ"; user = "SaslServ"; host = "services.test"; real = "SASL"; }};
general {{ commit_interval = 60; operstring = "x"; servicestring = "x"; default_clone_allowed = 100; }};
"""


class Atheme(ServerProcess):
    binary = "/usr/bin/atheme-services"
    user = "nobody"  # it does not run as root

    def __init__(self, port: int) -> None:
        """`port`: where the IRC server takes other servers."""
        super().__init__()
        self._uplink = port

    def write(self) -> None:
        (self.folder / "atheme.conf").write_text(CONFIGURATION.format(host=self.host, port=self._uplink))

    def answers(self) -> bool:
        return "finished synching" in (self.folder / "output").read_text(errors="replace")

    def command(self) -> list[str]:
        options = {"-c": "atheme.conf", "-D": "", "-l": "log", "-p": "pid"}
        return [self.binary, "-n", *(word for key, name in options.items() for word in (key, str(self.folder / name)))]
