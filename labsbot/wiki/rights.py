"""What a wiki says of our rights comes in; what would keep us from writing goes out, in words with what to do. Pure.

Asked for by ``labsbot check --online``, before there is anything to write. API: https://www.mediawiki.org/wiki/API:Info
(``intestactions``) and https://www.mediawiki.org/wiki/API:Userinfo.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from labsbot.edge import answers
from labsbot.wiki import outcomes
from labsbot.wiki.outcomes import Asked

_WHERE = "(Special:BotPasswords, or the OAuth consumer), if the account itself may"
_GRANTS = {
    "edit": f"our account may not edit any page: give it the grant “Edit existing pages” {_WHERE}",
    "createpage": f"our account may not create pages: give it the grant “Create, edit, and move pages” {_WHERE}",
    "bot": "our account may not mark its edits as a bot's: give it the grant “High-volume (bot) access”"
    f" {_WHERE}; or take bot_flag away",
    "skipcaptcha": "our account may be asked for a captcha, which no bot can answer: have somebody put it into the"
    " group “bot”, or give it the right skipcaptcha",
}
"""What is missing with a right. A grant passes on what the account may do itself, and no more."""
_OF_RIGHTS = {"permissiondenied", "cantcreate", "badaccess-groups", "badaccess-group0", "nocreate-loggedin"}
"""Codes that say no more than that a right is missing."""
_ADVICE = {
    "blocked": "have somebody unblock it",
    "autoblocked": "have somebody lift the block of its address",
    "protectedpage": "have somebody lower the protection, or give the account the right to edit there",
    "cascadeprotected": "have somebody lower the protection of the page that includes it",
    "protectedtitle": "have somebody let the page be created",
    "titleprotected": "have somebody let the page be created",
    "protectednamespace": "choose another namespace (page.title), or give the account the right to edit there",
    "readonly": "wait until it is not",
}


def missing_rights(user: dict[str, Any], installed: Collection[str], bot_flag: bool) -> list[str]:
    """What the account may not do at all, on a wiki with these extensions."""
    rights = set(map(answers.text, answers.rows(user["rights"])))
    needed = ["edit", "createpage"]
    if bot_flag:
        needed.append("bot")
    if "ConfirmEdit" in installed:
        needed.append("skipcaptcha")
    return [_GRANTS[right] for right in needed if right not in rights]


def of_page(title: str, page: dict[str, Any], action: str, told: bool) -> list[str]:
    """What keeps us from this action (edit, create) there. `told`: that rights are missing altogether was said."""
    actions = answers.mapping(page["actions"])
    # A namespace's protection is looked at for "edit" alone, and asked for by the wiki when a page is made, too.
    errors = [error for each in dict.fromkeys((action, "edit")) for error in answers.rows(actions[each])]
    codes = [answers.word(error["code"]) for error in errors]
    found = []
    for code in dict.fromkeys(codes):
        if code in _OF_RIGHTS and told:
            continue
        failure = outcomes.of_code(code, Asked.READ)
        advice = f": {_ADVICE[code]}" if code in _ADVICE else ""
        # a block is one of us, not of the page
        found.append(f"{failure}{advice}" if "block" in code else f"cannot {action} {title}: {failure}{advice}")
    return found
