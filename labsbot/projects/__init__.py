"""Which projects exist, how they are spelt and who belongs to them: sources in, directories out. Its public names."""

from labsbot.projects.directories import Directories, LiveDirectory
from labsbot.projects.directory import Directory, Found, Known, Retired, Unknown, Unsure
from labsbot.projects.shelf import Shelf
from labsbot.projects.sources import Doors, Listing, called, missing_extra, probe

__all__ = [
    "Directories",
    "Directory",
    "Doors",
    "Found",
    "Known",
    "Listing",
    "LiveDirectory",
    "Retired",
    "Shelf",
    "Unknown",
    "Unsure",
    "called",
    "missing_extra",
    "probe",
]
