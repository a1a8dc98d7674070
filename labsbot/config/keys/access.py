"""The keys that say who may log, and whose lines are nothing to us."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from labsbot.config.keys.values import Count, Duration, Keys, Line, Size, found, one_line, several, wrong
from labsbot.settings import Rule, Who

_WORDS = {who.value: who for who in (Who.MEMBERS, Who.OP, Who.VOICE, Who.REGISTERED)}
_ALMOST = {word: word for word in _WORDS} | {
    "member": "members",
    "ops": "op",
    "operator": "op",
    "operators": "op",
    "voices": "voice",
    "voiced": "voice",
}
"""Words that are hardly meant as the names of accounts."""


def account(text: str) -> str:
    """The name of a services account."""
    if re.search(r"[\s,:!@*?]", one_line(text)):
        raise wrong("expected the name of a services account")
    return text


def person(text: str) -> Rule:
    """An account, or a hostmask: whatever has ! or @."""
    if "!" not in text and "@" not in text:
        return Rule(Who.ACCOUNT, account(text))
    if not re.fullmatch(r"[^\s,!@]+![^\s,!@]+@[^\s,!@]+", text):
        raise wrong("this is no hostmask, expected nick!user@host, with * and ? where it may be anything")
    return Rule(Who.HOSTMASK, text)


def _rule(value: object) -> Rule:
    if not isinstance(value, str):
        raise wrong(f"expected a text, found {found(value)}")
    if value in _WORDS:
        return Rule(_WORDS[value])
    if value.startswith("account:"):
        return Rule(Who.ACCOUNT, account(value.removeprefix("account:")))
    if meant := _ALMOST.get(value.lower()):
        raise wrong(f"expected “{meant}”, or “account:{value}” if that is somebody's account")
    if "!" not in value and "@" not in value and re.search(r"[\s,:*?]", value):
        raise wrong("expected an account, nick!user@host, members, op, voice or registered")
    return person(value)


def _somebody(rules: list[Rule]) -> list[Rule]:
    if not rules:
        raise wrong("is empty, so nobody could log: expected somebody, or “*!*@*” for everybody")
    return rules


def _not_by_project(rule: Rule) -> Rule:
    if rule.who is Who.MEMBERS:
        raise wrong("lines are ignored whatever their project: expected an account, nick!user@host, op, …")
    return rule


Account = Annotated[str, AfterValidator(account)]
OneRule = Annotated[Rule, PlainValidator(_rule)]
Rules = Annotated[list[OneRule], BeforeValidator(several)]


class GateKeys(Keys):
    """Who may log; each place that has such a gate has these keys among its own."""

    allow: Annotated[list[OneRule], BeforeValidator(several), AfterValidator(_somebody)] | None = None
    """Who may log, one or a list. ``["*!*@*"]`` opens again what is closed farther up. It cannot be empty."""
    deny: Rules = Field(default_factory=list)
    """Who may not log, one or a list. Added to those farther up."""
    refusal: Line | None = None
    """What those who are refused are told to do, in one line. Default: what would help by these rules, such as to
    log in to services."""


class LimitKeys(Keys):
    lines: Count = 60
    """How many lines one sender may log in one channel."""
    per: Duration = 60.0
    """Within which time."""
    relay: Count | None = None
    """How many lines all those together for whom one relay logs may log within that time. Default: four times
    ``lines``."""
    bytes: Size = 256_000
    """How much the entries of one sender may take on the page within an hour, such as ``64 KB`` or ``1 MB``; all
    those together for whom one relay logs have four times as much. It is counted as it stands there: signs that
    would do something in wikitext are up to six times as long as they were typed."""


Ignored = Annotated[list[Annotated[OneRule, AfterValidator(_not_by_project)]], BeforeValidator(several)]
