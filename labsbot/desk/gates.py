"""The rules of the front desk, in the order in which they are asked.

A gate takes a submission and lets it pass (None), or gives what is said instead. What a gate has to remember lives in
the object whose method it is; the others remember nothing. No gate does any I/O, or knows how a submission came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from labsbot.desk import replies
from labsbot.desk.access import UNPROVEN, Denied, Membership, Scope, Unproven, judge, listed
from labsbot.desk.answer import About, Refusal, RefusalCause, Said, Silence
from labsbot.desk.command import Add, Amend, Form, Last, Malformed, Where, explain, form
from labsbot.desk.limits import LineLimit, PageLimit, Size
from labsbot.desk.questions import Questions
from labsbot.desk.relays import Unread
from labsbot.desk.submission import Submission
from labsbot.people.persons import member_name
from labsbot.projects import Known, UnknownProject, Unsure

Gate = Callable[[Submission], Said | None]


def all_gates(wiki: str, size: Size, operator: str) -> tuple[Gate, ...]:
    """What a submission has to pass. `wiki` is its name for people; `size` tells the bytes that an entry takes on its
    page; `operator` is who can help."""
    return (
        ignored,
        unproven,
        holds_secret,
        LineLimit().too_many,
        not_understood(operator),
        Questions(wiki).answer,
        no_project,
        no_such_time,
        not_allowed,
        PageLimit(size).too_large,
    )


def ignored(submission: Submission) -> Silence | None:
    return Silence() if _listed(submission) else None


def unproven(submission: Submission) -> Refusal | None:
    """A repeated line that may be of somebody who is ignored, or for whom a relay spoke."""
    doubtful = submission.may_be_relayed or _listed(submission) is None
    return Refusal(UNPROVEN, RefusalCause.UNPROVEN, About.UNPROVEN) if doubtful else None


def holds_secret(submission: Submission) -> Refusal | None:
    if submission.secret is None:
        return None
    return Refusal(replies.secret(submission.channel, submission.secret), RefusalCause.SECRET, private=True)


def not_understood(operator: str) -> Gate:
    """What is no entry and no question gets the form to type, or whom to ask."""

    def gate(submission: Submission) -> Refusal | None:
        match submission.asked:
            case Unread():
                return Refusal(replies.cannot_read(operator), RefusalCause.FORM)
            case Malformed() as malformed:
                rules = submission.rules
                words = explain(malformed, rules.bound, rules.example, rules.channel.words)
                return Refusal(words, RefusalCause.FORM, outcome="")
        return None

    return gate


def no_project(submission: Submission) -> Refusal | None:
    """All or none: the first that cannot take an entry is named."""
    found = next((each for each in submission.projects if not isinstance(each, Known)), None)
    if found is None:
        return None
    rules = submission.rules
    match submission.asked:
        case Last():
            which = Form.LAST
        case Where():
            which = Form.SAL
        case Add(late=late) if late is not None:
            which = Form.LATE
        case Add() if isinstance(found, UnknownProject) and found.name.casefold() == "help":
            which, found = Form.HELP, replace(found, nearest=())  # it was not meant to be one
        case _:
            which = Form.LOG
    typed = form(rules.bound, rules.example, which, rules.channel.words)
    if which is Form.LOG and not rules.bound and not submission.submitter.trusted:
        typed += f". All projects: {rules.channel.words.log} projects"
    words = replies.no_project(found, typed)
    if isinstance(found, Unsure):
        return Refusal(words, RefusalCause.SOURCE, About.UNSURE)
    return Refusal(words, RefusalCause.PROJECT)


def no_such_time(submission: Submission) -> Refusal | None:
    return Refusal(submission.done, RefusalCause.TIME) if isinstance(submission.done, str) else None


def not_allowed(submission: Submission) -> Refusal | None:
    """By the channel's rules, or else by a project's. Who may not log here any more does not amend here, either."""
    submitter = submission.submitter
    if submitter.trusted or not isinstance(submission.asked, Add | Amend):
        return None
    name = member_name(submitter.sender, submitter.person)
    here = submission.rules.channel.access
    scopes = [(Scope.PROJECT, each.access, Membership(each.name, each.members, name)) for each in submission.known]
    first = scopes[0][2] if scopes else Membership("", None, None)
    for scope, access, membership in ((Scope.CHANNEL, here, first), *scopes):
        match judge(access, submitter.sender, submission.replayed, membership, scope):
            case Denied(reason):
                return Refusal(reason, RefusalCause.ACCESS)
            case Unproven(reason):
                return Refusal(reason, RefusalCause.UNPROVEN, About.UNPROVEN)
    return None


def _listed(submission: Submission) -> bool | None:
    """Whether the sender is ignored here; None: a repeated line does not say."""
    if submission.submitter.trusted:
        return False
    return listed(submission.rules.channel.ignore, submission.submitter.sender, submission.replayed)
