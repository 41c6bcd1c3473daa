"""A real browser before the page of a real daemon."""

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from skybatch.demo.sites import bench_hosts
from tests.e2e.process import PROGRAM, TOKEN, DaemonProcess, SiteProcess

HOSTS, PAGES = 12, 6
NAMES = bench_hosts(HOSTS)
CHROMIUM = "/usr/bin/chromium"
# Nothing of the browser's own goes out, and nothing needs rights that a container does not have.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
# What no page may do: told to the console before any module runs.
LISTEN = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Watched:
    """A page, and everything that went wrong in it."""

    page: Page
    wrong: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()  # beginnings of messages that a test brings about

    def check(self) -> None:
        told = [line for line in self.wrong if not line.startswith(self.allowed or ("\0",))]
        assert told == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser, daemon: DaemonProcess) -> Iterator[Watched]:
    """Closed before the daemon is: a page whose daemon is gone complains."""
    context = browser.new_context(accept_downloads=True)
    context.add_init_script(LISTEN)
    page = context.new_page()
    found = Watched(page)

    def hear(message) -> None:
        if message.type in ("error", "warning"):
            found.wrong.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    yield found
    context.close()
    found.check()


@pytest.fixture(scope="module")
def sites() -> Iterator[SiteProcess]:
    process = SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "2")
    yield process
    process.stop()


@pytest.fixture
def daemon(tmp_path, sites) -> Iterator[DaemonProcess]:
    process = DaemonProcess(tmp_path, sites.connect_to, delay_s=0.1)
    process.start()
    yield process
    process.stop()


class Terminal:
    """A daemon that is started on a terminal, as a user does."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = pty.openpty()
        self._out = ours
        self._process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0", "--data-dir", folder / "data"],
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={"PATH": os.defpath, "TERM": "dumb"},
        )
        os.close(theirs)

    def link(self) -> str:
        """The link that signs in once."""
        seen = ""
        while not (found := re.search(r"http://\S+/#code=[\w-]+(?=\s)", seen)):
            seen += os.read(self._out, 4096).decode()
        return found[0]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._out)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    folder = tmp_path / "terminal"
    folder.mkdir()
    process = Terminal(folder)
    yield process
    process.stop()


def sign_in(page: Page, daemon: DaemonProcess) -> None:
    """As a user does who has the token."""
    page.goto(daemon.url)
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
