"""A real ZNC (Debian's) on loopback, a bouncer with one user: it stays in a channel and plays back what was missed."""

from __future__ import annotations

import hashlib

from tests.servers.process import ServerProcess

USER, PASSWORD, SALT = "bouncer", "hunter2", "x" * 20
CONFIGURATION = """
Version = 1.8.2
AnonIPLimit = 100
ConnectDelay = 0
<Listener l>
    Host = 127.0.0.1
    Port = {port}
    IPv4 = true
    IPv6 = false
    SSL = false
    AllowWeb = false
</Listener>
<User bouncer>
    Admin = false
    Nick = labsbot
    AltNick = labsbot_
    Ident = labsbot
    RealName = labsbot
    Buffer = 500
    AutoClearChanBuffer = true
    MaxNetworks = 1
    <Network upstream>
        FloodBurst = 100
        FloodRate = 100.00
        JoinDelay = 0
        Server = 127.0.0.1 {upstream}
        <Chan {channel}>
        </Chan>
    </Network>
    <Pass password>
        Method = sha256
        Hash = {hash}
        Salt = {salt}
    </Pass>
</User>
"""


class ZNC(ServerProcess):
    binary = "/usr/bin/znc"
    user = "nobody"  # root has to wait for half a minute
    # it says nothing before the password
    question = b"CAP LS 302\r\n"

    def __init__(self, upstream: int, channel: str) -> None:
        """`upstream`: the port of the IRC server that it is on."""
        super().__init__()
        self._upstream = upstream
        self._channel = channel

    def write(self) -> None:
        configs = self.folder / "configs"
        configs.mkdir()
        digest = hashlib.sha256(f"{PASSWORD}{SALT}".encode()).hexdigest()
        (configs / "znc.conf").write_text(
            CONFIGURATION.format(port=self.port, upstream=self._upstream, channel=self._channel, hash=digest, salt=SALT)
        )

    def command(self) -> list[str]:
        return [self.binary, "--foreground", f"--datadir={self.folder}"]
