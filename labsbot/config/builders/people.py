"""The keys of people come in; what else they are called goes out."""

from __future__ import annotations

from collections.abc import Mapping

from labsbot.config import keys
from labsbot.config.builders.access import each_once
from labsbot.config.builders.building import Building
from labsbot.config.tree import KeyPath
from labsbot.settings import Person


def people(building: Building, named: Mapping[str, keys.PersonKeys], path: KeyPath) -> tuple[Person, ...]:
    """The people of one list; its keys say who they are."""
    persons = []
    for name, person in named.items():
        if person.wiki is None and person.member is None and not building.count((*path, name)):
            building.wrong((*path, name), "says nothing, expected “wiki” or “member”", key=True)
        persons.append(Person(keys.person(name), person.wiki, person.member))
    each_once(building, [person.who for person in persons], [(*path, name) for name in named], key=True)
    return tuple(persons)
