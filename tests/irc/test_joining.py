"""Many channels in few lines."""

from __future__ import annotations

from labsbot.irc.isupport import Isupport
from labsbot.irc.joining import join_lines
from labsbot.irc.lines import LONGEST_OUT
from labsbot.settings import Secret


def lines(*names: str, most: int | None = None, **keys: str) -> list[str]:
    secrets = {f"#{name}": Secret(key) for name, key in keys.items()}
    return list(join_lines(names, {name: secrets.get(name) for name in names}, most))


def test_channels_are_entered_together_and_keys_stand_in_their_order() -> None:
    assert lines("#a", "#b", "#c", "#d", b="one", d="two") == ["JOIN #b,#d,#a,#c one,two"]
    assert lines() == []


def test_no_more_are_named_at_once_than_the_server_allows() -> None:
    assert lines("#a", "#b", "#c", "#d", "#e", most=2, e="key") == ["JOIN #e,#a key", "JOIN #b,#c", "JOIN #d"]


def test_no_line_is_too_long_whatever_the_names() -> None:
    names = [f"#{letter * 190}" for letter in "abcdefg"]
    long = lines(*names, c="k" * 150)
    assert all(len(line) <= LONGEST_OUT - 2 for line in long)
    assert sorted(name for line in long for name in line.split(" ")[1].split(",")) == names


def test_how_many_are_allowed_is_what_the_server_says_of_this_command_or_of_all() -> None:
    isupport = Isupport()
    assert isupport.most_targets("JOIN") is None
    isupport.learn(["MAXTARGETS=20"])
    assert isupport.most_targets("JOIN") == 20
    isupport.learn(["TARGMAX=PRIVMSG:4,JOIN:10,PART:,KICK"])
    assert isupport.most_targets("JOIN") == 10
    assert isupport.most_targets("PART") is None
    isupport.learn(["TARGMAX=JOIN:0,PART:x", "MAXTARGETS=x"])
    assert isupport.most_targets("JOIN") == 1
    assert isupport.most_targets("PRIVMSG") is None
