"""The sample sites behind nginx: files, compressed beforehand, found by the Host header."""

import gzip
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skybatch.demo.sites import Resource

_CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_timeout 75; keepalive_requests 100000; sendfile on; tcp_nodelay on;
  open_file_cache max=20000 inactive=600s; default_type text/html;
  types {{ text/html html; text/plain txt; application/xml xml; application/pdf pdf; }}
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  server {{
    listen 127.0.0.1:{port} backlog=4096; charset utf-8; gzip_static on; gzip_vary on;
    root {folder}/sites/$host; index index.html;
    location / {{ try_files $uri $uri.html $uri/index.html =404; }}
  }}
}}
"""


@contextmanager
def serving(hosts: Mapping[str, Mapping[str, Resource]], folder: Path) -> Iterator[int]:
    """Serve the hosts with one process of nginx while the context lasts; yields the port."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        raise SystemExit("nginx is needed: apt install nginx-light")
    for host, resources in hosts.items():
        _write(folder / "sites" / host, resources)
    (folder / "tmp").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    with subprocess.Popen([nginx, "-c", config, "-p", folder]) as process:
        try:
            _wait(process, port)
            yield port
        finally:
            process.terminate()


def _write(folder: Path, resources: Mapping[str, Resource]) -> None:
    for path, resource in resources.items():
        if resource.status != 200 or resource.location:
            continue
        name = path.strip("/") or "index.html"
        file = folder / (name if "." in name.rpartition("/")[2] else f"{name}.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(resource.body)
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(resource.body, 6, mtime=0))


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it takes connections."""
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit("nginx did not start")
