"""Which projects exist, how they are spelt and who belongs to them: sources in, directories out. Its public names."""

from labsbot.projects.directories import Directories, LiveDirectory
from labsbot.projects.directory import Directory, Known, Lookup, Retired, UnknownProject, Unsure
from labsbot.projects.shelf import Shelf
from labsbot.projects.sources import PageLists, ProjectReaders, called, missing_extra, probe
from labsbot.projects.visible import VisibleDirectory

__all__ = [
    "Directories",
    "Directory",
    "Known",
    "LiveDirectory",
    "Lookup",
    "PageLists",
    "ProjectReaders",
    "Retired",
    "Shelf",
    "UnknownProject",
    "Unsure",
    "VisibleDirectory",
    "called",
    "missing_extra",
    "probe",
]
