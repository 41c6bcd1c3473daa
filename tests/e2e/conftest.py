"""The real daemon in front of a site that a test makes."""

from pathlib import Path

import pytest

from tests.e2e.process import DaemonProcess
from tests.site import Site


@pytest.fixture
def daemon_before(tmp_path: Path):
    """Starts a daemon for which every name leads to the site; stopped at the end."""
    made: list[DaemonProcess] = []

    def start(site: Site, *, delay_s: float = 0.0) -> DaemonProcess:
        connect = f'connect_to = {{"*:80" = "127.0.0.1:{site.port}", "*:443" = "127.0.0.1:1"}}'
        made.append(DaemonProcess(tmp_path, f"[fetch]\n{connect}", delay_s=delay_s))
        made[0].start()
        return made[0]

    yield start
    for each in made:
        each.stop()
