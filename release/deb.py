"""Make a Debian package of the last commit, with its own virtual environment in ``/usr/lib/labsbot``.

``python -m release.deb`` leaves ``dist/labsbot_VERSION_ARCHITECTURE.deb``, for the Debian and the processor on which it
was made. Debian has libraries that are too old for labsbot, so it brings those that were tested (constraints.txt),
compiled already; of Debian it wants Python alone. What is no library lies where Debian has such things: units, user,
manual pages, completions, examples. `release.deb_try` installs, upgrades and purges it in a Debian of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

from labsbot import __version__
from release import dist

DEBIAN = Path(__file__).parent / "debian"
"""The parts of the package that are written by hand, as dpkg-deb(1) and lintian(1) want them."""
PYTHON = Path("/usr/bin/python3.11")
"""Of Debian 12; what is compiled is for this one, and by it: another would leave in it where its own libraries lie."""
TOOLS = ("dpkg-shlibdeps", "gcc", "strip")
HEADERS = ("python3.11/Python.h", "ldap.h", "sasl/sasl.h")
TO_INSTALL = "apt install dpkg-dev gcc libldap-dev libsasl2-dev python3-dev python3-venv"
LIBRARY = "usr/lib/labsbot"
SITE = "lib/python3.11/site-packages"
PROGRAM = f"/{LIBRARY}/bin/labsbot"
OF_A_WHEEL = "/opt/labsbot/bin/labsbot"
"""Where the units look for it, as they come with a wheel."""
EXTRAS = "web,keystone,ldap,ecdsa"
PLACES = {
    "share/man": "usr/share/man",
    "share/bash-completion": "usr/share/bash-completion",
    "share/zsh/site-functions": "usr/share/zsh/vendor-completions",
    "share/fish": "usr/share/fish",
    "share/labsbot/systemd": "lib/systemd/system",
    "share/labsbot": "usr/share/labsbot",
}
"""Where what a wheel lays beside the program belongs, the more special ones first."""
SYSUSERS = ("lib/systemd/system/labsbot.sysusers.conf", "usr/lib/sysusers.d/labsbot.conf")
DOC = "usr/share/doc/labsbot"


def main() -> int:
    if missing := missing_here():
        print(f"deb: this needs a Debian 12 with {', '.join(missing)}: {TO_INSTALL}", file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="labsbot-deb-") as folder:
            tree, root = Path(folder) / "tree", Path(folder) / "root"
            dist.committed(tree)
            wheel = dist.build(tree)
            made = package(root, wheel, tree, dist.OUT)
    except (subprocess.CalledProcessError, dist.NotWhole) as failure:
        print(f"deb: {getattr(failure, 'stdout', None) or ''}{failure}", file=sys.stderr)
        return 1
    print(f"deb: {made}, {made.stat().st_size / 1e6:.1f} MB")
    return 0


def missing_here() -> list[str]:
    """What a package cannot be made without."""
    files = (PYTHON, *(Path("/usr/include") / name for name in HEADERS))
    return [tool for tool in TOOLS if shutil.which(tool) is None] + [str(file) for file in files if not file.exists()]


def package(root: Path, wheel: Path, tree: Path, out: Path, version: str = __version__) -> Path:
    """The package; `tree` holds what was committed."""
    environment(root, wheel, tree)
    lay_out(root, tree, version)
    compile_all(root)
    control(root, version)
    made = out / f"labsbot_{version}_{architecture()}.deb"
    dist.run("dpkg-deb", "--root-owner-group", "--build", root, made, cwd=root)
    return made


def architecture() -> str:
    return dist.run("dpkg", "--print-architecture", cwd=Path("/")).strip()


# --- the virtual environment ------------------------------------------------------------------------------------------


def environment(root: Path, wheel: Path, tree: Path) -> None:
    """With what was tested, and with nothing in it that says where it was made."""
    home, wheels = root / LIBRARY, root.parent / "wheels"
    dist.say("gathering the libraries")
    dist.run(PYTHON, "-m", "venv", "--without-pip", home, cwd=tree)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", home / "bin/python")
    # anew, for pip keeps what another Python has compiled for as good as this one's
    options = ("--no-cache-dir", "--wheel-dir", wheels, "--constraint", tree / dist.CONSTRAINTS)
    dist.run(*pip, "wheel", *options, f"{wheel}[{EXTRAS}]", cwd=tree)
    everything = [str(path) for path in sorted(wheels.glob("*.whl"))]
    dist.run(*pip, "install", "--no-deps", "--no-compile", *everything, cwd=tree)
    for module in compiled(home):
        dist.run("strip", "--strip-unneeded", module, cwd=tree)
    move(home)


def compiled(home: Path) -> list[Path]:
    """Modules that are no Python."""
    return sorted((home / SITE).rglob("*.so"))


def move(home: Path) -> None:
    """Let it be at home in /usr/lib, wherever it lies now."""
    for program in (home / "bin").iterdir():
        if program.name not in ("python", "python3", "python3.11", "labsbot"):
            program.unlink()
    program = home / "bin/labsbot"
    shebang, _, text = program.read_text().partition("\n")
    if str(home) not in shebang:
        raise dist.NotWhole(f"labsbot begins with {shebang}")
    program.write_text(f"#!/{LIBRARY}/bin/python\n{text}")
    settings = home / "pyvenv.cfg"
    kept = [line for line in settings.read_text().splitlines() if not line.startswith("command")]
    settings.write_text("\n".join(kept) + "\n")
    for trace in home.rglob("direct_url.json"):
        trace.unlink()
    (home / "lib64").unlink(missing_ok=True)
    shutil.rmtree(home / "include", ignore_errors=True)


def compile_all(root: Path) -> None:
    """So that no start has to, nor may; each file says the place where it will lie."""
    libraries = root / LIBRARY / "lib"
    options = ("-q", "-s", root, "-p", "/", "--invalidation-mode", "timestamp")
    dist.run(PYTHON, "-m", "compileall", *options, libraries, cwd=root, environment=_writes_what_it_compiles())


def _writes_what_it_compiles() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


# --- where Debian has such things -------------------------------------------------------------------------------------


def lay_out(root: Path, tree: Path, version: str) -> None:
    home = root / LIBRARY
    for here, there in PLACES.items():
        shutil.copytree(home / here, root / there, dirs_exist_ok=True)
        shutil.rmtree(home / here)
    shutil.rmtree(home / "share")
    (root / SYSUSERS[1]).parent.mkdir(parents=True)
    (root / SYSUSERS[0]).rename(root / SYSUSERS[1])
    for unit in (root / "lib/systemd/system").iterdir():
        unit.write_text(unit.read_text().replace(OF_A_WHEEL, "/usr/bin/labsbot"))
    (root / "usr/bin").mkdir()
    (root / "usr/bin/labsbot").symlink_to(f"../lib/{Path(PROGRAM).relative_to('/usr/lib')}")
    (root / DOC).mkdir(parents=True)
    changes = (f"labsbot ({version}) unstable; urgency=medium\n\n  * See CHANGELOG.rst.\n\n", signature())
    _compressed(root / DOC / "changelog.gz", "".join(changes))
    _compressed(root / DOC / "CHANGELOG.rst.gz", (tree / "CHANGELOG.rst").read_text("utf-8"))
    shutil.copy(DEBIAN / "copyright", root / DOC)
    for page in (root / "usr/share/man/man1").iterdir():
        _compressed(page.with_name(f"{page.name}.gz"), page.read_text("utf-8"))
        page.unlink()
    (root / "usr/share/lintian/overrides").mkdir(parents=True)
    shutil.copy(DEBIAN / "lintian-overrides", root / "usr/share/lintian/overrides/labsbot")
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def signature() -> str:
    """Who made it, as a changelog of Debian says it, and when it was committed."""
    moment = float(dist.run("git", "log", "-1", "--format=%ct", cwd=dist.ROOT))
    return f" -- {maintainer()}  {formatdate(moment)}\n"


def maintainer() -> str:
    found = re.search(r"^Maintainer: (.*)$", (DEBIAN / "control").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def _compressed(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


# --- what dpkg wants to know ------------------------------------------------------------------------------------------


def control(root: Path, version: str) -> None:
    folder = root / "DEBIAN"
    folder.mkdir()
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink()) // 1024
    text = (DEBIAN / "control").read_text("utf-8")
    said = {"VERSION": version, "ARCHITECTURE": architecture(), "SIZE": str(size), "LIBRARIES": needed(root)}
    for name, value in said.items():
        text = text.replace(f"@{name}@", value)
    (folder / "control").write_text(text, "utf-8")
    for script in ("postinst", "prerm", "postrm"):
        shutil.copy(DEBIAN / script, folder)
        (folder / script).chmod(0o755)
    sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in sorted(files(root))]
    (folder / "md5sums").write_text("".join(sums))


def needed(root: Path) -> str:
    """The packages of Debian whose libraries the compiled parts are linked to, as dpkg-shlibdeps finds them."""
    linked = compiled(root / LIBRARY)
    own = {path.parent for path in linked}
    work = root.parent / "shlibdeps"
    (work / "debian").mkdir(parents=True)
    (work / "debian/control").write_text("Source: labsbot\n\nPackage: labsbot\nArchitecture: any\n")
    options = ("-O", "--ignore-missing-info", *(f"-l{folder}" for folder in sorted(own)))
    found = dist.run("dpkg-shlibdeps", *options, *(f"-e{path}" for path in linked), cwd=work)
    return found.strip().partition("=")[2]


def files(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and "DEBIAN" not in path.relative_to(root).parts:
            yield path


if __name__ == "__main__":
    sys.exit(main())
