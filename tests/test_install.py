"""What the installation of the real servers says and leaves behind, with a Debian of a few scripts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import debian13, install, unpacked

ROOT = Path(__file__).parents[1]


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """A folder of commands; `installed` holds what dpkg would say."""
    (tmp_path / "installed").write_text("installed\tbash\nconfig-files\tnginx\n")
    _command(tmp_path / "dpkg-query", f"cat {tmp_path}/installed")
    _command(
        tmp_path / "apt-get", f'echo "$@" >> {tmp_path}/asked; case "$*" in *"-s "*) echo "Inst php8.2-cli (1)";; esac'
    )
    return tmp_path


def _command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _run(debian: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{debian}:/usr/bin:/bin"}
    command = [sys.executable, "-m", "tests.servers.install", "--packages"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_where_all_is_there_nothing_is_done(debian: Path) -> None:
    (debian / "installed").write_text("".join(f"installed\t{name}\n" for name in install.PACKAGES))
    done = _run(debian)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert not (debian / "asked").exists()


def test_without_root_nothing_is_changed_and_the_command_is_named(
    debian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{debian}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said: list[str] = []
    monkeypatch.setattr("builtins.print", lambda *words, **_: said.append(" ".join(map(str, words))))
    assert install.main([]) == 1
    assert "php8.2-cli" in said[0]
    assert said[-1].endswith("-m tests.servers.install --packages")
    assert "sudo" in said[-1]
    asked = (debian / "asked").read_text().splitlines()
    assert all("-s " in line or "--print-uris" in line for line in asked)
    assert "nginx" in asked[0].split(), "what was removed, and only left its configuration, is missing"


def test_without_apt_it_says_what_is_needed(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "tests.servers.install"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Debian 12" in done.stderr


# --- a MediaWiki of Debian 13 -------------------------------------------------------------------------------------

PRINTED = """\
'http://mirror.test/debian/dists/bookworm/InRelease' mirror.test_InRelease 0
'http://mirror.test/debian/dists/bookworm-updates/InRelease' mirror.test_InRelease 0
'http://mirror.test/security/dists/bookworm-security/InRelease' mirror.test_InRelease 0
'http://mirror.test/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror.test_Packages 0
'http://elsewhere.test/dists/nodistro/InRelease' elsewhere.test_InRelease 0
"""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an apt-get whose mirrors have what is in `packages`; `sources` is what it was told of them."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "printed").write_text(PRINTED)
    script = f"""
