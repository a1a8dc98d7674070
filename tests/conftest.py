"""What tests of several rooms share: the real servers, started once per session."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, MetaData, Pool, create_mock_engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.schema import ExecutableDDLElement

from tests.servers import debian13
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import RELEASES, MediaWiki

# A busy machine is no failure: hypothesis counts examples, not milliseconds.
settings.register_profile("labsbot", deadline=None)
# For make test-quick (--hypothesis-profile=quick).
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile("labsbot")

# Whatever runs the tests in its background ignores these, and so would all processes that they start.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where one of the wikis is missing, say so at the end of a run that would have met it."""
    stats = terminalreporter.stats
    ran = (report for kind in stats if kind != "deselected" for report in stats[kind])
    if debian13.RELEASE not in RELEASES and any("servers" in getattr(report, "keywords", ()) for report in ran):
        terminalreporter.section(f"MediaWiki {debian13.RELEASE} was NOT tested", red=True, bold=True)
        terminalreporter.line("It is not here: `make servers` says why. All that met a MediaWiki met 1.39 alone.")


@pytest.fixture(scope="session", autouse=True)
def impatient() -> Iterator[None]:
    """No test waits for the disk: no killed process needs that, only a power cut, and none of them makes one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        event.listen(Pool, "checkout", lambda connection, *_: connection.execute("PRAGMA synchronous=OFF"))
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled() -> Iterator[None]:
    """All journals of a run share their compiled statements: compiling them for each took a quarter of the time."""
    statements: dict[object, object] = {}
    tables: list[str] = []

    def create_all(metadata: MetaData, connection: Connection, checkfirst: bool) -> None:
        if not tables:

            def compiled(made: ExecutableDDLElement, *_: object) -> None:
                tables.append(str(made.compile(dialect=connection.dialect)))

            for_each_journal(metadata, create_mock_engine("sqlite://", compiled), checkfirst=checkfirst)
        for statement in tables:
            connection.exec_driver_sql(statement)

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=statements)

    with pytest.MonkeyPatch.context() as patch:
        # a statement is looked up by its dialect, of which each journal has one of its own
        patch.setattr(SQLiteDialect_pysqlite, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(SQLiteDialect_pysqlite, "__hash__", lambda one: hash(type(one)))
        for_each_journal = MetaData.create_all
        patch.setattr(MetaData, "create_all", create_all)
        event.listen(Engine, "engine_connect", share)
        yield
        event.remove(Engine, "engine_connect", share)


@pytest.fixture(scope="session")
def mediawikis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], MediaWiki]]:
    """A real MediaWiki of a release on loopback, started when it is first asked for."""
    with contextlib.ExitStack() as running:

        @functools.cache
        def started(release: str) -> MediaWiki:
            return running.enter_context(MediaWiki(tmp_path_factory.mktemp("mediawiki") / "wiki", release))

        yield started


@pytest.fixture(scope="session")
def mediawiki(request: pytest.FixtureRequest, mediawikis: Callable[[str], MediaWiki]) -> MediaWiki:
    """A real MediaWiki of the first release that is here; each test uses pages of its own.

    Where it matters which release answers, a folder's conftest gives its tests each of them.
    """
    return mediawikis(getattr(request, "param", RELEASES[0]))


@pytest.fixture
def hide() -> Iterator[Callable[[MediaWiki, Sequence[int], str], None]]:
    """Hides parts of revisions, as an operator of the wiki does, until the test ends.

    Others look for theirs among the same account's edits, and cannot tell whether a hidden one is it.
    """
    hidden: list[tuple[MediaWiki, str, str]] = []

    def hidden_or_shown(wiki: MediaWiki, ids: str, **what: str) -> None:
        with wiki.setting("rights", "$wgGroupPermissions['sysop']['deleterevision'] = true;"):
            wiki.person("Operator").post("revisiondelete", type="revision", ids=ids, **what)

    def hide(wiki: MediaWiki, revisions: Sequence[int], what: str) -> None:
        ids = "|".join(map(str, revisions))
        hidden_or_shown(wiki, ids, hide=what)
        hidden.append((wiki, ids, what))

    yield hide
    for wiki, ids, what in hidden:
        hidden_or_shown(wiki, ids, show=what)


@pytest.fixture(scope="session")
def inspircd() -> Iterator[InspIRCd]:
    """A real InspIRCd on loopback; each test uses nicks and channels of its own."""
    with InspIRCd() as server:
        yield server
