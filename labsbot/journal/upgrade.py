"""Takes a journal from an older schema to this release's; the only module that loads alembic."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sql
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from labsbot.journal import schema
from labsbot.model import JournalFailure

log = logging.getLogger("labsbot.journal")


def upgrade(connection: sql.Connection, path: Path, version: str | None) -> None:
    """Apply every step after `version` (None: all of them) on `connection`, inside its transaction.

    Raises JournalFailure where the version is not one of ours: a newer labsbot has written here.
    """
    config = steps(connection)
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise JournalFailure(f"{path} was written by a newer labsbot (schema {version}): install that release")
    log.warning("upgrading %s from schema %s to %s", path, version, schema.VERSION)
    command.upgrade(config, "head")


def steps(connection: sql.Connection) -> Config:
    """Ours, to be taken on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
