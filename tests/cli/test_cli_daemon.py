"""The commands against a real daemon that crawls the sample sites."""

import csv
import io
import json
import os
import re
import signal
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from skybatch.demo.sites import bench_hosts
from tests.e2e.process import PROGRAM, TOKEN, DaemonProcess, SiteProcess

FIRST, SECOND, THIRD = bench_hosts(3)
UNKNOWN = "01999999-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    sites = SiteProcess("--hosts", "3", "--pages", "4", "--page-kb", "2")
    process = DaemonProcess(tmp_path_factory.mktemp("daemon"), sites.connect_to)
    process.start()
    yield process
    process.stop()
    sites.stop()


@pytest.fixture
def skybatch(daemon, tmp_path):
    def run(*words, stdin="", **env):
        return subprocess.run(
            [PROGRAM, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={"SKYBATCH_URL": daemon.url, "SKYBATCH_TOKEN": TOKEN, "PATH": os.defpath, **env},
        )

    return run


def test_domains_go_in_and_the_exit_code_tells_how_it_ended(skybatch) -> None:
    done = skybatch("submit", FIRST, SECOND, "--wait", "--max-pages", "3", "--label", "two")
    assert done.returncode == 0, done.stderr
    assert "2 domains accepted" in done.stderr
    assert "2 of 2 domains, 6 pages" in done.stderr
    assert re.search(r"^domains  2: 2 complete$", done.stdout, re.MULTILINE)
    assert skybatch("submit", FIRST, "gone.invalid", "--wait").returncode == 3
    assert skybatch("submit", "gone.invalid", "--wait").returncode == 4


def test_without_waiting_stdout_is_the_id_of_the_batch(skybatch) -> None:
    done = skybatch("submit", FIRST)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n", done.stdout)
    batch_id = done.stdout.strip()
    assert skybatch("status", batch_id, "--wait").returncode == 0
    waited = skybatch("status", batch_id[:-4], "--json")
    assert json.loads(waited.stdout)["batch_id"] == batch_id
    newest = skybatch("status", "--json")
    assert json.loads(newest.stdout)["batch_id"] == batch_id


def test_options_reach_the_daemon_from_words_and_from_lists(skybatch, tmp_path) -> None:
    (tmp_path / "list.txt").write_text(f"{FIRST}\n", "utf-8")
    for words in ([FIRST], ["list.txt"]):
        done = skybatch("submit", *words, "--option", 'include=["/contact"]', "--wait", "--json")
        # The start page is fetched in any case.
        assert json.loads(done.stdout)["pages"]["fetched"] == 2, done.stdout


def test_a_file_becomes_a_file_with_the_columns_beside_the_facts(skybatch, tmp_path) -> None:
    source = f"site,crm\n{FIRST},1\nhttp://{SECOND}/about,2\n{FIRST},3\nno domain,4\n"
    (tmp_path / "list.csv").write_text(source, "utf-8")
    done = skybatch("submit", "list.csv", "--column", "site", "-o", "out.csv")
    assert done.returncode == 0, done.stderr
    assert "2 domains accepted, 1 duplicate, 1 rejected" in done.stderr
    assert "line 5: no domain: " in done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig"))))
    assert [row["input.crm"] for row in rows] == ["1", "2", "3", "4"]
    assert f"info@{FIRST}" in rows[0]["emails"]
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


def test_stdin_is_a_list_and_a_dry_run_stores_nothing(skybatch) -> None:
    before = skybatch("status", "--all").stdout
    done = skybatch("submit", "-", "--dry-run", "--json", stdin=f"{FIRST}\n{SECOND}\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["job_count"] == 2
    assert skybatch("submit", "-", "--dry-run", stdin=FIRST).stdout == ""
    assert skybatch("status", "--all").stdout == before


def test_results_come_as_ndjson_json_and_csv(skybatch, tmp_path) -> None:
    batch_id = json.loads(skybatch("submit", FIRST, SECOND, "--wait", "--json").stdout)["batch_id"]
    lines = skybatch("results", batch_id).stdout.splitlines()
    assert [json.loads(line)["domain"] for line in lines] == [FIRST, SECOND]
    assert len(json.loads(skybatch("results", batch_id, "--json").stdout)) >= 1
    table = list(csv.DictReader(io.StringIO(skybatch("results", "--format", "csv").stdout)))
    assert [row["domain"].removeprefix("\ufeff") for row in table] == [FIRST, SECOND]
    done = skybatch("results", batch_id, "--level", "page", "-o", "pages.ndjson")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "pages.ndjson").read_text("utf-8").count("\n") == 8
    pages = skybatch("results", batch_id, "--level", "page", "--format", "csv").stdout
    assert len(list(csv.DictReader(io.StringIO(pages)))) == 8


def test_a_reader_that_leaves_early_is_no_trouble(skybatch, daemon) -> None:
    skybatch("submit", FIRST, "--wait")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{PROGRAM} results --format json | true"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SKYBATCH_URL": daemon.url, "SKYBATCH_TOKEN": TOKEN, "PATH": os.defpath},
    )
    assert done.stderr == ""


