"""The words of all of MediaWiki's languages: our list, and what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from labsbot.text.languages import MEDIA, SWITCHES, TALK, folded
from labsbot.wikitext import inert
from tests.servers.mediawiki import CODE_OF, RELEASES

_QUOTED = r"""(?:'((?:[^'\\\\]|\\\\.)*)'|"([^"$]*)")"""


@pytest.mark.parametrize(
    "name", ["Media", " media", "MEDIA", "_Media_", "MEDİA", "MEDIA\u180e", "Medium", "Mūi", "Phương_tiện"]
)
def test_a_name_is_found_however_it_is_spelt(name: str) -> None:
    assert (folded(name) in MEDIA) == (name != "Mūi")


@pytest.mark.servers
def test_every_name_of_both_namespaces_is_known() -> None:
    for namespace, known in (("NS_MEDIA", MEDIA), ("NS_TALK", TALK)):
        names = set(names_of(namespace))
        assert len(names) > 100
        assert {name for name in names if folded(name) not in known} == set()


@pytest.mark.servers
def test_no_switch_of_any_language_is_alive() -> None:
    switches = set(all_switches())
    assert len(switches) > 1000
    assert {switch for switch in switches if switch in inert(f"a {switch} b")} == set()
    if len(RELEASES) == len(CODE_OF):
        assert {switch for switch in SWITCHES if switch not in switches} == set()


def names_of(namespace: str) -> Iterator[str]:
    for text in messages():
        for found in re.finditer(rf"\b{namespace}\s*=>\s*{_QUOTED}|{_QUOTED}\s*=>\s*{namespace}\b", text):
            yield next(name for name in found.groups() if name is not None).replace("\\'", "'")


def all_switches() -> Iterator[str]:
    factories = (path for release in RELEASES for path in CODE_OF[release].glob("includes/**/MagicWordFactory.php"))
    lists = [path.read_text(encoding="utf-8").partition("$mDoubleUnderscoreIDs = [")[2] for path in factories]
    names = {name for each in lists for name in re.findall(r"'(\w+)'", each.partition("]")[0])}
    for text in messages():
        for found in re.finditer(rf"'(?:{'|'.join(names)})'\s*=>\s*(?:\[|array\()([^\])]*)", text):
            yield from (one or other for one, other in re.findall(_QUOTED, found[1])[1:] if one or other)


def messages() -> Iterator[str]:
    """Of every release that is here: what one of them has is alive on the wikis that run it."""
    paths = [path for release in RELEASES for path in CODE_OF[release].glob("languages/messages/Messages*.php")]
    assert paths, "MediaWiki is not installed on this machine: run  python -m tests.servers.install"
    return (path.read_text(encoding="utf-8") for path in paths)
