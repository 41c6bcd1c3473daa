"""The files of the dashboard, read once and kept."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_STATIC = Path(__file__).parent / "static"
_VENDOR = _STATIC / "vendor"  # brought by `make setup`, or with the wheel
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    content_type: str
    tag: str  # of its ETag


def is_whole() -> bool:
    """Whether what the page needs from others is here."""
    return _VENDOR.is_dir()


@cache
def assets() -> Mapping[str, Asset]:
    """By path below `static`. Raises OSError."""
    files = (path for path in _STATIC.rglob("*") if path.is_file())
    return {str(path.relative_to(_STATIC)): _asset(path) for path in files}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Asset(body, kind or "application/octet-stream", tag)