def test_the_status_of_a_batch_with_trouble_names_domains_and_reasons(skybatch) -> None:
    skybatch("submit", FIRST, "gone.invalid", "--wait", "--label", "a b")
    done = skybatch("status")
    (found,) = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    assert re.fullmatch(r"found    \d+ with email \(\d+%\), \d+ with phone .*", found)
    assert done.returncode == 3
    assert re.search(r"^batch    [0-9a-f-]{36}  a b$", done.stdout, re.MULTILINE)
    assert re.search(r"^domains  2: 1 complete, 1 failed$", done.stdout, re.MULTILINE)
    assert re.search(r"^  failed  gone.invalid  nxdomain", done.stdout, re.MULTILINE)


def test_a_cancelled_batch_ends_with_4_and_waiting_may_run_out(skybatch) -> None:
    words = ["--option", "per_host_delay_s=5", "--max-pages", "4"]
    batch_id = skybatch("submit", THIRD, *words).stdout.strip()
    assert skybatch("status", batch_id).returncode == 0
    late = skybatch("status", batch_id, "--wait", "--timeout", "0.2")
    assert (late.returncode, late.stdout) == (124, "")
    first = skybatch("cancel", batch_id)
    assert (first.returncode, first.stderr.partition(":")[0]) == (0, "cancelling")
    assert skybatch("status", batch_id, "--wait", "--timeout", "5").returncode in (3, 4)
    again = skybatch("cancel", batch_id, "--json")
    assert again.returncode == 0
    ended = json.loads(again.stdout)["status"]
    assert again.stderr == f"it had already ended: {ended}\n"


def test_what_failed_is_tried_again(skybatch) -> None:
    done = skybatch("submit", "gone.invalid", "--wait")
    assert done.returncode == 4
    batch_id = json.loads(skybatch("status", "--json").stdout)["batch_id"]
    nothing = skybatch("retry", batch_id, "--reason", "timeout", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)["status"]) == (0, "failed")
    told = "nothing has changed: no domain has ended with timeout; it is failed\n"
    assert nothing.stderr == told
    again = skybatch("retry", batch_id, "--reason", "nxdomain", "--json")
    assert (again.returncode, json.loads(again.stdout)["status"]) == (0, "running")
    assert skybatch("status", batch_id, "--wait", "--timeout", "10").returncode == 4
    (job,) = json.loads(skybatch("status", batch_id, "--json").stdout)["domain_statuses"].values()
    assert (job["attempt"], job["reason"]) == (2, "nxdomain")


