"""Takes a journal from an older schema to this release's; the only module that loads alembic."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import sqlalchemy as sql
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from labsbot.journal import schema
from labsbot.model import JournalFailure

log = logging.getLogger("labsbot.journal")

ROOM = 2.0
"""How many times the journal's size has to be free: what changes stands twice on the disk until it is committed."""


def upgrade(connection: sql.Connection, path: Path, version: str | None) -> None:
    """Apply every step after `version` (None: all of them) on `connection`, inside its transaction.

    Raises JournalFailure where there is no room for that, and where the version is not one of ours: a newer labsbot has
    written here.
    """
    config = steps(connection)
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise JournalFailure(f"{path} was written by a newer labsbot (schema {version}): install that release")
    _look_for_room(path)
    log.warning("upgrading %s from schema %s to %s", path, version, schema.VERSION)
    command.upgrade(config, "head")


def _look_for_room(path: Path) -> None:
    real = Path(os.path.realpath(path))
    needed, free = ROOM * real.stat().st_size, shutil.disk_usage(real.parent).free
    if free < needed:
        words = f"{needed / 1e6:.0f} MB have to be free in {real.parent} for that, and {free / 1e6:.0f} MB are"
        raise JournalFailure(f"{path} cannot be upgraded: {words}")


def steps(connection: sql.Connection) -> Config:
    """Ours, to be taken on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
