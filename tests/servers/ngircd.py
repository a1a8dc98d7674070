"""A real ngIRCd (Debian's) on loopback: a server that offers next to nothing (multi-prefix alone).

Its operator is made by ``OPER oper oper``.
"""

from __future__ import annotations

from tests.servers.process import ServerProcess

CONFIGURATION = """
[Global]
Name = irc.ng.test
AdminInfo1 = tests
AdminEMail = tests@localhost
Info = ngIRCd of the tests
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = hello
ServerUID = root
ServerGID = root
PidFile = {folder}/pid
[Limits]
MaxConnectionsIP = 0
MaxJoins = 0
[Options]
DNS = no
Ident = no
PAM = no
OperCanUseMode = yes
[Operator]
Name = oper
Password = oper
"""


class NgIRCd(ServerProcess):
    binary = "/usr/sbin/ngircd"

    def write(self) -> None:
        (self.folder / "ngircd.conf").write_text(CONFIGURATION.format(port=self.port, folder=self.folder))

    def command(self) -> list[str]:
        return [self.binary, "--nodaemon", "--config", str(self.folder / "ngircd.conf")]
