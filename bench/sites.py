"""The sample sites behind nginx: files, compressed beforehand, found by the Host header."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skybatch.demo.sites import Resource
from tests.e2e import nginx

_HTTP = """
access_log off; keepalive_timeout 75; keepalive_requests 100000; sendfile on; tcp_nodelay on;
open_file_cache max=20000 inactive=600s; default_type text/html;
types {{ text/html html; text/plain txt; application/xml xml; application/pdf pdf; }}
server {{
  listen 127.0.0.1:{port} backlog=4096; charset utf-8; gzip_static on; gzip_vary on;
  root {folder}/sites/$host; index index.html;
  location / {{ try_files $uri $uri.html $uri/index.html =404; }}
}}
"""


@contextmanager
def serving(hosts: Mapping[str, Mapping[str, Resource]], folder: Path) -> Iterator[int]:
    """Serve the hosts with one process of nginx while the context lasts; yields the port."""
    write(hosts, folder / "sites")
    with nginx.running(
        folder, lambda port: _HTTP.format(port=port, folder=folder), connections=4_096
    ) as port:
        yield port


def write(hosts: Mapping[str, Mapping[str, Resource]], folder: Path) -> None:
    """A folder for each host, with a file and its compressed twin for each resource."""
    for host, resources in hosts.items():
        _write(folder / host, resources)


def _write(folder: Path, resources: Mapping[str, Resource]) -> None:
    for path, resource in resources.items():
        if resource.status != 200 or resource.location:
            continue
        name = path.strip("/") or "index.html"
        file = folder / (name if "." in name.rpartition("/")[2] else f"{name}.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(resource.body)
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(resource.body, 6, mtime=0))
