"""Install, upgrade, remove and purge the Debian package in a Debian of its own, and have lintian look at it.

``python -m release.deb_try`` takes the package that `release.deb` made. As root: debootstrap fills a folder with a
Debian 12 that has nothing of ours, and chroot enters it; nothing is started there and nothing outside is touched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from labsbot import __version__
from release import dist
from release.deb import LIBRARY, SITE, architecture, compiled

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
CONFIGURATION = """\
journal: /var/lib/labsbot/journal.sqlite3
irc:
  example:
    server: 127.0.0.1:6667
    tls: false
    nick: labsbot
    channels: ["#example-ops"]
wiki: {folder: /var/lib/labsbot/pages}
projects: {list: [web]}
"""
LOAD = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
AS_THE_BOT = ("setpriv", "--reuid=labsbot", "--regid=labsbot", "--init-groups", "env", "HOME=/var/lib/labsbot")


def main() -> int:
    made = dist.OUT / f"labsbot_{__version__}_{architecture()}.deb"
    if os.geteuid() != 0 or not all(map(shutil.which, ("debootstrap", "lintian"))):
        print("deb: this needs root, debootstrap and lintian (apt install debootstrap lintian)", file=sys.stderr)
        return 1
    if not made.exists():
        print(f"deb: there is no {made}: run make deb first", file=sys.stderr)
        return 1
    try:
        dist.say("lintian")
        dist.run("lintian", "--allow-root", "--fail-on", "error", "--tag-display-limit", "0", made, cwd=dist.OUT)
        with tempfile.TemporaryDirectory(prefix="labsbot-debian-") as name:
            whole_life(Machine(Path(name)), made)
    except subprocess.CalledProcessError as failure:
        print(f"{failure.stdout}deb: {failure}", file=sys.stderr)
        return 1
    except dist.NotWhole as failure:
        print(f"deb: {failure}", file=sys.stderr)
        return 1
    dist.say("installed, upgraded, removed and purged")
    return 0


class Machine:
    """A Debian in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        dist.say(f"debootstrap {SUITE}")
        options = ("--variant=minbase", "--include=ca-certificates")
        dist.run("debootstrap", *options, SUITE, root, MIRROR, cwd=Path("/"))
        root.chmod(0o755)  # its users come in, too
        (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (root / "usr/sbin/policy-rc.d").chmod(0o755)

    def does(self, *command: str) -> str:
        plain = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return dist.run("chroot", self.root, *command, cwd=Path("/"), environment=plain)

    def installs(self, package: Path) -> None:
        if package.parent != self.root / "tmp":
            shutil.copy(package, self.root / "tmp")
        self.does("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", f"/tmp/{package.name}")

    def has(self, path: str) -> bool:
        return os.path.lexists(self.root / path.lstrip("/"))


def whole_life(machine: Machine, package: Path) -> None:
    machine.installs(package)
    dist.say("installed")
    is_whole(machine)
    works(machine)
    newer = renamed(package, f"{__version__}+1", machine.root / "tmp")
    journal = machine.root / "var/lib/labsbot/journal.sqlite3"
    journal.write_bytes(b"of the release before")
    machine.installs(newer)
    dist.say("upgraded")
    require("the newer package is there", f"{__version__}+1" in machine.does("dpkg-query", "-W", "labsbot"))
    require("an upgrade leaves configuration and journal", kept(machine))
    machine.does("dpkg", "--remove", "labsbot")
    require("what was installed is gone", not machine.has(f"/{LIBRARY}") and not machine.has("/usr/bin/labsbot"))
    require("a removal leaves configuration and journal", kept(machine))
    machine.does("dpkg", "--purge", "labsbot")
    require("purged, nothing is left", not machine.has("/etc/labsbot") and not machine.has("/var/lib/labsbot"))


def is_whole(machine: Machine) -> None:
    said = machine.does("labsbot", "--version").strip()
    require(f"it says its version: {said}", said == f"labsbot {__version__}")
    rights = machine.does("stat", "-c", "%a %U %G", "/etc/labsbot", "/var/lib/labsbot").splitlines()
    require(f"its folders are closed: {rights}", rights == ["750 root labsbot", "750 labsbot labsbot"])
    for path in ("lib/systemd/system/labsbot.service", "usr/share/man/man1/labsbot-log.1.gz"):
        require(f"{path} is there", machine.has(path))
    unit = (machine.root / "lib/systemd/system/labsbot.service").read_text()
    require("its unit starts what is installed", "ExecStart=/usr/bin/labsbot run" in unit)
    sources = [path for path in (machine.root / LIBRARY / "lib").rglob("*.py") if "__pycache__" not in path.parts]
    quick = [path for path in sources if (path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc").exists()]
    require(f"all is compiled: {len(quick)} of {len(sources)}", len(quick) > 0.99 * len(sources))
    home = machine.root / LIBRARY
    modules = [path.relative_to(home / SITE).with_name(path.name.partition(".")[0]) for path in compiled(home)]
    machine.does(f"/{LIBRARY}/bin/python", "-c", LOAD, *(".".join(path.parts) for path in modules))


def works(machine: Machine) -> None:
    path = machine.root / "etc/labsbot/labsbot.yaml"
    path.write_text(CONFIGURATION)
    told = machine.does(*AS_THE_BOT, "labsbot", "check")
    require(f"its configuration is found and right: {told}", "nothing is wrong with it" in told)
    played = machine.does(*AS_THE_BOT, "timeout", dist.PATIENCE, "labsbot", "demo", "--once")
    require("the demo is played", "alice: Logged at " in re.sub(r"\s+", " ", played))
    require("nothing of the package was changed by that", machine.does("dpkg", "--verify", "labsbot") == "")
    dist.say("checked a configuration, and played the demo, as its user")


def renamed(package: Path, version: str, folder: Path) -> Path:
    """The same package, as if it were of another release."""
    unpacked, made = folder / "unpacked", folder / f"labsbot_{version}.deb"
    dist.run("dpkg-deb", "--raw-extract", package, unpacked, cwd=folder)
    control = unpacked / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {__version__}\n", f"Version: {version}\n"))
    dist.run("dpkg-deb", "-Znone", "--build", unpacked, made, cwd=folder)
    shutil.rmtree(unpacked)
    return made


def kept(machine: Machine) -> bool:
    return machine.has("/etc/labsbot/labsbot.yaml") and machine.has("/var/lib/labsbot/journal.sqlite3")


def require(what: str, holds: bool) -> None:
    if not holds:
        raise dist.NotWhole(f"it is not so: {what}")


if __name__ == "__main__":
    sys.exit(main())
