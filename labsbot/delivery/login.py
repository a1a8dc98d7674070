"""Whether the wiki knows us, and when it is asked to again."""

from __future__ import annotations

from labsbot.delivery.settle import READ, EditWorker
from labsbot.model import Refused, Unavailable, Wiki


class WikiLogin:
    def __init__(self, wiki: Wiki, worker: EditWorker) -> None:
        self._wiki = wiki
        self._worker = worker
        self._known = True
        self._helped = True

    async def ensure(self) -> None:
        """Log in, if the wiki has said that it does not know us. Raises Unavailable, also where it refuses us."""
        if self._known:
            return
        try:
            await self._worker.call(self._wiki.login, deadline=READ)
        except Refused as failure:
            # Somebody will mend the password or the account; nothing is wrong with what waits.
            raise Unavailable(failure.cause, failure.code, failure.retry_after) from failure
        self._known, self._helped = True, False

    def lost(self) -> bool:
        """The wiki does not know us. Returns whether to log in at once: it has done something since the last time."""
        self._known = False
        return self._helped

    def works(self) -> None:
        """The wiki has done what was asked: the next time it knows us no more, another login may help."""
        self._helped = True
