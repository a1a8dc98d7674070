"""Projects come in and go out as plain JSON, to be kept over a restart. Nothing is checked beyond its shape."""

from __future__ import annotations

from typing import Any

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
    """The inverse. Raises KeyError, TypeError or ValueError where it is not what `dumped` gave."""
    return tuple(
        Project(
            _word(each["name"]),
            tuple(map(_word, each["aliases"])),
            _words(each["retired"]),
            None if each["members"] is None else frozenset(map(_word, each["members"])),
            Access(_allowed(each["allow"]), _allowed(each["deny"]), _words(each["refusal"])),
        )
        for each in kept
    )


def _rules(rules: tuple[Rule, ...]) -> list[list[str]]:
    return [[rule.who.value, rule.name] for rule in rules]


def _allowed(kept: Any) -> tuple[Rule, ...]:
    return tuple(Rule(Who(who), _word(name)) for who, name in kept)


def _words(kept: Any) -> str | None:
    return None if kept is None else _word(kept)


def _word(kept: Any) -> str:
    if not isinstance(kept, str):
        raise TypeError(f"{kept!r} is no text")
    return kept
