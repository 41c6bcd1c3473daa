"""A batch once more through the real daemon: conditional requests, kept facts, one answer a key."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.crawl.test_crawl_again import Versions, named
from tests.e2e.process import TOKEN
from tests.site import Page, Site

HOSTS = ("one.example", "two.example")


async def test_a_batch_again_is_a_new_batch_whose_unchanged_pages_are_not_sent(daemon_before):
    pages = {
        host: {"/": Versions("s", named("Start", "/a")), "/a": Versions("l", named("Leaf"))}
        for host in HOSTS
    }
    async with Site(pages) as site:
        process = await asyncio.to_thread(daemon_before, site)

        def play():
            lines = b"domain,note\none.example,first\ntwo.example,second\n"
            csv = {"Content-Type": "text/csv"}
            taken = process.post("/batch?max_pages=5&label=weekly", lines, headers=csv)
            first = taken.json["batch_id"]
            process.wait(first)
            pages["two.example"]["/a"].tag = "changed"
            key = {"Idempotency-Key": "week-2"}
            again = process.post(f"/batch/{first}/again", headers=key)
            replayed = process.post(f"/batch/{first}/again", headers=key)
            status = process.wait(again.json["batch_id"])
            return (
                first,
                again,
                replayed,
                status,
                process.results(status["batch_id"], "&level=page"),
            )

        first, again, replayed, status, found = await asyncio.to_thread(play)
        records = await asyncio.to_thread(process.results, status["batch_id"])
    assert (again.status, again.json["job_count"]) == (202, 2)
    assert again.headers["Location"] == again.json["status_url"]
    assert replayed.body == again.body
    assert status["batch_id"] != first
    assert (status["status"], status["label"], status["pages"]["fetched"]) == (
        "complete",
        "weekly",
        4,
    )
    codes = {(page["domain"], page["url"].rpartition("/")[2]): page["status"] for page in found}
    assert codes == {
        ("one.example", ""): 304,
        ("one.example", "a"): 304,
        ("two.example", ""): 304,
        ("two.example", "a"): 200,
    }
    assert {page["title"] for page in found} == {"Start", "Leaf"}
    assert [record["input.note"] for record in records] == ["first", "second"]
    assert all(len(record["contact_info"]["emails"]) == 2 for record in records)


async def test_what_there_is_not_cannot_be_done_again(daemon_before):
    async with Site({"*": {"/": Page("x")}}) as site:
        process = await asyncio.to_thread(daemon_before, site)
        missing = "00000000-0000-7000-8000-000000000000"
        answer = await asyncio.to_thread(process.post, f"/batch/{missing}/again")
    assert answer.status == 404


async def test_the_weekly_script_of_the_readme_tells_what_has_changed(daemon_before, tmp_path):
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (script,) = re.findall(r"```sh\n(new=.*?)```", readme, re.DOTALL)
    pages = {host: {"/": Page("<title>Before</title>info@one.example")} for host in HOSTS}
    async with Site(pages) as site:
        process = await asyncio.to_thread(daemon_before, site)

        def play() -> subprocess.CompletedProcess:
            (tmp_path / "newest").write_text(process.submit(list(HOSTS), max_pages=1))
            process.wait((tmp_path / "newest").read_text())
            site.hosts["two.example"]["/"] = Page("<title>After</title>sales@two.example")
            return subprocess.run(
                ["/bin/sh", "-c", script],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                env={
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                    "SKYBATCH_URL": process.url,
                    "SKYBATCH_TOKEN": TOKEN,
                },
            )

        ended = await asyncio.to_thread(play)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "~ two.example  title  Before -> After",
        "- two.example  emails  info@one.example",
        "+ two.example  emails  sales@two.example",
    ]
