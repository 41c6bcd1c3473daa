"""The dashboard in Chromium: what a user does, from the list to the proof."""

import html
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.process import TOKEN, DaemonProcess, connect_to
from tests.e2e.waiting import until
from tests.web.conftest import NAMES, sign_in

pytestmark = pytest.mark.needs("chromium")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NOBODY = "x"
SOON = 30_000  # ms


def drop(page, name, text):
    """A file from the desktop, onto the list."""
    data = page.evaluate_handle(
        """([name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name, { type: "text/csv" }));
          return data;
        }""",
        [name, text],
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": data})


def test_from_a_dropped_list_to_its_results(watched, daemon):
    page = watched.page
    sign_in(page, daemon)
    assert TOKEN not in page.url
    page.get_by_role("link", name="New batch").click()
    drop(
        page,
        "companies.csv",
        "domain,note\n" + "".join(f"{n},x\n" for n in NAMES) + "no domain,y\n",
    )
    page.get_by_label("label").fill("From a drop")
    page.get_by_label("max_concurrent_jobs").fill("2")
    page.get_by_text("How the domains are crawled").click()
    page.get_by_label("per_host_delay_s").fill("0.2")
    page.get_by_label("exclude").fill("/nothing/*\n/here/*")
    page.get_by_label("text", exact=True).select_option("true")
    page.get_by_role("button", name="Look first").click()
    page.get_by_text("What it would be").wait_for()
    expect(page.get_by_role("cell", name="no domain")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="From a drop").wait_for()
    loads = page.evaluate("performance.getEntriesByType('navigation').length")
    seen = set()

    def is_over():
        seen.add(page.locator(".progress .number").first.inner_text())
        return page.locator(".title .tag.complete").count()

    until(is_over)
    assert len(seen) > 2, "progress moves"
    assert page.evaluate("performance.getEntriesByType('navigation').length") == loads
    batch_id = page.url.rpartition("/")[2]
    told = daemon.get(f"/batch/{batch_id}/results?level=page&limit=1").json["items"][0]
    assert told["text"], "an option that was chosen in the form"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    saved = Path(download.value.path()).read_bytes()
    assert saved == daemon.get(f"/batch/{batch_id}/results?format=csv").body
    expect(page.get_by_role("link", name=NAMES[0], exact=True)).to_be_visible()

    page.get_by_role("link", name=NAMES[0], exact=True).click()
    page.get_by_role("heading", name=NAMES[0], exact=True).wait_for()
    expect(page.locator("svg.waterfall rect.complete")).not_to_have_count(0)
    expect(page.get_by_role("link", name="proof").first).to_have_attribute(
        "rel", re.compile("noopener")
    )
    expect(page.get_by_text(f"info@{NAMES[0]}").first).to_be_visible()


def test_what_failed_is_filtered_and_tried_again_and_a_batch_is_cancelled(watched, daemon):
    page = watched.page
    gone = [f"gone-{number}.invalid" for number in range(3)]
    first = daemon.submit([*gone, NAMES[0]], label="Mixed")
    daemon.wait(first)
    sign_in(page, daemon)
    page.get_by_role("link", name="Mixed").click()
    page.get_by_role("button", name="nxdomain 3").click()
    expect(page.locator("section[aria-labelledby=domains] tbody tr")).to_have_count(3)
    assert "reason=nxdomain" in page.url
    page.get_by_role("button", name="Retry what failed").click()
    until(lambda: {
        job["attempt"] for job in daemon.get(f"/batch/{first}/jobs?reason=nxdomain").json["items"]
    } == {2})  # fmt: skip

    second = daemon.submit(NAMES, label="Long", max_pages=1_000, options={"per_host_delay_s": 5.0})
    page.get_by_role("link", name="Batches").first.click()
    page.get_by_label("Choose Long").check()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert daemon.wait(second)["status"] in ("cancelled", "partial")
    expect(page.get_by_role("row", name="Long")).to_contain_text(re.compile("cancelled|partial"))


def test_the_stream_comes_back_after_a_restart(watched, daemon):
    page = watched.page
    watched.allowed = ("Failed to load resource",)
    sign_in(page, daemon)
    expect(page.locator(".feed.open")).to_be_visible()
    daemon.child.port = int(daemon.url.rpartition(":")[2])
    daemon.kill()
    expect(page.locator(".feed.lost")).to_be_visible(timeout=SOON)
    daemon.start()
    expect(page.locator(".feed.open")).to_be_visible(timeout=SOON)
    daemon.submit(NAMES[:2], label="After the restart")
    expect(page.get_by_role("link", name="After the restart")).to_be_visible(timeout=SOON)
    expect(page.locator(".lines li").first).to_be_visible(timeout=SOON)


def test_the_system_page_tells_what_goes_on_inside(watched, daemon):
    page = watched.page
    daemon.submit(NAMES, max_pages=1_000, options={"per_host_delay_s": 5.0})
    sign_in(page, daemon)
    page.get_by_role("link", name="System").click()
    expect(page.get_by_role("link", name=NAMES[0], exact=True)).to_be_visible(timeout=SOON)
    expect(page.get_by_text(re.compile(r"its turn at .* between requests")).first).to_be_visible(
        timeout=SOON
    )
    page.get_by_text("Configuration in force").click()
    expect(page.get_by_role("row", name="auth.token")).to_contain_text("(hidden)")
    assert TOKEN not in page.content()


def test_the_reference_is_drawn_for_whoever_comes(watched, daemon):
    page = watched.page
    page.goto(f"{daemon.url}/docs#get_status_job_id")
    expect(page.get_by_role("heading", level=1)).to_contain_text("API of skybatch")
    expect(page.locator("details[open] summary")).to_contain_text("/status/{job_id}")
    page.locator("details[open]").get_by_role("link", name="JobShape").click()
    expect(page.locator("#shape-JobShape")).to_contain_text("next_attempt_at")
    page.get_by_label("Find").fill("webhooks")
    expect(page.locator("details[id^=get_]")).to_have_count(1)


def test_by_keyboard_alone(watched, daemon):
    page = watched.page
    page.goto(daemon.url)
    page.get_by_label("Token").wait_for()
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview", exact=True).wait_for()

    def walk_to(name):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == name:
                return
        raise AssertionError(f"{name} cannot be reached")

    walk_to("New batch")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="New batch").wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "list":
            break
    page.keyboard.type(NAMES[0])
    walk_to("Submit")
    page.keyboard.press("Enter")
    page.locator(".title .tag").wait_for()
    assert len(daemon.get("/batch").json["items"]) == 1


