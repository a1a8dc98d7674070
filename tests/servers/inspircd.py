"""A real InspIRCd (Debian's) on loopback, with history and TLS, in a folder of its own; it leaves nothing behind.

Settings of channels are for the tests to make (``MODE #c +H 50:1h``); there are no operators and no services.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

BINARY = "/usr/sbin/inspircd"
STARTING = 20.0
MODULES = (
    "deaf services_account sasl cap ircv3 ircv3_batch ircv3_capnotify ircv3_ctctags ircv3_msgid ircv3_servertime"
    " ircv3_accounttag ircv3_echomessage ircv3_labeledresponse chanhistory chghost botmode ssl_gnutls sslinfo"
)
CONFIGURATION = """
<server name="irc.test" description="InspIRCd of the tests" network="Testnet">
<admin name="tests" nick="tests" email="tests@localhost">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<pid file="{folder}/inspircd.pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/inspircd.log">
<bind address="{host}" port="{port}" type="clients">
<sslprofile name="tests" provider="gnutls" certfile="{folder}/server.pem" keyfile="{folder}/server.key">
<bind address="{host}" port="{tls_port}" type="clients" sslprofile="tests">
<connect allow="*" timeout="60" pingfreq="120" hardsendq="1M" softsendq="512K" recvq="64K" threshold="100"
         commandrate="100000" fakelag="no" localmax="1000" globalmax="1000" modes="+x" resolvehostnames="no">
<performance nouserdns="yes" softlimit="1000">
<options defaultmodes="not" hostintopic="yes">
<security maxtargets="20">
<sasl target="services.test">
<chanhistory maxlines="50" prefixmsg="no" bots="yes">
<files motd="{folder}/motd">
{modules}
"""


class InspIRCd:
    """Use as a context manager; `start` and `stop` may be used to break it in between, on the same ports."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port, self.tls_port = _free_ports(self.host, 2)
        self.folder = Path(tempfile.mkdtemp(prefix="labsbot-inspircd-"))
        self.ca = self.folder / "ca.pem"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._write()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert(self.host)
        authority.cert_pem.write_to_path(self.ca)
        certificate.private_key_pem.write_to_path(self.folder / "server.key")
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(self.folder / "server.pem", append=True)
        (self.folder / "motd").write_text("A server for tests.\n")
        modules = "\n".join(f'<module name="{name}">' for name in MODULES.split())
        (self.folder / "inspircd.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder, host=self.host, port=self.port, tls_port=self.tls_port, modules=modules
            )
        )

    def start(self) -> None:
        """Start it and return when it answers. Raises RuntimeError with its own words if it does not."""
        if not Path(BINARY).exists():
            raise RuntimeError(f"{BINARY} is missing: install the servers with `python -m tests.servers.install`")
        root = ["--runasroot"] if os.geteuid() == 0 else []
        output = self.folder / "output"
        with output.open("wb") as out:
            self._process = subprocess.Popen(
                [BINARY, "--nofork", *root, "--config", str(self.folder / "inspircd.conf")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                preexec_fn=_no_core,
            )
        deadline = time.monotonic() + STARTING
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"InspIRCd does not start:\n{output.read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        """Stop it, and return when it is gone."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it from doing anything, while its connections stay up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def tls_context(self) -> ssl.SSLContext:
        """For a client that trusts this server."""
        return ssl.create_default_context(cafile=str(self.ca))

    def _answers(self) -> bool:
        """A CAP LS is answered before any registration."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(b"CAP LS 302\r\n")
                said = b""
                while b" LS " not in said:
                    more = connection.recv(4096)
                    if not more:
                        return False
                    said += more
                return True
        except ConnectionRefusedError:
            time.sleep(0.02)  # the only way to learn that a port is open is to ask again
            return False
        except OSError:
            return False


def _free_ports(host: str, number: int) -> list[int]:
    """Ports that the kernel says are free; all are held until all are known."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind((host, 0))
        return [each.getsockname()[1] for each in sockets]


def _no_core() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
