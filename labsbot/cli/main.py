"""The commands: arguments in, exit status and lines for people out. Everything real is done elsewhere.

Exit status as in sysexits.h where one fits: 69 refused by every network, 75 kept but not on the wiki yet, 78 wrong
configuration; else 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import importlib
import keyword

import click
from click.shell_completion import CompletionItem

from labsbot import __version__
from labsbot.edge import logs

COMMANDS = (
    "amend",
    "archive",
    "backup",
    "check",
    "demo",
    "during",
    "health",
    "import",
    "init",
    "log",
    "queue",
    "redact",
    "restore",
    "run",
    "show",
    "status",
    "token",
    "undo",
    "verify",
    "web",
)
"""Each in a module of its name; behind that of a word of Python's own, an underscore."""


class Commands(click.Group):
    """Loads the command that is asked for, and no other: most need rooms that take long to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = importlib.import_module(f"labsbot.cli.{module}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names alone: to say what each is for would take loading all of them, while somebody waits for a key."""
        names = [CompletionItem(name) for name in COMMANDS if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="labsbot %(version)s")
def main() -> None:
    """Keeps Server Admin Logs: !log <project> <message> on IRC becomes an entry on a MediaWiki wiki.

    \b
    Try it with nothing installed:   labsbot demo
    Make a first configuration:      labsbot init
    Run it as a service:             labsbot run -c /etc/labsbot/labsbot.yaml
    """
    logs.fill_standard_descriptors()