def test_what_cannot_be_done_is_told(watched, daemon):
    page = watched.page
    watched.allowed = ("Failed to load resource",)
    batch_id = daemon.submit(["gone.invalid"], label="Forgotten")
    daemon.wait(batch_id)
    sign_in(page, daemon)
    page.get_by_role("link", name="Batches").first.click()
    page.get_by_label("Choose Forgotten").check()
    assert daemon.request("DELETE", f"/batch/{batch_id}").status == 204
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_role("alert")).to_contain_text(f"there is no batch {batch_id}")
    expect(page.get_by_text("There is none.")).to_be_visible()  # another look, and still told
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_link_signs_in_once(terminal, watched):
    page = watched.page
    watched.allowed = ("Failed to load resource",)
    link = terminal.link()
    page.goto(link.partition("#")[0])
    page.get_by_label("Token").wait_for()
    page.goto(f"{link}x")  # in the tab that is open
    expect(page.get_by_role("alert")).to_contain_text("used, or is too old")
    assert "code" not in page.url
    page.goto(link)
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
    assert "code" not in page.url
    page.get_by_role("button", name="Sign out").click()
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("used, or is too old")


def test_a_filter_keeps_the_focus(watched, daemon):
    page = watched.page
    daemon.wait(daemon.submit(["gone.invalid", NAMES[0]], label="Filtered"))
    sign_in(page, daemon)
    page.get_by_role("link", name="Filtered").click()
    choice = page.get_by_label("State")
    choice.select_option("failed")
    expect(page.locator("section[aria-labelledby=domains] tbody tr")).to_have_count(1)
    assert "status=failed" in page.url
    choice.focus()
    page.keyboard.press("Home")
    expect(page.locator("section[aria-labelledby=domains] tbody tr")).to_have_count(2)
    expect(choice).to_be_focused()


