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
from labsbot.cli.loading import configuration_before_command
from labsbot.edge import logs

COMMANDS = {
    "amend": "Puts another text in the place of an entry's.",
    "archive": "Moves old days of logs to pages of their own, now.",
    "backup": "Copies the journal, while the bot runs.",
    "check": "Says everything that is wrong with the configuration.",
    "demo": "Shows all of it on this machine: nothing else is needed.",
    "during": "Runs a command, and logs its beginning and its end.",
    "health": "Says whether the bot is of use, for monitoring.",
    "import": "Reads what the wiki's log pages hold into the journal.",
    "init": "Asks what a first configuration needs, and writes it.",
    "log": "Logs a message, and prints where it stands on the wiki.",
    "queue": "Shows what is not on the wiki yet, and why.",
    "redact": "Removes for good what entries say and ever said.",
    "restore": "Makes a copy of the journal the journal again.",
    "run": "Runs the bot.",
    "show": "Shows the log, or all that is known about one entry.",
    "status": "Shows what the running bot does right now.",
    "token": "Makes tokens with which scripts elsewhere log by HTTP.",
    "undo": "Takes an entry back.",
    "verify": "Compares the journal with the wiki's pages.",
    "web": "Serves the log by HTTP, in a process of its own.",
}
"""What each is for, in a line. Each has a module of its name; behind a word of Python's own stands an underscore."""


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
        command.short_help = COMMANDS[cmd_name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            if not (near := get_close_matches(args[0].lower(), COMMANDS)):
                raise
            raise click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, but without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click does, but without loading any, while somebody waits for a key."""
        names = [CompletionItem(name, help=told) for name, told in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@configuration_before_command
@click.version_option(__version__, message="labsbot %(version)s")
def main() -> None:
    """Keeps Server Admin Logs: !log <project> <message> on IRC becomes an entry on a MediaWiki wiki.

    \b
    Try it with nothing installed:   labsbot demo
    Make a first configuration:      labsbot init
    Run it as a service:             labsbot run -c /etc/labsbot/labsbot.yaml
    """
    logs.fill_standard_descriptors()
