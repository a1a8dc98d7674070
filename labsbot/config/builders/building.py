"""What all builders share: the tree with its places, where files and secrets are, and what was found wrong so far."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from labsbot.config.problems import Problem
from labsbot.config.tree import Flaw, KeyPath, Table, key_place, real, stands, value_place, walk
from labsbot.edge import files
from labsbot.settings import Project


class Building:
    """One pass over the checked keys of a file. `folder` is where relative paths begin, `tree` tells the places."""

    def __init__(
        self,
        tree: Table,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        credentials: Path | None = None,
        reads_secrets: bool = True,
    ) -> None:
        self.tree = tree
        self.folder = folder
        self.environ = environ or {}
        self.credentials = credentials
        self.reads_secrets = reads_secrets
        """False: secrets stay where they are, all are empty, and whether they could be had is not asked."""
        self.flaws: list[Flaw] = []
        self.warnings: list[Flaw] = []
        self.elsewhere: list[Problem] = []
        """What is wrong in files that this one names."""
        self.elsewhere_warned: list[Problem] = []
        self.files: dict[Path, tuple[Project, ...]] = {}
        """The files of projects that are right, with what is in them."""

    def wrong(self, path: KeyPath, message: str, *, key: bool = False) -> None:
        """Note a flaw of the value at `path`, or of the key itself."""
        place = (key_place if key else value_place)(self.tree, path)
        self.flaws.append(Flaw(place, real(self.tree, path), message))

    def warn(self, path: KeyPath, message: str, *, key: bool = False) -> None:
        place = (key_place if key else value_place)(self.tree, path)
        self.warnings.append(Flaw(place, real(self.tree, path), message))

    def missing(self, key: str) -> None:
        """Note that `key` is missing at the top."""
        self.flaws.append(Flaw((1, 1), (key,), "is missing"))

    def both_or_none(self, path: KeyPath, one: str, other: str) -> None:
        for key, beside in ((one, other), (other, one)):
            if self.stands((*path, key)) and not self.stands((*path, beside)):
                self.wrong((*path, key), f"“{beside}” is missing beside it", key=True)

    def does_not_go_with(self, path: KeyPath, other: str) -> None:
        self.wrong(path, f"does not go together with “{other}”, leave it out here", key=True)

    def stands(self, path: KeyPath) -> bool:
        return stands(self.tree, path)

    def count(self, path: KeyPath) -> int | None:
        """How many keys stand at `path`, right and wrong ones; None: there are no keys."""
        node, _ = walk(self.tree, path)
        return len(node.values) if isinstance(node, Table) else None

    def given(self, path: KeyPath, names: tuple[str, ...]) -> list[str]:
        """Which of the keys `names` stand at `path`."""
        return [name for name in names if self.stands((*path, name))]

    def nearest(self, path: KeyPath, key: str) -> KeyPath:
        """The place on the way from the channel at `path` to the top where `key` stands; else the top's."""
        on_the_way: tuple[KeyPath, ...] = (path, path[:2], ())
        return next(((*place, key) for place in on_the_way if self.stands((*place, key))), (key,))

    def path(self, text: str) -> Path:
        return self.folder / text

    def readable(self, text: str | None, path: KeyPath) -> Path | None:
        """The file that is named there, which is none of ours; a flaw is noted where it cannot be read.

        One that belongs to a login (a certificate has its key beside it) is as good as a secret.
        """
        if text is None:
            return None
        if not self.reads_secrets:
            return self.path(text)
        try:
            files.read(self.path(text), links=True)
        except OSError as error:
            self.wrong(path, f"the file cannot be read: {(error.strerror or str(error)).lower()}")
            return None
        return self.path(text)