def test_a_batch_is_paused_and_goes_on(skybatch) -> None:
    batch_id = skybatch("submit", THIRD, "--option", "per_host_delay_s=5").stdout.strip()
    paused = skybatch("pause", batch_id, "--json")
    assert (paused.returncode, json.loads(paused.stdout)["paused"]) == (0, True)
    assert "paused" in skybatch("status", batch_id).stdout
    resumed = skybatch("resume", batch_id[:18])
    assert resumed.returncode == 0
    assert "paused" not in resumed.stdout
    assert skybatch("pause", "00000000-0000-7000-8000-000000000000").returncode == 5
    skybatch("cancel", batch_id)


def test_ctrl_c_while_waiting_ends_with_130_and_the_batch_goes_on(skybatch, daemon) -> None:
    process = subprocess.Popen(
        [PROGRAM, "submit", THIRD, "--wait", "--option", "per_host_delay_s=5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"SKYBATCH_URL": daemon.url, "SKYBATCH_TOKEN": TOKEN, "PATH": os.defpath},
    )
    told = ""
    while "of 1 domain" not in told:
        told += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == 130
    batch_id = re.search(r"batch (\S+)", told)[1]
    assert stderr.splitlines()[-1] == f"the batch goes on: skybatch status {batch_id}"
    assert "Traceback" not in stderr
    assert json.loads(skybatch("status", batch_id, "--json").stdout)["status"] in (
        "pending",
        "running",
    )
    skybatch("cancel", batch_id)


@pytest.mark.parametrize(
    ("words", "env", "code", "told"),
    [
        (["status", "ffffffff"], {}, 5, "no batch whose id begins with 'ffffffff'"),
        (["status", UNKNOWN], {}, 5, "no batch"),
        (
            ["status"],
            {"SKYBATCH_TOKEN": "wrong"},
            6,
            "does not know this token (from SKYBATCH_TOKEN)",
        ),
        (["status"], {"SKYBATCH_URL": "http://127.0.0.1:1"}, 7, "skybatch serve"),
        (["submit", "no domain", "-1"], {}, 2, "-1"),
        (["submit", "no domain"], {}, 2, "\n  no domain: "),
        (["submit", "a.example", "--label", "x" * 201], {}, 2, "\n  label must be a text"),
        (["results", "0"], {}, 2, "more than one batch"),
    ],
)
def test_what_goes_wrong_has_its_exit_code_and_a_message(skybatch, words, env, code, told) -> None:
    skybatch("submit", FIRST)
    skybatch("submit", FIRST)
    done = skybatch(*words, **env)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_list_of_no_domain_is_told_line_by_line(skybatch, tmp_path) -> None:
    (tmp_path / "list.csv").write_text("domain,crm\nnonsense,1\n,2\n", "utf-8")
    done = skybatch("submit", "list.csv")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[1].startswith("  line 2: nonsense: a domain has a dot")
    assert lines[2].startswith("  line 3: (empty): ")
    piped = skybatch("submit", "-", stdin=f"{FIRST}\nnonsense\n")
    assert "\n  entry 2: nonsense: a domain has a dot" in piped.stderr


def test_without_a_token_the_message_says_where_the_daemon_has_one(skybatch) -> None:
    done = skybatch("status", SKYBATCH_TOKEN="")
    assert done.returncode == 6
    assert "no token was found: set SKYBATCH_TOKEN to the daemon's token (" in done.stderr


@pytest.mark.parametrize(
    ("words", "content_type", "body"),
    [
        (["status"], "text/html", b"<h1>Hello</h1>"),
        (["status"], "application/json", b"[]"),
        (["submit", FIRST], "text/html", b"<h1>Hello</h1>"),
        (["submit", FIRST], "application/json", b"{}"),
        (["results", UNKNOWN], "text/html", b"<h1>Hello</h1>"),
    ],
)
def test_what_is_no_daemon_is_told_in_one_line(words, content_type, body, tmp_path) -> None:
    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        env = {"SKYBATCH_URL": url, "SKYBATCH_TOKEN": "t", "PATH": os.defpath}
        done = subprocess.run(
            [PROGRAM, *words], capture_output=True, text=True, cwd=tmp_path, env=env, timeout=30
        )
        server.shutdown()
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith(f"Error: what answers at {url} is not a skybatch daemon")
    assert done.stderr.count("\n") == 1


def test_serve_prints_the_port_that_it_took_and_ends_with_0(tmp_path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", "--data-dir", tmp_path / "data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    line = process.stdout.readline()
    assert re.fullmatch(r"skybatch \S+ is ready at http://127\.0\.0\.1:[1-9]\d*\n", line)
    assert process.stdout.readline() == f"token    {tmp_path / 'data' / 'token'}\n"
    # Without any setting the commands find address and token in the data directory.
    env = {"SKYBATCH_STORE__DATA_DIR": str(tmp_path / "data"), "PATH": os.defpath}
    done = subprocess.run([PROGRAM, "status"], capture_output=True, text=True, env=env)
    assert (done.returncode, done.stderr) == (5, "Error: there is no batch yet\n")
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "config.no_contact" in log
    assert all(json.loads(row)["event"] for row in log.splitlines())


def test_serve_tells_what_keeps_it_from_starting(daemon, tmp_path) -> None:
    port = daemon.url.rpartition(":")[2]
    words = [PROGRAM, "serve", "--data-dir", tmp_path / "data", "--port"]
    taken = subprocess.run([*words, port], capture_output=True, text=True, timeout=20)
    assert taken.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in taken.stderr
    assert "; choose another with --port" in taken.stderr
    wrong = subprocess.run([*words, "70000"], capture_output=True, text=True, timeout=20)
    assert wrong.returncode == 2
    assert "server.port: port must be from 0 to 65,535 (in --port)" in wrong.stderr
    assert "Traceback" not in taken.stderr + wrong.stderr


def test_scan_needs_no_daemon(tmp_path) -> None:
    words = [PROGRAM, "scan", "127.0.0.1", "gone.invalid"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, timeout=30)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    found = [(record["domain"], record["reason"]) for record in records]
    assert found == [("127.0.0.1", "blocked_address"), ("gone.invalid", "nxdomain")]
    assert done.returncode == 4
    words = [PROGRAM, "scan", "no domain", "a.example", "ftp://b.example"]
    bad = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "2 faults" in bad.stderr


def test_the_demo_ends_as_expected_and_a_second_one_names_the_first(tmp_path) -> None:
    words = [PROGRAM, "demo", "--port", "0", "--data-dir", tmp_path / "demo"]
    first = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    told = ""
    while "stays up" not in told:
        told += first.stderr.readline()
    second = subprocess.run([*words, "--exit"], capture_output=True, text=True, timeout=10)
    url = re.search(r"http://127\.0\.0\.1:\d+", told)[0]
    assert second.returncode == 0
    assert url in second.stderr
    assert "sample domains" not in second.stderr
    assert f" {PROGRAM} status\n" in told
    command = re.search(r"curl -H .*\n.*'http\S*/results\?format=csv'", told)[0].replace("\\\n", "")
    answer = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert answer.stdout.count("\n") == 1 + 15
    first.send_signal(signal.SIGINT)
    stdout, _ = first.communicate(timeout=20)
    assert first.returncode == 0
    assert len(stdout.splitlines()) == 15
    assert "info@bakery-north.example" in stdout
    again = subprocess.run([*words, "--exit"], capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr


def test_nothing_of_a_page_steers_the_terminal(tmp_path: Path) -> None:
    from skybatch.cli.tables import show_records
    from skybatch.cli.view import RecordView

    record = RecordView("a.example", "complete", title="x\x1b[2J\ty\r\nz")
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", stream)
        show_records([record])
    assert stream.getvalue() == "a.example\tcomplete\t\tx [2J y z\t\t\t0\n"
