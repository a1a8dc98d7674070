"""The index of words: entries that are new, or say something else now, come in; where some words are said goes out.

It is SQLite's FTS5. Each entry is in it under its place, with what it says by now, its author and its projects; what it
said before is not, nor is anything that it said where it is redacted, or where people have taken its line out. See the
decision "One recipe for words".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sql

from labsbot.journal import questions
from labsbot.journal import statements as st
from labsbot.text.search import SearchPart, SearchWords, Term

MOST_NAMED = 300
"""Authors, or projects, by which it is narrowed: each costs a little."""
_NEW = "words.new"
_COLUMNS = {SearchPart.ANYWHERE: "{message author}", SearchPart.MESSAGE: "message", SearchPart.AUTHOR: "author"}


def add(connection: sql.Connection, numbers: Collection[int]) -> None:
    """Have new entries found from now on."""
    connection.execute(st.FIND_BY_WORDS, {"numbers": list(numbers)})
    connection.info[_NEW] = True


def any_new(connection: sql.Connection) -> bool:
    """Whether anything was added on this connection since that was asked."""
    return bool(connection.info.pop(_NEW, False))


def renew(connection: sql.Connection, numbers: Collection[int]) -> None:
    """Have entries found by what they say by now, of which something was changed."""
    given = {"numbers": list(numbers)}
    # as they are in the index, word for word, they have to leave it
    connection.execute(st.LOSE_BY_WORDS, given)
    connection.execute(st.FORGET_NEWEST_TEXTS, given)
    said = [
        {"of": kept.entry.id, "text": "" if kept.redaction or kept.taken_out else kept.message}
        for kept in questions.kept(connection, st.ENTRIES_OF_NUMBERS, given)
        if kept.message != kept.entry.message or kept.redaction or kept.taken_out
    ]
    if said:
        connection.execute(st.NEW_NEWEST_TEXT, said)
    add(connection, numbers)


def renew_of(connection: sql.Connection, given_up: Sequence[int]) -> None:
    """Changes came to nothing, by the numbers of their deliveries: their entries say what they did before."""
    if given_up:
        renew(connection, connection.scalars(st.ENTRIES_OF_DELIVERIES, {"numbers": given_up}).all())


def asked(words: SearchWords, authors: Sequence[str] = (), projects: Sequence[str] = ()) -> str:
    """As the index is asked for what has all wanted words and none of the unwanted ones; some are wanted.

    Authors and projects narrow it where they can, so that what is rare among them is found soon; which of what is found
    is really theirs is still to be looked at.
    """
    wanted = [*map(_term, words.wanted), *_named("author", authors), *_named("projects", projects)]
    without = f" NOT ({' OR '.join(map(_term, words.unwanted))})" if words.unwanted else ""
    return f"({' AND '.join(wanted)}){without}"


def any_of(terms: Iterable[Term]) -> str:
    """The same for what has one of these."""
    return " OR ".join(map(_term, terms))


def _term(term: Term) -> str:
    return f"{_COLUMNS[term.where]} : {_phrase(term.text)}{' *' if term.begins else ''}"


def _named(column: str, names: Sequence[str]) -> list[str]:
    # only of these it is certain that the index takes them for words, as we do
    if not 0 < len(names) <= MOST_NAMED or not all(each.isascii() and any(map(str.isalnum, each)) for each in names):
        return []
    return [f"({' OR '.join(f'{column} : {_phrase(each)}' for each in names)})"]


def _phrase(text: str) -> str:
    """In quotes nothing means anything (https://sqlite.org/fts5.html#fts5_strings)."""
    quoted = text.replace('"', '""').replace("\0", " ")
    return f'"{quoted}"'
