"""The settings of a wiki come in; a `model.Wiki` comes out, which does nothing until its first verb is called.

Nothing else passes this door but `worker.Worker`, the thread on which a wiki's verbs run.
"""

from __future__ import annotations

from labsbot.model import Wiki
from labsbot.settings import FolderSettings, MediaWikiSettings
from labsbot.wiki.redirects import OtherLog, no_other_log


def open_wiki(settings: MediaWikiSettings | FolderSettings, other_log: OtherLog = no_other_log) -> Wiki:
    """Make the wiki that the settings speak of, named by where it is.

    Only what it needs is imported; nothing is read, sent or checked. `other_log` says which titles are other projects'
    logs, to which no redirect is followed.
    """
    if isinstance(settings, FolderSettings):
        from labsbot.wiki.folder import FolderWiki

        return FolderWiki(settings, str(settings.folder), other_log)
    from labsbot.wiki.mediawiki import MediaWiki

    return MediaWiki(settings, settings.api, other_log)
