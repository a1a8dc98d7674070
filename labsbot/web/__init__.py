"""Logging by HTTP: a call comes in, what the front desk says of it goes out. Loaded only where `web` is configured."""

import importlib.util


def missing_extra() -> str | None:
    """What has to be installed before anything is served, in words for an operator; None: nothing."""
    if all(map(importlib.util.find_spec, ("starlette", "uvicorn", "jinja2"))):
        return None
    return (
        "starlette, uvicorn and jinja2 are not all installed, so nothing is served by HTTP: "
        "install labsbot with its extra “web” (pip install '.[web]')"
    )
