"""GET /batch/{id}/results: every form and level, in input order, also while the batch runs."""

import csv
import io

import msgspec
import pytest
from aiohttp import ClientError
from structlog.testing import capture_logs

from skybatch.model.outcome import Finished
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from tests.api.conftest import Api
from tests.api.work import claim, fetch, finish

TABLE = (
    "company;domain;=formula\n"
    "First;a.example;1\n"
    "Broken;localhost;2\n"
    "Second;b.example;3\n"
    "Again;https://a.example/x;4\n"
    "Waiting;c.example;5\n"
)


@pytest.fixture
async def batch_id(api: Api) -> str:
    """A batch with a complete, a failed and a waiting job, a duplicate and a rejected line."""
    answer = await api.post("/batch", TABLE.encode(), content_type="text/csv")
    first, second = await claim(api.store, 2)
    await fetch(api.store, first)
    await fetch(api.store, first, "/about")
    await finish(api.store, first)
    await finish(api.store, second, Finished(JobState.FAILED, Reason.NXDOMAIN))
    return answer.json["batch_id"]


def rows_of(answer) -> list[dict]:
    return [msgspec.json.decode(line) for line in answer.body.splitlines()]


def table_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


async def test_domain_results_come_in_submission_order_with_the_columns_of_the_input(api, batch_id):
    answer = await api.get(f"/batch/{batch_id}/results?format=ndjson")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    rows = rows_of(answer)
    assert [(row["domain"], row["status"], row["reason"]) for row in rows] == [
        ("a.example", "complete", None),
        ("b.example", "failed", "nxdomain"),
        ("c.example", "pending", None),
    ]
    assert [row["input_row"] for row in rows] == [0, 2, 4]
    assert [row["input.company"] for row in rows] == ["First", "Second", "Waiting"]
    first = rows[0]
    assert first["contact_info"]["emails"][0] == {
        "value": "info@acme.example",
        "source_url": "https://a.example/",
        "place": "text",
        "kind": "role",
        "confidence": 0.9,
    }
    assert first["organization"]["legal_name"] == "Acme GmbH"
    assert first["pages"] == {
        "discovered": 3,
        "fetched": 2,
        "failed": 0,
        "skipped": {
            "robots": 1,
            "scope": 0,
            "budget": 0,
            "duplicate": 0,
            "type": 0,
            "trap": 0,
            "goal": 0,
        },
        "queued": 0,
    }


async def test_json_is_one_document_with_the_same_rows(api, batch_id):
    answer = await api.get(f"/batch/{batch_id}/results")
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json
    assert body["next_cursor"] is None
    lines = await api.get(f"/batch/{batch_id}/results?format=ndjson")
    assert body["items"] == rows_of(lines)


