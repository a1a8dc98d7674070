"""Projects come in and go out as plain JSON, to be kept over a restart. Only the shape is checked."""

from __future__ import annotations

from typing import Any

from labsbot.edge import answers
from labsbot.settings import Access, Project, Rule, Who


def dumped(projects: tuple[Project, ...]) -> Any:
    return [
        {
            "name": project.name,
            "aliases": project.aliases,
            "retired": project.retired,
            "members": None if project.members is None else sorted(project.members),
            "allow": _rules(project.access.allow),
            "deny": _rules(project.access.deny),
            "refusal": project.access.refusal,
        }
        for project in projects
    ]


def loaded(kept: Any) -> tuple[Project, ...]:
    """The inverse. Raises LookupError, TypeError or ValueError where it is not what `dumped` gave."""
    return tuple(
        Project(
            answers.word(each["name"]),
            tuple(map(answers.word, answers.rows(each["aliases"]))),
            _words(each["retired"]),
            None if each["members"] is None else frozenset(map(answers.text, answers.rows(each["members"]))),
            Access(_allowed(each["allow"]), _allowed(each["deny"]), _words(each["refusal"])),
        )
        for each in answers.rows(kept)
    )


def _rules(rules: tuple[Rule, ...]) -> list[list[str]]:
    return [[rule.who.value, rule.name] for rule in rules]


def _allowed(kept: Any) -> tuple[Rule, ...]:
    return tuple(Rule(Who(who), answers.text(name)) for who, name in answers.rows(kept))


def _words(kept: Any) -> str | None:
    return None if kept is None else answers.text(kept)
