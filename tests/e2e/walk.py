"""An independent reading of a site on disk: another parser, another walk, no code of skybatch.

Only the standard library: `html.parser` for links and titles, `urllib.parse` for addresses, files
in the place of requests. What it finds is what the crawl of the same files must find.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

PAGE_TYPES = (".html", ".htm")
FORBIDDEN = frozenset(" #<>?[]^|%")  # in a host: URL Standard, "forbidden domain code point"


class PageParser(HTMLParser):
    """Links and title of one page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.base: str | None = None
        self._title: list[str] = []
        self._in_title = False
        self._has_title = False
        self._svg = 0

    @property
    def title(self) -> str | None:
        return " ".join("".join(self._title).split()) or None

    def updatepos(self, i: int, j: int) -> int:
        return j  # nobody asks for lines

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += filter(None, [self._lead(tag, given)])
        if tag == "base":
            self.base = self.base or given.get("href")
        elif tag == "svg":
            self._svg += 1
        elif tag == "title" and not self._has_title and not self._svg:
            self._in_title = self._has_title = True

    def _lead(self, tag: str, given: dict[str, str]) -> str | None:
        """Where an element leads, `None` if nowhere."""
        relations = given.get("rel", "").lower().split()
        if tag in ("a", "area"):
            return None if "nofollow" in relations else given.get("href")
        if tag == "link":
            is_page = given.get("type", "text/html").lower() == "text/html"
            leads = {"next", "canonical", "alternate"} & set(relations)
            return given.get("href") if leads and is_page else None
        if tag in ("iframe", "frame"):
            return given.get("src")
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            return given.get("content", "").partition("=")[2].strip(" '\"")
        return None

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._svg = max(0, self._svg - 1)
        elif tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title.append(data)


@dataclass
class Reading:
    """What a walk over the files found."""

    titles: dict[str, str | None] = field(default_factory=dict)  # path -> title, breadth first
    dead: set[str] = field(default_factory=set)  # paths that are linked and do not exist
    other: set[str] = field(default_factory=set)  # paths of files that are no pages
    outside: set[str] = field(default_factory=set)  # URLs of other sites


def walk(root: Path, host: str, start: str, within: Collection[str] | None = None) -> Reading:
    """Everything that can be reached from `start` by links, without leaving the host, nor the paths
    `within`, if any."""
    found = Reading()
    queue, seen = deque([start]), {start}
    while queue:
        path = queue.popleft()
        file = _file(root, path)
        if file is None:
            found.dead.add(path)
            continue
        if not file.name.endswith(PAGE_TYPES):
            found.other.add(path)
            continue
        if within is not None and path not in within:
            continue
        parser = PageParser()
        parser.feed(file.read_text("utf-8", "replace"))
        found.titles[path] = parser.title
        here = urljoin(f"http://{host}{path}", parser.base or "")
        for link in dict.fromkeys(parser.links):
            target = _target(here, link, host, found)
            if target is not None and target not in seen:
                seen.add(target)
                queue.append(target)
    return found


def _file(root: Path, path: str) -> Path | None:
    """The file that a web server gives for a path; a folder gives its index."""
    file = root / unquote(urlsplit(path).path).lstrip("/")
    if path.endswith("/"):
        file = file / "index.html"
    return file if file.is_file() else None


def _target(here: str, link: str, host: str, found: Reading) -> str | None:
    """The path that a link leads to on this host, or `None`."""
    try:
        url = urlsplit(urldefrag(urljoin(here, link.strip()))[0])
    except ValueError:
        return None
    if url.scheme not in ("http", "https") or not FORBIDDEN.isdisjoint(url.netloc):
        return None
    if url.netloc.lower().removeprefix("www.") != host:
        whole = url._replace(netloc=url.netloc.lower(), path=url.path or "/")  # RFC 3986, 6.2
        found.outside.add(whole.geturl())
        return None
    path = quote(url.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{url.query}" if url.query else path