def test_what_is_typed_into_a_filter_holds_nobody_back(watched, daemon):
    page = watched.page
    watched.allowed = ("Failed to load resource",)
    batch_id = daemon.submit([NAMES[0]], label="Typed")
    daemon.wait(batch_id)
    sign_in(page, daemon)
    page.get_by_role("link", name="Typed").click()
    page.get_by_label("Domain", exact=True).fill("no domain")
    page.go_back()
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
    assert "domain" not in page.url
    page.goto(f"{daemon.url}/#/batch/{batch_id}?domain=no+domain&status=none")
    expect(page.get_by_role("alert")).to_contain_text("domain is no domain")
    page.get_by_label("Domain", exact=True).fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).not_to_contain_text("domain is no domain")


def test_signing_in_and_out_is_for_all_tabs(watched, daemon):
    page = watched.page
    page.goto(daemon.url)
    second = page.context.new_page()
    sign_in(second, daemon)
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
    daemon.wait(daemon.submit(["gone.invalid"], label="Asked about"))
    page.get_by_role("link", name="Asked about").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").wait_for()
    second.get_by_role("button", name="Sign out").click()
    page.get_by_label("Token").wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0)
    second.close()


def test_batches_are_sorted_and_tell_their_pace(watched, daemon):
    page = watched.page
    for label, count in (("Small", 1), ("Large", 4), ("Middle", 2)):
        daemon.wait(daemon.submit(NAMES[:count], label=label, max_pages=1))
    daemon.submit(NAMES[4:], label="Under way", max_pages=1_000, options={"per_host_delay_s": 5.0})
    sign_in(page, daemon)
    page.goto(f"{daemon.url}/#/batches")
    row = page.get_by_role("row", name="Under way")
    expect(row.get_by_role("cell").nth(5)).to_have_text(re.compile(r"^[\d.]+$"), timeout=SOON)
    page.get_by_label("Sorted by").select_option("domains")
    assert "sort=domains" in page.url
    names = page.locator("tbody tr a")
    expect(names).to_have_text(["Under way", "Large", "Middle", "Small"])
    page.reload()
    expect(names).to_have_text(["Under way", "Large", "Middle", "Small"])


def test_a_second_tab_knows_that_the_stream_is_live(watched, daemon):
    page = watched.page
    sign_in(page, daemon)
    expect(page.locator(".feed.open")).to_be_visible()
    second = page.context.new_page()
    second.goto(daemon.url)
    expect(second.locator(".feed.open")).to_be_visible()
    second.close()


HOSTILE = (
    '<img src=x onerror="window.hit=1">', "\"><script>window.hit=1</script>",
    "javascript:window.hit=1", "‮gnp.exe", "{{7*7}}${7*7}",
)  # fmt: skip


class Hostile(BaseHTTPRequestHandler):
    """A company that writes code wherever it can."""

    def do_GET(self):
        if self.path == "/robots.txt":
            self.send_error(404)
        elif "refused" in self.path:
            self.send_response_only(403, HOSTILE[0])
            self.end_headers()
        else:
            self.answer(PAGE)

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


PAGE = """<!doctype html><html lang=en><title>{title}</title>
<meta name=description content="{description}">
<script type="application/ld+json">{{"@type": "Organization", "name": {name},
  "url": "javascript:window.hit=1", "logo": "javascript:window.hit=1",
  "sameAs": ["javascript:window.hit=1", "https://www.facebook.com/%3Cscript%3Ehit"]}}</script>
<a href="/%22%3E%3Cscript%3Ewindow.hit=1%3C/script%3E">a</a> <a href="/refused?%22onclick=hit">b</a>
<a href="javascript:window.hit=1">c</a> <a href="mailto:info@shop.example">mail</a>""".format(
    title=html.escape(f"{HOSTILE[0]} {HOSTILE[3]}"),
    description=html.escape(HOSTILE[1]),
    name=json.dumps(HOSTILE[1]).replace("</", "<\\/"),
).encode()


