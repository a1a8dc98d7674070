"""Checked values come in, settings go out, with the flaws and warnings of what several keys mean together.

`settings.build` is the door; beside it one module for each kind of place. Here secrets are fetched from the environment
and from files, addresses get their ports, and what is nearer to a channel is put over what is farther away.
"""
