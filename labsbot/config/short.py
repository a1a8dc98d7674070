"""A tree comes in, and what is written short in it is written out: the same tree, as if it had been typed in full.

A list of names stands for a mapping without settings, one source or login for a list of one.
"""

from __future__ import annotations

from labsbot.config.tree import Node, Scalar, Table, YamlList


def write_out(top: Table) -> None:
    """Write out what is short in a configuration."""
    _sources(top)
    _one_becomes_listing(top, "people")
    for network in top.tables("irc"):
        _list_becomes_mapping(network, "channels")
        _one_becomes_listing(network, "sasl")
        _sources(network)
        for channel in network.tables("channels"):
            _sources(channel)


def as_list(top: Node) -> Table:
    """The tree of a file that holds what may stand under ``list``, as a place with that key."""
    last = top.last if isinstance(top, Table) else top.place[0]
    place = Table(top.place, (), {"list": top}, {"list": top.place}, last)
    _list_becomes_mapping(place, "list")
    return place


def _sources(place: Table) -> None:
    _one_becomes_listing(place, "projects")
    sources = place.values.get("projects")
    for source in sources.values if isinstance(sources, YamlList) else ():
        if isinstance(source, Table):
            _list_becomes_mapping(source, "list")


def _one_becomes_listing(parent: Table, key: str) -> None:
    one = parent.values.get(key)
    if isinstance(one, Table):
        parent.values[key] = YamlList(parent.keys[key], one.path, (one,))


def _list_becomes_mapping(parent: Table, key: str) -> None:
    named = parent.values.get(key)
    if not isinstance(named, YamlList):
        return
    values: dict[str, Node] = {}
    places = {}
    for node in named.values:
        # what is no name, or is here twice, keeps the list a list: it is reported as one
        if not isinstance(node, Scalar) or node.text is None or node.text in values:
            return
        values[node.text] = Table(node.place, (*named.path, node.text), {}, {}, node.place[0])
        places[node.text] = node.place
    parent.values[key] = Table(named.place, named.path, values, places, named.place[0])
