"""The name of a Debian package comes in; a folder with its files comes out, where it cannot be installed beside others.

It is downloaded by apt and unpacked below ``.servers``, once; nothing is installed, and no root is needed.
``python -m tests.servers.unpacked`` does it for all that is needed, with the standard library alone.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ("ircd-hybrid", "prometheus")
"""ngircd and ircd-hybrid refuse to be installed together; of prometheus only promtool is needed, and no service."""
FOLDER = Path(__file__).parents[2] / ".servers" / "unpacked"


class UnpackFailure(Exception):
    """What a person has to know, in a line or a few."""


def unpacked(package: str) -> Path:
    """The package's files, below a folder as they would be below ``/``. Raises UnpackFailure."""
    place = FOLDER / package
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
                _run(Path(scratch), "apt-get", "-q", "download", package)
                archives = [path.name for path in Path(scratch).glob("*.deb")]
                _run(Path(scratch), "dpkg-deb", "-x", *archives, "files")
                shutil.move(Path(scratch) / "files", place)
    return place


def _run(folder: Path, *command: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise UnpackFailure(f"{command[0]} is missing: the real servers are Debian's") from missing
    if done.returncode:
        raise UnpackFailure(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def main() -> int:
    try:
        for package in PACKAGES:
            unpacked(package)
    except UnpackFailure as failure:
        print(f"Not unpacked: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
