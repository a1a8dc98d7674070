"""Make a manual page of each command, and its section in the documentation, out of the help that click shows.

A page is built as a document of docutils, whose writer knows what troff takes for its own: a help text is no markup,
and may hold anything. What ``\\b`` keeps together in it stays as it is; the rest is filled.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click
from docutils import nodes
from docutils.core import publish_from_doctree
from docutils.utils import new_document

from labsbot import __version__

SECTION = "1"
"""Of the manual: commands."""
AS_IT_IS = "\b\n"
"""How click is told not to fill a paragraph."""


def pages(program: str, command: click.Command, day: str) -> Iterator[tuple[str, str]]:
    """The name of each file and what stands in it; `day` is the date that the pages carry."""
    for context in contexts(program, command):
        yield f"{_page_name(context)}.{SECTION}", _page(context, day)


def contexts(program: str, command: click.Command) -> Iterator[click.Context]:
    """The command and all that are below it, as they are called."""
    return _with_all_below(_context(command, program, None))


def section(context: click.Context) -> nodes.section:
    """What is said of a command, for the documentation."""
    title, name = context.command_path, _page_name(context)
    usage = f"{title} {_usage(context)}"
    below = [(each.command_path, _in_short(each.command)) for each in _contexts_below(context)]
    return nodes.section(
        "",
        nodes.title(text=title),
        nodes.literal_block(usage, usage, language="none"),
        *_paragraphs(context.command.help or ""),
        *_list(_options(context)),
        *_list(below),
        ids=[name],
        names=[name],
    )


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _with_all_below(context: click.Context) -> Iterator[click.Context]:
    yield context
    for below in _contexts_below(context):
        yield from _with_all_below(below)


def _contexts_below(context: click.Context) -> Iterator[click.Context]:
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            if not below.hidden:
                yield _context(below, name, context)


def _page_name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _page(context: click.Context, day: str) -> str:
    document = new_document(_page_name(context))
    document += nodes.title(text=_page_name(context))
    document += nodes.subtitle(text=_in_short(context.command))
    document += _about(day)
    document += _part("Synopsis", [nodes.paragraph(text=f"{context.command_path} {_usage(context)}")])
    document += _part("Description", _paragraphs(context.command.help or ""))
    document += _part("Options", _list(_options(context)))
    below = list(_contexts_below(context))
    document += _part("Commands", _list([(each.command_path, _in_short(each.command)) for each in below]))
    document += _part("See also", _references([*filter(None, [context.parent]), *below]))
    made = publish_from_doctree(document, writer="manpage", settings_overrides={"output_encoding": "unicode"})
    assert isinstance(made, str)
    return made


def _about(day: str) -> nodes.docinfo:
    said = {"manual section": SECTION, "manual group": "labsbot"}
    fields = [nodes.field("", nodes.field_name(text=name), _body(text)) for name, text in said.items()]
    return nodes.docinfo("", nodes.date(text=day), nodes.version(text=f"labsbot {__version__}"), *fields)


def _body(text: str) -> nodes.field_body:
    return nodes.field_body("", nodes.paragraph(text=text))


def _in_short(command: click.Command) -> str:
    return command.get_short_help_str(limit=200).rstrip(".")


def _usage(context: click.Context) -> str:
    return " ".join(context.command.collect_usage_pieces(context))


def _part(name: str, content: list[nodes.Element]) -> list[nodes.Element]:
    return [nodes.section("", nodes.title(text=name), *content)] if content else []


def _paragraphs(help_text: str) -> list[nodes.Element]:
    return [_paragraph(text) for text in inspect.cleandoc(help_text).split("\n\n")]


def _paragraph(text: str) -> nodes.Element:
    if text.startswith(AS_IT_IS):
        kept = text.removeprefix(AS_IT_IS)
        return nodes.literal_block(kept, kept, language="none")
    return nodes.paragraph(text=text.replace("\n", " "))


def _options(context: click.Context) -> list[tuple[str, str]]:
    options = [each for each in context.command.get_params(context) if isinstance(each, click.Option)]
    records = [option.get_help_record(context) for option in options]
    return [record for record in records if record is not None]


def _list(terms: list[tuple[str, str]]) -> list[nodes.Element]:
    return [nodes.definition_list("", *[_term(term, words) for term, words in terms])] if terms else []


def _term(term: str, words: str) -> nodes.definition_list_item:
    bold = nodes.term("", "", nodes.strong(text=term))
    return nodes.definition_list_item("", bold, nodes.definition("", nodes.paragraph(text=words)))


def _references(contexts: list[click.Context]) -> list[nodes.Element]:
    return [nodes.paragraph(text=", ".join(f"{_page_name(each)}({SECTION})" for each in contexts))]
