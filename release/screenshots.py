"""Take the pictures of the documentation: the pages of the demo, as a browser without a screen shows them.

``python -m release.screenshots`` writes them into ``docs/screenshots``. It needs chromium (Debian: ``apt install
chromium``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from release.dist import NotWhole, demo

OUT = Path(__file__).parents[1] / "docs/screenshots"
PAGES = {
    "log": ("log/tools", "1000,640"),
    "year": (f"log/bots/{time.strftime('%Y')}", "1000,560"),
    "search": ("search?q=kernel", "1000,460"),
}
"""Each picture with its page and its size."""
PATIENCE = 60


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("screenshots: chromium is missing: apt install chromium", file=sys.stderr)
        return 1
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="labsbot-screenshots-") as name:
        folder = Path(name)
        try:
            with demo(Path(sys.executable).with_name("labsbot"), folder, os.environ) as address:
                for picture, (page, size) in PAGES.items():
                    take(chromium, f"{address}{page}", size, OUT / f"{picture}.png", folder / "profile")
        except (NotWhole, subprocess.SubprocessError) as failure:
            print(f"screenshots: {failure}", file=sys.stderr)
            return 1
    return 0


def take(chromium: str, address: str, size: str, to: Path, profile: Path) -> None:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ("--headless", *as_root, "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}")
    command = [chromium, *options, f"--window-size={size}", f"--screenshot={to}", address]
    subprocess.run(command, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"screenshots: {to.relative_to(OUT.parents[1])}, {to.stat().st_size // 1000} KB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
