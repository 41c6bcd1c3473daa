"""A real nginx on a port of its own."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def running(folder: Path, http: Callable[[int], str], *, connections: int = 512) -> Iterator[int]:
    """One process of nginx while the context lasts; `http` is what its block of that name holds,
    for a port of loopback, which is yielded."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        raise SystemExit("nginx is needed: apt install nginx-light")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = "".join(f"{name}_temp_path {folder}/temporary;\n" for name in _FOLDERS)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections {connections}; }}\n"
        f"http {{\n{temporary}{http(port)}\n}}\n"
    )
    command = [nginx, "-c", config, "-p", folder, "-e", folder / "error.log"]
    with subprocess.Popen(command) as process:
        try:
            _wait(process, port)
            yield port
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it takes connections."""
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit("nginx did not start")
