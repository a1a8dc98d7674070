"""Which project somebody means at the command line: a name as it was typed comes in, the journal's spellings go out."""

from __future__ import annotations

from collections.abc import Iterable

from labsbot.cli.loading import FAILED, fail
from labsbot.edge.logs import printable
from labsbot.projects import Directory, Known, Retired, Shelf, UnknownProject, called
from labsbot.projects.shelf import shelved
from labsbot.service.sources import sources
from labsbot.settings import Listed, Project, Settings, folded


def spellings(typed: str, settings: Settings, in_journal: Iterable[str]) -> tuple[str, ...]:
    """How the project is spelt in the journal; it may be configured no more, or be called otherwise. None: nothing was
    ever logged to it. Ends the command where there is no such project."""
    there = tuple(in_journal)
    listed = [
        shelved(called(source.origin), source, source.origin.projects)
        for source in dict.fromkeys(sources(settings))
        if isinstance(source.origin, Listed)
    ]
    directory = Directory([*listed, Shelf("journal", tuple(map(Project, there)))])
    match directory.find(typed):
        case Known(Project(name)) | Retired(name):
            names = {folded(typed), folded(name)}
            return tuple(each for each in there if folded(each) in names)
        case UnknownProject(name) as unknown:
            fail(FAILED, printable(f"there is no project “{name}”, and no entry of one. {unknown.guess}".rstrip()))
    raise AssertionError("all that is asked here has answered")
