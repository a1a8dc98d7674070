"""Nothing comes in; the Debian packages that the real servers need come out installed, with no service started.

``python -m tests.servers.install``, with the standard library alone. It says what it is going to change before it does,
needs root for it, and does not configure or run the servers: their modules beside this one do. Afterwards it fetches
a MediaWiki of Debian 13 beside the installed one (`debian13`); ``--packages`` leaves that out.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from tests.servers import debian13

PACKAGES = (
    "php8.2-cli",
    "php8.2-sqlite3",
    "php8.2-apcu",
    "php8.2-intl",
    "php8.2-mbstring",
    "php8.2-xml",
    "php-luasandbox",
    "diffutils",
    "groff-base",
    "mediawiki",
    # as sites run it; the first two are also the httpd and the PHP of its dependencies, which would bring an apache
    "nginx",
    "php8.2-fpm",
    "php8.2-mysql",
    "mariadb-server-core",
    "inspircd",
    "atheme-services",
    "ngircd",
    "znc",
    "faketime",
    "slapd",
    "ldap-utils",
    "libnss-wrapper",
    # by which the log is read as people read it
    "chromium",
    "chromium-driver",
    # with these pip builds python-ldap
    "gcc",
    "libldap-dev",
    "libsasl2-dev",
    "python3-dev",
)
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_MARK = "# labsbot: for the minute of one installation"
ENABLED = (("/etc/systemd/system", "*.wants/*"), ("/etc", "rc[2-5].d/S*"))
APT = ("apt-get", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")


class InstallFailure(Exception):
    """What a person has to know, in one line or a few."""


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 all there; 1 it failed, or a person has to run one command as root."""
    try:
        status = _install_packages()
    except InstallFailure as failure:
        print(f"Not installed: {failure}", file=sys.stderr)
        return 1
    if not status and "--packages" not in arguments:
        _fetch_mediawiki(debian13.CACHE)
    return status


def _install_packages() -> int:
    missing = missing_packages()
    if not missing:
        print("Everything that the real servers need is installed.")
        return 0
    if os.geteuid() != 0:
        print(_plan(missing, may_refresh=False))
        print("That needs root. Run this, then try again:")
        print(f"    cd {Path.cwd()} && sudo {sys.executable} -B -m tests.servers.install --packages")
        return 1
    print(_plan(missing, may_refresh=True), flush=True)
    _install(missing)
    still = missing_packages()
    if still:
        raise InstallFailure(f"apt-get ended well, yet these are not installed: {' '.join(still)}")
    print("Done.")
    return 0


def _fetch_mediawiki(cache: Path) -> None:
    """Without it the tests meet one MediaWiki less, and this says so; that is no failure."""
    if not debian13.is_there(cache):
        print(
            f"Fetching MediaWiki {debian13.RELEASE} of Debian 13 into {cache.name}"
            f" ({debian13.MEGABYTES} MB, once; nothing of it is installed) …",
            flush=True,
        )
    try:
        debian13.fetch(cache)
    except debian13.NoDebian13 as failure:
        print(
            f"WARNING: MediaWiki {debian13.RELEASE} is missing, so that only 1.39 will be tested: {failure}",
            file=sys.stderr,
        )


def missing_packages() -> list[str]:
    """Ask dpkg which packages are still to be installed. Raises InstallFailure where there is no dpkg."""
    if not (shutil.which("dpkg-query") and shutil.which("apt-get")):
        raise InstallFailure("this machine has no apt-get; the real servers are set up from Debian 12's packages.")
    status = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}\n"], capture_output=True, text=True
    ).stdout
    installed = {package for state, package in map(str.split, status.splitlines()) if state == "installed"}
    return [package for package in PACKAGES if package not in installed]


def _plan(missing: list[str], may_refresh: bool) -> str:
    simulated = _apt("-s", "install", *missing)
    if simulated.returncode and may_refresh:
        _refresh()
        simulated = _apt("-s", "install", *missing)
    if simulated.returncode:
        if may_refresh:
            raise InstallFailure(f"apt-get cannot find the packages (Debian 12 is needed):\n{_tail(simulated)}")
        return f"The real servers need these Debian packages: {' '.join(missing)}."
    new = [line.split()[1] for line in simulated.stdout.splitlines() if line.startswith("Inst ")]
    removed = [line.split()[1] for line in simulated.stdout.splitlines() if line.startswith("Remv ")]
    if removed:
        raise InstallFailure(f"apt-get would remove {' '.join(removed)}. Install {' '.join(missing)} by hand.")
    uris = _apt("--print-uris", "-o", "Debug::NoLocking=1", "install", *missing).stdout.splitlines()
    sizes = [int(line.split()[2]) for line in uris if line.startswith("'")]
    return (
        f"This will change on this machine: {len(new)} Debian packages are installed"
        f" ({sum(sizes) / 1e6:.0f} MB to download):\n"
        f"    {' '.join(new)}\n"
        "No service is started or left enabled, and nothing that is here already is removed or reconfigured.\n"
        f"To undo it: apt-get purge --autoremove {' '.join(missing)}"
    )


def _refresh() -> None:
    print("This machine's package lists are missing or old: refreshing them (apt-get update).", flush=True)
    _checked(_apt("update"))


def _install(missing: list[str]) -> None:
    print("Downloading …", flush=True)
    if _apt("--download-only", "install", *missing).returncode:
        # Lists of last month name packages that the archive has replaced since.
        _refresh()
        _checked(_apt("--download-only", "install", *missing))
    print("Installing (less than a minute) …", flush=True)
    # dpkg cut off halfway leaves a broken machine, and services would start once the policy is gone: a signal waits.
    with _signals_wait(), no_service_starts(POLICY):
        before = _enabled()
        try:
            _checked(_apt("install", *missing))
        finally:
            _disable(_enabled() - before)


@contextlib.contextmanager
def no_service_starts(policy: Path) -> Iterator[None]:
    """Keep packages from starting services (policy-rc.d, invoke-rc.d(8)), unless the machine has its own rule for that.

    A file of ours that a killed installation left is taken away too.
    """
    if policy.exists() and POLICY_MARK not in policy.read_text(errors="replace"):
        yield
        return
    try:
        policy.write_text(f"#!/bin/sh\n{POLICY_MARK}\nexit 101\n")
        policy.chmod(0o755)
        yield
    finally:
        policy.unlink(missing_ok=True)


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    came: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        print("The packages are being set up; ending as soon as that is whole …", file=sys.stderr, flush=True)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, remember) for number in signals}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
        if came:
            os.kill(os.getpid(), came[0])


def _enabled() -> set[Path]:
    return {path for folder, pattern in ENABLED for path in Path(folder).glob(pattern)}


def _disable(links: set[Path]) -> None:
    """Disable what the new packages enabled; a later upgrade sees that it was switched off and leaves it so."""
    for link in links:
        if link.parent.name.endswith(".wants"):
            link.unlink()
    scripts = sorted({link.name[3:] for link in links if link.parent.name.startswith("rc")})
    for script in scripts:
        subprocess.run(["update-rc.d", script, "disable"], stdin=subprocess.DEVNULL, capture_output=True)
    left = _enabled() & links
    if left:
        raise InstallFailure(f"installed, but still enabled: {' '.join(sorted(map(str, left)))}")


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    # A session of its own: Ctrl-C in the terminal is for us to answer, not for dpkg to die of.
    process = subprocess.Popen(
        [*APT, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, output)


def _checked(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise InstallFailure(f"apt-get failed:\n{_tail(done)}")


def _tail(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-8:])


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    sys.exit(main(sys.argv[1:]))
