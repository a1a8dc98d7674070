"""Make the front desk of some settings: for the bot, and for a command that submits where no bot runs."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from labsbot.desk.answer import RefusalCause
from labsbot.desk.desk import Desk
from labsbot.desk.gates import all_gates
from labsbot.desk.runs import Runs
from labsbot.desk.scripts import Scripts
from labsbot.journal import Journal
from labsbot.service.logs import size_on_page, wiki_for_people
from labsbot.service.machine_clock import utc_now
from labsbot.service.rules import draw_up
from labsbot.service.submissions import Submissions
from labsbot.settings import Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader

UNNAMED = "an operator"
"""Who is named where one has to look, and the settings name nobody."""


def make_desk(journal: Journal, settings: Settings, refused: Counter[RefusalCause] | None = None) -> Desk:
    operator, wiki = settings.operator or UNNAMED, wiki_for_people(settings.wiki)
    return Desk(journal.entries, all_gates(wiki, size_on_page, operator), wiki, operator, refused)


@contextlib.contextmanager
def submissions_at_rest(settings: Settings) -> Iterator[Submissions]:
    """The way to the desk where no bot runs: what is accepted goes to the wiki when one does. It knows of projects what
    was kept of their sources. Raises JournalFailure: there is none, or it cannot be written."""
    with (
        contextlib.closing(Journal.join(settings.journal)) as journal,
        contextlib.closing(Reader(open_wiki(settings.wiki))) as reader,
    ):
        book = draw_up(settings, reader)
        submissions = Submissions(Scripts(journal.entries, utc_now), Runs(journal.entries, journal.runs, utc_now))
        submissions.take_up(make_desk(journal, settings), book)
        yield submissions
