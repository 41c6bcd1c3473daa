"""Sample sites that answer late: a small server in Go, since one in Python would be the limit."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.sites import write
from skybatch.demo.sites import sites

NO_SERVER = "without sites that answer late, whose server is written in Go: apt install golang-go"


@contextmanager
def slow_sites(
    server: Path, count: int, pages: int, page_kb: int, latency_ms: tuple[int, int]
) -> Iterator[int]:
    """Serve the sites while the context lasts; yields the port."""
    with tempfile.TemporaryDirectory(prefix="bench-slow-") as folder:
        write(sites(count, pages, page_kb=page_kb), Path(folder))
        command = [server, folder, *map(str, latency_ms)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield int(process.stdout.readline() if process.stdout else "")
            finally:
                process.kill()
