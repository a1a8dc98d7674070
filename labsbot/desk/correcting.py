"""Take an entry back, or change it: a submission that asks for it comes in; a receipt or a refusal goes out.

The journal looks up which entry is meant and has it decided in the transaction that keeps the change: so it is decided
by all that was accepted before, and by nothing that came after, however much is on its way at once. Whether they may is
decided in `corrections`. Pure.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from labsbot.desk.access import UNPROVEN
from labsbot.desk.answer import About, Receipt, Refusal, RefusalCause
from labsbot.desk.command import Amend, Form, Undo, form, id_in
from labsbot.desk.corrections import Corrector, refuse_correction
from labsbot.desk.entries import signed
from labsbot.desk.submission import Submission
from labsbot.model import CHANGE_WORDS, Change, Changed, ChangeKind, Kept, LastOf, Told
from labsbot.projects import Known
from labsbot.text.typed_words import bare, first_word, visible

_KINDS = {Undo: ChangeKind.STRIKE, Amend: ChangeKind.AMEND}
_FORMS = {ChangeKind.STRIKE: Form.UNDO, ChangeKind.AMEND: Form.AMEND}
OUTCOMES = {ChangeKind.STRIKE: "Not taken back", ChangeKind.AMEND: "Not amended"}


def meant(submission: Submission, asked: Undo | Amend) -> str | LastOf:
    """Which entry that is: its id, or whose last one."""
    if asked.reference is not None:
        return id_in(asked.reference)
    submitter = submission.submitter
    sender = submitter.sender
    here = submission.network, submission.channel
    return LastOf(*here, sender.account, submitter.name, sender.hostmask, submitter.behind is not None)


def decide(
    submission: Submission, asked: Undo | Amend, kept: Kept | None
) -> tuple[Changed, Receipt] | tuple[None, Refusal]:
    """What is to be changed, with its receipt, or why nothing is; `kept` is the entry that is meant, if there is one.

    Asked again, it makes another id.
    """
    kind = _KINDS[type(asked)]
    if kept is not None and asked.reference is None and submission.replayed and _logged(kept) > submission.said:
        kept = None  # a history repeats what was said before that
    if kept is None:
        return None, _not_found(submission, asked, kind)
    if refusal := _refused(submission, kept, asked, kind):
        return None, refusal
    change = _change(submission, kind, asked.reason if isinstance(asked, Undo) else asked.message)
    sender = submission.submitter.sender
    told = Told.NEVER if sender.robot else Told.NOTHING
    changed = Changed(submission.key, kept.entry.id, change, told, submission.arrived, submission.submitter.mark)
    return changed, Receipt(kept.entry, change)


def _change(submission: Submission, kind: ChangeKind, text: str) -> Change:
    submitter = submission.submitter
    author, _ = signed(submitter, submission.rules.channel.page.author)
    return Change(
        change_id(kind, submission.said),
        kind,
        text,
        author,
        submission.said,
        submission.network,
        submission.channel,
        submitter.name,
        submitter.sender.account,
    )


def change_id(kind: ChangeKind, said: datetime, token: Callable[[], str] = lambda: secrets.token_hex(2)) -> str:
    """A new id for a change that was asked for at `said` (UTC)."""
    return f"{CHANGE_WORDS[kind]}-{said:%Y%m%d%H%M%S}-{said.microsecond // 1000:03x}{token()}"


def _refused(submission: Submission, kept: Kept, asked: Undo | Amend, kind: ChangeKind) -> Refusal | None:
    if asked.reference is not None and _is_elsewhere(asked.reference, kept):
        return _not_found(submission, asked, kind)
    submitter, channel = submission.submitter, submission.rules.channel
    by = Corrector(
        submission.network,
        channel.name,
        submitter.sender,
        submitter.behind,
        submission.replayed,
        submitter.trusted,
        submitter.mark,
    )
    within = timedelta(seconds=channel.correct)
    reason = refuse_correction(kind, kept, by, submission.said, within, channel.words)
    if reason is None and isinstance(asked, Amend) and asked.message == kept.message:
        reason = "it says that already."
    if reason is None and isinstance(asked, Amend) and (named := _named_before(submission, kept, asked.message)):
        typed = form(channel.project is not None, None, Form.AMEND, channel.words)
        reason = (
            f"an entry keeps its projects, leave {named} out; as a part of the text, put it behind another word."
            f" Type {typed}."
        )
    if reason is None:
        return None
    if reason == UNPROVEN:
        return Refusal(reason, RefusalCause.UNPROVEN, About.UNPROVEN, outcome=OUTCOMES[kind])
    return Refusal(reason, RefusalCause.CORRECTION, outcome=OUTCOMES[kind])


def _named_before(submission: Submission, kept: Kept, message: str) -> str | None:
    """Projects of the entry that stand before the new text as they would before an entry. None: there are none, or the
    text so far begins with the same word."""
    if submission.rules.bound or submission.submitter.trusted:  # where an id is named first, projects never are
        return None
    word, behind = first_word(message)
    if not visible(behind) or bare(first_word(kept.message)[0]).casefold() == bare(word).casefold():
        return None
    logs = {delivery.log.project for delivery in kept.deliveries}
    found = [submission.rules.directory.find(name) for name in bare(word).split(",")]
    names = [each.project.name for each in found if isinstance(each, Known)]
    return ",".join(names) if len(names) == len(found) and logs.issuperset(names) else None


def _logged(kept: Kept) -> datetime:
    """When an entry was logged: of a late one, what it says is when it was done."""
    return kept.accepted if kept.entry.late else kept.entry.said


def _is_elsewhere(reference: str, kept: Kept) -> bool:
    """Whether it is a link to another wiki than the one on which the entry stands."""
    if "#" not in reference:
        return False
    ours = {urlsplit(each.url).hostname for each in kept.deliveries if each.url}
    try:
        host = urlsplit(reference).hostname
    except ValueError:
        return True  # it is the address of nothing
    return host is not None and bool(ours) and host not in ours


def _not_found(submission: Submission, asked: Undo | Amend, kind: ChangeKind) -> Refusal:
    return Refusal(_words_not_found(submission, asked, kind), RefusalCause.CORRECTION, outcome=OUTCOMES[kind])


def _words_not_found(submission: Submission, asked: Undo | Amend, kind: ChangeKind) -> str:
    if submission.submitter.trusted:
        return "I know no such entry (`labsbot show --ids` lists ids)."
    rules = submission.rules
    typed = form(rules.bound, None, _FORMS[kind], rules.channel.words)
    if asked.reference is None:
        return f"I know of no entry of yours here. Type {typed}."
    return f"I know no such entry. Type {typed}."
