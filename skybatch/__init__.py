"""Batch website scanning that can be trusted.

`await skybatch.scan("example.com", max_pages=10)` scans one domain in this process; `skybatch
serve` runs the daemon that does it for whole lists.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skybatch.scanning import scan

__version__ = "0.1.0"
__all__ = ["__version__", "scan"]


def __getattr__(name: str) -> object:
    # Imported when asked for: `skybatch --help` must not pay for an HTTP client.
    if name == "scan":
        from skybatch.scanning import scan

        return scan
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
