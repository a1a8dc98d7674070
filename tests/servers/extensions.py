"""A wiki comes in; what loads the usual extensions of MediaWiki into it goes out, and the filters of AbuseFilter."""

from __future__ import annotations

import contextlib
import sqlite3

from tests.servers.mediawiki import MediaWiki

LOADED = """
// Kept apart, or messages and magic words would be built anew whenever these are loaded, and whenever they are not.
$wgCacheDirectory = "$wikiFolder/tmp/extended";
wfMkdirParents( $wgCacheDirectory );
wfLoadExtensions( [ 'AbuseFilter', 'ConfirmEdit', 'SpamBlacklist', 'TitleBlacklist', 'OATHAuth' ] );
$wgCaptchaTriggers = [ 'addurl' => false, 'createaccount' => false, 'badlogin' => false ];
"""
DISALLOW = {"disallow": "abusefilter-disallowed"}


class Filters:
    """Filters as somebody would make them on Special:AbuseFilter; https://www.mediawiki.org/wiki/Extension:AbuseFilter"""

    def __init__(self, wiki: MediaWiki) -> None:
        self._database = wiki.folder / "data/wiki.sqlite"

    def add(self, pattern: str, **consequences: str) -> None:
        """`consequences` by what happens, each with its parameters; {id} is the filter's number."""
        row = {
            "af_pattern": pattern,
            "af_public_comments": f"when {pattern}",
            "af_timestamp": "20261122000000",
            "af_actions": ",".join(consequences),
            # Who made it: the one before 1.43, the other since.
            "af_user": 1,
            "af_user_text": "Operator",
            "af_actor": 1,
        }
        with contextlib.closing(sqlite3.connect(self._database, timeout=30)) as database, database:
            known = {column[1] for column in database.execute("PRAGMA table_info(abuse_filter)")}
            values = {name: value for name, value in row.items() if name in known}
            columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
            number = database.execute(f"INSERT INTO abuse_filter ({columns}) VALUES ({places})", values).lastrowid
            for name, parameters in consequences.items():
                action = (number, name, parameters.format(id=number))
                database.execute("INSERT INTO abuse_filter_action VALUES (?, ?, ?)", action)

    def remove_all(self) -> None:
        with contextlib.closing(sqlite3.connect(self._database, timeout=30)) as database, database:
            for table in ("abuse_filter", "abuse_filter_action"):
                database.execute(f"DELETE FROM {table}")
