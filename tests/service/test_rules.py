"""What follows from the settings for whatever is not said in a channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsbot.config import load
from labsbot.projects import Known
from labsbot.service.rules import Rulebook, draw_up
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader

CONFIGURATION = """\
journal: journal
irc:
  net:
    server: 127.0.0.1:6667
    tls: false
    nick: labsbot
    channels:
      "#ops": {{project: prod, page: {{title: "Server Admin Log"}}}}
      "#cloud": {{}}
      "#other": {{projects: [{{list: [own]}}], page: {{title: "Other/{{project}}"}}}}
wiki: {{folder: pages}}
{projects}
"""


def book(folder: Path, projects: str) -> Rulebook:
    path = folder / "labsbot.yaml"
    path.write_text(CONFIGURATION.format(projects=projects))
    settings = load(path, {}, None).settings
    return draw_up(settings, Reader(open_wiki(settings.wiki)))


AT_THE_TOP = "projects: [{list: {tools: {}, production: {aliases: [prod]}}}]"


@pytest.mark.parametrize(
    ("project", "place", "title"),
    [
        ("tools", "", "Nova Resource:tools/SAL"),
        ("production", "net #ops", "Server Admin Log"),
        ("own", "", "Nova Resource:own/SAL"),
    ],
)
def test_a_log_is_where_a_channel_is_bound_to_it_and_else_at_the_top(
    tmp_path: Path, project: str, place: str, title: str
) -> None:
    home = book(tmp_path, AT_THE_TOP).home(project)
    assert (home.place, home.page.title_for(project)) == (place, title)


def test_the_top_knows_its_own_projects_alone_where_it_names_any(tmp_path: Path) -> None:
    directory = book(tmp_path, AT_THE_TOP).for_scripts().directory
    assert isinstance(directory.find("prod"), Known)
    assert not isinstance(directory.find("own"), Known)


EACH_ITS_OWN = "# nothing at the top"


def test_where_the_top_names_none_those_of_all_channels_are_known_and_live_where_they_are_known(tmp_path: Path) -> None:
    text = CONFIGURATION.replace('"#cloud": {{}}', '"#cloud": {{projects: [{{list: [tools]}}]}}')
    text = text.replace("{{project: prod, page", "{{project: prod, projects: [{{list: [prod]}}], page")
    path = tmp_path / "labsbot.yaml"
    path.write_text(text.format(projects=EACH_ITS_OWN))
    settings = load(path, {}, None).settings
    drawn = draw_up(settings, Reader(open_wiki(settings.wiki)))
    assert set(drawn.for_scripts().directory.in_use) == {"tools", "own", "prod"}
    places = {
        name: (drawn.home(name).place, drawn.home(name).page.title_for(name)) for name in ("tools", "own", "prod")
    }
    assert places == {
        "tools": ("net #cloud", "Nova Resource:tools/SAL"),
        "own": ("net #other", "Other/own"),
        "prod": ("net #ops", "Server Admin Log"),
    }