async def test_csv_has_the_columns_of_the_contract_and_runs_no_formula(api, batch_id):
    answer = await api.get(f"/batch/{batch_id}/results?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{batch_id}.csv"'
    header = answer.body.decode().splitlines()[0]
    assert header == (
        "domain,status,reason,final_url,title,description,language,organization,emails,phones,"
        "faxes,social_links,technologies,is_wordpress,wordpress_version,favicon_url,logo_url,"
        "pages_fetched,pages_failed,pages_skipped,attempts,processing_time,job_id,batch_id,"
        "input_row,input.company,input.=formula,custom.vat"
    )
    first, failed, _ = table_of(answer)
    assert first["title"] == "'=HYPERLINK(1)"
    assert first["description"] == 'Says "hello", twice;\nreally'
    assert first["organization"] == "Acme"
    assert first["emails"] == "info@acme.example; sales@acme.example"
    assert first["phones"] == "'+4930123456"
    assert first["social_links"] == "https://x.com/acme; https://linkedin.com/company/acme"
    assert (first["technologies"], first["is_wordpress"]) == ("WordPress", "true")
    assert (first["pages_fetched"], first["pages_skipped"]) == ("2", "1")
    assert first["custom.vat"] == "DE1; DE2"
    assert (failed["status"], failed["reason"], failed["title"]) == ("failed", "nxdomain", "")
    assert failed["is_wordpress"] == ""  # nobody has looked


async def test_every_form_tells_the_same_facts(api, batch_id):
    rows = rows_of(await api.get(f"/batch/{batch_id}/results?format=ndjson"))
    for row, cells in zip(
        rows, table_of(await api.get(f"/batch/{batch_id}/results?format=csv")), strict=True
    ):
        contact = row["contact_info"]
        lists = {
            **{name: [each["value"] for each in contact[name]] for name in contact},
            "social_links": [
                each["url"] for links in row["social_links"].values() for each in links
            ],
            "technologies": [each["name"] for each in row["technologies"]],
            "custom.vat": row["custom"].get("vat", []),
        }
        for name, values in lists.items():
            assert parsed(cells[name]).split("; ") == (values or [""]), name
        for name in ("domain", "status", "reason", "title", "description", "language", "job_id"):
            assert parsed(cells[name]) == (row[name] or ""), name
        organization = row["organization"] or {}
        assert cells["organization"] == organization.get("name", "")
        assert int(cells["pages_fetched"]) == row["pages"]["fetched"]


def parsed(cell: str) -> str:
    """A cell without the sign that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith("'") else cell


async def test_only_the_fields_that_are_asked_for_come(api, batch_id):
    asked = f"/batch/{batch_id}/results?fields=domain,input.company,pages"
    first = rows_of(await api.get(f"{asked}&format=ndjson"))[0]
    assert list(first) == ["domain", "input.company", "pages"]
    assert (first["domain"], first["input.company"]) == ("a.example", "First")
    columns = "domain,input.company,custom.vat"
    table = (await api.get(f"/batch/{batch_id}/results?format=csv&fields={columns}")).body.decode()
    assert table.splitlines()[:2] == [columns, 'a.example,First,"DE1; DE2"']
    pages = rows_of(await api.get(f"/batch/{batch_id}/results?level=page&format=ndjson&fields=url"))
    assert [list(page) for page in pages] == [["url"]] * 2


@pytest.mark.parametrize(("kind", "left"), [("role", 2), ("personal", 0), ("role,unknown", 2)])
async def test_only_addresses_of_the_kinds_that_are_asked_for_come(api, batch_id, kind, left):
    first = rows_of(await api.get(f"/batch/{batch_id}/results?format=ndjson&kind={kind}"))[0]
    assert len(first["contact_info"]["emails"]) == left
    first = table_of(await api.get(f"/batch/{batch_id}/results?format=csv&kind={kind}"))[0]
    assert first["emails"].count("@") == left


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"])
async def test_a_cell_that_a_spreadsheet_would_run_is_made_text(api, sign):
    cell = f'{sign}cmd|"x",\n1'
    line = msgspec.json.encode({"domain": "a.example", "note": cell})
    sent = await api.post("/batch", line, content_type="application/x-ndjson")
    answer = await api.get(f"/batch/{sent.json['batch_id']}/results?format=csv")
    (row,) = table_of(answer)
    assert row["input.note"] == f"'{cell}"


async def test_all_rows_gives_a_line_for_each_line_of_the_input(api, batch_id):
    answer = await api.get(f"/batch/{batch_id}/results?format=csv&all_rows=1")
    rows = table_of(answer)
    assert [row["input_row"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [row["input.company"] for row in rows] == [
        "First",
        "Broken",
        "Second",
        "Again",
        "Waiting",
    ]
    assert (rows[1]["status"], rows[1]["reason"]) == ("rejected", "single_label")
    again, first = rows[3], rows[0]
    own = {"input_row", "input.company", "input.=formula"}
    assert {key: again[key] for key in again.keys() - own} == {
        key: first[key] for key in first.keys() - own
    }


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
async def test_all_rows_of_a_long_list_come_in_input_order(api, form):
    """Over several slices, with duplicates and rejected lines in every place."""
    domains = []
    for number in range(700):
        domains += [f"d{number}.example", "x", f"d{number // 3}.example"][: 1 + number % 3]
    domains += ["x"] * 500
    batch_id = await api.submit(domains)
    answer = await api.get(f"/batch/{batch_id}/results?format={form}&all_rows=1")
    if form == "csv":
        rows = table_of(answer)
    else:
        rows = answer.json["items"] if form == "json" else rows_of(answer)
    assert [int(row["input_row"]) for row in rows] == list(range(len(domains)))
    assert [row["domain"] or "x" for row in rows] == domains


async def test_pages_are_the_fetched_and_failed_ones_or_all(api, batch_id):
    answer = await api.get(f"/batch/{batch_id}/results?level=page&format=ndjson")
    rows = rows_of(answer)
    assert [(row["url"], row["outcome"], row["status"]) for row in rows] == [
        ("https://a.example/", "fetched", 200),
        ("https://a.example/about", "fetched", 200),
    ]
    assert rows[0]["links"] == {"internal": 3, "external": 0}
    everything = await api.get(f"/batch/{batch_id}/results?level=page&include=all")
    assert {(row["url"], row["outcome"], row["reason"]) for row in everything.json["items"]} == {
        ("https://a.example/", "fetched", None),
        ("https://a.example/private", "skipped", "robots"),
        ("https://a.example/about", "fetched", None),
    }


async def test_pages_come_as_csv_too(api, batch_id):
    rows = table_of(await api.get(f"/batch/{batch_id}/results?level=page&format=csv"))
    assert [row["url"] for row in rows] == ["https://a.example/", "https://a.example/about"]
    assert rows[0]["social_links"] == "https://x.com/acme"
    assert rows[0]["open_graph"] == '{"og:type":"website"}'
    assert (rows[0]["truncated"], rows[0]["links_internal"]) == ("false", "3")


@pytest.mark.parametrize(("level", "total"), [("domain", 3), ("page", 2)])
async def test_a_limit_and_its_cursor_walk_through_all_rows(api, batch_id, level, total):
    path = f"/batch/{batch_id}/results?level={level}"
    whole = (await api.get(path)).json["items"]
    assert len(whole) == total
    found, cursor = [], ""
    for _ in range(total + 1):
        body = (await api.get(f"{path}&limit=1{cursor}")).json
        found += body["items"]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert found == whole


async def test_results_of_many_slices_are_whole(api):
    batch_id = await api.submit([f"d{number}.example" for number in range(1_050)])
    answer = await api.get(f"/batch/{batch_id}/results?format=ndjson")
    assert [row["input_row"] for row in rows_of(answer)] == list(range(1_050))


@pytest.mark.parametrize(
    "query",
    [
        "format=xml",
        "format=jsno",
        "level=site",
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=nan",
        "cursor=x",
        "cursor=%00",
        "cursor=YzkyMjMzNzIwMzY4NTQ3NzU4MDg",  # 2^63
        "include=some",
        "include=all",
        "all_rows=2",
        "level=page&all_rows=1",
        "all_rows=1&limit=5",
        "formt=csv",
        "format=csv&format=json",
        "limit=%ff",
        "fields=domain,emials",
        "fields=emails",  # a column of CSV
        "format=csv&fields=contact_info",
        "kind=rolle",
        "level=page&kind=role",
    ],
)
async def test_a_bad_query_is_a_422_that_names_the_parameter(api, batch_id, query):
    answer = await api.get(f"/batch/{batch_id}/results?{query}")
    assert answer.status == 422, answer.body
    assert answer.faults
    assert all(pointer.startswith("?") for pointer, _ in answer.faults)


async def test_results_that_cannot_be_finished_do_not_look_whole(api):
    batch_id = await api.submit([f"d{number}.example" for number in range(1_000)])
    await api.store.write(
        lambda tx: tx.execute("INSERT INTO profiles SELECT max(seq), CAST('{' AS BLOB) FROM jobs")
    )
    for form in ("json", "ndjson", "csv"):
        with capture_logs() as lines, pytest.raises(ClientError):
            await api.get(f"/batch/{batch_id}/results?format={form}")
        assert [line["event"] for line in lines] == ["api.cut_off"]


async def test_results_have_no_head(api, batch_id):
    answer = await api.request("HEAD", f"/batch/{batch_id}/results")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