@pytest.fixture
def hostile(tmp_path):
    """A daemon whose every site is one of these."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    process = DaemonProcess(tmp_path / "hostile", connect_to(server.server_port))
    process.start()
    yield process
    process.stop()
    server.shutdown()
    server.server_close()


def test_what_sites_write_stays_text(hostile, watched):
    page = watched.page
    batch_id = hostile.submit(["shop.example"], max_pages=5)
    hostile.wait(batch_id)
    (job,) = hostile.get(f"/batch/{batch_id}/jobs").json["items"]
    sign_in(page, hostile)
    page.goto(f"{hostile.url}/#/job/{job['job_id']}")
    page.get_by_role("heading", name="shop.example").wait_for()
    expect(page.get_by_text(HOSTILE[0]).first).to_be_visible()  # the title
    expect(page.get_by_text("info@shop.example").first).to_be_visible()
    page.get_by_text("Every step").click()
    expect(page.get_by_role("cell", name=re.compile(r"refused\?")).first).to_be_visible()
    for path in (f"#/batch/{batch_id}", "#/", "#/system"):
        page.goto(f"{hostile.url}/{path}")
        page.locator("main h1").wait_for()
    page.goto(f"{hostile.url}/#/job/{job['job_id']}")
    page.get_by_role("heading", name="shop.example").wait_for()
    assert page.evaluate("window.hit") is None
    assert page.locator("main img, main script, main [onerror], main [onclick]").count() == 0
    links = page.locator("main a").evaluate_all("all => all.map((each) => each.protocol)")
    assert set(links) <= {"http:", "https:"}


def test_what_users_write_stays_text(watched, daemon):
    page = watched.page
    for text in HOSTILE:
        daemon.wait(daemon.submit(NAMES[:1], label=text, metadata={"x": text}))
    sign_in(page, daemon)
    for text in HOSTILE:
        page.goto(f"{daemon.url}/#/batches")
        page.get_by_role("link", name=text, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(text)
        assert page.evaluate("window.hit") is None
        assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_nobody_is_left_out(watched, daemon, scheme, width):
    """axe-core finds nothing serious, in either colours, wide and narrow."""
    page = watched.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    batch_id = daemon.submit([*NAMES[:3], "gone.invalid"], label="Seen")
    daemon.wait(batch_id)
    job_id = daemon.get(f"/batch/{batch_id}/jobs").json["items"][0]["job_id"]
    sign_in(page, daemon)
    pages = {
        "#/": "Overview",
        "#/batches": "Batches",
        "#/new": "New batch",
        f"#/batch/{batch_id}": "Batch",
        f"#/job/{job_id}": "Domain",
        "#/system": "System",
        "docs": "API",
    }
    for path, title in pages.items():
        page.goto(f"{daemon.url}/{path}")
        expect(page).to_have_title(f"{title} \N{EN DASH} skybatch")
        page.locator("main h1").wait_for()
        expect(page.locator("main")).not_to_contain_text("Loading")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]][:3])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == [], f"{path}: {json.dumps(serious, indent=1)}"


def test_answers_of_the_page_carry_its_policy(daemon):
    page = daemon.request("GET", "/", prefix="", token=NOBODY)
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    up = daemon.request("GET", "/assets/../api.js", prefix="", token=NOBODY)
    assert up.status in (401, 404)
    assert daemon.request("GET", "/assets/none.js", prefix="", token=NOBODY).status == 404
    tag = page.headers["ETag"]
    again = daemon.request("GET", "/", prefix="", headers={"If-None-Match": tag})
    assert again.status == 304
