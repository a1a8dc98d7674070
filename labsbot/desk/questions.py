"""Answers to what people ask instead of logging: a question comes in, one line comes out. Pure."""

from __future__ import annotations

from labsbot.desk import replies
from labsbot.desk.answer import Answer, Refusal, Said, Silence
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
        project, directory = rules.channel.project, rules.directory
        match submission.asked:
            case Ask.HELP:
                words = rules.channel.words
                typed = form(rules.bound, rules.example, Form.LOG, words)
                return Answer(replies.help_with(typed, words.beside_log, rules.title, self._wiki))
            case Ask.PROJECTS:
                return Answer(
                    replies.projects(project, directory.in_use, directory.open_ended, rules.title, self._wiki)
                )
            case Ask.CHANGE:
                words = rules.channel.words
                forms = [form(rules.bound, None, which, words) for which in (Form.UNDO, Form.AMEND)]
                taken = [each for word, each in zip((words.undo, words.amend), forms, strict=True) if word]
                return Refusal(replies.change(taken, rules.title, self._wiki), outcome="")
