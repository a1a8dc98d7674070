"""A real slapd (Debian's) on loopback, with TLS, some people and some projects: a directory as labs have one."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterable

import trustme

from tests.servers.process import ServerProcess, free_ports

BASE = "dc=labs,dc=test"
PROJECTS = f"ou=projects,{BASE}"
TOOLS = f"ou=servicegroups,{BASE}"
ADMIN = f"cn=admin,{BASE}"
READER = f"cn=reader,{BASE}"
PASSWORD = "reader-on-loopback-only"
MOST_ROWS = 40
"""What the server gives in one answer; with pages it gives all."""

CONFIGURATION = f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {{folder}}/pid
TLSCertificateFile {{folder}}/certificate.pem
TLSCertificateKeyFile {{folder}}/certificate.pem
database mdb
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw {PASSWORD}
directory {{folder}}/database
dbnosync
limits dn.exact="{READER}" size.soft={MOST_ROWS} size.hard={MOST_ROWS} size.pr=100 size.prtotal=unlimited
limits anonymous size.soft={MOST_ROWS} size.hard={MOST_ROWS} size.prtotal=disabled
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="{TOOLS}" by dn.exact="{READER}" read by * none
access to * by dn.exact="{READER}" read by anonymous read by * none
"""
CONTENT = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: labs
dc: labs

dn: {PROJECTS}
objectClass: organizationalUnit
ou: projects

dn: {TOOLS}
objectClass: organizationalUnit
ou: servicegroups

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {PASSWORD}
"""


class Slapd(ServerProcess):
    binary = "/usr/sbin/slapd"

    def __init__(self) -> None:
        super().__init__()
        self.tls_port = free_ports(self.host, 1)[0]
        self.url = f"ldap://{self.host}:{self.port}"
        self.tls_url = f"ldaps://{self.host}:{self.tls_port}"
        self.authority = trustme.CA()
        self.ca = self.folder / "ca.pem"

    def write(self) -> None:
        (self.folder / "database").mkdir()
        (self.folder / "slapd.conf").write_text(CONFIGURATION.format(folder=self.folder))
        self.authority.cert_pem.write_to_path(self.ca)
        certificate = self.authority.issue_cert(self.host).private_key_and_cert_chain_pem
        certificate.write_to_path(self.folder / "certificate.pem")
        _run(["slapadd", "-f", str(self.folder / "slapd.conf")], CONTENT)

    def command(self) -> list[str]:
        # "-d 0" keeps it in the foreground.
        addresses = f"ldap://{self.host}:{self.port} ldaps://{self.host}:{self.tls_port}"
        return [self.binary, "-d", "0", "-f", str(self.folder / "slapd.conf"), "-h", addresses]

    def answers(self) -> bool:
        """Both ports are open; it says nothing by itself."""
        try:
            for port in (self.port, self.tls_port):
                socket.create_connection((self.host, port), timeout=2).close()
        except OSError:
            return False
        return True

    # --- what administrators do -----------------------------------------------------------------------------------

    def add_group_of_names(self, cn: str, members: Iterable[str], under: str = PROJECTS) -> None:
        """`members` are distinguished names."""
        lines = [f"dn: cn={cn},{under}", "objectClass: groupOfNames", f"cn: {cn}", *(f"member: {m}" for m in members)]
        self.add("\n".join(lines))

    def add_posix_group(self, cn: str, members: Iterable[str], under: str = PROJECTS, number: int = 50000) -> None:
        lines = [f"dn: cn={cn},{under}", "objectClass: posixGroup", f"cn: {cn}", f"gidNumber: {number}"]
        self.add("\n".join([*lines, *(f"memberUid: {m}" for m in members)]))

    def add(self, ldif: str) -> None:
        """Add entries, a blank line between each two."""
        self._administer("ldapadd", text=ldif)

    def delete(self, *dns: str) -> None:
        self._administer("ldapdelete", *dns)

    def _administer(self, command: str, *arguments: str, text: str = "") -> None:
        _run([command, "-x", "-H", self.url, "-D", ADMIN, "-w", PASSWORD, *arguments], text)


def _run(command: list[str], text: str) -> None:
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LDAPNOINIT": "1"}
    done = subprocess.run(command, input=text, env=path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command[:1]))} failed:\n{done.stdout}")
