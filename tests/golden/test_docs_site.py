"""The site that `make docs` builds: whole, strict, and sufficient to itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
ZENSICAL = Path(sys.executable).with_name("zensical")
FETCHED = {"src", "srcset", "data", "poster"}
"""What a browser asks for by itself; an `href` too, of a `link` of one of the following relations."""
RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
ADDRESS = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")
ON_DEMAND = {"mermaid", "glightbox", "pyodide", "gh-stat"}
"""Classes of elements for which the site's script would fetch a library from another host."""


class Page(HTMLParser):
    """The addresses that a page fetches and links to, and the classes of its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: set[str] = set()
        self.linked: set[str] = set()
        self.classes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.classes |= set(given.get("class", "").split())
        self.fetched |= {value for name, value in given.items() if name in FETCHED}
        if tag == "link" and RELATIONS & set(given.get("rel", "").split()):
            self.fetched.add(given["href"])
        if tag == "a" and "href" in given:
            self.linked.add(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not ZENSICAL.exists():
        pytest.skip("zensical is not installed beside this Python: pip install --group docs")
    room = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", room / "docs")
    shutil.copy(ROOT / "zensical.toml", room)
    built = subprocess.run([ZENSICAL, "build", "--strict"], cwd=room, capture_output=True, text=True, timeout=50)
    assert built.returncode == 0, built.stdout + built.stderr
    return room / "build" / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}


def named(entry: object) -> Iterator[str]:
    """The pages of a part of the navigation."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        yield from (page for part in entry.values() for page in named(part))
    elif isinstance(entry, list):
        yield from (page for part in entry for page in named(part))


def test_each_page_has_one_place_in_the_navigation() -> None:
    config = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    there = sorted(str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md"))
    assert sorted(named(config["project"]["nav"])) == there, (
        "give these a place in zensical.toml: where would one look?"
    )


@pytest.mark.slow
def test_every_page_is_built(pages: dict[Path, Page]) -> None:
    assert len(pages) == len(list((ROOT / "docs").rglob("*.md")))


@pytest.mark.slow
def test_pages_fetch_nothing_from_other_hosts(site: Path, pages: dict[Path, Page]) -> None:
    assert all(page.fetched for page in pages.values()), "every page has a style and a script"
    found = {address for page in pages.values() for address in page.fetched if urlsplit(address).netloc}
    for style in site.rglob("*.css"):
        found |= set(ADDRESS.findall(style.read_text(encoding="utf-8")))
    assert not found
    assert not {name for page in pages.values() for name in page.classes & ON_DEMAND}


@pytest.mark.slow
def test_every_link_leads_to_a_file_of_the_site(site: Path, pages: dict[Path, Page]) -> None:
    """The build itself checks links to pages and their headings, and takes links to other files as they are."""
    dead = []
    for path, page in pages.items():
        for address in page.linked | page.fetched:
            parts = urlsplit(address)
            if not parts.scheme and not parts.netloc and parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
                dead += [] if target.is_file() or (target / "index.html").is_file() else [f"{path.name}: {address}"]
    assert not dead, f"files outside of docs/ are named, not linked to: {dead}"
