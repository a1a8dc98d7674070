"""What a wiki says of our rights comes in; what would keep us from writing goes out, in words with what to do. Pure.

Asked for by ``labsbot check --online``, before there is anything to write. API: https://www.mediawiki.org/wiki/API:Info
(``intestactions``) and https://www.mediawiki.org/wiki/API:Userinfo.
"""

from __future__ import annotations

from typing import Any

from labsbot import answers
from labsbot.wiki import outcomes
from labsbot.wiki.outcomes import Asked

_GRANTS = {
    "edit": "may not edit any page: give it the grant “Edit existing pages”",
    "createpage": "may not create pages: give it the grant “Create, edit, and move pages”",
    "bot": "may not mark its edits as a bot's: give it the grant “High-volume (bot) access”, or take bot_flag away",
}
"""What is missing with a right. A grant passes on what the account may do itself, and no more."""
_WHERE = "(Special:BotPasswords, or the OAuth consumer), if the account itself may"
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


def missing_rights(user: dict[str, Any], bot_flag: bool) -> list[str]:
    """What the account may not do at all."""
    rights = set(map(answers.text, answers.rows(user["rights"])))
    needed = ("edit", "createpage", *(("bot",) if bot_flag else ()))
    return [f"our account {_GRANTS[right]} {_WHERE}" for right in needed if right not in rights]


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
