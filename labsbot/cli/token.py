"""``labsbot token``: tokens with which scripts elsewhere log by HTTP."""

from __future__ import annotations

import secrets

import click

from labsbot.text.digests import digest
from labsbot.text.names import web_token_flaw

PREFIX = "labsbot_"
"""By which whoever finds one knows what it is; it is refused in a message, as other secrets are."""


@click.group("token")
def command() -> None:
    """Tokens with which scripts elsewhere log by HTTP.

    \b
    Example:  labsbot token new deploy
    """


@command.command("new", short_help="Make a token, and print it once.")
@click.argument("name")
def new(name: str) -> None:
    """Make a token, print it once, and say what to write into the configuration.

    The token alone goes to standard output; it is kept nowhere.

    \b
    Example:  labsbot token new deploy > token
    """
    if flaw := web_token_flaw(name):
        raise click.BadParameter(flaw, param_hint="NAME")
    token = PREFIX + secrets.token_urlsafe(32)
    click.echo(token)
    click.echo("\nThat is the token; nobody will see it again. In the configuration, under web: tokens:\n", err=True)
    click.echo(f"    {name}: {{sha256: {digest(token)}, projects: [PROJECT]}}", err=True)
