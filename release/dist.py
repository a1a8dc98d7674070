"""Make wheel and sdist of the last commit, and try what was made as somebody would who has nothing else.

``python -m release.dist`` leaves them in ``dist``, with the constraints beside them. They are built in a folder that
holds what was committed and nothing that merely lies around; what is not committed is left out, and that is said. Then
the wheel is installed into a bare virtual environment, with the versions that were tested, and there are tried: its
version, the demo, pages of the web part (templates, static files, a journal that migrations made), the files beside the
programs.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from labsbot import __version__
from release.share import COMPLETIONS

ROOT = Path(__file__).parents[1]
OUT = ROOT / "dist"
CONSTRAINTS = "constraints.txt"
PATIENCE = "120"
"""Seconds that the demo has, in which it plays its scene for some ten."""
TO_READ = re.compile(r"^To read it: +(http://\S+)", re.MULTILINE)
"""How the demo says where its pages are."""
PAGES = {"": "tools", "all": "restarted the web service", "search?q=kernel": "kernel", "static/style.css": "{"}
"""Some of the demo's pages, and what stands there."""


class NotWhole(Exception):
    """What was made is not as it has to be."""


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="labsbot-dist-") as folder:
            tree = Path(folder) / "tree"
            committed(tree)
            wheel = build(tree)
            has_the_whole_package(wheel, tree)
            works_alone(wheel, tree, Path(folder))
    except subprocess.CalledProcessError as failure:
        print(f"{failure.stdout}dist: {failure}", file=sys.stderr)
        return 1
    except NotWhole as failure:
        print(f"dist: {failure}", file=sys.stderr)
        return 1
    say(f"whole, and in {OUT}: {', '.join(sorted(path.name for path in OUT.iterdir()))}")
    return 0


def say(words: str) -> None:
    print(f"dist: {words}", flush=True)


def run(*command: str | Path, cwd: Path, environment: Mapping[str, str] = os.environ) -> str:
    """What it prints, which is shown where it fails; what it says of its troubles goes where ours does."""
    done = subprocess.run(command, cwd=cwd, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


# --- what is made -------------------------------------------------------------------------------------------------


def committed(tree: Path) -> None:
    if run("git", "status", "--porcelain", cwd=ROOT):
        say("what is not committed is left out")
    archive = tree.with_suffix(".tar")
    run("git", "archive", f"--output={archive}", "HEAD", cwd=ROOT)
    with tarfile.open(archive) as files:
        files.extractall(tree, filter="data")


def build(tree: Path) -> Path:
    """The wheel, which is made of the sdist: whoever builds from that gets the same."""
    say("building wheel and sdist")
    environment = os.environ | {"SOURCE_DATE_EPOCH": run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()}
    run(sys.executable, "-m", "release.share", ".", cwd=tree, environment=environment)
    shutil.rmtree(OUT, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", OUT, cwd=tree, environment=environment)
    wheel, sdist = OUT / f"labsbot-{__version__}-py3-none-any.whl", OUT / f"labsbot-{__version__}.tar.gz"
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=tree)
    shutil.copy(tree / CONSTRAINTS, OUT)
    return wheel


def has_the_whole_package(wheel: Path, tree: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    require_all("the wheel", {str(path) for path in files_below(tree, "labsbot")} - held)


def files_below(tree: Path, folder: str) -> Iterator[Path]:
    """Seen from `tree`; what Python and setuptools left there is none of ours."""
    for path in (tree / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(tree)


def require_all(where: str, missing: set[str]) -> None:
    if missing:
        raise NotWhole(f"not in {where}: {', '.join(sorted(missing))}")


# --- what was made, alone -----------------------------------------------------------------------------------------


def works_alone(wheel: Path, tree: Path, folder: Path) -> None:
    """In a virtual environment and a folder of its own, so that nothing of this one is found."""
    say("installing the wheel into a bare virtual environment")
    bare, empty = folder / "bare", folder / "empty"
    empty.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    run(sys.executable, "-m", "venv", bare, cwd=empty)
    options = ("--quiet", "--constraint", OUT / CONSTRAINTS)
    run(bare / "bin/python", "-m", "pip", "install", *options, f"{wheel}[web]", cwd=empty, environment=environment)
    run(bare / "bin/python", "-m", "pip", "check", cwd=empty, environment=environment)
    labsbot = bare / "bin/labsbot"
    said = run(labsbot, "--version", cwd=empty, environment=environment).strip()
    if said != f"labsbot {__version__}":
        raise NotWhole(f"it says of its version: {said}")
    has_what_lies_beside(bare, tree)
    say("playing the demo")
    run("timeout", PATIENCE, labsbot, "demo", "--once", cwd=empty, environment=environment)
    shows_its_pages(labsbot, empty, environment)


def has_what_lies_beside(prefix: Path, tree: Path) -> None:
    beside = {f"share/labsbot/{path.relative_to('config')}" for path in files_below(tree, "config")}
    made = {str(path) for path in files_below(tree, "share")}
    missing = beside | made | {f"share/labsbot/{CONSTRAINTS}"}
    require_all("the prefix", {path for path in missing if not (prefix / path).is_file()})
    run("bash", "-n", prefix / COMPLETIONS["bash"], cwd=prefix)
    say(f"{len(beside)} examples and units, {len(made)} manual pages and completions are there")


def shows_its_pages(labsbot: Path, folder: Path, environment: Mapping[str, str]) -> None:
    with demo(labsbot, folder, environment) as address:
        for path, words in PAGES.items():
            with urllib.request.urlopen(address + path, timeout=30) as answer:
                if words not in answer.read().decode():
                    raise NotWhole(f"{address}{path} does not say “{words}”")
    say(f"opened {len(PAGES)} pages of the web part")


@contextlib.contextmanager
def demo(labsbot: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The demo while it waits for visitors, and where its pages are."""
    command = ("timeout", PATIENCE, labsbot, "demo")
    unbuffered = {**environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=unbuffered, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = next(filter(None, map(TO_READ.search, process.stdout)), None)
            if found is None:
                raise NotWhole("the demo ended without saying where its pages are")
            yield found[1]
        finally:
            process.terminate()
            process.communicate()  # its last words, too: who cannot say them has failed
    if process.returncode != 0:
        raise NotWhole(f"the demo ended with exit status {process.returncode}")


if __name__ == "__main__":
    sys.exit(main())
