"""Make what other programs find of labsbot below ``share``: manual pages for man, completions for shells.

``python -m release.share FOLDER`` writes them below FOLDER, as they lie below a prefix such as ``/usr``. All of it is
asked of the commands themselves, before wheel and sdist are made (`release.dist`); nothing of it is kept in the
repository.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from click.shell_completion import get_completion_class

from labsbot.cli.main import main as labsbot
from release.manual import pages

PROGRAM = "labsbot"
COMPLETE = "_LABSBOT_COMPLETE"
"""The variable by which click is asked to complete."""
COMPLETIONS = {
    "bash": "share/bash-completion/completions/labsbot",
    "zsh": "share/zsh/site-functions/_labsbot",
    "fish": "share/fish/vendor_completions.d/labsbot.fish",
}
"""Where each shell looks for them, and under which name."""


def shared(day: str) -> Iterator[tuple[str, str]]:
    """The path of each file and what stands in it."""
    for name, page in pages(PROGRAM, labsbot, day):
        yield f"share/man/man1/{name}", page
    for shell, path in COMPLETIONS.items():
        completion = get_completion_class(shell)
        assert completion is not None
        yield path, completion(labsbot, {}, PROGRAM, COMPLETE).source()


def write(folder: Path, day: str) -> None:
    for path, text in shared(day):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def main(arguments: list[str]) -> None:
    """The day is that of SOURCE_DATE_EPOCH where it is set, so that the same source makes the same pages."""
    moment = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    write(Path(arguments[0]), time.strftime("%Y-%m-%d", time.gmtime(moment)))


if __name__ == "__main__":
    main(sys.argv[1:])
