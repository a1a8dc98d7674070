"""A sender comes in; what else they are called goes out, by what the operator or a wiki page says. Pure.

The page is one that people edit themselves, so what it says is believed in one thing only: to whose user page a name
leads. It makes nobody a member of anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from labsbot.model import Sender
from labsbot.settings import Author, Person, Rule, Who
from labsbot.text.formatting import without_unseen
from labsbot.text.irc_names import fold_account, matches
from labsbot.text.names import user_flaw


class People:
    """Persons in order; whoever is found first counts."""

    def __init__(self, persons: Iterable[Person]) -> None:
        self._accounts: dict[str, tuple[int, Person]] = {}
        self._masks: list[tuple[int, Person]] = []
        for place, person in enumerate(persons):
            if person.who.who is Who.ACCOUNT:
                self._accounts.setdefault(fold_account(person.who.name), (place, person))
            else:
                self._masks.append((place, person))

    def of(self, sender: Sender) -> Person | None:
        """The first person whose account or hostmask is the sender's; None: nobody."""
        by_account = self._accounts.get(fold_account(sender.account)) if sender.account is not None else None
        by_mask = next((found for found in self._masks if matches(found[1].who.name, sender.hostmask)), None)
        either = [found for found in (by_account, by_mask) if found is not None]
        return min(either, key=lambda found: found[0])[1] if either else None


def member_name(sender: Sender, person: Person | None) -> str | None:
    """What the sender is called in lists of members; None: that is not known."""
    return person.member if person is not None and person.member is not None else sender.account


def written(sender: Sender, author: Author, person: Person | None) -> tuple[str, str | None]:
    """Who stands on the page as the one who logged, and to which wiki user's page that leads, if to any."""
    if author is Author.ACCOUNT:
        return sender.account or sender.nick, None
    return sender.nick, person.wiki if author is Author.WIKI and person is not None else None


def parse_page(text: str) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    """Read a page of ``* account: Wiki user`` (``=`` does as well, so does a link to the user's page).

    Returns the persons, and in words what else looked as if it was to name one. Prose, comments, headings and
    templates are neither. Takes linear time.
    """
    persons, unread = [], []
    # what a comment hides is gone, its lines are still counted
    shown = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    for number, line in enumerate(shown.split("\n"), 1):
        words = line.removeprefix("*").strip()
        if words == line.strip() or not words or words.startswith("{{"):
            continue
        pair = _PAIR.fullmatch(words)
        wiki = _spelt(pair["user"]) if pair else ""
        flaw = user_flaw(wiki) if pair else "expected “account: Wiki user”"
        if pair is None or flaw is not None:
            unread.append(f"line {number}: {flaw}: {words[:_LONGEST_SHOWN]!r}")
        else:
            persons.append(Person(Rule(Who.ACCOUNT, pair["account"]), wiki=wiki))
    return tuple(persons), tuple(unread)


def _spelt(user: str) -> str:
    """A user's name as the wiki itself would spell it (https://www.mediawiki.org/wiki/Manual:Page_title)."""
    link = _LINK.fullmatch(user)
    # what the wiki drops from titles, and what comes along when one is copied
    name = without_unseen(link["target"] if link else user)
    name = unicodedata.normalize("NFC", " ".join(re.split(r"[ _\xa0]+", name)).strip())
    name = _NAMESPACE.sub("", name)
    capital = name[:1].upper()
    return capital + name[1:] if len(capital) == 1 else name


_LONGEST_SHOWN = 60
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PAIR = re.compile(r"(?P<account>[\w\[\]{}|\\^`.~-]++)\s*+[:=]\s*+(?P<user>.+)")
_LINK = re.compile(r"\[\[[ ]*+:?(?P<target>[^\[\]|]++)(?:\|[^\[\]]*+)?\]\]")
_NAMESPACE = re.compile(r"\A:? ?user ?: ?", re.IGNORECASE)
