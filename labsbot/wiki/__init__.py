"""The settings of a wiki come in; a `model.Wiki` comes out, which does nothing until its first verb is called.

Nothing else passes this door but `worker.Worker`, the thread on which a wiki's verbs run.
"""

from __future__ import annotations

from labsbot.model import Wiki
from labsbot.settings import FolderSettings, MediaWikiSettings


def open_wiki(settings: MediaWikiSettings | FolderSettings) -> Wiki:
    """Make the wiki that the settings speak of, named by where it is.

    Only what it needs is imported; nothing is read, sent or checked.
    """
    if isinstance(settings, FolderSettings):
        from labsbot.wiki.folder import FolderWiki

        return FolderWiki(settings, name=str(settings.folder))
    from labsbot.wiki.mediawiki import MediaWiki

    return MediaWiki(settings, name=settings.api)
