"""Look whether each link of the built documentation leads somewhere: files, and places in them; nobody is asked online.

``python -m release.links docs/_build`` names those that do not, and ends with 1 where there are any. Sphinx itself
checks only what it was told to refer to, not what a page says by an address.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The places of a page that a link can lead to, and where its own links lead."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places = {""}
        self.links: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def dead_links(folder: Path) -> Iterator[str]:
    """Each in a line, with the page on which it stands."""
    pages = {path.resolve(): Page(path) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            to = urlsplit(link)
            target = (path.parent / unquote(to.path)).resolve() if to.path else path
            if to.scheme or to.netloc:
                continue
            if not target.exists():
                yield f"{path.relative_to(folder.resolve())}: {link}: there is no such file"
            elif target in pages and to.fragment and unquote(to.fragment) not in pages[target].places:
                yield f"{path.relative_to(folder.resolve())}: {link}: there is no such place in it"


def main(arguments: list[str]) -> int:
    dead = list(dead_links(Path(arguments[0])))
    print("\n".join(dead), file=sys.stderr, end="\n" if dead else "")
    return int(bool(dead))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
