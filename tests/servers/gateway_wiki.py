"""A folder comes in; a MediaWiki as sites run it comes out: MariaDB, PHP in processes of its own, nginx before it.

Debian's packages, unpacked below ``.servers`` and run on loopback from that folder; nothing is installed. For the rest
it is the wiki of `mediawiki`, and is used like it.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.mediawiki import (
    PHP,
    SECONDS_TO_START,
    Database,
    MediaWiki,
    begin,
    end,
    free_port,
    install_wiki,
    php_options,
    wiki_environment,
)
from tests.servers.unpacked import unpacked

LIBRARIES = ("liburing2", "libaio1")
"""What MariaDB needs that no other server of the tests has brought."""
CHILDREN = 2
"""Processes of PHP."""
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 1;
{user}
events {{}}
http {{
    access_log off;
    client_max_body_size {largest};
    client_body_temp_path {folder}/tmp/body;
    proxy_temp_path {folder}/tmp/proxy;
    fastcgi_temp_path {folder}/tmp/fastcgi;
    uwsgi_temp_path {folder}/tmp/uwsgi;
    scgi_temp_path {folder}/tmp/scgi;
    types {{ text/css css; text/javascript js; image/svg+xml svg; image/png png; }}
    server {{
        listen 127.0.0.1:{port};
        root {code};
        location ~ ^/(resources|skins|extensions)/.*\\.(css|js|svg|png|gif|jpg|woff2?|ico)$ {{ }}
        location / {{
            fastcgi_pass unix:{folder}/php.sock;
            fastcgi_read_timeout 180s;
            fastcgi_param SCRIPT_FILENAME {router};
            fastcgi_param DOCUMENT_ROOT {code};
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param SERVER_NAME 127.0.0.1;
            fastcgi_param SERVER_PORT {port};
            fastcgi_param SERVER_PROTOCOL $server_protocol;
            fastcgi_param REMOTE_ADDR $remote_addr;
        }}
    }}
}}
"""
FPM = """\
[global]
daemonize = no
error_log = {folder}/php-fpm.log
[wiki]
listen = {folder}/php.sock
pm = static
pm.max_children = {children}
clear_env = no
{user}
"""


@dataclass
class GatewayWiki(MediaWiki):
    """`largest`: what nginx takes of one request, as it is written in its configuration."""

    largest: str = "1m"
    _mariadb: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _php: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        try:
            self._mariadb = self._mariadb or self._start_mariadb()
            super().start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        super().stop()
        for process in (self._php, self._mariadb):
            if process:
                end(process)
        self._php = self._mariadb = None

    def kill(self) -> None:
        super().kill()
        self.stop()

    def _make(self) -> None:
        install_wiki(self.folder, self.code, self._database)

    @property
    def _socket(self) -> Path:
        return self.folder.absolute() / "mariadb.sock"

    @property
    def _database(self) -> Database:
        extensions = unpacked("php8.2-mysql") / "usr/lib/php/20220829"
        asked = ("--dbtype", "mysql", "--dbserver", f"localhost:{self._socket}", "--dbname", "wiki")
        return Database(
            (*asked, "--installdbuser", "root", "--installdbpass", "", "--dbuser", "wiki", "--dbpass", "wiki"),
            tuple(part for name in ("mysqlnd", "mysqli") for part in ("-d", f"extension={extensions / name}.so")),
            {"WIKI_DATABASE": str(self._socket)},
        )

    def _start_mariadb(self) -> subprocess.Popen[bytes]:
        files, folder = unpacked("mariadb-server-core") / "usr", self.folder.absolute()
        libraries = [str(unpacked(name) / "usr/lib/x86_64-linux-gnu") for name in LIBRARIES]
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}
        data = folder / "mariadb"
        log = folder / "mariadb.log"
        server = [
            *(str(files / "sbin/mariadbd"), "--no-defaults", f"--datadir={data}", f"--basedir={files}"),
            *(f"--lc-messages-dir={files / 'share/mysql'}", f"--character-sets-dir={files / 'share/mysql/charsets'}"),
            *(f"--tmpdir={folder}", "--plugin-dir=/nowhere", *(["--user=root"] if os.geteuid() == 0 else [])),
        ]
        if not data.exists():
            (data / "mysql").mkdir(parents=True)
            subprocess.run(
                [*server, "--bootstrap"],
                input=_bootstrap(files / "share/mysql"),
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log.open("ab"),
                check=True,
            )
        self._socket.unlink(missing_ok=True)
        process = begin(log, environment, *server, f"--socket={self._socket}", "--skip-networking")
        _until_it_listens(process, self._socket, log)
        return process

    def _serve(self, log: Path) -> subprocess.Popen[bytes]:
        folder, is_root = self.folder.absolute(), os.geteuid() == 0
        (folder / "php-fpm.conf").write_text(
            FPM.format(folder=folder, children=CHILDREN, user="user = root\ngroup = root" if is_root else "")
        )
        (folder / "nginx.conf").write_text(
            NGINX.format(
                folder=folder,
                user="user root;" if is_root else "",
                largest=self.largest,
                port=self.port,
                code=self.code,
                router=PHP / "router.php",
            )
        )
        environment = {**wiki_environment(folder, self.url), **self._database.environment}
        environment["PHP_INI_SCAN_DIR"] = "/etc/php/8.2/cli/conf.d"
        php = unpacked("php8.2-fpm") / "usr/sbin/php-fpm8.2"
        options = [*php_options(folder), *self._database.php, *(["-R"] if is_root else [])]
        (folder / "php.sock").unlink(missing_ok=True)
        self._php = begin(log, environment, str(php), *options, "-y", str(folder / "php-fpm.conf"))
        _until_it_listens(self._php, folder / "php.sock", log)
        nginx = unpacked("nginx") / "usr/sbin/nginx"
        return begin(log, environment, str(nginx), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log"))


def _until_it_listens(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            end(process)
            raise RuntimeError(f"nothing listens at {socket}: {log.read_text(errors='replace')[-1000:]}")
        time.sleep(0.02)


def _bootstrap(scripts: Path) -> bytes:
    """What mariadb-install-db says to a new server: root without a password, by its socket alone."""
    names = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
    return b"use mysql;\n" + b"\n".join((scripts / name).read_bytes() for name in names)
