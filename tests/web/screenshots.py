"""`make screenshots`: pictures of the dashboard, from a real run of the sample sites."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from skybatch.demo.sites import bench_hosts
from tests.e2e.process import DaemonProcess, SiteProcess
from tests.web.conftest import CHROMIUM, QUIET, sign_in

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
HOSTS, PAGES = 60, 30
SIZE = {"width": 1280, "height": 900}
GONE = [f"gone-{number}.invalid" for number in range(7)]


def main() -> None:
    """Crawl, look, and write a picture of each page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    sites = SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "6")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        daemon = DaemonProcess(Path(folder), sites.connect_to, delay_s=0.3)
        daemon.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            _draw(page, daemon)
        finally:
            browser.close()
            daemon.stop()
            sites.stop()


def _draw(page: Page, daemon: DaemonProcess) -> None:
    names = bench_hosts(HOSTS)
    done = daemon.submit([*names[:20], *GONE], max_pages=4, label="Suppliers, autumn")
    daemon.wait(done)
    daemon.submit(names[20:40], max_pages=2, label="Partners")
    running = daemon.submit(
        [*names[40:], *GONE[:3]], max_concurrent_jobs=4, max_pages=30, label="New leads"
    )
    sign_in(page, daemon)
    page.wait_for_timeout(8_000)  # the lines of the chart need some points
    page.screenshot(path=FOLDER / "overview.png")
    page.goto(f"{daemon.url}/#/batch/{done}")
    page.get_by_role("heading", name="Suppliers, autumn").wait_for()
    page.wait_for_timeout(1_000)
    page.screenshot(path=FOLDER / "batch.png")
    job_id = daemon.get(f"/batch/{done}/jobs").json["items"][0]["job_id"]
    page.goto(f"{daemon.url}/#/job/{job_id}")
    page.get_by_role("heading", name=names[0]).wait_for()
    page.wait_for_timeout(1_000)
    page.screenshot(path=FOLDER / "domain.png", full_page=True)
    daemon.post(f"/batch/{running}/cancel")


if __name__ == "__main__":
    main()
