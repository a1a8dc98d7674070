"""The keys of the sources of people: who is called what on the wiki, and in the lists of members."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from labsbot.config.keys.access import person
from labsbot.config.keys.values import Duration, Keys, Line, wrong
from labsbot.text.names import title_flaw, user_flaw


def _who(text: str) -> str:
    person(text)
    return text


def _wiki_user(text: str) -> str:
    if text.lower().startswith("user:"):
        raise wrong("expected the user's name without “User:”")
    if flaw := user_flaw(text):
        raise wrong(f"{flaw}, expected the name of a wiki user")
    return text


def _page(text: str) -> str:
    if flaw := title_flaw(text):
        raise wrong(f"{flaw}, write for example “Project:Labsbot/People”")
    return text


def _user_alone(value: object) -> object:
    return {"wiki": value} if isinstance(value, str) else value


class PersonKeys(Keys):
    wiki: Annotated[str, AfterValidator(_wiki_user)] | None = None
    """The wiki user, without “User:”."""
    member: Line | None = None
    """Their name in the lists of members, where it is not their account."""


People = dict[Annotated[str, AfterValidator(_who)], Annotated[PersonKeys, BeforeValidator(_user_alone)]]


class PeopleListKeys(Keys):
    """A file of people, as the list that it stands for."""

    people: People = Field({}, alias="list")


class PeopleSourceKeys(Keys):
    people: People | None = Field(None, alias="list")
    """People: an account, or a hostmask, and their keys (Person_) for each. The name of the wiki user alone will
    do: ``{alice: Alice Smith}``."""
    file: Line | None = None
    """A YAML or JSON file with what may stand under ``list``, read again when it changes."""
    page: Annotated[str, AfterValidator(_page)] | None = None
    """A page of the wiki that people edit themselves, with lines such as ``* account: Wiki user``. It makes nobody
    a member of anything. Protect it: whoever edits it says who is who."""
    refresh: Duration | None = None
    """How often it is read. Default ``5m``. Not for ``list``."""


PEOPLE_KINDS = ("list", "file", "page")
"""The keys of a source that say what it is; exactly one stands there."""
