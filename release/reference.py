"""Directives for Sphinx (docs/conf.py): what the documentation says of keys, commands and calls, out of what they are.

``.. keys:: NetworkKeys`` is the table of the keys of one place, ``.. commands::`` a section for each command, and
``.. calls::`` one for each call for programs. None of it is written by hand, so that none of it can be out of date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from labsbot.cli.main import main as labsbot
from labsbot.config import keys
from labsbot.web import openapi
from release import calls, manual
from release.keys import Key, own_keys

EXAMPLE = "https://logs.example.org"
"""Where a reader of the documentation is to think that the log is read."""


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("keys", KeysTable)
    app.add_directive("commands", Commands)
    app.add_directive("calls", Calls)
    return {"parallel_read_safe": True}


class KeysTable(SphinxDirective):
    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(keys.__file__)
        source = Path(self.get_source_info()[0]).read_text("utf-8")
        place: type[keys.Keys] = getattr(keys, self.arguments[0])
        return self.parse_text_to_nodes("\n".join(_table(list(own_keys(place, sections(source))))))


def sections(page: str) -> dict[type[keys.Keys], str]:
    """The places whose keys a page explains, each with the title of its section."""
    parts = re.split(r"^(.+)\n-{3,}$", page, flags=re.MULTILINE)
    return {
        getattr(keys, name): title
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
        for name in re.findall(r"^\.\. keys:: (\w+)$", text, re.MULTILINE)
    }


def _table(rows: list[Key]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 15 20 65", "")
    yield from ("   * - key", "     - what stands there", "     - meaning")
    for each in rows:
        yield f"   * - ``{each.name}``"
        yield f"     - {each.kind}{_without(each)}"
        yield from (f"     {'-' if not n else ' '} {line}" for n, line in enumerate(each.meaning.splitlines()))


def _without(key: Key) -> str:
    if key.required:
        return "; *required*"
    return f"; default ``{key.default}``" if key.default else ""


class Commands(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        made = [manual.section(each) for each in manual.contexts("labsbot", labsbot)]
        for section in made:
            self.state.document.note_explicit_target(section)
        return list(made)


class Calls(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        document = json.loads(openapi.document(EXAMPLE))
        return self.parse_text_to_nodes("\n".join(calls.described(document)), allow_section_headings=True)
