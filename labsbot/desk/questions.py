"""Answers to what people ask instead of logging: a question comes in, one line comes out. Pure."""

from __future__ import annotations

from labsbot.desk import replies
from labsbot.desk.answer import Answer, Refusal, RefusalCause, Said, Silence
from labsbot.desk.command import Ask, Form, form
from labsbot.desk.submission import Submission


class Questions:
    """Knows what the wiki is called for people."""

    def __init__(self, wiki: str) -> None:
        self._wiki = wiki

    def answer(self, submission: Submission) -> Said | None:
        """The answer; None: it is no question."""
        if not isinstance(submission.asked, Ask):
            return None
        if submission.replayed:
            return Silence()  # nobody waits for it any more
        rules = submission.rules
        project, directory, words = rules.channel.project, rules.directory, rules.channel.words
        correcting = [(words.undo, Form.UNDO), (words.amend, Form.AMEND)]
        corrections = [form(rules.bound, None, which, words) for word, which in correcting if word]
        match submission.asked:
            case Ask.HELP:
                typed = form(rules.bound, rules.example, Form.LOG, words)
                return Answer(replies.help_with(typed, words, rules.bound, rules.title, self._wiki))
            case Ask.HELP_CHANGE:
                return Answer(replies.to_change(corrections, rules.title, self._wiki))
            case Ask.HELP_LATE | Ask.HELP_SEVERAL as asked:
                which = Form.LATE if asked is Ask.HELP_LATE else Form.LOG if rules.bound else Form.SEVERAL
                return Answer(f"Type {form(rules.bound, rules.example, which if words.log else Form.LOG, words)}.")
            case Ask.PROJECTS:
                return Answer(
                    replies.projects(project, directory.in_use, directory.open_ended, rules.title, self._wiki)
                )
            case Ask.CHANGE:
                return Refusal(replies.change(corrections, rules.title, self._wiki), RefusalCause.FORM, outcome="")
