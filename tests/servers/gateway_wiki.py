"""A folder comes in; a MediaWiki as sites run it comes out: MariaDB, PHP in processes of its own, nginx before it.

For the rest it is the wiki of `mediawiki`, and is used like it. Its servers are processes of their own like that one's
PHP, with all that they write in the folder; the services that Debian's packages bring are not touched.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.servers.mediawiki import PHP, MediaWiki, php_options

MARIADB, PHP_FPM, NGINX = "/usr/sbin/mariadbd", "/usr/sbin/php-fpm8.2", "/usr/sbin/nginx"
TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
"""What mariadb-install-db says to a new server: root without a password, by its socket alone."""
CHILDREN = 2
"""Processes of PHP."""
FPM_CONFIGURATION = """\
[global]
daemonize = no
error_log = {folder}/php.log
[wiki]
user = root
group = root
listen = {folder}/php.sock
pm = static
pm.max_children = {children}
clear_env = no
"""
"""`user`: whoever is not root is told that it is ignored, and stays who they are."""
NGINX_CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_max_body_size {largest};
    client_body_temp_path {folder}/tmp/body;
    proxy_temp_path {folder}/tmp/proxy;
    fastcgi_temp_path {folder}/tmp/fastcgi;
    uwsgi_temp_path {folder}/tmp/uwsgi;
    scgi_temp_path {folder}/tmp/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {code};
        location / {{
            fastcgi_pass unix:{folder}/php.sock;
            fastcgi_read_timeout 180s;
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {router};
        }}
    }}
}}
"""


@dataclass
class GatewayWiki(MediaWiki):
    """`largest`: what nginx takes of one request, as it is written in its configuration."""

    served_by: ClassVar[str] = "MariaDB, php-fpm, nginx"
    needs: ClassVar[Sequence[str]] = (*MediaWiki.needs, MARIADB, PHP_FPM, NGINX)
    files: ClassVar[Sequence[Path]] = (*MediaWiki.files, Path(__file__))

    largest: str = "8m"

    def begin_database(self) -> None:
        data, listening = self._place / "mariadb", self._place / "mariadb.sock"
        server = [
            *(MARIADB, "--no-defaults", "--user=root", f"--datadir={data}", f"--tmpdir={self._place / 'tmp'}"),
            "--innodb-log-file-size=32M",  # by default 96 MB, and each new wiki would copy them
        ]
        if not data.is_dir():
            data.mkdir()
            _make_tables(*server)
        self._begin(*server, f"--socket={listening}", "--skip-networking")
        self._wait_until(lambda: _listens(listening))

    def database(self) -> Sequence[str]:
        where = ("--dbtype", "mysql", "--dbserver", f"localhost:{self._place / 'mariadb.sock'}", "--dbname", "wiki")
        return (*where, "--installdbuser", "root", "--installdbpass", "", "--dbuser", "wiki", "--dbpass", "wiki")

    def _serve(self) -> None:
        (self._place / "fpm.conf").write_text(FPM_CONFIGURATION.format(folder=self._place, children=CHILDREN))
        settings = NGINX_CONFIGURATION.format(
            folder=self._place, largest=self.largest, port=self.port, code=self.code, router=PHP / "router.php"
        )
        (self._place / "nginx.conf").write_text(settings)
        self._begin(PHP_FPM, *php_options(self.folder), "-R", "-y", str(self._place / "fpm.conf"))
        self._wait_until(lambda: _listens(self._place / "php.sock"))
        self._begin(NGINX, "-e", "stderr", "-c", str(self._place / "nginx.conf"))

    @property
    def _place(self) -> Path:
        """The folder, from anywhere."""
        return self.folder.absolute()


def _make_tables(*server: str) -> None:
    tables = "".join((Path("/usr/share/mysql") / name).read_text() for name in TABLES)
    made = subprocess.run(
        [*server, "--bootstrap"],
        input=f"create database mysql;\nuse mysql;\n{tables}",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(f"MariaDB cannot make its tables: {made.stdout[-1000:]}")


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0
