"""A real InspIRCd (Debian's) on loopback, with history and TLS, in a folder of its own; it leaves nothing behind.

Settings of channels are for the tests to make (``MODE #c +H 50:1h``), and so is what an operator of the network does
(``OPER oper oper``). Services and a second server may link.
"""

from __future__ import annotations

import os
import ssl

import trustme

from tests.servers.process import ServerProcess

MODULES = (
    "deaf services_account sasl cap ircv3 ircv3_batch ircv3_capnotify ircv3_ctctags ircv3_msgid ircv3_servertime"
    " ircv3_accounttag ircv3_echomessage ircv3_labeledresponse chanhistory chghost botmode ssl_gnutls sslinfo namesx"
    # ranks above and below the usual two, modes that close a channel, and what operators of a network can do
    " customprefix redirect kicknorejoin nonotice sanick sajoin sapart"
    # what services want
    " spanningtree globops chgident hideoper servprotect svshold"
)
LEAF = "leaf.test"
CONFIGURATION = """
<server name="{name}" description="InspIRCd of the tests" network="Testnet">
<admin name="tests" nick="tests" email="tests@localhost">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<pid file="{folder}/inspircd.pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/inspircd.log">
<bind address="{host}" port="{port}" type="clients">
<sslprofile name="tests" provider="gnutls" certfile="{folder}/server.pem" keyfile="{folder}/server.key">
<bind address="{host}" port="{tls_port}" type="clients" sslprofile="tests">
<connect allow="*" timeout="60" pingfreq="120" hardsendq="1M" softsendq="512K" recvq="64K" threshold="{threshold}"
         commandrate="100000" fakelag="no" localmax="1000" globalmax="1000"
         maxchans="200" modes="+x" resolvehostnames="no">
<performance nouserdns="yes" softlimit="1000">
<options defaultmodes="{default_modes}" hostintopic="yes">
<security maxtargets="20">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="all" classes="all">
<oper name="oper" password="oper" host="*@*" type="all" autologin="no">
<customprefix name="founder" letter="q" prefix="~" rank="50000" ranktoset="30000">
<customprefix name="halfop" letter="h" prefix="%" rank="20000" ranktoset="30000">
<sasl target="services.test">
<bind address="{host}" port="{services_port}" type="servers">
<link name="services.test" ipaddr="{host}" port="{services_port}" allowmask="{host}" sendpass="link" recvpass="link">
<uline server="services.test" silent="yes">
<link name="{other}" ipaddr="{host}" port="{other_port}" allowmask="{host}" sendpass="link" recvpass="link">
<chanhistory maxlines="{longest_history}" prefixmsg="no" bots="yes">
<files motd="{folder}/motd">
{modules}
"""


class InspIRCd(ServerProcess):
    """`start` and `stop` may be used to break it in between, on the same ports."""

    binary = "/usr/sbin/inspircd"
    question = b"CAP LS 302\r\n"  # answered before any registration

    def __init__(
        self,
        default_modes: str = "not",
        longest_history: int = 50,
        sts: bool = False,
        hub: InspIRCd | None = None,
        threshold: int = 100,
    ) -> None:
        """`default_modes`: those of a new channel, as ``MODE`` takes them; `longest_history`: lines, for its ``+H``;
        `sts`: on plain text it asks for TLS (IRCv3 STS), under the name localhost; `hub`: the server to which its
        operators can link it (``CONNECT irc.test``), as leaf.test; `threshold`: of its flood protection: somebody who
        says more than half as many lines at once is thrown out."""
        super().__init__(ports=3)
        self.hub = hub
        self.sts = sts
        self.default_modes = default_modes
        self.longest_history = longest_history
        self.threshold = threshold
        _, self.tls_port, self.services_port = self.ports
        self.ca = self.folder / "ca.pem"

    def write(self) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert(self.host, *(["localhost"] if self.sts else []))
        authority.cert_pem.write_to_path(self.ca)
        certificate.private_key_pem.write_to_path(self.folder / "server.key")
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(self.folder / "server.pem", append=True)
        (self.folder / "motd").write_text("A server for tests.\n")
        modules = "\n".join(f'<module name="{name}">' for name in MODULES.split())
        if self.sts:
            modules += f'\n<module name="ircv3_sts">\n<sts host="localhost" duration="10m" port="{self.tls_port}">'
        (self.folder / "inspircd.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder,
                host=self.host,
                port=self.port,
                tls_port=self.tls_port,
                services_port=self.services_port,
                default_modes=self.default_modes,
                longest_history=self.longest_history,
                threshold=self.threshold,
                modules=modules,
                name=LEAF if self.hub else "irc.test",
                other="irc.test" if self.hub else LEAF,
                other_port=self.hub.services_port if self.hub else 1,
            )
        )

    def command(self) -> list[str]:
        root = ["--runasroot"] if os.geteuid() == 0 else []
        return [self.binary, "--nofork", *root, "--config", str(self.folder / "inspircd.conf")]

    def tls_context(self) -> ssl.SSLContext:
        """For a client that trusts this server."""
        return ssl.create_default_context(cafile=str(self.ca))
