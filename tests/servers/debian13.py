"""The machine's own Debian mirrors come in; MediaWiki 1.43 of Debian 13 comes out, unpacked into ``.servers``.

The wikis of today run that release or a newer one, and Debian 12 has 1.39. Nothing of Debian 13 is installed: apt has a
configuration, lists and a cache of its own for it, in a folder that is gone afterwards, and needs no root. What it
fetches is signed with Debian's keys. PHP and all other servers are those of Debian 12.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".servers"
PACKAGES = ("mediawiki", "mediawiki-classes")
RELEASE = "1.43"
MEGABYTES = 64
"""To download; 334 unpacked."""

_MEDIAWIKI = Path("debian13/usr/share/mediawiki")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SUITE = re.compile(r"'(?P<mirror>\S+/)dists/(?:bookworm|oldstable)(?P<part>|-updates|-security)/InRelease'")
_CONFIGURATION = """\
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{folder}/state";
Dir::State::Status "/dev/null";
Dir::Cache "{folder}/cache";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
#clear APT::Update;
"""


class NoDebian13(Exception):
    """Why there is no MediaWiki 1.43 here, for a person."""


def mediawiki(cache: Path = CACHE) -> Path:
    """Where its code is, if it is there."""
    return cache / _MEDIAWIKI


def is_there(cache: Path) -> bool:
    return mediawiki(cache).is_dir()


def fetch(cache: Path) -> None:
    """Put it there, unless it is. Raises NoDebian13, and then nothing is left behind."""
    cache.mkdir(exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_there(cache):
            return
        scratch = cache / "debian13.new"
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            _unpack(_download(scratch), scratch / "debian13")
            if not (mediawiki(scratch) / "api.php").is_file():
                raise NoDebian13("its packages hold something else than was expected")
            (scratch / "debian13").rename(cache / "debian13")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _download(folder: Path) -> list[Path]:
    sources = _sources_of(_run(["apt-get", "update", "--print-uris"]).stdout)
    if not sources:
        raise NoDebian13("apt knows no mirror of Debian 12 on this machine, from which to tell where Debian 13 is")
    for name in ("state/lists/partial", "cache/archives/partial", "packages"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text("\n".join([*sources, ""]))
    configuration = folder / "apt.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder))
    apt = ("apt-get", "-q", "-c", str(configuration))
    # Whether a mirror had all that it was asked for is not the question: the packages are, and apt takes none unsigned.
    updated = _run([*apt, "update"])
    fetched = _run([*apt, "download", *PACKAGES], cwd=folder / "packages")
    packages = sorted((folder / "packages").glob("*.deb"))
    if fetched.returncode or len(packages) != len(PACKAGES):
        raise NoDebian13(f"this machine's mirrors do not have it:\n{_tail(updated.stdout + fetched.stdout)}")
    return packages


def _sources_of(uris: str) -> list[str]:
    """Where Debian 13 stands, as lines of a sources.list, by where the machine's own Debian 12 does."""
    signed = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
    found = dict.fromkeys((each["mirror"], each["part"]) for each in _SUITE.finditer(uris))
    return [f"deb {signed}{mirror} trixie{part} main" for mirror, part in found]


def _unpack(packages: list[Path], root: Path) -> None:
    for package in packages:
        unpacked = _run(["dpkg-deb", "-x", str(package), str(root)])
        if unpacked.returncode:
            raise NoDebian13(f"{package.name} cannot be unpacked:\n{_tail(unpacked.stdout)}")
    _make_links_local(root)


def _make_links_local(root: Path) -> None:
    """Let each link that leads to /somewhere lead to somewhere below `root`, as it would on a machine of its own."""
    for link in (path for path in root.rglob("*") if path.is_symlink()):
        target = os.readlink(link)
        if target.startswith("/"):
            link.unlink()
            link.symlink_to(os.path.relpath(root / target.lstrip("/"), link.parent))


def _run(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    # A session of its own: Ctrl-C in the terminal is for us to answer.
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _tail(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-8:])