echo "$@" >> {tmp_path}/asked
case "$*" in
*--print-uris*) cat {tmp_path}/printed ;;
*download*) cat ../sources.list > {tmp_path}/sources; cp {tmp_path}/packages/*.deb . || echo "E: Unable to locate" ;;
esac"""
    _command(tmp_path / "apt-get", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def _package(mirror: Path, name: str, files: dict[str, str], links: dict[str, str]) -> None:
    root = mirror / name
    for path, text in ({"DEBIAN/control": CONTROL.format(name=name)} | files).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    made = mirror / "packages" / f"{name}.deb"
    subprocess.run(["dpkg-deb", "--build", str(root), str(made)], check=True, capture_output=True)


CONTROL = "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Tests <tests@localhost>\nDescription: x\n"


def test_a_mediawiki_of_debian_13_is_unpacked_and_nothing_in_it_leads_out(mirror: Path) -> None:
    code = {"usr/share/mediawiki/api.php": "<?php", "usr/share/mediawiki/extensions-core/Cite/extension.json": "{}"}
    links = {
        "usr/share/mediawiki/extensions": "/var/lib/mediawiki/extensions",
        "var/lib/mediawiki/extensions/Cite": "/usr/share/mediawiki/extensions-core/Cite",
        "var/lib/mediawiki/LocalSettings.php": "/etc/mediawiki/LocalSettings.php",
    }
    _package(mirror, "mediawiki", code, links)
    _package(mirror, "mediawiki-classes", {"usr/share/mediawiki/vendor/autoload.php": "<?php"}, {})
    cache = mirror / "cache"
    debian13.fetch(cache)
    there = debian13.mediawiki(cache)
    assert (there / "vendor/autoload.php").read_text() == "<?php"
    assert (there / "extensions/Cite/extension.json").read_text() == "{}"
    assert all(path.resolve().is_relative_to(cache) for path in cache.rglob("*"))
    assert {path.name for path in cache.iterdir()} == {"debian13", "lock"}
    sources = [line.replace("] ", "]").partition("]")[2] for line in (mirror / "sources").read_text().splitlines()]
    assert sources == [
        "http://mirror.test/debian/ trixie main",
        "http://mirror.test/debian/ trixie-updates main",
        "http://mirror.test/security/ trixie-security main",
    ]
    asked = (mirror / "asked").read_text()
    assert "install" not in asked
    debian13.fetch(cache)
    assert (mirror / "asked").read_text() == asked, "once is enough"


@pytest.mark.parametrize("printed", [PRINTED, ""])
def test_where_no_mirror_has_debian_13_that_is_said_aloud_and_is_no_failure(
    mirror: Path, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (mirror / "printed").write_text(printed)
    _command(mirror / "dpkg-query", f"cat {mirror}/installed")
    (mirror / "installed").write_text("".join(f"installed\t{name}\n" for name in install.PACKAGES))
    monkeypatch.setattr(debian13, "CACHE", mirror / "cache")
    assert install.main([]) == 0
    said = capsys.readouterr().err
    assert "MediaWiki 1.43 is missing, so that only 1.39 will be tested" in said
    assert "mirror" in said
    assert ("E: Unable to locate" in said) == bool(printed)
    assert not debian13.is_there(mirror / "cache")
    assert {path.name for path in (mirror / "cache").iterdir()} == {"lock"}


# --- services -----------------------------------------------------------------------------------------------------


def test_services_are_kept_from_starting_and_only_for_that_long(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with install.no_service_starts(policy):
        assert subprocess.run([policy, "nginx", "start"]).returncode == 101
    assert not policy.exists()


def test_a_rule_of_the_machines_own_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with install.no_service_starts(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_rule_that_a_killed_installation_left_goes(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(f"#!/bin/sh\n{install.POLICY_MARK}\nexit 101\n")
    with install.no_service_starts(policy):
        assert policy.exists()
    assert not policy.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_waits_until_the_packages_are_whole_and_leaves_no_rule(tmp_path: Path, number: signal.Signals) -> None:
    program = f"""
import os, pathlib, signal
from tests.servers import install, unpacked
signal.signal({number}, signal.SIG_DFL)  # whoever started the tests may have it ignored, as a shell does behind "&"
policy = pathlib.Path({str(tmp_path / "policy-rc.d")!r})
with install._signals_wait(), install.no_service_starts(policy):
    os.kill(os.getpid(), {number})
    print("whole", policy.exists(), flush=True)
print("not reached")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "whole True\n"
    assert done.returncode != 0
    assert not (tmp_path / "policy-rc.d").exists()


def test_a_package_that_apt_does_not_know_is_named(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _command(debian / "apt-get", 'echo "E: Unable to locate package $3" >&2; exit 100')
    monkeypatch.setenv("PATH", f"{debian}:/usr/bin:/bin")
    monkeypatch.setattr(unpacked, "FOLDER", debian / "unpacked")
    with pytest.raises(unpacked.UnpackFailure, match="Unable to locate package ircd-hybrid"):
        unpacked.unpacked("ircd-hybrid")


def test_a_package_that_cannot_be_installed_is_unpacked_once(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _command(debian / "apt-get", f"echo x >> {debian}/downloads; touch $3_1.deb")
    _command(debian / "dpkg-deb", "mkdir $3; touch $3/$2")
    monkeypatch.setenv("PATH", f"{debian}:/usr/bin:/bin")
    monkeypatch.setattr(unpacked, "FOLDER", debian / "unpacked")
    for _ in range(2):
        assert [path.name for path in unpacked.unpacked("ircd-hybrid").iterdir()] == ["ircd-hybrid_1.deb"]
    assert (debian / "downloads").read_text() == "x\n"
