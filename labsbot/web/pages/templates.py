"""Fill in a template: its name and its values come in, HTML goes out. Whatever a value holds, it is escaped."""

from __future__ import annotations

from typing import Any

import jinja2

from labsbot.web.pages.addresses import Addresses

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
"""Nothing runs and nothing is fetched that is not ours, should a message ever come alive."""


class Templates:
    def __init__(self, addresses: Addresses) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("labsbot.web.pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["to"] = addresses

    def fill(self, name: str, **values: Any) -> str:
        return self._environment.get_template(f"{name}.html").render(values)
