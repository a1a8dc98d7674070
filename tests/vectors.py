"""A file of vectors beside a test comes in; what stands in it goes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# libyaml, where it is: the hundreds of vectors take Python's own parser a second
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def vectors_in(test: str, name: str) -> Any:
    """The YAML file of that name beside the module `test` (its ``__file__``)."""
    return yaml.load((Path(test).parent / name).read_text(encoding="utf-8"), _LOADER)
